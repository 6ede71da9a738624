"""Who made the target's files what they are: one chain for each file."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from target_sandbox import Sandbox

from portkit.change.changeset import Blob
from portkit.paths import RepoPath
from portkit.protocols import FileStep

FILE = RepoPath("sbin/d/d.c")


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    return Sandbox(tmp_path, monkeypatch)


def steps(sandbox: Sandbox, path: RepoPath = FILE) -> tuple[FileStep, ...]:
    with sandbox.open() as target:
        commit = target.resolve("HEAD")
        blob: Blob | None = target.tree(commit, ("",)).entries.get(path)
        return tuple(target.steps(commit, {path: blob})[path])


def chained(told: tuple[FileStep, ...]) -> bool:
    return all(newer.old == older.new for newer, older in pairwise(told))


def test_the_newest_first_down_to_who_added_it(sandbox: Sandbox) -> None:
    ids = [sandbox.commit(f"d: {number}", {FILE: b"%d\n" % number}) for number in range(3)]
    sandbox.commit("other", {"other": b"x"})
    told = steps(sandbox)
    assert [one.commit.id for one in told] == ids[::-1]
    assert chained(told)
    assert told[-1].old is None
    assert told[0].commit.message.strip() == "d: 2"


def test_a_file_that_is_gone_says_who_deleted_it(sandbox: Sandbox) -> None:
    sandbox.commit("in", {FILE: b"1\n"})
    out = sandbox.commit("out", {FILE: None})
    told = steps(sandbox)
    assert told[0].commit.id == out
    assert told[0].new is None


def test_a_branch_that_was_merged_is_told_commit_by_commit(sandbox: Sandbox) -> None:
    sandbox.commit("in", {FILE: b"1\n"})
    sandbox.git("checkout", "-q", "-b", "side")
    side = sandbox.commit("side", {FILE: b"2\n"})
    sandbox.git("checkout", "-q", "master")
    sandbox.commit("other", {"other": b"x"})
    sandbox.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    told = steps(sandbox)
    assert told[0].commit.id == side
    assert len(told) == 2


def test_a_merge_that_made_a_version_of_its_own_is_one_step(sandbox: Sandbox) -> None:
    sandbox.commit("in", {FILE: b"1\n2\n3\n4\n5\n6\n7\n"})
    sandbox.git("checkout", "-q", "-b", "side")
    sandbox.commit("side", {FILE: b"1\n2\n3\n4\n5\n6\nB\n"})
    sandbox.git("checkout", "-q", "master")
    mine = sandbox.commit("mine", {FILE: b"A\n2\n3\n4\n5\n6\n7\n"})
    sandbox.git("merge", "-q", "--no-ff", "-m", "both", "side")
    told = steps(sandbox)
    assert [one.commit.message.strip() for one in told] == ["both", "mine", "in"]
    assert told[1].commit.id == mine
    assert chained(told)


def test_an_orphan_branch_that_holds_the_same_file_is_not_taken_for_its_origin(sandbox: Sandbox) -> None:
    """DragonFly's vendor branches: one of them was begun with the whole tree in it."""
    first = sandbox.commit("in", {FILE: b"1\n"})
    second = sandbox.commit("mine", {FILE: b"2\n"})
    sandbox.git("checkout", "-q", "--orphan", "vendor/THING")
    sandbox.git("commit", "-q", "-m", "Initial import, with everything.")
    sandbox.git("checkout", "-q", "master")
    sandbox.commit("other", {"other": b"x"})
    sandbox.git("merge", "-q", "--no-ff", "--allow-unrelated-histories", "-s", "ours", "-m", "merge", "vendor/THING")
    assert [one.commit.id for one in steps(sandbox)] == [second, first]


def test_names_and_logs_are_taken_as_they_are(sandbox: Sandbox) -> None:
    odd = RepoPath("sbin/d/:100644 x y.c")
    sandbox.commit(":100644 000000 aaaa bbbb M\n\nsbin/d/d.c", {odd: b"1\n"})
    told = steps(sandbox, odd)
    assert len(told) == 1
    assert told[0].commit.message.startswith(":100644")
