"""The ladder of methods that merge one file's change, from cheap to dear. Each result names the rung it took.

- `equal`: ours is theirs already.
- `copy`: ours is base, apart from keywords; theirs is taken.
- `diff3`: every upstream hunk stands clear of every local one.
- `present`: some upstream hunk stands in ours already, though not where diff3 would look; it is left out.
- `slide`: a hunk means the same a few lines up or down, and there stands clear.
- `include`: both sides add `#include` lines at one place; upstream's stand first. Headers are meant to be read in any
  order, and people sort them; anything else that both sides add at one place is a conflict.
- `condition`: both sides add lines at one place, ours nothing but the `#if` around the lines behind, or the `#endif`
  around those before: upstream's stand outside.
- `white-space`: ours differs from base in white space only where upstream changes it.
- `moved`: the lines upstream deletes stand elsewhere in ours, once; they are deleted there.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from portkit.change.linediff import Hunk
from portkit.change.lines import followed
from portkit.merge.alignment import slides
from portkit.merge.diff3 import Region, Side, meet, regions
from portkit.merge.sides import INCLUDE, Sides, loosely_equal

RUNGS = ("equal", "copy", "diff3", "present", "slide", "include", "condition", "white-space", "moved")

_CONDITION = re.compile(rb"#\s*(?:if|else|elif|endif)")
_BEGINS = re.compile(rb"#\s*if")
_ENDS = re.compile(rb"#\s*endif\b")


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge of one file: `content` with upstream's side in the conflicting regions, of which `conflicts` lists
    the first to last (none: the merge is clean). `local` are the hunks that turn theirs into the result, in order,
    where the regions tell: what was local to ours before is local to the result."""

    content: bytes
    method: str
    conflicts: tuple[Region, ...]
    local: tuple[Hunk, ...] | None = None

    @property
    def clean(self) -> bool:
        return not self.conflicts


def merge(sides: Sides) -> Merged:
    """The merge of `sides` by the cheapest rung that is clean; by the dearest, with its conflicts, where none is."""
    base, ours, theirs = sides.base, sides.ours, sides.theirs
    if ours.keys == theirs.keys and sides.upstream:
        return Merged(ours.content, "equal", (), ())
    if not sides.upstream:
        return Merged(_rendered(sides, _regions(sides, ()), frozenset()), "equal", (), sides.local)
    upstream = list(sides.upstream)
    if not sides.local:
        return Merged(_rendered(sides, _regions(sides, upstream), frozenset()), "copy", (), ())
    used = {"diff3"}
    kept: list[Hunk] = []
    deleted: set[int] = set()
    for hunk in upstream:
        if sides.already(hunk):
            used.add("present")
            continue
        moved = _moved_to(sides, hunk)
        if moved >= 0:
            used.add("moved")
            deleted.update(range(moved, moved + hunk.a1 - hunk.a0))
            continue
        kept.append(hunk)
    cleared = _cleared(sides, kept)
    if cleared != kept:
        used.add("slide")
    found: list[Region] = []
    for region in _regions(sides, cleared):
        if region.side is Side.CONFLICT and _only_includes(sides, region):
            used.add("include")
            found += _one_after_the_other(region)
            continue
        if region.side is Side.CONFLICT and region.base0 == region.base1:
            begins, ends = _conditional(sides, region)
            if begins or ends:
                used.add("condition")
                found += _one_after_the_other(region) if begins else _one_before_the_other(region)
                continue
        if region.side is Side.CONFLICT and loosely_equal(
            base.raw[region.base0 : region.base1], ours.raw[region.ours0 : region.ours1]
        ):
            used.add("white-space")
            region = Region(
                Side.THEIRS, region.base0, region.base1, region.ours0, region.ours1, region.theirs0, region.theirs1
            )
        found.append(region)
    found = _ended(sides, found)
    conflicts = tuple(region for region in found if region.side is Side.CONFLICT)
    content = _rendered(sides, found, frozenset(deleted))
    if used == {"diff3", "present"} and content == ours.content:
        return Merged(content, "equal", conflicts)
    told = not used & {"present", "moved"}
    return Merged(content, max(used, key=RUNGS.index), conflicts, _still_local(found) if told else None)


def _regions(sides: Sides, upstream: Sequence[Hunk]) -> tuple[Region, ...]:
    return regions(sides.local, upstream, sides.ours.keys, sides.theirs.keys, len(sides.base.keys))


def _only_includes(sides: Sides, region: Region) -> bool:
    """Whether both sides do nothing in `region` but add `#include` lines, none of them twice."""
    added = (*sides.ours.raw[region.ours0 : region.ours1], *sides.theirs.raw[region.theirs0 : region.theirs1])
    apart = len({b"".join(line.split()) for line in added}) == len(added)
    return region.base0 == region.base1 and apart and all(INCLUDE.match(line) for line in added)


def _conditional(sides: Sides, region: Region) -> tuple[bool, bool]:
    """Whether ours, where both sides add lines, does nothing but begin a condition around the lines behind; or nothing
    but end one around those before. What theirs adds must be whole statements: the condition may leave out the rest."""
    ours = [raw.strip() for raw in sides.ours.raw[region.ours0 : region.ours1] if raw.strip()]
    theirs = [raw.strip() for raw in sides.theirs.raw[region.theirs0 : region.theirs1] if raw.strip()]
    whole = bool(theirs) and theirs[-1].endswith((b";", b"}", b"*/")) and not theirs[0].startswith((b"}", b"else"))
    if len(ours) != 1 or not whole or any(_CONDITION.match(line) for line in theirs):
        return False, False
    return bool(_BEGINS.match(ours[0])), bool(_ENDS.match(ours[0]))


def _one_before_the_other(region: Region) -> tuple[Region, Region]:
    """What both sides add at one place: ours, then theirs."""
    at, ours0, ours1, theirs0, theirs1 = region.base0, region.ours0, region.ours1, region.theirs0, region.theirs1
    return (
        Region(Side.OURS, at, at, ours0, ours1, theirs0, theirs0),
        Region(Side.THEIRS, at, at, ours1, ours1, theirs0, theirs1),
    )


def _one_after_the_other(region: Region) -> tuple[Region, Region]:
    """What both sides add at one place: theirs, then ours."""
    at, ours0, ours1, theirs0, theirs1 = region.base0, region.ours0, region.ours1, region.theirs0, region.theirs1
    return (
        Region(Side.THEIRS, at, at, ours0, ours0, theirs0, theirs1),
        Region(Side.OURS, at, at, ours0, ours1, theirs1, theirs1),
    )


def _ended(sides: Sides, found: list[Region]) -> list[Region]:
    """`found`, its end made one conflict where a line without a newline would not be the last one: one side took
    the newline away, the other goes on behind it."""
    if all(side.raw[-1].endswith(b"\n") for side in (sides.ours, sides.theirs) if side.raw):
        return found
    for index, region in enumerate(found):
        theirs = region.side in (Side.THEIRS, Side.CONFLICT)
        raw, end = (sides.theirs.raw, region.theirs1) if theirs else (sides.ours.raw, region.ours1)
        if not _emits(region) or end < len(raw) or raw[-1].endswith(b"\n"):
            continue
        if any(_emits(one) for one in found[index + 1 :]):
            last = found[-1]
            whole = Region(
                Side.CONFLICT, region.base0, last.base1, region.ours0, last.ours1, region.theirs0, last.theirs1
            )
            return [*found[:index], whole]
    return found


def _emits(region: Region) -> bool:
    """Whether a merge has lines of `region`."""
    if region.side in (Side.THEIRS, Side.CONFLICT):
        return region.theirs1 > region.theirs0
    return region.ours1 > region.ours0


def _moved_to(sides: Sides, hunk: Hunk) -> int:
    """Where ours holds the only copy of the lines that `hunk` deletes, when it is not where base has them; else -1."""
    if hunk.b0 != hunk.b1 or not sides.gone(hunk) or sides.puts_elsewhere(hunk):
        return -1
    copies = sides.strays(hunk)
    return copies[0] if len(copies) == 1 else -1


def _cleared(sides: Sides, upstream: Sequence[Hunk]) -> list[Hunk]:
    """`upstream` with each hunk that meets a local one slid to the nearest place where it meets none."""
    result: list[Hunk] = []
    for index, hunk in enumerate(upstream):
        chosen = hunk
        if _in_the_way(sides, hunk):
            low = result[-1].a1 if result else 0
            high = upstream[index + 1].a0 if index + 1 < len(upstream) else len(sides.base.keys)
            for other in slides(hunk, sides.base.keys, sides.theirs.keys):
                if low <= other.a0 and other.a1 <= high and not _in_the_way(sides, other):
                    chosen = other
                    break
        result.append(chosen)
    return result


def _in_the_way(sides: Sides, hunk: Hunk) -> bool:
    """Whether a local hunk meets `hunk`."""
    starts = sides.to_ours.starts
    first = max(0, bisect_left(starts, hunk.a0) - 1)
    return any(meet(hunk, local) for local in sides.local[first : bisect_right(starts, hunk.a1)])


def _still_local(found: Sequence[Region]) -> tuple[Hunk, ...]:
    """The hunks from theirs to the result of a merge that left no upstream hunk out: ours where only ours changed."""
    result: list[Hunk] = []
    at = 0
    for region in found:
        took_ours = region.side in (Side.OURS, Side.NONE, Side.BOTH)
        length = region.ours1 - region.ours0 if took_ours else region.theirs1 - region.theirs0
        if region.side is Side.OURS:
            result.append(Hunk(region.theirs0, region.theirs1, at, at + length))
        at += length
    return tuple(result)


def _rendered(sides: Sides, found: Sequence[Region], deleted: frozenset[int]) -> bytes:
    """The raw lines of a merge. Where nobody changed a line, ours stands, to the byte: but for a keyword line, of
    which what is in ours as it was in base follows upstream."""
    base, ours, theirs = sides.base, sides.ours, sides.theirs
    out: list[bytes] = []
    keywords = frozenset(ours.folded)
    for region in found:
        if region.side in (Side.THEIRS, Side.CONFLICT):
            out += theirs.raw[region.theirs0 : region.theirs1]
            continue
        if region.side is not Side.NONE or not keywords.intersection(range(region.ours0, region.ours1)):
            if deleted:
                out += [ours.raw[index] for index in range(region.ours0, region.ours1) if index not in deleted]
            else:
                out += ours.raw[region.ours0 : region.ours1]
            continue
        for step in range(region.ours1 - region.ours0):
            mine = ours.raw[region.ours0 + step]
            their_line = sides.to_theirs.new_of(region.base0 + step) if region.ours0 + step in keywords else -1
            if their_line >= 0:
                mine = followed(mine, base.raw[region.base0 + step], theirs.raw[their_line])
            out.append(mine)
    return b"".join(out)
