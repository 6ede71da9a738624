"""The map file on disk: where it is found, and from YAML to a tree with places.

YAML 1.2, composed but never constructed: no tag runs anything, nothing is guessed of a value that its text
does not say (1.20 stays 1.20), and keys that come twice are left for `components.load` to see.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from portkit.components.load import load
from portkit.components.mistakes import MAP_HINT
from portkit.components.model import ComponentMap, Source
from portkit.components.tree import Kind, Node
from portkit.errors import UserError, WorldError

MAP_NAME = "upstream-map.yaml"
MAXIMUM_BYTES = 1_000_000
MAXIMUM_NODES = 50_000
"""How many values a map may hold once its aliases are written out: an alias costs what it stands for."""

_TAG = "tag:yaml.org,2002:"
_SCALARS = {
    f"{_TAG}str": Kind.TEXT,
    f"{_TAG}int": Kind.NUMBER,
    f"{_TAG}float": Kind.NUMBER,
    f"{_TAG}bool": Kind.TRUTH,
    f"{_TAG}timestamp": Kind.DATE,
    f"{_TAG}null": Kind.NOTHING,
    f"{_TAG}merge": Kind.TEXT,
    f"{_TAG}value": Kind.TEXT,
}


def find_workspace(start: Path) -> Path:
    """The nearest folder, from `start` upwards, that holds a map. Raises UserError where none does."""
    here = start.absolute()
    for folder in (here, *here.parents):
        if (folder / MAP_NAME).is_file():
            return folder
    raise UserError(
        f"there is no {MAP_NAME} in {here} or above it",
        hint="portkit -C DIR names the workspace; portkit init DIR makes one, portkit demo DIR one to try",
    )


def read_map(path: Path) -> ComponentMap:
    """The map in the file `path`; `ComponentMap.path` is that path, messages name the file's last part.

    Raises UserError where there is no such file, where it is no YAML, or where the map has mistakes (MapError
    holds all of them); WorldError where it cannot be read. Locations stay as written: see `resolved`.
    """
    try:
        if not path.is_file():
            hint = "portkit -C DIR names the workspace, --map FILE the map; portkit init DIR makes a new one"
            raise UserError(f"there is no map {path}", hint=hint)
        with path.open("rb") as file:
            content = file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise WorldError(f"the map {path} cannot be read", cause=error.strerror or str(error)) from error
    return replace(load(parse(content, file=path.name), file=path.name), path=str(path))


def resolved(source: Source, workspace: Path) -> Source:
    """`source` with an absolute location where it is a path: relative to `workspace`, `~` expanded."""
    if source.remote:
        return source
    try:
        place = Path(source.location).expanduser()
    except RuntimeError as error:
        raise UserError(f"{source.name}: {source.location!r} cannot be expanded", cause=str(error)) from error
    return replace(source, location=str(workspace.absolute() / place))


def parse(content: bytes, *, file: str, what: str = "the map", hint: str = MAP_HINT) -> Node | None:
    """What the YAML in `content` says, None where it says nothing. `what` it is, for errors.

    Raises UserError with line and column where it is no YAML, and where it is too large, too deep, or tagged.
    """
    if len(content) > MAXIMUM_BYTES:
        raise UserError(f"{what} is larger than {MAXIMUM_BYTES // 1_000_000} MB", where=file)

    def broken(line: int, column: int, how: str, said: str) -> UserError:
        return UserError(f"{what} {how}: {said}", where=f"{file}:{line}:{column}", hint=hint)

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        raise broken(*_place(before), "is not UTF-8", "save it as UTF-8") from error
    try:
        top: Any = YAML(typ="safe", pure=True).compose(text)
        return _Converter(file, what, hint).node(top) if top is not None else None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.problem, error.context) if part)
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise broken(line, column, "is no YAML", said) from error
    except ReaderError as error:
        raise broken(*_place(text[: error.position]), "is no YAML", str(error.reason)) from error
    except RecursionError as error:
        raise UserError(f"{what} is nested too deeply to be one", where=file) from error
    except (YAMLError, ValueError) as error:
        raise UserError("this is no YAML", where=file, cause=str(error).partition("\n")[0]) from error


def _place(before: str) -> tuple[int, int]:
    """Line and column, from 1, of what follows `before`."""
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


class _Converter:
    """YAML nodes to ours; refuses what grows beyond bounds through aliases, and tags of programs."""

    def __init__(self, file: str, what: str, hint: str) -> None:
        self._file = file
        self._what = what
        self._hint = hint
        self._count = 0
        self._open: set[int] = set()

    def node(self, source: Any, place: Node | None = None) -> Node:
        """`source` as a Node; one that is no scalar, or empty, stands at `place`, its key."""
        line, column = source.start_mark.line + 1, source.start_mark.column + 1
        where = f"{self._file}:{line}:{column}"
        self._count += 1
        if self._count > MAXIMUM_NODES:
            raise UserError(f"{self._what} holds too many values (are aliases multiplying?)", where=where)
        if id(source) in self._open:
            raise UserError("an alias stands inside what it names", where=where)
        if place is not None and (not isinstance(source, ScalarNode) or not source.value):
            line, column = place.line, place.column
        if isinstance(source, ScalarNode):
            kind = _SCALARS.get(str(source.tag))
            if kind is not None:
                return Node(kind, line, column, source.value)
        self._open.add(id(source))
        try:
            if isinstance(source, SequenceNode) and source.tag == f"{_TAG}seq":
                items = tuple(self.node(item) for item in source.value)
                return Node(Kind.LIST, line, column, items=items)
            if isinstance(source, MappingNode) and source.tag == f"{_TAG}map":
                pairs = tuple(self._pair(*pair) for pair in source.value)
                return Node(Kind.MAPPING, line, column, pairs=pairs)
        finally:
            self._open.discard(id(source))
        raise UserError(f"{self._what} may have no tags, found {source.tag!r}", where=where, hint=self._hint)

    def _pair(self, key: Any, value: Any) -> tuple[Node, Node]:
        name = self.node(key)
        return name, self.node(value, name)
