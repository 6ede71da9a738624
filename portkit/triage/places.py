"""Where a hunk stands, and a side with what is around it, as a card tells it."""

from __future__ import annotations

from portkit.change.linediff import Hunk
from portkit.merge.file import Version
from portkit.text import split_lines
from portkit.triage.card import Excerpt, Span

_CONTEXT = 8


def excerpt(version: Version | None, start: int, end: int) -> Excerpt | None:
    """The lines from `start` up to `end` (from 0) of a file, with what stands around them; None where there is no
    file."""
    if version is None:
        return None
    raw = split_lines(version.content)
    first = max(0, start - _CONTEXT)
    parts = raw[first:start], raw[start:end], raw[end : end + _CONTEXT]
    return Excerpt(first + 1, *(b"".join(part) for part in parts))


def lines_of(hunk: Hunk) -> Span:
    """The lines of a hunk, counted from 1."""

    def counted(start: int, end: int) -> tuple[int, int]:
        return (start + 1 if end > start else start, end - start)

    return Span(counted(hunk.a0, hunk.a1), counted(hunk.b0, hunk.b1))
