"""What every kind of report shares on its way to the disk: what is asked for, its day, its files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from portkit.cli.pages import own_templates
from portkit.cli.sync import run
from portkit.cli.waiting import earlier
from portkit.cli.wiring import Workspace
from portkit.errors import PortkitError, UserError, WorldError
from portkit.report import index
from portkit.report.contract import iso
from portkit.store.atomic import write_atomic
from portkit.sync.branch import as_written
from portkit.sync.outcome import ComponentOutcome
from portkit.sync.request import Request

Result = TypeVar("Result")

_DAY = re.compile(r"\d{4}-\d\d-\d\d")

_STANDING = re.compile(r"(?:worksheet|watch)-[^/]+\.(?:html|md|json)|survey\.html").fullmatch

FORMATS = ("html", "md", "json")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of a report; each "" where it says nothing. `formats`: those that are wanted;
    `checking`: with the type check of what lands."""

    onto: str = ""
    until: str = ""
    as_of: str = ""
    formats: tuple[str, ...] = FORMATS
    since: str = ""
    final: bool = False
    checking: bool = False


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


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What a sync finds now, as its branches have it, from the target commit `onto`; and what could not be looked at,
    and why."""

    onto: str
    outcomes: tuple[ComponentOutcome, ...]
    trouble: tuple[PortkitError, ...]


def looked_at(place: Workspace, asked: Asked) -> LookedAt:
    """What a sync of all components finds. Where a remote fails, what is here already is looked at; where a component
    cannot be looked at, the others are. Raises where nothing can."""
    trouble: list[PortkitError] = []
    target = _offline(place, place.target, trouble)
    onto = target.resolve(asked.onto) if asked.onto else target.default_tip()
    names = place.components(())

    def look(several: tuple[str, ...]) -> tuple[ComponentOutcome, ...]:
        return run(place, Request(several, onto, asked.until, dry_run=True), checking=asked.checking)

    try:
        found = _offline(place, lambda: look(names), trouble)
    except WorldError as error:
        one_by_one: dict[str, ComponentOutcome] = {}
        for name in names:
            try:
                one_by_one[name] = look((name,))[-1]
            except WorldError as wrong:
                trouble.append(wrong)
        if not one_by_one:
            raise error
        found = tuple(one_by_one.values())
    unique = {str(one): one for one in trouble}
    return LookedAt(onto, tuple(as_written(one, target) for one in found), tuple(unique.values()))


def _offline(place: Workspace, look: Callable[[], Result], trouble: list[PortkitError]) -> Result:
    """What `look` gives; where the world fails while something is fetched, what it gives of what is here."""
    try:
        return look()
    except WorldError as error:
        if not place.fetch:
            raise
        place.fetch = False
        try:
            found = look()
        except WorldError:
            raise error from None
        trouble.append(error)
        return found


def told(error: PortkitError) -> str:
    """An error as a sentence of a report."""
    return f"{error}{f' ({error.cause})' if error.cause else ''}"


def write(place: Workspace, made: Made) -> list[tuple[Path, bool]]:
    """Writes a report's files under reports/<day>/; returns each, and whether it changed."""
    folder = place.reports / made.day
    for name, content in made.once:
        if not (folder / name).exists():
            write_atomic(folder / name, content)
    return [(folder / name, write_atomic(folder / name, content)) for name, content in made.files]


def write_index(place: Workspace) -> tuple[Path, bool]:
    """Writes reports/index.html over all reports that are there; returns it, and whether it changed."""
    folders = {
        folder.name: [path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
        for folder in place.reports.iterdir()
        if _DAY.fullmatch(folder.name) and folder.is_dir()
    }
    standing = [
        path.name for path in place.reports.iterdir() if path.is_file() and _STANDING(path.name)
    ]
    newest = next(earlier(place.reports, "weekly"), {})
    told = {str(one.get("as_of")): one for one in earlier(place.reports, "progress")}
    path = place.reports / "index.html"
    view = index.index(folders, newest.get("weeks"), told, standing)
    return path, write_atomic(path, index.render(view, own_templates(place)))


def day_of(place: Workspace, asked: Asked, outcomes: Sequence[ComponentOutcome]) -> str:
    """The report's day (YYYY-MM-DD): what `--as-of` or SOURCE_DATE_EPOCH says; else that of the newest fetch; where
    nothing is fetched, or `--until` looks back, that of upstream's newest changeset.

    Raises UserError where what they say is no date.
    """
    return day_on(place, asked, max((one.newest for one in outcomes), default=0))


def day_on(place: Workspace, asked: Asked, newest: int) -> str:
    """The same, where upstream's newest changeset is of `newest`, in seconds since 1970."""
    as_of = asked.as_of
    if as_of:
        try:
            return date.fromisoformat(as_of).isoformat()
        except ValueError as error:
            raise UserError(f"{as_of!r} is no date", where="--as-of", hint="write it as 2012-08-15") from error
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch and not (epoch.isascii() and epoch.isdigit()):
        hint = "unset it, or give --as-of"
        raise UserError(f"{epoch!r} is no number of seconds", where="SOURCE_DATE_EPOCH", hint=hint)
    return iso(int(epoch[:15]) if epoch else (0 if asked.until else place.fetched()) or newest)[:10]


def compared_before(asked: Asked, on: str) -> str:
    """The day before which the report lies that this one is compared with: the newest before `on`, or the newest of
    `--since` or before it. Raises UserError where that is no date."""
    if not asked.since:
        return on
    try:
        return min(on, (date.fromisoformat(asked.since) + timedelta(days=1)).isoformat())
    except (ValueError, OverflowError) as error:
        raise UserError(f"{asked.since!r} is no date", where="--since", hint="write it as 2012-08-15") from error


def wanted(formats: Sequence[str]) -> tuple[str, ...]:
    """The formats asked for, in their order; all where none is."""
    return tuple(one for one in FORMATS if one in formats) or FORMATS
