"""From a replay's conflicts to cards: suspects from both histories, each tried.

What a sync does not need is done here: reading who made the target's files, what upstream did to a place before, and
merging on trial. Nothing here changes what lands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from portkit.components.model import Component
from portkit.merge.file import FileMerger
from portkit.paths import RepoPath
from portkit.protocols import History, Lives, Memory
from portkit.sync.outcome import ChangesetOutcome, State
from portkit.sync.plan import Ground
from portkit.sync.replay import Replayed
from portkit.sync.replay_outcome import conflict_of
from portkit.triage.card import Card, Cause, CauseKind, Proof
from portkit.triage.case import REASON, Case, Contents, PatchStep, positions
from portkit.triage.order import Order, order
from portkit.triage.proving import Prover
from portkit.triage.suggest import Tool
from portkit.triage.suspects import Suspects


class Explainer:
    """Explains one component's conflicts. `ports`: target commits that carry upstream changesets by hand; `tools`:
    other programs that merge by words, by name; `patched`: for each file what the local series does to it, in the
    series' order. Where that makes the file what it is, its patches are the suspects, else the target's commits."""

    def __init__(
        self,
        component: Component,
        outcomes: Sequence[ChangesetOutcome],
        ground: Ground,
        history: History,
        lives: Lives,
        memory: Memory,
        *,
        ports: Collection[str] = (),
        tools: Mapping[str, Tool] | None = None,
        patched: Mapping[RepoPath, Sequence[PatchStep]] | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._component = component
        self._outcomes = outcomes
        self._ground = ground
        self._lives = lives
        self._memory = memory
        self._progress = progress
        self._position = positions(ground)
        contents, merger = Contents(ground.tree, history), FileMerger(component.fold)
        self._suspects = Suspects(ground, contents, merger, ports, patched or {})
        self._prover = Prover(component, ground, contents, merger, memory, tools or {})

    def order(self) -> Order:
        """What to do first among what is parked. The replays that try it are remembered."""
        outcomes = self._outcomes

        def replay(taken: Collection[str]) -> dict[str, State]:
            about = [self._ground.tree.commit, *sorted(taken)]
            about += [f"{one.changeset.id} {one.state} {' '.join(one.blocked_by)}" for one in outcomes]
            key = hashlib.sha256("\0".join(about).encode()).hexdigest()
            known = self._memory.get("order", key)
            if known is not None:
                lines = [line.split(" ") for line in known.decode("ascii").splitlines()]
                return {id: State(state) for id, state in lines}
            self._progress(f"{self._component.name}: trying what {len(taken)} resolved would free")
            found = {one.picked.changeset.id: one.state for one in self._ground.again(taken)}
            self._memory.put("order", key, "\n".join(f"{id} {state}" for id, state in found.items()).encode())
            return found

        return order(outcomes, replay)

    def cards(self) -> Iterator[Card]:
        """A card for each conflict that a changeset has of its own, in the replay's order; and one, under the
        changeset's id, for each that lacks what a person decided to do without."""
        yield from (self._lacking(one) for one in self._ground.replayed if _lacks(one))
        cases = list(self._cases())
        entries = self._ground.tree.entries
        files = {case.pick.target: entries.get(case.pick.target) for case in cases}
        if cases:
            self._progress(f"{self._component.name}: reading who changed {len(files)} files")
        steps = self._lives.steps(self._ground.tree.commit, files)
        for number, case in enumerate(cases, 1):
            self._progress(f"{self._component.name}: proving causes, {number} of {len(cases)} conflicts")
            yield self._prover.card(case, self._suspects.find(case, steps.get(case.pick.target, ())))

    def _cases(self) -> Iterator[Case]:
        for one in self._ground.replayed:
            if one.state not in (State.CONFLICT, State.FLAGGED) or _lacks(one):
                continue
            for pick, merge in zip(one.picked.files, one.merges, strict=True):
                for clash in merge.clashes:
                    conflict = conflict_of(self._component.name, pick, clash)
                    position = self._position.get(one.picked.changeset.id, len(self._position))
                    yield Case(conflict.id, position, one, pick, clash, one.ours.get(pick.target))

    def _lacking(self, one: Replayed) -> Card:
        """It would land, but uses names that only changesets bring which a person decided against. Whether those would
        land in their places is tried."""
        by_id = {other.picked.changeset.id: other for other in self._ground.replayed}
        causes = []
        for ref in one.blocked_by:
            changeset = by_id[ref].picked.changeset
            fits = all(self._prover.would_land(by_id[ref], pick) for pick in by_id[ref].picked.files if pick.decided)
            why = f"it brings what is used here, and it was decided against: {changeset.subject}"
            causes.append(Cause(
                CauseKind.MISSING_CHANGESET, ref, why[:REASON], Proof.CONFIRMED if fits else Proof.UNTESTED,
                changeset.subject, changeset.author.login, changeset.date, in_order=True,
                together=tuple(other for other in one.blocked_by if other != ref),
            ))  # fmt: skip
        return Card(one.picked.changeset.id, tuple(causes), suspects=len(causes), trials=len(causes), everything=True)


def _lacks(one: Replayed) -> bool:
    return one.state is State.FLAGGED and bool(one.blocked_by)
