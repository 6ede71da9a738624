"""Replay: upstream's changesets, one by one in upstream's order, onto the target.

Two trees are carried along. The *branch* holds what landed: whole changesets, every file clean and through the
gate. The *draft* goes on past what is parked, with upstream's side in the places that clash. What fails on the
branch but fits on the draft is only blocked; what fails on the draft too is a root of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from portkit.change import ident
from portkit.change.changeset import Changeset
from portkit.decisions.resolution import Resolutions
from portkit.merge.file import Clash, FileMerge, FileMerger, Version
from portkit.merge.kinds import ConflictKind, Gate
from portkit.paths import RepoPath, name
from portkit.sync.names import Place, needed
from portkit.sync.outcome import State, TypeChecked, landed_in_part
from portkit.sync.pick import Pick, Picked
from portkit.sync.resolved import Resolver
from portkit.sync.uses import Uses

NO_RESOLUTIONS = Resolutions()

_TRIALS = 12
"""How many trial merges may be spent on finding which of the parked changesets a file waits for."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one changeset. `merges` go with `picked.files` and are the draft's where it is parked;
    `writes` is what the branch takes (empty unless it landed), `draft_writes` what the draft takes; `ours` the
    target's files that `merges` were made with, where it is parked; `part`: those of its files that the branch takes
    although it is parked, where that was asked for; `check`: what the type check that refused it found."""

    picked: Picked
    state: State
    merges: tuple[FileMerge, ...]
    writes: Mapping[RepoPath, Version | None]
    draft_writes: Mapping[RepoPath, Version | None]
    blocked_by: tuple[str, ...] = ()
    reason: str = ""
    ours: Mapping[RepoPath, Version | None] = field(default_factory=dict)
    part: frozenset[RepoPath] = frozenset()
    check: TypeChecked | None = None


@dataclass(slots=True)
class _Tree:
    """A tree of files with changes on top."""

    read: Callable[[RepoPath], Version | None]
    changed: dict[RepoPath, Version | None] = field(default_factory=dict)

    def get(self, path: RepoPath) -> Version | None:
        if path not in self.changed:
            self.changed[path] = self.read(path)
        return self.changed[path]


@dataclass(frozen=True, slots=True)
class _Parked:
    picked: Picked
    brought: Mapping[bytes, set[Place]]
    blocked_by: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.picked.changeset.id

    @property
    def targets(self) -> set[RepoPath]:
        return {pick.target for pick in self.picked.files}


_Stacks = dict[tuple[int, int], tuple[int, Version | None]]
"""(the stack below, 0 for none; the parked changeset on top) to the number of that stack and the file it makes."""


@dataclass(frozen=True, slots=True)
class IdentPolicy:
    """How ident lines are bumped: upstream's keyword and the target's style (None: as the line stands)."""

    keyword: str
    style: ident.Style | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a changeset that merged may not land: the target path and function it is about, and the reason; all that was
    found, where it was a type check."""

    path: str
    function: str
    reason: str
    check: TypeChecked | None = None


Judge = Callable[[Changeset, Mapping[RepoPath, Version | None]], Refusal | None]
"""What a check says of a changeset and what it would write, on top of those that landed before it."""


class Replay:
    """One component's replay. `read` gives the target's file as it stands before it."""

    def __init__(
        self,
        read: Callable[[RepoPath], Version | None],
        files: Sequence[RepoPath],
        policy: IdentPolicy,
        merger: FileMerger | None = None,
        resolutions: Resolutions = NO_RESOLUTIONS,
        *,
        taken: Collection[str] = (),
        judge: Judge | None = None,
        after_import: Mapping[RepoPath, Version | None] | None = None,
        partial: bool = False,
    ) -> None:
        """`taken`: changesets that count as resolved with upstream's side, to see what that would free; such a replay
        is never written. `judge` refuses what merged, is upstream's change, and nevertheless may not land.
        `after_import`: what the target's own patches make of its files once the first changeset, an import, is in.
        `partial`: of a changeset that is parked, the files land that can do so by themselves."""
        self._partial = partial
        self._judge = judge
        self._taken = taken
        self._after_import = dict(after_import or {})
        self._importing = bool(self._after_import)
        self._branch = _Tree(read)
        self._draft = _Tree(self._branch.get)
        self._files = set(files)
        self._policy = policy
        self._merger = merger or FileMerger()
        self._uses = Uses(self._merger)
        self._resolver = Resolver(resolutions, self._merger)
        self._parked: list[_Parked] = []
        self._aside: list[_Parked] = []
        self._brought: dict[bytes, set[Place]] = {}
        self._stacks: dict[RepoPath, tuple[Version | None, _Stacks]] = {}

    def run(self, picked: Iterable[Picked]) -> Iterator[Replayed]:
        """What becomes of each changeset, in turn."""
        for number, one in enumerate(picked):
            done = self._one(one)
            self._importing = False
            if not number and done.state is State.PORTED:
                self._branch.changed.update(self._after_import)
                self._draft.changed.update(self._after_import)
            yield done

    def _one(self, picked: Picked) -> Replayed:
        files = [pick for pick in picked.files if not pick.standing]
        if not files:
            return self._decided(picked)
        merges = {pick.target: self._merge(self._branch, pick) for pick in files}
        if picked.changeset.id in self._taken:
            return self._landed(picked, files, merges)
        if all(merge.lands for merge in merges.values()):
            by_hand = {target for target, merge in merges.items() if merge.resolutions}
            judged = [pick for pick in files if pick.target not in by_hand]  # a person knows what they used
            waits, why = self._waits_for_names(judged)
            if not waits:
                lacks, why = self._lacks_names(judged)
                if not lacks:
                    return self._landed(picked, files, merges)
                return self._park(picked, files, merges, lacks, why, lacking=True)
            return self._park(picked, files, merges, waits, why)
        return self._park(picked, files, merges, (), "")

    def _decided(self, picked: Picked) -> Replayed:
        """A changeset of which nothing is to be replayed: the map, the target or a person says so."""
        states = {pick.decided for pick in picked.files}
        first = next((pick for pick in picked.files if pick.decided is not None), picked.files[0])
        if State.DEFERRED in states:
            return self._deferred(picked)
        state = State.SKIPPED if State.SKIPPED in states else State.NOT_APPLICABLE
        self._set_aside(picked)
        return Replayed(picked, state, (), {}, {}, reason=first.standing)

    def _deferred(self, picked: Picked) -> Replayed:
        """What a person put off is parked: the draft takes it, and what builds on it waits for it."""
        files = [
            replace(pick, base=pick.theirs, theirs=pick.whole) if pick.left_out else pick
            for pick in picked.files
            if pick.decided is State.DEFERRED
        ]
        draft_writes = {pick.target: self._drafted(pick, self._merge(self._draft, pick)) for pick in files}
        self._draft.changed.update(draft_writes)
        self._remember(_Parked(replace(picked, files=tuple(files)), self._uses.brought(files), ()))
        return Replayed(picked, State.DEFERRED, (), {}, draft_writes, reason=files[0].standing)

    def _set_aside(self, picked: Picked) -> None:
        """Remembers the names that a person decided to do without."""
        files = [pick for pick in picked.files if pick.decided is not None and not pick.left_out]
        files += [replace(pick, base=pick.theirs, theirs=pick.whole) for pick in picked.files if pick.left_out]
        if files:
            self._aside.append(_Parked(picked, self._uses.brought(files), ()))

    def _remember(self, parked: _Parked) -> None:
        self._parked.append(parked)
        for word, places in parked.brought.items():
            self._brought.setdefault(word, set()).update(places)

    def _merge(self, tree: _Tree, pick: Pick) -> FileMerge:
        return self._merged(pick, tree.get(pick.target))

    def _merged(self, pick: Pick, ours: Version | None) -> FileMerge:
        return self._resolver.merge(pick.file, pick.base, ours, pick.theirs)

    def _landed(self, picked: Picked, files: Sequence[Pick], merges: Mapping[RepoPath, FileMerge]) -> Replayed:
        every = tuple(merges[pick.target] if not pick.standing else _STANDING for pick in picked.files)
        out = [one for pick in picked.files for one in pick.left_out]
        self._set_aside(picked)
        if all(merge.gate is Gate.ALREADY for merge in merges.values()):
            state, why = (out[0].state, f"in part: {out[0].reason}") if out else (State.ALREADY, "")
            return Replayed(picked, state, every, {}, self._caught_up(files), reason=why)
        writes: dict[RepoPath, Version | None] = {}
        draft_writes: dict[RepoPath, Version | None] = {}
        for pick in files:
            before = self._branch.get(pick.target)
            apart = self._draft.changed.get(pick.target, before) is not before
            after = self._bumped(pick, before, merges[pick.target].result)
            if apart:
                draft_writes[pick.target] = self._drafted(pick, self._merge(self._draft, pick))
            else:
                draft_writes[pick.target] = after
            writes[pick.target] = after
        if all(self._branch.get(path) == version for path, version in writes.items()):
            return Replayed(picked, State.ALREADY, every, {}, self._caught_up(files), reason=_in_part(picked, merges))
        if self._judge is not None:  # an import is judged with what the target's own patches make of it
            whole = {**writes, **self._after_import} if self._importing else writes
            refusal = self._judge(picked.changeset, whole)
            if refusal is not None:
                refused = _refused(files, merges, refusal)
                parked = self._park(picked, files, refused, (), refusal.reason, lacking=True)
                return replace(parked, check=refusal.check)
        self._branch.changed.update(writes)
        self._draft.changed.update(draft_writes)
        self._files.update(path for path, version in writes.items() if version is not None)
        return Replayed(picked, State.PORTED, every, writes, draft_writes, reason=_in_part(picked, merges))

    def _caught_up(self, files: Sequence[Pick]) -> dict[RepoPath, Version | None]:
        """What the draft takes of a changeset that the branch has already: its files may stand further back, with
        upstream's side of what was parked in them."""
        writes: dict[RepoPath, Version | None] = {}
        for pick in files:
            before = self._draft.get(pick.target)
            if before is not self._branch.get(pick.target):
                merge = self._merge(self._draft, pick)
                after = self._drafted(pick, merge)
                if after != before and merge.gate is not Gate.ALREADY:
                    writes[pick.target] = after
        self._draft.changed.update(writes)
        return writes

    def _park(
        self,
        picked: Picked,
        files: Sequence[Pick],
        merges: Mapping[RepoPath, FileMerge],
        waits: tuple[str, ...],
        why: str,
        *,
        lacking: bool = False,
    ) -> Replayed:
        """Parks a changeset. `lacking`: it would land, but uses names that only the changesets `waits` bring, which a
        person decided to do without."""
        on_draft = {}
        branch = {pick.target: self._branch.get(pick.target) for pick in files}
        draft = {pick.target: self._draft.get(pick.target) for pick in files}
        for pick in files:
            apart = draft[pick.target] is not branch[pick.target]
            on_draft[pick.target] = self._merge(self._draft, pick) if apart else merges[pick.target]
        draft_writes = {pick.target: self._drafted(pick, on_draft[pick.target]) for pick in files}
        if lacking:
            state, blocked_by, shown = State.FLAGGED, waits, merges
        elif all(merge.lands for merge in on_draft.values()):
            state = State.BLOCKED
            blocked_by = self._blockers(files, merges, waits)
            shown = merges
            if not why:
                first = next(merge for merge in merges.values() if not merge.lands)
                why = f"it builds on a changeset that is parked ({first.reason})"
        else:
            state = State.CONFLICT if any(merge.conflicts for merge in on_draft.values()) else State.FLAGGED
            blocked_by = ()
            shown = on_draft
            why = next(merge.reason for merge in on_draft.values() if not merge.lands)
        writes = self._part_of(picked, files, merges, draft_writes)
        part = frozenset(writes)
        if part:
            self._branch.changed.update(writes)
            self._files.update(path for path, version in writes.items() if version is not None)
            shown = {**shown, **{path: merges[path] for path in part}}
            why = f"{why}; {landed_in_part(part)}"
        self._draft.changed.update(draft_writes)
        rest = [pick for pick in files if pick.target not in part]
        waiting = replace(picked, files=tuple(rest))
        self._remember(_Parked(waiting, self._uses.brought(rest), () if lacking else blocked_by))
        every = tuple(shown[pick.target] if not pick.standing else _STANDING for pick in picked.files)
        ours = branch if shown is merges else draft
        return Replayed(picked, state, every, writes, draft_writes, blocked_by, why, ours, part)

    def _part_of(
        self,
        picked: Picked,
        files: Sequence[Pick],
        merges: Mapping[RepoPath, FileMerge],
        draft_writes: Mapping[RepoPath, Version | None],
    ) -> dict[RepoPath, Version | None]:
        """What the branch takes of a changeset that is parked: files that land by themselves, and are no half of a
        change whose other half stays behind."""
        if not self._partial or picked.joined:
            return {}
        part = [pick for pick in files if merges[pick.target].lands and merges[pick.target].gate is not Gate.ALREADY]
        held = True
        while held:
            rest = [pick for pick in files if pick not in part and merges[pick.target].gate is not Gate.ALREADY]
            halves = [pick for pick in part if self._waits(pick) or self._uses.half(pick, rest, self._contents())]
            kept = [pick for pick in part if pick not in halves]
            held = len(kept) < len(part)
            part = kept
        writes: dict[RepoPath, Version | None] = {}
        for pick in part:
            before = self._branch.get(pick.target)
            apart = self._draft.get(pick.target) is not before
            after = self._bumped(pick, before, merges[pick.target].result) if apart else draft_writes[pick.target]
            if after != before:
                writes[pick.target] = after
        if writes and self._judge is not None and self._judge(picked.changeset, writes) is not None:
            return {}
        return writes

    def _drafted(self, pick: Pick, merge: FileMerge) -> Version | None:
        return self._bumped(pick, self._draft.get(pick.target), merge.result)

    def _bumped(self, pick: Pick, before: Version | None, result: Version | None) -> Version | None:
        """`result` with its ident line at the ported revision, in the target's style, and never further back than
        it was; a file that had none gets none."""
        if result is None or pick.theirs is None or before is None:
            return result
        was = ident.recorded(before.content, self._policy.keyword, name(pick.target))
        new = ident.recorded(pick.theirs.content, self._policy.keyword, name(pick.upstream))
        old = ident.recorded(result.content, self._policy.keyword, name(pick.target))
        if new is None or old is None or was is None:
            return result
        style = self._policy.style
        path = pick.upstream if style is not None and style.upstream else pick.target
        content = ident.bumped(result.content, old, new, path, style, since=was.revision)
        if not ident.advances(was, new):  # upstream's own line may have come in with a hunk around it
            content = content[: old.start] + before.content[was.start : was.end] + content[old.end :]
        return Version(content, result.mode)

    # What a changeset waits for.

    def _waits(self, pick: Pick) -> bool:
        return bool(self._waits_for_names([pick])[0] or self._lacks_names([pick])[0])

    def _waits_for_names(self, files: Sequence[Pick]) -> tuple[tuple[str, ...], str]:
        """The parked changesets that bring a name which the added lines of `files` use and the target lacks."""
        return self._bringers(files, self._parked, self._brought, "it uses what only a parked changeset brings")

    def _lacks_names(self, files: Sequence[Pick]) -> tuple[tuple[str, ...], str]:
        """The same of the changesets that a person decided to do without."""
        brought: dict[bytes, set[Place]] = {}
        for aside in self._aside:
            for word, places in aside.brought.items():
                brought.setdefault(word, set()).update(places)
        return self._bringers(files, self._aside, brought, "it uses what was decided against")

    def _bringers(
        self, files: Sequence[Pick], bringing: Sequence[_Parked], brought: Mapping[bytes, set[Place]], said: str
    ) -> tuple[tuple[str, ...], str]:
        if not bringing:
            return (), ""
        used: dict[bytes, set[Place]] = {}
        for pick in files:
            for word, places in self._uses.added(pick).items():
                used.setdefault(word, set()).update(places)
        names = needed(used, brought, self._contents())
        if not names:
            return (), ""
        lacking = {word: used[word] for word in (name.encode("latin-1") for name in names)}
        found = tuple(one.id for one in bringing if needed(lacking, one.brought, ()))
        return found, f"{said}: {', '.join(names)}"

    def _contents(self) -> Iterator[bytes]:
        for path in sorted(self._files):
            version = self._branch.get(path)
            if version is not None:
                yield version.content

    def _blockers(
        self, files: Sequence[Pick], merges: Mapping[RepoPath, FileMerge], waits: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The parked changesets with whose draft side in place `files` would land, each with what blocks it, in
        upstream's order."""
        chosen = set(waits)
        for pick in files:
            if not merges[pick.target].lands:
                chosen |= self._blockers_of_file(pick)
        return self._closed(chosen)

    def _blockers_of_file(self, pick: Pick) -> set[str]:
        touching = [parked for parked in self._parked if pick.target in parked.targets]
        everything = {parked.picked.changeset.id for parked in touching}
        if len(touching) == 1:
            return everything
        for parked in touching[: -_TRIALS - 1 : -1]:  # the newest is the likeliest, and often the only one
            alone = set(self._closed({parked.picked.changeset.id}))
            if self._fits_with(pick, alone):
                return alone
        for parked in touching[:_TRIALS]:
            fewer = everything - {parked.picked.changeset.id}
            if fewer and self._fits_with(pick, set(self._closed(fewer))):
                everything = fewer
        return everything

    def _fits_with(self, pick: Pick, chosen: set[str]) -> bool:
        """Whether `pick` lands once the chosen parked changesets' draft side stands on the branch's file."""
        steps = tuple(
            index
            for index, parked in enumerate(self._parked)
            if parked.picked.changeset.id in chosen and pick.target in parked.targets
        )
        return self._merged(pick, self._stacked(pick.target, steps)).lands

    def _stacked(self, target: RepoPath, steps: tuple[int, ...]) -> Version | None:
        """The branch's file with the draft side of the parked changesets `steps` on it. Most trials share their
        first steps, so each stack is remembered for as long as the branch's file stays."""
        ours = self._branch.get(target)
        kept_for, stacks = self._stacks.setdefault(target, (ours, {}))
        if kept_for is not ours:
            stacks = {}
            self._stacks[target] = (ours, stacks)
        below = 0
        for step in steps:
            if (below, step) not in stacks:
                for pick in self._parked[step].picked.files:
                    if pick.target == target:
                        ours = self._resolver.result(pick.file, pick.base, ours, pick.theirs)
                stacks[below, step] = (len(stacks) + 1, ours)
            below, ours = stacks[below, step]
        return ours

    def _closed(self, chosen: set[str]) -> tuple[str, ...]:
        """`chosen` with everything that blocks one of them, in upstream's order."""
        wanted = set(chosen)
        for parked in self._parked:
            if parked.picked.changeset.id in chosen:
                wanted.update(parked.blocked_by)  # which is all there is: it was closed when it was made
        return tuple(parked.picked.changeset.id for parked in self._parked if parked.picked.changeset.id in wanted)


def _in_part(picked: Picked, merges: Mapping[RepoPath, FileMerge]) -> str:
    """What a person did about a changeset that lands, as a reason: what was left out, what was resolved."""
    by_hand = [merge.reason for merge in merges.values() if merge.resolutions]
    said = [pick.standing for pick in picked.files if pick.decided is not None]
    said += [f"hunk {one.hunk} of {pick.upstream} {one.reason}" for pick in picked.files for one in pick.left_out]
    return "; ".join([*by_hand, *(["in part", *dict.fromkeys(said)] if said else [])])


_STANDING = FileMerge(None, "standing", Gate.ALREADY, ())


def _refused(
    files: Sequence[Pick], merges: Mapping[RepoPath, FileMerge], refusal: Refusal
) -> Mapping[RepoPath, FileMerge]:
    """`merges` with the refusal at the file that it is about; at the first, where it is about none of them."""
    path = next((pick.target for pick in files if pick.target == refusal.path), files[0].target)
    clash = Clash(ConflictKind.CHECK, 0, refusal.function, refusal.reason, b"", b"", b"")
    return {**merges, path: replace(merges[path], clashes=(clash,), reason=refusal.reason)}
