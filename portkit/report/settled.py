"""What no longer waits, because a person settled it: conflicts that were resolved, changes that were decided on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from portkit.change.revision import FileRevision
from portkit.decisions.resolution import Place, Resolution, Resolutions
from portkit.report.waiting import open_ids
from portkit.sync.outcome import ComponentOutcome, State
from portkit.text import decode

RESOLVED = "resolved"
_DECIDED = (State.DEFERRED, State.SKIPPED, State.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Settled:
    """One conflict that was resolved (its lasting id, `resolution`), or one file of a changeset that was decided on
    (`id` is CHANGESET:PATH, as it may be typed). `target`: its place in the target; `said`: in whose words."""

    id: str
    component: str
    changeset: str
    subject: str
    file: FileRevision
    target: str
    state: str
    said: str
    resolution: Resolution | None = None

    @property
    def by_decision(self) -> bool:
        """Whether a person decided it (`portkit decide`), not the map nor upstream."""
        return self.said.startswith(f"{self.state}: ")


def settled(
    outcomes: Iterable[ComponentOutcome],
    resolutions: Callable[[str], Resolutions],
    target_of: Callable[[str, FileRevision], str],
) -> Iterator[Settled]:
    """Of each component what was resolved, by file and hunk, whether it landed since or not; then what was decided of
    the changesets that are pending, in upstream's order. `resolutions` gives those of a component, `target_of` where a
    file of upstream's stands."""
    for outcome in outcomes:
        still = set(open_ids([outcome]))
        subjects = {one.changeset.id: one.changeset.subject for one in outcome.changesets}
        every = resolutions(outcome.name).every
        for one in sorted(every, key=lambda one: (one.file.path, one.file.label, one.hunk, one.name)):
            if one.conflict not in still:
                yield Settled(
                    one.conflict, outcome.name, one.changeset, subjects.get(one.changeset, ""), one.file,
                    target_of(outcome.name, one.file), RESOLVED, _by_whom(one), one,
                )  # fmt: skip
        for changeset in outcome.changesets:
            if changeset.state not in _DECIDED:
                continue
            for file in changeset.files:
                said = file.reason or changeset.reason
                yield Settled(
                    f"{changeset.changeset.id}:{file.upstream}", outcome.name, changeset.changeset.id,
                    changeset.changeset.subject, FileRevision(file.upstream, file.revision or ""), file.target,
                    str(changeset.state), said,
                )  # fmt: skip


def _by_whom(one: Resolution) -> str:
    return ": ".join(filter(None, [f"by {one.who}" if one.who else "", one.note]))


def settled_object(one: Settled) -> dict[str, Any]:
    """One entry among those of `conflicts`, with the same keys."""
    resolution = one.resolution
    place = resolution.answer if resolution is not None and isinstance(resolution.answer, Place) else None
    return {
        "id": one.id,
        "component": one.component,
        "changeset": one.changeset,
        "revisions": [str(one.file)],
        "subject": one.subject,
        "file": one.target,
        "upstream": one.file.path,
        "revision": one.file.label or None,
        "function": resolution.function if resolution is not None else "",
        "hunk": resolution.hunk if resolution is not None else 0,
        "kind": resolution.kind if resolution is not None else None,
        "reason": one.said,
        "state": one.state,
        "blocks": [],
        "causes": [],
        "suggestions": [],
        "base": decode(place.base) if place is not None else "",
        "ours": decode(place.ours) if place is not None else "",
        "theirs": decode(place.theirs) if place is not None else "",
        "resolution": resolution.name if resolution is not None else None,
    }
