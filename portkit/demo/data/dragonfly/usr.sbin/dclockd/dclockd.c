/*
 * dclockd: follows the median of several time servers.
 * Written for this system; this file is in the public domain.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SERVERS_MAX	9

static int
by_size(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return ((a > b) - (a < b));
}

double
median(double *offsets, size_t count)
{
	qsort(offsets, count, sizeof(*offsets), by_size);
	return (offsets[count / 2]);
}

int
main(int argc, char *argv[])
{
	double offsets[SERVERS_MAX];
	size_t count = 0;

	while (--argc > 0 && count < SERVERS_MAX)
		offsets[count++] = strtod(*++argv, NULL);
	if (count > 0)
		printf("%f\n", median(offsets, count));
	return (count == 0);
}
