"""Mode port on the real histories: syslogd and tcpdump, from upstream's privilege separation on, onto HEAD.

    bench/port_mode.py [--list] [--draw N --seed S]

Prints what became of every hunk on files that the target has in its own words, counted as the worksheet does and as
`diff -u` does; the same for `patch -F2` and `-F3` on the untouched file, and what portkit does with those that patch
puts somewhere; has bench/faithful.py judge branches and drafts; runs each again and says whether anything changed.
`--list` names what landed. `--draw` prints, as CSV, N of the hunks that landed, fit or are there already, drawn by the
seed, to be read by hand (the verdicts of that reading: bench/data/port_hunks_read.csv; of all that patch -F2 puts
somewhere: bench/data/port_patch_read.csv, where `half` fits and breaks something, or says what is not so, alone).
"""

from __future__ import annotations

import argparse
import csv
import difflib
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.faithful import Mapping, Repository, folded_text, judge_range
from bench.scratch import ROOT, Scratch, real, scratch

RULES = {
    "syslogd": ["usr.sbin/syslogd/=usr.sbin/syslogd/"],
    "tcpdump": [
        "usr.sbin/tcpdump/=contrib/tcpdump/",
        "usr.sbin/tcpdump/Makefile=usr.sbin/tcpdump/Makefile",
        "usr.sbin/tcpdump/tcpdump.8=contrib/tcpdump/tcpdump.1.in",
    ],
}
READ = ROOT / "bench" / "data" / "port_hunks_read.csv"
PATCHED = ROOT / "bench" / "data" / "port_patch_read.csv"
Entry = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--list", action="store_true", help="name what landed")
    parser.add_argument("--draw", type=int, default=0, metavar="N", help="print N hunks to be read by hand")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    places = real()
    if places is None:
        return 0
    unfaithful = 0
    drawn: list[Entry] = []
    with scratch(*places) as work:
        for name in RULES:
            entries, bad = component(work, name, say=not options.draw, listed=options.list)
            unfaithful += bad
            drawn += [one for one in entries if one["what"] == "hunk" and one["fate"] != "left"]
    if options.draw:
        draw(drawn, options.draw, options.seed)
    else:
        read()
    return 1 if unfaithful else 0


def component(work: Scratch, name: str, *, say: bool, listed: bool) -> tuple[list[Entry], int]:
    """One component; returns its entries and how many landed hunks are unfaithful."""
    started = time.perf_counter()
    (found,) = work.report("sync", name)["components"]
    seconds = time.perf_counter() - started
    sheet = found["worksheet"]
    entries: list[Entry] = sheet["entries"]
    if not say:
        return entries, 0
    counts, blocks, files = sheet["counts"], sheet["blocks"], sheet["files"]
    many = len(found["changesets"])
    print(f"{name}: {many} changesets from {sheet['first'][:10]} ({seconds:.1f} s, the whole command)")
    print(f"  hunks on files that are there: {told(counts)}")
    print(f"  counted as diff -u does:       {told(blocks)}")
    if name == "tcpdump":
        peers = blocks_in(entries, "contrib/tcpdump/")
        print(f"    of these in contrib/tcpdump but for the manual page: {told(peers)}")
    print(
        f"  new files {files['added']}, hunks to them {files['followed']}; changes to files that are not there"
        f" {files['absent']}; of all these left {files['left']}"
    )
    states = ", ".join(f"{count} {state}" for state, count in found["counts"].items() if count)
    partial = sum(one["partial"] for one in found["changesets"])
    print(f"  {states}; {partial} of the conflicts landed in part")
    for fuzz in (2, 3):
        print(f"  patch -F{fuzz}, on the untouched file: {told(patched(work, entries, fuzz))}")
    if listed:
        for one in entries:
            if one["what"] == "hunk" and one["fate"] in ("placed", "ready"):
                where = f"{one['target']}:{one['line']} {one['counterpart']} {one['method']}"
                print(f"    {one['fate']:<6} {one['changeset'][:10]} {where}")
    placed, drafted, taken = blocks["placed"], blocks["ready"], patched_by_hand(name)
    print(
        f"  placed: on the branch {placed}, on the draft {drafted}, together {placed + drafted}; patch -F2:"
        f" {sum(taken.values())} (read by hand {', '.join(f'{count} {verdict}' for verdict, count in taken.items())})"
    )
    onto, branch, draft = (found["target"][key] for key in ("onto", "branch", "draft"))
    unfaithful = 0
    for what, span in (("branch", f"{onto}..{branch}"), ("draft", f"{branch}..{draft}")):
        if span.endswith(".."):
            continue
        report = judge_range(Repository(work.upstream), Repository(work.target), span, Mapping(RULES[name]))
        kinds = ", ".join(
            f"{report.count(kind)} {kind}" for kind in ("faithful", "worded", "beside", "already", "left", "unfaithful")
        )
        print(f"  bench/faithful.py, hunks of the {what}: {kinds}; in {report.commits} commits")
        unfaithful += report.count("unfaithful")
    (again,) = work.report("sync", name)["components"]
    print(f"  a second run changed nothing: {not again['changed'] and again['worksheet'] == sheet}")
    return entries, unfaithful


def patched_by_hand(name: str) -> dict[str, int]:
    """What patch -F2 puts somewhere, by the verdict of those who read it."""
    with PATCHED.open(newline="") as stream:
        verdicts = Counter(row["verdict"] for row in csv.DictReader(stream) if row["component"] == name)
    return {verdict: verdicts[verdict] for verdict in ("right", "half", "wrong")}


def told(counts: dict[str, int]) -> str:
    """Counts as a line: the sum, then the parts."""
    whole, *parts = counts.items()
    return f"{whole[1]}: " + ", ".join(f"{count} {key}" for key, count in parts)


def grouped(entries: Iterable[Entry]) -> dict[tuple[str, str, str, int], list[Entry]]:
    """Hunks on files that are there, by the block of a `diff -u` they are part of."""
    found: dict[tuple[str, str, str, int], list[Entry]] = {}
    for one in entries:
        if one["what"] == "hunk":
            found.setdefault((one["changeset"], one["upstream"], one["target"], one["block"]), []).append(one)
    return found


ORDER = ("already", "placed", "decided", "ready", "left")


def fate_of(block: Iterable[Entry]) -> str:
    """A block is as far as the worst of its hunks."""
    return max((str(one["fate"]) for one in block), key=ORDER.index)


def blocks_in(entries: Iterable[Entry], folder: str) -> dict[str, int]:
    """The fates of the blocks of one folder, those of the manual page left out: what the peers were measured on."""
    fates = Counter(
        fate_of(block)
        for (_, _, target, _), block in grouped(entries).items()
        if target.startswith(folder) and not target.endswith(".1.in")
    )
    return {"blocks": fates.total()} | {fate: fates[fate] for fate in ORDER}


def patched(work: Scratch, entries: Iterable[Entry], fuzz: int) -> dict[str, int]:
    """What patch takes, block by block, keywords folded, and what portkit says of those."""
    upstream, target = Repository(work.upstream), Repository(work.target)
    onto: str = work.git("rev-parse", "HEAD").strip()
    by_file: dict[tuple[str, str, str], dict[int, list[Entry]]] = {}
    for (changeset, up, down, block), several in grouped(entries).items():
        by_file.setdefault((changeset, up, down), {})[block] = several
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for (changeset, up, down), mine in by_file.items():
            ours = text(target, onto, down)
            diffs = list(unified(text(upstream, f"{changeset}^", up), text(upstream, changeset, up)))
            for number, diff in enumerate(diffs, 1):
                file = Path(folder, "file")
                file.write_bytes("".join(ours).encode("latin-1"))
                done = subprocess.run(
                    ["patch", "-s", "-f", f"-F{fuzz}", "--no-backup-if-mismatch", "-r", "-", str(file)],
                    input=diff.encode("latin-1"), capture_output=True, check=False,
                )  # fmt: skip
                if done.returncode == 0:
                    same = len(diffs) == len(mine)  # else the two are cut differently
                    found[fate_of(mine[number]) if same else "cut otherwise"] += 1
    return {"taken": found.total()} | {key: found[key] for key in (*ORDER, "cut otherwise") if found[key]}


def text(repository: Repository, commit: str, path: str) -> list[str]:
    """A file at a commit, as folded lines."""
    entry = repository.entry(commit, path)
    assert entry is not None, path
    return [line.decode("latin-1") for line in folded_text(repository.blob(entry.id))]


def unified(before: list[str], after: list[str]) -> Iterator[str]:
    """The hunks of `diff -u`, each a patch of its own."""
    head: list[str] = []
    block: list[str] = []
    for line in difflib.unified_diff(before, after, "a", "b", n=3):
        if line.startswith("@@") and block:
            yield "".join(head + block)
            block = []
        if line.startswith(("---", "+++")) and not block:
            head.append(line)
        else:
            block.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    if block:
        yield "".join(head + block)


def draw(entries: list[Entry], count: int, seed: int) -> None:
    """The drawn hunks as CSV, the verdict and the reason to be filled in."""
    print(f"seed {seed}, {count} of {len(entries)}", file=sys.stderr)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("id", "changeset", "path", "line", "hunk", "fate", "verdict", "reason"))
    for one in sorted(random.Random(seed).sample(entries, count), key=lambda one: (one["target"], one["id"])):
        writer.writerow(
            (one["id"], one["changeset"][:10], one["target"], one["line"], one["hunk"], one["fate"], "", "")
        )


def read() -> None:
    """What the reading by hand said: of the hunks that were drawn, and of all that patch -F2 puts somewhere."""
    for path, first, what in ((READ, "fate", "hunks"), (PATCHED, "component", "blocks that patch -F2 puts somewhere")):
        if not path.exists():
            continue
        with path.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        verdicts = Counter((row[first], row["verdict"]) for row in rows)
        told = ", ".join(f"{count} {one} {verdict}" for (one, verdict), count in sorted(verdicts.items()))
        print(f"{len(rows)} {what}, read by hand: {told}")


if __name__ == "__main__":
    sys.exit(main())
