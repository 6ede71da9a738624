"""The only place that prints: results on standard output, progress and errors on standard error.

Everything that came from outside (logs, names, paths) is made printable first, so that it shows as text. Colour is
used on a terminal only, and never alone: each state is a word too (https://no-color.org is honoured).
"""

from __future__ import annotations

import json
import os
import sys
import textwrap
import time
from collections.abc import Mapping
from typing import Any

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


class Screen:
    """What a command says. `json_mode`: standard output takes one JSON object and nothing else."""

    def __init__(self, *, json_mode: bool = False, quiet: bool = False, verbose: bool = False) -> None:
        self.json_mode = json_mode
        self.quiet = quiet
        self.verbose = verbose
        self._live = sys.stderr.isatty() and not quiet
        self._line = ""
        self._since = time.monotonic()

    def say(self, text: str = "", *, style: str = "") -> None:
        """One or more lines of a result; nothing in JSON mode or when asked to be quiet."""
        if self.json_mode or self.quiet:
            return
        self.clear()
        click.echo(_styled(printable(text), _COLOURS.get(style, ""), sys.stdout.isatty()))

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
        """What is being done now: one line on a terminal, overwritten by the next; silent elsewhere, unless -v."""
        if self._live:
            seconds = time.monotonic() - self._since
            line = f"{printable(text)}" + (f" ({seconds:.0f} s)" if seconds >= 1 else "")
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
        """What failed, where, why, and what to do next."""
        self.clear()
        colour = sys.stderr.isatty()
        lines = printable(str(error)).splitlines() or [""]
        click.echo(_styled("error: ", "red", colour) + lines[0], err=True)
        for line in lines[1:]:
            click.echo(f"       {line}", err=True)
        if error.cause:
            click.echo(f"Caused by: {printable(error.cause)}", err=True)
        if error.hint:
            click.echo(f"Hint: {printable(error.hint)}", err=True)
        self.result(
            {
                "schema": 1,
                "command": command,
                "error": {
                    "what": error.what,
                    "where": error.where,
                    "cause": error.cause,
                    "hint": error.hint,
                    "exit": error.exit_code,
                },
            }
        )


def _styled(text: str, colour: str, wanted: bool) -> str:
    if not colour or not wanted or os.environ.get("NO_COLOR"):
        return text
    return click.style(text, fg=colour)
