"""What can go wrong, in three kinds, each with its exit code.

A conflict is a result, not an error: nothing here is raised for one.
"""

from __future__ import annotations


class PortkitError(Exception):
    """One sentence of what failed, the place it failed at, its cause, and the next command to try."""

    exit_code = 4

    def __init__(self, what: str, *, where: str = "", cause: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.cause = cause
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class UserError(PortkitError):
    """The user's mistake: command line, map, patch file, unknown revision (exit 2)."""

    exit_code = 2


class WorldError(PortkitError):
    """The world: git, CVS, network, disk, a lock that another run holds (exit 3)."""

    exit_code = 3
