"""Seeded bad merges: reproducible, never right in truth, all caught by the judge; the right ones all pass."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from bench import bad_merges, faithful
from bench.bad_merges import KINDS, BadMerge, Quadruple

SEED = 1


@pytest.fixture(scope="module")
def right() -> list[Quadruple]:
    return bad_merges.synthetic(100, SEED)


@pytest.fixture(scope="module")
def bad(right: list[Quadruple]) -> list[BadMerge]:
    return bad_merges.bad_merges(right, 200, SEED)


def test_two_hundred_of_five_kinds(bad: list[BadMerge]) -> None:
    assert Counter(one.kind for one in bad) == dict.fromkeys(KINDS, 40)


def test_the_same_seed_gives_the_same_and_another_seed_others(right: list[Quadruple], bad: list[BadMerge]) -> None:
    assert bad_merges.synthetic(100, SEED) == right
    assert bad_merges.bad_merges(right, 40, SEED) == bad[:40]
    assert bad_merges.bad_merges(right, 40, SEED + 1) != bad[:40]


def test_none_is_a_no_op(right: list[Quadruple], bad: list[BadMerge]) -> None:
    results = {one.name: one.result for one in right}
    assert all(one.quadruple.result != one.right == results[one.quadruple.name] for one in bad)
    assert len({(one.quadruple.ours, one.quadruple.result) for one in bad}) == len(bad)


def test_the_judge_passes_every_right_one(right: list[Quadruple]) -> None:
    assert [one.name for one in right if not bad_merges.accepted_by_judge(one)] == []


def test_the_judge_catches_every_bad_one(bad: list[BadMerge]) -> None:
    missed = [f"{one.kind}: {one.description}" for one in bad if bad_merges.accepted_by_judge(one.quadruple)]
    assert missed == []


def test_the_count_tells_kinds_and_names_what_was_missed(right: list[Quadruple], bad: list[BadMerge]) -> None:
    table, caught = bad_merges.count_caught("a judge that sleeps", lambda _: True, right[:3], bad[:10])
    assert not caught
    assert "0 of 10 bad merges caught" in table
    assert table.count("missed: ") == 10


def test_what_people_made_is_accepted_and_spoilt_is_not() -> None:
    upstream, target = os.environ.get("PORTKIT_REAL_OPENBSD"), os.environ.get("PORTKIT_REAL_DRAGONFLY")
    table = Path(__file__).parents[2] / "../shared/truth/dhclient-ports.csv"
    if not upstream or not target or not table.exists():
        pytest.skip("needs PORTKIT_REAL_OPENBSD, PORTKIT_REAL_DRAGONFLY and the table of ports")
    real = bad_merges.real_quadruples(table, upstream, target)
    assert len(real) >= 70
    bad = bad_merges.bad_merges(real, 50, SEED)
    assert not any(faithful.faithful(faithful.judge(*_four(one.quadruple))) for one in bad)


def _four(one: Quadruple) -> tuple[bytes, bytes, bytes, bytes]:
    return one.base, one.theirs, one.ours, one.result
