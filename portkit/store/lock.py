"""One run at a time: a lock file that the kernel lets go of when its holder ends, however it ends.

The lock is flock(2) on the file, not the file's being there: after a kill nothing has to be cleaned up. The
file is never removed (whoever waits for it would then hold a lock on a file that nobody else sees).
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from portkit.errors import WorldError
from portkit.text import printable

_PAUSE = 0.05


@contextmanager
def hold(path: Path, *, what: str, wait_seconds: float = 0) -> Iterator[None]:
    """Holds the lock at `path` while the block runs; `what` is what it guards ("the workspace"), for errors.

    Where another run holds it, waits up to `wait_seconds`; then raises WorldError saying who holds it, and
    since when. Raises WorldError too where the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise WorldError(f"cannot make the lock {path}", cause=error.strerror or str(error)) from error
    try:
        _take(descriptor, path, what, time.monotonic() + wait_seconds)
        _write_holder(descriptor)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path, what: str, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            left = deadline - time.monotonic()
            if left <= 0:
                raise _refused(descriptor, path, what) from None
            time.sleep(min(_PAUSE, left))
        except OSError as error:
            raise WorldError(f"cannot lock {path}", cause=error.strerror or str(error)) from error


def _write_holder(descriptor: int) -> None:
    holder = {
        "pid": os.getpid(),
        "host": os.uname().nodename,
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]) if sys.argv else "",
    }
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode("utf-8") + b"\n", 0)


def _refused(descriptor: int, path: Path, what: str) -> WorldError:
    said = b""
    for _ in range(5):  # who took it this very moment has not written yet
        said = os.pread(descriptor, 4096, 0)
        if said.strip():
            break
        time.sleep(_PAUSE)
    return WorldError(
        f"{what} is in use by another run",
        where=str(path),
        cause=_holder(said),
        hint="wait until it ends, then try again",
    )


def _holder(raw: bytes) -> str:
    """Who holds the lock, in words. What the file says is only shown, never acted upon."""
    try:
        said = json.loads(raw)
        text = f"process {said['pid']} on {said['host']}, since {said['since']}: {said['command']}"
    except (ValueError, KeyError, TypeError):
        return "its holder has not said who it is"
    return printable(text)
