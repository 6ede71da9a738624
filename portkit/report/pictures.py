"""The weekly report's pictures: what of its numbers is drawn."""

from __future__ import annotations

from collections import Counter

from portkit.report.plots import Picture, Series, bars, lines
from portkit.report.view import Weekly


def pictures(view: Weekly) -> tuple[Picture, ...]:
    """What is worth drawing: the lag over time, once there are two reports; what does not fit, by cause where the
    causes are known, else by kind."""
    drawn = []
    if len({one.as_of for one in view.weeks}) > 1:
        names = list(dict.fromkeys(one.component for one in view.weeks))
        drawn.append(lines("The oldest changeset not in the target, over time", "days behind", tuple(
            Series(name, tuple((one.as_of, one.lag_oldest) for one in view.weeks if one.component == name))
            for name in names
        )))  # fmt: skip
        drawn.append(lines("Changesets that wait or are blocked, over time", "changesets", tuple(
            Series(name, tuple((one.as_of, one.waits + one.blocked) for one in view.weeks if one.component == name))
            for name in names
        )))  # fmt: skip
    kinds = Counter(str(one.kind) for component in view.components for root in component.roots for one in root.waits)
    if view.causes:
        ids = (one.id for component in view.components for root in component.roots for one in root.waits)
        causes = Counter(cause for id in ids for cause in view.causes.get(id, ("not looked for",)))
        drawn.append(bars("What does not fit, by cause", "causes", sorted(causes.items(), key=_most_first), "cause"))
    elif kinds:
        drawn.append(bars("What does not fit, by kind", "places", sorted(kinds.items(), key=_most_first), "kind"))
    return tuple(drawn)


def _most_first(one: tuple[str, int]) -> tuple[int, str]:
    return -one[1], one[0]
