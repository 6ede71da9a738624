"""Whether a series still holds: what it makes of its baseline, how each patch fits, alone and in order, and on
upstream's newest files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portkit.merge.file import FileMerger
from portkit.patches.applying import Files, apply_patch
from portkit.patches.series import Patch, Series, Step, push
from portkit.patches.superseded import Superseded
from portkit.paths import RepoPath, to_bytes

FUZZ = 2
"""How much context is ignored in telling how far a patch has drifted (patch(1)'s default)."""


class Fit(StrEnum):
    """How a patch fits: where it says; some lines off; with context ignored; by a three-way merge; not at all."""

    EXACT = "exact"
    OFFSET = "offset"
    FUZZ = "fuzz"
    MERGE = "merge"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Fits:
    """`offset` and `fuzz` in lines, the largest of the patch's hunks; `reason` where it does not fit."""

    fit: Fit
    offset: int = 0
    fuzz: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FileCheck:
    """One file: whether baseline and series give the tree's; `why` says how they differ."""

    path: RepoPath
    equal: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class PatchCheck:
    """One patch: in its order on the baseline, alone on the baseline, and in its order on upstream's newest files."""

    patch: Patch
    in_order: Fits
    alone: Fits
    forward: Fits
    superseded: Superseded | None = None
    collisions: tuple[str, ...] = ()
    """The conflicts of earlier syncs, by their ids, that stood in its lines."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found of a component's series."""

    component: str
    onto: str
    files: tuple[FileCheck, ...]
    patches: tuple[PatchCheck, ...]
    reports: int = 0
    """How many earlier syncs were looked at for collisions."""

    @property
    def equal(self) -> bool:
        """Whether baseline and series give the tree, byte for byte."""
        return all(file.equal for file in self.files)

    @property
    def unequal(self) -> tuple[FileCheck, ...]:
        return tuple(file for file in self.files if not file.equal)

    @property
    def lost(self) -> tuple[PatchCheck, ...]:
        """The patches that do not apply in their order, without fuzz."""
        return tuple(one for one in self.patches if one.in_order.fit in (Fit.FUZZ, Fit.NONE))

    @property
    def holds(self) -> bool:
        """Whether there is nothing for a person to do."""
        return self.equal and not self.lost


def fits(patch: Patch, files: Files) -> Fits:
    """How `patch` fits on `files`, without a merge."""
    plain = apply_patch(patch.files, files)
    if plain.applies:
        offset = max((one.offset for one in plain.applied), default=0)
        return Fits(Fit.OFFSET if offset else Fit.EXACT, offset)
    fuzzy = apply_patch(patch.files, files, fuzz=FUZZ)
    if fuzzy.applies:
        applied = fuzzy.applied
        return Fits(Fit.FUZZ, max(one.offset for one in applied), max(one.fuzz for one in applied))
    reason = next(f"{one.patch.path}: {one.reason}" for one in fuzzy.applied if not one.applies)
    return Fits(Fit.NONE, reason=reason)


def check(
    component: str,
    onto: str,
    series: Series,
    baseline: Files,
    tree: Files,
    newest: Files,
    *,
    superseded: Mapping[str, Superseded],
    collisions: Mapping[str, Sequence[str]],
    reports: int = 0,
    merger: FileMerger | None = None,
) -> Checked:
    """The check of `series` on `baseline` against `tree`; `newest` are upstream's newest files. `superseded` and
    `collisions` go by a patch's name."""
    steps = push(series, baseline)
    made = steps[-1].after if steps else baseline
    files = tuple(
        _file(path, made, tree) for path in sorted({*made, *tree}, key=to_bytes)
    )
    forward = _forward(steps, newest, merger or FileMerger())
    patches = tuple(
        PatchCheck(
            step.patch, fits(step.patch, step.before), fits(step.patch, baseline), ahead,
            superseded.get(step.patch.name), tuple(collisions.get(step.patch.name, ())),
        )
        for step, ahead in zip(steps, forward, strict=True)
    )  # fmt: skip
    return Checked(component, onto, files, patches, reports)


def _file(path: RepoPath, made: Files, tree: Files) -> FileCheck:
    one, other = made.get(path), tree.get(path)
    if one == other:
        return FileCheck(path, True)
    if one is None:
        why = "the tree has it, and the series does not make it"
    elif other is None:
        why = "the series makes it, and the tree does not have it"
    elif one.content == other.content:
        why = f"the series gives it the mode {one.mode:o}, the tree has {other.mode:o}"
    else:
        why = "the series makes another content"
    return FileCheck(path, False, why)


def _forward(steps: Sequence[Step], newest: Files, merger: FileMerger) -> list[Fits]:
    """How the patches fit on upstream's newest files, one after the other; what does not fit is merged, so that the
    next has something to stand on."""
    found: list[Fits] = []
    tree = dict(newest)
    for step in steps:
        fit = fits(step.patch, tree)
        if fit.fit in (Fit.EXACT, Fit.OFFSET):
            tree = dict(apply_patch(step.patch.files, tree).files)
            found.append(fit)
            continue
        clean = True
        for one in step.patch.files:
            before = step.before.get(one.old) if one.old is not None else None
            after = step.after.get(one.new) if one.new is not None else None
            merged = merger.merge(before, tree.get(one.path), after)
            clean = clean and merged.lands
            if not merged.lands:
                continue
            if merged.result is None:
                tree.pop(one.path, None)
            else:
                tree[one.path] = merged.result
        found.append(Fits(Fit.MERGE, fit.offset, fit.fuzz) if clean else fit)
    return found
