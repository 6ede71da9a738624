"""The survey of the whole tree as a report: what came from upstream, how old it is, where a sync would pay most."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from portkit.errors import UserError
from portkit.paths import parent
from portkit.report import page
from portkit.report.links import Links
from portkit.report.mail import block, commands, finished, named, prose
from portkit.report.page import Templates
from portkit.report.plots import Picture, bars
from portkit.report.shown import counted, one_line
from portkit.report.survey import survey_object, totals
from portkit.report.view import Command
from portkit.survey.model import Derived, Place, Standing, Survey

_YEAR = 365
_AGES = ((1, "under a year"), (2, "1 to 2 years"), (5, "2 to 5 years"), (10, "5 to 10 years"), (10**6, "over 10 years"))
_MOST = 12
"""Folders that a picture and a mail name."""


@dataclass(frozen=True, slots=True)
class SurveyReport:
    """A survey as a report of the day `as_of`. `behind`: the files that are behind, by folder, in path order."""

    as_of: str
    survey: Survey
    links: Links
    behind: tuple[tuple[str, tuple[Derived, ...]], ...]
    next: tuple[Command, ...]

    @property
    def totals(self) -> dict[str, Any]:
        return totals(self.survey)

    @property
    def late(self) -> tuple[Derived, ...]:
        """The files that are behind, in path order."""
        return tuple(one for _, files in self.behind for one in files)

    @property
    def deleted(self) -> tuple[Derived, ...]:
        """The files that upstream has no more."""
        return tuple(one for one in self.survey.files if one.deleted and not one.further)

    @property
    def unresolved(self) -> tuple[Derived, ...]:
        """The files whose version is not known: several, none, or one of a branch."""
        odd = (Standing.AMBIGUOUS, Standing.UNKNOWN, Standing.BRANCH)
        return tuple(one for one in self.survey.files if one.standing in odd and not one.further)


def survey_report(survey: Survey, *, as_of: str, links: Links | None = None) -> SurveyReport:
    """The report of `survey` for the day `as_of`."""
    late = [one for one in survey.files if one.behind and not one.further]
    behind = tuple((folder, tuple(files)) for folder, files in groupby(late, lambda one: parent(one.target)))
    return SurveyReport(as_of, survey, links or Links(), behind, tuple(_next(survey)))


def render(view: SurveyReport, format: str, own: Templates | None = None) -> bytes:
    """`view` as `md`, `json` or `html`, UTF-8. Raises UserError for another format, or for what is wrong with a
    template of the user's."""
    match format:
        case "md":
            return finished(_mail(view))
        case "json":
            told = {**survey_object(view.survey), "command": "report", "kind": "survey", "as_of": view.as_of}
            return (json.dumps(told, indent=1) + "\n").encode("ascii")
        case "html":
            return page.render("survey.html.j2", view, own, pictures=pictures, origin=origin, sentence=sentence)
        case _:
            raise UserError(f"there is no format {format!r}", hint="one of md, json, html")


def sentence(view: SurveyReport) -> str:
    """How much of the tree is upstream's, and how old, in two sentences."""
    told = view.totals
    return (
        f"{told['files']:,} of {told['surveyed']:,} files came from upstream, {told['lines']:,} lines. "
        f"{told['behind']:,} of them are behind, by {counted(told['changesets'], 'changeset')}."
    )


def pictures(view: SurveyReport) -> tuple[Picture, ...]:
    """Where the files come from, how old they are, and where most is missing."""
    told, late = view.totals, view.late
    standing = [(str(one), int(told[str(one)])) for one in Standing]
    ages = [("not behind", told[str(Standing.RESOLVED)] - len(late))]
    low = 0
    for years, name in _AGES:
        ages.append((name, sum(low * _YEAR <= one.lag_days < years * _YEAR for one in late)))
        low = years
    most = sorted(view.survey.places, key=lambda one: (-one.changesets, one.folder))[:_MOST]
    drawn = [
        bars("What is known of the files' origin", "files", standing, "origin"),
        bars("How long the files that are resolved are behind", "files", ages, "behind"),
    ]
    if most:
        rows = [(one.folder, one.changesets) for one in most]
        drawn.append(bars("The folders that lack most", "changesets", rows, "folder"))
    return tuple(drawn)


def origin(one: Derived) -> str:
    """Where a file comes from: upstream's path and revision, as far as they are known."""
    return f"{one.upstream or (one.recorded.path if one.recorded else '?')} {one.revision}".strip()


def _next(survey: Survey) -> Iterator[Command]:
    for one in survey.best[:3]:
        what = f"bring {one.folder} up to date" if one.component else f"every file of {one.folder}"
        text = f"portkit sync {shlex.quote(one.component)}" if one.component else (
            f"portkit -v survey {shlex.quote(one.folder)}"
        )  # fmt: skip
        yield Command(text, what)


def _mail(view: SurveyReport) -> Iterator[str]:
    told = view.totals
    yield f"# The tree and its upstream, {named(view.as_of)}"
    yield prose(f"**What is upstream's:** {sentence(view)}")
    yield prose(
        f"**Not known:** {counted(len(view.unresolved), 'file')}; {told['newer']:,} are newer than the upstream "
        f"history at hand. Upstream deleted {told['deleted_upstream']:,}."
    )
    if view.next:
        yield "**Next:**"
        yield block(commands(view.next))
    if view.survey.best:
        yield f"## Where a sync pays most ({len(view.survey.best)})"
        yield block(_folders(view.survey.best))
    for drawn in pictures(view):
        yield f"## {drawn.title}"
        yield block(f"{row[1]:>7}  {one_line(row[0], 40)}" for row in drawn.rows)


def _folders(several: tuple[Place, ...]) -> Iterator[str]:
    yield f"{'missing':>7}  {'files':>5}  {'days':>6}  folder, and where it comes from"
    for one in several[:_MOST]:
        yield f"{one.changesets:>7}  {one.behind_files:>5}  {one.lag_days:>6}  {one_line(one.folder, 40)}"
        yield f"{'':24}{one_line(one.upstream, 44)}"
