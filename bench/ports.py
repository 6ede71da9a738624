"""The 60 sure one-to-one ports, done again: each upstream changeset onto the commit the person started from.

    bench/ports.py [--ports CSV] [--peers CSV] [--ident as-is|learned] [--list]

Runs `portkit sync dhclient --onto PARENT --changeset ID --branch B --json` for each, in one throw-away copy of the
target, and compares the branch with what the person committed. Where the changeset is parked, its files that are
`ready` are taken from the draft, and count among the files, not among the commits. A file is *right* where it equals
the person's apart from ident lines, white space, blank lines and `.Dd`; a commit is right where all its files are and
nothing else was
changed. *Exact* files are those in which the person made upstream's change and no other. Needs PORTKIT_REAL_OPENBSD
and PORTKIT_REAL_DRAGONFLY; the list of ports is a CSV (dfly_commit, dfly_parent, openbsd_commit(s), confidence).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

COMPONENT = "dhclient"
FOLDER = "sbin/dhclient"


def git(repository: str, *arguments: str) -> bytes:
    """What git prints; empty where it fails."""
    done = subprocess.run(["git", f"--git-dir={repository}", *arguments], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


def files(repository: str, commit: str) -> dict[str, str]:
    """Path to blob of the folder at a commit."""
    found = {}
    for line in git(repository, "ls-tree", "-r", "-z", commit, "--", FOLDER).split(b"\0")[:-1]:
        about, _, path = line.partition(b"\t")
        found[path.decode()] = about.split()[2].decode()
    return found


def blob(repository: str, name: str | None) -> bytes | None:
    """A blob's content."""
    return git(repository, "cat-file", "blob", name) if name else None


def bare(content: bytes | None) -> list[bytes] | None:
    """What of a file counts in "right"."""
    if content is None:
        return None
    return [
        b"".join(line.split())
        for line in content.split(b"\n")
        if line.strip() and not re.search(rb"\$(OpenBSD|DragonFly)\b", line) and not line.startswith(b".Dd")
    ]


def exact_files(place: Path) -> set[tuple[str, str]]:
    """(target commit, path) of the files in which people took upstream's change and no other."""
    with place.open(newline="", encoding="utf-8") as stream:
        return {
            (row["dfly"], row["file"])
            for row in csv.DictReader(stream)
            if row["human_fidelity"] and float(row["human_fidelity"]) == 1
        }


def rows(place: Path) -> list[dict[str, str]]:
    """The sure one-to-one ports."""
    with place.open(newline="", encoding="utf-8") as stream:
        return [
            row
            for row in csv.DictReader(stream)
            if row["confidence"] == "sure" and len(row["openbsd_commit(s)"].split()) == 1
        ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--ports", type=Path, default=Path("../shared/truth/dhclient-ports.csv"))
    parser.add_argument("--peers", type=Path, default=Path("../shared/truth/dhclient-apply-peers.csv"))
    parser.add_argument("--ident", choices=["as-is", "learned"], default="as-is")
    parser.add_argument("--list", action="store_true", help="say each commit that is not right")
    options = parser.parse_args()
    upstream, real = os.environ.get("PORTKIT_REAL_OPENBSD"), os.environ.get("PORTKIT_REAL_DRAGONFLY")
    if not upstream or not real or not options.ports.exists() or not options.peers.exists():
        print("skipped: PORTKIT_REAL_OPENBSD, PORTKIT_REAL_DRAGONFLY, --ports and --peers are needed")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        target = str(Path(scratch, "target.git"))
        shutil.copytree(real, target)
        for key, value in (("user.name", "bench"), ("user.email", "bench@portkit.example")):
            subprocess.run(["git", f"--git-dir={target}", "config", key, value], check=True)
        workspace = Path(scratch, "workspace")
        workspace.mkdir()
        (workspace / "upstream-map.yaml").write_text(
            f"version: 1\nupstreams:\n  openbsd:\n    git: {json.dumps(upstream)}\n"
            f"target:\n  git: {json.dumps(target)}\ncomponents:\n  {COMPONENT}:\n    mode: sync\n"
            f"    upstream: openbsd\n    ident: {options.ident}\n    paths:\n      {FOLDER}/: {FOLDER}/\n"
        )
        tally: Counter[str] = Counter()
        for number, row in enumerate(rows(options.ports)):
            one(row, number, str(workspace), target, exact_files(options.peers), tally, options.list)
    print(f"ident style: {options.ident}")
    print(f"commits right                         {tally['right']:>4} of {tally['commits']}")
    print(f"commits clean but not the person's    {tally['differs']:>4}")
    print(f"commits parked                        {tally['parked']:>4}")
    print(f"commits byte for byte the person's    {tally['bytes']:>4}")
    print(f"files right of those taken exactly    {tally['exact right']:>4} of {tally['exact']}")
    return 0


def one(
    row: dict[str, str],
    number: int,
    workspace: str,
    target: str,
    exact: set[tuple[str, str]],
    tally: Counter[str],
    say: bool,
) -> None:
    """One port, done again and counted."""
    parent, person, changeset = row["dfly_parent"], row["dfly_commit"], row["openbsd_commit(s)"]
    branch = f"bench/{number}"
    command = [sys.executable, "-m", "portkit", "-C", workspace, "--json", "sync", COMPONENT]
    command += ["--onto", parent, "--changeset", changeset, "--branch", branch]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr.decode())
    outcome = json.loads(done.stdout)["components"][0]["changesets"][0]
    tally["commits"] += 1
    tip = git(target, "rev-parse", "--verify", branch).decode().strip() or parent
    before, after, wanted = files(target, parent), files(target, tip), files(target, person)
    drafted = files(target, f"{branch}-draft")
    ready = {file["target"] for file in outcome["files"] if file["state"] == "ready"}
    touched = {path for path in {*before, *after, *wanted} if len({d.get(path) for d in (before, after, wanted)}) > 1}
    right = True
    for path in sorted(touched):
        mine, yours = blob(target, (drafted if path in ready else after).get(path)), blob(target, wanted.get(path))
        good = bare(mine) == bare(yours)
        right = right and good
        if (person[:12], path) in exact:
            tally["exact"] += 1
            tally["exact right"] += good
            if not good and say:
                print(f"exact, not right: {person[:10]} {path}")
    landed = outcome["state"] in ("ported", "already")
    tally["parked"] += not landed
    tally["right"] += landed and right
    tally["differs"] += landed and not right
    tally["bytes"] += landed and all(after.get(path) == wanted.get(path) for path in touched)
    if say and landed and right and any(after.get(path) != wanted.get(path) for path in touched):
        print(f"right, not byte for byte: {person}")
    if say and not (landed and right):
        print(f"{person[:10]} {changeset[:10]} {outcome['state']} {outcome.get('reason', '')}")


if __name__ == "__main__":
    sys.exit(main())
