"""`portkit report progress`: what was done against the plan, and by whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from portkit.cli.pages import links, own_templates
from portkit.cli.reporting import Asked, Made, compared_before, day_of, looked_at, told
from portkit.cli.waiting import earlier
from portkit.cli.wiring import Workspace
from portkit.components.model import Component, DoneBy, Mode, PlanEntry
from portkit.errors import PortkitError, UserError, WorldError
from portkit.ports.model import Evidence, Kind
from portkit.report.audit import finds
from portkit.report.contract import iso
from portkit.report.notes import Notes, read_notes, skeleton
from portkit.report.progress import Facts, Seen, progress
from portkit.report.progress_render import render
from portkit.report.work import Found, Known, Work, told_apart
from portkit.sync.outcome import ComponentOutcome
from portkit.target.git import GitTarget

_DAY = 86400
_SLACK = 90 * _DAY
"""Commit dates are not monotone: reading goes on for this long beyond the plan's first day."""


def make(place: Workspace, asked: Asked) -> Made:
    """The report of what the target's own history and portkit's branches show now."""
    plan = place.map.plan
    if not plan:
        hint = "docs/map.md tells how one is written"
        raise UserError("the map has no plan to measure against", where=place.map.path, hint=hint)
    looked = looked_at(place, asked)
    target, onto, outcomes = place.target(), looked.onto, looked.outcomes
    on = day_of(place, asked, outcomes)
    trouble = list(looked.trouble)
    names = list(dict.fromkeys(name for entry in plan for name in entry.components))
    work = _work(place, target, names, outcomes, onto, min(entry.start for entry in plan), on)
    file = f"{'final' if asked.final else 'progress'}-notes.md"
    facts = replace(_facts(target, plan, outcomes, onto), findings=_findings(place, plan, onto, trouble))
    view = progress(
        plan, work, facts, outcomes,
        as_of=on,
        notes=_notes(place.reports / on / file),
        notes_file=str((place.reports / on / file).relative_to(place.root)),
        links=links(place),
        previous=next(earlier(place.reports, "progress", before=compared_before(asked, on)), None),
        final=asked.final,
        trouble=[told(one) for one in trouble],
    )  # fmt: skip
    own = own_templates(place)
    name = "final" if asked.final else "progress"
    files = tuple((f"{name}.{format}", render(view, format, own)) for format in asked.formats)
    waits = tuple(f"not filled in: {title}, in {view.notes_file}" for title in view.lacking)
    once = ((file, skeleton(final=asked.final).encode()),)
    return Made(on, files, once, waits, tuple(trouble))


def _work(
    place: Workspace, target: GitTarget, names: Sequence[str], outcomes: Sequence[ComponentOutcome], onto: str,
    first: str, on: str,
) -> tuple[Work, ...]:  # fmt: skip
    """Every commit for one of the plan's components, from the plan's first day to the report's."""
    start, end = _seconds(first), _seconds(on) + _DAY
    found: list[Found] = []
    known: dict[str, Known] = {}
    by_name = {one.name: one for one in outcomes}
    for name in names:
        component = place.map.component(name)
        place.screen.progress(f"{name}: reading what was committed")
        merged = []
        for commit in target.history(onto, _paths(component)):
            if commit.date < start - _SLACK:
                break
            if start <= commit.date < end:
                merged.append(Found(commit, commit.author, name, merged=True, public=True))
        found += reversed(merged)
        outcome = by_name.get(name)
        if outcome is not None and outcome.branch and outcome.tip not in ("", outcome.onto):
            hidden = target.hidden(outcome.onto, outcome.tip)
            for commit in target.commits_between(outcome.onto, outcome.tip):
                parent = target.commit_info(commit.parents[0]).date if commit.parents else None
                known[commit.id] = Known(parent=parent)
                found.append(
                    Found(commit, commit.author, name, False, outcome.branch, public=commit.id not in hidden)
                )
        if component.mode in (Mode.SYNC, Mode.IMPORT) and any(len(one.commit.parents) == 1 for one in merged):
            known |= _ported(place, component, onto)
    committers = target.committers([one.commit.id for one in found])
    return told_apart(
        (replace(one, committer=committers.get(one.commit.id, one.committer)) for one in found), known
    )


def _ported(place: Workspace, component: Component, onto: str) -> dict[str, Known]:
    """What is known of the commits that carry upstream's changesets."""
    lineage = place.sync().component_run(component, onto).lineage
    return {
        one.target_commit: Known(
            one.changesets, adapted=one.kind is not Kind.EXACT or Evidence.TRAILER not in one.evidence
        )
        for one in place.ports(component, lineage, onto).ports
    }


def _facts(
    target: GitTarget, plan: Sequence[PlanEntry], outcomes: Sequence[ComponentOutcome], onto: str
) -> Facts:
    """Which paths of the plan's milestones are there, on the target's own branch or on one of portkit's."""
    branches = [("", onto), *((one.branch, one.tip) for one in outcomes if one.branch and one.tip)]
    seen: dict[str, Seen] = {}
    for path in dict.fromkeys(_watched(plan)):
        for branch, tip in branches:
            if target.tree(tip, [path.removesuffix("/")]).entries:
                added = list(target.history(tip, [path.removesuffix("/")]))
                seen[path] = Seen(iso(added[-1].date)[:10] if added else "", branch)
                break
    return Facts(seen)


def _findings(
    place: Workspace, plan: Sequence[PlanEntry], onto: str, trouble: list[PortkitError]
) -> frozenset[str] | None:
    """Which findings of the plan's milestones an audit of the target's own branch still has; None, and why in
    `trouble`, where it cannot be asked."""
    wanted: dict[str, list[str]] = {}
    for entry in plan:
        for one in entry.milestones:
            if one.by is DoneBy.AUDIT:
                for name in entry.components:
                    wanted.setdefault(name, []).append(one.value)
    still: set[str] = set()
    for name, values in wanted.items():
        place.screen.progress(f"{name}: asking the audit")
        try:
            found = place.auditor(place.map.component(name), onto).run("", ())
        except (UserError, WorldError) as error:
            trouble.append(error)
            return None
        still.update(value for value in values if finds(found, value))
    return frozenset(still)


def _watched(plan: Sequence[PlanEntry]) -> Iterator[str]:
    return (one.value for entry in plan for one in entry.milestones if one.by is DoneBy.PATH)


def _paths(component: Component) -> list[str]:
    """The target paths that a component's rules speak of; the folder of a pattern."""
    return [
        (rule.target if not rule.glob else rule.target.rstrip("/")).removesuffix("/") for rule in component.paths
    ]


def _notes(path: Path) -> Notes:
    try:
        return read_notes(path.read_text("utf-8"))
    except FileNotFoundError:
        return Notes()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError("the notes cannot be read", where=str(path), cause=str(error)) from error


def _seconds(day: str) -> int:
    """The first second of a day (YYYY-MM-DD), UTC."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
