#!/usr/bin/env python3
"""The independent judge: does a landed commit make upstream's change, hunk by hunk?

It shares no line with the tool it judges: it imports the standard library only (a test reads the imports).
It never merges. It is given the four texts of one file change

    base    the file at the upstream changeset's first parent
    theirs  the file at the upstream changeset
    ours    the target's file before the commit
    result  the target's file after it

and asks whether `result` can be *explained* by the hunks of base -> theirs.

How it decides
--------------
1.  Keyword expansions ($OpenBSD: ...$ and its kin) are folded away and every other byte counts. Ident lines
    are judged apart: one invented where ours had none, one lost, one set back or set to a revision upstream's
    changeset does not give, is unfaithful.
2.  base -> theirs is cut into hunks by a longest common subsequence (Myers). A hunk that only adds or only
    removes is known in every position it can be slid to.
    White space: what upstream removes may stand in ours with other white space; what it adds is to the byte.
3.  **Place.** A hunk may be applied at line p of ours only if some *longest* common subsequence of base and
    ours puts it there: LCS(base before, ours before p) + LCS(base after, ours after p) + the removed lines
    must be all of LCS(base, ours). With ours equal to base around the hunk that leaves the one right line;
    where ours differs it leaves every line that a merge could defend. The function must be the same (by name,
    or because most of its lines are aligned: functions get renamed), and at least 2 of the 6 neighbouring
    lines must agree. Where a whole function moved, the same is asked within the function.
4.  **Already there** is asked of ours alone, before the result is looked at: putting the hunk's added lines
    into base must lengthen the common subsequence with ours by all of them, its removed lines by none of
    them, and a removed line must not stand somewhere else in ours (then it has moved, and the deletion is
    lost). A hunk that is there already must not be applied again.
5.  **The walk.** ours and result are walked together by a cheapest-path search. Equal lines are free, applying
    a hunk once at a right place is free, anything else costs a line. Cost 0 and every hunk applied or already
    there: the file is faithful. Otherwise the paid lines are the unexplained changes, and they get a reason.
6.  A longest common subsequence is not unique. Before a file is called unfaithful the other cuts of
    base -> theirs (Myers from the end, difflib) are tried too; the best explanation counts.

Reasons: lost-deletion, wrong-place, double-insertion, neighbour-eaten, extra-change, missing, ident, mode.
The verdict is exact by the rules above; the reason is the judge's best reading of the unexplained lines.

In the target's words
---------------------
A commit may say (`Portkit-words: say(*) = OUT((ctx, *))`) that what it brings stands there in the target's words.
Then the judge puts base and theirs in those words itself, line by line where ours and result do not have upstream's
line, and judges as ever; the rule must be borne out by ours, which has the new word and not the old. A commit may say
(`Portkit-within-lines: path revision #2`) that a hunk was made within lines of the target's own: then one run of lines
that it changes must be changed by just the words by which upstream changed its own, and is put in upstream's place on
both sides. Such hunks are told apart, as `worded`.

Beside a sibling
----------------
Includes and declarations stand in lists of which each side has its own. A commit may say (`Portkit-beside: path
revision #3`) that a hunk was put there beside what is beside it upstream. Then the judge looks for that sibling itself,
by what a line includes or declares: right behind the nearest one before it that the target has, and no place else (an
include else right before the nearest after it; a declaration in place of the very line that upstream replaces, where
the function of that name has it once; a word of a makefile's list behind the word before it). What stands so is undone
on both sides, and the rest is judged as ever. Such hunks are told apart, as `beside`.

Limits
------
- It judges lines. A hunk that a person *adapted* (other words, other white space) is unfaithful, however right.
- Where local lines stand between the two neighbours of an insertion, every place among them is accepted.
- Blank lines and lone braces are too common to prove anything: a removed blank line or brace that stands
  elsewhere is not taken for a lost deletion.
- Functions are found by the shape of C at column 0, mdoc sections and shell functions; no parser.
"""

from __future__ import annotations

import argparse
import csv
import difflib
import heapq
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

FAITHFUL, ALREADY, UNFAITHFUL, ABSENT = "faithful", "already", "unfaithful", "absent"
LEFT, RESOLVED, WORDED, BESIDE = "left", "resolved", "worded", "beside"
NOT_DELETED = "what upstream removed still stands"
KINDS = (FAITHFUL, WORDED, BESIDE, ALREADY, ABSENT, LEFT, RESOLVED, UNFAITHFUL)

_KEYWORDS = rb"OpenBSD|NetBSD|FreeBSD|DragonFly|Mdocdate|Id|Header|Revision|Date|Author|Source|RCSfile|CSRG|Name"
_KEYWORD = re.compile(rb"\$(" + _KEYWORDS + rb")(?::[^$\n]*)?\$")
_IDENT = re.compile(rb"\$(OpenBSD|Id)(?:: *([^$\n]*?) *)?\$")
_ONLY_KEYWORDS = re.compile(rb"(?:\$(?:" + _KEYWORDS + rb")\$|dnl|[\s/*#.\"\\;!<>-])*\Z")
_DD = re.compile(rb"\.Dd[ \t]+(.*?)\s*\Z")
_MDOCDATE = re.compile(rb"\$Mdocdate: *([A-Z][a-z]+) +(\d+) +(\d+) *\$")
_TRIVIAL = re.compile(rb"[\s{}();,]*\Z|\s*(?:/\*+|\*+/?|\.\\\"|#)\s*\Z")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one hunk. `hunk` counts from 1 in base -> theirs; 0 is a change that belongs to no hunk.

    `kind` is faithful, worded (the same in the target's words, as the commit says), already, unfaithful, absent (the
    target does not have the file, and still has not), left (not made at all, in a commit that says it carries its
    changeset in part, or that a person decided to leave it out) or resolved (unfaithful, in a file of which the commit
    says that a person resolved it).
    """

    hunk: int
    kind: str
    reason: str = ""
    detail: str = ""
    line: int = 0


# --- lines and keywords -------------------------------------------------------------------------------------


def split_lines(text: bytes) -> list[bytes]:
    """Lines with their ends, cut after \\n only (never at ^L or a lone CR)."""
    lines = text.split(b"\n")
    tail = lines.pop()
    return [line + b"\n" for line in lines] + ([tail] if tail else [])


def fold(line: bytes) -> bytes:
    """The line with its keywords unexpanded, and white space collapsed if it holds any keyword."""
    if b"$" not in line:
        return line
    folded, count = _KEYWORD.subn(rb"$\1$", line)
    if not count:
        return line
    end = b"\n" if folded.endswith(b"\n") else b""
    return b" ".join(folded.split()) + end


def folded_text(text: bytes) -> list[bytes]:
    """All lines, folded."""
    return [fold(line) for line in split_lines(text)]


def is_keyword_line(folded: bytes) -> bool:
    """Whether a folded line holds keywords and nothing else but comment marks."""
    return b"$" in folded and _KEYWORD.search(folded) is not None and bool(_ONLY_KEYWORDS.match(folded))


def _mdoc_dates(text: bytes) -> set[bytes]:
    return {b"%s %s, %s" % found.groups() for found in _MDOCDATE.finditer(text)}


def _fold_dd(lines: list[bytes], allowed: set[bytes]) -> list[bytes]:
    """A literal `.Dd` counts as $Mdocdate$ where it is one of the dates `allowed` (upstream keeps a keyword)."""
    out = []
    for line in lines:
        found = _DD.match(line)
        out.append(b".Dd $Mdocdate$\n" if found and found.group(1) in allowed else line)
    return out


# --- longest common subsequences ----------------------------------------------------------------------------


def lcs_length(a: Sequence[int], b: Sequence[int]) -> int:
    """Length of a longest common subsequence (bit-parallel, after Hyyro 2004)."""
    if not a or not b:
        return 0
    if len(a) > len(b):
        a, b = b, a
    start, end_a, end_b = 0, len(a), len(b)
    while start < end_a and a[start] == b[start]:
        start += 1
    while end_a > start and a[end_a - 1] == b[end_b - 1]:
        end_a -= 1
        end_b -= 1
    kept = start + len(a) - end_a
    if start == end_a:
        return kept
    where: dict[int, int] = {}
    for index in range(start, end_a):
        where[a[index]] = where.get(a[index], 0) | 1 << (index - start)
    width = end_a - start
    mask = (1 << width) - 1
    row = mask
    for index in range(start, end_b):
        hit = where.get(b[index])
        if hit:
            match = row & hit
            row = ((row + match) | (row - match)) & mask
    return kept + width - row.bit_count()


def align(a: Sequence[int], b: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs (index in a, index in b) of a longest common subsequence (Myers' greedy O(ND))."""
    start = 0
    while start < len(a) and start < len(b) and a[start] == b[start]:
        start += 1
    tail = 0
    while tail < len(a) - start and tail < len(b) - start and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    n, m = len(a) - start - tail, len(b) - start - tail
    pairs = [(k, k) for k in range(start)]
    pairs += [(start + x, start + y) for x, y in _myers(a[start : start + n], b[start : start + m])]
    pairs += [(len(a) - k, len(b) - k) for k in range(tail, 0, -1)]
    return pairs


def _myers(a: Sequence[int], b: Sequence[int]) -> list[tuple[int, int]]:
    n, m = len(a), len(b)
    if not n or not m:
        return []
    furthest = {1: 0}
    trace: list[dict[int, int]] = []
    for d in range(n + m + 1):
        level: dict[int, int] = {}
        for k in range(-d, d + 1, 2):
            if k < -m - 1 or k > n + 1:
                continue
            down = k == -d or (k != d and furthest.get(k - 1, -1) < furthest.get(k + 1, -1))
            x = furthest.get(k + 1, 0) if down else furthest.get(k - 1, -1) + 1
            y = x - k
            if x > n or y > m or y < 0:
                continue
            while x < n and y < m and a[x] == b[y]:
                x += 1
                y += 1
            level[k] = x
        trace.append(level)
        if level.get(n - m) == n:
            break
        furthest = {**furthest, **level} if d else dict(level)
    pairs: list[tuple[int, int]] = []
    x, y = n, m
    for d in range(len(trace) - 1, -1, -1):
        k = x - y
        if d == 0:
            while x > 0 and y > 0:
                x, y = x - 1, y - 1
                pairs.append((x, y))
            break
        before = trace[d - 1]
        down_x, right_x = before.get(k + 1), before.get(k - 1)
        down = right_x is None or (down_x is not None and right_x < down_x)
        from_x = down_x if down else right_x
        assert from_x is not None
        start_x = from_x if down else from_x + 1
        while x > start_x:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = (x, y - 1) if down else (x - 1, y)
    pairs.reverse()
    return pairs


def _align_from_end(a: Sequence[int], b: Sequence[int]) -> list[tuple[int, int]]:
    pairs = align(a[::-1], b[::-1])
    return [(len(a) - 1 - x, len(b) - 1 - y) for x, y in reversed(pairs)]


def _align_difflib(a: Sequence[int], b: Sequence[int]) -> list[tuple[int, int]]:
    blocks = difflib.SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    return [(x + k, y + k) for x, y, size in blocks for k in range(size)]


# --- hunks and functions ------------------------------------------------------------------------------------

Lines = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """One position of a hunk: base[at : at + len(removed)] becomes `added`, which is theirs[to : ...]."""

    at: int
    to: int
    removed: Lines
    added: Lines


@dataclass(frozen=True, slots=True)
class HunkSpots:
    """A hunk in every position it can be slid to; the first is the last one possible (slid down)."""

    spots: tuple[Spot, ...]


def cut_hunks(base: Lines, theirs: Lines, pairs: list[tuple[int, int]]) -> list[HunkSpots]:
    """The hunks between aligned lines."""
    hunks = []
    x0 = y0 = 0
    for x, y in [*pairs, (len(base), len(theirs))]:
        if x > x0 or y > y0:
            hunks.append(HunkSpots(tuple(_slides(base, theirs, x0, x, y0, y))))
        x0, y0 = x + 1, y + 1
    return hunks


def _slides(base: Lines, theirs: Lines, x0: int, x1: int, y0: int, y1: int) -> Iterator[Spot]:
    if x0 < x1 and y0 < y1:
        yield Spot(x0, y0, base[x0:x1], theirs[y0:y1])
        return
    side, s0, s1 = (base, x0, x1) if x0 < x1 else (theirs, y0, y1)
    down = 0
    while s1 + down < len(side) and side[s0 + down] == side[s1 + down] and down < 60:
        down += 1
    up = 0
    while s0 - up > 0 and side[s0 - up - 1] == side[s1 - up - 1] and up < 60:
        up += 1
    for shift in range(down, -up - 1, -1):
        if x1 + shift <= len(base) and y1 + shift <= len(theirs) and x0 + shift >= 0 and y0 + shift >= 0:
            yield Spot(
                x0 + shift, y0 + shift, base[x0 + shift : x1 + shift], theirs[y0 + shift : y1 + shift]
            )


_C_START = re.compile(rb"(?:[A-Za-z_][\w \t*]*?[ \t*])?([A-Za-z_]\w*)[ \t]*\(")
_C_BLOCK = re.compile(
    rb"(?:(?:static|const|extern|typedef)[ \t]+)*(?:struct|union|enum)?[ \t]*[\w \t*\[\]]*=?[ \t]*\{\s*(?:/\*.*)?\Z"
)
_MDOC = re.compile(rb"\.S[hs][ \t]+(.*\S)")


@dataclass(frozen=True, slots=True)
class Function:
    """Lines [start, end) of one function, table or section."""

    name: bytes
    start: int
    end: int


def functions(lines: list[bytes]) -> list[Function]:
    """Every function by the shape of C at column 0; mdoc sections; shell functions."""
    if any(line.startswith(b".Sh ") for line in lines):
        heads = [(k, found.group(1)) for k, line in enumerate(lines) if (found := _MDOC.match(line))]
        ends = [k for k, _ in heads[1:]] + [len(lines)]
        return [Function(name, k, end) for (k, name), end in zip(heads, ends, strict=True)]
    found_all: list[Function] = []
    k = 0
    while k < len(lines):
        name = _head(lines, k)
        if name is None:
            k += 1
            continue
        end = k
        while end < len(lines) and not (lines[end].startswith((b"}", b")")) and end > k):
            end += 1
        end = min(end + 1, len(lines))
        start = k
        floor = found_all[-1].end if found_all else 0
        while start > floor and lines[start - 1][:1].isalpha() and not lines[start - 1].rstrip().endswith((b";", b":")):
            start -= 1
        found_all.append(Function(name, start, end))
        k = end
    return found_all


def _head(lines: list[bytes], k: int) -> bytes | None:
    line = lines[k]
    if not (line[:1].isalpha() or line[:1] == b"_"):
        return None
    stripped = line.rstrip()
    if stripped.endswith(b";"):
        return None
    found = _C_START.match(line)
    if found:
        if stripped.endswith(b"{"):
            return found.group(1)
        for later in lines[k + 1 : k + 14]:
            if later.startswith(b"{"):
                return found.group(1)
            if not later.strip() or later.startswith(b"}"):
                return None
        return None
    if _C_BLOCK.match(line):
        return b" ".join(stripped.rstrip(b"{= ").split())
    return None


class Text:
    """One side: folded lines as small integers, and which function each stands in."""

    def __init__(self, lines: list[bytes], table: dict[bytes, int]) -> None:
        self.lines = lines
        self.ids: Lines = tuple(table.setdefault(line, len(table)) for line in lines)
        self.loose: Lines = tuple(table.setdefault(b" ".join(line.split()), len(table)) for line in lines)
        self.functions = functions(lines)
        self.owner: list[Function | None] = [None] * (len(lines) + 1)
        for function in self.functions:
            for k in range(function.start, function.end):
                self.owner[k] = function

    def at(self, start: int, length: int) -> Function | None:
        """The function of lines [start, start+length); of a gap, the one on both of its sides."""
        if length:
            return self.owner[start]
        before = self.owner[start - 1] if start else None
        return before if before is self.owner[start] else None

    def named(self, name: bytes) -> Function | None:
        """The first function of that name."""
        return next((function for function in self.functions if function.name == name), None)


# --- the judge of one text ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Walk:
    cost: int
    applied: dict[int, tuple[int, int]]  # hunk -> (line in ours, line in result)
    deleted: list[int]  # lines of ours that nothing accounts for
    inserted: list[int]  # lines of result that nothing accounts for


@dataclass(slots=True)
class _Region:
    """A hunk whose lines have local lines among them: ours[start:end] may become kept and added, mixed."""

    start: int
    end: int
    kept: Lines
    added: Lines


MAX_COST = 120
MAX_STATES = 300_000


class _Judge:
    def __init__(self, base: Text, theirs: Text, ours: Text, result: Text, table: dict[bytes, int]) -> None:
        self.base, self.theirs, self.ours, self.result = base, theirs, ours, result
        names = {number: line for line, number in table.items()}
        self.trivial = {number for number, line in names.items() if _TRIVIAL.match(line)}
        self.keyword_only = {
            number for number, line in names.items() if is_keyword_line(line) and b"$OpenBSD$" not in line
        }
        squeezed = ((number, b" ".join(line.split())) for number, line in names.items())
        self.loosely = {number: table[line] for number, line in squeezed if line in table}
        self.common = lcs_length(base.ids, ours.ids)
        self.place_cache: dict[tuple[int, int, Lines], bool] = {}
        self.side_cache: dict[tuple[int, Function, Function], int] = {}

    # -- place

    def alike(self, text: Text, left: Function, right: Function) -> bool:
        """Whether a function of base or theirs is that one of ours: by name, or half of its lines are there."""
        return left.name == right.name or self._shared(text, left, right) > 0

    def _shared(self, text: Text, left: Function, right: Function) -> int:
        """How many lines two functions share; 0 where that is less than half of the shorter one."""
        key = (id(text), left, right)
        if key not in self.side_cache:
            a = [x for x in text.ids[left.start : left.end] if x not in self.trivial]
            b = [x for x in self.ours.ids[right.start : right.end] if x not in self.trivial]
            common = lcs_length(a, b)
            self.side_cache[key] = common if common > 1 and 2 * common >= min(len(a), len(b)) else 0
        return self.side_cache[key]

    def counterpart(self, text: Text, left: Function) -> Function | None:
        """The function of ours that has this one's name, or else most of its lines."""
        named = self.ours.named(left.name)
        if named is not None or not self.ours.functions:
            return named
        nearest = max(self.ours.functions, key=lambda right: self._shared(text, left, right))
        return nearest if self._shared(text, left, nearest) else None

    def neighbours(self, spot: Spot, p: int) -> int:
        """How many of the 6 lines around agree; the file's begin and end count as lines."""
        q = p + len(spot.removed)
        agree = _agree(self.base.ids, spot.at, spot.at + len(spot.removed), self.ours.ids, p, q)
        # An earlier hunk that is there already makes theirs' neighbours the ones to look for.
        other = _agree(self.theirs.ids, spot.to, spot.to + len(spot.added), self.ours.ids, p, q)
        return max(agree, other)

    def right_place(self, spot: Spot, p: int) -> bool:
        """Whether the hunk, in this position, may be applied at line p of ours."""
        key = (spot.at, p, spot.removed)
        if key not in self.place_cache:
            self.place_cache[key] = self._right_place(spot, p)
        return self.place_cache[key]

    def _right_place(self, spot: Spot, p: int) -> bool:
        base, ours = self.base.ids, self.ours.ids
        size = len(spot.removed)
        here, there = self.base.at(spot.at, size), self.ours.at(p, size)
        if here and there and not self.alike(self.base, here, there):
            return False
        if self.neighbours(spot, p) < 2:
            return False
        around = lcs_length(base[: spot.at], ours[:p]) + lcs_length(base[spot.at + size :], ours[p + size :])
        if around + lcs_length(spot.removed, ours[p : p + size]) == self.common:
            return True
        if here and there:  # the function moved as a whole: ask within it
            f, g = base[here.start : here.end], ours[there.start : there.end]
            i, o = spot.at - here.start, p - there.start
            inside = lcs_length(f[:i], g[:o]) + lcs_length(f[i + size :], g[o + size :])
            inside += lcs_length(spot.removed, g[o : o + size])
            if inside == lcs_length(f, g):
                return True
        # Code that moved within its function: only lines that stand once in both can say so.
        solid = [x for x in spot.removed if x not in self.trivial]
        return bool(solid) and here is not None and all(base.count(x) == 1 == ours.count(x) for x in solid)

    # -- already there

    def already(self, hunk: HunkSpots, context: str) -> bool:
        """Whether ours has the hunk: its added lines stand there, the removed ones do not, nor elsewhere."""
        spot = hunk.spots[0]
        text, at, size = (
            (self.base.ids, spot.at, len(spot.removed))
            if context == "base"
            else (self.theirs.ids, spot.to, len(spot.added))
        )
        before, after, ours = text[:at], text[at + size :], self.ours.ids
        none = lcs_length(before + after, ours)
        solid = tuple(x for x in spot.removed if x not in self.trivial)
        if spot.added:
            gain = lcs_length(before + spot.added + after, ours) - none
            if gain < len(spot.added):
                if not self._beside(spot):
                    return False
            elif all(x in self.trivial for x in spot.added):
                if not self._tight(spot):
                    return False
            elif not any(self._stands(one) for one in hunk.spots):
                return False
        elif not solid:
            return lcs_length(before + spot.removed + after, ours) == none
        if solid and lcs_length(before + solid + after, ours) > none:
            return False
        return not any(self._moved(x, spot) for x in solid)

    def _beside(self, spot: Spot) -> bool:
        """Whether lines that are new to base stand together in ours, a little off: 3 of 6 neighbours agree."""
        size, ours = len(spot.added), self.ours.ids
        if any(x in self.trivial or x in self.base.ids for x in spot.added):
            return False
        return any(
            ours[p : p + size] == spot.added
            and _agree(self.theirs.ids, spot.to, spot.to + size, ours, p, p + size) >= 3
            for p in range(len(ours) - size + 1)
        )

    def _stands(self, spot: Spot) -> bool:
        """Whether the added lines stand in ours in the same function, near 2 of the 6 lines they have in theirs."""
        size, ours = len(spot.added), self.ours.ids
        here = self.theirs.at(spot.to, size)
        for p in range(len(ours) - size + 1):
            if ours[p] == spot.added[0] and ours[p : p + size] == spot.added:
                there = self.ours.at(p, size)
                if here and there and not self.alike(self.theirs, here, there):
                    continue
                if _agree(self.theirs.ids, spot.to, spot.to + size, ours, p, p + size) >= 2:
                    return True
        if size < 3:
            return False
        # Local lines stand in the midst: every line must be in the function.
        owners = {
            self.ours.owner[y]
            for x, y in align(self.theirs.ids, ours)
            if spot.to <= x < spot.to + size and self.theirs.ids[x] not in self.trivial
        }
        return all(not here or not there or self.alike(self.theirs, here, there) for there in owners)

    def _tight(self, spot: Spot) -> bool:
        """Blank lines and braces: there already only if both neighbours stand next to them."""
        theirs, k = self.theirs.ids, spot.to + len(spot.added)
        want = theirs[max(0, spot.to - 2) : k + 2]
        ours = self.ours.ids
        return any(ours[p : p + len(want)] == want for p in range(len(ours) - len(want) + 1))

    def _moved(self, line: int, spot: Spot) -> bool:
        """Whether a removed line that left its place stands elsewhere in ours."""
        if line not in self.theirs.ids:
            return line in self.ours.ids
        here = self.base.at(spot.at, len(spot.removed))
        if here is None:
            return False
        after, now = self.theirs.named(here.name), self.counterpart(self.base, here)
        if now is None:
            return False
        left = self.theirs.ids[after.start : after.end].count(line) if after else 0
        return self.ours.ids[now.start : now.end].count(line) > max(
            left, self.base.ids[here.start : here.end].count(line) - 1
        )

    # -- local lines in the midst of a hunk

    def region(self, hunk: HunkSpots, pairs: list[tuple[int, int]]) -> _Region | None:
        """Where the hunk meets local lines: ours between the nearest aligned neighbours."""
        spot = hunk.spots[0]
        first, last = spot.at, spot.at + len(spot.removed)
        left, right = (-1, -1), (len(self.base.ids), len(self.ours.ids))
        inside: dict[int, int] = {}
        for x, y in pairs:
            if x < first:
                left = (x, y)
            elif x < last:
                inside[y] = x
            else:
                right = (x, y)
                break
        if (first - 1 - left[0]) + (right[0] - last) > 4:
            return None
        absent = [self.base.ids[x] for x in range(first, last) if x not in inside.values()]
        if any(x not in self.trivial and self._moved(x, spot) for x in absent):
            return None
        start, end = left[1] + 1, right[1]
        kept = tuple(self.ours.ids[y] for y in range(start, end) if y not in inside)
        standing = [kept[y] for _, y in align(spot.added, kept) if kept[y] not in self.trivial]
        added = list(spot.added)
        for line in standing:
            added.remove(line)
        if not inside and not added:
            return None
        return _Region(start, end, kept, tuple(added))

    # -- the walk

    def walk(self, hunks: list[HunkSpots], there: set[int], regions: dict[int, _Region]) -> _Walk | None:
        ours, result = self.ours.ids, self.result.ids
        loose, n, m = self.ours.loose, len(ours), len(result)
        by_removed: dict[int, list[tuple[int, Spot]]] = {}
        by_added: dict[int, list[tuple[int, Spot]]] = {}
        for k, hunk in enumerate(hunks):
            if k in there:
                continue
            for spot in hunk.spots:
                if spot.removed:
                    by_removed.setdefault(self.loosely[spot.removed[0]], []).append((k, spot))
                else:
                    by_added.setdefault(spot.added[0], []).append((k, spot))
        by_start: dict[int, list[tuple[int, _Region]]] = {}
        for k, region in regions.items():
            by_start.setdefault(region.start, []).append((k, region))
        missing = (1 << len(hunks)) - 1 - sum(1 << k for k in there)

        State = tuple[int, int, int]
        start: State = (0, 0, 0)
        best: dict[State, int] = {start: 0}
        came: dict[State, tuple[State, str, int]] = {}
        heap: list[tuple[int, int, State]] = [(0, 0, start)]
        done: set[State] = set()
        goal: State = (n + 1, m + 1, 0)

        def push(state: State, cost: int, before: State, what: str, which: int) -> None:
            if cost < best.get(state, MAX_COST + 1):
                best[state] = cost
                came[state] = (before, what, which)
                heapq.heappush(heap, (cost, -state[0] - state[1], state))

        while heap:
            cost, _, state = heapq.heappop(heap)
            if state == goal:
                return self._trace(came, goal, start, cost)
            if state in done:
                continue
            if len(done) > MAX_STATES:
                return None
            done.add(state)
            i, j, used = state
            while True:  # run along equal lines as long as no hunk may begin
                here: State = (i, j, used)
                if here != state and cost < best.get(here, MAX_COST + 1):
                    best[here] = cost
                    came[here] = (state, "run", 0)
                if i == n and j == m:
                    push(goal, cost + (missing & ~used).bit_count(), here, "end", 0)
                    break
                branched = False
                choices = by_removed.get(loose[i], []) if i < n else []
                for k, spot in choices + (by_added.get(result[j], []) if j < m else []):
                    r, a = len(spot.removed), len(spot.added)
                    if (
                        not used >> k & 1
                        and loose[i : i + r] == tuple(self.loosely[x] for x in spot.removed)
                        and result[j : j + a] == spot.added
                        and self.right_place(spot, i)
                    ):
                        branched = True
                        push((i + r, j + a, used | 1 << k), cost, here, "apply", k)
                for k, region in by_start.get(i, []):
                    size = len(region.kept) + len(region.added)
                    if not used >> k & 1 and _interleaved(region.kept, region.added, result[j : j + size]):
                        branched = True
                        push((region.end, j + size, used | 1 << k), cost, here, "apply", k)
                if i < n and ours[i] in self.keyword_only:
                    branched = True
                    push((i + 1, j, used), cost, here, "run", 0)
                if i < n and j < m and ours[i] == result[j]:
                    if branched:
                        push((i + 1, j + 1, used), cost, here, "run", 0)
                        break
                    i, j = i + 1, j + 1
                    continue
                if i < n:
                    push((i + 1, j, used), cost + 1, here, "delete", i)
                if j < m:
                    push((i, j + 1, used), cost + 1, here, "insert", j)
                break
        return None

    @staticmethod
    def _trace(
        came: dict[tuple[int, int, int], tuple[tuple[int, int, int], str, int]],
        goal: tuple[int, int, int],
        start: tuple[int, int, int],
        cost: int,
    ) -> _Walk:
        walk = _Walk(cost, {}, [], [])
        state = goal
        while state != start:
            state, what, which = came[state]
            if what == "apply":
                walk.applied[which] = (state[0], state[1])
            elif what == "delete":
                walk.deleted.append(which)
            elif what == "insert":
                walk.inserted.append(which)
        walk.deleted.reverse()
        walk.inserted.reverse()
        return walk

    # -- verdicts

    def verdicts(self, pairs: list[tuple[int, int]]) -> list[Verdict]:
        """One verdict per hunk of this cut, and one for hunk 0 if something else changed."""
        hunks = cut_hunks(self.base.ids, self.theirs.ids, pairs)
        context = "base" if self.common >= lcs_length(self.theirs.ids, self.ours.ids) else "theirs"
        there = {k for k, hunk in enumerate(hunks) if self.already(hunk, context)}
        to_ours = align(self.base.ids, self.ours.ids)
        regions = {
            k: region
            for k, hunk in enumerate(hunks)
            if k not in there and not self._plain(hunk) and (region := self.region(hunk, to_ours))
        }
        walk = self.walk(hunks, there, regions)
        if walk is None:
            return self._lost(hunks, there)
        return self._read(hunks, there, walk)

    def _plain(self, hunk: HunkSpots) -> bool:
        """Whether the removed lines stand together in ours at a right place."""
        loose = self.ours.loose
        wanted = [(spot, tuple(self.loosely[x] for x in spot.removed)) for spot in hunk.spots if spot.removed]
        return any(
            loose[p : p + len(want)] == want and self.right_place(spot, p)
            for spot, want in wanted
            for p in range(len(loose))
            if loose[p] == want[0]
        ) or any(not spot.removed for spot in hunk.spots)

    def _lost(self, hunks: list[HunkSpots], there: set[int]) -> list[Verdict]:
        out = []
        for k, hunk in enumerate(hunks):
            line = hunk.spots[0].at + 1
            if k in there:
                out.append(Verdict(k + 1, ALREADY, "", "", line))
            else:
                out.append(Verdict(k + 1, UNFAITHFUL, "missing", "the result is far from upstream's change", line))
        out.append(Verdict(0, UNFAITHFUL, "extra-change", f"more than {MAX_COST} lines are unexplained"))
        return out

    def _read(self, hunks: list[HunkSpots], there: set[int], walk: _Walk) -> list[Verdict]:
        gone = [(p, self.ours.ids[p]) for p in walk.deleted]
        came = [(q, self.result.ids[q]) for q in walk.inserted]
        out: list[Verdict] = []
        for k, hunk in enumerate(hunks):
            spot = hunk.spots[0]
            line = spot.at + 1
            if k in walk.applied:
                out.append(Verdict(k + 1, FAITHFUL, "", "", line))
            elif k in there:
                out.append(Verdict(k + 1, ALREADY, "", "", line))
            else:
                added = _take(hunk, "added", came)
                removed = _take(hunk, "removed", gone)
                solid = [x for x in spot.removed if x not in self.trivial] or list(spot.removed)
                if added and removed:
                    reason, detail = "wrong-place", "the same lines, at a place that is not upstream's"
                elif spot.added and added and any(x in self.result.ids for x in solid):
                    reason, detail = "lost-deletion", "added, but what upstream removed still stands"
                elif not spot.added and any(x in self.result.ids for x in solid):
                    reason, detail = "lost-deletion", NOT_DELETED
                elif removed and not spot.added:
                    reason, detail = "wrong-place", "the same lines, removed at a place that is not upstream's"
                else:
                    reason, detail = "missing", "upstream's change is not in the result"
                out.append(Verdict(k + 1, UNFAITHFUL, reason, detail, line))
        out += self._rest(hunks, there, walk, gone, came)
        return out

    def _rest(
        self,
        hunks: list[HunkSpots],
        there: set[int],
        walk: _Walk,
        gone: list[tuple[int, int]],
        came: list[tuple[int, int]],
    ) -> list[Verdict]:
        """What no hunk accounts for."""
        out = []
        for k, hunk in enumerate(hunks):
            if came and (k in walk.applied or k in there) and hunk.spots[0].added:
                q = came[0][0]
                if _take(hunk, "added", came):
                    detail = f"added once more near line {q + 1} of the result"
                    out.append(Verdict(k + 1, UNFAITHFUL, "double-insertion", detail, hunk.spots[0].at + 1))
        if gone:
            p = gone[0][0]
            near = min((abs(p - at) for at, _ in walk.applied.values()), default=10**6)
            edges = [at + len(hunks[k].spots[0].removed) for k, (at, _) in walk.applied.items()]
            near = min([near, *(abs(p - edge) for edge in edges)])
            reason = "neighbour-eaten" if near <= 4 and not came else "extra-change"
            out.append(Verdict(0, UNFAITHFUL, reason, f"{len(gone)} lines of ours gone from line {p + 1}", p + 1))
        if came:
            q = came[0][0]
            detail = f"{len(came)} lines from line {q + 1} of the result are not upstream's"
            out.append(Verdict(0, UNFAITHFUL, "extra-change", detail, q + 1))
        return out


def _agree(a: Lines, a0: int, a1: int, b: Lines, b0: int, b1: int) -> int:
    """How many of the three lines before and the three after agree (-1: the file begins, -2: it ends)."""
    before = lcs_length((-1, *a[:a0])[-3:], (-1, *b[:b0])[-3:])
    return before + lcs_length((*a[a1 : a1 + 3], -2)[:3], (*b[b1 : b1 + 3], -2)[:3])


def _take(hunk: HunkSpots, side: str, pool: list[tuple[int, int]]) -> bool:
    """Takes the hunk's lines, in order, out of the unexplained ones; whether all were there."""
    for spot in hunk.spots:
        want = spot.added if side == "added" else spot.removed
        if not want:
            return True
        chosen: list[int] = []
        k = 0
        for index, (_, line) in enumerate(pool):
            if k < len(want) and line == want[k]:
                chosen.append(index)
                k += 1
        if k == len(want):
            for index in reversed(chosen):
                del pool[index]
            return True
    return False


def _interleaved(kept: Lines, added: Lines, mixed: Lines) -> bool:
    """Whether `mixed` is the two sequences, each in its order, shuffled together."""
    if len(mixed) != len(kept) + len(added):
        return False
    reach = {0}
    for k, line in enumerate(mixed):
        following = set()
        for used in reach:
            if used < len(kept) and kept[used] == line:
                following.add(used + 1)
            if k - used < len(added) and added[k - used] == line:
                following.add(used)
        reach = following
        if not reach:
            return False
    return len(kept) in reach


# --- ident lines --------------------------------------------------------------------------------------------


def _idents(text: bytes) -> list[tuple[bytes, tuple[int, ...]]]:
    """(file name without its folder, revision) of every $OpenBSD$ and $Id$; revision () where unexpanded."""
    out = []
    for found in _IDENT.finditer(text):
        words = (found.group(2) or b"").split()
        name = words[0].rsplit(b"/", 1)[-1].removesuffix(b",v") if words else b""
        revision: tuple[int, ...] = ()
        if len(words) > 1 and re.fullmatch(rb"\d+(\.\d+)+", words[1]):
            revision = tuple(int(part) for part in words[1].split(b"."))
        out.append((found.group(1) + b" " + name, revision))
    return out


def judge_idents(base: bytes, theirs: bytes, ours: bytes, result: bytes) -> list[Verdict]:
    """Ident lines: never invented, never lost, never set back, never set to what upstream's file does not say."""
    before, after, up = _idents(ours), _idents(result), _idents(theirs)
    out = []
    brought = max(0, len(up) - len(_idents(base)))
    dropped = max(0, len(_idents(base)) - len(up))
    if len(after) > len(before) + brought:
        out.append(Verdict(0, UNFAITHFUL, "ident", "an ident line was invented"))
    if len(after) < len(before) - dropped:
        out.append(Verdict(0, UNFAITHFUL, "ident", "an ident line was lost"))
    if len(after) != len(before):
        return out
    allowed = {revision for _, revision in up}
    for (_, old), (name, new) in zip(before, after, strict=True):
        if new == old:
            continue
        if new < old and old[:2] >= new[:2]:
            detail = f"set back from {_dotted(old)} to {_dotted(new)}"
            out.append(Verdict(0, UNFAITHFUL, "ident", detail))
        elif new not in allowed:
            detail = f"{name.decode('latin-1')}: set to {_dotted(new)}, upstream's is another"
            out.append(Verdict(0, UNFAITHFUL, "ident", detail))
    return out


def _dotted(revision: tuple[int, ...]) -> str:
    return ".".join(map(str, revision)) or "nothing"


# --- the judge of one file ----------------------------------------------------------------------------------


def judge(base: bytes | None, theirs: bytes | None, ours: bytes | None, result: bytes | None) -> list[Verdict]:
    """One verdict per hunk of base -> theirs, and further ones (hunk 0) for changes that belong to none.

    None is a file that is not there. An empty list: neither upstream nor the target changed anything.
    """
    if base == theirs and ours == result:
        return []
    if base is None or theirs is None or ours is None or result is None:
        return _judge_whole(base, theirs, ours, result)
    if any(b"\0" in text for text in (base, theirs, ours, result)):
        return _judge_binary(base, theirs, ours, result)
    return judge_idents(base, theirs, ours, result) + _judge_text(base, theirs, ours, result)


@lru_cache(maxsize=32)
def _judged(
    base: bytes | None, theirs: bytes | None, ours: bytes | None, result: bytes | None
) -> tuple[Verdict, ...]:
    """The same, remembered: a change is looked at more than once where hunks are undone."""
    return tuple(judge(base, theirs, ours, result))


def faithful(verdicts: Iterable[Verdict]) -> bool:
    """Whether nothing is unfaithful."""
    return all(verdict.kind != UNFAITHFUL for verdict in verdicts)


def _same(left: bytes, right: bytes) -> bool:
    return left == right or folded_text(left) == folded_text(right)


def _judge_whole(
    base: bytes | None, theirs: bytes | None, ours: bytes | None, result: bytes | None
) -> list[Verdict]:
    if theirs is None:
        if result is None:
            if ours is None:
                return [Verdict(1, ALREADY)]
            if base is not None and _same(base, ours):
                return [Verdict(1, FAITHFUL)]
            return [Verdict(1, UNFAITHFUL, "extra-change", "deleted with the local changes in it")]
        return [Verdict(1, UNFAITHFUL, "missing", "upstream deleted the file, it still stands")]
    if ours is None and result is None:
        if base is None:
            return [Verdict(1, UNFAITHFUL, "missing", "upstream added the file, the target did not get it")]
        return [Verdict(1, ABSENT, "", "the target does not have this file")]
    if result is None:
        return [Verdict(1, UNFAITHFUL, "extra-change", "deleted, upstream did not delete it")]
    if ours is None:
        if _same(theirs, result):
            return [Verdict(1, FAITHFUL, "", "added whole")]
        return [Verdict(1, UNFAITHFUL, "extra-change", "added with other content than upstream's")]
    # Only base is None: upstream added what the target has.
    if not _same(ours, result):
        return [Verdict(1, UNFAITHFUL, "extra-change", "upstream's new file was put over the target's own")]
    if _same(theirs, ours):
        return [*judge_idents(theirs, theirs, ours, result), Verdict(1, ALREADY)]
    return [Verdict(1, UNFAITHFUL, "missing", "the target has another file under the name of upstream's new one")]


def _judge_binary(base: bytes, theirs: bytes, ours: bytes, result: bytes) -> list[Verdict]:
    if base == theirs:
        return [Verdict(0, UNFAITHFUL, "extra-change", "binary file changed")]
    if ours == theirs:
        same = result == ours
        return [Verdict(1, ALREADY) if same else Verdict(1, UNFAITHFUL, "extra-change", "binary file changed")]
    if result == ours:
        return [Verdict(1, UNFAITHFUL, "missing", "binary file unchanged")]
    if result == theirs and ours == base:
        return [Verdict(1, FAITHFUL)]
    return [Verdict(1, UNFAITHFUL, "extra-change", "binary file is not upstream's, or was local")]


@lru_cache(maxsize=64)
def _lines(text: bytes) -> tuple[bytes, ...]:
    return tuple(folded_text(text))


def _judge_text(base: bytes, theirs: bytes, ours: bytes, result: bytes) -> list[Verdict]:
    sides = [list(_lines(text)) for text in (base, theirs, ours, result)]
    if any(b"$Mdocdate$" in line for line in sides[1]):
        local = {found.group(1) for line in sides[2] if (found := _DD.match(line))}
        sides[2] = _fold_dd(sides[2], local)
        sides[3] = _fold_dd(sides[3], local | _mdoc_dates(theirs))
    table: dict[bytes, int] = {}
    texts = [Text(lines, table) for lines in sides]
    it = _Judge(texts[0], texts[1], texts[2], texts[3], table)
    best: list[Verdict] | None = None
    seen = []
    for method in (align, _align_from_end, _align_difflib):
        pairs = method(texts[0].ids, texts[1].ids)
        if pairs in seen:
            continue
        seen.append(pairs)
        verdicts = it.verdicts(pairs)
        if best is None or _badness(verdicts) < _badness(best):
            best = verdicts
        if not _badness(best):
            break
    assert best is not None
    return best


def _badness(verdicts: list[Verdict]) -> int:
    return sum(verdict.kind == UNFAITHFUL for verdict in verdicts)


# --- commits ------------------------------------------------------------------------------------------------

_TRAILER = re.compile(r"^Upstream-commit: ([0-9a-f]{40,64})\s*$", re.MULTILINE)
_HUNKS = re.compile(r"^Upstream-hunks: (.+?) (?:blob [0-9a-f]+|\S+): (\d+(?:,\d+)*) of \d+\s*$", re.MULTILINE)
_REVISION = re.compile(r"^Upstream-revision: (.+?) (?:blob [0-9a-f]+|\S+)\s*$", re.MULTILINE)
_BY_HAND = re.compile(r"^Portkit-resolution: (.+?) (?:blob [0-9a-f]+|\S+) \S+\s*$", re.MULTILINE)
_OUT = re.compile(r"^Portkit-left-out: (.+?) (?:blob [0-9a-f]+|\S+)(?: #(\d+))? [a-z-]+\s*$", re.MULTILINE)
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def _trailers(message: str) -> str:
    """The last paragraph: what a log quotes further up is prose."""
    return message.rstrip().rpartition("\n\n")[2]


class Repository:
    """Reads a repository with plumbing only; writes nothing, runs no hook, filter or textconv."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_DIR")} | _ENVIRONMENT
        self.reader: subprocess.Popen[bytes] | None = None

    def git(self, *words: str) -> bytes:
        """Standard output of one git command. Raises RuntimeError with git's own words."""
        done = subprocess.run(
            ["git", "-c", "core.fsmonitor=false", "-C", self.path, *words],
            capture_output=True,
            env=self.environment,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"git {words[0]} in {self.path}: {done.stderr.decode('utf-8', 'replace').strip()}")
        return done.stdout

    def blob(self, object_id: str) -> bytes:
        """The content of one blob. Raises RuntimeError where it is missing."""
        if self.reader is None:
            self.reader = subprocess.Popen(
                ["git", "-C", self.path, "cat-file", "--batch"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self.environment,
            )
        assert self.reader.stdin is not None and self.reader.stdout is not None
        self.reader.stdin.write(object_id.encode() + b"\n")
        self.reader.stdin.flush()
        head = self.reader.stdout.readline().split()
        if len(head) != 3:
            raise RuntimeError(f"{self.path}: object {object_id} cannot be read")
        content = self.reader.stdout.read(int(head[2]))
        self.reader.stdout.read(1)
        return content

    def close(self) -> None:
        """Ends the reading process."""
        if self.reader is not None and self.reader.stdin is not None:
            self.reader.stdin.close()
            self.reader.wait()
            self.reader = None

    def parent(self, commit: str) -> str | None:
        """The first parent."""
        words = self.git("rev-list", "--parents", "-n1", "--end-of-options", commit).decode().split()
        return words[1] if len(words) > 1 else None

    def message(self, commit: str) -> str:
        """The whole log message."""
        text = self.git("cat-file", "commit", "--end-of-options", commit)
        return text.partition(b"\n\n")[2].decode("utf-8", "replace")

    def changes(self, commit: str) -> dict[str, tuple[Entry | None, Entry | None]]:
        """Path to (before, after) of every file changed against the first parent."""
        parent = self.parent(commit)
        ends = ["--root", commit] if parent is None else [parent, commit]
        words = self.git("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-commit-id", "--full-index", *ends)
        fields = words.decode("utf-8", "surrogateescape").split("\0")
        out: dict[str, tuple[Entry | None, Entry | None]] = {}
        for meta, path in zip(fields[0::2], fields[1::2], strict=False):
            old_mode, new_mode, old, new, _ = meta.lstrip(":").split(" ")
            before = None if not old.strip("0") else Entry(old_mode, old)
            after = None if not new.strip("0") else Entry(new_mode, new)
            out[path] = (before, after)
        return out

    def entry(self, commit: str | None, path: str) -> Entry | None:
        """The file at a commit, or None."""
        if commit is None:
            return None
        line = self.git("--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", path)
        if not line:
            return None
        mode, kind, object_id = line.partition(b"\t")[0].decode().split()
        return Entry(mode, object_id) if kind == "blob" else None


@dataclass(frozen=True, slots=True)
class Entry:
    """Mode and blob of one file."""

    mode: str
    id: str


@dataclass(frozen=True, slots=True)
class FileReport:
    """The verdicts on one file of one commit."""

    commit: str
    changesets: tuple[str, ...]
    upstream: str
    target: str
    verdicts: tuple[Verdict, ...]


@dataclass(slots=True)
class Report:
    """All files of all commits of a range."""

    commits: int = 0
    foreign: list[str] = field(default_factory=list)
    files: list[FileReport] = field(default_factory=list)

    def count(self, kind: str) -> int:
        """How many verdicts are of that kind."""
        return sum(verdict.kind == kind for report in self.files for verdict in report.verdicts)


def _judge_modes(
    base: Entry | None, theirs: Entry | None, ours: Entry | None, result: Entry | None
) -> list[Verdict]:
    if ours is None and result is not None and theirs is not None:
        if result.mode != theirs.mode:
            return [Verdict(0, UNFAITHFUL, "mode", f"added as {result.mode}, upstream's is {theirs.mode}")]
        return []
    if ours is None or result is None:
        return []
    bumped = base is not None and theirs is not None and base.mode != theirs.mode
    if not bumped:
        if ours.mode != result.mode:
            return [Verdict(0, UNFAITHFUL, "mode", f"{ours.mode} became {result.mode}, upstream's did not")]
        return []
    assert base is not None and theirs is not None
    if result.mode == theirs.mode:
        return [Verdict(1, ALREADY if ours.mode == theirs.mode else FAITHFUL, "", f"mode {theirs.mode}")]
    reason = "missing" if result.mode == ours.mode else "mode"
    return [Verdict(0, UNFAITHFUL, reason, f"mode is {result.mode}, upstream's became {theirs.mode}")]


class Mapping:
    """Upstream paths to target paths; a folder ends in /. Without rules: the same path."""

    def __init__(self, rules: Sequence[str]) -> None:
        self.rules = sorted((self._rule(rule) for rule in rules), key=lambda rule: -len(rule[0]))

    @staticmethod
    def _rule(text: str) -> tuple[str, str]:
        up, sep, down = text.partition("=")
        if not sep or up.endswith("/") != down.endswith("/"):
            raise SystemExit(f"faithful.py: --map {text}: not UP=DOWN, or only one of the two ends in /")
        return up, down

    def target(self, path: str, named: set[str]) -> str | None:
        """The target path, or None where upstream's file is not mapped."""
        for up, down in self.rules:
            if path == up or (up.endswith("/") and path.startswith(up)):
                return down + path[len(up) :]
        if self.rules:
            return None
        if not named:
            return path
        folders = {name.rpartition("/")[0] for name in named}
        return path if path in named or path.rpartition("/")[0] in folders else None


def judge_commit(
    upstream: Repository,
    target: Repository,
    commit: str,
    changesets: Sequence[str],
    mapping: Mapping,
    excepted: Sequence[str] = (),
) -> list[FileReport]:
    """Judges every file that the changesets or the target commit touch.

    Several changesets in one commit are judged as one change, from before the first to after the last.
    """
    message = target.message(commit)
    parts = {path: numbers.count(",") + 1 for path, numbers in _HUNKS.findall(_trailers(message))}
    trailers = _trailers(message)
    named = set(_REVISION.findall(trailers)) | set(parts)
    parent = target.parent(commit)
    touched = target.changes(commit)
    sides: dict[str, tuple[str, Entry | None, Entry | None]] = {}
    for changeset in changesets:
        for path, (before, after) in upstream.changes(changeset).items():
            down = mapping.target(path, named)
            if down is None or any(path == x or down == x for x in excepted):
                continue
            first = sides[down][1] if down in sides else before
            sides[down] = (path, first, after)
    reports = []
    for down in sorted(set(sides) | set(touched)):
        if down in sides:
            up, base, theirs = sides[down]
            ours, result = touched[down] if down in touched else (target.entry(parent, down),) * 2
        else:
            ours, result = touched[down]
            up, base, theirs = _whole(upstream, changesets[-1], down, mapping, ours)
        verdicts = [] if not up else _judge_modes(base, theirs, ours, result)
        if message.startswith(("PARTIAL: ", "DRAFT (")) and down not in touched:
            continue
        if not up:
            verdicts = [Verdict(0, UNFAITHFUL, "extra-change", "a file that upstream's changeset did not touch")]
        else:
            texts = [upstream.blob(x.id) if x else None for x in (base, theirs)]
            texts += [target.blob(x.id) if x else None for x in (ours, result)]
            plain = list(_judged(*texts))
            verdicts += judge_worded(texts, up, trailers, plain) or plain
            if any(one.kind == UNFAITHFUL for one in verdicts):
                verdicts = judge_beside(texts, up, trailers) or verdicts
        if up in parts:
            verdicts = _judge_part(verdicts, parts[up])
        verdicts = _by_hand(verdicts, up, trailers)
        if verdicts:
            reports.append(FileReport(commit, tuple(changesets), up, down, tuple(verdicts)))
    return reports


# --- in the target's words ----------------------------------------------------------------------------------

_WORDS = re.compile(r"^Portkit-words: (\S+?)(\(\*\))? = (\S.*?)\s*$", re.MULTILINE)
_WITHIN = re.compile(r"^Portkit-within-lines: (.+?) (?:blob [0-9a-f]+|\S+) #(\d+)\s*$", re.MULTILINE)
_PIECE = re.compile(rb'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|[A-Za-z_]\w*|\d\w*|\S')


def judge_worded(
    texts: Sequence[bytes | None], path: str, trailers: str, plain: Sequence[Verdict]
) -> list[Verdict]:
    """The verdicts on a change (base, theirs, ours, result) that a commit says it makes in the target's words; none
    where it says no such thing."""
    base, theirs, ours, result = texts
    rules = [(old.encode(), bool(call), new.encode()) for old, call, new in _WORDS.findall(trailers)]
    within = [int(hunk) for name, hunk in _WITHIN.findall(trailers) if name == path]
    if base is None or theirs is None or ours is None or result is None or not (rules or within):
        return []
    borne = [rule for rule in rules if _borne_out(rule, ours)]
    known = set(split_lines(ours)) | set(split_lines(result))
    old, new = (_in_words(text, borne, known) for text in (base, theirs))
    for _ in within:
        moved = _within(old, new, ours, result)
        if moved is None:
            break
        old, new = moved
    before = {one.hunk for one in plain if one.kind == FAITHFUL}
    found = judge(old, new, ours, result)
    return [
        Verdict(one.hunk, WORDED, one.reason, one.detail, one.line)
        if one.kind == FAITHFUL and one.hunk not in before
        else one
        for one in found
    ]


def _borne_out(rule: tuple[bytes, bool, bytes], ours: bytes) -> bool:
    """Whether the target's file has the new word, and nowhere near as often the old one."""
    old, _, new = rule
    word = re.findall(rb"\w+", new.partition(b"(")[0])[-1]
    was = re.findall(rb"\w+", old)[-1]
    there = len(re.findall(rb"\b" + word + rb"\b", ours))
    return there > 0 and (word == was or len(re.findall(rb"\b" + was + rb"\b", ours)) * 2 <= there)


def _in_words(text: bytes, rules: Sequence[tuple[bytes, bool, bytes]], known: set[bytes]) -> bytes:
    """`text` by the rules, in the lines that are not `known` as they are."""
    put = text
    for old, call, new in rules:
        pattern = re.compile(rb"(?<![\w.>])" + re.escape(old) + rb"\b")
        put = _called(put, old, new) if call else pattern.sub(new.replace(b"\\", b""), put)
    lines, said = split_lines(text), split_lines(put)
    if len(lines) != len(said):
        return text
    chosen = (one if one in known or one.lstrip().startswith(b"#") else other
              for one, other in zip(lines, said, strict=True))  # fmt: skip
    return b"".join(chosen)


def _called(text: bytes, old: bytes, new: bytes) -> bytes:
    """`text` with every call of `old` made as `new` says (`OUT((ctx, *))`)."""
    head, _, tail = new.partition(b"*")
    pattern = re.compile(rb"(?<![\w.>])" + re.escape(old).replace(rb"\(void\)", rb"\(void\)\s*") + rb"\s*\(")
    for match in reversed(list(pattern.finditer(text))):
        line = text[text.rfind(b"\n", 0, match.start()) + 1 : match.start()]
        before = line.split()[-1:] or [b""]
        declared = (not line.strip() and not line) or re.fullmatch(rb"[A-Za-z_]\w*|.*\*", before[0])
        if declared and before[0] not in (b"return", b"else", b"do", b"case"):
            continue
        depth, at, quote = 1, match.end(), b""
        while at < len(text) and depth:
            one = text[at : at + 1]
            if quote:
                at += one == b"\\"
                quote = b"" if one == quote else quote
            elif one in b"\"'":
                quote = one
            else:
                depth += (one == b"(") - (one == b")")
            at += 1
        inside = text[match.end() : at - 1]
        put = head.removesuffix(b", ") if not inside.strip() else head
        if (not depth and not text[match.end() :].startswith(head.partition(b"(")[2])) or head.endswith(b"("):
            text = text[: match.start()] + put + inside + tail + text[at:]
    return text


def _within(base: bytes, theirs: bytes, ours: bytes, result: bytes) -> tuple[bytes, bytes] | None:
    """base and theirs with the lines of a hunk as the target has them before and after it, where ours and result differ
    in one run of lines by just the words of that hunk."""
    old, new, mine, made = (split_lines(text) for text in (base, theirs, ours, result))
    upstream = [one for one in difflib.SequenceMatcher(None, old, new, False).get_opcodes() if one[0] == "replace"]
    changed = [one for one in difflib.SequenceMatcher(None, mine, made, False).get_opcodes() if one[0] == "replace"]
    here = [_edits(mine[c0:c1], made[d0:d1]) for _, c0, c1, d0, d1 in changed]
    there = [_edits(old[a0:a1], new[b0:b1]) for _, a0, a1, b0, b1 in upstream]
    for (_, a0, a1, b0, b1), words in zip(upstream, there, strict=True):
        if there.count(words) != 1 or here.count(words) != 1:
            continue  # the same words twice tell no place
        _, c0, c1, d0, d1 = changed[here.index(words)]
        if old[a0:a1] != mine[c0:c1]:
            return b"".join((*old[:a0], *mine[c0:c1], *old[a1:])), b"".join((*new[:b0], *made[d0:d1], *new[b1:]))
    return None


def _edits(old: Sequence[bytes], new: Sequence[bytes]) -> list[tuple[list[bytes], list[bytes]]]:
    """By which words some lines differ from others: those that went and those that came, one place after the other."""
    a, b = _PIECE.findall(b"".join(old)), _PIECE.findall(b"".join(new))
    codes = difflib.SequenceMatcher(None, a, b, False).get_opcodes()
    return [(a[i0:i1], b[j0:j1]) for kind, i0, i1, j0, j1 in codes if kind != "equal"]


# --- beside a sibling ---------------------------------------------------------------------------------------

_BESIDE = re.compile(r"^Portkit-beside: (.+?) (?:blob [0-9a-f]+|\S+) #(\d+)\s*$", re.MULTILINE)
_INCLUDED = re.compile(rb'\s*#\s*include\s*([<"])([^>"]+)')
_COMMENT = re.compile(rb"/\*.*?(?:\*/|$)")
_DECLARED = re.compile(rb"([A-Za-z_]\w*)\s*(?:\[[^\]]*\]\s*)*(?=[;,=(]|$)")


def judge_beside(texts: Sequence[bytes | None], path: str, trailers: str) -> list[Verdict]:
    """The verdicts on a change of which a commit says that hunks were put beside what is beside them upstream: as many
    are undone on both sides where that is so, and the rest is judged as ever; none where it says no such thing."""
    base, theirs, ours, result = texts
    said = sum(name == path for name, _ in _BESIDE.findall(trailers))
    if base is None or theirs is None or ours is None or result is None or not said:
        return []
    tried = []
    for skip in (False, True):  # the hunks may be counted otherwise than here
        sides = base, theirs, ours, result
        found: list[Verdict] = []
        numbers = {int(number) for name, number in _BESIDE.findall(trailers) if name == path}
        while len(found) < said:
            one = _one_undone(sides, numbers, skip=skip)
            if one is None:
                break
            number, sides = one
            found.append(Verdict(number, BESIDE))
            numbers -= {number}
        plain = list(_judged(*sides))
        tried.append(found + (judge_worded(sides, path, trailers, plain) or plain))
        if not _badness(tried[-1]):
            break
    return min(tried, key=_badness)


_Sides = tuple[bytes, bytes, bytes, bytes]


def _one_undone(sides: _Sides, numbers: set[int], *, skip: bool) -> tuple[int, _Sides] | None:
    """base, theirs, ours and result with one hunk undone that stands beside its sibling, and its number: the last of
    `numbers` for which that is so, or, with `skip`, the first of all that is not right as it is."""
    base, theirs, ours, result = sides
    table: dict[bytes, int] = {}
    old, new = (tuple(table.setdefault(line, len(table)) for line in folded_text(text)) for text in (base, theirs))
    hunks = list(enumerate(cut_hunks(old, new, align(old, new)), 1))
    if skip:
        right = {one.hunk for one in _judged(*sides) if one.kind in (FAITHFUL, ALREADY)}
        hunks = [(number, hunk) for number, hunk in hunks if number not in right]
    else:
        hunks = [(number, hunk) for number, hunk in reversed(hunks) if number in numbers]
    for number, hunk in hunks:
        undone = _undone(hunk, base, theirs, ours, result)
        if undone is not None:
            return number, (base, undone[0], ours, undone[1])
    return None


def _undone(
    hunk: HunkSpots, base: bytes, theirs: bytes, ours: bytes, result: bytes
) -> tuple[bytes, bytes] | None:
    """theirs and result without a hunk, where it stands beside its sibling; None where it does not."""
    old, new, mine, made = (split_lines(text) for text in (base, theirs, ours, result))
    whole = _shared(mine, made)
    for spot in hunk.spots:
        removed, added = old[spot.at : spot.at + len(spot.removed)], new[spot.to : spot.to + len(spot.added)]
        before = [*new[: spot.to], *removed, *new[spot.to + len(added) :]]
        named = any(map(_names, added))
        for at in range(len(made) - len(added) + 1) if named else ():
            if made[at : at + len(added)] != added:
                continue
            if not removed:
                rest = [*made[:at], *made[at + len(added) :]]
                if _shared(mine, rest) == whole and _told(new, spot.to, len(added), rest, at):
                    return b"".join(before), b"".join(rest)
                continue
            bare = [b"".join(line.split()) for line in removed]
            inside = next((one for one in functions(old) if one.start < spot.at < one.end), None)
            there = [one for one in functions(mine) if inside is not None and one.name == inside.name]
            places = [k for one in there for k in range(one.start, one.end)
                      if [b"".join(line.split()) for line in mine[k : k + len(bare)]] == bare]  # fmt: skip
            if len(places) == 1 and all(_names(line) for line in (*removed, *added) if line.strip()):
                rest = [*made[:at], *mine[places[0] : places[0] + len(bare)], *made[at + len(added) :]]
                if _shared(mine, rest) == whole + len(bare):
                    return b"".join(before), b"".join(rest)
        if removed and added:
            listed = _in_list(new, spot.to, removed, added, mine, made)
            if listed is not None:
                return b"".join(before), b"".join(listed)
    return None


def _shared(a: Sequence[bytes], b: Sequence[bytes]) -> int:
    table: dict[bytes, int] = {}
    return lcs_length(*(tuple(table.setdefault(line, len(table)) for line in side) for side in (a, b)))


def _names(line: bytes) -> tuple[bytes, frozenset[bytes]] | None:
    """What sort of thing a line gives, and its names: an include of either form, a declaration of a file's or of a
    function's."""
    include = _INCLUDED.match(line)
    if include:
        return b"#" + include[1], frozenset((include[2],))
    text = _COMMENT.sub(b" ", line).rstrip()
    if not text.endswith(b";") or text.lstrip().startswith((b"return", b"#")):
        return None
    head = text.rstrip(b";").partition(b"=")[0]
    if b"(" in head:
        found = re.match(rb"[A-Za-z_][\w\s*]*?[\s*]([A-Za-z_]\w*)\s*\(", head)
        return (b"file", frozenset((found[1],))) if found and line[:1].isalpha() else None
    names = frozenset(_DECLARED.findall(head)) if len(head.split()) > 1 else frozenset()
    return (b"file" if line[:1].isalpha() else b"function", names) if names else None


def _told(new: Sequence[bytes], to: int, count: int, rest: Sequence[bytes], at: int) -> bool:
    """Whether a block that stands at `to` upstream, and at `at` of the target's other lines, is beside its sibling:
    right behind the nearest before it that the target has, for an include else right before the nearest after it."""
    sorts = {found[0] for line in new[to : to + count] if (found := _names(line)) is not None}
    if len(sorts) != 1:
        return False
    (sort,) = sorts
    has = [(k, found[1]) for k, line in enumerate(rest) if (found := _names(line)) is not None and found[0] == sort]
    for sibling, place in [(line, 1) for line in reversed(new[:to])] + [(line, 0) for line in new[to + count :]]:
        found = _names(sibling)
        if found is None or found[0] != sort or (not place and not sort.startswith(b"#")):
            continue
        lines = [k for k, names in has if names & found[1]]
        if lines:
            return at in [k + place for k in lines]
    return False


def _in_list(
    new: Sequence[bytes], to: int, removed: Sequence[bytes], added: Sequence[bytes], mine: Sequence[bytes],
    made: Sequence[bytes],
) -> list[bytes] | None:  # fmt: skip
    """The result without the words that a hunk adds to a makefile's list, where they stand behind the word that is
    before them upstream, of those that the target has."""
    came, gone = b"".join(added).split(), b"".join(removed).split()
    words = [word for word in came if word not in gone]
    if not words or [word for word in gone if word not in came]:
        return None
    first = came.index(words[0])
    before = b" ".join(new[:to]).split() + came[:first]
    known = {word for line in mine for word in line.split()}
    anchor = next((word for word in reversed(before) if word in known and word != b"\\"), None)
    for k, line in enumerate(made):
        text = b" ".join((anchor or b"", *words))
        if anchor is not None and text in line and k < len(mine) and line.replace(text, anchor) in mine:
            return [*made[:k], line.replace(text, anchor), *made[k + 1 :]]
    return None


def _judge_part(verdicts: Sequence[Verdict], said: int) -> list[Verdict]:
    """Of a file that the commit says to carry in part: what is not made at all is left, and as many hunks must be made
    as the commit says. What is half made, or made elsewhere, is as bad as ever."""
    out = [
        Verdict(one.hunk, LEFT, one.reason, one.detail, one.line)
        if one.hunk and (one.reason == "missing" or one.detail == NOT_DELETED)
        else one
        for one in verdicts
    ]
    made = sum(one.kind in (FAITHFUL, WORDED, BESIDE) for one in out)
    if made < said and all(one.kind != UNFAITHFUL for one in out):
        out.append(Verdict(0, UNFAITHFUL, "missing", f"the commit says that it makes {said} hunks, it makes {made}"))
    return out


def _by_hand(verdicts: list[Verdict], path: str, trailers: str) -> list[Verdict]:
    """What the commit says a person did to a file is no fault of the tool's; nor is it faithful."""
    out = {int(hunk or 0) for name, hunk in _OUT.findall(trailers) if name == path}
    result = []
    for one in verdicts:
        kind = one.kind
        if kind == UNFAITHFUL and path in _BY_HAND.findall(trailers):
            kind = RESOLVED
        elif kind == UNFAITHFUL and one.reason == "missing" and (0 in out or one.hunk in out):
            kind = LEFT
        result.append(Verdict(one.hunk, kind, one.reason, one.detail, one.line))
    return result


def _whole(
    upstream: Repository, changeset: str, down: str, mapping: Mapping, ours: Entry | None
) -> tuple[str, Entry | None, Entry | None]:
    """An import brings in files as they stand at the changeset, though it did not touch them."""
    if ours is not None:
        return "", None, None
    candidates = [
        up + down[len(to) :]
        for up, to in mapping.rules
        if down == to or (to.endswith("/") and down.startswith(to))
    ]
    for up in candidates or [down]:
        entry = upstream.entry(changeset, up)
        if entry is not None:
            return up, None, entry
    return "", None, None


def judge_range(
    upstream: Repository, target: Repository, span: str, mapping: Mapping, excepted: Sequence[str] = ()
) -> Report:
    """Judges every commit of BASE..BRANCH along first parents that names an upstream changeset."""
    report = Report()
    commits = target.git("rev-list", "--first-parent", "--reverse", "--end-of-options", span).decode().split()
    for commit in commits:
        changesets = _TRAILER.findall(_trailers(target.message(commit)))
        if not changesets:
            report.foreign.append(commit)
            continue
        report.commits += 1
        report.files += judge_commit(upstream, target, commit, changesets, mapping, excepted)
    return report


def judge_ports(upstream: Repository, target: Repository, table: Path) -> Report:
    """Judges what people did: the sure one-to-one rows of a table of ports, the folders that the row names."""
    report = Report()
    with table.open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["confidence"] == "sure"]
    for row in rows:
        if " " in row["openbsd_commit(s)"]:
            continue
        folders = {path.rpartition("/")[0] + "/" for path in row["openbsd_path(s)"].split()}
        mapping = Mapping([f"{folder}={folder}" for folder in sorted(folders)])
        report.commits += 1
        report.files += judge_commit(upstream, target, row["dfly_commit"], [row["openbsd_commit(s)"]], mapping)
    return report


def show(report: Report, out: Iterable[str] = ()) -> str:
    """The summary as text."""
    lines = [*out]
    for one in report.files:
        for verdict in one.verdicts:
            if verdict.kind == UNFAITHFUL:
                place = f"hunk {verdict.hunk}" if verdict.hunk else "no hunk"
                lines.append(
                    f"{one.commit[:12]}  {one.changesets[0][:12]}  {_clean(one.target)}  {place}  line {verdict.line}"
                    f"  {verdict.reason}: {verdict.detail}"
                )
    exact = sum(faithful(one.verdicts) for one in report.files)
    lines += [
        "",
        f"commits     {report.commits:6}   without an Upstream-commit trailer: {len(report.foreign)}",
        f"files       {len(report.files):6}   with nothing unfaithful: {exact}",
        "hunks       " + ", ".join(
            f"{kind} {report.count(kind)}" for kind in KINDS
            if report.count(kind) or kind not in (RESOLVED, WORDED, BESIDE)
        ),
    ]
    return "\n".join(lines)


def _clean(path: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in path)


def main(arguments: Sequence[str] | None = None) -> int:
    """0: nothing is unfaithful. 1: something is. 2: the command line."""
    parser = argparse.ArgumentParser(description="Judges landed commits against upstream's changesets, hunk by hunk.")
    parser.add_argument("--upstream", default=os.environ.get("PORTKIT_REAL_OPENBSD"))
    parser.add_argument("--target", default=os.environ.get("PORTKIT_REAL_DRAGONFLY"))
    parser.add_argument("--range", dest="span", metavar="BASE..BRANCH")
    parser.add_argument("--ports", type=Path, help="judge the people's ports of this table instead of a range")
    parser.add_argument("--map", dest="rules", action="append", default=[], metavar="UP=DOWN")
    parser.add_argument("--except", dest="excepted", action="append", default=[], metavar="PATH",
                        help="a file the component map leaves out on purpose")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if not options.upstream or not options.target or bool(options.span) == bool(options.ports):
        parser.error("--upstream, --target, and one of --range and --ports are needed")
    upstream, target = Repository(options.upstream), Repository(options.target)
    try:
        if options.ports:
            report = judge_ports(upstream, target, options.ports)
        else:
            report = judge_range(upstream, target, options.span, Mapping(options.rules), options.excepted)
    except RuntimeError as problem:
        print(f"faithful.py: {problem}", file=sys.stderr)
        return 2
    finally:
        upstream.close()
        target.close()
    if options.json:
        counts = {kind: report.count(kind) for kind in KINDS}
        print(json.dumps({"commits": report.commits, "foreign": report.foreign, "hunks": counts,
                          "files": [asdict(one) for one in report.files]}))
    else:
        print(show(report))
    return 1 if report.count(UNFAITHFUL) else 0


if __name__ == "__main__":
    sys.exit(main())
