"""CVS read natively, against real CVS repositories of the five systems' history: contents, grouping, speed, branches.

    bench/cvs.py [--keep FOLDER] [--no-sync] [--list]

Makes a CVS repository with the real cvs, out of the real history (bench/cvs_made.py), and some of it with ci. Then:
every revision byte for byte what `co -p -ko` gives, and with its keywords the bytes of the git mirror; changesets with
commitids, without, and without on input made hard, against git's; the time beside one co for each revision and beside
git; cvs-fast-export's grouping; dhclient synced from either (D1). `--list` explains each changeset that is not git's.
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.checkpoints import ONTO
from bench.cvs_made import MODULE, Made, by_ci, by_cvs, co, tools, without_commitids
from bench.index_speed import FOLDERS
from bench.scratch import real, scratch
from portkit.change.changeset import Changeset
from portkit.components.model import Source
from portkit.upstream import git
from portkit.upstream.cvs import CvsHistory
from portkit.upstream.rcs import RcsFile
from portkit.upstream.source import UpstreamHistory, open_history

ROOT = "/var/cvsync"
"""Where the mirror's own copy of the repository lay: its $Header$ lines say so."""

GROUPING = 0.999
CO = 20.0
SMALL = "usr.sbin/ntpd/"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--keep", default="", help="make the repository here, or use the one that is there")
    parser.add_argument("--no-sync", action="store_true", help="leave out the branches")
    parser.add_argument("--list", action="store_true", help="explain each changeset that is not git's")
    options = parser.parse_args()
    places = real()
    if places is None:
        return 0
    if tools():
        print(f"skipped: {tools()} not here")
        return 0
    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with git.open_history(Source("openbsd", places[0]), FOLDERS, folder / "git") as mirror:
            expected = mirror.changesets(lambda _: True)
            made = repository(mirror, expected, Path(options.keep) if options.keep else folder / "made")
            revisions = sum(len(RcsFile(path.read_bytes(), path.name).deltas) for path in made.files())
            print(
                f"cvs: {len(expected):,} commits of git, made anew by cvs: {len(made.files())} ,v files, "
                f"{revisions:,} revisions, {sum(one.stat().st_size for one in made.files()) / 1e6:.1f} MB"
            )
            seconds = contents(made)
            failed |= not expansion(made, mirror, expected, folder / "blobs")
            failed |= not checked_in(mirror, expected, folder)
            failed |= not grouping(made, expected, folder, say=options.list)
            failed |= not speed(made, mirror, expected, folder, seconds, revisions)
            exported(made, expected, folder)
        if not options.no_sync:
            failed |= not branches(places, made)
    return 1 if failed else 0


def repository(mirror: git.GitHistory, changesets: Sequence[Changeset], folder: Path) -> Made:
    """The repository in `folder`, made now where it is not there."""
    if (folder / "root" / "CVSROOT").is_dir():
        return Made(folder / "root", len(changesets))
    return by_cvs(mirror, changesets, folder)


def contents(made: Made) -> float:
    """Every revision of every file against `co -p -ko`; returns the CPU seconds that co took for all."""
    wrong = count = 0
    seconds = 0.0
    for path in made.files():
        file = RcsFile(path.read_bytes(), str(path))
        for revision, text in file.texts(list(file.deltas)):
            start = cpu()
            expected = co(path, revision)
            seconds += cpu() - start
            count += 1
            wrong += text != expected
    print(f"  byte for byte `co -p -ko`: {count - wrong:,} of {count:,} revisions")
    if wrong:
        sys.exit("a content is not what co gives")
    return seconds


def opened(made: Made, state: Path) -> UpstreamHistory:
    """The repository's history, with what the mirror's $Header$ lines name as its root."""
    source = Source("openbsd", str(made.root), kind="cvs", branch="HEAD", title="OpenBSD", root=ROOT)
    return open_history(source, FOLDERS, state)


def expansion(made: Made, mirror: git.GitHistory, expected: Sequence[Changeset], state: Path) -> bool:
    """The contents with their keywords, by git's ids, against the mirror's."""
    history = opened(made, state)
    ours = Counter((change.path, change.new.oid) for one in history.changesets(lambda _: True)
                   for change in one.files if change.new)  # fmt: skip
    theirs = Counter((change.path, change.new.oid) for one in expected for change in one.files if change.new)
    same = sum((ours & theirs).values())
    print(f"  with keywords filled in, the git mirror's blobs: {same:,} of {sum(theirs.values()):,}")
    oids = dict.fromkeys(oid for _, oid in theirs if (_, oid) in ours)
    differing = sum(
        content != mirror.read(oid) for oid, content in history.read_many(itertools.islice(oids, 0, None, 7))
    )
    print(f"  read again by their ids, every seventh: {differing} differ")
    history.close()
    return ours == theirs and not differing


def checked_in(mirror: git.GitHistory, expected: Sequence[Changeset], folder: Path) -> bool:
    """The same of files made by `ci`, for one system."""
    some = [
        Changeset(one.id, one.parent, one.date, one.author, one.message, kept)
        for one in expected
        if (kept := tuple(change for change in one.files if change.path.startswith(SMALL)))
    ]
    made = by_ci(mirror, some, folder / "ci")
    wrong = count = 0
    for path in made.files():
        file = RcsFile(path.read_bytes(), str(path))
        for revision, text in file.texts(list(file.deltas)):
            count += 1
            wrong += text != co(path, revision)
    print(f"  {SMALL} made by ci: {count - wrong:,} of {count:,} revisions what co gives")
    return not wrong


def grouping(made: Made, expected: Sequence[Changeset], folder: Path, *, say: bool) -> bool:
    """Changesets against git's: with commitids, without, and on input made hard."""
    named = groups(opened(made, folder / "named"))
    share = agreement("with commitids", named, expected, say=say)
    bare = without_commitids(made, folder / "bare")
    agreement("without commitids", groups(opened(bare, folder / "bare-state")), expected, say=say)
    for name, act in HARD:
        hard = Made(folder / f"hard-{name}", bare.commits)
        shutil.copytree(bare.root, hard.root)
        act(hard, expected)
        agreement(f"without, {name}", groups(opened(hard, folder / f"hard-{name}-state")), expected, say=say)
    return share >= GROUPING


Key = frozenset[tuple[str, int]]
"""What a changeset holds: its files, each with how often it was changed before."""


def groups(history: UpstreamHistory) -> list[Changeset]:
    """Every changeset of a history, which is closed."""
    found = list(history.changesets(lambda _: True))
    history.close()
    return found


def keyed(changesets: Iterable[Changeset]) -> dict[Key, Changeset]:
    """Changesets by what they hold; the same in histories whose dates differ."""
    seen: Counter[str] = Counter()
    found: dict[Key, Changeset] = {}
    for one in changesets:
        found[frozenset((str(change.path), seen[change.path]) for change in one.files)] = one
        seen.update(change.path for change in one.files)
    return found


def agreement(what: str, found: Sequence[Changeset], expected: Sequence[Changeset], *, say: bool) -> float:
    """Prints how many of git's changesets are there as they are; and why the others are not."""
    ours, theirs = keyed(found), keyed(expected)
    same = len(ours.keys() & theirs.keys())
    home = {member: key for key in ours for member in key}
    reasons: Counter[str] = Counter()
    told = []
    for key in sorted(theirs.keys() - ours.keys(), key=lambda one: theirs[one].date):
        parts = {home[member] for member in key if member in home}
        if len(parts) == 1 and next(iter(parts)) > key:
            reason = "joined: one author and log, the pause within 300 s, no file in both"
        elif all(part < key for part in parts):
            reason = "parted: a pause of more than 300 s, or the same file twice within the window"
        else:
            reason = "cut elsewhere: one author and log twice within the window, and the pause does not tell"
        reasons[reason] += 1
        told.append(f"      {theirs[key].id[:10]}, {len(key)} files: {reason}")
    print(f"  {what}: {same:,} of {len(theirs):,} changesets are git's ({100 * same / len(theirs):.2f} %)")
    for reason, count in sorted(reasons.items()):
        print(f"    {count} {reason}")
    if say:
        print("\n".join(told))
    return same / len(theirs)


def dated(made: Made, expected: Sequence[Changeset], date: Callable[[int, int, int], int]) -> None:
    """Gives every revision another date: by changeset's number, the file's place in it, and the date it has."""
    moments: dict[str, list[int]] = {}
    for number, one in enumerate(expected):
        for place, change in enumerate(one.files):
            moments.setdefault(change.path, []).append(date(number, place, one.date))
    for path in made.files():
        name = str(path.relative_to(made.root / MODULE)).replace("Attic/", "").removesuffix(",v")
        head, mark, texts = path.read_bytes().partition(b"\n\ndesc\n")
        wanted = moments[name]

        def put(match: re.Match[bytes], wanted: list[int] = wanted) -> bytes:
            at = wanted[int(match[1].decode().rpartition(".")[2]) - 1]
            return b"\n%b\ndate\t%b;" % (match[1], f"{datetime.fromtimestamp(at, UTC):%Y.%m.%d.%H.%M.%S}".encode())

        path.chmod(0o644)
        path.write_bytes(re.sub(rb"\n([\d.]+)\ndate\t[\d.]+;", put, head) + mark + texts)


def stretched(made: Made, expected: Sequence[Changeset]) -> None:
    """Every commit takes 100 seconds a file: one of 79 files takes two hours."""
    dated(made, expected, lambda _, place, date: date + 100 * place)


def skewed(made: Made, expected: Sequence[Changeset]) -> None:
    """Every file's clock is off by up to two minutes, either way."""
    chance = random.Random(7)
    dated(made, expected, lambda _, __, date: date + chance.randint(-120, 120))


def interleaved(made: Made, expected: Sequence[Changeset]) -> None:
    """Every two commits that follow one another, of two authors, run at the same time, file by file."""
    start = [one.date for one in expected]
    for number in range(0, len(expected) - 1, 2):
        if expected[number].author.login != expected[number + 1].author.login:
            start[number + 1] = start[number]
    dated(made, expected, lambda number, place, _: start[number] + 7 * place)


def wordless(made: Made, expected: Sequence[Changeset]) -> None:
    """Every log is the same: what one author did within five minutes is told apart by files and pauses alone."""
    dated(made, expected, lambda _, place, date: date + place)
    for path in made.files():
        content = path.read_bytes()
        path.write_bytes(re.sub(rb"\nlog\n@(?:[^@]|@@)*@\n", b"\nlog\n@*** empty log message ***\n@\n", content))


HARD: tuple[tuple[str, Callable[[Made, Sequence[Changeset]], None]], ...] = (
    ("stretched commits", stretched), ("clocks that are off", skewed), ("two at a time", interleaved),
    ("one log for all", wordless),
)  # fmt: skip


def speed(
    made: Made, mirror: git.GitHistory, expected: Sequence[Changeset], folder: Path, seconds: float, revisions: int
) -> bool:
    """All changesets and all texts: ours from nothing, against one co for each revision, and git reading the same."""
    oids = [change.new.oid for one in expected for change in one.files if change.new]
    ours, again, theirs = [], [], []
    for number in range(3):
        state = folder / f"speed-{number}"
        ours.append(used(lambda: all_of(opened(made, state))))  # noqa: B023
        again.append(used(lambda: opened(made, state).close()))  # noqa: B023
        theirs.append(used(lambda: by_git(mirror.source.location, oids)))
    mine, its = sorted(ours)[1], sorted(theirs)[1]
    idle = sorted(again)[1]
    print(f"  CPU for all changesets and texts, from nothing: {mine:.2f} s; a run with nothing new: {idle:.3f} s")
    told = f"{seconds:.1f} s, {seconds / mine:.0f} times that (goal: {CO:.0f})"
    print(f"    one co for each of {revisions:,} revisions: {told}")
    print(f"    git log --raw, then cat-file --batch: {its:.2f} s, {its / mine:.2f} times that (goal: 1)")
    return seconds / mine >= CO and its / mine >= 1


def all_of(history: UpstreamHistory) -> None:
    """Reads what there is."""
    assert isinstance(history, CvsHistory)
    oids = [change.new.oid for one in history.changesets(lambda _: True) for change in one.files if change.new]
    for _ in history.read_many(oids):
        pass
    history.close()


def by_git(location: str, oids: Sequence[str]) -> None:
    """What git takes for the same: the changes of every commit of the folders, and each content."""
    command = ["git", f"--git-dir={location}", "log", "--raw", "--no-abbrev", "--no-renames", "master", "--", *FOLDERS]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    feed = "".join(f"{oid}\n" for oid in oids).encode()
    batch = ["git", f"--git-dir={location}", "cat-file", "--batch"]
    subprocess.run(batch, input=feed, stdout=subprocess.DEVNULL, check=True)


def used(act: Callable[[], object]) -> float:
    """The CPU seconds that `act` and the processes that it starts take: other work on the machine does not count."""
    start = cpu()
    act()
    return cpu() - start


def cpu() -> float:
    """CPU seconds so far, of this process and of those that it started."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in found)


def exported(made: Made, expected: Sequence[Changeset], folder: Path) -> None:
    """cvs-fast-export's grouping of the same repository, with commitids and without."""
    if shutil.which("cvs-fast-export") is None:
        print("  cvs-fast-export: not here")
        return
    bare = folder / "bare" / "root"
    for what, root in (("with commitids", made.root), ("without", bare)):
        files = "".join(f"{path}\n" for path in sorted((root / MODULE).rglob("*,v"))).encode()
        done = subprocess.run(["cvs-fast-export", "-q"], input=files, capture_output=True, check=False)
        if done.returncode:
            print(f"  cvs-fast-export {what}: ended with {done.returncode}")
            continue
        theirs = stream_keys(done.stdout)
        ours = keyed(groups(opened(Made(root, 0), folder / f"export-{what}")))
        gits = keyed(expected)
        print(
            f"  cvs-fast-export {what}: {len(theirs):,} changesets, {len(theirs & ours.keys()):,} the same as ours; "
            f"of git's {len(gits):,} it has {len(theirs & gits.keys()):,}, ours {len(ours.keys() & gits.keys()):,}"
        )


def stream_keys(stream: bytes) -> set[Key]:
    """The changesets of a fast-import stream by the files that they touch."""
    seen: Counter[str] = Counter()
    found: set[Key] = set()
    touched: list[str] = []
    at = 0
    while at < len(stream):
        end = stream.find(b"\n", at)
        end = len(stream) if end < 0 else end
        line = stream[at:end]
        at = end + 1
        if line.startswith(b"data "):
            at += int(line[5:])
        elif line.startswith(b"commit "):
            take(touched, seen, found)
            touched = []
        elif line[:2] in (b"M ", b"D "):
            path = line.split(b" ", 3)[3] if line[:1] == b"M" else line[2:]
            if path != b".gitignore":
                touched.append(path.decode("utf-8", "surrogateescape"))
    take(touched, seen, found)
    return found


def take(touched: Sequence[str], seen: Counter[str], found: set[Key]) -> None:
    """One changeset more."""
    if touched:
        found.add(frozenset((path, seen[path]) for path in touched))
        seen.update(touched)


def branches(places: tuple[str, str], made: Made) -> bool:
    """dhclient synced from the mirror, then in the same workspace from CVS: the trees of either's branches."""
    with scratch(*places) as work:
        said = []
        for upstream in (places[0], f"cvs:{made.root}"):
            report = work.report("--upstream", f"openbsd={upstream}", "sync", "dhclient", "--onto", ONTO,
                                 "--until", "2012-08-15")  # fmt: skip
            trees = [
                work.git("log", "--format=%T", f"{ONTO}..{branch}")
                for branch in ("portkit/dhclient", "portkit/dhclient-draft")
            ]
            component = report["components"][-1]
            rows = [
                (one["state"], one["revisions"], [file["conflicts"] for file in one["files"]])
                for one in component["changesets"]
            ]
            said.append((trees, rows))
        (from_git, rows), (from_cvs, other_rows) = said
        count = sum(len(one.split()) for one in from_git)
        print(f"  D1 from CVS, then, has the trees that it has from git: {from_git == from_cvs} ({count} commits)")
        print(f"    states, revisions and conflict ids of {len(rows)} changesets are the same: {rows == other_rows}")
    return said[0] == said[1]


if __name__ == "__main__":
    sys.exit(main())
