"""`portkit report`: what people read of a sync, written under reports/."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Protocol, cast

import click

from portkit.cli.failing import failed
from portkit.cli.options import Options
from portkit.cli.reporting import FORMATS, Asked, Made, wanted, write, write_index
from portkit.cli.sync import WAITS
from portkit.cli.wiring import Workspace, workspace
from portkit.errors import UserError
from portkit.report.published import schema_of

KINDS = {
    "triage": "what waits, each with its causes, the three sides and what to do",
    "weekly": "what landed, what waits and why",
    "progress": "what was done against the map's plan, and by whom",
    "survey": "what of the whole tree is upstream's, and how old",
}
"""Each kind of report, made by `make` in the module `report_<kind>` beside this one."""


class Kind(Protocol):
    """A module of `KINDS`."""

    def make(self, place: Workspace, asked: Asked) -> Made:
        """The report as it is to be written. Raises UserError and WorldError; writes nothing itself."""
        ...


def kind_of(name: str) -> Kind:
    """The module of a kind, loaded when it is asked for."""
    return cast(Kind, importlib.import_module(f"portkit.cli.report_{name}"))


CHECKED = ("weekly", "triage")
"""The kinds that tell the type check of what lands."""


@click.command("report")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option(
    "--onto", metavar="REV", default="", help="The target commit the sync started from (default: the map's branch)."
)
@click.option("--until", default="", metavar="REV-or-DATE", help="Look at upstream no further than this.")
@click.option("--as-of", default="", metavar="DATE", help="The report's day (default: that of the newest fetch).")
@click.option("--since", default="", metavar="DATE", help="Compare with the report of this day, or the newest before.")
@click.option("--check/--no-check", "checking", default=None,
              help="With or without the type check of what lands (default: with, in weekly and triage).")
@click.option("--final", is_flag=True, help="For progress: the last report, on one page.")
@click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS), help="Only this format; repeatable.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the report's JSON, and write nothing.")
@click.pass_obj
def command(
    options: Options, kind: str, onto: str, until: str, as_of: str, since: str,
    checking: bool | None, final: bool, formats: tuple[str, ...], schema: bool,
) -> int:  # fmt: skip
    """Writes a report under reports/, as HTML, as Markdown that reads as a mail, and as JSON.

    weekly: what landed, what waits, and why. progress: what was done against the plan in the map, and by whom; your own
    words are taken from the notes beside it. survey: what of the whole tree is upstream's, and how old.
    """
    if schema:
        return _print_schema(options, kind)
    if final and kind != "progress":
        raise UserError(f"a {kind} report is never final", where="--final", hint="portkit report progress --final")
    if checking and kind not in CHECKED:
        raise UserError(f"a {kind} report has no type check", where="--check", hint="portkit report weekly")
    with workspace(options) as place:
        checks = kind in CHECKED and checking is not False
        made = kind_of(kind).make(place, Asked(onto, until, as_of, wanted(formats), since, final, checks))
        written = [*write(place, made), write_index(place)]
        found = {"schema": 1, "command": "report", "kind": kind, "files": [str(path) for path, _ in written],
                 "changed": [str(path) for path, changed in written if changed], "waits": list(made.waits)}  # fmt: skip
        for path, changed in written:
            place.screen.say(f"{_shown(path)}" + ("" if changed else " (unchanged)"))
        for text in made.waits:
            place.screen.paragraph(text, first="", indent="  ")
        if made.trouble:
            return failed(place.screen, found, made.trouble[0])
        place.screen.result(found)
        return WAITS if made.waits else 0


def _print_schema(options: Options, kind: str) -> int:
    text = schema_of(kind)
    options.screen.result({"schema": 1, "command": "report", "json_schema": json.loads(text)})
    options.screen.say(text.rstrip("\n"))
    return 0


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
