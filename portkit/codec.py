"""Dataclasses as JSON, and back: how what was worked out is remembered between runs."""

from __future__ import annotations

from base64 import b64decode, b64encode
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from cattrs.preconf.json import JsonConverter

Value = TypeVar("Value")


def dumps(value: Any, of: Any) -> bytes:
    """`value`, an `of`, as JSON. Its fields may be whatever cattrs can write as JSON."""
    return _converter().dumps(value, of).encode("ascii")


def loads(text: bytes, of: type[Value]) -> Value:
    """The value, an `of`, that `dumps` made `text` of. Raises ValueError where `text` is nothing of the sort."""
    try:
        found: Value = _converter().loads(text, of)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"this is no {of}: {error}") from error
    return found


@cache
def _converter() -> JsonConverter:
    from cattrs.preconf.json import make_converter  # a command that remembers nothing need not load it

    converter = make_converter(detailed_validation=False)
    # cattrs takes base 85, which Python decodes byte by byte: most of the time of a run with nothing new
    converter.register_unstructure_hook(bytes, lambda content: b64encode(content).decode("ascii"))
    converter.register_structure_hook(bytes, lambda text, _: b64decode(text, validate=True))
    return converter
