"""Dataclasses as JSON, and back: how what was worked out is remembered between runs.

A value is written by its class's annotations alone, each dataclass as the list of its fields. So the text says nothing
of what is to be built: what is read is of the class that is asked for, or it is refused.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Coder:
    """Both ways of one type. `write` is None where JSON has the value as it stands."""

    write: Callable[[Any], Any] | None
    read: Callable[[Any], Any]


def dumps(value: Any, of: Any) -> bytes:
    """`value`, an `of`, as JSON. Its fields may be of str, int, float, bool, bytes, enums, dataclasses, tuples and
    dicts of such, and None. Raises TypeError for a class with other fields."""
    write = _coder(of).write
    written = value if write is None else write(value)
    return json.dumps(written, separators=(",", ":")).encode("ascii")


def loads(text: bytes, of: Callable[..., Value]) -> Value:
    """The value, an `of`, that `dumps` made `text` of. Raises ValueError where `text` is nothing of the sort."""
    try:
        found: Value = _coder(of).read(json.loads(text))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"this is no {of}: {error}") from error
    return found


@cache
def _coder(of: Any) -> _Coder:
    origin, inner = get_origin(of), get_args(of)
    if isinstance(of, NewType):
        return _coder(of.__supertype__)
    if of in (str, int, float, bool, NoneType):
        return _Coder(None, _plain(of))
    if of is bytes:
        return _Coder(lambda value: b64encode(value).decode("ascii"), lambda text: b64decode(text, validate=True))
    if isinstance(of, type) and issubclass(of, Enum):
        return _Coder(lambda value: value.value, {one.value: one for one in of}.__getitem__)
    if isinstance(of, type) and is_dataclass(of):
        return _dataclass(of)
    if origin is tuple and inner[-1] is Ellipsis:
        return _row(_coder(inner[0]))
    if origin is tuple:
        return _tuple([_coder(one) for one in inner])
    if origin is dict and inner[0] is str:
        return _dict(_coder(inner[1]))
    if origin in (UnionType, Union) and len(inner) == 2 and NoneType in inner:
        return _optional(_coder(next(one for one in inner if one is not NoneType)))
    raise TypeError(f"there is no way to write a {of} as JSON")


def _plain(of: type) -> Callable[[Any], Any]:
    wanted = (int, float) if of is float else (of,)

    def read(value: Any) -> Any:
        if type(value) not in wanted:
            raise ValueError(f"{value!r} is no {of.__name__}")
        return value

    return read


def _dataclass(of: Any) -> _Coder:
    hints = get_type_hints(of)
    names = [one.name for one in fields(of) if one.init]
    coders = [_coder(hints[name]) for name in names]
    writers = [(name, coder.write) for name, coder in zip(names, coders, strict=True)]
    readers = [coder.read for coder in coders]

    def write(value: Any) -> Any:
        return [
            getattr(value, name) if write is None else write(getattr(value, name)) for name, write in writers
        ]

    def read(values: Any) -> Any:
        return of(*[read(value) for read, value in zip(readers, _listed(values), strict=True)])

    return _Coder(write, read)


def _row(coder: _Coder) -> _Coder:
    write, read = coder.write, coder.read
    return _Coder(
        None if write is None else lambda values: [write(value) for value in values],
        lambda values: tuple([read(value) for value in _listed(values)]),
    )


def _tuple(coders: list[_Coder]) -> _Coder:
    return _Coder(
        lambda values: [
            value if coder.write is None else coder.write(value) for coder, value in zip(coders, values, strict=True)
        ],
        lambda values: tuple(coder.read(value) for coder, value in zip(coders, _listed(values), strict=True)),
    )


def _dict(coder: _Coder) -> _Coder:
    write, read = coder.write, coder.read
    return _Coder(
        None if write is None else lambda values: {key: write(value) for key, value in values.items()},
        lambda values: {key: read(value) for key, value in values.items()} if isinstance(values, dict) else _no(values),
    )


def _optional(coder: _Coder) -> _Coder:
    write, read = coder.write, coder.read
    return _Coder(
        None if write is None else lambda value: None if value is None else write(value),
        lambda value: None if value is None else read(value),
    )


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else _no(values)


def _no(value: Any) -> Any:
    raise ValueError(f"{value!r} stands where a list or an object is due")
