"""Hunks: they turn one side into the other, along a longest common subsequence, in one canonical place."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portkit.change import linediff
from portkit.change.linediff import Hunk, hunks

Matcher = Callable[[Sequence[int], Sequence[int]], "list[tuple[int, int, int]] | None"]

FEW = settings(max_examples=300, deadline=None, derandomize=True)

lines = st.lists(st.integers(0, 4), max_size=24)


def applied(a: Sequence[int], b: Sequence[int], found: Sequence[Hunk]) -> list[int]:
    result: list[int] = []
    at = 0
    for hunk in found:
        result += a[at : hunk.a0]
        result += b[hunk.b0 : hunk.b1]
        at = hunk.a1
    return result + list(a[at:])


def longest_common(a: Sequence[int], b: Sequence[int]) -> int:
    """The textbook table, as the reference."""
    row = [0] * (len(b) + 1)
    for x in a:
        before = row
        row = [0]
        for index, y in enumerate(b, 1):
            row.append(before[index - 1] + 1 if x == y else max(before[index], row[-1]))
    return row[-1]


def kept(a: Sequence[int], found: Sequence[Hunk]) -> int:
    return len(a) - sum(hunk.a1 - hunk.a0 for hunk in found)


@FEW
@given(lines, lines)
def test_hunks_turn_a_into_b_and_keep_a_longest_common_subsequence(a: list[int], b: list[int]) -> None:
    found = hunks(a, b)
    assert applied(a, b, found) == b
    assert kept(a, found) == longest_common(a, b)
    # What lies between two hunks is the same on both sides.
    edges = [Hunk(0, 0, 0, 0), *found, Hunk(len(a), len(a), len(b), len(b))]
    for one, other in pairwise(edges):
        assert a[one.a1 : other.a0] == b[one.b1 : other.b0]


@FEW
@given(lines, lines)
def test_hunks_never_touch_and_are_never_empty(a: list[int], b: list[int]) -> None:
    found = hunks(a, b)
    assert all(hunk.a0 < hunk.a1 or hunk.b0 < hunk.b1 for hunk in found)
    assert all(one.a1 < other.a0 and one.b1 < other.b0 for one, other in pairwise(found))


@FEW
@given(lines, lines)
def test_hunks_are_slid_down_as_far_as_they_go(a: list[int], b: list[int]) -> None:
    found = hunks(a, b)
    for hunk, after in pairwise([*found, Hunk(len(a), len(a), len(b), len(b))]):
        if hunk.a0 == hunk.a1 and hunk.b1 < after.b0:
            assert b[hunk.b0] != b[hunk.b1]
        if hunk.b0 == hunk.b1 and hunk.a1 < after.a0:
            assert a[hunk.a0] != a[hunk.a1]


@FEW
@given(lines, lines)
def test_the_same_inputs_give_the_same_hunks_whatever_their_type(a: list[int], b: list[int]) -> None:
    assert hunks(tuple(a), tuple(b)) == hunks(a, b)
    # Which integers stand for the lines is of no account.
    assert hunks([91 * x + 5 for x in a], [91 * x + 5 for x in b]) == hunks(a, b)


@FEW
@given(lines)
def test_a_thing_and_itself_have_no_hunks(a: list[int]) -> None:
    assert hunks(a, a) == ()


def _length(found: list[tuple[int, int, int]] | None) -> int:
    assert found is not None
    return sum(length for _, _, length in found)


@FEW
@given(lines, lines)
def test_the_greedy_walk_and_the_table_agree_on_the_length(a: list[int], b: list[int]) -> None:
    assert _length(linediff._greedy(a, b)) == _length(linediff._table(a, b, 8)) == longest_common(a, b)
    for found in (linediff._greedy(a, b), linediff._table(a, b, 8)):
        for x, y, length in found or []:
            assert a[x : x + length] == b[y : y + length]


@pytest.mark.parametrize("seed", range(6))
def test_the_table_is_longest_where_the_greedy_walk_gives_up(seed: int) -> None:
    random_numbers = random.Random(seed)
    a = [random_numbers.randrange(12) for _ in range(150)]
    b = [random_numbers.randrange(12) for _ in range(170)]
    assert linediff._greedy(a, b) is None
    found = hunks(a, b)
    assert applied(a, b, found) == b
    assert kept(a, found) == longest_common(a, b)


@pytest.mark.parametrize("seed", range(6))
def test_past_the_largest_table_what_is_unique_on_both_sides_still_matches(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random_numbers = random.Random(seed)
    a = [number if number % 9 else 0 for number in range(1, 800)]
    b = [x for x in a if random_numbers.random() < 0.8]
    for _ in range(100):
        b.insert(random_numbers.randrange(len(b)), 5000 + random_numbers.randrange(40))
    whole = hunks(a, b)
    monkeypatch.setattr(linediff, "_TABLE_LIMIT", 2000)
    split = hunks(a, b)
    assert applied(a, b, split) == b
    assert kept(a, split) == kept(a, whole) == longest_common(a, b)


def test_a_run_of_equal_lines_is_inserted_at_its_end() -> None:
    assert hunks([1, 1, 1, 2], [1, 1, 1, 1, 1, 2]) == (Hunk(3, 3, 3, 5),)
    assert hunks([1, 1, 1, 1, 1, 2], [1, 1, 1, 2]) == (Hunk(3, 5, 3, 3),)


def test_an_inserted_function_begins_after_the_brace_of_the_one_before() -> None:
    # { 1 } { 2 }  becomes  { 1 } { 3 } { 2 }
    opened, closed = 8, 9
    before = [opened, 1, closed, opened, 2, closed]
    after = [opened, 1, closed, opened, 3, closed, opened, 2, closed]
    assert hunks(before, after) == (Hunk(4, 4, 4, 7),)


def test_hunks_that_come_to_touch_when_slid_are_one() -> None:
    found = hunks([1, 2, 2, 3], [2, 2, 4, 3])
    assert applied([1, 2, 2, 3], [2, 2, 4, 3], found) == [2, 2, 4, 3]
    assert all(one.a1 < other.a0 and one.b1 < other.b0 for one, other in pairwise(found))


def _repeated(count: int) -> tuple[list[int], list[int]]:
    """Every line stands twice, the second time where splitting at unique lines has just made it unique."""
    a: list[int] = []
    b: list[int] = []
    for index in range(count):
        for line in (index, max(0, index - 2)):
            a += [line, 10**7 + len(a)]
            b += [line, 2 * 10**7 + len(b)]
    return a, b


def _shuffled(count: int) -> tuple[list[int], list[int]]:
    return list(range(count)), random.Random(1).sample(range(count), count)


def _of_two_lines(count: int) -> tuple[list[int], list[int]]:
    random_numbers = random.Random(2)
    return [random_numbers.randrange(2) for _ in range(count)], [random_numbers.randrange(2) for _ in range(count)]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([1] * 100_000, [1] * 90_000),
        ([1] * 100_000 + [2], [3] + [1] * 90_000),
        ([1, 2, 0, 3, 4, 5, 0, 9, 0, 8], [0] * 1_000_000 + [7]),
        _shuffled(10_000),
        _shuffled(50_000),
        _of_two_lines(6_000),
        _of_two_lines(100_000),
        _repeated(10_000),
    ],
    ids=[
        "identical", "identical but for the ends", "ten against a million", "shuffled", "shuffled, large",
        "two lines", "two lines, large", "unique again and again",
    ],
)  # fmt: skip
def test_hostile_inputs_take_no_more_than_seconds(a: list[int], b: list[int]) -> None:
    start = time.process_time()
    found = hunks(a, b)
    assert time.process_time() - start < 5
    assert applied(a, b, found) == b
