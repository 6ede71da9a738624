"""What may be shown of other people's text: on one line, cut where it is endless, nothing in it alive.

Escaping for a format is that format's business; here control and bidirectional characters become visible, and a line
of a hundred thousand characters becomes a line and a number.
"""

from __future__ import annotations

from dataclasses import dataclass

from portkit.change.linediff import hunks
from portkit.text import decode, is_binary, printable, split_lines

LINE = 400
"""A longer line is cut here; how much is left out is said."""

LOG_LINES = 120
SIDE_LINES = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a side; `changed`: base does not have it there."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """A side of a conflict, as far as it is shown. `note` says what is not: nothing is there, binary, cut."""

    name: str
    lines: tuple[Line, ...]
    note: str = ""


def cut(text: str, limit: int = LINE) -> str:
    """`text`, or its beginning and how many characters more there are."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def one_line(text: str, limit: int = LINE) -> str:
    """`text` on one line, white space folded, printable, cut at `limit`."""
    return printable(cut(" ".join(text.split()), limit))


def log(message: str) -> str:
    """A log message, printable, its endless lines and its endlessness cut."""
    lines = message.strip("\n").split("\n")
    told = [printable(cut(line.removesuffix("\r"))) for line in lines[:LOG_LINES]]
    if len(lines) > LOG_LINES:
        told.append(f"… ({len(lines) - LOG_LINES:,} more lines)")
    return "\n".join(told)


def sides(base: bytes, ours: bytes, theirs: bytes, limit: int = SIDE_LINES) -> tuple[Side, Side, Side]:
    """The three sides of a conflict, with what is changed against base marked in the other two."""
    return (_side("base", None, base, limit), _side("ours", base, ours, limit), _side("theirs", base, theirs, limit))


def _side(name: str, base: bytes | None, content: bytes, limit: int) -> Side:
    if not content:
        return Side(name, (), "nothing here")
    if is_binary(content):
        return Side(name, (), f"binary, {len(content):,} bytes")
    mine = split_lines(content)
    changed: set[int] = set()
    if base is not None and not is_binary(base):
        numbers: dict[bytes, int] = {}
        before, after = ([numbers.setdefault(line, len(numbers)) for line in one] for one in (split_lines(base), mine))
        for hunk in hunks(before, after):
            changed.update(range(hunk.b0, hunk.b1))
    shown = tuple(
        Line(printable(cut(decode(raw.removesuffix(b"\n")))), index in changed)
        for index, raw in enumerate(mine[:limit])
    )
    more = len(mine) - limit
    return Side(name, shown, f"{more:,} more lines" if more > 0 else "")
