"""A hand-made port beside upstream's changeset: hunk by hunk what is the same, what was adapted, what was left out,
and what the commit does besides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portkit.change.functions import function_at
from portkit.change.linediff import Hunk
from portkit.change.lines import Lines, LineTable
from portkit.merge.sides import Sides
from portkit.ports.account import Edit
from portkit.ports.deltas import changed
from portkit.ports.model import HunkState, PortedFile

_NEAR = 60
"""So many lines from its place what the target made of a hunk may stand."""


@dataclass(frozen=True, slots=True)
class Part:
    """Lines that go and lines that come, at line `start` (from 1) of the file before, in `function` ("" for none)."""

    start: int
    function: str
    removed: tuple[bytes, ...]
    added: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ReviewedHunk:
    """One of upstream's hunks, counted from 1, and what the target changed in its place."""

    number: int
    state: HunkState
    upstream: Part
    target: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ReviewedFile:
    """One file of a changeset beside the target's. `besides`: what the commit changes that answers no hunk."""

    file: PortedFile
    hunks: tuple[ReviewedHunk, ...]
    besides: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """A file upstream and in the target, before and after; None where it is not there."""

    base: bytes | None
    theirs: bytes | None
    before: bytes | None
    after: bytes | None


def reviewed(file: PortedFile, contents: Contents, fold: tuple[str, ...] = ()) -> ReviewedFile:
    """`file` hunk by hunk. A file that is added or deleted whole is one hunk."""
    table = LineTable(more=fold)
    base, theirs = table.lines(contents.base or b""), table.lines(contents.theirs or b"")
    before, after = table.lines(contents.before or b""), table.lines(contents.after or b"")
    if None in (contents.base, contents.theirs, contents.before, contents.after):
        whole = Part(1, "", base.raw, theirs.raw)
        state = file.hunks[0] if file.hunks else HunkState.LEFT_OUT
        made = (Part(1, "", before.raw, after.raw),) if contents.before != contents.after else ()
        return ReviewedFile(file, (ReviewedHunk(1, state, whole, made),))
    edit = Edit(before, after)
    sides = Sides(base, before, theirs)
    answered: set[int] = set()
    result = []
    states = _padded(file.hunks, len(sides.upstream))
    for number, (hunk, state) in enumerate(zip(sides.upstream, states, strict=True), 1):
        mine = _answers(sides, edit, hunk) if state in (HunkState.MADE, HunkState.ADAPTED) else []
        answered.update(mine)
        parts = tuple(_part(before, after, edit.hunks[index]) for index in mine)
        result.append(ReviewedHunk(number, state, _part(base, theirs, hunk), parts))
    besides = tuple(
        _part(before, after, hunk)
        for index, hunk in enumerate(edit.hunks)
        if index not in answered and not _only_keywords(before, after, hunk)
    )
    return ReviewedFile(file, tuple(result), besides)


def _padded(states: Sequence[HunkState], count: int) -> Sequence[HunkState]:
    return states if len(states) == count else [HunkState.LEFT_OUT] * count


def _answers(sides: Sides, edit: Edit, hunk: Hunk) -> list[int]:
    """Which of the edit's hunks make upstream's `hunk`: near its place, with lines of it."""
    wanted = changed(sides.base, sides.theirs, hunk)
    low, high = sides.to_ours.gap(hunk.a0)[0], sides.to_ours.gap(hunk.a1)[1]
    found = []
    for index, (one, lines) in enumerate(zip(edit.hunks, edit.by_hunk, strict=True)):
        touches = one.a0 <= high and low <= one.a1
        near = one.a0 <= high + _NEAR and low - _NEAR <= one.a1
        if (near and wanted & lines) or (touches and not wanted):
            found.append(index)
    return found


def _part(old: Lines, new: Lines, hunk: Hunk) -> Part:
    function = function_at(old.raw, hunk.a0, old.headers) or function_at(new.raw, hunk.b0, new.headers)
    return Part(hunk.a0 + 1, function, old.raw[hunk.a0 : hunk.a1], new.raw[hunk.b0 : hunk.b1])


def _only_keywords(old: Lines, new: Lines, hunk: Hunk) -> bool:
    return all(
        index in lines.folded or lines.raw[index].startswith(b".Dd ")
        for lines, start, end in ((old, hunk.a0, hunk.a1), (new, hunk.b0, hunk.b1))
        for index in range(start, end)
    )


def differences(base: bytes, target: bytes, fold: tuple[str, ...] = ()) -> tuple[Part, ...]:
    """The hunks in which the target differs from its baseline, keyword lines left out."""
    table = LineTable(more=fold)
    old, new = table.lines(base), table.lines(target)
    return tuple(_part(old, new, hunk) for hunk in Edit(old, new).hunks if not _only_keywords(old, new, hunk))
