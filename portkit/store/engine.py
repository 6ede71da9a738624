"""A stamp of portkit's own code: what it has computed and remembered is believed only while it stays the same."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import portkit


@lru_cache(maxsize=1)
def engine() -> str:
    """A stamp of portkit's own code: its version, and the size and time of each of its files."""
    top = Path(portkit.__file__).parent
    sources = (path for path in top.rglob("*") if path.suffix in (".py", ".j2"))
    files = sorted((str(path.relative_to(top)), path.stat()) for path in sources)
    stamps = [f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in files]
    return "\n".join([portkit.__version__, *stamps])
