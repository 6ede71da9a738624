"""The weekly report: what landed, what waits for a person, what to do next.

A report is first a frozen view, made from outcomes and, where there is one, the report before; then one of three
renderings of it. No clock is read: the day is given, and the same inputs give the same bytes.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from portkit.errors import UserError
from portkit.report import page, wording
from portkit.report.contract import SCHEMA, component_object, conflict_object, revisions
from portkit.report.links import Links
from portkit.report.markdown import markdown
from portkit.report.page import Templates
from portkit.report.shown import sides
from portkit.report.view import Blocked, Command, ComponentView, Root, Weekly
from portkit.report.waiting import Waiting, delta, new_since, open_ids, waiting
from portkit.sync.outcome import ChangesetOutcome, ComponentOutcome, Notice, State

__all__ = ["FORMATS", "Links", "Weekly", "new_since", "open_ids", "render", "weekly", "weekly_object"]

FORMATS = ("md", "json", "html")

_STANDING = ("kept", "deleted-on-purpose", "not-applicable")
_NOTES = ("branch", "needs", "rewritten", "port", "retired", "stale")


def weekly(
    outcomes: Sequence[ComponentOutcome],
    *,
    as_of: str,
    links: Links | None = None,
    previous: Mapping[str, Any] | None = None,
) -> Weekly:
    """The report of `outcomes` for the day `as_of` (YYYY-MM-DD), against `previous`, the JSON of the one before.

    Raises UserError where `previous` is no weekly report.
    """
    changes = delta(outcomes, previous)
    states, notices, watched = _known(previous)
    fresh = set()
    fresh_unmapped = fresh_watched = 0
    for component in outcomes:
        told = component_object(component)
        for outcome, changeset in zip(component.changesets, told["changesets"], strict=True):
            if states.get((component.name, _lasting(changeset))) != changeset["state"]:
                fresh.add((component.name, outcome.changeset.id))
        fresh_unmapped += len(set(_unmapped(told)) - notices)
        fresh_watched += len(set(_watched(told)) - watched)
    components = tuple(_component(component, tuple(waiting([component]))) for component in outcomes)
    since = str(previous.get("as_of", "")) if previous is not None else ""
    return Weekly(
        as_of, since, components, links or Links(), changes, frozenset(fresh), fresh_unmapped,
        fresh_watched, tuple(_next(components)),
    )  # fmt: skip


def render(view: Weekly, format: str, own: Templates | None = None) -> bytes:
    """`view` as `md`, `json` or `html`, UTF-8. Raises UserError for another format, or for what is wrong with a
    template of the user's."""
    match format:
        case "md":
            return markdown(view)
        case "json":
            return (json.dumps(weekly_object(view), indent=1) + "\n").encode("ascii")
        case "html":
            return page.render(
                "weekly.html.j2", view, own,
                lag=wording.lag, landed_sentence=wording.landed_sentence, place=wording.place, revisions=revisions,
                sides=sides, summary=wording.summary, used=wording.used, waiting_sentence=wording.waiting_sentence,
            )  # fmt: skip
        case _:
            raise UserError(f"there is no format {format!r}", hint=f"one of {', '.join(FORMATS)}")


def weekly_object(view: Weekly) -> dict[str, Any]:
    """The whole report as data: what the next one is compared with."""
    return {
        "schema": SCHEMA,
        "command": "report",
        "kind": "weekly",
        "as_of": view.as_of,
        "since": view.since or None,
        "components": [component_object(component.outcome) for component in view.components],
        "conflicts": [conflict_object(one) for one in _all_waiting(view.components)],
        "delta": {
            "new": list(view.delta.new),
            "open": list(view.delta.still),
            "closed": [str(one["id"]) for one in view.delta.closed],
        },
        "next": [command.text for command in view.next],
    }


def _all_waiting(components: Iterable[ComponentView]) -> Iterator[Waiting]:
    return (one for component in components for root in component.roots for one in root.waits)


def _component(outcome: ComponentOutcome, waits: tuple[Waiting, ...]) -> ComponentView:
    by_root = [(root, tuple(several)) for root, several in groupby(waits, lambda one: one.changeset.id)]
    roots = tuple(
        Root(number, several[0].outcome, several, several[0].blocks) for number, (_, several) in enumerate(by_root, 1)
    )
    seen: dict[tuple[str, str], Notice] = {}
    for notice in outcome.notices:
        if notice.kind in _STANDING:
            seen.setdefault((notice.kind, notice.path), notice)
    return ComponentView(
        outcome,
        landed=_in(outcome, State.PORTED),
        already=_in(outcome, State.ALREADY),
        roots=roots,
        blocked=_grouped(outcome, roots),
        aside=_in(outcome, State.DEFERRED, State.SKIPPED, State.NOT_APPLICABLE),
        disagreements=tuple(one for one in outcome.baselines if one.note),
        unmapped=tuple(notice for notice in outcome.notices if notice.kind == "unmapped"),
        standing=tuple(seen.values()),
        notes=tuple(notice for notice in outcome.notices if notice.kind in _NOTES),
    )


def _in(outcome: ComponentOutcome, *states: State) -> tuple[ChangesetOutcome, ...]:
    return tuple(one for one in outcome.changesets if one.state in states)


def _grouped(outcome: ComponentOutcome, roots: tuple[Root, ...]) -> tuple[Blocked, ...]:
    """What is blocked, by the roots it waits for; in the order in which each group is first met."""
    groups: dict[tuple[int, ...], list[ChangesetOutcome]] = {}
    for one in _in(outcome, State.BLOCKED):
        numbers = tuple(root.number for root in roots if root.outcome.changeset.id in one.blocked_by)
        groups.setdefault(numbers, []).append(one)
    return tuple(
        Blocked(tuple(roots[number - 1] for number in numbers), tuple(several)) for numbers, several in groups.items()
    )


def _next(components: Sequence[ComponentView]) -> Iterator[Command]:
    for component in components:
        outcome = component.outcome
        name, onto = shlex.quote(outcome.name), outcome.onto[:12]
        if component.written:
            yield Command(f"git log -p {onto}..{shlex.quote(outcome.branch)}", f"review {outcome.name}")
        elif component.landed:
            yield Command(f"portkit sync {name}", f"write the branch of {outcome.name}")
    for component in components:
        outcome = component.outcome
        if component.roots and outcome.draft:
            onto = outcome.onto[:12]
            yield Command(f"git log -p {onto}..{shlex.quote(outcome.draft)}", f"see what {outcome.name} lacks")
    stuck = [shlex.quote(one.outcome.name) for one in components if one.roots and (one.written or not one.landed)]
    if stuck:
        yield Command(f"portkit sync {' '.join(stuck)}", "again, once the target is mended")


# What the report before knew.


def _known(
    previous: Mapping[str, Any] | None,
) -> tuple[dict[tuple[str, str], str], set[tuple[str, str]], set[tuple[str, str]]]:
    """The states, unmapped files and watched changesets of `previous`."""
    states: dict[tuple[str, str], str] = {}
    notices: set[tuple[str, str]] = set()
    watched: set[tuple[str, str]] = set()
    try:
        for component in previous["components"] if previous is not None else ():
            for changeset in component["changesets"]:
                states[component["name"], _lasting(changeset)] = changeset["state"]
            notices.update(_unmapped(component))
            watched.update(_watched(component))
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError("the earlier report cannot be read", cause=f"{type(error).__name__}: {error}") from error
    return states, notices, watched


def _lasting(changeset: Mapping[str, Any]) -> str:
    """What a changeset is known by across reports: its revisions, or its hash where a file has none."""
    if changeset["files"] and all(file["revision"] for file in changeset["files"]):
        return "\n".join(changeset["revisions"])
    return str(changeset["id"])


def _unmapped(component: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    return ((component["name"], one["path"]) for one in component["notices"] if one["kind"] == "unmapped")


def _watched(component: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    return ((component["name"], f"{one['date']} {one['subject']}") for one in component["watched"])
