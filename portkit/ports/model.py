"""What was found of the target's ports: which commit carries which of upstream's changesets, how surely, how wholly."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portkit.paths import RepoPath
from portkit.sync.by_hand import ByHand


class Evidence(StrEnum):
    """Why a commit is held for a port: the ident line it bumps, the trailers portkit writes, the lines it changes,
    the words of its message."""

    IDENT = "ident"
    TRAILER = "trailer"
    CONTENT = "content"
    MESSAGE = "message"


class Kind(StrEnum):
    """How wholly the commit makes upstream's change: it and no other; it, with other lines or beside other changes;
    some hunks of it; none of it, with the ident line bumped all the same."""

    EXACT = "exact"
    ADAPTED = "adapted"
    PARTIAL = "partial"
    IDENT_ONLY = "ident-only"


class HunkState(StrEnum):
    """What the commit did about one of upstream's hunks: made it, made it in other words, found it made, left it
    out; or the hunk has nothing in it but keywords."""

    MADE = "made"
    ADAPTED = "adapted"
    BEFORE = "before"
    LEFT_OUT = "left-out"
    KEYWORD = "keyword"


@dataclass(frozen=True, slots=True)
class PortedFile:
    """One file of one changeset in one target commit. `hunks`: what became of each of upstream's, in their order;
    `revision` is upstream's label for what the file came to be. `bumped`: whether the commit's ident line names that
    revision, or a later one."""

    changeset: str
    upstream: RepoPath
    target: RepoPath
    revision: str
    hunks: tuple[HunkState, ...]
    bumped: bool = False

    @property
    def left_out(self) -> tuple[int, ...]:
        """The hunks that the commit leaves out, counted from 1."""
        return tuple(number for number, state in enumerate(self.hunks, 1) if state is HunkState.LEFT_OUT)


@dataclass(frozen=True, slots=True)
class Port:
    """One target commit that carries upstream changesets (full hashes, oldest first).

    `confidence` from 0 to 1; `files` says it file by file, those that the commit leaves alone included; `date` the
    committer's, in seconds since 1970 UTC; `reverted` the commit that took it back ("" for none).
    """

    target_commit: str
    changesets: tuple[str, ...]
    confidence: float
    evidence: tuple[Evidence, ...]
    kind: Kind
    files: tuple[PortedFile, ...] = ()
    date: int = 0
    subject: str = ""
    reverted: str = ""

    @property
    def exact(self) -> bool:
        """Whether the commit makes upstream's change and no other."""
        return self.kind is Kind.EXACT


@dataclass(frozen=True, slots=True)
class Jump:
    """One file of an upstream changeset that no commit made, though an ident line was bumped past it in `commit`."""

    changeset: str
    upstream: RepoPath
    target: RepoPath
    revision: str
    commit: str


@dataclass(frozen=True, slots=True)
class Found:
    """Every port of a component up to one target commit, oldest first, and what ident lines jumped over."""

    ports: tuple[Port, ...] = ()
    jumps: tuple[Jump, ...] = ()


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search came to, and what a later one needs to carry on from it: the commits that were looked at, oldest
    first; which file changes are done, and which commits took which back, at the end of them; every jump, those made
    up for included."""

    found: Found = Found()
    commits: tuple[str, ...] = ()
    done: tuple[tuple[str, str], ...] = ()
    reverts: tuple[tuple[str, str], ...] = ()
    jumps: tuple[Jump, ...] = ()


_SURE = 0.85
"""From this confidence on a sync believes that a commit carries a change, and does not offer it again."""


def carries(port: Port) -> bool:
    """Whether the commit of `port` surely brought something of upstream's, which still stands."""
    return not port.reverted and port.kind is not Kind.IDENT_ONLY and port.confidence >= _SURE


def by_hand(found: Found) -> ByHand:
    """What a sync must know of it. What portkit ported is the ledger's affair; a file of which hunks were left out is
    offered again."""
    carried: dict[tuple[str, str], str] = {}
    for port in found.ports:
        if not carries(port) or Evidence.TRAILER in port.evidence:
            continue
        for file in port.files:
            done = {HunkState.MADE, HunkState.ADAPTED} & set(file.hunks)
            if done and HunkState.LEFT_OUT not in file.hunks:
                carried[file.changeset, file.upstream] = port.target_commit
    return ByHand(carried, {(jump.changeset, jump.upstream): jump.commit for jump in found.jumps})
