"""A conflict as a text that a person edits, and what comes back: markers with labels, and what is checked of an answer.

The markers are a rendering only: what clashes is known as data, and what comes back is taken apart by the lines around
the places, never by looking for marker text alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from portkit.change.linediff import Hunk, hunks
from portkit.change.lines import fold
from portkit.decisions.resolution import Edit
from portkit.text import split_lines

_LOOKS_LIKE = re.compile(rb"^(<{7,}|\|{7,}|={7,}|>{7,})(?=[ \r\n]|$)", re.MULTILINE)
_LEAST = 7


@dataclass(frozen=True, slots=True)
class Labels:
    """How the three sides are named: each by commit and subject."""

    ours: str
    base: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Question:
    """A file with open places: `parts` are the lines around them, one more than there are `places` (base, ours,
    theirs). `size`: how many characters a marker has."""

    parts: tuple[bytes, ...]
    places: tuple[tuple[bytes, bytes, bytes], ...]
    size: int

    def marked(self, labels: Labels) -> bytes:
        """The file with markers: ours, base, theirs (git's diff3 style)."""
        out = [self.parts[0]]
        for (base, ours, theirs), after in zip(self.places, self.parts[1:], strict=True):
            out += [
                self._marker("<", labels.ours), _ended(ours), self._marker("|", labels.base), _ended(base),
                self._marker("=", ""), _ended(theirs), self._marker(">", labels.theirs), after,
            ]  # fmt: skip
        return b"".join(out)

    def filled(self, answers: Sequence[bytes]) -> bytes:
        """The file with `answers` in its places."""
        out = [self.parts[0]]
        for answer, after in zip(answers, self.parts[1:], strict=True):
            out += [_ended(answer) if after else answer, after]
        return b"".join(out)

    def answers(self, content: bytes) -> tuple[bytes, ...] | None:
        """What stands in the places of `content`; None where it differs in other lines too, keywords apart."""
        lines = split_lines(content)
        keys = list(map(_key, lines))
        first, *between, last = ([_key(line) for line in split_lines(part)] for part in self.parts)
        at, end = len(first), len(keys) - len(last)
        if at > end or keys[:at] != first or keys[end:] != last:
            return None
        found: list[bytes] = []
        for part in between:
            start = next((here for here in range(at, end - len(part) + 1) if keys[here : here + len(part)] == part), -1)
            if start < 0:
                return None
            found.append(b"".join(lines[at:start]))
            at = start + len(part)
        return (*found, b"".join(lines[at:end]))

    def strays(self, content: bytes) -> list[int]:
        """The lines of `content`, counted from 1, that differ from the file outside of its places; where lines are
        gone, the line behind them."""
        stretches = [split_lines(part) for part in self.parts]
        expected: list[bytes] = []
        allowed: list[int] = []
        for stretch in stretches:
            expected += stretch
            allowed.append(len(expected))
        new = split_lines(content)
        found: list[int] = []
        for hunk in _hunks(list(map(_key, expected)), list(map(_key, new))):
            inside = hunk.a0 == hunk.a1 and hunk.a0 in allowed[:-1]
            if not inside:
                found += list(range(hunk.b0 + 1, hunk.b1 + 1)) or [min(hunk.b0 + 1, len(new))]
        return found

    def _marker(self, sign: str, label: str) -> bytes:
        text = sign * self.size + (f" {label}" if label else "")
        return text.encode("utf-8", "replace") + b"\n"


def marker_size(*sides: bytes) -> int:
    """How many characters a marker needs so that no line of `sides` looks like one; 7 where none does."""
    longest = max((len(found) for side in sides for found in _LOOKS_LIKE.findall(side)), default=0)
    return max(_LEAST, longest + 1)


def marker_left(content: bytes, *sides: bytes) -> int:
    """The first line of `content`, from 1, that is a conflict marker and stands in none of `sides`; 0 for none."""
    known = {line for side in sides for line in split_lines(side) if _LOOKS_LIKE.match(line)}
    for number, line in enumerate(split_lines(content), 1):
        if _LOOKS_LIKE.match(line) and line not in known:
            return number
    return 0


def edits(ours: bytes, result: bytes) -> tuple[Edit, ...]:
    """What turns `ours` into `result`, to the byte."""
    old, new = split_lines(ours), split_lines(result)
    return tuple(
        Edit(hunk.a0 + 1, b"".join(old[hunk.a0 : hunk.a1]), b"".join(new[hunk.b0 : hunk.b1]))
        for hunk in _hunks(old, new)
    )


def akin(content: bytes, *sides: bytes) -> bool:
    """Whether `content` can be the same file as `sides`: half of its lines that say something stand in one of them."""
    telling = [line for line in split_lines(content) if len(line.split()) > 1]
    known = {line for side in sides for line in split_lines(side)}
    return 2 * sum(line in known for line in telling) >= len(telling)


def _key(line: bytes) -> bytes:
    """What of a line is compared where it was not to be touched: keywords apart, and a newline that editors add at the
    end."""
    return fold(line).removesuffix(b"\n") if b"$" in line else line.removesuffix(b"\n")


def _hunks(old: Sequence[bytes], new: Sequence[bytes]) -> tuple[Hunk, ...]:
    """The hunks that turn `old` into `new`, to the byte."""
    numbers: dict[bytes, int] = {}
    keys = [[numbers.setdefault(line, len(numbers)) for line in side] for side in (old, new)]
    return hunks(*keys)


def _ended(content: bytes) -> bytes:
    return content if not content or content.endswith(b"\n") else content + b"\n"
