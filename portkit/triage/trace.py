"""Which steps in a file's life made a stretch of it what it is.

Works on either side: the target's commits or upstream's changesets. A line that stands there was brought by the
newest step that added it; a line that lacks was taken out by the newest step that removed it from that very place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portkit.change.linediff import Hunk, hunks
from portkit.change.lines import BLANK, LineTable
from portkit.merge.alignment import Alignment


@dataclass(frozen=True, slots=True)
class Gap:
    """A place of a file, between the positions `low` and `high`, that lacks the lines `wanted`."""

    low: int
    high: int
    wanted: frozenset[int]


@dataclass(frozen=True, slots=True)
class Marks:
    """What is to be explained of one version of a file: the lines that stand there, by their index, and the gaps."""

    lines: frozenset[int]
    gaps: tuple[Gap, ...]

    @classmethod
    def of(cls, local: Iterable[Hunk], old: Sequence[int], *, of_new: bool = True) -> Marks:
        """The marks of hunks on their new side (or, `of_new` False, on their old one): every line that the other side
        lacks, and a gap for what the other side has. `old` are the lines of that other side."""
        lines: set[int] = set()
        gaps = []
        for hunk in local:
            low, high, start, end = (
                (hunk.b0, hunk.b1, hunk.a0, hunk.a1) if of_new else (hunk.a0, hunk.a1, hunk.b0, hunk.b1)
            )
            lines.update(range(low, high))
            wanted = frozenset(old[start:end]) - {BLANK}
            if wanted:
                gaps.append(Gap(low, high, wanted))
        return cls(frozenset(lines), tuple(gaps))

    def mapped(self, to_older: Alignment) -> Marks:
        """The marks in an older version: lines that it does not have are left out, gaps grow to what may be theirs."""
        lines = frozenset(at for index in self.lines if (at := to_older.new_of(index)) >= 0)
        gaps = tuple(Gap(to_older.gap(gap.low)[0], to_older.gap(gap.high)[1], gap.wanted) for gap in self.gaps)
        return Marks(lines, gaps)

    def __bool__(self) -> bool:
        return bool(self.lines or self.gaps)


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a file's life as contents; `old` None where the file was added."""

    old: bytes | None
    new: bytes


@dataclass(frozen=True, slots=True)
class Touch:
    """A step (by its place in the list) and those of its hunks (old to new) that explain a mark."""

    step: int
    hunks: tuple[Hunk, ...]


@dataclass(frozen=True, slots=True)
class Traced:
    """The steps that explain the marks, newest first; and what none of them explains: lines that were there from the
    first version on (their keys), lines that never were."""

    touches: tuple[Touch, ...]
    always: frozenset[int]
    never: frozenset[int]


def trace(table: LineTable, marks: Marks, life: Iterable[Change], aim: frozenset[int] = frozenset()) -> Traced:
    """The steps of `life` (newest first; the first one's `new` is the version that is marked) that explain `marks`.

    Lines that a found step replaced are followed further, unless `aim` holds them: they are what stood there before,
    and somebody may have brought them in just as well.
    """
    touches: list[Touch] = []
    oldest: tuple[int, ...] = ()
    for number, change in enumerate(life):
        oldest = table.lines(change.new).keys
        if not marks or change.old is None:
            break
        old = table.lines(change.old).keys
        made = hunks(old, oldest)
        found, marks = _step(marks, made, old)
        if found:
            touches.append(Touch(number, found))
        marks = marks.mapped(Alignment.of(tuple(Hunk(one.b0, one.b1, one.a0, one.a1) for one in made)))
        followed = {
            index for hunk in found for index in range(hunk.a0, hunk.a1) if old[index] not in aim | {BLANK}
        }
        marks = Marks(marks.lines | followed, marks.gaps)
        oldest = old
    always = {oldest[index] for index in marks.lines if index < len(oldest)} - {BLANK}
    return Traced(tuple(touches), frozenset(always), frozenset(key for gap in marks.gaps for key in gap.wanted))


def _step(marks: Marks, made: Sequence[Hunk], old: Sequence[int]) -> tuple[tuple[Hunk, ...], Marks]:
    """The hunks of one step that explain a mark, and the marks that are left."""
    found: list[Hunk] = []
    gaps = list(marks.gaps)
    for hunk in made:
        explains = any(index in marks.lines for index in range(hunk.b0, hunk.b1))
        removed = frozenset(old[hunk.a0 : hunk.a1])
        for at, gap in enumerate(gaps):
            if hunk.b0 <= gap.high and gap.low <= hunk.b1 and removed & gap.wanted:
                explains = True
                gaps[at] = Gap(gap.low, gap.high, gap.wanted - removed)
        if explains:
            found.append(hunk)
    return tuple(found), Marks(marks.lines, tuple(gap for gap in gaps if gap.wanted))
