"""Real CVS repositories, made with Debian's cvs and ci out of a git history: what the reader of ,v files is held
against.

cvs commits each changeset under a clock of ours (bench/clock.c), so that dates and commitids are its own. Two things
are put in afterwards: each file's own second within a commit, which its ident line tells (cvs had one moment for all),
and the revision where upstream's numbers jump. What `ci` makes has neither commitid nor that help.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from portkit.change import ident
from portkit.change.changeset import Changeset
from portkit.paths import name
from portkit.upstream.git import GitHistory

MODULE = "src"
CONFIG = "LocalKeyword=OpenBSD=Id\nMaxCommentLeaderLength=1000\n"
CLOCK = Path(__file__).resolve().parent / "clock.c"


@dataclass(frozen=True, slots=True)
class Made:
    """A repository: its root, the module's folder, and for each changeset that was committed its id in git."""

    root: Path
    commits: int

    @property
    def module(self) -> Path:
        return self.root / MODULE

    def files(self) -> list[Path]:
        """Every ,v file, in order."""
        return sorted(self.module.rglob("*,v"))


def tools() -> str:
    """What is missing for this; "" where everything is here."""
    return ", ".join(one for one in ("cvs", "rcs", "ci", "co", "cc") if shutil.which(one) is None)


def by_cvs(history: GitHistory, changesets: Sequence[Changeset], folder: Path, *, told: bool = False) -> Made:
    """A CVS repository in `folder` with one `cvs commit` for each of `changesets`."""
    root, work = folder / "root", folder / "work"
    clock = folder / "clock.so"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(clock), str(CLOCK)], check=True)
    cvs = _Cvs(root, clock)
    cvs.run("init", cwd=folder, date=0, author="root")
    config = root / "CVSROOT" / "config"
    config.chmod(0o644)
    config.write_text(CONFIG)
    (root / MODULE).mkdir()
    cvs.run("checkout", "-d", work.name, MODULE, cwd=folder, date=0, author="root")
    seconds: dict[tuple[str, str], tuple[int, str]] = {}
    numbers: dict[str, str] = {}
    for count, changeset in enumerate(changesets):
        if told and count % 100 == 0:
            print(f"  {count} of {len(changesets)} commits", file=sys.stderr, flush=True)
        _commit(cvs, history, changeset, work, count, numbers, seconds)
    shutil.rmtree(work)
    for path in sorted({path for path, _ in seconds}):
        _with_own_seconds(_comma_v(root / MODULE, path), {r: at for (p, r), at in seconds.items() if p == path})
    return Made(root, len(changesets))


def without_commitids(made: Made, folder: Path) -> Made:
    """A copy of the repository as an older cvs would have written it."""
    shutil.copytree(made.root, folder / "root")
    copy = Made(folder / "root", made.commits)
    for path in copy.files():
        content = path.read_bytes()
        head, mark, texts = content.partition(b"\n\ndesc\n")
        path.chmod(0o644)
        path.write_bytes(re.sub(rb"\ncommitid\t[^;]*;", b"", head) + mark + texts)
    return copy


def by_ci(history: GitHistory, changesets: Sequence[Changeset], folder: Path) -> Made:
    """Plain RCS files of the trunk, by `ci -d -w`: what was deleted is checked in as dead, and empty."""
    root = folder / "root"
    for changeset in changesets:
        for change in changeset.files:
            place = root / MODULE / change.path
            place.parent.mkdir(parents=True, exist_ok=True)
            content = history.read(change.new.oid) if change.new is not None else b""
            date, author = moment(changeset, content, change.path)
            place.write_bytes(content)
            state = [] if change.new is not None else ["-sdead"]
            _run(
                ["ci", "-q", "-f", "-l", "-t-none", "-mempty", *state, f"-w{author}",
                 f"-d{datetime.fromtimestamp(date, UTC):%Y-%m-%d %H:%M:%S}+00:00", place.name],
                cwd=place.parent, environment=os.environ | {"LC_ALL": "C"},
            )  # fmt: skip
            place.unlink(missing_ok=True)
    return Made(root, len(changesets))


def moment(changeset: Changeset, content: bytes, path: str) -> tuple[int, str]:
    """When and by whom the file was committed, as its ident line tells; else as the changeset does."""
    every = (one for keyword in ("OpenBSD", "Id", "Header") for one in ident.idents(content, keyword))
    found = next((one for one in every if name(one.path) == name(path)), None)
    if found is None:
        return changeset.date, changeset.author.login
    day = datetime.strptime(found.date.replace("-", "/"), "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)
    if not 0 <= changeset.date - day.timestamp() <= 7200:
        return changeset.date, changeset.author.login
    return int(day.timestamp()), found.author


class _Cvs:
    def __init__(self, root: Path, clock: Path) -> None:
        self._root = root
        self._clock = clock

    def run(self, *arguments: str, cwd: Path, date: int, author: str) -> None:
        environment = {
            "PATH": os.environ["PATH"], "CVSROOT": str(self._root), "HOME": str(self._root.parent), "LC_ALL": "C",
            "LOGNAME": author, "USER": author, "LD_PRELOAD": str(self._clock), "PORTKIT_CLOCK": str(date), "TZ": "UTC",
        }  # fmt: skip
        _run(["cvs", "-Q", *arguments], cwd=cwd, environment=environment)


def _run(command: Sequence[str], *, cwd: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=False, timeout=300)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr.decode('utf-8', 'replace')}")


def _commit(
    cvs: _Cvs, history: GitHistory, changeset: Changeset, work: Path, count: int, numbers: dict[str, str],
    seconds: dict[tuple[str, str], tuple[int, str]],
) -> None:  # fmt: skip
    author = changeset.author.login

    def run(*arguments: str) -> None:
        cvs.run(*arguments, cwd=work, date=changeset.date, author=author)

    added, removed = [], []
    for change in changeset.files:
        place = work / change.path
        old = numbers.get(change.path, "1.0")
        number = numbers[change.path] = ident.after(old)
        if change.new is None:
            removed.append(change.path)
            place.unlink()
            seconds[change.path, number] = changeset.date, author
            continue
        for folder in _new_folders(work, change.path):
            run("add", folder)
        content = history.read(change.new.oid)
        if place.exists():
            place.unlink()
        place.write_bytes(content)
        place.chmod(0o755 if change.new.mode & 0o111 else 0o644)
        os.utime(place, (1_000_000_000 + count * 3, 1_000_000_000 + count * 3))  # cvs tells a change by the second
        if change.old is None:
            added.append(change.path)
        seconds[change.path, number] = moment(changeset, content, change.path)
    if removed:
        run("remove", *removed)
    if added:
        run("add", *added)
    log = work.parent / "log"
    log.write_bytes(changeset.message.encode("utf-8", "surrogateescape") or b"\n")
    run("commit", "-F", str(log), *(change.path for change in changeset.files))


def _new_folders(work: Path, path: str) -> Iterator[str]:
    parts = path.split("/")[:-1]
    for depth in range(1, len(parts) + 1):
        folder = "/".join(parts[:depth])
        if not (work / folder / "CVS").is_dir():
            (work / folder).mkdir(exist_ok=True)
            yield folder


def _comma_v(module: Path, path: str) -> Path:
    place = module / f"{path},v"
    return place if place.exists() else place.parent / "Attic" / place.name


def _with_own_seconds(path: Path, moments: dict[str, tuple[int, str]]) -> None:
    content = path.read_bytes()
    head, mark, texts = content.partition(b"\n\ndesc\n")

    def put(match: re.Match[bytes]) -> bytes:
        date, author = moments[match[1].decode()]
        return b"\n%b\ndate\t%b;\tauthor %b;" % (
            match[1], f"{datetime.fromtimestamp(date, UTC):%Y.%m.%d.%H.%M.%S}".encode(), author.encode()
        )  # fmt: skip

    path.chmod(0o644)
    path.write_bytes(re.sub(rb"\n([\d.]+)\ndate\t[\d.]+;\tauthor [^;]+;", put, head) + mark + texts)


def texts_of(files: Iterable[Path], revisions: Iterable[str]) -> Iterator[bytes]:
    """`co -p -ko` of each revision of each file."""
    for path in files:
        for revision in revisions:
            yield co(path, revision)


def co(path: Path, revision: str) -> bytes:
    """What `co -p -ko` prints."""
    return subprocess.run(
        ["co", "-q", "-p", "-ko", f"-r{revision}", str(path)], capture_output=True, check=True
    ).stdout  # fmt: skip
