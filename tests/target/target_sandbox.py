"""A folder of real repositories for the tests of `portkit.target`, cut off from the user's own git settings."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from portkit.change.changeset import Person
from portkit.paths import RepoPath
from portkit.protocols import NewCommit, NewFile, Signature
from portkit.target.git import GitTarget

PORTER = Person("Pat Porter", "pat@example.org")


class Sandbox:
    """`main` is a repository with a checkout; `git` runs git in it as a user would."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *, object_format: str = "sha1") -> None:
        for key in [key for key in os.environ if key.startswith("GIT_")]:
            monkeypatch.delenv(key)
        monkeypatch.setenv("HOME", str(folder / "home"))
        monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(folder / "gitconfig"))
        self.folder = folder
        self.main = folder / "main"
        self.config = folder / "gitconfig"
        self.config.write_text("[user]\nname = Pat Porter\nemail = pat@example.org\n")
        self.messages: list[str] = []
        self.git("init", "-q", "-b", "master", f"--object-format={object_format}", str(self.main), at=folder)

    def git(self, *arguments: str, at: Path | None = None, feed: bytes | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=at or self.main, input=feed, capture_output=True, check=False,
            env=os.environ | {"GIT_AUTHOR_DATE": "1000000000 +0000", "GIT_COMMITTER_DATE": "1000000000 +0000"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")

    def commit(self, message: str, files: Mapping[str, bytes | None], *, at: Path | None = None) -> str:
        """Writes (or, with None, removes) the files in the checkout, commits them, returns the hash."""
        for name, content in files.items():
            path = (at or self.main) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink()
            else:
                path.write_bytes(content)
        self.git("add", "-A", "--", *files, at=at)
        self.git("commit", "-q", "--allow-empty", "-F", "-", at=at, feed=message.encode())
        return self.git("rev-parse", "HEAD", at=at)

    def open(self, location: Path | str | None = None, branch: str = "master") -> GitTarget:
        return GitTarget.open(
            str(location or self.main), branch=branch, state_dir=self.folder / "state", progress=self.messages.append
        )


def new(
    files: Mapping[str, bytes | tuple[bytes, int] | None],
    message: bytes = b"dhclient - Change.\n",
    date: int = 1343779200,
) -> NewCommit:
    """A commit of the porter's with these files; a content alone is a plain file."""
    made: dict[RepoPath, NewFile | None] = {}
    for name, file in files.items():
        pair = (file, 0o100644) if isinstance(file, bytes) else file
        made[RepoPath(name)] = NewFile(*pair) if pair is not None else None
    return NewCommit(message, Signature(PORTER, date), Signature(PORTER, date), made)
