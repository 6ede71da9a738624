/*	$OpenBSD$	*/

/*
 * leased: the options of a reply, by number.
 * This file is in the public domain.
 */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "leased.h"

struct option_kind {
	unsigned char		 code;
	enum option_format	 format;
	size_t			 fixed;		/* bytes; 0: any number */
	const char		*name;
};

static const struct option_kind kinds[] = {
	{ 1,	FMT_ADDRESS,	4,	"subnet mask" },
	{ 3,	FMT_ADDRESS,	4,	"routers" },
	{ 6,	FMT_ADDRESS,	4,	"name servers" },
	{ 12,	FMT_TEXT,	0,	"host name" },
	{ 15,	FMT_TEXT,	0,	"domain name" },
	{ 51,	FMT_SECONDS,	4,	"lease time" },
	{ 54,	FMT_ADDRESS,	4,	"server" },
	{ 58,	FMT_SECONDS,	4,	"renewal time" }
};

static const struct option_kind *
option_find(unsigned char code)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].code == code)
			return (&kinds[i]);
	return (NULL);
}

static int
option_store(struct lease *lease, const struct option_kind *kind,
    const unsigned char *bytes, size_t size)
{
	struct option_value *value = &lease->options[kind->code];

	if (kind->fixed != 0 && size != kind->fixed) {
		syslog(LOG_WARNING, "%s: odd size", kind->name);
		return (-1);
	}

	/* the last one wins */
	free(value->bytes);
	value->bytes = NULL;
	value->size = 0;

	/* room for a NUL, so that text can be printed */
	if ((value->bytes = calloc(1, size + 1)) == NULL) {
		syslog(LOG_ERR, "%s: no memory", kind->name);
		return (-1);
	}
	memcpy(value->bytes, bytes, size);
	value->size = size;
	return (0);
}

int
options_parse(struct lease *lease, const unsigned char *wire, size_t len)
{
	const struct option_kind *kind;
	size_t at = 0, size;
	unsigned char code;

	while (at < len) {
		code = wire[at++];
		if (code == OPT_PAD)
			continue;
		if (code == OPT_END)
			break;

		size = wire[at++];
		kind = option_find(code);
		if (kind != NULL &&
		    option_store(lease, kind, wire + at, size) == -1)
			return (-1);
		at += size;
	}
	return (0);
}

unsigned int
option_seconds(const struct lease *lease, unsigned char code)
{
	const struct option_value *value = &lease->options[code];
	unsigned int seconds = 0;
	size_t i;

	for (i = 0; i < value->size; i++)
		seconds = seconds << 8 | value->bytes[i];
	return (seconds);
}

void
options_free(struct lease *lease)
{
	int code;

	for (code = 0; code < OPT_SLOTS; code++)
		free(lease->options[code].bytes);
}
