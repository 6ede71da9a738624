"""`portkit report survey`: what of the whole tree is upstream's, and how old."""

from __future__ import annotations

from portkit.cli.pages import links, own_templates
from portkit.cli.reporting import Asked, Made, day_on
from portkit.cli.survey import Surveyor
from portkit.cli.wiring import Workspace
from portkit.errors import UserError
from portkit.report.survey_page import render, survey_report


def make(place: Workspace, asked: Asked) -> Made:
    """The report of a survey of the whole tree, by its ident lines, against the map's first upstream."""
    if asked.until:
        raise UserError("a survey looks at all of upstream", where="--until", hint="portkit report survey --onto REV")
    found = Surveyor(place, "", 0, "").survey((), asked.onto or None, False)
    on = day_on(place, asked, found.newest)
    view = survey_report(found, as_of=on, links=links(place))
    own = own_templates(place)
    return Made(on, tuple((f"survey.{format}", render(view, format, own)) for format in asked.formats))
