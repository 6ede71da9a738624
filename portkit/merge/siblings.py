"""A change to a list of things that each stand for themselves: includes, declarations, functions, words.

Where upstream adds one of them, the lines around it need not agree with the target's, and mostly do not: between
cousins each list has its own. What tells the place is the sibling beside it, known by what it includes or declares, in
whatever words. The new one goes right behind the one that is before it upstream; only where the target has that once,
outside of conditionals, and has nothing of the new one's name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portkit.change.linediff import hunks
from portkit.merge.declarations import declared
from portkit.merge.pieces import Piece, Pieces, code, telling

INCLUDED = re.compile(rb'\s*#\s*include\s*[<"]([^>"\n]+)[>"]')
"""A header that is read in, in either way."""
_CONDITIONAL = re.compile(rb"\s*#\s*(if|ifdef|ifndef|endif)\b")
_REACH = 6
"""So many siblings away, at most, stands the one that tells the place."""
_LONG = 6
"""A declaration has so many lines at most."""
_SLIDES = 12
_ASSIGNED = re.compile(rb"([A-Za-z_][\w.]*)[ \t]*[+?:]?=")
_ITEM = re.compile(rb"[^\s\\]+")
_PLAIN = re.compile(rb"[\w.+-]+")


class Kind(StrEnum):
    """What a list is of."""

    SYSTEM = "system include"
    INCLUDE = "include"
    DECLARATION = "declaration"
    FUNCTION = "function"


@dataclass(frozen=True, slots=True)
class Item:
    """Lines start..end, outside of all functions, that give `names`; `always`: outside of conditionals, too, but for a
    header's guard."""

    kind: Kind
    names: frozenset[bytes]
    start: int
    end: int
    always: bool


def items(pieces: Pieces) -> tuple[Item, ...]:
    """The includes, declarations and functions of a C file, in order."""
    return tuple(_items(pieces))


def _items(pieces: Pieces) -> Iterator[Item]:
    raw = pieces.lines.raw
    depth, at, guard = 0, 0, _guarded(raw)
    while at < len(raw):
        piece, line = pieces.at(at), raw[at]
        end = at + 1
        if piece is not None and at == piece.start and " " not in piece.name:
            end = piece.end
            yield Item(Kind.FUNCTION, frozenset((piece.name.encode("latin-1"),)), at, end, depth == guard)
        elif piece is None:
            include = INCLUDED.match(line)
            if include is not None:
                kind = Kind.SYSTEM if b"<" in line else Kind.INCLUDE
                yield Item(kind, frozenset((include[1],)), at, end, depth == guard)
            elif line[:1].isalpha():
                end, names = _declaration(raw, at)
                if names:
                    yield Item(Kind.DECLARATION, frozenset(names), at, end, depth == guard)
        for one in raw[at:end]:
            found = _CONDITIONAL.match(one)
            depth += (-1 if found[1] == b"endif" else 1) if found is not None else 0
        at = end


def _declaration(raw: Sequence[bytes], at: int) -> tuple[int, tuple[bytes, ...]]:
    """Where a declaration that may begin at a line ends, and what it declares."""
    text = b""
    for end in range(at, min(at + _LONG, len(raw))):
        text += b" " + code(raw[end]).strip()
        if b"{" in text.partition(b"=")[0] or raw[end][:1] in b"#\n}":
            break
        if text.endswith(b";"):
            return end + 1, declared(text[1:] + b"\n")
    return at + 1, ()


def _guarded(raw: Sequence[bytes]) -> int:
    """1 where a file stands in a guard against being read twice, else 0."""
    lines = [line.split() for line in raw if line.lstrip().startswith(b"#")][:2]
    return int(len(lines) == 2 and lines[0][:1] == [b"#ifndef"] and lines[1][:1] == [b"#define"]
               and lines[0][1:2] == lines[1][1:2])  # fmt: skip


def beside(new: Pieces, ours: Pieces, b0: int, b1: int) -> tuple[int, tuple[bytes, ...]] | None:
    """Where the lines b0..b1 that upstream adds in `new` go in `ours`, and the lines as they go in (the same change may
    be read as several runs of lines); None where that is not sure."""
    raw = new.lines.raw
    theirs, mine = items(new), items(ours)
    best: tuple[bool, int, tuple[bytes, ...]] | None = None
    for start, end in _slid(raw, b0, b1):
        inside = [item for item in theirs if start <= item.start and item.end <= end]
        kinds = {item.kind for item in inside}
        covered = {at for item in inside for at in range(item.start, item.end)}
        rest = [raw[at] for at in range(start, end) if at not in covered]
        if len(kinds) != 1 or not all(item.always for item in inside) or any(code(line).strip() for line in rest):
            continue
        kind = inside[0].kind
        names = {name for item in inside for name in item.names}
        if any(names & item.names for item in mine) or (
            kind is Kind.FUNCTION and any(name.decode("latin-1") in ours.by_name for name in names)
        ):
            return None
        before = _known(mine, kind, [item for item in reversed(theirs) if item.end <= start])
        after = _known(mine, kind, [item for item in theirs if item.start >= end])
        if not all(one is None or one.always for one in (before, after)):
            return None
        if before is not None and (after is None or before.end <= after.start):
            place, blank = before.end, not raw[start].strip()
        elif before is None and after is not None and kind in (Kind.SYSTEM, Kind.INCLUDE):
            place, blank = after.start, not raw[end - 1].strip()
        else:
            continue
        if best is None or (blank and not best[0]):
            best = blank, place, tuple(raw[start:end])
    return (best[1], best[2]) if best is not None else None


def _known(mine: Sequence[Item], kind: Kind, siblings: Sequence[Item]) -> Item | None:
    """The target's own of the nearest of upstream's siblings that it has, once."""
    seen = 0
    for sibling in siblings:
        if sibling.kind is not kind:
            if Kind.FUNCTION in (sibling.kind, kind):
                if sibling.kind is Kind.FUNCTION:
                    return None  # a list does not go on beyond a function
                continue
            continue
        found = [item for item in mine if item.kind is kind and item.names & sibling.names]
        if found:
            return found[0] if len(found) == 1 else None
        seen += 1
        if seen == (_REACH if kind is not Kind.FUNCTION else 1):
            return None
    return None


def _slid(raw: Sequence[bytes], b0: int, b1: int) -> Iterator[tuple[int, int]]:
    """The runs of lines that b0..b1 can be read as."""
    yield b0, b1
    for step in range(1, _SLIDES):
        if b0 - step < 0 or raw[b0 - step] != raw[b1 - step]:
            break
        yield b0 - step, b1 - step
    for step in range(_SLIDES):
        if b1 + step >= len(raw) or raw[b0 + step] != raw[b1 + step]:
            break
        yield b0 + step + 1, b1 + step + 1


def declared_beside(
    base: Pieces, piece: Piece, ours: Pieces, other: Piece, a0: int, a1: int, added: Sequence[bytes]
) -> tuple[int, int] | None:
    """Which lines of `other`, the target's function, make place for declarations that upstream has in `piece` instead
    of the lines a0..a1, or besides those there; none of these where it only adds. None where that is not sure."""
    told = [raw for raw in added if telling(code(raw))]
    names = {name for raw in told for name in declared(raw)}
    removed = base.lines.raw[a0:a1]
    if not told or not all(raw[:1].isspace() and declared(raw) for raw in told):
        return None
    mine, head = ours.lines.raw, _head(ours, other)
    there = Counter(name for at in head for name in declared(mine[at]))
    if any(telling(raw) and not declared(raw) for raw in removed) or a1 not in (*_head(base, piece), *(
        at + 1 for at in _head(base, piece))):  # fmt: skip
        return None
    gone = {name for raw in removed for name in declared(raw)}
    if any(there[name] for name in names - gone):
        return None
    if gone:
        wanted = [_bare(raw) for raw in removed]
        places = [at for at in head if [_bare(raw) for raw in mine[at : at + len(wanted)]] == wanted]
        return (places[0], places[0] + len(wanted)) if len(places) == 1 else None
    if removed:
        return None
    before = next((at for at in range(a0 - 1, piece.start, -1) if telling(code(base.lines.raw[at]))), piece.start)
    known = set(declared(base.lines.raw[before])) if before in _head(base, piece) else set()
    places = [at + 1 for at in head if known & set(declared(mine[at]))]
    return (places[0], places[0]) if len(places) == 1 else None


def _head(pieces: Pieces, piece: Piece) -> list[int]:
    """The lines of a function that declare its variables, those in conditionals left out."""
    raw, found = pieces.lines.raw, []
    begun, depth = False, 0
    for at in range(piece.start, piece.end):
        line = raw[at]
        conditional = _CONDITIONAL.match(line)
        if conditional is not None:
            depth += -1 if conditional[1] == b"endif" else 1
        elif not begun:
            begun = line[:1] == b"{" or line.rstrip().endswith(b"{")
        elif declared(line):
            if not depth:
                found.append(at)
        elif code(line).strip() and not line.lstrip().startswith(b"#"):
            break
    return found


def _bare(raw: bytes) -> bytes:
    return b"".join(raw.split())


@dataclass(frozen=True, slots=True)
class _List:
    """The words that a variable of a makefile is given, each with its line and place."""

    name: bytes
    start: int
    end: int
    words: tuple[tuple[bytes, int, int, int], ...]

    @property
    def plain(self) -> list[bytes]:
        return [word for word, _, _, _ in self.words]


def _lists(raw: Sequence[bytes]) -> list[_List]:
    found: list[_List] = []
    at = 0
    while at < len(raw):
        begun = _ASSIGNED.match(raw[at])
        end = at + 1
        if begun is not None:
            while end < len(raw) and raw[end - 1].rstrip().endswith(b"\\"):
                end += 1
            words = []
            for line in range(at, end):
                text = raw[line].partition(b"#")[0]
                words += [(one[0], line, one.start(), one.end())
                          for one in _ITEM.finditer(text, begun.end() if line == at else 0)]  # fmt: skip
            found.append(_List(begun[1], at, end, tuple(words)))
        at = end
    return found


def listed(
    base: Sequence[bytes], new: Sequence[bytes], ours: Sequence[bytes], a0: int, a1: int, b1: int
) -> tuple[int, bytes] | None:
    """The words that upstream adds to a list of a makefile, in the target's list of that name: the line that changes,
    and what it becomes, or b"" where all is there already. None where that is not sure. `a0`..`a1` of `base` became
    `a0`..`b1` of `new`."""
    before, after = _around(_lists(base), a0, a1), _around(_lists(new), a0, b1)
    if before is None or after is None or before.name != after.name or not all(map(_PLAIN.fullmatch, after.plain)):
        return None
    numbers: dict[bytes, int] = {}
    a, b = ([numbers.setdefault(word, len(numbers)) for word in one.plain] for one in (before, after))
    mine = [word for one in _lists(ours) if one.name == before.name for word in one.words]
    there = Counter(word for word, _, _, _ in mine)
    edits: list[tuple[int, int, int, bytes]] = []
    first = -1
    for hunk in hunks(a, b):
        for word in before.plain[hunk.a0 : hunk.a1]:
            if there[word]:
                return None  # what is taken away may be the target's own
        wanted = after.plain[hunk.b0 : hunk.b1]
        lacking = [word for word in wanted if not there[word]]
        known = next((one for word in wanted for one in mine if one[0] == word), None)
        first = known[1] if known is not None and first < 0 else first
        if not lacking:
            continue
        anchor = next((word for word in reversed(after.plain[: hunk.b0]) if there[word]), None)
        if anchor is None or there[anchor] != 1 or len(lacking) != len(wanted):
            return None
        _, line, _, end = next(one for one in mine if one[0] == anchor)
        edits.append((line, end, end, b"".join(b" " + word for word in lacking)))
    if not edits:
        return (first, b"") if first >= 0 else None
    if len(edits) != 1:
        return None
    line, start, end, text = edits[0]
    return line, ours[line][:start] + text + ours[line][end:]


def _around(lists: Sequence[_List], start: int, end: int) -> _List | None:
    return next((one for one in lists if one.start <= start and end <= one.end and start < one.end), None)
