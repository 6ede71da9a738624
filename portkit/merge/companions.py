"""Which hunks that fit must wait for others: half a change is often worse than none.

On a distant cousin a changeset rarely fits whole. A hunk whose place is certain may still make no sense alone: it uses
a variable that another hunk declares, takes away one that the target goes on using, opens a brace that another hunk
closes, or moves a line whose old copy stays. What is read here is C by words and lines, not by a parser; where that
errs, a hunk waits for a hand that needed none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from portkit.change.lines import Lines
from portkit.merge.pieces import COMMON, Piece, Pieces, telling
from portkit.merge.placing import Fate, Placed, Placing

C_FILES = (".c", ".h", ".y", ".l")

_NOT_CODE = re.compile(rb'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?(?:\*/|$)|//.*$')
_IN_COMMENT = re.compile(rb"^\s*\*(?:[\s/]|$)")
_NAME = re.compile(rb"[A-Za-z_]\w*")
_VALUE = re.compile(rb"\b[A-Za-z_]\w*\b(?!\s*\()")
_LONGEST = 2000
_DEFINE = re.compile(rb"^\s*#\s*(?:define|undef)\s+(\w+)")
_INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"')
_HEADER = re.compile(rb"^(?:[A-Za-z_][\w\s*]*[\s*])?([A-Za-z_]\w*)\s*\(")
_STATEMENT = frozenset((b"return", b"goto", b"break", b"continue", b"case", b"default", b"else", b"typedef"))
_PARTS = re.compile(rb"^[\w\s*\[\]+\-/.:]*$")
_QUOTED = 50


def code(raw: bytes) -> bytes:
    """A line without its strings and comments."""
    return b"" if _IN_COMMENT.match(raw) else _NOT_CODE.sub(b" ", raw[:_LONGEST])


def declared(raw: bytes) -> tuple[bytes, ...]:
    """The names that a line declares or defines, as far as one line tells."""
    text = code(raw).strip()
    define = _DEFINE.match(text)
    if define:
        return (define[1],)
    if not text.endswith((b";", b",")) or text.startswith((b"#", b"}")):
        header = _HEADER.match(text) if raw[:1].isalpha() and not text.endswith(b";") else None
        return (header[1],) if header else ()
    if b"(" in text.partition(b"=")[0]:
        header = _HEADER.match(text) if raw[:1].isalpha() else None
        return (header[1],) if header else ()
    names = []
    for number, part in enumerate(_split(text.rstrip(b";, "))):
        left = part.partition(b"=")[0]
        words = _NAME.findall(re.sub(rb"\[[^\]]*\]", b"", left).partition(b":")[0])
        if not _PARTS.match(left) or not words or b"->" in left or b"." in left:
            return ()
        if number == 0 and (len(words) < 2 or words[0] in _STATEMENT):
            return ()
        names.append(words[-1])
    return tuple(names)


def _split(text: bytes) -> list[bytes]:
    """`text` cut at the commas outside of all brackets."""
    parts, depth, start = [], 0, 0
    for at, byte in enumerate(text):
        if byte in b"([{":
            depth += 1
        elif byte in b")]}":
            depth -= 1
        elif byte == 44 and depth <= 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def names_in(raw: Iterable[bytes]) -> set[bytes]:
    """The names in some lines' code."""
    return {name for line in raw for name in _NAME.findall(code(line))}


def owned(pieces: Pieces) -> set[bytes]:
    """The names that a file gives to other code: what it declares or defines outside of functions, and the members of
    its structures."""
    found: set[bytes] = set()
    raw = pieces.lines.raw
    for index, line in enumerate(raw):
        piece = pieces.at(index)
        if piece is None or piece.name.startswith(("struct ", "union ", "enum ", "typedef ", "static ", "const ")):
            found.update(declared(line))
    found.update(piece.name.encode("latin-1") for piece in pieces.all if " " not in piece.name)
    return found


def locals_of(pieces: Pieces, piece: Piece) -> set[bytes]:
    """The names that a function has for itself: its parameters, and what is declared in it."""
    raw = pieces.lines.raw
    found: set[bytes] = set()
    body = False
    for index in range(piece.start, piece.end):
        if not body:
            found.update(names_in((raw[index],)))
            body = b"{" in raw[index]
        else:
            found.update(declared(raw[index]) if raw[index][:1].isspace() else ())
    return found - {piece.name.encode("latin-1")}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beyond the file at hand. `target` says whether a name stands anywhere in the target's files;
    `upstream` which of upstream's files owns a name that others may use ("" for none); `brought` the names that
    the changeset's other files bring; `elsewhere` whether a name stands in a file of the target other than the one at
    hand; `header` the names that a header of the target's gives."""

    target: Callable[[bytes], bool]
    upstream: Callable[[bytes], str]
    brought: frozenset[bytes]
    elsewhere: Callable[[bytes], bool]
    header: Callable[[bytes], frozenset[bytes]]


def waiting(
    file: str, placed: Placed, ours: Pieces, theirs: Pieces, base: Pieces, result: Pieces, known: Known
) -> dict[int, str]:
    """Which of the hunks that were placed must wait, by number, and for what: a sentence each. `ours` is the target's
    file before the change, `result` after it."""
    landed = [one for one in placed.hunks if one.fate is Fate.PLACED]
    if not landed:
        return {}
    look = _Look(placed, landed, ours, theirs, base, result, known)
    found: dict[int, str] = {}
    in_code = (look.balance, look.lacks, look.bereaves, look.entangled)
    more = in_code if file.endswith(C_FILES) else (look.prose,)
    for check in (look.moves, look.doubles, *more):
        for number, reason in check():
            found.setdefault(number, reason)
    return found


_Found = Iterable[tuple[int, str]]


class _Look:
    def __init__(
        self, placed: Placed, landed: Sequence[Placing], ours: Pieces, theirs: Pieces, base: Pieces, result: Pieces,
        known: Known,
    ) -> None:  # fmt: skip
        self.placed = placed
        self.landed = landed
        self.ours = ours
        self.theirs = theirs
        self.base = base
        self.result = result
        self.known = known

    def added(self, one: Placing) -> tuple[bytes, ...]:
        return self.theirs.lines.raw[one.hunk.b0 : one.hunk.b1]

    def removed(self, one: Placing) -> tuple[bytes, ...]:
        return self.base.lines.raw[one.hunk.a0 : one.hunk.a1]

    def moves(self) -> _Found:
        """A line that one hunk takes away and another brings: both or neither."""
        takes: dict[bytes, list[Placing]] = {}
        brings: dict[bytes, list[Placing]] = {}
        for one in self.placed.hunks:
            for raw in filter(telling, self.removed(one)):
                takes.setdefault(_bare(raw), []).append(one)
            for raw in filter(telling, self.added(one)):
                brings.setdefault(_bare(raw), []).append(one)
        for key in sorted(takes.keys() & brings.keys()):
            both = [*takes[key], *brings[key]]
            stuck = [one for one in both if one.fate in (Fate.LEFT, Fate.READY)]
            if stuck:
                for one in both:
                    if one.fate is Fate.PLACED:
                        yield one.number, f"it moves a line, and hunk {stuck[0].number}, the other half, does not land"

    def doubles(self) -> _Found:
        """A line, or a declaration, that the target would have twice where upstream has it once."""
        for one in self.landed:
            mine, yours = self._span(self.result, one.counterpart), self._span(self.theirs, one.function)
            lines_mine, lines_yours = _lines(self.result, mine), _lines(self.theirs, yours)
            names_mine: Counter[bytes] | None = None
            for raw in self.added(one):
                if telling(raw) and lines_mine[_bare(raw)] > max(1, lines_yours[_bare(raw)]):
                    yield one.number, f"the target has the line {_quoted(raw)} there already"
                    break
                names = declared(raw)
                if not names:
                    continue
                if names_mine is None:
                    names_mine, names_yours = _declares(self.result, mine), _declares(self.theirs, yours)
                twice = next((name for name in names if names_mine[name] > max(1, names_yours[name])), None)
                if twice is not None:
                    yield one.number, f"the target declares {twice.decode('latin-1')} there already, in other words"
                    break

    def balance(self) -> _Found:
        """Braces and conditionals that pair with those of a hunk that does not land."""
        by_function: dict[str, list[tuple[Placing, tuple[int, int]]]] = {}
        for one in self.landed:
            by_function.setdefault(one.counterpart, []).append((one, self._weight(one)))
        for hunks in by_function.values():
            for side, what in ((0, "braces"), (1, "conditionals (#if)")):
                if sum(weight[side] for _, weight in hunks):
                    for one, weight in hunks:
                        if weight[side]:
                            yield one.number, f"its {what} pair with those of a hunk that does not land"

    def _weight(self, one: Placing) -> tuple[int, int]:
        braces = conditionals = 0
        for sign, lines in ((1, self.added(one)), (-1, self.removed(one))):
            for raw in lines:
                text = code(raw)
                braces += sign * (text.count(b"{") - text.count(b"}"))
                stripped = text.lstrip().removeprefix(b"#").lstrip() if text.lstrip().startswith(b"#") else b""
                conditionals += sign * (stripped.startswith(b"if") - stripped.startswith(b"endif"))
        return braces, conditionals

    def lacks(self) -> _Found:
        """A name that an added line uses, and that nothing in the target gives."""
        given: dict[str, set[bytes]] = {}
        for one in self.landed:
            given.setdefault(one.counterpart, set()).update(name for raw in self.added(one) for name in declared(raw))
        everywhere = set(self.known.brought).union(*given.values())
        for one in self.landed:
            piece = self.theirs.around(one.hunk.b0, one.hunk.b1)
            own = locals_of(self.theirs, piece) if piece is not None else set()
            mine = self._piece(self.ours, one.counterpart)
            here = names_in(self.ours.lines.raw[mine.start : mine.end]) if mine is not None else set()
            gone = {name for other in self.landed if other.counterpart == one.counterpart
                    for raw in self.removed(other) for name in declared(raw)}  # fmt: skip
            here |= given.get(one.counterpart, set())
            for name in sorted(names_in(self.added(one))):
                if name in own:
                    if name not in here or (name in gone and name not in given.get(one.counterpart, set())):
                        text = name.decode("latin-1")
                        yield one.number, f"it uses {text}, which {one.function} has for itself upstream, not here"
                        break
                elif name not in everywhere and not self.known.target(name):
                    owner = self.known.upstream(name)
                    if owner:
                        yield one.number, f"it uses {name.decode('latin-1')}, which the target lacks ({owner} has it)"
                        break

    def entangled(self) -> _Found:
        """A change of a name that another hunk of the same function changes too, and does not land: a variable that
        is declared and used here, and set there."""
        touched = {one.number: self._touched(one) for one in self.placed.hunks}
        for one in self.landed:
            for other in self.placed.hunks:
                if other.function != one.function or not one.function or other.fate not in (Fate.LEFT, Fate.READY):
                    continue
                shared = touched[one.number] & touched[other.number]
                if shared:
                    name = min(shared).decode("latin-1")
                    why = f"it changes what is done with {name}, as hunk {other.number} does, which does not land"
                    yield one.number, why
                    break

    def prose(self) -> _Found:
        """A passage of a section of which another passage does not land: what one counts, the other tells."""
        for one in self.landed:
            for other in self.placed.hunks:
                if other.function == one.function and one.function and other.fate in (Fate.LEFT, Fate.READY):
                    yield one.number, f"hunk {other.number}, of the same section, does not land"
                    break

    def _touched(self, one: Placing) -> set[bytes]:
        """The names that a hunk brings or takes away, those of functions that are called left out: what ties two hunks
        together is what one leaves for the other."""
        added, removed = (Counter(name for raw in lines for name in _VALUE.findall(code(raw)))
                          for lines in (self.added(one), self.removed(one)))  # fmt: skip
        return {name for name in ((added - removed) + (removed - added)) if name not in COMMON}

    def bereaves(self) -> _Found:
        """A declaration that is taken away while the target goes on using what it declares."""
        for one in self.landed:
            added = {name for other in self.landed if other.counterpart == one.counterpart
                     for raw in self.added(other) for name in declared(raw)}  # fmt: skip
            piece = self._piece(self.result, one.counterpart)
            raw = self.result.lines.raw
            lines = raw[piece.start : piece.end] if piece is not None else raw
            for line in self.removed(one):
                names = set(declared(line)) - added
                include = _INCLUDE.match(line)
                if include and not any(include[1] in other for other in self.added(one)):
                    names = set(self.known.header(include[1]))
                if not names:
                    continue
                left = names_in(lines) & names
                if piece is None and not include:
                    left |= {name for name in names if line[:6] != b"static" and self.known.elsewhere(name)}
                if left:
                    yield one.number, f"it takes away {min(left).decode('latin-1')}, which the target goes on using"
                    break

    def _piece(self, pieces: Pieces, name: str) -> Piece | None:
        found = pieces.by_name.get(name, ()) if name else ()
        return found[0] if found else None

    def _span(self, pieces: Pieces, name: str) -> tuple[int, int]:
        piece = self._piece(pieces, name)
        return (piece.start, piece.end) if piece is not None else (0, len(pieces.lines.raw))


def _bare(raw: bytes) -> bytes:
    """A line without its white space: what is moved or written anew is often indented anew."""
    return b"".join(raw.split())


def _lines(pieces: Pieces, span: tuple[int, int]) -> Counter[bytes]:
    return Counter(map(_bare, pieces.lines.raw[span[0] : span[1]]))


def _declares(pieces: Pieces, span: tuple[int, int]) -> Counter[bytes]:
    return Counter(name for raw in pieces.lines.raw[span[0] : span[1]] for name in declared(raw))


def _quoted(raw: bytes) -> str:
    text = raw.strip().decode("utf-8", "replace")
    return repr(text if len(text) <= _QUOTED else text[: _QUOTED - 3] + "...")


def brought(placed: Placed, theirs: Lines) -> set[bytes]:
    """The names that the landed hunks declare."""
    return {
        name
        for one in placed.hunks
        if one.fate is Fate.PLACED
        for raw in theirs.raw[one.hunk.b0 : one.hunk.b1]
        for name in declared(raw)
    }
