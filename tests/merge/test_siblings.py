"""What stands in a list: the place is told by the sibling before it, not by the lines around it."""

from __future__ import annotations

import pytest

from portkit.change.lines import LineTable
from portkit.merge.fate import Fate
from portkit.merge.pieces import Pieces
from portkit.merge.placing import Placer, Placing
from portkit.merge.siblings import Kind, items, listed
from portkit.text import split_lines

BASE = b"""#include <sys/types.h>
#include <stdio.h>

#include "box.h"
#include "street.h"

int letters_max = 9;	/* at once */
char *gates = "nsew";

void	 walk(struct street *, int);
int	 ring(const char *);

int
ring(const char *door)
{
	char name[32];
	float weight;
	short tone;
	struct bell *bell;
	double far;

	bell = find_bell(door, name);
	return (pull(bell));
}
"""
COUSIN = b"""#include <stdio.h>
#include <string.h>

#include "street.h"
#include "map.h"

static long letters_max;
#ifdef FAST
static int hurry;
#endif

static void walk(const struct street *street,
    int steps);

int
ring(const char *door)
{
	long when = 0;
	int loudness = 3;
	struct bell *bell;
	int times = count(door);

	while (times-- > 0)
		pull(door);
	return (0);
}
"""


def tried(old: bytes, new: bytes, base: bytes = BASE, ours: bytes = COUSIN) -> tuple[Placing, bytes]:
    assert base.count(old) == 1
    placed = Placer().place(base, ours, base.replace(old, new))
    (one,) = placed.hunks
    return one, placed.content


def beside(old: bytes, new: bytes, ours_old: bytes, ours_new: bytes) -> None:
    one, content = tried(old, new)
    assert (one.fate, one.method) == (Fate.PLACED, "beside")
    assert content == COUSIN.replace(ours_old, ours_new)


def test_what_a_file_gives() -> None:
    found = items(Pieces(LineTable().lines(COUSIN)))
    assert [(item.kind, min(item.names), item.always) for item in found] == [
        (Kind.SYSTEM, b"stdio.h", True), (Kind.SYSTEM, b"string.h", True), (Kind.INCLUDE, b"street.h", True),
        (Kind.INCLUDE, b"map.h", True), (Kind.DECLARATION, b"letters_max", True),
        (Kind.DECLARATION, b"hurry", False), (Kind.DECLARATION, b"walk", True), (Kind.FUNCTION, b"ring", True),
    ]  # fmt: skip


def test_a_header_is_read_within_its_guard() -> None:
    found = items(Pieces(LineTable().lines(b"#ifndef BOX_H\n#define BOX_H\nint open_box(char *);\n#endif\n")))
    assert [(item.kind, item.always) for item in found] == [(Kind.DECLARATION, True)]


def test_an_include_behind_the_one_before_it() -> None:
    line = b'#include "street.h"\n'
    beside(line, line + b'#include "bag.h"\n', line, line + b'#include "bag.h"\n')


def test_an_include_before_the_one_behind_it() -> None:
    line = b"#include <sys/types.h>\n"
    beside(line, line + b"#include <err.h>\n", b"#include <stdio.h>\n", b"#include <err.h>\n#include <stdio.h>\n")


def test_a_declaration_behind_that_of_the_same_name_in_other_words() -> None:
    line = b"int letters_max = 9;	/* at once */\n"
    beside(line, line + b"int box_limit;\n", b"long letters_max;\n", b"long letters_max;\nint box_limit;\n")
    line = b"void	 walk(struct street *, int);\n"
    beside(line, line + b"void	 rest(int);\n", b"    int steps);\n", b"    int steps);\nvoid	 rest(int);\n")


def test_a_variable_of_a_function_in_place_of_the_one_that_goes() -> None:
    beside(b"\tstruct bell *bell;\n", b"\tstruct bell **bell;\n", b"bell *bell", b"bell **bell")


@pytest.mark.parametrize(
    ("old", "new", "ours"),
    [
        (b'#include "box.h"\n', b'#include "box.h"\n#include "map.h"\n', COUSIN),  # it is there
        (b"char *gates", b"int hurry;\nchar *gates", COUSIN),  # it is there, in a conditional
        (b'char *gates = "nsew";\n', b'char *gates = "nsew";\nint more;\n', COUSIN.replace(b"letters_max", b"most")),
        (b"int letters_max = 9;	/* at once */\n", b"int letters_max = 9;	/* at once */\nint more;\n",
         COUSIN.replace(b"static long letters_max;\n", b"#if 1\nstatic long letters_max;\n#endif\n")),
        (b"\tstruct bell *bell;\n", b"\tstruct bell **bell;\n",
         COUSIN.replace(b"\tstruct bell *bell;\n", b"#ifdef BELLS\n\tstruct bell *bell;\n#endif\n")),
        (b"\tstruct bell *bell;\n", b"\tstruct bell **bell, *times;\n", COUSIN),  # the target has one of that name
    ],
)  # fmt: skip
def test_where_no_sibling_tells_the_place(old: bytes, new: bytes, ours: bytes) -> None:
    one, content = tried(old, new, ours=ours)
    assert one.fate is not Fate.PLACED
    assert content == ours


OLD = split_lines(b"PROG=\tpostd\nSRCS=\tbox.c round.c \\\n\tstreet.c\n")
NEW = split_lines(b"PROG=\tpostd\nSRCS=\tbox.c round.c \\\n\tstreet.c stamp.c\n")


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        (b"SRCS=\tbag.c street.c \\\n\tround.c\n", (0, b"SRCS=\tbag.c street.c stamp.c \\\n")),
        (b"SRCS=\tbag.c round.c\nSRCS+=\tlast.c\n", (0, b"SRCS=\tbag.c round.c stamp.c\n")),
        (b"SRCS=\tbag.c street.c\nSRCS+=\tstamp.c\n", (1, b"")),  # there already
        (b"SRCS=\tbag.c\n", None),
        (b"OBJS=\tstreet.c\n", None),
        (b"SRCS=\tstreet.c street.c\n", None),
    ],
)
def test_a_word_of_a_list(ours: bytes, expected: tuple[int, bytes] | None) -> None:
    assert listed(OLD, NEW, split_lines(ours), 2, 3, 3) == expected


def test_a_word_that_upstream_takes_away_is_for_a_hand() -> None:
    assert listed(NEW, OLD, split_lines(b"SRCS=\tstreet.c stamp.c\n"), 2, 3, 3) is None
    assert listed(OLD, NEW, split_lines(b"SRCS=\tstreet.c\n"), 0, 3, 3) is None  # more than one list
