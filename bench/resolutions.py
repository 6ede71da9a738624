"""What resolutions are worth: what one frees at once, and that all of them outlive the branch and the cache.

    bench/resolutions.py [--ports CSV] [--list]

D2: each root that a person once ported (a sure row of the list of ports, one changeset to one commit) is resolved from
what that person really committed, by an editor that puts into each place what their file has there. What it blocked
must land with that very command. D1: every conflict is resolved, branch and cache are thrown away, and the sync is run
again; then once more onto a target with a commit on top. Needs the two real histories.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.checkpoints import judged
from bench.faithful import KINDS
from bench.scratch import Scratch, real, scratch

ONTO = "3c1204fc30c7ecc85ddfbc7a676604ac60933bec"
D1, D2 = "2012-08-15", "2013-02-05"
_FURTHEST = 40
"""As many lines may stand in one place."""

_PLACE = re.compile(rb"<<<<<<<[^\n]*\n(.*?)\|\|\|\|\|\|\|[^\n]*\n.*?=======\n.*?>>>>>>>[^\n]*\n", re.DOTALL)


def main() -> int:
    if sys.argv[1:2] == ["--as-editor"]:
        return as_editor(*sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--ports", type=Path, default=Path("../shared/truth/dhclient-ports.csv"))
    parser.add_argument("--list", action="store_true", help="name what each resolution landed")
    options = parser.parse_args()
    places = real()
    if places is None:
        return 0
    failed = 0
    with scratch(*places) as work:
        failed |= outlive(work)
    with scratch(*places) as work:
        if options.ports.exists():
            failed |= free(work, options.ports, say=options.list)
        else:
            print("skipped: the list of known ports is not there")
    return failed


def arguments(until: str, onto: str = ONTO) -> tuple[str, ...]:
    return ("--onto", onto, "--until", until)


def changesets(work: Scratch, until: str, onto: str = ONTO) -> list[dict[str, Any]]:
    """What a sync makes of each changeset of dhclient."""
    found = work.report("sync", "dhclient", *arguments(until, onto))
    return next(list(one["changesets"]) for one in found["components"] if one["name"] == "dhclient")


def roots(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in found if one["state"] in ("conflict", "flagged")]


def landed(found: list[dict[str, Any]]) -> int:
    return sum(one["state"] in ("ported", "already") for one in found)


def free(work: Scratch, ports: Path, *, say: bool) -> int:
    """D2: roots resolved as people did."""
    with ports.open(newline="", encoding="utf-8") as stream:
        known = {
            row["openbsd_commit(s)"]: (row["dfly_parent"], row["dfly_commit"])
            for row in csv.DictReader(stream)
            if row["confidence"] == "sure" and " " not in row["openbsd_commit(s)"]
        }
    before = changesets(work, D2)
    every = roots(before)
    print(f"D2: {len(before)} changesets, {landed(before)} landed or there already, {len(every)} roots")
    there = [one for one in every if one["id"] in known]
    print(f"  roots that a person ported, one to one: {len(there)}")
    failed = 0
    for one in there:
        made, told = resolve(work, one, *known[one["id"]])
        if not made:
            print(f"  {one['id'][:10]}: not from what the person did: {told['error']['what']}")
            continue
        ids = [each["id"] for each in told["landed"]]
        blocked = [each["id"] for each in before if each["blocked_by"] == [one["id"]]]
        own = one["id"] in ids
        free_now = sum(id in ids for id in blocked)
        failed |= not own
        state = "landed" if own else "NOT landed"
        print(f"  {one['id'][:10]} resolved as the person did: {state}, and {len(ids) - own} more with it")
        print(f"    of {len(blocked)} that waited for it alone, {free_now} landed")
        if say:
            for each in told["landed"]:
                print(f"    {each['id'][:10]}")
    after = changesets(work, D2)
    print(f"  after it: {landed(after)} landed or there already, {len(roots(after))} roots")
    return failed


def resolve(work: Scratch, one: dict[str, Any], parent: str, commit: str) -> tuple[bool, dict[str, Any]]:
    """Resolves a root as the person did who made `commit`; whether that could be, and what portkit said."""
    told: dict[str, Any] = {}
    for file in one["files"]:
        if not file["conflicts"]:
            continue
        sides = [content(work, revision, file["target"]) for revision in (parent, commit)]
        command = ["resolve", f"{one['id']}:{file['target']}", *arguments(D2)]
        with tempfile.TemporaryDirectory() as folder:
            if sides[1] is None:
                command.append("--theirs")
            else:
                for name, side in zip(("before", "after"), sides, strict=True):
                    Path(folder, name).write_bytes(side or b"")
            editor = [sys.executable, str(Path(__file__).resolve()), "--as-editor", folder]
            done = subprocess.run(
                [sys.executable, "-m", "portkit", "-C", str(work.workspace), "--json", *command],
                capture_output=True, check=False, env=os.environ | {"VISUAL": shlex.join(editor)},
            )  # fmt: skip
        told = json.loads(done.stdout)
        if done.returncode:
            return False, told
    return bool(told), told


def content(work: Scratch, commit: str, path: str) -> bytes | None:
    done = subprocess.run(
        ["git", f"--git-dir={work.target}", "cat-file", "blob", f"{commit}:{path}"], capture_output=True, check=False
    )
    return done.stdout if done.returncode == 0 else None


def as_editor(folder: str, file: str) -> int:
    """An editor that puts into each place what the person has there, between the same lines: 1 where that cannot be
    told. Where the person's change is larger than the places, all of it is made, by `git merge-file`."""
    marked, after = Path(file).read_bytes(), Path(folder, "after").read_bytes()
    parts = _PLACE.split(marked)[::2]
    answers = [between(parts[at], parts[at + 1], after) for at in range(len(parts) - 1)]
    if all(answer is not None for answer in answers):
        filled = [part for pair in zip(parts, (answer or b"" for answer in answers), strict=False) for part in pair]
        Path(file).write_bytes(b"".join([*filled, parts[-1]]))
        return 0
    mine = Path(folder, "mine")
    mine.write_bytes(_PLACE.sub(lambda match: match[1], marked))
    done = subprocess.run(
        ["git", "merge-file", "-p", str(mine), str(Path(folder, "before")), str(Path(folder, "after"))],
        capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return 1
    Path(file).write_bytes(done.stdout)
    return 0


def between(before: bytes, after: bytes, content: bytes) -> bytes | None:
    """The lines that stand in `content` between the last lines of `before` and the first of `after`; None where that is
    no place, or more than one."""
    lines = content.splitlines(keepends=True)
    for width in (3, 2):
        first = before.splitlines(keepends=True)[-width:]
        last = after.splitlines(keepends=True)[:width]
        found = [
            (start + width, end)
            for start in range(len(lines))
            if lines[start : start + width] == first
            for end in range(start + width, min(start + width + _FURTHEST, len(lines)))
            if lines[end : end + width] == last
        ]
        if len(found) == 1:
            return b"".join(lines[found[0][0] : found[0][1]])
    return None


def outlive(work: Scratch) -> int:
    """D1: everything resolved, then branch and cache thrown away."""
    found = changesets(work, D1)
    print(f"D1: {len(found)} changesets, {landed(found)} landed or there already, {len(roots(found))} roots")
    resolved = 0
    while open_ones := [id for one in roots(found) for file in one["files"] for id in file["conflicts"]]:
        work.portkit("resolve", open_ones[0], "--theirs", *arguments(D1))
        resolved += 1
        found = changesets(work, D1)
    tips = refs(work)
    report = judged(work, ONTO, "portkit/dhclient")
    print(f"  {resolved} conflicts resolved: {landed(found)} landed or there already, {len(roots(found))} roots")
    print("  bench/faithful.py, hunks: " + ", ".join(f"{report.count(kind)} {kind}" for kind in KINDS))
    for line in tips.splitlines():
        work.git("update-ref", "-d", line.split()[0])
    shutil.rmtree(work.workspace / ".portkit")
    again = changesets(work, D1)
    same = refs(work) == tips
    print(f"  branch and cache thrown away, synced again: {len(roots(again))} roots, the same hashes: {same}")
    beside = on_top(work)
    moved = changesets(work, D1, beside)
    print(f"  onto a target that went on beside it: {landed(moved)} landed or there already, {len(roots(moved))} roots")
    return int(report.count("unfaithful") > 0 or not same or bool(roots(again)) or landed(moved) != landed(again))


def refs(work: Scratch) -> str:
    """Where portkit's branches stand."""
    return work.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/portkit/")


def on_top(work: Scratch) -> str:
    """A commit on top of the checkpoint that leaves every file as it is."""
    tree = work.git("rev-parse", f"{ONTO}^{{tree}}").strip()
    return work.git("commit-tree", tree, "-p", ONTO, "-m", "Beside.").strip()


if __name__ == "__main__":
    sys.exit(main())
