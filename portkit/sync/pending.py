"""What is pending: upstream's changesets that the target does not carry yet, and where each of their files goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from portkit.change.changeset import Blob, Changeset, FileChange, begins
from portkit.change.revision import FileRevision
from portkit.components.model import Component
from portkit.errors import UserError
from portkit.merge.file import Version
from portkit.paths import RepoPath, parent
from portkit.protocols import Contents, History, Target, Tree
from portkit.sync.baseline import BaselineFinder
from portkit.sync.by_hand import ByHand
from portkit.sync.ledger import Entry, Ledger
from portkit.sync.lineage import FileVersion, Lineage
from portkit.sync.outcome import FileBaseline
from portkit.sync.pick import Pick, Picked


@dataclass(frozen=True, slots=True)
class Start:
    """Where a component stands: for each upstream path the version its target file derives from, and the newest of
    them; `newest` is -1 where no file derives from upstream."""

    versions: Mapping[RepoPath, FileVersion]
    newest: int
    files: tuple[FileBaseline, ...]


def find_start(
    component: Component,
    lineage: Lineage,
    finder: BaselineFinder,
    target: Target,
    tree: Tree,
    ledger: Ledger,
    until: int,
) -> Start:
    """The baselines of every file of the component that stands in `tree`.

    A file that portkit ported before keeps the baseline it had before the first port: what is done since is in the
    ledger, and an older changeset that was parked then is still pending.
    """
    versions: dict[RepoPath, FileVersion] = {}
    files: list[FileBaseline] = []
    older: dict[str, Tree] = {}
    overrides = dict(component.baseline)
    for upstream in lineage.paths:
        place = component.target_of(upstream)
        if place is None or not component.covers(upstream):
            continue
        entry = ledger.first_touching(*lineage.names(upstream))
        seen = tree
        if entry is not None and entry.parents:
            if entry.commit not in older:
                older[entry.commit] = target.tree(entry.parents[0], component.target_folders())
            seen = older[entry.commit]
            if place not in seen.entries:
                version = _added_by(lineage, upstream, entry)
                if version is not None:
                    versions[upstream] = version
                    files.append(_ported_whole(place, upstream, version))
                continue
        blob = seen.entries.get(place)
        if blob is None:
            continue
        found = finder.find(
            place, upstream, blob.oid, _reading(seen, blob), until=until, override=overrides.get(place, ""),
            before=_position(lineage, entry) if entry is not None else -1,
        )  # fmt: skip
        files.append(found.file)
        if found.version is not None:
            versions[upstream] = found.version
    newest = max((version.position for version in versions.values()), default=-1)
    files.sort(key=lambda file: file.target)
    return Start(versions, newest, tuple(files))


def _reading(tree: Tree, blob: Blob) -> Callable[[], bytes]:
    return lambda: tree.read(blob.oid)


def _added_by(lineage: Lineage, upstream: RepoPath, entry: Entry) -> FileVersion | None:
    """The version that `entry` brought: by its changeset, or by its label where upstream was rewritten since."""
    revisions = dict(entry.revisions)
    version = lineage.version_at(upstream, _position(lineage, entry))
    if version is not None and revisions.get(version.path) == version.label:
        return version
    every = reversed(lineage.versions(upstream))
    return next((version for version in every if revisions.get(version.path) == version.label), None)


def _position(lineage: Lineage, entry: Entry) -> int:
    """The position of what `entry` carries; -1 where upstream has no such changeset (any more)."""
    return max((index for index, one in enumerate(lineage.changesets) if one.id in entry.changesets), default=-1)


def _ported_whole(place: RepoPath, upstream: RepoPath, version: FileVersion) -> FileBaseline:
    return FileBaseline(
        place, upstream, version.revision, version.revision, version.label, 0, 0, version.changeset, "exact",
        "brought in whole",
    )  # fmt: skip


def pending(
    component: Component,
    changesets: Sequence[Changeset],
    lineage: Lineage,
    start: Start,
    ledger: Ledger,
    by_hand: ByHand,
) -> list[tuple[Changeset, tuple[FileChange, ...]]]:
    """The changesets that wait, oldest first, each with those of its files that do.

    A file that the target lacks counts only from changesets newer than the component's newest baseline: what
    upstream did to it before that, somebody decided long ago. What an ident line was bumped past counts too, however
    old, where the target still has the file; what people ported by hand does not.
    """
    carried = _Carried(lineage, ledger)
    result: list[tuple[Changeset, tuple[FileChange, ...]]] = []
    for position, changeset in enumerate(changesets):
        files = []
        for change in changeset.files:
            place = component.target_of(change.path)
            if place is None:
                continue
            baseline = start.versions.get(lineage.now(change.path))
            after = baseline.position if baseline is not None else start.newest
            file = (changeset.id, change.path)
            if file in by_hand.carried or (position <= after and (baseline is None or file not in by_hand.jumped)):
                continue
            version = lineage.version_at(change.path, position)
            if version is not None and carried.has(changeset, change.path, version):
                continue
            files.append(change)
        if files:
            result.append((changeset, tuple(files)))
    return result


class _Carried:
    """Which versions of upstream's files the ledger says the target carries."""

    def __init__(self, lineage: Lineage, ledger: Ledger) -> None:
        self._lineage = lineage
        self._revisions = ledger.carried_revisions()
        self._in_part = frozenset(ledger.left_out())
        self._changes = {
            (changeset, path)
            for entry in ledger.standing
            for changeset in entry.changesets
            for path, _ in entry.revisions
        }
        self._whole = {
            changeset
            for entry in ledger.standing
            if not (entry.revisions or entry.hunks)
            for changeset in entry.changesets
        }

    def has(self, changeset: Changeset, path: RepoPath, version: FileVersion) -> bool:
        """By path and label, which outlive a rewritten mirror; where a label comes again (a content that was backed
        out and is back, an ident line that nobody bumps), by the changeset alone."""
        if FileRevision(path, version.label) in self._in_part:
            return False
        if (changeset.id, path) in self._changes or changeset.id in self._whole:
            return True
        if (path, version.label) not in self._revisions:
            return False
        same = [one for one in self._lineage.versions(path) if one.label == version.label and one.path == path]
        return len(same) == 1


def chosen(component: Component, changesets: Sequence[Changeset], ids: Iterable[str]) -> list[Changeset]:
    """The changesets that a person named, by full or abbreviated hash or commitid, in upstream's order.

    Raises UserError for one that is not there, does not concern the component, or is named too briefly.
    """
    found: set[str] = set()
    for text in ids:
        matches = [one.id for one in changesets if one.id == text] or [
            one.id for one in changesets if len(text) >= 7 and begins(one.id, text)
        ]
        if len(matches) != 1:
            what = "is ambiguous" if matches else f"is no upstream changeset of {component.name}"
            raise UserError(f"{text!r} {what}", where="--changeset", hint="portkit log lists them: name its full id")
        found.add(matches[0])
    return [one for one in changesets if one.id in found]


class Picker:
    """Makes picks: reads contents, and knows which target files are left as they stand."""

    def __init__(
        self, component: Component, lineage: Lineage, history: History, tree: Tree, deleted: frozenset[str]
    ) -> None:
        self._component = component
        self._lineage = lineage
        self._history = history
        self._tree = tree
        self._deleted = deleted
        self._recent: dict[str, bytes] = {}

    def pick(self, changeset: Changeset, files: Iterable[FileChange], position: int) -> Picked:
        """The changeset with the given files' contents."""
        return Picked(changeset, tuple(self._pick(changeset, change, position) for change in files))

    def _pick(self, changeset: Changeset, change: FileChange, position: int) -> Pick:
        place = self._component.target_of(change.path)
        assert place is not None, change.path
        version = self._lineage.version_at(change.path, position)
        return Pick(
            change.path,
            place,
            version.label if version is not None else None,
            self._version(change.old),
            self._version(change.new),
            self._standing(changeset, change, place),
        )

    def _standing(self, changeset: Changeset, change: FileChange, place: RepoPath) -> str:
        aside = self._component.not_applicable_to(change.path, changeset.id)
        if aside is not None:
            return f"not applicable: {aside.reason} (the map's not-applicable)"
        if change.new is None and self._component.kept(place):
            return "upstream deletes it, the target keeps it (the map's keep)"
        by = self.left_out(place)
        return f"deleted on purpose ({by})" if by else ""

    def left_out(self, place: RepoPath) -> str:
        """What says that the target does without the file `place`: the map, or a README.DELETED; "" where it has it, or
        nothing says so."""
        if place in self._tree.entries:
            return ""
        if self._component.deleted_on_purpose(place):
            return "the map's deleted"
        if place in self._deleted or any(place.startswith(one) for one in self._deleted if one.endswith("/")):
            return "README.DELETED"
        return ""

    def _version(self, blob: Blob | None) -> Version | None:
        if blob is None:
            return None
        content = self._recent.get(blob.oid)
        if content is None:
            content = self._history.read(blob.oid)
            if len(self._recent) > 128:
                self._recent.clear()
            self._recent[blob.oid] = content
        return Version(content, blob.mode)


def readme_deleted(component: Component, tree: Tree, title: str) -> frozenset[str]:
    """The target paths that README.DELETED files name, where the README.DRAGONFLY beside them says that the folder's
    vendor is this upstream (contrib/tcpdump's list is against tcpdump.org, and means nothing to OpenBSD's files).

    One path a line, relative to the file; a folder ends in `/` (DragonFly's convention).
    """
    found: set[str] = set()
    for path, blob in tree.entries.items():
        folder = parent(path)
        if not path.endswith("README.DELETED") or not component.upstream_of(path):
            continue
        beside = tree.entries.get(RepoPath(f"{folder}/README.DRAGONFLY"))
        if beside is None or title.encode().lower() not in tree.read(beside.oid).lower():
            continue
        for line in tree.read(blob.oid).decode("utf-8", "surrogateescape").splitlines():
            if line.strip():
                found.add(f"{folder}/{line.strip()}")
    return frozenset(found)


def read_target(tree: Contents, entries: Mapping[RepoPath, Blob]) -> Callable[[RepoPath], Version | None]:
    """A reader of the target's files as versions."""

    def read(path: RepoPath) -> Version | None:
        blob = entries.get(path)
        return Version(tree.read(blob.oid), blob.mode) if blob is not None else None

    return read
