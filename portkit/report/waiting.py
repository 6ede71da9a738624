"""What waits for a person: the places that do not fit, in changesets that nothing else holds up.

Each is known by an id that lasts: neither another run nor a rewritten upstream changes it. So two reports can be
compared, and only what is new asks for attention.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portkit.change.changeset import Changeset
from portkit.errors import UserError
from portkit.merge.kinds import ConflictKind
from portkit.report.shown import WHOSE
from portkit.sync.outcome import (
    ChangesetOutcome,
    ComponentOutcome,
    Conflict,
    FileOutcome,
    FileState,
    State,
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One conflict of a changeset's own, or one refusal of the gate. `blocks`: the changesets that wait for it.

    Or a local patch that no longer fits: `patch` is its file's name, `whose` what its three sides are; the changeset is
    then the one that changed the lines under it."""

    id: str
    component: str
    outcome: ChangesetOutcome
    file: FileOutcome
    conflict: Conflict | None
    blocks: tuple[ChangesetOutcome, ...]
    patch: str = ""
    whose: tuple[str, str, str] = WHOSE

    @property
    def changeset(self) -> Changeset:
        return self.outcome.changeset

    @property
    def kind(self) -> ConflictKind:
        if self.conflict is not None:
            return self.conflict.kind
        return ConflictKind.GATE if self.outcome.state is State.FLAGGED else ConflictKind.CONTENT

    @property
    def function(self) -> str:
        return self.conflict.function if self.conflict else ""

    @property
    def hunk(self) -> int:
        return self.conflict.hunk if self.conflict else 0

    @property
    def reason(self) -> str:
        return (self.conflict.reason if self.conflict else "") or self.file.reason or self.outcome.reason

    @property
    def base(self) -> bytes:
        return self.conflict.base if self.conflict else b""

    @property
    def ours(self) -> bytes:
        return self.conflict.ours if self.conflict else b""

    @property
    def theirs(self) -> bytes:
        return self.conflict.theirs if self.conflict else b""


@dataclass(frozen=True, slots=True)
class Delta:
    """Against an earlier report: ids that are `new`, `still` open, and the conflict objects that are `closed`."""

    new: tuple[str, ...]
    still: tuple[str, ...]
    closed: tuple[Mapping[str, Any], ...]


def waiting(outcomes: Iterable[ComponentOutcome]) -> Iterator[Waiting]:
    """Everything that waits for a person: by component, then in upstream's order, by file and hunk."""
    for component in outcomes:
        if component.worksheet is not None:  # a port has its own list, with its own ids
            continue
        blocks: dict[str, list[ChangesetOutcome]] = {}
        for one in component.changesets:
            for root in one.blocked_by:
                blocks.setdefault(root, []).append(one)
        for one in component.changesets:
            if one.state in (State.CONFLICT, State.FLAGGED):
                yield from _of(component.name, one, tuple(blocks.get(one.changeset.id, ())))


def _of(component: str, outcome: ChangesetOutcome, blocks: tuple[ChangesetOutcome, ...]) -> Iterator[Waiting]:
    found = [(file, conflict) for file in outcome.files for conflict in file.conflicts]
    for file, conflict in found:
        yield Waiting(conflict.id, component, outcome, file, conflict, blocks)
    if not found:  # parked as a whole, no place of a file named
        stuck = (FileState.CONFLICT, FileState.FLAGGED)
        file = next((one for one in outcome.files if one.state in stuck), outcome.files[0])
        yield Waiting(_made_up(component, outcome), component, outcome, file, None, blocks)


def _made_up(component: str, outcome: ChangesetOutcome) -> str:
    """An id for a changeset that names no place: by paths and revisions, by its hash only where it has none."""
    known = [f"{file.upstream}\0{file.revision}" for file in outcome.files if file.revision]
    key = "\0".join((component, outcome.state, *(known or [outcome.changeset.id])))
    return "c-" + hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def open_ids(outcomes: Iterable[ComponentOutcome]) -> list[str]:
    """The lasting ids of what waits for a person, in the reports' order."""
    return list(dict.fromkeys(one.id for one in waiting(outcomes)))


def new_since(outcomes: Sequence[ComponentOutcome], previous: Mapping[str, Any] | None) -> list[str]:
    """Those of `open_ids` that `previous`, a weekly report's JSON, does not hold; all of them without one.

    Raises UserError where `previous` is no such report.
    """
    return list(delta(outcomes, previous).new)


def delta(outcomes: Sequence[ComponentOutcome], previous: Mapping[str, Any] | None) -> Delta:
    """What changed since `previous`. What it says of components that were not looked at now is left alone."""
    now = open_ids(outcomes)
    before = known_conflicts(previous) if previous is not None else {}
    looked_at = {component.name for component in outcomes}
    return Delta(
        tuple(one for one in now if one not in before),
        tuple(one for one in now if one in before),
        tuple(one for id, one in before.items() if id not in now and one.get("component") in looked_at),
    )


def known_conflicts(previous: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The conflicts of an earlier report's JSON by id. Raises UserError where it is none."""
    conflicts = previous.get("conflicts")
    if previous.get("kind") != "weekly" or previous.get("schema") != 1 or not isinstance(conflicts, list):
        raise UserError(
            "the earlier report is no weekly report of this portkit", hint="move it away; the next one begins anew"
        )
    return {str(one["id"]): one for one in conflicts if isinstance(one, Mapping) and "id" in one}
