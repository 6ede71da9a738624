"""What every kind of report shares on its way to the disk: what is asked for, its day, its files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from portkit.cli.wiring import Workspace
from portkit.errors import PortkitError, UserError
from portkit.report.contract import iso
from portkit.report.links import Links
from portkit.report.page import Templates
from portkit.store.atomic import write_atomic
from portkit.store.templates import read_templates

FORMATS = ("html", "md", "json")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of a report; each "" where it says nothing. `formats`: those that are wanted."""

    onto: str = ""
    until: str = ""
    as_of: str = ""
    formats: tuple[str, ...] = FORMATS
    since: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A report as it is to be written: its day (YYYY-MM-DD), and the content of each of its files by name.

    `once`: files that become the user's own, written where they are not there; `waits`: sentences about what a person
    must do first; `trouble`: what of the world failed, and the report is without.
    """

    day: str
    files: tuple[tuple[str, bytes], ...]
    once: tuple[tuple[str, bytes], ...] = ()
    waits: tuple[str, ...] = ()
    trouble: tuple[PortkitError, ...] = ()


def write(place: Workspace, made: Made) -> list[tuple[Path, bool]]:
    """Writes a report's files under reports/<day>/; returns each, and whether it changed."""
    folder = place.reports / made.day
    for name, content in made.once:
        if not (folder / name).exists():
            write_atomic(folder / name, content)
    return [(folder / name, write_atomic(folder / name, content)) for name, content in made.files]


def day(as_of: str, newest: int) -> str:
    """The report's day: what `--as-of` or SOURCE_DATE_EPOCH says, else that of `newest`, in seconds since 1970.

    Raises UserError where what they say is no date.
    """
    if as_of:
        try:
            return date.fromisoformat(as_of).isoformat()
        except ValueError as error:
            raise UserError(f"{as_of!r} is no date", where="--as-of", hint="write it as 2012-08-15") from error
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch and not (epoch.isascii() and epoch.isdigit()):
        hint = "unset it, or give --as-of"
        raise UserError(f"{epoch!r} is no number of seconds", where="SOURCE_DATE_EPOCH", hint=hint)
    return iso(int(epoch[:15]) if epoch else newest)[:10]


def compared_before(asked: Asked, on: str) -> str:
    """The day before which the report lies that this one is compared with: the newest before `on`, or the newest of
    `--since` or before it. Raises UserError where that is no date."""
    if not asked.since:
        return on
    try:
        return min(on, (date.fromisoformat(asked.since) + timedelta(days=1)).isoformat())
    except (ValueError, OverflowError) as error:
        raise UserError(f"{asked.since!r} is no date", where="--since", hint="write it as 2012-08-15") from error


def links(place: Workspace) -> Links:
    """Where the map says that commits and revisions can be looked at."""
    templates = place.map.links
    return Links(templates.commit, templates.changeset, templates.revision)


def own_templates(place: Workspace) -> Templates:
    """The user's own templates in this workspace."""
    folder = place.reports / "templates"
    return read_templates(folder, str(folder.relative_to(place.root)))


def wanted(formats: Sequence[str]) -> tuple[str, ...]:
    """The formats asked for, in their order; all where none is."""
    return tuple(one for one in FORMATS if one in formats) or FORMATS
