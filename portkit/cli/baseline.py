"""`portkit baseline`: which upstream revision each file of a component derives from."""

from __future__ import annotations

from dataclasses import dataclass

import click

from portkit.cli.log import cut
from portkit.cli.options import Options
from portkit.cli.screen import Screen
from portkit.cli.wiring import Workspace, workspace
from portkit.components.model import Component
from portkit.ports.explain import explained
from portkit.ports.review import Part, differences
from portkit.protocols import Tree
from portkit.report.contract import baseline_object
from portkit.report.port_review import part_object, part_text
from portkit.sync.lineage import Lineage
from portkit.sync.outcome import FileBaseline
from portkit.text import is_binary

_INDENT = " " * 6


@click.command("baseline")
@click.argument("component")
@click.option("--onto", metavar="REV", help="The target commit to look at (default: the map's branch).")
@click.option("--hunks", is_flag=True, help="Show the hunks in which each file differs from its baseline; so does -v.")
@click.pass_obj
def command(options: Options, component: str, onto: str | None, hunks: bool) -> int:
    """Says, per file, what the ident line records, what the content is nearest to, and which of them is used; where
    the two disagree, which of upstream's changes between them are there."""
    with workspace(options) as place:
        target = place.target()
        commit = target.resolve(onto) if onto else target.default_tip()
        chosen = place.map.component(component)
        run = place.sync().component_run(chosen, commit)
        tree, _, start = run.start(commit, len(run.changesets) - 1)
        screen = place.screen
        hunks = hunks or screen.verbose
        files = [_looked_at(place, chosen, run.lineage, tree, file, hunks) for file in start.files]
        told = baseline_object(component, start.files)
        for one, looked in zip(told["files"], files, strict=True):
            one["why"] = list(looked.why)
            if hunks:
                one["hunks"] = [part_object(part) for part in looked.parts]
        screen.result(told)
        screen.say(f"{component} at {commit[:12]}")
        for looked in files:
            _tell(screen, looked)
        return 0


@dataclass(frozen=True, slots=True)
class _Looked:
    """A baseline, why ident line and content disagree, and where the file differs from it."""

    file: FileBaseline
    why: tuple[str, ...]
    parts: tuple[Part, ...]


def _looked_at(
    place: Workspace, component: Component, lineage: Lineage, tree: Tree, file: FileBaseline, hunks: bool
) -> _Looked:
    disagree = bool(file.recorded) and file.recorded != file.used
    blob = tree.entries.get(file.target)
    if blob is None or not (disagree or hunks):
        return _Looked(file, (), ())
    history = place.history(place.map.source(component.upstream))
    versions = [one for one in lineage.versions(file.upstream) if one.blob is not None]
    content = tree.read(blob.oid)
    why: tuple[str, ...] = ()
    if disagree:
        why = tuple(explained(versions, file.recorded, file.used, content, history.read, component.fold))
    parts: tuple[Part, ...] = ()
    version = next((one for one in reversed(versions) if one.label == file.used), None)
    if hunks and version is not None and version.blob is not None:
        base = history.read(version.blob.oid)
        if not is_binary(base) and not is_binary(content):
            parts = differences(base, content, component.fold)
    return _Looked(file, why, parts)


def _tell(screen: Screen, looked: _Looked) -> None:
    file = looked.file
    used = file.used or "none"
    screen.say(f"  {file.target.rpartition('/')[2]:<22} {used:<10} {file.confidence:<7} {_off(file.distance)}")
    if file.note:
        screen.paragraph(file.note, first=_INDENT, indent=_INDENT)
    for sentence in looked.why:
        screen.paragraph(sentence, first=_INDENT + "  ", indent=_INDENT + "    ")
    for part in looked.parts:
        where = f" in {part.function}" if part.function else ""
        screen.say(cut(f"{_INDENT}line {part.start}{where}"))
        for text in part_text(part):
            screen.say(cut(f"{_INDENT}  {text}"))


def _off(distance: int | None) -> str:
    if distance is None:
        return ""
    return "equal" if distance == 0 else f"{distance} lines off"
