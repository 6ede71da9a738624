"""What a map says that is no mistake to read and still not so: held against itself, against upstream, the target.

Pure: what upstream and the target have is asked of `Facts`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portkit.change.changeset import begins
from portkit.components.locations import problem_with_day
from portkit.components.model import Component, ComponentMap, Mode, PathRule, PortRange, Window
from portkit.components.rules import PathSet, is_glob
from portkit.paths import RepoPath

SHOWN = 5
"""How many paths one finding names."""


class Severity(StrEnum):
    """How bad a finding is: only a mistake makes the check fail."""

    MISTAKE = "mistake"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: where in the map, what is so, and what to do about it."""

    severity: Severity
    line: int
    key: str
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Upstream:
    """What one upstream has: every path that `ever` was under what the map watches, the paths that are there now; the
    changesets' hashes; whether old history is cut off; whether it knows a revision; the names in a folder now."""

    ever: Collection[RepoPath]
    alive: Collection[RepoPath]
    changesets: Collection[str]
    shallow: bool
    knows: Callable[[str], bool]
    names: Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sources have: upstreams by name (those that could be read), the target's paths under what the map maps
    to (None where it could not be read), the names in one of its folders, and a component's revisions of an upstream
    file."""

    upstreams: Mapping[str, Upstream]
    target: Collection[RepoPath] | None
    target_names: Callable[[str], Sequence[str]]
    revisions: Callable[[Component, RepoPath], Collection[str]]


def offline(component_map: ComponentMap) -> list[Finding]:
    """What can be found without looking at upstream or the target."""
    found = _Findings(component_map)
    for component in component_map.components:
        key = f"components.{component.name}"
        if component.import_at and component.mode is not Mode.IMPORT:
            text = f"has no effect: the mode is {component.mode}"
            found.warning(f"{key}.import", text, "drop it, or make the mode import")
        if component.port != PortRange() and component.mode is not Mode.PORT:
            text = f"has no effect: the mode is {component.mode}"
            found.warning(f"{key}.port", text, "drop it, or make the mode port")
        if component.watch != Window() and component.mode is not Mode.WATCH:
            text = f"has no effect: the mode is {component.mode}"
            found.warning(f"{key}.watch", text, "drop it, or make the mode watch")
        if component.needs and component.mode in (Mode.WATCH, Mode.PORT):
            text = f"has no effect: the mode is {component.mode}, and no branch is made"
            found.warning(f"{key}.needs", text, "drop it")
        heads = tuple(_head(rule.upstream) for rule in component.paths)
        for place, entry in _entries(f"{key}.exclude", component.exclude, component_map):
            fixed = entry.partition("*")[0].partition("?")[0].partition("[")[0]
            if not any(fixed.startswith(head) or head.startswith(fixed) for head in heads):
                text = f"{entry!r} lies outside of what the component's paths map"
                found.warning(place, text, "drop it, or mend it: it is an upstream path")
        if component.mode is not Mode.WATCH:
            _overlaps(found, component_map, component, key)
    for source in component_map.upstreams:
        followed = {component.upstream for component in component_map.components}
        if source.name not in followed and not any(one.name in followed for one in component_map.twins(source.name)):
            found.note(f"upstreams.{source.name}", "no component follows it", "")
    return found.sorted()


def online(component_map: ComponentMap, facts: Facts) -> list[Finding]:
    """What is found against the sources: components whose upstream could not be read are passed over."""
    found = _Findings(component_map)
    owners: dict[RepoPath, tuple[str, RepoPath]] = {}
    for component in component_map.components:
        upstream = facts.upstreams.get(component.upstream)
        if upstream is None:
            continue
        check = _Check(found, component_map, component, upstream, facts)
        check.rules()
        check.lists()
        check.points()
        check.beside()
        if component.mode is not Mode.WATCH:
            _owned_twice(found, component, upstream, owners)
    return found.sorted()


class _Findings:
    def __init__(self, component_map: ComponentMap) -> None:
        self._map = component_map
        self._found: list[Finding] = []

    def sorted(self) -> list[Finding]:
        return sorted(self._found, key=lambda one: (one.line, one.key))

    def add(self, severity: Severity, key: str, text: str, remedy: str, line: int = 0) -> None:
        self._found.append(Finding(severity, line or self._map.line(key), key, text, remedy))

    def mistake(self, key: str, text: str, remedy: str) -> None:
        self.add(Severity.MISTAKE, key, text, remedy)

    def warning(self, key: str, text: str, remedy: str) -> None:
        self.add(Severity.WARNING, key, text, remedy)

    def note(self, key: str, text: str, remedy: str) -> None:
        self.add(Severity.NOTE, key, text, remedy)


class _Check:
    """One component against its upstream and the target."""

    def __init__(
        self, found: _Findings, component_map: ComponentMap, component: Component, upstream: Upstream, facts: Facts
    ) -> None:
        self._found = found
        self._map = component_map
        self._component = component
        self._upstream = upstream
        self._facts = facts
        self._key = f"components.{component.name}"
        self._covered = [path for path in upstream.ever if component.rule_of(path) is not None]

    def rules(self) -> None:
        """Lines of `paths` that match nothing on a side."""
        component = self._component
        by_upstream = {component.rule_of(path) for path in self._covered}
        mapped = {component.rule_of(path) for path in self._covered if component.covers(path)}
        by_target = {component.rule_of_target(path) for path in self._facts.target or ()}
        nothing = not any(rule in by_target for rule in component.paths)
        awaited = nothing and component.mode is Mode.IMPORT
        for rule in component.paths:
            key = f"{self._key}.paths.{rule.upstream}"
            if rule not in by_upstream:
                self._never(key, rule)
            elif rule not in mapped:
                text = "everything that it maps is excluded, or maps to where another line does"
                self._found.warning(key, text, "drop it, or mend `exclude`")
            if rule not in by_target and self._facts.target is not None and not awaited:
                self._not_in_target(key, rule, nothing)
        if awaited and self._facts.target is not None:
            self._found.note(f"{self._key}.paths", "the target has none of it yet; the import brings it in", "")

    def _never(self, key: str, rule: PathRule) -> None:
        text = f"upstream {self._component.upstream} never had {rule.upstream!r}"
        near = _near(rule.upstream, self._upstream.names)
        prefix = self._map.source(self._component.upstream).prefix
        also = f", or upstreams.{self._component.upstream}.prefix ({prefix!r})"
        remedy = f"nearest: {near!r}" if near else f"mend the path{also}"
        if self._upstream.shallow:
            self._found.warning(key, f"{text}; but its history is cut off", "git fetch --unshallow, in the upstream")
        else:
            self._found.mistake(key, text, remedy)

    def _not_in_target(self, key: str, rule: PathRule, nothing: bool) -> None:
        near = _near(rule.lands, self._facts.target_names)
        text = f"the target has no {rule.lands!r}"
        if self._component.mode is Mode.IMPORT:
            self._found.warning(key, f"{text} yet; the import brings it in", "")
        elif self._component.mode is Mode.SYNC and not nothing:
            remedy = f"if it should be there, nearest: {near!r}" if near else ""
            self._found.warning(key, f"{text}; a sync brings in what upstream adds", remedy)
        else:
            self._found.mistake(key, text, f"nearest: {near!r}" if near else "mend the path, or use mode import")

    def lists(self) -> None:
        """Entries of the lists that no longer mean anything."""
        component, facts, ever = self._component, self._facts, self._upstream.ever
        for key, entry in self._entries("exclude", component.exclude):
            if not _any(entry, ever):
                self._found.warning(key, f"upstream never had {entry!r}", "drop it, or mend it")
        for key, entry in self._entries("keep", component.keep):
            if facts.target is not None and not _any(entry, facts.target):
                self._found.warning(key, f"the target has no {entry!r} to keep", "drop it, or mend it")
        landed = [place for path in self._covered if (place := component.target_of(path)) is not None]
        for key, entry in self._entries("deleted", component.deleted):
            if _any(entry, facts.target or ()):
                text = f"{entry!r} is in the target: what is there is not left out"
                self._found.warning(key, text, "drop it, or delete the file in the target")
            elif not _any(entry, landed):
                self._found.warning(key, f"upstream never had what would be {entry!r}", "drop it, or mend it")
        for number, one in enumerate(component.not_applicable):
            key = f"{self._key}.not-applicable[{number}]"
            if one.path and not _any(one.path, self._covered):
                self._found.warning(key, f"upstream never had {one.path!r} among what is mapped", "drop it, or mend it")
            if one.changeset and not any(begins(id, one.changeset) for id in self._upstream.changesets):
                text = f"{one.changeset} is no changeset of upstream {component.upstream} that the map sees"
                self._found.warning(key, text, "drop it, or mend it")
        for path, revision in component.baseline:
            key = f"{self._key}.baseline.{path}"
            source = component.upstream_of(path)
            if facts.target is None:
                continue
            if path not in facts.target:
                self._found.warning(key, f"the target has no {path!r}", "drop it")
            elif source is None or revision not in facts.revisions(component, source):
                text = f"{revision} is no revision of upstream's {source or path}"
                self._found.warning(key, text, f"portkit baseline {component.name} tells what portkit finds")

    def points(self) -> None:
        """Moves, and points in upstream's history that are none."""
        component = self._component
        for number, move in enumerate(component.moved):
            key = f"{self._key}.moved[{number}]"
            for name, path in (("from", move.old), ("to", move.new)):
                if not _any(path, self._upstream.ever):
                    self._found.warning(f"{key}.{name}", f"upstream never had {path!r}", "drop it, or mend it")
            self._point(f"{key}.at", move.at)
        if component.retired is not None:
            self._point(f"{self._key}.retired.at", component.retired.at)
        self._point(f"{self._key}.import.at", component.import_at, Severity.MISTAKE)
        self._point(f"{self._key}.port.from", component.port.start, Severity.MISTAKE)
        self._point(f"{self._key}.port.to", component.port.end, Severity.MISTAKE)
        self._point(f"{self._key}.watch.since", component.watch.since, Severity.MISTAKE)
        for number, need in enumerate(component.needs):
            self._point(f"{self._key}.needs[{number}].since", need.since, Severity.MISTAKE)

    def _point(self, key: str, point: str, severity: Severity = Severity.WARNING) -> None:
        if point and problem_with_day(point) and not self._upstream.knows(point):
            text = f"upstream {self._component.upstream} has no revision {point!r}"
            self._found.add(severity, key, text, "mend it, or give a day")

    def beside(self) -> None:
        """Upstream's files beside mapped ones, of which the map says nothing."""
        others = [one for one in self._map.components if one.upstream == self._component.upstream]
        paths = sorted(
            path
            for path in self._upstream.alive
            if self._component.unmapped(path) and not any(one.covers(path) for one in others)
        )
        if paths:
            more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
            count = "1 upstream file stands" if len(paths) == 1 else f"{len(paths)} upstream files stand"
            text = f"{count} beside mapped ones, outside the map: {', '.join(paths[:SHOWN])}{more}"
            self._found.note(f"{self._key}.paths", text, "map them, or name them under `exclude`")

    def _entries(self, name: str, entries: Sequence[str]) -> Iterator[tuple[str, str]]:
        return _entries(f"{self._key}.{name}", entries, self._map)


def _entries(key: str, entries: Sequence[str], component_map: ComponentMap) -> Iterator[tuple[str, str]]:
    """Each entry of a list with its key path; one alone may stand without a list."""
    for number, entry in enumerate(entries):
        here = f"{key}[{number}]"
        yield here if here in component_map.places else key, entry


def _any(entry: str, paths: Iterable[str]) -> bool:
    wanted = PathSet([entry], globs=True)
    return any(path in wanted for path in paths)


def _head(path: str) -> str:
    """The fixed part of a rule's upstream path: its folder, or the file."""
    return path[: path.rfind("/") + 1] if is_glob(path) else path


def _overlaps(found: _Findings, component_map: ComponentMap, component: Component, key: str) -> None:
    """Lines that lie in another component's target folder."""
    for other in component_map.components:
        if other is component or other.mode is Mode.WATCH:
            continue
        for rule in component.paths:
            inside = rule.target if not rule.folder and not rule.glob else f"{rule.target}\0"
            theirs = other.rule_of_target(inside)
            if theirs is None or not theirs.folder or other.upstream_of(inside) is None:
                continue
            text = f"{rule.target!r} lies in {theirs.target!r}, to which {other.name!r} maps (line {theirs.line})"
            remedy = f"exclude {other.upstream_of(inside)!r} there, where upstream has it".replace("\\x00", "")
            found.warning(f"{key}.paths.{rule.upstream}", text, remedy)


def _owned_twice(
    found: _Findings, component: Component, upstream: Upstream, owners: dict[RepoPath, tuple[str, RepoPath]]
) -> None:
    """Files of two components that would be one in the target."""
    clashes: dict[str, list[RepoPath]] = {}
    mine: dict[RepoPath, tuple[str, RepoPath]] = {}
    for path in sorted(upstream.ever):
        place = component.target_of(path)
        if place is None:
            continue
        if place in owners:
            clashes.setdefault(owners[place][0], []).append(place)
        else:
            mine[place] = (component.name, path)
    owners.update(mine)
    for other, places in clashes.items():
        rule = component.rule_of_target(places[0])
        key = f"components.{component.name}.paths" + (f".{rule.upstream}" if rule is not None else "")
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        text = f"{places[0]!r}{more} would be {component.name}'s and {other}'s"
        found.mistake(key, text, "name it under `exclude` of one of the two")


def _near(path: str, names: Callable[[str], Sequence[str]]) -> str:
    """The path most like `path` that is there: its first part that is not is mended; "" where nothing is like it."""
    done = ""
    for part in path.split("/"):
        if not part:
            break
        there = {name.removesuffix("/"): name for name in names(done)}
        if part in there:
            done += f"{part}/"
            continue
        close = difflib.get_close_matches(part, there, n=1)
        return f"{done}{there[close[0]]}" if close else ""
    return ""
