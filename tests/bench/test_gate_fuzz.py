"""Files whose every line has an identity that only the generator sees: what lands is what was meant."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.gate_fuzz import KINDS, Case, Line, case, content, portkit, three_way, verdict

SEEDS = range(1, 401)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [case(seed) for seed in SEEDS]


def test_nothing_that_lands_is_wrong(cases: list[Case]) -> None:
    told = [one for one in cases if one.truth.kind != "disguised"]
    assert [one.seed for one in told if verdict(one, portkit(one)) == "wrong"] == []


def test_most_of_what_is_disjoint_lands(cases: list[Case]) -> None:
    found = Counter(verdict(one, portkit(one)) for one in cases if one.truth.kind == "disjoint")
    assert found["right"] > 4 * found["parked"]


def test_the_cases_are_of_every_sort_and_the_same_each_time(cases: list[Case]) -> None:
    sorts = Counter(one.truth.kind for one in cases)
    assert all(sorts[kind] > 20 for kind in ("disjoint", "contested", "conflict", "disguised"))
    assert {one.text for one in cases} == set(KINDS)
    assert cases[7] == case(SEEDS[7])


def test_a_merge_that_takes_upstreams_file_is_found_out(cases: list[Case]) -> None:
    assert sum(verdict(one, one.theirs) == "wrong" for one in cases) > 200


def lines(text: str) -> list[Line]:
    """A line's identity is its first letter; `-` before it: it is gone."""
    return [Line(ord(word.lstrip("-")[0]), f"{word}\n".encode(), word.startswith("-")) for word in text.split()]


@pytest.mark.parametrize(
    ("ours", "theirs", "kind", "right"),
    [
        ("a l b c", "a b c n", "disjoint", "a l b c n"),
        ("a b1 c", "a b2 c", "conflict", ""),
        ("a b1 c", "a -b c", "conflict", ""),
        ("a l b c", "a n b c", "contested", "a n l b c"),
        ("a b n c", "a b n c", "disjoint", "a b n c"),
        ("a -b c", "a b n c", "disjoint", "a n c"),
    ],
)
def test_what_is_right(ours: str, theirs: str, kind: str, right: str) -> None:
    found = three_way(lines("a b c"), lines(ours), lines(theirs))
    assert found.kind == kind
    assert content(lines(right)) in found.results if right else not found.results
