"""The life of each upstream file: its versions in order, and the revision each one bears."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from portkit.change import ident
from portkit.change.changeset import Blob, Changeset
from portkit.paths import RepoPath, name
from portkit.protocols import History, Memory


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One version of an upstream file: the position of its changeset in the history, what it holds (None: deleted),
    its revision ("" where upstream writes no ident line), and the path it had then."""

    position: int
    changeset: str
    blob: Blob | None
    revision: str
    path: RepoPath

    @property
    def label(self) -> str:
        """What a trailer and a report call it."""
        if self.revision:
            return self.revision
        return f"blob {self.blob.oid}" if self.blob is not None else "deleted"


def as_it_is(path: RepoPath) -> RepoPath:
    """The newest name of a file in an upstream that moves none."""
    return path


class Lineage:
    """Every version of the files that `changesets` (oldest first) touch. `now` gives the newest name of a file that
    upstream moved: its versions under all names are one life."""

    def __init__(
        self,
        changesets: Sequence[Changeset],
        history: History,
        memory: Memory,
        keyword: str,
        now: Callable[[RepoPath], RepoPath] = as_it_is,
    ) -> None:
        self._changesets = changesets
        self._now = now
        blobs = {
            change.new.oid: change.path
            for changeset in changesets
            for change in changeset.files
            if change.new is not None
        }
        revisions = _revisions(blobs, history, memory, keyword)
        self._versions: dict[RepoPath, list[FileVersion]] = {}
        for position, changeset in enumerate(changesets):
            for change in changeset.files:
                versions = self._versions.setdefault(now(change.path), [])
                if change.new is not None:
                    revision = revisions[change.new.oid]
                else:  # CVS gives the deletion itself the next revision, in state dead (rcsfile(5))
                    last = versions[-1].revision if versions else ""
                    revision = ident.after(last) if last else ""
                versions.append(FileVersion(position, changeset.id, change.new, revision, change.path))

    @property
    def changesets(self) -> Sequence[Changeset]:
        """The history itself, oldest first."""
        return self._changesets

    @property
    def paths(self) -> Iterable[RepoPath]:
        """Every file that ever was, by its newest name."""
        return self._versions

    def now(self, path: RepoPath) -> RepoPath:
        """The newest name of the file `path`."""
        return self._now(path)

    def names(self, path: RepoPath) -> tuple[RepoPath, ...]:
        """Every name that the file had, its newest first."""
        return tuple(dict.fromkeys([self._now(path), *(version.path for version in reversed(self.versions(path)))]))

    def versions(self, path: RepoPath) -> Sequence[FileVersion]:
        """The versions of one file, oldest first; empty for a file that never was."""
        return self._versions.get(self._now(path), ())

    def version_at(self, path: RepoPath, position: int) -> FileVersion | None:
        """The file as it stood after the changeset at `position`; None before it was."""
        found = None
        for version in self.versions(path):
            if version.position > position:
                break
            found = version
        return found


def _revisions(
    blobs: Mapping[str, RepoPath], history: History, memory: Memory, keyword: str
) -> dict[str, str]:
    """Blob to the revision its ident line gives, remembered between runs: a blob never changes."""
    kind = f"revision {keyword}"
    known = {oid: value.decode("ascii") for oid, value in memory.get_many(kind, blobs).items()}
    missing = [oid for oid in blobs if oid not in known]
    fresh: dict[str, str] = {}
    for oid, content in history.read_many(missing):
        found = ident.recorded(content, keyword, name(blobs[oid]))
        fresh[oid] = found.revision if found is not None else ""
    memory.put_many(kind, ((oid, value.encode("ascii")) for oid, value in fresh.items()))
    return known | fresh
