"""Lag: what the target lacks, counted anew by hand."""

from __future__ import annotations

from dataclasses import replace

from report_outcomes import DAY, blocked, changeset, component, conflict, file, parked, ported

from portkit.report.lag import lag, parked_lag
from portkit.sync.outcome import ChangesetOutcome, ComponentOutcome, FileState, State

A_DAY = 86400


def aged(one: ChangesetOutcome, days: int) -> ChangesetOutcome:
    return replace(one, changeset=replace(one.changeset, date=DAY - days * A_DAY))


def test_median_and_oldest_of_what_the_target_lacks() -> None:
    already = ChangesetOutcome(changeset(9), State.ALREADY, (file(FileState.ALREADY, "1.9"),))
    outcome = component(
        aged(already, 900), aged(ported(1), 30), aged(parked(2, conflict()), 20), aged(blocked(3, 2), 10),
        aged(ported(4), 0),
    )  # fmt: skip
    found = lag(outcome)
    assert (found.count, found.oldest_days, found.median_days) == (4, 30, 10)
    assert found.oldest == outcome.changesets[1].changeset
    assert found.median == outcome.changesets[3].changeset
    off = parked_lag(outcome)
    assert (off.count, off.oldest_days) == (2, 20)


def test_nothing_lacks_nothing() -> None:
    found = lag(component())
    assert (found.count, found.oldest_days, found.median_days, found.oldest, found.median) == (0, 0, 0, None, None)


def test_it_agrees_with_the_sync(outcomes: tuple[ComponentOutcome, ...]) -> None:
    assert [lag(one).oldest_days for one in outcomes] == [one.lag_days for one in outcomes]


def test_dates_that_go_back_are_never_negative() -> None:
    assert lag(component(aged(ported(1), -50))).oldest_days == 0
