"""One component's run: from upstream's history and a target commit to outcomes, and the commits to be written.

Nothing is written here. What is returned says everything: the outcomes for the reports, the commits for the branch
and for the draft.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from portkit.change.changeset import Changeset, FileChange
from portkit.change.revision import FileRevision
from portkit.components.model import Component, IdentStyle, Mode
from portkit.decisions.model import Decisions
from portkit.decisions.resolution import Resolutions
from portkit.errors import UserError
from portkit.merge.fate import Fate
from portkit.merge.file import Clash, FileMerge, FileMerger, Version
from portkit.merge.gate import Gate
from portkit.merge.placing import Placer
from portkit.paths import RepoPath, parent
from portkit.protocols import Damage, History, Memory, Target, Tree
from portkit.sync.adapt import Adaptation, LocalSeries, adaptations
from portkit.sync.baseline import BaselineFinder
from portkit.sync.by_hand import ByHand
from portkit.sync.decided import Decider, reached
from portkit.sync.ledger import Ledger, marked_commits, read_ledger
from portkit.sync.lineage import Lineage, as_it_is
from portkit.sync.message import LEFT_OUT, RESOLUTION, WITHIN, WORDS, Part
from portkit.sync.moves import joined
from portkit.sync.outcome import (
    ChangesetOutcome,
    ComponentOutcome,
    Conflict,
    ConflictState,
    FileOutcome,
    FileState,
    Notice,
    State,
)
from portkit.sync.pending import Picker, Start, chosen, find_start, pending, read_target, readme_deleted
from portkit.sync.pick import Pick, Picked
from portkit.sync.porting import Port, Ported, ported_outcome
from portkit.sync.replay import NO_RESOLUTIONS, IdentPolicy, Judge, Replay, Replayed
from portkit.sync.rounds import Played, play, unknown
from portkit.sync.style import learned
from portkit.sync.vendor import VendorLine, VendorState, merging, readme, vendor_line
from portkit.sync.watched import Watched
from portkit.sync.watching import FileSides, look
from portkit.sync.worksheet import Worksheet

_DAY = 86400


NO_DECISIONS = Decisions()
NOTHING_BY_HAND = ByHand()

Counted = tuple[Changeset, tuple[FileChange, ...]]
"""A changeset, and those of its files that are pending."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run is asked to look at. `until`: a position past which nothing is looked at; `ids`: only these
    changesets, whatever the baselines say; `as_of`: the day (YYYY-MM-DD) that counts as today, "" for that of the
    newest changeset looked at; `partial`: whether the clean files of what is parked land; `since`: the day or revision
    from which on what is watched is told, "" for what the map says."""

    until: Callable[[Sequence[Changeset]], int]
    ids: tuple[str, ...] = ()
    as_of: str = ""
    partial: bool = False
    since: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One commit to be written: the changeset it carries and the files it sets (None: deleted). `also`: the ids of
    further changesets in it; `notes`: further trailers, as key and value; `merges`: the state of the plan's
    vendor line that it merges; `partial`: it carries only `revisions`, and
    of further files the hunks that `parts` names."""

    changeset: Changeset
    revisions: tuple[tuple[str, str], ...]
    writes: Mapping[RepoPath, Version | None]
    state: State
    subject: str = ""
    also: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    partial: bool = False
    merges: int | None = None
    own: Adaptation | None = None
    """What it is instead, where it is the target's own: then `changeset` is the import that it follows."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a plan was made from, for those who ask why: every changeset with its merges, the target's tree before
    them, the life of upstream's files, who reads a changeset's files, and who finds what a file derives from. `again`
    replays the same with some changesets taken as if they were resolved with upstream's side; `resolutions` are those
    that were applied."""

    replayed: tuple[Replayed, ...]
    tree: Tree
    lineage: Lineage
    picker: Picker
    finder: BaselineFinder
    again: Callable[[Collection[str]], Iterable[Replayed]]
    resolutions: Resolutions = NO_RESOLUTIONS


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do for one component: the outcome (no commits in it yet), and the commits of the branch and
    of the draft, in order. `draft` is empty where nothing is parked. `results`: the replay itself, with the
    contents; `ground` what it was made from, None where nothing was replayed; `under`: what the branches that it needs
    would write before it, where they are not written (a dry run); `vendor`: what the vendor branch is to hold."""

    outcome: ComponentOutcome
    branch: tuple[Step, ...]
    draft: tuple[Step, ...]
    results: tuple[Replayed, ...] = ()
    ground: Ground | None = None
    under: Mapping[RepoPath, Version | None] = field(default_factory=dict)
    vendor: VendorLine | None = None


class ComponentRun:
    """One component against one upstream and one target commit."""

    def __init__(
        self,
        component: Component,
        title: str,
        history: History,
        target: Target,
        memory: Memory,
        *,
        ledger: Ledger | None = None,
        decisions: Decisions = NO_DECISIONS,
        resolutions: Resolutions = NO_RESOLUTIONS,
        by_hand: Callable[[Lineage, str], ByHand] = lambda *_: NOTHING_BY_HAND,
        judge: Callable[[str], Judge | None] = lambda _: None,
        series: Callable[[], LocalSeries] = LocalSeries,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`by_hand` tells, of upstream's files and a target commit, what people ported without portkit; `judge` gives a
        check of what is to land on a target commit, None for none; `series` gives the component's local patches."""
        self._judge = judge
        self._progress = progress
        self._component = component
        self._title = title
        self._history = history
        self._target = target
        self._memory = memory
        self._ledger = ledger
        self._decisions = decisions
        self._resolutions = resolutions
        self._by_hand = by_hand
        self._series = series
        every = history.changesets(lambda path: component.covers(path) or component.unmapped(path))
        covered = [_only(changeset, component.covers) for changeset in every]
        self._changesets = [changeset for changeset in covered if changeset.files]
        beside = [(one, change) for one in every for change in one.files if component.unmapped(change.path)]
        self._stale: list[Notice] = []
        if component.moved:
            last = {move: at for move in component.moved if (at := self._reached("moved", move.at)) is not None}
            self._changesets, left = joined(component, self._changesets, last)
            beside += left
        self._beside = [(one, change) for one, change in beside if change.old is None]
        self._lineage: Lineage | None = None
        self._placer = Placer(component.fold)

    @property
    def changesets(self) -> Sequence[Changeset]:
        """Upstream's changesets for the component, oldest first, other files left out."""
        return self._changesets

    def plan(self, onto: str, scope: Scope) -> Plan:
        """The plan for the target commit `onto`. Raises UserError where upstream or the target lacks the
        component's paths."""
        component = self._component
        self._refuse_strange_upstream()
        until = scope.until(self._changesets)
        match component.mode:
            case Mode.PORT:
                plan = self._ported(onto, scope, until)
            case Mode.WATCH:
                plan = self._quiet(onto, until, (), *self._watched(until, scope.since))
                looked_at = tuple(self._look(one) for one in plan.outcome.watched)
                plan = replace(plan, outcome=replace(plan.outcome, looked_at=looked_at))
            case Mode.SYNC | Mode.IMPORT:
                plan = self._replayed(onto, scope, until)
        damaged = tuple(Notice("damaged", f"{one.what}; it was left out", one.path) for one in self._damaged())
        notices = (*damaged, *plan.outcome.notices, *self._retired(until), *self._stale)
        return replace(plan, outcome=replace(plan.outcome, notices=notices))

    def _retired(self, until: int) -> Iterable[Notice]:
        """That upstream ended the component, once what is looked at reaches that point."""
        retired = self._component.retired
        if until < 0:
            return
        if retired is None:
            yield from self._deleted(until)
            return
        day = day_of(retired.at)
        at = until if day is not None else self._reached("retired", retired.at)
        if at is None or until < at or (day is not None and self._changesets[until].date < day):
            return
        when = retired.at if day is not None else datetime.fromtimestamp(self._changesets[at].date, UTC).date()
        follows = f"; {retired.successor} followed" if retired.successor else "; nothing followed it"
        text = f"upstream ended {self._component.name} on {when} (the map's retired){follows}"
        yield Notice("retired", text, retired.successor)

    def _deleted(self, until: int) -> Iterator[Notice]:
        """That upstream deleted the last of its files, where the map says nothing of an end."""
        there: set[RepoPath] = set()
        for one in self._changesets[: until + 1]:
            for change in one.files:
                (there.discard if change.new is None else there.add)(change.path)
        if not there:
            name, day = self._component.name, iso_day(self._changesets[until].date)
            text = f"upstream deleted the last file of {name} on {day}; what followed, the map can say (retired)"
            yield Notice("retired", text)

    def _reached(self, key: str, point: str) -> int | None:
        """The position of the last changeset at `point`; None, and a notice, where upstream has no such point: a line
        of the map that went stale stops nothing."""
        try:
            return position_of(self._changesets, point, self._history)
        except UserError as error:
            where = f"components.{self._component.name}.{key}"
            self._stale.append(Notice("stale", f"{where}: {point} was passed over: {error.what}", where))
            return None

    def _quiet(
        self, onto: str, until: int, notices: tuple[Notice, ...], watched: tuple[Changeset, ...] = (), since: int = 0
    ) -> Plan:
        newest = self._changesets[until].date if self._changesets and until >= 0 else 0
        return Plan(
            ComponentOutcome(
                self._component.name, self._component.mode, self._component.upstream, onto, "", "", False, (),
                notices=notices, watched=watched, watched_since=since, upstream_tip=self._history.tip, newest=newest,
            ),
            (), (),
        )  # fmt: skip

    def _watched(self, until: int, since: str) -> tuple[tuple[Changeset, ...], int]:
        """The changesets that are told, and from when on, in seconds since 1970."""
        seen = self._changesets[: until + 1]
        if not seen:
            return (), 0
        point = since or self._component.watch.since
        if point:
            first = self._from(point)
            day = day_of(point)
            begin = day if day is not None else seen[first].date if first < len(seen) else seen[-1].date
            return tuple(seen[first:]), begin
        begin = seen[-1].date - self._component.watch.days * _DAY
        return tuple(one for one in seen if one.date > begin), begin

    def _from(self, point: str) -> int:
        """The position of the first changeset at `point`, a day or a revision, or after it."""
        every, day = self._changesets, day_of(point)
        if day is not None:
            return next((index for index, one in enumerate(every) if one.date >= day), len(every))
        at = position_of(every, point, self._history)
        return at if at >= 0 and every[at].id == self._history.resolve(point) else at + 1

    def _look(self, changeset: Changeset) -> Watched:
        """What a watched changeset is about, and what was decided of it."""
        placer = self._placer
        sides = [
            FileSides(
                change.path,
                self._history.read(change.old.oid) if change.old is not None else None,
                self._history.read(change.new.oid) if change.new is not None else None,
            )
            for change in changeset.files
        ]
        position = next(index for index, one in enumerate(self._changesets) if one.id == changeset.id)
        versions = [self.lineage.version_at(change.path, position) for change in changeset.files]
        decisions = [
            self._decisions.on(FileRevision(version.path, version.label)) for version in versions if version is not None
        ]
        first = decisions[0] if decisions else None
        decided = f"{first.kind}: {first.said()}" if first is not None and all(decisions) else ""
        return replace(look(changeset, sides, placer), decided=decided)

    def start(self, onto: str, until: int, *, cutting: bool = True) -> tuple[Tree, Ledger, Start]:
        """The target's tree, its ledger and the component's baselines at `onto`. Raises UserError where a shallow
        repository lacks history that is needed for them; `cutting` False asks nothing of the target's."""
        self._refuse_strange_upstream()
        if cutting:
            self.refuse_cut_target()
        tree = self._target.tree(onto, self._component.target_folders())
        ledger = self._ledger
        if ledger is None:
            ledger = read_ledger(marked_commits(self._target, self._memory, onto))
        start = find_start(self._component, self.lineage, self.finder(), self._target, tree, ledger, until)
        self._refuse_cut_upstream(start)
        return tree, ledger, start

    def finder(self) -> BaselineFinder:
        """What finds the baselines of the component's files."""
        component = self._component
        return BaselineFinder(
            self.lineage, self._history, self._memory, self._title,
            policy=component.baseline_policy, fold=component.fold,
        )  # fmt: skip

    def _refuse_strange_upstream(self) -> None:
        component = self._component
        if not self._changesets:
            damaged = self._damaged()
            raise UserError(
                f"upstream {component.upstream} has none of the paths of {component.name}",
                where=f"components.{component.name}.paths",
                cause=damaged[0].what if damaged else "",
                hint="check the map's paths, and the upstream's prefix",
            )

    def _damaged(self) -> tuple[Damage, ...]:
        """Upstream's files of the component that cannot be read."""
        return tuple(one for one in self._history.damaged if self._component.covers(one.path))

    def refuse_cut_target(self) -> None:
        """What was ported before, and what is local, is read from the history of the component's files: raises
        UserError where that is not there whole."""
        for commit in self._target.cut:
            entries = self._target.tree(commit, self._component.target_folders()).entries
            if any(self._component.upstream_of(path) for path in entries):
                raise UserError(
                    f"the target is shallow: the history of {self._component.name} before {commit[:12]} is cut off",
                    cause="what was ported before is read from that history",
                    hint="git fetch --unshallow, in the target",
                )

    def _refuse_cut_upstream(self, start: Start) -> None:
        """A baseline older than what is there would be taken for another."""
        if not self._history.shallow:
            return
        for file in start.files:
            if file.recorded and not any(
                version.revision == file.recorded for version in self.lineage.versions(file.upstream)
            ):
                raise UserError(
                    f"upstream {self._component.upstream} is shallow, and {file.upstream} {file.recorded}, from which "
                    f"{file.target} derives, is cut off",
                    hint="git fetch --unshallow, in the upstream repository",
                )

    @property
    def lineage(self) -> Lineage:
        """The versions of every file of the component."""
        if self._lineage is None:
            component = self._component
            now = component.now if component.moved else as_it_is
            self._lineage = Lineage(self._changesets, self._history, self._memory, self._title, now)
        return self._lineage

    def _replayed(self, onto: str, scope: Scope, until: int) -> Plan:
        component = self._component
        tree, ledger, start = self.start(onto, until, cutting=not scope.ids)
        mapped = [path for path in tree.entries if component.upstream_of(path)]
        position = {changeset.id: index for index, changeset in enumerate(self._changesets)}
        picker = Picker(component, self.lineage, self._history, tree, readme_deleted(component, tree, self._title))
        subjects: dict[str, str] = {}
        by_hand = NOTHING_BY_HAND
        importing = False
        todo: list[Counted]
        if scope.ids:
            todo = [(one, one.files) for one in chosen(component, self._changesets, scope.ids)]
        elif component.mode is Mode.IMPORT and not ledger.carried_of(
            name for path in self.lineage.paths for name in self.lineage.names(path)
        ):
            for damaged in self._damaged():
                raise UserError(
                    f"{component.name} cannot be imported whole: {damaged.what}", hint="bring the file anew, then sync"
                )
            todo, subject = self._imported(until)
            subjects = {todo[0][0].id: subject} if todo else {}
            importing = bool(todo)
        else:
            if not mapped and component.mode is Mode.SYNC:
                raise UserError(
                    f"the target has none of the paths of {component.name} at {onto[:12]}",
                    where=f"components.{component.name}.paths",
                    hint="check the map's paths, or use mode import to bring the files in",
                )
            seen = self._changesets[: until + 1]
            by_hand = self._by_hand(self.lineage, onto)
            todo = pending(component, seen, self.lineage, start, ledger, by_hand)
        todo, torn = self._whole(todo)
        picked = [picker.pick(changeset, files, position[changeset.id]) for changeset, files in todo]
        read = read_target(tree, tree.entries)
        own: tuple[Adaptation, ...] = ()
        if importing:
            whole = {pick.target: pick.theirs for pick in picked[0].files if pick.theirs is not None}
            own = adaptations(component, self._series(), whole, read)
            if component.vendor:
                left = [pick.target for pick in picked[0].files if pick.standing]
                brought = {path: version for path, version in whole.items() if path not in left}
                told = readme(component, self._title, brought, left, self._target.tree(onto, _folders(brought)).entries)
                own = (told, *own) if told is not None else own
        after_import = {path: version for one in own for path, version in one.writes.items()}
        style = (
            learned(component, self._target, onto, self._title) if component.ident is IdentStyle.LEARNED else None
        )
        policy, merger = IdentPolicy(self._title, style), FileMerger(component.fold)
        partial = scope.partial and not importing  # half an import would be no baseline
        there = self._there(start, by_hand)
        day = scope.as_of or (iso_day(self._changesets[until].date) if until >= 0 else "")
        played = play(
            picked,
            self._decisions,
            lambda landed: Decider(
                self._decisions, reached(day, ledger, start.files, landed | there), merger, ledger.left_out()
            ),
            lambda: Replay(
                read, mapped, policy, merger, self._resolutions, judge=self._judge(onto), after_import=after_import,
                partial=partial,
            ),
            merger,
            self._counted,
        )
        results = played.results

        def again(taken: Collection[str]) -> Iterable[Replayed]:
            read = read_target(tree, tree.entries)
            replay = Replay(
                read, mapped, policy, merger, self._resolutions, taken=taken, after_import=after_import,
                partial=partial,
            )  # fmt: skip
            return replay.run([one.picked for one in results])

        line = self._vendor_line(results, importing, position) if not scope.ids else None
        told_of = [outcome for one in results for outcome in _outcomes(component.name, one, self._resolutions)]
        owned = _by_owner(told_of, {one.picked.changeset.id for one in results if one.picked.joined})
        outcomes = self._with_torn(torn, owned)
        branch = tuple(
            replace(
                _step(one, one.writes, subjects.get(one.picked.changeset.id, "")),
                merges=0 if line is not None and one.picked.changeset.id in subjects else None,
            )
            for one in results
            if one.writes
        )
        parked = any(one.draft_writes and (one.part or not one.writes) for one in results)
        drafted = (replace(one, part=frozenset()) for one in results if one.draft_writes)
        draft = tuple(_step(one, one.draft_writes, "") for one in drafted) if parked else ()
        branch, draft = _with_own(branch, own, results), _with_own(draft, own, results)
        branch = _with_merge(branch, line, component.subject or component.name)
        newest = self._changesets[until].date if self._changesets and until >= 0 else 0
        waiting = [
            one.changeset.date
            for one in outcomes
            if one.state in (State.CONFLICT, State.FLAGGED, State.BLOCKED, State.PORTED)
        ]
        return Plan(
            ComponentOutcome(
                component.name, component.mode, component.upstream, onto, "", onto, False, outcomes,
                baselines=start.files,
                notices=(
                    *self._notices(results, until, start), *self._stale_decisions(played), *self._unused(results),
                    *self._jumped(todo, by_hand),
                ),
                lag_days=max(0, newest - min(waiting)) // _DAY if waiting else 0,
                upstream_tip=self._history.tip,
                newest=newest,
            ),
            branch,
            draft,
            results,
            Ground(tuple(results), tree, self.lineage, picker, self.finder(), again, self._resolutions),
            vendor=line,
        )  # fmt: skip

    def _vendor_line(
        self, results: Sequence[Replayed], importing: bool, position: Mapping[str, int]
    ) -> VendorLine | None:
        """What the map's vendor branch is to hold; None where it names none, or where nothing comes in."""
        if not self._component.vendor or not results:
            return None
        first = results[0].picked.changeset
        at = position[first.id]
        if importing:
            if results[0].state is not State.PORTED:
                return None
            start, rest = VendorState(first, self._files_at(at)), results[1:]
        else:
            before = self._changesets[max(at - 1, 0)]
            subject = f"Import from {self._title} as of {iso_day(before.date)}."
            start, rest = VendorState(replace(before, message=subject), self._files_at(at - 1)), results
        return vendor_line(self._component, start, rest, self._ever_held)

    def _files_at(self, position: int) -> dict[RepoPath, Version]:
        """Upstream's files at `position`, at their places in the target."""
        found: dict[RepoPath, Version] = {}
        for path in sorted(self.lineage.paths):
            version = self.lineage.version_at(path, position)
            place = self._component.target_of(version.path) if version is not None else None
            if version is not None and version.blob is not None and place is not None:
                found[place] = Version(self._history.read(version.blob.oid), version.blob.mode)
        return found

    def _ever_held(self, files: Mapping[RepoPath, Version]) -> bool:
        """Whether upstream's files stood like that at some time."""
        return any(self._files_at(at) == files for at in range(len(self._changesets) - 1, -1, -1))

    def _jumped(self, todo: Iterable[Counted], by_hand: ByHand) -> Iterator[Notice]:
        """What is offered although the ident line says that the target has it."""
        for changeset, files in todo:
            for change in files:
                commit = by_hand.jumped.get((changeset.id, change.path))
                if commit is not None:
                    text = f"the ident line was bumped past it by {commit[:12]}, and nothing carries it"
                    yield Notice("jumped", text, change.path, changeset.id)

    def _ported(self, onto: str, scope: Scope, until: int) -> Plan:
        """The plan of a port: the chosen changesets, each as far as it fits, and the worksheet."""
        component = self._component
        self.refuse_cut_target()
        tree = self._target.tree(onto, component.target_folders())
        mapped = [path for path in tree.entries if component.upstream_of(path)]
        if not mapped:
            raise UserError(
                f"the target has none of the paths of {component.name} at {onto[:12]}",
                where=f"components.{component.name}.paths",
                hint="check the map's paths, or use mode import to bring the files in",
            )
        ledger = self._ledger
        if ledger is None:
            ledger = read_ledger(marked_commits(self._target, self._memory, onto))
        todo = self._chosen_for_port(scope, until)
        position = {changeset.id: index for index, changeset in enumerate(self._changesets)}
        picker = Picker(component, self.lineage, self._history, tree, readme_deleted(component, tree, self._title))
        first = position[todo[0].id] - 1 if todo else -1
        last = max((position[one.id] for one in todo), default=-1)
        day = scope.as_of or (iso_day(self._changesets[last].date) if last >= 0 else "")
        read, upstream = read_target(tree, tree.entries), self._upstream_at(first)
        picked = [picker.pick(one, one.files, position[one.id]) for one in todo]
        pairs = [(path, target) for path in upstream if (target := component.target_of(path)) is not None]
        waited = {one.until.revision for one in self._decisions.active if one.until is not None}
        landed: frozenset[FileRevision] = frozenset()
        while True:
            decider = Decider(self._decisions, reached(day, ledger, (), landed), FileMerger(component.fold), {})
            port = Port(component.name, read, mapped, upstream, ledger, component.fold, decider, pairs)
            results = []
            for number, each in enumerate(picked):
                self._progress(f"{component.name}: placing, {number} of {len(todo)}")
                results.append(port.place(each))
            fresh = waited.intersection(pick.file for one in results for pick in one.files) - landed
            if not fresh:
                break
            landed |= frozenset(one for one in fresh if one is not None)
        sheet = Worksheet(
            component.name, todo[0].id if todo else "", todo[-1].id if todo else "",
            entries := tuple(entry for one in results for entry in one.entries), port.nets(entries),
            port.words,
        )  # fmt: skip
        return Plan(
            ComponentOutcome(
                component.name, component.mode, component.upstream, onto, "", onto, False,
                tuple(ported_outcome(one) for one in results),
                notices=(Notice("port", sheet.sentence()), *self._unknown_decisions()),
                upstream_tip=self._history.tip,
                newest=self._changesets[last].date if last >= 0 else 0,
                worksheet=sheet,
            ),
            tuple(_part_of(one) for one in results if one.writes),
            (),
        )  # fmt: skip

    def _chosen_for_port(self, scope: Scope, until: int) -> list[Changeset]:
        """The changesets to be placed: those asked for, else those that the map names, up to `until`."""
        port, every = self._component.port, self._changesets
        if scope.ids:
            return chosen(self._component, every, scope.ids)
        first, last = 0, until
        if port.start:
            first = self._from(port.start)
        if port.end:
            last = min(last, position_of(every, port.end, self._history))
        if port.changesets:
            named = {one.id for one in chosen(self._component, every, port.changesets)}
            return [one for one in every[first : last + 1] if one.id in named]
        return list(every[first : last + 1])

    def _upstream_at(self, position: int) -> dict[RepoPath, bytes]:
        """Upstream's files of the component as they stood at `position`."""
        found: dict[RepoPath, bytes] = {}
        for path in sorted(self.lineage.paths):
            version = self.lineage.version_at(path, position)
            if version is not None and version.blob is not None:
                found[version.path] = self._history.read(version.blob.oid)
        return found

    def _there(self, start: Start, by_hand: ByHand) -> frozenset[FileRevision]:
        """Of what deferred changes wait for, what the target has though no trailer says so: it derives from it, or a
        person ported it."""
        found: set[FileRevision] = set()
        for decision in self._decisions.active:
            wanted = decision.until.revision if decision.until is not None else None
            for version in self.lineage.versions(wanted.path) if wanted is not None else ():
                if wanted is None or (version.path, version.label) != (wanted.path, wanted.label):
                    continue
                file, base = (version.changeset, wanted.path), start.versions.get(self.lineage.now(wanted.path))
                derived = base is not None and version.position <= base.position and file not in by_hand.jumped
                if derived or file in by_hand.carried:
                    found.add(wanted)
        return frozenset(found)

    def _stale_decisions(self, played: Played) -> Iterator[Notice]:
        """Decisions that come to nothing: a line of theirs that went stale stops nothing."""
        yield from self._unknown_decisions()
        file = self._decisions.file
        for decision, why in played.unmade:
            yield Notice("stale", f"{file}:{decision.line}: these changesets cannot be joined: {why}", file)

    def _unknown_decisions(self) -> Iterator[Notice]:
        file = self._decisions.file
        for decision, missing in unknown(self._decisions, self._has):
            yield Notice("stale", f"{file}:{decision.line}: upstream has no {missing}", file)

    def _unused(self, results: Iterable[Replayed]) -> Iterator[Notice]:
        """Resolutions of what landed without them: no conflict is left for them to settle."""
        for one in results:
            used = {name for merge in one.merges for name in merge.resolutions}
            for file, pick in one.picked.revisions():
                known = self._resolutions.of(file)
                if known and one.state in (State.PORTED, State.ALREADY) and not used & {each.name for each in known}:
                    text = f"the resolution {known[0].name} settles nothing any more: {file} fits without it"
                    yield Notice("stale", text, pick.target, one.picked.changeset.id)

    def _has(self, one: FileRevision) -> bool:
        every = self.lineage.versions(one.path)
        return any(version.label == one.label and version.path == one.path for version in every)

    def _whole(self, todo: list[Counted]) -> tuple[list[Counted], dict[str, Damage]]:
        """`todo` without the changesets of which a part cannot be read, and those: no half is ever replayed."""
        torn = {id_: one for one in self._damaged() for id_ in one.changesets}
        return [one for one in todo if one[0].id not in torn], {
            one.id: torn[one.id] for one, _ in todo if one.id in torn
        }

    def _with_torn(
        self, torn: Mapping[str, Damage], outcomes: Iterable[ChangesetOutcome]
    ) -> tuple[ChangesetOutcome, ...]:
        """`outcomes`, and at their places the changesets that had to wait because a file of theirs is damaged."""
        if not torn:
            return tuple(outcomes)
        by_id = {one.changeset.id: one for one in outcomes}
        for one in self._changesets:
            if one.id in torn:
                reason = f"waits until {torn[one.id].path}, a part of it, can be read again"
                by_id[one.id] = ChangesetOutcome(one, State.BLOCKED, (), reason=reason)
        return tuple(by_id[one.id] for one in self._changesets if one.id in by_id)

    def _counted(self, todo: Sequence[Picked]) -> Iterator[Picked]:
        for number, one in enumerate(todo):
            if number % 5 == 0:
                self._progress(f"{self._component.name}: replaying, {number} of {len(todo)}")
            yield one

    def _imported(self, until: int) -> tuple[list[tuple[Changeset, tuple[FileChange, ...]]], str]:
        """The import, as if one changeset had added every file as it stood then; and what follows it."""
        at = until
        if self._component.import_at:
            at = min(until, position_of(self._changesets, self._component.import_at, self._history))
        if at < 0:
            return [], ""
        newest = self._changesets[at]
        files = []
        for path in sorted(self.lineage.paths):
            version = self.lineage.version_at(path, at)
            if version is not None and version.blob is not None:
                files.append(FileChange(version.path, None, version.blob))
        day = datetime.fromtimestamp(newest.date, UTC).date().isoformat()
        subject = f"Import from {self._title} as of {day}."
        names = ", ".join(file.path for file in files)
        whole = replace(newest, files=tuple(files), message=f"{subject}\n\nThe files as they stood: {names}.")
        later = [(one, one.files) for one in self._changesets[at + 1 : until + 1]]
        return [(whole, whole.files), *later], subject

    def _notices(self, results: Sequence[Replayed], until: int, start: Start) -> Iterable[Notice]:
        component = self._component
        for one in results:
            for pick in one.picked.files:
                if pick.standing and pick.decided is None:
                    kind = "kept" if pick.theirs is None else "deleted-on-purpose"
                    if component.not_applicable_to(pick.upstream, one.picked.changeset.id) is not None:
                        kind = "not-applicable"
                    yield Notice(kind, pick.standing, pick.target, one.picked.changeset.id)
        last = self._changesets[until].date if self._changesets and until >= 0 else -1
        first = self._changesets[start.newest].date if start.newest >= 0 else -1
        if first < 0:  # an import that is being made now: what stood beside the files then is no news
            first = results[0].picked.changeset.date if results else last
        if until == len(self._changesets) - 1:  # nothing is left out
            last = max((changeset.date for changeset, _ in self._beside), default=last)
        for changeset, change in self._beside:
            if first < changeset.date <= last:
                text = "new upstream, beside mapped files; the map says nothing of it"
                if component.moves_of(change.path):
                    text = "new upstream, under a name from which the map says that upstream moved"
                yield Notice("unmapped", text, change.path, changeset.id)
        if self._history.rewritten:
            yield Notice("rewritten", "upstream's history was rewritten since the last run; it was read again whole")


def position_of(changesets: Sequence[Changeset], point: str, history: History) -> int:
    """The position of the last changeset at `point`: a date (the end of that day, UTC) or a revision; -1 where there
    is none yet. Raises UserError for an unknown revision."""
    day = day_of(point)
    if day is not None:
        return max((index for index, one in enumerate(changesets) if one.date < day + _DAY), default=-1)
    full = history.resolve(point)
    own = next((index for index, one in enumerate(changesets) if one.id == full), None)
    if own is not None:
        return own
    newest = history.newest_at(point)
    reached = {newest}
    for one in history.changesets(lambda _: True):
        reached.add(one.id)
        if one.id == newest:
            break
    return max((index for index, one in enumerate(changesets) if newest and one.id in reached), default=-1)


def day_of(text: str) -> int | None:
    """The first second of the day `YYYY-MM-DD`, UTC, in seconds since 1970; None for what is no such date."""
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def _only(changeset: Changeset, wanted: Callable[[RepoPath], bool]) -> Changeset:
    kept = tuple(change for change in changeset.files if wanted(change.path))
    return changeset if len(kept) == len(changeset.files) else replace(changeset, files=kept)


def iso_day(seconds: int) -> str:
    """The day of a date, UTC, as YYYY-MM-DD."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _with_own(steps: tuple[Step, ...], own: Sequence[Adaptation], results: Sequence[Replayed]) -> tuple[Step, ...]:
    """`steps` with what is the target's own right after the import, where that landed."""
    if not own or not steps or results[0].state is not State.PORTED:
        return steps
    first = steps[0]
    return (first, *(Step(first.changeset, (), one.writes, State.PORTED, own=one) for one in own), *steps[1:])


def _with_merge(steps: tuple[Step, ...], line: VendorLine | None, name: str) -> tuple[Step, ...]:
    """`steps` with the merge of the vendor branch behind the last of the changesets that it holds, where it holds more
    than an import."""
    if line is None or len(line.states) < 2:
        return steps
    ids = {state.changeset.id for state in line.states[1:]}
    last = next((at for at in range(len(steps) - 1, -1, -1) if steps[at].changeset.id in ids), None)
    if last is None:
        return steps
    at = last + 1
    merge = Step(
        line.states[-1].changeset, (), {}, State.PORTED, merges=len(line.states) - 1, own=merging(line, name)
    )
    return (*steps[:at], merge, *steps[at:])


def _folders(files: Iterable[RepoPath]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(parent(path) for path in files))


def _step(one: Replayed, writes: Mapping[RepoPath, Version | None], subject: str) -> Step:
    """The commit of what `one` writes; of its `part` alone, where it has one."""
    picked = one.picked
    put_off = one.state is not State.PORTED  # a draft takes what was put off, too, and must say what it is
    carried = [
        revision
        for revision, pick in picked.revisions()
        if (not pick.standing or (put_off and pick.target in writes)) and pick.target in (one.part or {pick.target})
    ]
    notes = [(LEFT_OUT, f"{revision} {pick.decided}") for revision, pick in picked.revisions() if pick.decided]
    notes += [
        (LEFT_OUT, f"{pick.file} #{out.hunk} {out.state}")
        for pick in picked.files
        for out in pick.left_out
        if not pick.standing
    ]
    notes += [
        (RESOLUTION, f"{pick.file} {name}")
        for pick, merge in zip(picked.files, one.merges or (), strict=False)
        if pick.target in (one.part or {pick.target})
        for name in merge.resolutions
    ]
    return Step(
        picked.changeset,
        tuple((str(revision.path), revision.label) for revision in carried),
        writes,
        one.state,
        subject,
        tuple(part.changeset.id for part in picked.joined[1:]),
        tuple(notes),
        partial=bool(one.part),
    )


def _part_of(one: Ported) -> Step:
    """The commit of a changeset that was placed, as far as it was."""
    revisions = tuple((str(pick.upstream), pick.revision or "deleted") for pick in one.files)
    parts = tuple(Part(pick.upstream, pick.revision or "deleted", landed, of) for pick, landed, of in one.parts)
    state = State.PORTED if one.whole else State.CONFLICT
    landed = [entry for entry in one.entries if entry.fate is Fate.PLACED]
    words = dict.fromkeys(word for entry in landed for word in entry.words)
    file = {pick.upstream: pick.file for pick in one.picked.files}
    notes = (
        *((LEFT_OUT, out) for out in one.left_out),
        *((WORDS, word) for word in words),
        *((WITHIN, f"{file[entry.upstream]} #{entry.number}") for entry in landed if entry.method == "words"),
    )
    return Step(one.picked.changeset, revisions, one.writes, state, notes=notes, parts=parts, partial=not one.whole)


def _outcomes(component: str, one: Replayed, resolutions: Resolutions) -> Iterator[ChangesetOutcome]:
    """The outcome of a changeset; of each changeset that it is made of, where they were joined."""
    files = tuple(
        _file_outcome(component, State.PORTED if pick.target in one.part else one.state, pick, merge, resolutions)
        for pick, merge in zip(one.picked.files, one.merges or (None,) * len(one.picked.files), strict=True)
    )
    if not one.picked.joined:
        yield ChangesetOutcome(
            one.picked.changeset, one.state, files, None, one.blocked_by, one.reason, partial=bool(one.part),
            check=one.check,
        )
        return
    by_path = {file.upstream: file for file in files}
    parts = [(part.changeset, tuple(_told_by(by_path[pick.upstream], pick) for pick in part.files))
             for part in one.picked.joined]  # fmt: skip
    owner = next((changeset for changeset, own in parts if any(file.conflicts for file in own)), parts[0][0])
    for changeset, own in parts:
        beside = [other.id[:12] for other, _ in parts if other is not changeset]
        reason = "; ".join(filter(None, [one.reason, f"joined with {', '.join(beside)}"]))
        if one.state in (State.CONFLICT, State.FLAGGED) and changeset is not owner:  # one root is enough
            yield ChangesetOutcome(changeset, State.BLOCKED, own, None, (owner.id,), reason)
        else:
            yield ChangesetOutcome(changeset, one.state, own, None, one.blocked_by, reason, check=one.check)


def _by_owner(outcomes: Sequence[ChangesetOutcome], joined: set[str]) -> tuple[ChangesetOutcome, ...]:
    """What waits for joined changesets (known by the first of them) waits for the one that has the conflict."""
    first = [one for one in outcomes if one.changeset.id in joined and one.state is State.BLOCKED]
    owners = {one.changeset.id: one.blocked_by for one in first}
    result = []
    for one in outcomes:
        if one.changeset.id not in owners and any(id in owners for id in one.blocked_by):
            found = [id for each in one.blocked_by for id in owners.get(each, (each,))]
            one = replace(one, blocked_by=tuple(dict.fromkeys(found)))
        result.append(one)
    return tuple(result)


def _told_by(file: FileOutcome, pick: Pick) -> FileOutcome:
    """What became of one file of several joined changesets, as one of them tells it."""
    return replace(file, revision=pick.revision, conflicts=file.conflicts if file.revision == pick.revision else ())


def _file_outcome(
    component: str, state: State, pick: Pick, merge: FileMerge | None, resolutions: Resolutions
) -> FileOutcome:
    if merge is None or pick.standing:
        return FileOutcome(
            pick.upstream, pick.target, pick.revision, FileState.ALREADY, "standing", Gate.ALREADY, pick.standing
        )
    known = {one.conflict for one in resolutions.of(pick.file)}
    conflicts = tuple(
        replace(found, state=ConflictState.STALE) if found.id in known else found
        for found in (conflict_of(component, pick, clash) for clash in merge.clashes)
    )
    if merge.conflicts:
        file_state = FileState.CONFLICT
    elif merge.clashes:
        file_state = FileState.FLAGGED
    elif merge.gate is Gate.ALREADY:
        file_state = FileState.ALREADY
    else:
        file_state = FileState.PORTED if state is State.PORTED else FileState.READY
    return FileOutcome(
        pick.upstream, pick.target, pick.revision, file_state, merge.method, merge.gate, merge.reason, conflicts,
        merge.resolutions,
    )  # fmt: skip


def conflict_of(component: str, pick: Pick, clash: Clash) -> Conflict:
    """The clash as a conflict. It is known by path, revision and place, never by a commit's hash: a rewritten mirror
    changes no id. Where upstream writes no ident line, the content stands in for the revision."""
    label = pick.revision or ""
    version = pick.whole or pick.theirs or pick.base
    if not label[:1].isdigit() and version is not None:
        label = hashlib.sha256(version.content).hexdigest()
    hunk = pick.number(clash.hunk)
    key = "\0".join((component, pick.upstream, label, str(hunk), clash.kind))
    digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return Conflict(
        f"c-{digest}", clash.kind, pick.target, clash.function, hunk, clash.reason,
        clash.base, clash.ours, clash.theirs,
    )  # fmt: skip
