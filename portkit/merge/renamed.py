"""What the target calls by another name than upstream does."""

from __future__ import annotations

import re
from collections.abc import Iterable

from portkit.merge.sides import Sides

_TOKEN = re.compile(rb"\w+|\W+")
_NAME = re.compile(rb"[A-Za-z_]\w{2,}")


def renamed(sides: Sides) -> dict[bytes, bytes]:
    """Names of base that ours has nowhere, to the one that stands in their place: line by line ours is base there,
    with nothing changed but that name, and it never has another in its place."""
    found: dict[bytes, set[bytes]] = {}
    for hunk in sides.local:
        if hunk.a1 - hunk.a0 != hunk.b1 - hunk.b0:
            continue
        for old, new in zip(sides.base.raw[hunk.a0 : hunk.a1], sides.ours.raw[hunk.b0 : hunk.b1], strict=True):
            pair = _differ(old, new)
            if pair is not None:
                found.setdefault(pair[0], set()).add(pair[1])
    if not found:
        return {}
    return {old: names.pop() for old, names in found.items() if len(names) == 1 and not _has(sides.ours.raw, old)}


def _has(lines: Iterable[bytes], word: bytes) -> bool:
    """Whether `word` is a name anywhere in `lines`."""
    return any(word in raw and word in _NAME.findall(raw) for raw in lines)


def _differ(old: bytes, new: bytes) -> tuple[bytes, bytes] | None:
    """The one name in which two lines differ, wherever it stands in them."""
    one, other = _TOKEN.findall(old), _TOKEN.findall(new)
    if len(one) != len(other):
        return None
    pairs = {(a, b) for a, b in zip(one, other, strict=True) if a != b}
    if len(pairs) != 1:
        return None
    (pair,) = pairs
    return pair if all(_NAME.fullmatch(word) for word in pair) else None
