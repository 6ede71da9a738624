"""What the use cases ask of the world, as small protocols. Adapters in `upstream` and `target` answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from portkit.change.changeset import Blob, Changeset, FileChange, Person
from portkit.paths import RepoPath


class Contents(Protocol):
    """Blob contents by object id."""

    def read(self, oid: str) -> bytes:
        """The content. Raises WorldError naming the object where it is missing."""
        ...

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """(oid, content) for each, in order; raises as `read` does."""
        ...


@dataclass(frozen=True, slots=True)
class Damage:
    """An upstream file that cannot be read: what is wrong with it, and the changesets that are known to touch it."""

    path: RepoPath
    what: str
    changesets: frozenset[str]


class History(Contents, Protocol):
    """An upstream's history, oldest changeset first, and the contents it names."""

    @property
    def tip(self) -> str:
        """The newest commit that was read."""
        ...

    @property
    def shallow(self) -> bool:
        """Whether the history before some commits is not there; those then stand as if they had added every file."""
        ...

    @property
    def rewritten(self) -> bool:
        """Whether upstream's history was found rewritten since the last run."""
        ...

    @property
    def damaged(self) -> Sequence[Damage]:
        """The files that cannot be read, and are left out of all else."""
        ...

    def resolve(self, revision: str) -> str:
        """The full hash of the upstream commit `revision` names. Raises UserError where it names none."""
        ...

    def newest_at(self, revision: str) -> str:
        """The newest commit, `revision` or before it, that touches what is watched; "" for none. Raises UserError
        where `revision` is no commit of this history."""
        ...

    def changesets(self, wanted: Callable[[RepoPath], bool]) -> Sequence[Changeset]:
        """Every changeset with at least one wanted file, its other files left out, oldest first."""
        ...


class Tree(Contents, Protocol):
    """The target's tree at one commit."""

    @property
    def commit(self) -> str: ...

    @property
    def entries(self) -> Mapping[RepoPath, Blob]:
        """Every file under the folders that were asked for, symbolic links with their mode; no submodules."""
        ...


@dataclass(frozen=True, slots=True)
class TargetCommit:
    """One commit of the target's history: `date` is the committer's, `authored` the author's, in seconds since 1970
    UTC."""

    id: str
    parents: tuple[str, ...]
    date: int
    authored: int
    author: Person
    message: str


@dataclass(frozen=True, slots=True)
class TargetChange:
    """What one target commit changed in the files asked for: against its only parent; of a merge the files that are
    as in none of its parents, against the first."""

    commit: TargetCommit
    files: tuple[FileChange, ...]


@dataclass(frozen=True, slots=True)
class FileStep:
    """One commit's change of one file of the target: `old` is None where it was added, `new` where it was deleted."""

    commit: TargetCommit
    old: Blob | None
    new: Blob | None


@dataclass(frozen=True, slots=True)
class Signature:
    """Who and when, as a commit records it; `date` in seconds since 1970, always written as +0000."""

    person: Person
    date: int


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file as it is to be written."""

    content: bytes
    mode: int


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit to be written on top of the one before it; a path with None is deleted. `merged`: the hash of a second
    parent, "" for none."""

    message: bytes
    author: Signature
    committer: Signature
    files: Mapping[RepoPath, NewFile | None]
    merged: str = ""


class Memory(Protocol):
    """What may be remembered between runs, and forgotten at any time: recomputable bytes by kind and key."""

    def get(self, kind: str, key: str) -> bytes | None: ...

    def get_many(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]: ...

    def put(self, kind: str, key: str, value: bytes) -> None: ...

    def put_many(self, kind: str, items: Iterable[tuple[str, bytes]]) -> None: ...


class Target(Protocol):
    """The target's repository, as far as the use cases read it. `cut`: the commits whose parents it lacks."""

    @property
    def cut(self) -> tuple[str, ...]: ...

    def tree(self, commit: str, folders: Sequence[str]) -> Tree: ...

    def trailer_commits(self, commit: str, since: str = "") -> Iterator[TargetCommit]: ...

    def history(self, commit: str, paths: Sequence[str], *, since: str = "") -> Iterator[TargetCommit]: ...

    def commit_info(self, sha: str) -> TargetCommit: ...

    def is_ancestor(self, older: str, newer: str) -> bool: ...


class Trees(Protocol):
    """The target's trees."""

    def tree(self, commit: str, folders: Sequence[str]) -> Tree: ...


class ChangeLog(Contents, Protocol):
    """The target's history file by file."""

    def changes(self, commit: str, paths: Sequence[str], *, since: str = "") -> Iterator[TargetChange]:
        """What the commits of `since..commit` changed under `paths`, newest first, children before parents, in full
        history: merges and side branches included."""
        ...

    def tree(self, commit: str, folders: Sequence[str]) -> Tree: ...

    def bring(self, oids: Sequence[str]) -> None:
        """Makes ready to read `oids`, where that is quicker for all of them at once."""
        ...


class Lives(Protocol):
    """Who made the target's files what they are."""

    def steps(
        self, commit: str, files: Mapping[RepoPath, Blob | None]
    ) -> Mapping[RepoPath, Sequence[FileStep]]:
        """For each file (as it stands at `commit`; None where it is not there), its changes, newest first, each step's
        `old` the next one's `new`."""
        ...
