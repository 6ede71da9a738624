"""Ports that people made elsewhere in the tree, done again: what portkit was not built on.

    bench/other_ports.py [--ports CSV] [--list] [--ident as-is|learned]
    bench/other_ports.py --find CSV [--draw N --sample CSV --seed N]

`--find` walks both histories and writes the ports: each change of a target file that moves its ident line from one
upstream revision to a later one of the same upstream file, outside sbin/dhclient. A row has dfly_commit, dfly_parent,
openbsd_commit (those between the two revisions, separated by spaces), dfly_path, openbsd_path. Which file of upstream
an ident line means is told by its name, revision and date together; where several fit, by the path most alike.

`--draw` writes a sample of N of them, half of one changeset and half of several, drawn by a seed; the sample that is
kept beside this script is what `--ports` takes where nothing is named.

`--ports` runs `portkit sync COMPONENT --onto PARENT --changeset ID --branch B --json` for each row, with a map of that
one file, in one throw-away copy of the target, and compares the file with what the person made of it, as bench/ports.py
does. Rows of one changeset and of several are counted apart. A person's port is *exact* where bench/faithful.py finds
nothing in it but upstream's change; each commit of portkit's is judged by it too. Needs PORTKIT_REAL_OPENBSD and
PORTKIT_REAL_DRAGONFLY, and --ports or --find; skipped where one of them is missing.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.faithful import UNFAITHFUL, Mapping, Repository, judge, judge_range
from bench.ports import bare
from bench.scratch import Scratch, real, scratch

KNOWN = "sbin/dhclient/"
"""What bench/ports.py measures."""

SAMPLE = Path(__file__).resolve().parent / "data" / "other_ports.csv"
SEED = 2013

_IDENT = re.compile(rb"\$OpenBSD: (?:\S*/)?([^\s$/,]+),v (\d+\.\d+) (\d{4})[/-](\d\d)[/-](\d\d) (\d\d:\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Port:
    """One file of one commit of the target, and the upstream changesets that came in with it."""

    dfly_commit: str
    dfly_parent: str
    openbsd_commit: str
    dfly_path: str
    openbsd_path: str

    @property
    def changesets(self) -> list[str]:
        """Upstream's commits, oldest first."""
        return self.openbsd_commit.split()


@dataclass(frozen=True, slots=True)
class Change:
    """One file's blobs before and after a commit; `parent` is empty where the log was asked for none."""

    commit: str
    parent: str
    path: str
    old: str
    new: str


Ident = tuple[str, str, str]
"""Name, revision and date of an ident line."""


# --- finding them -------------------------------------------------------------------------------------------


def changes(repository: str, revision: str, *options: str) -> Iterator[Change]:
    """Every file change of a history's commits that have at most one parent, in the log's order."""
    command = ["git", f"--git-dir={repository}", "-c", "core.quotePath=false", "log", "--no-merges", "--raw"]
    command += ["--no-abbrev", "--no-renames", "--format=C %H %P", *options, revision]
    commit = parent = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as log:
        assert log.stdout is not None
        for line in log.stdout:
            text = line.decode("utf-8", "surrogateescape").rstrip("\n")
            if text.startswith("C "):
                _, commit, *parents = text.split(" ")
                parent = parents[0] if parents else ""
            elif text.startswith(":"):
                about, _, path = text.partition("\t")
                old, new = about.split()[2:4]
                yield Change(commit, parent, path, old, new)


def idents(repository: str, blobs: Iterable[str]) -> dict[str, Ident]:
    """Blob to its first OpenBSD ident, of those that have one."""
    found: dict[str, Ident] = {}
    reader = Repository(repository)
    for blob in blobs:
        try:
            match = _IDENT.search(reader.blob(blob))
        except RuntimeError:  # a few blobs are missing from the mirrors
            continue
        if match:
            name, revision, *date = (part.decode("latin-1") for part in match.groups())
            found[blob] = (name, revision, "/".join(date[:3]) + " " + date[3])
    reader.close()
    return found


def number(revision: str) -> int:
    """The last number of a trunk revision."""
    return int(revision.rpartition(".")[2])


def alike(one: str, other: str) -> tuple[int, int]:
    """How much of two paths is the same: parts from the end, then parts at all."""
    a, b = one.split("/")[::-1], other.split("/")[::-1]
    end = next((step for step, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]), min(len(a), len(b)))
    return end, len(set(a) & set(b))


def find(upstream: str, target: str) -> list[Port]:
    """The ports outside sbin/dhclient, newest first."""
    every = list(changes(upstream, "master", "--reverse"))
    names = {change.path.rpartition("/")[2] for change in every}
    wanted = [
        change
        for change in changes(target, "HEAD")
        if change.path.rpartition("/")[2] in names
        and change.old.strip("0")
        and change.new.strip("0")
        and not change.path.startswith(KNOWN)
    ]
    mine = idents(target, sorted({blob for change in wanted for blob in (change.old, change.new)}))
    wanted = [
        change
        for change in wanted
        if change.old in mine and change.new in mine and mine[change.old] != mine[change.new]
    ]
    bumped = {mine[change.new][0] for change in wanted}
    lives: dict[str, list[Change]] = {}
    for change in every:
        if change.path.rpartition("/")[2] in bumped:
            lives.setdefault(change.path, []).append(change)
    theirs = idents(upstream, sorted({one.new for life in lives.values() for one in life if one.new.strip("0")}))
    bearers: dict[Ident, list[tuple[str, int]]] = {}
    for path, life in lives.items():
        for index, change in enumerate(life):
            if change.new in theirs:
                bearers.setdefault(theirs[change.new], []).append((path, index))
    ports = []
    for change in wanted:
        old, new = mine[change.old], mine[change.new]
        starts = dict(bearers.get(old, ()))
        both = [(path, starts[path], end) for path, end in bearers.get(new, ()) if starts.get(path, end) < end]
        if old[0] == new[0] and both:
            path, start, end = max(both, key=lambda one: (alike(one[0], change.path), one[0]))
            commits = " ".join(one.commit for one in lives[path][start + 1 : end + 1])
            ports.append(Port(change.commit, change.parent, commits, change.path, path))
    return ports


def drawn(ports: list[Port], number: int, seed: int = SEED) -> list[Port]:
    """A sample, half of it of one changeset and half of several, in the order of the list."""
    chance = random.Random(seed)
    chosen = []
    for several in (False, True):
        among = [port for port in ports if (len(port.changesets) > 1) == several]
        chosen += chance.sample(among, min(number // 2, len(among)))
    return [port for port in ports if port in chosen]


def write(place: Path, ports: Iterable[Port]) -> None:
    """A list of ports, as a table."""
    with place.open("w", newline="", encoding="utf-8", errors="surrogateescape") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([field.name for field in fields(Port)])
        writer.writerows(astuple(port) for port in ports)


# --- doing them again ---------------------------------------------------------------------------------------


def component_map(
    ports: Iterable[Port], upstream: str, target: str, ident: str = "as-is"
) -> tuple[str, dict[tuple[str, str], str]]:
    """A map in which every file is a component, and the components' names by (upstream path, target path). Of two
    upstream files for one target file the first counts."""
    text = f"version: 1\nupstreams:\n  openbsd:\n    git: {json.dumps(upstream)}\n"
    text += f"target:\n  git: {json.dumps(target)}\ncomponents:\n"
    names: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for port in ports:
        if port.dfly_path not in taken:
            taken.add(port.dfly_path)
            name = names[port.openbsd_path, port.dfly_path] = f"file-{len(names)}"
            text += f"  {name}:\n    mode: sync\n    upstream: openbsd\n    ident: {ident}\n"
            text += f"    paths:\n      {json.dumps(port.openbsd_path)}: {json.dumps(port.dfly_path)}\n"
    return text, names


def again(work: Scratch, port: Port, component: str, branch: str, upstream: Repository, tally: Counter[str]) -> str:
    """One port, done again and counted; returns what is to be said of it."""
    command = ["sync", component, "--onto", port.dfly_parent, "--branch", branch]
    for changeset in port.changesets:
        command += ["--changeset", changeset]
    target = Repository(work.target)
    try:
        found = work.report(*command)["components"][0]
        tip = work.git("rev-parse", "--verify", f"refs/heads/{branch}").strip() or port.dfly_parent
        sides = [upstream.entry(port.changesets[0] + "^", port.openbsd_path)]
        sides += [upstream.entry(port.changesets[-1], port.openbsd_path)]
        base, theirs = (upstream.blob(side.id) if side else None for side in sides)
        entries = [target.entry(commit, port.dfly_path) for commit in (port.dfly_parent, tip, port.dfly_commit)]
        ours, result, person = (target.blob(entry.id) if entry else None for entry in entries)
        mapping = Mapping([f"{port.openbsd_path}={port.dfly_path}"])
        report = judge_range(upstream, target, f"{port.dfly_parent}..{tip}", mapping)
    finally:
        target.close()
    several = "several" if len(port.changesets) > 1 else "one"
    exact = not any(verdict.kind == UNFAITHFUL for verdict in judge(base, theirs, ours, person))
    landed = all(one["state"] in ("ported", "already") for one in found["changesets"])
    right = bare(result) == bare(person)
    wrong = [one for file in report.files for one in file.verdicts if one.kind == UNFAITHFUL]
    state = "parked" if not landed else "right" if right else "differs"
    tally[several] += 1
    tally[f"{several} {state}"] += 1
    tally[f"{several} bytes"] += landed and result == person
    tally[f"{several} exact"] += exact
    tally[f"{several} exact {state}"] += exact
    tally["unfaithful"] += bool(wrong)
    why = "; ".join(f"{one['state']} {one.get('reason', '')}" for one in found["changesets"] if one.get("reason"))
    why += "".join(f"; UNFAITHFUL {one.reason}: {one.detail}" for one in wrong)
    kind = "exact" if exact else "adapted"
    where = f"{port.dfly_commit[:10]} {port.changesets[-1][:10]} {port.dfly_path}"
    return f"{state:8} {kind:8} {len(port.changesets):3} {where} {why}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--find", type=Path, metavar="CSV", help="find the ports and write them")
    parser.add_argument("--draw", type=int, default=0, metavar="N", help="of those found, draw so many")
    parser.add_argument("--seed", type=int, default=SEED, help="draw by this seed")
    parser.add_argument("--sample", type=Path, default=SAMPLE, metavar="CSV", help="where those drawn are written")
    parser.add_argument("--ports", type=Path, default=SAMPLE, metavar="CSV", help="do these again")
    parser.add_argument("--ident", choices=["as-is", "learned"], default="as-is")
    parser.add_argument("--list", action="store_true", help="say what became of each")
    options = parser.parse_args()
    places = real()
    if places is None:
        return 0
    if options.find:
        found = find(*places)
        write(options.find, found)
        ones = sum(len(port.changesets) == 1 for port in found)
        print(f"{len(found)} ports, {ones} of one changeset: {options.find}")
        if options.draw:
            write(options.sample, drawn(found, options.draw, options.seed))
            print(f"{options.draw} of them, drawn by seed {options.seed}: {options.sample}")
        return 0
    with options.ports.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
        ports = [Port(**row) for row in csv.DictReader(stream)]
    if options.ports == SAMPLE:
        print(f"{len(ports)} files, drawn by seed {SEED} from all that people ported elsewhere")
    return measure(ports, *places, say=options.list, ident=options.ident)


def measure(ports: list[Port], upstream: str, target: str, *, say: bool, ident: str = "as-is") -> int:
    """Does the ports again and prints what became of them; 1 where something unfaithful landed."""
    text, names = component_map(ports, upstream, target, ident)
    tally: Counter[str] = Counter()
    reader = Repository(upstream)
    with scratch(upstream, target, text) as work:
        for index, port in enumerate(ports):
            name = names.get((port.openbsd_path, port.dfly_path))
            if name is None:
                tally["skipped"] += 1
                continue
            told = again(work, port, name, f"bench/{index}", reader, tally)
            if say:
                print(told, flush=True)
    reader.close()
    for several, title in (("one", "one changeset"), ("several", "several changesets")):
        print(f"{title}: {tally[several]} files, of which the person made upstream's change and no other: "
              f"{tally[several + ' exact']}")  # fmt: skip
        for state, words in (("right", "right"), ("differs", "clean but not the person's"), ("parked", "parked")):
            print(f"  {words:28}{tally[f'{several} {state}']:>5}   of the exact{tally[f'{several} exact {state}']:>5}")
        print(f"  {'byte for byte the person’s':28}{tally[several + ' bytes']:>5}")
    print(f"unfaithful files that landed: {tally['unfaithful']}")
    print(f"left out, since a row before names another upstream file for the target's: {tally['skipped']}")
    return 1 if tally["unfaithful"] else 0


if __name__ == "__main__":
    sys.exit(main())
