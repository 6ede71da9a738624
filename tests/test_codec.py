"""Values written as JSON and read back; and what is no such text, refused."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, NewType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkit.codec import dumps, loads
from portkit.sync.outcome import ComponentOutcome

Name = NewType("Name", str)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Inner:
    content: bytes
    colour: Colour = Colour.RED


@dataclass(frozen=True, slots=True)
class Outer:
    name: Name
    count: int
    share: float
    done: bool
    inner: Inner | None = None
    every: tuple[Inner, ...] = ()
    pair: tuple[str, int] = ("", 0)
    pairs: tuple[tuple[str, str], ...] = ()
    known: dict[str, str] = field(default_factory=dict)


inners = st.builds(Inner, st.binary(), st.sampled_from(Colour))
texts = st.text(st.characters(codec=None))  # lone surrogates too: a path may have them
outers = st.builds(
    Outer, texts, st.integers(), st.floats(allow_nan=False), st.booleans(), st.none() | inners,
    st.lists(inners).map(tuple), st.tuples(texts, st.integers()), st.lists(st.tuples(texts, texts)).map(tuple),
    st.dictionaries(texts, texts),
)  # fmt: skip


@given(outers)
def test_what_is_written_is_read_back(value: Outer) -> None:
    text = dumps(value, Outer)
    found = loads(text, Outer)
    assert found == value
    assert type(found.known) is dict
    assert dumps(found, Outer) == text


def test_a_whole_number_will_do_for_a_share() -> None:
    value = Outer(Name("a"), 1, 1, done=True)
    assert loads(dumps(value, Outer), Outer) == value


def test_every_kind_of_result_can_be_written() -> None:
    """The classes below it are looked through before anything is written."""
    assert loads(dumps((), tuple[ComponentOutcome, ...]), tuple[ComponentOutcome, ...]) == ()
    assert len(fields(ComponentOutcome)) > 10


GOOD: dict[str, Any] = {
    "name": "a", "count": 1, "share": 0.5, "done": True, "inner": {"content": "AAA=", "colour": "red"},
    "every": [{"content": "AAA=", "colour": "blue"}], "pair": ["x", 2], "pairs": [["a", "b"]], "known": {"k": "v"},
}  # fmt: skip


def test_the_text_is_plain_json() -> None:
    found = loads(json.dumps(GOOD).encode(), Outer)
    assert found.inner == Inner(b"\0\0", Colour.RED)
    assert found.every == (Inner(b"\0\0", Colour.BLUE),)
    assert json.loads(dumps(found, Outer)) == GOOD


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", "x"), ("share", "x"), ("inner", {"content": "AAA=", "colour": "green"}), ("inner", {}),
        ("inner", {"content": "§"}), ("inner", ["AAA="]), ("every", 1), ("every", [None]), ("pair", ["x"]),
        ("pair", ["x", 2, 3]), ("pairs", [["a"]]), ("known", [["k", "v"]]),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_class_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match="this is no"):
        loads(json.dumps(GOOD | {name: value}).encode(), Outer)


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_such_text_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="this is no"):
        loads(text, Outer)
