"""The survey as a page: a map of the tree by folder, the places where a sync pays most, and the tables beneath.

A box is as large as the lines that came from upstream; its shade, its pattern and the number in it say how many of
upstream's changesets are missing there. The map is drawn twice, for a wide screen and for a narrow one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from portkit.report.contract import iso
from portkit.report.page import Templates, render
from portkit.report.survey import counts, totals
from portkit.report.treemap import Box, boxes
from portkit.survey.model import Derived, Place, Survey
from portkit.text import printable

_STEPS = (1, 5, 20, 80)
"""From so many missing changesets on the next shade begins."""
_WORDS = ("none missing", "1 to 4", "5 to 19", "20 to 79", "80 and more")
_WIDE, _NARROW = (1000.0, 560.0), (360.0, 620.0)


@dataclass(frozen=True, slots=True)
class BestPlace:
    """One place where a sync pays, and what to do about it. `lines` are those of a map, where no component covers it
    yet."""

    place: Place
    anchor: str
    command: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TreeView:
    """What the template is given. `top`: the totals of each folder at the top of the tree."""

    title: str
    source: str
    onto: str
    tip: str
    newest: str
    sentences: tuple[str, ...]
    totals: Mapping[str, Any]
    wide: Markup
    narrow: Markup
    legend: tuple[tuple[str, str], ...]
    best: tuple[BestPlace, ...]
    top: tuple[Place, ...]
    rows: tuple[tuple[str, Place], ...]
    by_content: bool


def tree_page(found: Survey, title: str, source: str, own: Templates | None = None) -> bytes:
    """The page, UTF-8. `title`: upstream's; `source`: its name in the map."""
    anchors = {place.folder: f"f{number}" for number, place in enumerate(found.places)}
    view = TreeView(
        title, source, found.onto, found.tip, iso(found.newest)[:10] if found.newest else "",
        tuple(counts(found)), totals(found),
        drawn(found.places, anchors, _WIDE, "wide"), drawn(found.places, anchors, _NARROW, "narrow"),
        (*((f"s{number}", words) for number, words in enumerate(_WORDS)), ("new", "newer than the history at hand")),
        tuple(_best(one, found.files, anchors, source) for one in found.best),
        _tops(found), tuple((anchors[one.folder], one) for one in found.places),
        any(one.recorded is None for one in found.files),
    )  # fmt: skip
    return render("tree.html.j2", view, own)


def shade(place: Place) -> str:
    """The class of a box: s0 to s4 by the changesets that are missing, `new` where all is newer than the history."""
    if not place.changesets and place.newer * 2 > place.files:
        return "new"
    return f"s{sum(place.changesets >= step for step in _STEPS)}"


def drawn(every: Sequence[Place], anchors: Mapping[str, str], size: tuple[float, float], name: str) -> Markup:
    """The map as SVG. `anchors`: folder to the id of its row in the table."""
    width, height = size
    grouped: dict[str, list[Place]] = defaultdict(list)
    for place in every:
        if place.lines:
            grouped[place.folder.partition("/")[0]].append(place)
    order = sorted(grouped, key=lambda top: (-sum(one.lines for one in grouped[top]), top))
    weights = [float(sum(one.lines for one in grouped[top])) for top in order]
    parts: list[Markup] = []
    for top, box in zip(order, boxes(weights, Box(0, 0, width, height)), strict=True):
        parts.append(_region(top, grouped[top], box, anchors, name))
    gaps = ((2, 9), (3, 6), (4, 4))
    patterns = Markup().join(_PATTERN.format(name=name, number=number, gap=gap) for number, gap in gaps)
    dots = _DOTS.format(name=name)
    return Markup(
        '<svg class="map {}" viewBox="0 0 {:.0f} {:.0f}" role="group" aria-label="{}">'
        "<defs>{}{}</defs>{}</svg>"
    ).format(name, width, height, "The tree by folder", patterns, dots, Markup("\n").join(parts))


_PATTERN = Markup(
    '<pattern id="{name}-p{number}" width="{gap}" height="{gap}" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="{gap}"></line></pattern>'
)
_DOTS = Markup(
    '<pattern id="{name}-new" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<circle class="dot" cx="2" cy="2" r="1"></circle></pattern>'
)


def _region(top: str, folders: Sequence[Place], box: Box, anchors: Mapping[str, str], name: str) -> Markup:
    """One folder at the top of the tree, with the folders in it."""
    titled = box.width > 40 and box.height > 34
    inner = box.inside(1.5, 13.0 if titled else 0.0)
    ordered = sorted(folders, key=lambda one: (-one.lines, one.folder))
    label = Markup("")
    if titled:
        text = _fitting(top or "/", box.width - 6, 6.4)
        label = Markup('<text class="top" x="{:.1f}" y="{:.1f}">{}</text>').format(box.x + 3, box.y + 11.5, text)
    cells = [
        _cell(place, cell, anchors, name)
        for place, cell in zip(ordered, boxes([float(one.lines) for one in ordered], inner), strict=True)
    ]
    frame = Markup('<rect class="region" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"></rect>').format(
        box.x, box.y, box.width, box.height
    )
    return frame + label + Markup("").join(cells)


def _cell(place: Place, box: Box, anchors: Mapping[str, str], name: str) -> Markup:
    kind = shade(place)
    where = Markup('x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"').format(box.x, box.y, box.width, box.height)
    told = f"{printable(place.folder)}: {place.changesets} changesets missing"
    told += f" in {place.behind_files} of {place.files} files, {place.lines:,} lines"
    told += f", {place.lag_days} days" if place.lag_days else ""
    told += f", {place.newer} newer than the history at hand" if place.newer else ""
    pattern = Markup("")
    if kind in ("s2", "s3", "s4", "new"):
        which = "new" if kind == "new" else f"p{kind[1]}"
        pattern = Markup('<rect class="over" {} fill="url(#{}-{})"></rect>').format(where, name, which)
    text = Markup("")
    if box.width > 26 and box.height > 13 and place.changesets:
        text += Markup('<text class="number" x="{:.1f}" y="{:.1f}">{}</text>').format(
            box.x + 3, box.y + 11, place.changesets
        )
    if box.width > 44 and box.height > 26:
        short = _fitting(printable(place.folder.rpartition("/")[2]), box.width - 6, 5.6)
        text += Markup('<text x="{:.1f}" y="{:.1f}">{}</text>').format(box.x + 3, box.y + 22, short)
    return Markup(
        '<a href="#{}" aria-label="{}"><title>{}</title><rect class="{}" {}></rect>{}{}</a>'
    ).format(anchors[place.folder], told, told, kind, where, pattern, text)


def _fitting(text: str, width: float, letter: float) -> str:
    room = max(1, int(width / letter))
    return text if len(text) <= room else text[: max(1, room - 1)] + "…"


def _best(place: Place, files: Sequence[Derived], anchors: Mapping[str, str], source: str) -> BestPlace:
    anchor = anchors.get(place.folder, "")
    if place.component:
        return BestPlace(place, anchor, f"portkit sync {place.component}", ())
    mine = [
        one
        for one in files
        if one.target.rpartition("/")[0] == place.folder and one.behind and one.upstream is not None and not one.further
        and one.recorded is not None
    ]
    name = "".join(character if character.isalnum() else "-" for character in place.folder.rpartition("/")[2]).lower()
    lines = [f"  {name}:", "    mode: sync", f"    upstream: {source}", "    paths:"]
    lines += [f"      {one.upstream}: {one.target}" for one in mine if one.upstream is not None]
    return BestPlace(place, anchor, "put this under components in the map, then sync it", tuple(map(printable, lines)))


def _tops(found: Survey) -> tuple[Place, ...]:
    """The totals of each folder at the top of the tree."""
    missing: dict[str, set[str]] = defaultdict(set)
    for one in found.files:
        missing[one.target.partition("/")[0]].update(one.missing)
    result: dict[str, Place] = {}
    for place in found.places:
        top = place.folder.partition("/")[0]
        known = result.get(top)
        if known is None:
            result[top] = replace(place, folder=top, changesets=len(missing[top]), upstream="", component="")
            continue
        result[top] = Place(
            top, known.files + place.files, known.lines + place.lines, known.behind_files + place.behind_files,
            known.changesets, max(known.lag_days, place.lag_days), known.newer + place.newer,
            known.unresolved + place.unresolved, known.deleted + place.deleted,
        )  # fmt: skip
    return tuple(sorted(result.values(), key=lambda one: (-one.changesets, one.folder)))


