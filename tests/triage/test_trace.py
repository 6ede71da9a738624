"""Who made a stretch of a file: lines that stand there, lines that lack."""

from __future__ import annotations

from itertools import pairwise

import pytest

from portkit.change.linediff import hunks
from portkit.change.lines import LineTable
from portkit.triage.trace import Change, Gap, Marks, trace


def text(letters: str) -> bytes:
    return b"".join(b"line %c\n" % ord(letter) for letter in letters)


def life(*versions: str) -> list[Change]:
    """The versions, newest first."""
    return [Change(text(old), text(new)) for new, old in pairwise(versions)] + [Change(None, text(versions[-1]))]


def touched(table: LineTable, marks: Marks, *versions: str) -> list[int]:
    return [one.step for one in trace(table, marks, life(*versions)).touches]


def keys(table: LineTable, letters: str) -> frozenset[int]:
    return frozenset(table.lines(text(letters)).keys)


def test_a_line_is_the_newest_step_s_that_added_it() -> None:
    table = LineTable()
    assert touched(table, Marks(frozenset([3]), ()), "zabXd", "abXd", "abXd", "abcd") == [2]


def test_what_that_step_replaced_is_followed() -> None:
    table = LineTable()
    marks = Marks(frozenset([2]), ())
    assert touched(table, marks, "abYd", "abXd", "abcd") == [0, 1]
    found = trace(table, marks, life("abYd", "abXd", "abcd"), aim=keys(table, "abcd"))
    assert [one.step for one in found.touches] == [0, 1]
    assert found.always == frozenset()


def test_a_line_that_was_always_there_is_said_to_be() -> None:
    table = LineTable()
    found = trace(table, Marks(frozenset([2]), ()), life("abcd", "abc", "abc"))
    assert found.touches == ()
    assert found.always == keys(table, "c")


def test_a_deletion_is_found_where_it_was_made() -> None:
    table = LineTable()
    gap = Gap(3, 3, keys(table, "c"))
    assert touched(table, Marks(frozenset(), (gap,)), "zabd", "abd", "abcd") == [1]
    elsewhere = Gap(0, 0, keys(table, "c"))
    found = trace(table, Marks(frozenset(), (elsewhere,)), life("abd", "abcd"))
    assert found.touches == ()
    assert found.never == keys(table, "c")


def test_a_line_that_never_was_is_said_so() -> None:
    table = LineTable()
    found = trace(table, Marks(frozenset(), (Gap(1, 1, keys(table, "q")),)), life("abd", "abcd"))
    assert (found.touches, found.never) == ((), keys(table, "q"))


@pytest.mark.parametrize("side", [True, False])
def test_marks_of_hunks(side: bool) -> None:
    table = LineTable()
    old, new = table.lines(text("abcd")).keys, table.lines(text("aXYd")).keys
    marks = Marks.of(hunks(old, new), old if side else new, of_new=side)
    assert marks.lines == frozenset([1, 2])
    assert marks.gaps[0].wanted == keys(table, "bc" if side else "XY")
