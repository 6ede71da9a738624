"""A changeset made ready to be replayed: of each of its files, what it was and what it becomes, and where it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portkit.change.changeset import Changeset
from portkit.change.revision import FileRevision
from portkit.merge.file import Version
from portkit.paths import RepoPath
from portkit.sync.outcome import State


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One of upstream's hunks, counted from 1, that a person decided to leave out: why, and what that makes of it."""

    hunk: int
    reason: str
    state: State


@dataclass(frozen=True, slots=True)
class Pick:
    """One file of a changeset, ready to be replayed. `standing`: why the target's file is left as it is, whatever
    upstream does ("" for the usual case); `decided`: the state that this makes, where a person decided it; `left_out`:
    the hunks that `theirs` lacks because a person decided so, `whole` upstream's file with them;
    `numbers`: those of the hunks that are left, counted among all (empty where none is left out)."""

    upstream: RepoPath
    target: RepoPath
    revision: str | None
    base: Version | None
    theirs: Version | None
    standing: str = ""
    decided: State | None = None
    left_out: tuple[LeftOut, ...] = ()
    whole: Version | None = None
    numbers: tuple[int, ...] = ()

    @property
    def file(self) -> FileRevision:
        return FileRevision(self.upstream, self.revision or "deleted")

    def number(self, hunk: int) -> int:
        """The number among all of upstream's hunks of the one that is `hunk` here; 0 stays 0."""
        return self.numbers[hunk - 1] if 0 < hunk <= len(self.numbers) else hunk


@dataclass(frozen=True, slots=True)
class Picked:
    """A changeset and those of its files that concern the component. `joined`: the changesets that it is made of, where
    a person decided that they only work together."""

    changeset: Changeset
    files: tuple[Pick, ...]
    joined: tuple[Picked, ...] = ()

    def revisions(self) -> Iterator[tuple[FileRevision, Pick]]:
        """What it brings of each file, those of the changesets it is made of one by one, with what becomes of the
        file."""
        own = {pick.upstream: pick for pick in self.files}
        for part in self.joined or (self,):
            for pick in part.files:
                yield pick.file, own[pick.upstream]
