"""The script that counts what is watched under the right topic, and what it goes by."""

from __future__ import annotations

import csv

import pytest

from bench import watch
from portkit.sync.watched import Topic


def test_it_says_what_it_misses(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("PORTKIT_REAL_OPENBSD", raising=False)
    assert watch.main() == 0
    assert capsys.readouterr().out.startswith("skipped: ")


def test_forty_of_each_draw_have_a_topic_and_a_reason() -> None:
    with watch.READ.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for seed in watch.SEEDS:
        drawn = [row for row in rows if row["seed"] == seed]
        assert len({row["changeset"] for row in drawn}) == 40
        assert all(row["topic"] in {*map(str, Topic), "other"} and row["reason"] for row in drawn)
