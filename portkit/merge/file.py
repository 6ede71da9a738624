"""One file's change, merged whole: content, mode, additions, deletions, binary files.

The rules read as a table over (base, theirs, ours); only the last case goes down the ladder of line merges.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from portkit.change.functions import function_at
from portkit.change.linediff import Hunk, canonical, hunks
from portkit.change.lines import Lines, LineTable, shape
from portkit.merge.diff3 import Region, Side
from portkit.merge.gate import Verdict, judge
from portkit.merge.kinds import ConflictKind, Gate
from portkit.merge.ladder import Merged, merge
from portkit.merge.sides import Sides
from portkit.text import is_binary

SYMLINK = 0o120000

_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class Version:
    """A file's content and git mode at one moment."""

    content: bytes
    mode: int


@dataclass(frozen=True, slots=True)
class Clash:
    """One place of a file that does not fit: `hunk` counts upstream's hunks from 1, 0 for the whole file."""

    kind: ConflictKind
    hunk: int
    function: str
    reason: str
    base: bytes
    ours: bytes
    theirs: bytes
    region: Region | None = None
    """Which lines of the three sides clash, where it is lines and nothing else does."""
    refused: Region | None = None
    """Which lines the gate speaks of, where it is the gate that refuses them."""

    @property
    def place(self) -> Region | None:
        """Where it stands in the three sides; None for the whole file."""
        return self.region or self.refused


@dataclass(frozen=True, slots=True)
class FileMerge:
    """What became of one file: `result` is what it would be (None: no such file), with upstream's side where it
    clashes; `gate` what the gate says; `clashes` empty where it may land. `resolutions`: the names of those that a
    person made before and that settled a clash."""

    result: Version | None
    method: str
    gate: Gate
    clashes: tuple[Clash, ...]
    reason: str = ""
    resolutions: tuple[str, ...] = ()

    @property
    def lands(self) -> bool:
        return not self.clashes

    @property
    def conflicts(self) -> bool:
        """Whether it clashes for another reason than the gate's, or a check's."""
        return any(clash.kind not in (ConflictKind.GATE, ConflictKind.CHECK) for clash in self.clashes)


class FileMerger:
    """Merges files; remembers lines and alignments between calls, since one changeset's theirs is the next's base.
    `fold`: keywords to fold beside the known ones."""

    def __init__(self, fold: tuple[str, ...] = ()) -> None:
        self.table = LineTable(remember=96, more=fold)
        self._hunks: dict[tuple[bytes, bytes], tuple[Hunk, ...]] = {}
        self._local: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[Hunk, ...]] = {}

    def merge(self, base: Version | None, ours: Version | None, theirs: Version | None) -> FileMerge:
        """The change base to theirs, made on ours."""
        if theirs is None:
            return self._deletion(base, ours)
        if base is None:
            return self._addition(ours, theirs)
        if ours is None:
            return _clash(theirs, ConflictKind.DELETE_MODIFY, "the target does not have this file", base, ours, theirs)
        mode, mode_clash = _merged_mode(base, ours, theirs)
        if mode_clash is not None:
            return mode_clash
        if SYMLINK in (base.mode, ours.mode, theirs.mode) or any(
            is_binary(version.content) for version in (base, ours, theirs)
        ):
            return _whole(base, ours, theirs, mode)
        return self._lines(base, ours, theirs, mode)

    def result(self, base: Version | None, ours: Version | None, theirs: Version | None) -> Version | None:
        """What `merge` would make of the file, whatever the gate says of it: the gate is not asked."""
        if base is None or ours is None or theirs is None or SYMLINK in (base.mode, ours.mode, theirs.mode):
            return self.merge(base, ours, theirs).result
        if any(is_binary(version.content) for version in (base, ours, theirs)):
            return self.merge(base, ours, theirs).result
        mode, mode_clash = _merged_mode(base, ours, theirs)
        if mode_clash is not None:
            return mode_clash.result
        return Version(self._merged_lines(self._sides(base.content, ours.content, theirs.content)).content, mode)

    def upstream_hunks(self, base: bytes, theirs: bytes) -> tuple[Hunk, ...]:
        """The hunks that turn `base` into `theirs`, remembered from the merge."""
        known = self._hunks.get((base, theirs))
        if known is None:
            known = hunks(self.table.lines(base).keys, self.table.lines(theirs).keys)
            if len(self._hunks) > _REMEMBERED:
                self._hunks.clear()
            self._hunks[base, theirs] = known
        return known

    def judged(
        self, base: Version | None, ours: Version | None, theirs: Version | None, result: Version | None
    ) -> Verdict:
        """What the gate says of a result that was made by hand; nothing of what has no lines."""
        if base is None or ours is None or theirs is None or result is None:
            return Verdict(Gate.NONE)
        versions = (base, ours, theirs, result)
        if any(version.mode == SYMLINK or is_binary(version.content) for version in versions):
            return Verdict(Gate.NONE)
        return judge(self._sides(base.content, ours.content, theirs.content), self.table.lines(result.content))

    def _deletion(self, base: Version | None, ours: Version | None) -> FileMerge:
        if ours is None or base is None:
            return FileMerge(None, "equal", Gate.ALREADY, ())
        if ours.content == base.content or self._same_but_keywords(base.content, ours.content):
            return FileMerge(None, "delete", Gate.FAITHFUL, ())
        reason = "upstream deletes a file that has local changes"
        return _clash(None, ConflictKind.DELETE_MODIFY, reason, base, ours, None)

    def _addition(self, ours: Version | None, theirs: Version) -> FileMerge:
        if ours is None:
            return FileMerge(theirs, "add", Gate.FAITHFUL, ())
        if ours.content == theirs.content or self._same_but_keywords(theirs.content, ours.content):
            return FileMerge(ours, "equal", Gate.ALREADY, ())
        reason = "upstream adds a file that the target has already"
        return _clash(theirs, ConflictKind.ADD_ADD, reason, None, ours, theirs)

    def _same_but_keywords(self, one: bytes, other: bytes) -> bool:
        """Whether two contents differ in keyword lines only. A manual page's date by hand is a local edit."""
        if is_binary(one) or is_binary(other):
            return False
        return self._bare(one) == self._bare(other)

    def _bare(self, content: bytes) -> list[int]:
        lines = self.table.lines(content)
        keywords = set(lines.folded)
        return [key for index, key in enumerate(lines.keys) if index not in keywords]

    def _lines(self, base: Version, ours: Version, theirs: Version, mode: int) -> FileMerge:
        sides = self._sides(base.content, ours.content, theirs.content)
        merged = self._merged_lines(sides)
        result = Version(merged.content, mode)
        if merged.conflicts:
            kind = ConflictKind.CONTENT if _related(sides) else ConflictKind.NO_ANCESTOR
            clashes = tuple(_region_clash(sides, region, kind) for region in merged.conflicts)
            return FileMerge(result, merged.method, Gate.NONE, clashes, clashes[0].reason)
        verdict = judge(sides, self.table.lines(merged.content))
        if verdict.gate is Gate.FAILED:
            return FileMerge(result, merged.method, verdict.gate, (_gate_clash(sides, verdict),), verdict.reason)
        made = verdict.gate is Gate.FAITHFUL or mode != ours.mode or _reshaped(sides.ours, merged.content)
        return FileMerge(result, merged.method, Gate.FAITHFUL if made else Gate.ALREADY, ())

    def _merged_lines(self, sides: Sides) -> Merged:
        merged = merge(sides)
        if merged.local is not None:
            self._keep_local(sides.theirs, self.table.lines(merged.content), merged.local)
        return merged

    def _sides(self, base: bytes, ours: bytes, theirs: bytes) -> Sides:
        lines = self.table.lines
        old, mine, new = lines(base), lines(ours), lines(theirs)
        local = self._local.get((old.keys, mine.keys))
        sides = Sides(old, mine, new, self.upstream_hunks(base, theirs), local)
        self._local[old.keys, mine.keys] = sides.local
        return sides

    def _keep_local(self, theirs: Lines, result: Lines, found: tuple[Hunk, ...]) -> None:
        """Remembers what stays local past this change: the next one's base is this one's theirs. Its ident line will
        be bumped, but keywords are folded in the keys."""
        if len(self._local) > _REMEMBERED:
            self._local.clear()
        self._local[theirs.keys, result.keys] = canonical(found, theirs.keys, result.keys)


def _merged_mode(base: Version, ours: Version, theirs: Version) -> tuple[int, FileMerge | None]:
    if base.mode == theirs.mode or ours.mode == theirs.mode:
        return ours.mode, None
    if ours.mode == base.mode:
        return theirs.mode, None
    reason = f"upstream makes the mode {theirs.mode:o}, the target has {ours.mode:o}"
    return ours.mode, _clash(theirs, ConflictKind.MODE, reason, base, ours, theirs)


def _whole(base: Version, ours: Version, theirs: Version, mode: int) -> FileMerge:
    if ours.content == theirs.content:
        gate = Gate.FAITHFUL if mode != ours.mode else Gate.ALREADY
        return FileMerge(Version(ours.content, mode), "equal", gate, ())
    if ours.content == base.content:
        return FileMerge(Version(theirs.content, mode), "copy", Gate.FAITHFUL, ())
    if theirs.content == base.content:
        return FileMerge(Version(ours.content, mode), "copy", Gate.FAITHFUL if mode != ours.mode else Gate.ALREADY, ())
    return _clash(theirs, ConflictKind.CONTENT, "both sides changed a binary file or symbolic link", base, ours, theirs)


def _clash(
    result: Version | None,
    kind: ConflictKind,
    reason: str,
    base: Version | None,
    ours: Version | None,
    theirs: Version | None,
) -> FileMerge:
    old, mine, new = (version.content if version is not None else b"" for version in (base, ours, theirs))
    return FileMerge(result, "whole", Gate.NONE, (Clash(kind, 0, "", reason, old, mine, new),), reason)


def _reshaped(ours: Lines, result: bytes) -> bool:
    """Whether a result that equals ours but for keyword lines has more of them changed than what the keywords say."""
    if result == ours.content:
        return False
    return [shape(line) for line in result.split(b"\n")] != [shape(line) for line in ours.content.split(b"\n")]


def _related(sides: Sides) -> bool:
    """Whether ours can derive from base at all: a tenth of its lines does."""
    shared = len(sides.base.keys) - sum(hunk.a1 - hunk.a0 for hunk in sides.local)
    return shared * 10 >= min(len(sides.base.keys), len(sides.ours.keys))


def _region_clash(sides: Sides, region: Region, kind: ConflictKind) -> Clash:
    at = bisect_left(sides.upstream, region.base0, key=lambda one: one.a1)
    hunk = at + 1 if at < len(sides.upstream) and sides.upstream[at].a0 <= region.base1 else 0
    function = function_at(sides.base.raw, region.base0, sides.base.headers) or function_at(
        sides.theirs.raw, region.theirs0, sides.theirs.headers
    )
    where = f" in {function}" if function else ""
    reason = f"upstream changes lines that the target changed too{where}"
    if kind is ConflictKind.NO_ANCESTOR:
        reason = "the target's file shares too little with upstream's to be merged"
    return Clash(
        kind, hunk, function, reason,
        _joined(sides.base, region.base0, region.base1),
        _joined(sides.ours, region.ours0, region.ours1),
        _joined(sides.theirs, region.theirs0, region.theirs1),
        region,
    )  # fmt: skip


def _gate_clash(sides: Sides, verdict: Verdict) -> Clash:
    if not verdict.hunk:
        return Clash(ConflictKind.GATE, 0, "", verdict.reason, b"", b"", b"")
    hunk = sides.upstream[verdict.hunk - 1]
    low, high = sides.to_ours.gap(hunk.a0)[0], sides.to_ours.gap(hunk.a1)[1]
    return Clash(
        ConflictKind.GATE, verdict.hunk, function_at(sides.base.raw, hunk.a0, sides.base.headers), verdict.reason,
        _joined(sides.base, hunk.a0, hunk.a1),
        _joined(sides.ours, low, high),
        _joined(sides.theirs, hunk.b0, hunk.b1),
        refused=Region(Side.CONFLICT, hunk.a0, hunk.a1, low, high, hunk.b0, hunk.b1),
    )  # fmt: skip


def _joined(lines: Lines, start: int, end: int) -> bytes:
    return b"".join(lines.raw[start:end])
