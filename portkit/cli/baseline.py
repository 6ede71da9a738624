"""`portkit baseline`: which upstream revision each file of a component derives from."""

from __future__ import annotations

import click

from portkit.cli.wiring import Options, workspace
from portkit.report.contract import baseline_object


@click.command("baseline")
@click.argument("component")
@click.option("--onto", metavar="REV", help="The target commit to look at (default: the map's branch).")
@click.pass_obj
def command(options: Options, component: str, onto: str | None) -> int:
    """Says, per file, what the ident line records, what the content is nearest to, and which of them is used."""
    with workspace(options) as place:
        target = place.target()
        commit = target.resolve(onto) if onto else target.default_tip()
        chosen = place.map.component(component)
        run = place.sync().component_run(chosen, commit)
        _, _, start = run.start(commit, len(run.changesets) - 1)
        screen = place.screen
        screen.result(baseline_object(component, start.files))
        screen.say(f"{component} at {commit[:12]}")
        for file in start.files:
            used = file.used or "none"
            screen.say(f"  {file.target.rpartition('/')[2]:<22} {used:<10} {file.confidence:<7} {_off(file.distance)}")
            if file.note:
                screen.paragraph(file.note, first="      ", indent="      ")
        return 0


def _off(distance: int | None) -> str:
    if distance is None:
        return ""
    return "equal" if distance == 0 else f"{distance} lines off"
