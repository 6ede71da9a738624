"""One file's change placed on a distant cousin of that file, hunk by hunk.

There is no common ancestor, so there is no merge of the whole: each hunk is looked at alone. It is placed in the
function of the target that corresponds to upstream's, by the same ladder and the same gate as any merge, which are
given the two functions in place of the two files; what stands in no function is merged over the whole file. Three
things are asked beyond the gate, since between cousins braces and blank lines agree everywhere:

1. at least two of the six neighbouring lines agree in the files as they stand,
2. the place is told by lines with words of their own: those that the hunk removes, standing once in the function, or
   two neighbours,
3. only one place answers.

What fails stays with the reason, and lands nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portkit.change.linediff import Hunk, hunks
from portkit.change.lines import Lines, LineTable
from portkit.merge.gate import Gate, judge
from portkit.merge.ladder import merge
from portkit.merge.pieces import Piece, Pieces, telling
from portkit.merge.sides import Sides

_BESIDE = 3
_ENOUGH = 2
_MANY = 4


class Fate(StrEnum):
    """What became of one hunk. `decided`: a person decided to do without it, now or for good; `ready`: it fits, and
    something else must come first; `left`: it is for a hand."""

    PLACED = "placed"
    ALREADY = "already"
    DECIDED = "decided"
    READY = "ready"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Placing:
    """One hunk of a file's change: `number` counts from 1; `hunk` is of base and theirs as upstream has them.

    `function` is where it stands upstream ("" outside of all), `counterpart` that function's name in the target ("" for
    none), `by` how that is known (name, likeness, or "" outside of all functions). `line` is the target's line, from
    1, at which it lands, stands or would fit, as the file was before this change; 0 where there is no such line.
    """

    number: int
    hunk: Hunk
    fate: Fate
    function: str
    counterpart: str
    by: str
    method: str
    line: int
    reason: str = ""
    span: tuple[int, int] = (0, 0)
    """The lines of the target's corresponding function, half-open, from 0; (0, 0) where there is none."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A file's change: what the target's file becomes, and each of its hunks."""

    content: bytes
    hunks: tuple[Placing, ...]


@dataclass(frozen=True, slots=True)
class _Try:
    result: tuple[bytes, ...]
    fate: Fate
    method: str
    line: int
    reason: str = ""


class Placer:
    """Places changes. Remembers how files are cut, since one change's theirs is the next one's base."""

    def __init__(self, fold: tuple[str, ...] = ()) -> None:
        self.table = LineTable(remember=512, more=fold)
        self._pieces: dict[bytes, Pieces] = {}

    def pieces(self, content: bytes) -> Pieces:
        """How `content` is cut."""
        known = self._pieces.get(content)
        if known is None:
            if len(self._pieces) > 256:
                self._pieces.clear()
            known = self._pieces[content] = Pieces(self.table.lines(content))
        return known

    def hunks(self, base: bytes, theirs: bytes) -> tuple[Hunk, ...]:
        """Upstream's hunks, keywords folded."""
        return hunks(self.table.lines(base).keys, self.table.lines(theirs).keys)

    def place(
        self, base: bytes, ours: bytes, theirs: bytes, *, held: Collection[int] = (), carried: Collection[int] = (),
        decided: Collection[int] = (),
    ) -> Placed:
        """The change base to theirs on `ours`, as far as it fits. Hunks whose numbers are in `held` are tried, and stay
        `ready`; those in `carried` are known to be there, in whatever words; those in `decided` are not wanted."""
        theirs_raw = self.table.lines(theirs).raw
        work = base
        offset = 0
        done: list[Placing] = []
        for number, hunk in enumerate(self.hunks(base, theirs), 1):
            moved = Hunk(hunk.a0 + offset, hunk.a1 + offset, hunk.b0, hunk.b1)
            added = theirs_raw[hunk.b0 : hunk.b1]
            placing, result, new = self._one(work, ours, moved, added)
            fate = Fate.ALREADY if number in carried else Fate.DECIDED if number in decided else placing.fate
            if fate is Fate.PLACED and number in held:
                fate = Fate.READY
            elif fate is Fate.PLACED:
                ours = result
            if fate in (Fate.PLACED, Fate.ALREADY):
                work = new
                offset += (hunk.b1 - hunk.b0) - (hunk.a1 - hunk.a0)
            piece = self.pieces(theirs).at(hunk.b0) if hunk.b0 < hunk.b1 else None
            function = placing.function or (piece.name if piece is not None else "")
            done.append(
                Placing(number, hunk, fate, function, placing.counterpart, placing.by, placing.method, placing.line,
                        placing.reason, placing.span)
            )  # fmt: skip
        return Placed(ours, tuple(done))

    def _one(self, base: bytes, ours: bytes, hunk: Hunk, added: Sequence[bytes]) -> tuple[Placing, bytes, bytes]:
        """The hunk on its own, what ours and base become with it."""
        lines, mine = self.table.lines(base), self.table.lines(ours)
        theirs = b"".join((*lines.raw[: hunk.a0], *added, *lines.raw[hunk.a1 :]))
        old, here = self.pieces(base), self.pieces(ours)
        piece = old.around(hunk.a0, hunk.a1)
        function = counterpart = by = ""
        span = (0, 0)
        if piece is not None:
            function = piece.name
            found = here.counterpart(old, piece)
            if found is None:
                reason = f"the target's file has no function that is this one ({function})"
                tried = _Try((), Fate.LEFT, "", 0, reason)
            else:
                other, by = found
                counterpart, span = other.name, (other.start, other.end)
                tried = self._within(lines, mine, hunk, added, piece, other)
        else:
            tried = self._over_all(lines, mine, hunk, added, theirs)
        placing = Placing(
            0, hunk, tried.fate, function, counterpart, by, tried.method, tried.line, tried.reason, span
        )
        return placing, b"".join(tried.result) if tried.fate is Fate.PLACED else ours, theirs

    def _within(
        self, base: Lines, ours: Lines, hunk: Hunk, added: Sequence[bytes], piece: Piece, other: Piece
    ) -> _Try:
        """The hunk in the two functions alone."""
        old = b"".join(base.raw[piece.start : piece.end])
        mine = b"".join(ours.raw[other.start : other.end])
        new = b"".join((*base.raw[piece.start : hunk.a0], *added, *base.raw[hunk.a1 : piece.end]))
        inside = Hunk(hunk.a0 - piece.start, hunk.a1 - piece.start, hunk.b0, hunk.b1)
        tried = self._merged(old, mine, new, inside)
        whole = (*ours.raw[: other.start], *tried.result, *ours.raw[other.end :])
        line = tried.line + other.start if tried.line else 0
        moved = _Try(whole, tried.fate, "function" if tried.method else "", line, tried.reason)
        if tried.fate is Fate.LEFT:
            moved = self._alone(base, ours, hunk, added, other) or moved
        return self._sure(base, ours, hunk, added, moved, (other.start, other.end))

    def _alone(self, base: Lines, ours: Lines, hunk: Hunk, added: Sequence[bytes], other: Piece) -> _Try | None:
        """The hunk where the lines that it takes away stand, if those that say something stand once in all of
        upstream's file and once in all of the target's: an order of lines that differs hides them from a merge."""
        removed = base.keys[hunk.a0 : hunk.a1]
        told = [key for key, raw in zip(removed, base.raw[hunk.a0 : hunk.a1], strict=True) if telling(raw)]
        if not told or any(base.keys.count(key) != 1 or ours.keys.count(key) != 1 for key in told):
            return None
        at = ours.keys.index(told[0]) - removed.index(told[0])
        if at < other.start or at + len(removed) > other.end or ours.keys[at : at + len(removed)] != removed:
            return None
        new = self.table.lines(b"".join(added)).keys
        if any(key in ours.keys for key, raw in zip(new, added, strict=True) if telling(raw)):
            return None  # some of it may be there in another place
        return _Try((*ours.raw[:at], *added, *ours.raw[at + len(removed) :]), Fate.PLACED, "alone", at + 1)

    def _over_all(self, base: Lines, ours: Lines, hunk: Hunk, added: Sequence[bytes], theirs: bytes) -> _Try:
        """The hunk where it stands in no function: in the whole of the two files, once something around it is there."""
        around = base.keys[max(0, hunk.a0 - _BESIDE) : hunk.a1 + _BESIDE]
        if not set(around) & set(ours.keys):
            return _Try((), Fate.LEFT, "", 0, "the target has none of the lines around it")
        tried = self._merged(base.content, ours.content, theirs, hunk)
        if tried.method:
            tried = _Try(tried.result, tried.fate, "file", tried.line, tried.reason)
        return self._sure(base, ours, hunk, added, tried, (0, len(ours.raw)))

    def _merged(self, base: bytes, ours: bytes, theirs: bytes, hunk: Hunk) -> _Try:
        sides = Sides(self.table.lines(base), self.table.lines(ours), self.table.lines(theirs))
        merged = merge(sides)
        if merged.conflicts:
            at = sides.to_ours.gap(hunk.a0)[0]
            return _Try((), Fate.LEFT, "", at + 1, "the target has other lines where upstream changes them")
        result = self.table.lines(merged.content)
        verdict = judge(sides, result)
        if verdict.gate is Gate.FAILED:
            return _Try((), Fate.LEFT, "", 0, verdict.reason)
        made = hunks(sides.ours.keys, result.keys)
        if not made and merged.content == ours:
            return _Try((), Fate.ALREADY, merged.method, sides.to_ours.gap(hunk.a0)[0] + 1)
        if len(made) != 1:
            return _Try((), Fate.LEFT, "", 0, "it would fall apart into several places")
        return _Try(result.raw, Fate.PLACED, merged.method, made[0].a0 + 1)

    def _sure(
        self, base: Lines, ours: Lines, hunk: Hunk, added: Sequence[bytes], tried: _Try, span: tuple[int, int]
    ) -> _Try:
        """`tried`, or why its place is not told well enough."""
        if tried.fate is Fate.LEFT:
            return tried
        if tried.fate is Fate.ALREADY:
            return self._surely_there(base, ours, hunk, added, tried, span)
        made = hunks(ours.keys, self.table.lines(b"".join(tried.result)).keys)
        at = made[0].a0
        end = made[0].a1
        for mine, theirs in zip(ours.raw[at:end], base.raw[hunk.a0 : hunk.a1], strict=False):
            if ours.keys[at:end] != base.keys[hunk.a0 : hunk.a1] and mine.split() != theirs.split():
                return _Try((), Fate.LEFT, "", at + 1, "the lines it takes away are not quite those of the target")
        agreed = _agreeing(base, hunk.a0, hunk.a1, ours, at, end)
        told = sum(telling(ours.raw[index]) for index in agreed)
        removed = ours.keys[at:end]
        alone = any(map(telling, ours.raw[at:end])) and _count(ours.keys[span[0] : span[1]], removed) == 1
        enough = told >= _ENOUGH or (told and (len(agreed) >= _MANY or (alone and len(agreed) >= _ENOUGH)))
        if enough:
            return tried
        return _Try((), Fate.LEFT, "", at + 1, f"too little around line {at + 1} agrees to be sure of the place")


    def _surely_there(
        self, base: Lines, ours: Lines, hunk: Hunk, added: Sequence[bytes], tried: _Try, span: tuple[int, int]
    ) -> _Try:
        """`tried`, which says that the hunk is there already, or why that is not told well enough. Between cousins a
        line that is not there may never have been: only where its two neighbours stand side by side is a deletion
        made."""
        start, end = span
        mine = ours.keys[start:end]
        new = self.table.lines(b"".join(added)).keys
        if any(map(telling, added)):
            at = next((at for at in range(len(mine)) if mine[at : at + len(new)] == new), -1)
            if at < 0:
                first = next(key for key, raw in zip(new, added, strict=True) if telling(raw))
                at = mine.index(first) if first in mine else -1
            return tried if at < 0 else _Try((), Fate.ALREADY, tried.method, start + at + 1)
        beside = (*base.keys[max(0, hunk.a0 - 1) : hunk.a0], *new, *base.keys[hunk.a1 : hunk.a1 + 1])
        around = (*base.raw[max(0, hunk.a0 - 1) : hunk.a0], *base.raw[hunk.a1 : hunk.a1 + 1])
        places = [at for at in range(len(mine) - len(beside) + 1) if mine[at : at + len(beside)] == beside]
        if len(around) == 2 and len(places) == 1 and any(map(telling, around)):
            return _Try((), Fate.ALREADY, tried.method, start + places[0] + 1)
        return _Try((), Fate.LEFT, "", tried.line, "the target has nothing like what upstream deletes there")


def _count(keys: Sequence[int], run: Sequence[int]) -> int:
    length = len(run)
    return sum(keys[at : at + length] == run for at in range(len(keys) - length + 1))


def _agreeing(base: Lines, a0: int, a1: int, ours: Lines, b0: int, b1: int) -> list[int]:
    """Which of ours' three lines before b0 and three from b1 on agree, in order, with base's around a0..a1."""
    before = _common(base.keys[max(0, a0 - _BESIDE) : a0], ours.keys[max(0, b0 - _BESIDE) : b0])
    after = _common(base.keys[a1 : a1 + _BESIDE], ours.keys[b1 : b1 + _BESIDE])
    first = max(0, b0 - _BESIDE)
    return [first + index for index in before] + [b1 + index for index in after]


def _common(a: Sequence[int], b: Sequence[int]) -> list[int]:
    """The indexes in b of a longest common subsequence."""
    gone = {index for hunk in hunks(a, b) for index in range(hunk.b0, hunk.b1)}
    return [index for index in range(len(b)) if index not in gone]
