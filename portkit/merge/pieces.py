"""A file cut into functions, sections and what stands between; and which function of another file is this one.

A cousin's file shares no history with upstream's, so lines cannot be followed from the one to the other. Functions
can: by name, and, where one was renamed or split, by the lines that both hold.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain

from portkit.change.functions import header_of, name_in
from portkit.change.linediff import hunks
from portkit.change.lines import Lines

_WORD = re.compile(rb"[A-Za-z_]\w{2,}")
COMMON = frozenset(
    b"break continue default else endif goto ifdef ifndef include int return sizeof static struct char void const case "
    b"unsigned long for while switch NULL if do register extern typedef goto short double float union enum".split()
)
_NOT_CODE = re.compile(rb'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?(?:\*/|$)|//.*$')
_IN_COMMENT = re.compile(rb"^\s*\*(?:[\s/]|$)")
_LONGEST = 2000
_HALF = 2
_HEADER_LINES = 24
_CLEAR = 3
"""A likeness counts where the runner-up has at most two thirds of it."""
_SEEN = 1 << 16
"""What so many lines say is remembered: one change after the other is held against the same functions."""


@lru_cache(maxsize=_SEEN)
def code(raw: bytes, string: bytes = b" ") -> bytes:
    """A line without its comments, and with `string` for each of its strings."""
    if _IN_COMMENT.match(raw):
        return b""
    return _NOT_CODE.sub(lambda one: string if one[0][:1] in b"\"'" else b" ", raw[:_LONGEST])


@lru_cache(maxsize=_SEEN)
def telling(raw: bytes) -> bool:
    """Whether a line says something of its own: a word that is not the language's."""
    return any(word not in COMMON for word in _WORD.findall(raw))


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines start..end of one function, aggregate or section, from the line of its type on; `name` as
    `functions.name_in` gives it."""

    name: str
    start: int
    end: int


class Pieces:
    """A file's functions and sections, in order; what is in none of them stands outside."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.all = tuple(_cut(lines))
        self._starts = [piece.start for piece in self.all]
        self._words: dict[Piece, frozenset[bytes]] = {}

    def at(self, index: int) -> Piece | None:
        """The piece that line `index` stands in; None outside of all."""
        at = bisect_right(self._starts, index) - 1
        return self.all[at] if at >= 0 and index < self.all[at].end else None

    def around(self, start: int, end: int) -> Piece | None:
        """The piece in which the lines start..end stand, or between whose lines the position `start` lies; None where
        they reach beyond one."""
        if start == end:
            before = self.at(start - 1) if start else None
            return before if before is not None and start < before.end else None
        piece = self.at(start)
        return piece if piece is not None and end <= piece.end else None

    @cached_property
    def by_name(self) -> dict[str, tuple[Piece, ...]]:
        """The pieces of each name: more than one where a file has variants for different systems."""
        found: dict[str, tuple[Piece, ...]] = {}
        for piece in self.all:
            found[piece.name] = (*found.get(piece.name, ()), piece)
        return found

    @cached_property
    def _told(self) -> tuple[Counter[int], ...]:
        return tuple(self._telling(piece) for piece in self.all)

    def _telling(self, piece: Piece) -> Counter[int]:
        raw, keys = self.lines.raw, self.lines.keys
        return Counter(keys[index] for index in range(piece.start, piece.end) if telling(raw[index]))

    def words(self, piece: Piece) -> frozenset[bytes]:
        """The words of a piece's telling lines."""
        known = self._words.get(piece)
        if known is None:
            raw = self.lines.raw[piece.start : piece.end]
            known = self._words[piece] = frozenset(words_of(line for line in raw if telling(line)))
        return known

    def counterpart(self, other: Pieces, piece: Piece) -> tuple[Piece, str] | None:
        """Which piece of this file is `piece` of `other`, and how that is known: "name", or "likeness" where half of
        the shorter one's telling lines stand in both, in order, and no other piece has nearly as many. None where it
        cannot be told."""
        named = self.by_name.get(piece.name, ())
        if len(named) == 1 and len(other.by_name.get(piece.name, ())) == 1:
            return named[0], "name"
        candidates = named or self.all
        wanted = other._telling(piece)
        if not wanted:
            return None
        shares = sorted(
            ((self._share(other, piece, wanted, one), -one.start, one) for one in candidates), reverse=True,
            key=lambda share: share[:2],
        )  # fmt: skip
        if not shares or not shares[0][0]:
            return None
        best, second = shares[0][0], shares[1][0] if len(shares) > 1 else 0
        if second * _CLEAR > best * 2:
            return None
        return shares[0][2], "name" if named else "likeness"

    def _share(self, other: Pieces, piece: Piece, wanted: Counter[int], one: Piece) -> int:
        """How many telling lines `one` shares with `piece` of `other`; 0 where that is less than half of either's."""
        told = self._told[self._starts.index(one.start)]
        bag = (told & wanted).total()
        if bag < 2 or bag * _HALF < min(told.total(), wanted.total()):
            return 0
        a = [key for key in other.lines.keys[piece.start : piece.end] if key in wanted]
        b = [key for key in self.lines.keys[one.start : one.end] if key in told]
        shared = len(a) - sum(hunk.a1 - hunk.a0 for hunk in hunks(a, b))
        return shared if shared > 1 and shared * _HALF >= min(len(a), len(b)) else 0


def _cut(lines: Lines) -> list[Piece]:
    raw = lines.raw
    page = bool(raw) and raw[0].startswith((b".", b"'"))
    opens = [index for index in range(len(raw)) if _may_open(raw[index]) and _opens(lines, index, page)]
    result: list[Piece] = []
    for number, index in enumerate(opens):
        limit = opens[number + 1] if number + 1 < len(opens) else len(raw)
        end = limit if page else next((at + 1 for at in range(index + 1, limit) if raw[at][:1] in (b"}", b")")), limit)
        start = index
        floor = result[-1].end if result else 0
        while not page and start > floor and _is_type(raw[start - 1]):
            start -= 1
        if result and result[-1].end > start:
            result[-1] = Piece(result[-1].name, result[-1].start, start)
        result.append(Piece(name_in(raw[index]), start, end))
    return result


def _may_open(raw: bytes) -> bool:
    return raw[:1] not in (b"", b" ", b"\t", b"\n", b"#", b"/", b"}", b"{", b"*")


def _opens(lines: Lines, index: int, page: bool) -> bool:
    """Whether a function, an aggregate or a section begins in line `index`: a prototype, over however many lines, is
    none."""
    if header_of(lines.raw, index, lines.headers) != index:
        return False
    if page:
        return True
    depth = 0
    for at in range(index, min(index + _HEADER_LINES, len(lines.raw))):
        text = lines.raw[at].rstrip()
        depth += text.count(b"(") - text.count(b")")
        if depth <= 0:
            return not text.endswith((b";", b","))
    return False


def _is_type(raw: bytes) -> bool:
    """Whether a line can be the type on the line before a function's name."""
    return raw[:1].isalpha() and not raw.rstrip().endswith((b";", b":", b"}", b","))


def words_of(raw: Iterable[bytes]) -> set[bytes]:
    """The words in some lines."""
    return set(chain.from_iterable(map(_words, raw)))


@lru_cache(maxsize=_SEEN)
def _words(raw: bytes) -> tuple[bytes, ...]:
    return tuple(_WORD.findall(raw))
