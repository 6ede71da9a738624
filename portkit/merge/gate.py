"""The gate: does a clean result make upstream's change, at upstream's place, or have it already?

A three-way merge that reports no conflict can still be wrong: a deletion is lost because the line had moved, a line
comes in twice, a hunk lands in another function. So every clean result is accounted for, hunk by hunk, before it
may land. What the result changes in ours must be what upstream changed in base, the same lines, at the same place;
what it does not change must be there already. Anything else fails, with the reason.

The place is the same when, of the positions at which a hunk means the same, one pair

1. corresponds under the alignment of base and ours,
2. has at least two of its six neighbouring lines in common, and
3. stands in the same function.

Lines that agree may still be others: which of several equal ones is deleted, or what upstream moves past what, cannot
be told where ours has lines of its own between them; a move of lines that ours does not have is no change to make.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from portkit.change.functions import header_of, name_in, opens
from portkit.change.linediff import Hunk, hunks
from portkit.change.lines import BLANK, Lines, LineTable, expansions, shape
from portkit.merge.alignment import Alignment, slides
from portkit.merge.kinds import Gate
from portkit.merge.readings import disputed
from portkit.merge.renamed import renamed
from portkit.merge.sides import Sides, functions_of, loosely_equal, only_includes, same_function, significant

_NEIGHBOURS = 3
_ENOUGH = 2

_ALIKE = 12
"""As many of upstream's hunks that look like one in the result are tried, on either side of it."""

_FUNCTION = 400
"""As many lines of a function are looked at to see where most of it went."""

_DECLARATION = re.compile(rb"[A-Za-z_][^\"'{}]*;\s*$")
"""A declaration on one line, in column 0."""

_WORD = re.compile(rb"\w{3,}")

_LinesOf = tuple[tuple[bytes, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` says in one sentence why it failed; `hunk` counts upstream's hunks from 1 (0: none of them)."""

    gate: Gate
    reason: str = ""
    hunk: int = 0


def check(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> Verdict:
    """The gate on four contents, ident lines not yet bumped."""
    table = LineTable()
    sides = Sides(table.lines(base), table.lines(ours), table.lines(theirs))
    return judge(sides, table.lines(result))


def judge(sides: Sides, result: Lines) -> Verdict:
    """The gate on sides that are aligned already."""
    if not sides.local and sides.upstream and result.keys == sides.theirs.keys:
        # ours is base and the result theirs: there is nothing to account for but keyword lines
        foreign = _foreign_keyword_line(sides, result)
        return Verdict(Gate.FAILED, foreign) if foreign else Verdict(Gate.FAITHFUL)
    made = hunks(sides.ours.keys, result.keys)
    left = _Left(sides)
    at = 0
    while at < len(made):
        taken = _explain(sides, result, made, at, left)
        if isinstance(taken, Verdict):
            return taken
        used, explained = taken
        for index in explained:
            unclear = _twice(sides, sides.upstream[index]) or _unclear(sides, sides.upstream[index])
            if unclear:
                return Verdict(Gate.FAILED, unclear, index + 1)
        left.explained(explained)
        at += used
    strange = _defined_twice(sides, result, left) or _foreign_name(sides, left)
    if strange is not None:
        return strange
    for index in sorted(left.indexes):
        if not sides.already(sides.upstream[index]):
            return Verdict(Gate.FAILED, _missing(sides, sides.upstream[index]), index + 1)
    foreign = _foreign_keyword_line(sides, result)
    if foreign:
        return Verdict(Gate.FAILED, foreign)
    carried_off = _carried_off(sides, result, made)
    if carried_off:
        return Verdict(Gate.FAILED, carried_off)
    index = disputed(sides, result, made, left.indexes)
    if index >= 0:
        hunk = sides.upstream[index]
        text = _quoted(sides.theirs, hunk.b0, hunk.b1) if hunk.b0 < hunk.b1 else _quoted(sides.base, hunk.a0, hunk.a1)
        reason = f"between which equal lines upstream's change belongs cannot be told: {text}"
        return Verdict(Gate.FAILED, reason, index + 1)
    return Verdict(Gate.FAITHFUL if made else Gate.ALREADY)


class _Left:
    """Upstream's hunks that nothing in the result has carried out so far, and which of them are worth a look."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self.indexes = set(range(len(sides.upstream)))
        self._by_lines: dict[_LinesOf, list[int]] = {}
        for index, hunk in enumerate(sides.upstream):
            self._by_lines.setdefault(_lines_of(sides.base, sides.theirs, hunk), []).append(index)

    def explained(self, indexes: Iterable[int]) -> None:
        """Takes out what the result carries out."""
        for index in indexes:
            self.indexes.remove(index)
            hunk = self._sides.upstream[index]
            alike = self._by_lines[_lines_of(self._sides.base, self._sides.theirs, hunk)]
            del alike[bisect_left(alike, index)]

    def like(self, result: Lines, made: Hunk) -> list[int]:
        """Those that remove and add the same lines as `made`, in any order: sliding turns them round. Those whose
        place is nearest to it come first."""
        alike = self._by_lines.get(_lines_of(self._sides.ours, result, made), [])
        if len(alike) < 2:
            return list(alike)
        upstream, gap = self._sides.upstream, self._sides.to_ours.gap
        at = bisect_left(alike, made.a0, key=lambda index: gap(upstream[index].a0)[0])
        near = alike[max(0, at - _ALIKE) : at + _ALIKE]
        return sorted(near, key=lambda index: abs(gap(upstream[index].a0)[0] - made.a0))

    def near(self, made: Hunk) -> list[int]:
        """Those whose place in ours may be that of `made`, in order."""
        upstream, gap = self._sides.upstream, self._sides.to_ours.gap
        first = bisect_left(upstream, made.a0, key=lambda hunk: gap(hunk.a1)[1])
        last = bisect_right(upstream, made.a1, key=lambda hunk: gap(hunk.a0)[0])
        return [index for index in range(first, last) if index in self.indexes]


def _lines_of(old: Lines, new: Lines, hunk: Hunk) -> _LinesOf:
    """The lines a hunk removes, white space and keywords apart, and those it adds, each in order of their value."""
    removed = [b"$" if line.count(b"$") > 1 else b"".join(line.split()) for line in old.raw[hunk.a0 : hunk.a1]]
    return tuple(sorted(removed)), tuple(sorted(new.keys[hunk.b0 : hunk.b1]))


def _explain(
    sides: Sides, result: Lines, made: Sequence[Hunk], at: int, left: _Left
) -> tuple[int, tuple[int, ...]] | Verdict:
    """Which of upstream's hunks `left` the hunk made[at] carries out: (how many of `made`, which of upstream's)."""
    elsewhere = -1
    for index in left.like(result, made[at]):
        kind = _carries(sides, result, made[at], sides.upstream[index])
        if kind == "here":
            return 1, (index,)
        if kind == "elsewhere" and elsewhere < 0:
            elsewhere = index
    near = left.near(made[at])
    for start in range(len(near)):  # several of upstream's hunks grew together, the lines between them gone in ours
        for end in range(start + 2, min(len(near), start + 6) + 1):
            group = near[start:end]
            if _carries_all(sides, result, made[at], [sides.upstream[index] for index in group]):
                return 1, tuple(group)
    for used in range(2, min(6, len(made) - at) + 1):  # one of upstream's fell apart
        first, last = made[at], made[at + used - 1]
        whole = Hunk(first.a0, last.a1, first.b0, last.b1)
        for index in left.like(result, whole):
            if _carries(sides, result, whole, sides.upstream[index]) == "here":
                return used, (index,)
    if elsewhere >= 0:
        hunk = sides.upstream[elsewhere]
        text = _quoted(sides.theirs, hunk.b0, hunk.b1) if hunk.b0 < hunk.b1 else _quoted(sides.base, hunk.a0, hunk.a1)
        return Verdict(Gate.FAILED, f"the change stands at another place than upstream's: {text}", elsewhere + 1)
    return Verdict(Gate.FAILED, _extra(sides, result, made[at]))


def _unclear(sides: Sides, hunk: Hunk) -> str:
    """Why upstream's hunk may mean another line of ours than the one that it came to, though the lines agree."""
    if hunk.b0 == hunk.b1:
        variants = list(slides(hunk, sides.base.keys, sides.theirs.keys))
        start, end = min(one.a0 for one in variants), max(one.a1 for one in variants)
        turned = {*sides.base.keys[start : hunk.a0], *sides.base.keys[hunk.a1 : end]} - {BLANK}
        if turned and _parted(sides, start, end):
            return f"which of these lines upstream deletes cannot be told: {_quoted(sides.base, hunk.a0, hunk.a1)}"
        if any(_WORD.search(raw) for raw in sides.base.raw[hunk.a0 : hunk.a1]) and any(
            sides.already(other) for other in sides.puts_elsewhere(hunk)
        ):
            return f"upstream moves lines that the target has twice: {_quoted(sides.base, hunk.a0, hunk.a1)}"
        return ""
    for other, places in sides.taken_from(hunk):
        if any(sides.to_ours.new_of(at) < 0 for at in places):
            return f"upstream moves lines that the target has no more: {_quoted(sides.theirs, hunk.b0, hunk.b1)}"
        if only_includes(sides.theirs.raw[hunk.b0 : hunk.b1]):
            continue  # their order says nothing
        low, high = sorted((hunk, other), key=lambda one: one.a0)
        passed = sides.base.keys[low.a1 : high.a0]
        if len(passed) <= other.a1 - other.a0 and _parted(sides, low.a0, high.a1):
            return f"what upstream moves past what cannot be told: {_quoted(sides.theirs, hunk.b0, hunk.b1)}"
    return ""


def _defined_twice(sides: Sides, result: Lines, left: _Left) -> Verdict | None:
    """Where the result opens a function, an aggregate or a section that ours has by that name, though in other lines,
    once more than upstream does."""
    for index, hunk in enumerate(sides.upstream):
        if index in left.indexes:
            continue
        if not any(opens(sides.theirs.raw, line, sides.theirs.headers) for line in range(hunk.b0, hunk.b1)):
            continue
        for name, places in functions_of(sides.theirs).items():
            if any(hunk.b0 <= place < hunk.b1 for place in places):
                mine = len(functions_of(sides.ours).get(name, ()))
                if mine and len(functions_of(result).get(name, ())) > max(mine, len(places)):
                    return Verdict(Gate.FAILED, f"the target has {name} already", index + 1)
    return None


def _foreign_name(sides: Sides, left: _Left) -> Verdict | None:
    """Where a line that the result takes over uses a name that the target has replaced by another wherever upstream
    had it: it is upstream's line, and does not work there."""
    names = renamed(sides)
    if not names:
        return None
    for index, hunk in enumerate(sides.upstream):
        if index in left.indexes:
            continue
        for raw in sides.theirs.raw[hunk.b0 : hunk.b1]:
            for word in _WORD.findall(raw):
                if word in names:
                    old, new = word.decode("latin-1"), names[word].decode("latin-1")
                    return Verdict(Gate.FAILED, f"it uses {old}, which the target calls {new}", index + 1)
    return None


def _carried_off(sides: Sides, result: Lines, made: Sequence[Hunk]) -> str:
    """Why a change of the target's own would come to stand in another function than its own: upstream put a function
    before that one, and their first lines are alike."""
    to_result = Alignment.of(made)
    for local in sides.local:
        at = local.b0 if local.b0 < local.b1 else local.b0 - 1
        there = to_result.new_of(at) if at >= 0 else -1
        if there < 0:
            continue
        mine, header = header_of(sides.ours.raw, at, sides.ours.headers), header_of(result.raw, there, result.headers)
        if mine < 0 or header < 0:
            continue
        old, new = name_in(sides.ours.raw[mine]), name_in(result.raw[header])
        if old == new or old not in functions_of(result) or new in functions_of(sides.ours):
            continue
        gone = stayed = 0  # the whole function may have got another name, and its name a new one
        for index in range(mine + 1, min(mine + _FUNCTION, len(sides.ours.raw))):
            if header_of(sides.ours.raw, index, sides.ours.headers) != mine:
                break
            place = to_result.new_of(index) if _WORD.search(sides.ours.raw[index]) else -1
            if place >= 0:
                gone += header_of(result.raw, place, result.headers) == header
                stayed += name_in(result.raw[header_of(result.raw, place, result.headers)]) == old
        if gone <= stayed:
            return f"the target's own change in {old} would come to stand in {new}"
    return ""


def _parted(sides: Sides, start: int, end: int) -> bool:
    """Whether ours puts lines of its own between the lines start..end of base, or in their stead."""
    first = max(0, bisect_right(sides.to_ours.starts, start) - 1)
    return any(
        local.b0 < local.b1 and local.a0 < end and (local.a1 > start if local.a0 < local.a1 else local.a0 > start)
        for local in sides.local[first : bisect_left(sides.to_ours.starts, end)]
    )


def _carries(sides: Sides, result: Lines, made: Hunk, upstream: Hunk) -> str:
    """"here" where `made` is upstream's hunk at its place, "elsewhere" where only the lines are the same."""
    if made.a1 - made.a0 != upstream.a1 - upstream.a0 or made.b1 - made.b0 != upstream.b1 - upstream.b0:
        return ""
    found = ""
    variants = list(slides(upstream, sides.base.keys, sides.theirs.keys))
    for one in slides(made, sides.ours.keys, result.keys):
        for other in variants:
            if result.keys[one.b0 : one.b1] == sides.added(other) and _same_removed(sides, one, other):
                if _same_place(sides, result, one, other):
                    return "here"
                found = "elsewhere"
    return found


def _same_removed(sides: Sides, made: Hunk, upstream: Hunk) -> bool:
    if sides.ours.keys[made.a0 : made.a1] == sides.removed(upstream):
        return True
    return loosely_equal(sides.ours.raw[made.a0 : made.a1], sides.base.raw[upstream.a0 : upstream.a1])


def _same_place(sides: Sides, result: Lines, made: Hunk, upstream: Hunk) -> bool:
    if not _corresponds(sides, made, upstream) and not _moved(sides, made, upstream):
        return False
    if not (
        same_function(sides.base, upstream.a0, sides.ours, made.a0, sides.to_ours)
        or same_function(sides.theirs, upstream.b0, result, made.b0, None)
    ):
        return False
    return _agreeing(sides, result, made, upstream)


def _corresponds(sides: Sides, made: Hunk, upstream: Hunk) -> bool:
    low, high = sides.to_ours.gap(upstream.a0)
    if upstream.a0 == upstream.a1:
        return low <= made.a0 <= high
    for step in range(upstream.a1 - upstream.a0):
        where = sides.to_ours.new_of(upstream.a0 + step)
        if where >= 0:
            if where != made.a0 + step:
                return False
        elif not (low <= made.a0 + step <= sides.to_ours.gap(upstream.a1)[1]):
            return False
    return True


def _moved(sides: Sides, made: Hunk, upstream: Hunk) -> bool:
    """A deletion of lines that ours holds elsewhere in their function: the only copy of them. Outside of all functions
    they may belong to another list by now (a macro's strings that went into a macro of the target's own): there it
    must be declarations, which are whole by themselves."""
    if upstream.b0 != upstream.b1 or not sides.gone(upstream) or sides.puts_elsewhere(upstream):
        return False
    removed = sides.base.raw[upstream.a0 : upstream.a1]
    if header_of(sides.base.raw, upstream.a0, sides.base.headers) < 0 and not all(map(_DECLARATION.match, removed)):
        return False
    return sides.strays(upstream) == [made.a0]


def _agreeing(sides: Sides, result: Lines, made: Hunk, upstream: Hunk) -> bool:
    """Whether enough neighbouring lines agree: two of six, not both blank. The edge of the file counts as a line."""
    before, after = _neighbours(sides.theirs.keys, upstream)
    mine_before, mine_after = _neighbours(result.keys, made)
    agreed, around = (before & mine_before) + (after & mine_after), before + after
    telling = agreed.total() > agreed[BLANK] or around.total() == around[BLANK]
    return telling and agreed.total() >= min(_ENOUGH, around.total())


def _neighbours(lines: Sequence[int], hunk: Hunk) -> tuple[Counter[int], Counter[int]]:
    before = Counter(lines[max(0, hunk.b0 - _NEIGHBOURS) : hunk.b0])
    after = Counter(lines[hunk.b1 : hunk.b1 + _NEIGHBOURS])
    if hunk.b0 < _NEIGHBOURS:
        before[-1] = 1
    if hunk.b1 + _NEIGHBOURS > len(lines):
        after[-1] = 1
    return before, after


def _carries_all(sides: Sides, result: Lines, made: Hunk, group: Sequence[Hunk]) -> bool:
    removed: tuple[int, ...] = ()
    added: tuple[int, ...] = ()
    for hunk in group:
        removed += sides.removed(hunk)
        added += sides.added(hunk)
    if sides.ours.keys[made.a0 : made.a1] != removed or result.keys[made.b0 : made.b1] != added:
        return False
    for one, other in pairwise(group):  # else one of them was moved beside the next
        if any(sides.to_ours.new_of(index) >= 0 for index in range(one.a1, other.a0)):
            return False
    low, high = sides.to_ours.gap(group[0].a0)[0], sides.to_ours.gap(group[-1].a1)[1]
    between = Hunk(group[0].a0, group[-1].a1, group[0].b0, group[-1].b1)
    return low <= made.a0 and made.a1 <= high and _agreeing(sides, result, made, between)


def _twice(sides: Sides, hunk: Hunk) -> str:
    """Why an addition must not be made, where ours holds it nearby already."""
    if hunk.b0 == hunk.b1 or not (sides.already(hunk) or sides.scattered(hunk) or sides.beside(hunk)):
        return ""
    return f"the lines it adds stand in the target already: {_quoted(sides.theirs, hunk.b0, hunk.b1)}"


def _missing(sides: Sides, hunk: Hunk) -> str:
    if hunk.b0 == hunk.b1:
        return f"upstream's deletion is not made: {_quoted(sides.base, hunk.a0, hunk.a1)}"
    return f"upstream's change is not made: {_quoted(sides.theirs, hunk.b0, hunk.b1)}"


def _extra(sides: Sides, result: Lines, made: Hunk) -> str:
    if made.a0 < made.a1:
        return f"the result changes a line that upstream did not: {_quoted(sides.ours, made.a0, made.a1)}"
    return f"the result adds a line that upstream did not: {_quoted(result, made.b0, made.b1)}"


def _quoted(lines: Lines, start: int, end: int) -> str:
    """The first telling line of a range, short enough for a sentence."""
    chosen = next((raw for raw in lines.raw[start:end] if significant([raw])), lines.raw[start] if start < end else b"")
    text = chosen.strip().decode("utf-8", "replace")
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _foreign_keyword_line(sides: Sides, result: Lines) -> str:
    """Keyword lines compare equal however they are expanded; none may come from anywhere but a side, nor any expansion
    or white space in it."""
    if not result.folded:
        return ""
    known = {lines.raw[index] for lines in (sides.ours, sides.theirs) for index in lines.folded}
    for index in result.folded:
        raw = result.raw[index]
        if raw in known:
            continue
        told = {one for line in known for one in expansions(line)}
        if not told.issuperset(expansions(raw)) or shape(raw) not in map(shape, known):
            return f"an ident line of neither side: {_quoted(result, index, index + 1)}"
    return ""
