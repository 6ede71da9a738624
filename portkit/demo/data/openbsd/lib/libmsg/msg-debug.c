/*	$OpenBSD$	*/

/*
 * libmsg: shows a message; for programs built with MSG_DEBUG, no part of
 * the library. This file is in the public domain.
 */

#include <sys/types.h>

#include <stdio.h>

#include "msg.h"

void
msg_show(FILE *out, const struct msg *msg)
{
	uint32_t i;

	fprintf(out, "kind %u, %u bytes:", msg->head.kind, msg->head.size);
	for (i = 0; i < msg->head.size; i++)
		fprintf(out, " %02x", msg->data[i]);
	fputc('\n', out);
}
