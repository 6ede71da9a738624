"""Content as lines: every byte comes back, keywords and the white space beside them fold."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portkit.change.lines import LineTable, fold
from portkit.text import split_lines


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"\n", [b"\n"]),
        (b"a", [b"a"]),
        (b"a\nb", [b"a\n", b"b"]),
        (b"a\r\nb\r\n", [b"a\r\n", b"b\r\n"]),
        (b"a\rb\n", [b"a\rb\n"]),
        (b"a\n\x0cb\n", [b"a\n", b"\x0cb\n"]),
        (b"a\x0bb\x1cc\x85d\n", [b"a\x0bb\x1cc\x85d\n"]),
        (b"caf\xe9\n\xe2\x80\xa8x\n", [b"caf\xe9\n", b"\xe2\x80\xa8x\n"]),
        (b"a\0b\n\0\n", [b"a\0b\n", b"\0\n"]),
        (b"\n\n", [b"\n", b"\n"]),
    ],
)
def test_lines_end_at_lf_only(content: bytes, lines: list[bytes]) -> None:
    assert list(LineTable().lines(content).raw) == lines


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\x0c", b"\0", b"\xe9", b"$Id$", b"$OpenBSD: x $", b" "])))
def test_every_byte_comes_back(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    found = LineTable().lines(content)
    assert b"".join(found.raw) == content
    assert len(found.keys) == len(found.raw)
    assert split_lines(content) == list(found.raw)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"/*\t$OpenBSD$ */\n", b"/* $OpenBSD: a.c,v 1.2 2012/01/02 03:04:05 krw Exp $\t*/\n"),
        (b"$OpenBSD: a.c,v 1.1 2012/01/02 03:04:05 krw Exp $\n", b"$OpenBSD: src/b.c,v 1.9 x $\n"),
        (b".Dd $Mdocdate: May 5 2012 $\n", b".Dd $Mdocdate$\n"),
        (b'rcsid[] = "$Id: a $";\n', b'rcsid[] =\t"$Id$";\n'),
        (b"# $DragonFly: x $ $OpenBSD: y $\n", b"#\t$DragonFly$\t$OpenBSD$\n"),
    ],
)
def test_keyword_lines_that_differ_in_expansion_or_white_space_are_equal(one: bytes, other: bytes) -> None:
    table = LineTable()
    assert table.lines(one).keys == table.lines(other).keys
    assert table.lines(one).folded == (0,)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"/* $OpenBSD$ */\n", b"# $OpenBSD$\n"),
        (b"$OpenBSD$\n", b"$FreeBSD$\n"),
        (b"$OpenBSD$\n", b"$OpenBSD$"),  # the newline at the end is no white space to be folded
        (b"a b\n", b"ab\n"),
        (b"$Log: a $\n", b"$Log$\n"),
        (b"$OpenBSD x $\n", b"$OpenBSD$\n"),
        (b"$openbsd: x $\n", b"$openbsd$\n"),
        (b"$OpenBSD: costs 5\n", b"$OpenBSD: costs 6\n"),
    ],
)
def test_everything_else_stays_different(one: bytes, other: bytes) -> None:
    table = LineTable()
    assert table.lines(one).keys != table.lines(other).keys


def test_a_keyword_does_not_reach_over_the_end_of_a_line() -> None:
    assert LineTable().lines(b"$OpenBSD: a\nb $\n").folded == ()


def test_which_lines_are_folded_is_told() -> None:
    found = LineTable().lines(b"a\n$Id$ $Id$\n\nb\n\t$OpenBSD$\nc\n")
    assert found.folded == (1, 4)
    assert found.keys[2] == 0


def test_a_table_gives_equal_lines_equal_integers_in_every_content() -> None:
    table = LineTable(remember=1)
    first = table.lines(b"a\nb\n")
    table.lines(b"something else\n")
    assert table.lines(b"b\na\n").keys == first.keys[::-1]
    assert table.lines(b"a\nb\n").keys == first.keys


def test_folding_takes_white_space_only_out_of_what_it_folds() -> None:
    assert fold(b" * $OpenBSD: a b c $ \t*/\n") == b"*$OpenBSD$*/\n"


@pytest.mark.parametrize(
    "content",
    [
        b"$OpenBSD$\n" * 100_000,
        b"$OpenBSD: x $" * 80_000,
        b"$OpenBSD: " * 100_000,
        b"$OpenBSD:" + b"x" * 1_000_000,
        b"$" * 1_000_000,
        b"\n" * 1_000_000,
    ],
    ids=["keywords", "keywords on one line", "openings", "one opening", "dollars", "blank lines"],
)
def test_hostile_contents_take_no_more_than_seconds(content: bytes) -> None:
    start = time.process_time()
    found = LineTable().lines(content)
    assert time.process_time() - start < 4
    assert b"".join(found.raw) == content
