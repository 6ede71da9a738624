"""What may become of a hunk that is placed on a distant cousin: the word alone, for those who only tell of it."""

from __future__ import annotations

from enum import StrEnum


class Fate(StrEnum):
    """What became of one hunk. `decided`: a person decided to do without it, now or for good; `ready`: it fits, and
    something else must come first; `left`: it is for a hand."""

    PLACED = "placed"
    ALREADY = "already"
    DECIDED = "decided"
    READY = "ready"
    LEFT = "left"
