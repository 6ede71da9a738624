"""A copy of the mapped folders of a remote CVS repository, brought by rsync.

Only what the map names is brought, into portkit's own folder; symbolic links and devices are not. The user's own
rsync and ssh do the talking (RSYNC_RSH, ssh_config, proxies stay in force).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from portkit.components.locations import problem_with_location
from portkit.components.model import Source
from portkit.errors import UserError, WorldError
from portkit.store.atomic import write_atomic
from portkit.store.lock import hold
from portkit.text import decode, printable

Progress = Callable[[str], None]

_WAIT = 3600.0
_PARTIAL = 23
"""rsync(1), EXIT VALUES: something could not be transferred, such as a folder that is not there."""

_SEEN = "seen"
_FROM = "from"


def copy(
    source: Source, folders: Sequence[str], place: Path, *, fetch: bool, progress: Progress
) -> tuple[Path, int]:
    """Brings `folders` of the repository at `source.location` to `place`, with `fetch`; returns the folder they lie
    in, laid out as there, and when the newest copy began, in seconds since 1970.

    Raises UserError where the remote has none of the folders, WorldError where rsync is not there or fails, and
    where nothing was brought yet and nothing may be.
    """
    repository = place / "repository"
    role = f"upstream {source.name}"
    if not fetch:
        seen = _noted(place / _SEEN)
        if not seen.isdigit() or _noted(place / _FROM) != source.location:
            raise WorldError(f"{role}: {source.location} is not here yet", hint="portkit fetch brings it")
        return repository, int(seen)
    if shutil.which("rsync") is None:
        raise WorldError(f"{role}: rsync is not here", hint="install rsync, or bring the folder and name its path")
    with hold(place.with_name(f"{place.name}.lock"), what=f"the copy of {role}", wait_seconds=_WAIT):
        began = int(time.time())
        if place.exists() and _noted(place / _FROM) != source.location:
            shutil.rmtree(place, ignore_errors=True)
        repository.mkdir(parents=True, exist_ok=True)
        write_atomic(place / _FROM, os.fsencode(source.location))
        there = False
        top = "/".join(part for part in (source.module, source.prefix.rstrip("/")) if part)
        for folder in (top, *folders):
            problem = problem_with_location(f"rsync://host/{folder}", "cvs")
            if problem and folder:
                raise UserError(f"{role}: the path {folder!r} {problem}", hint="bring it by hand, and name its folder")
        for folder in _outermost(folders):
            progress(f"fetching {role}: {folder or 'everything'} from {source.location}")
            there |= _bring(source.location, "/".join(one for one in (top, folder) if one), repository, role)
        if not there:
            raise UserError(
                f"{role}: {source.location} has none of the map's folders",
                hint="check `module` and `prefix` of this upstream in the map",
            )
        _bring_file(source.location, "CVSROOT/config", repository)
        write_atomic(place / _SEEN, str(began).encode("ascii"))
    return repository, began


def answers(location: str, *, role: str, timeout: float) -> None:
    """Asks the remote for the names at its top. Raises WorldError where it does not answer, or rsync is not here."""
    if shutil.which("rsync") is None:
        raise WorldError(f"{role}: rsync is not here", hint="install rsync, or bring the folder and name its path")
    try:
        done = subprocess.run(
            ["rsync", "--", f"{location.rstrip('/')}/"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise WorldError(f"{role}: {location} did not answer in {timeout:.0f} seconds") from error
    if done.returncode:
        said = printable(decode(done.stderr)).strip().partition("\n")[0]
        raise WorldError(f"{role}: rsync failed", where=location, cause=said)


def _bring(location: str, folder: str, repository: Path, role: str) -> bool:
    """Copies one folder, or one file's `,v`; whether the remote has it."""
    to = repository / folder
    to.parent.mkdir(parents=True, exist_ok=True)
    options = ("-rtp", "--delete")
    there = f"{location.rstrip('/')}/{folder}".rstrip("/")
    done = _rsync(*options, "--", f"{there}/", f"{to}/")
    if done.returncode == 0:
        return True
    said = printable(decode(done.stderr)).strip()
    if done.returncode != _PARTIAL or "No such file" not in said:
        raise WorldError(
            f"{role}: rsync failed", where=location,
            cause=said.partition("\n")[0] or f"it ended with {done.returncode}",
            hint="portkit doctor looks at each source",
        )  # fmt: skip
    if to.is_dir() and not any(to.iterdir()):
        to.rmdir()
    start, _, name = folder.rpartition("/")
    files = [f"{name},v", f"Attic/{name},v"] if name else []
    came = [_bring_file(location, f"{start}/{one}" if start else one, repository) for one in files]
    return any(came)


def _bring_file(location: str, name: str, repository: Path) -> bool:
    """Copies a file that need not be there; whether it is."""
    to = repository / name
    made = not to.parent.exists()
    to.parent.mkdir(parents=True, exist_ok=True)
    done = _rsync("-tp", "--", f"{location.rstrip('/')}/{name}", str(to))
    if done.returncode and made and not any(to.parent.iterdir()):
        to.parent.rmdir()
    return done.returncode == 0


def _rsync(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["rsync", *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False)


def _outermost(folders: Sequence[str]) -> list[str]:
    known = {folder.rstrip("/") for folder in folders}
    return sorted(
        one for one in known
        if not any(one != other and (not other or one.startswith(f"{other}/")) for other in known)
    )  # fmt: skip


def _noted(path: Path) -> str:
    try:
        return os.fsdecode(path.read_bytes())
    except OSError:
        return ""
