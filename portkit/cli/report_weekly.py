"""`portkit report weekly`: what landed, what waits and why."""

from __future__ import annotations

from collections.abc import Sequence

from portkit.cli.reporting import Asked, Made, compared_before, day, links, own_templates
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
    """The report of `outcomes`; beside it, a cover letter for each branch."""
    on = day(asked.as_of, max((one.newest for one in outcomes), default=0))
    view = weekly(
        outcomes,
        as_of=on,
        links=links(place),
        previous=previous_report(place.reports, before=compared_before(asked, on)),
        titles={source.name: source.title for source in place.map.upstreams},
    )
    own = own_templates(place)
    files = [(f"weekly.{format}", render(view, format, own)) for format in asked.formats]
    letters = [(f"cover-{one.outcome.name}.txt", one.cover.encode()) for one in view.components if one.cover]
    return Made(on, (*files, *letters))
