"""What people did in the target without portkit, as far as a sync must know it: what they ported, and what they moved
an ident line past without porting it. How that is found out stands above (`ports`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FileOf = tuple[str, str]
"""A changeset (a full hash) and one upstream path of it."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """`carried`: file changes that a commit of the target carries, which are never offered again; `jumped`: those that
    an ident line was bumped past, which are offered although they are older than the baseline. Each to the target
    commit that did it."""

    carried: Mapping[FileOf, str] = field(default_factory=dict)
    jumped: Mapping[FileOf, str] = field(default_factory=dict)
