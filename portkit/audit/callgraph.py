"""Who calls whom in a component, over all of its files: by name, by macro, by the tables that hold functions.

A call through a pointer is not followed; instead, whoever names a function, or a table that holds it, may call it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from portkit.audit.csource import CCall, CFunction, CSource, scan

Node = tuple[str, str]
"""A function: (path, name)."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a walk begins: in `function`, and of it only what stands after the line `after` (0 for all of it), up to
    the line `until`; `label`: only what stands under this `case` ("" for all)."""

    function: CFunction
    after: int = 0
    until: int = 1 << 30
    label: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a function, and the line in it at which the next is called."""

    path: str
    function: str
    line: int


@dataclass(frozen=True, slots=True)
class Site:
    """A call of something the component does not define; `path`: how it is reached, the calling function last."""

    call: CCall
    function: CFunction
    path: tuple[Step, ...]


class CallGraph:
    """The functions of some sources and their calls."""

    def __init__(self, sources: Iterable[CSource]) -> None:
        self.sources = tuple(sources)
        self.functions: dict[Node, CFunction] = {}
        self._named: dict[str, list[CFunction]] = {}
        self._tables: dict[str, tuple[str, ...]] = {}
        self._macros: dict[str, tuple[str, ...]] = {}
        for source in self.sources:
            for function in source.functions:
                if (source.path, function.name) not in self.functions:
                    self.functions[source.path, function.name] = function
                    self._named.setdefault(function.name, []).append(function)
            self._tables |= source.tables
            self._macros |= source.macros
        self._callers: dict[Node, list[tuple[CFunction, CCall]]] | None = None

    def find(self, name: str, path: str = "") -> CFunction | None:
        """The function `name`: the one of the file `path`, else one that other files see, else any."""
        own = self.functions.get((path, name))
        if own is not None:
            return own
        named = self._named.get(name, [])
        return next((one for one in named if not one.static), named[0] if named and not path else None)

    @property
    def main(self) -> CFunction | None:
        """The program's `main`: the longest, where a test within a source has one of its own."""
        return max(self._named.get("main", ()), key=lambda one: one.end - one.line, default=None)

    def callers(self, function: CFunction) -> Sequence[tuple[CFunction, CCall]]:
        """Who calls `function` by name, and where."""
        if self._callers is None:
            self._callers = {}
            for caller in self.functions.values():
                for call in caller.calls:
                    found = self.find(call.name, caller.path)
                    if found is not None:
                        self._callers.setdefault((found.path, found.name), []).append((caller, call))
        return self._callers.get((function.path, function.name), ())

    def walk(self, starts: Iterable[Start]) -> tuple[Mapping[Node, tuple[Step, ...]], tuple[Site, ...]]:
        """Every function that the starts reach whole, with the shortest way to it; and the calls out of the component.
        """
        ways: dict[Node, tuple[Step, ...]] = {}
        sites: list[Site] = []
        waiting: list[tuple[Start, tuple[Step, ...]]] = [(one, ()) for one in starts]
        begun: set[tuple[Node, int, int, str]] = set()
        while waiting:
            following: list[tuple[Start, tuple[Step, ...]]] = []
            for start, way in waiting:
                function = start.function
                node = (function.path, function.name)
                key = (node, start.after, start.until, start.label)
                if key in begun or (not _partial(start) and node in ways):
                    continue
                begun.add(key)
                if not _partial(start):
                    ways[node] = way
                for call, line, targets in self._out(start):
                    step = (*way, Step(function.path, function.name, line))
                    if call is not None and not targets:
                        sites.append(Site(call, function, step))
                    following += [(Start(target), step) for target in targets]
            waiting = following
        return ways, tuple(sites)

    def _out(self, start: Start) -> Iterator[tuple[CCall | None, int, list[CFunction]]]:
        """What `start` calls and names, in order: the call (None for a name), its line, and whom of the component."""
        function = start.function
        for call in function.calls:
            if not start.after < call.line <= start.until or (start.label and call.label != start.label):
                continue
            found = self.find(call.name, function.path)
            if found is not None:
                yield call, call.line, [found]
                continue
            within = self._macros.get(call.name)
            if within is None:
                yield call, call.line, []
                continue
            for name in within:
                inner = self.find(name, function.path)
                yield CCall(name, call.line, call.arguments, call.label, call.loop), call.line, [inner] if inner else []
        for name, line in function.refers:
            if start.after < line <= start.until and not start.label:
                targets = [self.find(one, function.path) for one in (name, *self._tables.get(name, ()))]
                known = [one for one in targets if one is not None]
                if known:
                    yield None, line, known


def _partial(start: Start) -> bool:
    return bool(start.after or start.label or start.until < 1 << 30)


def graph_of(contents: Mapping[str, bytes]) -> CallGraph:
    """The call graph of some files."""
    return CallGraph(scan(path, content) for path, content in sorted(contents.items()))
