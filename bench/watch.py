"""Whether what is watched is sorted as a reader would: N1, upstream's ntpd as dntpd watches it, all of its history.

    bench/watch.py

The topics that a person found stand in bench/data/watch_read.csv, 40 changesets for each of two seeds: by the first the
rules were made, the second was drawn when they were done. The person had the tool's answer before them.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.scratch import ROOT, in_place, real
from portkit.report.watched import summary, topics_of
from portkit.sync.request import Request

READ = ROOT / "bench" / "data" / "watch_read.csv"
SEEDS = {"2004": "by which the rules were made", "2013": "drawn afterwards"}
SINCE = "1995-01-01"


def main() -> int:
    places = real()
    if places is None:
        return 0
    with in_place(*places) as work:
        work.history(work.map.source(work.map.component("dntpd").upstream))
        started = time.perf_counter()
        request = Request(("dntpd",), work.target().default_tip(), dry_run=True, since=SINCE)
        (outcome,) = work.sync().run(request).outcomes
        took = time.perf_counter() - started
    print(f"{len(outcome.looked_at)} changesets of ntpd in {took:.1f} s: {summary(outcome.looked_at)}")
    found = {
        one.changeset.id[:12]: str(topics_of(one)[0]) if topics_of(one) else "other" for one in outcome.looked_at
    }
    with READ.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for seed, about in SEEDS.items():
        drawn = [row for row in rows if row["seed"] == seed]
        wrong = [row for row in drawn if found.get(row["changeset"]) != row["topic"]]
        print(f"of {len(drawn)} by seed {seed}, {about}: {len(drawn) - len(wrong)} under the topic a person finds")
        for row in wrong:
            print(f"    {row['changeset']}: {found.get(row['changeset'])}, and it is {row['topic']}: {row['reason']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
