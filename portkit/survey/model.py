"""What a survey finds: which of the target's files came from upstream, from which version, and how old that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portkit.paths import RepoPath


class Standing(StrEnum):
    """What is known of a file's origin: the one upstream version that its ident line means, or that its content is
    nearest to; several that it may mean; none in the history at hand, because it is newer than that, or because there
    is no such revision; or it is on a branch of upstream's, which the history has not."""

    RESOLVED = "resolved"
    AMBIGUOUS = "ambiguous"
    NEWER = "newer"
    UNKNOWN = "unknown"
    BRANCH = "branch"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One expanded ident line: the path as written (it may hold folders, and Attic/), revision, date (seconds since
    1970 UTC), author; `line` counts from 1."""

    path: str
    revision: str
    date: int
    author: str
    line: int

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Scan:
    """What one blob holds: its lines, 0 for a binary, and its ident lines. `loose`: it has the keyword, and no
    expanded ident: prose, or an ident that was never expanded."""

    lines: int
    recorded: tuple[Recorded, ...] = ()
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """One upstream version that a file may come from."""

    upstream: RepoPath
    changeset: str


@dataclass(frozen=True, slots=True)
class Derived:
    """One target file that came from upstream, by an ident line (`recorded`; None where it has none).

    `upstream`, `revision`, `changeset`: where it comes from, the last "" where that is not known. `behind`: upstream's
    changesets of the file since; `lag_days`: from the oldest of them to upstream's newest of all. `confidence`:
    exact | sure | likely | none. `deleted`: upstream has the file no more; `successor`: where it went. `nearest` and
    `distance`: what the content says, in lines that differ (None where it was not asked).
    """

    target: RepoPath
    lines: int
    standing: Standing
    recorded: Recorded | None
    upstream: RepoPath | None
    revision: str
    changeset: str
    behind: int
    lag_days: int
    confidence: str
    deleted: bool
    missing: tuple[str, ...] = ()
    meant: Candidate | None = None
    """What the ident line means, whatever the content says."""
    candidates: tuple[Candidate, ...] = ()
    successor: str = ""
    nearest: str = ""
    distance: int | None = None
    note: str = ""
    further: bool = False
    """Whether another ident line of the same file stands before this one."""


@dataclass(frozen=True, slots=True)
class Place:
    """One folder of the target: how many files there came from upstream, of how many lines, how many of those files
    are behind, by how many different changesets, since how many days; how many are newer than the history at hand or
    not resolved; what upstream deleted. `upstream`: the folder most of them came from."""

    folder: str
    files: int
    lines: int
    behind_files: int
    changesets: int
    lag_days: int
    newer: int
    unresolved: int
    deleted: int
    upstream: str = ""
    component: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """A whole survey. `places`: every folder with derived files, in order; `best`: where a sync pays most, the best
    first; `files` in path order. `surveyed`: how many files were looked at; `loose`: those whose ident line is only
    prose or was never expanded."""

    onto: str
    tip: str
    newest: int
    surveyed: int
    files: tuple[Derived, ...]
    places: tuple[Place, ...]
    best: tuple[Place, ...]
    loose: tuple[str, ...] = ()
