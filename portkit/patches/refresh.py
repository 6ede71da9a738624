"""Carrying a series onto a synced tree: by merge, never by fuzz, and to the byte.

Each patch is merged, in its order, onto what the patches before it make of the new baseline. Where the merges are clean
and end at the tree as it stands, that is the new series. Where a conflict was resolved in the tree, the lines of the
tree are asked whose they are (`patches.weave`): the resolution becomes part of the patch that owns the place. What
neither tells is a conflict of its own, and then nothing is changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portkit.change.functions import function_at
from portkit.merge.file import Clash, ConflictKind, FileMerger, Version
from portkit.patches.applying import Files
from portkit.patches.extract import with_diff
from portkit.patches.patchid import patch_id
from portkit.patches.rawlines import raw_hunks
from portkit.patches.reading import first_diff_line, read_diff
from portkit.patches.series import REMAINDER as REMAINDER_FILE
from portkit.patches.series import SERIES, Patch, Series, Step, push, read_entries, read_patch
from portkit.patches.superseded import Superseded
from portkit.patches.weave import BEGINNING, REMAINDER, UPSTREAM, Moment, layers
from portkit.patches.writing import tree_diff
from portkit.paths import RepoPath
from portkit.text import decode, split_lines


@dataclass(frozen=True, slots=True)
class Card:
    """A patch that no longer fits, in one file: what a person has to settle before the series can be carried on."""

    patch: str
    path: RepoPath
    clash: Clash


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


def refresh(
    series: Series,
    old_baseline: Files,
    baseline: Files,
    tree: Files,
    *,
    superseded: Mapping[str, Superseded],
    merger: FileMerger,
    remainder: Patch | None = None,
) -> Refreshed:
    """`series`, which stands on `old_baseline`, carried onto `baseline`, so that the two give `tree`. `superseded` says
    what upstream has of a patch, for the reason of a retirement. `remainder`: what is nobody's goes into a patch with
    this one's name and head, instead of being a card."""
    steps = push(series, old_baseline)
    lost = [step for step in steps if not step.applies]
    if lost:
        return Refreshed(series, cards=tuple(_lost(step) for step in lost))
    states: dict[RepoPath, _States] = {}
    cards: list[Card] = []
    for path in sorted({*old_baseline, *baseline, *tree, *(path for step in steps for path in step.after)}):
        found = _merged(path, steps, baseline, tree, merger)
        if isinstance(found, Card):
            resolved = _resolved(path, steps, old_baseline, baseline, tree)
            if resolved[-1] != tree.get(path) and remainder is None:
                cards.append(found)
                continue
            found = resolved
        states[path] = found
    if cards:
        return Refreshed(series, cards=tuple(cards))
    return _written(series, steps, states, superseded, remainder, tree)


def _lost(step: Step) -> Card:
    one = next(one for one in step.applied if not one.applies)
    reason = f"the patch does not apply to the baseline it was made for: {one.reason}"
    return Card(step.patch.name, one.patch.path, Clash(ConflictKind.PATCH, 0, "", reason, b"", b"", b""))


def _merged(
    path: RepoPath, steps: Sequence[Step], new: Files, tree: Files, merger: FileMerger
) -> _States | Card:
    """The file after each patch, by merges alone; a card where one is not clean, or the end is not the tree's."""
    states: _States = [new.get(path)]
    last = ""
    for step in steps:
        before, after = step.before.get(path), step.after.get(path)
        if before == after:
            states.append(states[-1])
            continue
        last = step.patch.name
        if states[-1] == before:
            states.append(after)
            continue
        merge = merger.merge(before, states[-1], after)
        if not merge.lands:
            clash = merge.clashes[0]
            return Card(step.patch.name, path, _as_patch_clash(clash))
        states.append(merge.result)
    if states[-1] != tree.get(path):
        return Card(last, path, _unlike(states[-1], tree.get(path)))
    return states


def _unlike(made: Version | None, tree: Version | None) -> Clash:
    """That the series carried on gives another file than the tree has: the first place where it does."""
    one, other = (version.content if version is not None else b"" for version in (made, tree))
    found = raw_hunks(one, other)
    reason = "carried on, the series does not give the file as it stands: the tree lacks what upstream has, or has more"
    if not found or made is None or tree is None:
        return Clash(ConflictKind.PATCH, 0, "", reason, b"", b"", b"")
    hunk, mine, theirs = found[0], split_lines(one), split_lines(other)
    return Clash(
        ConflictKind.PATCH, 0, function_at(mine, hunk.a0), reason, b"",
        b"".join(theirs[hunk.b0 : hunk.b1]), b"".join(mine[hunk.a0 : hunk.a1]),
    )  # fmt: skip


def _as_patch_clash(clash: Clash) -> Clash:
    reason = f"the patch no longer fits: {clash.reason}"
    return Clash(ConflictKind.PATCH, clash.hunk, clash.function, reason, clash.base, clash.ours, clash.theirs)


def _resolved(path: RepoPath, steps: Sequence[Step], old: Files, new: Files, tree: Files) -> _States:
    """The file after each patch, by whose its lines are; at the end it is the tree's, but for lines that are
    nobody's."""
    moments = [Moment(old.get(path), UPSTREAM)]
    moments += [Moment(step.after.get(path), number) for number, step in enumerate(steps)]
    first = moments[0].version
    last = new.get(path)
    carried = ((first.content if first is not None else b"", last.content if last is not None else b""),)
    moments.append(Moment(tree.get(path), _neighbour(path, steps), carried, inherits=True))
    found = layers(last, moments, tree.get(path))
    return [found.at(number) for number in range(BEGINNING, len(steps))]


def _neighbour(path: RepoPath, steps: Sequence[Step]) -> int:
    """The last patch that touches the file: to it goes what a resolution put that no patch had."""
    touching = [number for number, step in enumerate(steps) if step.before.get(path) != step.after.get(path)]
    return touching[-1] if touching else REMAINDER


def _written(
    series: Series,
    steps: Sequence[Step],
    states: Mapping[RepoPath, _States],
    superseded: Mapping[str, Superseded],
    remainder: Patch | None,
    tree: Files,
) -> Refreshed:
    patches: list[Patch] = []
    changed: list[str] = []
    retired: list[Retired] = []
    pairs = [(step.patch, _at(states, number), _at(states, number + 1)) for number, step in enumerate(steps)]
    if pairs and pairs[-1][0].name == REMAINDER_FILE:  # always the last: it takes what is left
        pairs[-1] = (*pairs[-1][:2], tree)
    elif remainder is not None and _at(states, len(steps)) != tree:
        pairs.append((remainder, _at(states, len(steps)), tree))
    known = {step.patch.name for step in steps}
    for patch, before, after in pairs:
        diff = tree_diff(before, after)
        if not diff:
            retired.append(Retired(patch.name, _why_empty(superseded.get(patch.name))))
            continue
        if patch.name in known and patch_id(read_diff(diff, patch.name)) == patch_id(patch.files):
            patches.append(patch)
            continue
        changed.append(patch.name)
        patches.append(read_patch(patch.name, _with(patch.raw, diff), patch.name))
    raw = _series_file(series.raw, {one.name for one in retired}) if retired else series.raw
    raw += b"".join(f"{name}\n".encode("ascii") for name in changed if name not in known)
    return Refreshed(Series(tuple(patches), raw), tuple(changed), tuple(retired))


def _at(states: Mapping[RepoPath, _States], number: int) -> Files:
    found: dict[RepoPath, Version] = {}
    for path, several in states.items():
        version = several[number]
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


def _series_file(raw: bytes, gone: set[str]) -> bytes:
    """The series file without the lines of the patches `gone`; every other line stays."""
    dropped = {entry.line for entry in read_entries(raw, SERIES) if entry.name in gone}
    lines = split_lines(raw)
    return b"".join(line for number, line in enumerate(lines, 1) if number not in dropped)


def diff_of_diffs(before: Patch, after: Patch | None) -> str:
    """How the file of a patch changes, as a diff of the two; "" where it does not."""
    path = RepoPath(before.name)
    one = {path: Version(before.raw, 0o100644)}
    other = {path: Version(after.raw, 0o100644)} if after is not None else {}
    return decode(tree_diff(one, other))
