"""The checkpoints on the two real histories: what was reached once must not be lost."""

from __future__ import annotations

import os

import pytest

from bench.checkpoints import CHECKPOINTS, ONTO, judged
from bench.scratch import scratch

UPSTREAM = os.environ.get("PORTKIT_REAL_OPENBSD", "")
TARGET = os.environ.get("PORTKIT_REAL_DRAGONFLY", "")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not (UPSTREAM and TARGET), reason="PORTKIT_REAL_OPENBSD and PORTKIT_REAL_DRAGONFLY name no repositories"
    ),
]

LEAST = {"D1": (58, 51, 2), "D2": (180, 90, 12)}
"""Changesets considered, landed or already there at least, conflicts and flagged at most."""


def test_d1_and_d2() -> None:
    with scratch(UPSTREAM, TARGET) as work:
        for name, until in CHECKPOINTS:
            found = work.report("sync", "dhclient", "--onto", ONTO, "--until", until)
            counts = next(one["counts"] for one in found["components"] if one["name"] == "dhclient")
            considered, landed, waiting = LEAST[name]
            assert counts["changesets"] == considered
            assert counts["ported"] + counts["already"] >= landed
            assert counts["conflict"] + counts["flagged"] <= waiting
            report = judged(work, ONTO, "portkit/dhclient")
            assert report.commits >= counts["ported"]
            assert report.count("faithful") > 200
            assert report.count("unfaithful") == 0
        (imsg,) = (one for one in found["components"] if one["name"] == "imsg")
        first = imsg["changesets"][0]
        assert (first["date"][:10] <= "2012-04-25", first["state"]) == (True, "ported")
        assert len(first["files"]) == 4
