/*	$OpenBSD$	*/

/*
 * clockd: keeps the clock right.
 * This file is in the public domain.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAUSE	300	/* seconds between two questions */

static double	 ask(const char *);
static void	 slew(double);

int
main(int argc, char *argv[])
{
	if (argc != 2)
		errx(1, "usage: clockd server");
	for (;;) {
		slew(ask(argv[1]));
		sleep(PAUSE);
	}
}

/*
 * How many seconds the clock is behind that of a server.
 */
static double
ask(const char *server)
{
	char command[128], line[64];
	FILE *answer;
	double behind = 0;

	snprintf(command, sizeof(command), "rdate -p %s", server);
	if ((answer = popen(command, "r")) == NULL)
		return (0);
	if (fgets(line, sizeof(line), answer) != NULL)
		behind = strtod(line, NULL);
	pclose(answer);
	return (behind);
}

static void
slew(double behind)
{
	struct timeval step;

	step.tv_sec = behind;
	step.tv_usec = (behind - step.tv_sec) * 1000000;
	if (adjtime(&step, NULL) == -1)
		warn("the clock stays as it is");
}
