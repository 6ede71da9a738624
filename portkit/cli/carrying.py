"""A component's series, carried onto a tree; and where it no longer fits, what waits for a person, as a card."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from portkit.change.changeset import Blob
from portkit.cli.local import LocalPatches
from portkit.cli.wiring import Workspace
from portkit.components.model import Mode
from portkit.decisions.ids import ChangeId
from portkit.errors import UserError
from portkit.merge.file import FileMerger, Version
from portkit.merge.kinds import Gate
from portkit.patches.applying import Files
from portkit.patches.entries import SERIES
from portkit.patches.extract import remainder_head
from portkit.patches.headers import Headers
from portkit.patches.refresh import Card as PatchCard
from portkit.patches.refresh import CardKind, Refreshed, refresh
from portkit.patches.series import REMAINDER, Patch, Series, push, with_baseline
from portkit.paths import RepoPath
from portkit.protocols import FileStep
from portkit.report.waiting import Waiting
from portkit.store import patches as store
from portkit.sync.lineage import FileVersion
from portkit.sync.outcome import ChangesetOutcome, FileOutcome, FileState, State
from portkit.sync.pick import Pick, Picked
from portkit.sync.replay import Replayed
from portkit.sync.resolved import Resolver
from portkit.sync.settling import OpenFile
from portkit.triage.card import Card, CauseKind
from portkit.triage.patched import Grounds, Upstream, conflict_of_patch, explained

_MERGE = ("what the patch was made for", "what upstream has there now", "what the patch makes of it")
_LEFTOVER = ("", "the target", "what upstream's file and the patches give")


@dataclass(slots=True)
class Carrying:
    """A series (`before` are its files) carried onto the tree of `work`. `scope`: the options that commands need to
    mean the same run; `until`: how far upstream was looked at."""

    work: LocalPatches
    before: Mapping[str, bytes]
    series: Series
    baseline: Files
    versions: Mapping[RepoPath, FileVersion]
    found: Refreshed
    scope: str = ""
    until: str = ""

    @classmethod
    def of(cls, work: LocalPatches, *, remainder: bool = False, scope: str = "", until: str = "") -> Carrying:
        """The component's series. `remainder`: what no patch explains may go into one. Raises UserError where there is
        no series, or one that cannot be read."""
        before = work.contents()
        series = work.series(before)
        old, versions = work.stands_on(series)
        name = work.component.name
        work.place.screen.progress(f"{name}: carrying its patches on")
        found = refresh(
            series, old, work.derived.baseline, work.derived.tree,
            superseded=work.superseded(series, old, versions), merger=FileMerger(work.component.fold),
            settle=work.settle(), since=work.since(versions), component=name,
            remainder=Patch(REMAINDER, remainder_head(name), Headers(), ()) if remainder else None,
        )  # fmt: skip
        return cls(work, before, series, old, versions, found, scope, until)

    @property
    def after(self) -> dict[str, bytes]:
        """The files of the series carried on."""
        contents = {patch.name: patch.raw for patch in self.found.series.patches}
        contents[SERIES] = with_baseline(self.found.series.raw, self.work.labels())
        return contents

    def write(self) -> None:
        """Puts the series carried on in the old one's place."""
        store.replace(self.work.folder, self.after, leaving=self.before)

    def grounds(self, parked: Collection[str] = ()) -> Grounds:
        """What its cards are explained by."""
        work = self.work
        every = work.run.changesets
        paths = {card.path for card in self.found.cards}
        upstream = {
            path: [Upstream(every[one.position], self._read(one.blob)) for one in several]
            for path in paths
            for several in [work.between(path, self.versions.get(path))]
        }
        return Grounds(
            work.component.name, f"{store.FOLDER}/{work.component.name}", push(self.series, self.baseline), upstream,
            work.labels(), FileMerger(work.component.fold), parked, self._lives, self.scope,
        )  # fmt: skip

    def _read(self, blob: Blob | None) -> Version | None:
        return Version(self.work.history.read(blob.oid), blob.mode) if blob is not None else None

    def _lives(self, path: RepoPath) -> list[tuple[FileStep, Version | None, Version | None]]:
        """Who made the target's file what it is, newest first, each with what it changed."""
        target = self.work.place.target()
        tree = target.tree(self.work.commit, self.work.component.target_folders())

        def read(blob: Blob | None) -> Version | None:
            return Version(tree.read(blob.oid), blob.mode) if blob is not None else None

        steps = target.steps(self.work.commit, {path: tree.entries.get(path)}).get(path, ())
        return [(step, read(step.old), read(step.new)) for step in steps]

    def waiting(self, parked: Collection[str] = ()) -> list[tuple[Waiting, Card]]:
        """Each place where the series no longer fits, with its card. `parked`: changesets that a sync could not
        land."""
        if not self.found.cards:
            return []
        grounds = self.grounds(parked)
        return [self._waiting(card, explained(card, grounds)) for card in self.found.cards]

    def _waiting(self, card: PatchCard, told: Card) -> tuple[Waiting, Card]:
        name = self.work.component.name
        conflict = conflict_of_patch(name, card, self.work.labels().get(card.path, ""))
        revision = self.work.revision(card.path)
        file = FileOutcome(
            revision.path, card.path, revision.label, FileState.CONFLICT, "", Gate.NONE, card.clash.reason, (conflict,)
        )
        outcome = ChangesetOutcome(self._changeset(card, told).changeset, State.CONFLICT, (file,))
        whose = _LEFTOVER if card.kind is CardKind.LEFTOVER else _MERGE
        return Waiting(conflict.id, name, outcome, file, conflict, (), card.patch, whose), told

    def _changeset(self, card: PatchCard, told: Card | None) -> Picked:
        """The changeset that stands for the card: the first that is named as a cause, else that of the baseline."""
        every = self.work.run.changesets
        kinds = (CauseKind.UPSTREAM_CHANGESET, CauseKind.MISSING_CHANGESET)
        ref = next((one.ref for one in told.causes if one.kind in kinds), "") if told is not None else ""
        version = self.work.derived.versions.get(card.path)
        position = version.position if version is not None else len(every) - 1
        changeset = next((one for one in every if one.id == ref), every[position])
        return Picked(changeset, ())

    def open_files(self, wanted: ChangeId) -> tuple[OpenFile, ...]:
        """The file of the card that `wanted` names, all its places with it; none where it is no card of this series.
        Raises UserError for a card that no file settles."""
        label = self.work.labels()
        ids = {conflict_of_patch(self.work.component.name, one, label.get(one.path, "")).id: one
               for one in self.found.cards}  # fmt: skip
        meant = [card for id, card in ids.items() if id.startswith(wanted.conflict)]
        if not meant:
            return ()
        if len({(one.patch, one.path) for one in meant}) > 1:
            raise UserError(f"{wanted.text!r} is ambiguous", where="ID", hint="write it whole")
        card = meant[0]
        if card.kind is CardKind.LOST or (card.kind is CardKind.LEFTOVER and None in card.sides[1:]):
            name = self.work.component.name
            raise UserError(
                f"{wanted.text} is not settled by a file: {card.clash.reason}", where="ID",
                hint=f"portkit patches extract {name} --replace builds the series anew; refresh --remainder takes the "
                "tree as it stands",
            )  # fmt: skip
        together = tuple(
            (one.clash, conflict_of_patch(self.work.component.name, one, label.get(one.path, "")))
            for one in self.found.cards
            if (one.patch, one.path) == (card.patch, card.path)
        )
        revision = self.work.revision(card.path)
        base, ours, theirs = card.sides
        merger = FileMerger(self.work.component.fold)
        pick = Pick(revision.path, card.path, revision.label, base, theirs)
        picked = Picked(self._changeset(card, None).changeset, (pick,))
        one = Replayed(picked, State.CONFLICT, (merger.merge(base, ours, theirs),), {}, {}, ours={card.path: ours})
        known = self.work.place.patch_resolutions(self.work.component.name)
        return (OpenFile(one, pick, together, Resolver(known, merger), merger),)


def scope_of(onto: str | None, until: str) -> str:
    """The options `--onto` and `--until` as a command needs them, with a blank before each."""
    said = [("--onto", onto), ("--until", until)]
    return "".join(f" {name} {shlex.quote(value)}" for name, value in said if value)


def carried(place: Workspace, name: str, onto: str | None, until: str) -> Carrying | None:
    """The series of a component carried onto `onto`; where that is not given, onto the branch of its sync where one
    stands on the map's branch, else onto that. None for a component without local patches."""
    component = place.map.component(name)
    if component.mode not in (Mode.SYNC, Mode.IMPORT) or not store.read(store.folder(place.root, name)):
        return None
    if not onto:
        target = place.target()
        tip, branch = target.default_tip(), target.tip(f"portkit/{name}")
        if branch and target.is_ancestor(tip, branch):
            onto = f"portkit/{name}"
    return Carrying.of(LocalPatches.open(place, name, onto, until), scope=scope_of(onto, until), until=until)


def every_carried(place: Workspace, names: Sequence[str], onto: str | None, until: str) -> list[Carrying]:
    """The same of several. A series that cannot be read stops nothing here: it is said, and passed over."""
    found: list[Carrying] = []
    for name in names:
        try:
            one = carried(place, name, onto, until)
        except UserError as error:
            place.screen.note(f"{name}: its patches are passed over: {error}")
            continue
        found += [one] if one is not None else []
    return found
