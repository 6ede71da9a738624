"""The local patches of the real dhclient: extracted, checked, exported, carried over a sync, recognised as upstream's.

    bench/patches.py [--ports CSV] [--list]

1. At each commit: `patches extract`, then `patches check`; the mailbox through `git am` on the baseline's files, whose
   tree must have the target's hash; the folder through Debian's quilt, to the same bytes.
2. After a sync until 2012-08-15 (the checkpoint D1) with every conflict settled (the draft, upstream's side where it
   does not fit): `patches refresh`, `patches check`; which patch files changed, and whether the change of each did.
3. Each of the sure one-to-one ports as a local patch on the tree before it, and each commit that ports nothing: whether
   it is told as superseded by one of upstream's later changesets.

Needs PORTKIT_REAL_OPENBSD and PORTKIT_REAL_DRAGONFLY; for 3 the list of ports (dfly_commit, dfly_parent,
openbsd_commit(s), confidence).
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.scratch import Scratch, real, scratch
from portkit.cli.local import LocalPatches
from portkit.cli.options import Options
from portkit.cli.wiring import workspace
from portkit.merge.file import Version
from portkit.patches.patchid import patch_id
from portkit.patches.series import Series, push, read_patch, read_series
from portkit.patches.superseded import Superseded, UpstreamChanges, superseded
from portkit.patches.writing import tree_diff
from portkit.store import patches as store

FOLDER = "sbin/dhclient"
COMMITS = ("3c1204fc30c7ecc85ddfbc7a676604ac60933bec", "HEAD")
D1 = "2012-08-15"
IMPORT = "846204b6a1"
"""Where DragonFly brought dhclient in: the ports and the true local changes come after it."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--ports", type=Path, default=Path("../shared/truth/dhclient-ports.csv"))
    parser.add_argument("--list", action="store_true", help="name what is not as it should be, and every patch")
    options = parser.parse_args()
    places = real()
    if places is None:
        return 0
    failed = 0
    with scratch(*places) as work:
        for commit in reversed(COMMITS):
            failed |= extracted(work, commit, options.list)
        failed |= refreshed(work, options.list)
        if options.ports.exists():
            failed |= recognised(work, options.ports, options.list)
        else:
            print(f"superseded: skipped, there is no {options.ports}")
    return failed


def extracted(work: Scratch, commit: str, say: bool) -> int:
    """One commit: the series, and what git and quilt make of it."""
    found = work.report("patches", "extract", "dhclient", "--onto", commit, "--replace")
    checked = work.report("patches", "check", "dhclient", "--onto", commit)
    name = commit[:10]
    share = 100 * found["remainder_share"]
    print(f"dhclient at {name}: {len(found['patches'])} patches, {found['changed_lines']} changed lines")
    print(f"  the remainder holds {found['remainder_lines']} of them, {share:.1f} %")
    equal = sum(file["equal"] for file in checked["files"])
    exact = sum(one["in_order"]["fit"] == "exact" for one in checked["patches"])
    print(f"  baseline and series give the tree: {equal} of {len(checked['files'])} files equal")
    print(f"  apply in order, exactly: {exact} of {len(checked['patches'])}")
    if say:
        for one in found["patches"]:
            print(f"    +{one['added']:<4} -{one['removed']:<4} {one['name']}")
    base, mail, quilt = (work.folder / f"{what}-{name}" for what in ("base", "mail", "quilt"))
    work.portkit("patches", "export", "dhclient", "--onto", commit, "--to", str(mail), "--baseline", str(base))
    work.portkit("patches", "export", "dhclient", "--onto", commit, "--format", "quilt", "--to", str(quilt))
    shutil.copytree(base, quilt, dirs_exist_ok=True)
    run(base, "git", "init", "-q")
    run(base, "git", "add", "-A")
    run(base, "git", "-c", "user.name=b", "-c", "user.email=b@portkit.example", "commit", "-q", "-m", "baseline")
    run(base, "git", "-c", "user.name=b", "-c", "user.email=b@portkit.example", "am", "-q", str(mail))
    made = run(base, "git", "rev-parse", f"HEAD:{FOLDER}").strip()
    wanted = work.git("rev-parse", f"{commit}:{FOLDER}").strip()
    print(f"  git am gives the target's tree hash: {made == wanted}")
    same = pushed(quilt, base)
    print(f"  quilt pushes to the same bytes: {same if same is not None else 'skipped, there is no quilt'}")
    return int(not (checked["equal"] and made == wanted and same is not False and share <= 20))


def pushed(folder: Path, wanted: Path) -> bool | None:
    """Whether quilt makes the files of `wanted`; None where it is not here."""
    if shutil.which("quilt") is None:
        return None
    run(folder, "quilt", "--quiltrc", "-", "push", "-a", "-q")
    files = [path.relative_to(wanted) for path in wanted.rglob("*") if path.is_file() and ".git" not in path.parts]
    return all((folder / path).read_bytes() == (wanted / path).read_bytes() for path in files)


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {(done.stderr or done.stdout).decode(errors='replace')}")
    return done.stdout.decode()


def refreshed(work: Scratch, say: bool) -> int:
    """The checkpoint D1, every conflict settled."""
    onto = COMMITS[0]
    work.report("patches", "extract", "dhclient", "--onto", onto, "--replace")
    place = store.folder(work.workspace, "dhclient")
    before = {patch.name: patch for patch in read_series(store.read(place), "before").patches}
    work.report("sync", "dhclient", "--onto", onto, "--until", D1)
    settled = ("--onto", "portkit/dhclient-draft", "--until", D1)
    moved = work.report("patches", "check", "dhclient", *settled)
    done = work.report("patches", "refresh", "dhclient", *settled)
    checked = work.report("patches", "check", "dhclient", *settled)
    after = {patch.name: patch for patch in read_series(store.read(place), "after").patches}
    written = {name for name, patch in after.items() if name not in before or patch.raw != before[name].raw}
    same = {name for name in written & before.keys() if patch_id(after[name].files) == patch_id(before[name].files)}
    print(f"refresh over D1, conflicts settled: {len(done['cards'])} cards")
    equal = [sum(file["equal"] for file in one["files"]) for one in (moved, checked)]
    print(f"  files equal before {equal[0]}, after {equal[1]} of {len(checked['files'])}")
    print(f"  patches {len(before)}: {len(before) - len(written) - len(done['retired'])} files untouched, "
          f"{len(written)} written anew, {len(done['retired'])} retired")  # fmt: skip
    print(f"  written although its patch-id is the same: {len(same)}")
    if say:
        for one in done["retired"]:
            print(f"    retired {one['name']}: {one['reason']}")
    return int(not checked["equal"] or bool(same) or bool(done["cards"]))


def recognised(work: Scratch, ports: Path, say: bool) -> int:
    """The ports, and the commits that port nothing, each as a local patch."""
    with ports.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    sure = [row for row in rows if row["confidence"] == "sure" and len(row["openbsd_commit(s)"].split()) == 1]
    known = {row["dfly_commit"] for row in rows}
    log = work.git("log", "--format=%H %P", f"{IMPORT}..HEAD", "--", FOLDER)
    own = [words for line in log.splitlines() if (words := line.split())[0] not in known]
    right = told = 0
    for row, found in zip(sure, judged(work, [(row["dfly_commit"], row["dfly_parent"]) for row in sure]), strict=True):
        told += found.whole
        right += found.changeset == row["openbsd_commit(s)"]
        if say and not found.whole:
            print(f"    not told: {row['dfly_commit'][:10]} {row['openbsd_commit(s)'][:10]} {row['note']}")
    wrong = 0
    for words, found in zip(own, judged(work, [(words[0], words[1]) for words in own]), strict=True):
        wrong += found.whole
        if say and found.whole:
            print(f"    told, and local: {words[0][:10]} {found.changeset[:10]}")
    print(f"superseded: {told} of {len(sure)} ports told as upstream's, {right} of them by the changeset they port")
    print(f"  of {len(own)} commits that port nothing, {wrong} told as upstream's")
    return int(told < 57 or wrong > 0)


def judged(work: Scratch, pairs: list[tuple[str, str]]) -> Iterator[Superseded]:
    """What is said of each commit, as a local patch on the tree of its parent."""
    options = Options(directory=str(work.workspace))
    with workspace(options) as place:
        for commit, parent in pairs:
            local = LocalPatches.open(place, "dhclient", parent)
            before = local.derived.tree
            tree = place.target().tree(commit, [FOLDER])
            after = {path: Version(tree.read(blob.oid), blob.mode) for path, blob in tree.entries.items()}
            patch = read_patch("one.patch", b"Subject: one\n\n" + tree_diff(before, after), "one.patch")
            (step,) = push(Series((patch,)), before)
            title = place.map.source(local.component.upstream).title
            later = {path: local.later(path, local.derived.versions.get(path)) for path in patch.paths}
            yield superseded(step, UpstreamChanges(later, title), lambda _: False)


if __name__ == "__main__":
    sys.exit(main())
