/*	$OpenBSD$	*/

/*
 * leased: when to wake up.
 * This file is in the public domain.
 */

#include <sys/types.h>

#include <limits.h>
#include <time.h>

#include "leased.h"

/*
 * Sets the alarm of a client to some seconds from now.
 */
void
timer_set(struct client *client, unsigned int seconds)
{
	client->wakeup = time(NULL) + seconds;
}

/*
 * Sets the alarm of a client to the hour its lease wants to be renewed.
 */
void
timer_renewal(struct client *client)
{
	client->wakeup = client->active->renewal;
}

/*
 * Milliseconds until the alarm, for poll(2).
 */
int
timer_left(const struct client *client)
{
	time_t left = client->wakeup - time(NULL);

	if (left <= 0)
		return (0);
	if (left > INT_MAX / 1000)
		return (INT_MAX);
	return (left * 1000);
}
