"""The user's own merge tool, as `git mergetool` starts it: in a throw-away repository that holds one conflict."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from portkit.errors import WorldError
from portkit.git.door import GitRepository, network_environment
from portkit.paths import RepoPath, to_bytes

Side = tuple[bytes, int] | None
"""Content and mode of one side; None where it has no such file."""


def mergetool(folder: Path, path: RepoPath, sides: Sequence[Side], marked: bytes) -> Path:
    """Runs the tool that the user configured on base, ours and theirs, in that order, at `path` below
    `folder`; returns the file it wrote. Nothing of any repository's runs: no hook, no template, no filter.

    Raises WorldError where the tool fails or is killed; the file stays as it was left.
    """
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    repository = GitRepository(folder / ".git")
    if not repository.git_dir.exists():
        repository.run("init", "--quiet", "--template=", "--", str(folder))
        place.write_bytes(marked)
        lines = []
        for stage, side in enumerate(sides, 1):
            if side is not None:
                oid = repository.run("hash-object", "-w", "--stdin", "--no-filters", feed=side[0]).decode().strip()
                lines.append(b"%o %s %d\t%s\0" % (side[1], oid.encode(), stage, to_bytes(path)))
        repository.run("update-index", "-z", "--index-info", feed=b"".join(lines))
    command = [
        "git", "-C", str(folder), "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
        "-c", "mergetool.keepBackup=false", "-c", "mergetool.writeToTemp=true",
        "mergetool", "--no-prompt", "--", path,
    ]  # fmt: skip
    environment = network_environment() | {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
    environment.pop("LC_ALL", None)  # the tool is the user's, and speaks to them
    if "LC_ALL" in os.environ:
        environment["LC_ALL"] = os.environ["LC_ALL"]
    try:
        code = subprocess.run(command, env=environment, check=False).returncode
    except OSError as error:
        raise WorldError("git mergetool could not be started", cause=error.strerror or str(error)) from error
    if code:
        raise WorldError(f"git mergetool ended with {code}", cause="the tool failed, was ended, or is not configured")
    return place
