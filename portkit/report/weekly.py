"""The weekly report: what landed, what waits for a person, what to do next.

A report is first a frozen view, made from outcomes and, where there is one, the report before; then one of three
renderings of it. No clock is read: the day is given, and the same inputs give the same bytes.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from portkit.change.changeset import Changeset
from portkit.errors import UserError
from portkit.report import page, wording
from portkit.report.contract import SCHEMA, component_object, conflict_object, iso, revisions
from portkit.report.lag import Lag, lag, parked_lag
from portkit.report.links import Links
from portkit.report.markdown import markdown
from portkit.report.page import Templates
from portkit.report.pictures import pictures
from portkit.report.review import candidates, commands, cover
from portkit.report.security import security_words
from portkit.report.shown import sides
from portkit.report.type_check import adding
from portkit.report.type_check import told as check_told
from portkit.report.view import (
    Blocked,
    Command,
    ComponentView,
    Ended,
    Page,
    PatchHealth,
    Root,
    Spoken,
    Week,
    Weekly,
    by_hand,
    in_part,
)
from portkit.report.waiting import Waiting, delta, known_conflicts, new_since, open_ids, waiting
from portkit.report.watched import told as about_told
from portkit.report.worksheet import begin
from portkit.sync.outcome import ChangesetOutcome, ComponentOutcome, Notice, State

__all__ = ["FORMATS", "Links", "Weekly", "new_since", "open_ids", "render", "weekly", "weekly_object"]

FORMATS = ("md", "json", "html")

WEEKS = 104
"""How many reports back the pictures go."""

_STANDING = ("kept", "deleted-on-purpose", "not-applicable")
_NOTES = ("branch", "needs", "rewritten", "port", "retired", "stale")


def weekly(
    outcomes: Sequence[ComponentOutcome],
    *,
    as_of: str,
    links: Links | None = None,
    previous: Mapping[str, Any] | None = None,
    titles: Mapping[str, str] | None = None,
    patches: Sequence[PatchHealth] = (),
    trouble: Sequence[str] = (),
    ran: Mapping[str, Sequence[str]] | None = None,
    causes: Mapping[str, tuple[str, ...]] | None = None,
    pages: Mapping[str, Sequence[Page]] | None = None,
) -> Weekly:
    """The report of `outcomes` for the day `as_of` (YYYY-MM-DD), against `previous`, the JSON of the one before.

    `titles`: how each upstream writes its name; `patches`: how the local patches are; `trouble`: sources that could
    not be looked at, a sentence each; `ran`: by component, what the user's own commands came to; `causes`: of
    conflicts, by their ids, in a word each; `pages`: by component, what else is written of it. Raises UserError where
    `previous` is no weekly report.
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
    before = _by_name(previous)
    components = tuple(
        replace(
            _component(
                component, tuple(waiting([component])), before.get(component.name),
                (titles or {}).get(component.upstream) or component.upstream,
                (ran or {}).get(component.name, ()),
            ),
            pages=tuple((pages or {}).get(component.name, ())),
        )
        for component in outcomes
    )  # fmt: skip
    since = str(previous.get("as_of", "")) if previous is not None else ""
    opened = _opened(previous)
    damage = dict.fromkeys(n.text for one in outcomes for n in one.notices if n.kind == "damaged" and n.text)
    return Weekly(
        as_of, since, components, links or Links(), changes, frozenset(fresh), fresh_unmapped,
        fresh_watched, tuple(_next(components)),
        security=tuple(_spoken(outcomes, frozenset(fresh) if since else frozenset())),
        opened={id: opened.get(id, as_of) for id in (*changes.new, *changes.still)},
        ended=tuple(_ended(one, outcomes, opened) for one in changes.closed),
        weeks=(*_weeks_before(previous, as_of), *(_week(as_of, one) for one in components if _counts(one))),
        patches=tuple(patches),
        trouble=(*trouble, *damage),
        causes=dict(causes or {}),
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
                about_told=about_told, adding=adding, check_told=check_told,
                type_check_sentence=wording.type_check_sentence,
                behind_sentence=wording.behind_sentence, by_hand=by_hand, checked=wording.checked, in_part=in_part,
                lag=wording.lag,
                pictures=pictures, place=wording.place, revisions=revisions,
                security_sentence=wording.security_sentence, sides=sides, summary=wording.summary, used=wording.used,
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
        "trouble": list(view.trouble),
        "components": [_component_object(component) for component in view.components],
        "conflicts": [
            conflict_object(one) | {"open_since": view.opened[one.id]} for one in _all_waiting(view.components)
        ],
        "delta": {
            "new": list(view.delta.new),
            "open": list(view.delta.still),
            "closed": [one.id for one in view.ended],
        },
        "closed": [
            {"id": one.id, "component": one.component, "place": one.place, "subject": one.subject, "how": one.how,
             "open_since": one.opened or None}
            for one in view.ended
        ],
        "security": [
            {"component": one.component, "changeset": one.changeset.id, "words": list(one.words), "state": one.state,
             "commit": one.commit or None, "new": one.new}
            for one in view.security
        ],
        "patches": [
            {"component": one.component, "summary": one.summary, "command": one.command or None,
             "patches": [{"name": patch.name, "state": patch.state, "note": patch.note} for patch in one.patches]}
            for one in view.patches
        ],
        "weeks": [
            {"as_of": one.as_of, "component": one.component, "landed": one.landed, "waits": one.waits,
             "blocked": one.blocked, "lag_median": one.lag_median, "lag_oldest": one.lag_oldest}
            for one in view.weeks
        ],
        "next": [command.text for command in view.next],
    }  # fmt: skip


def _component_object(view: ComponentView) -> dict[str, Any]:
    """A component of the contract, with what only the report works out."""
    return component_object(view.outcome) | {
        "lag": _lag_object(view.lag),
        "lag_off_branch": _lag_object(view.parked_lag),
        "candidates": [
            {"changeset": one.outcome.changeset.id, "commit": one.outcome.commit, "words": list(one.words),
             "after": one.after}
            for one in view.candidates
        ],
        "review": [{"command": one.text, "why": one.why} for one in view.review],
        "cover": view.cover or None,
    }  # fmt: skip


def _lag_object(one: Lag) -> dict[str, Any]:
    return {
        "count": one.count,
        "median_days": one.median_days,
        "oldest_days": one.oldest_days,
        "median": _dated(one.median),
        "oldest": _dated(one.oldest),
    }


def _dated(one: Changeset | None) -> dict[str, str] | None:
    return {"changeset": one.id, "date": iso(one.date)} if one is not None else None


def _all_waiting(components: Iterable[ComponentView]) -> Iterator[Waiting]:
    return (one for component in components for root in component.roots for one in root.waits)


def _component(
    outcome: ComponentOutcome,
    waits: tuple[Waiting, ...],
    before: Mapping[str, Any] | None,
    title: str,
    ran: Sequence[str],
) -> ComponentView:
    by_root = [(root, tuple(several)) for root, several in groupby(waits, lambda one: one.changeset.id)]
    roots = tuple(
        Root(number, several[0].outcome, several, several[0].blocks) for number, (_, several) in enumerate(by_root, 1)
    )
    seen: dict[tuple[str, str], Notice] = {}
    for notice in outcome.notices:
        if notice.kind in _STANDING:
            seen.setdefault((notice.kind, notice.path), notice)
    landed = _in(outcome, State.PORTED)
    written = bool(landed) and outcome.tip not in ("", outcome.onto)
    picks = candidates(landed)
    return ComponentView(
        outcome,
        landed=landed,
        already=_in(outcome, State.ALREADY),
        roots=roots,
        blocked=_grouped(outcome, roots),
        aside=_in(outcome, State.DEFERRED, State.SKIPPED, State.NOT_APPLICABLE),
        sheet=_in(outcome, State.CONFLICT) if outcome.worksheet is not None else (),
        disagreements=tuple(one for one in outcome.baselines if one.note),
        unmapped=tuple(notice for notice in outcome.notices if notice.kind == "unmapped"),
        standing=tuple(seen.values()),
        notes=tuple(notice for notice in outcome.notices if notice.kind in _NOTES),
        jumped=tuple(notice for notice in outcome.notices if notice.kind == "jumped"),
        lag=lag(outcome),
        parked_lag=parked_lag(outcome),
        candidates=picks,
        review=tuple(commands(outcome, picks, before)) if written else (),
        cover=cover(outcome, title, landed, ran) if written else "",
    )


def _spoken(outcomes: Iterable[ComponentOutcome], fresh: frozenset[tuple[str, str]]) -> Iterator[Spoken]:
    """What speaks of security: what waits first, then what landed, then what is only watched or left aside; the oldest
    first of each."""
    found = []
    for component in outcomes:
        for one in component.changesets:
            words = security_words(one.changeset.message)
            if words:
                commit = one.commit or ""
                new = (component.name, one.changeset.id) in fresh
                found.append(Spoken(component.name, one.changeset, words, str(one.state), commit, new))
    known = {one.changeset.id for one in found}
    for component in outcomes:
        for changeset in component.watched:
            words = security_words(changeset.message)
            if words and changeset.id not in known:  # another component may carry what this one only watches
                known.add(changeset.id)
                found.append(Spoken(component.name, changeset, words, "watched"))
    order = {str(state): 0 for state in (State.CONFLICT, State.FLAGGED, State.BLOCKED)} | {str(State.PORTED): 1}
    yield from sorted(found, key=lambda one: (order.get(one.state, 2), one.changeset.date))


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
        if outcome.worksheet is not None and outcome.draft:
            yield Command(begin(outcome), f"finish {outcome.name} by hand")
    stuck = [shlex.quote(one.outcome.name) for one in components if one.roots and (one.written or not one.landed)]
    if stuck:
        yield Command(f"portkit sync {' '.join(stuck)}", "again, once the target is mended")


# What the report before knew.


def _by_name(previous: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    try:
        return {str(one["name"]): one for one in previous["components"]} if previous is not None else {}
    except (KeyError, TypeError) as error:
        raise _unreadable(error) from error


def _opened(previous: Mapping[str, Any] | None) -> dict[str, str]:
    """Since when each conflict of `previous` is open; reports of before this was told say it of themselves."""
    if previous is None:
        return {}
    day = str(previous.get("as_of", ""))
    return {id: str(one.get("open_since") or day)[:10] for id, one in known_conflicts(previous).items()}


def _ended(one: Mapping[str, Any], outcomes: Iterable[ComponentOutcome], opened: Mapping[str, str]) -> Ended:
    id, component, revised = str(one.get("id")), str(one.get("component", "")), one.get("revisions")
    states = [
        changeset.state
        for outcome in outcomes
        if outcome.name == component
        for changeset in outcome.changesets
        if changeset.changeset.id == one.get("changeset") or revisions(changeset) == revised
    ]
    how = wording.ENDED.get(states[0], "") if states else "no longer pending"
    place = ", ".join(str(part) for part in (one.get("file"), one.get("function")) if part)
    return Ended(id, component, place, str(one.get("subject", "")), how or "its place fits now", opened.get(id, ""))


def _counts(view: ComponentView) -> bool:
    """Whether a component's changesets are counted at all: one that is only watched has none."""
    return view.outcome.mode not in ("watch", "port") or bool(view.outcome.changesets)


def _week(as_of: str, view: ComponentView) -> Week:
    return Week(
        as_of, view.outcome.name, len(view.landed), view.parked, view.blocked_count, view.lag.median_days,
        view.lag.oldest_days,
    )  # fmt: skip


def _weeks_before(previous: Mapping[str, Any] | None, as_of: str) -> Iterator[Week]:
    """What the report before knew of itself and of those before it. What is no such list is as good as none: it only
    makes pictures."""
    told = previous.get("weeks") if previous is not None else None
    weeks = []
    for one in told if isinstance(told, list) else ():
        try:
            numbers = [one[key] for key in ("landed", "waits", "blocked", "lag_median", "lag_oldest")]
            day = date.fromisoformat(one["as_of"]).isoformat()
            if all(type(number) is int and number >= 0 for number in numbers) and day < as_of:
                weeks.append(Week(day, str(one["component"]), *numbers))
        except (KeyError, TypeError, ValueError):
            continue
    kept = sorted({one.as_of for one in weeks})[-WEEKS:]
    yield from (one for one in weeks if one.as_of in kept)


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
        raise _unreadable(error) from error
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


def _unreadable(error: Exception) -> UserError:
    return UserError("the earlier report cannot be read", cause=f"{type(error).__name__}: {error}")
