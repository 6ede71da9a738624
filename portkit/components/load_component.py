"""One component of a map, from the nodes under its key: every key that it may have, and every mistake in one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from portkit.components import keys as known_keys
from portkit.components import locations
from portkit.components.mistakes import nearest
from portkit.components.model import (
    WATCH_DAYS,
    BaselinePolicy,
    CheckPolicy,
    Component,
    Edit,
    IdentStyle,
    Mode,
    Move,
    Need,
    NotApplicable,
    PathRule,
    PortRange,
    Retired,
    Window,
)
from portkit.components.reading import Check, Reader
from portkit.components.rules import is_glob, matches_itself, translate
from portkit.components.tree import Kind, Node
from portkit.paths import RepoPath, problem_with
from portkit.paths import name as last_part


def load_component(
    reader: Reader, name: str, node: Node, key: str, components: Sequence[str], upstreams: Sequence[str]
) -> Component:
    """The component that `node` describes, which stands under `key`; the reader notes its mistakes. `components` and
    `upstreams`: the names of all that the map has."""
    keys = reader.keys(node, key, known_keys.COMPONENT)
    upstream = reader.text(keys.get("upstream"), f"{key}.upstream")
    if upstream and upstream not in upstreams:
        text = f"there is no upstream {upstream!r}; {nearest(upstream, upstreams)}"
        reader.wrong(keys["upstream"], f"{key}.upstream", text)
    excluded = reader.texts(keys.get("exclude"), f"{key}.exclude", _problem_with_pattern)
    paths = _paths(reader, keys.get("paths"), f"{key}.paths")
    imported = _import(reader, keys.get("import"), f"{key}.import")
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
        import_at=imported[0],
        vendor=imported[1],
        port=_port(reader, keys.get("port"), f"{key}.port"),
        watch=_watch(reader, keys.get("watch"), f"{key}.watch"),
        ident=reader.word(keys.get("ident"), f"{key}.ident", IdentStyle, "ident style", IdentStyle.AS_IS),
        subject=reader.text(keys.get("subject"), f"{key}.subject"),
        line=node.line,
        baseline=_baseline(reader, keys.get("baseline"), f"{key}.baseline", paths),
        baseline_policy=reader.word(
            keys.get("baseline-policy"), f"{key}.baseline-policy", BaselinePolicy, "policy", BaselinePolicy.AUTO
        ),
        fold=_fold(reader, keys.get("fold"), f"{key}.fold"),
        moved=_moved(reader, keys.get("moved"), f"{key}.moved", paths),
        not_applicable=_not_applicable(reader, keys.get("not-applicable"), f"{key}.not-applicable"),
        edits=_edits(reader, keys.get("edit"), f"{key}.edit", paths),
        check=reader.word(keys.get("check"), f"{key}.check", CheckPolicy, "policy", CheckPolicy.ANNOTATE),
        verify=tuple(
            text for text, _ in reader.texts(keys.get("verify"), f"{key}.verify", locations.problem_with_command)
        ),
        entry=tuple(
            text for text, _ in reader.texts(keys.get("entry"), f"{key}.entry", locations.problem_with_function)
        ),
    )


def _paths(reader: Reader, node: Node | None, key: str) -> tuple[PathRule, ...]:
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
        folder, _, pattern = upstream.rpartition("/")
        if not problem and target and not matches_itself(pattern):
            problem = _problem_with_glob(folder, pattern, target)
            if problem:
                reader.wrong(place, here, f"{upstream!r} {problem}")
        elif not problem and not matches_itself(folder):
            problem = "has a pattern in a folder's name; only the last part of a path may be one"
            reader.wrong(place, here, f"{upstream!r} {problem}")
        elif target and upstream.endswith("/") != target.endswith("/"):
            folder, file = (upstream, target) if upstream.endswith("/") else (target, upstream)
            text = f"{folder!r} is a folder (it ends in '/'), {file!r} is a file: map like to like"
            reader.wrong(value, here, text)
            problem = text
        if target and not problem:
            result.append(PathRule(upstream, target, place.line))
    _same_path(reader, key, "upstream", [(rule.upstream, rule) for rule in result])
    _same_path(reader, key, "target", [(rule.lands, rule) for rule in result])
    return tuple(result)


def _problem_with_glob(folder: str, pattern: str, target: str) -> str:
    """Of an upstream path whose last part is a pattern, and where it maps to."""
    if not matches_itself(folder):
        return "has a pattern in a folder's name; only the last part of a path may be one"
    if "**" in pattern:
        return "crosses folders ('**'); a pattern stands for files of one folder, or map the whole folder"
    if not target.endswith("/"):
        return f"is a pattern, and {target!r} no folder: a pattern maps into a folder, which ends in '/'"
    return _problem_with_pattern(pattern)


def _same_path(reader: Reader, key: str, side: str, paths: Sequence[tuple[str, PathRule]]) -> None:
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
    reader: Reader, node: Node | None, key: str, paths: Sequence[PathRule], check: Check
) -> tuple[str, ...]:
    """Target paths or patterns, each in a folder that the component's rules reach: others mean nothing."""
    folders = tuple(dict.fromkeys(rule.target[: rule.target.rfind("/") + 1] for rule in paths))
    result = []
    for text, item in reader.texts(node, key, check):
        fixed = re.split(r"[*?\[]", text)[0] if check is _problem_with_pattern else text
        above = fixed != text or text.endswith("/")  # then what it names may lie deeper than it says
        if folders and not any(fixed.startswith(f) or (above and f.startswith(fixed)) for f in folders):
            known = nearest(text, folders)
            reader.wrong(item, key, f"{text!r} lies outside the component's target folders; {known}")
        result.append(text)
    return tuple(result)


def _needs(reader: Reader, node: Node | None, key: str, components: Sequence[str]) -> tuple[Need, ...]:
    if node is None:
        return ()
    result: list[Need] = []
    alone = node.kind is not Kind.LIST
    for number, item in enumerate((node,) if alone else node.items):
        here = key if alone else f"{key}[{number}]"
        if item.kind is Kind.MAPPING:
            keys = reader.keys(item, here, known_keys.NEED)
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


def _retired(reader: Reader, node: Node | None, key: str) -> Retired | None:
    if node is None:
        return None
    keys = reader.keys(node, key, known_keys.RETIRED)
    at = reader.revision(keys.get("at"), f"{key}.at", locations.problem_with_point)
    return Retired(at, reader.text(keys.get("successor"), f"{key}.successor"))


def _import(reader: Reader, node: Node | None, key: str) -> tuple[str, str]:
    """The state that comes in, and the vendor branch."""
    keys = reader.keys(node, key, known_keys.IMPORT) if node is not None else {}
    at = reader.revision(keys.get("at"), f"{key}.at", locations.problem_with_point)
    return at, reader.text(keys.get("vendor"), f"{key}.vendor", locations.problem_with_ref)


def _watch(reader: Reader, node: Node | None, key: str) -> Window:
    if node is None:
        return Window()
    keys = reader.keys(node, key, known_keys.WATCH)
    since = reader.revision(keys.get("since"), f"{key}.since", locations.problem_with_point)
    days = reader.count(keys.get("days"), f"{key}.days", 99999, default=WATCH_DAYS)
    if {"since", "days"} <= keys.keys():
        reader.wrong(keys["days"], f"{key}.days", "stands beside since: one of them says how far back")
    return Window(since, days)


def _port(reader: Reader, node: Node | None, key: str) -> PortRange:
    if node is None:
        return PortRange()
    keys = reader.keys(node, key, known_keys.PORT)
    start = reader.revision(keys.get("from"), f"{key}.from", locations.problem_with_point)
    end = reader.revision(keys.get("to"), f"{key}.to", locations.problem_with_point)
    days = [text for text in (start, end) if not locations.problem_with_day(text)]
    if len(days) == 2 and end < start:
        reader.wrong(keys["to"], f"{key}.to", f"{end!r} lies before {start!r}, the day it begins")
    listed = keys.get("changesets")
    chosen = [] if listed is None else list(listed.items) if listed.kind is Kind.LIST else [listed]
    hashes = []
    for number, item in enumerate(chosen):
        text = reader.revision(item, f"{key}.changesets[{number}]", locations.problem_with_hash)
        if text:
            hashes.append(text)
    return PortRange(start, end, tuple(hashes))


def _fold(reader: Reader, node: Node | None, key: str) -> tuple[str, ...]:
    result: list[str] = []
    for word, place in reader.texts(node, key, locations.problem_with_keyword):
        if word in result:
            reader.wrong(place, key, f"{word!r} is here twice")
        else:
            result.append(word)
    return tuple(result)


def _moved(reader: Reader, node: Node | None, key: str, paths: Sequence[PathRule]) -> tuple[Move, ...]:
    result: list[Move] = []
    listed = {rule.upstream: rule.line for rule in paths}
    for here, item, keys in reader.records(node, key, known_keys.MOVED):
        old = reader.text(keys.get("from"), f"{here}.from", _problem_with_path)
        new = reader.text(keys.get("to"), f"{here}.to", _problem_with_path)
        at = reader.revision(keys.get("at"), f"{here}.at", locations.problem_with_point)
        if not old or not new:
            continue
        if old.endswith("/") != new.endswith("/"):
            reader.wrong(item, here, f"{old!r} and {new!r} must be two files, or two folders that end in '/'")
        elif old in listed:
            text = f"{old!r} is mapped itself, on line {listed[old]}: map where it moved to, and not both"
            reader.wrong(keys["from"], f"{here}.from", text)
        elif any(move.old == old for move in result):
            reader.wrong(keys["from"], f"{here}.from", f"{old!r} is here twice")
        elif new.startswith(old) and (new == old or old.endswith("/")):
            reader.wrong(keys["to"], f"{here}.to", f"{new!r} is, or lies in, what moved")
        else:
            result.append(Move(old, new, at, item.line))
    onward = {move.old: next((one for one in result if one.covers(move.new)), None) for move in result}
    for move in result:
        trail = [move.old]
        step = onward[move.old]
        while step is not None and step.old not in trail:
            trail.append(step.old)
            step = onward[step.old]
        if step is move:
            text = f"the moves go round in a circle: {' -> '.join([*trail, move.old])}"
            reader.wrong(Node(Kind.TEXT, move.line, 1), key, text)
            break
    for move in (move for move in result if onward[move.old] is None):
        reached = any(_reaches(rule, move.new) for rule in paths)
        if paths and not reached:
            known = nearest(move.new, listed)
            text = f"{move.new!r} is no upstream path that a rule of this component maps; {known}"
            reader.wrong(Node(Kind.TEXT, move.line, 1), f"{key}.to", text)
    return tuple(result)


def _reaches(rule: PathRule, upstream: str) -> bool:
    """Whether `rule` speaks of the upstream file or folder, or of something in it."""
    if rule.folder:
        return upstream.startswith(rule.upstream) or (upstream.endswith("/") and rule.upstream.startswith(upstream))
    if upstream.endswith("/"):
        return rule.upstream.startswith(upstream)
    return re.fullmatch(translate(rule.upstream), upstream) is not None if rule.glob else rule.upstream == upstream


def _not_applicable(reader: Reader, node: Node | None, key: str) -> tuple[NotApplicable, ...]:
    result = []
    for here, item, keys in reader.records(node, key, known_keys.NOT_APPLICABLE):
        path = reader.text(keys.get("path"), f"{here}.path", _problem_with_pattern)
        changeset = reader.revision(keys.get("changeset"), f"{here}.changeset", locations.problem_with_hash)
        reason = reader.words(keys.get("reason"), f"{here}.reason")
        if item.kind is Kind.MAPPING and "path" not in keys and "changeset" not in keys:
            reader.wrong(item, here, "one of the keys 'path' and 'changeset' is needed, or both")
        elif path or changeset:
            result.append(NotApplicable(path, changeset, reason, item.line))
    return tuple(result)


def _edits(reader: Reader, node: Node | None, key: str, paths: Sequence[PathRule]) -> tuple[Edit, ...]:
    result: list[Edit] = []
    for here, item, keys in reader.records(node, key, known_keys.EDIT):
        place = keys.get("path")
        named = reader.text(place, f"{here}.path", _problem_with_file)
        if named:
            _below_target(reader, place, f"{here}.path", paths, _problem_with_file)
        before = reader.lines(keys.get("before"), f"{here}.before")
        insert = reader.lines(keys.get("insert"), f"{here}.insert")
        reason = reader.words(keys.get("reason"), f"{here}.reason")
        if "\n" in before:
            reader.wrong(keys["before"], f"{here}.before", "one line is expected here, found several")
        elif before and before in insert.split("\n"):
            reader.wrong(keys["insert"], f"{here}.insert", "the line before which it goes in is one of its own")
        elif named and before and insert:
            result.append(Edit(RepoPath(named), before, insert + "\n", reason, item.line))
    return tuple(result)


def _problem_with_file(text: str) -> str:
    return _problem_with_path(text) or ("is a folder" if text.endswith("/") else "")


def _baseline(
    reader: Reader, node: Node | None, key: str, paths: Sequence[PathRule]
) -> tuple[tuple[RepoPath, str], ...]:
    if node is None:
        return ()
    result = []
    for path, place, value in reader.entries(node, key):
        problem = _problem_with_path(path) or ("is a folder" if path.endswith("/") else "")
        reached = any(
            re.fullmatch(re.escape(rule.target) + translate(last_part(rule.upstream)), path) is not None
            if rule.glob
            else path == rule.target or (rule.folder and path.startswith(rule.target))
            for rule in paths
        )
        if not problem and paths and not reached:
            problem = "is no target path that a rule of this component maps to"
        if problem:
            reader.wrong(place, key, f"{path!r} {problem}")
        revision = reader.revision(value, f"{key}.{path}", locations.problem_with_revision)
        if revision and not problem:
            result.append((RepoPath(path), revision))
    return tuple(result)
