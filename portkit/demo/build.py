"""Builds the embedded example: two small histories (upstream's in git and in CVS), and a workspace with their map.

The same bytes on every machine: dates, names and order come from data/, and git is only asked to store them.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from portkit.demo.comma_v import Kept, comma_v
from portkit.demo.history import Entry, Played, Revision, play, read
from portkit.errors import UserError, WorldError
from portkit.git.door import GitRepository
from portkit.sync.outcome import State

BRANCH = "refs/heads/master"
OPENBSD = "openbsd"
_LETTERS = string.ascii_letters + string.digits
DRAGONFLY = "dragonfly"


@dataclass(frozen=True, slots=True)
class Example:
    """What was built: one upstream twice, as a git mirror and as the CVS `repository` behind it. `expected`: component
    to subject to the state that a first sync should find; `blocked_by`: subject to the subject of the changeset it
    waits for; `notices`: (kind, path) that a sync should mention."""

    workspace: Path
    map: Path
    upstream: Path
    repository: Path
    target: Path
    upstream_tip: str
    target_tip: str
    expected: Mapping[str, Mapping[str, State]]
    blocked_by: Mapping[str, str]
    notices: tuple[tuple[str, str], ...]


NOTICES = (
    ("unmapped", "lib/libmsg/msg-debug.c"),
    ("deleted-on-purpose", "sbin/leased/bootp.c"),
    ("kept", "sbin/leased/leased-script"),
)


def build(folder: Path) -> Example:
    """Builds the example in `folder`, which must be empty or not there.

    Raises UserError where it is neither, WorldError where the disk or git refuses.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(
                f"{folder} is not empty", hint="name a folder that is empty or not there: portkit demo DIR"
            )
        upstream, target = histories()
        for name in ("patches", "reports"):
            (folder / name).mkdir(parents=True)
        (folder / "patches" / "README").write_bytes(_data("patches-README.txt").encode())
        (folder / "upstream-map.yaml").write_bytes(_data("upstream-map.yaml").encode())
    except OSError as error:
        raise WorldError(f"the example cannot be written to {folder}", cause=str(error)) from error
    upstream_tip = _store(folder / "openbsd.git", upstream, host="openbsd.example")
    _keep(folder / "openbsd.cvs", upstream)
    target_tip = _store(folder / "dragonfly.git", target, host="dragonfly.example")
    # Commits carry the identity of whoever runs portkit; a machine that knows none must be able to run the example.
    for key, value in (("user.name", "portkit demo"), ("user.email", "demo@portkit.example")):
        GitRepository(folder / "dragonfly.git").run("config", key, value)
    expected: dict[str, dict[str, State]] = {}
    for commit in upstream.commits:
        for component, state in commit.entry.expect.items():
            expected.setdefault(component, {})[commit.entry.subject] = state
    return Example(
        workspace=folder,
        map=folder / "upstream-map.yaml",
        upstream=folder / "openbsd.git",
        repository=folder / "openbsd.cvs",
        target=folder / "dragonfly.git",
        upstream_tip=upstream_tip,
        target_tip=target_tip,
        expected=expected,
        blocked_by={
            commit.entry.subject: commit.entry.blocked_by for commit in upstream.commits if commit.entry.blocked_by
        },
        notices=NOTICES,
    )


def histories() -> tuple[Played, Played]:
    """The upstream history and the target's. Raises Misfit where their texts do not fit together (a bug)."""
    upstream = play(
        read(_data(f"{OPENBSD}.txt"), file=f"{OPENBSD}.txt"),
        lambda path: _data(f"{OPENBSD}/{path}"), cvs=True, file=f"{OPENBSD}.txt",
    )  # fmt: skip
    target = play(
        read(_data(f"{DRAGONFLY}.txt"), file=f"{DRAGONFLY}.txt"),
        lambda path: _data(f"{DRAGONFLY}/{path}"), cvs=False, upstream=upstream, file=f"{DRAGONFLY}.txt",
    )  # fmt: skip
    return upstream, target


def _data(name: str) -> str:
    return resources.files("portkit.demo").joinpath("data", *name.split("/")).read_text("utf-8")


def _store(git_dir: Path, played: Played, *, host: str) -> str:
    """Writes a history to a new bare repository. Returns its newest commit.

    What the user's configuration could change is said outright: no template, the branch, the hash.
    """
    repository = GitRepository(git_dir)
    repository.run("init", "--quiet", "--bare", "--template=", "--initial-branch=master", "--object-format=sha1")
    repository.run("fast-import", "--quiet", "--done", "--date-format=raw", feed=b"".join(_stream(played, host)))
    return repository.ref(BRANCH)


def _stream(played: Played, host: str) -> Iterator[bytes]:
    """The history as `git fast-import` reads it."""
    for commit in played.commits:
        entry = commit.entry
        who = f"{entry.who} <{entry.who}@{host}> {int(entry.when.timestamp())} +0000\n"
        yield f"commit {BRANCH}\nauthor {who}committer {who}".encode()
        yield _counted(entry.log.encode())
        for path, made in sorted(commit.files.items()):
            if made is None:
                yield f"D {path}\n".encode()
            else:
                yield f"M {made.mode:o} inline {path}\n".encode() + _counted(made.content())
        yield b"\n"
    yield b"done\n"


def _keep(root: Path, played: Played) -> None:
    """Writes the same history as a CVS repository: what a mirror in git is made from."""
    kept: dict[str, list[Kept]] = {}
    modes: dict[str, int] = {}
    before: dict[str, Revision] = {}
    for commit in played.commits:
        entry = commit.entry
        commitid = _commitid(entry)
        for path, made in commit.files.items():
            text: bytes | None = None
            if made is not None and made.revision is not None:
                # cvs stores what it is given: a file whose keywords say what they said at the last checkout
                text = replace(made, revision=before.get(path)).content()
                before[path] = made.revision
                modes[path] = made.mode
            number = f"1.{len(kept.get(path, ())) + 1}"
            kept.setdefault(path, []).append(
                Kept(number, int(entry.when.timestamp()), entry.who, entry.log, text, commitid)
            )
    try:
        config = root / "CVSROOT" / "config"
        config.parent.mkdir(parents=True)
        config.write_bytes(b"LocalKeyword=OpenBSD=Id\n")
        for path, revisions in sorted(kept.items()):
            folder, _, name = path.rpartition("/")
            place = root / "src" / folder / ("Attic" if revisions[-1].text is None else "") / f"{name},v"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(comma_v(revisions))
            place.chmod(0o555 if modes[path] & 0o111 else 0o444)  # the mode of the ,v file is the file's (cvs(5))
    except OSError as error:
        raise WorldError(f"the example cannot be written to {root}", cause=str(error)) from error


def _commitid(entry: Entry) -> str:
    """16 letters and digits, as OpenBSD's cvs writes them; the same at each build."""
    digest = hashlib.sha256(f"{entry.when:%Y-%m-%d %H:%M:%S} {entry.who} {entry.log}".encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:16])


def _counted(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
