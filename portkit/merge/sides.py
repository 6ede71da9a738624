"""The three sides of a merge, aligned, and what can be asked of them about one upstream hunk.

Both the ladder and the gate ask here; neither is told what the other concluded.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice

from portkit.change.functions import header_of, name_in, openings
from portkit.change.linediff import Hunk, hunks
from portkit.change.lines import BLANK, Lines
from portkit.merge.alignment import Alignment

_NEAR = 15
"""Lines within which a copy of a short addition counts as the same addition."""

_UNMISTAKABLE = 4
"""From this many lines with words on, a copy of an addition counts wherever it stands."""

_MANY = 16

_BESIDE = 3
"""How far from a hunk the lines are looked for that all three sides share."""

_DATE = b".Dd "
"""What begins the line that dates a manual page (mdoc(7))."""

_WORD = re.compile(rb"[A-Za-z0-9_]{3,}")
_QUOTED_OR_SPACE = re.compile(rb"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|\s+")
INCLUDE = re.compile(rb"#\s*include\b")
"""What begins a line that reads in a header."""


class Sides:
    """base, ours and theirs as lines; `upstream` the hunks base to theirs, `local` the hunks base to ours."""

    def __init__(
        self,
        base: Lines,
        ours: Lines,
        theirs: Lines,
        upstream: tuple[Hunk, ...] | None = None,
        local: tuple[Hunk, ...] | None = None,
    ) -> None:
        self.base = base
        self.ours = ours
        self.theirs = theirs
        self.upstream = hunks(base.keys, theirs.keys) if upstream is None else upstream
        self.local = hunks(base.keys, ours.keys) if local is None else local
        self.to_ours = Alignment.of(self.local)

    @cached_property
    def to_theirs(self) -> Alignment:
        """Where base's lines stand in theirs."""
        return Alignment.of(self.upstream)

    def removed(self, hunk: Hunk) -> tuple[int, ...]:
        """The base lines `hunk` takes away."""
        return self.base.keys[hunk.a0 : hunk.a1]

    def added(self, hunk: Hunk) -> tuple[int, ...]:
        """The lines `hunk` brings."""
        return self.theirs.keys[hunk.b0 : hunk.b1]

    def gone(self, hunk: Hunk) -> bool:
        """Whether ours has, in their places, none of the lines `hunk` removes."""
        return all(self.to_ours.new_of(index) < 0 for index in range(hunk.a0, hunk.a1))

    def already(self, hunk: Hunk) -> bool:
        """Whether ours makes the change of `hunk` already: its new lines stand there, the old ones do not."""
        added = self.added(hunk)
        here = self._made_here(hunk)
        if not here and not self.gone(hunk):
            return False
        if self._dated(hunk):
            return True
        displaced = self._displaced(hunk)
        if not added:
            still = self._reworded(hunk) or self.strays(hunk) or self._lingers(hunk) or self._went_along(hunk)
            return not (displaced or still)
        if here and not displaced:
            return True
        low = self.to_ours.gap(hunk.a0)[0]
        high = self.to_ours.gap(hunk.a1)[1]
        if self.ours.keys[low:high] == added and not displaced:
            return True
        raw = self.theirs.raw[hunk.b0 : hunk.b1]
        if not significant(raw):
            return False
        bare = _without_blank_ends(added)
        copies = _runs_of(bare, self._local, self.ours.keys, self.local)
        if sum(1 for line in raw if _WORD.search(line)) >= _UNMISTAKABLE:
            # What stands in no function may have been put anywhere; the same lines in another function are others.
            outside = header_of(self.theirs.raw, hunk.b1 - 1, self.theirs.headers) in (-1, *range(hunk.b0, hunk.b1))
            return any(outside or self._in_its_function(hunk, at) for at, _ in islice(copies, _MANY))
        return any(
            self._alike(hunk, at) and self._local_from(at, len(added)) and not self._of_another(hunk, at)
            for at in self._near_copies(hunk)
        )

    def _dated(self, hunk: Hunk) -> bool:
        """Whether `hunk` does nothing but date a manual page, and ours has dated it otherwise in that very place: each
        tree dates its pages when it changes them."""
        theirs = self.theirs.raw[hunk.b0 : hunk.b1]
        ours = self.ours.raw[self.to_ours.gap(hunk.a0)[0] : self.to_ours.gap(hunk.a1)[1]]
        sides = (self.base.raw[hunk.a0 : hunk.a1], theirs, ours)
        return all(len(lines) == 1 and lines[0].startswith(_DATE) for lines in sides)

    def _displaced(self, hunk: Hunk) -> bool:
        """Whether ours has the function in which `hunk` deletes, or that it deletes, somewhere else than where the
        alignment sees the place of `hunk`: then that place says nothing of what stands in the function."""
        if hunk.a0 == hunk.a1:
            return False
        mine = functions_of(self.ours)
        start = header_of(self.base.raw, hunk.a0, self.base.headers)
        if start >= 0:
            low, high = self.to_ours.gap(hunk.a0)[0], self.to_ours.gap(hunk.a1)[1]
            name = name_in(self.base.raw[start])
            at = {header_of(self.ours.raw, index, self.ours.headers) for index in (low, high - 1) if index >= 0}
            if name in mine and not at & set(mine[name]):
                return True
        return any(
            name in mine and name not in functions_of(self.theirs)
            for name, places in functions_of(self.base).items()
            if any(hunk.a0 <= place < hunk.a1 for place in places)
        )

    def _near_copies(self, hunk: Hunk) -> Iterator[int]:
        """Where ours, near where `hunk` belongs (few lines away, in the same function), holds the lines it adds, in
        one run with a line of words that base does not share: the rest of it may have been matched with base's."""
        added, ours = self.added(hunk), self.ours.keys
        telling = [
            step
            for step, raw in enumerate(self.theirs.raw[hunk.b0 : hunk.b1])
            if added[step] in self._local and _WORD.search(raw)
        ]
        if not telling:
            return
        anchor = min(telling, key=lambda step: len(self._local[added[step]]))
        places = self._local[added[anchor]]
        low = self.to_ours.gap(hunk.a0)[0] - _NEAR + anchor
        high = self.to_ours.gap(hunk.a1)[1] + _NEAR + anchor
        for index in places[bisect_left(places, low) : bisect_right(places, high)]:
            at = index - anchor
            if at >= 0 and ours[at : at + len(added)] == added and self._in_its_function(hunk, at):
                yield at

    def _of_another(self, hunk: Hunk, at: int) -> bool:
        """Whether line `at` of ours is where another of upstream's hunks, which adds the same, has its place."""
        for other in self._adding.get(self.added(hunk), ())[:_MANY]:
            if other is not hunk and self.to_ours.gap(other.a0)[0] <= at <= self.to_ours.gap(other.a1)[1]:
                return True
        return False

    @cached_property
    def _adding(self) -> dict[tuple[int, ...], list[Hunk]]:
        """Lines to the hunks of upstream's that add just them."""
        found: dict[tuple[int, ...], list[Hunk]] = {}
        for hunk in self.upstream:
            found.setdefault(self.added(hunk), []).append(hunk)
        return found

    def _local_from(self, at: int, length: int) -> bool:
        """Whether one local hunk brought the lines at..at+length of ours."""
        hunk = self.local[bisect_right(self.local, at, key=lambda one: one.b0) - 1] if self.local else None
        return hunk is not None and hunk.b0 <= at and at + length <= hunk.b1

    def _in_its_function(self, hunk: Hunk, at: int) -> bool:
        """Whether line `at` of ours stands in the function to which `hunk` adds: what is added at a function's or a
        section's end stands in it in theirs, while in base the next one begins there."""
        return same_function(self.base, hunk.a0, self.ours, at, self.to_ours) or same_function(
            self.theirs, hunk.b0, self.ours, at, None
        )

    def scattered(self, hunk: Hunk) -> bool:
        """Whether ours has, near where `hunk` belongs, every telling line that it adds, though not as one run of its
        own: an addition that may have been taken before and changed since."""
        if not significant(self.theirs.raw[hunk.b0 : hunk.b1]):
            return False
        if next(self._near_copies(hunk), None) is not None:
            return True
        telling = {
            key for key, raw in zip(self.added(hunk), self.theirs.raw[hunk.b0 : hunk.b1], strict=True)
            if significant([raw])
        }  # fmt: skip
        if len(telling) < 2 or any(key not in self._local for key in telling):
            return False
        low = self.to_ours.gap(hunk.a0)[0] - _NEAR
        high = self.to_ours.gap(hunk.a1)[1] + _NEAR
        return all(
            any(
                self._in_its_function(hunk, at)
                for at in islice(self._local[key], bisect_left(self._local[key], low), None)
                if at <= high
            )
            for key in telling
        )

    def beside(self, hunk: Hunk) -> bool:
        """Whether ours, at the very place where `hunk` adds, brings all of its addition itself, or a telling one of its
        lines, or within a few lines most of them: it may have been taken in part, or in another layout."""
        if not self.added(hunk):
            return False
        known = {b"".join(raw.split()) for raw in self.base.raw[hunk.a0 : hunk.a1]}
        added = {b"".join(raw.split()): raw for raw in self.theirs.raw[hunk.b0 : hunk.b1] if _WORD.search(raw)}
        for away in (0, _BESIDE):
            first = bisect_left(self.local, hunk.a0 - away, key=lambda local: local.a1)
            brought = {
                b"".join(raw.split())
                for local in self.local[first : bisect_right(self.local, hunk.a1 + away, key=lambda local: local.a0)]
                for raw in self.ours.raw[local.b0 : local.b1]
            }
            there = (added.keys() & brought) - known
            told = significant([added[one] for one in there])
            if there and (2 * len(there) > len(added) and told if away else told or there == added.keys()):
                return True
        return False

    def _made_here(self, hunk: Hunk) -> bool:
        """Whether ours is theirs from a line that base has before `hunk` to one that it has behind: so it is even
        where the lines between were matched in another way than in theirs."""
        ends = [(hunk.a1 + step, hunk.b1 + step) for step in range(_BESIDE)]
        last = len(self.base.keys), len(self.theirs.keys), len(self.ours.keys)
        for step in range(1, _BESIDE + 1):
            start = self._in_ours(hunk.a0 - step)
            if start is None or hunk.b0 - step < -1:
                continue
            for base_end, theirs_end in ends:
                end = last[2] if (base_end, theirs_end) == last[:2] else self._in_ours(base_end)
                if (
                    end is not None
                    and end >= 0
                    and theirs_end <= last[1]
                    and (
                        self.ours.keys[max(0, start) : end + 1]
                        == self.theirs.keys[max(0, hunk.b0 - step) : theirs_end + 1]
                    )
                ):
                    return True
        return False

    def _in_ours(self, index: int) -> int | None:
        """Where base's line `index` stands in ours, -1 for what stands before the first; None where it does not."""
        if index < 0 or index >= len(self.base.keys):
            return -1 if index == -1 else None
        found = self.to_ours.new_of(index)
        return found if found >= 0 else None

    def strays(self, hunk: Hunk) -> list[int]:
        """Where ours, elsewhere, still holds the lines `hunk` deletes. Empty where upstream itself puts them
        elsewhere and ours has that already: then a copy is what upstream meant."""
        elsewhere = self.puts_elsewhere(hunk)
        if any(self.already(other) for other in elsewhere):
            return []
        copies = self.local_copies(self.base, hunk.a0, hunk.a1)
        if not elsewhere or any(self.base.keys.count(key) == 1 for key in self.removed(hunk)):
            return copies
        return [at for at in copies if same_function(self.base, hunk.a0, self.ours, at, self.to_ours)]

    def puts_elsewhere(self, hunk: Hunk) -> list[Hunk]:
        """Which other hunks of upstream's add the lines that `hunk` removes."""
        found = _runs_of(self.removed(hunk), self._brought, self.theirs.keys, self.upstream)
        return [other for _, other in islice(found, _MANY) if other is not hunk]

    def taken_from(self, hunk: Hunk) -> list[tuple[Hunk, tuple[int, ...]]]:
        """Which other hunks of upstream's delete what `hunk` adds, at least half of the lines of code of one of the
        two: it moves them, though it may change some. With each, where base has those lines."""
        added = Counter(self._telling(self.theirs, hunk.b0, hunk.b1))
        found = []
        likely = dict.fromkeys(one for key in added for one in self._removing.get(key, ())[:_MANY])
        for index in likely:
            other = self.upstream[index]
            removed = self._telling(self.base, other.a0, other.a1)
            left = added.copy()
            places = []
            for at in range(other.a0, other.a1):
                key = self.base.keys[at]
                if left[key] > 0:
                    left[key] -= 1
                    places.append(at)
            if other is not hunk and 2 * len(places) >= min(len(removed), added.total()):
                found.append((other, tuple(places)))
        return found

    @staticmethod
    def _telling(lines: Lines, start: int, end: int) -> list[int]:
        return [lines.keys[index] for index in range(start, end) if _WORD.search(lines.raw[index])]

    @cached_property
    def _removing(self) -> dict[int, list[int]]:
        """Line to upstream's hunks that remove it."""
        found: dict[int, list[int]] = {}
        for index, hunk in enumerate(self.upstream):
            for key in dict.fromkeys(self.removed(hunk)):
                found.setdefault(key, []).append(index)
        return found

    def _lingers(self, hunk: Hunk) -> bool:
        """Whether the lines `hunk` deletes, too short to be recognised anywhere, stand elsewhere in the same function
        of ours: a declaration that was moved down is still to be deleted, though which line it is cannot be told."""
        if not any(raw.strip() for raw in self.base.raw[hunk.a0 : hunk.a1]) or self.puts_elsewhere(hunk):
            return False
        copies = _runs_of(self.removed(hunk), self._local, self.ours.keys, self.local)
        return any(same_function(self.base, hunk.a0, self.ours, at, self.to_ours) for at, _ in islice(copies, _MANY))

    def _went_along(self, hunk: Hunk) -> bool:
        """Whether ours has put elsewhere what `hunk` deletes, but for blank lines at its ends, or the line before it,
        or the one behind, and that with it."""
        if self.puts_elsewhere(hunk):
            return False
        start, end = hunk.a0, hunk.a1
        while start < end and self.base.keys[start] == BLANK:
            start += 1
        while start < end and self.base.keys[end - 1] == BLANK:
            end -= 1
        if self.local_copies(self.base, start, end):
            return True
        removed = self.base.raw[hunk.a0 : hunk.a1]
        for beside, step in ((hunk.a0 - 1, 1), (hunk.a1, -len(removed))):
            if not 0 <= beside < len(self.base.keys) or not significant([self.base.raw[beside]]):
                continue
            for at in self._local.get(self.base.keys[beside], ())[:_MANY]:
                if at + step >= 0 and loosely_equal(self.ours.raw[at + step : at + step + len(removed)], removed):
                    return True
        return False

    def _reworded(self, hunk: Hunk) -> bool:
        """Whether ours, in the place of the lines `hunk` deletes, has others with half of their words, or one of them
        in other white space (a last line may have got its newline): then they were changed, not deleted, and upstream's
        deletion is still to be made."""
        low, high = self.to_ours.gap(hunk.a0)[0], self.to_ours.gap(hunk.a1)[1]
        bare = {b"".join(raw.split()) for raw in self.base.raw[hunk.a0 : hunk.a1]} - {b""}
        if any(b"".join(raw.split()) in bare for raw in self.ours.raw[low:high]):
            return True
        removed = [raw for raw in self.base.raw[hunk.a0 : hunk.a1] if not INCLUDE.match(raw)]  # no two are alike
        words = {word for raw in removed for word in _WORD.findall(raw)}
        instead = {word for raw in self.ours.raw[low:high] for word in _WORD.findall(raw)}
        return bool(words) and 2 * len(words & instead) >= len(words)

    def _alike(self, hunk: Hunk, at: int) -> bool:
        """Whether of the three lines before and behind an addition two are the same in ours, or all there are."""
        theirs, ours, end = self.theirs.keys, self.ours.keys, at + hunk.b1 - hunk.b0
        before, behind = theirs[max(0, hunk.b0 - _BESIDE) : hunk.b0], theirs[hunk.b1 : hunk.b1 + _BESIDE]
        same = Counter(before) & Counter(ours[max(0, at - _BESIDE) : at])
        same_behind = Counter(behind) & Counter(ours[end : end + _BESIDE])
        return same.total() + same_behind.total() >= min(2, len(before) + len(behind))

    def local_copies(self, side: Lines, start: int, end: int) -> list[int]:
        """Where ours, in lines that base does not share, holds the lines start..end of `side` in one run.

        Empty where those lines say too little to be recognised (only braces, blanks, short words); of many places
        only the first few are told.
        """
        if not significant(side.raw[start:end]):
            return []
        found = _runs_of(side.keys[start:end], self._local, self.ours.keys, self.local)
        return [at for at, _ in islice(found, _MANY)]

    @cached_property
    def _local(self) -> dict[int, list[int]]:
        return _places(self.ours.keys, self.local)

    @cached_property
    def _brought(self) -> dict[int, list[int]]:
        return _places(self.theirs.keys, self.upstream)


def _places(new: Sequence[int], hunks: Sequence[Hunk]) -> dict[int, list[int]]:
    """Line to the indexes at which `hunks` add it to `new`."""
    found: dict[int, list[int]] = {}
    for hunk in hunks:
        for index in range(hunk.b0, hunk.b1):
            found.setdefault(new[index], []).append(index)
    return found


def _runs_of(
    wanted: tuple[int, ...], places: dict[int, list[int]], new: tuple[int, ...], hunks: Sequence[Hunk]
) -> Iterator[tuple[int, Hunk]]:
    """Where `new` holds `wanted` in one run that one of `hunks` adds, and that hunk, in order."""
    if not wanted:
        return
    rarest = min(range(len(wanted)), key=lambda step: len(places.get(wanted[step], ())))
    for index in places.get(wanted[rarest], ()):
        start, end = index - rarest, index - rarest + len(wanted)
        if start < 0 or end > len(new):
            continue
        hunk = hunks[bisect_right(hunks, index, key=lambda one: one.b0) - 1]
        if hunk.b0 <= start and end <= hunk.b1 and new[start:end] == wanted:
            yield start, hunk


def _without_blank_ends(lines: tuple[int, ...]) -> tuple[int, ...]:
    """`lines` less the blank ones at both ends: those belong as well to what stands beside."""
    telling = [index for index, key in enumerate(lines) if key != BLANK]
    return lines[telling[0] : telling[-1] + 1] if telling else lines


def significant(lines: Sequence[bytes]) -> bool:
    """Whether lines hold enough to be recognised elsewhere: one with two words, or a word of six letters."""
    for line in lines:
        words = _WORD.findall(line)
        if len(words) >= 2 or any(len(word) >= 6 for word in words):
            return True
    return False


def loosely_equal(one: Sequence[bytes], other: Sequence[bytes]) -> bool:
    """Whether the lines differ at most in white space, and not in that of a quoted text: ", ;" is no ",;"."""
    return len(one) == len(other) and all(a == b or _bare(a) == _bare(b) for a, b in zip(one, other, strict=True))


def _bare(line: bytes) -> bytes:
    """`line` without its white space, but for what stands in quotes."""
    return _QUOTED_OR_SPACE.sub(lambda found: b"" if found[0].isspace() else found[0], line)


def same_function(one: Lines, at_one: int, other: Lines, at_other: int, map_lines: Alignment | None) -> bool:
    """Whether two places stand in the same function: by name, or (a function renamed downstream) because the one's
    header is the line the other's corresponds to. It was renamed only where neither side has both names: functions
    that were put in another order come to correspond with one another line by line."""
    first, second = header_of(one.raw, at_one, one.headers), header_of(other.raw, at_other, other.headers)
    if first < 0 or second < 0:
        return first == second
    old, new = name_in(one.raw[first]), name_in(other.raw[second])
    if old == new:
        return True
    if map_lines is None or old in functions_of(other) or new in functions_of(one):
        return False
    # The header line itself may be what was renamed; then the body's brace below it is what corresponds.
    return any(map_lines.new_of(first + step) == second + step for step in (0, 1))


def only_includes(lines: Iterable[bytes]) -> bool:
    """Whether `lines` are `#include` lines and blank ones: their order says nothing."""
    return all(INCLUDE.match(raw) or not raw.strip() for raw in lines)


def functions_of(lines: Lines) -> dict[str, list[int]]:
    """The functions and sections of a content, by name, with the places of their headers."""
    if not lines.functions:
        lines.functions.update(openings(lines.raw, lines.headers) or {"": []})
    return lines.functions
