"""A component's local patches in a workspace: the series, the baseline it stands on, the tree it is held against."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from portkit.change.revision import FileRevision
from portkit.cli.wiring import Workspace
from portkit.components.model import Component, Mode
from portkit.errors import UserError
from portkit.merge.file import FileMerge, FileMerger, Version
from portkit.patches.applying import Files
from portkit.patches.checking import Checked, check
from portkit.patches.leftout import AHEAD, LEFT_OUT, LeftOut
from portkit.patches.owners import ownership
from portkit.patches.refresh import Settle, Since
from portkit.patches.series import Series, push, read_series, recorded_baseline
from portkit.patches.superseded import Candidate, Superseded, UpstreamChanges, superseded
from portkit.paths import RepoPath
from portkit.store import patches as store
from portkit.sync.component import ComponentRun
from portkit.sync.lineage import FileVersion
from portkit.sync.local import Derived, Local, LocalFinder, Ported, left_out_of
from portkit.sync.points import position_of
from portkit.sync.resolved import Resolver
from portkit.text import split_lines
from portkit.upstream.source import UpstreamHistory


@dataclass(slots=True)
class LocalPatches:
    """One component at one target commit; upstream is looked at up to the changeset at position `until`."""

    place: Workspace
    component: Component
    commit: str
    run: ComponentRun
    history: UpstreamHistory
    until: int
    finder: LocalFinder
    _derived: Derived | None = None

    @classmethod
    def open(cls, place: Workspace, name: str, onto: str | None, until: str = "") -> LocalPatches:
        """The component `name` at the target commit `onto` (default: the map's branch). Raises UserError for a
        component with no copy of upstream's files."""
        component = place.map.component(name)
        if component.mode not in (Mode.SYNC, Mode.IMPORT):
            raise UserError(
                f"{name} is in mode {component.mode}: it has no baseline, and so no local patches",
                where=f"components.{name}.mode", hint="components in mode sync or import have",
            )  # fmt: skip
        target = place.target()
        commit = target.resolve(onto) if onto else target.default_tip()
        source = place.map.source(component.upstream)
        run = place.sync().component_run(component, commit)
        history = place.history(source)
        reach = position_of(run.changesets, until, history) if until else len(run.changesets) - 1
        finder = LocalFinder(
            component, run.lineage, run.finder(), history, target, target, source.title, progress=place.screen.progress
        )
        return cls(place, component, commit, run, history, reach, finder)

    @property
    def folder(self) -> Path:
        """Where the series lies."""
        return store.folder(self.place.root, self.component.name)

    def contents(self) -> Mapping[str, bytes]:
        """The files of the series; none where there is no series."""
        return store.read(self.folder)

    def series(self, contents: Mapping[str, bytes] | None = None) -> Series:
        """The series. Raises UserError where there is none, or where it cannot be read."""
        found = self.contents() if contents is None else contents
        if not found:
            name = self.component.name
            raise UserError(
                f"{name} has no patch series", where=str(self.folder), hint=f"portkit patches extract {name} builds it"
            )
        return read_series(found, str(self.folder))

    @property
    def derived(self) -> Derived:
        """The files as they stand, and their baselines."""
        if self._derived is None:
            self._derived = self.finder.derived(self.commit, self.until)
        return self._derived

    def local(self) -> tuple[Local, Mapping[str, Sequence[str]]]:
        """What is local of each file, by the target's history; and which changesets each port carries.
        Raises UserError where a shallow target lacks that history."""
        self.run.refuse_cut_target()
        ports = [port for port in self.place.ports(self.component, self.run.lineage, self.commit).ports
                 if not port.reverted]  # fmt: skip
        ported: Ported = {
            port.target_commit: frozenset((file.upstream, file.changeset) for file in port.files) for port in ports
        }
        local = self.finder.local(self.derived, self.until, ported)
        return local, {port.target_commit: port.changesets for port in ports}

    def labels(self) -> dict[RepoPath, str]:
        """The label of each file's baseline: what a series file records."""
        return {path: version.label for path, version in self.derived.versions.items()}

    def stands_on(self, series: Series) -> tuple[Files, dict[RepoPath, FileVersion]]:
        """The baseline that `series` says it stands on, and which of upstream's versions it is; where it says nothing,
        the one found now. Raises UserError where upstream has no such version."""
        recorded = recorded_baseline(series.raw)
        if not recorded:
            return self.derived.baseline, dict(self.derived.versions)
        files: dict[RepoPath, Version] = {}
        versions: dict[RepoPath, FileVersion] = {}
        for path, label in recorded.items():
            upstream = self.component.upstream_of(path)
            every = self.run.lineage.versions(upstream) if upstream is not None else ()
            version = next((one for one in reversed(every) if one.label == label and one.blob is not None), None)
            if version is None or version.blob is None:
                raise UserError(
                    f"{path} stands on {label}, which upstream does not have", where=str(self.folder / "series"),
                    hint=f"portkit patches extract {self.component.name} --replace builds the series anew",
                )  # fmt: skip
            versions[path] = version
            files[path] = Version(self.history.read(version.blob.oid), version.blob.mode)
        return files, versions

    def superseded(
        self, series: Series, baseline: Files, versions: Mapping[RepoPath, FileVersion]
    ) -> dict[str, Superseded]:
        """What upstream has of each patch, in its versions after the baseline."""
        steps = push(series, baseline)
        paths = {path for step in steps for path in step.patch.paths}
        title = self.place.map.source(self.component.upstream).title
        upstream = UpstreamChanges({path: self.later(path, versions.get(path)) for path in sorted(paths)}, title)
        return {
            step.patch.name: superseded(step, upstream, partial(self._there, paths=step.patch.paths)) for step in steps
        }

    def later(self, path: RepoPath, since: FileVersion | None) -> list[Candidate]:
        """Upstream's versions of a target file after `since`, that one at the front."""
        upstream = self.component.upstream_of(path)
        result = [] if since is not None else [Candidate(None, "", "")]
        for one in self.run.lineage.versions(upstream) if upstream is not None else ():
            if one.position > self.until or (since is not None and one.position < since.position):
                continue
            version = Version(self.history.read(one.blob.oid), one.blob.mode) if one.blob is not None else None
            result.append(Candidate(version, one.changeset, one.label))
        return result

    def _there(self, name: str, paths: Sequence[RepoPath]) -> bool:
        """Whether upstream has the changeset, or the revision of one of the files, that a patch names."""
        if "." in name:
            upstream = [one for path in paths if (one := self.component.upstream_of(path)) is not None]
            every = (version for path in upstream for version in self.run.lineage.versions(path))
            return any(version.label == name and version.position <= self.until for version in every)
        return any(one.id.startswith(name) for one in self.run.changesets[: self.until + 1])

    def since(self, versions: Mapping[RepoPath, FileVersion]) -> Callable[[RepoPath], Since]:
        """Of a file, upstream's versions from the one in `versions`, that a series stands on, to its baseline now."""

        def of(path: RepoPath) -> Since:
            several = self.between(path, versions.get(path))
            later = self._after(path)

            def about(number: int) -> LeftOut:
                ahead = number >= AHEAD
                version = later[number - AHEAD - 1] if ahead else several[number - LEFT_OUT]
                number = (AHEAD if ahead else LEFT_OUT) + version.position
                return left_out_of(self.component, self.run.lineage, number, [path])

            return Since(tuple(map(self._version, several)), lambda: tuple(map(self._version, later)), about)

        return of

    def between(self, path: RepoPath, since: FileVersion | None) -> list[FileVersion]:
        """Upstream's versions of a target file from `since` to its baseline now, oldest first."""
        upstream, last = self.component.upstream_of(path), self.derived.versions.get(path)
        if upstream is None or since is None or last is None:
            return []
        every = self.run.lineage.versions(upstream)
        return [one for one in every if since.position <= one.position <= last.position]

    def _after(self, path: RepoPath) -> list[FileVersion]:
        """Upstream's versions of a target file after its baseline, as far as upstream is looked at."""
        upstream, last = self.component.upstream_of(path), self.derived.versions.get(path)
        if upstream is None or last is None:
            return []
        return [one for one in self.run.lineage.versions(upstream) if last.position < one.position <= self.until]

    def _version(self, one: FileVersion) -> Version | None:
        return Version(self.history.read(one.blob.oid), one.blob.mode) if one.blob is not None else None

    def revision(self, path: RepoPath) -> FileRevision:
        """The baseline of a target file now, as resolutions name it."""
        version = self.derived.versions.get(path)
        label = version.label if version is not None else "deleted"
        return FileRevision(self.component.upstream_of(path) or path, label)

    def settle(self) -> Settle:
        """How people settled where a patch no longer fitted."""
        resolver = Resolver(self.place.patch_resolutions(self.component.name), FileMerger(self.component.fold))

        def known(
            path: RepoPath, base: Version | None, ours: Version | None, theirs: Version | None
        ) -> FileMerge | None:
            merge = resolver.merge(self.revision(path), base, ours, theirs)
            return merge if merge.resolutions else None

        return known

    def newest(self) -> Files:
        """Upstream's newest version of every file."""
        found: dict[RepoPath, Version] = {}
        for path in {*self.derived.tree, *self.derived.baseline}:
            upstream = self.component.upstream_of(path)
            version = self.run.lineage.version_at(upstream, self.until) if upstream is not None else None
            if version is not None and version.blob is not None:
                found[path] = Version(self.history.read(version.blob.oid), version.blob.mode)
        return found

    def check(self, series: Series, syncs: int) -> Checked:
        """The check of `series`; collisions are those of the last `syncs` reports."""
        baseline, versions = self.stands_on(series)
        merger = FileMerger(self.component.fold)
        self.place.screen.progress(f"{self.component.name}: checking its patches")
        owns = ownership(series, baseline)
        collisions: dict[str, list[str]] = {}
        reports = self._reports(syncs)
        for conflict in (one for report in reports for one in report):
            path = str(conflict.get("file", ""))
            where = _find(self.derived.tree.get(RepoPath(path)), str(conflict.get("ours", "")))
            if where is None:
                continue
            for name in owns.owners_in(path, self.derived.tree[RepoPath(path)].content, *where):
                known = collisions.setdefault(name, [])
                if str(conflict.get("id")) not in known:
                    known.append(str(conflict.get("id")))
        return check(
            self.component.name, self.commit, series, baseline, self.derived.tree, self.newest(),
            superseded=self.superseded(series, baseline, versions), collisions=collisions,
            reports=len(reports), merger=merger,
        )  # fmt: skip

    def _reports(self, count: int) -> list[list[Mapping[str, Any]]]:
        """The component's conflicts in each of the newest weekly reports; what cannot be read is passed over."""
        found: list[list[Mapping[str, Any]]] = []
        for path in sorted(self.place.reports.glob("*/weekly.json"), reverse=True):
            if len(found) == count:
                break
            try:
                listed = json.loads(path.read_bytes())["conflicts"]
                found.append([one for one in listed if one["component"] == self.component.name])
            except (OSError, ValueError, KeyError, TypeError, RecursionError):
                continue
        return found


def _find(version: Version | None, text: str) -> tuple[int, int] | None:
    """The lines, from 1, of a file that are `text`, where they are there exactly once."""
    if version is None or not text.strip():
        return None
    wanted = split_lines(text.encode("utf-8", "replace"))
    lines = split_lines(version.content)
    places = [at for at in range(len(lines) - len(wanted) + 1) if lines[at : at + len(wanted)] == wanted]
    return (places[0] + 1, places[0] + len(wanted)) if len(places) == 1 else None
