"""The only place where adapters are built: a workspace's map, its sources, its target, its memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from portkit.cli.options import STATE, Options
from portkit.cli.screen import Screen
from portkit.components.model import CheckPolicy, Component, ComponentMap, Mode, Source
from portkit.components.override import override
from portkit.decisions.model import Decisions
from portkit.decisions.resolution import Resolutions
from portkit.errors import UserError
from portkit.git.door import version
from portkit.merge.kinds import ConflictKind
from portkit.store.cache import Cache
from portkit.store.decisions import DecisionsFile
from portkit.store.engine import engine
from portkit.store.lock import hold
from portkit.store.mapfile import MAP_NAME, find_workspace, read_map, resolved
from portkit.store.resolutions import ResolutionFolder
from portkit.target.git import GitTarget
from portkit.upstream.source import UpstreamHistory, open_history

if TYPE_CHECKING:  # what few commands need is imported where they ask for it: a sync starts without
    from portkit.audit.checking import Compiler
    from portkit.audit.headers import Headers
    from portkit.audit.run import Auditor
    from portkit.audit.steps import StepChecker
    from portkit.merge.file import Version
    from portkit.paths import RepoPath
    from portkit.ports.model import Found, Searched
    from portkit.protocols import Tree
    from portkit.sync.adapt import LocalSeries
    from portkit.sync.by_hand import ByHand
    from portkit.sync.lineage import Lineage
    from portkit.sync.plan import Plan
    from portkit.sync.replay import Judge
    from portkit.sync.run import Sync, Writes

_NOTHING: Mapping[RepoPath, Version | None] = {}

@dataclass(slots=True)
class Workspace:
    """A map and where it lies; sources and target open when they are asked for."""

    root: Path
    map: ComponentMap
    screen: Screen
    stack: ExitStack
    fetch: bool = True
    settled: bool = True
    """Whether the newest minutes of an upstream without atomic commits are left for the next run."""
    _histories: dict[str, UpstreamHistory] = field(default_factory=dict)
    _target: GitTarget | None = None
    _memory: Cache | None = None
    _decisions: dict[str, Decisions] = field(default_factory=dict)
    _resolutions: dict[str, Resolutions] = field(default_factory=dict)
    _compilers: dict[Path, Compiler] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        return self.root / STATE

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    def history(self, source: Source) -> UpstreamHistory:
        """The history of one upstream, indexed for all of the map's components at once."""
        if source.name not in self._histories:
            opened = open_history(
                source, self.followed(source), self.state, fetch=self.fetch, settled=self.settled,
                progress=self.screen.progress,
            )  # fmt: skip
            self.stack.callback(opened.close)
            self._histories[source.name] = opened
        return self._histories[source.name]

    def followed(self, source: Source) -> tuple[str, ...]:
        """The folders and files of one upstream that components follow. A source that none follows is held against the
        one that is followed: over the same folders."""
        read = {source.name} | {one.name for one in self.map.twins(source.name)}
        return tuple(sorted({f for c in self.map.components if c.upstream in read for f in c.folders()}))

    def target(self) -> GitTarget:
        """The target's repository."""
        if self._target is None:
            place = self.map.target
            opened = GitTarget.open(
                place.location, branch=place.branch, state_dir=self.state, progress=self.screen.progress
            )
            self.stack.callback(opened.close)
            if self.fetch:
                opened.fetch(self.screen.progress)
            self._target = opened
        return self._target

    def fetched(self) -> int:
        """When one of portkit's own clones was last brought up to date, in seconds since 1970; 0 where there is none:
        what is used in place is fetched by others."""
        sources = [*self.map.upstreams, self.map.target]
        if not any(source.remote for source in sources):
            return 0
        clones = [self.state / "target.git", *(self.state / "upstream").glob("*.git")]
        marks = [clone / name for clone in clones for name in ("FETCH_HEAD", "HEAD")]
        return max((int(mark.stat().st_mtime) for mark in marks if mark.exists()), default=0)

    def memory(self) -> Cache:
        """What is remembered between runs."""
        if self._memory is None:
            self._memory = Cache(self.state / "cache" / "memory.sqlite", meaning=engine())
            self.stack.callback(self._memory.close)
        return self._memory

    def template(self) -> tuple[str, str] | None:
        """The user's commit template and its name; None for the built-in one. Raises UserError where it is not
        there."""
        name = self.map.commit.template
        if not name:
            return None
        path = self.root / name
        try:
            return path.read_text("utf-8"), str(path)
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"the commit template cannot be read: {error}", where="commit.template") from error

    def compiler_stamp(self) -> str:
        """What tells this machine's compiler from another, without starting it; the flags that it is always given."""
        from portkit.check.compiler import FLAGS, stamp

        return "\n".join((stamp(), *FLAGS))

    def compiler(self, headers: Headers, tree: Tree) -> Compiler:
        """A compiler on the target's `headers`, whose contents `tree` reads. Raises WorldError where there is none."""
        from portkit.check.compiler import LocalCompiler  # only an audit and a type check need it
        from portkit.check.farm import farm

        place = farm(headers, self.state, tree.read_many)
        if place not in self._compilers:
            made = LocalCompiler(place, memory=self.memory())
            self.stack.callback(made.close)
            self._compilers[place] = made
        return self._compilers[place]

    def auditor(self, component: Component, onto: str) -> Auditor:
        """The audit of a component on the target commit `onto`."""
        from portkit.audit.run import Auditor, Ground
        from portkit.sync.points import position_of

        source = self.map.source(component.upstream)
        run = self.sync().component_run(component, onto)
        history = self.history(source)
        target = self.target()

        def bases() -> Mapping[RepoPath, int]:
            if component.mode not in (Mode.SYNC, Mode.IMPORT):
                return {}
            _, _, start = run.start(onto, len(run.changesets) - 1, cutting=False)
            return {path: version.position for path, version in start.versions.items()}

        ground = Ground(
            onto, lambda folders: target.tree(onto, folders), history.tree, self.compiler, bases,
            lambda words: target.mentions(onto, words),
        )  # fmt: skip
        return Auditor(
            component, run.changesets, run.lineage, ground,
            position=lambda point: position_of(run.changesets, point, history),
            replacements=dict(self.map.audit.replacements), progress=self.screen.progress,
        )  # fmt: skip

    def sync(self, look: Callable[[Component, Plan], None] = lambda *_: None, *, binding: bool = True) -> Sync:
        """The sync over this workspace's map; `look` is shown every component's plan. `binding` False: no type check
        keeps anything from landing, whatever the map says."""
        from portkit.sync.run import Sync  # what the last run came to is told again without

        return Sync(
            self.map, self.history, self.target(), self.memory(),
            template=self.template(), decisions=self.decisions,
            resolutions=self.resolutions, by_hand=self._by_hand,
            judge=self._judge if binding else lambda *_: None, series=self.series,
            progress=self.screen.progress, look=look,
        )  # fmt: skip

    def step_checker(self, component: Component, onto: str, under: Writes = _NOTHING) -> StepChecker:
        """The type check of what is to land on the target commit `onto`, and on what `under` writes there, a changeset
        at a time. Raises UserError where there are no headers to check on, WorldError where there is no compiler."""
        from portkit.audit.checking import Sources
        from portkit.audit.replacements import merged
        from portkit.audit.run import headers_of
        from portkit.audit.steps import StepChecker, blobs, laid_over, sides_of

        target = self.target()
        contents = Sources(target.tree(onto, ()).read)
        tree_of = laid_over(lambda wanted: target.tree(onto, tuple(wanted)), blobs(under, contents), contents)

        def mine(path: str) -> bool:
            return component.upstream_of(path) is not None

        headers, tree = headers_of(tree_of)
        if not headers.system:
            raise UserError(
                f"{component.name} cannot be type-checked: the target has no headers at {onto[:12]}",
                where=f"components.{component.name}.check",
                hint="take check: annotate, or a tree with include/ and sys/",
            )
        again = sides_of(tree_of, component.target_folders(), mine, contents)
        return StepChecker(
            again({}), again, self.compiler(headers, tree), headers.generated, merged(dict(self.map.audit.replacements))
        )

    def _judge(self, component: Component, onto: str, under: Writes) -> Judge | None:
        """The check that the map makes binding for a component."""
        if component.check is not CheckPolicy.BINDING:
            return None
        from portkit.audit.steps import binding

        return binding(self.step_checker(component, onto, under))

    def ports(self, component: Component, lineage: Lineage, onto: str) -> Found:
        """Which of the target's commits up to `onto` carry which of the component's changesets."""
        from portkit.ports.model import Searched
        from portkit.sync.remembered import carried_on

        source = self.map.source(component.upstream)
        history, target = self.history(source), self.target()

        def find(before: Searched | None) -> Searched:
            from portkit.ports.find import PortFinder  # where they are remembered, nothing is looked for

            finder = PortFinder(component, lineage, history, target, source.title, progress=self.screen.progress)
            return finder.search(onto, before)

        depends = ("2", repr(component), source.title, repr(target.cut), history.stamp)
        return carried_on(
            self.memory(), "ports", depends, onto, Searched, lambda last: target.is_ancestor(last, onto), find
        ).found

    def _by_hand(self, component: Component, lineage: Lineage, onto: str) -> ByHand:
        from portkit.ports.model import by_hand

        return by_hand(self.ports(component, lineage, onto))

    def decisions_file(self, component: str) -> DecisionsFile:
        """Where the decisions on a component lie."""
        return DecisionsFile(self.root / "patches", component)

    def decisions(self, component: str) -> Decisions:
        """What people decided on a component, read once. Raises UserError where the file has mistakes."""
        if component not in self._decisions:
            self._decisions[component] = self.decisions_file(component).read()
        return self._decisions[component]

    def resolutions_folder(self, component: str) -> ResolutionFolder:
        """Where the resolutions of a component lie."""
        return ResolutionFolder(self.root / "patches", component)

    def resolutions(self, component: str) -> Resolutions:
        """How people settled a component's conflicts in a sync, read once. Raises UserError for a file that makes no
        sense."""
        every = self.every_resolution(component).every
        return Resolutions(tuple(one for one in every if one.kind != ConflictKind.PATCH))

    def patch_resolutions(self, component: str) -> Resolutions:
        """How people settled where a local patch no longer fitted. Raises as `resolutions` does."""
        every = self.every_resolution(component).every
        return Resolutions(tuple(one for one in every if one.kind == ConflictKind.PATCH))

    def every_resolution(self, component: str) -> Resolutions:
        """Both. Raises as `resolutions` does."""
        if component not in self._resolutions:
            self._resolutions[component] = self.resolutions_folder(component).read()
        return self._resolutions[component]

    def read_again(self, component: str) -> None:
        """Forgets what was read of a component's decisions and resolutions: they were written to."""
        self._decisions.pop(component, None)
        self._resolutions.pop(component, None)

    def series(self, component: str) -> LocalSeries | None:
        """The local patches of a component; None where there is no series. Raises UserError where they cannot be
        read."""
        from portkit.store import patches  # only an import, and what is local, asks for it

        folder = patches.folder(self.root, component)
        contents = patches.read(folder)
        if not contents:
            return None
        from portkit.patches.series import read_series
        from portkit.sync.adapt import LocalSeries

        return LocalSeries(read_series(contents, str(folder)), str(folder))

    def components(self, names: Sequence[str]) -> tuple[str, ...]:
        """The components named, or all. Raises UserError for an unknown one."""
        return tuple(self.map.component(name).name for name in names) or tuple(one.name for one in self.map.components)


@contextmanager
def workspace(options: Options, *, fetch: bool = True, writing: bool = False) -> Iterator[Workspace]:
    """The workspace that `options` name. `writing`: the run writes branches; one such run at a time."""
    if options.map_file:
        path = Path(options.map_file)
        root = Path(options.directory) if options.directory else path.resolve().parent
    else:
        root = Path(options.directory) if options.directory else find_workspace(Path.cwd())
        path = root / MAP_NAME
    root = root.resolve()
    moved = override(
        read_map(path), _named(options.upstreams), options.target or None, os.environ, folder=str(Path.cwd())
    )
    placed = replace(
        moved,
        upstreams=tuple(resolved(source, root) for source in moved.upstreams),
        target=resolved(moved.target, root),
    )
    options.state = root / STATE
    version()
    with ExitStack() as stack:
        if writing:
            stack.enter_context(hold(root / STATE / "lock", what="the workspace"))
        yield Workspace(root, placed, options.screen, stack, fetch)


def _named(texts: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, location = text.partition("=")
        if not equals or not name or not location:
            raise UserError(f"{text!r} is no NAME=LOCATION", where="--upstream", hint="--upstream openbsd=PATH")
        found[name] = location
    return found
