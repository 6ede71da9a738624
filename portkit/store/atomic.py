"""Files that are whole or as they were: what portkit writes for people appears at once or not at all."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from portkit.errors import WorldError


def write_atomic(path: Path, content: bytes) -> bool:
    """Makes `content` the content of the file at `path`; folders that lack are made.

    Returns False, and leaves the file untouched, where it holds `content` already. A reader sees the old
    file or the new one, never a part; after a crash too. The mode of an existing file is kept, a symbolic
    link is followed. Raises WorldError where the disk refuses.
    """
    real = Path(os.path.realpath(path))
    try:
        if _holds(real, content):
            return False
        real.parent.mkdir(parents=True, exist_ok=True)
        _replace(real, content)
    except OSError as error:
        raise WorldError(f"cannot write {path}", cause=error.strerror or str(error)) from error
    return True


def _holds(path: Path, content: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_size == len(content) and file.read() == content
    except FileNotFoundError:
        return False


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name[:200]}.{os.getpid()}.tmp")
    try:
        with suppress(FileNotFoundError):
            temporary.unlink()  # of a run with this process id that was killed
        # not tempfile: its files are private (0600), and what is written here is for others to read
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            with suppress(FileNotFoundError):
                os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Makes the rename last. Some file systems know no such call on a folder: then there is nothing to do."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
