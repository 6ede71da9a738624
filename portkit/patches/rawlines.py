"""Lines compared byte for byte: a patch changes an ident line as it changes any other."""

from __future__ import annotations

from collections.abc import Sequence

from portkit.change.linediff import Hunk, hunks
from portkit.text import split_lines


def raw_keys(old: bytes, new: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The lines of both contents as numbers that differ wherever a byte does."""
    one, other = numbered([split_lines(old), split_lines(new)])
    return one, other


def numbered(several: Sequence[Sequence[bytes]]) -> list[tuple[int, ...]]:
    """Lists of lines as numbers, equal where the lines are."""
    numbers: dict[bytes, int] = {}
    return [tuple(numbers.setdefault(line, len(numbers)) for line in lines) for lines in several]


def raw_hunks(old: bytes, new: bytes) -> tuple[Hunk, ...]:
    """The hunks that turn `old` into `new`, byte for byte."""
    return hunks(*raw_keys(old, new))
