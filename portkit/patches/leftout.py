"""Which of upstream's changesets a difference from the baseline is the lack of, or is ahead with.

A baseline is upstream's file, whole; the target may have gone past a changeset without making all of it, or have made a
later one already. Upstream's own versions say then where the difference comes from: a line of the baseline that the
target lacks was put there by one of them, a line that the target kept was taken by one; and the other way about with
the versions after the baseline. What they cannot tell stays in the remainder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from portkit.merge.file import Version
from portkit.patches.weave import BEGINNING, NEVER, REMAINDER, Layer, Layers, later_lines, upstream_lines

LEFT_OUT = 1 << 29
"""The first of the numbers that stand for changesets of upstream's; no commit of the target's has so high a one."""

AHEAD = LEFT_OUT + (1 << 28)
"""The first of those that stand for changesets that the target made before its baseline came to them."""

_FEW = 3
_NEAR = 8
"""How many lines of the baseline off its place a line that upstream took is still looked for."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A changeset of upstream's that the target made only in part, or not at all, though its baseline is past it; or
    (`ahead`) that it made before its baseline came to it. `revisions`: what the changeset made of the component's files
    (`sbin/x.c 1.12`); `by`: the target's commits that carry it, each with the first line of its message."""

    changeset: str
    message: str
    author: str
    date: int
    revisions: tuple[str, ...] = ()
    by: tuple[tuple[str, str], ...] = ()
    ahead: bool = False


def of_upstream(
    found: Layers,
    versions: Sequence[Version | None],
    later: Callable[[], Sequence[Version | None]],
    number: Callable[[int], int],
    number_later: Callable[[int], int],
) -> Layers:
    """`left_out` by `versions` and, where something is left, `ahead` by those that come `later` than the baseline."""
    known = left_out(found, versions, number)
    return ahead(known, [*versions[-1:], *later()], number_later) if versions and _open(known) else known


def _open(found: Layers) -> bool:
    return any(REMAINDER in (line.on, line.off) for line in found.lines)


def ahead(found: Layers, versions: Sequence[Version | None], number: Callable[[int], int]) -> Layers:
    """`found` with what no commit explains given to the one of `versions` that put or took it: the first of them is the
    baseline, the others came later; to `number` of its place among them."""
    came, gone = later_lines(versions)
    if len(gone) != sum(line.on == BEGINNING for line in found.lines):
        return found
    return _given(found, gone, came, number)


def left_out(found: Layers, versions: Sequence[Version | None], number: Callable[[int], int]) -> Layers:
    """`found` with what no commit explains given to the one of `versions` that put it, or took it: to `number` of its
    place among them. `versions` are upstream's, oldest first: the first is the one that the target's file was made
    from, the last the baseline."""
    if not _open(found):
        return found
    put, gaps = upstream_lines(versions)
    baseline = [line for line in found.lines if line.on == BEGINNING]
    if len(put) != len(baseline):
        return found
    _slide(put, baseline)
    return _given(found, put, gaps, number)


def _given(
    found: Layers, lacking: Sequence[int], kept: Sequence[list[tuple[bytes, int]]], number: Callable[[int], int]
) -> Layers:
    """`found` with the remainder given away: `lacking` tells of each line of the baseline which version accounts for
    its lack (0: none), `kept` of each gap between them which lines a version accounts for."""
    out: list[Layer] = []
    at = 0
    for line in found.lines:
        if line.on == BEGINNING:
            if line.off == REMAINDER and lacking[at] > 0:
                line = replace(line, off=number(lacking[at]))
            at += 1
        elif line.on == REMAINDER and line.off == NEVER:
            by = _taken(kept, at, line.text)
            line = replace(line, on=number(by)) if by > 0 else line
        out.append(line)
    return replace(found, lines=tuple(out))


def _slide(put: list[int], baseline: Sequence[Layer]) -> None:
    """Where a run of lines that are lacking could stand a little higher or lower, and who put them is told of those
    there: the same line beside them says who put it."""
    at = 0
    while at < len(baseline):
        end = at
        while end < len(baseline) and baseline[end].off == REMAINDER:
            end += 1
        for step, here in ((-1, end - 1), (1, at)):
            while at <= here < end and 0 <= here + step * (end - at) < len(baseline):
                there = here + step * (end - at)
                if baseline[here].text != baseline[there].text:
                    break
                put[here] = put[here] or put[there]
                here += step
        _fill(put, at, end)
        at = max(end, at + 1)


def _fill(put: list[int], start: int, end: int) -> None:
    """A line or two among many that one changeset put, like others elsewhere (`int`, a blank one), are its as well."""
    known = [here for here in range(start, end) if put[here]]
    unknown = [here for here in range(start, end) if not put[here]]
    if not known or len(unknown) > _FEW or len(unknown) * 2 > len(known):
        return
    for here in unknown:
        put[here] = put[min(known, key=lambda one: abs(one - here))]


def _taken(gaps: Sequence[list[tuple[bytes, int]]], at: int, text: bytes) -> int:
    """Which version took (or put) the line `text` in the gap before the baseline's line `at`, or near it; 0 for none.
    What was found is taken out of `gaps`."""
    reach = _NEAR if any(chr(byte).isalnum() for byte in text) else 1
    for off in range(reach + 1):
        for gap in dict.fromkeys((at - off, at + off)):
            if not 0 <= gap < len(gaps):
                continue
            fits = [one for one in gaps[gap] if one[0] == text]
            if fits:
                last = max(fits, key=lambda one: one[1])
                gaps[gap].remove(last)
                return last[1]
    return 0
