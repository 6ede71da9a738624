"""Which local patch owns a line: the one that brought it, or that took away what stood there.

The series is applied to its baseline; every line then knows the patch that added it, and every place between two lines
the patches that removed something there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portkit.change.linediff import hunks
from portkit.change.lines import Lines, LineTable
from portkit.patches.applying import Files
from portkit.patches.rawlines import raw_keys
from portkit.patches.series import Series, push
from portkit.paths import RepoPath
from portkit.text import split_lines


@dataclass(frozen=True, slots=True)
class OwnedFile:
    """The owners of one file's lines: `lines[i]` is the number in the series of the patch that added line i (from 0),
    -1 for one of the baseline's; `gaps[i]` are those that removed something before line i (the last: at the end) and
    put nothing in its place. `content` is the file with the whole series in it."""

    content: bytes
    lines: tuple[int, ...]
    gaps: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who owns what of the files that a series touches. Lines count from 1."""

    names: tuple[str, ...]
    files: Mapping[RepoPath, OwnedFile]

    def owners(self, path: str, first: int, last: int) -> tuple[str, ...]:
        """The patches that added one of the lines `first` to `last`, or removed something between or beside them, in
        the series' order. `last` may be `first` - 1: the place before line `first`."""
        file = self.files.get(RepoPath(path))
        if file is None:
            return ()
        low, high = max(first - 1, 0), min(last, len(file.lines))
        found = {number for number in file.lines[low:high] if number >= 0}
        for gap in file.gaps[low : high + 1]:
            found.update(gap)
        return tuple(self.names[number] for number in sorted(found))

    def owners_in(self, path: str, content: bytes, first: int, last: int) -> tuple[str, ...]:
        """The same for lines of `content`, which is the file with further changes (upstream's) in it: its lines are
        matched with those of the series."""
        file = self.files.get(RepoPath(path))
        if file is None:
            return ()
        if content == file.content:
            return self.owners(path, first, last)
        table = LineTable()
        low, high = _mapped(table.lines(content), table.lines(file.content), first - 1, last)
        return self.owners(path, low + 1, high)


def _mapped(new: Lines, old: Lines, first: int, last: int) -> tuple[int, int]:
    """The lines of `old` (half-open, from 0) that correspond to those of `new`."""
    low, high = first, last
    shift_low = shift_high = 0
    for hunk in hunks(new.keys, old.keys):
        if hunk.a1 <= first:
            shift_low = hunk.b1 - hunk.a1
        elif hunk.a0 < first:
            low, shift_low = hunk.b0, 0
        if hunk.a1 <= last:
            shift_high = hunk.b1 - hunk.a1
        elif hunk.a0 < last:
            high, shift_high = hunk.b1, 0
    return low + shift_low, max(low + shift_low, high + shift_high)


def ownership(series: Series, baseline: Files) -> Ownership:
    """Who owns what, once `series` stands on `baseline`. A patch that does not apply owns nothing."""
    owned: dict[RepoPath, OwnedFile] = {}
    for number, step in enumerate(push(series, baseline)):
        if not step.applies:
            continue
        for one in step.patch.files:
            before = owned.get(one.old) if one.old is not None else None
            if before is None:
                version = step.before.get(one.old) if one.old is not None else None
                before = _untouched(version.content if version is not None else b"")
            if one.old is not None and one.old != one.new and not one.copied:
                owned.pop(one.old, None)
            after = step.after.get(one.path) if one.new is not None else None
            if after is not None:
                owned[one.path] = _changed(before, after.content, number)
    return Ownership(tuple(patch.name for patch in series.patches), owned)


def _untouched(content: bytes) -> OwnedFile:
    count = len(split_lines(content))
    return OwnedFile(content, (-1,) * count, ((),) * (count + 1))


def _changed(before: OwnedFile, content: bytes, number: int) -> OwnedFile:
    lines: list[int] = []
    gaps: list[tuple[int, ...]] = []
    at = 0
    left: tuple[int, ...] = before.gaps[0]  # of the place before the next line
    for hunk in hunks(*raw_keys(before.content, content)):
        if hunk.a0 > at:
            lines += before.lines[at : hunk.a0]
            gaps += [left, *before.gaps[at + 1 : hunk.a0]]
            left = before.gaps[hunk.a0]
        gone = set(left).union(*before.gaps[hunk.a0 + 1 : hunk.a1 + 1])
        if hunk.a0 < hunk.a1 and hunk.b0 == hunk.b1:  # what replaces lines stands there itself
            gone |= {number} | {one for one in before.lines[hunk.a0 : hunk.a1] if one >= 0}
        if hunk.b0 < hunk.b1:
            lines += [number] * (hunk.b1 - hunk.b0)
            gaps += [left, *[()] * (hunk.b1 - hunk.b0 - 1)]
        left = tuple(sorted(gone))  # after the new lines
        at = hunk.a1
    lines += before.lines[at:]
    gaps += [left, *before.gaps[at + 1 :]]
    return OwnedFile(content, tuple(lines), tuple(gaps))
