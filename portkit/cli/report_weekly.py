"""`portkit report weekly`: what landed, what waits and why."""

from __future__ import annotations

from collections.abc import Sequence

from portkit.cli.reporting import Asked, Made, day, links, own_templates
from portkit.cli.sync import run
from portkit.cli.waiting import previous_report
from portkit.cli.wiring import Workspace
from portkit.report.weekly import render, weekly
from portkit.sync.branch import as_written
from portkit.sync.outcome import ComponentOutcome
from portkit.sync.run import Request


def make(place: Workspace, asked: Asked) -> Made:
    """The report of what a sync of all components finds now."""
    target = place.target()
    commit = target.resolve(asked.onto) if asked.onto else target.default_tip()
    outcomes = run(place, Request(place.components(()), commit, asked.until, dry_run=True))
    return made_of(place, [as_written(one, target) for one in outcomes], asked)


def made_of(place: Workspace, outcomes: Sequence[ComponentOutcome], asked: Asked) -> Made:
    """The report of `outcomes`."""
    on = day(asked.as_of, max((one.newest for one in outcomes), default=0))
    view = weekly(outcomes, as_of=on, links=links(place), previous=previous_report(place.reports, before=on))
    own = own_templates(place)
    return Made(on, tuple((f"weekly.{format}", render(view, format, own)) for format in asked.formats))
