"""The three-way merge over every small input there is: its laws hold for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise, product

import pytest

from portkit.change.linediff import Hunk, hunks
from portkit.merge.diff3 import Region, Side, meet, regions

Lines = tuple[int, ...]


def every(alphabet: int, longest: int) -> list[Lines]:
    return [line for length in range(longest + 1) for line in product(range(alphabet), repeat=length)]


cached_hunks = cache(hunks)


def merged(base: Lines, ours: Lines, theirs: Lines) -> tuple[Region, ...]:
    return regions(cached_hunks(base, ours), cached_hunks(base, theirs), ours, theirs, len(base))


def result(found: tuple[Region, ...], ours: Lines, theirs: Lines) -> Lines | None:
    """The merged lines; None where there is a conflict."""
    out: Lines = ()
    for region in found:
        if region.side is Side.CONFLICT:
            return None
        if region.side is Side.THEIRS:
            out += theirs[region.theirs0 : region.theirs1]
        else:
            out += ours[region.ours0 : region.ours1]
    return out


TWO_LETTERS = every(2, 4)
THREE_LETTERS = every(3, 3)


def triples() -> Iterator[tuple[Lines, Lines, Lines]]:
    yield from product(TWO_LETTERS, repeat=3)
    short = every(3, 2)
    for base in THREE_LETTERS:
        for ours, theirs in product(short, repeat=2):
            yield base, ours, theirs


@pytest.fixture(scope="module")
def table() -> list[tuple[Lines, Lines, Lines, tuple[Region, ...]]]:
    return [(base, ours, theirs, merged(base, ours, theirs)) for base, ours, theirs in triples()]


Table = list[tuple[Lines, Lines, Lines, tuple[Region, ...]]]


def test_the_table_is_large_enough_to_mean_something(table: Table) -> None:
    assert len(table) > 30_000
    assert {region.side for *_, found in table for region in found} == set(Side)


def test_what_one_side_leaves_alone_is_the_others_and_equal_edits_are_taken_once() -> None:
    for base, other in product(TWO_LETTERS + THREE_LETTERS, repeat=2):
        assert result(merged(base, base, other), base, other) == other
        assert result(merged(base, other, base), other, base) == other
        assert result(merged(base, other, other), other, other) == other


def test_regions_cover_all_three_sides_without_gap_or_overlap(table: Table) -> None:
    for base, ours, theirs, found in table:
        edges = [Region(Side.NONE, 0, 0, 0, 0, 0, 0), *found]
        for one, other in pairwise(edges):
            assert (one.base1, one.ours1, one.theirs1) == (other.base0, other.ours0, other.theirs0)
        last = edges[-1]
        assert (last.base1, last.ours1, last.theirs1) == (len(base), len(ours), len(theirs))


def test_a_region_says_truly_who_changed_it(table: Table) -> None:
    for base, ours, theirs, found in table:
        for region in found:
            was = base[region.base0 : region.base1]
            mine = ours[region.ours0 : region.ours1]
            other = theirs[region.theirs0 : region.theirs1]
            match region.side:
                case Side.NONE:
                    assert was == mine == other
                case Side.OURS:
                    assert was == other != mine
                case Side.THEIRS:
                    assert was == mine != other
                case Side.BOTH:
                    assert mine == other != was
                case Side.CONFLICT:
                    assert mine != other


def test_the_sides_can_be_swapped(table: Table) -> None:
    mirror = {Side.OURS: Side.THEIRS, Side.THEIRS: Side.OURS}
    for base, ours, theirs, found in table:
        swapped = merged(base, theirs, ours)
        assert swapped == tuple(
            Region(
                mirror.get(one.side, one.side), one.base0, one.base1,
                one.theirs0, one.theirs1, one.ours0, one.ours1,
            )
            for one in found
        )  # fmt: skip


def test_a_clean_result_holds_every_edit_of_both_sides(table: Table) -> None:
    """As many lines are gained and lost as both sides gain and lose, equal edits counted once."""
    for base, ours, theirs, found in table:
        lines = result(found, ours, theirs)
        if lines is None:
            continue
        both = sum(one.ours1 - one.ours0 - one.base1 + one.base0 for one in found if one.side is Side.BOTH)
        assert len(lines) - len(base) == (len(ours) - len(base)) + (len(theirs) - len(base)) - both


def test_leaving_out_a_hunk_of_theirs_leaves_its_place_to_ours() -> None:
    base, ours, theirs = (1, 2, 3, 4, 5, 6), (1, 2, 9, 4, 5, 6), (7, 2, 3, 4, 8, 8, 5, 6, 0)
    theirs_hunks = hunks(base, theirs)
    assert len(theirs_hunks) == 3
    for index, expected in enumerate([(1, 2, 9, 4, 8, 8, 5, 6, 0), (7, 2, 9, 4, 5, 6, 0), (7, 2, 9, 4, 8, 8, 5, 6)]):
        some = [*theirs_hunks[:index], *theirs_hunks[index + 1 :]]
        assert result(regions(hunks(base, ours), some, ours, theirs, len(base)), ours, theirs) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0, 2), (1, 3), True),
        ((0, 2), (2, 4), False),  # they only touch
        ((0, 4), (1, 2), True),
        ((1, 1), (1, 1), True),  # two insertions at one place
        ((1, 1), (2, 2), False),
        ((1, 1), (0, 2), True),
        ((1, 1), (1, 2), False),  # an insertion at the edge of a change
        ((2, 2), (1, 2), False),
        ((0, 1), (0, 1), True),
    ],
)
def test_when_edits_meet(one: tuple[int, int], other: tuple[int, int], expected: bool) -> None:
    first, second = Hunk(*one, 0, 1), Hunk(*other, 0, 1)
    assert meet(first, second) is meet(second, first) is expected


def test_edits_that_touch_are_both_made_and_edits_that_meet_conflict() -> None:
    assert result(merged((1, 2), (8, 2), (1, 9)), (8, 2), (1, 9)) == (8, 9)
    assert result(merged((1, 2), (1, 7, 2), (1, 9)), (1, 7, 2), (1, 9)) == (1, 7, 9)
    assert result(merged((1, 2), (1, 7, 2), (1, 8, 2)), (1, 7, 2), (1, 8, 2)) is None
    assert result(merged((1, 2), (1, 7), (1, 8)), (1, 7), (1, 8)) is None
