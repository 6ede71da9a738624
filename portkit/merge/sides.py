"""The three sides of a merge, aligned, and what can be asked of them about one upstream hunk.

Both the ladder and the gate ask here; neither is told what the other concluded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from portkit.change.functions import header_of, name_in
from portkit.change.linediff import Hunk, hunks
from portkit.change.lines import Lines
from portkit.merge.alignment import Alignment

_NEAR = 15
"""Lines within which a copy of a short addition counts as the same addition."""

_WORD = re.compile(rb"[A-Za-z0-9_]{3,}")


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

    @cached_property
    def only_ours(self) -> tuple[bool, ...]:
        """Per line of ours: whether it stands in no line of base's stead, that is, is local or was ported."""
        marks = [False] * len(self.ours.keys)
        for hunk in self.local:
            for index in range(hunk.b0, hunk.b1):
                marks[index] = True
        return tuple(marks)

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
        if not self.gone(hunk):
            return False
        if not added:
            return not self.strays(hunk)
        low = self.to_ours.gap(hunk.a0)[0]
        high = self.to_ours.gap(hunk.a1)[1]
        if self.ours.keys[low:high] == added:
            return True
        return any(self._close(hunk, at) for at in self.local_copies(self.theirs, hunk.b0, hunk.b1))

    def strays(self, hunk: Hunk) -> list[int]:
        """Where ours, elsewhere, still holds the lines `hunk` deletes. Empty where upstream itself puts them
        elsewhere: then a copy may be what upstream meant."""
        removed = self.removed(hunk)
        for other in self.upstream:
            if other is not hunk and _holds(self.added(other), removed):
                return []
        return self.local_copies(self.base, hunk.a0, hunk.a1)

    def _close(self, hunk: Hunk, at: int) -> bool:
        """Whether line `at` of ours is near where `hunk` belongs: the same function, and few lines away unless the
        addition is long enough to be unmistakable."""
        low = self.to_ours.gap(hunk.a0)[0]
        high = self.to_ours.gap(hunk.a1)[1]
        words = sum(1 for raw in self.theirs.raw[hunk.b0 : hunk.b1] if _WORD.search(raw))
        if words >= 4:
            return True
        return low - _NEAR <= at <= high + _NEAR and same_function(
            self.base, hunk.a0, self.ours, at, self.to_ours
        )

    def local_copies(self, side: Lines, start: int, end: int) -> list[int]:
        """Where ours, in lines that base does not share, holds the lines start..end of `side` in one run.

        Empty where those lines say too little to be recognised (only braces, blanks, short words).
        """
        wanted = side.keys[start:end]
        if not significant(side.raw[start:end]):
            return []
        ours, marks = self.ours.keys, self.only_ours
        return [
            at
            for hunk in self.local
            for at in range(hunk.b0, hunk.b1 - len(wanted) + 1)
            if ours[at] == wanted[0] and ours[at : at + len(wanted)] == wanted and marks[at]
        ]


def _holds(lines: Sequence[int], wanted: Sequence[int]) -> bool:
    """Whether `lines` hold `wanted` in one run."""
    width = len(wanted)
    return any(lines[at : at + width] == wanted for at in range(len(lines) - width + 1))


def significant(lines: Sequence[bytes]) -> bool:
    """Whether lines hold enough to be recognised elsewhere: one with two words, or a word of six letters."""
    for line in lines:
        words = _WORD.findall(line)
        if len(words) >= 2 or any(len(word) >= 6 for word in words):
            return True
    return False


def loosely_equal(one: Sequence[bytes], other: Sequence[bytes]) -> bool:
    """Whether the lines differ at most in white space."""
    return len(one) == len(other) and all(
        a == b or b"".join(a.split()) == b"".join(b.split()) for a, b in zip(one, other, strict=True)
    )


def same_function(one: Lines, at_one: int, other: Lines, at_other: int, map_lines: Alignment | None) -> bool:
    """Whether two places stand in the same function: by name, or (a function renamed downstream) because the one's
    header is the line the other's corresponds to."""
    first, second = header_of(one.raw, at_one, one.headers), header_of(other.raw, at_other, other.headers)
    if first < 0 or second < 0:
        return first == second
    if name_in(one.raw[first]) == name_in(other.raw[second]):
        return True
    if map_lines is None:
        return False
    # The header line itself may be what was renamed; then the body's brace below it is what corresponds.
    return any(map_lines.new_of(first + step) == second + step for step in (0, 1))
