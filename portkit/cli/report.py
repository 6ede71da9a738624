"""`portkit report`: what people read of a sync, written under reports/."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from portkit.cli.sync import run
from portkit.cli.waiting import previous_report
from portkit.cli.wiring import Options, Workspace, workspace
from portkit.errors import UserError
from portkit.report.contract import iso
from portkit.report.weekly import Links, render, weekly
from portkit.store.atomic import write_atomic
from portkit.sync.branch import as_written
from portkit.sync.outcome import ComponentOutcome
from portkit.sync.run import Request

FORMATS = ("html", "md", "json")


@click.command("report")
@click.argument("kind", type=click.Choice(["weekly"]))
@click.option("--onto", metavar="REV", help="The target commit the sync started from (default: the map's branch).")
@click.option("--until", default="", metavar="REV-or-DATE", help="Look at upstream no further than this.")
@click.option("--as-of", default="", metavar="DATE", help="The report's day (default: upstream's newest).")
@click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS), help="Only this format; repeatable.")
@click.pass_obj
def command(
    options: Options, kind: str, onto: str | None, until: str, as_of: str, formats: tuple[str, ...]
) -> int:
    """Writes what landed, what waits, and why, as HTML, as Markdown that reads as a mail, and as JSON."""
    with workspace(options) as place:
        target = place.target()
        commit = target.resolve(onto) if onto else target.default_tip()
        outcomes = run(place, Request(place.components(()), commit, until, dry_run=True))
        written = write(place, [as_written(one, target) for one in outcomes], as_of, formats or FORMATS)
        if place.screen.json_mode:
            place.screen.result(
                {"schema": 1, "command": "report", "kind": kind, "files": [str(path) for path, _ in written]}
            )
        for path, changed in written:
            place.screen.say(f"{_shown(path)}" + ("" if changed else " (unchanged)"))
        return 0


def write(
    place: Workspace, outcomes: Sequence[ComponentOutcome], as_of: str, formats: Sequence[str] = FORMATS
) -> list[tuple[Path, bool]]:
    """Writes the weekly report; returns each file and whether it changed."""
    day = _day(as_of, outcomes)
    templates = place.map.links
    links = Links(templates.commit, templates.changeset, templates.revision)
    view = weekly(outcomes, as_of=day, links=links, previous=previous_report(place.reports, before=day))
    folder = place.reports / day
    return [
        (folder / f"weekly.{format}", write_atomic(folder / f"weekly.{format}", render(view, format)))
        for format in formats
    ]


def _day(as_of: str, outcomes: Sequence[ComponentOutcome]) -> str:
    if as_of:
        try:
            return date.fromisoformat(as_of).isoformat()
        except ValueError as error:
            raise UserError(f"{as_of!r} is no date", where="--as-of", hint="write it as 2012-08-15") from error
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch and not (epoch.isascii() and epoch.isdigit()):
        hint = "unset it, or give --as-of"
        raise UserError(f"{epoch!r} is no number of seconds", where="SOURCE_DATE_EPOCH", hint=hint)
    return iso(int(epoch[:15]) if epoch else max((one.newest for one in outcomes), default=0))[:10]


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
