"""What was worked out, remembered between runs by all that it depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar

from portkit.codec import dumps, loads
from portkit.protocols import Memory

Value = TypeVar("Value")


def remembered(
    memory: Memory, kind: str, depends: tuple[str, ...], of: type[Value], find: Callable[[], Value]
) -> Value:
    """What `find` returns, a dataclass `of` plain values. `depends`: all that it depends on, besides portkit's own
    code."""
    known = _recalled(memory, kind, depends, of)
    if known is not None:
        return known
    found = find()
    _keep(memory, kind, depends, of, found)
    return found


def carried_on(
    memory: Memory,
    kind: str,
    depends: tuple[str, ...],
    at: str,
    of: type[Value],
    behind: Callable[[str], bool],
    find: Callable[[Value | None], Value],
) -> Value:
    """The same of what is found at a commit `at`: `find` is given what was found at the last commit before this one
    that it was asked of, where that is `behind` it; None else."""
    known = _recalled(memory, kind, (*depends, at), of)
    if known is not None:
        return known
    newest = memory.get(kind, _key(("newest", *depends)))
    last = newest.decode("ascii", "replace") if newest is not None else ""
    earlier = _recalled(memory, kind, (*depends, last), of) if last else None
    found = find(earlier if earlier is not None and behind(last) else None)
    _keep(memory, kind, (*depends, at), of, found)
    memory.put(kind, _key(("newest", *depends)), at.encode("ascii"))
    return found


def _recalled(memory: Memory, kind: str, depends: tuple[str, ...], of: type[Value]) -> Value | None:
    known = memory.get(kind, _key(depends))
    if known is None:
        return None
    try:
        return loads(known, of)
    except ValueError:
        return None


def _keep(memory: Memory, kind: str, depends: tuple[str, ...], of: type[Value], found: Value) -> None:
    memory.put(kind, _key(depends), dumps(found, of))


def _key(depends: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(depends).encode("utf-8", "surrogateescape")).hexdigest()
