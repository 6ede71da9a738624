"""One conflict that is to be explained, who may have caused it, and what both histories hold of its file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portkit.change.changeset import Blob
from portkit.merge.file import Clash, Version
from portkit.paths import RepoPath
from portkit.protocols import History, Tree
from portkit.sync.outcome import State
from portkit.sync.pick import Pick
from portkit.sync.plan import Ground
from portkit.sync.replay import Replayed
from portkit.triage.card import Cause, CauseKind
from portkit.triage.trial import Act

LEFT_OUT = (State.SKIPPED, State.NOT_APPLICABLE)
"""What the draft does not take; what is deferred, it takes."""

REASON = 300
"""A cause's reason has at most so many characters."""


@dataclass(frozen=True, slots=True)
class Case:
    """One conflict to be explained. `position`: that of its changeset in upstream's history."""

    id: str
    position: int
    replayed: Replayed
    pick: Pick
    clash: Clash
    ours: Version | None


@dataclass(frozen=True, slots=True)
class PatchStep:
    """One patch of the component's series, and what it makes of one file; `ref` is the patch's file."""

    ref: str
    subject: str
    author: str
    before: Version | None
    after: Version | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the target's file: a commit, or a patch of the series. The contents are read when they are asked
    for."""

    kind: CauseKind
    ref: str
    subject: str
    author: str
    date: int
    old: Callable[[], Version | None]
    new: Callable[[], Version | None]
    adds: bool = False
    deletes: bool = False


@dataclass(frozen=True, slots=True)
class Suspect:
    """A cause that is to be tried, and how: what is to be done to the file; `everywhere` the whole of it."""

    cause: Cause
    act: Act
    everywhere: Act | None
    order: int


class Contents:
    """Versions of both histories: `start` gives the target's file before the replay. Each content is read once."""

    def __init__(self, tree: Tree, history: History) -> None:
        self._tree = tree
        self._history = history
        self._blobs: dict[str, bytes] = {}

    def start(self, path: RepoPath) -> Version | None:
        """The target's file as it stands before the replay; None where there is none."""
        return self.version(self._tree.entries.get(path))

    def version(self, blob: Blob | None) -> Version | None:
        """The target's content and mode of `blob`. Raises WorldError where the repository lacks it."""
        return Version(self._content(blob), blob.mode) if blob is not None else None

    def _content(self, blob: Blob) -> bytes:
        if blob.oid not in self._blobs:
            self._blobs[blob.oid] = self._tree.read(blob.oid)
        return self._blobs[blob.oid]

    def upstream(self, blob: Blob | None) -> bytes | None:
        """Upstream's content of `blob`."""
        if blob is None:
            return None
        if blob.oid not in self._blobs:
            self._blobs[blob.oid] = self._history.read(blob.oid)
        return self._blobs[blob.oid]


def positions(ground: Ground) -> dict[str, int]:
    """Where each of upstream's changesets stands, by its id."""
    return {one.id: index for index, one in enumerate(ground.lineage.changesets)}
