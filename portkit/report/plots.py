"""Pictures as inline SVG: readable in print, in the dark and without colour, with their numbers for a table beneath.

Everything is drawn in the page's own ink. Lines differ by their dashes and marks and carry their names at their ends;
bars carry their numbers. Nothing is rounded that a table would not say exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from portkit.report.shown import one_line

WIDTH = 360
"""Units of a picture's width: a phone shows one as a pixel, and text of 11 units stays readable there."""

SERIES = 5
"""Lines in one picture; what is beyond stands in the table only."""

_DASHES = ("", "6 3", "2 3", "9 3 2 3", "1 4")
_LEFT, _RIGHT, _TOP, _BOTTOM = 38, 112, 12, 24
_HEIGHT = 190
_ROW = 24
_LABEL = 128


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name, and its points as (day YYYY-MM-DD, number), oldest first."""

    name: str
    points: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn picture: its title, what is counted, the drawing, and the table of its numbers."""

    title: str
    unit: str
    drawing: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def lines(title: str, unit: str, series: Sequence[Series], *, steps: bool = False) -> Picture:
    """Numbers over days. `steps`: a number stays until the next, where else the line leads straight to it."""
    days = sorted({day for one in series for day, _ in one.points})
    rows = tuple(
        (day, *(next((f"{number:,}" for at, number in one.points if at == day), "") for one in series)) for day in days
    )
    top = _ceiling(max((number for one in series for _, number in one.points), default=0))
    first, last = (_ordinal(days[0]), _ordinal(days[-1])) if days else (0, 0)
    wide, high = WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def across(day: str) -> float:
        return _LEFT + (wide * (_ordinal(day) - first) / (last - first) if last > first else 0)

    def up(number: float) -> float:
        return _TOP + high * (1 - number / top)

    parts = []
    for tick in sorted({0, top // 2 if top > 1 else 0, top}):
        parts.append(_line(_LEFT, up(tick), WIDTH - _RIGHT, up(tick), "grid"))
        parts.append(_text(_LEFT - 5, up(tick) + 4, f"{tick:,}", "end"))
    for day, anchor in zip(sorted({*days[:1], *days[-1:]}), ("start", "end"), strict=False):
        parts.append(_text(across(day), _HEIGHT - 6, day, anchor))
    ends = []
    for index, one in enumerate(series[:SERIES]):
        drawn = [(across(day), up(number)) for day, number in one.points]
        if not drawn:
            continue
        path = [f"M{drawn[0][0]:.1f} {drawn[0][1]:.1f}"]
        for x, y in drawn[1:]:
            path.append(f"H{x:.1f}V{y:.1f}" if steps else f"L{x:.1f} {y:.1f}")
        parts.append(Markup('<path class="line" d="{}" stroke-dasharray="{}"/>').format("".join(path), _DASHES[index]))
        if len(drawn) <= 30:
            parts += [Markup('<circle class="mark" cx="{:.1f}" cy="{:.1f}" r="2.2"/>').format(x, y) for x, y in drawn]
        ends.append((drawn[-1][1], _short(one.name, 15), index))
    parts += _names(ends)
    said = "; ".join(f"{one.name}: {one.points[-1][1]} {unit}" for one in series if one.points)
    return Picture(
        title, unit, _drawing(f"{title}. At the end: {said}", _HEIGHT, parts), ("day", *(one.name for one in series)),
        rows,
    )  # fmt: skip


def bars(title: str, unit: str, rows: Sequence[tuple[str, int]], what: str = "") -> Picture:
    """Numbers by name, each as a bar with its number. `what` heads the names in the table."""
    most = max((number for _, number in rows), default=0) or 1
    wide = WIDTH - _LABEL - 52
    parts = []
    for index, (name, number) in enumerate(rows):
        top = 4 + index * _ROW
        parts.append(_text(_LABEL - 6, top + 14, _short(name, 21), "end"))
        parts.append(
            Markup('<rect class="bar" x="{}" y="{}" width="{:.1f}" height="{}"/>').format(
                _LABEL, top + 2, max(wide * number / most, 1 if number else 0), _ROW - 8
            )
        )
        parts.append(_text(_LABEL + wide * number / most + 5, top + 14, f"{number:,}", "start"))
    said = "; ".join(f"{name}: {number}" for name, number in rows)
    table = tuple((name, f"{number:,}") for name, number in rows)
    return Picture(title, unit, _drawing(f"{title}. {said}", len(rows) * _ROW + 8, parts), (what, unit), table)


def _names(ends: list[tuple[float, str, int]]) -> list[Markup]:
    """The lines' names at their ends, moved apart where they would lie upon each other; a name's own dashes before it,
    so that it is told from its neighbour's."""
    parts = []
    lowest = float(_TOP) - 14
    for y, name, index in sorted(ends):
        lowest = max(y, lowest + 14)
        x = WIDTH - _RIGHT
        parts.append(
            Markup('<path class="line" d="M{} {:.1f}h14" stroke-dasharray="{}"/>').format(x + 3, lowest, _DASHES[index])
        )
        parts.append(_text(x + 20, lowest + 4, name, "start"))
    return parts


def _drawing(said: str, height: int, parts: Sequence[Markup]) -> Markup:
    opening = Markup('<svg class="picture" role="img" viewBox="0 0 {} {}" aria-label="{}">\n')
    return opening.format(WIDTH, height, one_line(said, 600)) + Markup("\n").join(parts) + Markup("\n</svg>")


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    shape = Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>')
    return shape.format(kind, x1, y1, x2, y2)


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(x, y, anchor, text)


def _short(name: str, limit: int) -> str:
    shown = one_line(name, 100)
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def _ceiling(number: int) -> int:
    """The next number up that reads well on an axis: 1, 2, 4, 6, 10, 20, ..."""
    size = 1
    while True:
        for step in (1, 2, 4, 6):
            if number <= step * size:
                return step * size
        size *= 10


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()
