"""The JSON Schema and the loader say the same: both ways, over many maps. (What one line says of another, such as the
name of an upstream, only the loader sees.)"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from test_map_further_keys import COMPONENT_CASES as FURTHER_CASES
from test_map_further_keys import FULL as FURTHER
from test_map_mistakes import COMPONENT_CASES, GOOD, HEAD, TOP_CASES, loaded
from test_map_values import FULL, SMALLEST

from portkit.components import keys
from portkit.components.keys import Key
from portkit.components.mistakes import MapError
from portkit.components.tree import Kind, Node
from portkit.store.mapfile import parse

jsonschema = pytest.importorskip("jsonschema", reason="no jsonschema here")

ROOT = Path(__file__).parents[2]

BETWEEN_LINES = {
    "unknown upstream", "key twice", "upstream path twice", "target path twice", "target path twice on one line",
    "file and folder of one name", "folder to file", "file to folder", "keep elsewhere", "need unknown",
    "need of itself",
    "need with a wrong day", "need twice", "baseline of another file", "component called like a draft",
    "two components write one target path", "exclude is no pattern", "pattern to a file", "pattern of folders",
    "pattern that crosses folders", "two patterns for one", "baseline outside a pattern", "keyword twice",
    "move of a file to a folder", "move to where nothing is mapped", "move of what is mapped", "move twice",
    "move in a circle", "move into itself", "plan for whom", "plan that ends before it begins",
    "plan without a calendar", "edit of another folder", "edit of a folder", "edit that inserts its own anchor",
    "edit before several lines", "plan that is done twice",
}  # fmt: skip
"""Mistakes that a schema cannot see: one line against another, the calendar, a pattern's meaning."""


def plain(node: Node | None) -> Any:
    """What an editor's YAML reader makes of it: the core schema of YAML 1.2, in which a day is text."""
    match node:
        case None:
            return None
        case Node(kind=Kind.LIST):
            return [plain(item) for item in node.items]
        case Node(kind=Kind.MAPPING):
            return {name.text: plain(value) for name, value in node.pairs}
        case Node(kind=Kind.NUMBER):
            return json.loads(node.text)
        case Node(kind=Kind.TRUTH):
            return node.text == "true"
        case Node(kind=Kind.NOTHING):
            return None
        case _:
            return node.text


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads(json.dumps(keys.schema()))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def errors(validator: Any, text: str) -> list[str]:
    return [error.message for error in validator.iter_errors(plain(parse(text.encode(), file="map")))]


def wrong() -> Iterator[tuple[str, str]]:
    for cases in (COMPONENT_CASES, FURTHER_CASES):
        for name, (text, _) in cases.items():
            if name not in BETWEEN_LINES:
                yield name, HEAD + text
    for name, (old, new, _) in TOP_CASES.items():
        yield name, (HEAD + GOOD).replace(old, new, 1)


RIGHT = {
    "smallest": SMALLEST,
    "every key": FULL,
    "every further key": FURTHER,
    "real": (ROOT / "upstream-map.yaml").read_text("utf-8"),
    "example": (ROOT / "portkit/demo/data/upstream-map.yaml").read_text("utf-8"),
    "empty values": SMALLEST + "    keep:\n    needs:\n    import:\n    moved:\ncommit:\nlinks:\nplan:\n",
    "one alone": SMALLEST + "    keep: sbin/dhclient/x\n    fold: Log\n    exclude: 'sbin/dhclient/**/*.8'\n",
    "odd names": SMALLEST + "      'sbin/a b/': a b/\n      sbin/..x/: sbin/.gitignore/\n      'sbin/[': 'sbin/['\n",
    "retired at a number": SMALLEST + "    retired: {at: 1.20}\n    import: {at: 6878953}\n",
    "retired at a hash": SMALLEST + "    retired: {at: 12ab34cd, successor: x}\n",
    "words over lines": SMALLEST
    + "    not-applicable:\n      - path: x\n        reason: |\n          one\n\n          two\n",
    "a pattern at the top": SMALLEST + "      '*.c': top/\n",
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_the_loader_takes_the_schema_takes(validator: Any, name: str) -> None:
    loaded(RIGHT[name])
    assert errors(validator, RIGHT[name]) == []


@pytest.mark.parametrize(("name", "text"), list(wrong()), ids=[name for name, _ in wrong()])
def test_what_the_schema_refuses_the_loader_refuses(validator: Any, name: str, text: str) -> None:
    with pytest.raises(MapError):
        loaded(text)
    assert errors(validator, text), name


@pytest.mark.parametrize(
    "section",
    [keys.MAP, keys.UPSTREAM, keys.TARGET, keys.COMMIT, keys.LINKS, keys.PLAN, keys.NEED, keys.EDIT, keys.COMPONENT],
)
def test_every_key_tells_editors_what_it_is(section: Sequence[Key]) -> None:
    for key in section:
        assert key.help.endswith("."), key.name


def test_the_schema_knows_each_key_s_words(validator: Any) -> None:
    text = SMALLEST.replace("mode: sync ", "mode: synk ")
    (found,) = errors(validator, text)
    assert "'synk' is not one of ['sync', 'import', 'port', 'watch']" in found
