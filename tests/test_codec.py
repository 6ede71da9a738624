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


GOOD: list[Any] = ["a", 1, 0.5, True, ["AAA=", "red"], [["AAA=", "blue"]], ["x", 2], [["a", "b"]], {"k": "v"}]


def test_the_text_is_the_list_of_the_fields() -> None:
    found = loads(json.dumps(GOOD).encode(), Outer)
    assert found.inner == Inner(b"\0\0", Colour.RED)
    assert found.every == (Inner(b"\0\0", Colour.BLUE),)
    assert json.loads(dumps(found, Outer)) == GOOD


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, 1), (0, None), (1, "1"), (1, True), (1, 1.5), (2, "x"), (3, 1), (4, ["AAA=", "green"]), (4, ["AAA="]),
        (4, ["AAA=", "red", "more"]), (4, {"content": "AAA="}), (4, ["§", "red"]), (4, ["AAA=", ["red"]]), (5, "AA"),
        (5, [None]), (6, ["x"]), (6, ["x", 2, 3]), (7, [["a"]]), (8, {"k": 1}), (8, [["k", "v"]]),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_class_is_refused(place: int, value: object) -> None:
    text = json.dumps([*GOOD[:place], value, *GOOD[place + 1 :]]).encode()
    with pytest.raises(ValueError, match="this is no"):
        loads(text, Outer)


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_such_text_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="this is no"):
        loads(text, Outer)


def test_a_class_that_cannot_be_written_is_a_mistake_of_ours() -> None:
    @dataclass
    class Odd:
        found: set[str]

    with pytest.raises(TypeError, match="no way to write"):
        dumps(Odd(set()), Odd)
    with pytest.raises(TypeError, match="no way to write"):
        dumps(set(), set[str])
