"""What a run with nothing new costs, and how much memory a run takes.

    bench/idle.py

On the real histories, D1 in a throw-away copy of the target: a sync that has everything to do, then the same again
with nothing new, in CPU seconds of portkit and of the gits it starts (medians of five; the sources are paths, so
nothing is fetched). And the largest resident memory of each; git's is mostly the packs that it maps.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.checkpoints import CHECKPOINTS, ONTO
from bench.scratch import Scratch, real, scratch

RUN = """\
import resource, sys
from portkit.cli.main import main
code = main(sys.argv[1:])
own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(own.ru_utime + own.ru_stime, others.ru_utime + others.ru_stime, own.ru_maxrss, others.ru_maxrss)
sys.exit(code)
"""


def cost(work: Scratch, until: str) -> tuple[float, float, float, float]:
    """One sync: CPU seconds of portkit and of its gits, megabytes (10^6 bytes) of portkit and of the largest git."""
    command = [sys.executable, "-c", RUN, "-q", "-C", str(work.workspace), "sync", "dhclient"]
    done = subprocess.run([*command, "--onto", ONTO, "--until", until], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    own, others, memory, gits = map(float, done.stdout.split())
    unit = (1 if sys.platform == "darwin" else 1024) / 1e6
    return own, others, memory * unit, gits * unit


def main() -> int:
    places = real()
    if places is None:
        return 0
    with scratch(*places) as work:
        for name, until in CHECKPOINTS:
            own, gits, memory, mapped = cost(work, until)
            idle = [cost(work, until) for _ in range(5)]
            print(f"{name}, everything to do: {own:.2f} s CPU, {memory:.0f} MB; git {gits:.2f} s, {mapped:.0f} MB")
            seconds = statistics.median(one[0] for one in idle)
            of_git = statistics.median(one[1] for one in idle)
            memory = max(one[2] for one in idle)
            print(f"    nothing new:      {seconds:.2f} s CPU, {memory:.0f} MB; git {of_git:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
