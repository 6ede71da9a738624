"""What stands behind a text of progress: how fast it goes, and how long it still takes."""

from __future__ import annotations

from portkit.cli.screen import Rates


def test_what_counts_gets_a_rate_and_the_time_left() -> None:
    rates = Rates()
    assert rates.told("leased: replaying, 0 of 60", 10.0) is None
    assert rates.told("leased: replaying, 5 of 60", 10.5) is None, "too early to tell"
    assert rates.told("leased: replaying, 20 of 60", 12.0) == (10.0, 4.0)


def test_without_a_total_there_is_only_a_rate() -> None:
    rates = Rates()
    assert rates.told("reading upstream openbsd: 1,000 commits", 1.0) is None
    assert rates.told("reading upstream openbsd: 21,000 commits", 3.0) == (10000.0, None)


def test_other_words_begin_anew() -> None:
    rates = Rates()
    rates.told("leased: replaying, 0 of 10", 0.0)
    assert rates.told("clockd: replaying, 8 of 10", 5.0) is None
    assert rates.told("clockd: replaying, 9 of 10", 7.0) == (0.5, 2.0)


def test_what_does_not_count_has_no_rate() -> None:
    rates = Rates()
    for text in ("leased: looking at upstream", "receiving the target: 45 % 1.2 MiB/s", "OPENBSD_5_2 is 2d ago"):
        for now in (0.0, 2.0):
            assert rates.told(text, now) is None
