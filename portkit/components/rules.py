"""Path rules, compiled: where an upstream path stands in the target and back; what is excluded or kept.

Knows text only. Built once for each component, then asked some 10^5 times: every answer is a few dictionary
lookups, and a path outside the component costs one `str.startswith`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portkit.paths import RepoPath, parent

Rule = tuple[str, str]
"""(upstream, target): two folders, which both end in `/`; two files; or a glob, a pattern of file names in one folder,
and the target folder that they go to under the same names."""

_WILD = frozenset("*?[")


def is_glob(pattern: str) -> bool:
    """Whether `pattern` holds a character that does not stand for itself."""
    return not _WILD.isdisjoint(pattern)


def matches_itself(name: str) -> bool:
    """Whether `name`, taken as a pattern, means nothing but itself: `[` is no range without its end."""
    return translate(name) == re.escape(name)


def translate(pattern: str) -> str:
    """The regular expression (for `fullmatch`) of a path pattern. Raises re.error where a `[...]` is none.

    `?` and `*` stay within one part of the path, `**` crosses `/` and `**/` may stand for nothing, as in
    gitignore(5); `[a-z]` and `[!a-z]` as in fnmatch; a pattern that ends in `/` means all that lies below.
    """
    result = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*":
            stars = at - 1
            while at < len(pattern) and pattern[at] == "*":
                at += 1
            whole_part = stars == 0 or pattern[stars - 1] == "/"
            if at - stars == 1:
                result.append("[^/]*")
            elif whole_part and pattern.startswith("/", at):
                at += 1
                result.append("(?:.*/)?")
            else:
                result.append(".*")
        elif character == "?":
            result.append("[^/]")
        elif character == "[" and (end := pattern.find("]", at + 1 + pattern.startswith("!", at))) > 0:
            inside = re.sub(r"([\\\[\]&~|^])", r"\\\1", pattern[at:end].removeprefix("!"))
            result.append(f"[^/{inside}]" if pattern[at] == "!" else f"(?!/)[{inside}]")
            at = end + 1
        else:
            result.append(re.escape(character))
    if pattern.endswith("/"):
        result.append(".*")
    return "".join(result)


class PathSet:
    """Some paths, folders (ending in `/`) and, with `globs`, patterns: `path in set` asks all of them."""

    __slots__ = ("_files", "_folders", "_pattern")

    def __init__(self, entries: Iterable[str], *, globs: bool) -> None:
        wild = []
        files = set()
        folders = []
        for entry in entries:
            if globs and is_glob(entry):
                wild.append(f"(?:{translate(entry)})")
            elif entry.endswith("/"):
                folders.append(entry)
            else:
                files.add(entry)
        self._files = frozenset(files)
        self._folders = tuple(folders)
        self._pattern = re.compile("|".join(wild), re.DOTALL) if wild else None

    def __contains__(self, path: str) -> bool:
        if path in self._files or path.startswith(self._folders):
            return True
        return self._pattern is not None and self._pattern.fullmatch(path) is not None


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A rule as it is asked: `heads` is what it says of each side, of a glob the two folders; `name` is the pattern
    of a glob's file names; `number` is its place among the rules."""

    heads: tuple[str, str]
    number: int
    name: re.Pattern[str] | None = None
    literal: int = 0


def _compiled(rule: Rule, number: int) -> _Compiled:
    upstream, target = rule
    if upstream.endswith("/") or not target.endswith("/"):
        return _Compiled(rule, number)
    folder, slash, pattern = upstream.rpartition("/")
    literal = len(re.sub(r"\[.*?\]|[*?]", "", pattern))
    return _Compiled((folder + slash, target), number, re.compile(translate(pattern), re.DOTALL), literal)


class _Side:
    """The rules seen from one side: which of them is the most specific for a path."""

    __slots__ = ("_files", "_folders", "_globs", "_heads", "watched")

    def __init__(self, rules: Sequence[_Compiled], side: int) -> None:
        plain = {rule.heads[side]: rule for rule in rules if rule.name is None}
        self._files = {head: rule for head, rule in plain.items() if not head.endswith("/")}
        self._folders = {head: rule for head, rule in plain.items() if head.endswith("/")}
        globs: dict[str, list[_Compiled]] = {}
        for rule in sorted(rules, key=lambda rule: (-rule.literal, rule.number)):
            if rule.name is not None:
                globs.setdefault(rule.heads[side], []).append(rule)
        self._globs = globs
        self._heads = tuple(rule.heads[side] for rule in rules)
        watched = [head[:-1] if head.endswith("/") else parent(head) for head in self._heads]
        self.watched = tuple(dict.fromkeys(watched))

    def rule(self, path: str) -> _Compiled | None:
        """A file before a glob, the glob that says more before another, both before a folder, the longest folder
        first; None where no rule reaches `path`."""
        if not path.startswith(self._heads):
            return None
        found = self._files.get(path)
        end = len(path)
        if found is None and self._globs:
            cut = path.rfind("/") + 1
            names = self._globs.get(path[:cut], ())
            found = next((rule for rule in names if rule.name is not None and rule.name.fullmatch(path[cut:])), None)
        while found is None and (end := path.rfind("/", 0, end)) >= 0:
            found = self._folders.get(path[: end + 1])
        return found

    def below_a_folder(self, path: str) -> bool:
        """Whether a folder rule reaches `path`."""
        return any(path.startswith(folder) for folder in self._folders)


class Rules:
    """The compiled rules of one component.

    A path is mapped by the rule that is the most specific for it on *both* sides: so `target_of` and
    `upstream_of` are inverse, and an upstream file whose place another file's rule has taken maps nowhere.
    """

    __slots__ = ("_excluded", "_source", "_target")

    def __init__(self, rules: Sequence[Rule], exclude: Sequence[str] = ()) -> None:
        compiled = [_compiled(rule, number) for number, rule in enumerate(rules)]
        self._source = _Side(compiled, 0)
        self._target = _Side(compiled, 1)
        self._excluded = PathSet(exclude, globs=True)

    @property
    def folders(self) -> tuple[str, ...]:
        """Upstream folders to watch, without the slash at the end; the parent folder of a file."""
        return self._source.watched

    @property
    def target_folders(self) -> tuple[str, ...]:
        """The same on the target's side."""
        return self._target.watched

    def number_of(self, upstream_path: str) -> int | None:
        """Which rule is the most specific for `upstream_path`, excluded or not; None where none reaches it."""
        rule = self._source.rule(upstream_path)
        return rule.number if rule is not None else None

    def number_of_target(self, target_path: str) -> int | None:
        """The same for a target path."""
        rule = self._target.rule(target_path)
        return rule.number if rule is not None else None

    def excluded(self, upstream_path: str) -> bool:
        """Whether `exclude` names `upstream_path`."""
        return upstream_path in self._excluded

    def target_of(self, upstream_path: str) -> RepoPath | None:
        """Where `upstream_path` stands in the target, None where nothing maps it."""
        rule = self._source.rule(upstream_path)
        if rule is None or upstream_path in self._excluded:
            return None
        result = rule.heads[1] + upstream_path[len(rule.heads[0]) :]
        return RepoPath(result) if self._target.rule(result) is rule else None

    def upstream_of(self, target_path: str) -> RepoPath | None:
        """The upstream path that stands at `target_path`, None where nothing maps it."""
        rule = self._target.rule(target_path)
        if rule is None:
            return None
        result = rule.heads[0] + target_path[len(rule.heads[1]) :]
        if self._source.rule(result) is not rule or result in self._excluded:
            return None
        return RepoPath(result)

    def unmapped(self, upstream_path: str) -> bool:
        """Whether `upstream_path` stands beside a mapped file, and no rule and no `exclude` speaks of it."""
        if parent(upstream_path) not in self._source.watched or self._source.below_a_folder(upstream_path):
            return False
        return self._source.rule(upstream_path) is None and upstream_path not in self._excluded
