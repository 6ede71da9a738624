"""The script that counts false findings, and the verdicts it goes by."""

from __future__ import annotations

import csv

import pytest

from bench import audit


def test_it_says_what_it_misses(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["audit.py"])
    monkeypatch.delenv("PORTKIT_REAL_OPENBSD", raising=False)
    assert audit.main() == 0
    assert capsys.readouterr().out.startswith("skipped: ")


def test_forty_of_each_draw_are_judged_with_a_reason() -> None:
    with audit.VERDICTS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for seed in ("2012", str(audit.SEED)):
        drawn = [row for row in rows if seed in row["seed"].split(", ")]
        assert len(drawn) >= audit.DRAWN  # some are of an earlier draw by that seed
        assert all(row["verdict"] in ("true", "false") and row["reason"] and int(row["line"]) for row in drawn)
