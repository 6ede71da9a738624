"""Two real repositories, an upstream and a target, written commit by commit; and what the finder says of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import pytest

from portkit.components.model import Component, Mode, PathRule, Source
from portkit.ports.find import PortFinder
from portkit.ports.model import Found, Port, Searched
from portkit.sync.lineage import Lineage
from portkit.sync.remembered import carried_on
from portkit.target.git import GitTarget
from portkit.upstream.git import open_history

DAY = 86400
FOLDER = "sbin/leased/"


class Forgetful:
    """A memory that remembers nothing."""

    def get(self, kind: str, key: str) -> bytes | None:  # noqa: ARG002
        return None

    def get_many(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:  # noqa: ARG002
        return {}

    def put(self, kind: str, key: str, value: bytes) -> None:
        pass

    def put_many(self, kind: str, items: Iterable[tuple[str, bytes]]) -> None:
        pass


class Mindful(Forgetful):
    """A memory that forgets nothing."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    def get(self, kind: str, key: str) -> bytes | None:
        return self.kept.get((kind, key))

    def put(self, kind: str, key: str, value: bytes) -> None:
        self.kept[kind, key] = value


class World:
    """`upstream` and `target` are repositories with a checkout. A commit is a day after the one before it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for key in [key for key in os.environ if key.startswith("GIT_")]:
            monkeypatch.delenv(key)
        monkeypatch.setenv("HOME", str(folder))
        monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        self.folder = folder
        self.days = 0
        for name in ("upstream", "target"):
            self.git(name, "init", "-q", "-b", "master", str(folder / name), at=folder)

    def git(self, name: str, *arguments: str, at: Path | None = None, feed: bytes | None = None) -> str:
        when = f"{1_300_000_000 + self.days * DAY} +0000"
        person = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
                  for what, value in (("NAME", "Pat"), ("EMAIL", "pat@example.org"), ("DATE", when))}  # fmt: skip
        done = subprocess.run(
            ["git", *arguments], cwd=at or self.folder / name, input=feed, capture_output=True, check=False,
            env=os.environ | person,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().rstrip("\n")

    def commit(self, name: str, message: str, files: Mapping[str, bytes | None]) -> str:
        """Writes (with None: removes) files below FOLDER, commits them, returns the hash."""
        self.days += 1
        for file, content in files.items():
            path = self.folder / name / FOLDER / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink()
            else:
                path.write_bytes(content)
        self.git(name, "add", "-A")
        self.git(name, "commit", "-q", "-F", "-", feed=message.encode())
        return self.git(name, "rev-parse", "HEAD")

    def upstream(self, message: str, files: Mapping[str, bytes | None]) -> str:
        return self.commit("upstream", message, files)

    def target(self, message: str, files: Mapping[str, bytes | None]) -> str:
        return self.commit("target", message, files)

    def find(self, *, hidden: bool = False, revision: str = "HEAD") -> Found:
        source = Source("openbsd", str(self.folder / "upstream"))
        component = Component("leased", Mode.SYNC, "openbsd", (PathRule(FOLDER, FOLDER),))
        target = GitTarget.open(
            str(self.folder / "target"), branch="master", state_dir=self.folder / "state", progress=lambda _: None
        )
        with open_history(source, component.folders(), self.folder / "state") as history, target:
            lineage = Lineage(history.changesets(component.covers), history, Forgetful(), "OpenBSD")
            finder = PortFinder(component, lineage, history, target, "OpenBSD", hidden=hidden)
            onto = target.resolve(revision)
            found = finder.find(onto)
            assert self._carried_on(finder, target, onto) == found
            return found

    def _carried_on(self, finder: PortFinder, target: GitTarget, onto: str) -> Found:
        """The same, carried on from each commit of the target to the next one that it is behind, and remembered."""
        memory = Mindful()
        found = Found()
        for commit in self.git("target", "rev-list", "--reverse", "--topo-order", onto).split():
            found = carried_on(
                memory, "ports", (), commit, Searched, partial(target.is_ancestor, newer=commit),
                partial(finder.search, commit),
            ).found  # fmt: skip
        return found


def ident(name: str, revision: str, keyword: str = "OpenBSD") -> bytes:
    return f"/*\t${keyword}: {name},v {revision} 2011/03/26 14:46:42 krw Exp $\t*/\n".encode()


def line(name: str) -> bytes:
    return f"\terror = call_{name}(lease, 5);\n".encode()


def source(revision: str, calls: str, *, name: str = "leased.c", more: bytes = b"") -> bytes:
    """A file with one function, which makes a call for every word of `calls`."""
    lines = b"".join(line(word) for word in calls.split())
    head = b"\nint\nstart_it(struct lease *lease)\n{\n\tint error;\n\n"
    return ident(name, revision) + head + lines + b"\n\treturn (error);\n}\n" + more


def by_commit(found: Found) -> dict[str, Port]:
    return {port.target_commit: port for port in found.ports}
