"""Path rules, compiled: where an upstream path stands in the target and back; what is excluded or kept.

Knows text only. Built once for each component, then asked some 10^5 times: every answer is a few dictionary
lookups, and a path outside the component costs one `str.startswith`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from portkit.paths import RepoPath, parent

Rule = tuple[str, str]
"""(upstream, target): two folders, which both end in `/`, or two files."""

_WILD = frozenset("*?[")


def is_glob(pattern: str) -> bool:
    """Whether `pattern` holds a character that does not stand for itself."""
    return not _WILD.isdisjoint(pattern)


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


class _Side:
    """The rules seen from one side: which of them is the most specific for a path."""

    __slots__ = ("_files", "_folders", "_heads", "watched")

    def __init__(self, rules: Sequence[Rule], side: int) -> None:
        self._files = {rule[side]: rule for rule in rules if not rule[side].endswith("/")}
        self._folders = {rule[side]: rule for rule in rules if rule[side].endswith("/")}
        self._heads = tuple(rule[side] for rule in rules)
        watched = [rule[side][:-1] if rule[side].endswith("/") else parent(rule[side]) for rule in rules]
        self.watched = tuple(dict.fromkeys(watched))

    def rule(self, path: str) -> Rule | None:
        """A file before a folder, the longest folder first; None where no rule reaches `path`."""
        if not path.startswith(self._heads):
            return None
        found = self._files.get(path)
        end = len(path)
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
        self._source = _Side(rules, 0)
        self._target = _Side(rules, 1)
        self._excluded = PathSet(exclude, globs=True)

    @property
    def folders(self) -> tuple[str, ...]:
        """Upstream folders to watch, without the slash at the end; the parent folder of a file."""
        return self._source.watched

    @property
    def target_folders(self) -> tuple[str, ...]:
        """The same on the target's side."""
        return self._target.watched

    def target_of(self, upstream_path: str) -> RepoPath | None:
        """Where `upstream_path` stands in the target, None where nothing maps it."""
        rule = self._source.rule(upstream_path)
        if rule is None or upstream_path in self._excluded:
            return None
        result = rule[1] + upstream_path[len(rule[0]) :]
        return RepoPath(result) if self._target.rule(result) is rule else None

    def upstream_of(self, target_path: str) -> RepoPath | None:
        """The upstream path that stands at `target_path`, None where nothing maps it."""
        rule = self._target.rule(target_path)
        if rule is None:
            return None
        result = rule[0] + target_path[len(rule[1]) :]
        if self._source.rule(result) is not rule or result in self._excluded:
            return None
        return RepoPath(result)

    def unmapped(self, upstream_path: str) -> bool:
        """Whether `upstream_path` stands beside a mapped file, and no rule and no `exclude` speaks of it."""
        if parent(upstream_path) not in self._source.watched or self._source.below_a_folder(upstream_path):
            return False
        return self._source.rule(upstream_path) is None and upstream_path not in self._excluded
