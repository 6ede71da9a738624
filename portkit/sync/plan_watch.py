"""Mode watch: upstream's changesets of a window, each with what it is about; nothing is carried."""

from __future__ import annotations

from dataclasses import replace

from portkit.change.changeset import Changeset
from portkit.change.revision import FileRevision
from portkit.merge.placing import Placer
from portkit.sync.inputs import Inputs
from portkit.sync.outcome import ComponentOutcome
from portkit.sync.plan import Plan, Scope
from portkit.sync.points import DAY, day_of, first_at
from portkit.sync.watched import Watched
from portkit.sync.watching import FileSides, look


def watched(run: Inputs, onto: str, scope: Scope, until: int) -> Plan:
    """The plan of a component that is only watched, up to position `until`: an outcome, and no commits."""
    changesets, since = _window(run, until, scope.since)
    placer = Placer(run.component.fold)
    return Plan(
        ComponentOutcome(
            run.component.name, run.component.mode, run.component.upstream, onto, "", "", False, (),
            upstream_tip=run.history.tip, newest=run.newest(until),
            watched=changesets, watched_since=since, looked_at=tuple(_look(run, one, placer) for one in changesets),
        ),
        (), (),
    )  # fmt: skip


def _window(run: Inputs, until: int, since: str) -> tuple[tuple[Changeset, ...], int]:
    """The changesets that are told, and from when on, in seconds since 1970."""
    seen = run.changesets[: until + 1]
    if not seen:
        return (), 0
    point = since or run.component.watch.since
    if point:
        first = first_at(run.changesets, point, run.history)
        day = day_of(point)
        begin = day if day is not None else seen[first].date if first < len(seen) else seen[-1].date
        return tuple(seen[first:]), begin
    begin = seen[-1].date - run.component.watch.days * DAY
    return tuple(one for one in seen if one.date > begin), begin


def _look(run: Inputs, changeset: Changeset, placer: Placer) -> Watched:
    """What a watched changeset is about, and what was decided of it."""
    sides = [
        FileSides(
            change.path,
            run.history.read(change.old.oid) if change.old is not None else None,
            run.history.read(change.new.oid) if change.new is not None else None,
        )
        for change in changeset.files
    ]
    position = next(index for index, one in enumerate(run.changesets) if one.id == changeset.id)
    versions = [run.lineage.version_at(change.path, position) for change in changeset.files]
    decisions = [
        run.decisions.on(FileRevision(version.path, version.label)) for version in versions if version is not None
    ]
    first = decisions[0] if decisions else None
    decided = f"{first.kind}: {first.said()}" if first is not None and all(decisions) else ""
    return replace(look(changeset, sides, placer), decided=decided)
