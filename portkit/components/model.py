"""The component map as values: what upstream-map.yaml says, checked. Loading it is `components.load`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from portkit.change.changeset import begins
from portkit.components.locations import is_remote
from portkit.components.mistakes import nearest
from portkit.components.rules import PathSet, Rules
from portkit.errors import UserError
from portkit.paths import RepoPath, name


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


class BaselinePolicy(StrEnum):
    """What decides where ident line and content disagree on a baseline. `auto`: the content, but the ident line where
    it is hardly nearer to another; `recorded`: the ident line; `nearest`: the content alone."""

    AUTO = "auto"
    RECORDED = "recorded"
    NEAREST = "nearest"


class CheckPolicy(StrEnum):
    """What the type check of a changeset decides: nothing (it is told), or that one which adds an error does not
    land; `none`: it is not made."""

    NONE = "none"
    ANNOTATE = "annotate"
    BINDING = "binding"


class AuthorPolicy(StrEnum):
    """Whose name a commit carries as author: the person's who runs portkit, or upstream's."""

    SELF = "self"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a history lies: `location` is a URL or a path; `prefix` stands before every path in it; `branch` is a
    branch, or with CVS a tag too, and HEAD for its trunk."""

    name: str
    location: str
    kind: str = "git"  # git | cvs
    branch: str = "master"
    prefix: str = ""
    title: str = ""  # as written in commit messages: OpenBSD
    module: str = ""  # the folder of a CVS repository that paths start from
    root: str = ""  # where the CVS repository lies for those who commit: what $Header$ and $Source$ name first

    @property
    def remote(self) -> bool:
        """Whether `location` is a URL (or host:path), rather than a path on this machine."""
        return is_remote(self.location)


@dataclass(frozen=True, slots=True)
class PathRule:
    """One line of `paths`: a folder (both end in `/`), a file, or a glob: a pattern of file names in one upstream
    folder, and the target folder they go to. `line` is the map's, from 1."""

    upstream: str
    target: str
    line: int = 0

    @property
    def folder(self) -> bool:
        return self.upstream.endswith("/")

    @property
    def glob(self) -> bool:
        return self.target.endswith("/") and not self.folder

    @property
    def lands(self) -> str:
        """The target path, folder or pattern that the rule speaks for."""
        return self.target + name(self.upstream) if self.glob else self.target

    def __str__(self) -> str:
        return f"{self.upstream}: {self.target}"


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
class Move:
    """Upstream moved `old` to `new` (two files, or two folders), and `old` counts up to the day or revision `at`."""

    old: str
    new: str
    at: str
    line: int = 0

    def covers(self, path: str) -> bool:
        """Whether `path` is what moved, or lies in it."""
        return path == self.old or (self.old.endswith("/") and path.startswith(self.old))


@dataclass(frozen=True, slots=True)
class PortRange:
    """Which changesets a port is made of: from the day or revision `start` to `end`, both in it ("" for the first and
    the newest), and of these only `changesets` (the first 7 or more digits of their hashes), where any are named."""

    start: str = ""
    end: str = ""
    changesets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """Upstream paths (a path, folder or pattern; "" for all), a changeset (the first 7 or more characters of its id; ""
    for every one), or one in the other; and why it is none of the target's."""

    path: str
    changeset: str
    reason: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """Text that goes into the target's file `path` before the line `before`, which must be there exactly once; why it
    does is the commit's subject. `insert` has an LF at the end of every line."""

    path: RepoPath
    before: str
    insert: str
    reason: str
    line: int = 0


WATCH_DAYS = 90


@dataclass(frozen=True, slots=True)
class Window:
    """How far back a watched component's changesets are told: from `since` on, a day or an upstream revision; where
    that is "", those of `days` days up to the newest."""

    since: str = ""
    days: int = WATCH_DAYS


@dataclass(frozen=True, slots=True)
class Component:
    """A mapped unit.

    `exclude`: patterns of upstream paths that are left out; `keep`: target paths, or folders ending in `/`,
    that stay although upstream deletes them; `deleted`: target paths, folders or patterns that stay deleted;
    `import_at`: an import's date or revision ("" for the newest); `vendor`: the
    branch it is merged from ("" for none); `baseline`: (target path, revision) where
    the map says which revision a file derives from; `fold`: further keywords; `edits`: what an import adds to
    files of the target; `check`: what the type check decides; `verify`: the user's own commands; `entry`: functions
    in which the unprivileged side begins. Patterns are those of `rules.translate`.
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
    vendor: str = ""
    ident: IdentStyle = IdentStyle.AS_IS
    subject: str = ""  # what stands before " - " in a commit subject; default: the component's name
    line: int = 0
    baseline: tuple[tuple[RepoPath, str], ...] = ()
    baseline_policy: BaselinePolicy = BaselinePolicy.AUTO
    fold: tuple[str, ...] = ()
    moved: tuple[Move, ...] = ()
    not_applicable: tuple[NotApplicable, ...] = ()
    edits: tuple[Edit, ...] = ()
    port: PortRange = PortRange()
    watch: Window = Window()
    check: CheckPolicy = CheckPolicy.ANNOTATE
    verify: tuple[str, ...] = ()
    entry: tuple[str, ...] = ()
    _rules: Rules = field(init=False, repr=False, compare=False)
    _kept: PathSet = field(init=False, repr=False, compare=False)
    _deleted: PathSet = field(init=False, repr=False, compare=False)
    _set_aside: tuple[PathSet, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compiles the rules: frozen, so through `object`."""
        pairs = [(rule.upstream, rule.target) for rule in self.paths]
        object.__setattr__(self, "_rules", Rules(pairs, self.exclude))
        object.__setattr__(self, "_kept", PathSet(self.keep, globs=False))
        object.__setattr__(self, "_deleted", PathSet(self.deleted, globs=True))
        aside = tuple(PathSet([one.path] if one.path else [], globs=True) for one in self.not_applicable)
        object.__setattr__(self, "_set_aside", aside)

    def target_of(self, upstream_path: str) -> RepoPath | None:
        """Where `upstream_path` stands in the target, None where no rule covers it or `exclude` names it.

        The most specific rule wins: a file before a glob, a glob before a folder, the longest folder first. A path
        that upstream moved stands where its new name does.
        """
        if self.moved and self.moves_of(upstream_path):
            return None if self._rules.excluded(upstream_path) else self._rules.target_of(self.now(upstream_path))
        return self._rules.target_of(upstream_path)

    def upstream_of(self, target_path: str) -> RepoPath | None:
        """The upstream path of `target_path`, the newest where upstream moved it; the inverse of `target_of`."""
        found = self._rules.upstream_of(target_path)
        return None if found is not None and self.moves_of(found) else found

    def moves_of(self, upstream_path: str) -> tuple[Move, ...]:
        """The moves (`moved:`) that lead from `upstream_path` to its newest name, in turn; none for most."""
        result: list[Move] = []
        path = upstream_path
        while len(result) < len(self.moved):
            fitting = [move for move in self.moved if move.covers(path)]
            if not fitting:
                break
            move = max(fitting, key=lambda move: len(move.old))
            result.append(move)
            path = move.new + path[len(move.old) :]
        return tuple(result)

    def now(self, upstream_path: str) -> RepoPath:
        """The newest name of `upstream_path`: its own, unless upstream moved it."""
        for move in self.moves_of(upstream_path):
            upstream_path = move.new + upstream_path[len(move.old) :]
        return RepoPath(upstream_path)

    def rule_of(self, upstream_path: str) -> PathRule | None:
        """The line of `paths` that is the most specific for `upstream_path`, excluded or not."""
        number = self._rules.number_of(self.now(upstream_path))
        return self.paths[number] if number is not None else None

    def rule_of_target(self, target_path: str) -> PathRule | None:
        """The same for a target path."""
        number = self._rules.number_of_target(target_path)
        return self.paths[number] if number is not None else None

    def excluded(self, upstream_path: str) -> bool:
        """Whether `exclude` names `upstream_path`."""
        return self._rules.excluded(upstream_path)

    def not_applicable_to(self, upstream_path: str, changeset: str) -> NotApplicable | None:
        """The first entry of `not-applicable` that speaks of this file in this changeset (a full hash)."""
        for one, paths in zip(self.not_applicable, self._set_aside, strict=True):
            if begins(changeset, one.changeset) and (not one.path or upstream_path in paths):
                return one
        return None

    def covers(self, upstream_path: str) -> bool:
        """Whether `upstream_path` is mapped."""
        return self.target_of(upstream_path) is not None

    def unmapped(self, upstream_path: str) -> bool:
        """Whether `upstream_path` stands beside a mapped file (same folder) and the map says nothing of it.

        Below a folder rule nothing is unmapped; what `exclude` names is left out knowingly.
        """
        return self._rules.unmapped(upstream_path) and not self.moves_of(upstream_path)

    def folders(self) -> tuple[str, ...]:
        """The upstream folders to watch, no slash at the end ("" is the top of the source).

        Each mapped folder, and the parent of each mapped file, so that new files beside it are seen; and each path,
        itself, from which upstream moved something here.
        """
        return self._rules.folders + tuple(move.old.removesuffix("/") for move in self.moved)

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
class AuditPolicy:
    """What an audit is to know besides portkit's own tables. `replacements`: a name that the target lacks, and what
    stands in for it ("" takes portkit's own entry away)."""

    replacements: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LinkTemplates:
    """URL templates, each "" for none: of a target commit and an upstream changeset with {id}, of one revision of an
    upstream file with {path} and {revision}."""

    commit: str = ""
    changeset: str = ""
    revision: str = ""


class DoneBy(StrEnum):
    """What shows that a milestone is done: a path in the target, a finding of the audit that is gone, a trailer of a
    commit; or only that a person says so."""

    PATH = "path"
    AUDIT = "audit"
    TRAILER = "trailer"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Milestone:
    """One thing to be done. `value`: the path, the finding or the trailer (`Key` or `Key: value`) that shows it;
    `done`: the day (YYYY-MM-DD) on which a person says that it was done, "" for not yet."""

    what: str
    by: DoneBy = DoneBy.TOLD
    value: str = ""
    done: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """One entry of the plan: from the day `start` to the day `end` (YYYY-MM-DD, both in it), `work` on `components`,
    which is done when `done_when` is so.

    `was`: the last days that were planned before, oldest first, and `why` they slipped; `done`: as in a milestone, of
    an entry that has none.
    """

    components: tuple[str, ...]
    start: str
    end: str
    work: str
    done_when: str = ""
    line: int = 0
    milestones: tuple[Milestone, ...] = ()
    done: str = ""
    was: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class ComponentMap:
    """The whole map. `components` in the order in which they are written; `places`: the line of each key path."""

    upstreams: tuple[Source, ...]
    target: Source
    components: tuple[Component, ...]
    commit: CommitPolicy = field(default=CommitPolicy())
    path: str = ""
    links: LinkTemplates = field(default=LinkTemplates())
    plan: tuple[PlanEntry, ...] = ()
    audit: AuditPolicy = field(default=AuditPolicy())
    places: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)

    def line(self, key: str) -> int:
        """The line of a key path, such as `components.dhclient.keep[0]`; of what it stands in, where that is not
        known."""
        while key and key not in self.places:
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return self.places.get(key, 1)

    def component(self, name: str) -> Component:
        """The component `name`. Raises UserError, naming the nearest, where the map has none."""
        for component in self.components:
            if component.name == name:
                return component
        known = [component.name for component in self.components]
        what = f"there is no component {name!r}; {nearest(name, known)}"
        raise UserError(what, where=self.path, hint="portkit status lists all of them")

    def twins(self, name: str) -> tuple[Source, ...]:
        """The other sources of the same upstream: those of the same title, of another kind (a git mirror of a CVS
        repository)."""
        own = self.source(name)
        return tuple(
            one for one in self.upstreams if one.name != name and one.title == own.title and one.kind != own.kind
        )

    def source(self, name: str) -> Source:
        """The upstream `name`. Raises UserError, naming the nearest, where the map has none."""
        for source in self.upstreams:
            if source.name == name:
                return source
        known = [source.name for source in self.upstreams]
        raise UserError(f"there is no upstream {name!r}; {nearest(name, known)}", where=self.path)
