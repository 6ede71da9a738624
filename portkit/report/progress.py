"""The progress report: what was done against the plan, and by whom.

Pure: what the target shows of the plan (`Facts`) and the commits come as values. Nothing is counted that the report
does not name: every commit, every milestone.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from portkit.components.model import DoneBy, Milestone, PlanEntry
from portkit.errors import UserError
from portkit.report.links import Links
from portkit.report.notes import Notes
from portkit.report.plots import Picture, Series, bars, lines
from portkit.report.view import Command
from portkit.report.work import Kind, Share, Work, shares
from portkit.sync.message import last_paragraph
from portkit.sync.outcome import ComponentOutcome, State


class Standing(StrEnum):
    """How an entry of the plan stands on the report's day."""

    DONE = "done"
    LATE = "late"
    UNDER_WAY = "under way"
    TO_COME = "to come"


@dataclass(frozen=True, slots=True)
class Seen:
    """That a path is in the target: since which day, and on which branch alone ("" for the target's own)."""

    since: str
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What shows that milestones are done. `paths`: those that are there; `findings`: those of the audit that still
    stand, None where no audit was asked."""

    paths: Mapping[str, Seen] = field(default_factory=dict)
    findings: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class MilestoneView:
    """A milestone and how it stands: `done`; since which day (`on`); `how` that is known, or why it is not. `seen`:
    whether the audit has, or had in an earlier report, the finding that is to go."""

    what: str
    done: bool
    on: str
    how: str
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Slip:
    """A last day that was planned before, and the one that took its place."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry of the plan, how it stands, and the commits made for it; `number` from 1."""

    number: int
    entry: PlanEntry
    weeks: str
    standing: Standing
    milestones: tuple[MilestoneView, ...]
    slips: tuple[Slip, ...]
    work: tuple[Work, ...]

    @property
    def done(self) -> int:
        """How many milestones are done."""
        return sum(one.done for one in self.milestones)

    def count(self, kind: str) -> int:
        """How many of its commits are of a kind."""
        return sum(one.kind == kind for one in self.work)


@dataclass(frozen=True, slots=True)
class Parked:
    """What of a component is left: changesets that do not fit, and that wait for those."""

    component: str
    waits: int
    blocked: int
    sheet: bool = False
    """Whether a worksheet has it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A progress report, before it has a format. `fresh`: commits that the report before did not have; `newly`:
    milestones (entry number, what) that were open then; `local`: how many commits nobody else can see."""

    as_of: str
    since: str
    entries: tuple[EntryView, ...]
    work: tuple[Work, ...]
    shares: tuple[Share, ...]
    parked: tuple[Parked, ...]
    notes: Notes
    lacking: tuple[str, ...]
    notes_file: str
    links: Links
    final: bool
    fresh: frozenset[str]
    newly: frozenset[tuple[int, str]]
    next: tuple[Command, ...]
    trouble: tuple[str, ...] = ()

    @property
    def milestones(self) -> tuple[MilestoneView, ...]:
        return tuple(one for entry in self.entries for one in entry.milestones)

    @property
    def done(self) -> int:
        return sum(one.done for one in self.milestones)

    @property
    def local(self) -> tuple[Work, ...]:
        """The commits that nobody else can see."""
        return tuple(one for one in self.work if not one.found.public)

    @property
    def merged(self) -> tuple[Work, ...]:
        return tuple(one for one in self.work if one.found.merged)

    def by_kind(self) -> dict[str, int]:
        """How many commits of each kind."""
        return {str(kind): sum(one.kind is kind for one in self.work) for kind in Kind}

    def is_new(self, commit: str) -> bool:
        """Whether the report before did not have the commit. False where there is no such report."""
        return bool(self.since) and commit in self.fresh

    def publishing(self, work: Work) -> str:
        """The command that lets others see a commit."""
        return f"portkit publish {shlex.quote(work.found.component)}"


def progress(
    plan: Sequence[PlanEntry],
    work: Sequence[Work],
    facts: Facts,
    outcomes: Sequence[ComponentOutcome],
    *,
    as_of: str,
    notes: Notes,
    notes_file: str,
    links: Links | None = None,
    previous: Mapping[str, Any] | None = None,
    final: bool = False,
    trouble: Sequence[str] = (),
) -> Progress:
    """The report of `work` (oldest first) against `plan` for the day `as_of`, against `previous`, the JSON of the one
    before. Raises UserError where there is no plan, or `previous` is no such report."""
    if not plan:
        raise UserError(
            "the map has no plan to measure against", where="plan", hint="docs/map.md tells how one is written"
        )
    known = _known(previous)
    placed = _placed(plan, work)
    first = min(entry.start for entry in plan)
    entries = tuple(
        _entry(number, entry, placed[number - 1], facts, as_of, first, known) for number, entry in enumerate(plan, 1)
    )
    about = {name for entry in plan for name in entry.components}
    newly = frozenset(
        (entry.number, one.what)
        for entry in entries
        for one in entry.milestones
        if one.done and previous is not None and (entry.number, one.what) not in known.done
    )
    return Progress(
        as_of, known.as_of, entries, tuple(work), shares(work), tuple(_parked(outcomes, about)), notes,
        notes.lacking(final=final), notes_file, links or Links(), final,
        frozenset(one.id for one in work if one.id not in known.commits), newly,
        tuple(_next(work, outcomes, about)), tuple(trouble),
    )  # fmt: skip


def pictures(view: Progress) -> tuple[Picture, ...]:
    """The burn-up against the plan, and the commits by kind."""
    planned = _climb(sorted(entry.entry.end for entry in view.entries for _ in entry.milestones))
    first = _climb(sorted(
        entry.slips[0].old if entry.slips else entry.entry.end for entry in view.entries for _ in entry.milestones
    ))  # fmt: skip
    start = min(entry.entry.start for entry in view.entries)
    done = _climb(sorted(max(start, one.on or view.as_of) for one in view.milestones if one.done))
    end = max(start, view.as_of, *(day for day, _ in done))
    series = [
        Series("done", _points((start, 0), *done, (end, view.done))),
        Series("planned", _points((start, 0), *planned)),
    ]
    if first != planned:
        series.append(Series("first planned", _points((start, 0), *first)))
    drawn = [lines("Milestones done, against the plan", "milestones", series, steps=True)]
    if view.work:
        drawn.append(bars("Commits, by how they came to be", "commits", list(view.by_kind().items()), "kind"))
    return tuple(drawn)


def _climb(days: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """How many there are by each of `days`, which are sorted."""
    return tuple({day: number for number, day in enumerate(days, 1)}.items())


def _points(*points: tuple[str, int]) -> tuple[tuple[str, int], ...]:
    """The points of a line, the last of each day."""
    return tuple(dict(points).items())


@dataclass(frozen=True, slots=True)
class _Known:
    """What the report before knew."""

    as_of: str = ""
    commits: frozenset[str] = frozenset()
    done: frozenset[tuple[int, str]] = frozenset()
    seen: frozenset[tuple[int, str]] = frozenset()
    ends: Mapping[tuple[str, ...], Sequence[Slip]] = field(default_factory=dict)
    last: Mapping[tuple[str, ...], str] = field(default_factory=dict)


def _known(previous: Mapping[str, Any] | None) -> _Known:
    if previous is None:
        return _Known()
    try:
        entries = previous["plan"]
        return _Known(
            str(previous["as_of"]),
            frozenset(str(one["commit"]) for one in previous["work"]),
            _marked(entries, "done"),
            _marked(entries, "seen"),
            {
                _name(entry): tuple(Slip(_day(one["old"]), _day(one["new"])) for one in entry["slips"])
                for entry in entries
            },
            {_name(entry): _day(entry["to"]) for entry in entries},
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            "the earlier report is no progress report of this portkit", cause=f"{type(error).__name__}: {error}",
            hint="move it away; the next one begins anew",
        ) from error  # fmt: skip


def _marked(entries: Sequence[Mapping[str, Any]], key: str) -> frozenset[tuple[int, str]]:
    """The milestones of an earlier report of which `key` is so, as (entry number, what)."""
    return frozenset(
        (number, str(one["what"]))
        for number, entry in enumerate(entries, 1)
        for one in entry["milestones"]
        if one.get(key)
    )


def _name(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """What an entry is known by across reports: its components and its first day."""
    return (*(str(one) for one in entry["components"]), _day(entry["from"]))


def _day(text: object) -> str:
    return date.fromisoformat(str(text)).isoformat()


def _placed(plan: Sequence[PlanEntry], work: Sequence[Work]) -> list[list[Work]]:
    """Each commit with one entry of its component: the one it was made in, else the last that had begun by then, else
    the first."""
    result: list[list[Work]] = [[] for _ in plan]
    for one in work:
        day = _day_of(one.found.commit.date)
        mine = [at for at, entry in enumerate(plan) if one.found.component in entry.components]
        if not mine:
            continue
        within = [at for at in mine if plan[at].start <= day <= plan[at].end]
        begun = [at for at in mine if plan[at].start <= day]
        result[(within or [max(begun, key=lambda at: plan[at].start)] if begun else within or mine)[0]].append(one)
    return result


def _entry(
    number: int, entry: PlanEntry, work: Sequence[Work], facts: Facts, as_of: str, first: str, known: _Known
) -> EntryView:
    milestones = tuple(
        _milestone(one, work, facts, as_of, seen=(number, one.what) in known.seen) for one in entry.milestones
    ) or (_told(entry.done_when or entry.work, entry.done, as_of),)
    if all(one.done for one in milestones):
        standing = Standing.DONE
    elif as_of > entry.end:
        standing = Standing.LATE
    else:
        standing = Standing.UNDER_WAY if as_of >= entry.start else Standing.TO_COME
    weeks = [(date.fromisoformat(day) - date.fromisoformat(first)).days // 7 + 1 for day in (entry.start, entry.end)]
    told = f"week {weeks[0]}" if weeks[0] == weeks[1] else f"weeks {weeks[0]} to {weeks[1]}"
    return EntryView(number, entry, told, standing, milestones, _slips(entry, known), tuple(work))


def _slips(entry: PlanEntry, known: _Known) -> tuple[Slip, ...]:
    """How the last day moved: as the map says it, else as the reports before saw it."""
    if entry.was:
        days = [*entry.was, entry.end]
        return tuple(Slip(old, new) for old, new in pairwise(days))
    name = (*entry.components, entry.start)
    slips = list(known.ends.get(name, ()))
    before = known.last.get(name, "")
    if before and before != entry.end:
        slips.append(Slip(before, entry.end))
    return tuple(slips)


def _milestone(
    one: Milestone, work: Sequence[Work], facts: Facts, as_of: str, *, seen: bool = False
) -> MilestoneView:
    match one.by:
        case DoneBy.TOLD:
            return _told(one.what, one.done, as_of)
        case DoneBy.PATH:
            there = facts.paths.get(one.value)
            if there is None:
                return MilestoneView(one.what, False, "", f"{one.value} is not in the target")
            where = f" on {there.branch}, not in the target's own branch yet" if there.branch else " in the target"
            return MilestoneView(one.what, True, there.since, f"{one.value} is{where}")
        case DoneBy.TRAILER:
            found = next((made for made in work if _has(made, one.value)), None)
            if found is None:
                return MilestoneView(one.what, False, "", f"no commit of this part says {one.value}")
            return MilestoneView(one.what, True, _day_of(found.found.commit.date), f"{found.id[:10]} says {one.value}")
        case DoneBy.AUDIT:
            if facts.findings is None:
                return MilestoneView(one.what, False, "", "the audit was not asked", seen)
            if one.value in facts.findings:
                return MilestoneView(one.what, False, "", f"the audit still finds {one.value}", True)
            if not seen:  # a misspelt name is never found either
                how = f"the audit does not find {one.value}, and no report before saw that it did"
                return MilestoneView(one.what, False, "", how)
            return MilestoneView(one.what, True, "", f"the audit no longer finds {one.value}", True)


def _told(what: str, done: str, as_of: str) -> MilestoneView:
    if not done:
        return MilestoneView(what, False, "", "nobody said that it is done")
    if done > as_of:
        return MilestoneView(what, False, "", f"said to be done on {done}, which is to come")
    return MilestoneView(what, True, done, "told by hand")


def _has(work: Work, trailer: str) -> bool:
    key, _, value = trailer.partition(":")
    return any(
        name.lower() == key.lower() and (not value.strip() or text.startswith(value.strip()))
        for name, text in last_paragraph(work.found.commit.message)
    )


def _parked(outcomes: Sequence[ComponentOutcome], about: set[str]) -> Iterator[Parked]:
    for outcome in outcomes:
        counts = outcome.counts()
        waits, blocked = counts[State.CONFLICT] + counts[State.FLAGGED], counts[State.BLOCKED]
        if outcome.name in about and (waits or blocked):
            yield Parked(outcome.name, waits, blocked, outcome.worksheet is not None)


def _next(work: Sequence[Work], outcomes: Sequence[ComponentOutcome], about: set[str]) -> Iterator[Command]:
    hidden = dict.fromkeys(one.found.component for one in work if not one.found.public)
    for name in hidden:
        yield Command(f"portkit publish {shlex.quote(name)}", f"let others see what is local only of {name}")
    for parked in _parked(outcomes, about):
        if parked.waits and parked.sheet:
            yield Command(f"portkit audit {shlex.quote(parked.component)}", "see what is left, and what is lacking")
        elif parked.waits:
            yield Command(f"portkit conflicts {shlex.quote(parked.component)}", "see what does not fit, and why")


def _day_of(seconds: int) -> str:
    return datetime.fromtimestamp(max(0, min(seconds, 253402300799)), UTC).date().isoformat()
