"""The page over all reports: what there is of each day, and how the numbers went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from portkit.report import page
from portkit.report.page import Templates
from portkit.report.plots import Picture, Series, lines

_FORMATS = ("html", "md", "json", "txt")
_WEEKLY = ("landed", "waits", "blocked")


@dataclass(frozen=True, slots=True)
class Listed:
    """One report of a day: its name, and (format, address relative to the index) of each of its files."""

    name: str
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Day:
    """One day's reports; `numbers`: what the weekly report of it counts, None where there is none; `milestones`: how
    many are done, of how many, "" where no progress report says so."""

    day: str
    reports: tuple[Listed, ...]
    numbers: tuple[int, ...] | None
    milestones: str

    def page(self, name: str) -> str:
        """The address of the day's page of that name; "" where there is none."""
        found = (one.files[0] for one in self.reports if one.name == name)
        return next((address for format, address in found if format == "html"), "")


@dataclass(frozen=True, slots=True)
class Index:
    """The days, the newest first, and the pictures over them; `standing`: the pages that each run writes anew."""

    days: tuple[Day, ...]
    pictures: tuple[Picture, ...]
    standing: tuple[Listed, ...] = ()


def index(
    folders: Mapping[str, Sequence[str]], weeks: object, progress: Mapping[str, Mapping[str, Any]],
    standing: Sequence[str] = (),
) -> Index:  # fmt: skip
    """The index of `folders`, the names of the files by day. `weeks`: what the newest weekly report's JSON tells of all
    of them; `progress`: the JSON of each day's progress report; `standing`: the names of the files beside the days.
    """
    counted = _counted(weeks)
    days = tuple(
        Day(day, _listed(day, names), counted.get(day), _milestones(progress.get(day)))
        for day, names in sorted(folders.items(), reverse=True)
        if names
    )
    drawn = []
    if len(counted) > 1:
        series = [
            Series(name, tuple((day, numbers[at]) for day, numbers in counted.items()))
            for at, name in enumerate(("on a branch", "waits", "blocked"))
        ]
        drawn.append(lines("Changesets over time", "changesets", series))
    return Index(days, tuple(drawn), _listed("", standing))


def render(view: Index, own: Templates | None = None) -> bytes:
    """The page, UTF-8. Raises UserError for what is wrong with a template of the user's."""
    return page.render("index.html.j2", view, own)


def _listed(day: str, names: Sequence[str]) -> tuple[Listed, ...]:
    """The reports among a day's files: an HTML page makes one, and the files of the same name belong to it; then
    what stands alone."""
    stems: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(names):
        stem, dot, ending = name.rpartition(".")
        if dot and stem and ending in _FORMATS:
            stems.setdefault(stem, []).append((ending, f"{quote(day)}/{quote(name)}" if day else quote(name)))
    order = {ending: at for at, ending in enumerate(_FORMATS)}
    listed = [Listed(stem, tuple(sorted(files, key=lambda one: order[one[0]]))) for stem, files in stems.items()]
    return tuple(sorted(listed, key=lambda one: (one.files[0][0] != "html", one.name)))


def _counted(weeks: object) -> dict[str, tuple[int, ...]]:
    """For each day the weekly numbers, of all components together, oldest first. What is no such list counts for
    nothing: it is only looked at."""
    sums: dict[str, list[int]] = {}
    for one in weeks if isinstance(weeks, list) else ():
        try:
            numbers = [one[key] for key in _WEEKLY]
            if not all(type(number) is int for number in numbers):
                continue
            day = sums.setdefault(date.fromisoformat(one["as_of"]).isoformat(), [0] * len(_WEEKLY))
            day[:] = [before + number for before, number in zip(day, numbers, strict=True)]
        except (KeyError, TypeError, ValueError):
            continue
    return {day: tuple(numbers) for day, numbers in sorted(sums.items())}


def _milestones(told: Mapping[str, Any] | None) -> str:
    counts = told.get("counts") if told is not None else None
    if not isinstance(counts, Mapping):
        return ""
    done, of = counts.get("done"), counts.get("milestones")
    return f"{done} of {of}" if isinstance(done, int) and isinstance(of, int) else ""
