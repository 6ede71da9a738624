"""What an ID on the command line names, looked up: in the open conflicts, or among upstream's changesets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

import click

from portkit.change.changeset import Changeset, FileChange, begins
from portkit.change.revision import FileRevision
from portkit.cli.wiring import Workspace
from portkit.components.model import Component, Mode
from portkit.decisions.ids import ChangeId, parse_id
from portkit.errors import UserError
from portkit.merge.file import FileMerger, Version
from portkit.paths import RepoPath
from portkit.report.waiting import Waiting, waiting
from portkit.sync.component import ComponentRun
from portkit.sync.decided import hunk_digests
from portkit.sync.plan import Plan, Scope
from portkit.sync.run import until_position

_WHOLE = len("c-0123456789ab")

ID = click.argument("ids", metavar="ID...", nargs=-1, required=True)


@dataclass(frozen=True, slots=True)
class Named:
    """A changeset of a component, the files of it that are meant and, where one hunk is, its number and digest.
    `waiting`: the open conflicts that are meant; `entry`: the id on the worksheet of a port."""

    component: Component
    changeset: Changeset
    files: tuple[FileRevision, ...]
    hunk: int = 0
    lines: str = ""
    waiting: tuple[Waiting, ...] = ()
    entry: str = ""


class Names:
    """Looks ids up in a workspace. `component`: only there, "" for anywhere; `onto` (a full hash) and `until`: which
    run's conflicts are meant; `ports`: whether the hunks and changesets of ports can be meant, too."""

    def __init__(self, place: Workspace, component: str, onto: str, until: str, *, ports: bool = False) -> None:
        self._place = place
        self._until = until
        self.onto = onto
        names = place.components((component,) if component else ())
        every = [place.map.component(name) for name in names]
        self.components = [one for one in every if ports or one.mode is not Mode.PORT]
        self._runs: dict[str, ComponentRun] = {}
        self._plans: dict[str, Plan] = {}

    def find(self, text: str) -> Named:
        """What `text` names. Raises UserError where that is nothing, or more than one thing."""
        wanted = parse_id(text)
        if wanted.conflict.startswith("h-"):
            return self._on_worksheet(wanted)
        return self._conflict(wanted) if wanted.conflict else self._changeset(wanted)

    def run(self, component: Component) -> ComponentRun:
        """The component against its upstream."""
        if component.name not in self._runs:
            self._runs[component.name] = self._place.sync().component_run(component, self.onto)
        return self._runs[component.name]

    def plan(self, component: Component) -> Plan:
        """What a sync of the component would do."""
        if component.name not in self._plans:
            history = self._place.history(self._place.map.source(component.upstream))
            scope = Scope(partial(until_position, self._until, history))
            self._plans[component.name] = self.run(component).plan(self.onto, scope)
        return self._plans[component.name]

    def open(self) -> Iterator[Waiting]:
        """Every conflict that is open in a sync, none written."""
        for component in self.components:
            if component.mode is not Mode.PORT:
                yield from waiting([self.plan(component).outcome])

    def _conflict(self, wanted: ChangeId) -> Named:
        exact = len(wanted.conflict) == _WHOLE
        every = (one for one in self.open() if one.id.startswith(wanted.conflict))
        found = list(islice(every, 1)) if exact else list(every)
        ids = {one.id for one in found}
        if not ids:
            hint = "portkit conflicts lists what is open; --onto and --until must be those of that run"
            raise UserError(f"there is no open conflict {wanted.text!r}", where="ID", hint=hint)
        if len(ids) > 1:
            said = f"{wanted.text!r} is ambiguous: {', '.join(sorted(ids))}"
            raise UserError(said, where="ID", hint="write it whole")
        one = found[0]
        component = self._place.map.component(one.component)
        if one.conflict is None:  # of a changeset as a whole
            whole = self._whole(component, one.changeset.id)
            return Named(component, whole.changeset, whole.files, waiting=(one,))
        file = FileRevision(one.file.upstream, one.file.revision or "deleted")
        changeset, lines = one.changeset, ""
        if one.hunk:
            change = next(change for change in changeset.files if change.path == one.file.upstream)
            lines = self._digests(component, change)[one.hunk - 1]
        return Named(component, changeset, (file,), one.hunk, lines, (one,))

    def _on_worksheet(self, wanted: ChangeId) -> Named:
        """A hunk, or a whole file's change, by its id on the worksheet of a port."""
        found = [
            (component, entry)
            for component in self.components
            if component.mode is Mode.PORT and (sheet := self.plan(component).outcome.worksheet) is not None
            for entry in sheet.entries
            if entry.id.startswith(wanted.conflict)
        ]
        ids = {entry.id for _, entry in found}
        if not ids:
            hint = "reports/worksheet-COMPONENT.md lists the ids; --onto and --until must be those of that run"
            raise UserError(f"no worksheet has {wanted.conflict!r}", where="ID", hint=hint)
        if len(ids) > 1:
            said = f"{wanted.conflict!r} is ambiguous: {', '.join(sorted(ids))}"
            raise UserError(said, where="ID", hint="write it whole")
        component, entry = found[0]
        position, changeset = next(
            (at, one) for at, one in enumerate(self.run(component).changesets) if one.id == entry.changeset
        )
        version = self.run(component).lineage.version_at(entry.upstream, position)
        file = FileRevision(entry.upstream, version.label if version is not None else "deleted")
        change = next(change for change in changeset.files if change.path == entry.upstream)
        digests = self._digests(component, change) if entry.number else ()
        lines = digests[entry.number - 1] if entry.number <= len(digests) and entry.number else ""
        return Named(component, changeset, (file,), entry.number if lines else 0, lines, entry=entry.id)

    def _changeset(self, wanted: ChangeId) -> Named:
        found = [
            (component, changeset)
            for component in self.components
            for changeset in self.run(component).changesets
            if begins(changeset.id, wanted.changeset)
        ]
        if len({changeset.id for _, changeset in found}) > 1:
            hint = "write more of its id"
            raise UserError(f"{wanted.changeset!r} is ambiguous among upstream's changesets", where="ID", hint=hint)
        if not found:
            names = ", ".join(one.name for one in self.components) or "no component that is synced"
            hint = "portkit log COMPONENT lists upstream's changesets"
            raise UserError(f"{wanted.text!r} is no changeset of {names}", where="ID", hint=hint)
        if len(found) > 1:
            names = " and ".join(component.name for component, _ in found)
            hint = "say which with --component, one after the other"
            raise UserError(f"{wanted.text!r} concerns {names}", where="ID", hint=hint)
        component, changeset = found[0]
        whole = self._whole(component, changeset.id)
        if not wanted.path:
            return whole
        return self._file(component, whole, wanted)

    def _whole(self, component: Component, id: str) -> Named:
        looked = self.run(component)
        position, changeset = next((at, one) for at, one in enumerate(looked.changesets) if one.id == id)
        versions = [(change.path, looked.lineage.version_at(change.path, position)) for change in changeset.files]
        files = tuple(FileRevision(path, version.label) for path, version in versions if version is not None)
        return Named(component, changeset, files)

    def _file(self, component: Component, whole: Named, wanted: ChangeId) -> Named:
        upstream = component.upstream_of(wanted.path)
        files = tuple(one for one in whole.files if one.path in (wanted.path, upstream))
        if not files:
            paths = ", ".join(one.path for one in whole.files)
            raise UserError(
                f"changeset {whole.changeset.id[:12]} does not touch {wanted.path!r}", where="ID",
                hint=f"it touches {paths}",
            )  # fmt: skip
        lines = ""
        if wanted.hunk:
            change = next(change for change in whole.changeset.files if change.path == files[0].path)
            digests = self._digests(component, change)
            if wanted.hunk > len(digests):
                raise UserError(
                    f"there is no hunk {wanted.hunk} in {files[0]}", where="ID",
                    hint=f"it has {len(digests)}" if digests else "it is added, deleted or binary: name the whole file",
                )  # fmt: skip
            lines = digests[wanted.hunk - 1]
        return Named(component, whole.changeset, files, wanted.hunk, lines)

    def _digests(self, component: Component, change: FileChange) -> tuple[str, ...]:
        if change.old is None or change.new is None:
            return ()
        history = self._place.history(self._place.map.source(component.upstream))
        old, new = (Version(history.read(blob.oid), blob.mode) for blob in (change.old, change.new))
        return hunk_digests(FileMerger(component.fold), old, new)


def point(component: Component, text: str) -> RepoPath:
    """The upstream path of `text`, a path of either side."""
    return component.upstream_of(text) or RepoPath(text)
