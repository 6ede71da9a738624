"""What fits and must wait: calls, kinds of variables, values, and what is no more than crumbs of a change."""

from __future__ import annotations

import dataclasses

import pytest
from placing_worlds import COUSIN, UPSTREAM, edited

from portkit.change.lines import LineTable
from portkit.merge.companions import Known, calls, defined, parameters, waiting
from portkit.merge.pieces import Pieces
from portkit.merge.placing import Placer

NOTHING = Known(
    target=lambda _: True, upstream=lambda _: "", brought=frozenset(), elsewhere=lambda _: False,
    header=lambda _: frozenset(), takes=lambda _: None, file=lambda _: True,
)  # fmt: skip


def waits(base: bytes, ours: bytes, *changes: tuple[bytes, bytes], known: Known = NOTHING) -> dict[int, str]:
    placer = Placer()
    theirs = edited(base, *changes)
    placed = placer.place(base, ours, theirs)
    cut = placer.pieces
    return waiting("a.c", placed, cut(ours), cut(theirs), cut(base), cut(placed.content), known)


STAMP = b"\t\tstamp(letter);\n"


def test_a_call_with_another_number_of_arguments() -> None:
    takes_two = dataclasses.replace(NOTHING, takes=lambda name: 2 if name == b"weigh" else None)
    change = (STAMP, STAMP + b"\t\tweigh(letter);\n")
    assert waits(UPSTREAM, COUSIN, change) == {}
    assert waits(UPSTREAM, COUSIN, change, known=takes_two) == {
        1: "it calls weigh with 1 argument, and the target's takes 2"
    }
    good = (STAMP, STAMP + b"\t\tweigh(letter, letters(1, 2));\n")
    assert waits(UPSTREAM, COUSIN, good, known=takes_two) == {}
    own = (STAMP, STAMP + b'\t\topen_box("a");\n')  # the cousin's takes two
    assert waits(UPSTREAM, COUSIN, own) == {1: "it calls open_box with 1 argument, and the target's takes 2"}


def test_a_function_that_is_declared_the_old_way() -> None:
    ours = COUSIN.replace(b"long\nbring(", b"long\ndeliver(")
    change = (b"deliver(struct letter *letter, int count)", b"deliver(const struct letter *letter, int count)")
    assert waits(UPSTREAM, ours, change) == {}
    announced = edited(ours, (b"struct letter {\n", b"long deliver(struct letter *, int);\n\nstruct letter {\n"))
    for here, known in (
        (announced, NOTHING), (ours, dataclasses.replace(NOTHING, elsewhere=lambda name: name == b"deliver"))
    ):  # fmt: skip
        assert waits(UPSTREAM, here, change, known=known) == {
            1: "it changes what deliver takes, and the target declares or calls it the old way"
        }


def test_a_variable_that_becomes_a_pointer() -> None:
    change = (b"\tint done = 0;\n", b"\tint *done = 0;\n")
    assert waits(UPSTREAM, COUSIN, change) == {
        1: "it makes done another kind of variable, and lines that stay use it as it was"
    }
    assert waits(UPSTREAM, COUSIN, (b"\tint done = 0;\n", b"\tlong done = 0;\n")) == {}


def test_a_variable_that_is_a_parameter_here() -> None:
    """Upstream's function makes its letter itself from now on; the target's is still given it."""
    made = (b"deliver(struct letter *letter, int count)\n{\n", b"deliver(int count)\n{\n\tstruct letter *letter;\n")
    used = (STAMP, b"\t\tletter = next_letter();\n" + STAMP)
    assert set(waits(UPSTREAM, COUSIN, made, used).values()) == {
        "it uses letter, which hunk 1 declares anew, and does not land"
    }


def test_a_value_that_the_target_gets_in_another_way() -> None:
    line = b"\tbox = open(path, O_RDONLY);\n"
    base = edited(UPSTREAM, (line, b"\tbox = first_box(path);\n\tif (box > limit(path))\n\t\tbox = 0;\n"))
    ours = edited(COUSIN, (line, b"\tbox = ntohl(first_box(path));\n\tif (box > limit(path))\n\t\tbox = 0;\n"))
    change = (b"\tif (box > limit(path))\n", b"\tif (ntohl(box) > limit(path))\n")
    assert waits(base, ours, change) == {
        1: "it works on box, which the target sets in another way ('box = ntohl(first_box(path));')"
    }
    assert waits(base, base, change) == {}


def test_a_parenthesis_that_is_printed() -> None:
    base = edited(UPSTREAM, (b"\treturn (done);\n", b'\tprint("all");\n\treturn (done);\n'))
    ours = edited(COUSIN, (b"\tint done = 0;\n", b"\tint done = first(letter);\n"), (
        b"\t}\n\treturn (done);\n", b'\t}\n\tprint("all");\n\treturn (done);\n'))  # fmt: skip
    opens = (b"\tint done = 0;\n", b'\tint done = 1;\n\tprint(" (");\n')
    closes = (b'\tprint("all");\n', b'\tprint("all");\n\tprint(")");\n')
    assert waits(base, base, opens, closes) == {}
    assert waits(base, ours, opens, closes) == {2: "it prints a parenthesis that pairs with one of hunk 1"}


def test_the_little_that_fits_of_much() -> None:
    body = b"".join(b"\tstep_%d(letter);\n" % n for n in range(40))
    base = b"int\nrun_all(struct letter *letter)\n{\n" + body + b"}\n"
    ours = base
    for n in (8, 16, 24, 32):
        ours = edited(ours, (b"\tstep_%d(letter);\n" % n, b"\tother_%d(letter);\n" % n))
    changes = [(b"\tstep_%d(letter);\n" % n, b"\tstep_%d(letter, 1);\n" % n) for n in (8, 16, 24, 32, 38)]
    assert list(waits(base, ours, *changes)) == [5]
    assert list(waits(base, base, *changes)) == []


def test_a_header_that_is_not_there() -> None:
    change = (b"#include <fcntl.h>\n", b'#include <fcntl.h>\n#include "boxes.h"\n')
    lacking = dataclasses.replace(NOTHING, file=lambda name: name != b"boxes.h")
    assert waits(UPSTREAM, COUSIN, change) == {}
    assert waits(UPSTREAM, COUSIN, change, known=lacking) == {1: "it includes boxes.h, which the target has not"}


def test_a_member_that_nothing_has() -> None:
    lacking = dataclasses.replace(NOTHING, target=lambda name: name != b"width")
    change = (STAMP, STAMP + b"\t\tletter->width = 1;\n")
    assert waits(UPSTREAM, COUSIN, change, known=lacking) == {
        1: "it uses a member width, which the target has nowhere"
    }


@pytest.mark.parametrize(("text", "found"), [
    (b"\tf(a, g(b, c), \"x,y\");\n", [(b"f", 3), (b"g", 2)]),
    (b"\tif (f() && p->g(1))\n", [(b"f", 0)]),
    (b"int f(int a);\n", []),
    (b"\treturn f(a,\n\t    b);\n", [(b"f", 2)]),
    (b"\tf(a,\n", []),
])  # fmt: skip
def test_what_lines_call(text: bytes, found: list[tuple[bytes, int]]) -> None:
    assert list(calls(text.splitlines(keepends=True))) == found


@pytest.mark.parametrize(("head", "count"), [
    (b"int\nf(int a, char *(*b)(int, int))\n{\n", 2), (b"int\nf(void)\n{\n", 0), (b"int\nf()\n{\n", None),
    (b"int\nf(const char *s, ...)\n{\n", None),
])  # fmt: skip
def test_how_many_a_function_takes(head: bytes, count: int | None) -> None:
    pieces = Pieces(LineTable().lines(head + b"}\n"))
    assert parameters(pieces, pieces.all[0]) == count


def test_what_a_file_only_announces_is_not_its_own() -> None:
    text = b"extern int startup;\nvoid ask(int);\nint\tlevel = 1;\n#define MOST 3\n\nint\nf(void)\n{\n\tg();\n}\n"
    assert defined(Pieces(LineTable().lines(text))) == {b"level", b"MOST", b"f"}
