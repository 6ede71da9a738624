"""`portkit status`: where each component stands, from what is here; no remote is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from portkit.cli.failing import failed, need_clones
from portkit.cli.options import Options
from portkit.cli.sync import looked_at
from portkit.cli.wiring import Workspace, workspace
from portkit.components.model import Component, Mode
from portkit.errors import PortkitError, UserError, WorldError
from portkit.report.contract import iso
from portkit.report.worksheet import begin
from portkit.sync.branch import as_written
from portkit.sync.outcome import ComponentOutcome, State
from portkit.sync.request import Request

_HEADS = ("mode", "baseline", "pending", "ported", "conflict", "blocked", "lag")
_SETTLED = (State.ALREADY, State.SKIPPED, State.NOT_APPLICABLE)
_WIDTHS = (6, 10, 7, 6, 8, 7, 6)


@dataclass(frozen=True, slots=True)
class Row:
    """One component: its outcome as the branch has it, or what is wrong with it. `newest`: the newest baseline among
    its files, as changeset and date."""

    component: Component
    outcome: ComponentOutcome | None
    newest: tuple[str, int] | None
    error: PortkitError | None = None

    def counts(self) -> dict[str, int] | None:
        """How many changesets are still to be carried, and how many of them stand on the branch, have a conflict of
        their own, are blocked; None where nothing of the kind is counted (modes watch and port)."""
        if self.outcome is None or self.component.mode in (Mode.WATCH, Mode.PORT):
            return None
        states = self.outcome.counts()
        return {
            "pending": sum(one.state not in _SETTLED for one in self.outcome.changesets),
            "ported": sum(one.state is State.PORTED and bool(one.commit) for one in self.outcome.changesets),
            "conflict": states[State.CONFLICT] + states[State.FLAGGED],
            "blocked": states[State.BLOCKED],
        }

    def hunks(self) -> dict[str, int] | None:
        """Of a port, what became of the hunks on files that the target has in its own words; None in other modes."""
        sheet = self.outcome.worksheet if self.outcome is not None else None
        return sheet.counts() if sheet is not None else None


@click.command("status")
@click.argument("components", nargs=-1)
@click.pass_obj
def command(options: Options, components: tuple[str, ...]) -> int:
    """Says per component how far it is behind: what is pending, and what of that a sync has put onto its branch.

    Pending is what upstream has and the target's branch has not. A conflict is a changeset with a conflict of its
    own; one that is blocked waits for another. Nothing is fetched and nothing is written.
    """
    with workspace(options, fetch=False) as place:
        rows = look(place, place.components(components))
        found = {"schema": 1, "command": "status", "components": [_object(one) for one in rows]}
        _tell(place, rows)
        wrong = next((one.error for one in rows if one.error is not None), None)
        if wrong is not None:
            return failed(place.screen, found, wrong)
        place.screen.result(found)
        return 0


def look(place: Workspace, names: Sequence[str]) -> list[Row]:
    """Each component's row. One that cannot be looked at does not keep the others from it. Raises where the target
    itself is not there."""
    need_clones(place)
    target = place.target()
    onto = target.default_tip()
    try:
        outcomes = {one.name: one for one in looked_at(place, Request(tuple(names), onto))}
    except (UserError, WorldError):
        outcomes = {}
    rows = []
    for name in names:
        component = place.map.component(name)
        try:
            outcome = outcomes.get(name) or looked_at(place, Request((name,), onto))[-1]
            rows.append(Row(component, as_written(outcome, target), _newest(place, component, outcome, onto)))
        except (UserError, WorldError) as error:
            rows.append(Row(component, None, None, error))
    return rows


def _newest(place: Workspace, component: Component, outcome: ComponentOutcome, onto: str) -> tuple[str, int] | None:
    known = {one.changeset for one in outcome.baselines}
    if not known:
        return None
    changesets = place.sync().component_run(component, onto).changesets
    return next(((one.id, one.date) for one in reversed(changesets) if one.id in known), None)


def _object(row: Row) -> Mapping[str, Any]:
    outcome = row.outcome
    error = row.error
    return {
        "name": row.component.name,
        "mode": row.component.mode,
        "upstream": {
            "name": row.component.upstream,
            "tip": outcome.upstream_tip if outcome is not None else None,
            "newest": iso(outcome.newest) if outcome is not None and outcome.newest else None,
        },
        "baseline": {"changeset": row.newest[0], "date": iso(row.newest[1])} if row.newest else None,
        "branch": outcome.branch or None if outcome is not None else None,
        "tip": outcome.tip or None if outcome is not None and outcome.branch else None,
        "draft": outcome.draft or None if outcome is not None else None,
        **(row.counts() or {"pending": None, "ported": None, "conflict": None, "blocked": None}),
        "states": outcome.counts() if outcome is not None else None,
        "hunks": row.hunks(),
        "lag_days": outcome.lag_days if outcome is not None and row.counts() is not None else None,
        "watched": len(outcome.watched) if outcome is not None and row.component.mode is Mode.WATCH else None,
        "error": {"what": error.what, "where": error.where, "cause": error.cause, "hint": error.hint,
                  "exit": error.exit_code} if error is not None else None,
    }  # fmt: skip


def _tell(place: Workspace, rows: Sequence[Row]) -> None:
    screen = place.screen
    wide = max(len("component"), *(len(one.component.name) for one in rows), 1)
    name_width = min(wide, 16)
    screen.say(f"{'component':<{name_width}}  {_aligned(_HEADS)}")
    for row in rows:
        name = row.component.name
        if len(name) > name_width:
            screen.say(name)
            name = ""
        screen.say(f"{name:<{name_width}}  {_aligned(_cells(row))}".rstrip())
    for row in rows:
        if row.error is not None:
            screen.say()
            screen.paragraph(f"{row.component.name}: {row.error}", first="", indent="  ")
    counted = [(row.outcome, counts) for row in rows if row.outcome is not None and (counts := row.counts())]
    screen.say()
    if any(counts["conflict"] for _, counts in counted):
        screen.say("Look at the conflicts:  portkit conflicts")
    if any(outcome.counts()[State.PORTED] > counts["ported"] for outcome, counts in counted):
        screen.say("Port what is pending:   portkit sync")
    for row in rows:
        if row.outcome is not None and row.outcome.worksheet is not None and row.outcome.draft:
            screen.say(f"Finish the port of {row.component.name} by hand:")
            screen.say(f"  {begin(row.outcome)}")
    if any(row.component.mode in (Mode.IMPORT, Mode.PORT, Mode.WATCH) for row in rows):
        screen.say("What fits, what is lacking, what needs a monitor:  portkit audit COMPONENT")
    newest: dict[str, int] = {}
    for row in rows:
        if row.outcome is not None:
            newest[row.component.upstream] = max(newest.get(row.component.upstream, 0), row.outcome.newest)
    for upstream, date in newest.items():
        seen = f"newest changeset of {iso(date)[:10]}" if date else "no changeset"
        again = "; portkit fetch brings what came since" if place.map.source(upstream).remote else ""
        screen.say(f"{upstream}: {seen}{again}")


def _cells(row: Row) -> Sequence[str]:
    mode, counts = str(row.component.mode), row.counts()
    if row.error is not None:
        return (mode, "cannot be looked at: see below")
    baseline = iso(row.newest[1])[:10] if row.newest else "-"
    if row.outcome is None:
        return (mode, "-")
    if row.component.mode is Mode.WATCH:
        return (mode, f"{len(row.outcome.watched)} upstream since {iso(row.outcome.watched_since)[:10]}")
    if counts is None:
        hunks = row.hunks() or {"hunks": 0, "already": 0, "placed": 0}
        done = f"{hunks['already']} of {hunks['hunks']} hunks there, {hunks['placed']} more placed"
        return (mode, f"{len(row.outcome.changesets)} changesets: {done}")
    lag = f"{row.outcome.lag_days} d"
    return (mode, baseline, *(str(counts[one]) for one in ("pending", "ported", "conflict", "blocked")), lag)


def _aligned(cells: Sequence[str]) -> str:
    """Words to the left, numbers to the right."""
    if len(cells) < len(_WIDTHS):
        return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, _WIDTHS, strict=False))
    pairs = zip(cells, _WIDTHS, strict=True)
    return "  ".join(f"{cell:<{width}}" if at < 2 else f"{cell:>{width}}" for at, (cell, width) in enumerate(pairs))
