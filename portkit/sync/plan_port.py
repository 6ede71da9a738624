"""Mode port: the chosen changesets, each as far as it fits a distant cousin, and the worksheet of the rest."""

from __future__ import annotations

from portkit.change.changeset import Changeset
from portkit.change.revision import FileRevision
from portkit.merge.fate import Fate
from portkit.merge.file import FileMerger
from portkit.paths import RepoPath
from portkit.sync.decided import Decider, reached
from portkit.sync.inputs import Inputs
from portkit.sync.message import BESIDE, LEFT_OUT, WITHIN, WORDS, Part
from portkit.sync.outcome import ComponentOutcome, Notice, State
from portkit.sync.pending import Picker, chosen, read_target, readme_deleted
from portkit.sync.plan import Plan, Scope, Step
from portkit.sync.points import first_at, iso_day, position_of
from portkit.sync.porting import Port, Ported, ported_outcome
from portkit.sync.worksheet import Worksheet

_HOW = {"words": WITHIN, "beside": BESIDE}
"""The trailers of hunks that do not stand among upstream's lines."""


def ported(run: Inputs, onto: str, scope: Scope, until: int) -> Plan:
    """The plan of a port onto the target commit `onto`, of what is chosen up to position `until`. Raises UserError
    where the target lacks the component's paths, or the history in which they were ported."""
    component = run.component
    run.refuse_cut_target()
    tree = run.target.tree(onto, component.target_folders())
    mapped = [path for path in tree.entries if component.upstream_of(path)]
    if not mapped:
        raise run.empty_target(onto)
    ledger = run.ledger(onto)
    todo = _chosen(run, scope, until)
    position = run.positions()
    picker = Picker(component, run.lineage, run.history, tree, readme_deleted(component, tree, run.title))
    first = position[todo[0].id] - 1 if todo else -1
    last = max((position[one.id] for one in todo), default=-1)
    day = scope.as_of or (iso_day(run.changesets[last].date) if last >= 0 else "")
    read, upstream = read_target(tree, tree.entries), _upstream_at(run, first)
    picked = [picker.pick(one, one.files, position[one.id]) for one in todo]
    pairs = [(path, target) for path in upstream if (target := component.target_of(path)) is not None]
    waited = {one.until.revision for one in run.decisions.active if one.until is not None}
    landed: frozenset[FileRevision] = frozenset()
    while True:
        decider = Decider(run.decisions, reached(day, ledger, (), landed), FileMerger(component.fold), {})
        port = Port(component.name, read, mapped, upstream, ledger, component.fold, decider, pairs)
        results = []
        for number, each in enumerate(picked):
            run.progress(f"{component.name}: placing, {number} of {len(todo)}")
            results.append(port.place(each))
        fresh = waited.intersection(pick.file for one in results for pick in one.files) - landed
        if not fresh:
            break
        landed |= frozenset(one for one in fresh if one is not None)
    run.progress(f"{component.name}: drafting")
    results = list(port.drafted(results))
    sheet = Worksheet(
        component.name, todo[0].id if todo else "", todo[-1].id if todo else "",
        entries := tuple(entry for one in results for entry in one.entries), port.nets(entries),
        port.words,
    )  # fmt: skip
    return Plan(
        ComponentOutcome(
            component.name, component.mode, component.upstream, onto, "", onto, False,
            tuple(ported_outcome(one) for one in results),
            notices=(Notice("port", sheet.sentence()), *run.unknown_decisions()),
            upstream_tip=run.history.tip,
            newest=run.newest(last),
            worksheet=sheet,
        ),
        tuple(_step(one) for one in results if one.writes),
        tuple(_draft_step(one) for one in results if one.drafted),
        on_branch=True,
    )  # fmt: skip


def _chosen(run: Inputs, scope: Scope, until: int) -> list[Changeset]:
    """The changesets to be placed: those asked for, else those that the map names, up to `until`."""
    port, every = run.component.port, run.changesets
    if scope.ids:
        return chosen(run.component, every, scope.ids)
    first, last = 0, until
    if port.start:
        first = first_at(every, port.start, run.history)
    if port.end:
        last = min(last, position_of(every, port.end, run.history))
    if port.changesets:
        named = {one.id for one in chosen(run.component, every, port.changesets)}
        return [one for one in every[first : last + 1] if one.id in named]
    return list(every[first : last + 1])


def _upstream_at(run: Inputs, position: int) -> dict[RepoPath, bytes]:
    """Upstream's files of the component as they stood at `position`."""
    found: dict[RepoPath, bytes] = {}
    for path in sorted(run.lineage.paths):
        version = run.lineage.version_at(path, position)
        if version is not None and version.blob is not None:
            found[version.path] = run.history.read(version.blob.oid)
    return found


def _step(one: Ported) -> Step:
    """The commit of a changeset that was placed, as far as it was."""
    revisions = tuple((str(pick.upstream), pick.revision or "deleted") for pick in one.files)
    parts = tuple(Part(pick.upstream, pick.revision or "deleted", landed, of) for pick, landed, of in one.parts)
    state = State.PORTED if one.whole else State.CONFLICT
    landed = [entry for entry in one.entries if entry.fate is Fate.PLACED]
    words = dict.fromkeys(word for entry in landed for word in entry.words)
    file = {pick.upstream: pick.file for pick in one.picked.files}
    notes = (
        *((LEFT_OUT, out) for out in one.left_out),
        *((WORDS, word) for word in words),
        *((_HOW[entry.method], f"{file[entry.upstream]} #{entry.number}") for entry in landed if entry.method in _HOW),
    )
    return Step(one.picked.changeset, revisions, one.writes, state, notes=notes, parts=parts, partial=not one.whole)


def _draft_step(one: Ported) -> Step:
    """The commit of what the draft takes of a changeset, on top of the branch."""
    parts, notes, writes = [], [], {}
    for drafted in one.drafted:
        pick = drafted.one.pick
        numbers, count = tuple(sorted(drafted.taken)), len(drafted.one.placed.hunks)
        parts.append(Part(pick.upstream, pick.revision or "deleted", numbers, count))
        writes[pick.target] = drafted.result
        placings = [placing for placing, _ in drafted.taken.values()]
        notes += [(WORDS, word) for placing in placings for word in map(str, placing.words)]
        notes += [(_HOW[one.method], f"{pick.file} #{one.number}") for one in placings if one.method in _HOW]
    return Step(
        one.picked.changeset, (), writes, State.CONFLICT, notes=tuple(dict.fromkeys(notes)), parts=tuple(parts),
        partial=True,
    )
