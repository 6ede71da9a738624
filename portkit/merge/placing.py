"""One file's change placed on a distant cousin of that file, hunk by hunk.

There is no common ancestor, so there is no merge of the whole: each hunk is looked at alone. It is placed in the
function of the target that corresponds to upstream's, by the same ladder and the same gate as any merge, which are
given the two functions in place of the two files; what stands in no function is merged over the whole file. Three
things are asked beyond the gate, since between cousins braces and blank lines agree everywhere:

1. at least two of the six neighbouring lines agree in the files as they stand,
2. the place is told by lines with words of their own: those that the hunk removes, standing once in the function, or
   two neighbours,
3. only one place answers.

What fails is tried once more in the target's words (`merge.wording`), where it has words of its own for upstream's, and
a small change within lines of the target's own (`merge.by_words`). What fails then stays with the reason, and lands
nowhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from portkit.change.linediff import Hunk, hunks
from portkit.change.lines import Lines, LineTable
from portkit.merge.by_words import done_there, reworded
from portkit.merge.fate import Fate
from portkit.merge.gate import judge
from portkit.merge.kinds import Gate
from portkit.merge.ladder import merge
from portkit.merge.pieces import Piece, Pieces, code, telling
from portkit.merge.siblings import beside, declared_beside, listed
from portkit.merge.sides import Sides
from portkit.merge.wording import NO_WORDS, Word, Wording

_BESIDE = 3
_ENOUGH = 2
_MANY = 4
_CALL = 8
"""So many lines around a hunk show the calls in which it stands."""
_WINDOW = 40
"""Outside of functions, so many lines around a hunk are put in the target's words."""
_NAMES = re.compile(rb"[A-Za-z_]\w*")


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
    added: tuple[bytes, ...] | None = None
    """What it adds, in the target's words, where those are others than upstream's."""
    words: tuple[Word, ...] = ()
    """By which rules they are."""


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

    def __init__(self, fold: tuple[str, ...] = (), wording: Wording = NO_WORDS) -> None:
        self.table = LineTable(remember=512, more=fold)
        self.wording = wording
        self._pieces: dict[bytes, Pieces] = {}
        self._alike: Counter[tuple[tuple[bytes, ...], tuple[bytes, ...]]] = Counter()
        self._said: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}

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
        decided: Collection[int] = (), known: Mapping[int, Placing] | None = None,
    ) -> Placed:
        """The change base to theirs on `ours`, as far as it fits. Hunks whose numbers are in `held` are tried, and stay
        `ready`; those in `carried` are known to be there, in whatever words; those in `decided` are not wanted. What
        became of those in `known` is known, and they are not tried."""
        old, theirs_raw = self.table.lines(base).raw, self.table.lines(theirs).raw
        self._alike = Counter((old[one.a0 : one.a1], theirs_raw[one.b0 : one.b1]) for one in self.hunks(base, theirs))
        work = base
        offset = 0
        done: list[Placing] = []
        for number, hunk in enumerate(self.hunks(base, theirs), 1):
            moved = Hunk(hunk.a0 + offset, hunk.a1 + offset, hunk.b0, hunk.b1)
            added = theirs_raw[hunk.b0 : hunk.b1]
            if known is not None and number in known:
                done.append(known[number])
                if known[number].fate is Fate.ALREADY:
                    old_lines = self.table.lines(work).raw
                    work = b"".join((*old_lines[: moved.a0], *added, *old_lines[moved.a1 :]))
                    offset += (hunk.b1 - hunk.b0) - (hunk.a1 - hunk.a0)
                continue
            placing, result, new = self._one(work, ours, moved, added)
            if self.wording and placing.fate in (Fate.LEFT, Fate.PLACED):
                placing, result = self._worded(work, ours, moved, added, placing) or (placing, result)
            if placing.fate is Fate.LEFT and number not in carried:
                placing, result = self._by_words(work, ours, moved, added, placing) or (placing, result)
            if placing.fate is Fate.LEFT and number not in carried and added:
                placing, result = self._beside(work, ours, moved, added, placing) or (placing, result)
            if placing.fate in (Fate.LEFT, Fate.PLACED) and hunk.a0 == hunk.a1:
                placing = self._stands(work, ours, moved, added, placing) or placing
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
                replace(placing, number=number, hunk=hunk, fate=fate, function=function)
            )
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

    def _worded(
        self, base: bytes, ours: bytes, hunk: Hunk, added: Sequence[bytes], plain: Placing
    ) -> tuple[Placing, bytes] | None:
        """The hunk in the target's words, and what ours becomes with it; None where those are no others, or where it
        fits no better."""
        lines, mine = self.table.lines(base), self.table.lines(ours)
        piece, start, end = None, max(0, hunk.a0 - _WINDOW), min(len(lines.raw), hunk.a1 + _WINDOW)
        if plain.function:
            piece = self.pieces(base).around(hunk.a0, hunk.a1)
            if piece is None:
                return None
            start, end = piece.start, piece.end
            if plain.span == (0, 0):
                found = self._likeness(lines.raw[start:end], ours)
                if found is None:
                    return None
                plain = replace(plain, counterpart=found.name, by="likeness", span=(found.start, found.end))
        here = mine.raw[slice(*plain.span)] if piece is not None else mine.raw
        removed = lines.raw[hunk.a0 : hunk.a1]
        old, new = self._in_words(lines.raw[start : hunk.a0], added, removed, lines.raw[hunk.a1 : end], here)
        if old == lines.raw[start:end] and new == tuple(added):
            return None
        if plain.fate is Fate.PLACED and new == tuple(added):
            return None
        changed = [raw for raw, said in zip(added, new, strict=True) if raw != said]
        words = self._used(lines.raw[start:end], old, hunk.a0 - start, hunk.a1 - start, changed)
        known = {name for raw in here for name in _NAMES.findall(raw)}
        brought = {word for raw in changed for word in self.wording.used(raw)}
        lacking = next((name for word in brought for name in word.needs if piece is None or name not in known), None)
        if lacking is not None:
            return None
        first, last = max(0, start - _BESIDE), min(len(lines.raw), end + _BESIDE)
        whole = self.table.lines(b"".join((*lines.raw[first:start], *old, *lines.raw[end:last])))
        inside = Hunk(hunk.a0 - first, hunk.a1 - first, hunk.b0, hunk.b1)
        if piece is not None:
            other = Piece(plain.counterpart, *plain.span)
            moved = Piece(piece.name, piece.start - first, piece.end - first)
            tried = self._within(whole, mine, inside, new, moved, other, alone=False)
        else:
            whole = self.table.lines(b"".join((*lines.raw[:start], *old, *lines.raw[end:])))
            theirs = b"".join((*whole.raw[: hunk.a0], *new, *whole.raw[hunk.a1 :]))
            tried = self._over_all(whole, mine, hunk, new, theirs)
        if tried.fate is Fate.LEFT:
            return None
        made = replace(
            plain, fate=tried.fate, method=tried.method, line=tried.line, reason="",
            added=new if changed else None, words=words,
        )  # fmt: skip
        return made, b"".join(tried.result) if tried.fate is Fate.PLACED else ours

    def _by_words(
        self, base: bytes, ours: bytes, hunk: Hunk, added: Sequence[bytes], plain: Placing
    ) -> tuple[Placing, bytes] | None:
        """The hunk made within lines of the target's own, where the words that it changes are known again."""
        lines, mine = self.table.lines(base), self.table.lines(ours)
        start, end = 0, len(lines.raw)
        first, last = plain.span
        if plain.function:
            piece = self.pieces(base).around(hunk.a0, hunk.a1)
            if piece is None or plain.span == (0, 0):
                return None
            start, end = piece.start, piece.end
        else:
            first, last = 0, len(mine.raw)
        here, removed = mine.raw[first:last], lines.raw[hunk.a0 : hunk.a1]
        old, new = self._in_words(lines.raw[start : hunk.a0], added, removed, lines.raw[hunk.a1 : end], here)
        gone = old[hunk.a0 - start : hunk.a1 - start]
        found = reworded(gone, new, old, here)
        if found is None:
            at = done_there(gone, new, old, here)
            if at < 0:
                return None
            return replace(plain, fate=Fate.ALREADY, method="words", line=first + at + 1, reason=""), ours
        at, result = found
        at += first
        if mine.raw[at : at + len(result)] == result:
            return None
        beside = (old[max(0, hunk.a0 - start - _BESIDE) : hunk.a0 - start], old[hunk.a1 - start :][:_BESIDE])
        mine_beside = (mine.raw[max(0, at - _BESIDE) : at], mine.raw[at + len(result) :][:_BESIDE])
        if sum(len(_common(*map(self._numbers, pair))) for pair in zip(beside, mine_beside, strict=True)) < _ENOUGH:
            return None
        changed = [raw for raw, said in zip(added, new, strict=True) if raw != said]
        words = self._used(lines.raw[start:end], old, hunk.a0 - start, hunk.a1 - start, changed)
        made = replace(plain, fate=Fate.PLACED, method="words", line=at + 1, reason="", added=result, words=words)
        return made, b"".join((*mine.raw[:at], *result, *mine.raw[at + len(result) :]))

    def _beside(
        self, base: bytes, ours: bytes, hunk: Hunk, added: Sequence[bytes], plain: Placing
    ) -> tuple[Placing, bytes] | None:
        """The hunk in a list, where a sibling of what it adds tells the place."""
        lines, mine = self.table.lines(base), self.table.lines(ours)
        if not lines.raw or lines.raw[0].startswith((b".", b"'")) or self._all_said(tuple(added)) != tuple(added):
            return None
        old, here = self.pieces(base), self.pieces(ours)
        piece = old.around(hunk.a0, hunk.a1)
        if piece is not None:
            if " " in piece.name or plain.span == (0, 0):
                return None
            other = Piece(plain.counterpart, *plain.span)
            span = declared_beside(old, piece, here, other, hunk.a0, hunk.a1, added)
            if span is None:
                return None
            at, end = span
            return self._made(plain, at, (*mine.raw[:at], *added, *mine.raw[end:]), None)
        end = hunk.a0 + len(added)
        new = self.table.lines(b"".join((*lines.raw[: hunk.a0], *added, *lines.raw[hunk.a1 :])))
        changed = listed(lines.raw, new.raw, mine.raw, hunk.a0, hunk.a1, end)
        if changed is not None:
            at, text = changed
            if not text:
                return replace(plain, fate=Fate.ALREADY, method="list", line=at + 1, reason=""), ours
            return self._made(plain, at, (*mine.raw[:at], text, *mine.raw[at + 1 :]), (text,))
        found = beside(self.pieces(new.content), here, hunk.a0, end) if hunk.a0 == hunk.a1 else None
        if found is None:
            return None
        at, block = found
        return self._made(plain, at, (*mine.raw[:at], *block, *mine.raw[at:]), block)

    def _numbers(self, raw: Sequence[bytes]) -> tuple[int, ...]:
        return self.table.lines(b"".join(raw)).keys

    @staticmethod
    def _made(
        plain: Placing, at: int, result: tuple[bytes, ...], added: tuple[bytes, ...] | None
    ) -> tuple[Placing, bytes]:
        """The hunk as it stands beside its sibling, from line `at` on, and the file with it."""
        made = replace(plain, fate=Fate.PLACED, method="beside", line=at + 1, reason="", added=added)
        return made, b"".join(result)

    def _stands(
        self, base: bytes, ours: bytes, hunk: Hunk, added: Sequence[bytes], tried: Placing
    ) -> Placing | None:
        """`tried`, an addition, as one that the target has: the same lines, white space apart, in one run in the same
        function, or outside of all; where upstream has not. A single line must be one that is there once for all, a
        declaration."""
        mine = self.table.lines(ours)
        piece = self.pieces(base).around(hunk.a0, hunk.a1) if tried.function else None
        if tried.function and (piece is None or tried.span == (0, 0)):
            return None
        first, last = tried.span if piece is not None else (0, len(mine.raw))
        old = self.table.lines(base).raw
        old = old[piece.start : piece.end] if piece is not None else old
        said = tried.added or self._all_said(tuple(added))
        wanted = [_bare(raw) for raw in said if telling(code(raw))]
        many = len(wanted) > 1
        if not wanted or not (many or declares(next(raw for raw in said if telling(code(raw))))):
            return None
        here = [(at, _bare(raw)) for at, raw in enumerate(mine.raw[first:last], first) if telling(code(raw))]
        there = [at for at in range(len(here) - len(wanted) + 1)
                 if [raw for _, raw in here[at : at + len(wanted)]] == wanted]  # fmt: skip
        upstream = [_bare(raw) for raw in self._all_said(tuple(old)) if telling(code(raw))]
        had = any(upstream[at : at + len(wanted)] == wanted for at in range(len(upstream) - len(wanted) + 1))
        if len(there) != 1 or had:
            return None
        at = here[there[0]][0]
        if not tried.function and self.pieces(ours).at(at) is not None:
            return None
        return replace(tried, fate=Fate.ALREADY, method="stands", line=at + 1, reason="")

    def _likeness(self, function: Sequence[bytes], ours: bytes) -> Piece | None:
        """The target's function that is most like upstream's, put in the target's words."""
        said = Pieces(self.table.lines(b"".join(self._all_said(tuple(function)))))
        here = self.pieces(ours)
        if len(said.all) != 1 or said.all[0].name in here.by_name:
            return None
        found = here.counterpart(said, said.all[0])
        return found[0] if found is not None else None

    def _used(
        self, raw: Sequence[bytes], said: Sequence[bytes], first: int, last: int, changed: Sequence[bytes]
    ) -> tuple[Word, ...]:
        """The rules by which a hunk and the lines beside it are in the target's words."""
        near = range(max(0, first - _BESIDE), min(len(raw), last + _BESIDE))
        lines = [*changed, *(raw[at] for at in near if raw[at] != said[at])]
        return tuple(sorted({word for line in lines for word in self.wording.used(line)}))

    def _in_words(
        self, before: Sequence[bytes], added: Sequence[bytes], removed: Sequence[bytes], after: Sequence[bytes],
        here: Sequence[bytes],
    ) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        """The lines around and at a hunk as they were, and what it adds, in the target's words: all but the lines that
        the target has just so. As they are where a change of words would reach beyond the hunk."""
        old = (*before, *removed, *after)
        said = self._all_said(old)
        count = len(before)
        first = max(0, count - _CALL)
        near = min(_CALL, len(after))
        told = self.wording.said((*before[first:], *added, *after[:near]))
        if _opened(removed) != _opened(added):
            return old, tuple(added)
        there = frozenset(here)
        chosen = tuple(raw if raw in there else word for raw, word in zip(old, said, strict=True))
        bring = told[count - first : count - first + len(added)]
        return chosen, tuple(raw if raw in there else word for raw, word in zip(added, bring, strict=True))

    def _all_said(self, lines: tuple[bytes, ...]) -> tuple[bytes, ...]:
        known = self._said.get(lines)
        if known is None:
            if len(self._said) > 512:
                self._said.clear()
            known = self._said[lines] = self.wording.said(lines)
        return known

    def _within(
        self, base: Lines, ours: Lines, hunk: Hunk, added: Sequence[bytes], piece: Piece, other: Piece,
        *, alone: bool = True,
    ) -> _Try:  # fmt: skip
        """The hunk in the two functions alone."""
        old = b"".join(base.raw[piece.start : piece.end])
        mine = b"".join(ours.raw[other.start : other.end])
        new = b"".join((*base.raw[piece.start : hunk.a0], *added, *base.raw[hunk.a1 : piece.end]))
        inside = Hunk(hunk.a0 - piece.start, hunk.a1 - piece.start, hunk.b0, hunk.b1)
        tried = self._merged(old, mine, new, inside)
        whole = (*ours.raw[: other.start], *tried.result, *ours.raw[other.end :])
        line = tried.line + other.start if tried.line else 0
        moved = _Try(whole, tried.fate, "function" if tried.method else "", line, tried.reason)
        if tried.fate is Fate.LEFT and alone:
            moved = self._alone(base, ours, hunk, added, other) or moved
        return self._sure(base, ours, hunk, added, moved, (other.start, other.end), (piece.start, piece.end))

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
        return self._sure(base, ours, hunk, added, tried, (0, len(ours.raw)), (0, len(base.raw)))

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
        self, base: Lines, ours: Lines, hunk: Hunk, added: Sequence[bytes], tried: _Try, span: tuple[int, int],
        old: tuple[int, int],
    ) -> _Try:  # fmt: skip
        """`tried`, or why its place is not told well enough. `span` is the function in the target, `old` upstream's."""
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
        if alone and len(agreed) >= _ENOUGH and not enough:
            # what it takes away stands once there; upstream has it once, too, or makes the same of every copy
            copies = _count(base.keys[old[0] : old[1]], base.keys[hunk.a0 : hunk.a1])
            enough = copies <= max(1, self._alike[base.raw[hunk.a0 : hunk.a1], tuple(added)])
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
    """Which of ours' three lines before b0 and three from b1 on agree, in order and white space apart, with base's
    around a0..a1."""
    before = _common(_keys(base.raw[max(0, a0 - _BESIDE) : a0]), _keys(ours.raw[max(0, b0 - _BESIDE) : b0]))
    after = _common(_keys(base.raw[a1 : a1 + _BESIDE]), _keys(ours.raw[b1 : b1 + _BESIDE]))
    first = max(0, b0 - _BESIDE)
    return [first + index for index in before] + [b1 + index for index in after]


def _opened(raw: Sequence[bytes]) -> int:
    """How many parentheses are opened in some lines and not closed."""
    return sum(line.count(b"(") - line.count(b")") for line in map(code, raw))


_DECLARES = re.compile(rb"\s*(?:#\s*(?:define|include|ifndef|ifdef|undef)\b|case\b|[A-Za-z_][\w\s*,\[\]()]*;)")


def declares(raw: bytes) -> bool:
    """Whether a line is one that stands once for all: a definition, an include, a case, a declaration."""
    words = _NAMES.findall(raw)
    return bool(_DECLARES.match(raw)) and len(words) > 1 and words[0] not in (b"return", b"goto", b"break", b"continue")


def _bare(raw: bytes) -> bytes:
    return b"".join(raw.split())


def _keys(raw: Sequence[bytes]) -> list[int]:
    """Lines as numbers, equal where white space alone differs."""
    return [hash(_bare(one)) for one in raw]


def _common(a: Sequence[int], b: Sequence[int]) -> list[int]:
    """The indexes in b of a longest common subsequence."""
    gone = {index for hunk in hunks(a, b) for index in range(hunk.b0, hunk.b1)}
    return [index for index in range(len(b)) if index not in gone]
