"""Whether a suspect is the cause: the merge is tried without what it did, or with what the target lacks of upstream."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from portkit.components.model import Component
from portkit.merge.file import Clash, FileMerger
from portkit.merge.kinds import ConflictKind
from portkit.protocols import Memory
from portkit.sync.outcome import State
from portkit.sync.pick import Pick
from portkit.sync.plan import Ground
from portkit.sync.replay import Replayed
from portkit.text import decode, split_lines
from portkit.triage.card import Card, Cause, CauseKind, Excerpt, Proof, Suggestion
from portkit.triage.case import LEFT_OUT, Case, Contents, Suspect, positions
from portkit.triage.minimal import smallest
from portkit.triage.places import excerpt
from portkit.triage.suggest import Tool, of_resolutions, of_words
from portkit.triage.trial import Act, Take, Trials, Undo

TRIALS = 80
"""How many sets of suspects are tried for one conflict."""

_CHANGE_LINES = 40


class Prover:
    """Tries the suspects of one component's conflicts, and remembers what came of it. `tools`: other programs that
    merge by words, by name."""

    def __init__(
        self,
        component: Component,
        ground: Ground,
        contents: Contents,
        merger: FileMerger,
        memory: Memory,
        tools: Mapping[str, Tool],
    ) -> None:
        self._component = component
        self._ground = ground
        self._contents = contents
        self._merger = merger
        self._memory = memory
        self._tools = tools
        self._position = positions(ground)

    def card(self, case: Case, suspects: Sequence[Suspect]) -> Card:
        """The card of the conflict: which of the suspects, alone or together, are its causes."""
        sides = self._excerpts(case)
        if not suspects:
            why = "nothing can be named: neither history says who made the difference"
            drift = Cause(CauseKind.DRIFT, "", why, Proof.UNTESTED, file=case.pick.target)
            return Card(case.id, (drift,), (), 0, 0, False, self._suggestions(case), *sides)
        trials = Trials(
            self._merger, self._before(case), case.pick, case.clash.hunk, self._contents.start(case.pick.target),
            case.ours, self._ground.resolutions,
        )  # fmt: skip
        in_order: set[tuple[str, ...]] = set()

        def suffices(chosen: tuple[Suspect, ...]) -> bool:
            answer, late = self._tried(case, trials, chosen)
            if late:
                in_order.add(_refs(chosen))
            return answer

        found = smallest(suspects, suffices, TRIALS)
        causes: dict[str, Cause] = {}
        for chosen in found.sets:
            for one in _fewest_hunks(chosen, suffices):
                if one.cause.ref in causes:
                    continue
                whole = len(chosen) == 1 and one.everywhere is not None and trials.clean((one.everywhere,))
                causes[one.cause.ref] = replace(
                    one.cause,
                    change=_change(one.act),
                    proof=Proof.CONFIRMED,
                    together=tuple(ref for ref in _refs(chosen) if ref != one.cause.ref),
                    whole=whole,
                    in_order=_refs(chosen) in in_order,
                )
        refuted = tuple(
            replace(one.cause, proof=Proof.UNTESTED if found.cut else Proof.REFUTED)
            for one in suspects
            if one.cause.ref not in causes
        )
        if not causes:
            text = "1 suspect was tried" if len(suspects) == 1 else f"{len(suspects)} suspects were tried"
            why = f"nothing can be named: {text}, and neither one nor all of them make it fit"
            causes[""] = Cause(CauseKind.DRIFT, "", why, Proof.UNTESTED, file=case.pick.target)
        return Card(
            case.id,
            tuple(causes.values()),
            refuted,
            len(suspects),
            found.trials,
            bool(found.sets) and all(len(one) == len(suspects) for one in found.sets),
            self._suggestions(case),
            *sides,
        )

    def would_land(self, one: Replayed, pick: Pick) -> bool:
        """Whether a file of a changeset that was decided against would fit in its place, hunks that were left out and
        all."""
        theirs = pick.whole or pick.theirs
        whole = replace(pick, theirs=theirs, standing="", left_out=(), whole=None, numbers=())
        case = Case("", self._position.get(one.picked.changeset.id, 0), one, whole, _NOWHERE, None)
        trials = Trials(
            self._merger, self._before(case), whole, 0, self._contents.start(pick.target), None,
            self._ground.resolutions,
        )  # fmt: skip
        return trials.clean_in_order(())

    def _suggestions(self, case: Case) -> tuple[Suggestion, ...]:
        clash, ours = case.clash, case.ours
        if ours is None:
            return ()
        before = of_resolutions(case.pick, ours, clash, case.id, self._ground.resolutions)
        if clash.kind is not ConflictKind.CONTENT or clash.place is None:
            return tuple(before)
        return (*before, *of_words(case.pick, ours, clash.place, self._tools))

    def _tried(self, case: Case, trials: Trials, chosen: tuple[Suspect, ...]) -> tuple[bool, bool]:
        """Whether the acts of `chosen` make the hunk fit, and whether only in upstream's order; remembered."""
        key = self._key(case, chosen)
        known = self._memory.get("trial", key)
        if known is not None:
            return known != b"no", known == b"late"
        acts = [one.act for one in sorted(chosen, key=lambda one: (isinstance(one.act, Take), one.order))]
        takes = [act for act in acts if isinstance(act, Take)]
        takes.sort(key=lambda one: one.position)
        ordered: list[Act] = [*(act for act in acts if isinstance(act, Undo)), *takes]
        answer = trials.clean(ordered) and all(self._lands_whole(one) for one in takes)
        late = not answer and bool(takes) and trials.clean_in_order(ordered)
        self._memory.put("trial", key, b"late" if late else b"yes" if answer else b"no")
        return answer or late, late

    def _lands_whole(self, take: Take) -> bool:
        """Whether every file of the changeset fits the target: a sync takes it whole, or not at all."""
        changeset = self._ground.lineage.changesets[take.position]
        whole = self._ground.picker.pick(changeset, changeset.files, take.position)
        return all(
            pick.standing or self._merger.merge(pick.base, self._contents.start(pick.target), pick.theirs).lands
            for pick in whole.files
        )

    def _key(self, case: Case, chosen: Sequence[Suspect]) -> str:
        digest = hashlib.sha256()
        for version in (case.pick.base, case.pick.theirs, case.ours, self._contents.start(case.pick.target)):
            content = version.content if version is not None else b""
            digest.update(b"%d %d " % (len(content), version.mode if version is not None else 0) + content)
        said = [str(case.clash.hunk), repr(self._component.fold), *_refs(chosen)]
        said += [repr(one.cause.hunks) for one in chosen]
        said += [pick.revision or "" for _, pick in self._before(case)]
        said += [one.name for one in self._ground.resolutions.every]
        digest.update("\0".join(said).encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def _before(self, case: Case) -> list[tuple[int, Pick]]:
        """What the replay carries to the file ahead of the conflict."""
        result = []
        for one in self._ground.replayed:
            if one is case.replayed:
                break
            position = self._position.get(one.picked.changeset.id, -1)
            if one.state in LEFT_OUT:
                continue
            for pick in one.picked.files:
                if pick.target == case.pick.target and (not pick.standing or pick.decided is State.DEFERRED):
                    put_off = pick.decided is State.DEFERRED and pick.left_out
                    result.append((position, replace(pick, base=pick.theirs, theirs=pick.whole) if put_off else pick))
        return result

    def _excerpts(self, case: Case) -> tuple[Excerpt | None, Excerpt | None, Excerpt | None]:
        place = case.clash.place
        if place is None:
            return None, None, None
        ranges = (
            (case.pick.base, place.base0, place.base1),
            (case.ours, place.ours0, place.ours1),
            (case.pick.theirs, place.theirs0, place.theirs1),
        )
        made = [excerpt(version, start, end) for version, start, end in ranges]
        return made[0], made[1], made[2]


_NOWHERE = Clash(ConflictKind.CONTENT, 0, "", "", b"", b"", b"")


def _fewest_hunks(
    chosen: tuple[Suspect, ...], suffices: Callable[[tuple[Suspect, ...]], bool]
) -> tuple[Suspect, ...]:
    """`chosen`, each local change with no more of its hunks than are needed."""
    for index, one in enumerate(chosen):
        if not isinstance(one.act, Undo):
            continue
        for hunk, span in zip(one.act.hunks, one.cause.hunks, strict=True):
            act = chosen[index].act
            if not isinstance(act, Undo) or len(act.hunks) < 2:
                break
            fewer = replace(
                chosen[index],
                act=replace(act, hunks=tuple(other for other in act.hunks if other != hunk)),
                cause=replace(
                    chosen[index].cause,
                    hunks=tuple(other for other in chosen[index].cause.hunks if other != span),
                ),
            )
            trial = (*chosen[:index], fewer, *chosen[index + 1 :])
            if suffices(trial):
                chosen = trial
    return chosen


def _refs(chosen: Sequence[Suspect]) -> tuple[str, ...]:
    return tuple(one.cause.ref for one in chosen)


def _change(act: Act) -> str:
    """What an act takes back or makes, as the lines of a diff."""
    match act:
        case Undo(before, after, chosen):
            old = split_lines(before.content) if before is not None else []
            new = split_lines(after.content) if after is not None else []
            lines = []
            for hunk in chosen:
                lines += [b"-" + line for line in old[hunk.a0 : hunk.a1]]
                lines += [b"+" + line for line in new[hunk.b0 : hunk.b1]]
            if len(lines) > _CHANGE_LINES:
                lines = [*lines[:_CHANGE_LINES], b"(%d more lines)" % (len(lines) - _CHANGE_LINES)]
            return decode(b"".join(line if line.endswith(b"\n") else line + b"\n" for line in lines))
        case Take():
            return ""
