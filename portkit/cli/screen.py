"""The only place that prints: results on standard output, progress and errors on standard error.

Everything that came from outside (logs, names, paths) is made printable first, so that it shows as text. Colour is
used on a terminal only, and never alone: each state is a word too (https://no-color.org is honoured).
"""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TextIO

import click

from portkit.errors import PortkitError
from portkit.text import printable

WIDTH = 80

_COLOURS = {
    "ported": "green",
    "already": "green",
    "conflict": "red",
    "flagged": "yellow",
    "blocked": "cyan",
    "not-applicable": "white",
}


_COUNT = re.compile(r"(?<![\w,.])(\d[\d,]*)(?: of (\d[\d,]*))?(?![\w,.%])")
"""A count in a text of progress, and of how many."""


@dataclass(slots=True)
class Rates:
    """How fast what is counted goes, from one text of progress to the next: the same words with another number."""

    _words: str = ""
    _start: tuple[int, float] = (0, 0.0)

    def told(self, text: str, now: float) -> tuple[float, float | None] | None:
        """How many a second since `text`'s words were first said, and the seconds that are left (None where nobody
        said how many there are). None where nothing is counted, or too little to go by. `now`: in seconds."""
        found = _COUNT.search(text)
        if found is None:
            return None
        words = text[: found.start(1)] + text[found.end(1) :] if found[2] else _COUNT.sub("", text, count=1)
        count = int(found[1].replace(",", ""))
        if words != self._words or count < self._start[0]:
            self._words, self._start = words, (count, now)
            return None
        done, seconds = count - self._start[0], now - self._start[1]
        if seconds < 1 or not done:
            return None
        rate = done / seconds
        return rate, max(0, int(found[2].replace(",", "")) - count) / rate if found[2] else None


def _pace(rate: tuple[float, float | None] | None, seconds: float) -> str:
    """What stands behind a text of progress: seconds so far, things a second, seconds left."""
    parts = [f"{seconds:.0f} s"] if seconds >= 1 else []
    if rate is not None:
        parts.append(f"{rate[0]:,.0f}/s" if rate[0] >= 10 else f"{rate[0]:.1f}/s")
        if rate[1] is not None and rate[1] >= 1:
            parts.append(f"{rate[1]:.0f} s left")
    return f" ({', '.join(parts)})" if parts else ""


class Screen:
    """What a command says. `json_mode`: standard output takes one JSON object and nothing else."""

    def __init__(self, *, json_mode: bool = False, quiet: bool = False, verbose: bool = False) -> None:
        self.json_mode = json_mode
        self.quiet = quiet
        self.verbose = verbose
        self._live = _terminal(sys.stderr) and not quiet
        self._line = ""
        self._since = time.monotonic()
        self._rates = Rates()

    def say(self, text: str = "", *, style: str = "") -> None:
        """One or more lines of a result; nothing in JSON mode or when asked to be quiet."""
        if self.json_mode or self.quiet:
            return
        self.clear()
        click.echo(_styled(printable(text), _COLOURS.get(style, ""), _terminal(sys.stdout)))

    def paragraph(self, text: str, *, indent: str = "  ", first: str = "  ", style: str = "") -> None:
        """A text wrapped to 80 columns."""
        wrapped = textwrap.fill(
            printable(text), WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False
        )
        self.say(wrapped, style=style)

    def result(self, value: Mapping[str, Any]) -> None:
        """The JSON object of a command, in JSON mode."""
        if self.json_mode:
            self.clear()
            click.echo(json.dumps(value, ensure_ascii=True, separators=(",", ":")))

    def progress(self, text: str) -> None:
        """What is being done now: one line on a terminal, overwritten by the next; silent elsewhere, unless -v.

        A text that counts ("replaying, 20 of 58"; "reading: 12,000 commits") gets the rate, and where it says of how
        many, the time that is left.
        """
        if self._live:
            now = time.monotonic()
            line = printable(text) + _pace(self._rates.told(text, now), now - self._since)
            line = line[: WIDTH - 1]
            click.echo("\r" + line.ljust(len(self._line)), err=True, nl=False)
            self._line = line
        elif self.verbose:
            click.echo(printable(text), err=True)

    def note(self, text: str) -> None:
        """A message beside the result, on standard error."""
        if not self.quiet:
            self.clear()
            click.echo(printable(text), err=True)

    def clear(self) -> None:
        """Takes the progress line off the terminal."""
        if self._line:
            click.echo("\r" + " " * len(self._line) + "\r", err=True, nl=False)
            self._line = ""

    def error(self, error: PortkitError, command: str) -> None:
        """What failed, where, why, and what to do next; with -v also what it was made from."""
        self.original(error)
        self._wrong(f"error: {error}", error.cause, error.hint)
        told = {"what": error.what, "where": error.where, "cause": error.cause, "hint": error.hint}
        self._wrong_object(command, {**told, "exit": error.exit_code})

    def original(self, error: BaseException) -> None:
        """With -v, what `error` was made from: all that git or the system said."""
        if self.verbose and error.__cause__ is not None:
            self.note(str(error.__cause__).rstrip())

    def interrupted(self, command: str, code: int) -> None:
        """That the user ended the run before its end."""
        what = "interrupted; nothing half-done is left"
        self._wrong(what)
        self._wrong_object(command, {"what": what, "where": "", "cause": "", "hint": "", "exit": code})

    def _wrong(self, text: str, cause: str = "", hint: str = "") -> None:
        self.clear()
        first, *rest = printable(text).split("\n")
        label, colon, after = first.partition(": ")
        coloured = _styled(f"{label}: ", "red", _terminal(sys.stderr)) + after if label == "error" and colon else first
        lines = [coloured, *(f"       {line}" for line in rest)]
        lines += [f"Caused by: {printable(cause)}"] if cause else []
        lines += [f"Hint: {printable(hint)}"] if hint else []
        with suppress(OSError):  # nobody is left to be told
            click.echo("\n".join(lines), err=True)

    def _wrong_object(self, command: str, told: Mapping[str, Any]) -> None:
        with suppress(OSError):
            self.result({"schema": 1, "command": command, "error": told})


def _terminal(stream: TextIO | None) -> bool:
    """Whether `stream` is a terminal; a closed one is None."""
    return stream is not None and stream.isatty()


def _styled(text: str, colour: str, wanted: bool) -> str:
    if not colour or not wanted or os.environ.get("NO_COLOR"):
        return text
    return click.style(text, fg=colour)
