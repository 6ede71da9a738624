"""The user's own commands, run on a commit of the target in a folder of its own that is thrown away.

The files are written out of git's objects, with no checkout and no filter of anybody's. The commands come from the
user's own map; they are started without a shell.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from portkit.check.farm import write
from portkit.errors import WorldError
from portkit.paths import RepoPath, parent
from portkit.protocols import Tree
from portkit.text import decode

SECONDS = 4 * 3600.0
"""How long one command may take: a build of a whole system takes hours."""

_TAIL = 20
_SYMLINK = 0o120000


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of one command: its exit code (None: it was stopped, or could not be started), and the last lines of
    what it said."""

    command: str
    code: int | None
    said: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether it ended with 0."""
        return self.code == 0


def verify(
    tree: Tree,
    commands: Sequence[str],
    environment: dict[str, str],
    *,
    seconds: float = SECONDS,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Verified, ...]:
    """Runs `commands` in the files of `tree`, one after the other, up to the first that fails. `environment` is added
    to the user's own. Raises WorldError where the files cannot be written."""
    with tempfile.TemporaryDirectory(prefix="portkit-verify-") as folder:
        progress(f"writing {len(tree.entries)} files to verify")
        _lay_out(tree, Path(folder))
        result = []
        for command in commands:
            progress(f"verifying: {command}")
            result.append(_run(command, folder, environment, seconds))
            if not result[-1].passed:
                break
        return tuple(result)


def _lay_out(tree: Tree, folder: Path) -> None:
    by_oid: dict[str, list[RepoPath]] = {}
    for path, blob in tree.entries.items():
        by_oid.setdefault(blob.oid, []).append(path)
    links: list[tuple[RepoPath, bytes]] = []
    try:
        for oid, content in tree.read_many(by_oid):
            for path in by_oid[oid]:
                mode = tree.entries[path].mode
                if mode == _SYMLINK:
                    links.append((path, content))
                elif write(folder, path, content) and mode & 0o111:
                    (folder / path).chmod(0o755)
        for path, content in links:  # last, so that nothing is written through one
            place = os.path.normpath(f"{parent(path)}/{decode(content)}".lstrip("/"))
            if not content.startswith(b"/") and not place.startswith(".."):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).symlink_to(os.fsdecode(content))
    except OSError as error:
        raise WorldError("the files to verify cannot be written", where=str(folder), cause=str(error)) from error


def _run(command: str, folder: str, environment: dict[str, str], seconds: float) -> Verified:
    try:
        done = subprocess.run(
            shlex.split(command), cwd=folder, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        return Verified(command, None, (*_last(late.output or b""), f"stopped after {seconds:g} seconds"))
    except (OSError, ValueError) as error:
        return Verified(command, None, (str(error),))
    return Verified(command, done.returncode, _last(done.stdout))


def _last(said: bytes) -> tuple[str, ...]:
    return tuple(decode(said[-20_000:]).splitlines()[-_TAIL:])
