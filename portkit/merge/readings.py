"""The two ways in which a side's change can be read, and whether a merge depends on which of them is meant.

What is put in between equal lines, or taken out of them, may stand a little higher as well: `int` before a function
that comes in, or `int` behind it. Both give the same side. They give two merges where the other side has changed the
very `int`: then the one that is meant counts, if layout tells which it is, and else nobody can tell.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from portkit.change.linediff import Hunk, hunks
from portkit.change.lines import BLANK, Lines
from portkit.merge.alignment import Alignment, slides
from portkit.merge.diff3 import meet
from portkit.merge.sides import Sides, only_includes

_APART = 3
"""Within as many lines of one another, hunks may be parts of one change that can be read in another way."""

_TYPE = re.compile(rb"[A-Za-z_][\w \t*]*")
"""A line in column 0 with a function's type, and nothing else."""
_LABEL = re.compile(rb"case\b.*:|default\s*:|[A-Za-z_]\w*:|\.(?:S[hsHS]|It|TP)\b.*")
_CALL = re.compile(rb"[A-Za-z_]\w*\s*\(")
_GOES_ON = re.compile(rb"(?:else|do|(?:if|for|while)\b[^;]*|\.(?:Bl|Bd|Rs|It|TP)\b.*)")
"""What the line behind it belongs to; so it does where it ends in one of these."""
_ENDS = (b"{", b"\\", b",", b"||", b"&&", b"(")
_CLOSES = re.compile(rb"\}|\)|break\s*;|(?:fi|done|esac|else)\b|;;|\.(?:El|Ed|Re|endif|else)\b|#\s*(?:endif|else)\b")
"""What belongs to the lines before it."""
_LONG = 400
"""A line of more bytes is looked at no further."""


_Reading = tuple[Hunk, ...]


@dataclass(frozen=True, slots=True)
class _Readings:
    """A side's hunks as low as they stand, and as high; `reach` is, for each of the low ones, the lines of base from
    the highest of its places to the lowest."""

    low: tuple[Hunk, ...]
    high: tuple[Hunk, ...]
    reach: tuple[tuple[int, int], ...]
    loose: tuple[bool, ...]
    """Whether a line that is not blank stands between the two places."""


def disputed(sides: Sides, result: Lines, made: Sequence[Hunk], left: Container[int]) -> int:
    """Which of upstream's hunks came to a place that another reading, as likely, does not give; -1 where none did.
    `made` are the hunks that turn ours into `result`; `left` those of upstream's that are not among them."""
    upstream = _raised(sides.upstream, sides.base.keys, sides.theirs.keys)
    local = _raised(sides.local, sides.base.keys, sides.ours.keys)
    to_result = Alignment.of(made)
    places = dict.fromkeys(place for apart in (0, _APART) for place in _places(upstream, local, apart))
    for start, end in places:
        first = bisect_left(sides.upstream, start, key=lambda hunk: hunk.a0)
        theirs: tuple[_Reading, ...] = (_within(upstream.low, start, end), _within(upstream.high, start, end))
        ours: tuple[_Reading, ...] = (_within(local.low, start, end), _within(local.high, start, end))
        alike = _alike(sides, theirs[0], ours[0])
        if all(first + step in left for step in range(len(theirs[0]))) or any(
            (first + step in left and hunk not in alike)
            or (first + step not in left and hunk.b0 == hunk.b1 and sides.gone(hunk))
            for step, hunk in enumerate(theirs[0])
        ):
            continue  # it is there already, or it was made elsewhere, where the target had put the lines
        theirs += (_turned(sides.base, sides.theirs, theirs[0], start, end),)
        ours += (_turned(sides.base, sides.ours, ours[0], start, end),)
        merges = {_merges(sides, one, other, start, end) for one in theirs for other in ours}
        if len(merges) == 1 or _all_includes(sides, theirs[0], ours[0]):
            continue  # all the same, or made by another rule than hunk by hunk
        merges = {
            _merges(sides, one, other, start, end)
            for one in _likely(sides.base, sides.theirs, theirs)
            for other in _likely(sides.base, sides.ours, ours)
        }
        low, high = sides.to_ours.gap(start)[0], sides.to_ours.gap(end)[1]
        low, high = to_result.gap(low)[0], to_result.gap(high)[1]
        landed = tuple(key for key in result.keys[low:high] if key != BLANK)
        if any(landed not in one for one in merges):
            return min(first, len(sides.upstream) - 1)
    return -1


def _raised(found: Sequence[Hunk], a: Sequence[int], b: Sequence[int]) -> _Readings:
    """Hunks that turn `a` into `b`, and each of them slid as far up as it goes."""
    result: list[Hunk] = []
    reach: list[tuple[int, int]] = []
    loose: list[bool] = []
    for hunk in found:
        above = result[-1] if result else Hunk(0, 0, 0, 0)
        a0, a1, b0, b1 = hunk.a0, hunk.a1, hunk.b0, hunk.b1
        while (
            a0 > above.a1
            and b0 > above.b1
            and ((a0 == a1 and b[b0 - 1] == b[b1 - 1]) or (b0 == b1 and a[a0 - 1] == a[a1 - 1]))
        ):
            a0, a1, b0, b1 = a0 - 1, a1 - 1, b0 - 1, b1 - 1
        reach.append((a0, hunk.a1))
        loose.append(any(key != BLANK for key in (*a[a0 : hunk.a0], *b[b0 : hunk.b0])))
        if result and (a0, b0) == (above.a1, above.b1):
            result[-1] = Hunk(above.a0, a1, above.b0, b1)
        else:
            result.append(Hunk(a0, a1, b0, b1))
    return _Readings(tuple(found), tuple(result), tuple(reach), tuple(loose))


def _places(upstream: _Readings, local: _Readings, apart: int) -> Iterator[tuple[int, int]]:
    """Where in base hunks of both sides come together, wherever each of them may stand, no more than `apart` lines
    from one another."""
    spans = sorted(
        (*span, side, loose)
        for side, readings in enumerate((upstream, local))
        for span, loose in zip(readings.reach, readings.loose, strict=True)
    )
    at = 0
    while at < len(spans):
        start, end = spans[at][:2]
        until = at
        while until < len(spans) and spans[until][0] <= end + apart:
            end = max(end, spans[until][1])
            until += 1
        group, at = spans[at:until], until
        if len({side for _, _, side, _ in group}) == 2:
            yield start, end


def _within(found: Sequence[Hunk], start: int, end: int) -> tuple[Hunk, ...]:
    first = bisect_left(found, start, key=lambda hunk: hunk.a0)
    return tuple(found[first : bisect_right(found, end, key=lambda hunk: hunk.a0)])


def _all_includes(sides: Sides, upstream: Sequence[Hunk], local: Sequence[Hunk]) -> bool:
    """Whether nothing but `#include` lines come and go: their order says nothing."""
    lines = [raw for hunk in upstream for raw in sides.theirs.raw[hunk.b0 : hunk.b1]]
    lines += [raw for hunk in local for raw in sides.ours.raw[hunk.b0 : hunk.b1]]
    lines += [raw for hunk in (*upstream, *local) for raw in sides.base.raw[hunk.a0 : hunk.a1]]
    return only_includes(lines)


def _turned(base: Lines, side: Lines, low: _Reading, start: int, end: int) -> _Reading:
    """What a longest common subsequence sees that begins at the other end, in the lines start..end of base."""
    if not low:
        return low
    first = start - low[0].a0 + low[0].b0
    last = end - low[-1].a1 + low[-1].b1
    found = hunks(base.keys[start:end][::-1], side.keys[first:last][::-1])
    return tuple(Hunk(end - one.a1, end - one.a0, last - one.b1, last - one.b0) for one in reversed(found))


def _likely(base: Lines, side: Lines, found: tuple[_Reading, ...]) -> list[_Reading]:
    """The readings that layout speaks for: all where it does not tell."""
    readings = list(found)
    best: list[tuple[Hunk, Hunk]] = []
    for hunk in found[0]:
        places = sorted(slides(hunk, base.keys, side.keys), key=lambda one: (_cost(base, side, one), one.a0))
        cheap = [one for one in places if _cost(base, side, one) == _cost(base, side, places[0])]
        best.append((cheap[0], cheap[-1]))
    readings += [tuple(one for one, _ in best), tuple(other for _, other in best)]
    apart = [one for one in readings if all(hunk.a1 <= then.a0 and hunk.b1 <= then.b0 for hunk, then in pairwise(one))]
    costs = [sum(_cost(base, side, hunk) for hunk in one) for one in apart]
    return [one for one, cost in zip(apart, costs, strict=True) if cost == min(costs)]


def _cost(base: Lines, side: Lines, hunk: Hunk) -> int:
    """How little a hunk looks like what somebody would put in or take out as one."""
    if hunk.a0 < hunk.a1 and hunk.b0 < hunk.b1:
        return 4
    raw, start, end = (side.raw, hunk.b0, hunk.b1) if hunk.b0 < hunk.b1 else (base.raw, hunk.a0, hunk.a1)
    return 4 + _seam(raw, start) + _seam(raw, end)


def _seam(raw: Sequence[bytes], at: int) -> int:
    """How much the lines before and behind `at` belong together."""
    after = at
    while after < len(raw) and not raw[after].strip():
        after += 1
    if after == len(raw) or at == 0:
        return 0
    before, behind = raw[at - 1][:_LONG].rstrip(), raw[after][:_LONG].rstrip()
    cost = 2 * _indent(behind)
    if after == at:
        cost += 1 if before else -1
    opens = _opens(behind)
    if after == at and opens and _TYPE.fullmatch(before):
        cost += 8
    inner = _indent(before) - _indent(behind)
    before, behind = before.lstrip(), behind.lstrip()
    if before.endswith(_ENDS) or _GOES_ON.fullmatch(before) or _opens(before):
        cost += 8
    if _CLOSES.match(behind):
        cost += 8 + 2 * max(0, inner)  # it belongs to what it closes
    return cost


def _opens(text: bytes) -> bool:
    """Whether a block of its own begins with this line: a label, a section, an item, a function's name."""
    text = text.lstrip()
    return bool(_LABEL.fullmatch(text) or (_CALL.match(text) and not text.endswith((b";", b"{"))))


def _indent(line: bytes) -> int:
    width = 0
    for byte in line[: len(line) - len(line.lstrip(b" \t"))]:
        width += 8 - width % 8 if byte == 9 else 1
    return width


def _alike(sides: Sides, upstream: Sequence[Hunk], local: Sequence[Hunk]) -> set[Hunk]:
    """Which of upstream's hunks the target has made, too, at the same place."""
    made = {(hunk.a0, hunk.a1): sides.ours.keys[hunk.b0 : hunk.b1] for hunk in local}
    found = {hunk for hunk in upstream if made.get((hunk.a0, hunk.a1)) == sides.theirs.keys[hunk.b0 : hunk.b1]}
    for hunk in upstream:
        at = bisect_right(local, hunk.a0, key=lambda other: other.a0) - 1
        if hunk.b0 == hunk.b1 and at >= 0 and hunk.a1 <= local[at].a1:
            found.add(hunk)  # both take it away, whatever ours puts in its stead
    return found


def _trimmed(sides: Sides, hunk: Hunk) -> Hunk:
    """`hunk` without the blank lines at either end of what it takes out: whose they are says nothing."""
    start, end = hunk.a0, hunk.a1
    while start < end and sides.base.keys[start] == BLANK:
        start += 1
    while start < end and sides.base.keys[end - 1] == BLANK:
        end -= 1
    return Hunk(start, end, hunk.b0, hunk.b1)


def _merges(
    sides: Sides, upstream: Sequence[Hunk], local: Sequence[Hunk], start: int, end: int
) -> frozenset[tuple[int, ...]]:
    """What the lines start..end of base may come to, blank ones apart: what both put at one place may stand in either
    order; nothing where the two meet in another way."""
    alike = _alike(sides, upstream, local)
    apart = [_trimmed(sides, hunk) for hunk in upstream if hunk not in alike]
    local = [_trimmed(sides, hunk) for hunk in local]
    both = False
    for hunk in apart:
        first = bisect_left(local, hunk.a0, key=lambda other: other.a1)
        for other in local[first : bisect_right(local, hunk.a1, key=lambda other: other.a0)]:
            if meet(hunk, other):
                if (hunk.a0, hunk.a1) != (other.a0, other.a0):
                    return frozenset()
                both = True
    found = set()
    for order in (0, 1) if both else (0,):
        edits = [(hunk.a0, hunk.a1, order, sides.theirs.keys[hunk.b0 : hunk.b1]) for hunk in apart]
        edits += [(hunk.a0, hunk.a1, 1 - order, sides.ours.keys[hunk.b0 : hunk.b1]) for hunk in local]
        out: list[int] = []
        at = start
        for begin, last, _, added in sorted(edits):
            out += sides.base.keys[at:begin]
            out += added
            at = last
        out += sides.base.keys[at:end]
        found.add(tuple(key for key in out if key != BLANK))
    return frozenset(found)
