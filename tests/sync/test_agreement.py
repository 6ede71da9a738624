"""Two sources of one upstream: where they disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sync_worlds import Notes, Upstream

from portkit.change.changeset import Changeset
from portkit.merge.file import Version
from portkit.sync.agreement import Agreement, Kind, compare
from portkit.sync.lineage import Lineage


def line(name: str, revision: str, text: str = "") -> bytes:
    return f"/* $OpenBSD: {name},v {revision} 2012/01/01 00:00:00 ann Exp $ */\n{text}\n".encode()


Commits = Sequence[Mapping[str, bytes | Version | None]]


def world(commits: Commits, salt: str = "") -> Upstream:
    upstream = Upstream(salt)
    for number, files in enumerate(commits):
        upstream.commit(f"commit {number}", files)
    return upstream


def compared(first: Upstream, second: Upstream) -> Agreement:
    def lineage(upstream: Upstream, changesets: Sequence[Changeset]) -> Lineage:
        return Lineage(changesets, upstream, Notes(), "OpenBSD")

    return compare(lineage(first, first.commits), lineage(second, second.commits))


HISTORY: Commits = [
    {"a.c": line("a.c", "1.1"), "b.c": line("b.c", "1.1")},
    {"a.c": line("a.c", "1.2", "x")},
    {"b.c": None, "plain": b"no ident\n"},
]


def test_the_same_history_agrees_whatever_its_hashes() -> None:
    found = compared(world(HISTORY), world(HISTORY, "other"))
    assert found == Agreement(3, (), (0, 0))


def test_a_commit_that_is_split_and_one_that_is_joined() -> None:
    split: Commits = [{"a.c": line("a.c", "1.1")}, {"b.c": line("b.c", "1.1")}, *HISTORY[1:]]
    first, second = world(HISTORY), world(split)
    second.commits = [
        replace(one, date=date) for one, date in zip(
            second.commits, [first.commits[0].date, first.commits[0].date, *(one.date for one in first.commits[1:])],
            strict=True,
        )
    ]  # fmt: skip
    (one,) = compared(first, second).found
    assert (one.kind, len(one.first), len(one.second)) == (Kind.SPLIT, 1, 2)
    assert one.revisions == ("a.c 1.1", "b.c 1.1")
    (other,) = compared(second, first).found
    assert (other.kind, len(other.first), len(other.second)) == (Kind.JOINED, 2, 1)


def test_another_content_under_one_revision() -> None:
    changed: Commits = [HISTORY[0], {"a.c": line("a.c", "1.2", "y")}, HISTORY[2]]
    found = compared(world(HISTORY), world(changed))
    assert [(one.kind, one.revisions) for one in found.found] == [(Kind.CONTENT, ("a.c 1.2",))]
    assert found.same == 3


def test_another_date() -> None:
    first, second = world(HISTORY), world(HISTORY)
    second.commits[1] = replace(second.commits[1], date=second.commits[1].date + 61)
    found = compared(first, second)
    assert [(one.kind, one.revisions) for one in found.found] == [(Kind.DATE, ("a.c 1.2",))]
    second.commits[1] = replace(second.commits[1], date=first.commits[1].date + 60)
    assert compared(first, second).found == ()


def test_what_only_one_has_and_what_the_other_has_not_yet() -> None:
    lacking: Commits = [HISTORY[0], {"c.c": line("c.c", "1.1")}, HISTORY[2]]
    found = compared(world(HISTORY), world(lacking))
    assert [(one.kind, len(one.first), one.revisions) for one in found.found] == [
        (Kind.MISSING, 1, ("a.c 1.2",)), (Kind.MISSING, 0, ("c.c 1.1",)),
    ]  # fmt: skip
    late = compared(world(HISTORY), world(HISTORY[:2]))
    assert (late.same, late.found, late.newer) == (2, (), (1, 0))
