/*	$OpenBSD$	*/

/*
 * leased: for systems that lack arc4random_uniform(3).
 * This file is in the public domain.
 */

#include <sys/types.h>

#include <stdlib.h>

#include "leased.h"

unsigned int
compat_random(unsigned int bound)
{
	if (bound < 2)
		return (0);
	return (random() % bound);
}
