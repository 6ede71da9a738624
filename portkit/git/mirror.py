"""portkit's own clones of repositories that are named by a URL: bare, under the workspace's state folder.

GitPython does the talking to remotes: it refuses transports that run programs (ext:: and its kin) and reads git's
progress. The user's git configuration stays in force (proxies, credentials, insteadOf); hooks and templates do not.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import git

from portkit.errors import PortkitError, UserError, WorldError
from portkit.git.door import GitRepository, failure, network_environment
from portkit.git.remote import explained
from portkit.store.lock import hold
from portkit.text import printable

Progress = Callable[[str], None]

_WAIT = 3600.0
_NO_BRANCH = re.compile(r"couldn't find remote ref|Remote branch .* not found")
_NOT_THERE = re.compile(rb"not our ref ([0-9a-f]+)")
_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "gc.autoDetach": "false",  # nothing goes on once portkit has ended
    "maintenance.autoDetach": "false",
    "fetch.recurseSubmodules": "false",
    "protocol.ext.allow": "never",
    "protocol.version": "2",  # lets contents be asked for one by one
}


def mirror(url: str, place: Path, *, branch: str, role: str, fetch: bool, progress: Progress) -> GitRepository:
    """The bare clone of `url` at `place`, made now where it is not there, brought up to date with `fetch`.

    It holds `branch` as refs/heads/<branch>, and contents only where the remote could not leave them out
    (`bring_contents` gets those that are needed). A clone that was cut short is never taken for a whole one: it
    grows under another name. `role` names the repository in errors ("upstream openbsd"). Raises UserError where
    the URL is refused or the branch is not there, WorldError where the remote or the disk fails.
    """
    shown = _without_password(url)
    try:
        git.Git.check_unsafe_protocols(url)
    except git.exc.UnsafeProtocolError as error:
        hint = "use https, ssh, git, file or a path"
        raise UserError(f"{role}: the URL {shown} runs a program of its own", hint=hint) from error
    if not place.exists() and not fetch:
        raise WorldError(f"{role}: {shown} is not here yet", hint="portkit fetch brings it")
    if place.exists() and not fetch:
        return GitRepository(place)
    with hold(place.with_name(f"{place.name}.lock"), what=f"the copy of {role}", wait_seconds=_WAIT):
        listener = _Listener(progress, role)
        try:
            if place.exists():
                progress(f"fetching {role} from {shown}")
                _fetch(url, place, branch, listener)
            else:
                _clone(url, shown, place, branch, role, progress, listener)
        except git.exc.GitCommandError as error:
            # git:// begins what went wrong on the line of its progress: GitPython takes that for no error
            said = [*listener.error_lines, *listener.other_lines, *str(error.stderr).splitlines()]
            told = _explained(said, url, branch, role)
            raise told from told.__cause__
    return GitRepository(place)


def is_partial(repository: GitRepository) -> bool:
    """Whether contents may be missing from `repository` because its remote keeps them (a partial clone)."""
    return repository.outcome("config", "--get-regexp", r"^remote\..*\.promisor$").returncode == 0


def bring_contents(repository: GitRepository, oids: Sequence[str], *, role: str, progress: Progress) -> int:
    """Gets those of `oids` that a clone of `mirror`'s making lacks, in one go; returns how many came.

    What the remote lacks as well stays missing. Raises WorldError where the remote cannot be asked.
    """
    lacking = _lacking(repository, oids)
    if not lacking:
        return 0
    progress(f"fetching {len(lacking):,} file contents of {role}")
    # What git itself does for one missing object (promisor-remote.c), for all of them.
    arguments = [
        "-c", "fetch.negotiationAlgorithm=noop", "fetch", "origin", "--no-tags", "--no-write-fetch-head",
        "--recurse-submodules=no", "--filter=blob:none", "--quiet", "--stdin",
    ]  # fmt: skip
    asked = dict.fromkeys(lacking)
    while asked:
        done = subprocess.run(
            repository.command(*arguments), input="".join(f"{oid}\n" for oid in asked).encode("ascii"),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=network_environment(), check=False,
        )  # fmt: skip
        if not done.returncode:
            break
        refused = _NOT_THERE.search(done.stderr)
        if refused is None or refused[1].decode("ascii") not in asked:
            raise failure(["fetch"], done.stderr)
        del asked[refused[1].decode("ascii")]  # the remote lacks it too: it matters to whoever reads it
    return len(asked)


def _lacking(repository: GitRepository, oids: Sequence[str]) -> list[str]:
    """Those of `oids` that are not there. git names what it has: it asks no remote while --missing is given."""
    arguments = (
        "rev-list", "--missing=print", "--ignore-missing", "--objects", "--no-walk=unsorted",
        "--no-object-names", "--stdin",
    )  # fmt: skip
    there = repository.run(*arguments, feed="".join(f"{oid}\n" for oid in oids).encode("ascii"))
    present = set(there.decode("ascii").split())
    return [oid for oid in dict.fromkeys(oids) if oid not in present]


def _clone(
    url: str, shown: str, place: Path, branch: str, role: str, progress: Progress, listener: _Listener
) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        for left in place.parent.glob(f"{place.name}.part-*"):  # of runs that were killed
            shutil.rmtree(left, ignore_errors=True)
        temporary = place.with_name(f"{place.name}.part-{os.getpid()}-{time.time_ns()}")
        progress(f"cloning {role} once, bare, from {shown} into {place}")
        progress(_size_in_words(url))
        try:
            wanted: dict[str, Any] = {} if branch == "HEAD" else {"branch": branch}
            git.Repo.clone_from(
                url, temporary, progress=cast(Any, listener), env=_talking(temporary),
                allow_unsafe_protocols=False, bare=True, single_branch=True, no_tags=True,
                filter="blob:none", **wanted,
            ).close()  # fmt: skip
            temporary.rename(place)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise WorldError(f"{role} cannot be cloned", where=str(place), cause=str(error)) from error
    progress(f"{role} is here: {_megabytes(place)}")


def _fetch(url: str, place: Path, branch: str, listener: _Listener) -> None:
    repository = git.Repo(place)
    try:
        repository.git.update_environment(**_talking(place))
        remote = repository.remote("origin")
        if remote.url != url:
            remote.set_url(url)
        source, destination = ("HEAD", "HEAD") if branch == "HEAD" else (f"refs/heads/{branch}",) * 2
        if branch == "HEAD":  # the clone's HEAD names a branch of the remote's
            destination = repository.head.reference.path
        remote.fetch(
            f"+{source}:{destination}", progress=listener, allow_unsafe_protocols=False, no_tags=True
        )  # fmt: skip
    finally:
        repository.close()


def _talking(place: Path) -> dict[str, str]:
    """What GitPython adds to the environment: no questions, no hooks, and nothing that points git elsewhere."""
    environment = network_environment()
    count = int(environment.get("GIT_CONFIG_COUNT") or 0)
    settings: dict[str, str] = {"GIT_CONFIG_COUNT": str(count + len(_SETTINGS))}
    for number, (key, value) in enumerate(_SETTINGS.items(), count):
        settings |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    # GitPython can add variables and take none away: where a hook started portkit, these are set.
    pointing = {
        "GIT_DIR": str(place), "GIT_COMMON_DIR": str(place), "GIT_OBJECT_DIRECTORY": str(place / "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": "", "GIT_NAMESPACE": "", "GIT_SHALLOW_FILE": "",
        "GIT_WORK_TREE": str(place), "GIT_INDEX_FILE": str(place / "index"),
    }  # fmt: skip
    pointing = {key: value for key, value in pointing.items() if key in os.environ}
    return environment | settings | pointing | {"GIT_TEMPLATE_DIR": ""}


def _explained(said: Sequence[str], url: str, branch: str, role: str) -> PortkitError:
    if any(_NO_BRANCH.search(line) for line in said):
        shown = _without_password(url)
        hint = f"git ls-remote --heads {shown} lists the branches"
        return UserError(f"{role}: {shown} has no branch {branch!r}", hint=hint)
    return explained("\n".join(said), url, role=role)


def _size_in_words(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return f"it takes {_megabytes(Path(unquote(parts.path)))} there; file contents come as they are needed"
    return (
        "git does not tell how big a remote is before it comes; asked for is the history of one branch, and file"
        " contents as they are needed (a remote that cannot leave them out sends them all)"
    )


def _megabytes(folder: Path) -> str:
    total = 0
    for top, _, files in os.walk(folder):
        for name in files:
            try:
                total += (Path(top) / name).lstat().st_size
            except OSError:
                continue
    return f"{total / 1e6:,.1f} MB"


def _without_password(url: str) -> str:
    return printable(re.sub(r"(?<=://)[^/@]*@", "", url))


class _Listener(git.RemoteProgress):  # type: ignore[misc,unused-ignore]
    """git's progress as a sentence now and then."""

    def __init__(self, progress: Progress, what: str) -> None:
        super().__init__()
        self._progress = progress
        self._what = what
        self._told = time.monotonic()

    def update(self, op_code: int, cur_count: Any, max_count: Any = None, message: str = "") -> None:
        """Called by GitPython for each line; at most one sentence a second goes on."""
        if op_code & self.RECEIVING and time.monotonic() - self._told >= 1:
            self._told = time.monotonic()
            share = f"{100 * float(cur_count) / float(max_count):.0f} %" if max_count else f"{cur_count}"
            self._progress(f"receiving {self._what}: {share} {printable(message)}".rstrip())
