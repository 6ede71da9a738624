"""Content as lines that compare quickly: each line a small integer, keywords folded.

Folding takes the expansion out of every RCS keyword, and the white space beside it, so that two copies whose
ident lines differ are equal there. The raw lines stay beside the integers: what is written is always raw.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field

from portkit.change.ident import KEYWORDS, keywords
from portkit.text import split_lines

_SPACE = re.compile(rb"[ \t\r\f\v]+")
_PAGE_DATE = re.compile(rb"\$Mdocdate: ([A-Z][a-z]{2,8}) +(\d{1,2}) (\d{4}) \$")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_EXPANSION = re.compile(rb":[^$\n]*\$")


@dataclass(frozen=True, slots=True)
class Lines:
    """`raw[i]` is line i with its LF; `keys[i]` its integer, 0 for a blank line."""

    content: bytes
    raw: tuple[bytes, ...]
    keys: tuple[int, ...]
    folded: tuple[int, ...]
    """The indexes of the lines in which a keyword was folded."""
    headers: dict[int, int] = field(default_factory=dict, repr=False, compare=False)
    """What `functions.header_of` has found so far."""
    functions: dict[str, list[int]] = field(default_factory=dict, repr=False, compare=False)
    """What `functions.openings` found, once it was asked."""


BLANK = 0
"""The integer of an empty line."""


class _Keys(dict[bytes, int]):
    """Lines to integers; one that is new gets the next."""

    def __missing__(self, line: bytes) -> int:
        self[line] = number = len(self)
        return number


class LineTable:
    """Gives equal lines equal integers, for as long as it lives; remembers the newest contents it has split.
    `more`: keywords to fold beside the known ones."""

    def __init__(self, remember: int = 64, more: tuple[str, ...] = ()) -> None:
        self._keywords = keywords(more)
        self._keys = _Keys({b"\n": BLANK})
        self._recent: OrderedDict[bytes, Lines] = OrderedDict()
        self._remember = remember

    def lines(self, content: bytes) -> Lines:
        """`content`, split and folded."""
        known = self._recent.get(content)
        if known is not None:
            self._recent.move_to_end(content)
            return known
        raw = split_lines(content)
        folded: dict[int, bytes] = {}
        if b"$" in content:
            index = seen = 0
            for match in self._keywords.finditer(content):
                index += content.count(b"\n", seen, match.start())
                seen = match.start()
                if index not in folded:
                    folded[index] = fold(raw[index], self._keywords)
        numbers = list(map(self._keys.__getitem__, raw))
        for index, line in folded.items():
            numbers[index] = self._keys[line]
        result = Lines(content, tuple(raw), tuple(numbers), tuple(folded))
        self._recent[content] = result
        if len(self._recent) > self._remember:
            self._recent.popitem(last=False)
        return result


def shape(line: bytes) -> bytes:
    """`line` with its keywords' expansions taken out, and nothing else."""
    return KEYWORDS.sub(lambda match: _EXPANSION.sub(b"$", match[0]), line)


def expansions(line: bytes) -> list[bytes]:
    """The keywords of `line` as they stand, expanded or not."""
    return KEYWORDS.findall(line)


def followed(mine: bytes, old: bytes, new: bytes) -> bytes:
    """The keyword line `mine` once upstream has made `new` of `old`: the white space around the keywords, and each
    expansion, is upstream's new one where ours was its old one. The date of a manual page that version control writes
    (`$Mdocdate$`) is upstream's where it is the later one: each tree dates its pages when it changes them."""
    if mine == old:
        return new
    own, before, after = expansions(mine), expansions(old), expansions(new)
    if not [_name(one) for one in own] == [_name(one) for one in before] == [_name(one) for one in after]:
        return mine
    taken = iter([
        theirs if one == was or (was != theirs and _date(theirs) > _date(one) > ()) else one
        for one, was, theirs in zip(own, before, after, strict=True)
    ])  # fmt: skip
    return KEYWORDS.sub(lambda _: next(taken), shape(new) if shape(mine) == shape(old) else shape(mine))


def _name(expansion: bytes) -> bytes:
    return expansion.strip(b"$").partition(b":")[0]


def _date(expansion: bytes) -> tuple[int, ...]:
    """What dates of manual pages are ordered by; nothing for any other keyword."""
    found = _PAGE_DATE.fullmatch(expansion)
    return (int(found[3]), _MONTHS.index(found[1][:3]), int(found[2])) if found and found[1][:3] in _MONTHS else ()


def fold(line: bytes, pattern: re.Pattern[bytes] = KEYWORDS) -> bytes:
    """One line with its keywords' expansions and its white space taken out."""
    return _SPACE.sub(b"", pattern.sub(lambda match: _EXPANSION.sub(b"$", match[0]), line))
