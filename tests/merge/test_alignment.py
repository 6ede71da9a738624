"""Where a line of one side stands in another, and where a hunk means the same."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from portkit.change.linediff import Hunk, hunks
from portkit.merge.alignment import Alignment, slides

FEW = settings(max_examples=200, deadline=None, derandomize=True)

lines = st.lists(st.integers(0, 3), max_size=14)


@FEW
@given(lines, lines)
def test_a_line_that_stays_is_found_and_one_that_goes_is_not(a: list[int], b: list[int]) -> None:
    found = hunks(a, b)
    alignment = Alignment.of(found)
    removed = {index for hunk in found for index in range(hunk.a0, hunk.a1)}
    added = {index for hunk in found for index in range(hunk.b0, hunk.b1)}
    places = [alignment.new_of(index) for index in range(len(a))]
    assert {index for index, place in enumerate(places) if place < 0} == removed
    stays = [(index, place) for index, place in enumerate(places) if place >= 0]
    assert all(a[index] == b[place] for index, place in stays)
    assert [place for _, place in stays] == [index for index in range(len(b)) if index not in added]


@FEW
@given(lines, lines)
def test_a_position_has_a_gap_that_never_goes_back(a: list[int], b: list[int]) -> None:
    alignment = Alignment.of(hunks(a, b))
    gaps = [alignment.gap(index) for index in range(len(a) + 1)]
    assert all(0 <= low <= high <= len(b) for low, high in gaps)
    assert all(one[0] <= other[0] and one[1] <= other[1] for one, other in pairwise(gaps))


def test_gaps_at_within_and_beside_a_change() -> None:
    replaced = Alignment.of([Hunk(2, 4, 2, 7)])
    assert [replaced.gap(index) for index in range(6)] == [(0, 0), (1, 1), (2, 2), (2, 7), (7, 7), (8, 8)]
    inserted = Alignment.of([Hunk(2, 2, 2, 5)])
    assert [inserted.gap(index) for index in range(4)] == [(0, 0), (1, 1), (2, 5), (6, 6)]
    deleted = Alignment.of([Hunk(1, 3, 1, 1)])
    assert [deleted.gap(index) for index in range(5)] == [(0, 0), (1, 1), (1, 1), (1, 1), (2, 2)]


@FEW
@given(lines, lines)
def test_every_slide_of_the_only_hunk_turns_a_into_b(a: list[int], b: list[int]) -> None:
    found = hunks(a, b)
    if len(found) != 1:
        return
    for hunk in slides(found[0], a, b):
        assert [*a[: hunk.a0], *b[hunk.b0 : hunk.b1], *a[hunk.a1 :]] == b


def test_a_replacement_stays_where_it_is_and_the_number_of_slides_is_bounded() -> None:
    assert list(slides(Hunk(1, 2, 1, 2), [1, 2, 1], [1, 3, 1])) == [Hunk(1, 2, 1, 2)]
    many = [7] * 1000
    found = list(slides(Hunk(500, 500, 500, 501), many, [*many, 7], limit=10))
    assert [hunk.a0 for hunk in found] == [500, *range(499, 489, -1), *range(501, 511)]


def test_an_insertion_slides_over_the_lines_it_repeats() -> None:
    # a function put between two: its closing brace and blank line may be those of the one before
    before, after = [1, 9, 0, 8, 2, 9, 0], [1, 9, 0, 8, 3, 9, 0, 8, 2, 9, 0]
    assert [hunk.b0 for hunk in slides(hunks(before, after)[0], before, after)] == [4, 3, 2, 1]
