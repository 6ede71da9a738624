"""Files made to be slow to merge: each takes no more than seconds, whatever comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from portkit.merge.file import FileMerge, FileMerger, Version
from portkit.merge.gate import check

SECONDS = 6.0
SAME = b"the same line\n"


def merged(base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    start = time.process_time()
    found = FileMerger().merge(*(Version(content, 0o100644) for content in (base, ours, theirs)))
    assert time.process_time() - start < SECONDS
    return found


Edit = Callable[[int, bytes], bytes]


def many(ours: Edit, theirs: Edit, step: int = 2) -> tuple[bytes, bytes, bytes]:
    """10,000 lines, of which every `step`th is edited."""
    base = [b"line number %d\n" % number for number in range(10_000)]
    mine, other = list(base), list(base)
    for number in range(0, 10_000, step):
        mine[number] = ours(number, base[number])
        other[number] = theirs(number, base[number])
    return b"".join(base), b"".join(mine), b"".join(other)


def stays(_: int, line: bytes) -> bytes:
    return line


def goes(_: int, __: bytes) -> bytes:
    return b""


def new(number: int, _: bytes) -> bytes:
    return b"new text %d\n" % number


def seven(number: int, _: bytes) -> bytes:
    return b"new text %d\n" % (number % 7)


def own(number: int, _: bytes) -> bytes:
    return b"own text %d\n" % number


def adds(_: int, line: bytes) -> bytes:
    return line + b"always the same new text\n"


def half(edit: Edit) -> Edit:
    return lambda number, line: edit(number, line) if number % 4 == 0 else line


@pytest.mark.parametrize(
    ("ours", "theirs", "lands"),
    [
        (stays, new, True),
        (stays, goes, True),
        (stays, adds, True),
        (new, new, True),
        (half(new), new, True),
        (half(goes), goes, True),
        (half(adds), adds, None),  # which of them are there cannot be told
        (half(seven), seven, None),
        (own, new, False),
        (goes, new, False),
        (adds, goes, True),
    ],
)
def test_five_thousand_hunks(ours: Edit, theirs: Edit, lands: bool | None) -> None:
    found = merged(*many(ours, theirs))
    assert lands is None or found.lands is lands


def test_five_thousand_hunks_that_the_gate_refuses() -> None:
    base, ours, theirs = many(stays, seven)
    start = time.process_time()
    verdict = check(base, ours, theirs, theirs.replace(b"line number 9999\n", b"eaten\n"))
    assert time.process_time() - start < SECONDS
    assert "the result changes a line" in verdict.reason


def test_a_chain_of_edits_that_overlap() -> None:
    base = [b"line %d\n" % number for number in range(20_000)]
    ours, theirs = list(base), list(base)
    for number in range(0, 19_990, 4):
        ours[number : number + 3] = [b"ours %d\n" % number] * 3
        theirs[number + 2 : number + 5] = [b"theirs %d\n" % number] * 3
    found = merged(b"".join(base), b"".join(ours), b"".join(theirs))
    assert len(found.clashes) == 1


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (SAME * 100_000, SAME * 100_001),
        (SAME * 100_001, SAME * 100_001),
        (SAME * 100_005, SAME * 99_995),
        (SAME * 100_000, SAME * 150_000),
        (SAME * 50_000 + b"own\n" + SAME * 50_000, SAME * 150_000),
        (b"own\n" + SAME * 99_000, SAME * 40_000 + b"theirs\n" + SAME * 70_000),
        (b"", SAME * 100_001),
    ],
)
def test_a_hundred_thousand_identical_lines(ours: bytes, theirs: bytes) -> None:
    merged(SAME * 100_000, ours, theirs)


def test_long_runs_of_the_same_addition() -> None:
    merged(b"a\nb\n", b"a\n" + SAME * 100_000 + b"b\n", b"a\n" + SAME * 50_000 + b"q\nb\n")
    merged(b"a\nb\n", b"a\n" + SAME * 100_000 + b"b\n", b"a\nb\n" + SAME * 2)


@pytest.mark.parametrize("long", [b"x" * 1_000_000, b"$OpenBSD: " * 100_000, b"(" * 1_000_000, b"a " * 500_000])
def test_a_line_of_a_megabyte(long: bytes) -> None:
    found = merged(long + b"\na line\n", long + b"\nour line\n", b"their " + long + b"\na line\n")
    assert found.result is not None


def test_other_files_altogether() -> None:
    one, two, three = (b"".join(b"%s %d\n" % (name, number) for number in range(50_000)) for name in (b"a", b"b", b"c"))
    assert not merged(one, two, three).lands
