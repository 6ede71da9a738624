"""What the Markdown and the page say in the same words. `quote` makes a name fit for the format."""

from __future__ import annotations

from collections.abc import Callable

from portkit.report import type_check
from portkit.report.contract import iso
from portkit.report.shown import counted, one_line
from portkit.report.view import ComponentView, Weekly
from portkit.report.waiting import Waiting

Quote = Callable[[str], str]


ENDED = {
    "ported": "it fits now, and is on the branch",
    "already": "the target has it now",
    "conflict": "its place fits now",
    "flagged": "its place fits now",
    "blocked": "it waits for another one now",
    "deferred": "deferred",
    "skipped": "skipped",
    "not-applicable": "not applicable",
}
"""What became of a changeset whose conflict is closed, by its state now."""

WAITING = ("conflict", "flagged", "blocked")


def landed_sentence(view: Weekly, quote: Quote = one_line) -> str:
    """What landed, in one sentence."""
    if not view.landed:
        return "nothing."
    having = [component for component in view.components if component.landed]
    by = ", ".join(f"{len(component.landed)} of {quote(component.outcome.name)}" for component in having)
    where = "" if all(component.written for component in having) else " would land (not all is written yet)"
    new = f" New since {quote(view.since)}: {view.landed_new}." if view.since else ""
    return f"{counted(view.landed, 'changeset')}{where}: {by}. {checked(view)}.{new}"


def checked(view: Weekly) -> str:
    """What may be said of all that landed."""
    if not view.resolved:
        return "Each is checked to be upstream's change"
    rest = "; the others are checked to be upstream's change" if view.resolved < view.landed else ""
    return f"{view.resolved} as a person resolved {'it' if view.resolved == 1 else 'them'}{rest}"


def type_check_sentence(view: Weekly, quote: Quote = one_line) -> str:
    """What the type check says of what landed, in a sentence for each component; "" where it was not asked."""
    asked = [one.outcome for one in view.components if one.outcome.type_check is not None]
    made = [one for one in asked if one.type_check is not None and one.type_check.compiler]
    reasons = dict.fromkeys(one.type_check.why for one in asked if one.type_check is not None and one.type_check.why)
    parts = ["; ".join(f"{quote(one.name)}: {type_check.summary(one)}" for one in made) + "."] if made else []
    by = dict.fromkeys(one.type_check.compiler for one in made if one.type_check is not None)
    parts += [f"By {quote(', '.join(by))}."] if made else []
    for why in reasons:
        names = [quote(one.name) for one in asked if one.type_check is not None and one.type_check.why == why]
        of = f" of {', '.join(names)}" if made or len(reasons) > 1 else ""
        parts.append(f"not made{of}: {quote(why)}.")
    return " ".join(parts)


def waiting_sentence(view: Weekly, quote: Quote = one_line) -> str:
    """What waits for a person, in one sentence or two."""
    gone = f" Closed since {quote(view.since)}: {len(view.delta.closed)}." if view.delta.closed else ""
    if not view.parked:
        return f"nothing.{gone}"
    stuck = view.parked - view.sheeted
    parts = []
    if stuck:
        verb = "does" if stuck == 1 else "do"
        parts.append(f"{counted(stuck, 'changeset')} {verb} not fit, in {counted(view.stuck_places, 'place')}")
    if view.blocked:
        verb = "waits" if view.blocked == 1 else "wait"
        parts.append(f"{view.blocked} more {verb} for {'it' if stuck == 1 else 'those'}")
    if view.sheeted:
        parts.append(f"{counted(view.sheeted, 'changeset')} on worksheets of ports")
    text = "; ".join(parts)
    if view.since:
        text += f". New since {quote(view.since)}: {len(view.delta.new)}; still open: {len(view.delta.still)}"
    return f"{text}.{gone}"


def summary(component: ComponentView) -> str:
    """A component's counts in words; what is zero is left out."""
    words = {
        "ported": "landed", "already": "already there", "conflict": "in conflict", "flagged": "flagged by the gate",
        "blocked": "blocked", "deferred": "deferred", "skipped": "skipped", "not-applicable": "not applicable",
    }  # fmt: skip
    counts = component.counts
    return ", ".join(f"{counts[state]} {word}" for state, word in words.items() if counts[state])


def lag(component: ComponentView) -> str:
    """How far behind, in a sentence or two, "" where it is not."""
    told, off = component.lag, component.parked_lag
    if told.oldest is None or told.median is None:
        return ""
    text = (
        f"{counted(told.count, 'changeset')} not in the target yet: the oldest {counted(told.oldest_days, 'day')} "
        f"behind ({iso(told.oldest.date)[:10]}), the median {counted(told.median_days, 'day')} "
        f"({iso(told.median.date)[:10]})."
    )
    if off.oldest is not None and off.count < told.count:
        text += (
            f" Once the branch is taken: {off.count}, the oldest {counted(off.oldest_days, 'day')} behind "
            f"({iso(off.oldest.date)[:10]})."
        )
    return text


def behind_sentence(view: Weekly, quote: Quote = one_line) -> str:
    """How far behind each component is, in one line."""
    told = [one for one in view.components if one.lag.count]
    if not told:
        return "nothing: the target has all that is followed."
    parts = [
        f"{quote(one.outcome.name)} {counted(one.lag.oldest_days, 'day')} at the oldest, {one.lag.median_days:,} "
        "in the median"
        for one in told
    ]
    return f"{'; '.join(parts)}."


def security_sentence(view: Weekly, quote: Quote = one_line) -> str:
    """What speaks of security, in one sentence."""
    if not view.security:
        return "no log speaks of it."
    waits = sum(one.state in WAITING for one in view.security)
    landed = sum(one.state == "ported" for one in view.security)
    rest = len(view.security) - waits - landed
    counts = ((waits, "not landed"), (landed, "landed"), (rest, "neither"))
    parts = [f"{count} {what}" for count, what in counts if count]
    new = sum(one.new for one in view.security)
    since = f" New since {quote(view.since)}: {new}." if view.since else ""
    speak = "log speaks" if len(view.security) == 1 else "logs speak"
    return f"{len(view.security)} {speak} of it: {', '.join(parts)}.{since}"


def continued(text: str, width: int) -> list[str]:
    """A command on lines of at most `width`, where its words allow; a shell reads it as one."""
    lines = [""]
    for word in one_line(text, 4000).split(" "):
        if lines[-1] and len(lines[-1]) + len(word) + 3 > width:
            lines[-1] += " \\"
            lines.append(f"    {word}")
        else:
            lines[-1] += f"{' ' if lines[-1] else ''}{word}"
    return lines


def used(revision: str) -> str:
    """Which revision a sync starts after."""
    return f"used: {revision}" if revision else "used: none"


def place(one: Waiting) -> str:
    """Where a conflict stands: file, function, hunk."""
    function = f", {one.function}" if one.function else ""
    return f"{one.file.target}{function}{f', hunk {one.hunk}' if one.hunk else ''}"
