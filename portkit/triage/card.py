"""What triage says of one conflict: its causes, each with its proof, and what to do next. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CauseKind(StrEnum):
    """What stands in the way: a patch under patches/, a commit of the target's, an upstream changeset that the target
    never took; of a local patch, an upstream changeset that changed the lines under it; or nothing that can be
    named."""

    LOCAL_PATCH = "local-patch"
    LOCAL_COMMIT = "local-commit"
    MISSING_CHANGESET = "missing-changeset"
    UPSTREAM_CHANGESET = "upstream-changeset"
    DRIFT = "drift"


class Proof(StrEnum):
    """What a trial merge says of a cause: without the local change, or with the missing changeset, the hunk is clean
    and faithful; or it is not; or nobody tried."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Span:
    """Lines `old` of a file became lines `new`, each as (first line, counted from 1; how many). As in a unified diff,
    the line before stands for the place of none."""

    old: tuple[int, int]
    new: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause. `ref`: a full hash, or a patch file; "" for drift.

    `file` and `hunks` say which lines of which file it changed there; `together`: the refs without which it does not
    suffice; `whole`: whether taking back all that the commit did to the file does as well as taking back the hunks;
    `in_order`: the missing changeset fits in its place among what is pending, not before it. `against`: the upstream
    changeset whose file the commit brought in with changes of its own, which the hunks are then ("" for other commits);
    `change`: the hunks' lines, as a diff without context; `rest`: all that a series of patches leaves over is its.
    """

    kind: CauseKind
    ref: str
    why: str
    proof: Proof
    subject: str = ""
    author: str = ""
    date: int = 0
    file: str = ""
    hunks: tuple[Span, ...] = ()
    together: tuple[str, ...] = ()
    whole: bool = False
    in_order: bool = False
    against: str = ""
    change: str = ""
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What somebody may do; never done unseen. `kind`: order, resolution or word-merge; `text` says it in a sentence;
    `diff` is what it would change in the target's file, and `verdict` what the gate says of that."""

    kind: str
    text: str
    commands: tuple[str, ...] = ()
    diff: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One side of a conflict with what stands around it; `line` is the number, from 1, of `before`'s first line."""

    line: int
    before: bytes
    inside: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of the conflict `id`. `refuted`: suspects that were tried and are no cause; `suspects` and `trials`
    count what was looked at; `everything`: whether the confirmed set is all there was to suspect."""

    id: str
    causes: tuple[Cause, ...]
    refuted: tuple[Cause, ...] = ()
    suspects: int = 0
    trials: int = 0
    everything: bool = False
    suggestions: tuple[Suggestion, ...] = ()
    base: Excerpt | None = None
    ours: Excerpt | None = None
    theirs: Excerpt | None = None
