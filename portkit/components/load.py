"""From what a map file holds to a ComponentMap: every key it may have, and every mistake it can make.

Pure: reading the file and its YAML is `store.mapfile`; what stands under one component, `load_component` reads. The
keys are those of `components.keys`; one that is not listed there is a mistake, so that a misspelt one is never silently
without effect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

from portkit.components import keys as known_keys
from portkit.components import locations
from portkit.components.load_component import load_component
from portkit.components.mistakes import Mistakes, nearest
from portkit.components.model import (
    AuditPolicy,
    AuthorPolicy,
    CommitPolicy,
    Component,
    ComponentMap,
    DoneBy,
    LinkTemplates,
    Milestone,
    Mode,
    PathRule,
    PlanEntry,
    Source,
)
from portkit.components.reading import Reader
from portkit.components.tree import Kind, Node
from portkit.paths import problem_with

VERSION = "1"

DRAFT = "-draft"
"""What a draft branch adds to its component's: no component may be called like another's draft."""

_TITLES = {"openbsd": "OpenBSD", "netbsd": "NetBSD", "freebsd": "FreeBSD", "dragonfly": "DragonFly"}
"""How the systems write their own names: in commit messages, and as the keyword of their ident lines."""


def load(data: Node | None, *, file: str) -> ComponentMap:
    """The map that `data` (the whole file; None where it is empty) describes. `file` is its name in messages.

    Raises MapError (a UserError) with every mistake found: `file:line: key path: what is wrong`.
    """
    mistakes = Mistakes(file)
    if data is None or data.kind is Kind.NOTHING:
        mistakes.add(1, "", f"the map is empty; it needs the keys {', '.join(known_keys.required(known_keys.MAP))}")
        mistakes.raise_any()
    assert data is not None
    result = _whole(Reader(mistakes), data, file)
    mistakes.raise_any()
    return result


def _whole(reader: Reader, data: Node, file: str) -> ComponentMap:
    keys = reader.keys(data, "", known_keys.MAP)
    version = keys.get("version")
    if version is not None and (version.kind is not Kind.NUMBER or version.text != VERSION):
        found = repr(version.text) if version.kind is Kind.TEXT else version.text or str(version.kind)
        reader.wrong(version, "version", f"this portkit reads version {VERSION}, found {found}")
    upstreams = _upstreams(reader, keys.get("upstreams"))
    target = _target(reader, keys.get("target"))
    components = _components(reader, keys.get("components"), [source.name for source in upstreams])
    return ComponentMap(
        tuple(upstreams), target, tuple(components),
        commit=_commit(reader, keys.get("commit")),
        path=file,
        links=_links(reader, keys.get("links")),
        audit=_audit(reader, keys.get("audit")),
        plan=_plan(reader, keys.get("plan"), [component.name for component in components]),
        places=reader.places,
    )  # fmt: skip


def _named(reader: Reader, node: Node | None, key: str) -> list[tuple[str, Node, Node]]:
    """The entries of `upstreams` or `components`: at least one, each name one that git takes in a branch."""
    if node is None:
        return []
    result = reader.entries(node, key)
    if not result and not node.pairs and node.kind is Kind.MAPPING:
        reader.wrong(node, key, "at least one is needed")
    for name, place, _ in result:
        problem = locations.problem_with_name(name)
        if problem:
            reader.wrong(place, key, f"{name!r} {problem}")
    return result


def _upstreams(reader: Reader, node: Node | None) -> list[Source]:
    named = _named(reader, node, "upstreams")
    return [_upstream(reader, name, value, f"upstreams.{name}") for name, _, value in named]


def _upstream(reader: Reader, name: str, node: Node, key: str) -> Source:
    keys = reader.keys(node, key, known_keys.UPSTREAM)
    kind = "cvs" if "cvs" in keys else "git"
    if node.kind is Kind.MAPPING and ("git" in keys) == ("cvs" in keys):
        reader.wrong(node, key, "exactly one of the keys 'git' and 'cvs' is needed")
    check = partial(locations.problem_with_location, kind=kind)
    return Source(
        name=name,
        location=reader.text(keys.get(kind), f"{key}.{kind}", check),
        kind=kind,
        branch=reader.text(
            keys.get("branch"), f"{key}.branch", locations.problem_with_ref,
            default="HEAD" if kind == "cvs" else "master",
        ),
        prefix=_prefix(reader, keys.get("prefix"), f"{key}.prefix"),
        module=_module(reader, keys, key, kind),
        root=_root(reader, keys, key, kind),
        title=reader.text(keys.get("title"), f"{key}.title", default=_TITLES.get(name.lower(), name)),
    )


def _module(reader: Reader, keys: Mapping[str, Node], key: str, kind: str) -> str:
    """The folder of a CVS repository that the upstream's paths start from, without a slash at its end."""
    node = keys.get("module")
    if node is not None and kind != "cvs":
        reader.wrong(node, f"{key}.module", "a git repository has no modules; `prefix` says what stands before paths")
        return ""
    return reader.text(node, f"{key}.module", locations.problem_with_module).removesuffix("/")


def _root(reader: Reader, keys: Mapping[str, Node], key: str, kind: str) -> str:
    """Where a CVS repository lies on the upstream's own machine."""
    node = keys.get("root")
    if node is not None and kind != "cvs":
        reader.wrong(node, f"{key}.root", "only a CVS repository has a root that keywords name")
        return ""
    return reader.text(node, f"{key}.root", locations.problem_with_root)


def _prefix(reader: Reader, node: Node | None, key: str) -> str:
    """What stands before every path of the source: "" or a folder with its slash."""
    if node is None or (node.kind is Kind.TEXT and not node.text):
        return ""
    text = reader.text(node, key, lambda text: problem_with(text.removesuffix("/")))
    return text if not text or text.endswith("/") else f"{text}/"


def _target(reader: Reader, node: Node | None) -> Source:
    keys = reader.keys(node, "target", known_keys.TARGET) if node is not None else {}
    return Source(
        name="target",
        location=reader.text(keys.get("git"), "target.git", locations.problem_with_location),
        branch=reader.text(keys.get("branch"), "target.branch", locations.problem_with_ref, default="master"),
    )


def _commit(reader: Reader, node: Node | None) -> CommitPolicy:
    keys = reader.keys(node, "commit", known_keys.COMMIT) if node is not None else {}
    return CommitPolicy(
        author=reader.word(keys.get("author"), "commit.author", AuthorPolicy, "author", AuthorPolicy.SELF),
        template=reader.text(keys.get("template"), "commit.template"),
    )


def _links(reader: Reader, node: Node | None) -> LinkTemplates:
    keys = reader.keys(node, "links", known_keys.LINKS) if node is not None else {}

    def template(name: str, *placeholders: str) -> str:
        check = partial(locations.problem_with_link, placeholders=placeholders)
        return reader.text(keys.get(name), f"links.{name}", check)

    return LinkTemplates(
        template("commit", "id"), template("changeset", "id"), template("revision", "path", "revision")
    )


def _audit(reader: Reader, node: Node | None) -> AuditPolicy:
    keys = reader.keys(node, "audit", known_keys.AUDIT) if node is not None else {}
    table = keys.get("replacements")
    result = []
    for name, place, value in reader.entries(table, "audit.replacements") if table is not None else ():
        problem = locations.problem_with_declared(name)
        if problem:
            reader.wrong(place, "audit.replacements", f"{name!r} {problem}")
        empty = value.kind is Kind.TEXT and not value.text
        result.append((name, "" if empty else reader.words(value, f"audit.replacements.{name}")))
    return AuditPolicy(tuple(result))


def _plan(reader: Reader, node: Node | None, components: Sequence[str]) -> tuple[PlanEntry, ...]:
    result = []
    for here, item, keys in reader.records(node, "plan", known_keys.PLAN):
        about = []
        for name, place in reader.texts(keys.get("component"), f"{here}.component", lambda _: ""):
            if name not in components:
                text = f"there is no component {name!r}; {nearest(name, components)}"
                reader.wrong(place, f"{here}.component", text)
            about.append(name)
        start = reader.revision(keys.get("from"), f"{here}.from", locations.problem_with_day)
        end = reader.revision(keys.get("to"), f"{here}.to", locations.problem_with_day)
        if start and end and end < start:
            reader.wrong(keys["to"], f"{here}.to", f"{end!r} lies before {start!r}, the day it begins")
        work = reader.words(keys.get("work"), f"{here}.work")
        done_when = reader.words(keys.get("done-when"), f"{here}.done-when")
        milestones = _milestones(reader, keys.get("milestones"), f"{here}.milestones")
        done = reader.revision(keys.get("done"), f"{here}.done", locations.problem_with_day)
        if done and milestones:
            reader.wrong(keys["done"], f"{here}.done", "the milestones say when it is done: a day here says it twice")
        was = _days(reader, keys.get("was"), f"{here}.was")
        why = reader.words(keys.get("why"), f"{here}.why")
        result.append(PlanEntry(tuple(about), start, end, work, done_when, item.line, milestones, done, was, why))
    return tuple(result)


def _days(reader: Reader, node: Node | None, key: str) -> tuple[str, ...]:
    """Days, each as it was written; one alone needs no list."""
    if node is None:
        return ()
    items = node.items if node.kind is Kind.LIST else (node,)
    alone = node.kind is not Kind.LIST
    found = (
        reader.revision(item, key if alone else f"{key}[{number}]", locations.problem_with_day)
        for number, item in enumerate(items)
    )
    return tuple(day for day in found if day)


def _milestones(reader: Reader, node: Node | None, key: str) -> tuple[Milestone, ...]:
    result = []
    for here, item, keys in reader.records(node, key, known_keys.MILESTONE):
        what = reader.words(keys.get("what"), f"{here}.what")
        done = reader.revision(keys.get("done"), f"{here}.done", locations.problem_with_day)
        by, value = _done_when(reader, keys.get("done-when"), f"{here}.done-when")
        result.append(Milestone(what, by, value, done, item.line))
    return tuple(result)


def _done_when(reader: Reader, node: Node | None, key: str) -> tuple[DoneBy, str]:
    if node is None:
        return DoneBy.TOLD, ""
    keys = reader.keys(node, key, known_keys.DONE_WHEN)
    if node.kind is Kind.MAPPING and len(keys) != 1:
        reader.wrong(node, key, "one of path, audit and trailer is needed here, and no more")
    if "path" in keys:
        return DoneBy.PATH, reader.text(keys["path"], f"{key}.path", lambda text: problem_with(text.removesuffix("/")))
    if "audit" in keys:
        return DoneBy.AUDIT, reader.words(keys["audit"], f"{key}.audit")
    return DoneBy.TRAILER, reader.text(keys.get("trailer"), f"{key}.trailer", _problem_with_trailer)


def _problem_with_trailer(text: str) -> str:
    return "" if re.match(r"[A-Za-z][A-Za-z0-9-]*(?::|\Z)", text) else "is no trailer (Key, or Key: value)"


def _components(reader: Reader, node: Node | None, upstreams: Sequence[str]) -> list[Component]:
    named = _named(reader, node, "components")
    names = [name for name, _, _ in named]
    taken: dict[str, PathRule] = {}  # by target path
    owner: dict[str, str] = {}
    result = []
    for name, place, value in named:
        key = f"components.{name}"
        drafted = name.removesuffix(DRAFT)
        if drafted != name and drafted in names:
            reader.wrong(place, key, f"the draft branch of {drafted!r} has this name; choose another")
        component = load_component(reader, name, value, key, names, upstreams)
        result.append(component)
        if component.mode is Mode.WATCH:
            continue
        for rule in component.paths:
            first = taken.setdefault(rule.lands, rule)
            other = owner.setdefault(rule.lands, name)
            if other != name:
                text = f"{rule.lands!r} is a target path of {other!r} too, on line {first.line}"
                reader.wrong(Node(Kind.TEXT, rule.line, 1), f"{key}.paths", text)
    _circles(reader, named, result)
    return result


def _circles(
    reader: Reader, named: Sequence[tuple[str, Node, Node]], components: Sequence[Component]
) -> None:
    """Notes each circle in `needs` once, where its first component stands."""
    needs = {component.name: [need.component for need in component.needs] for component in components}
    place = {name: node for name, node, _ in named}
    done: set[str] = set()
    for start in needs:
        trail: list[str] = []
        waiting = [(start, 0)]
        while waiting:
            name, depth = waiting.pop()
            del trail[depth:]
            if name in trail:
                circle = trail[trail.index(name) :]
                text = f"the components need each other in a circle: {' -> '.join([*circle, circle[0]])}"
                reader.wrong(place[circle[0]], f"components.{circle[0]}.needs", text)
            elif name not in done:
                done.add(name)
                trail.append(name)
                waiting.extend((need, depth + 1) for need in reversed(needs[name]))
