"""A small change made within lines that the target has in its own words.

Upstream corrects a word of a line: a format, an argument, a condition. The target's line is another one, but holds the
same expression, once, and upstream's function holds it once, too. Then it is known which words are meant, whatever
stands around them. What is replaced is never less than a whole expression: a string, a call with its arguments, what
stands in brackets, else the whole line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from portkit.change.linediff import Hunk, hunks
from portkit.merge.pieces import telling
from portkit.text import split_lines

_TOKEN = re.compile(rb'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|[A-Za-z_]\w*|\d\w*|\s+|.', re.DOTALL)
_NAME = re.compile(rb"[A-Za-z_]\w*")
_LINES = 4
_OPEN, _CLOSE = (b"(", b"["), (b")", b"]")


@dataclass(frozen=True, slots=True)
class _Token:
    text: bytes
    start: int
    end: int


def reworded(
    removed: Sequence[bytes], added: Sequence[bytes], base: Sequence[bytes], ours: Sequence[bytes]
) -> tuple[int, tuple[bytes, ...]] | None:
    """The change of the lines `removed` to `added`, as many, made within `ours`, the target's function, where the words
    that change stand once in it and once in `base`, upstream's: the index of the first line and the new lines, as many;
    None where that cannot be told."""
    if not 0 < len(removed) == len(added) <= _LINES:
        return None
    text, upstream = b"".join(ours), b"".join(base)
    wanted: list[tuple[list[bytes], bool, bytes]] = []
    for old, new in zip(removed, added, strict=True):
        found = _expressions(old, new)
        if not found or any(word not in text for words, _, _ in found for word in words):
            return None
        wanted += found
    mine, theirs = _tokens(text), _tokens(upstream)
    edits: list[tuple[int, int, bytes]] = []
    for words, line, instead in wanted:
        places = _places(mine, words)
        if line:  # a whole line of upstream's is a whole line there
            places = [at for at in places if _whole(mine, at, at + len(words), text)]
        if len(places) != 1 or len(_places(theirs, words)) != 1:
            return None
        edits.append((mine[places[0]].start, mine[places[0] + len(words) - 1].end, instead))
    if any(one[1] > other[0] for one, other in pairwise(edits)):
        return None  # they would change places, or meet
    if any(b"\n" in text[start:end] for start, end, _ in edits):
        return None
    starts = [0]
    for raw in ours:
        starts.append(starts[-1] + len(raw))
    lines = sorted({bisect_right(starts, start) - 1 for start, _, _ in edits})
    if len(lines) != len(removed) or lines[-1] - lines[0] != len(removed) - 1:
        return None
    for start, end, instead in reversed(edits):
        text = text[:start] + instead + text[end:]
    result = split_lines(text)
    if len(result) != len(ours):
        return None
    return lines[0], tuple(result[lines[0] : lines[-1] + 1])


def done_there(
    removed: Sequence[bytes], added: Sequence[bytes], base: Sequence[bytes], ours: Sequence[bytes]
) -> int:
    """The index of the line of `ours` that has the change already, in a line of its own: each expression stands there
    once as upstream has it afterwards and nowhere as it was, while `base` has it as it was, once; -1 where that cannot
    be told."""
    if not 0 < len(removed) == len(added) <= _LINES:
        return -1
    text = b"".join(ours)
    mine: tuple[_Token, ...] = ()
    theirs: tuple[_Token, ...] = ()
    found: list[int] = []
    for old, new in zip(removed, added, strict=True):
        for words, _, instead in _expressions(old, new):
            wanted = [token.text for token in _tokens(instead)]
            if any(word not in text for word in wanted) or not telling(b" ".join(wanted)):
                return -1
            if all(word.isdigit() for word in set(wanted) - set(words)) and set(wanted) != set(words):
                return -1  # a number may have become that one for another reason
            mine, theirs = mine or _tokens(text), theirs or _tokens(b"".join(base))
            places = _places(mine, wanted)
            if len(places) != 1 or _places(mine, words) or _places(theirs, wanted) or len(_places(theirs, words)) != 1:
                return -1
            found.append(text.count(b"\n", 0, mine[places[0]].start))
    return found[0] if len(found) >= len(removed) else -1


def _expressions(old: bytes, new: bytes) -> list[tuple[list[bytes], bool, bytes]]:
    """What changes in a line: the words of each expression, whether it is the whole line, and what is there instead;
    nothing where one of them cannot be told."""
    before, after = _tokens(old), _tokens(new)
    numbers: dict[bytes, int] = {}
    a, b = ([numbers.setdefault(token.text, len(numbers)) for token in side] for side in (before, after))
    made = hunks(a, b)
    spans: list[tuple[int, int]] = []
    for hunk in made:
        span = _expression(before, hunk)
        if span is None:
            return []
        if spans and span[0] < spans[-1][1]:
            span = min(span[0], spans[-1][0]), max(span[1], spans.pop()[1])
        spans.append(span)
    found = []
    for first, last in spans:
        words = [token.text for token in before[first:last]]
        inside = [hunk for hunk in made if first <= hunk.a0 and hunk.a1 <= last]
        start = inside[0].b0 - (inside[0].a0 - first)
        end = inside[-1].b1 + (last - inside[-1].a1)
        if start >= end or not telling(b" ".join(words)):
            return []
        found.append((words, last - first == len(before), new[after[start].start : after[end - 1].end]))
    return found


def _expression(tokens: Sequence[_Token], hunk: Hunk) -> tuple[int, int] | None:
    """The smallest whole expression around a change within a line; None where it goes on beyond the line."""
    if hunk.a1 - hunk.a0 == 1 == hunk.b1 - hunk.b0 and tokens[hunk.a0].text[:1] == b'"':
        return hunk.a0, hunk.a1
    depth, first = 0, hunk.a0 - 1
    while first >= 0 and (depth or tokens[first].text not in _OPEN):
        depth += (tokens[first].text in _CLOSE) - (tokens[first].text in _OPEN)
        first -= 1
    if first < 0:
        level = sum((token.text in _OPEN) - (token.text in _CLOSE) for token in tokens)
        return (0, len(tokens)) if not level else None
    depth = 0
    for last in range(first, len(tokens)):
        depth += (tokens[last].text in _OPEN) - (tokens[last].text in _CLOSE)
        if not depth:
            called = first > 0 and _NAME.fullmatch(tokens[first - 1].text)
            return (first - 1 if called else first, last + 1) if last >= hunk.a1 else None
    return None


def _places(tokens: Sequence[_Token], words: Sequence[bytes]) -> list[int]:
    return [
        at for at in range(len(tokens) - len(words) + 1)
        if tokens[at].text == words[0] and all(tokens[at + step].text == word for step, word in enumerate(words))
    ]  # fmt: skip


def _whole(tokens: Sequence[_Token], first: int, last: int, text: bytes) -> bool:
    """Whether the tokens first..last are all that stands in their lines."""
    before = tokens[first - 1].end if first else 0
    after = tokens[last].start if last < len(tokens) else len(text)
    alone = not first or b"\n" in text[before : tokens[first].start]
    return alone and (last == len(tokens) or b"\n" in text[tokens[last - 1].end : after])


@lru_cache(maxsize=256)
def _tokens(text: bytes) -> tuple[_Token, ...]:
    return tuple([
        _Token(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text) if not match[0].isspace()
    ])
