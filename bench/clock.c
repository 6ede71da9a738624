/*
 * The clock of a program that is not to see today's: what time(2) and its kin say is read from PORTKIT_CLOCK (seconds
 * since 1970); whoever sleeps finds that a second has passed, and waits for none.  So cvs(1), which takes a commit's
 * date from the clock, makes commits of any date:
 *
 *	cc -shared -fPIC -o clock.so clock.c
 *	LD_PRELOAD=$PWD/clock.so PORTKIT_CLOCK=1330837567 cvs commit ...
 */

#include <sys/time.h>

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static time_t slept;

static time_t
now(void)
{
	const char *said = getenv("PORTKIT_CLOCK");

	return (said != NULL ? (time_t)atoll(said) : 0) + slept;
}

time_t
time(time_t *to)
{
	if (to != NULL)
		*to = now();
	return now();
}

int
gettimeofday(struct timeval *to, void *zone)
{
	(void)zone;
	to->tv_sec = now();
	to->tv_usec = 0;
	return 0;
}

int
clock_gettime(clockid_t which, struct timespec *to)
{
	(void)which;
	to->tv_sec = now();
	to->tv_nsec = 0;
	return 0;
}

int
nanosleep(const struct timespec *asked, struct timespec *left)
{
	(void)asked;
	(void)left;
	slept++;
	return 0;
}

int
usleep(useconds_t asked)
{
	(void)asked;
	slept++;
	return 0;
}

unsigned int
sleep(unsigned int asked)
{
	(void)asked;
	slept++;
	return 0;
}
