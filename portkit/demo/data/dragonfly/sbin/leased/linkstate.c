/*
 * leased: whether there is a cable. Only this system has it.
 * This file is in the public domain.
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <net/if.h>

#include <string.h>

#include "leased.h"

int
linkstate_up(const struct client *client)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	strlcpy(request.ifr_name, client->ifname, sizeof(request.ifr_name));
	if (ioctl(client->packets, SIOCGIFFLAGS, &request) == -1)
		return (1);
	return ((request.ifr_flags & IFF_RUNNING) != 0);
}
