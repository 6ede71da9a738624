"""Decisions: what a person said of a changeset, a file of it, a hunk, and why.

A decision is known by (path, revision): a rewritten mirror, or CVS in place of git, changes nothing. Hashes and
conflict ids stand beside it for people to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from portkit.change.revision import FileRevision


class DecisionKind(StrEnum):
    """What may be decided."""

    SKIP = "skip"
    DEFER = "defer"
    NOT_APPLICABLE = "not-applicable"
    SQUASH = "squash"


class Wait(StrEnum):
    """What a deferred change waits for."""

    DAY = "day"
    CHANGESET = "changeset"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Until:
    """When a deferred change is taken up again: on a day (YYYY-MM-DD); when the target carries `revision`; when the
    file's baseline is `revision` or later."""

    wait: Wait
    day: str = ""
    revision: FileRevision | None = None

    def __str__(self) -> str:
        """As the decisions file has it."""
        if self.wait is Wait.DAY:
            return self.day
        return f"baseline {self.revision}" if self.wait is Wait.BASELINE else str(self.revision)

    def words(self) -> str:
        """As a sentence goes on."""
        match self.wait:
            case Wait.DAY:
                return f"until {self.day}"
            case Wait.CHANGESET:
                return f"until {self.revision} is carried"
            case Wait.BASELINE:
                return f"until {self.revision} is the baseline"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. `of`: the files it is on, every file of a changeset where all of it is meant; of a `squash`, those
    of all changesets that are joined.

    `hunk` counts upstream's hunks of the one file from 1, 0 for all of it; `lines` is a digest of that hunk, "" where
    a person wrote the entry. `changesets` and `conflict` are notes for people. `reopened`: why it holds no longer.
    `line`: where it stands in its file.
    """

    kind: DecisionKind
    of: tuple[FileRevision, ...]
    reason: str
    who: str = ""
    until: Until | None = None
    hunk: int = 0
    lines: str = ""
    changesets: tuple[str, ...] = ()
    conflict: str = ""
    reopened: str = ""
    line: int = 0

    @property
    def active(self) -> bool:
        return not self.reopened

    @property
    def key(self) -> tuple[object, ...]:
        """Where it stands among others: by path, revision, hunk."""
        first = min(self.of)
        return (first.path, [(len(part), part) for part in first.label.split(".")], self.hunk, str(self.kind))

    def said(self) -> str:
        """The reason and who gave it, without the mail address."""
        name = self.who.partition("<")[0].strip()
        return f"{self.reason} ({name})" if name else self.reason


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions on one component, as its file has them; `file` is that file, as messages name it."""

    every: tuple[Decision, ...] = ()
    file: str = ""
    _by_revision: dict[FileRevision, list[Decision]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """An index of those that hold."""
        for decision in self.active:
            for one in decision.of:
                self._by_revision.setdefault(one, []).append(decision)

    @property
    def active(self) -> Iterator[Decision]:
        """Those that no later word took back."""
        return (decision for decision in self.every if decision.active)

    @property
    def squashes(self) -> Iterator[Decision]:
        return (decision for decision in self.active if decision.kind is DecisionKind.SQUASH)

    def on(self, one: FileRevision, *, hunk: int = 0) -> Decision | None:
        """The decision on all of a file's change, or on this hunk of it alone."""
        found = self._by_revision.get(one, ())
        wanted = (decision for decision in found if decision.kind is not DecisionKind.SQUASH)
        return next((decision for decision in wanted if decision.hunk == hunk), None)

    def hunks(self, one: FileRevision) -> tuple[Decision, ...]:
        """The decisions on single hunks of a file's change."""
        return tuple(decision for decision in self._by_revision.get(one, ()) if decision.hunk)

    def contradictions(self) -> Iterator[tuple[Decision, Decision]]:
        """Pairs of decisions that hold on one thing and say different things of it."""
        for found in self._by_revision.values():
            plain = [decision for decision in found if decision.kind is not DecisionKind.SQUASH]
            for index, later in enumerate(plain):
                for earlier in plain[:index]:
                    if earlier.hunk == later.hunk and (earlier.kind, earlier.until) != (later.kind, later.until):
                        yield earlier, later


def revisions_of(decisions: Iterable[Decision]) -> Iterator[FileRevision]:
    """Every revision that decisions speak of, those that are waited for too."""
    for decision in decisions:
        yield from decision.of
        if decision.until is not None and decision.until.revision is not None:
            yield decision.until.revision
