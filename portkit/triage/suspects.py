"""Who may have made a conflict: the steps of the target's file, and upstream's changesets that the target never took,
that touched the lines in question. Each is named with its reason; whether it is true, `triage.proving` tries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from portkit.change.linediff import Hunk, hunks
from portkit.errors import WorldError
from portkit.merge.alignment import Alignment
from portkit.merge.file import FileMerger, Version
from portkit.merge.kinds import ConflictKind
from portkit.paths import RepoPath
from portkit.protocols import FileStep
from portkit.sync.lineage import FileVersion
from portkit.sync.plan import Ground
from portkit.text import is_binary, split_lines
from portkit.triage.card import Cause, CauseKind, Proof
from portkit.triage.case import LEFT_OUT, REASON, Case, Contents, PatchStep, Step, Suspect
from portkit.triage.places import lines_of
from portkit.triage.trace import Change, Marks, Traced, trace
from portkit.triage.trial import Take, Undo

SUSPECTS = 12
"""How many suspects, the nearest first, are looked at for one conflict."""

_BESIDE = 3


class Suspects:
    """Looks for the suspects of one component's conflicts. `ports`: target commits that carry upstream changesets by
    hand; `patched`: for each file what the local series does to it, in the series' order. Where that makes the file
    what it is, its patches are the suspects, else the target's commits."""

    def __init__(
        self,
        ground: Ground,
        contents: Contents,
        merger: FileMerger,
        ports: Collection[str],
        patched: Mapping[RepoPath, Sequence[PatchStep]],
    ) -> None:
        self._ground = ground
        self._contents = contents
        self._merger = merger
        self._ports = ports
        self._patched = patched

    def find(self, case: Case, commits: Sequence[FileStep]) -> list[Suspect]:
        """Who may have made the conflict, the nearest first; `commits`: those that made the target's file what it is,
        newest first."""
        table, steps = self._merger.table, self._steps(case.pick.target, commits)
        marks, on_base = self._marks(case)
        aim = self._aim(case)
        derived = self._derived(case, steps)
        traced = trace(table, marks, self._life(steps, derived), aim)
        suspects = [self._local(case, steps, touch.step, touch.hunks, derived) for touch in traced.touches]
        if case.ours is None and steps and steps[0].deletes:
            suspects.append(self._local(case, steps, 0, (), None))
        suspects += self._missing(case, on_base, traced, derived.position if derived is not None else -1)
        return suspects[:SUSPECTS]

    def _steps(self, path: RepoPath, commits: Sequence[FileStep]) -> list[Step]:
        """Who made the file what it is before the replay, newest first."""
        patches = self._patched.get(path, ())
        if patches and patches[-1].after == self._contents.start(path):
            return [
                Step(
                    CauseKind.LOCAL_PATCH, one.ref, one.subject, one.author, 0, partial(_same, one.before),
                    partial(_same, one.after), deletes=one.after is None,
                )
                for one in reversed(patches)
            ]  # fmt: skip
        return [
            Step(
                CauseKind.LOCAL_COMMIT, one.commit.id, _first_line(one.commit.message), one.commit.author.name,
                one.commit.date, partial(self._contents.version, one.old), partial(self._contents.version, one.new),
                one.old is None, one.new is None,
            )
            for one in commits
        ]  # fmt: skip

    def _marks(self, case: Case) -> tuple[Marks, Marks]:
        """What differs where the conflict is: as marks on the target's file as it stands before the replay, and as
        marks on upstream's."""
        base, ours = case.pick.base, case.ours
        start = self._contents.start(case.pick.target)
        if ours is None or start is None or is_binary(ours.content) or is_binary(start.content):
            return Marks(frozenset(), ()), Marks(frozenset(), ())
        lines = self._merger.table.lines
        old = lines(base.content) if base is not None else lines(b"")
        mine, first = lines(ours.content), lines(start.content)
        local = [hunk for hunk in hunks(old.keys, mine.keys) if self._in_the_way(case, hunk, old.raw, mine.raw)]
        back = Alignment.of(hunks(mine.keys, first.keys))
        return Marks.of(local, old.keys).mapped(back), Marks.of(local, mine.keys, of_new=False)

    def _in_the_way(self, case: Case, hunk: Hunk, base: Sequence[bytes], ours: Sequence[bytes]) -> bool:
        place = case.clash.place
        if place is None:
            return True
        wide = _BESIDE if case.clash.kind is ConflictKind.GATE else 0
        if hunk.a0 <= place.base1 + wide and place.base0 - wide <= hunk.a1:
            return True
        if case.clash.kind is not ConflictKind.GATE:
            return False
        about = {line.strip() for line in split_lines(case.clash.base + case.clash.theirs)} - {b"", b"{", b"}"}
        return any(line.strip() in about for line in (*base[hunk.a0 : hunk.a1], *ours[hunk.b0 : hunk.b1]))

    def _aim(self, case: Case) -> frozenset[int]:
        """The lines that upstream has at the conflict: what stood there before a local change, if nothing else did."""
        place, base = case.clash.place, case.pick.base
        if base is None:
            return frozenset()
        keys = self._merger.table.lines(base.content).keys
        return frozenset(keys if place is None else keys[max(0, place.base0 - _BESIDE) : place.base1 + _BESIDE])

    def _derived(self, case: Case, steps: Sequence[Step]) -> FileVersion | None:
        """The upstream version that the target's file was first made from; None where that cannot be told. What the
        file differed in on its first day is a local change like any other."""
        if not steps or steps[-1].deletes or (steps[-1].kind is CauseKind.LOCAL_COMMIT and not steps[-1].adds):
            return None
        changesets = self._ground.lineage.changesets[: case.position]
        until = len(changesets) - 1
        try:
            first = steps[-1].old() if steps[-1].kind is CauseKind.LOCAL_PATCH else steps[-1].new()
            if first is None:
                return None
            if steps[-1].kind is CauseKind.LOCAL_COMMIT:
                until = max((at for at, one in enumerate(changesets) if one.date <= steps[-1].date), default=until)
            oid = hashlib.sha256(first.content).hexdigest()
            found = self._ground.finder.find(
                case.pick.target, case.pick.upstream, oid, lambda: first.content, until=until
            )
        except WorldError:
            return None
        return found.version

    def _local(
        self,
        case: Case,
        steps: Sequence[Step],
        number: int,
        found: tuple[Hunk, ...],
        derived: FileVersion | None,
    ) -> Suspect:
        step = steps[number]
        before, after, against = step.old(), step.new(), ""
        if step.deletes:
            why = "it deleted the file that upstream goes on changing"
        elif step.adds and derived is not None and after is not None:
            why = f"it brought the file in, changed from upstream's {derived.label} in the lines in question"
            before, against = Version(self._contents.upstream(derived.blob) or b"", after.mode), derived.changeset
        elif step.ref in self._ports:
            why = "it ported by hand, and made the lines in question other than upstream's"
        else:
            why = "it changed the lines in question"
        cause = Cause(
            step.kind, step.ref, f"{why}: {step.subject}"[:REASON], Proof.UNTESTED, step.subject,
            step.author, step.date, case.pick.target, tuple(map(lines_of, found)), against=against,
        )  # fmt: skip
        whole = None if against else Undo(before, after)
        return Suspect(cause, Undo(before, after, found), whole, number)

    def _missing(
        self, case: Case, on_base: Marks, traced: Traced, after: int
    ) -> Iterator[Suspect]:
        """Upstream's changesets past the position `after` that brought a line which the target never had, or took out
        one that it still has, and that this replay does not carry."""
        base = case.pick.base
        if base is None or is_binary(base.content):
            return
        keys = self._merger.table.lines(base.content).keys
        lines = frozenset(index for index in on_base.lines if keys[index] in traced.never)
        gaps = tuple(
            replace(gap, wanted=gap.wanted & traced.always) for gap in on_base.gaps if gap.wanted & traced.always
        )
        versions = [
            one for one in self._ground.lineage.versions(case.pick.upstream)
            if after <= one.position < case.position and one.blob is not None
        ]  # fmt: skip
        versions.reverse()
        carried = {
            part.changeset.id
            for one in self._ground.replayed
            if one.state not in LEFT_OUT
            for part in one.picked.joined or (one.picked,)
        }

        def life() -> Iterator[Change]:
            for index, one in enumerate(versions):
                older = versions[index + 1] if index + 1 < len(versions) else None
                before = self._contents.upstream(older.blob) if older is not None else None
                yield Change(before, self._contents.upstream(one.blob) or b"")

        for touch in trace(self._merger.table, Marks(lines, gaps), life()).touches:
            version = versions[touch.step]
            changeset = self._ground.lineage.changesets[version.position]
            if changeset.id in carried or touch.step + 1 == len(versions):
                continue
            whole = self._ground.picker.pick(changeset, changeset.files, version.position)
            pick = next((one for one in whole.files if one.target == case.pick.target), None)
            if pick is None:
                continue
            why = f"the target never took upstream's {version.label}: {changeset.subject}"
            cause = Cause(
                CauseKind.MISSING_CHANGESET, changeset.id, why[:REASON], Proof.UNTESTED, changeset.subject,
                changeset.author.login, changeset.date, case.pick.upstream, tuple(map(lines_of, touch.hunks)),
            )  # fmt: skip
            yield Suspect(cause, Take(version.position, pick), None, -version.position)

    def _life(self, steps: Sequence[Step], derived: FileVersion | None) -> Iterator[Change]:
        """The file's life as contents, as far back as the repository has them; before it, the upstream version that it
        was made from."""
        for step in steps:
            try:
                old, new = step.old(), step.new()
            except WorldError:  # a partial clone holds the newest only
                return
            before = old.content if old is not None else None
            if before is None and step.adds and derived is not None:
                before = self._contents.upstream(derived.blob)
            yield Change(before, new.content if new is not None else b"")


def _same(version: Version | None) -> Version | None:
    return version


def _first_line(message: str) -> str:
    return next((line.strip() for line in message.splitlines() if line.strip()), "")
