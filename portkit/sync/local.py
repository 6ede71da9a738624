"""What is local to the target: for each file of a component its baseline, and the states that it went through.

A file's life is followed along the commits that made it what it is (`protocols.Lives`). Where it came in (or came to
derive from upstream), upstream's own version stands before it, so that what the import itself changed is told from what
it brought.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from itertools import pairwise

from portkit.change import ident
from portkit.change.changeset import Blob
from portkit.components.model import Component
from portkit.merge.file import Version
from portkit.patches.applying import Files
from portkit.patches.leftout import AHEAD, LEFT_OUT, LeftOut, of_upstream
from portkit.patches.weave import REMAINDER, UPSTREAM, Layers, Moment, layers
from portkit.paths import RepoPath, name
from portkit.protocols import History, Lives, TargetCommit, Tree, Trees
from portkit.sync.baseline import BaselineFinder
from portkit.sync.lineage import FileVersion, Lineage

Ported = Mapping[str, frozenset[tuple[RepoPath, str]]]
"""Target commit to what it carries: (upstream path, changeset)."""


@dataclass(frozen=True, slots=True)
class Derived:
    """The files of a component at a target commit: as they stand, and the baselines of those that derive from
    upstream; `versions` says which of upstream's each baseline is."""

    commit: str
    tree: Files
    baseline: Files
    versions: Mapping[RepoPath, FileVersion]


@dataclass(frozen=True, slots=True)
class Local:
    """`derived`, and each file in layers of local commits; a layer's number is an index of `commits`, which are oldest
    first, or one of `left_out`."""

    derived: Derived
    layers: Mapping[RepoPath, Layers]
    commits: tuple[TargetCommit, ...]
    left_out: Mapping[int, LeftOut]


class LocalFinder:
    """Tells what is local of one component. `keyword`: what upstream calls its ident lines."""

    def __init__(
        self,
        component: Component,
        lineage: Lineage,
        finder: BaselineFinder,
        history: History,
        trees: Trees,
        lives: Lives,
        keyword: str,
        *,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._component = component
        self._lineage = lineage
        self._finder = finder
        self._history = history
        self._source = trees
        self._lives = lives
        self._keyword = keyword
        self._progress = progress
        self._trees: dict[str, Tree] = {}

    def derived(self, commit: str, until: int) -> Derived:
        """The files as they stand at `commit`, each against the nearest of upstream's versions up to the changeset at
        position `until`. Whatever portkit itself ported counts: the baseline moves with it."""
        tree = self._tree(commit)
        overrides = dict(self._component.baseline)
        files: dict[RepoPath, Version] = {}
        baseline: dict[RepoPath, Version] = {}
        versions: dict[RepoPath, FileVersion] = {}
        places = sorted(path for path in tree.entries if self._component.upstream_of(path) is not None)
        for number, place in enumerate(places):
            self._progress(f"{self._component.name}: finding baselines, {number} of {len(places)} files")
            blob = tree.entries[place]
            files[place] = Version(tree.read(blob.oid), blob.mode)
            version = self._version(place, tree, blob, until, overrides.get(place, ""))
            if version is not None and version.blob is not None:
                versions[place] = version
                baseline[place] = Version(self._history.read(version.blob.oid), version.blob.mode)
        return Derived(commit, files, baseline, versions)

    def _version(self, place: RepoPath, tree: Tree, blob: Blob, until: int, override: str = "") -> FileVersion | None:
        upstream = self._component.upstream_of(place)
        if upstream is None or not self._component.covers(upstream):
            return None
        found = self._finder.find(
            place, upstream, blob.oid, lambda: tree.read(blob.oid), until=until, override=override
        )
        return found.version

    def local(self, derived: Derived, until: int, ported: Ported) -> Local:
        """The layers of every file, explained by the history of `derived.commit`; what `ported` carries is upstream's
        and none of them."""
        paths = sorted({*derived.tree, *derived.baseline})
        entries = self._tree(derived.commit).entries
        self._progress(f"{self._component.name}: reading the target's history")
        lives = self._lives.steps(derived.commit, {path: entries.get(path) for path in paths})
        commits = in_order([[step.commit for step in reversed(lives.get(path, ()))] for path in paths])
        numbers = {commit.id: number for number, commit in enumerate(commits)}
        found: dict[RepoPath, Layers] = {}
        for count, path in enumerate(paths):
            self._progress(f"{self._component.name}: reading its history, {count} of {len(paths)} files")
            life = [(step.commit, step.new) for step in reversed(lives.get(path, ()))]
            moments, origin = self._moments(path, derived.commit, life, until, ported, numbers)
            woven = layers(derived.baseline.get(path), moments, derived.tree.get(path))
            found[path] = self._of_upstream(path, woven, origin, derived.versions.get(path), until)
        return Local(derived, found, tuple(commits), self._left_out(found, ported, commits))

    def _of_upstream(
        self, path: RepoPath, woven: Layers, origin: FileVersion | None, baseline: FileVersion | None, until: int
    ) -> Layers:
        """`woven`, with what upstream's versions explain, from the one that the file was made from on."""
        upstream = self._component.upstream_of(path)
        if upstream is None or origin is None or baseline is None:
            return woven
        every = self._lineage.versions(upstream)
        before = [one for one in every if origin.position <= one.position <= baseline.position]
        after = [one for one in every if baseline.position < one.position <= until]
        return of_upstream(
            woven, list(map(self._version_of, before)), lambda: list(map(self._version_of, after)),
            lambda place: LEFT_OUT + before[place].position, lambda place: AHEAD + after[place - 1].position,
        )  # fmt: skip

    def _version_of(self, one: FileVersion) -> Version | None:
        return Version(self._content(one), one.blob.mode) if one.blob is not None else None

    def _left_out(
        self, files: Mapping[RepoPath, Layers], ported: Ported, commits: Sequence[TargetCommit]
    ) -> dict[int, LeftOut]:
        """What the numbers of changesets in `files` stand for."""
        touched: dict[int, list[RepoPath]] = {}
        for path, one in files.items():
            for number in one.numbers():
                if LEFT_OUT <= number < REMAINDER:
                    touched.setdefault(number, []).append(path)
        found: dict[int, LeftOut] = {}
        for number, paths in sorted(touched.items()):
            about = left_out_of(self._component, self._lineage, number, paths)
            by = tuple(
                (commit.id, next((line.strip() for line in commit.message.splitlines() if line.strip()), ""))
                for commit in commits
                if any(carried == about.changeset for _, carried in ported.get(commit.id, ()))
            )
            found[number] = replace(about, by=by)
        return found

    def _tree(self, commit: str) -> Tree:
        if commit not in self._trees:
            self._trees[commit] = self._source.tree(commit, self._component.target_folders())
        return self._trees[commit]

    def _moments(
        self,
        path: RepoPath,
        tip: str,
        life: Sequence[tuple[TargetCommit, Blob | None]],
        until: int,
        ported: Ported,
        numbers: Mapping[str, int],
    ) -> tuple[list[Moment], FileVersion | None]:
        """The states of a file; and upstream's version that it was made from, where there is one."""
        upstream = self._component.upstream_of(path)
        moments: list[Moment] = []
        origin: FileVersion | None = None
        states = [(commit, self._read(tip, blob)) for commit, blob in life]
        came = self._came(path, upstream, states)
        for index, (commit, version) in enumerate(states):
            if index == came:
                blob = life[index][1]
                assert blob is not None
                origin = self._version(path, self._tree(tip), blob, until)
                if origin is not None and origin.blob is not None:
                    moments.append(Moment(Version(self._history.read(origin.blob.oid), origin.blob.mode), UPSTREAM))
            carried = self._carried(upstream, ported.get(commit.id, frozenset()))
            moments.append(Moment(version, numbers[commit.id], carried))
        return moments, origin

    def _read(self, tip: str, blob: Blob | None) -> Version | None:
        return Version(self._tree(tip).read(blob.oid), blob.mode) if blob is not None else None

    def _came(
        self, path: RepoPath, upstream: RepoPath | None, states: Sequence[tuple[TargetCommit, Version | None]]
    ) -> int:
        """Which state is the first that derives from upstream: by its ident line, or the first at all; -1 for none."""
        if upstream is None or not self._lineage.versions(upstream):
            return -1
        there = [index for index, (_, version) in enumerate(states) if version is not None]
        for index in there:
            version = states[index][1]
            assert version is not None
            if ident.recorded(version.content, self._keyword, name(path)) is not None:
                return index
        return there[0] if there else -1

    def _carried(
        self, upstream: RepoPath | None, what: frozenset[tuple[RepoPath, str]]
    ) -> tuple[tuple[bytes, bytes], ...]:
        """The contents before and after each change of the file that a commit carries."""
        if upstream is None or not what:
            return ()
        found = []
        before: FileVersion | None = None
        for version in self._lineage.versions(upstream):
            if (version.path, version.changeset) in what:
                found.append((self._content(before), self._content(version)))
            before = version
        return tuple(found)

    def _content(self, version: FileVersion | None) -> bytes:
        return self._history.read(version.blob.oid) if version is not None and version.blob is not None else b""


def in_order(several: Iterable[Sequence[TargetCommit]]) -> list[TargetCommit]:
    """The commits of `several` files, each file's oldest first, in one order that keeps all of theirs: the older one
    first by its dates, where they leave a choice. (Dates alone do not do: they are not monotone, and the commits of one
    rebase have one commit date.)"""
    commits: dict[str, TargetCommit] = {}
    after: dict[str, set[str]] = {}
    waits: dict[str, int] = {}
    for one in several:
        commits.update((commit.id, commit) for commit in one)
        for before, following in pairwise(one):
            if following.id not in after.setdefault(before.id, set()):
                after[before.id].add(following.id)
                waits[following.id] = waits.get(following.id, 0) + 1
    ready = [(commit.date, commit.authored, id) for id, commit in commits.items() if not waits.get(id)]
    heapify(ready)
    found: list[TargetCommit] = []
    while ready:
        _, _, id = heappop(ready)
        found.append(commits[id])
        for next_id in after.get(id, ()):
            waits[next_id] -= 1
            if not waits[next_id]:
                heappush(ready, (commits[next_id].date, commits[next_id].authored, next_id))
    return found


def left_out_of(component: Component, lineage: Lineage, number: int, paths: Iterable[RepoPath]) -> LeftOut:
    """The changeset that the layer's `number` stands for, LEFT_OUT or AHEAD and its position in upstream's history: as
    one that the target has not whole in its files `paths`, or has already."""
    changeset = lineage.changesets[number - (AHEAD if number >= AHEAD else LEFT_OUT)]
    labels: list[str] = []
    for path in paths:
        upstream = component.upstream_of(path)
        every = lineage.versions(upstream) if upstream is not None else ()
        labels += [f"{one.path} {one.label}" for one in every if one.changeset == changeset.id]
    return LeftOut(
        changeset.id, changeset.message, changeset.author.login, changeset.date, tuple(labels), ahead=number >= AHEAD
    )
