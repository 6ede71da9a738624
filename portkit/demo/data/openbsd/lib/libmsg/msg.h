/*	$OpenBSD$	*/

/*
 * libmsg: messages between the processes of one daemon.
 * This file is in the public domain.
 */

#ifndef MSG_H
#define MSG_H

#include <sys/types.h>
#include <sys/queue.h>

#include <stdint.h>

#define MSG_MAX		16384	/* bytes, the head included */

struct msgbuf {
	TAILQ_ENTRY(msgbuf)	 link;
	unsigned char		*bytes;
	size_t			 room;
	size_t			 used;
	size_t			 sent;
};
TAILQ_HEAD(msgqueue, msgbuf);

struct msg_head {
	uint32_t	 kind;
	uint32_t	 size;		/* of what follows */
};

struct msg {
	struct msg_head	 head;
	unsigned char	*data;
};

struct msgpipe {
	int		 fd;
	struct msgqueue	 waiting;
	unsigned char	 bytes[MSG_MAX];
	size_t		 used;
};

/* msgbuf.c */
struct msgbuf	*msgbuf_new(size_t);
int		 msgbuf_add(struct msgbuf *, const void *, size_t);
int		 msgbuf_write(struct msgqueue *, int);
void		 msgbuf_free(struct msgbuf *);

/* msg.c */
void		 msg_init(struct msgpipe *, int);
int		 msg_send(struct msgpipe *, uint32_t, const void *, size_t);
int		 msg_flush(struct msgpipe *);
ssize_t		 msg_read(struct msgpipe *);
int		 msg_next(struct msgpipe *, struct msg *);
void		 msg_free(struct msg *);
void		 msg_clear(struct msgpipe *);

#endif /* MSG_H */
