"""One component's audit: both sides brought together, and what each part of it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from portkit.audit.building import Build
from portkit.audit.callgraph import CallGraph, graph_of
from portkit.audit.checking import Compiler
from portkit.audit.drift import Drift, drift
from portkit.audit.fixes import Fix, fixes
from portkit.audit.headers import FOLDERS, Headers, installed
from portkit.audit.inactive import active
from portkit.audit.lacks import Place
from portkit.audit.messages import Message, messages
from portkit.audit.portability import STAND_IN, Origin, Portability, portability
from portkit.audit.privsep import Privsep, privsep
from portkit.audit.probes import probes, sized
from portkit.audit.replacements import merged
from portkit.audit.sides import Side, TreeOf, TypeCheck, side, type_check
from portkit.audit.steps import StepCheck
from portkit.change.changeset import Blob, Changeset
from portkit.components.mistakes import nearest
from portkit.components.model import Component, Mode
from portkit.errors import UserError
from portkit.paths import RepoPath
from portkit.protocols import Tree
from portkit.sync.lineage import Lineage
from portkit.sync.outcome import ComponentOutcome
from portkit.text import split_lines


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found out about one component. `onto`: the target's commit; `upstream`: upstream's, whose sources were
    looked at; `standing`: the target's own sources as they are, None where it has none; `portability`: upstream's
    sources on the target's headers, None where the target has no headers to check on; `privsep`: what must cross from
    the target's unprivileged side; `messages` and `upstream_messages`: either side's; `fixes`: checks of lengths that
    upstream brought since the baseline; `drift`: interfaces that changed under others in the target; `steps`: the
    type check of each changeset that a sync would land, where that was asked for; `outcome`: what a sync would do, None
    where nobody looked."""

    component: str
    mode: str
    onto: str
    upstream: str
    upstream_date: int
    standing: TypeCheck | None
    portability: Portability | None
    privsep: Privsep
    messages: tuple[Message, ...]
    upstream_messages: tuple[Message, ...]
    fixes: tuple[Fix, ...]
    drift: tuple[Drift, ...]
    notes: tuple[str, ...] = ()
    steps: tuple[StepCheck, ...] = ()
    outcome: ComponentOutcome | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What an audit stands on: trees of both sides at their commits, and a compiler for the target's headers. `bases`:
    the position of the upstream version that each file derives from, none where nothing does; `mentions`: the places
    in the target that name each of some words."""

    onto: str
    target_tree: TreeOf
    upstream_tree: Callable[[str, Sequence[str], Callable[[str], bool]], Tree]
    compiler: Callable[[Headers, Tree], Compiler]
    bases: Callable[[], Mapping[RepoPath, int]]
    mentions: Callable[[Sequence[str]], Mapping[str, Sequence[tuple[str, int]]]]


class Auditor:
    """The audit of one component. `changesets`: upstream's for it, oldest first; `lineage`: their files' versions;
    `position`: where in `changesets` a day or a revision is."""

    def __init__(
        self,
        component: Component,
        changesets: Sequence[Changeset],
        lineage: Lineage,
        ground: Ground,
        *,
        position: Callable[[str], int],
        replacements: Mapping[str, str],
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._component = component
        self._changesets = changesets
        self._lineage = lineage
        self._ground = ground
        self._position = position
        self._table = merged(replacements)
        self._progress = progress

    def run(self, point: str = "", entries: Sequence[str] = ()) -> Audit:
        """The audit with upstream as it stands at `point`, a day or a revision ("" for the newest); `entries`: the
        functions in which the target's unprivileged side begins, where the map is not to be asked. Raises UserError
        where there is nothing yet, WorldError where there is no compiler."""
        component, ground = self._component, self._ground
        until = self._position(point) if point else len(self._changesets) - 1
        if until < 0:
            raise UserError(f"upstream has nothing of {component.name} yet at that point", where="--until")
        newest = self._changesets[until]
        notes: list[str] = []
        self._progress(f"{component.name}: reading both sides")

        def tree_of(folders: Sequence[str]) -> Tree:
            return ground.upstream_tree(newest.id, folders, lambda _: True)

        upstream = side(tree_of, component.folders(), component.covers)
        target = side(ground.target_tree, component.target_folders(), self._is_target)
        headers, header_tree = headers_of(ground.target_tree)
        standing = found = None
        ours, theirs = _contents(target), _contents(upstream)
        if not headers.system:
            notes.append("the target has no headers (include/, sys/): nothing can be checked on them")
        else:
            compiler = ground.compiler(headers, header_tree)
            if target.builds:
                self._progress(f"{component.name}: checking the target's sources as they stand")
                standing = type_check(target, compiler, headers.generated)
            else:
                notes.append("the target has no C sources of it yet")
        self._progress(f"{component.name}: following calls")
        running, seen = active(ours, standing.units if standing is not None else ())
        if standing is not None and standing.units and not seen:
            notes.append(_UNSEEN)
        target_calls, upstream_calls = graph_of(running), graph_of(theirs)
        crossing = privsep(target_calls, upstream_calls, self._entries(target_calls, entries))
        if running != ours:
            every = privsep(graph_of(ours), upstream_calls, entries or component.entry).crossings
            passed = tuple(one for one in every if _passed(one.place, ours, running))
            crossing = replace(crossing, inactive=passed)
        mine, other = messages(target_calls, running), messages(upstream_calls, theirs)
        if headers.system:
            found, stand_ins = portability(
                upstream, partial(ground.upstream_tree, newest.id), headers, _reader(headers, header_tree), compiler,
                warnings=_warnings(target.builds), table=self._table, since=_Since(self._lineage, until, upstream),
                ours=ours,
                progress=lambda text: self._progress(f"{component.name}: {text}"),
            )  # fmt: skip
            if not found.own_headers:
                notes.append("upstream's headers (include/, sys/) are not at hand: none stands in for a missing one")
            self._progress(f"{component.name}: measuring messages")
            mine = _measured(mine, running, target, compiler, {})
            other = _measured(other, theirs, upstream, compiler, stand_ins)
        self._progress(f"{component.name}: comparing checks and interfaces")
        families = frozenset(one.name.partition("_")[0] for one in (*mine, *other))
        brought = fixes(
            self._lineage, ground.bases(), until, upstream.contents.read, lambda path: self._ours(path, target),
            families,
        )  # fmt: skip
        installed_paths = frozenset(headers.sources.values())
        changed = drift(
            self._lineage, until,
            lambda path: component.mode is Mode.IMPORT or component.target_of(path) in installed_paths,
            upstream.contents.read, self._users,
        )  # fmt: skip
        return Audit(
            component.name, component.mode, ground.onto, newest.id, newest.date, standing, found, crossing, mine, other,
            brought, changed, tuple(notes),
        )  # fmt: skip

    def _entries(self, calls: CallGraph, told: Sequence[str]) -> Sequence[str]:
        """The functions in which the unprivileged side begins, where somebody says so. Raises UserError for one that
        is not there."""
        names = told or self._component.entry
        for name in names:
            if calls.find(name) is None:
                known = [function.name for function in calls.functions.values()]
                what = f"the target's {self._component.name} has no function {name!r}; {nearest(name, known)}"
                raise UserError(what, where="--entry" if told else f"components.{self._component.name}.entry")
        return names

    def _ours(self, upstream: RepoPath, target: Side) -> tuple[str, bytes] | None:
        path = self._component.target_of(upstream)
        return (path, target.read(path)) if path is not None and path in target.files else None

    def _users(self, words: Sequence[str]) -> Mapping[str, Sequence[Place]]:
        """Where the target names `words`, outside of what the component maps."""
        return {
            word: [Place(path, line) for path, line in places if not self._is_target(path)]
            for word, places in self._ground.mentions(words).items()
        }

    def _is_target(self, path: str) -> bool:
        return self._component.upstream_of(path) is not None


_UNSEEN = "which code is only compiled for other systems is not known: all of it counts (libclang tells it)"


def _passed(place: Place, whole: Mapping[str, bytes], running: Mapping[str, bytes]) -> bool:
    """Whether the line of a place is one that the compiler passes over."""
    before, after = (split_lines(contents.get(place.path, b"")) for contents in (whole, running))
    return place.line <= len(before) and before[place.line - 1] != after[place.line - 1]


def headers_of(tree_of: TreeOf) -> tuple[Headers, Tree]:
    """The headers that a tree installs, and the tree that holds their contents."""
    tree = tree_of(FOLDERS)

    def further(folders: Iterable[str]) -> Mapping[RepoPath, Blob]:
        return tree_of(list(folders)).entries

    return installed(tree.entries, tree.read, further), tree


def _warnings(builds: Sequence[Build]) -> tuple[str, ...]:
    """The warnings of the target's own folder, which upstream's code will have to do without."""
    return builds[0].warnings if builds else ("-Wall",)


def _contents(one: Side) -> dict[str, bytes]:
    """The component's own sources."""
    return {path: one.read(path) for path in sorted(one.own)}


def _measured(
    found: Sequence[Message],
    contents: Mapping[str, bytes],
    one: Side,
    compiler: Compiler,
    stand_ins: Mapping[str, str],
) -> tuple[Message, ...]:
    """`found` with its sizes; `contents`: what it was read from, in which its places are counted."""
    asked = probes(found, contents)
    files = {path: one.contents.add(content) for path, content in asked.sources.items()}
    units = one.units(files={**files, **stand_ins}, include=(STAND_IN,) if stand_ins else (), warnings=(), only=files)
    return sized(found, asked, compiler.check(units, one.contents.read) if units else ())


def _reader(headers: Headers, tree: Tree) -> Callable[[Iterable[str]], Mapping[str, bytes]]:
    def contents(names: Iterable[str]) -> Mapping[str, bytes]:
        """The headers, those of the C library before the kernel's and the libraries'."""
        by_oid: dict[str, list[str]] = {}
        for name in names:
            by_oid.setdefault(headers.files[name].oid, []).append(name)
        found = {name: content for oid, content in tree.read_many(by_oid) for name in by_oid[oid]}
        return {name: found[name] for name in sorted(found, key=lambda one: (one.count("/"), one))}

    return contents


class _Since:
    """Since when a file holds a word: read backwards from `until`, as long as every version holds it."""

    def __init__(self, lineage: Lineage, until: int, upstream: Side) -> None:
        self._lineage = lineage
        self._until = until
        self._upstream = upstream
        self._words: dict[str, frozenset[bytes]] = {}

    def __call__(self, path: str, word: str) -> Origin | None:
        wanted = frozenset(re.findall(rb"\w+", word.encode("utf-8", "surrogateescape")))
        found = None
        for version in reversed(self._lineage.versions(RepoPath(path))):
            if version.position > self._until:
                continue
            if version.blob is None or not wanted <= self._words_of(version.blob.oid):
                break
            found = version
        if found is None:
            return None
        return Origin(found.changeset, self._lineage.changesets[found.position].date)

    def _words_of(self, oid: str) -> frozenset[bytes]:
        if oid not in self._words:
            self._words[oid] = frozenset(re.findall(rb"\w+", self._upstream.contents.read(oid)))
        return self._words[oid]
