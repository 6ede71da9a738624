"""The survey of the whole tree: what it resolves, how long it takes, and whether a cluster changes a byte.

    bench/survey.py [--ids CSV] [--no-cluster] [--list]

Runs `portkit survey --by-content --json` twice in a new workspace, the first time with nothing remembered, and holds
the ident lines against a list of resolved ones (dfly_path, line, status, openbsd_path, openbsd_commit). Then once more,
with nothing remembered, on a Dask cluster of two workers on this machine. Needs PORTKIT_REAL_OPENBSD and
PORTKIT_REAL_DRAGONFLY, which are only read.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.scratch import ROOT, real

IDS = ROOT.parent / "shared" / "truth" / "openbsd-ids.csv"
RESOLVED = ("unique", "ambiguous-resolved-by-path")


def survey(workspace: str, *options: str) -> tuple[bytes, float]:
    """What the command prints, and its seconds."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "portkit", "-C", workspace, "--json", "survey", "--by-content", *options]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        sys.exit(done.stderr.decode())
    return done.stdout, time.perf_counter() - started


def judged(files: list[dict[str, Any]], ids: Path, *, say: bool) -> Counter[str]:
    """How the survey's ident lines compare with the list."""
    found = {(one["target"], one["recorded"]["line"]): one for one in files if one["recorded"]}
    tally: Counter[str] = Counter()
    with ids.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
        for row in csv.DictReader(stream):
            one = found.get((row["dfly_path"], int(row["line"])))
            wanted = (row["openbsd_path"], row["openbsd_commit"])
            if row["status"] in RESOLVED:
                tally["resolved"] += 1
                # the content may say that another version is nearer: what the ident line means is told beside it
                good = one is not None and one["ident"] == list(wanted)
                tally["resolved right"] += good
            elif row["status"] == "ambiguous":
                tally["ambiguous"] += 1
                good = one is not None and list(wanted) in [[c["upstream"], c["changeset"]] for c in one["candidates"]]
                tally["ambiguous listed"] += good
            elif row["status"] == "odd":
                tally["odd"] += 1
                good = one is None
                tally["odd taken for a revision"] += not good
            else:
                tally["not there"] += 1
                good = one is not None and one["ident"] is None
                tally["not there, resolved all the same"] += not good
            if say and not good:
                print(f"  {row['status']} {row['dfly_path']}:{row['line']} {wanted} {one and one['ident']}")
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--ids", type=Path, default=IDS)
    parser.add_argument("--no-cluster", action="store_true", help="leave the cluster out")
    parser.add_argument("--list", action="store_true", help="say what differs from the list")
    options = parser.parse_args()
    places = real()
    if places is None:
        return 0
    upstream, target = places
    os.environ.update({"PORTKIT_UPSTREAM_OPENBSD": upstream, "PORTKIT_TARGET": target})
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "upstream-map.yaml", folder)
        first, seconds = survey(folder)
        load = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"first survey, contents compared    {seconds:>7.1f} s, {load.ru_utime + load.ru_stime:.0f} s of CPU")
        print(f"the largest process                {load.ru_maxrss // 1024:>7} MB")
        second, seconds = survey(folder)
        same = "the same" if second == first else "OTHER"
        print(f"second survey                      {seconds:>7.1f} s, {same} bytes")
        told = json.loads(first)
        totals = told["totals"]
        print(f"files that came from upstream      {totals['files']:>7} of {totals['surveyed']}")
        for name in ("resolved", "ambiguous", "newer", "unknown", "branch", "behind", "by_content"):
            print(f"  {name.replace('_', ' '):<33}{totals[name]:>7}")
        if options.ids.exists():
            tally = judged(told["files"], options.ids, say=options.list)
            print(f"listed ident lines resolved right  {tally['resolved right']:>7} of {tally['resolved']}")
            print(f"ambiguous, the right one listed    {tally['ambiguous listed']:>7} of {tally['ambiguous']}")
            print(f"prose taken for a revision         {tally['odd taken for a revision']:>7} of {tally['odd']}")
            print(f"not in this history, yet resolved  {tally['not there, resolved all the same']:>7} of "
                  f"{tally['not there']}")  # fmt: skip
        else:
            print(f"skipped: the list of ident lines is not at {options.ids}")
        if not options.no_cluster:
            cluster(folder, first)
    return 0


def cluster(folder: str, expected: bytes) -> None:
    """The same on a cluster of this machine's."""
    try:
        from distributed import LocalCluster
    except ImportError:
        print("skipped: distributed is not installed")
        return
    shutil.rmtree(Path(folder, ".portkit"))
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0) as workers:
        told, seconds = survey(folder, "--cluster", workers.scheduler_address)
    print(f"on two Dask workers                {seconds:>7.1f} s, {'the same' if told == expected else 'OTHER'} bytes")


if __name__ == "__main__":
    sys.exit(main())
