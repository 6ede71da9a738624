"""One target file before and after a commit, held against one of upstream's changes: what became of each hunk.

A hunk counts as made where the file makes it after the commit and did not before, by lines, order and place
(`merge.sides`), and the commit touches its lines. What stands there in other words is adapted where half of the hunk's
lines are among those that the commit changed near its place.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

from portkit.change.linediff import Hunk, hunks
from portkit.change.lines import Lines, LineTable
from portkit.merge.alignment import Alignment
from portkit.merge.gate import judge
from portkit.merge.kinds import Gate
from portkit.merge.sides import Sides
from portkit.ports.deltas import Delta, Line, changed
from portkit.ports.model import HunkState

_NEAR = 60
"""How many lines from its place an adapted hunk may stand."""


class Edit:
    """One target file before and after a commit."""

    def __init__(self, old: Lines, new: Lines) -> None:
        self.old = old
        self.new = new
        self.hunks = hunks(old.keys, new.keys)
        self.by_hunk = tuple(changed(old, new, hunk) for hunk in self.hunks)

    @cached_property
    def lines(self) -> Counter[Line]:
        """The lines it changes that can be recognised."""
        return sum(self.by_hunk, Counter())


@dataclass(frozen=True, slots=True)
class Account:
    """What an edit did about one change of upstream's: `made` counts the recognisable lines of the hunks that it made
    or adapted, `open` those of all that it did not find made; `used` the lines of the edit that this explains.
    `faithful`: the edit makes this change and no other, by the gate."""

    states: tuple[HunkState, ...]
    made: int
    open: int
    used: Counter[Line]
    faithful: bool

    @property
    def share(self) -> float:
        """Which part of what was open the edit made."""
        return self.made / self.open if self.open else 0.0


def account(delta: Delta, edit: Edit, table: LineTable) -> Account:
    """Holds `edit` against `delta`, which changes a file that stands on both sides. `table` gave all their lines."""
    assert delta.old is not None
    assert delta.new is not None
    before = Sides(delta.old, edit.old, delta.new, delta.hunks)
    after = Sides(delta.old, edit.new, delta.new, delta.hunks)
    states: list[HunkState] = []
    used: Counter[Line] = Counter()
    made = missing = 0
    for hunk, lines in zip(delta.hunks, delta.lines, strict=True):
        state = _state(delta, edit, before, after, hunk, lines)
        states.append(state)
        weight = lines.total()
        if state in (HunkState.MADE, HunkState.ADAPTED):
            shared = lines & edit.lines
            used += shared
            made += shared.total() if state is HunkState.ADAPTED else weight
        if state not in (HunkState.BEFORE, HunkState.KEYWORD):
            missing += weight
    alone = HunkState.MADE in states and not edit.lines - used  # else the gate cannot but say no, and slowly
    faithful = alone and _faithful(delta.old, edit.old, delta.new, edit.new, table)
    return Account(tuple(states), made, missing, used, faithful)


class Passage:
    """An edit whose ident line passes from one upstream revision to another, several changes later: what a change in
    between brought, a later one may have taken away or reworded. Then the edit made it where it made what the whole
    passage comes to at that place."""

    def __init__(self, first: Lines, last: Lines, edit: Edit) -> None:
        """`first` and `last`: upstream's file at the two revisions."""
        self._last = last
        self._whole = Sides(first, edit.new, last)
        self._before = Sides(first, edit.old, last, self._whole.upstream)

    def superseded(self, delta: Delta, told: Account) -> Account:
        """`told` of `delta`, a change within the passage, with what was superseded told by what came in its place."""
        if HunkState.LEFT_OUT not in told.states or delta.old is None or delta.new is None:
            return told
        onward = Alignment.of(hunks(delta.new.keys, self._last.keys))
        survives = Sides(delta.old, self._last, delta.new, delta.hunks)
        states = tuple(
            self._instead(onward, hunk) if state is HunkState.LEFT_OUT and not survives.already(hunk) else state
            for hunk, state in zip(delta.hunks, told.states, strict=True)
        )
        made, missing = told.made, told.open
        for lines, was, now in zip(delta.lines, told.states, states, strict=True):
            made += lines.total() if now is HunkState.MADE and was is not now else 0
            missing -= lines.total() if now in (HunkState.BEFORE, HunkState.KEYWORD) and was is not now else 0
        return replace(told, states=states, made=made, open=missing)

    def _instead(self, onward: Alignment, hunk: Hunk) -> HunkState:
        low, high = onward.gap(hunk.b0)[0], onward.gap(hunk.b1)[1]
        here = [one for one in self._whole.upstream if one.b0 <= high and low <= one.b1]
        if not here:
            return HunkState.KEYWORD
        if not all(self._whole.already(one) for one in here):
            return HunkState.LEFT_OUT
        return HunkState.BEFORE if all(self._before.already(one) for one in here) else HunkState.MADE


def standing_states(old: Lines, new: Lines, standing: Lines) -> tuple[HunkState, ...]:
    """What became of upstream's hunks from `old` to `new` in a file that nobody touched: found made, or left out."""
    sides = Sides(old, standing, new)
    return tuple(
        HunkState.KEYWORD
        if _only_keywords(old, new, hunk)
        else HunkState.BEFORE
        if sides.already(hunk)
        else HunkState.LEFT_OUT
        for hunk in sides.upstream
    )


def _faithful(base: Lines, ours: Lines, theirs: Lines, result: Lines, table: LineTable) -> bool:
    """What the gate says, keyword lines and a manual page's date left out: people write those as they please."""
    base, ours, theirs, result = (table.lines(without_keywords(side)) for side in (base, ours, theirs, result))
    return judge(Sides(base, ours, theirs), result).gate is Gate.FAITHFUL


def without_keywords(lines: Lines) -> bytes:
    """The content less its keyword lines and a manual page's date."""
    dropped = set(lines.folded)
    return b"".join(
        raw for index, raw in enumerate(lines.raw) if index not in dropped and not raw.startswith(b".Dd ")
    )


def _state(
    delta: Delta, edit: Edit, before: Sides, after: Sides, hunk: Hunk, lines: Counter[Line]
) -> HunkState:
    assert delta.old is not None
    assert delta.new is not None
    if _only_keywords(delta.old, delta.new, hunk):
        return HunkState.KEYWORD
    was, now = before.already(hunk), after.already(hunk)
    if was:
        return HunkState.BEFORE if now else HunkState.LEFT_OUT
    shared = (lines & edit.lines).total()
    if now and (2 * shared >= lines.total() if lines else _touches(before.to_ours, edit, hunk)):
        return HunkState.MADE
    if lines and 2 * (lines & _near(before.to_ours, edit, hunk)).total() >= lines.total():
        return HunkState.ADAPTED
    return HunkState.LEFT_OUT


def _only_keywords(old: Lines, new: Lines, hunk: Hunk) -> bool:
    """Whether a hunk changes nothing but keyword lines and a manual page's date."""
    return all(
        index in lines.folded or lines.raw[index].startswith(b".Dd ")
        for lines, start, end in ((old, hunk.a0, hunk.a1), (new, hunk.b0, hunk.b1))
        for index in range(start, end)
    )


def _touches(to_ours: Alignment, edit: Edit, hunk: Hunk) -> bool:
    """Whether the edit changes something where `hunk` belongs."""
    low, high = to_ours.gap(hunk.a0)[0], to_ours.gap(hunk.a1)[1]
    return any(one.a0 <= high + 1 and low - 1 <= one.a1 for one in edit.hunks)


def _near(to_ours: Alignment, edit: Edit, hunk: Hunk) -> Counter[Line]:
    """The lines that the edit changes near the place of `hunk`."""
    low, high = to_ours.gap(hunk.a0)[0] - _NEAR, to_ours.gap(hunk.a1)[1] + _NEAR
    found: Counter[Line] = Counter()
    for one, lines in zip(edit.hunks, edit.by_hunk, strict=True):
        if one.a0 <= high and low <= one.a1:
            found += lines
    return found
