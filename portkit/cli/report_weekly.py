"""`portkit report weekly`: what landed, what waits and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from portkit.cli.local import LocalPatches
from portkit.cli.pages import links, own_templates
from portkit.cli.reporting import Asked, Made, compared_before, day_of, looked_at, told
from portkit.cli.verifying import ran
from portkit.cli.waiting import earlier, previous_report
from portkit.cli.wiring import Workspace
from portkit.cli.written import pages_of
from portkit.components.model import Mode
from portkit.errors import PortkitError, UserError, WorldError
from portkit.report.health import health
from portkit.report.view import PatchHealth
from portkit.report.weekly import render, weekly
from portkit.store import patches as store
from portkit.sync.outcome import ComponentOutcome

_SYNCS = 4
"""How many earlier syncs are looked at for what met a local patch."""


def make(place: Workspace, asked: Asked) -> Made:
    """The report of what a sync of all components finds now."""
    found = looked_at(place, asked)
    made = made_of(place, found.outcomes, asked, found.trouble)
    return replace(made, trouble=found.trouble)


def made_of(
    place: Workspace, outcomes: Sequence[ComponentOutcome], asked: Asked, trouble: Sequence[PortkitError] = ()
) -> Made:
    """The report of `outcomes`; beside it, a cover letter for each branch. `trouble`: what could not be looked at."""
    on = day_of(place, asked, outcomes)
    view = weekly(
        outcomes,
        as_of=on,
        links=links(place),
        previous=previous_report(place.reports, before=compared_before(asked, on)),
        titles={source.name: source.title for source in place.map.upstreams},
        patches=list(_patches(place, outcomes, asked.until)),
        trouble=[told(one) for one in trouble],
        ran=ran(place, outcomes),
        causes=_causes(place, on),
        pages={one.name: pages_of(place, one.name) for one in outcomes},
    )
    own = own_templates(place)
    files = [(f"weekly.{format}", render(view, format, own)) for format in asked.formats]
    letters = [(f"cover-{one.outcome.name}.txt", one.cover.encode()) for one in view.components if one.cover]
    return Made(on, (*files, *letters))


def _causes(place: Workspace, on: str) -> dict[str, tuple[str, ...]]:
    """The causes that a triage of the same day named, by the conflicts' ids; none where there is no such report."""
    causes: dict[str, tuple[str, ...]] = {}
    for report in earlier(place.reports, "triage"):
        if report.get("as_of") != on or not isinstance(report.get("conflicts"), list):
            continue
        for one in report["conflicts"]:
            if isinstance(one, dict) and isinstance(one.get("causes"), list):
                kinds = [str(cause.get("kind")) for cause in one["causes"] if isinstance(cause, dict)]
                causes[str(one.get("id"))] = tuple(dict.fromkeys(kinds))
    return causes


def _patches(place: Workspace, outcomes: Sequence[ComponentOutcome], until: str) -> Iterator[PatchHealth]:
    """How the local patches are of every component that has a series; what cannot be checked is said in its place."""
    for outcome in outcomes:
        if outcome.mode not in (Mode.SYNC, Mode.IMPORT) or not store.read(store.folder(place.root, outcome.name)):
            continue
        place.screen.progress(f"{outcome.name}: checking the local patches")
        try:
            work = LocalPatches.open(place, outcome.name, outcome.onto, until)
            yield health(work.check(work.series(), _SYNCS))
        except (UserError, WorldError) as error:
            yield PatchHealth(outcome.name, f"They cannot be checked: {told(error)}")
