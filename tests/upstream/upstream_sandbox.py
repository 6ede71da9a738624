"""Upstream repositories for the tests, written by `git fast-import`: any name, any mode, any log."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from portkit.change.changeset import Changeset
from portkit.components.model import Source
from portkit.paths import RepoPath
from portkit.upstream.git import GitHistory, open_history

File = bytes | tuple[int, bytes] | None
"""A plain file's content, a mode with the content (or a submodule's commit), or None for a deletion."""


class Sandbox:
    """A folder without any of the user's git settings; `up` is the upstream repository."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for key in [key for key in os.environ if key.startswith("GIT_")]:
            monkeypatch.delenv(key)
        monkeypatch.setenv("HOME", str(folder / "home"))
        monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(folder / "gitconfig"))
        self.folder = folder
        self.config = folder / "gitconfig"
        self.config.write_text("[user]\nname = Otto\nemail = otto@example.org\n")
        self.state = folder / "state"
        self.messages: list[str] = []
        self.up = self.repository("up")

    def repository(self, name: str, *, object_format: str = "sha1") -> Upstream:
        return Upstream(self.folder / name, object_format)

    def open(
        self, folders: Sequence[str] = ("",), *, location: str | Path | None = None, branch: str = "master",
        prefix: str = "", fetch: bool = True, state: Path | None = None,
    ) -> GitHistory:  # fmt: skip
        source = Source("openbsd", str(location or self.up.path), branch=branch, prefix=prefix)
        return open_history(source, folders, state or self.state, fetch=fetch, progress=self.messages.append)

    def all(self, folders: Sequence[str] = ("",), *, state: Path | None = None) -> tuple[Changeset, ...]:
        """Every changeset, read by a run of its own."""
        with self.open(folders, state=state) as history:
            return history.changesets(everything)

    def cache(self) -> Path:
        (found,) = (self.state / "cache").glob("*.sqlite")
        return found


class Upstream:
    """One repository, with a checkout that is never looked at."""

    def __init__(self, path: Path, object_format: str = "sha1") -> None:
        self.path = path
        self._clock = 1000000000
        path.mkdir()
        self.git("init", "-q", "-b", "master", f"--object-format={object_format}")

    def git(self, *arguments: str, feed: bytes | None = None) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.path, input=feed, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")

    def commit(
        self, files: Mapping[str | bytes, File], message: bytes = b"m\n", *, branch: str = "master",
        merge: str = "", date: int = 0, author: bytes = b"Otto <otto@example.org>", encoding: str = "",
        orphan: bool = False,
    ) -> str:  # fmt: skip
        """Writes a commit on `branch` and returns its hash; each is 100 seconds younger than the one before."""
        self._clock += 100
        when = b"%d +0000" % (date or self._clock)
        ref = f"refs/heads/{branch}"
        lines = [b"commit " + ref.encode()]
        lines += [b"author " + author + b" 999999999 +0200", b"committer Theo <theo@example.org> " + when]
        lines += [b"encoding " + encoding.encode()] if encoding else []
        lines += [b"data %d" % len(message), message]
        if not orphan and self.tip(branch):
            lines.append(b"from " + ref.encode() + b"^0")
        if merge:
            lines.append(b"merge " + merge.encode())
        for name, file in files.items():
            lines += _file(name.encode() if isinstance(name, str) else name, file)
        self.git("fast-import", "--quiet", "--force", feed=b"\n".join(lines) + b"\n")
        return self.tip(branch)

    def tip(self, branch: str = "master") -> str:
        done = subprocess.run(
            ["git", "rev-parse", "--verify", "-q", f"refs/heads/{branch}"],
            cwd=self.path, capture_output=True, check=False,
        )  # fmt: skip
        return done.stdout.decode().strip()

    def lose(self, oid: str) -> None:
        """Removes the object from the repository (fast-import leaves small ones loose)."""
        path = self.path / ".git/objects" / oid[:2] / oid[2:]
        path.unlink()

    def snapshot(self) -> dict[str, tuple[int, int]]:
        """Every file of the git folder, with what changes when it is written."""
        files = [path for path in (self.path / ".git").rglob("*") if path.is_file()]
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


def _file(name: bytes, file: File) -> list[bytes]:
    quoted = b'"' + b"".join(b"\\%03o" % byte for byte in name) + b'"'
    if file is None:
        return [b"D " + quoted]
    mode, content = (0o100644, file) if isinstance(file, bytes) else file
    if mode == 0o160000:
        return [b"M 160000 " + content + b" " + quoted]
    return [b"M %o inline " % mode + quoted, b"data %d" % len(content), content]


def everything(path: RepoPath) -> bool:
    return bool(path)


def shape(changesets: Sequence[Changeset]) -> list[tuple[str, list[tuple[str, str]]]]:
    """(subject, [(A, M, D or T, path)]) of each, for comparing at a glance."""
    result = []
    for changeset in changesets:
        files = []
        for file in changeset.files:
            kind = "A" if file.old is None else "D" if file.new is None else "M"
            if file.old and file.new and file.old.mode != file.new.mode:
                kind = "T"
            files.append((kind, str(file.path)))
        result.append((changeset.subject, files))
    return result
