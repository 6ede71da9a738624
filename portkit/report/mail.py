"""Text for a plain mail that is Markdown too.

Whatever comes from a repository stands in indented blocks, where Markdown reads nothing: so it needs no escaping,
lines up in columns, and looks the same in a mail and on a page. What little of it stands elsewhere is in code spans.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from portkit.report.shown import one_line
from portkit.report.view import Command
from portkit.report.wording import continued

WIDTH = 72
INDENT = "    "

_HARD_SPACE = "\0"  # within a code span, where no line may be broken; nothing printable holds it
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


def finished(blocks: Iterable[str]) -> bytes:
    """The whole mail of `blocks`, UTF-8."""
    return ("\n\n".join(blocks).replace(_HARD_SPACE, " ") + "\n").encode("utf-8", "backslashreplace")


def wrapped(text: str, indent: str, limit: int = 400) -> list[str]:
    """`text` on lines of a block, each after `indent`."""
    return textwrap.wrap(
        one_line(text, limit),
        WIDTH - len(INDENT),
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def block(lines: Iterable[str]) -> str:
    """An indented block, in which Markdown reads nothing. Its first line must not be blank."""
    return "\n".join(f"{INDENT}{line}".rstrip() for line in lines)


def commands(several: Sequence[Command], *, beside: bool = True) -> Iterator[str]:
    """Commands with what they are for: beside them where all of them have the room and `beside` says so, else in a
    line above."""
    width = max(len(one_line(command.text)) for command in several)
    lines = [f"{one_line(command.text):{width}}  # {one_line(command.why)}" for command in several]
    if beside and all(len(line) <= WIDTH - len(INDENT) for line in lines):
        yield from lines
        return
    for command in several:
        yield f"# {one_line(command.why, 60)}"
        yield from continued(command.text, WIDTH - len(INDENT))


def prose(text: str) -> str:
    """A paragraph, in which no command and no name is broken."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def named(name: str) -> str:
    """`name` as it is where it is a plain word, or a date; else a code span."""
    return name if _PLAIN.fullmatch(name) else span(name)


def span(text: str) -> str:
    """A code span that `text` cannot leave, whatever backticks it holds (CommonMark 6.1)."""
    shown = one_line(text, 100)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{shown}{space}{fence}".replace(" ", _HARD_SPACE)
