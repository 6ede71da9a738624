"""`portkit resolve`: settles one conflict, remembers how, and replays what waited for it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from portkit.cli import resolve_patch
from portkit.cli.carrying import Carrying
from portkit.cli.editor import edit
from portkit.cli.named import Names
from portkit.cli.options import Options
from portkit.cli.sync import run
from portkit.cli.wiring import Workspace, workspace
from portkit.components import locations
from portkit.components.model import Mode
from portkit.decisions.answer import Labels
from portkit.decisions.ids import parse_id
from portkit.decisions.resolution import Resolution
from portkit.errors import PortkitError, UserError, WorldError
from portkit.git.mergetool import mergetool
from portkit.merge.kinds import Gate
from portkit.sync.branch import holds_parts
from portkit.sync.component import ComponentRun
from portkit.sync.outcome import ChangesetOutcome, ComponentOutcome, State
from portkit.sync.plan import Plan
from portkit.sync.request import Request
from portkit.sync.settling import OpenFile, Settled, open_files, settled
from portkit.text import printable

_LANDED = (State.PORTED, State.ALREADY)
_SUBJECT = 50
"""As much of a subject stands in a marker."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What an ID means: the open files, and the plan that they stand in; or the series of local patches, where it is a
    card of one."""

    component: str
    files: tuple[OpenFile, ...]
    plan: Plan | None
    run: ComponentRun
    request: Request
    stamp: str
    series: Carrying | None = None


@click.command("resolve")
@click.argument("id", metavar="ID")
@click.option("--from", "source", metavar="FILE", type=click.Path(dir_okay=False), help="Take FILE, resolved.")
@click.option("--ours", "side", flag_value="ours", help="Keep the target's side.")
@click.option("--theirs", "side", flag_value="theirs", help="Take upstream's side.")
@click.option("--tool", "side", flag_value="tool", help="Use git's mergetool, as git is configured (merge.tool).")
@click.option("--whole", is_flag=True, help="Lines outside of the conflict were changed, too, and are meant.")
@click.option("--note", default="", metavar="TEXT", help="A word to whoever reviews it, kept with the resolution.")
@click.option("--no-sync", is_flag=True, help="Only remember; do not replay what waits for it.")
@click.option("--component", default="", metavar="NAME", help="Only this component, where a changeset is of several.")
@click.option("--onto", metavar="REV", help="The target commit to start from (default: the map's branch).")
@click.option("--until", default="", metavar="REV-or-DATE", help="Look at upstream no further than this.")
@click.pass_obj
def command(
    options: Options,
    id: str,
    source: str | None,
    side: str | None,
    whole: bool,
    note: str,
    no_sync: bool,
    component: str,
    onto: str | None,
    until: str,
) -> int:
    """Settles a conflict, remembers how, and replays what waits for it.

    ID is that of a conflict, or CHANGESET[:PATH[#HUNK]]. Without a flag, $EDITOR is opened on the file, with markers,
    in a folder of portkit's own; no checkout is touched. What comes back is checked, and kept under
    patches/<component>/resolutions/: every later sync applies it where the same three sides meet.

    The ID of a local patch that no longer fits (kind patch) is settled the same way: the file is what it is to be with
    the patch, on what upstream has now; then the series is carried on.
    """
    if source is not None and side is not None:
        raise UserError("--from, --ours, --theirs and --tool exclude one another", where="portkit resolve")
    by_hand = source is None and side in (None, "tool")
    note = " ".join(note.split())
    if locations.holds_control(note):
        raise UserError("the note holds a control character", where="--note")
    began: tuple[str, Path] | None = None
    shown: _Found | None = None
    if by_hand:
        with workspace(options, fetch=False) as place:
            shown = _find(place, id, component, onto, until)
            file = _single(shown, id)
            if shown.series is not None and resolve_patch.leftover(file):
                raise UserError(
                    f"nothing in {file.pick.target} clashes: there is nothing to edit", where="ID",
                    hint=f"where the target is right as it stands: portkit resolve {id} --ours",
                )  # fmt: skip
            began = file.key, _edited(place, shown, file, tool=side == "tool")
    with workspace(options, fetch=False, writing=True) as place:
        work = began[1] if began is not None else Path(source) if source is not None else None
        try:
            same = shown is not None and shown.stamp == _stamp(place, shown.component, onto)
            found = shown if same and shown is not None else _find(place, id, component, onto, until)
            if began is not None and [one.key for one in found.files] != [began[0]]:
                raise UserError(f"the sides of {id} changed while it was being resolved", where="ID")
            taken = side if side and not by_hand else ""
            made = _settled(place, found, id, work, taken, note, whole=whole)
        except UserError as error:
            if began is not None:
                kept = f"your work is kept: {work}; go on with it: portkit resolve {id}"
                error.hint = f"{error.hint}; {kept}" if error.hint else kept
            raise
        return _finish(place, found, made, sync=not no_sync)


def _stamp(place: Workspace, component: str, onto: str | None) -> str:
    """What the sides of a component's conflicts depend on: while it is the same, they are."""
    target = place.target()
    commit = target.resolve(onto) if onto else target.default_tip()
    source = place.map.source(place.map.component(component).upstream)
    inputs = place.map, commit, place.history(source).stamp, place.decisions(component), place.resolutions(component)
    return hashlib.sha256(repr(inputs).encode("utf-8", "surrogateescape")).hexdigest()


def _find(place: Workspace, id: str, only: str, onto: str | None, until: str) -> _Found:
    """What `id` means. Raises UserError where nothing of that name is open."""
    target = place.target()
    commit = target.resolve(onto) if onto else target.default_tip()
    names = Names(place, only, commit, until)
    wanted = parse_id(id)
    try:
        named = names.find(id)
    except UserError:
        if wanted.conflict:
            of_patch = resolve_patch.found_in(place, names.components, wanted, onto, until)
            if of_patch is not None:
                series, files = of_patch
                request = Request((series.work.component.name,), series.work.commit, until)
                return _Found(series.work.component.name, files, None, series.work.run, request, "", series)
            _refuse_resolved(place, names, wanted.conflict)
        raise
    component = named.component
    looked, plan = names.run(component), names.plan(component)
    known = place.resolutions(component.name)
    files = tuple(open_files(component.name, plan.results, named.changeset.id, wanted, known, component.fold))
    in_part = component.mode is not Mode.PORT and holds_parts(target, f"portkit/{component.name}", commit)
    request = Request((component.name,), commit, until, partial=in_part)
    return _Found(component.name, files, plan, looked, request, _stamp(place, component.name, onto))


def _refuse_resolved(place: Workspace, names: Names, conflict: str) -> None:
    for component in names.components:
        for one in place.every_resolution(component.name).every:
            if one.conflict.startswith(conflict):
                path = place.resolutions_folder(component.name).shown(one.name)
                hint = "take that file away, and it is open again"
                raise UserError(f"{one.conflict} is resolved, and open no longer", where=path, hint=hint)


def _single(found: _Found, id: str) -> OpenFile:
    if len(found.files) > 1:
        names = ", ".join(f"{one.id} ({one.pick.target})" for one in found.files)
        raise UserError(f"{id} has conflicts in several files", where="ID", hint=f"one after the other: {names}")
    return found.files[0]


def _labels(place: Workspace, found: _Found, file: OpenFile) -> Labels:
    """Each side by commit and subject."""
    if found.series is not None:
        return resolve_patch.labels(found.series, file)
    subject = place.target().commit_info(found.request.onto).message.partition("\n")[0]
    changeset = file.one.picked.changeset
    every = found.run.changesets
    position = next(at for at, each in enumerate(every) if each.id == changeset.id)
    before = found.run.lineage.version_at(file.pick.upstream, position - 1)
    base = "base"
    if before is not None:
        base = f"base: {before.label}, {_named(before.changeset, every[before.position].subject)}"
    return Labels(
        f"ours: the target at {_named(found.request.onto, subject)}",
        base,
        f"theirs: {file.pick.file.label}, {_named(changeset.id, changeset.subject)}",
    )


def _named(id: str, subject: str) -> str:
    words = " ".join(printable(subject).split())
    return f"{id[:12]} ({words if len(words) <= _SUBJECT else words[: _SUBJECT - 3].rstrip() + '...'})"


def _edited(place: Workspace, found: _Found, file: OpenFile, *, tool: bool) -> Path:
    """The file as it came back from the user's editor or merge tool. Raises where that failed; what was done so far is
    kept, and the error says where."""
    if file.binary:
        hint = "use --ours, --theirs or --from FILE"
        raise UserError(f"{file.pick.target} is binary: no editor knows it", where=file.id, hint=hint)
    folder = place.state / "resolve" / f"{file.id}-{file.key}"
    work = folder / file.pick.target
    question = file.question()
    text = question.marked(_labels(place, found, file)) if question is not None else file.beginning()
    try:
        work.parent.mkdir(parents=True, exist_ok=True)
        if not tool and work.exists():
            place.screen.note(f"going on with what was begun before: {work}")
        elif not tool:
            work.write_bytes(text)
    except OSError as error:
        raise WorldError(f"{folder} cannot be made", cause=error.strerror or str(error)) from error
    if question is None:
        place.screen.note(f"no markers: {file.clashes[0][1].reason}")
    again = f"your work is kept: {work}; go on with it: portkit resolve {file.id}"
    try:
        if tool:
            sides = [(side.content, side.mode) if side is not None else None for side in file.sides]
            return mergetool(folder, file.pick.target, sides, text)
        edit(work)
    except PortkitError as error:
        error.hint = again
        raise
    except KeyboardInterrupt:
        place.screen.note(again)
        raise
    return work


def _settled(
    place: Workspace, found: _Found, id: str, work: Path | None, side: str, note: str, *, whole: bool
) -> tuple[Settled, ...]:
    person = place.target().identity()
    who = f"{person.name} <{person.email}>"
    if found.series is not None and resolve_patch.leftover(found.files[0]):
        return (resolve_patch.settled_leftover(found.files[0], work, side, who, note),)
    if work is None:
        every = ((one, one.side(side)) for one in found.files)
        return tuple(settled(one, content, who, note, side=side, whole=whole) for one, content in every)
    file = _single(found, id)
    begun = (place.state / "resolve").resolve()
    if begun in work.resolve().parents and work.resolve().relative_to(begun).parts[0] != f"{file.id}-{file.key}":
        what = f"{work} was begun when the sides of {file.id} were others, or for another conflict"
        raise UserError(what, where="--from", hint=f"look at it as it is now: portkit resolve {file.id}")
    try:
        content = work.read_bytes()
    except OSError as error:
        raise UserError(f"{work} cannot be read", cause=error.strerror or str(error), where="--from") from error
    return (settled(file, file.given(content), who, note, side="", whole=whole),)


def _finish(place: Workspace, found: _Found, made: Sequence[Settled], *, sync: bool) -> int:
    """Keeps the resolutions, replays, and tells."""
    if found.series is not None:
        return resolve_patch.finish(place, found.series, made, refresh=sync)
    assert found.plan is not None
    folder = place.resolutions_folder(found.component)
    for each in made:
        for resolution in each.resolutions:
            folder.add(resolution)
    place.read_again(found.component)
    outcome = next(one for one in run(place, found.request) if one.name == found.component) if sync else None
    before = {one.changeset.id: one.state for one in found.plan.outcome.changesets}
    landed = [
        one
        for one in (outcome.changesets if outcome is not None else ())
        if one.state in _LANDED and before.get(one.changeset.id) not in _LANDED
    ]
    for each in made:
        shutil.rmtree(place.state / "resolve" / f"{each.file.id}-{each.file.key}", ignore_errors=True)
    place.screen.result({
        "schema": 1, "command": "resolve", "component": found.component,
        "changeset": made[0].file.one.picked.changeset.id,
        "resolutions": [_object(folder.shown(one.name), one, each) for each in made for one in each.resolutions],
        "landed": [{"id": one.changeset.id, "subject": one.changeset.subject, "commit": one.commit} for one in landed],
        "counts": outcome.counts() if outcome is not None else None,
    })  # fmt: skip
    _tell(place, found, made, outcome, landed)
    return 0


def _object(path: str, one: Resolution, each: Settled) -> Mapping[str, Any]:
    return {
        "file": path, "conflict": one.conflict, "revision": str(one.file), "hunk": one.hunk or None,
        "gate": each.verdict.gate or None, "reason": each.verdict.reason,
    }  # fmt: skip


def _tell(
    place: Workspace, found: _Found, made: Sequence[Settled], outcome: ComponentOutcome | None,
    landed: Sequence[ChangesetOutcome],
) -> None:  # fmt: skip
    screen = place.screen
    folder = place.resolutions_folder(found.component)
    for each in made:
        for one in each.resolutions:
            where = f" in {one.function}" if one.function else ""
            screen.say(f"{one.conflict} is resolved: {each.file.pick.target}{where}")
            screen.say(f"  kept as {folder.shown(one.name)}")
        match each.verdict.gate:
            case Gate.FAITHFUL:
                screen.paragraph("the gate: it makes upstream's change, and nothing else")
            case Gate.ALREADY:
                screen.paragraph("the gate: the target makes upstream's change already")
            case Gate.FAILED:
                screen.paragraph(f"the gate would not have it ({each.verdict.reason}); yours is taken")
            case Gate.NONE:
                screen.paragraph("the gate says nothing of it")
    if outcome is None:
        screen.say(f"Replay what waits for it:  portkit sync {found.component}")
        return
    id = made[0].file.one.picked.changeset.id
    if not landed:
        now = next((one for one in outcome.changesets if one.changeset.id == id), None)
        why = f"{now.state}: {now.reason}" if now is not None else "no longer looked at"
        screen.paragraph(f"its changeset has not landed yet; it is {why}", first="", indent="")
    else:
        more = "1 changeset has" if len(landed) == 1 else f"{len(landed)} changesets have"
        screen.say(f"{more} landed on {outcome.branch}:")
    for ported in landed:
        screen.say(f"  {ported.changeset.id[:10]} {ported.changeset.subject}"[:80], style="ported")
    counts = outcome.counts()
    screen.say(f"Still open: {counts['conflict'] + counts['flagged']}, and {counts['blocked']} blocked by them.")
