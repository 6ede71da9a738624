"""Changesets out of single revisions: which belong together, in which order, under which id."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from portkit.paths import RepoPath
from portkit.upstream.cvs_grouping import WINDOW, Group, Member, grouped

T = 1_000_000_000


def member(path: str, number: int, date: int, log: str = "log", author: str = "ann", commitid: str = "") -> Member:
    return Member(RepoPath(path), number, f"1.{number + 1}", T + date, author, log.encode(), commitid)


def shown(groups: Sequence[Group]) -> list[list[str]]:
    return [[f"{one.path} {one.revision}" for one in group.members] for group in groups]


def test_a_commitid_says_what_belongs_together() -> None:
    groups = grouped([
        member("a", 0, 0, "one", commitid="x1"), member("b", 0, 9000, "two", commitid="x1"),
        member("a", 1, 5, "one", commitid="x2"),
    ])  # fmt: skip
    assert shown(groups) == [["a 1.1", "b 1.1"], ["a 1.2"]]
    assert [(one.id, one.date - T) for one in groups] == [("x1", 9000), ("x2", 5)], "a revision follows the one before"


def test_without_one_author_log_and_time_do() -> None:
    groups = grouped([
        member("a", 0, 0), member("b", 0, WINDOW), member("c", 0, 2 * WINDOW),
        member("d", 0, 3 * WINDOW + 1), member("e", 0, 10, author="ben"), member("f", 0, 10, "other"),
    ])  # fmt: skip
    assert sorted(shown(groups)) == [["a 1.1", "b 1.1", "c 1.1"], ["d 1.1"], ["e 1.1"], ["f 1.1"]]


def test_no_changeset_has_a_file_twice() -> None:
    """The same log twice within the window: parted at the longest pause."""
    groups = grouped([
        member("a", 0, 0), member("b", 0, 2), member("c", 0, 3),
        member("d", 0, 60), member("a", 1, 61), member("b", 1, 62),
    ])  # fmt: skip
    assert shown(groups) == [["a 1.1", "b 1.1", "c 1.1"], ["a 1.2", "b 1.2", "d 1.1"]]


def test_a_clock_that_ran_back_a_little_parts_nothing() -> None:
    groups = grouped([
        member("a", 0, 100), member("b", 0, 101), member("a", 1, 95, "next"), member("b", 1, 102, "next"),
    ])  # fmt: skip
    assert shown(groups) == [["a 1.1", "b 1.1"], ["a 1.2", "b 1.2"]]


def test_the_newest_member_dates_a_changeset() -> None:
    (group,) = grouped([member("a", 0, 0), member("b", 0, 17)])
    assert group.date == T + 17


def test_interleaved_authors_are_kept_apart() -> None:
    groups = grouped([member(f"{who}{n}", 0, 2 * n + (who == "b"), author=who) for n in range(9) for who in "ab"])
    assert [len(one.members) for one in groups] == [9, 9]


def test_commits_that_ran_through_each_other_are_parted_and_nothing_is_lost() -> None:
    groups = grouped([
        member("a", 0, 0, commitid="x"), member("b", 1, 0, commitid="x"),
        member("b", 0, 1, commitid="y"), member("a", 1, 1, commitid="y"),
    ])  # fmt: skip
    assert shown(groups) == [["a 1.1"], ["a 1.2", "b 1.1"], ["b 1.2"]]
    assert [one.id for one in groups] == ["x", "y", "x.part2"]


def test_a_file_twice_under_one_commitid_makes_two() -> None:
    groups = grouped([member(path, number, 0, commitid="x") for path, number in (("a", 0), ("a", 1), ("b", 0))])
    assert [(one.id, len(one.members)) for one in groups] == [("x", 2), ("x.2", 1)]


def test_what_joins_later_changes_no_id() -> None:
    early = [member("b", 0, 3), member("c", 0, 5)]
    late = [*early, member("d", 0, 90)]
    assert grouped(early)[0].id == grouped(late)[0].id
    assert len(grouped(late)) == 1 and len(grouped(early)[0].id) == 40


@st.composite
def histories(draw: st.DrawFn) -> list[Member]:
    found = []
    for path in ("a", "b", "c", "d/e"):
        date = draw(st.integers(0, 500))
        for number in range(draw(st.integers(0, 6))):
            date += draw(st.sampled_from([-200, -5, 0, 1, 50, 299, 300, 301, 5000]))
            commitid = draw(st.sampled_from(["", "", "one", "two", "three"]))
            found.append(member(path, number, date, draw(st.sampled_from(["x", "y"])), commitid=commitid))
    return found


@given(histories())
def test_what_always_holds(members: list[Member]) -> None:
    groups = grouped(members)
    order = [one for group in groups for one in group.members]
    assert sorted(order, key=lambda one: (one.path, one.number)) == sorted(
        members, key=lambda one: (one.path, one.number)
    ), "each revision stands in one changeset"
    for path in {one.path for one in members}:
        numbers = [one.number for one in order if one.path == path]
        assert numbers == sorted(numbers), "a file's revisions come in their order"
    for group in groups:
        paths = [one.path for one in group.members]
        assert len(paths) == len(set(paths))
        assert len({(one.author, one.log) for one in group.members if not one.commitid}) <= 1
    assert len({one.id for one in groups}) == len(groups)
    mixed = list(members)
    random.Random(1).shuffle(mixed)
    assert grouped(mixed) == groups, "whatever order they come in"


@given(histories(), st.integers(0, 3))
def test_what_comes_later_reorders_nothing(members: list[Member], more: int) -> None:
    """Commits after all that was there: what was, stays as it is and in its order."""
    before = grouped(members)
    last = max((one.date for one in members), default=T) - T
    count = {path: sum(one.path == path for one in members) for path in ("a", "b")}
    later = [
        member(path, count[path] + number, last + (WINDOW + 1) * (number + 1), "x")
        for path in ("a", "b")
        for number in range(more)
    ]
    after = grouped([*members, *later])
    assert [one for one in after if one in before] == before
    assert len(after) == len(before) + more
