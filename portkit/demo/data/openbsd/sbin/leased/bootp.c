/*	$OpenBSD$	*/

/*
 * leased: servers from before there were leases.
 * This file is in the public domain.
 */

#include <sys/types.h>

#include <string.h>
#include <syslog.h>

#include "leased.h"

#define BOOTP_FOREVER	(365 * 24 * 60 * 60)

static unsigned char	 last_answer[300];
static size_t		 last_size;

/*
 * Takes an answer without a lease time for a lease of a year.
 */
int
bootp_fallback(struct client *client)
{
	if (client->offered == NULL || last_size == 0)
		return (-1);

	client->offered->granted = time(NULL);
	client->offered->expiry = client->offered->granted + BOOTP_FOREVER;
	memset(last_answer, 0, last_size);
	last_size = 0;

	syslog(LOG_NOTICE, "%s: this server is very old", client->ifname);
	return (0);
}
