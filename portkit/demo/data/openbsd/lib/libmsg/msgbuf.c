/*	$OpenBSD$	*/

/*
 * libmsg: bytes that wait to be written.
 * This file is in the public domain.
 */

#include <sys/types.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"

struct msgbuf *
msgbuf_new(size_t room)
{
	struct msgbuf *buf;

	if ((buf = calloc(1, sizeof(*buf))) == NULL)
		return (NULL);
	if ((buf->bytes = malloc(room)) == NULL) {
		free(buf);
		return (NULL);
	}
	buf->room = room;
	return (buf);
}

int
msgbuf_add(struct msgbuf *buf, const void *data, size_t size)
{
	if (size > buf->room - buf->used) {
		errno = EMSGSIZE;
		return (-1);
	}
	memcpy(buf->bytes + buf->used, data, size);
	buf->used += size;
	return (0);
}

/*
 * Writes what waits. 0: all is written; 1: the descriptor takes no more
 * for now; -1: it never will.
 */
int
msgbuf_write(struct msgqueue *queue, int fd)
{
	struct msgbuf *buf;
	ssize_t n;

	while ((buf = TAILQ_FIRST(queue)) != NULL) {
		n = write(fd, buf->bytes + buf->sent, buf->used - buf->sent);
		if (n == -1) {
			if (errno == EAGAIN)
				return (1);
			return (-1);
		}
		buf->sent += n;
		if (buf->sent == buf->used) {
			TAILQ_REMOVE(queue, buf, link);
			msgbuf_free(buf);
		}
	}
	return (0);
}

void
msgbuf_free(struct msgbuf *buf)
{
	if (buf == NULL)
		return;
	free(buf->bytes);
	free(buf);
}
