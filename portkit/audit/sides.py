"""The two sides of an audit: a component's sources as they stand in one tree, with what they are compiled from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from portkit.audit.building import Build, Builder
from portkit.audit.checking import Checked, Compiler, Diagnostic, Severity, Sources, Unit
from portkit.audit.lacks import LackKind, needs
from portkit.change.changeset import Blob
from portkit.change.functions import function_at
from portkit.paths import RepoPath
from portkit.protocols import Tree
from portkit.text import split_lines

TreeOf = Callable[[Sequence[str]], Tree]
"""Gives a tree's files under folders, at one commit."""

_REGULAR = 0o100000
_SOURCE = (".c", ".h", ".y", ".l")


@dataclass(frozen=True, slots=True)
class Side:
    """A component's sources in one tree. `own`: the component's; `files`: those and what they include from elsewhere
    in the tree; `contents` reads them."""

    commit: str
    own: Mapping[RepoPath, Blob]
    files: Mapping[RepoPath, Blob]
    builds: tuple[Build, ...]
    contents: Sources
    _lines: dict[RepoPath, list[bytes]] = field(default_factory=dict, repr=False, compare=False)
    _headers: dict[RepoPath, dict[int, int]] = field(default_factory=dict, repr=False, compare=False)

    def read(self, path: str) -> bytes:
        """The content of one of `files`."""
        return self.contents.read(self.files[RepoPath(path)].oid)

    def lines(self, path: str) -> list[bytes]:
        """Its lines, each with its LF; none of a file that is not there."""
        found = RepoPath(path)
        if found not in self._lines:
            self._lines[found] = split_lines(self.read(found)) if found in self.files else []
        return self._lines[found]

    def function(self, path: str, line: int) -> str:
        """The function that `line`, from 1, of a file stands in; "" outside of all."""
        known = self._headers.setdefault(RepoPath(path), {})
        lines = self.lines(path)
        return function_at(lines, line - 1, known) if 0 < line <= len(lines) else ""

    def units(
        self,
        *,
        files: Mapping[str, str] | None = None,
        include: Sequence[str] = (),
        warnings: Sequence[str] | None = None,
        only: Collection[str] | None = None,
    ) -> tuple[Unit, ...]:
        """Its sources as they are to be checked. `files`: further files, or others in place of its own, by content
        key; `include`: further folders; `warnings`: others than its Makefile asks for; `only`: these sources alone."""
        every = {path: blob.oid for path, blob in self.files.items() if path.endswith((".c", ".h"))} | dict(files or {})
        return tuple(
            Unit(
                source, every,
                (*build.flags, *build.besides_of(source).flags, *(build.warnings if warnings is None else warnings)),
                tuple(dict.fromkeys([*build.include, *include])),
                tuple(one for one in build.besides_of(source).forced if one in every),
            )
            for build in self.builds
            for source in build.sources
            if only is None or source in only
        )  # fmt: skip

    @property
    def left(self) -> tuple[tuple[str, str], ...]:
        """Sources that are not looked at, each with the reason."""
        return tuple(one for build in self.builds for one in build.left)


def side(tree_of: TreeOf, folders: Sequence[str], mine: Callable[[str], bool]) -> Side:
    """The side of the component that has `folders` in the tree, and of the files there those that are `mine`."""
    tree = tree_of(folders)
    entries = {path: blob for path, blob in tree.entries.items() if blob.mode & 0o170000 == _REGULAR}

    def further(wanted: Iterable[str]) -> Mapping[RepoPath, Blob]:
        found = tree_of(list(wanted)).entries
        return {path: blob for path, blob in found.items() if blob.mode & 0o170000 == _REGULAR}

    builds, extra = Builder(further, tree.read).builds(entries, mine)
    sources = {path: blob for path, blob in entries.items() if path.endswith(_SOURCE)}
    own = {path: blob for path, blob in sources.items() if mine(path)}
    for build in builds:
        own |= {path: extra[path] for path in build.sources if path in extra}
    return Side(tree.commit, own, {**extra, **sources}, builds, Sources(tree.read))


@dataclass(frozen=True, slots=True)
class TypeCheck:
    """What a compiler says of a whole side. `compiler`: which one, with its version; `outside`: errors that are not the
    component's: in the target's own headers, or for the want of one that the build makes."""

    compiler: str
    units: tuple[Checked, ...]
    left: tuple[tuple[str, str], ...] = ()
    outside: tuple[Diagnostic, ...] = ()

    @property
    def errors(self) -> int:
        """How many errors there are, a unit that gives no answer as one."""
        return sum(len(one.errors) + bool(one.failed) for one in self.units)

    @property
    def warnings(self) -> int:
        """How many warnings there are."""
        return sum(len(one.warnings) for one in self.units)


def type_check(one: Side, compiler: Compiler, generated: Collection[str]) -> TypeCheck:
    """A side as it stands. `generated`: headers that the build makes."""
    apart_from: list[Diagnostic] = []
    units = []
    for unit in compiler.check(one.units(), one.contents.read):
        apart = tuple(said for said in unit.diagnostics if outside(said, generated))
        apart_from += [said for said in apart if said.severity is Severity.ERROR]
        units.append(replace(unit, diagnostics=tuple(said for said in unit.diagnostics if said not in apart)))
    return TypeCheck(compiler.name, tuple(units), one.left, tuple(dict.fromkeys(apart_from)))


def outside(said: Diagnostic, generated: Collection[str]) -> bool:
    """Whether a diagnostic is none of the component's: in the target's own headers, or for the want of one of
    `generated`."""
    missing = needs(said)
    return said.path.startswith("<") or (
        missing is not None and missing[0] is LackKind.HEADER and missing[1] in generated
    )
