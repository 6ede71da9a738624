"""What `portkit review` tells: upstream's hunks beside the target's, as JSON and in two columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from portkit.ports.model import HunkState, Port
from portkit.ports.review import Part, ReviewedFile, ReviewedHunk
from portkit.report.contract import SCHEMA
from portkit.text import decode, printable

Object = dict[str, Any]

_COLUMN = 37
"""The width of one side: two of them, and what stands between, are 80 columns with the indent."""


def review_object(component: str, port: Port, files: Sequence[ReviewedFile]) -> Object:
    """What `review --json` prints."""
    return {
        "schema": SCHEMA, "command": "review", "component": component, "target_commit": port.target_commit,
        "changesets": list(port.changesets), "kind": str(port.kind), "confidence": port.confidence,
        "evidence": [str(one) for one in port.evidence], "files": [_file(one) for one in files],
    }  # fmt: skip


def part_object(one: Part) -> Object:
    """One run of lines."""
    return {
        "start": one.start, "function": one.function, "removed": [_text(line) for line in one.removed],
        "added": [_text(line) for line in one.added],
    }  # fmt: skip


def beside(one: ReviewedFile, *, verbose: bool) -> Iterator[str]:
    """One file as lines of 80 columns: upstream on the left, the target on the right."""
    file = one.file
    yield f"{file.target}  ({file.upstream.rpartition('/')[2]} {file.revision}, {file.changeset[:10]})"[:80]
    for hunk in one.hunks:
        if hunk.state is HunkState.KEYWORD:
            continue
        where = f" in {printable(hunk.upstream.function)}" if hunk.upstream.function else ""
        yield f"  hunk {hunk.number}: {_WORDS[hunk.state]}{where}"[:80]
        if verbose or hunk.state not in (HunkState.MADE, HunkState.BEFORE):
            yield from _columns(hunk)
    for part in one.besides:
        where = f" in {printable(part.function)}" if part.function else ""
        yield f"  besides, at line {part.start}{where}"[:80]
        yield from (f"    {'':<{_COLUMN}}| {text}".rstrip() for text in _lines(part))


_WORDS = {
    HunkState.MADE: "the same",
    HunkState.ADAPTED: "adapted",
    HunkState.BEFORE: "was there before",
    HunkState.LEFT_OUT: "left out",
    HunkState.KEYWORD: "keywords only",
}


def _columns(hunk: ReviewedHunk) -> Iterator[str]:
    left = list(_lines(hunk.upstream))
    right = [text for part in hunk.target for text in _lines(part)]
    for one, other in zip_longest(left, right, fillvalue=""):
        yield f"    {one:<{_COLUMN}}| {other}".rstrip()


def _lines(part: Part) -> Iterator[str]:
    return (text[:_COLUMN].rstrip() for text in part_text(part))


def part_text(part: Part) -> Iterator[str]:
    """A run of lines as they go and come, uncut."""
    for sign, lines in (("-", part.removed), ("+", part.added)):
        yield from (sign + printable(_text(line).expandtabs(4)) for line in lines)


def _text(line: bytes) -> str:
    return decode(line).rstrip("\n")


def _file(one: ReviewedFile) -> Object:
    file = one.file
    return {
        "target": file.target, "upstream": file.upstream, "revision": file.revision, "changeset": file.changeset,
        "hunks": [
            {
                "number": hunk.number, "state": str(hunk.state), "upstream": part_object(hunk.upstream),
                "target": [part_object(part) for part in hunk.target],
            }
            for hunk in one.hunks
        ],
        "besides": [part_object(part) for part in one.besides],
    }  # fmt: skip
