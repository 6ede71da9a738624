/*	$OpenBSD$	*/

/*
 * leased: what the unprivileged side may ask of the privileged one.
 * This file is in the public domain.
 */

#ifndef PRIVSEP_H
#define PRIVSEP_H

struct client;
struct passwd;

enum privsep_kind {
	PRIV_ADDRESS,
	PRIV_UNSET,
	PRIV_RESOLVER,
	PRIV_KINDS
};

struct privsep_head {
	enum privsep_kind	 kind;
	size_t			 size;
};

/* the unprivileged side */
void	 privsep_ask(struct client *);
void	 privsep_send(int, enum privsep_kind, const void *, size_t);
int	 privsep_socket(const char *);
void	 privsep_drop(struct passwd *);

/* the privileged side */
int	 privsep_parent(int, const char *, const char *);

#endif /* PRIVSEP_H */
