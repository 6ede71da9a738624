/*	$OpenBSD$	*/

/*
 * leased: keeps an interface on an address that a server lends.
 * This file is in the public domain.
 */

#ifndef LEASED_H
#define LEASED_H

#include <sys/types.h>

#include <netinet/in.h>

#include <time.h>

#define LEASED_USER	"_leased"
#define LEASED_CONF	"/etc/leased.conf"
#define LEASED_DB	"/var/db/leased.db"

#define OPT_PAD		0
#define OPT_END		255
#define OPT_SLOTS	256

enum option_format {
	FMT_ADDRESS,
	FMT_SECONDS,
	FMT_TEXT
};

struct option_value {
	size_t		 size;
	unsigned char	*bytes;
};

struct lease {
	struct in_addr		 address;
	struct in_addr		 server;
	struct option_value	 options[OPT_SLOTS];
	time_t			 granted;
	time_t			 renewal;
	time_t			 expiry;
};

enum client_state {
	ST_SEARCHING,
	ST_REQUESTING,
	ST_BOUND,
	ST_RENEWING
};

struct client {
	char			 ifname[16];
	enum client_state	 state;
	struct lease		*active;
	struct lease		*offered;
	time_t			 wakeup;
	int			 attempts;
	int			 packets;	/* raw socket */
	int			 parent;	/* to the privileged side */
};

/* bootp.c */
int	 bootp_fallback(struct client *);

/* compat.c */
unsigned int	 compat_random(unsigned int);

/* leased.c */
void	 client_enter(struct client *, enum client_state);
void	 client_reply(struct client *, const unsigned char *, size_t);
void	 lease_free(struct lease *);

/* options.c */
int	 options_parse(struct lease *, const unsigned char *, size_t);
void	 options_free(struct lease *);
unsigned int	 option_seconds(const struct lease *, unsigned char);

#endif /* LEASED_H */
