"""How far the target is behind: what upstream has, the target's branch has not, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median_high

from portkit.change.changeset import Changeset
from portkit.sync.outcome import ChangesetOutcome, ComponentOutcome, State

_DAY = 86400

_BEHIND = (State.PORTED, State.CONFLICT, State.FLAGGED, State.BLOCKED)
"""What the target does not have yet, and nobody decided to leave. What landed on a branch is not in the target."""


@dataclass(frozen=True, slots=True)
class Lag:
    """Of the `count` changesets that the target lacks: in days before upstream's newest of the component, the median
    and the oldest, each with the changeset it is of; 0 and None where nothing is lacking."""

    count: int
    median_days: int = 0
    oldest_days: int = 0
    median: Changeset | None = None
    oldest: Changeset | None = None


def lag(outcome: ComponentOutcome) -> Lag:
    """The lag of one component."""
    return _of(outcome, [one for one in outcome.changesets if one.state in _BEHIND])


def parked_lag(outcome: ComponentOutcome) -> Lag:
    """The lag that stays once the branch is taken: of what is not on it."""
    return _of(outcome, [one for one in outcome.changesets if one.state in _BEHIND[1:]])


def _of(outcome: ComponentOutcome, behind: list[ChangesetOutcome]) -> Lag:
    if not behind:
        return Lag(0)
    dated = sorted(((one.changeset.date, index) for index, one in enumerate(behind)))
    middle, oldest = median_high(dated), dated[0]
    return Lag(
        len(behind), _days(outcome, middle[0]), _days(outcome, oldest[0]), behind[middle[1]].changeset,
        behind[oldest[1]].changeset,
    )  # fmt: skip


def _days(outcome: ComponentOutcome, date: int) -> int:
    return max(0, outcome.newest - date) // _DAY
