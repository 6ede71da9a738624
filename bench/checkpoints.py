"""The checkpoints D1 and D2: dhclient as it stood on 2012-07-31, synced until 2012-08-15 and until 2013-02-05.

    bench/checkpoints.py [--list]

Prints how many changesets landed, were there already, conflict, are flagged or blocked; runs bench/faithful.py over
each branch; runs each sync again, with the cache and without, and says whether the hashes are the same; imports imsg
as of 2012-04-25. `--list` names every changeset that did not land, with its reason.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.faithful import Mapping, Report, Repository, judge_range
from bench.scratch import Scratch, real, scratch

ONTO = "3c1204fc30c7ecc85ddfbc7a676604ac60933bec"
CHECKPOINTS = (("D1", "2012-08-15"), ("D2", "2013-02-05"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--list", action="store_true", help="name every changeset that did not land")
    options = parser.parse_args()
    places = real()
    if places is None:
        return 0
    unfaithful = 0
    with scratch(*places) as work:
        for name, until in CHECKPOINTS:
            unfaithful += checkpoint(work, name, until, say=options.list)
    return 1 if unfaithful else 0


def checkpoint(work: Scratch, name: str, until: str, *, say: bool) -> int:
    """One checkpoint; returns how many landed hunks are unfaithful."""
    sync = ("sync", "dhclient", "--onto", ONTO, "--until", until)
    started = time.perf_counter()
    found = work.report(*sync)
    seconds = time.perf_counter() - started
    print(f"{name}: dhclient at {ONTO[:10]}, until {until} ({seconds:.1f} s, the whole command)")
    for component in found["components"]:
        counts = component["counts"]
        told = ", ".join(f"{count} {state}" for state, count in counts.items() if state != "changesets" and count)
        landed = counts["ported"] + counts["already"]
        print(f"  {component['name']}: {counts['changesets']} changesets: {told}")
        print(f"    landed or already there {landed}, conflicts and flagged {counts['conflict'] + counts['flagged']}")
        if say:
            explain(component["changesets"])
        if component["name"] == "imsg":
            first = work.git("log", "--reverse", "--format=%s", f"{ONTO}..portkit/imsg").split("\n")[0]
            print(f"    its first commit: {first}")
    report = judged(work, ONTO, "portkit/dhclient")
    kinds = ", ".join(f"{report.count(kind)} {kind}" for kind in ("faithful", "already", "unfaithful"))
    print(f"  bench/faithful.py, hunks: {kinds}; in {report.commits} commits")
    tips = work.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/portkit/")
    again = work.report(*sync)
    idle = tips == refs(work) and not any(one["changed"] for one in again["components"])
    print(f"  a second run changed nothing: {idle}")
    shutil.rmtree(work.workspace / ".portkit")
    work.report(*sync)
    print(f"  without the cache, the same hashes: {tips == refs(work)}")
    return report.count("unfaithful")


def refs(work: Scratch) -> str:
    """Where portkit's branches stand."""
    return work.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/portkit/")


def judged(work: Scratch, base: str, tip: str) -> Report:
    """What the independent judge says of a branch."""
    return judge_range(Repository(work.upstream), Repository(work.target), f"{base}..{tip}", Mapping([]))


def explain(changesets: list[dict[str, object]]) -> None:
    """Each changeset that did not land, and why."""
    for one in changesets:
        if one["state"] not in ("ported", "already"):
            revisions = ", ".join(str(text) for text in one["revisions"][:3])  # type: ignore[index]
            print(f"    {one['state']:<10} {str(one['id'])[:10]} {revisions}: {one['reason']}")


if __name__ == "__main__":
    sys.exit(main())
