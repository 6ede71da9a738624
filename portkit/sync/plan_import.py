"""What mode import adds to a replay: the import, as if one changeset had added every file; what the target makes its
own of it; and the vendor branch that goes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from portkit.change.changeset import FileChange
from portkit.errors import UserError
from portkit.merge.file import Version
from portkit.paths import RepoPath, parent
from portkit.sync.adapt import Adaptation, LocalSeries, adaptations
from portkit.sync.inputs import Inputs
from portkit.sync.outcome import State
from portkit.sync.pick import Picked
from portkit.sync.plan import Counted, Step
from portkit.sync.points import iso_day, position_of
from portkit.sync.replay import Replayed
from portkit.sync.vendor import VendorLine, VendorState, merging, readme, vendor_line


class Import:
    """The import of one component, and what stands beside its changesets. It is asked in this order:
    `changesets` and `own` where the import is to be made (else only the vendor branch goes on), `line`, `on_branch`.
    """

    def __init__(self, run: Inputs, left_out: Callable[[RepoPath], str]) -> None:
        """`left_out` says why the target does without a file, "" where it does not."""
        self._run = run
        self._left_out = left_out
        self._changeset = self._subject = ""
        self._own: tuple[Adaptation, ...] = ()
        self._line: VendorLine | None = None

    def changesets(self, until: int) -> list[Counted]:
        """The import, as if one changeset had added every file as it stood then; and what follows it, up to position
        `until`. Empty where upstream has nothing yet. Raises UserError where a file of it cannot be read."""
        run = self._run
        for damaged in run.damaged():
            raise UserError(
                f"{run.component.name} cannot be imported whole: {damaged.what}", hint="bring the file anew, then sync"
            )
        at = until
        if run.component.import_at:
            at = min(until, position_of(run.changesets, run.component.import_at, run.history))
        if at < 0:
            return []
        newest = run.changesets[at]
        self._changeset = newest.id
        files = []
        for path in sorted(run.lineage.paths):
            version = run.lineage.version_at(path, at)
            if version is not None and version.blob is not None:
                files.append(FileChange(version.path, None, version.blob))
        self._subject = f"Import from {run.title} as of {iso_day(newest.date)}."
        names = ", ".join(file.path for file in files)
        whole = replace(newest, files=tuple(files), message=f"{self._subject}\n\nThe files as they stood: {names}.")
        later = [(one, one.files) for one in run.changesets[at + 1 : until + 1]]
        return [(whole, whole.files), *later]

    def own(
        self, picked: Picked, onto: str, read: Callable[[RepoPath], Version | None]
    ) -> Mapping[RepoPath, Version | None]:
        """What the target makes its own right after the import `picked`, files by their places. `read` gives the
        target's other files, `onto` is its commit. Raises UserError where a local patch or an edit does not fit."""
        run, component = self._run, self._run.component
        whole = {pick.target: pick.theirs for pick in picked.files if pick.theirs is not None}
        self._own = adaptations(component, run.series() or LocalSeries(), whole, read)
        if component.vendor:
            left = [pick.target for pick in picked.files if pick.standing]
            brought = {path: version for path, version in whole.items() if path not in left}
            told = readme(component, run.title, brought, left, run.target.tree(onto, _folders(brought)).entries)
            self._own = (told, *self._own) if told is not None else self._own
        return {path: version for one in self._own for path, version in one.writes.items()}

    def line(self, results: Sequence[Replayed]) -> VendorLine | None:
        """What the map's vendor branch is to hold; None where it names none, or where nothing comes in."""
        run = self._run
        if not run.component.vendor or not results:
            return None
        first = results[0].picked.changeset
        at = run.positions()[first.id]
        if self._changeset:
            if results[0].state is not State.PORTED:
                return None
            start, rest = VendorState(first, self._files_at(at)), results[1:]
        else:
            before = run.changesets[max(at - 1, 0)]
            subject = f"Import from {run.title} as of {iso_day(before.date)}."
            start, rest = VendorState(replace(before, message=subject), self._files_at(at - 1)), results
        self._line = vendor_line(run.component, start, rest, self._ever_held, self._left_out)
        return self._line

    def on_branch(self, steps: Iterable[Step], results: Sequence[Replayed]) -> tuple[Step, ...]:
        """The branch's `steps`: the import under its own subject, merging the vendor branch, with what is the target's
        own after it, and the merge of what the vendor branch holds besides."""
        merges = 0 if self._line is not None else None
        told = tuple(
            replace(step, subject=self._subject, merges=merges) if step.changeset.id == self._changeset else step
            for step in steps
        )
        return self._with_merge(self.with_own(told, results))

    def with_own(self, steps: tuple[Step, ...], results: Sequence[Replayed]) -> tuple[Step, ...]:
        """`steps` with what is the target's own right after the import, where that landed."""
        if not self._own or not steps or results[0].state is not State.PORTED:
            return steps
        first = steps[0]
        return (first, *(Step(first.changeset, (), one.writes, State.PORTED, own=one) for one in self._own), *steps[1:])

    def _with_merge(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """`steps` with the merge of the vendor branch behind the last of the changesets that it holds, where it holds
        more than an import."""
        line, component = self._line, self._run.component
        if line is None or len(line.states) < 2:
            return steps
        ids = {state.changeset.id for state in line.states[1:]}
        last = next((at for at in range(len(steps) - 1, -1, -1) if steps[at].changeset.id in ids), None)
        if last is None:
            return steps
        merge = Step(
            line.states[-1].changeset, (), {}, State.PORTED, merges=len(line.states) - 1,
            own=merging(line, component.subject or component.name),
        )  # fmt: skip
        return (*steps[: last + 1], merge, *steps[last + 1 :])

    def _files_at(self, position: int) -> dict[RepoPath, Version]:
        """Upstream's files at `position`, at their places in the target; without those that it leaves out."""
        run = self._run
        found: dict[RepoPath, Version] = {}
        for path in sorted(run.lineage.paths):
            version = run.lineage.version_at(path, position)
            place = run.component.target_of(version.path) if version is not None else None
            taken = place is not None and not self._left_out(place)
            if version is not None and version.blob is not None and place is not None and taken:
                found[place] = Version(run.history.read(version.blob.oid), version.blob.mode)
        return found

    def _ever_held(self, files: Mapping[RepoPath, Version]) -> bool:
        """Whether upstream's files stood like that at some time."""
        return any(self._files_at(at) == files for at in range(len(self._run.changesets) - 1, -1, -1))


def _folders(files: Iterable[RepoPath]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(parent(path) for path in files))
