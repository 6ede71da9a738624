"""The component map as values: what upstream-map.yaml says, checked. Loading it is `components.load`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from portkit.components.locations import is_remote
from portkit.components.mistakes import nearest
from portkit.components.rules import PathSet, Rules
from portkit.errors import UserError
from portkit.paths import RepoPath


class Mode(StrEnum):
    """How a component follows its upstream (docs/glossary.md)."""

    SYNC = "sync"
    IMPORT = "import"
    PORT = "port"
    WATCH = "watch"


class IdentStyle(StrEnum):
    """How the target's ident line is rewritten when a revision is ported."""

    AS_IS = "as-is"
    LEARNED = "learned"


class AuthorPolicy(StrEnum):
    """Whose name a commit carries as author: the person's who runs portkit, or upstream's."""

    SELF = "self"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a history lies: `location` is a URL or a path; `prefix` stands before every path in it."""

    name: str
    location: str
    kind: str = "git"  # git | cvs
    branch: str = "master"
    prefix: str = ""
    title: str = ""  # as written in commit messages: OpenBSD

    @property
    def remote(self) -> bool:
        """Whether `location` is a URL (or host:path), rather than a path on this machine."""
        return self.kind == "git" and is_remote(self.location)


@dataclass(frozen=True, slots=True)
class PathRule:
    """One line of `paths`: a folder (both end in `/`) or a file. `line` is the map's, from 1."""

    upstream: str
    target: str
    line: int = 0

    @property
    def folder(self) -> bool:
        return self.upstream.endswith("/")


@dataclass(frozen=True, slots=True)
class Need:
    """Another component that must be in place, from the upstream day (YYYY-MM-DD) or revision `since` on.

    "" for always.
    """

    component: str
    since: str = ""


@dataclass(frozen=True, slots=True)
class Retired:
    """Upstream ended the component: `at` (date or revision), and what followed it."""

    at: str
    successor: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """A mapped unit.

    `exclude`: patterns of upstream paths that are left out; `keep`: target paths, or folders ending in `/`,
    that stay although upstream deletes them; `deleted`: target paths, folders or patterns that stay deleted;
    `import_at`: an import's date or revision ("" for the newest); `baseline`: (target path, revision) where
    the map says which revision a file derives from. Patterns are those of `rules.translate`.
    """

    name: str
    mode: Mode
    upstream: str
    paths: tuple[PathRule, ...]
    exclude: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    retired: Retired | None = None
    import_at: str = ""
    ident: IdentStyle = IdentStyle.AS_IS
    subject: str = ""  # what stands before " - " in a commit subject; default: the component's name
    line: int = 0
    baseline: tuple[tuple[RepoPath, str], ...] = ()
    _rules: Rules = field(init=False, repr=False, compare=False)
    _kept: PathSet = field(init=False, repr=False, compare=False)
    _deleted: PathSet = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compiles the rules: frozen, so through `object`."""
        pairs = [(rule.upstream, rule.target) for rule in self.paths]
        object.__setattr__(self, "_rules", Rules(pairs, self.exclude))
        object.__setattr__(self, "_kept", PathSet(self.keep, globs=False))
        object.__setattr__(self, "_deleted", PathSet(self.deleted, globs=True))

    def target_of(self, upstream_path: str) -> RepoPath | None:
        """Where `upstream_path` stands in the target, None where no rule covers it or `exclude` names it.

        The most specific rule wins: a file before a folder, the longest folder first.
        """
        return self._rules.target_of(upstream_path)

    def upstream_of(self, target_path: str) -> RepoPath | None:
        """The upstream path of `target_path`; the inverse of `target_of`."""
        return self._rules.upstream_of(target_path)

    def covers(self, upstream_path: str) -> bool:
        """Whether `upstream_path` is mapped."""
        return self._rules.target_of(upstream_path) is not None

    def unmapped(self, upstream_path: str) -> bool:
        """Whether `upstream_path` stands beside a mapped file (same folder) and the map says nothing of it.

        Below a folder rule nothing is unmapped; what `exclude` names is left out knowingly.
        """
        return self._rules.unmapped(upstream_path)

    def folders(self) -> tuple[str, ...]:
        """The upstream folders to watch, no slash at the end ("" is the top of the source).

        Each mapped folder, and the parent of each mapped file, so that new files beside it are seen.
        """
        return self._rules.folders

    def target_folders(self) -> tuple[str, ...]:
        """The same on the target's side."""
        return self._rules.target_folders

    def kept(self, target_path: str) -> bool:
        """Whether `target_path` stays although upstream deletes it (`keep:`)."""
        return target_path in self._kept

    def deleted_on_purpose(self, target_path: str) -> bool:
        """Whether `target_path` stays deleted although upstream changes it (`deleted:`)."""
        return target_path in self._deleted


@dataclass(frozen=True, slots=True)
class CommitPolicy:
    """How commits on the branch look. `template` is a file of the user's, "" for the built-in one."""

    author: AuthorPolicy = AuthorPolicy.SELF
    template: str = ""


@dataclass(frozen=True, slots=True)
class ComponentMap:
    """The whole map. `components` in the order in which they are written."""

    upstreams: tuple[Source, ...]
    target: Source
    components: tuple[Component, ...]
    commit: CommitPolicy = field(default=CommitPolicy())
    path: str = ""

    def component(self, name: str) -> Component:
        """The component `name`. Raises UserError, naming the nearest, where the map has none."""
        for component in self.components:
            if component.name == name:
                return component
        known = [component.name for component in self.components]
        raise UserError(f"there is no component {name!r}; {nearest(name, known)}", where=self.path)

    def source(self, name: str) -> Source:
        """The upstream `name`. Raises UserError, naming the nearest, where the map has none."""
        for source in self.upstreams:
            if source.name == name:
                return source
        known = [source.name for source in self.upstreams]
        raise UserError(f"there is no upstream {name!r}; {nearest(name, known)}", where=self.path)
