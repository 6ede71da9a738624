"""`portkit report triage`: what waits, each with its causes, the three sides and what to do."""

from __future__ import annotations

import json

from portkit.cli.cards import triaged
from portkit.cli.pages import links, own_templates
from portkit.cli.reporting import Asked, Made, day_of
from portkit.cli.wiring import Workspace
from portkit.report.page import Templates
from portkit.report.triage import Triage, triage, triage_object
from portkit.report.triage_markdown import markdown
from portkit.report.triage_page import page
from portkit.sync.request import Request


def make(place: Workspace, asked: Asked) -> Made:
    """The report of what a sync of all components finds now."""
    target = place.target()
    commit = target.resolve(asked.onto) if asked.onto else target.default_tip()
    request = Request(place.components(()), commit, asked.until, dry_run=True)
    found = triaged(place, request, asked.onto, checking=asked.checking)
    on = day_of(place, asked, found.outcomes)
    scope = [word for name, value in (("--onto", asked.onto), ("--until", asked.until)) if value
             for word in (name, value)]  # fmt: skip
    view = triage(found.outcomes, found.cards, found.orders, as_of=on, links=links(place), scope=scope,
                  patched=found.patched)  # fmt: skip
    own = own_templates(place)
    return Made(on, tuple((f"triage.{format}", _rendered(view, format, own)) for format in asked.formats))


def _rendered(view: Triage, format: str, own: Templates) -> bytes:
    match format:
        case "html":
            return page(view, own)
        case "md":
            return markdown(view)
        case _:
            return (json.dumps(triage_object(view), indent=1) + "\n").encode("ascii")
