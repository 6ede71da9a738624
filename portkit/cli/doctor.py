"""`portkit doctor`: what is there and what is missing, each with its remedy. Nothing is fetched or mended."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

import click

from portkit import __version__
from portkit.cli.failing import failed
from portkit.cli.options import Options
from portkit.cli.wiring import Workspace, workspace
from portkit.components.mistakes import MapError
from portkit.components.model import Source
from portkit.errors import PortkitError, UserError, WorldError
from portkit.git.door import MINIMUM_GIT, GitRepository, version
from portkit.git.remote import heads, without_password
from portkit.store.cache import APPLICATION, busy
from portkit.store.lock import hold
from portkit.store.mapfile import find_workspace
from portkit.target.git import GitTarget
from portkit.upstream.rsync import answers

OK, NOTE, WRONG = "ok", "note", "wrong"

PYTHON = (3, 11)
LIBRARIES = {
    "GitPython": (3, 1, 43), "ruamel.yaml": (0, 18), "click": (8, 1), "Jinja2": (3, 1), "MarkupSafe": (2, 1),
    "cattrs": (23, 2),
}  # fmt: skip
"""What portkit is built on, and the oldest version it is written for: those of pyproject.toml."""

TOOLS = {
    "wiggle": "suggests resolutions of conflicts",
    "mergiraf": "suggests resolutions of conflicts",
    "clang": "checks that ported C still compiles, and what it needs (sync --check, audit)",
    "rsync": "keeps a copy of a CVS repository up to date",
    "chromium": "for portkit's own tests of its page",
}
"""What may be on PATH, and what for. Results are the same without."""

PATIENCE = 10.0
"""How many seconds a remote may take to answer."""

LITTLE_SPACE = 200_000_000
"""Free bytes below which a clone is likely to fail."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `exit`: what it makes the command end with (2 the user's to mend, 3 the
    world's); 0 unless `state` is wrong."""

    about: str
    state: str
    text: str
    remedy: str = ""
    exit: int = 0


@click.command("doctor")
@click.pass_obj
def command(options: Options) -> int:
    """Looks at python, git, the optional tools, the workspace and its map, whether every source can be reached, who
    you are to git, the lock, the cache and the disk. Says for each what is wrong and what to do.

    Ends with 0 where nothing is wrong. A tool that is only optional is never wrong.
    """
    found: list[Finding] = []
    for part, look in ((f"portkit {__version__}", _program), ("optional tools", _tools), ("workspace", _workspace)):
        options.screen.say(part)
        for one in look(options):
            found.append(one)
            _tell(options, one)
    wrong = [one for one in found if one.state == WRONG]
    value = {
        "schema": 1, "command": "doctor", "version": __version__, "healthy": not wrong,
        "findings": [
            {"about": one.about, "state": one.state, "text": one.text, "remedy": one.remedy} for one in found
        ],
    }  # fmt: skip
    if wrong:
        kind = UserError if all(one.exit == UserError.exit_code for one in wrong) else WorldError
        count = "1 thing is wrong" if len(wrong) == 1 else f"{len(wrong)} things are wrong"
        names = ", ".join(dict.fromkeys(one.about for one in wrong))
        return failed(options.screen, value, kind(f"{count}: {names}", hint=wrong[0].remedy))
    options.screen.result(value)
    options.screen.say("Nothing is wrong.")
    return 0


def _tell(options: Options, one: Finding) -> None:
    style = "conflict" if one.state == WRONG else "flagged" if one.state == NOTE else ""
    first = f"  {one.state:<6} {one.about:<14} "
    rest = " " * len(first)
    for number, line in enumerate(one.text.split("\n")):
        options.screen.paragraph(line, first=rest if number else first, indent=rest, style=style)
    if one.remedy:
        options.screen.paragraph(one.remedy, first=f"{rest}> ", indent=f"{rest}  ")


def _bad(about: str, error: PortkitError) -> Finding:
    cause = f" ({error.cause})" if error.cause else ""
    return Finding(about, WRONG, f"{error}{cause}", error.hint, error.exit_code)


def _program(options: Options) -> Iterator[Finding]:
    del options
    here = platform.python_version()
    least = ".".join(map(str, PYTHON))
    if sys.version_info < PYTHON:
        yield Finding("python", WRONG, f"{here} is too old", f"install python {least} or newer", WorldError.exit_code)
    else:
        yield Finding("python", OK, f"{here}, needed is {least} ({sys.executable})")
    try:
        found, needed = (".".join(map(str, one)) for one in (version(), MINIMUM_GIT))
        yield Finding("git", OK, f"{found}, needed is {needed} ({shutil.which('git')})")
    except WorldError as error:
        yield _bad("git", error)
    there = []
    for name, oldest in LIBRARIES.items():
        found = _installed(name)
        least = ".".join(map(str, oldest))
        if found and tuple(int(part) if part.isdigit() else 0 for part in found.split(".")) >= oldest:
            there.append(f"{name} {found}")
        else:
            told = f"{found} is too old" if found else "is not installed"
            yield Finding(name, WRONG, told, f"python -m pip install '{name}>={least}'", WorldError.exit_code)
    yield Finding("libraries", OK, ", ".join(there))


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _tools(options: Options) -> Iterator[Finding]:
    del options
    for name, use in TOOLS.items():
        place = shutil.which(name) or (shutil.which("chrome") if name == "chromium" else None)
        yield Finding(name, OK, place) if place else Finding(name, NOTE, f"not here: {use}")
    try:
        yield Finding("libclang", OK, metadata.version("libclang"))
    except metadata.PackageNotFoundError:
        use = "reads C in place of clang, and tells the audit what is only compiled for other systems"
        yield Finding("libclang", NOTE, f"not here: {use}", "pip install 'portkit[audit]', on Linux and macOS")


def _workspace(options: Options) -> Iterator[Finding]:
    if not options.directory and not options.map_file:
        try:
            find_workspace(Path.cwd())
        except UserError as error:
            yield Finding("workspace", NOTE, str(error), "portkit init DIR makes one; portkit -C DIR names it")
            return
    try:
        with workspace(options, fetch=False) as place:
            yield from _parts(place)
    except MapError as error:
        for mistake in error.mistakes:
            yield Finding("map", WRONG, str(mistake), "mend the map: docs/map.md lists every key", error.exit_code)
    except (UserError, WorldError) as error:
        yield _bad("workspace", error)


def _parts(place: Workspace) -> Iterator[Finding]:
    count = len(place.map.components)
    yield Finding("workspace", OK, str(place.root))
    yield Finding("map", OK, f"{'1 component' if count == 1 else f'{count} components'}, no mistake")
    used = {one.upstream for one in place.map.components}
    for source in place.map.upstreams:
        if source.name in used:
            yield _checked(source.name, partial(_source, place, source, "upstream"))
    yield _checked("target", partial(_source, place, place.map.target, "target"))
    yield _checked("identity", partial(_identity, place))
    yield _lock(place)
    yield from _cache(place)
    yield from _disk(place)


def _checked(about: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except (UserError, WorldError) as error:
        return _bad(about, error)


def _source(place: Workspace, source: Source, kind: str) -> Finding:
    role = "the target" if kind == "target" else f"upstream {source.name}"
    shown = without_password(source.location)
    if source.kind == "cvs" and source.remote:
        place.screen.progress(f"asking {shown}")
        answers(source.location, role=role, timeout=PATIENCE)
        here = "copied" if (place.state / "upstream" / f"{source.name}.cvs" / "seen").exists() else "not copied yet"
        return Finding(source.name, OK, f"{shown} answers (CVS); {here}{': portkit fetch' if 'not' in here else ''}")
    if source.kind == "cvs":
        if not Path(source.location).is_dir():
            raise UserError(f"{role}: there is no folder {shown}", hint="give the path of a CVS repository")
        return Finding(source.name, OK, f"{shown} (CVS)")
    if source.remote:
        place.screen.progress(f"asking {shown}")
        there = heads(source.location, [source.branch], role=role, timeout=PATIENCE)
        if source.branch not in there and source.branch != "HEAD":
            raise UserError(f"{role}: {shown} has no branch {source.branch!r}", hint=f"git ls-remote --heads {shown}")
        clone = place.state / ("target.git" if kind == "target" else f"upstream/{source.name}.git")
        here = "cloned" if clone.exists() else "not cloned yet: portkit fetch"
        return Finding(source.name, OK, f"{shown} answers; {here}")
    if kind == "target":
        with GitTarget.open(source.location, branch=source.branch, state_dir=place.state, progress=_silent) as target:
            target.default_tip()
            repository = target.repository
    else:
        repository = GitRepository.at(source.location, role=role)
        if not any(repository.ref(f"refs/{one}/{source.branch}") for one in ("heads", "remotes/origin")):
            repository.resolve(source.branch, role=role)
    if repository.run("rev-parse", "--is-shallow-repository").strip() == b"true":
        mend = f"git -C {shlex.quote(source.location)} fetch --unshallow"
        return Finding(source.name, NOTE, f"{shown} is shallow: what is older cannot be compared with", mend)
    return Finding(source.name, OK, shown)


def _silent(text: str) -> None:
    del text


def _identity(place: Workspace) -> Finding:
    target = place.map.target
    clone = place.state / "target.git"
    repository = GitRepository(clone if target.remote and clone.exists() else Path(os.devnull))
    if not target.remote:
        with suppress(UserError):  # it is told of already: then what git knows anywhere counts
            repository = GitRepository.at(target.location, role="the target")
    person = GitTarget(repository, target.branch).identity()
    return Finding("identity", OK, f"{person.name} <{person.email}>")


def _lock(place: Workspace) -> Finding:
    path = place.state / "lock"
    if not path.exists():
        return Finding("lock", OK, "free")
    try:
        with hold(path, what="the workspace"):
            return Finding("lock", OK, "free")
    except WorldError as error:
        return Finding("lock", NOTE, f"held by {error.cause}", "a run is under way; the lock goes with it")


def _cache(place: Workspace) -> Iterator[Finding]:
    files = sorted((place.state / "cache").glob("*.sqlite"))
    size = sum(path.stat().st_size for path in files) / 1e6
    damaged = [path for path in files if not _sound(path)]
    for path in damaged:
        again = f"it is made anew by itself; or  rm {shlex.quote(str(path))}"
        yield Finding("cache", NOTE, f"{path.name} is damaged, and of no use", again)
    if not damaged:
        yield Finding("cache", OK, f"{size:,.1f} MB, sound" if files else "nothing yet")


def _sound(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=1)) as connection:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (told,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            return bool(application == APPLICATION and told == "ok")
    except sqlite3.Error as error:
        return busy(error)  # another run writes to it: that is no damage


def _disk(place: Workspace) -> Iterator[Finding]:
    refused = [path for path in _written(place) if not os.access(path, os.W_OK)]
    if refused:
        mend = f"chmod u+w {shlex.quote(str(refused[0]))}"
        yield Finding("permissions", WRONG, f"{refused[0]} cannot be written", mend, WorldError.exit_code)
    free = shutil.disk_usage(place.root).free
    if free < LITTLE_SPACE:
        told = f"{free / 1e6:,.0f} MB are free"
        yield Finding("disk", WRONG, told, "make room: a clone needs more", WorldError.exit_code)
    else:
        yield Finding("disk", OK, f"{free / 1e9:,.1f} GB are free")


def _written(place: Workspace) -> Sequence[Path]:
    return [path for path in (place.root, place.state, place.reports) if path.exists()]
