"""`portkit patches`: the local patches of a component as a series."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import click

from portkit.cli.carrying import Carrying, scope_of
from portkit.cli.local import LocalPatches
from portkit.cli.log import cut
from portkit.cli.options import Options
from portkit.cli.wiring import Workspace, workspace
from portkit.errors import UserError, WorldError
from portkit.merge.file import SYMLINK
from portkit.patches import export as forms
from portkit.patches.applying import Files
from portkit.patches.checking import Checked, PatchCheck
from portkit.patches.entries import SERIES
from portkit.patches.export import Form
from portkit.patches.extract import Extracted, extract
from portkit.patches.owners import ownership
from portkit.patches.patchid import patch_id
from portkit.patches.refresh import diff_of_diffs
from portkit.patches.series import REMAINDER, Patch, Series, with_baseline
from portkit.paths import RepoPath, problem_with
from portkit.report.card_wording import because
from portkit.report.patches import (
    check_object,
    extract_object,
    fit_words,
    list_object,
    owners_object,
    refresh_object,
    superseded_words,
)
from portkit.report.waiting import Waiting
from portkit.report.wording import place as place_of
from portkit.store import patches as store
from portkit.store.atomic import write_atomic
from portkit.text import decode
from portkit.triage.card import Card

_ONTO = click.option("--onto", metavar="REV", help="The target commit to look at (default: the map's branch).")
_UNTIL = click.option("--until", default="", metavar="REV-or-DATE", help="Look at upstream no further than this.")


@click.group("patches")
def command() -> None:
    """Keeps the local patches of a component as a series that quilt and git am take: patches/COMPONENT/."""


@command.command("list")
@click.argument("what", metavar="COMPONENT|FILE[:LINE]")
@_ONTO
@_UNTIL
@click.pass_obj
def listed(options: Options, what: str, onto: str | None, until: str) -> int:
    """Lists the patches of a COMPONENT; or those that own a FILE of the target, or one LINE of it (or FIRST-LAST)."""
    with workspace(options) as place:
        if any(one.name == what for one in place.map.components):
            return _list(place, what, onto, until)
        path, first, last = _spot(what)
        return _owners(place, path, first, last, onto, until)


def _list(place: Workspace, name: str, onto: str | None, until: str) -> int:
    series = LocalPatches.open(place, name, onto, until).series()
    screen = place.screen
    screen.result(list_object(name, series.patches))
    for patch in series.patches:
        _tell_patch(place, patch)
    return 0


def _tell_patch(place: Workspace, patch: Patch) -> None:
    added, removed = sum(one.added for one in patch.files), sum(one.removed for one in patch.files)
    place.screen.say(cut(f"{patch.name.removesuffix('.patch'):<54} {f'+{added}':>6} {f'-{removed}':>6}"))
    said = [patch.headers.subject] if patch.headers.subject else []
    if patch.headers.author:
        said.append(patch.headers.author.partition("<")[0].strip())
    commits = patch.headers.commits
    said += [f"commit {commit[:10]}" for commit in commits[:2]]
    said += [f"{len(commits) - 2} more"] if len(commits) > 2 else []
    place.screen.paragraph(" · ".join(said) or "says nothing of itself", first="    ", indent="    ")
    if place.screen.verbose:
        place.screen.paragraph(", ".join(patch.paths), first="    ", indent="    ")


def _spot(text: str) -> tuple[RepoPath, int, int]:
    """A path, and the lines named after it (0, 0 for none)."""
    match = re.fullmatch(r"(.+?)(?::(\d{1,9})(?:-(\d{1,9}))?)?", text)
    assert match is not None
    path = match[1].removeprefix("./")
    problem = problem_with(path)
    if problem:
        hint = "a component's name, or a path from the top of the target"
        raise UserError(f"the path {path!r} {problem}", where="portkit patches list", hint=hint)
    first = int(match[2] or 0)
    last = int(match[3] or first)
    if match[2] is not None and not 1 <= first <= last:
        raise UserError(f"{text!r} names no lines", where="portkit patches list", hint="lines count from 1: FILE:10-12")
    return RepoPath(path), first, last


def _owners(place: Workspace, path: RepoPath, first: int, last: int, onto: str | None, until: str) -> int:
    component = next((one for one in place.map.components if one.upstream_of(path) is not None), None)
    if component is None:
        hint = f"portkit map locate {path} says what the map knows"
        raise UserError(f"{path} is no component, and no file of one", where="portkit patches list", hint=hint)
    work = LocalPatches.open(place, component.name, onto, until)
    series = work.series()
    baseline, _ = work.stands_on(series)
    owns = ownership(series, baseline)
    version = work.derived.tree.get(path)
    if version is None:
        raise UserError(f"the target has no {path} at {work.commit[:12]}", where="portkit patches list")
    count = version.content.count(b"\n") + (not version.content.endswith(b"\n"))
    if last > count:
        raise UserError(f"{path} has {count} lines", where=f"{path}:{last}")
    names = owns.owners_in(path, version.content, first or 1, last or count)
    patches = [patch for patch in series.patches if patch.name in names]
    place.screen.result(owners_object(component.name, path, first, last, patches))
    for patch in patches:
        _tell_patch(place, patch)
    if not patches:
        where = f"{path}:{first}" if first else str(path)
        place.screen.say(f"{where}: no local patch; it is upstream's")
    return 0


@command.command("extract")
@click.argument("component")
@_ONTO
@_UNTIL
@click.option("--replace", is_flag=True, help="Build the series anew where there is one.")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@click.pass_obj
def extracted(options: Options, component: str, onto: str | None, until: str, replace: bool, dry_run: bool) -> int:
    """Builds the series of COMPONENT from the target's history: baseline and series give the files as they stand, byte
    for byte.

    Each local commit becomes a patch with its subject, author and reason; ports are upstream's and are left out. What
    history does not explain is the last patch, remainder.patch.
    """
    with workspace(options, writing=not dry_run) as place:
        work = LocalPatches.open(place, component, onto, until)
        before = work.contents()
        if before and not replace and not dry_run:
            raise UserError(
                f"{component} has a patch series already", where=str(work.folder),
                hint=f"portkit patches refresh {component} carries it on; --replace builds it anew",
            )  # fmt: skip
        local, ports = work.local()
        found = extract(component, local.layers, local.commits, ports, local.left_out)
        contents = _kept(found.series, work.series(before) if before else Series())
        contents[SERIES] = with_baseline(found.series.raw, work.labels())
        if not dry_run:
            store.replace(work.folder, contents, leaving=before)
        place.screen.result(extract_object(component, work.commit, found, str(work.folder), not dry_run))
        _tell_extracted(place, work, found, dry_run)
        return 0


def _kept(new: Series, old: Series) -> dict[str, bytes]:
    """The files of `new`; where `old` has a patch of the same name and patch-id, its file as it stands."""
    result = {}
    for patch in new.patches:
        before = old.named(patch.name)
        same = before is not None and patch_id(before.files) == patch_id(patch.files)
        result[patch.name] = before.raw if before is not None and same else patch.raw
    return result


def _tell_extracted(place: Workspace, work: LocalPatches, found: Extracted, dry_run: bool) -> None:
    screen = place.screen
    for patch in found.series.patches:
        _tell_patch(place, patch)
    named = [patch for patch in found.series.patches if patch.name != REMAINDER]
    files = len(work.derived.tree)
    told = f"{len(named)} patches; with their baseline they give the {files} files as they stand"
    screen.paragraph(f"{work.component.name} at {work.commit[:12]}: {told}", first="", indent="")
    screen.say(f"changed lines {found.changed}; history does not explain {found.left} ({100 * found.share:.1f} %)")
    screen.say("nothing was written (--dry-run)" if dry_run else f"written: {work.folder}")


@command.command("check")
@click.argument("component")
@_ONTO
@_UNTIL
@click.option("--syncs", default=4, metavar="N", type=click.IntRange(0, 1000),
              help="Collisions in the last N weekly reports (default: 4).")  # fmt: skip
@click.pass_obj
def checked(options: Options, component: str, onto: str | None, until: str, syncs: int) -> int:
    """Says whether the series of COMPONENT still holds: whether baseline and series give the target's files, how each
    patch fits (in order, alone, and on upstream's newest files), what upstream has by now, and which patches stood in
    upstream's way lately.

    Exit 1 where the files are not equal, or a patch does not apply.
    """
    with workspace(options) as place:
        work = LocalPatches.open(place, component, onto, until)
        found = work.check(work.series(), syncs)
        place.screen.result(check_object(found))
        _tell_checked(place, found)
        return 0 if found.holds else 1


def _tell_checked(place: Workspace, found: Checked) -> None:
    screen = place.screen
    screen.say(f"{'patch':<46} {'in order':<9} {'alone':<9} {'upstream':<9}".rstrip())
    for one in found.patches:
        name = one.patch.name.removesuffix(".patch")
        name = name if len(name) <= 46 else f"{name[:43]}..."
        columns = f"{fit_words(one.in_order):<9} {fit_words(one.alone):<9} {fit_words(one.forward):<9}"
        screen.say(f"{name:<46} {columns}".rstrip(), style="" if one.in_order.fit == "exact" else "flagged")
        _tell_more(place, one)
    for file in found.unequal:
        screen.paragraph(f"not equal: {file.path}: {file.why}", first="", indent="    ", style="conflict")
    equal = sum(file.equal for file in found.files)
    verdict = "equal" if found.equal else "NOT EQUAL"
    told = f"baseline and series against the tree: {verdict} ({equal} of {len(found.files)} files)"
    screen.say(f"{found.component} at {found.onto[:12]}")
    screen.say(told, style="" if found.equal else "conflict")
    if not found.equal:
        screen.say(f"portkit patches refresh {found.component} carries the series onto the tree")


def _tell_more(place: Workspace, one: PatchCheck) -> None:
    said = []
    if one.in_order.reason:
        said.append(f"does not apply: {one.in_order.reason}")
    if one.forward.reason:
        said.append(f"not on upstream's newest files: {one.forward.reason}")
    if one.alone.reason and place.screen.verbose:
        said.append(f"not alone: {one.alone.reason}")
    if one.superseded is not None and superseded_words(one.superseded):
        said.append(superseded_words(one.superseded))
    if one.collisions:
        said.append(f"stood in the way of {', '.join(one.collisions)}")
    for text in said:
        place.screen.paragraph(text, first="    ", indent="    ")


@command.command("refresh")
@click.argument("component")
@_ONTO
@_UNTIL
@click.option("--remainder", is_flag=True, help="What no patch explains goes into remainder.patch.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show how the patches would change.")
@click.pass_obj
def refreshed(
    options: Options, component: str, onto: str | None, until: str, remainder: bool, dry_run: bool
) -> int:
    """Carries the series of COMPONENT onto a synced tree (--onto portkit/COMPONENT): by merge, not by fuzz.

    A patch that only moved keeps its file to the byte; one that became empty is retired, with the reason. Where one no
    longer fits, the series stays as it was, and what is in the way is told: exit 1.
    """
    with workspace(options, writing=not dry_run) as place:
        work = LocalPatches.open(place, component, onto, until)
        one = Carrying.of(work, remainder=remainder, scope=scope_of(onto, until), until=until)
        found, diff = one.found, ""
        if not found.cards and dry_run:
            diff = "".join(diff_of_diffs(patch, found.series.named(patch.name)) for patch in one.series.patches)
            diff += "".join(decode(new.raw) for new in found.series.patches if one.series.named(new.name) is None)
        elif not found.cards:
            one.write()
        cards = one.waiting()
        place.screen.result(refresh_object(component, work.commit, found, not dry_run and not found.cards, diff, cards))
        if diff:
            place.screen.say(diff.rstrip("\n"))
        tell_refreshed(place, one, cards, dry_run=dry_run)
        return 1 if found.cards else 0


def tell_refreshed(
    place: Workspace, one: Carrying, cards: Sequence[tuple[Waiting, Card]], *, dry_run: bool = False
) -> None:
    """What became of the series, or where it no longer fits."""
    screen, found, work = place.screen, one.found, one.work
    for waits, card in cards:
        screen.say(cut(f"{waits.id}  {waits.patch.removesuffix('.patch') or 'no patch'}"), style="conflict")
        screen.paragraph(f"{place_of(waits)}: {waits.reason}", first="    ", indent="    ")
        for text, _ in because(card):
            screen.paragraph(text, first="    ", indent="      ")
    if cards:
        screen.paragraph(
            f"the series stays as it was. portkit conflicts {cards[0][0].id}{one.scope} says what settles it; where "
            "the tree is right as it stands, refresh --remainder takes all of it into remainder.patch",
            first="", indent="",
        )  # fmt: skip
        return
    for name in found.changed:
        screen.say(f"{'changed' if one.series.named(name) is not None else 'new'}: {name}")
    for gone in found.retired:
        screen.paragraph(f"retired: {gone.name}: {gone.reason}", first="", indent="    ")
    same = len(found.series.patches) - len(found.changed)
    done = "would stand" if dry_run else "stands"
    kept = f"{same} of {len(found.series.patches)} patches as they were"
    screen.paragraph(f"the series {done} on {work.component.name} at {work.commit[:12]}; {kept}", first="", indent="")


@command.command("export")
@click.argument("component")
@click.option("--format", "form", type=click.Choice([str(one) for one in Form]), default="mbox",
              help="mbox for git am, a quilt folder, or one combined diff. Default: mbox.")  # fmt: skip
@click.option("--to", "target", metavar="PATH", required=True, help="The file, or for quilt the folder, to write.")
@click.option("--baseline", "folder", metavar="DIR", help="Write the baseline's files into DIR, which must be new.")
@_ONTO
@_UNTIL
@click.pass_obj
def exported(
    options: Options, component: str, form: str, target: str, folder: str | None, onto: str | None, until: str
) -> int:
    """Writes the series of COMPONENT as others take it: a mailbox for git am, a folder for quilt (PATH/patches), or one
    combined diff. Each applies to the baseline's files, which --baseline writes beside it."""
    with workspace(options) as place:
        work = LocalPatches.open(place, component, onto, until)
        series = work.series()
        baseline, _ = work.stands_on(series)
        lost = next((one for one in forms.unapplied(series, baseline)), None)
        if lost is not None:
            raise UserError(
                f"the patch does not apply: {lost[1]}", where=str(work.folder / lost[0]),
                hint=f"portkit patches check {component} says how each one fits",
            )  # fmt: skip
        if folder:
            _write_files(Path(folder), baseline)
        written = []
        match Form(form):
            case Form.MBOX:
                written = [(Path(target), forms.mbox(series, baseline))]
            case Form.DIFF:
                written = [(Path(target), forms.combined(series, baseline))]
            case Form.QUILT:
                top = Path(target, "patches")
                written = [(top / name, content) for name, content in forms.quilt(series, baseline).items()]
        for path, content in written:
            write_atomic(path, content)
        place.screen.result({
            "schema": 1, "command": "patches", "action": "export", "component": component, "format": form,
            "files": [str(path) for path, _ in written], "baseline": folder,
        })  # fmt: skip
        place.screen.say(f"{len(series.patches)} patches: {target}")
        if folder:
            place.screen.say(f"their baseline, {len(baseline)} files: {folder}")
        return 0


def _write_files(folder: Path, files: Files) -> None:
    """The files of a tree into a folder that is new or empty. Raises UserError where it holds something."""
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise UserError("it is there already", where=str(folder), hint="name a folder that is new or empty")
    try:
        for path, version in files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if version.mode == SYMLINK:
                place.symlink_to(version.content.decode("utf-8", "surrogateescape"))
                continue
            place.write_bytes(version.content)
            place.chmod(version.mode & 0o777)
    except OSError as error:
        raise WorldError(f"cannot write {folder}", cause=error.strerror or str(error)) from error
