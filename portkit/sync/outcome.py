"""What became of each changeset: the values that the branch, the reports and the JSON are made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from portkit.change.changeset import Changeset
from portkit.merge.kinds import ConflictKind, Gate
from portkit.paths import RepoPath
from portkit.sync.watched import Watched
from portkit.sync.worksheet import Worksheet

DRAFT_SUFFIX = "-draft"
"""What stands behind a branch's name in that of its draft."""


class State(StrEnum):
    """Of a changeset. Every state of the contract; `sync` counts each."""

    PORTED = "ported"
    ALREADY = "already"
    CONFLICT = "conflict"
    FLAGGED = "flagged"
    BLOCKED = "blocked"
    DEFERRED = "deferred"
    SKIPPED = "skipped"
    NOT_APPLICABLE = "not-applicable"


class FileState(StrEnum):
    """Of one file of a changeset. `ready`: clean, but its changeset is parked."""

    PORTED = "ported"
    ALREADY = "already"
    READY = "ready"
    CONFLICT = "conflict"
    FLAGGED = "flagged"


class ConflictState(StrEnum):
    """Of a conflict. `stale`: a person resolved it, but one of its sides has changed since."""

    OPEN = "open"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Conflict:
    """One place that does not fit: `hunk` counts from 1 within the file; the sides are raw bytes."""

    id: str
    kind: ConflictKind
    file: RepoPath
    function: str
    hunk: int
    reason: str
    base: bytes
    ours: bytes
    theirs: bytes
    state: ConflictState = ConflictState.OPEN


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """One file of a changeset: which rung merged it, what the gate said, what stands in the way; the names of the
    `resolutions` by which a person settled what stood there."""

    upstream: RepoPath
    target: RepoPath
    revision: str | None
    state: FileState
    method: str
    gate: Gate
    reason: str = ""
    conflicts: tuple[Conflict, ...] = ()
    resolutions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Complaint:
    """One error that the type check finds: the target's path (`<name>` for an installed header), the line, from 1, and
    what the compiler says. `instead`: what is known to stand in for what is missing; `mended`: the changeset, later on
    the same branch, that takes the error away, "" where it stays."""

    path: str
    line: int
    text: str
    instead: str = ""
    mended: str = ""


@dataclass(frozen=True, slots=True)
class TypeChecked:
    """What the type check says of one changeset on top of those before it. `errors` and `warnings`: how many before it
    and after; `new`: the errors that it adds; `gone`: how many it takes away; `failed`: sources for which there is no
    answer; `draft`: it is parked, and was checked as the draft has it, with upstream's side where it does not fit."""

    errors: tuple[int, int]
    warnings: tuple[int, int]
    new: tuple[Complaint, ...] = ()
    gone: int = 0
    failed: tuple[str, ...] = ()
    draft: bool = False

    @property
    def quiet(self) -> bool:
        """Whether the changeset changes nothing that the compiler says."""
        return not (self.new or self.gone or self.failed) and self.warnings[0] == self.warnings[1]


@dataclass(frozen=True, slots=True)
class TypeCheckRun:
    """How a component was type-checked: by which compiler, with its version; "" and `why` where it was not. `errors`:
    the component's, before its branch and at its tip."""

    compiler: str = ""
    why: str = ""
    errors: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class ChangesetOutcome:
    """One changeset: its state, the target commit that carries it, what blocks it, and why. `partial`: that commit
    carries only the files that are ported, and of those the hunks that fit; `check`: what the type check says of it,
    None where it was not asked."""

    changeset: Changeset
    state: State
    files: tuple[FileOutcome, ...]
    commit: str | None = None
    blocked_by: tuple[str, ...] = ()
    reason: str = ""
    partial: bool = False
    check: TypeChecked | None = None


def landed_in_part(targets: Iterable[RepoPath]) -> str:
    """What the reason of a parked changeset ends with where these files of it landed."""
    return f"landed in part: {', '.join(sorted(targets))}"


@dataclass(frozen=True, slots=True)
class FileBaseline:
    """Which upstream revision a target file derives from.

    `recorded` is what its ident line says, `nearest` what its content says; distances in lines that differ.
    `used` is the revision the sync starts after ("" where none is known); `note` explains a disagreement.
    """

    target: RepoPath
    upstream: RepoPath
    recorded: str
    nearest: str
    used: str
    distance: int | None
    recorded_distance: int | None
    changeset: str
    confidence: str  # exact | sure | likely | none
    note: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know that is no changeset's state: a new upstream file, a kept deletion.

    `kind` is one of: damaged, unmapped, kept, deleted-on-purpose, not-applicable, rewritten, port, branch, needs,
    retired, stale, jumped.
    """

    kind: str
    text: str
    path: str = ""
    changeset: str = ""


@dataclass(frozen=True, slots=True)
class ComponentOutcome:
    """What a run did for one component. `branch` and `tip` are "" where nothing was written.

    `lag_days`: days between upstream's newest changeset for the component and the oldest that still waits;
    0 where nothing waits. `newest`: the date of the newest changeset looked at, seconds since 1970; `watched`: what
    upstream did since `watched_since` (seconds since 1970), for a component that is only watched, and `looked_at` what
    each of these is about; `worksheet`: of a port; `type_check`: how it was type-checked, None where nobody asked.
    """

    name: str
    mode: str
    upstream: str
    onto: str
    branch: str
    tip: str
    changed: bool
    changesets: tuple[ChangesetOutcome, ...]
    baselines: tuple[FileBaseline, ...] = ()
    notices: tuple[Notice, ...] = ()
    draft: str = ""
    lag_days: int = 0
    upstream_tip: str = ""
    newest: int = 0
    watched: tuple[Changeset, ...] = ()
    worksheet: Worksheet | None = None
    looked_at: tuple[Watched, ...] = ()
    type_check: TypeCheckRun | None = None
    watched_since: int = 0

    def counts(self) -> dict[str, int]:
        """How many changesets stand in each state; every state is there, and `changesets` is their sum."""
        result = {"changesets": len(self.changesets)} | {str(state): 0 for state in State}
        for outcome in self.changesets:
            result[outcome.state] += 1
        return result
