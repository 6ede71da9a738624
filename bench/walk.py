"""The newcomer's walk: what goes wrong for people in their first hour, and whether each answer is one.

    bench/walk.py

In an empty folder with an empty HOME, with nothing but the command `portkit`: ten mistakes in a map, wrong paths, no
network, a full disk, ^C at five moments. Each answer must have the exit code that docs/cli.md promises, one sentence,
and a hint; nothing may be half-done: no branch, no file has changed or is left over, and the next run, once the cause
is gone, ends where an undisturbed one does. Prints a table; ends with 1 where anything of that is not so.
"""

from __future__ import annotations

import hashlib
import os
import re
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 80
LEFT_OVER = re.compile(r"\.tmp$|^(?!\.portkit/).*\.lock$|/tmp_|\.part-|fast_import_crash")
"""portkit's own locks, under .portkit, stay where they are: who holds one is what counts."""


@dataclass(frozen=True, slots=True)
class Told:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """One text of the example's map, what somebody writes instead, and what the answer must hold."""

    title: str
    old: str
    new: str
    says: str


MISTAKES = (
    Mistake("an unknown key", "    deleted:\n", "    deletd:\n", r":\d+: .*deletd.*nearest: '?deleted"),
    Mistake("a key twice", "    mode: watch\n", "    mode: watch\n    mode: sync\n", r":\d+: .*mode"),
    Mistake("a mode that is none", "mode: import", "mode: imprt", r":\d+: .*imprt.*import"),
    Mistake("an upstream that is none", "    upstream: openbsd\n    import", "    upstream: openbds\n    import",
            r":\d+: .*openbds.*openbsd"),
    Mistake("a path that climbs out", "usr.sbin/logd/: usr", "usr.sbin/logd/: ../usr", r":\d+: .*\.\."),
    Mistake("a folder onto a file", "usr.sbin/logd/: usr.sbin/logd/", "usr.sbin/logd/: usr.sbin/logd",
            r":\d+: .*usr\.sbin/logd"),
    Mistake("one target for two", "libmsg/msg.h: lib/libmsg/msg.h", "libmsg/msg.h: lib/libmsg/msg.c",
            r":\d+: .*lib/libmsg/msg\.c"),
    Mistake("a component that is none", "- component: msg ", "- component: mgs ", r":\d+: .*mgs.*msg"),
    Mistake("a tab", "    mode: port\n", "\tmode: port\n", r":\d+: .*"),
    Mistake("no target", "target:\n  git: dragonfly.git", "#", r"target"),
)  # fmt: skip


@dataclass(slots=True)
class Walk:
    """The folder of the walk, and its table."""

    folder: Path
    environment: dict[str, str]
    whole: Mapping[str, str] = field(default_factory=dict)
    rows: list[tuple[str, str]] = field(default_factory=list)
    failed: bool = False

    def portkit(self, *arguments: str, at: Path, limit: int = 0) -> Told:
        """One command line in the folder `at`. `limit`: no file may grow beyond so many bytes, as with a quota."""

        def limited() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

        done = subprocess.run(
            ["portkit", *arguments], cwd=at, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
            check=False, preexec_fn=limited if limit else None,
        )  # fmt: skip
        return Told(done.returncode, done.stdout.decode(), done.stderr.decode())

    def tell(self, title: str, told: str, problems: Sequence[str]) -> None:
        """One line of the table; and what is wrong, in full."""
        self.failed |= bool(problems)
        line = f"{'FAILED' if problems else 'ok':<7}{title:<30}{told}"
        print(line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}...")
        for problem in problems:
            print(f"       ! {problem}")
        sys.stdout.flush()

    def litter(self, at: Path) -> list[str]:
        """What a run has left where nothing should be."""
        found = [path for path in everything(at) if LEFT_OVER.search(path)]
        places = {"HOME": self.environment["HOME"], "TMPDIR": self.environment["TMPDIR"]}
        found += [f"{name}/{path}" for name, place in places.items() for path in everything(Path(place))]
        return [f"left over: {path}" for path in found]


def everything(folder: Path) -> dict[str, str]:
    """Every file under `folder`, with a digest of its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def branches(place: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """portkit's branches in the workspace's target."""
    said = subprocess.run(
        ["git", "--git-dir", str(place / "dragonfly.git"), "for-each-ref", "--format=%(refname) %(objectname)",
         "refs/heads/portkit/"],
        env=dict(environment), capture_output=True, check=True, text=True,
    )  # fmt: skip
    return dict(line.split(" ", 1) for line in said.stdout.splitlines())


def unclear(told: Told, code: int, says: str, hint: str) -> list[str]:
    """What is wrong with an answer: its exit code, its sentence, its hint. An empty `hint`: none is needed, the
    sentence says it all."""
    problems = [] if told.code == code else [f"exit {told.code}, not {code}"]
    problems += ["a traceback"] if "Traceback" in told.err else []
    errors = re.findall(r"^error: (.*)$", told.err, re.MULTILINE)
    problems += [] if len(errors) == 1 else [f"{len(errors)} sentences: {told.err.strip()!r}"]
    if errors and not re.search(says, told.err, re.DOTALL):
        problems.append(f"does not say {says!r}: {told.err.strip()!r}")
    hints = re.findall(r"^Hint: (.*)$", told.err, re.MULTILINE)
    if not (hints and re.search(hint, hints[0])):
        problems.append(f"no hint {hint!r}: {told.err.strip()!r}")
    return problems


def first(told: Told) -> str:
    """The exit code and the sentence, for the table."""
    lines = [line for line in told.err.splitlines() if line.startswith(("error: ", "interrupted"))]
    return f"{told.code:>3}  {lines[0].removeprefix('error: ') if lines else ''}"


def refuse(
    walk: Walk, title: str, at: Path, *arguments: str, code: int, says: str, hint: str, cwd: Path | None = None
) -> None:
    """One command that must be refused, and must leave everything as it is."""
    before = everything(at)
    told = walk.portkit(*arguments, at=cwd or at)
    after = everything(at)
    problems = unclear(told, code, says, hint)
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    # a lock nobody holds and the folder for clones are no half-done work
    problems += [f"changed: {path}" for path in changed if not path.startswith(".portkit/")]
    walk.tell(title, first(told), problems + walk.litter(at))


def mistakes(walk: Walk, place: Path) -> None:
    """Ten mistakes in a map, one by one and then as many as fit together."""
    path = place / "upstream-map.yaml"
    good = path.read_text("utf-8")
    for one in MISTAKES:
        assert good.count(one.old) == 1, one.title
        path.write_text(good.replace(one.old, one.new), "utf-8")
        refuse(walk, f"map: {one.title}", place, "sync", code=2, says=one.says, hint="portkit map check")
    text = good
    together = [one for one in MISTAKES if one.title not in ("a tab", "a folder onto a file")]
    for one in together:
        text = text.replace(one.old, one.new)
    path.write_text(text, "utf-8")
    told = walk.portkit("map", "check", "--offline", at=place)
    said = " ".join(f"{told.out} {told.err}".split())
    problems = [f"not told in one run: {one.title}" for one in together if not re.search(one.says, said)]
    problems += [] if told.code == 2 else [f"exit {told.code}, not 2"]
    walk.tell("map: eight of them at once", first(told), problems)
    path.write_text(good, "utf-8")


def wrong_paths(walk: Walk, place: Path) -> None:
    empty = walk.folder / "empty"
    empty.mkdir()
    for title, arguments, says, hint in (
        ("path: no such workspace", ("-C", "nowhere", "sync"), "no map nowhere", "portkit -C DIR"),
        ("path: no such map", ("--map", "no.yaml", "sync"), "no map no.yaml", "--map FILE"),
        ("path: no such target", ("--target", "/no/where", "sync"), "the target: there is no /no/w", "path"),
        ("path: no such upstream", ("--upstream", "openbsd=/no/where", "sync"), "upstream openbsd: .*/no/w", "path"),
        ("path: the target is a file", ("--target", "upstream-map.yaml", "sync"), "no git repository", "clone|URL"),
        ("path: the target is a folder", ("--target", "reports", "sync"), "no git repository", "clone|URL"),
        ("name: no such component", ("sync", "lease"), "'lease'; nearest: 'leased'", "portkit"),
        ("name: no such command", ("synk",), "'synk'; nearest: 'sync'", "portkit"),
        ("name: no such option", ("sync", "--dry"), "--dry", "portkit"),
        ("name: no such revision", ("sync", "--onto", "gone"), "no commit 'gone'", "git .*log"),
    ):
        refuse(walk, title, place, *arguments, code=2, says=says, hint=hint)
    refuse(walk, "path: no workspace at all", place, "sync", code=2, says="no upstream-map.yaml", hint="portkit",
           cwd=empty)  # fmt: skip


def no_network(walk: Walk, place: Path) -> None:
    """Addresses that refuse at once: a path that is not there, a port of this machine that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"127.0.0.1:{taken.getsockname()[1]}"
        gone = (walk.folder / "gone.git").as_uri()
        for url in (gone, f"git://{closed}/src.git", f"https://{closed}/src.git"):
            scheme = url.partition(":")[0]
            says = "is no git repository" if url == gone else "cannot be reached"
            for title, arguments in (
                (f"{scheme}: upstream, sync", ("--upstream", f"openbsd={url}", "sync", "leased")),
                (f"{scheme}: upstream, fetch", ("--upstream", f"openbsd={url}", "fetch")),
                (f"{scheme}: target, sync", ("--target", url, "sync", "leased")),
                (f"{scheme}: publish", ("publish", "leased", "--to", url)),
            ):
                refuse(walk, title, place, *arguments, code=3, says=f"{says}.*Caused by: ", hint="check the")


def whole_again(walk: Walk, place: Path) -> list[str]:
    """What is wrong with the next run, once nothing is in its way."""
    told = walk.portkit("sync", at=place)
    problems = [] if told.code in (0, 1) else [f"the next run ends with {told.code}: {told.err.strip()!r}"]
    problems += [] if branches(place, walk.environment) == walk.whole else ["the next run ends elsewhere"]
    checked = subprocess.run(
        ["git", "--git-dir", str(place / "dragonfly.git"), "fsck", "--strict", "--no-dangling"],
        env=walk.environment, capture_output=True, check=False, text=True,
    )  # fmt: skip
    problems += [f"git fsck: {checked.stderr.strip()!r}"] if checked.returncode else []
    return problems + walk.litter(place)


def half_done(walk: Walk, place: Path) -> list[str]:
    """Whether some branches moved and others did not; and what is left over."""
    found = branches(place, walk.environment)
    return ([] if found in ({}, walk.whole) else [f"half of the branches: {found}"]) + walk.litter(place)


def quota(walk: Walk, fresh: Path) -> None:
    """A limit for the size of a file (`ulimit -f`), at several heights: each stops the run at another place."""
    for limit in (1, 1 << 10, 4 << 10, 16 << 10, 64 << 10):
        place = walk.folder / f"quota-{limit}"
        shutil.copytree(fresh, place)
        told = walk.portkit("sync", at=place, limit=limit)
        problems = [] if told.code in (0, 1) else unclear(told, 3, "", ".")
        problems += half_done(walk, place) + whole_again(walk, place)
        walk.tell(f"quota: files up to {limit:,} B", first(told), problems)


@contextmanager
def small_disk(at: Path) -> Iterator[str]:
    """A file system of 4 MB at `at`; gives why there is none, else "". It needs root, and a kernel with tmpfs."""
    at.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() or mount is None or not sys.platform.startswith("linux"):
        yield "needs root, on a Linux"
        return
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(at)], capture_output=True, check=False)
    if done.returncode:
        yield f"mount refused: {done.stderr.decode().strip()}"
        return
    try:
        yield ""
    finally:
        subprocess.run(["umount", str(at)], check=True)


def full_disk(walk: Walk, fresh: Path) -> None:
    disk = walk.folder / "disk"
    with small_disk(disk) as why:
        if why:
            print(f"skipped a full disk: {why}")
            return
        for kilobytes in (0, 8, 48, 96, 160):
            place = disk / "example"
            shutil.copytree(fresh, place)
            state = os.statvfs(disk)
            filler = disk / "filler"
            filler.write_bytes(bytes(max(0, state.f_bavail * state.f_frsize - kilobytes * 1024)))
            told = walk.portkit("sync", at=place)
            problems = [] if told.code in (0, 1) else unclear(told, 3, "[Nn]o space left|full|Out of diskspace", ".")
            problems += half_done(walk, place)
            filler.unlink()
            problems += whole_again(walk, place)
            walk.tell(f"disk: {kilobytes} kB left", first(told), problems)
            shutil.rmtree(place)


def interrupts(walk: Walk, fresh: Path) -> None:
    """^C, as a terminal sends it: to git too."""
    seconds = []
    for number in range(2):
        place = walk.folder / f"timed-{number}"
        shutil.copytree(fresh, place)
        began = time.monotonic()
        walk.portkit("sync", at=place)
        seconds.append(time.monotonic() - began)
    for share in (15, 35, 55, 75, 90):
        place = walk.folder / f"interrupted-{share}"
        shutil.copytree(fresh, place)
        process = subprocess.Popen(
            ["portkit", "sync"], cwd=place, env=walk.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        time.sleep(min(seconds) * share / 100)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate()
        # Python may end itself by the signal once all is told (one that came inside an exec()): to a shell that is 130
        code = process.returncode
        told = Told(code if code >= 0 else 128 - code, out.decode(), err.decode())
        problems = [] if told.code in (0, 1, 130) else [f"exit {told.code}, not 130: {told.err!r}"]
        problems += ["a traceback"] if "Traceback" in told.err else []
        if told.code == 130 and "interrupted; nothing half-done is left" not in told.err:
            problems.append(f"does not say so: {told.err!r}")
        problems += half_done(walk, place) + whole_again(walk, place)
        walk.tell(f"^C after {share} % of a sync", first(told), problems)


def begun(folder: Path) -> tuple[Walk, Path, Path]:
    """The walk, the example as `portkit demo` leaves it, and one that was never synced."""
    programs, home, temporary = (folder / name for name in ("bin", "home", "tmp"))
    for made in (programs, home, temporary):
        made.mkdir()
    script = programs / "portkit"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m portkit "$@"\n')
    script.chmod(0o755)
    walk = Walk(folder, {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(home), "TMPDIR": str(temporary), "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8",
    })  # fmt: skip
    told = walk.portkit("demo", at=folder)
    problems = [] if told.code == 0 else [told.err]
    example = folder / "portkit-demo"
    walk.whole = branches(example, walk.environment) if not problems else {}
    problems += [] if walk.whole else ["no branch"]
    walk.tell("portkit demo", first(told), problems + walk.litter(example))
    fresh = folder / "fresh"
    shutil.copytree(example, fresh, ignore=shutil.ignore_patterns(".portkit", "dragonfly.git", "2012-*"))
    quiet: Callable[..., object] = subprocess.run
    quiet(["git", "clone", "-q", "--bare", "--single-branch", "--no-local", str(example / "dragonfly.git"),
           str(fresh / "dragonfly.git")], env=walk.environment, check=True)  # fmt: skip
    for key in ("user.name", "user.email"):
        said = subprocess.run(["git", "--git-dir", str(example / "dragonfly.git"), "config", key], check=True,
                              env=walk.environment, capture_output=True, text=True)  # fmt: skip
        quiet(["git", "--git-dir", str(fresh / "dragonfly.git"), "config", key, said.stdout.strip()],
              env=walk.environment, check=True)  # fmt: skip
    return walk, example, fresh


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="portkit-walk-") as name:
        walk, example, fresh = begun(Path(name).resolve())
        mistakes(walk, example)
        wrong_paths(walk, example)
        no_network(walk, example)
        walk.tell("after all that, a sync", "", whole_again(walk, example))
        quota(walk, fresh)
        full_disk(walk, fresh)
        interrupts(walk, fresh)
    print("\nsomething is wrong" if walk.failed else "\nall of it is as it should be")
    return int(walk.failed)


if __name__ == "__main__":
    sys.exit(main())
