"""What every mode plans from: one component's changesets, the lives of its files, its target, and what people said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from portkit.change.changeset import Changeset, FileChange
from portkit.change.revision import FileRevision
from portkit.components.model import Component
from portkit.decisions.model import Decisions
from portkit.decisions.resolution import Resolutions
from portkit.errors import UserError
from portkit.paths import RepoPath
from portkit.protocols import Damage, History, Memory, Target, Tree
from portkit.sync.baseline import BaselineFinder
from portkit.sync.by_hand import ByHand
from portkit.sync.ledger import Ledger, marked_commits, read_ledger
from portkit.sync.lineage import Lineage, as_it_is
from portkit.sync.moves import joined
from portkit.sync.outcome import Notice
from portkit.sync.pending import Start, find_start
from portkit.sync.points import position_of
from portkit.sync.replay import NO_RESOLUTIONS, Judge
from portkit.sync.rounds import unknown

if TYPE_CHECKING:
    from portkit.sync.adapt import LocalSeries

NO_DECISIONS = Decisions()
NOTHING_BY_HAND = ByHand()


class Inputs:
    """One component against one upstream and one target.

    `changesets`: upstream's for the component, oldest first, other files left out; `beside`: the files that upstream
    added beside those; `stale`: the lines of the map that were passed over, filled in on the way.
    """

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
        series: Callable[[], LocalSeries | None] = lambda: None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`by_hand` tells, of upstream's files and a target commit, what people ported without portkit; `judge` gives a
        check of what is to land on a target commit, None for none; `series` gives the component's local patches, None
        for none."""
        self.judge = judge
        self.progress = progress
        self.component = component
        self.title = title
        self.history = history
        self.target = target
        self.decisions = decisions
        self.resolutions = resolutions
        self.by_hand = by_hand
        self.series = series
        self.stale: list[Notice] = []
        self._memory = memory
        self._ledger = ledger
        self._lineage: Lineage | None = None
        every = history.changesets(lambda path: component.covers(path) or component.unmapped(path))
        covered = [_only(changeset, component.covers) for changeset in every]
        self.changesets: Sequence[Changeset] = [changeset for changeset in covered if changeset.files]
        beside = [(one, change) for one in every for change in one.files if component.unmapped(change.path)]
        if component.moved:
            last = {move: at for move in component.moved if (at := self.reached("moved", move.at)) is not None}
            self.changesets, left = joined(component, self.changesets, last)
            beside += left
        self.beside: Sequence[tuple[Changeset, FileChange]] = [
            (one, change) for one, change in beside if change.old is None
        ]

    @property
    def lineage(self) -> Lineage:
        """The versions of every file of the component."""
        if self._lineage is None:
            component = self.component
            now = component.now if component.moved else as_it_is
            self._lineage = Lineage(self.changesets, self.history, self._memory, self.title, now)
        return self._lineage

    def positions(self) -> dict[str, int]:
        """Where each changeset stands, by its id."""
        return {changeset.id: index for index, changeset in enumerate(self.changesets)}

    def newest(self, until: int) -> int:
        """The date of the newest changeset up to position `until`, seconds since 1970; 0 where there is none."""
        return self.changesets[until].date if self.changesets and until >= 0 else 0

    def reached(self, key: str, point: str) -> int | None:
        """The position of the last changeset at `point`; None, and a notice, where upstream has no such point: a line
        of the map that went stale stops nothing."""
        try:
            return position_of(self.changesets, point, self.history)
        except UserError as error:
            where = f"components.{self.component.name}.{key}"
            self.stale.append(Notice("stale", f"{where}: {point} was passed over: {error.what}", where))
            return None

    def ledger(self, onto: str) -> Ledger:
        """Which changesets stand in the target at `onto`."""
        return read_ledger(marked_commits(self.target, self._memory, onto)) if self._ledger is None else self._ledger

    def start(self, onto: str, until: int, *, cutting: bool = True) -> tuple[Tree, Ledger, Start]:
        """The target's tree, its ledger and the component's baselines at `onto`. Raises UserError where a shallow
        repository lacks history that is needed for them; `cutting` False asks nothing of the target's."""
        self.refuse_strange_upstream()
        if cutting:
            self.refuse_cut_target()
        tree, ledger = self.target.tree(onto, self.component.target_folders()), self.ledger(onto)
        start = find_start(self.component, self.lineage, self.finder(), self.target, tree, ledger, until)
        self._refuse_cut_upstream(start)
        return tree, ledger, start

    def finder(self) -> BaselineFinder:
        """What finds the baselines of the component's files."""
        component = self.component
        return BaselineFinder(
            self.lineage, self.history, self._memory, self.title,
            policy=component.baseline_policy, fold=component.fold,
        )  # fmt: skip

    def damaged(self) -> tuple[Damage, ...]:
        """Upstream's files of the component that cannot be read."""
        return tuple(one for one in self.history.damaged if self.component.covers(one.path))

    def unknown_decisions(self) -> Iterator[Notice]:
        """Decisions on what upstream does not have."""
        file = self.decisions.file
        for decision, missing in unknown(self.decisions, self._has):
            yield Notice("stale", f"{file}:{decision.line}: upstream has no {missing}", file)

    def _has(self, one: FileRevision) -> bool:
        every = self.lineage.versions(one.path)
        return any(version.label == one.label and version.path == one.path for version in every)

    def refuse_strange_upstream(self) -> None:
        """Raises UserError where upstream has nothing of the component."""
        component = self.component
        if not self.changesets:
            damaged = self.damaged()
            raise UserError(
                f"upstream {component.upstream} has none of the paths of {component.name}",
                where=f"components.{component.name}.paths",
                cause=damaged[0].what if damaged else "",
                hint="check the map's paths, and the upstream's prefix",
            )

    def empty_target(self, onto: str) -> UserError:
        """The error where the target has none of the component's files."""
        component = self.component
        return UserError(
            f"the target has none of the paths of {component.name} at {onto[:12]}",
            where=f"components.{component.name}.paths",
            hint="check the map's paths, or use mode import to bring the files in",
        )

    def refuse_cut_target(self) -> None:
        """What was ported before, and what is local, is read from the history of the component's files: raises
        UserError where that is not there whole."""
        for commit in self.target.cut:
            entries = self.target.tree(commit, self.component.target_folders()).entries
            if any(self.component.upstream_of(path) for path in entries):
                raise UserError(
                    f"the target is shallow: the history of {self.component.name} before {commit[:12]} is cut off",
                    cause="what was ported before is read from that history",
                    hint="git fetch --unshallow, in the target",
                )

    def _refuse_cut_upstream(self, start: Start) -> None:
        """A baseline older than what is there would be taken for another."""
        if not self.history.shallow:
            return
        for file in start.files:
            if file.recorded and not any(
                version.revision == file.recorded for version in self.lineage.versions(file.upstream)
            ):
                raise UserError(
                    f"upstream {self.component.upstream} is shallow, and {file.upstream} {file.recorded}, from which "
                    f"{file.target} derives, is cut off",
                    hint="git fetch --unshallow, in the upstream repository",
                )


def _only(changeset: Changeset, wanted: Callable[[RepoPath], bool]) -> Changeset:
    kept = tuple(change for change in changeset.files if wanted(change.path))
    return changeset if len(kept) == len(changeset.files) else replace(changeset, files=kept)
