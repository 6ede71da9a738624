"""`portkit map`: whether the map is right, its schema, and which line of it speaks of a path."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from portkit.cli.failing import failed
from portkit.cli.options import Options
from portkit.cli.wiring import Workspace, workspace
from portkit.components import check, keys
from portkit.components.check import SHOWN, Facts, Finding, Severity, Upstream
from portkit.components.locate import Answer, Kind, locate, nearest_mapped
from portkit.components.mistakes import MapError
from portkit.components.model import Component, ComponentMap, Source
from portkit.errors import PortkitError, UserError, WorldError
from portkit.paths import RepoPath, problem_with
from portkit.sync import agreement
from portkit.sync.lineage import Lineage
from portkit.target.git import GitTarget
from portkit.upstream.source import UpstreamHistory


@click.command("map")
@click.argument("what", type=click.Choice(["check", "schema", "locate"]), metavar="check|schema|locate")
@click.argument("path", metavar="[PATH]", required=False)
@click.option("--offline", is_flag=True, help="Check the map alone, not against upstream and the target.")
@click.pass_obj
def command(options: Options, what: str, path: str | None, offline: bool) -> int:
    """Checks the map, prints its JSON Schema, or says which line of it speaks of a PATH.

    check finds what is wrong and what has gone stale, each with line and remedy. locate takes upstream's path or the
    target's.
    """
    if (what == "locate") != (path is not None):
        text = "locate needs a PATH" if what == "locate" else f"{what} takes no PATH"
        raise UserError(text, where="portkit map", hint="portkit map --help shows how it is called")
    if offline and what != "check":
        raise UserError(f"--offline is for check, not for {what}", where="portkit map")
    if what == "schema":
        return _schema(options)
    if path is not None:
        return _locate(options, path)
    return _check(options, offline)


def _schema(options: Options) -> int:
    schema = keys.schema()
    options.screen.result({"schema": 1, "command": "map", "json_schema": schema})
    options.screen.say(json.dumps(schema, indent=2, ensure_ascii=True))
    return 0


def _locate(options: Options, path: str) -> int:
    with workspace(options, fetch=False) as place:
        wanted = path.removeprefix("./")
        problem = problem_with(wanted.removesuffix("/"))
        if problem:
            raise UserError(f"the path {path!r} {problem}", hint="write it as from the top of the tree")
        answers = locate(place.map, wanted)
        for prefix in {source.prefix for source in place.map.upstreams if source.prefix and not answers}:
            if wanted.startswith(prefix):
                answers = locate(place.map, wanted.removeprefix(prefix))
        if not answers:
            near = nearest_mapped(place.map, wanted)
            text = f"nothing in the map speaks of {wanted!r}" + (f"; nearest: {near!r}" if near else "")
            raise UserError(text, where=place.map.path, hint="components.*.paths map what is followed")
        file = Path(place.map.path).name
        place.screen.result({"schema": 1, "command": "map", "answers": [_answer(one, file) for one in answers]})
        for one in answers:
            _tell_answer(place, one, file)
        return 0


def _answer(one: Answer, file: str) -> Mapping[str, Any]:
    return {
        "component": one.component, "mode": one.mode, "side": one.side, "kind": one.kind,
        "upstream": one.upstream or None, "target": one.target or None, "rule": one.rule or None,
        "file": file, "line": one.line, "notes": list(one.notes),
    }  # fmt: skip


def _tell_answer(place: Workspace, one: Answer, file: str) -> None:
    screen = place.screen
    source = place.map.component(one.component).upstream
    screen.say(f"{one.kind}: {one.component} ({one.mode})")
    if one.upstream:
        screen.say(f"  upstream  {one.upstream} ({source})")
    if one.target:
        screen.say(f"  target    {one.target}")
    if one.kind is Kind.UNMAPPED:
        screen.paragraph("it stands beside mapped files of upstream's, and no line speaks of it; a new one is reported")
    screen.say(f"  {'by' if one.rule else 'see'}{'' if one.rule else ' '}".ljust(12) + _by(one, file))
    for note in one.notes:
        screen.paragraph(note)


def _by(one: Answer, file: str) -> str:
    return f"{file}:{one.line}" + (f": {one.rule}" if one.rule else "")


def _check(options: Options, offline: bool) -> int:
    screen = options.screen
    unreachable: list[PortkitError] = []
    disagreements: list[Mapping[str, Any]] = []
    try:
        with workspace(options) as place:
            file = Path(place.map.path).name
            findings = check.offline(place.map) + _template(place)
            if not offline:
                findings += _online(place, unreachable, disagreements)
    except MapError as error:
        file = error.mistakes[0].file
        findings = [Finding(Severity.MISTAKE, one.line, one.key, one.text) for one in error.mistakes]
    findings.sort(key=lambda one: (one.line, one.key))
    counts = Counter(one.severity for one in findings)
    for one in findings:
        screen.paragraph(f"{file}:{one.line}: {one.severity}: {one.key}: {one.text}", first="", indent="    ")
        if one.remedy:
            screen.paragraph(one.remedy, first="    ", indent="    ")
    found = {
        "schema": 1, "command": "map", "file": file, "offline": offline,
        "counts": {str(one): counts[one] for one in Severity},
        "findings": [
            {"severity": one.severity, "line": one.line, "key": one.key, "text": one.text, "remedy": one.remedy}
            for one in findings
        ],
        "disagreements": disagreements,
    }  # fmt: skip
    told = ", ".join(_counted(counts[one], one) for one in Severity if counts[one])
    if counts[Severity.MISTAKE]:
        hint = "" if not offline else "portkit map check, without --offline, looks at upstream and the target too"
        return failed(screen, found, UserError(f"{told} in the map", where=file, hint=hint))
    if unreachable:
        return failed(screen, found, unreachable[0])
    screen.result(found)
    screen.say(f"{file}: {told or 'nothing is wrong'}")
    return 0


def _counted(count: int, severity: Severity) -> str:
    return f"{count} {severity}" + ("" if count == 1 else "s")


def _template(place: Workspace) -> list[Finding]:
    try:
        place.template()
    except UserError as error:
        return [_source(place.map, "commit.template", error)]
    return []


def _online(
    place: Workspace, unreachable: list[PortkitError], disagreements: list[Mapping[str, Any]]
) -> list[Finding]:
    """What is found against upstream and the target; sources that cannot be reached are added to `unreachable`."""
    findings: list[Finding] = _twins(place, unreachable, disagreements)
    upstreams: dict[str, Upstream] = {}
    for source in place.map.upstreams:
        key = f"upstreams.{source.name}"
        if not any(component.upstream == source.name for component in place.map.components):
            continue
        try:
            upstreams[source.name] = _upstream(place.history(source))
        except UserError as error:
            findings.append(_source(place.map, key, error))
        except WorldError as error:
            unreachable.append(error)
            findings.append(_source(place.map, key, error, Severity.WARNING))
    target, commit = None, ""
    try:
        target = place.target()
        commit = target.default_tip()
        if not target.tip(target.branch):
            text = f"the target has no branch {target.branch!r}; its HEAD is taken"
            findings.append(Finding(Severity.WARNING, place.map.line("target.branch"), "target.branch", text))
    except UserError as error:
        findings.append(_source(place.map, "target", error))
    except WorldError as error:
        unreachable.append(error)
        findings.append(_source(place.map, "target", error, Severity.WARNING))
    facts = Facts(
        upstreams,
        _target_paths(place.map, target, commit) if target is not None and commit else None,
        _target_names(target, commit),
        _revisions(place, commit),
    )
    return findings + check.online(place.map, facts)


def _twins(
    place: Workspace, unreachable: list[PortkitError], disagreements: list[Mapping[str, Any]]
) -> list[Finding]:
    """Where another source of a followed upstream says otherwise; each place goes into `disagreements`."""
    findings = []
    for name in dict.fromkeys(component.upstream for component in place.map.components):
        for other in place.map.twins(name):
            key = f"upstreams.{other.name}"
            try:
                sides = [_lineage(place, place.map.source(name), name), _lineage(place, other, name)]
            except UserError as error:
                findings.append(_source(place.map, key, error))
                continue
            except WorldError as error:
                unreachable.append(error)
                findings.append(_source(place.map, key, error, Severity.WARNING))
                continue
            found = agreement.compare(*sides)
            disagreements += [
                {"kind": one.kind, name: list(one.first), other.name: list(one.second),
                 "revisions": list(one.revisions)}
                for one in found.found
            ]  # fmt: skip
            line = place.map.line(key)
            for kind, several in groupby(sorted(found.found, key=lambda one: one.kind), key=lambda one: one.kind):
                text = _disagreement(kind, list(several), name, other.name)
                findings.append(Finding(Severity.WARNING, line, key, text, "--json lists every place"))
            text = f"{_changesets(found.same)} the same as of {name}"
            for count, late in zip(found.newer, (other.name, name), strict=True):
                text += f"; {_changesets(count)} newer than what {late} has" if count else ""
            findings.append(Finding(Severity.NOTE, line, key, text))
    return findings


def _lineage(place: Workspace, source: Source, followed: str) -> Lineage:
    """The files of the components that follow `followed`, out of `source`."""
    watched = [component for component in place.map.components if component.upstream == followed]
    history = place.history(source)
    changesets = history.changesets(lambda path: any(component.covers(path) for component in watched))
    return Lineage(changesets, history, place.memory(), source.title)


_SAID = {
    agreement.Kind.SPLIT: "of {first} are split in {second}",
    agreement.Kind.JOINED: "of {first} are joined with others in {second}",
    agreement.Kind.REGROUPED: "of {first} are cut otherwise in {second}",
    agreement.Kind.CONTENT: "have another content in {second} than in {first}",
    agreement.Kind.DATE: "of {first} have another date in {second}",
    agreement.Kind.MISSING: "are in {first} or in {second}, and not in both",
}


def _disagreement(kind: agreement.Kind, found: Sequence[agreement.Disagreement], first: str, second: str) -> str:
    by_changeset = kind in (agreement.Kind.SPLIT, agreement.Kind.JOINED, agreement.Kind.REGROUPED, agreement.Kind.DATE)
    if by_changeset:
        names = [id_[:10] for one in found for id_ in one.first]
        count = _changesets(len(names))
    else:
        names = [revision for one in found for revision in one.revisions]
        count = "1 revision" if len(names) == 1 else f"{len(names):,} revisions"
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{count} {_SAID[kind].format(first=first, second=second)}: {', '.join(names[:SHOWN])}{more}"


def _changesets(count: int) -> str:
    return "1 changeset" if count == 1 else f"{count:,} changesets"


def _source(
    component_map: ComponentMap, key: str, error: PortkitError, severity: Severity = Severity.MISTAKE
) -> Finding:
    text = f"{error.what}: {error.cause}" if error.cause else error.what
    return Finding(severity, component_map.line(key), key, text, error.hint)


def _upstream(history: UpstreamHistory) -> Upstream:
    ever: set[RepoPath] = set()
    alive: set[RepoPath] = set()
    ids = []
    for changeset in history.changesets(lambda _: True):
        ids.append(changeset.id)
        for change in changeset.files:
            ever.add(change.path)
            if change.new is None:
                alive.discard(change.path)
            else:
                alive.add(change.path)
    return Upstream(ever, alive, ids, history.shallow, _knows(history), history.names)


def _knows(history: UpstreamHistory) -> Callable[[str], bool]:
    def knows(revision: str) -> bool:
        try:
            history.newest_at(revision)
        except UserError:
            return False
        return True

    return knows


def _target_paths(component_map: ComponentMap, target: GitTarget, commit: str) -> Collection[RepoPath]:
    folders = {folder for component in component_map.components for folder in component.target_folders()}
    return target.tree(commit, sorted(folders)).entries.keys()


def _target_names(target: GitTarget | None, commit: str) -> Callable[[str], Sequence[str]]:
    def names(folder: str) -> Sequence[str]:
        return target.repository.names(commit, folder) if target is not None and commit else ()

    return names


def _revisions(place: Workspace, commit: str) -> Callable[[Component, RepoPath], Collection[str]]:
    def revisions(component: Component, path: RepoPath) -> Collection[str]:
        lineage = place.sync().component_run(component, commit).lineage
        return {version.revision for version in lineage.versions(path)}

    return revisions
