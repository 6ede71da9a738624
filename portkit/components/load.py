"""From what a map file holds to a ComponentMap: every key it may have, and every mistake it can make.

Pure: reading the file and its YAML is `store.mapfile`. The keys are those of the smallest map in the
contract (docs), and those listed in the tuples below; a key that is not listed is a mistake, so that a
misspelt one is never silently without effect.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from typing import TypeVar

from portkit.components import locations
from portkit.components.mistakes import Mistakes, nearest
from portkit.components.model import (
    AuthorPolicy,
    CommitPolicy,
    Component,
    ComponentMap,
    IdentStyle,
    Mode,
    Need,
    PathRule,
    Retired,
    Source,
)
from portkit.components.rules import is_glob, translate
from portkit.components.tree import Kind, Node
from portkit.paths import RepoPath, problem_with

VERSION = "1"
MAP_KEYS = ("version", "upstreams", "target", "components", "commit")
UPSTREAM_KEYS = ("git", "cvs", "branch", "prefix", "title")
TARGET_KEYS = ("git", "branch")
COMPONENT_KEYS = (
    "mode", "upstream", "paths", "exclude", "keep", "deleted", "needs", "retired", "import", "baseline",
    "ident", "subject",
)  # fmt: skip
NEED_KEYS = ("component", "since")
RETIRED_KEYS = ("at", "successor")
IMPORT_KEYS = ("at",)
COMMIT_KEYS = ("author", "template")

DRAFT = "-draft"
"""What a draft branch adds to its component's: no component may be called like another's draft."""

Words = TypeVar("Words", bound=StrEnum)
Check = Callable[[str], str]
"""Tells what is wrong with a text, as the end of a sentence; "" where nothing is."""


def load(data: Node | None, *, file: str) -> ComponentMap:
    """The map that `data` (the whole file; None where it is empty) describes. `file` is its name in messages.

    Raises MapError (a UserError) with every mistake found: `file:line: key path: what is wrong`.
    """
    mistakes = Mistakes(file)
    if data is None or data.kind is Kind.NOTHING:
        mistakes.add(1, "", f"the map is empty; it needs the keys {', '.join(MAP_KEYS[:4])}")
        mistakes.raise_any()
    assert data is not None
    result = _whole(_Reader(mistakes), data, file)
    mistakes.raise_any()
    return result


class _Reader:
    """Takes values out of nodes, and notes what is wrong. After a mistake it goes on with a stand-in."""

    def __init__(self, mistakes: Mistakes) -> None:
        self._mistakes = mistakes

    def wrong(self, node: Node, key: str, text: str) -> None:
        """Notes a mistake at `node`."""
        self._mistakes.add(node.line, key, text)

    def expected(self, node: Node, key: str, kind: Kind | str) -> None:
        """Notes that `node` is not of the kind it should be."""
        self.wrong(node, key, f"{kind} is expected here, found {node.shown()}")

    def entries(self, node: Node, key: str, noun: str = "key") -> list[tuple[str, Node, Node]]:
        """(name, the key's node, the value) of a mapping whose names are the user's own."""
        if node.kind is not Kind.MAPPING:
            self.expected(node, key, Kind.MAPPING)
            return []
        first: dict[str, int] = {}
        result = []
        for name, value in node.pairs:
            if not name.scalar:
                self.wrong(name, key, f"a key must be text, found {name.kind}")
            elif name.text in first:
                line = first[name.text]
                self.wrong(name, key, f"the {noun} {name.text!r} is here twice, first on line {line}")
            else:
                first[name.text] = name.line
                result.append((name.text, name, value))
        return result

    def keys(
        self, node: Node, key: str, known: Sequence[str], required: Sequence[str] = ()
    ) -> dict[str, Node]:
        """The values of a mapping with fixed keys. An optional key with no value is as good as not there."""
        result = {}
        for name, place, value in self.entries(node, key):
            if name not in known:
                self.wrong(place, key, f"there is no key {name!r} here; {nearest(name, known)}")
            elif value.kind is not Kind.NOTHING or name in required:
                result[name] = value
        if node.kind is Kind.MAPPING:
            for name in required:
                if name not in result:
                    self.wrong(node, key, f"the key {name!r} is missing")
        return result

    def text(self, node: Node | None, key: str, check: Check | None = None, *, default: str = "") -> str:
        """A text. A number or a date is refused: YAML would have read `1.20` as 1.2."""
        if node is None:
            return default
        if node.kind is not Kind.TEXT:
            quoted = f"; if it is meant as text, quote it: '{node.text}'" if node.scalar else ""
            self.wrong(node, key, f"text is expected here, found {node.shown()}{quoted}")
            return default
        return self._checked(node, key, check, default)

    def revision(self, node: Node | None, key: str, check: Check) -> str:
        """A revision or a day: as it was written, whatever YAML takes it for."""
        if node is None:
            return ""
        if node.kind not in (Kind.TEXT, Kind.NUMBER, Kind.DATE):
            only = check is locations.problem_with_revision
            self.expected(node, key, "a revision" if only else "a day or a revision")
            return ""
        return self._checked(node, key, check, "")

    def _checked(self, node: Node, key: str, check: Check | None, default: str) -> str:
        problem = check(node.text) if check else ""
        if not problem and locations.holds_control(node.text):
            problem = "holds a control character"
        if problem:
            self.wrong(node, key, f"{node.text!r} {problem}")
            return default
        return node.text

    def word(self, node: Node | None, key: str, words: type[Words], noun: str, default: Words) -> Words:
        """One of a closed choice of words."""
        text = self.text(node, key) if node is not None else ""
        if node is None or node.kind is not Kind.TEXT:
            return default
        try:
            return words(text)
        except ValueError:
            self.wrong(node, key, f"{text!r} is no {noun}; {nearest(text, [str(word) for word in words])}")
            return default

    def texts(self, node: Node | None, key: str, check: Check) -> list[tuple[str, Node]]:
        """The texts of a list, each with its node; one alone needs no list."""
        if node is None:
            return []
        if node.kind is Kind.MAPPING:
            self.expected(node, key, Kind.LIST)
            return []
        result = []
        alone = node.kind is not Kind.LIST
        for number, item in enumerate((node,) if alone else node.items):
            text = self.text(item, key if alone else f"{key}[{number}]", check)
            if text:
                result.append((text, item))
        return result


def _whole(reader: _Reader, data: Node, file: str) -> ComponentMap:
    keys = reader.keys(data, "", MAP_KEYS, ("version", "upstreams", "target", "components"))
    version = keys.get("version")
    if version is not None and (version.kind is not Kind.NUMBER or version.text != VERSION):
        found = repr(version.text) if version.kind is Kind.TEXT else version.text or str(version.kind)
        reader.wrong(version, "version", f"this portkit reads version {VERSION}, found {found}")
    upstreams = _upstreams(reader, keys.get("upstreams"))
    target = _target(reader, keys.get("target"))
    components = _components(reader, keys.get("components"), [source.name for source in upstreams])
    commit = _commit(reader, keys.get("commit"))
    return ComponentMap(tuple(upstreams), target, tuple(components), commit, file)


def _named(reader: _Reader, node: Node | None, key: str) -> list[tuple[str, Node, Node]]:
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


def _upstreams(reader: _Reader, node: Node | None) -> list[Source]:
    named = _named(reader, node, "upstreams")
    return [_upstream(reader, name, value, f"upstreams.{name}") for name, _, value in named]


_TITLES = {"openbsd": "OpenBSD", "netbsd": "NetBSD", "freebsd": "FreeBSD", "dragonfly": "DragonFly"}
"""How the systems write their own names: in commit messages, and as the keyword of their ident lines."""


def _upstream(reader: _Reader, name: str, node: Node, key: str) -> Source:
    keys = reader.keys(node, key, UPSTREAM_KEYS)
    kind = "cvs" if "cvs" in keys else "git"
    if node.kind is Kind.MAPPING and ("git" in keys) == ("cvs" in keys):
        reader.wrong(node, key, "exactly one of the keys 'git' and 'cvs' is needed")
    check = partial(locations.problem_with_location, kind=kind)
    return Source(
        name=name,
        location=reader.text(keys.get(kind), f"{key}.{kind}", check),
        kind=kind,
        branch=reader.text(keys.get("branch"), f"{key}.branch", locations.problem_with_ref, default="master"),
        prefix=_prefix(reader, keys.get("prefix"), f"{key}.prefix"),
        title=reader.text(keys.get("title"), f"{key}.title", default=_TITLES.get(name.lower(), name)),
    )


def _prefix(reader: _Reader, node: Node | None, key: str) -> str:
    """What stands before every path of the source: "" or a folder with its slash."""
    if node is None or (node.kind is Kind.TEXT and not node.text):
        return ""
    text = reader.text(node, key, lambda text: problem_with(text.removesuffix("/")))
    return text if not text or text.endswith("/") else f"{text}/"


def _target(reader: _Reader, node: Node | None) -> Source:
    keys = reader.keys(node, "target", TARGET_KEYS, ("git",)) if node is not None else {}
    return Source(
        name="target",
        location=reader.text(keys.get("git"), "target.git", locations.problem_with_location),
        branch=reader.text(keys.get("branch"), "target.branch", locations.problem_with_ref, default="master"),
    )


def _commit(reader: _Reader, node: Node | None) -> CommitPolicy:
    keys = reader.keys(node, "commit", COMMIT_KEYS) if node is not None else {}
    return CommitPolicy(
        author=reader.word(keys.get("author"), "commit.author", AuthorPolicy, "author", AuthorPolicy.SELF),
        template=reader.text(keys.get("template"), "commit.template"),
    )


def _components(reader: _Reader, node: Node | None, upstreams: Sequence[str]) -> list[Component]:
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
        component = _component(reader, name, value, key, names, upstreams)
        result.append(component)
        if component.mode is Mode.WATCH:
            continue
        for rule in component.paths:
            first = taken.setdefault(rule.target, rule)
            other = owner.setdefault(rule.target, name)
            if other != name:
                text = f"{rule.target!r} is a target path of {other!r} too, on line {first.line}"
                reader.wrong(Node(Kind.TEXT, rule.line, 1), f"{key}.paths", text)
    _circles(reader, named, result)
    return result


def _component(
    reader: _Reader, name: str, node: Node, key: str, components: Sequence[str], upstreams: Sequence[str]
) -> Component:
    keys = reader.keys(node, key, COMPONENT_KEYS, ("mode", "upstream", "paths"))
    upstream = reader.text(keys.get("upstream"), f"{key}.upstream")
    if upstream and upstream not in upstreams:
        text = f"there is no upstream {upstream!r}; {nearest(upstream, upstreams)}"
        reader.wrong(keys["upstream"], f"{key}.upstream", text)
    excluded = reader.texts(keys.get("exclude"), f"{key}.exclude", _problem_with_pattern)
    paths = _paths(reader, keys.get("paths"), f"{key}.paths")
    return Component(
        name=name,
        mode=reader.word(keys.get("mode"), f"{key}.mode", Mode, "mode", Mode.WATCH),
        upstream=upstream,
        paths=paths,
        exclude=tuple(text for text, _ in excluded),
        keep=_below_target(reader, keys.get("keep"), f"{key}.keep", paths, _problem_with_path),
        deleted=_below_target(reader, keys.get("deleted"), f"{key}.deleted", paths, _problem_with_pattern),
        needs=_needs(reader, keys.get("needs"), f"{key}.needs", components),
        retired=_retired(reader, keys.get("retired"), f"{key}.retired"),
        import_at=_import(reader, keys.get("import"), f"{key}.import"),
        ident=reader.word(keys.get("ident"), f"{key}.ident", IdentStyle, "ident style", IdentStyle.AS_IS),
        subject=reader.text(keys.get("subject"), f"{key}.subject"),
        line=node.line,
        baseline=_baseline(reader, keys.get("baseline"), f"{key}.baseline", paths),
    )


def _paths(reader: _Reader, node: Node | None, key: str) -> tuple[PathRule, ...]:
    if node is None:
        return ()
    if node.kind is Kind.MAPPING and not node.pairs:
        reader.wrong(node, key, "at least one path is needed, as  upstream path: target path")
    result = []
    for upstream, place, value in reader.entries(node, key, "upstream path"):
        problem = _problem_with_path(upstream)
        if problem:
            reader.wrong(place, key, f"the upstream path {upstream!r} {problem}")
        here = f"{key}.{upstream}"
        target = reader.text(value, here, _problem_with_path)
        if target and upstream.endswith("/") != target.endswith("/"):
            folder, file = (upstream, target) if upstream.endswith("/") else (target, upstream)
            text = f"{folder!r} is a folder (it ends in '/'), {file!r} is a file: map like to like"
            reader.wrong(value, here, text)
        elif target and not problem:
            result.append(PathRule(upstream, target, place.line))
    _same_path(reader, key, "upstream", [(rule.upstream, rule) for rule in result])
    _same_path(reader, key, "target", [(rule.target, rule) for rule in result])
    return tuple(result)


def _same_path(reader: _Reader, key: str, side: str, paths: Sequence[tuple[str, PathRule]]) -> None:
    """Notes two rules for one path; `x` and `x/` are one, no tree can hold both."""
    taken: dict[str, PathRule] = {}
    for path, rule in paths:
        first = taken.setdefault(path.removesuffix("/"), rule)
        if first is not rule:
            text = f"the {side} path {path!r} is here twice, first on line {first.line}"
            reader.wrong(Node(Kind.TEXT, rule.line, 1), key, text)


def _problem_with_path(text: str) -> str:
    """Of a file, or of a folder that ends in `/`."""
    if locations.holds_control(text):
        return "holds a control character"
    return problem_with(text.removesuffix("/") if text != "/" else text)


def _problem_with_pattern(text: str) -> str:
    """Of a path, folder or pattern."""
    problem = _problem_with_path(text)
    if problem or not is_glob(text):
        return problem
    try:
        re.compile(translate(text))
    except re.error:
        return "is no pattern: what stands in its [...] is no range"
    return ""


def _below_target(
    reader: _Reader, node: Node | None, key: str, paths: Sequence[PathRule], check: Check
) -> tuple[str, ...]:
    """Target paths or patterns, each in a folder that the component's rules reach: others mean nothing."""
    folders = tuple(rule.target[: rule.target.rfind("/") + 1] for rule in paths)
    result = []
    for text, item in reader.texts(node, key, check):
        fixed = re.split(r"[*?\[]", text)[0] if check is _problem_with_pattern else text
        above = fixed != text or text.endswith("/")  # then what it names may lie deeper than it says
        if folders and not any(fixed.startswith(f) or (above and f.startswith(fixed)) for f in folders):
            known = nearest(text, folders)
            reader.wrong(item, key, f"{text!r} lies outside the component's target folders; {known}")
        result.append(text)
    return tuple(result)


def _needs(reader: _Reader, node: Node | None, key: str, components: Sequence[str]) -> tuple[Need, ...]:
    if node is None:
        return ()
    result: list[Need] = []
    alone = node.kind is not Kind.LIST
    for number, item in enumerate((node,) if alone else node.items):
        here = key if alone else f"{key}[{number}]"
        if item.kind is Kind.MAPPING:
            keys = reader.keys(item, here, NEED_KEYS, ("component",))
            name_node = keys.get("component")
            since = reader.revision(keys.get("since"), f"{here}.since", locations.problem_with_point)
        else:
            name_node, since = item, ""
        name = reader.text(name_node, here)
        if not name or name_node is None:
            continue
        if name not in components:
            reader.wrong(name_node, here, f"there is no component {name!r}; {nearest(name, components)}")
        elif any(need.component == name for need in result):
            reader.wrong(name_node, here, f"{name!r} is here twice")
        else:
            result.append(Need(name, since))
    return tuple(result)


def _circles(
    reader: _Reader, named: Sequence[tuple[str, Node, Node]], components: Sequence[Component]
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


def _retired(reader: _Reader, node: Node | None, key: str) -> Retired | None:
    if node is None:
        return None
    keys = reader.keys(node, key, RETIRED_KEYS, ("at",))
    at = reader.revision(keys.get("at"), f"{key}.at", locations.problem_with_point)
    return Retired(at, reader.text(keys.get("successor"), f"{key}.successor"))


def _import(reader: _Reader, node: Node | None, key: str) -> str:
    keys = reader.keys(node, key, IMPORT_KEYS) if node is not None else {}
    return reader.revision(keys.get("at"), f"{key}.at", locations.problem_with_point)


def _baseline(
    reader: _Reader, node: Node | None, key: str, paths: Sequence[PathRule]
) -> tuple[tuple[RepoPath, str], ...]:
    if node is None:
        return ()
    result = []
    for path, place, value in reader.entries(node, key):
        problem = _problem_with_path(path) or ("is a folder" if path.endswith("/") else "")
        reached = any(path == rule.target or (rule.folder and path.startswith(rule.target)) for rule in paths)
        if not problem and paths and not reached:
            problem = "is no target path that a rule of this component maps to"
        if problem:
            reader.wrong(place, key, f"{path!r} {problem}")
        revision = reader.revision(value, f"{key}.{path}", locations.problem_with_revision)
        if revision and not problem:
            result.append((RepoPath(path), revision))
    return tuple(result)
