"""The smallest sets of suspects that suffice, found by trial."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Generic, TypeVar

Suspect = TypeVar("Suspect")

_WHOLE = 4
"""A set of up to so many is tried without every subset of it; a larger one without each one of it."""


@dataclass(frozen=True, slots=True)
class Found(Generic[Suspect]):
    """The sets that suffice, none of them with a proper subset that does (so far as `sure` says); how many trials it
    took; whether trials ran out before the search ended."""

    sets: tuple[tuple[Suspect, ...], ...]
    trials: int
    cut: bool
    sure: bool = True


class _SpentError(Exception):
    """No trial is left."""


def smallest(
    suspects: Sequence[Suspect], suffices: Callable[[tuple[Suspect, ...]], bool], limit: int
) -> Found[Suspect]:
    """The smallest sets of `suspects` (the likeliest first) for which `suffices` holds, in at most `limit` trials.

    Every single one that suffices is told; where none does, every pair; where none does, one set that is shrunk from
    all. Sets keep the order of `suspects`. The trials are the only bound: the same suspects give the same answer.
    """
    known: dict[tuple[Suspect, ...], bool] = {}

    def tried(chosen: tuple[Suspect, ...]) -> bool:
        if chosen not in known:
            if len(known) >= limit:
                raise _SpentError
            known[chosen] = suffices(chosen)
        return known[chosen]

    found: list[tuple[Suspect, ...]] = []
    sure = True
    try:
        for size in (1, 2):
            for chosen in combinations(suspects, size):
                if tried(chosen):
                    found.append(chosen)
            if found:
                return Found(tuple(found), len(known), False)
        if len(suspects) > 2 and tried(tuple(suspects)):
            smaller, sure = _shrunk(tuple(suspects), tried)
            found.append(smaller)
    except _SpentError:
        return Found(tuple(found), len(known), True, bool(found) and len(found[0]) == 1)
    return Found(tuple(found), len(known), False, sure)


def _shrunk(
    chosen: tuple[Suspect, ...], suffices: Callable[[tuple[Suspect, ...]], bool]
) -> tuple[tuple[Suspect, ...], bool]:
    """`chosen` with everything taken out that is not needed, and whether every subset of what is left was tried."""
    smaller = True
    while smaller:
        smaller = False
        for index in reversed(range(len(chosen))):  # the unlikeliest first
            fewer = chosen[:index] + chosen[index + 1 :]
            if fewer and suffices(fewer):
                chosen, smaller = fewer, True
    for size in range(3, len(chosen) - 1):
        if len(chosen) > _WHOLE:
            return chosen, False
        for fewer in combinations(chosen, size):
            if suffices(fewer):
                return fewer, True
    return chosen, True
