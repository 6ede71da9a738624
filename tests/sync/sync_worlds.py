"""Histories as data: an upstream, a target and a memory in a few dictionaries, behind the protocols of `sync.ports`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from portkit.change.changeset import Blob, Changeset, FileChange, Person
from portkit.components.model import Component, Mode, PathRule
from portkit.errors import UserError
from portkit.merge.file import Version
from portkit.paths import RepoPath
from portkit.protocols import Damage, TargetCommit
from portkit.sync.outcome import ChangesetOutcome

KRW = Person("Kenneth R Westerback", "krw@openbsd.org")
PORTER = Person("Pat Porter", "pat@example.org")
PLAIN = 0o100644
DAY = 86400

Files = Mapping[str, bytes | Version | None]


def ident(name: str, revision: str, keyword: str = "OpenBSD") -> bytes:
    return f"/*\t${keyword}: {name},v {revision} 2012/06/26 14:46:42 krw Exp $\t*/\n".encode()


def call(name: str) -> bytes:
    return f"\terror = call_{name}(lease, 5);\n".encode()


def body(names: str, function: str = "start_it") -> bytes:
    """A function that calls one thing per letter."""
    calls = b"".join(call(name) for name in names)
    return b"int\n%s(struct lease *lease)\n{\n\tint error;\n\n%s\treturn (error);\n}\n" % (function.encode(), calls)


def source(name: str, revision: str, names: str) -> bytes:
    return ident(name, revision) + b"\n" + body(names)


def hashed(*parts: object) -> str:
    return hashlib.sha1(repr(parts).encode()).hexdigest()


def plain(content: bytes | Version | None) -> Version | None:
    return Version(content, PLAIN) if isinstance(content, bytes) else content


class Blobs:
    """Contents by their hash."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    def blob(self, version: Version) -> Blob:
        oid = hashlib.sha1(version.content).hexdigest()
        self.contents[oid] = version.content
        return Blob(oid, version.mode)

    def read(self, oid: str) -> bytes:
        return self.contents[oid]

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for oid in oids:
            yield oid, self.contents[oid]


class Upstream(Blobs):
    """A linear history; every commit is a day after the one before."""

    def __init__(self, salt: str = "") -> None:
        super().__init__()
        self.salt = salt
        self.commits: list[Changeset] = []
        self.now: dict[RepoPath, Version] = {}
        self.rewritten = False
        self.shallow = False
        self.damaged: tuple[Damage, ...] = ()

    @property
    def tip(self) -> str:
        return self.commits[-1].id if self.commits else ""

    def commit(self, message: str, files: Files) -> Changeset:
        changes = []
        for name, content in sorted(files.items()):
            path, version = RepoPath(name), plain(content)
            before = self.now.pop(path, None)
            if version is not None:
                self.now[path] = version
            old = self.blob(before) if before is not None else None
            changes.append(FileChange(path, old, self.blob(version) if version is not None else None))
        date = 1_340_000_000 + DAY * len(self.commits)
        made = Changeset(hashed(self.tip, message, self.salt), self.tip, date, KRW, message, tuple(changes))
        self.commits.append(made)
        return made

    def resolve(self, revision: str) -> str:
        found = [one.id for one in self.commits if one.id.startswith(revision)]
        if len(found) != 1:
            raise UserError(f"{revision!r} is no commit")
        return found[0]

    def newest_at(self, revision: str) -> str:
        return self.resolve(revision)

    def changesets(self, wanted: Callable[[RepoPath], bool]) -> Sequence[Changeset]:
        kept = [
            replace(one, files=tuple(change for change in one.files if wanted(change.path))) for one in self.commits
        ]
        return [one for one in kept if one.files]


class WorldTree(Blobs):
    def __init__(self, commit: str, files: Mapping[RepoPath, Version]) -> None:
        super().__init__()
        self.commit = commit
        self.entries = {path: self.blob(version) for path, version in files.items()}


@dataclass
class Downstream:
    """The target's history, oldest first, with the files at each commit."""

    commits: list[TargetCommit] = field(default_factory=list)
    files: dict[str, dict[RepoPath, Version]] = field(default_factory=dict)
    cut: tuple[str, ...] = ()

    @property
    def tip(self) -> str:
        return self.commits[-1].id

    def commit(self, message: str, files: Files) -> TargetCommit:
        before = self.files[self.tip] if self.commits else {}
        after = {path: version for path, version in before.items() if path not in files}
        after |= {RepoPath(name): version for name, one in files.items() if (version := plain(one)) is not None}
        parents = (self.tip,) if self.commits else ()
        number = len(self.commits)
        one = TargetCommit(hashed(parents, message, number), parents, number, number, PORTER, message)
        self.commits.append(one)
        self.files[one.id] = after
        return one

    def tree(self, commit: str, folders: Sequence[str]) -> WorldTree:
        wanted = tuple(f"{folder}/" for folder in folders)
        return WorldTree(commit, {path: one for path, one in self.files[commit].items() if path.startswith(wanted)})

    def _until(self, commit: str) -> list[TargetCommit]:
        at = next(index for index, one in enumerate(self.commits) if one.id == commit)
        return self.commits[at::-1]

    def trailer_commits(self, commit: str, since: str = "") -> Iterator[TargetCommit]:
        for one in self._until(commit):
            if one.id == since:
                return
            if any(line.startswith(("Upstream-commit:", "This reverts commit")) for line in one.message.split("\n")):
                yield one

    def history(self, commit: str, paths: Sequence[str], *, since: str = "") -> Iterator[TargetCommit]:
        for one in self._until(commit):
            if one.id == since:
                return
            before = self.files[one.parents[0]] if one.parents else {}
            changed = {path for path, _ in before.items() ^ self.files[one.id].items()}
            if any(path.startswith(f"{folder}/") for path in changed for folder in paths):
                yield one

    def commit_info(self, sha: str) -> TargetCommit:
        return next(one for one in self.commits if one.id == sha)

    def is_ancestor(self, older: str, newer: str) -> bool:
        return any(one.id == older for one in self._until(newer))


class Notes:
    """A memory that forgets nothing and counts what it is asked to keep."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    def get(self, kind: str, key: str) -> bytes | None:
        return self.kept.get((kind, key))

    def get_many(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:
        return {key: self.kept[kind, key] for key in keys if (kind, key) in self.kept}

    def put(self, kind: str, key: str, value: bytes) -> None:
        self.kept[kind, key] = value

    def put_many(self, kind: str, items: Iterable[tuple[str, bytes]]) -> None:
        for key, value in items:
            self.put(kind, key, value)


def dhclient(
    mode: Mode = Mode.SYNC,
    *,
    paths: Mapping[str, str] | None = None,
    keep: tuple[str, ...] = (),
    deleted: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    import_at: str = "",
    baseline: tuple[tuple[RepoPath, str], ...] = (),
) -> Component:
    rules = paths or {"sbin/dhclient/": "sbin/dhclient/"}
    return Component(
        "dhclient", mode, "openbsd", tuple(PathRule(one, other) for one, other in rules.items()),
        keep=keep, deleted=deleted, exclude=exclude, import_at=import_at, baseline=baseline,
    )  # fmt: skip


def states(changesets: Iterable[ChangesetOutcome]) -> list[str]:
    return [str(one.state) for one in changesets]
