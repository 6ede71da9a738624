"""Where the local patches lie: `patches/<component>/` in the workspace. A series is replaced whole, or not at all.

Other files may lie in the same folder (decisions, resolutions): they stay.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from portkit.errors import UserError, WorldError
from portkit.patches.entries import LARGEST, SERIES, read_entries

FOLDER = "patches"


def folder(workspace: Path, component: str) -> Path:
    """Where the patches of `component` lie."""
    return workspace / FOLDER / component


def read(place: Path) -> dict[str, bytes]:
    """The series file of `place` and the patches that it names, those that are there, by name; nothing where there is
    no series. Raises UserError for what is no plain file, and for what is too large to be a patch."""
    recover(place)
    series = _content(place, SERIES)
    if series is None:
        return {}
    found = {SERIES: series}
    for entry in read_entries(series, str(place / SERIES)):
        content = _content(place, entry.name)
        if content is not None:
            found[entry.name] = content
    return found


def _content(place: Path, name: str) -> bytes | None:
    path = place / name
    at = place
    for part in name.split("/")[:-1]:
        at = at / part
        if at.is_symlink():
            raise UserError("a symbolic link stands in the way of a patch", where=str(at), hint="make it a folder")
    try:
        about = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(about.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(about.st_mode) else "no plain file"
        raise UserError(f"it is {kind}, and no patch", where=str(path), hint="put the patch itself there")
    if about.st_size > LARGEST:
        raise UserError(
            f"the patch has {about.st_size >> 20} MB, more than {LARGEST >> 20}", where=str(path),
            hint="split it, or bring such contents in with git",
        )  # fmt: skip
    try:
        return path.read_bytes()
    except OSError as error:
        raise WorldError("the patch cannot be read", where=str(path), cause=error.strerror or str(error)) from error


def replace(place: Path, contents: Mapping[str, bytes], *, leaving: Mapping[str, bytes]) -> bool:
    """Makes `contents` (a series file and its patches, by name) the series of `place`; those of `leaving`, what was
    read before, that it does not have are taken away, and every other file stays. Returns whether anything changed.

    The folder is built anew beside its place, then takes it: a reader, or a run that is killed, sees the old series or
    the new one. Files whose content stays keep their time. Raises WorldError where the disk refuses.
    """
    recover(place)
    gone = [name for name in leaving if name not in contents]
    if not gone and all(leaving.get(name) == content for name, content in contents.items()):
        return False
    real = Path(os.path.realpath(place))
    new, old = _beside(real, "new"), _beside(real, "old")
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            shutil.rmtree(new)
        if real.is_dir():
            shutil.copytree(real, new, symlinks=True, copy_function=_linked)
        else:
            new.mkdir()
        for name in gone:
            (new / name).unlink(missing_ok=True)
        for name, content in contents.items():
            if leaving.get(name) != content:
                _write(new / name, content)
        _sync(new)
        if real.is_dir():
            real.rename(old)
        new.rename(real)
        _sync(real.parent)
        with suppress(FileNotFoundError):
            shutil.rmtree(old)
    except OSError as error:
        recover(place)
        with suppress(OSError):
            shutil.rmtree(new)
        raise WorldError(f"cannot write {place}", cause=error.strerror or str(error)) from error
    return True


def recover(place: Path) -> None:
    """Puts back what a run that was killed between two steps had set aside, and takes away what one left half made."""
    real = Path(os.path.realpath(place))
    new, old = _beside(real, "new"), _beside(real, "old")
    if not old.exists():
        return
    with suppress(OSError):
        if real.exists():
            shutil.rmtree(old)
        else:
            old.rename(real)
        shutil.rmtree(new)


def _beside(real: Path, what: str) -> Path:
    return real.with_name(f".{real.name}.{what}")


def _linked(source: str, target: str) -> None:
    """The same file under a second name, so that its time and mode stay; a copy where the disk knows no such thing."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        path.unlink()  # never into a file that has a second name
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(place: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
