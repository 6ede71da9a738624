"""Modes sync and import: what is pending, replayed; the commits of what lands and of the draft, and what is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from portkit.change.revision import FileRevision
from portkit.components.model import IdentStyle, Mode
from portkit.merge.file import FileMerger, Version
from portkit.paths import RepoPath
from portkit.protocols import Damage
from portkit.sync.by_hand import ByHand
from portkit.sync.decided import Decider, reached
from portkit.sync.inputs import NOTHING_BY_HAND, Inputs
from portkit.sync.message import LEFT_OUT, RESOLUTION
from portkit.sync.outcome import ChangesetOutcome, ComponentOutcome, Notice, State
from portkit.sync.pending import Picker, Start, chosen, pending, read_target, readme_deleted
from portkit.sync.pick import Picked
from portkit.sync.plan import Counted, Ground, Plan, Scope, Step
from portkit.sync.points import DAY, iso_day
from portkit.sync.replay import IdentPolicy, Replay, Replayed
from portkit.sync.replay_outcome import outcomes_of
from portkit.sync.rounds import Played, play
from portkit.sync.style import learned

if TYPE_CHECKING:
    from portkit.sync.plan_import import Import


def replayed(run: Inputs, onto: str, scope: Scope, until: int) -> Plan:
    """The plan of a replay onto the target commit `onto`, up to position `until`. Raises UserError where the target
    lacks the component's paths, or either side history that is needed."""
    component = run.component
    tree, ledger, start = run.start(onto, until, cutting=not scope.ids)
    mapped = [path for path in tree.entries if component.upstream_of(path)]
    position = run.positions()
    picker = Picker(component, run.lineage, run.history, tree, readme_deleted(component, tree, run.title))
    by_hand = NOTHING_BY_HAND
    new = component.mode is Mode.IMPORT and not scope.ids and not ledger.carried_of(
        name for path in run.lineage.paths for name in run.lineage.names(path)
    )
    brought: Import | None = None
    if new or (component.vendor and not scope.ids):
        from portkit.sync.plan_import import Import

        brought = Import(run, picker.left_out)
    todo: list[Counted]
    if scope.ids:
        todo = [(one, one.files) for one in chosen(component, run.changesets, scope.ids)]
    elif brought is not None and new:
        todo = brought.changesets(until)
    else:
        if not mapped and component.mode is Mode.SYNC:
            raise run.empty_target(onto)
        by_hand = run.by_hand(run.lineage, onto)
        todo = pending(component, run.changesets[: until + 1], run.lineage, start, ledger, by_hand)
    importing = new and bool(todo)
    todo, torn = _whole(run, todo)
    picked = [picker.pick(changeset, files, position[changeset.id]) for changeset, files in todo]
    read = read_target(tree, tree.entries)
    after_import = brought.own(picked[0], onto, read) if brought is not None and importing else {}
    style = learned(component, run.target, onto, run.title) if component.ident is IdentStyle.LEARNED else None
    policy, merger = IdentPolicy(run.title, style), FileMerger(component.fold)
    partial = scope.partial and not importing  # half an import would be no baseline
    there = _there(run, start, by_hand)
    day = scope.as_of or (iso_day(run.changesets[until].date) if until >= 0 else "")
    played = play(
        picked,
        run.decisions,
        lambda landed: Decider(
            run.decisions, reached(day, ledger, start.files, landed | there), merger, ledger.left_out()
        ),
        lambda: Replay(
            read, mapped, policy, merger, run.resolutions, judge=run.judge(onto), after_import=after_import,
            partial=partial,
        ),
        merger,
        lambda todo: _counted(run, todo),
    )
    results = played.results

    def again(taken: Collection[str]) -> Iterable[Replayed]:
        read = read_target(tree, tree.entries)
        replay = Replay(
            read, mapped, policy, merger, run.resolutions, taken=taken, after_import=after_import, partial=partial,
        )  # fmt: skip
        return replay.run([one.picked for one in results])

    line = brought.line(results) if brought is not None else None
    outcomes = _with_torn(run, torn, outcomes_of(component.name, results, run.resolutions))
    branch = tuple(_step(one, one.writes) for one in results if one.writes)
    parked = any(one.draft_writes and (one.part or not one.writes) for one in results)
    drafted = (replace(one, part=frozenset()) for one in results if one.draft_writes)
    draft = tuple(_step(one, one.draft_writes) for one in drafted) if parked else ()
    if brought is not None:
        branch, draft = brought.on_branch(branch, results), brought.with_own(draft, results)
    newest = run.newest(until)
    waiting = [
        one.changeset.date
        for one in outcomes
        if one.state in (State.CONFLICT, State.FLAGGED, State.BLOCKED, State.PORTED)
    ]
    return Plan(
        ComponentOutcome(
            component.name, component.mode, component.upstream, onto, "", onto, False, outcomes,
            baselines=start.files,
            notices=(
                *_notices(run, results, until, start), *_stale_decisions(run, played), *_unused(run, results),
                *_jumped(todo, by_hand),
            ),
            lag_days=max(0, newest - min(waiting)) // DAY if waiting else 0,
            upstream_tip=run.history.tip,
            newest=newest,
        ),
        branch,
        draft,
        results,
        Ground(tuple(results), tree, run.lineage, picker, run.finder(), again, run.resolutions),
        vendor=line,
    )  # fmt: skip


def _jumped(todo: Iterable[Counted], by_hand: ByHand) -> Iterator[Notice]:
    """What is offered although the ident line says that the target has it."""
    for changeset, files in todo:
        for change in files:
            commit = by_hand.jumped.get((changeset.id, change.path))
            if commit is not None:
                text = f"the ident line was bumped past it by {commit[:12]}, and nothing carries it"
                yield Notice("jumped", text, change.path, changeset.id)


def _there(run: Inputs, start: Start, by_hand: ByHand) -> frozenset[FileRevision]:
    """Of what deferred changes wait for, what the target has though no trailer says so: it derives from it, or a
    person ported it."""
    found: set[FileRevision] = set()
    for decision in run.decisions.active:
        wanted = decision.until.revision if decision.until is not None else None
        for version in run.lineage.versions(wanted.path) if wanted is not None else ():
            if wanted is None or (version.path, version.label) != (wanted.path, wanted.label):
                continue
            file, base = (version.changeset, wanted.path), start.versions.get(run.lineage.now(wanted.path))
            derived = base is not None and version.position <= base.position and file not in by_hand.jumped
            if derived or file in by_hand.carried:
                found.add(wanted)
    return frozenset(found)


def _stale_decisions(run: Inputs, played: Played) -> Iterator[Notice]:
    """Decisions that come to nothing: a line of theirs that went stale stops nothing."""
    yield from run.unknown_decisions()
    file = run.decisions.file
    for decision, why in played.unmade:
        yield Notice("stale", f"{file}:{decision.line}: these changesets cannot be joined: {why}", file)


def _unused(run: Inputs, results: Iterable[Replayed]) -> Iterator[Notice]:
    """Resolutions of what landed without them: no conflict is left for them to settle."""
    for one in results:
        used = {name for merge in one.merges for name in merge.resolutions}
        for file, pick in one.picked.revisions():
            known = run.resolutions.of(file)
            if known and one.state in (State.PORTED, State.ALREADY) and not used & {each.name for each in known}:
                text = f"the resolution {known[0].name} settles nothing any more: {file} fits without it"
                yield Notice("stale", text, pick.target, one.picked.changeset.id)


def _whole(run: Inputs, todo: list[Counted]) -> tuple[list[Counted], dict[str, Damage]]:
    """`todo` without the changesets of which a part cannot be read, and those: no half is ever replayed."""
    torn = {id_: one for one in run.damaged() for id_ in one.changesets}
    return [one for one in todo if one[0].id not in torn], {
        one.id: torn[one.id] for one, _ in todo if one.id in torn
    }


def _with_torn(
    run: Inputs, torn: Mapping[str, Damage], outcomes: Iterable[ChangesetOutcome]
) -> tuple[ChangesetOutcome, ...]:
    """`outcomes`, and at their places the changesets that had to wait because a file of theirs is damaged."""
    if not torn:
        return tuple(outcomes)
    by_id = {one.changeset.id: one for one in outcomes}
    for one in run.changesets:
        if one.id in torn:
            reason = f"waits until {torn[one.id].path}, a part of it, can be read again"
            by_id[one.id] = ChangesetOutcome(one, State.BLOCKED, (), reason=reason)
    return tuple(by_id[one.id] for one in run.changesets if one.id in by_id)


def _counted(run: Inputs, todo: Sequence[Picked]) -> Iterator[Picked]:
    for number, one in enumerate(todo):
        if number % 5 == 0:
            run.progress(f"{run.component.name}: replaying, {number} of {len(todo)}")
        yield one


def _notices(run: Inputs, results: Sequence[Replayed], until: int, start: Start) -> Iterable[Notice]:
    component = run.component
    for one in results:
        for pick in one.picked.files:
            if pick.standing and pick.decided is None:
                kind = "kept" if pick.theirs is None else "deleted-on-purpose"
                if component.not_applicable_to(pick.upstream, one.picked.changeset.id) is not None:
                    kind = "not-applicable"
                yield Notice(kind, pick.standing, pick.target, one.picked.changeset.id)
    last = run.changesets[until].date if run.changesets and until >= 0 else -1
    first = run.changesets[start.newest].date if start.newest >= 0 else -1
    if first < 0:  # an import that is being made now: what stood beside the files then is no news
        first = results[0].picked.changeset.date if results else last
    if until == len(run.changesets) - 1:  # nothing is left out
        last = max((changeset.date for changeset, _ in run.beside), default=last)
    for changeset, change in run.beside:
        if first < changeset.date <= last:
            text = "new upstream, beside mapped files; the map says nothing of it"
            if component.moves_of(change.path):
                text = "new upstream, under a name from which the map says that upstream moved"
            yield Notice("unmapped", text, change.path, changeset.id)
    if run.history.rewritten:
        yield Notice("rewritten", "upstream's history was rewritten since the last run; it was read again whole")


def _step(one: Replayed, writes: Mapping[RepoPath, Version | None]) -> Step:
    """The commit of what `one` writes; of its `part` alone, where it has one."""
    picked = one.picked
    put_off = one.state is not State.PORTED  # a draft takes what was put off, too, and must say what it is
    carried = [
        revision
        for revision, pick in picked.revisions()
        if (not pick.standing or (put_off and pick.target in writes)) and pick.target in (one.part or {pick.target})
    ]
    notes = [(LEFT_OUT, f"{revision} {pick.decided}") for revision, pick in picked.revisions() if pick.decided]
    notes += [
        (LEFT_OUT, f"{pick.file} #{out.hunk} {out.state}")
        for pick in picked.files
        for out in pick.left_out
        if not pick.standing
    ]
    notes += [
        (RESOLUTION, f"{pick.file} {name}")
        for pick, merge in zip(picked.files, one.merges or (), strict=False)
        if pick.target in (one.part or {pick.target})
        for name in merge.resolutions
    ]
    return Step(
        picked.changeset,
        tuple((str(revision.path), revision.label) for revision in carried),
        writes,
        one.state,
        also=tuple(part.changeset.id for part in picked.joined[1:]),
        notes=tuple(notes),
        partial=bool(one.part),
    )
