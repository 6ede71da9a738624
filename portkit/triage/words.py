"""A merge by words: what a line-wise merge calls a conflict may be two edits of different words of one line.

Only ever a suggestion. Words that stand side by side in one line mean something together that no merge can see.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from portkit.change.linediff import hunks
from portkit.merge.diff3 import Side, regions

_TOKEN = re.compile(rb"\w+|[ \t]+|\n|[^\w\s]|\s", re.ASCII)

_MOST = 4000
"""A place with more words than this is not looked at: nobody could check the answer by eye."""


def tokens(content: bytes) -> list[bytes]:
    """`content` as words, runs of blanks, line ends and single signs; joined, they give it back."""
    return _TOKEN.findall(content)


def merged_words(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """The three sides of one place merged word by word; None where the same words were changed on both sides, or where
    nothing would come of it that is not one of the sides."""
    numbers: dict[bytes, int] = {}
    b, o, t = ([numbers.setdefault(one, len(numbers)) for one in tokens(side)] for side in (base, ours, theirs))
    if not (b and o and t) or max(len(b), len(o), len(t)) > _MOST:
        return None
    texts = list(numbers)
    result: list[int] = []
    for region in regions(hunks(b, o), hunks(b, t), o, t, len(b)):
        if region.side is Side.CONFLICT:
            return None
        if region.side is Side.THEIRS:
            result += t[region.theirs0 : region.theirs1]
        else:
            result += o[region.ours0 : region.ours1]
    made = _text(result, texts)
    return None if made in (ours, theirs) else made


def _text(tokens: Sequence[int], texts: Sequence[bytes]) -> bytes:
    return b"".join(texts[one] for one in tokens)
