"""Two small programs that do the same in other words: an upstream file and its distant cousin in the target."""

from __future__ import annotations

UPSTREAM = b"""#include <err.h>
#include <fcntl.h>
#include <stdio.h>

#define MAXSPOOL	64	/* files at once */

struct letter {
	char *sender;
	int weight;
};

static int open_box(const char *path);

static int
open_box(const char *path)
{
	int box;

	box = open(path, O_RDONLY);
	if (box == -1)
		warn("cannot open %s", path);
	return (box);
}

int
deliver(struct letter *letter, int count)
{
	int done = 0;

	while (done < count) {
		stamp(letter);
		carry(letter, "north gate");
		done++;
	}
	return (done);
}

int
main(int argc, char *argv[])
{
	struct letter first;

	first.weight = argc;
	return (deliver(&first, 1));
}
"""

COUSIN = b"""#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define MAXSPOOL	64	/* files at once */
#define MINSPOOL	2

struct letter {
	char *sender;
	int weight;
	long stamp_time;
};

static int open_box(const char *path,
    int quietly);

static int
open_box(const char *path, int quietly)
{
	int box;
	char name[64];

	box = open(path, O_RDONLY);
	if (box == -1)
		warn("cannot open %s", path);
	if (!quietly)
		puts(path);
	return (box);
}

/* What upstream calls deliver. */
long
bring(struct letter *letter, int count)
{
	int done = 0;

	while (done < count) {
		stamp(letter);
		carry(letter, "north gate");
		done++;
	}
	return (done);
}

int
main(int argc, char **argv)
{
	struct letter *each = read_letters(argv);

	while (each != NULL)
		each = each->next;
	return (0);
}
"""


def edited(text: bytes, *changes: tuple[bytes, bytes]) -> bytes:
    """`text` with each first string, which stands in it once, made the second."""
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text
