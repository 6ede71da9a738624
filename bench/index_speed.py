"""First indexing of the real upstream against `git log --raw` over the same paths, and a run with nothing new.

    PORTKIT_REAL_OPENBSD=/path/to/openbsd-src.git python bench/index_speed.py

Prints medians of three, taken in turns so that both sides see the same machine, and their ratio (goal: 1.3).
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from portkit.components.model import Source
from portkit.upstream.git import open_history

FOLDERS = ("sbin/dhclient/", "usr.sbin/syslogd/", "usr.sbin/tcpdump/", "usr.sbin/ntpd/", "lib/libutil/", "sbin/dhcpcd/")
GOAL = 1.3
TIMES = 3


def main() -> int:
    """Measures and prints; 1 where the goal is missed, 0 otherwise, and where there is nothing to measure."""
    location = os.environ.get("PORTKIT_REAL_OPENBSD", "")
    if not location:
        print("index_speed: skipped, PORTKIT_REAL_OPENBSD is unset (the path of the real OpenBSD history)")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        _git_log(location)  # the disk's cache is warm for both
        plain, first, again, cpu = [], [], [], []
        for number in range(TIMES):
            state = Path(folder) / str(number)
            plain.append(_seconds(lambda: _git_log(location)))
            first.append(_seconds(lambda: _index(location, state)))  # noqa: B023
            before = _cpu()
            again.append(_seconds(lambda: _index(location, state)))  # noqa: B023
            cpu.append(_cpu() - before)
        count = _index(location, state)
    ratio = statistics.median(first) / statistics.median(plain)
    print(f"index_speed: {count:,} upstream commits under {len(FOLDERS)} folders, medians of {TIMES}")
    print(f"  git log --raw         {statistics.median(plain):7.3f} s   {_all(plain)}")
    print(f"  first indexing        {statistics.median(first):7.3f} s   {_all(first)}")
    print(f"  ratio                 {ratio:7.2f}     (goal: at most {GOAL})")
    print(f"  run with nothing new  {statistics.median(again):7.3f} s   {_all(again)}")
    print(f"    CPU, git's included {statistics.median(cpu):7.3f} s")
    print(f"  memory                {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:7.0f} MB")
    return 0 if ratio <= GOAL else 1


def _git_log(location: str) -> None:
    command = ["git", f"--git-dir={location}", "log", "--raw", "master", "--", *FOLDERS]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def _index(location: str, state: Path) -> int:
    """Opens the history and makes every changeset of it, as a run does; returns how many there are."""
    with open_history(Source("openbsd", location), FOLDERS, state) as history:
        return len(history.changesets(lambda path: bool(path)))


def _seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _all(times: list[float]) -> str:
    return "(" + ", ".join(f"{one:.3f}" for one in times) + ")"


if __name__ == "__main__":
    sys.exit(main())
