"""What may be shown of other people's text: on one line, cut where it is endless, nothing in it alive.

Escaping for a format is that format's business; here control and bidirectional characters become visible, and a line
of a hundred thousand characters becomes a line and a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from portkit.change.linediff import Hunk, hunks
from portkit.text import decode, is_binary, printable, split_lines

LINE = 400
"""A longer line is cut here; how much is left out is said."""

LOG_LINES = 120
SIDE_LINES = 60
_CONTEXT = 3
_SENTENCE = re.compile(r"(?<=[.!?])(?<!i\.e\.)(?<!e\.g\.)(?<!etc\.) (?=[A-Z0-9\"'(<])")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a side; `changed`: base does not have it there; `gap`: it only says how many are left out."""

    text: str
    changed: bool = False
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """A side of a conflict, as far as it is shown. `note` says what is not: nothing is there, or nothing to be read;
    `whose`: what the side is, in words."""

    name: str
    lines: tuple[Line, ...]
    note: str = ""
    whose: str = ""


WHOSE = ("upstream before", "the target", "upstream after")
"""What base, ours and theirs are, where upstream's change is carried to the target."""


def cut(text: str, limit: int = LINE) -> str:
    """`text`, or its beginning and how many characters more there are."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def one_line(text: str, limit: int = LINE) -> str:
    """`text` on one line, white space folded, printable, cut at `limit`."""
    return printable(cut(" ".join(text.split()), limit))


def headline(message: str, limit: int = 120) -> str:
    """What a log says first: its first sentence, on one line, cut at a word where it is long. "" for an empty log."""
    paragraph = message.strip()[:4000].partition("\n\n")[0]
    sentence = _SENTENCE.split(" ".join(paragraph.split()), maxsplit=1)[0]
    shown = printable(sentence)
    if len(shown) <= limit:
        return shown
    return (shown[:limit].rpartition(" ")[0] or shown[:limit]).rstrip(" ,;:") + "…"


def log(message: str) -> str:
    """A log message, printable, its endless lines and its endlessness cut."""
    lines = message.strip("\n").split("\n")
    told = [printable(cut(line.removesuffix("\r"))) for line in lines[:LOG_LINES]]
    if len(lines) > LOG_LINES:
        told.append(f"… ({len(lines) - LOG_LINES:,} more lines)")
    return "\n".join(told)


def counted(number: int, noun: str, several: str = "") -> str:
    """`1 place`, `2 places`; `several` where more than one are no noun with an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {several or noun + 's'}"


def sides(
    base: bytes, ours: bytes, theirs: bytes, limit: int = SIDE_LINES, whose: tuple[str, str, str] = WHOSE
) -> tuple[Side, Side, Side]:
    """The three sides of a conflict, with what is changed against base marked in the other two.

    Of a long side only what is near a change is shown; where all of a side changed, the other one's changes lead.
    """
    b, o, t = split_lines(base), split_lines(ours), split_lines(theirs)
    binary = any(is_binary(content) for content in (base, ours, theirs))
    mine, yours = ((), ()) if binary else (_changes(b, o), _changes(b, t))
    telling = min((hunk for hunk in (mine, yours) if hunk), key=lambda one: sum(h.a1 - h.a0 for h in one), default=())
    made = (
        _side("base", base, b, set(), _near((hunk.a0, hunk.a1) for hunk in telling), limit),
        _side("ours", ours, o, _added(mine), _near((hunk.b0, hunk.b1) for hunk in mine), limit),
        _side("theirs", theirs, t, _added(yours), _near((hunk.b0, hunk.b1) for hunk in yours), limit),
    )
    one, two, three = (replace(side, whose=words) for side, words in zip(made, whose, strict=True))
    return one, two, three


def _changes(a: Sequence[bytes], b: Sequence[bytes]) -> tuple[Hunk, ...]:
    numbers: dict[bytes, int] = {}
    return hunks(*([numbers.setdefault(line, len(numbers)) for line in one] for one in (a, b)))


def _added(changes: Iterable[Hunk]) -> set[int]:
    return {index for hunk in changes for index in range(hunk.b0, hunk.b1)}


def _near(ranges: Iterable[tuple[int, int]]) -> set[int]:
    return {index for start, end in ranges for index in range(start - _CONTEXT, end + _CONTEXT)}


def _side(name: str, content: bytes, raw: Sequence[bytes], changed: set[int], near: set[int], limit: int) -> Side:
    if not content:
        return Side(name, (), "nothing here")
    if is_binary(content):
        return Side(name, (), f"binary, {len(content):,} bytes")
    wanted = range(len(raw))
    chosen = list(wanted) if len(raw) <= limit // 2 else [index for index in wanted if index in near]
    chosen = (chosen or list(wanted))[:limit]
    lines: list[Line] = []
    before = -1
    for index in chosen:
        if index > before + 1:
            lines.append(_gap(index - before - 1))
        lines.append(Line(printable(cut(decode(raw[index].removesuffix(b"\n")))), index in changed))
        before = index
    if len(raw) > before + 1:
        lines.append(_gap(len(raw) - before - 1))
    return Side(name, tuple(lines))


def _gap(count: int) -> Line:
    return Line(f"({count:,} more {'line' if count == 1 else 'lines'})", gap=True)
