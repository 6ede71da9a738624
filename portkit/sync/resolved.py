"""Resolutions in a merge: a place that a person settled before is taken as settled, wherever the same three sides meet.

The settled places are masked: one and the same line stands for each in all three sides, so that the rest of the file is
merged, and judged by the gate, as if they were not there. What a person wrote is put in last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from portkit.change.revision import FileRevision
from portkit.decisions.resolution import Place, Resolution, Resolutions, Whole
from portkit.merge.diff3 import Region
from portkit.merge.file import Clash, FileMerge, FileMerger, Version
from portkit.merge.kinds import ConflictKind
from portkit.text import split_lines

METHOD = "resolution"


@dataclass(frozen=True, slots=True)
class _Settled:
    """A region that a resolution fits."""

    region: Region
    resolution: Resolution
    result: bytes


class Resolver:
    """Applies resolutions to merges that clash."""

    def __init__(self, resolutions: Resolutions, merger: FileMerger) -> None:
        self._resolutions = resolutions
        self._merger = merger

    def merge(
        self, file: FileRevision, base: Version | None, ours: Version | None, theirs: Version | None
    ) -> FileMerge:
        """The merge of one file; where it clashes and a person settled that before, with what that came to."""
        merge = self._merger.merge(base, ours, theirs)
        known = self._resolutions.of(file) if merge.clashes else ()
        if not known:
            return merge
        for one in known:
            if isinstance(one.answer, Whole) and one.answer.fits(base, ours, theirs) and one.answer.sound(ours):
                return self._whole(one, base, ours, theirs)
        if base is None or ours is None or theirs is None:
            return merge
        return self._places(known, merge, base, ours, theirs)

    def result(
        self, file: FileRevision, base: Version | None, ours: Version | None, theirs: Version | None
    ) -> Version | None:
        """What `merge` makes of the file, where nothing else is asked."""
        if self._resolutions.of(file):
            return self.merge(file, base, ours, theirs).result
        return self._merger.result(base, ours, theirs)

    def _whole(
        self, one: Resolution, base: Version | None, ours: Version | None, theirs: Version | None
    ) -> FileMerge:
        assert isinstance(one.answer, Whole)
        result = one.answer.made(ours, theirs)
        gate = self._merger.judged(base, ours, theirs, result).gate
        return FileMerge(result, METHOD, gate, (), said((one.name,)), (one.name,))

    def _places(
        self, known: Sequence[Resolution], merge: FileMerge, base: Version, ours: Version, theirs: Version
    ) -> FileMerge:
        settled = self._settled(known, merge)
        if not settled:
            return merge
        rest, parts = self._apart(base, ours, theirs, [one.region for one in settled])
        if rest.result is None or not parts:
            return merge
        content = _filled(parts, [one.result for one in settled])
        result = Version(content, rest.result.mode)
        names = tuple(dict.fromkeys(one.resolution.name for one in settled))
        if rest.lands:
            gate = self._merger.judged(base, ours, theirs, result).gate
            return FileMerge(result, METHOD, gate, (), said(names), names)
        clashes = self._left(merge, rest, settled, base, theirs)
        return replace(merge, result=result, clashes=clashes, reason=clashes[0].reason, resolutions=names)

    def beside(self, more: Sequence[Resolution]) -> Resolver:
        """One that knows `more`, too, and believes them first."""
        return Resolver(Resolutions((*more, *self._resolutions.every)), self._merger)

    def question(
        self, file: FileRevision, base: Version, ours: Version, theirs: Version, wanted: Sequence[Clash]
    ) -> tuple[bytes, ...]:
        """The file as the merge makes it, cut at the places of `wanted`: one part more than there are places. Places
        that a person settled before stand as settled, other open ones with upstream's side. Empty where it cannot be
        cut."""
        settled = [
            one
            for one in self._settled(self._resolutions.of(file), self._merger.merge(base, ours, theirs))
            if all(one.region != clash.region for clash in wanted)
        ]
        asked = [clash.region for clash in wanted if clash.region is not None]
        regions = sorted([*asked, *(one.region for one in settled)], key=lambda one: (one.base0, one.ours0))
        _, parts = self._apart(base, ours, theirs, regions)
        if not parts or len(asked) != len(wanted):
            return ()
        known = {one.region: one.result for one in settled}
        out = [parts[0]]
        for region, part in zip(regions, parts[1:], strict=True):
            if region in known:
                out[-1] = _filled((out[-1], part), [known[region]])
            else:
                out.append(part)
        return tuple(out)

    def _settled(self, known: Sequence[Resolution], merge: FileMerge) -> list[_Settled]:
        found: list[_Settled] = []
        for clash in merge.clashes:
            for one in known:
                if clash.region is not None and isinstance(one.answer, Place) and one.answer.fits(
                    clash.base, clash.ours, clash.theirs
                ):
                    found.append(_Settled(clash.region, one, one.answer.result))
                    break
        return found

    def _apart(
        self, base: Version, ours: Version, theirs: Version, regions: Sequence[Region]
    ) -> tuple[FileMerge, tuple[bytes, ...]]:
        """The merge with `regions`, in order, masked; and its result cut at the masks, empty where one is not there."""
        masked = [
            Version(_masked(side.content, [(getattr(one, f"{name}0"), getattr(one, f"{name}1")) for one in regions]),
                    side.mode)
            for name, side in (("base", base), ("ours", ours), ("theirs", theirs))
        ]  # fmt: skip
        rest = self._merger.merge(*masked)
        return rest, _cut(rest.result.content, len(regions)) if rest.result is not None else ()

    def _left(
        self, merge: FileMerge, rest: FileMerge, settled: Sequence[_Settled], base: Version, theirs: Version
    ) -> tuple[Clash, ...]:
        """What still clashes, numbered as if nothing were masked."""
        before = {(clash.base, clash.ours, clash.theirs): clash for clash in merge.clashes}
        hunks = self._merger.upstream_hunks(base.content, theirs.content)
        open_ = [
            number
            for number, hunk in enumerate(hunks, 1)
            if not any(one.region.base0 <= hunk.a0 and hunk.a1 <= one.region.base1 for one in settled)
        ]
        found = []
        for clash in rest.clashes:
            known = before.get((clash.base, clash.ours, clash.theirs))
            if known is not None and clash.kind is not ConflictKind.GATE:
                found.append(known)
            else:
                number = open_[clash.hunk - 1] if 0 < clash.hunk <= len(open_) else 0
                found.append(replace(clash, hunk=number, region=None))
        return tuple(found)


def said(names: Sequence[str]) -> str:
    """What a report says of a file that a person settled."""
    return f"resolved by hand: {', '.join(names)}"


def _mask(number: int) -> bytes:
    return b"\x01 settled by a person: %d \x01\n" % number


def _masked(content: bytes, places: Sequence[tuple[int, int]]) -> bytes:
    lines = split_lines(content)
    out: list[bytes] = []
    at = 0
    for number, (start, end) in enumerate(places):
        out += [*lines[at:start], _mask(number)]
        at = end
    return b"".join([*out, *lines[at:]])


def _cut(content: bytes, count: int) -> tuple[bytes, ...]:
    """`content` cut at `count` masks; empty where one is not there exactly once, in its place."""
    parts: list[bytes] = []
    rest = content
    for number in range(count):
        before, mask, rest = rest.partition(_mask(number))
        if not mask or b"\x01 settled" in before or _mask(number) in rest:
            return ()
        parts.append(before)
    return (*parts, rest)


def _filled(parts: Sequence[bytes], results: Sequence[bytes]) -> bytes:
    """`parts` with what a person wrote between them."""
    out = [parts[0]]
    for result, after in zip(results, parts[1:], strict=True):
        out += [result + b"\n" if after and result and not result.endswith(b"\n") else result, after]
    return b"".join(out)
