/*	$OpenBSD$	*/

/*
 * libmsg: messages between the processes of one daemon.
 * This file is in the public domain.
 */

#include <sys/types.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"

void
msg_init(struct msgpipe *pipe, int fd)
{
	memset(pipe, 0, sizeof(*pipe));
	pipe->fd = fd;
	TAILQ_INIT(&pipe->waiting);
}

int
msg_send(struct msgpipe *pipe, uint32_t kind, const void *data, size_t size)
{
	struct msg_head head;
	struct msgbuf *buf;

	head.kind = kind;
	head.size = size;
	if ((buf = msgbuf_new(sizeof(head) + size)) == NULL)
		return (-1);
	if (msgbuf_add(buf, &head, sizeof(head)) == -1 ||
	    msgbuf_add(buf, data, size) == -1) {
		msgbuf_free(buf);
		return (-1);
	}
	TAILQ_INSERT_TAIL(&pipe->waiting, buf, link);
	return (0);
}

int
msg_flush(struct msgpipe *pipe)
{
	return (msgbuf_write(&pipe->waiting, pipe->fd));
}

/*
 * Reads what there is. 0: the other side is gone; -1: see errno.
 */
ssize_t
msg_read(struct msgpipe *pipe)
{
	ssize_t n;

	n = read(pipe->fd, pipe->bytes + pipe->used,
	    sizeof(pipe->bytes) - pipe->used);
	if (n > 0)
		pipe->used += n;
	return (n);
}

/*
 * Takes the next whole message. 1: there is one; 0: not yet; -1: what came
 * is no message, and the pipe should be closed.
 */
int
msg_next(struct msgpipe *pipe, struct msg *msg)
{
	size_t whole;

	if (pipe->used < sizeof(msg->head))
		return (0);
	memcpy(&msg->head, pipe->bytes, sizeof(msg->head));

	whole = sizeof(msg->head) + msg->head.size;
	if (whole > sizeof(pipe->bytes))
		return (-1);
	if (pipe->used < whole)
		return (0);

	if ((msg->data = malloc(msg->head.size)) == NULL)
		return (-1);
	memcpy(msg->data, pipe->bytes + sizeof(msg->head), msg->head.size);

	pipe->used -= whole;
	memmove(pipe->bytes, pipe->bytes + whole, pipe->used);
	return (1);
}

void
msg_free(struct msg *msg)
{
	free(msg->data);
	msg->data = NULL;
}

void
msg_clear(struct msgpipe *pipe)
{
	struct msgbuf *buf;

	while ((buf = TAILQ_FIRST(&pipe->waiting)) != NULL) {
		TAILQ_REMOVE(&pipe->waiting, buf, link);
		msgbuf_free(buf);
	}
	pipe->used = 0;
}
