"""What is asked of a compiler, as values, and what it answers. Who answers is in `check`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

TARGET = "x86_64-unknown-dragonfly"
"""The system that is checked for, whatever this one is."""


class Severity(StrEnum):
    """How grave a diagnostic is. A missing header is an error like others: the check goes on past it."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing the compiler said. `path`: of the tree, or `<name>` for an installed header; `line` and `column` from
    1; `option`: the warning's switch."""

    path: str
    line: int
    column: int
    severity: Severity
    text: str
    option: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """One source to be checked. `files`: every file of the tree that it may read, itself too, to the key of its content
    (`Sources`); `include`: folders of the tree, in the order in which they are searched; `forced`: files of it that are
    read first."""

    main: str
    files: Mapping[str, str]
    flags: tuple[str, ...]
    include: tuple[str, ...]
    forced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """What the compiler said of one unit. `included`: the tree's files that it read, its own first; `failed`: why there
    is no answer, "" for the usual case; `inactive`: runs of lines that the preprocessor passed over, as path, first and
    last line; None where the compiler does not tell."""

    main: str
    diagnostics: tuple[Diagnostic, ...]
    included: tuple[str, ...] = ()
    failed: str = ""
    inactive: tuple[tuple[str, int, int], ...] | None = None

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Those that keep it from compiling."""
        return tuple(one for one in self.diagnostics if one.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The others."""
        return tuple(one for one in self.diagnostics if one.severity is Severity.WARNING)


_OWN = "own-"


class Sources:
    """Contents by key, for units: a key is a blob's object id, or made here for what is in no repository."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self._known: dict[str, bytes] = {}

    def add(self, content: bytes) -> str:
        """The key of `content` from now on."""
        key = f"{_OWN}{sha256(content).hexdigest()}"
        self._known[key] = content
        return key

    def made(self, key: str) -> bool:
        """Whether `key` is one that was made here."""
        return key.startswith(_OWN)

    def read(self, key: str) -> bytes:
        """The content. Raises what the repository's reader raises."""
        if key not in self._known:
            self._known[key] = self._read(key)
        return self._known[key]


class Compiler(Protocol):
    """Answers for units on one set of headers. The same units give the same answers in the same order."""

    @property
    def name(self) -> str:
        """What it is, with its version."""
        ...

    def check(self, units: Sequence[Unit], read: Callable[[str], bytes]) -> tuple[Checked, ...]:
        """What is said of each unit, in their order; `read` gives contents by key."""
        ...
