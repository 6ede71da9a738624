"""The worksheet of a port: where it lies in the workspace, and what of it is told on the screen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from portkit.cli.screen import Screen
from portkit.cli.wiring import Workspace
from portkit.report.worksheet import begin, sections, ticked, worksheet_object
from portkit.store.atomic import write_atomic
from portkit.sync.outcome import ComponentOutcome

_SECTIONS = 8


def worksheet_path(reports: Path, component: str, suffix: str) -> Path:
    """Where a component's worksheet lies: one file, written anew by each run."""
    return reports / f"worksheet-{component}.{suffix}"


def shown_worksheet(component: str) -> str:
    """Its page, as a person is told of it: from the workspace's folder."""
    return str(worksheet_path(Path("reports"), component, "html"))


def previous_worksheet(reports: Path, component: str) -> Mapping[str, Any] | None:
    """The worksheet that the run before wrote; None where there is none, or none that can be read."""
    try:
        found = json.loads(worksheet_path(reports, component, "json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("kind") == "worksheet" else None


def write_worksheet(place: Workspace, outcome: ComponentOutcome) -> None:
    """Writes the worksheet of a port, as a page, as Markdown and as JSON. Raises WorldError where the disk refuses,
    UserError for what is wrong with a template of the user's."""
    from portkit.cli.pages import links, own_templates  # where no port was asked for, no page is written
    from portkit.report.worksheet_page import markdown, page, view

    assert outcome.worksheet is not None
    done = ticked(outcome.worksheet, previous_worksheet(place.reports, outcome.name))
    text = json.dumps(worksheet_object(outcome, done), indent=1) + "\n"
    shown = view(outcome, links(place), done)
    for suffix, content in (
        ("html", page(shown, own_templates(place))), ("md", markdown(shown)), ("json", text.encode("ascii"))
    ):  # fmt: skip
        write_atomic(worksheet_path(place.reports, outcome.name, suffix), content)


def tell_worksheet(screen: Screen, outcome: ComponentOutcome, *, written: bool) -> None:
    """The functions in which most is left, and where the whole worksheet lies."""
    assert outcome.worksheet is not None
    found = [section for section in sections(outcome.worksheet) if section.open]
    found.sort(key=lambda section: -len(section.open))
    for section in found[:_SECTIONS]:
        where = section.function or section.upstream_function or "outside of functions"
        unknown = "" if section.function or not section.upstream_function else ", which the target has not"
        screen.paragraph(f"{len(section.open):4} left in {where}{unknown}, {section.file}", indent=" " * 7)
    if len(found) > _SECTIONS:
        screen.paragraph(f"     and in {len(found) - _SECTIONS} more places", indent=" " * 7)
    if written and begin(outcome):
        screen.paragraph(f"to finish it by hand: {begin(outcome)}", indent=" " * 7)
    if written and outcome.worksheet.entries:
        screen.paragraph(f"worksheet: {shown_worksheet(outcome.name)}, and beside it as .md and .json")
