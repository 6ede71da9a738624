"""A small change within lines that the target has in its own words."""

from __future__ import annotations

import pytest

from portkit.merge.by_words import done_there, reworded

BASE = (b"\tif (first > 3) {\n", b'\t\tprint(buf, "so %d many", n);\n', b"\t\tcall(one, two);\n", b"\t}\n")
OURS = (
    b"\tif (first > 3 && ready) {\n", b"\t\tshow(ctx,\n", b'\t\t    "so %d many", n);\n', b"\t\tx = call(one, two);\n"
)  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "result"), [
    (b'\t\tprint(buf, "so %d many", n);\n', b'\t\tprint(buf, "so %u many", n);\n', 2, b'\t\t    "so %u many", n);\n'),
    (b"\t\tcall(one, two);\n", b"\t\tcall(one, three);\n", 3, b"\t\tx = call(one, three);\n"),
])  # fmt: skip
def test_the_expression_is_replaced_where_it_stands(old: bytes, new: bytes, at: int, result: bytes) -> None:
    assert reworded((old,), (new,), BASE, OURS) == (at, (result,))


@pytest.mark.parametrize(("old", "new"), [
    (b"\tif (first > 3) {\n", b"\tif (first > 4) {\n"),  # the target asks for more
    (b"\t\tcall(one, two);\n", b"\t\tcall(one, two); more();\n"),  # a whole line, which the target has not
    (b"\t}\n", b"\t};\n"),
    (b'\t\tprint(buf, "so %d many", n);\n', b'\t\tprint(buf, "so %d many", n, m);\n'),  # another call there
])  # fmt: skip
def test_what_stands_otherwise_is_left(old: bytes, new: bytes) -> None:
    assert reworded((old,), (new,), BASE, OURS) is None


def test_what_was_made_within_a_line_of_the_targets_own_is_there() -> None:
    old, new = (b'\t\tprint(buf, "so %d many", n);\n',), (b'\t\tprint(buf, "so %u many", n);\n',)
    done = tuple(raw.replace(b"%d", b"%u") for raw in OURS)
    assert done_there(old, new, BASE, done) == 2
    assert done_there(old, new, BASE, OURS) == -1
    assert done_there(old, new, BASE, (*done, *OURS)) == -1  # in one of two places
    assert done_there(old, new, (*BASE, *new), done) == -1  # another of upstream's own
    assert done_there((b"\t}\n",), (b"\t};\n",), BASE, done) == -1
    table = b"char *names[7] = {\n", b"char *names[8] = {\n"  # one more, but which?
    assert done_there(table[:1], table[1:], table[:1], (b"const " + table[1],)) == -1


def test_what_stands_twice_is_left() -> None:
    old, new = (b"\t\tcall(one, two);\n",), (b"\t\tcall(one, three);\n",)
    assert reworded(old, new, BASE, (*OURS, b"\ty = call(one, two);\n")) is None
    assert reworded(old, new, (*BASE, *old), OURS) is None


def test_a_list_that_goes_on_is_no_whole_line() -> None:
    """A name put in the middle of a table would move those behind it."""
    old, new = b'\t"north", "south"\n', b'\t"north", "south", "east"\n'
    assert reworded((old,), (new,), (old,), (b'\t"north", "south", "west"\n',)) is None
    assert reworded((old,), (new,), (old,), (b'\t"north",  "south"\n',)) is not None
