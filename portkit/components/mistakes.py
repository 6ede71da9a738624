"""The mistakes of one map, collected, so that a person mends them in one go."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from portkit.errors import UserError
from portkit.text import printable

MAP_HINT = "once mended, portkit map check looks at all of it"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: `key` is the path of keys to it, "" for the whole file."""

    file: str
    line: int
    key: str
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return printable(f"{place}: {self.key}: {self.text}" if self.key else f"{place}: {self.text}")


class MapError(UserError):
    """What is wrong with a map, or another file of that kind: every mistake, in the order of its lines, one a line in
    the text."""

    def __init__(self, mistakes: Iterable[Mistake], hint: str = MAP_HINT) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line))
        super().__init__("\n".join(map(str, self.mistakes)), hint=hint)


class Mistakes:
    """Collects; `raise_any` ends it."""

    def __init__(self, file: str, hint: str = MAP_HINT) -> None:
        self._file = file
        self._hint = hint
        self._found: list[Mistake] = []

    def add(self, line: int, key: str, text: str) -> None:
        """Notes the mistake `text` at the key path `key`."""
        self._found.append(Mistake(self._file, line, key, text))

    def raise_any(self) -> None:
        """Raises MapError where there was a mistake."""
        if self._found:
            raise MapError(self._found, self._hint)


def nearest(word: str, known: Iterable[str]) -> str:
    """How a message goes on after an unknown word: the nearest known one, or all where none is near."""
    words = list(known)
    close = difflib.get_close_matches(word.lower(), words, n=1)
    if close:
        return f"nearest: {close[0]!r}"
    return f"known: {', '.join(words)}" if words else "none is known"
