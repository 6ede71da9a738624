"""How fast clean dhclient changesets are replayed, against git cherry-pick doing the same work in the same run.

    bench/replay_speed.py [--count 83]

The same work: the first `--count` upstream changesets on sbin/dhclient after 69db5222fa, put one by one onto the tree
they follow (69db5222fa: no local change, so that all are clean for git too), less the files whose content the public
copy of the history lacks.

- git: `git cherry-pick` of them all, cut down to the folder, in a full checkout of that tree, rename detection off.
- portkit: a `sync` onto the same commit, the index and the memory warm, the gate on, the commits written and the
  branch moved. Its time is the whole command's; and, beside it, less what `portkit sync --help` takes: the start of the
  interpreter and of the command, which do no work yet.

And on the real target: D1, where files have local changes, per changeset landed. Medians of three.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.scratch import Scratch, real, scratch

BASE = "69db5222fa56d6f17b64eeffb4275d138e38b401"
FOLDER = "sbin/dhclient"
D1 = ("3c1204fc30c7ecc85ddfbc7a676604ac60933bec", "2012-08-15")
MAP = f"""\
version: 1
upstreams:
  openbsd:
    git: upstream
target:
  git: target
components:
  dhclient:
    mode: sync
    upstream: openbsd
    paths:
      {FOLDER}/: {FOLDER}/
"""


def median(work: Callable[[], float]) -> float:
    """The median of three."""
    return statistics.median(work() for _ in range(3))


def timed(command: list[str]) -> float:
    """Wall seconds of a command, which must succeed."""
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr.decode())
    return time.perf_counter() - started


def changesets(upstream: str, count: int) -> list[str]:
    """The first changesets on the folder after the base, oldest first."""
    listed = subprocess.run(
        ["git", f"--git-dir={upstream}", "rev-list", "--reverse", f"{BASE}..master", "--", FOLDER],
        capture_output=True, check=True,
    )  # fmt: skip
    return listed.stdout.decode().split()[:count]


def complete(work: Scratch) -> str:
    """A commit with the base's tree, less the files whose content is not there."""
    listed = work.git("ls-tree", "-r", "-z", BASE).split("\0")[:-1]
    asked = "".join(line.split()[2] + "\n" for line in listed)
    git = ["git", f"--git-dir={work.target}"]
    told = subprocess.run(
        [*git, "cat-file", "--batch-check"], input=asked.encode(), capture_output=True, check=True
    ).stdout.decode()
    there = [line for line, answer in zip(listed, told.splitlines(), strict=True) if not answer.endswith("missing")]
    environment = {**os.environ, "GIT_INDEX_FILE": str(work.folder / "index")}
    whole = "\0".join([*there, ""]).encode("utf-8", "surrogateescape")
    subprocess.run([*git, "update-index", "-z", "--index-info"], input=whole, env=environment, check=True)
    written = subprocess.run([*git, "write-tree"], env=environment, capture_output=True, check=True)
    tree = written.stdout.decode().strip()
    return work.git("commit-tree", "-p", BASE, "-m", "the base, less what is missing", tree).strip()


def cut_down(work: Scratch, base: str, commits: list[str]) -> list[str]:
    """The commits on top of `base`, with what they do to the folder and nothing else."""
    top, _, below = FOLDER.partition("/")
    result: list[str] = []
    for commit in commits:
        inner = with_entry(work, f"{base}:{top}", below, work.git("rev-parse", f"{commit}:{FOLDER}").strip())
        tree = with_entry(work, f"{base}^{{tree}}", top, inner)
        result.append(work.git("commit-tree", "-p", result[-1] if result else base, "-m", commit, tree).strip())
    return result


def with_entry(work: Scratch, tree: str, name: str, replaced: str) -> str:
    """`tree` with the folder `name` holding another tree."""
    lines = [
        f"040000 tree {replaced}\t{name}" if line.endswith(f"\t{name}") else line
        for line in work.git("ls-tree", tree).splitlines()
    ]
    done = subprocess.run(
        ["git", f"--git-dir={work.target}", "mktree", "--missing"],
        input="\n".join([*lines, ""]).encode("utf-8", "surrogateescape"), capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout.decode().strip()


def picked(checkout: str, base: str, commits: list[str]) -> float:
    """Seconds of git cherry-pick in a full checkout, which is put back before."""
    git = ["git", "-C", checkout, "-c", "user.name=bench", "-c", "user.email=bench@portkit.example"]
    git += ["-c", "merge.renames=false"]
    subprocess.run([*git, "reset", "-q", "--hard", base], check=True)
    return timed([*git, "cherry-pick", *commits])


def synced(work: Scratch, onto: str, until: str) -> float:
    """Seconds of a whole sync that has everything to do: its branches are gone, its last result is forgotten."""
    for branch in ("portkit/dhclient", "portkit/dhclient-draft"):
        work.git("update-ref", "-d", f"refs/heads/{branch}")
    command = [sys.executable, "-m", "portkit", "-C", str(work.workspace), "sync", "dhclient"]
    return timed([*command, "--onto", onto, "--until", until])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=83)
    count: int = parser.parse_args().count
    places = real()
    if places is None:
        return 0
    upstream, target = places
    commits = changesets(upstream, count)
    start = median(lambda: timed([sys.executable, "-m", "portkit", "sync", "--help"]))
    with scratch(upstream, upstream, MAP) as work, tempfile.TemporaryDirectory() as folder:
        checkout = str(Path(folder, "checkout"))
        subprocess.run(["git", "clone", "-q", "--shared", "--no-checkout", work.target, checkout], check=True)
        base = complete(work)
        subprocess.run(["git", "-C", checkout, "checkout", "-q", "--detach", base], check=True)
        files = len(subprocess.run(["git", "-C", checkout, "ls-files"], capture_output=True, check=True).stdout.split())
        same = cut_down(work, base, commits)
        by_git = median(lambda: picked(checkout, base, same))
        synced(work, base, commits[-1])
        by_portkit = median(lambda: synced(work, base, commits[-1]))
        done = len(work.git("rev-list", f"{base}..portkit/dhclient").split())
    print(f"the same {len(commits)} changesets onto {BASE[:10]}, a tree of {files} files")
    print(f"  git cherry-pick            {by_git:6.2f} s  {len(commits) / by_git:7.1f} a second")
    print(f"  portkit sync, whole        {by_portkit:6.2f} s  {done / by_portkit:7.1f} a second"
          f"  ({done} commits; {by_git / by_portkit * done / len(commits):.1f} times as fast)")  # fmt: skip
    rest = by_portkit - start
    print(f"  less the start ({start:.2f} s)    {rest:6.2f} s  {done / rest:7.1f} a second"
          f"  ({by_git / rest * done / len(commits):.1f} times as fast)")  # fmt: skip
    with scratch(upstream, target) as work:
        synced(work, *D1)
        seconds = median(lambda: synced(work, *D1))
        landed = len(work.git("rev-list", f"{D1[0]}..portkit/dhclient").split())
    print(f"D1, the real target: {landed} commits in {seconds:.2f} s, {landed / seconds:.1f} a second, whole command")
    return 0


if __name__ == "__main__":
    sys.exit(main())
