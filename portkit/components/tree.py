"""What a map file holds before it is checked: values with their places, and nothing of YAML."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a value is; the words appear in messages."""

    TEXT = "text"
    NUMBER = "a number"
    TRUTH = "true or false"
    DATE = "a date"
    NOTHING = "nothing"
    LIST = "a list"
    MAPPING = "a mapping"


@dataclass(frozen=True, slots=True)
class Node:
    """One value. `text` is a scalar as it was written (1.20 stays 1.20); `line` and `column` count from 1.

    A list or mapping that is the value of a key stands where the key does.
    """

    kind: Kind
    line: int
    column: int
    text: str = ""
    items: tuple[Node, ...] = ()
    pairs: tuple[tuple[Node, Node], ...] = ()

    @property
    def scalar(self) -> bool:
        return self.kind not in (Kind.LIST, Kind.MAPPING, Kind.NOTHING)

    def shown(self) -> str:
        """What it is, for a message: "a number (1.20)"."""
        return f"{self.kind} ({self.text})" if self.scalar and self.kind is not Kind.TEXT else str(self.kind)
