"""Three-way merge of lines, with its regions as data.

The law is that of diff3 (Khanna, Kunal, Pierce: A Formal Investigation of Diff3, 2007) with two freedoms: edits
that only touch one another do not conflict, and equal edits are taken once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from portkit.change.linediff import Hunk


class Side(Enum):
    """Who changed a region: nobody, one side, both alike, or both differently."""

    NONE = "none"
    OURS = "ours"
    THEIRS = "theirs"
    BOTH = "both"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Region:
    """Lines base0..base1 of base, ours0..ours1 of ours and theirs0..theirs1 of theirs, and who changed them."""

    side: Side
    base0: int
    base1: int
    ours0: int
    ours1: int
    theirs0: int
    theirs1: int


def regions(
    ours_hunks: Sequence[Hunk],
    theirs_hunks: Sequence[Hunk],
    ours: Sequence[int],
    theirs: Sequence[int],
    base_length: int,
) -> tuple[Region, ...]:
    """The regions of a merge, in order, covering base and ours without gap or overlap.

    `ours_hunks` turn base into ours, `theirs_hunks` base into theirs; `ours` and `theirs` are the lines' integers.
    Some of theirs may be left out: theirs is then covered but for their lines.
    """
    result: list[Region] = []
    at_base = at_ours = 0
    to_theirs = 0  # what to add to an index of base to get that of theirs
    i = j = 0
    while i < len(ours_hunks) or j < len(theirs_hunks):
        group_ours: list[Hunk] = []
        group_theirs: list[Hunk] = []
        start = min(
            ours_hunks[i].a0 if i < len(ours_hunks) else base_length + 1,
            theirs_hunks[j].a0 if j < len(theirs_hunks) else base_length + 1,
        )
        mine, other = (
            (ours_hunks[i] if i < len(ours_hunks) else None),
            (theirs_hunks[j] if j < len(theirs_hunks) else None),
        )
        if mine is not None and (other is None or (mine.a0, mine.a1) <= (other.a0, other.a1)):
            group_ours.append(mine)
            i += 1
        else:
            assert other is not None
            group_theirs.append(other)
            j += 1
        grown = True
        while grown:  # what comes next can only meet the last of the other side
            grown = False
            while i < len(ours_hunks) and _meets_last(ours_hunks[i], group_theirs):
                group_ours.append(ours_hunks[i])
                i += 1
                grown = True
            while j < len(theirs_hunks) and _meets_last(theirs_hunks[j], group_ours):
                group_theirs.append(theirs_hunks[j])
                j += 1
                grown = True
        end = max(hunk.a1 for hunk in group_ours + group_theirs)
        if group_theirs:
            to_theirs = group_theirs[0].b0 - group_theirs[0].a0
        if start > at_base:
            same = start - at_base
            result.append(_unchanged(at_base, start, at_ours, to_theirs))
            at_ours += same
        ours_end = at_ours + (end - start) + sum(hunk.b1 - hunk.b0 - hunk.a1 + hunk.a0 for hunk in group_ours)
        theirs_start = start + to_theirs
        if group_theirs:
            to_theirs = group_theirs[-1].b1 - group_theirs[-1].a1
        theirs_end = end + to_theirs
        if not group_theirs:
            side = Side.OURS
        elif not group_ours:
            side = Side.THEIRS
        elif ours[at_ours:ours_end] == theirs[theirs_start:theirs_end]:
            side = Side.BOTH
        else:
            side = Side.CONFLICT
        result.append(Region(side, start, end, at_ours, ours_end, theirs_start, theirs_end))
        at_base, at_ours = end, ours_end
    if at_base < base_length:
        result.append(_unchanged(at_base, base_length, at_ours, to_theirs))
    return tuple(result)


def _unchanged(start: int, end: int, ours: int, to_theirs: int) -> Region:
    return Region(Side.NONE, start, end, ours, ours + end - start, start + to_theirs, end + to_theirs)


def _meets_last(hunk: Hunk, group: Sequence[Hunk]) -> bool:
    """Whether `hunk` meets one of the last two of `group`: an insertion may stand behind the edit that it meets."""
    return any(meet(hunk, other) for other in group[-2:]) if group else False


def meet(one: Hunk, other: Hunk) -> bool:
    """Whether two edits of base get in each other's way: they share a line, or both insert at one place."""
    if one.a0 == one.a1 and other.a0 == other.a1:
        return one.a0 == other.a0
    if one.a0 == one.a1:
        return other.a0 < one.a0 < other.a1
    if other.a0 == other.a1:
        return one.a0 < other.a0 < one.a1
    return one.a0 < other.a1 and other.a0 < one.a1
