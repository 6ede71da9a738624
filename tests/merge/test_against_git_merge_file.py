"""The merge against `git merge-file`, on seeded random files.

Where git is clean, portkit is clean with the same bytes, but for the inputs listed below, each with its reason. Where
git has a conflict and portkit lands something, it must be the work of a rung that git does not have, or of edits that
only touch.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from portkit.merge.diff3 import Side, regions
from portkit.merge.file import FileMerge, FileMerger, Version

SEEDS = range(600)

ANOTHER_ALIGNMENT = {
    # Six different lines over and over: of several longest matchings git takes another one, and the edits of the two
    # sides end in another order around an equal line.
    922: "two insertions on either side of equal lines",
    1108: "two insertions on either side of equal lines",
}
PLAIN_DIFF3_CONFLICTS = {
    # Both sides insert at one place as these hunks are slid down; git slides its own less far.
    1101: "the rung `slide` finds it",
    1436: "the rung `slide` finds it",
}
NOT_ACCOUNTED_FOR = {
    # The result is git's, but the hunks of ours to result can not be told to be upstream's: flagged, not landed.
    2292: "the gate sees other hunks",
    179: "two readings of an insertion give two merges",
}
EXTRA_SEEDS = (*ANOTHER_ALIGNMENT, *PLAIN_DIFF3_CONFLICTS, *NOT_ACCOUNTED_FOR)


def files(seed: int) -> tuple[bytes, bytes, bytes]:
    """base, ours, theirs."""
    numbers = random.Random(seed)
    words = numbers.choice([6, 20, 200])
    base = [_line(numbers, words) for _ in range(numbers.randrange(0, 30))]

    def edited() -> bytes:
        lines = list(base)
        for _ in range(numbers.randrange(0, 4)):
            at = numbers.randrange(len(lines) + 1)
            kind = numbers.random()
            size = numbers.randrange(1, 4)
            if kind < 0.4:
                lines[at:at] = [_line(numbers, words) for _ in range(size)]
            elif kind < 0.7:
                del lines[at : at + size]
            else:
                lines[at : at + size] = [_line(numbers, words) for _ in range(size)]
        content = b"".join(lines)
        return content[:-1] if numbers.random() < 0.1 else content

    return b"".join(base), edited(), edited()


def _line(numbers: random.Random, words: int) -> bytes:
    return b"line %d of it\n" % numbers.randrange(words)


def by_git(folder: Path, base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """git's merge; None where it has a conflict."""
    for name, content in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_bytes(content)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", "merge-file", "-p", "-q", "ours", "base", "theirs"], cwd=folder, capture_output=True, check=False,
        env=environment,
    )  # fmt: skip
    assert 0 <= done.returncode < 128, done.stderr
    return done.stdout if done.returncode == 0 else None


def by_portkit(base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    return FileMerger().merge(*(Version(content, 0o100644) for content in (base, ours, theirs)))


def by_diff3(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """The regions alone, without any other rung."""
    merger = FileMerger()
    mine, other = merger.table.lines(ours), merger.table.lines(theirs)
    found = regions(
        merger.upstream_hunks(base, ours), merger.upstream_hunks(base, theirs), mine.keys, other.keys,
        len(merger.table.lines(base).keys),
    )  # fmt: skip
    out: list[bytes] = []
    for region in found:
        if region.side is Side.CONFLICT:
            return None
        if region.side is Side.THEIRS:
            out += other.raw[region.theirs0 : region.theirs1]
        else:
            out += mine.raw[region.ours0 : region.ours1]
    return b"".join(out)


Case = tuple[int, bytes | None, bytes | None, FileMerge]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    folder = tmp_path_factory.mktemp("merge-file")
    found = []
    for seed in (*SEEDS, *(one for one in EXTRA_SEEDS if one not in SEEDS)):
        sides = files(seed)
        found.append((seed, by_git(folder, *sides), by_diff3(*sides), by_portkit(*sides)))
    return found


def landed(one: FileMerge) -> bytes | None:
    return one.result.content if one.lands and one.result is not None else None


def test_the_cases_are_of_every_sort(cases: list[Case]) -> None:
    sorts = Counter((git is None, landed(mine) is None) for _, git, _, mine in cases)
    assert len(cases) == len(SEEDS) + len([one for one in EXTRA_SEEDS if one not in SEEDS])
    assert all(sorts[git, mine] > 20 for git, mine in [(False, False), (True, True), (True, False)])


def test_where_git_is_clean_plain_diff3_gives_the_same_bytes(cases: list[Case]) -> None:
    apart = {seed for seed, git, plain, _ in cases if git is not None and plain != git}
    assert apart == {*ANOTHER_ALIGNMENT, *PLAIN_DIFF3_CONFLICTS}


def test_where_git_is_clean_portkit_lands_the_same_bytes(cases: list[Case]) -> None:
    apart = {seed for seed, git, _, mine in cases if git is not None and landed(mine) != git}
    assert apart == {*ANOTHER_ALIGNMENT, *NOT_ACCOUNTED_FOR}


def test_what_git_leaves_in_conflict_lands_only_by_touching_edits_or_by_a_named_rung(cases: list[Case]) -> None:
    for seed, git, plain, mine in cases:
        lines = landed(mine)
        if git is None and lines is not None and lines != plain:
            assert mine.method in ("equal", "present", "slide", "white-space", "moved"), seed
