"""Other programs that merge one file by words or by syntax, where they are on PATH: asked for suggestions only.

What they answer changes nothing that lands, so that a machine with them and one without write the same branch.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

_SECONDS = 10

Merge = Callable[[bytes, bytes, bytes, str], bytes | None]


def found() -> dict[str, Merge]:
    """The programs there are: each takes base, ours, theirs and the file's name, and answers the merged content, None
    where it has no clean one."""
    tools: dict[str, Merge] = {}
    if shutil.which("wiggle"):
        tools["wiggle"] = _wiggle
    if shutil.which("mergiraf"):
        tools["mergiraf"] = _mergiraf
    return tools


def _wiggle(base: bytes, ours: bytes, theirs: bytes, name: str) -> bytes | None:
    """wiggle(1): `wiggle -m ours base theirs`; ends with 1 where conflicts are left."""
    return _run(["wiggle", "--merge", "--", "ours", "base", "theirs"], base, ours, theirs, name)


def _mergiraf(base: bytes, ours: bytes, theirs: bytes, name: str) -> bytes | None:
    command = ["mergiraf", "merge", "--stdout", "--path-name", name, "--", "base", "ours", "theirs"]
    return _run(command, base, ours, theirs, name)


def _run(command: Sequence[str], base: bytes, ours: bytes, theirs: bytes, name: str) -> bytes | None:
    if name.startswith("-"):
        return None
    with tempfile.TemporaryDirectory(prefix="portkit-") as folder:
        for file, content in (("base", base), ("ours", ours), ("theirs", theirs)):
            Path(folder, file).write_bytes(content)
        try:
            done = subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    return done.stdout if done.returncode == 0 and done.stdout else None
