"""Which of upstream's changesets a difference from the baseline is the lack of.

A baseline is upstream's file, whole; the target may have gone past a changeset without making all of it. Upstream's own
versions say then where the difference comes from: a line of the baseline that the target lacks was put there by one of
them, a line that the target kept was taken by one. What they cannot tell stays in the remainder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from portkit.merge.file import Version
from portkit.patches.weave import BEGINNING, NEVER, REMAINDER, Layer, Layers, upstream_lines

LEFT_OUT = 1 << 29
"""The first of the numbers that stand for changesets of upstream's; no commit of the target's has so high a one."""

_NEAR = 8
"""How many lines of the baseline off its place a line that upstream took is still looked for."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A changeset of upstream's that the target made only in part, or not at all, though its baseline is past it.
    `revisions`: what it made of the component's files (`sbin/x.c 1.12`); `by`: the target's commits that carry it
    otherwise, each with the first line of its message."""

    changeset: str
    message: str
    author: str
    date: int
    revisions: tuple[str, ...] = ()
    by: tuple[tuple[str, str], ...] = ()


def left_out(found: Layers, versions: Sequence[Version | None], number: Callable[[int], int]) -> Layers:
    """`found` with what no commit explains given to the one of `versions` that put it, or took it: to `number` of its
    place among them. `versions` are upstream's, oldest first: the first is the one that the target's file was made
    from, the last the baseline."""
    if not any(REMAINDER in (line.on, line.off) for line in found.lines):
        return found
    put, gaps = upstream_lines(versions)
    if len(put) != sum(line.on == BEGINNING for line in found.lines):
        return found
    out: list[Layer] = []
    at = 0
    for line in found.lines:
        if line.on == BEGINNING:
            if line.off == REMAINDER and put[at] > 0:
                line = replace(line, off=number(put[at]))
            at += 1
        elif line.on == REMAINDER and line.off == NEVER:
            by = _taken(gaps, at, line.text)
            line = replace(line, on=number(by)) if by > 0 else line
        out.append(line)
    return replace(found, lines=tuple(out))


def _taken(gaps: Sequence[list[tuple[bytes, int]]], at: int, text: bytes) -> int:
    """Which version took the line `text` in the gap before the baseline's line `at`, or near it; 0 for none. What was
    found is taken out of `gaps`."""
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
