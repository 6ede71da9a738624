"""Carrying a series onto a synced tree: by merge, never by fuzz, and to the byte.

Each patch is merged, in its order, onto what the patches before it make of the new baseline. Where the merges are clean
and end at the tree as it stands, that is the new series. Where a conflict was resolved in the tree, the lines of the
tree are asked whose they are (`patches.weave`): the resolution becomes part of the patch that owns the place. What
neither tells is a conflict of its own, to be settled by a person; and until then nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from portkit.change.functions import function_at
from portkit.merge.file import Clash, FileMerge, FileMerger, Version
from portkit.merge.kinds import ConflictKind
from portkit.patches.applying import Files
from portkit.patches.entries import SERIES, read_entries
from portkit.patches.extract import IDENT_FILE, free_name, left_out_head, left_out_name, with_diff
from portkit.patches.headers import Headers
from portkit.patches.leftout import AHEAD, LEFT_OUT, LeftOut, of_upstream
from portkit.patches.patchid import patch_id
from portkit.patches.rawlines import raw_hunks
from portkit.patches.reading import first_diff_line, read_diff
from portkit.patches.series import REMAINDER as REMAINDER_FILE
from portkit.patches.series import Patch, Series, Step, push, read_patch
from portkit.patches.superseded import Superseded
from portkit.patches.weave import BEGINNING, REMAINDER, UPSTREAM, Layers, Moment, layers
from portkit.patches.writing import tree_diff
from portkit.paths import RepoPath
from portkit.text import decode, split_lines

Sides = tuple[Version | None, Version | None, Version | None]

Settle = Callable[[RepoPath, Version | None, Version | None, Version | None], FileMerge | None]
"""How a person settled a merge of a file before, given its path and three sides; None where nobody did."""


class CardKind(StrEnum):
    """Why a patch no longer fits. `lost`: not even the baseline that it was made for; `merge`: what upstream has there
    now; `leftover`: it fits, but the series does not end at the tree, and what differs is nobody's."""

    LOST = "lost"
    MERGE = "merge"
    LEFTOVER = "leftover"


@dataclass(frozen=True, slots=True)
class Card:
    """A place where a patch no longer fits: what a person has to settle before the series can be carried on. `sides`
    are the whole files: before the patch as it was made, what it must stand on now, after the patch as it was made; of
    a leftover nothing, the tree's, what the series makes. `number` counts the places of the file, from 0."""

    patch: str
    path: RepoPath
    clash: Clash
    kind: CardKind = CardKind.LOST
    sides: Sides = (None, None, None)
    number: int = 0


@dataclass(frozen=True, slots=True)
class Since:
    """Upstream's `versions` of one file from the old baseline to the new one, oldest first, and those that came
    `later`; and by a layer's number, what a changeset among them is called that the target left out, or is ahead
    with."""

    versions: tuple[Version | None, ...] = ()
    later: Callable[[], Sequence[Version | None]] = tuple
    about: Callable[[int], LeftOut | None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Retired:
    """A patch that became empty, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The series carried on; the one that was there where there are `cards`. `changed`: the names of the patches whose
    files are written anew."""

    series: Series
    changed: tuple[str, ...] = ()
    retired: tuple[Retired, ...] = ()
    cards: tuple[Card, ...] = ()


_States = list[Version | None]
"""One file after each patch: the first is the baseline's."""


@dataclass(slots=True)
class _Carried:
    """One file carried on: its states after each patch; the layers that say what was left out of upstream's changesets,
    where something was; the cards, where a person has to settle something."""

    states: _States
    layers: Layers | None = None
    cards: tuple[Card, ...] = ()


def refresh(
    series: Series,
    old_baseline: Files,
    baseline: Files,
    tree: Files,
    *,
    superseded: Mapping[str, Superseded],
    merger: FileMerger,
    settle: Settle = lambda *_: None,
    since: Callable[[RepoPath], Since] = lambda _: Since(),
    component: str = "",
    remainder: Patch | None = None,
) -> Refreshed:
    """`series`, which stands on `old_baseline`, carried onto `baseline`, so that the two give `tree`. `superseded` says
    what upstream has of a patch, for the reason of a retirement; `settle` what a person settled before. `remainder`:
    what is nobody's goes into a patch with this one's name and head, instead of being a card. What the tree lacks of
    upstream's changesets (`since`) becomes patches of their own, as in an extraction."""
    steps = push(series, old_baseline)
    lost = [step for step in steps if not step.applies]
    if lost:
        return Refreshed(series, cards=tuple(_lost(step) for step in lost))
    found: dict[RepoPath, _Carried] = {}
    for path in sorted({*old_baseline, *baseline, *tree, *(path for step in steps for path in step.after)}):
        one = _Carrier(path, steps, old_baseline, baseline, tree, merger, settle, since)
        found[path] = one.carried(rest=remainder is not None)
    cards = tuple(card for one in found.values() for card in one.cards)
    if cards:
        return Refreshed(series, cards=cards)
    return _written(series, steps, found, superseded, remainder, tree, since, component)


def carried_onto(
    path: RepoPath, steps: Sequence[Step], new: Version | None, merger: FileMerger, *, without: Collection[str] = ()
) -> tuple[str, FileMerge | None]:
    """The file `path` carried onto the baseline `new` by merges alone: the first patch that does not fit with its
    merge, or "" and None. `without`: patches that are passed over."""
    state = new
    for step in steps:
        before, after = step.before.get(path), step.after.get(path)
        if before == after or step.patch.name in without:
            continue
        merge = merger.merge(before, state, after)
        if not merge.lands:
            return step.patch.name, merge
        state = merge.result
    return "", None


def _lost(step: Step) -> Card:
    one = next(one for one in step.applied if not one.applies)
    reason = f"the patch does not apply to the baseline it was made for: {one.reason}"
    clash = Clash(ConflictKind.PATCH, 0, "", reason, b"", b"", b"")
    before = step.before.get(one.patch.path)
    return Card(step.patch.name, one.patch.path, clash, CardKind.LOST, (before, before, None))


@dataclass(frozen=True, slots=True)
class _Carrier:
    """Carries one file on."""

    path: RepoPath
    steps: Sequence[Step]
    old: Files
    new: Files
    tree: Files
    merger: FileMerger
    settle: Settle
    since: Callable[[RepoPath], Since]

    def carried(self, *, rest: bool) -> _Carried:
        """The file after each patch. `rest`: what is nobody's may be left."""
        states, cards = self._merged()
        if not cards:
            return _Carried(states)
        there = self.tree.get(self.path)
        clean = cards[0].kind is CardKind.LEFTOVER
        found = self._by_lines(clean=clean)
        known = found.at(REMAINDER - 1)
        if clean and known != there:
            cards = self._leftover(cards[0].patch, known)
            if self._settled_leftover(known, there):
                last = self._last()
                found = found.renumbered(lambda number: last if number == REMAINDER else number)
                known = there
        merged, states = states, [found.at(number) for number in range(BEGINNING, len(self.steps))]
        if states[-1] == there or rest or (clean and known == there):
            return _Carried(merged if clean and merged[-1] == states[-1] else states, found)
        return _Carried([], None, cards)

    def _merged(self) -> tuple[_States, tuple[Card, ...]]:
        """The file after each patch, by merges; cards where one is not clean, or the end is not the tree's."""
        states: _States = [self.new.get(self.path)]
        last = ""
        for step in self.steps:
            before, after = step.before.get(self.path), step.after.get(self.path)
            if before == after:
                states.append(states[-1])
                continue
            last = step.patch.name
            if states[-1] == before:
                states.append(after)
                continue
            merge = self.merger.merge(before, states[-1], after)
            if not merge.lands:
                merge = self.settle(self.path, before, states[-1], after) or merge
            if not merge.lands:
                return states, tuple(
                    Card(last, self.path, _as_patch_clash(clash), CardKind.MERGE, (before, states[-1], after), number)
                    for number, clash in enumerate(merge.clashes)
                )
            states.append(merge.result)
        if states[-1] == self.tree.get(self.path):
            return states, ()
        return states, self._leftover(last, states[-1])

    def _leftover(self, patch: str, made: Version | None) -> tuple[Card, ...]:
        """The places where the tree has something else than `made`. `patch`: the last that touches the file."""
        there = self.tree.get(self.path)
        return tuple(
            Card(patch, self.path, clash, CardKind.LEFTOVER, (None, there, made), number)
            for number, clash in enumerate(_unlike(made, there))
        )

    def _settled_leftover(self, made: Version | None, there: Version | None) -> bool:
        """Whether a person said that the tree is right as it stands."""
        merge = self.settle(self.path, None, there, made) if made is not None and there is not None else None
        return merge is not None and merge.lands and merge.result == there

    def _by_lines(self, *, clean: bool) -> Layers:
        """The file in layers of patches, by whose its lines are. Where a patch did not fit (not `clean`), what the tree
        puts there is the resolution, and goes to the last patch that touches the file."""
        moments = [Moment(self.old.get(self.path), UPSTREAM)]
        moments += [Moment(step.after.get(self.path), number) for number, step in enumerate(self.steps)]
        first, last, there = moments[0].version, self.new.get(self.path), self.tree.get(self.path)
        carried = ((first.content if first is not None else b"", last.content if last is not None else b""),)
        by = REMAINDER if clean else self._last()
        moments.append(Moment(there, by, carried, inherits=not clean))
        since = self.since(self.path)
        found = layers(last, moments, there)
        return of_upstream(found, since.versions, since.later, lambda at: LEFT_OUT + at, lambda at: AHEAD + at)

    def _last(self) -> int:
        """The last patch that touches the file; one of ident lines, or of what was left out, only where no other
        does."""
        touching = [
            number for number, step in enumerate(self.steps)
            if step.before.get(self.path) != step.after.get(self.path)
        ]  # fmt: skip
        own = [number for number in touching if not _gathered(self.steps[number].patch)]
        return (own or touching or [REMAINDER])[-1]


def _gathered(patch: Patch) -> bool:
    """Whether it gathers what is no single change of the target's own."""
    return patch.name in (IDENT_FILE, REMAINDER_FILE) or bool(patch.headers.left_out_of)


def _unlike(made: Version | None, tree: Version | None) -> list[Clash]:
    """The places where the series carried on gives another file than the tree has."""
    one, other = (version.content if version is not None else b"" for version in (made, tree))
    reason = "carried on, the series does not give the file as it stands, and what differs is nobody's"
    found = raw_hunks(one, other)
    if not found or made is None or tree is None:
        return [Clash(ConflictKind.PATCH, 0, "", reason, b"", other, one)]
    mine, theirs = split_lines(one), split_lines(other)
    return [
        Clash(
            ConflictKind.PATCH, number, function_at(mine, hunk.a0), reason, b"",
            b"".join(theirs[hunk.b0 : hunk.b1]), b"".join(mine[hunk.a0 : hunk.a1]),
        )
        for number, hunk in enumerate(found, 1)
    ]  # fmt: skip


def _as_patch_clash(clash: Clash) -> Clash:
    where = f" in {clash.function}" if clash.function else ""
    reason = f"the patch no longer fits: upstream has other lines there now{where}"
    if clash.kind is not ConflictKind.CONTENT:
        reason = f"the patch no longer fits: {clash.reason}"
    return replace(clash, kind=ConflictKind.PATCH, reason=reason)


def _written(
    series: Series,
    steps: Sequence[Step],
    carried: Mapping[RepoPath, _Carried],
    superseded: Mapping[str, Superseded],
    remainder: Patch | None,
    tree: Files,
    since: Callable[[RepoPath], Since],
    component: str,
) -> Refreshed:
    pairs = [(step.patch, _at(carried, number), _at(carried, number + 1)) for number, step in enumerate(steps)]
    known = {step.patch.name for step in steps}
    last = pairs.pop() if pairs and pairs[-1][0].name == REMAINDER_FILE else None
    before = last[1] if last is not None else _at(carried, len(steps))
    for patch, after in _left_out(carried, since, component, {*known, SERIES, REMAINDER_FILE}, before):
        pairs.append((patch, before, after))
        before = after
    if last is not None:  # always the last: it takes what is left
        pairs.append((last[0], before, tree))
    elif before != tree and remainder is not None:
        pairs.append((remainder, before, tree))
    patches: list[Patch] = []
    changed: list[str] = []
    retired: list[Retired] = []
    for patch, start, after in pairs:
        diff = tree_diff(start, after)
        if not diff:
            retired += [Retired(patch.name, _why_empty(superseded.get(patch.name)))] if patch.name in known else []
            continue
        if patch.name in known and patch_id(read_diff(diff, patch.name)) == patch_id(patch.files):
            patches.append(patch)
            continue
        changed.append(patch.name)
        patches.append(read_patch(patch.name, _with(patch.raw, diff), patch.name))
    raw = _series_file(series.raw, {one.name for one in retired}, [name for name in changed if name not in known])
    return Refreshed(Series(tuple(patches), raw), tuple(changed), tuple(retired))


def _left_out(
    carried: Mapping[RepoPath, _Carried],
    since: Callable[[RepoPath], Since],
    component: str,
    taken: set[str],
    before: Files,
) -> list[tuple[Patch, Files]]:
    """A new patch for each changeset of which the tree lacks something, or that it is ahead with, and the files after
    it."""
    abouts: dict[tuple[bool, str], tuple[LeftOut, dict[RepoPath, int]]] = {}
    for path, one in carried.items():
        for number in sorted(one.layers.numbers() if one.layers is not None else ()):
            about = since(path).about(number) if LEFT_OUT <= number < REMAINDER else None
            if about is not None:
                abouts.setdefault((about.ahead, about.changeset), (about, {}))[1][path] = number
    found: list[tuple[Patch, Files]] = []
    state = dict(before)
    reached: dict[RepoPath, int] = {}
    for about, places in sorted(abouts.values(), key=lambda one: (one[0].ahead, one[0].date, one[0].changeset)):
        for path, number in places.items():
            layer = carried[path].layers
            reached[path] = max(number, reached.get(path, 0))
            version = layer.at(reached[path]) if layer is not None else None
            if version is not None:
                state[path] = version
        name = free_name(left_out_name(about), taken)
        found.append((Patch(name, left_out_head(component, about), Headers(), ()), dict(state)))
    return found


def _at(carried: Mapping[RepoPath, _Carried], number: int) -> Files:
    found: dict[RepoPath, Version] = {}
    for path, one in carried.items():
        version = one.states[number]
        if version is not None:
            found[path] = version
    return found


def _why_empty(found: Superseded | None) -> str:
    if found is not None and found.by_content:
        return f"upstream has it: {found.changeset[:12]}"
    if found is not None and found.by_id:
        return f"upstream has what it names: {', '.join(found.named)}"
    return "nothing of it is left on the new baseline"


def _with(raw: bytes, diff: bytes) -> bytes:
    """A patch file with another diff; what stands above the diff stays to the byte."""
    lines = split_lines(raw)
    head = b"".join(lines[: first_diff_line(lines)])
    return with_diff(head.rstrip(b"\n") + b"\n", diff) if head else diff


def _series_file(raw: bytes, gone: set[str], more: Sequence[str]) -> bytes:
    """The series file without the lines of the patches `gone`, and with `more`: before the remainder, which is always
    the last. Every other line stays."""
    entries = read_entries(raw, SERIES)
    dropped = {entry.line for entry in entries if entry.name in gone}
    last = next((entry.line for entry in entries if entry.name == REMAINDER_FILE), 0)
    added = b"".join(f"{name}\n".encode("ascii") for name in more)
    out: list[bytes] = []
    for number, line in enumerate(split_lines(raw), 1):
        out += [added] if number == last else []
        out += [line] if number not in dropped else []
    if not last and added:
        out += [b"\n"] if out and not out[-1].endswith(b"\n") else []
        out.append(added)
    return b"".join(out)


def diff_of_diffs(before: Patch, after: Patch | None) -> str:
    """How the file of a patch changes, as a diff of the two; "" where it does not."""
    path = RepoPath(before.name)
    one = {path: Version(before.raw, 0o100644)}
    other = {path: Version(after.raw, 0o100644)} if after is not None else {}
    return decode(tree_diff(one, other))
