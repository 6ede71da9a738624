"""What upstream did to what is only watched, for a person who reads it through: a page, a list to tick off, and JSON.

By topic, what is worth reading first before the rest; what was decided stands last.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from portkit.report.contract import SCHEMA, component_object, iso
from portkit.report.links import Links
from portkit.report.page import Templates, render
from portkit.report.shown import counted, headline, one_line
from portkit.report.watched import ordered, summary, told, topics_of
from portkit.sync.outcome import ComponentOutcome
from portkit.sync.watched import Topic, Watched

_WIDTH = 78

_WORDS = {
    Topic.SECURITY: "by the words of upstream's logs; a word proves nothing",
    Topic.PRIVSEP: "what one process asks of the other, and what it may",
    Topic.PROTOCOL: "what goes over the wire, and what is made of it",
    Topic.PORTABILITY: "what other systems do otherwise",
    Topic.DOCUMENTATION: "manual pages, examples, spelling",
}


@dataclass(frozen=True, slots=True)
class Group:
    """The changesets of one topic, the newest first. `name`: the topic, `other` or `decided`; `about`: what it
    means."""

    name: str
    about: str
    watched: tuple[Watched, ...]


@dataclass(frozen=True, slots=True)
class WatchPage:
    """What the page shows. `since`: the first day that is told, YYYY-MM-DD; `notes`: what else is to be known, such as
    that upstream ended it."""

    outcome: ComponentOutcome
    links: Links
    since: str
    groups: tuple[Group, ...]
    notes: tuple[str, ...]

    @property
    def summary(self) -> str:
        """How many are about what."""
        return summary(self.outcome.looked_at) or "nothing"


def watch_page(outcome: ComponentOutcome, links: Links) -> WatchPage:
    """The view of a watched component."""
    by_name: dict[str, list[Watched]] = {}
    for one in ordered(outcome.looked_at):
        topics = topics_of(one)
        by_name.setdefault("decided" if one.decided else str(topics[0]) if topics else "other", []).append(one)
    about = {**{str(topic): text for topic, text in _WORDS.items()}, "other": "nothing tells what it is about"}
    order = (*map(str, Topic), "other", "decided")
    groups = tuple(Group(name, about.get(name, ""), tuple(by_name[name])) for name in order if name in by_name)
    notes = tuple(one.text for one in outcome.notices if one.kind in ("retired", "rewritten", "stale", "damaged"))
    return WatchPage(outcome, links, iso(outcome.watched_since)[:10], groups, notes)


def html(view: WatchPage, own: Templates | None = None) -> bytes:
    """The page, UTF-8. Raises UserError for what is wrong with a template of the user's."""
    return render("watch.html.j2", view, own, told=told)


def watch_object(view: WatchPage) -> dict[str, Any]:
    """The same as data: what is watched as in `sync --json`."""
    whole = component_object(view.outcome)
    kept = {key: whole[key] for key in ("name", "mode", "upstream", "watched_since", "watched", "notices")}
    return {"schema": SCHEMA, "command": "sync", "kind": "watch", **kept}


def markdown(view: WatchPage) -> bytes:
    """The same as a list to tick off, UTF-8. What comes from a repository stands in indented blocks, where nothing of
    it is alive."""
    return ("\n".join(_lines(view)) + "\n").encode("utf-8", "backslashreplace")


def _lines(view: WatchPage) -> Iterator[str]:
    yield f"# Watched since {view.since}"
    yield ""
    count = counted(len(view.outcome.looked_at), "changeset")
    yield from _wrapped(f"{view.outcome.name}: {count} upstream: {view.summary}.", "    ", "    ")
    for note in view.notes:
        yield from _wrapped(note, "    ", "    ")
    for group in view.groups:
        yield ""
        yield f"## {group.name.capitalize()} ({len(group.watched)})"
        yield ""
        for one in group.watched:
            yield from _item(one)


def _item(one: Watched) -> Iterator[str]:
    changeset = one.changeset
    box = "[x]" if one.decided else "[ ]"
    yield from _wrapped(
        f"{box} {changeset.id[:10]} {iso(changeset.date)[:10]} {headline(changeset.message) or '(no log)'}", "    ",
        " " * 8,
    )  # fmt: skip
    files = ", ".join(change.path for change in changeset.files)
    for text in (one.decided, told(one), files):
        if text:
            yield from _wrapped(text, " " * 8, " " * 10)


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        one_line(text, 1000), _WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
