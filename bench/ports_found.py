"""How well portkit finds what people ported: the known dhclient ports, and those elsewhere in the tree.

    bench/ports_found.py [--known CSV] [--others CSV] [--list]

Of sbin/dhclient: how many of the sure ports are found with exactly their changesets, and whether a commit that ports
nothing is called a port; once with all evidence, once as if ident lines and trailers were not there (by lines and
messages alone). Elsewhere, the judge is the ident line that the person bumped: with ident lines hidden, a claim that a
commit carries a changeset of one file is right where that changeset lies between the revisions before and after.
`--others` is what bench/other_ports.py --find writes; without it the ports are found first. Needs PORTKIT_REAL_OPENBSD
and PORTKIT_REAL_DRAGONFLY; nothing is written into them.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.other_ports import Port as Bump
from bench.other_ports import find as find_bumps
from bench.scratch import ROOT, real
from portkit.cli.options import Options
from portkit.cli.wiring import Workspace, workspace
from portkit.ports.find import PortFinder
from portkit.ports.model import Found, HunkState

KNOWN = ROOT.parent / "shared" / "truth" / "dhclient-ports.csv"
SINCE = "846204b6a1"
"""The import of dhclient: the commits after it that the list does not name port nothing."""


def found_by(place: Workspace, name: str, onto: str, *, hidden: bool) -> Found:
    """What the finder says of one component."""
    component = place.map.component(name)
    source = place.map.source(component.upstream)
    lineage = place.sync().component_run(component, onto).lineage
    finder = PortFinder(component, lineage, place.history(source), place.target(), source.title, hidden=hidden)
    return finder.find(onto)


def opened(folder: str, upstream: str, target: str, components: str) -> Options:
    """Options that name a workspace in `folder` with these components."""
    text = f"version: 1\nupstreams:\n  openbsd:\n    git: {json.dumps(upstream)}\n    title: OpenBSD\n"
    text += f"target:\n  git: {json.dumps(target)}\ncomponents:\n{components}"
    Path(folder, "upstream-map.yaml").write_text(text, "utf-8", "surrogateescape")
    return Options(directory=folder)


def dhclient(upstream: str, target: str, known: Path, *, say: bool) -> None:
    """The known ports, with all evidence and without ident lines."""
    with known.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    sure = {row["dfly_commit"]: set(row["openbsd_commit(s)"].split()) for row in rows if row["confidence"] == "sure"}
    listed = {row["dfly_commit"] for row in rows}
    lines = "  dhclient:\n    mode: sync\n    upstream: openbsd\n    paths:\n      sbin/dhclient/: sbin/dhclient/\n"
    with tempfile.TemporaryDirectory() as folder, workspace(opened(folder, upstream, target, lines)) as place:
        onto = place.target().default_tip()
        since = place.target().resolve(SINCE)
        later = {one.commit.id for one in place.target().changes(onto, ["sbin/dhclient"], since=since)}
        for hidden in (False, True):
            found = found_by(place, "dhclient", onto, hidden=hidden)
            told = {port.target_commit: set(port.changesets) for port in found.ports}
            right = [one for one, changesets in sure.items() if told.get(one) == changesets]
            wrong = [one for one, changesets in sure.items() if one in told and not told[one] <= changesets]
            nothing = later - listed
            print("dhclient, by lines and messages alone:" if hidden else "dhclient, by all evidence:")
            print(f"  sure ports found, exactly their changesets {len(right):>4} of {len(sure)}")
            print(f"  sure ports given another changeset         {len(wrong):>4}")
            print(f"  commits that port nothing, called a port   {len(nothing & set(told)):>4} of {len(nothing)}")
            kinds = Counter(str(port.kind) for port in found.ports)
            print(f"  kinds: {', '.join(f'{number} {kind}' for kind, number in sorted(kinds.items()))}")
            if say:
                for one in sorted(set(sure) - set(right)) + sorted(nothing & set(told)):
                    print(f"    {one[:12]} {' '.join(x[:10] for x in told.get(one, ()))}")


def elsewhere(upstream: str, target: str, bumps: Iterable[Bump], *, say: bool) -> None:
    """What is claimed without ident lines, judged by the ident lines."""
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    truth: dict[tuple[str, str], set[str]] = defaultdict(set)
    for bump in bumps:
        group = "/".join(bump.dfly_path.split("/")[:2])
        if bump.openbsd_path not in groups[group].values():
            groups[group].setdefault(bump.dfly_path, bump.openbsd_path)
        if groups[group].get(bump.dfly_path) == bump.openbsd_path:
            truth[bump.dfly_commit, bump.dfly_path] |= set(bump.changesets)
    text = ""
    names = {}
    for number, (group, paths) in enumerate(sorted(groups.items())):
        names[f"group-{number}"] = group
        text += f"  group-{number}:\n    mode: sync\n    upstream: openbsd\n    paths:\n"
        text += "".join(f"      {json.dumps(other)}: {json.dumps(own)}\n" for own, other in sorted(paths.items()))
    tally: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, workspace(opened(folder, upstream, target, text)) as place:
        onto = place.target().default_tip()
        for name, group in names.items():
            found = found_by(place, name, onto, hidden=True)
            for port in found.ports:
                for file in port.files:
                    if not {HunkState.MADE, HunkState.ADAPTED} & set(file.hunks):
                        continue
                    between = truth.get((port.target_commit, file.target))
                    state = "unjudged" if between is None else "right" if file.changeset in between else "wrong"
                    tally[state] += 1
                    if say and state != "right":
                        print(f"  {state} {port.target_commit[:10]} {file.changeset[:10]} {file.target} {port.kind} "
                              f"{port.confidence} {list(map(str, file.hunks))[:6]}", flush=True)  # fmt: skip
            if say:
                print(f"  {group}: {len(found.ports)} commits", flush=True)
    judged = tally["right"] + tally["wrong"]
    print(f"elsewhere, {len(truth)} bumped ident lines in {len({commit for commit, _ in truth})} commits:")
    print(f"  claims by lines and messages alone         {judged:>5}")
    print(f"  of them right, by the ident line           {tally['right']:>5}"
          + (f" ({100 * tally['right'] / judged:.1f} %)" if judged else ""))  # fmt: skip
    print(f"  claims on files whose ident line stands    {tally['unjudged']:>5}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--known", type=Path, default=KNOWN)
    parser.add_argument("--others", type=Path, help="what bench/other_ports.py --find wrote")
    parser.add_argument("--list", action="store_true", help="say what was wrong or missed")
    options = parser.parse_args()
    places = real()
    if places is None:
        return 0
    if options.known.exists():
        dhclient(*places, options.known, say=options.list)
    else:
        print(f"skipped: the known ports are not at {options.known}")
    if options.others:
        with options.others.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
            bumps = [Bump(**row) for row in csv.DictReader(stream)]
    else:
        bumps = find_bumps(*places)
    elsewhere(*places, bumps, say=options.list)
    return 0


if __name__ == "__main__":
    sys.exit(main())
