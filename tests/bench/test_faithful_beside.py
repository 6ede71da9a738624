"""What the independent judge makes of hunks that a commit puts beside their siblings."""

from __future__ import annotations

import pytest

from bench.faithful import BESIDE, UNFAITHFUL, judge_beside

BASE = b"""#include <err.h>
#include <stdio.h>

int letters;
int boxes;

int
ring(void)
{
	int times;
	char name[8];

	times = 3;
	return (times);
}
"""
OURS = b"""#include <stdio.h>
#include <time.h>

static long letters;
static int hurry;

int
ring(void)
{
	long when;
	char name[8];
	short tone;

	return (when);
}
"""
SAID = "Portkit-beside: a.c 1.2 #1\n"


@pytest.mark.parametrize(
    ("old", "new", "ours", "made", "right"),
    [
        (b"int letters;\n", b"int letters;\nint bags;\n", b"letters;\n", b"letters;\nint bags;\n", True),
        (b"int letters;\n", b"int letters;\nint bags;\n", b"\treturn", b"int bags;\n\treturn", False),
        (b"<stdio.h>\n", b"<stdio.h>\n#include <pwd.h>\n", b"<stdio.h>\n", b"<stdio.h>\n#include <pwd.h>\n", True),
        (b"<stdio.h>\n", b"<stdio.h>\n#include <pwd.h>\n", b"\treturn", b"#include <pwd.h>\n\treturn", False),
        (b"\tchar name[8];\n", b"\tchar name[9];\n", b"\tchar name[8];\n", b"\tchar name[9];\n", True),
        (b"\tchar name[8];\n", b"\tchar name[9];\n", b"\tshort tone;\n", b"\tchar name[9];\n", False),
        (b"int letters;\n", b"int letters;\nint bags;\n", b"letters;\n", b"letters;\nint bags;\nint more;\n", False),
    ],
)
def test_it_looks_for_the_sibling_itself(old: bytes, new: bytes, ours: bytes, made: bytes, right: bool) -> None:
    texts = (BASE, BASE.replace(old, new), OURS, OURS.replace(ours, made))
    found = {one.kind for one in judge_beside(texts, "a.c", SAID)}
    assert (UNFAITHFUL not in found) is right
    assert not right or BESIDE in found
    assert judge_beside(texts, "a.c", "") == []
    assert judge_beside(texts, "b.c", SAID) == []


def test_a_word_of_a_makefiles_list() -> None:
    base, theirs = b"SRCS=\tbox.c round.c\n", b"SRCS=\tbox.c stamp.c round.c\n"
    ours = b"SRCS=\tbag.c box.c \\\n\tlast.c\n"
    right = ours.replace(b"box.c", b"box.c stamp.c")
    wrong = ours.replace(b"last.c", b"last.c stamp.c")
    assert {one.kind for one in judge_beside((base, theirs, ours, right), "a.c", SAID)} == {BESIDE}
    assert UNFAITHFUL in {one.kind for one in judge_beside((base, theirs, ours, wrong), "a.c", SAID)}
