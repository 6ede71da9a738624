"""`portkit conflicts`: what waits for a person, each with its three sides."""

from __future__ import annotations

import click

from portkit.cli.screen import Screen
from portkit.cli.sync import run
from portkit.cli.wiring import Options, workspace
from portkit.errors import UserError
from portkit.report.contract import conflicts_object
from portkit.sync.outcome import ChangesetOutcome, ComponentOutcome, Conflict, State
from portkit.sync.run import Request
from portkit.text import decode

_SIDE_LINES = 12


@click.command("conflicts")
@click.argument("component", required=False)
@click.argument("conflict", metavar="[ID]", required=False)
@click.option("--onto", metavar="REV", help="The target commit to start from (default: the map's branch).")
@click.option("--until", default="", metavar="REV-or-DATE", help="Look at upstream no further than this.")
@click.pass_obj
def command(options: Options, component: str | None, conflict: str | None, onto: str | None, until: str) -> int:
    """Shows the conflicts of a sync with their three sides. Nothing is written."""
    with workspace(options) as place:
        target = place.target()
        names = place.components((component,) if component else ())
        commit = target.resolve(onto) if onto else target.default_tip()
        outcomes = run(place, Request(names, commit, until, dry_run=True))
        found = _found(outcomes, conflict)
        place.screen.result(conflicts_object(outcomes))
        for one, outcome, place_of in found:
            _tell(place.screen, one, outcome, place_of)
        if not found:
            place.screen.say("nothing waits")
        return 0


def _found(
    outcomes: tuple[ComponentOutcome, ...], wanted: str | None
) -> list[tuple[Conflict, ChangesetOutcome, ComponentOutcome]]:
    every = [
        (conflict, changeset, outcome)
        for outcome in outcomes
        for changeset in outcome.changesets
        if changeset.state in (State.CONFLICT, State.FLAGGED)
        for file in changeset.files
        for conflict in file.conflicts
    ]
    if not wanted:
        return every
    found = [one for one in every if wanted in (one[0].id, one[1].changeset.id)]
    if not found:
        raise UserError(f"there is no conflict {wanted!r}", hint="portkit conflicts lists what is open")
    return found


def _tell(screen: Screen, conflict: Conflict, changeset: ChangesetOutcome, outcome: ComponentOutcome) -> None:
    where = f" in {conflict.function}" if conflict.function else ""
    screen.say(f"{conflict.id}  {conflict.kind}  {conflict.file}{where}", style=str(changeset.state))
    screen.paragraph(f"{outcome.name}: upstream {changeset.changeset.id[:12]}, {changeset.changeset.subject}")
    screen.paragraph(conflict.reason)
    for name, side in (("base", conflict.base), ("ours", conflict.ours), ("theirs", conflict.theirs)):
        lines = decode(side).split("\n")
        if lines and not lines[-1]:
            lines.pop()
        size = "1 line" if len(lines) == 1 else f"{len(lines)} lines" if lines else "nothing"
        screen.say(f"  {name}: {size}")
        for line in lines[:_SIDE_LINES]:
            screen.say(f"    | {line}")
        if len(lines) > _SIDE_LINES:
            screen.say(f"    | ... {len(lines) - _SIDE_LINES} more")
    screen.say()
