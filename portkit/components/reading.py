"""Values out of a map's nodes, each with its mistake noted where it is none of what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from portkit.components import keys as known_keys
from portkit.components import locations
from portkit.components.keys import Key
from portkit.components.mistakes import Mistakes, nearest
from portkit.components.tree import Kind, Node

Words = TypeVar("Words", bound=StrEnum)
Check = Callable[[str], str]
"""Tells what is wrong with a text, as the end of a sentence; "" where nothing is."""


class Reader:
    """Takes values out of nodes, and notes what is wrong. After a mistake it goes on with a stand-in."""

    def __init__(self, mistakes: Mistakes) -> None:
        self._mistakes = mistakes
        self.places: dict[str, int] = {}
        """The line of each key path that was read."""

    def wrong(self, node: Node, key: str, text: str) -> None:
        """Notes a mistake at `node`."""
        self._mistakes.add(node.line, key, text)

    def expected(self, node: Node, key: str, kind: Kind | str) -> None:
        """Notes that `node` is not of the kind it should be."""
        self.wrong(node, key, f"{kind} is expected here, found {node.shown()}")

    def entries(self, node: Node, key: str, noun: str = "key") -> list[tuple[str, Node, Node]]:
        """(name, the key's node, the value) of a mapping whose names are the user's own."""
        if node.kind is not Kind.MAPPING:
            self.expected(node, key, Kind.MAPPING)
            return []
        first: dict[str, int] = {}
        result = []
        for name, value in node.pairs:
            if not name.scalar:
                self.wrong(name, key, f"a key must be text, found {name.kind}")
            elif name.text in first:
                line = first[name.text]
                self.wrong(name, key, f"the {noun} {name.text!r} is here twice, first on line {line}")
            else:
                first[name.text] = name.line
                self.places[f"{key}.{name.text}" if key else name.text] = name.line
                result.append((name.text, name, value))
        return result

    def keys(self, node: Node, key: str, table: Sequence[Key]) -> dict[str, Node]:
        """The values of a mapping with fixed keys. An optional key with no value is as good as not there."""
        result = {}
        known, required = known_keys.names(table), known_keys.required(table)
        for name, place, value in self.entries(node, key):
            if name not in known:
                self.wrong(place, key, f"there is no key {name!r} here; {nearest(name, known)}")
            elif value.kind is not Kind.NOTHING or name in required:
                result[name] = value
        if node.kind is Kind.MAPPING:
            for name in required:
                if name not in result:
                    self.wrong(node, key, f"the key {name!r} is missing")
        return result

    def text(self, node: Node | None, key: str, check: Check | None = None, *, default: str = "") -> str:
        """A text. A number or a date is refused: YAML would have read `1.20` as 1.2."""
        if node is None:
            return default
        if node.kind is not Kind.TEXT:
            quoted = f"; if it is meant as text, quote it: '{node.text}'" if node.scalar else ""
            self.wrong(node, key, f"text is expected here, found {node.shown()}{quoted}")
            return default
        return self._checked(node, key, check, default)

    def words(self, node: Node | None, key: str) -> str:
        """A text for people, over several lines or not: its lines are joined."""
        if node is not None and node.kind is Kind.TEXT:
            node = replace(node, text=" ".join(node.text.split()) or node.text.strip("\n"))
        return self.text(node, key, locations.problem_with_words)

    def lines(self, node: Node | None, key: str) -> str:
        """Lines as they stand in a file, tabs and all, without the last one's end."""
        if node is None or node.kind is not Kind.TEXT:
            return self.text(node, key)
        text = node.text.strip("\n") if not node.text.strip() else node.text.removesuffix("\n")
        plain = text.replace("\t", " ").replace("\n", " ")
        problem = locations.problem_with_words(plain)
        if not problem and locations.holds_control(plain):
            problem = "holds a control character"
        if problem:
            self.wrong(node, key, f"{node.text!r} {problem}")
            return ""
        return text

    def revision(self, node: Node | None, key: str, check: Check) -> str:
        """A revision or a day: as it was written, whatever YAML takes it for."""
        if node is None:
            return ""
        if node.kind not in (Kind.TEXT, Kind.NUMBER, Kind.DATE):
            only = check is locations.problem_with_revision
            self.expected(node, key, "a revision" if only else "a day or a revision")
            return ""
        return self._checked(node, key, check, "")

    def count(self, node: Node | None, key: str, most: int, *, default: int) -> int:
        """A whole number from 1 to `most`."""
        if node is None:
            return default
        if node.kind is not Kind.NUMBER or not (node.text.isascii() and node.text.isdigit()):
            self.expected(node, key, "a whole number")
            return default
        if not 0 < int(node.text[:20]) <= most:
            self.wrong(node, key, f"{node.text} is not from 1 to {most}")
            return default
        return int(node.text)

    def _checked(self, node: Node, key: str, check: Check | None, default: str) -> str:
        problem = check(node.text) if check else ""
        if not problem and locations.holds_control(node.text):
            problem = "holds a control character"
        if problem:
            self.wrong(node, key, f"{node.text!r} {problem}")
            return default
        return node.text

    def word(self, node: Node | None, key: str, words: type[Words], noun: str, default: Words) -> Words:
        """One of a closed choice of words."""
        text = self.text(node, key) if node is not None else ""
        if node is None or node.kind is not Kind.TEXT:
            return default
        try:
            return words(text)
        except ValueError:
            self.wrong(node, key, f"{text!r} is no {noun}; {nearest(text, [str(word) for word in words])}")
            return default

    def texts(self, node: Node | None, key: str, check: Check) -> list[tuple[str, Node]]:
        """The texts of a list, each with its node; one alone needs no list."""
        if node is None:
            return []
        if node.kind is Kind.MAPPING:
            self.expected(node, key, Kind.LIST)
            return []
        result = []
        alone = node.kind is not Kind.LIST
        for number, item in enumerate((node,) if alone else node.items):
            here = key if alone else f"{key}[{number}]"
            self.places.setdefault(here, item.line)
            text = self.text(item, here, check)
            if text:
                result.append((text, item))
        return result

    def records(self, node: Node | None, key: str, table: Sequence[Key]) -> list[tuple[str, Node, dict[str, Node]]]:
        """(key path, node, values) of each mapping in a list."""
        if node is None:
            return []
        if node.kind is not Kind.LIST:
            self.expected(node, key, Kind.LIST)
            return []
        result = []
        for number, item in enumerate(node.items):
            here = f"{key}[{number}]"
            self.places[here] = item.line
            result.append((here, item, self.keys(item, here, table)))
        return result
