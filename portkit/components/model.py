"""The component map as values: what upstream-map.yaml says, checked. Loading it is `components.load`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

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
    """Another component that must be in place, from the upstream date (YYYY-MM-DD) or revision `since` on; "" for always."""

    component: str
    since: str = ""


@dataclass(frozen=True, slots=True)
class Retired:
    """Upstream ended the component: `at` (date or revision), and what followed it."""

    at: str
    successor: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """A mapped unit. `keep`: target paths that stay although upstream deleted them; `deleted`: target paths
    that stay deleted; `since`: an import's first revision or date ("" for the newest)."""

    name: str
    mode: Mode
    upstream: str
    paths: tuple[PathRule, ...]
    exclude: tuple[str, ...] = ()
    keep: tuple[RepoPath, ...] = ()
    deleted: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    retired: Retired | None = None
    import_at: str = ""
    ident: IdentStyle = IdentStyle.AS_IS
    subject: str = ""  # what stands before " - " in a commit subject; default: the component's name
    line: int = 0

    def target_of(self, upstream_path: str) -> RepoPath | None:
        """Where `upstream_path` stands in the target, None where no rule covers it. The most specific rule wins:
        a file before a folder, the longest folder first."""
        raise NotImplementedError

    def upstream_of(self, target_path: str) -> RepoPath | None:
        """The upstream path of `target_path`; the inverse of `target_of`."""
        raise NotImplementedError


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
