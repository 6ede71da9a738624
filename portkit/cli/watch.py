"""What is watched: where its page lies in the workspace, and what of it is told on the screen."""

from __future__ import annotations

import json
from pathlib import Path

from portkit.cli.screen import WIDTH, Screen
from portkit.cli.wiring import Workspace
from portkit.report.contract import iso
from portkit.report.watched import ordered, summary, told, topics_of
from portkit.store.atomic import write_atomic
from portkit.sync.outcome import ComponentOutcome
from portkit.sync.watched import Watched

_MOST = 30
"""Changesets that a screen shows; the page has all."""

_INDENT = " " * 17


def watch_path(reports: Path, component: str, suffix: str) -> Path:
    """Where a component's page lies: one file, written anew by each run."""
    return reports / f"watch-{component}.{suffix}"


def write_watch(place: Workspace, outcome: ComponentOutcome) -> None:
    """Writes what is watched as a page, as Markdown and as JSON. Raises WorldError where the disk refuses, UserError
    for what is wrong with a template of the user's."""
    from portkit.cli.pages import links, own_templates  # where nothing is watched, no page is written
    from portkit.report.watch_page import html, markdown, watch_object, watch_page

    view = watch_page(outcome, links(place))
    text = json.dumps(watch_object(view), indent=1) + "\n"
    for suffix, content in (
        ("html", html(view, own_templates(place))), ("md", markdown(view)), ("json", text.encode("ascii"))
    ):  # fmt: skip
        write_atomic(watch_path(place.reports, outcome.name, suffix), content)


def tell_watch(screen: Screen, outcome: ComponentOutcome, *, written: bool) -> None:
    """How many changesets are about what, then those that are worth reading first."""
    about = f": {summary(outcome.looked_at)}" if outcome.looked_at else ""
    count = "1 changeset" if len(outcome.watched) == 1 else f"{len(outcome.watched)} changesets"
    screen.paragraph(f"{count} upstream since {iso(outcome.watched_since)[:10]}{about}")
    every = ordered(outcome.looked_at)
    shown = every if screen.verbose else every[:_MOST]
    for watched in shown:
        _tell(screen, watched)
    if len(shown) < len(every):
        screen.paragraph(f"and {len(every) - len(shown)} more; -v tells all")
    if written and every:
        name = watch_path(Path(), outcome.name, "html").name
        screen.paragraph(f"watched: reports/{name}, and beside it as .md and .json")


def _tell(screen: Screen, one: Watched) -> None:
    """A watched changeset: what it is about first, and why that is thought."""
    topics = topics_of(one)
    first = "decided" if one.decided else str(topics[0]) if topics else "other"
    changeset = one.changeset
    screen.say(f"  {first:<14} {changeset.id[:10]} {iso(changeset.date)[:10]} {changeset.subject}"[:WIDTH])
    for text in (one.decided, told(one)):
        if text:
            screen.paragraph(text, first=_INDENT, indent=_INDENT)
