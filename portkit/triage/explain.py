"""From a replay's conflicts to cards: suspects from both histories, each tried.

What a sync does not need is done here: reading who made the target's files, what upstream did to a place before, and
merging on trial. Nothing here changes what lands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from portkit.change.changeset import Blob
from portkit.change.linediff import Hunk, hunks
from portkit.components.model import Component
from portkit.errors import WorldError
from portkit.merge.alignment import Alignment
from portkit.merge.file import Clash, FileMerger, Version
from portkit.merge.kinds import ConflictKind
from portkit.paths import RepoPath
from portkit.protocols import FileStep, History, Lives, Memory
from portkit.sync.lineage import FileVersion
from portkit.sync.outcome import ChangesetOutcome, State
from portkit.sync.pick import Pick
from portkit.sync.plan import Ground
from portkit.sync.replay import Replayed
from portkit.sync.replay_outcome import conflict_of
from portkit.text import decode, is_binary, split_lines
from portkit.triage.card import Card, Cause, CauseKind, Excerpt, Proof, Suggestion
from portkit.triage.minimal import smallest
from portkit.triage.order import Order, order
from portkit.triage.places import excerpt, lines_of
from portkit.triage.suggest import Tool, of_resolutions, of_words
from portkit.triage.trace import Change, Marks, Traced, trace
from portkit.triage.trial import Act, Take, Trials, Undo

TRIALS = 80
"""How many sets of suspects are tried for one conflict."""

SUSPECTS = 12
"""How many suspects, the nearest first, are looked at for one conflict."""

_LEFT_OUT = (State.SKIPPED, State.NOT_APPLICABLE)
"""What the draft does not take; what is deferred, it takes."""

_BESIDE = 3
_REASON = 300
_CHANGE_LINES = 40


@dataclass(frozen=True, slots=True)
class _Case:
    """One conflict to be explained. `position`: that of its changeset in upstream's history."""

    id: str
    position: int
    replayed: Replayed
    pick: Pick
    clash: Clash
    ours: Version | None


@dataclass(frozen=True, slots=True)
class PatchStep:
    """One patch of the component's series, and what it makes of one file; `ref` is the patch's file."""

    ref: str
    subject: str
    author: str
    before: Version | None
    after: Version | None


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of the target's file: a commit, or a patch of the series. The contents are read when they are asked
    for."""

    kind: CauseKind
    ref: str
    subject: str
    author: str
    date: int
    old: Callable[[], Version | None]
    new: Callable[[], Version | None]
    adds: bool = False
    deletes: bool = False


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A cause that is to be tried, and how: what is to be done to the file; `everywhere` the whole of it."""

    cause: Cause
    act: Act
    everywhere: Act | None
    order: int


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
        self._history = history
        self._lives = lives
        self._memory = memory
        self._ports = ports
        self._tools = tools or {}
        self._patched = patched or {}
        self._progress = progress
        self._merger = FileMerger(component.fold)
        self._position = {one.id: index for index, one in enumerate(ground.lineage.changesets)}
        self._blobs: dict[str, bytes] = {}

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
            yield self._card(case, self._steps(case.pick.target, steps.get(case.pick.target, ())))

    def _cases(self) -> Iterator[_Case]:
        for one in self._ground.replayed:
            if one.state not in (State.CONFLICT, State.FLAGGED) or _lacks(one):
                continue
            for pick, merge in zip(one.picked.files, one.merges, strict=True):
                for clash in merge.clashes:
                    conflict = conflict_of(self._component.name, pick, clash)
                    position = self._position.get(one.picked.changeset.id, len(self._position))
                    yield _Case(conflict.id, position, one, pick, clash, one.ours.get(pick.target))

    def _steps(self, path: RepoPath, commits: Sequence[FileStep]) -> list[_Step]:
        """Who made the file what it is before the replay, newest first."""
        patches = self._patched.get(path, ())
        if patches and patches[-1].after == self._start(path):
            return [
                _Step(
                    CauseKind.LOCAL_PATCH, one.ref, one.subject, one.author, 0, partial(_same, one.before),
                    partial(_same, one.after), deletes=one.after is None,
                )
                for one in reversed(patches)
            ]  # fmt: skip
        return [
            _Step(
                CauseKind.LOCAL_COMMIT, one.commit.id, _first_line(one.commit.message), one.commit.author.name,
                one.commit.date, partial(self._version, one.old), partial(self._version, one.new),
                one.old is None, one.new is None,
            )
            for one in commits
        ]  # fmt: skip

    def _card(self, case: _Case, steps: Sequence[_Step]) -> Card:
        table = self._merger.table
        marks, on_base = self._marks(case)
        aim = self._aim(case)
        derived = self._derived(case, steps)
        traced = trace(table, marks, self._life(steps, derived), aim)
        suspects = [self._local(case, steps, touch.step, touch.hunks, derived) for touch in traced.touches]
        if case.ours is None and steps and steps[0].deletes:
            suspects.append(self._local(case, steps, 0, (), None))
        suspects += self._missing(case, on_base, traced, derived.position if derived is not None else -1)
        return self._proved(case, suspects[:SUSPECTS])

    def _lacking(self, one: Replayed) -> Card:
        """It would land, but uses names that only changesets bring which a person decided against. Whether those would
        land in their places is tried."""
        by_id = {other.picked.changeset.id: other for other in self._ground.replayed}
        causes = []
        for ref in one.blocked_by:
            changeset = by_id[ref].picked.changeset
            fits = all(self._would_land(by_id[ref], pick) for pick in by_id[ref].picked.files if pick.decided)
            why = f"it brings what is used here, and it was decided against: {changeset.subject}"
            causes.append(Cause(
                CauseKind.MISSING_CHANGESET, ref, why[:_REASON], Proof.CONFIRMED if fits else Proof.UNTESTED,
                changeset.subject, changeset.author.login, changeset.date, in_order=True,
                together=tuple(other for other in one.blocked_by if other != ref),
            ))  # fmt: skip
        return Card(one.picked.changeset.id, tuple(causes), suspects=len(causes), trials=len(causes), everything=True)

    def _would_land(self, one: Replayed, pick: Pick) -> bool:
        """Whether a file of a changeset that was decided against would fit in its place, hunks that were left out and
        all."""
        theirs = pick.whole or pick.theirs
        whole = replace(pick, theirs=theirs, standing="", left_out=(), whole=None, numbers=())
        case = _Case("", self._position.get(one.picked.changeset.id, 0), one, whole, _NOWHERE, None)
        trials = Trials(
            self._merger, self._before(case), whole, 0, self._start(pick.target), None, self._ground.resolutions
        )
        return trials.clean_in_order(())

    # What is to be explained.

    def _marks(self, case: _Case) -> tuple[Marks, Marks]:
        """What differs where the conflict is: as marks on the target's file as it stands before the replay, and as
        marks on upstream's."""
        base, ours = case.pick.base, case.ours
        start = self._start(case.pick.target)
        if ours is None or start is None or is_binary(ours.content) or is_binary(start.content):
            return Marks(frozenset(), ()), Marks(frozenset(), ())
        lines = self._merger.table.lines
        old = lines(base.content) if base is not None else lines(b"")
        mine, first = lines(ours.content), lines(start.content)
        local = [hunk for hunk in hunks(old.keys, mine.keys) if self._in_the_way(case, hunk, old.raw, mine.raw)]
        back = Alignment.of(hunks(mine.keys, first.keys))
        return Marks.of(local, old.keys).mapped(back), Marks.of(local, mine.keys, of_new=False)

    def _in_the_way(self, case: _Case, hunk: Hunk, base: Sequence[bytes], ours: Sequence[bytes]) -> bool:
        place = case.clash.place
        if place is None:
            return True
        wide = _BESIDE if case.clash.kind is ConflictKind.GATE else 0
        if hunk.a0 <= place.base1 + wide and place.base0 - wide <= hunk.a1:
            return True
        if case.clash.kind is not ConflictKind.GATE:
            return False
        about = {line.strip() for line in split_lines(case.clash.base + case.clash.theirs)} - {b"", b"{", b"}"}
        return any(line.strip() in about for line in (*base[hunk.a0 : hunk.a1], *ours[hunk.b0 : hunk.b1]))

    def _aim(self, case: _Case) -> frozenset[int]:
        """The lines that upstream has at the conflict: what stood there before a local change, if nothing else did."""
        place, base = case.clash.place, case.pick.base
        if base is None:
            return frozenset()
        keys = self._merger.table.lines(base.content).keys
        return frozenset(keys if place is None else keys[max(0, place.base0 - _BESIDE) : place.base1 + _BESIDE])

    def _derived(self, case: _Case, steps: Sequence[_Step]) -> FileVersion | None:
        """The upstream version that the target's file was first made from; None where that cannot be told. What the
        file differed in on its first day is a local change like any other."""
        if not steps or steps[-1].deletes or (steps[-1].kind is CauseKind.LOCAL_COMMIT and not steps[-1].adds):
            return None
        changesets = self._ground.lineage.changesets[: case.position]
        until = len(changesets) - 1
        try:
            first = steps[-1].old() if steps[-1].kind is CauseKind.LOCAL_PATCH else steps[-1].new()
            if first is None:
                return None
            if steps[-1].kind is CauseKind.LOCAL_COMMIT:
                until = max((at for at, one in enumerate(changesets) if one.date <= steps[-1].date), default=until)
            oid = hashlib.sha256(first.content).hexdigest()
            found = self._ground.finder.find(
                case.pick.target, case.pick.upstream, oid, lambda: first.content, until=until
            )
        except WorldError:
            return None
        return found.version

    # Suspects.

    def _local(
        self,
        case: _Case,
        steps: Sequence[_Step],
        number: int,
        found: tuple[Hunk, ...],
        derived: FileVersion | None,
    ) -> _Suspect:
        step = steps[number]
        before, after, against = step.old(), step.new(), ""
        if step.deletes:
            why = "it deleted the file that upstream goes on changing"
        elif step.adds and derived is not None and after is not None:
            why = f"it brought the file in, changed from upstream's {derived.label} in the lines in question"
            before, against = Version(self._upstream(derived.blob) or b"", after.mode), derived.changeset
        elif step.ref in self._ports:
            why = "it ported by hand, and made the lines in question other than upstream's"
        else:
            why = "it changed the lines in question"
        cause = Cause(
            step.kind, step.ref, f"{why}: {step.subject}"[:_REASON], Proof.UNTESTED, step.subject,
            step.author, step.date, case.pick.target, tuple(map(lines_of, found)), against=against,
        )  # fmt: skip
        whole = None if against else Undo(before, after)
        return _Suspect(cause, Undo(before, after, found), whole, number)

    def _missing(
        self, case: _Case, on_base: Marks, traced: Traced, after: int
    ) -> Iterator[_Suspect]:
        """Upstream's changesets past the position `after` that brought a line which the target never had, or took out
        one that it still has, and that this replay does not carry."""
        base = case.pick.base
        if base is None or is_binary(base.content):
            return
        keys = self._merger.table.lines(base.content).keys
        lines = frozenset(index for index in on_base.lines if keys[index] in traced.never)
        gaps = tuple(
            replace(gap, wanted=gap.wanted & traced.always) for gap in on_base.gaps if gap.wanted & traced.always
        )
        versions = [
            one for one in self._ground.lineage.versions(case.pick.upstream)
            if after <= one.position < case.position and one.blob is not None
        ]  # fmt: skip
        versions.reverse()
        carried = {
            part.changeset.id
            for one in self._ground.replayed
            if one.state not in _LEFT_OUT
            for part in one.picked.joined or (one.picked,)
        }

        def life() -> Iterator[Change]:
            for index, one in enumerate(versions):
                older = versions[index + 1] if index + 1 < len(versions) else None
                yield Change(
                    self._upstream(older.blob) if older is not None else None, self._upstream(one.blob) or b""
                )

        for touch in trace(self._merger.table, Marks(lines, gaps), life()).touches:
            version = versions[touch.step]
            changeset = self._ground.lineage.changesets[version.position]
            if changeset.id in carried or touch.step + 1 == len(versions):
                continue
            whole = self._ground.picker.pick(changeset, changeset.files, version.position)
            pick = next((one for one in whole.files if one.target == case.pick.target), None)
            if pick is None:
                continue
            why = f"the target never took upstream's {version.label}: {changeset.subject}"
            cause = Cause(
                CauseKind.MISSING_CHANGESET, changeset.id, why[:_REASON], Proof.UNTESTED, changeset.subject,
                changeset.author.login, changeset.date, case.pick.upstream, tuple(map(lines_of, touch.hunks)),
            )  # fmt: skip
            yield _Suspect(cause, Take(version.position, pick), None, -version.position)

    # Proof.

    def _proved(self, case: _Case, suspects: Sequence[_Suspect]) -> Card:
        sides = self._excerpts(case)
        if not suspects:
            why = "nothing can be named: neither history says who made the difference"
            drift = Cause(CauseKind.DRIFT, "", why, Proof.UNTESTED, file=case.pick.target)
            return Card(case.id, (drift,), (), 0, 0, False, self._suggestions(case), *sides)
        trials = Trials(
            self._merger, self._before(case), case.pick, case.clash.hunk, self._start(case.pick.target), case.ours,
            self._ground.resolutions,
        )  # fmt: skip
        in_order: set[tuple[str, ...]] = set()

        def suffices(chosen: tuple[_Suspect, ...]) -> bool:
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

    def _suggestions(self, case: _Case) -> tuple[Suggestion, ...]:
        clash, ours = case.clash, case.ours
        if ours is None:
            return ()
        before = of_resolutions(case.pick, ours, clash, case.id, self._ground.resolutions)
        if clash.kind is not ConflictKind.CONTENT or clash.place is None:
            return tuple(before)
        return (*before, *of_words(case.pick, ours, clash.place, self._tools))

    def _tried(self, case: _Case, trials: Trials, chosen: tuple[_Suspect, ...]) -> tuple[bool, bool]:
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
            pick.standing or self._merger.merge(pick.base, self._start(pick.target), pick.theirs).lands
            for pick in whole.files
        )

    def _key(self, case: _Case, chosen: Sequence[_Suspect]) -> str:
        digest = hashlib.sha256()
        for version in (case.pick.base, case.pick.theirs, case.ours, self._start(case.pick.target)):
            content = version.content if version is not None else b""
            digest.update(b"%d %d " % (len(content), version.mode if version is not None else 0) + content)
        said = [str(case.clash.hunk), repr(self._component.fold), *_refs(chosen)]
        said += [repr(one.cause.hunks) for one in chosen]
        said += [pick.revision or "" for _, pick in self._before(case)]
        said += [one.name for one in self._ground.resolutions.every]
        digest.update("\0".join(said).encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def _before(self, case: _Case) -> list[tuple[int, Pick]]:
        """What the replay carries to the file ahead of the conflict."""
        result = []
        for one in self._ground.replayed:
            if one is case.replayed:
                break
            position = self._position.get(one.picked.changeset.id, -1)
            if one.state in _LEFT_OUT:
                continue
            for pick in one.picked.files:
                if pick.target == case.pick.target and (not pick.standing or pick.decided is State.DEFERRED):
                    put_off = pick.decided is State.DEFERRED and pick.left_out
                    result.append((position, replace(pick, base=pick.theirs, theirs=pick.whole) if put_off else pick))
        return result

    # Contents.

    def _start(self, path: RepoPath) -> Version | None:
        return self._version(self._ground.tree.entries.get(path))

    def _version(self, blob: Blob | None) -> Version | None:
        return Version(self._content(blob), blob.mode) if blob is not None else None

    def _content(self, blob: Blob) -> bytes:
        if blob.oid not in self._blobs:
            self._blobs[blob.oid] = self._ground.tree.read(blob.oid)
        return self._blobs[blob.oid]

    def _upstream(self, blob: Blob | None) -> bytes | None:
        if blob is None:
            return None
        if blob.oid not in self._blobs:
            self._blobs[blob.oid] = self._history.read(blob.oid)
        return self._blobs[blob.oid]

    def _life(self, steps: Sequence[_Step], derived: FileVersion | None) -> Iterator[Change]:
        """The file's life as contents, as far back as the repository has them; before it, the upstream version that it
        was made from."""
        for step in steps:
            try:
                old, new = step.old(), step.new()
            except WorldError:  # a partial clone holds the newest only
                return
            before = old.content if old is not None else None
            if before is None and step.adds and derived is not None:
                before = self._upstream(derived.blob)
            yield Change(before, new.content if new is not None else b"")

    def _excerpts(self, case: _Case) -> tuple[Excerpt | None, Excerpt | None, Excerpt | None]:
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


def _same(version: Version | None) -> Version | None:
    return version


def _first_line(message: str) -> str:
    return next((line.strip() for line in message.splitlines() if line.strip()), "")


def _lacks(one: Replayed) -> bool:
    return one.state is State.FLAGGED and bool(one.blocked_by)


def _fewest_hunks(
    chosen: tuple[_Suspect, ...], suffices: Callable[[tuple[_Suspect, ...]], bool]
) -> tuple[_Suspect, ...]:
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


def _refs(chosen: Sequence[_Suspect]) -> tuple[str, ...]:
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
