"""Where a line of one side stands in another: the map that a set of hunks defines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portkit.change.linediff import Hunk


@dataclass(frozen=True, slots=True)
class Alignment:
    """The hunks that turn one side (old) into the other (new)."""

    hunks: tuple[Hunk, ...]
    starts: tuple[int, ...]

    @classmethod
    def of(cls, hunks: Sequence[Hunk]) -> Alignment:
        return cls(tuple(hunks), tuple(hunk.a0 for hunk in hunks))

    def new_of(self, index: int) -> int:
        """Where old line `index` stands in new; -1 where it is gone."""
        at = bisect_right(self.starts, index) - 1
        if at < 0:
            return index
        hunk = self.hunks[at]
        return -1 if index < hunk.a1 else index - hunk.a1 + hunk.b1

    def gap(self, index: int) -> tuple[int, int]:
        """The positions in new that the position before old line `index` corresponds to, as (lowest, highest).

        One position where nothing was changed there, or at the edge of a change; all of the new lines where the
        position lies inside a change, or where new lines were put at that very place.
        """
        at = bisect_right(self.starts, index) - 1
        if at < 0:
            return index, index
        hunk = self.hunks[at]
        if index > hunk.a1:
            position = index - hunk.a1 + hunk.b1
            return position, position
        if hunk.a0 < hunk.a1:
            if index == hunk.a0:
                return hunk.b0, hunk.b0
            if index == hunk.a1:
                return hunk.b1, hunk.b1
        return hunk.b0, hunk.b1


def slides(hunk: Hunk, a: Sequence[int], b: Sequence[int], limit: int = 64) -> Iterator[Hunk]:
    """`hunk` in every place where it means the same, itself first, then upwards, then downwards.

    Only a pure insertion or deletion has more than one. Other hunks nearby are not looked at: a caller that moves
    one keeps it clear of them.
    """
    yield hunk
    inserts = hunk.a0 == hunk.a1
    if inserts == (hunk.b0 == hunk.b1):
        return
    if inserts:
        start, end, length = hunk.b0, hunk.b1, hunk.b1 - hunk.b0
        lines = b
    else:
        start, end, length = hunk.a0, hunk.a1, hunk.a1 - hunk.a0
        lines = a
    up = 0
    while up < min(limit, hunk.a0, hunk.b0) and lines[start - up - 1] == lines[start - up - 1 + length]:
        up += 1
        yield Hunk(hunk.a0 - up, hunk.a1 - up, hunk.b0 - up, hunk.b1 - up)
    down = 0
    while down < limit and end + down < len(lines) and lines[end + down] == lines[end + down - length]:
        down += 1
        yield Hunk(hunk.a0 + down, hunk.a1 + down, hunk.b0 + down, hunk.b1 + down)
