"""A stamp of portkit's own code: what it has computed and remembered is believed only while it stays the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import portkit


@lru_cache(maxsize=1)
def engine() -> str:
    """A stamp of portkit's own code: its version, and the size and time of each of its files."""
    top = str(Path(portkit.__file__).parent)
    return "\n".join([portkit.__version__, *sorted(_stamps(top, len(top) + 1))])


def _stamps(folder: str, skipped: int) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    yield from _stamps(entry.path, skipped)
            elif entry.name.endswith((".py", ".j2")):
                stat = entry.stat()
                yield f"{entry.path[skipped:]} {stat.st_size} {stat.st_mtime_ns}"
