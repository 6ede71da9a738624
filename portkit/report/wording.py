"""What the Markdown and the page say in the same words. `quote` makes a name fit for the format."""

from __future__ import annotations

from collections.abc import Callable

from portkit.report.shown import one_line
from portkit.report.view import ComponentView, Weekly
from portkit.report.waiting import Waiting

Quote = Callable[[str], str]


def landed_sentence(view: Weekly, quote: Quote = one_line) -> str:
    """What landed, in one sentence."""
    if not view.landed:
        return "nothing."
    having = [component for component in view.components if component.landed]
    by = ", ".join(f"{len(component.landed)} of {quote(component.outcome.name)}" for component in having)
    where = "" if all(component.written for component in having) else " would land (not all is written yet)"
    new = f" New since {quote(view.since)}: {view.landed_new}." if view.since else ""
    return f"{counted(view.landed, 'changeset')}{where}: {by}. Each is checked to be upstream's change.{new}"


def waiting_sentence(view: Weekly, quote: Quote = one_line) -> str:
    """What waits for a person, in one sentence or two."""
    gone = f" Closed since {quote(view.since)}: {len(view.delta.closed)}." if view.delta.closed else ""
    if not view.parked:
        return f"nothing.{gone}"
    verb = "does" if view.parked == 1 else "do"
    text = f"{counted(view.parked, 'changeset')} {verb} not fit, in {counted(view.places, 'place')}"
    if view.blocked:
        verb = "waits" if view.blocked == 1 else "wait"
        text += f"; {view.blocked} more {verb} for {'it' if view.parked == 1 else 'those'}"
    if view.since:
        text += f". New since {quote(view.since)}: {len(view.delta.new)}; still open: {len(view.delta.still)}"
    return f"{text}.{gone}"


def counted(number: int, noun: str) -> str:
    """`1 place`, `2 places`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def summary(component: ComponentView) -> str:
    """A component's counts in words; what is zero is left out."""
    words = {
        "ported": "landed", "already": "already there", "conflict": "in conflict", "flagged": "flagged by the gate",
        "blocked": "blocked", "deferred": "deferred", "skipped": "skipped", "not-applicable": "not applicable",
    }  # fmt: skip
    counts = component.counts
    return ", ".join(f"{counts[state]} {word}" for state, word in words.items() if counts[state])


def lag(component: ComponentView) -> str:
    """How far behind, as a sentence, "" where it is not."""
    days = component.outcome.lag_days
    return f" The oldest not in the target yet is {counted(days, 'day')} behind." if days else ""


def used(revision: str) -> str:
    """Which revision a sync starts after."""
    return f"used: {revision}" if revision else "used: none"


def place(one: Waiting) -> str:
    """Where a conflict stands: file, function, hunk."""
    function = f", {one.function}" if one.function else ""
    return f"{one.file.target}{function}{f', hunk {one.hunk}' if one.hunk else ''}"
