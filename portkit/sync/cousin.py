"""A file of a changeset that the target has in its own words, between those who place its hunks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portkit.merge.file import Version
from portkit.merge.placing import Placed
from portkit.sync.pick import LeftOut, Pick


@dataclass(slots=True)
class Cousin:
    """Such a file on its way through the rounds: `ours` is the target's as it stood, `placed` what became of its hunks;
    `carried` are those that the target's history names, `decided` those that a person decided on; `held` says why hunks
    that fit have to wait."""

    pick: Pick
    ours: Version
    base: bytes
    theirs: bytes
    carried: frozenset[int]
    decided: Mapping[int, LeftOut]
    placed: Placed
    held: dict[int, str] = field(default_factory=dict)
