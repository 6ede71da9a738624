"""The weekly sync: every component by its mode, in the order in which they need one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from portkit.change.changeset import Changeset
from portkit.components.model import AuthorPolicy, Component, ComponentMap, Mode, Source
from portkit.decisions.model import Decisions
from portkit.decisions.resolution import Resolutions
from portkit.errors import UserError
from portkit.merge.file import Version
from portkit.paths import RepoPath
from portkit.protocols import History, Memory, Target
from portkit.sync.branch import BranchMove, BranchWriter, Writable, Written, refuse_busy
from portkit.sync.by_hand import ByHand
from portkit.sync.component import ComponentRun
from portkit.sync.inputs import NO_DECISIONS, NOTHING_BY_HAND
from portkit.sync.ledger import Ledger, marked_commits, read_ledger
from portkit.sync.lineage import Lineage
from portkit.sync.message import MessageWriter
from portkit.sync.outcome import ComponentOutcome, Notice
from portkit.sync.plan import Plan, Scope
from portkit.sync.points import day_of, position_of
from portkit.sync.replay import NO_RESOLUTIONS, Judge
from portkit.sync.request import Request

if TYPE_CHECKING:
    from portkit.sync.adapt import LocalSeries

Writes = Mapping[RepoPath, Version | None]
"""What commits set; None: deleted."""


class SyncTarget(Target, Writable, Protocol):
    """What a sync asks of the target's repository."""


@dataclass(frozen=True, slots=True)
class SyncResult:
    """The outcomes, in the map's order, and the branches that are to move, all at once."""

    outcomes: tuple[ComponentOutcome, ...]
    moves: tuple[BranchMove, ...]


class Sync:
    """A run over the components of one map. `open_history` gives the history of an upstream by its name, `decisions`
    what people decided on a component, `resolutions` how they settled its conflicts, `by_hand` what they did of it
    without portkit, up to a target commit, `series` its local patches."""

    def __init__(
        self,
        component_map: ComponentMap,
        open_history: Callable[[Source], History],
        target: SyncTarget,
        memory: Memory,
        *,
        template: tuple[str, str] | None = None,
        decisions: Callable[[str], Decisions] = lambda _: NO_DECISIONS,
        resolutions: Callable[[str], Resolutions] = lambda _: NO_RESOLUTIONS,
        by_hand: Callable[[Component, Lineage, str], ByHand] = lambda *_: NOTHING_BY_HAND,
        judge: Callable[[Component, str, Writes], Judge | None] = lambda *_: None,
        series: Callable[[str], LocalSeries | None] = lambda _: None,
        progress: Callable[[str], None] = lambda _: None,
        look: Callable[[Component, Plan], None] = lambda *_: None,
    ) -> None:
        """`look` is shown every component's plan, before anything is written. `judge` gives a check of what is to land
        on a target commit, and on what the branches that the component needs would write there."""
        self._look = look
        self._map = component_map
        self._open_history = open_history
        self._target = target
        self._memory = memory
        self._template = template
        self._decisions = decisions
        self._resolutions = resolutions
        self._by_hand = by_hand
        self._judge = judge
        self._series = series
        self._progress = progress
        self._ledgers: dict[str, Ledger] = {}
        self._under: dict[str, Writes] = {}
        self._brought: dict[str, Writes] = {}

    def run(self, request: Request) -> SyncResult:
        """Plans every component that was asked for and, unless it is a dry run, stores its commits. No branch has
        moved when this returns."""
        if request.branch and len(request.components) > 1:
            raise UserError("--branch names one branch, and several components were asked for", where="--branch")
        self._refuse_busy(request)
        done: dict[str, Written] = {}
        for name in request.components:
            self._one(self._map.component(name), request, done)
        order = {component.name: index for index, component in enumerate(self._map.components)}
        names = sorted(done, key=lambda name: order[name])
        return SyncResult(
            tuple(done[name].outcome for name in names), tuple(move for name in names for move in done[name].moves)
        )

    def component_run(self, component: Component, onto: str) -> ComponentRun:
        """The run of one component against its upstream."""
        source = self._map.source(component.upstream)
        if onto not in self._ledgers:
            self._ledgers[onto] = read_ledger(marked_commits(self._target, self._memory, onto))
        return ComponentRun(
            component, source.title, self._open_history(source), self._target, self._memory,
            ledger=self._ledgers[onto], decisions=self._decisions(component.name),
            resolutions=self._resolutions(component.name),
            by_hand=partial(self._by_hand, component),
            judge=lambda onto: self._judge(component, onto, self._under.get(component.name, {})),
            series=partial(self._series, component.name),
            progress=self._progress,
        )  # fmt: skip

    def _refuse_busy(self, request: Request) -> None:
        """Before anything is stored, so that a refusal leaves nothing behind."""
        if request.dry_run:
            return
        waiting, seen = list(request.components), set[str]()
        while waiting:
            component = self._map.component(waiting.pop())
            if component.name not in seen and component.mode is not Mode.WATCH:
                asked = request.branch if component.name in request.components else ""
                refuse_busy(self._target, asked or f"portkit/{component.name}")
                waiting += [need.component for need in component.needs]
            seen.add(component.name)

    def _one(self, component: Component, request: Request, done: dict[str, Written]) -> Written:
        if component.name in done:
            return done[component.name]
        self._progress(f"{component.name}: looking at upstream")
        run = self.component_run(component, request.onto)
        history = self._open_history(self._map.source(component.upstream))
        needed = self._needed(component, run, history, request)
        onto = request.onto
        notices: tuple[Notice, ...] = ()
        under: dict[RepoPath, Version | None] = {}
        for name in needed:
            before = self._one(self._map.component(name), replace(request, branch=""), done)
            if before.outcome.tip:
                onto = before.outcome.tip
                notices += (Notice("needs", f"stands on {before.outcome.branch or name}, which it needs", name),)
            if request.dry_run:
                under.update(self._brought.get(name, {}))
        if onto != request.onto and not request.dry_run:
            run = self.component_run(component, onto)
        else:
            onto = request.onto
        self._under[component.name] = under
        until = partial(until_position, request.until, history)
        scope = Scope(until, request.changesets, request.as_of, request.partial, request.since)
        self._progress(f"{component.name}: replaying")
        plan = run.plan(onto, scope)
        every = sorted(notices + plan.outcome.notices, key=lambda one: one.kind != "damaged")  # damage heads all else
        plan = replace(plan, outcome=replace(plan.outcome, notices=tuple(every)), under=under)
        self._brought[component.name] = {
            **under, **{path: version for step in plan.branch for path, version in step.writes.items()}
        }  # fmt: skip
        self._look(component, plan)
        written = self._written(component, plan, request)
        done[component.name] = written
        return written

    def _needed(
        self, component: Component, run: ComponentRun, history: History, request: Request
    ) -> tuple[str, ...]:
        """The components whose branch this one starts from: those it needs at the point up to which it is synced."""
        if not component.needs or component.mode in (Mode.WATCH, Mode.PORT) or request.changesets:
            return ()
        changesets = run.changesets
        until = until_position(request.until, history, changesets)
        return tuple(
            need.component
            for need in component.needs
            if not need.since or until > _just_before(changesets, need.since, history)
        )

    def _written(self, component: Component, plan: Plan, request: Request) -> Written:
        if component.mode is Mode.WATCH:
            return Written(plan.outcome, ())
        branch = request.branch or f"portkit/{component.name}"
        if request.dry_run:
            return Written(replace(plan.outcome, branch=branch, tip=""), ())
        self._progress(f"{component.name}: writing {len(plan.branch)} commits")
        text, name = self._template or (None, "commit.txt.j2")
        title = self._map.source(component.upstream).title
        messages = MessageWriter(component.subject or component.name, title, text, name)
        policy = AuthorPolicy(self._map.commit.author)
        return BranchWriter(self._target, messages, policy).write(plan, branch)



def until_position(point: str, history: History, changesets: Sequence[Changeset]) -> int:
    """The position of the last changeset to look at: all of them where no `point` was given."""
    return position_of(changesets, point, history) if point else len(changesets) - 1


def _just_before(changesets: Sequence[Changeset], since: str, history: History) -> int:
    """The position of the last changeset before `since`, a date (YYYY-MM-DD) or a revision."""
    day = day_of(since)
    if day is not None:
        return max((index for index, one in enumerate(changesets) if one.date < day), default=-1)
    return position_of(changesets, since, history) - 1
