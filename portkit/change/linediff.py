"""The differences between two sequences of lines, as hunks in one canonical place.

Lines are compared as small integers (see `portkit.change.lines`). The matching is a longest common subsequence;
where a hunk could stand in several places it is slid as far down as it goes, as git and GNU diff do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines a0..a1 of the old side became lines b0..b1 of the new side (half-open, from 0)."""

    a0: int
    a1: int
    b0: int
    b1: int


_GREEDY_LIMIT = 48
"""Up to this many differing lines the greedy walk is quicker than the bit-parallel table."""

_TABLE_LIMIT = 40_000_000
"""The largest table, in bits: past it the sequences are split at lines that are unique in both."""

_SPLITS = 8
"""How often a part is split again; what is too large then is one change."""


def hunks(a: Sequence[int], b: Sequence[int]) -> tuple[Hunk, ...]:
    """The hunks that turn `a` into `b`, in order, never touching one another, slid down.

    The same inputs give the same hunks on any machine.
    """
    return tuple(_slid(_grouped(_matches(a, b), len(a), len(b)), a, b))


def canonical(found: Iterable[Hunk], a: Sequence[int], b: Sequence[int]) -> tuple[Hunk, ...]:
    """Hunks that turn `a` into `b`, given in order, as `hunks` puts them: those that touch joined, slid down."""
    joined: list[Hunk] = []
    for hunk in found:
        if joined and (joined[-1].a1, joined[-1].b1) == (hunk.a0, hunk.b0):
            joined[-1] = Hunk(joined[-1].a0, hunk.a1, joined[-1].b0, hunk.b1)
        else:
            joined.append(hunk)
    return tuple(_slid(joined, a, b))


def _matches(a: Sequence[int], b: Sequence[int], splits: int = _SPLITS) -> list[tuple[int, int, int]]:
    """Runs (start in a, start in b, length) of a longest common subsequence, in order."""
    start = 0
    shorter = min(len(a), len(b))
    while start < shorter and a[start] == b[start]:
        start += 1
    end = 0
    while end < shorter - start and a[-1 - end] == b[-1 - end]:
        end += 1
    runs = [(0, 0, start)] if start else []
    middle_a, middle_b = a[start : len(a) - end], b[start : len(b) - end]
    if middle_a and middle_b:
        found = _greedy(middle_a, middle_b)
        if found is None:
            found = _table(middle_a, middle_b, splits)
        runs += [(start + x, start + y, length) for x, y, length in found]
    if end:
        runs.append((len(a) - end, len(b) - end, end))
    return runs


def _greedy(a: Sequence[int], b: Sequence[int]) -> list[tuple[int, int, int]] | None:
    """Myers' greedy walk (An O(ND) Difference Algorithm, 1986); None where it needs too many steps."""
    n, m = len(a), len(b)
    furthest = {1: 0}
    trail: list[dict[int, int]] = []
    for d in range(min(n + m, _GREEDY_LIMIT) + 1):
        trail.append(furthest.copy())
        for k in range(-d, d + 1, 2):
            x = furthest[k + 1] if k == -d or (k != d and furthest[k - 1] < furthest[k + 1]) else furthest[k - 1] + 1
            y = x - k
            while x < n and y < m and a[x] == b[y]:
                x += 1
                y += 1
            furthest[k] = x
            if x >= n and y >= m:
                return _walked_back(trail, n, m)
    return None


def _walked_back(trail: list[dict[int, int]], n: int, m: int) -> list[tuple[int, int, int]]:
    runs: list[tuple[int, int, int]] = []
    x, y = n, m
    for d in range(len(trail) - 1, -1, -1):
        furthest = trail[d]
        k = x - y
        down = k == -d or (k != d and furthest[k - 1] < furthest[k + 1])
        before_k = k + 1 if down else k - 1
        before_x = furthest[before_k] if d else 0
        before_y = before_x - before_k if d else 0
        start_x = before_x if down or not d else before_x + 1
        if x > start_x:
            runs.append((start_x, y - (x - start_x), x - start_x))
        x, y = before_x, before_y
    runs.reverse()
    return runs


def _table(a: Sequence[int], b: Sequence[int], splits: int) -> list[tuple[int, int, int]]:
    """The bit-parallel table of Hyyrö (Bit-Parallel LCS-length Computation Revisited, 2004), walked back."""
    common = set(a) & set(b)
    kept_a = [index for index, line in enumerate(a) if line in common]
    kept_b = [index for index, line in enumerate(b) if line in common]
    if not common:
        return []
    if len(kept_a) * len(kept_b) > _TABLE_LIMIT:
        return _split(a, b, splits - 1) if splits else []
    width = (len(kept_b) + 7) // 8
    marks = {line: bytearray(width) for line in common}
    for bit, index in enumerate(kept_b):
        marks[b[index]][bit >> 3] |= 1 << (bit & 7)
    where = {line: int.from_bytes(bits, "little") for line, bits in marks.items()}
    full = (1 << len(kept_b)) - 1
    row = full
    rows: list[bytes] = []  # as bytes: a bit of a long integer costs a copy of it
    for index in kept_a:
        matched = row & where[a[index]]
        row = ((row + matched) | (row - matched)) & full
        rows.append(row.to_bytes(width, "little"))
    return _read_back(rows, kept_a, kept_b)


def _read_back(rows: Sequence[bytes], kept_a: Sequence[int], kept_b: Sequence[int]) -> list[tuple[int, int, int]]:
    """The runs that a table says. A cleared bit j in row i: the best for (i, j) is one more than for (i, j - 1)."""
    runs: list[tuple[int, int, int]] = []
    x = y = length = 0
    i, j = len(kept_a) - 1, len(kept_b) - 1
    here = rows[i]
    while i >= 0 and j >= 0:
        byte, bit = j >> 3, 1 << (j & 7)
        if here[byte] & bit:
            j -= 1
            continue
        above = rows[i - 1] if i else here
        if not i or above[byte] & bit:
            if length and x == kept_a[i] + 1 and y == kept_b[j] + 1:
                length += 1
            else:
                if length:
                    runs.append((x, y, length))
                length = 1
            x, y = kept_a[i], kept_b[j]
            j -= 1
        i -= 1
        here = above
    if length:
        runs.append((x, y, length))
    runs.reverse()
    return runs


def _split(a: Sequence[int], b: Sequence[int], splits: int) -> list[tuple[int, int, int]]:
    """For very large inputs: matched between anchors, the lines unique on both sides, in a longest rising chain."""
    anchors = _rising(_unique_pairs(a, b))
    if not anchors:
        return []
    pairs: list[tuple[int, int]] = []
    x = y = 0
    for at_a, at_b in [*anchors, (len(a), len(b))]:
        if at_a > x and at_b > y and (len(a) > at_a - x or len(b) > at_b - y):
            for start_a, start_b, length in _matches(a[x:at_a], b[y:at_b], splits):
                pairs += [(x + start_a + step, y + start_b + step) for step in range(length)]
        if at_a < len(a) and at_b < len(b):
            pairs.append((at_a, at_b))
        x, y = at_a + 1, at_b + 1
    return _runs(pairs)


def _unique_pairs(a: Sequence[int], b: Sequence[int]) -> list[tuple[int, int]]:
    def once(lines: Sequence[int]) -> dict[int, int]:
        seen: dict[int, int] = {}
        for index, line in enumerate(lines):
            seen[line] = -1 if line in seen else index
        return {line: index for line, index in seen.items() if index >= 0}

    in_b = once(b)
    return [(index, in_b[line]) for line, index in once(a).items() if line in in_b]


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest chain of pairs (ordered by their first) whose second rises."""
    tails: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for index, (_, second) in enumerate(pairs):
        at = bisect_left(tails, second)
        before.append(last[at - 1] if at else -1)
        if at == len(tails):
            tails.append(second)
            last.append(index)
        else:
            tails[at] = second
            last[at] = index
    chain: list[tuple[int, int]] = []
    index = last[-1] if last else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    chain.reverse()
    return chain


def _runs(pairs: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    runs: list[tuple[int, int, int]] = []
    for x, y in pairs:
        if runs and runs[-1][0] + runs[-1][2] == x and runs[-1][1] + runs[-1][2] == y:
            runs[-1] = (runs[-1][0], runs[-1][1], runs[-1][2] + 1)
        else:
            runs.append((x, y, 1))
    return runs


def _grouped(runs: list[tuple[int, int, int]], n: int, m: int) -> list[Hunk]:
    result: list[Hunk] = []
    x = y = 0
    for start_a, start_b, length in [*runs, (n, m, 0)]:
        if start_a > x or start_b > y:
            result.append(Hunk(x, start_a, y, start_b))
        x, y = start_a + length, start_b + length
    return result


def _slid(found: list[Hunk], a: Sequence[int], b: Sequence[int]) -> list[Hunk]:
    """Each pure insertion or deletion moved down while its first line equals the line after it; those that
    come to touch the next hunk become one with it."""
    result: list[Hunk] = []
    for index in range(len(found) - 1, -1, -1):
        hunk = found[index]
        following = result[-1] if result else Hunk(len(a), len(a), len(b), len(b))
        a0, a1, b0, b1 = hunk.a0, hunk.a1, hunk.b0, hunk.b1
        while True:
            inserted = a0 == a1 and b1 < following.b0 and b[b0] == b[b1]
            deleted = b0 == b1 and a1 < following.a0 and a[a0] == a[a1]
            if not (inserted or deleted):
                break
            a0, a1, b0, b1 = a0 + 1, a1 + 1, b0 + 1, b1 + 1
        if result and a1 == following.a0 and b1 == following.b0:
            result[-1] = Hunk(a0, following.a1, b0, following.b1)
        else:
            result.append(Hunk(a0, a1, b0, b1))
    result.reverse()
    return result
