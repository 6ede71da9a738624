"""What a BSD Makefile says of a folder's sources: variables and `.PATH`, as far as they are needed to know what is
compiled, with which flags, and which headers are installed.

A small part of make(1): assignments, `.if` over `defined`, numbers and words, `${X}` with the modifiers that source
lists use. Nothing is run: `!=` gives nothing, and no file that the Makefile includes is read.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import normpath

from portkit.text import decode

_ASSIGNED = re.compile(r"([A-Za-z_.][\w.]*)\s*(\+|\?|:|!)?=\s*(.*)", re.DOTALL)
_BRANCH = re.compile(r"\.\s*(ifdef|ifndef|if|elifdef|elifndef|elif|else|endif)\b\s*(.*)", re.DOTALL)
_TOKEN = re.compile(
    r"\s*(?:(!?)(defined|empty|exists|make|target|commands)\s*\(([^()]*)\)|(&&|\|\||!(?!=)|\(|\))|([^\s()&|]+))"
)
_COMPARED = re.compile(r"(==|!=|>=|<=|>|<)")
_DEPTH = 12
"""How far variables may name variables: one that names itself ends here."""

MACHINE = {
    "MACHINE": "x86_64", "MACHINE_ARCH": "x86_64", "MACHINE_CPU": "x86_64", "MACHINE_PLATFORM": "pc64",
    "INCLUDEDIR": "/usr/include", "CCVER": "clang",
}  # fmt: skip
"""What make would know of the machine that is built for."""


@dataclass(frozen=True, slots=True)
class Makefile:
    """A Makefile's variables, unexpanded, and its `.PATH`. `folder` is the Makefile's own, "" for the top."""

    folder: str
    values: Mapping[str, str]
    _paths: tuple[str, ...] = ()
    _known: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The value of `name`, expanded; "" where it has none."""
        return self._expanded(self.values.get(name, ""), 0).strip()

    def words(self, name: str) -> tuple[str, ...]:
        """The words of a value, quotes taken off as a shell would; by blanks alone where they do not match."""
        text = self.text(name)
        try:
            return tuple(shlex.split(text))
        except ValueError:
            return tuple(text.split())

    def number(self, name: str) -> int | None:
        """A value that is a number, None where it is none."""
        text = self.text(name)
        return int(text) if text.isdecimal() and len(text) < 5 else None

    def paths(self) -> tuple[str, ...]:
        """The folders of `.PATH`, as paths of the tree; those outside of it are left out."""
        found = (self.inside(word) for text in self._paths for word in self._expanded(text, 0).split())
        return tuple(dict.fromkeys(one for one in found if one is not None))

    def inside(self, path: str) -> str | None:
        """A path that the Makefile names, as one of the tree; None where it leads out of it."""
        whole = path if path.startswith("/") else f"/{self.folder}/{path}"
        depth = 0
        for part in whole.split("/"):
            depth += -1 if part == ".." else 0 if part in ("", ".") else 1
            if depth < 0:
                return None
        return normpath(whole).lstrip("/")

    def _expanded(self, text: str, depth: int) -> str:
        if "$" not in text or depth > _DEPTH:
            return text if depth <= _DEPTH else ""
        result = []
        at = 0
        while (dollar := text.find("$", at)) >= 0:
            result.append(text[at:dollar])
            name, at = _reference(text, dollar)
            result.append(self._value(name, depth + 1))
            if sum(map(len, result)) > 100_000:
                return ""
        return "".join([*result, text[at:]])

    def _value(self, reference: str, depth: int) -> str:
        name, *modifiers = _split_modifiers(reference)
        if name in (".CURDIR", ".PARSEDIR"):
            value = f"/{self.folder}"
        elif name == "$":
            return "$"
        else:
            value = self._expanded(self.values.get(name, self._known.get(name, "")), depth)
        for modifier in modifiers:
            value = _modified(value, modifier)
        return value


def read(content: bytes, folder: str, known: Mapping[str, str] | None = None) -> Makefile:
    """The Makefile `content` of `folder`. `known` holds what others set before it (a `?=` leaves that)."""
    before = {**MACHINE, **(known or {})}
    values: dict[str, str] = {}
    paths: list[str] = []
    taken: list[list[bool]] = []  # of each open .if: whether this branch is read, whether one was
    for line in _lines(decode(content)):
        branch = _BRANCH.match(line)
        if branch:
            _turn(taken, branch[1], branch[2], Makefile(folder, values, (), before))
        elif all(one[0] for one in taken):
            if line.startswith(".PATH"):
                paths.append(line.partition(":")[2])
            found = None if line.startswith(("\t", " ")) else _ASSIGNED.match(line)
            if found:
                _assign(values, before, found[1], found[2] or "", found[3])
    return Makefile(folder, values, tuple(paths), before)


def _assign(values: dict[str, str], known: Mapping[str, str], name: str, how: str, value: str) -> None:
    match how:
        case "+":
            values[name] = f"{values.get(name, known.get(name, ''))} {value}"[:100_000]
        case "?":
            if name not in known:
                values.setdefault(name, value)
        case "!":
            values[name] = ""
        case _:
            values[name] = value


def _lines(text: str) -> Iterator[str]:
    """Logical lines: continued ones joined, comments off."""
    held = ""
    for line in text.split("\n"):
        if line.endswith("\\"):
            held += line[:-1] + " "
            continue
        whole = held + line
        held = ""
        if not whole.startswith("\t"):
            whole = re.split(r"(?<!\\)#", whole, maxsplit=1)[0]
        if whole.strip():
            yield whole
    if held.strip():
        yield held


def _turn(taken: list[list[bool]], word: str, condition: str, make: Makefile) -> None:
    if word.startswith("if"):
        yes = _holds(word, condition, make)
        taken.append([yes, yes])
    elif not taken:
        return
    elif word == "endif":
        taken.pop()
    else:
        yes = not taken[-1][1] and (word == "else" or _holds(word.removeprefix("el"), condition, make))
        taken[-1] = [yes, taken[-1][1] or yes]


def _holds(word: str, condition: str, make: Makefile) -> bool:
    if word in ("ifdef", "ifndef"):
        return (condition.strip() in {**make._known, **make.values}) == (word == "ifdef")
    try:
        return _Condition(condition, make).value()
    except (IndexError, ValueError, RecursionError):
        return False


class _Condition:
    """A `.if` condition; what is not understood is false."""

    def __init__(self, text: str, make: Makefile) -> None:
        self._tokens = [match.groups() for match in _TOKEN.finditer(text)]
        self._make = make
        self._at = 0

    def value(self) -> bool:
        return self._either()

    def _symbol(self) -> str:
        return self._tokens[self._at][3] or "" if self._at < len(self._tokens) else ""

    def _either(self) -> bool:
        result = self._both()
        while self._symbol() == "||":
            self._at += 1
            result = self._both() or result
        return result

    def _both(self) -> bool:
        result = self._one()
        while self._symbol() == "&&":
            self._at += 1
            result = self._one() and result
        return result

    def _one(self) -> bool:
        if self._symbol() == "!":
            self._at += 1
            return not self._one()
        if self._symbol() == "(":
            self._at += 1
            result = self._either()
            self._at += 1
            return result
        negated, function, argument, _, word = self._tokens[self._at]
        self._at += 1
        if function:
            known = argument.strip() in {**self._make._known, **self._make.values}
            return ((function == "defined" and known) or (function == "empty" and not known)) != bool(negated)
        return self._compared(word)

    def _compared(self, first: str) -> bool:
        words = [first]
        while self._at < len(self._tokens) and self._tokens[self._at][4]:
            words.append(self._tokens[self._at][4])
            self._at += 1
        left, operator, right = (*_COMPARED.split(" ".join(words), maxsplit=1), "", "")[:3]
        one, other = (self._make._expanded(side, 0).strip().strip('"') for side in (left, right))
        if not operator:
            return bool(one) and one != "0"
        if operator in ("==", "!="):
            return (one == other) == (operator == "==")
        a, b = int(one), int(other)
        return {">=": a >= b, "<=": a <= b, ">": a > b, "<": a < b}[operator]


def _reference(text: str, dollar: int) -> tuple[str, int]:
    """What stands in `$X`, `${X}` or `$(X)`, and where the text goes on."""
    if dollar + 1 >= len(text):
        return "", dollar + 1
    opened = text[dollar + 1]
    closing = {"{": "}", "(": ")"}.get(opened)
    if closing is None:
        return opened, dollar + 2
    depth = 0
    for at in range(dollar + 1, len(text)):
        depth += (text[at] == opened) - (text[at] == closing)
        if not depth:
            return text[dollar + 2 : at], at + 1
    return "", len(text)


def _split_modifiers(reference: str) -> list[str]:
    name, *rest = reference.split(":", 1)
    if not rest:
        return [name]
    if rest[0][:1] in ("S", "C"):
        return [name, rest[0]]
    return [name, *rest[0].split(":")]


def _modified(value: str, modifier: str) -> str:
    kind, argument = modifier[:1], modifier[1:]
    words = value.split()
    if kind == "S" and argument:
        parts = argument[1:].split(argument[0])
        if len(parts) < 2:
            return value
        return " ".join(_substituted(word, parts[0], parts[1]) for word in words)
    if kind in ("M", "N") and argument:
        pattern = re.compile("".join(".*" if one == "*" else re.escape(one) for one in argument))
        return " ".join(word for word in words if bool(pattern.fullmatch(word)) == (kind == "M"))
    if modifier == "T":
        return " ".join(word.rpartition("/")[2] for word in words)
    if modifier == "R":
        return " ".join(word.rpartition(".")[0] or word for word in words)
    return value


def _substituted(word: str, old: str, new: str) -> str:
    bare = old.removeprefix("^").removesuffix("$")
    if old.startswith("^") and not word.startswith(bare):
        return word
    if old.endswith("$") and not word.endswith(bare):
        return word
    if old.startswith("^"):
        return new + word[len(bare) :]
    if old.endswith("$"):
        return word[: len(word) - len(bare)] + new
    return word.replace(bare, new, 1) if bare else word
