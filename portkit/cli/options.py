"""What stands on the command line before the command: all of what `main` knows when it imports the command."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from portkit.cli.screen import Screen

STATE = ".portkit"
"""The workspace's folder for what can be made again."""


@dataclass(slots=True)
class Options:
    """What stands before the command on the command line; and the workspace's state folder, once it is known."""

    directory: str = ""
    map_file: str = ""
    upstreams: tuple[str, ...] = ()
    target: str = ""
    screen: Screen = field(default_factory=Screen)
    command: str = ""
    state: Path | None = None
