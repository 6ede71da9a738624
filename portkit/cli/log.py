"""`portkit log`: upstream's changesets for one component, each with what became of it here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from portkit.change.changeset import Changeset
from portkit.cli.failing import need_clones
from portkit.cli.options import Options
from portkit.cli.screen import WIDTH
from portkit.cli.sync import looked_at
from portkit.cli.wiring import Workspace, workspace
from portkit.components.model import Component, Mode
from portkit.errors import UserError
from portkit.ports.model import carries
from portkit.report.contract import iso
from portkit.sync.branch import as_written
from portkit.sync.component import ComponentRun
from portkit.sync.ledger import marked_commits, read_ledger
from portkit.sync.outcome import State
from portkit.sync.points import day_of
from portkit.sync.request import Request
from portkit.text import printable

CARRIED, PENDING, BEFORE, WATCHED, OPEN = "carried", "pending", "before-baseline", "watched", "open"
STATES = (*map(str, State), CARRIED, PENDING, BEFORE, WATCHED, OPEN)
"""The states of a sync, and of what no sync has to look at. `ported` stands on the branch, `carried` on the target's
own; `pending` would land with the next sync."""

_INDENT = " " * 11


@dataclass(frozen=True, slots=True)
class Line:
    """One changeset: its state, the target commit that carries it ("" for none), why, and what of the component it
    changes, as `path revision`."""

    changeset: Changeset
    state: str
    commit: str
    reason: str
    revisions: tuple[str, ...]


@click.command("log")
@click.argument("component")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), metavar="STATE",
              help="Only changesets in this state; may be repeated.")  # fmt: skip
@click.option("--since", default="", metavar="DATE", help="Only changesets of this day (UTC) and later.")
@click.option("-n", "number", type=click.IntRange(min=1), metavar="N", help="At most N changesets, the newest.")
@click.pass_obj
def command(options: Options, component: str, states: tuple[str, ...], since: str, number: int | None) -> int:
    """Lists upstream's changesets for COMPONENT, newest first, each with its state: ported (on the branch), carried
    (by the target already), pending, conflict, and so on.

    With -v the files, their revisions and the reason stand below each. Nothing is fetched and nothing is written.
    """
    first = day_of(since) if since else None
    if since and first is None:
        raise UserError(f"{since!r} is no date", where="--since", hint="write it as 2012-08-15")
    with workspace(options, fetch=False) as place:
        chosen = place.map.component(component)
        need_clones(place)
        every = [one for one in lines(place, chosen) if first is None or one.changeset.date >= first]
        found = [one for one in every if not states or one.state in states]
        shown = found[:number]
        place.screen.result({
            "schema": 1, "command": "log", "component": chosen.name, "changesets": [_object(one) for one in shown],
            "left_out": len(found) - len(shown),
        })  # fmt: skip
        _tell(place, shown, len(found))
        return 0


def lines(place: Workspace, component: Component) -> list[Line]:
    """Every changeset of the component, newest first."""
    target = place.target()
    onto = target.default_tip()
    looked = place.sync().component_run(component, onto)
    known: dict[str, Line] = {}
    if component.mode in (Mode.SYNC, Mode.IMPORT):
        outcome = as_written(looked_at(place, Request((component.name,), onto))[-1], target)
        for one in outcome.changesets:
            state = PENDING if one.state is State.PORTED and not one.commit else str(one.state)
            known[one.changeset.id] = Line(one.changeset, state, one.commit or "", one.reason, ())
    ledger = read_ledger(marked_commits(target, place.memory(), onto))
    carried, carried_revisions = ledger.carried(), ledger.carried_revisions()
    if component.mode in (Mode.SYNC, Mode.IMPORT):
        ports = [port for port in place.ports(component, looked.lineage, onto).ports if carries(port)]
        carried = {one: port.target_commit for port in ports for one in port.changesets} | carried
    rest = {Mode.WATCH: WATCHED, Mode.PORT: OPEN}.get(component.mode, BEFORE)
    result = []
    for position, changeset in enumerate(looked.changesets):
        labels = _labels(looked, changeset, position)
        line = known.get(changeset.id)
        by_revision = (carried_revisions[one] for one in labels if one in carried_revisions)
        commit = carried.get(changeset.id) or next(by_revision, "")
        if line is None:
            line = Line(changeset, CARRIED if commit else rest, commit, "", ())
        revisions = tuple(f"{path} {label}" for path, label in labels)
        result.append(Line(changeset, line.state, line.commit or commit, line.reason, revisions))
    return result[::-1]


def _labels(looked: ComponentRun, changeset: Changeset, position: int) -> tuple[tuple[str, str], ...]:
    versions = ((str(change.path), looked.lineage.version_at(change.path, position)) for change in changeset.files)
    return tuple((path, version.label) for path, version in versions if version is not None)


def _object(one: Line) -> Mapping[str, Any]:
    changeset = one.changeset
    return {
        "id": changeset.id, "date": iso(changeset.date), "author": changeset.author.login,
        "email": changeset.author.email, "subject": changeset.subject, "state": one.state,
        "commit": one.commit or None, "reason": one.reason, "revisions": list(one.revisions),
    }  # fmt: skip


def _tell(place: Workspace, shown: Sequence[Line], every: int) -> None:
    screen = place.screen
    if not shown:
        screen.say("no such changeset")
        return
    states = [f"{one.state} {one.commit[:10]}".rstrip() for one in shown]
    width = max(len("state"), *map(len, states), 0)
    screen.say(f"{'date':<10} {'upstream':<10} {'state':<{width}} subject")
    for one, state in zip(shown, states, strict=True):
        day, short = iso(one.changeset.date)[:10], one.changeset.id[:10]
        text = f"{day} {short} {state:<{width}} {one.changeset.subject}"
        screen.say(cut(text), style=one.state)
        if screen.verbose:
            screen.paragraph(", ".join(one.revisions), first=_INDENT, indent=_INDENT)
            if one.reason:
                screen.paragraph(one.reason, first=_INDENT, indent=_INDENT)
    if every > len(shown):
        screen.say(f"and {every - len(shown)} older")


def cut(text: str) -> str:
    """`text`, made printable and at most as wide as a line."""
    text = printable(text)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3].rstrip()}..."
