"""What every page takes from the workspace: where links lead, and the user's own templates."""

from __future__ import annotations

from portkit.cli.wiring import Workspace
from portkit.report.links import Links
from portkit.report.page import Templates
from portkit.store.templates import read_templates


def links(place: Workspace) -> Links:
    """Where the map says that commits and revisions can be looked at."""
    templates = place.map.links
    return Links(templates.commit, templates.changeset, templates.revision)


def own_templates(place: Workspace) -> Templates:
    """The user's own templates in this workspace."""
    folder = place.reports / "templates"
    return read_templates(folder, str(folder.relative_to(place.root)))
