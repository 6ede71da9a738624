"""What to do first: how far everything fits as it comes, and which roots, done together, free the most."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

from portkit.sync.outcome import ChangesetOutcome, State

EXACT = 5000
"""Up to so many sets of one size are all looked at; past that each step adds the best root to the last set."""

TRIED = 3
"""How many of the sets are tried by a replay."""

_FREE = (State.PORTED, State.ALREADY)
_ROOTS = (State.CONFLICT, State.FLAGGED)
_PARKED = (*_ROOTS, State.BLOCKED, State.DEFERRED)


@dataclass(frozen=True, slots=True)
class OrderStep:
    """A set of roots and the changesets that it frees, by id, in upstream's order: those that then fit as they are.
    `tried`: a replay with upstream's side taken in these roots found them so; else it is told from what waits for
    what."""

    roots: tuple[str, ...]
    frees: tuple[str, ...]
    tried: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """`prefix`: how many changesets fit as they come before the first that does not; `last` the last of those ("" for
    none). `steps`: the best set of one root, of two, and so on, up to the smallest that frees all that can be freed;
    a larger set that frees no more than a smaller one is left out."""

    prefix: int
    last: str
    steps: tuple[OrderStep, ...]


def order(outcomes: Sequence[ChangesetOutcome], replay: Callable[[Collection[str]], Mapping[str, State]]) -> Order:
    """The order for one component's outcomes. `replay` tells the states of a replay in which some roots are taken with
    upstream's side, as if somebody had resolved them."""
    prefix = next((at for at, one in enumerate(outcomes) if one.state in _PARKED), len(outcomes))
    roots = [one.changeset.id for one in outcomes if one.state in _ROOTS]
    known = {one.changeset.id for one in outcomes if one.state in _PARKED and one.state is not State.BLOCKED}
    waits = {
        one.changeset.id: frozenset(one.blocked_by) & known for one in outcomes if one.state is State.BLOCKED
    }
    useful = [root for root in roots if any(root in needs for needs in waits.values())]
    steps: list[OrderStep] = []
    chosen: tuple[str, ...] = ()
    for size in range(1, len(useful) + 1):
        chosen = _best(useful, size, waits, chosen)
        frees = _freed(chosen, waits)
        if frees and (not steps or len(frees) > len(steps[-1].frees)):
            steps.append(OrderStep(tuple(root for root in roots if root in chosen), frees))
    last = outcomes[prefix - 1].changeset.id if prefix else ""
    return Order(prefix, last, tuple(_tried(steps, replay)))


def _best(
    roots: Sequence[str], size: int, waits: Mapping[str, frozenset[str]], before: tuple[str, ...]
) -> tuple[str, ...]:
    if comb(len(roots), size) <= EXACT:
        return max(combinations(roots, size), key=lambda one: len(_freed(one, waits)))
    left = [root for root in roots if root not in before]
    return (*before, max(left, key=lambda root: len(_freed((*before, root), waits))))


def _freed(roots: Collection[str], waits: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    chosen = set(roots)
    return tuple(id for id, needs in waits.items() if needs <= chosen)


def _tried(
    steps: Sequence[OrderStep], replay: Callable[[Collection[str]], Mapping[str, State]]
) -> list[OrderStep]:
    """The steps, the first ones as a replay has them: what waits for what was found one file at a time."""
    result = []
    for number, step in enumerate(steps):
        if number < TRIED:
            states = replay(step.roots)
            frees = tuple(id for id in step.frees if states.get(id) in _FREE)
            result.append(OrderStep(step.roots, frees, tried=True))
        else:
            result.append(step)
    return result
