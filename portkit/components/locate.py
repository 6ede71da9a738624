"""Which line of the map speaks of a path, on either side."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum

from portkit.components.model import Component, ComponentMap, PathRule
from portkit.components.rules import PathSet
from portkit.paths import parent


class Kind(StrEnum):
    """What the map says of a path."""

    MAPPED = "mapped"
    EXCLUDED = "excluded"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one component says of a path. `side`: which side's path it was taken for; `upstream`, `target`: the path on
    both, "" where it has none there; `rule`: the words of the map that decide, on the line `line` ("" and the line of
    the component's paths for what is unmapped); `notes`: what else the map says of it."""

    component: str
    mode: str
    side: str
    kind: Kind
    upstream: str
    target: str
    rule: str
    line: int
    notes: tuple[str, ...] = ()


def locate(component_map: ComponentMap, path: str) -> tuple[Answer, ...]:
    """Every answer for `path`, an upstream path or a target path, a file or a folder; mapped ones first. Empty where
    nothing in the map speaks of it."""
    found: dict[tuple[str, str, str, str], Answer] = {}
    for spelt in (path, *([] if path.endswith("/") else [f"{path}/"])):
        for component in component_map.components:
            for answer in _of(component_map, component, spelt):
                found.setdefault((answer.component, answer.kind, answer.upstream, answer.target), answer)
        if found:
            break
    order = list(Kind)
    return tuple(sorted(found.values(), key=lambda one: order.index(one.kind)))


def nearest_mapped(component_map: ComponentMap, path: str) -> str:
    """The path of the map that is most like `path`; "" where none is."""
    known = {side for one in component_map.components for rule in one.paths for side in (rule.upstream, rule.lands)}
    inside = [one for one in known if one.endswith("/") and parent(one[:-1]) == parent(path.rstrip("/"))]
    close = difflib.get_close_matches(path, sorted(known), n=1, cutoff=0.5)
    return close[0] if close else min(inside, default="")


def _of(component_map: ComponentMap, component: Component, path: str) -> list[Answer]:
    result = []
    key = f"components.{component.name}"

    def answer(side: str, kind: Kind, upstream: str, target: str, rule: PathRule | None, said: str = "") -> Answer:
        line = component_map.line(said.partition(": ")[0]) if said else rule.line if rule else component_map.line(key)
        words = said.partition(": ")[2] if said else str(rule) if rule else ""
        notes = tuple(_notes(component, upstream, target)) if kind is Kind.MAPPED else ()
        return Answer(component.name, component.mode, side, kind, upstream, target, words, line, notes)

    target = component.target_of(path)
    rule = component.rule_of(path)
    if target is not None:
        result.append(answer("upstream", Kind.MAPPED, path, target, rule))
    elif rule is not None and component.excluded(path):
        said = _exclusion(component_map, component, key, path)
        result.append(answer("upstream", Kind.EXCLUDED, path, "", rule, said))
    elif rule is not None:
        theirs = component.rule_of_target(rule.target + path[len(rule.upstream) :] if rule.folder else rule.target)
        result.append(answer("upstream", Kind.EXCLUDED, path, "", theirs or rule))
    elif component.unmapped(path) and not path.endswith("/"):
        said = f"{key}.paths: "
        result.append(answer("upstream", Kind.UNMAPPED, path, "", None, said))
    upstream = component.upstream_of(path)
    if upstream is not None and (upstream, path) != (path, target):
        result.append(answer("target", Kind.MAPPED, upstream, path, component.rule_of_target(path)))
    elif upstream is None and (there := component.rule_of_target(path)) is not None and there.folder:
        source = there.upstream + path[len(there.target) :]
        if component.excluded(source) and source != path:
            said = _exclusion(component_map, component, key, source)
            result.append(answer("target", Kind.EXCLUDED, source, path, there, said))
    return result


def _exclusion(component_map: ComponentMap, component: Component, key: str, path: str) -> str:
    """`key path: entry` of the entry of `exclude` that names `path`."""
    for number, entry in enumerate(component.exclude):
        if path in PathSet([entry], globs=True):
            here = f"{key}.exclude[{number}]"
            return f"{here if here in component_map.places else f'{key}.exclude'}: exclude {entry}"
    return f"{key}.exclude: exclude"


def _notes(component: Component, upstream: str, target: str) -> list[str]:
    result = []
    if moves := component.moves_of(upstream):
        result.append(f"upstream moved it to {component.now(upstream)} (up to {moves[0].at} it counts)")
    if component.kept(target):
        result.append("the target keeps it where upstream deletes it (keep)")
    if component.deleted_on_purpose(target):
        result.append("it stays deleted in the target (deleted)")
    for one in component.not_applicable:
        if one.path and upstream in PathSet([one.path], globs=True):
            which = f"changeset {one.changeset}" if one.changeset else "what upstream does to it"
            result.append(f"{which} is not applicable: {one.reason}")
    return result
