"""What is written of a component beside the reports of a day, so that one page can lead to another."""

from __future__ import annotations

from glob import escape
from pathlib import Path
from urllib.parse import quote

from portkit.cli.watch import watch_path
from portkit.cli.wiring import Workspace
from portkit.cli.worksheet import worksheet_path
from portkit.report.view import Page


def pages_of(place: Workspace, component: str) -> tuple[Page, ...]:
    """The pages of one component by their addresses from a day's folder: its worksheet, what is watched of it, its
    newest audit; those that are there."""
    told = [
        (worksheet_path(Path(), component, "html"), "the worksheet"),
        (watch_path(Path(), component, "html"), "what upstream did"),
    ]
    days = sorted(place.reports.glob(f"[0-9]*/audit-{escape(component)}.html"))
    told += [(days[-1].relative_to(place.reports), f"the audit of {days[-1].parent.name}")] if days else []
    return tuple(Page(f"../{quote(str(path))}", name) for path, name in told if (place.reports / path).is_file())
