"""What was worked out, remembered between runs by all that it depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from cattrs.errors import BaseValidationError
from cattrs.preconf.json import JsonConverter, make_converter

from portkit.protocols import Memory

Value = TypeVar("Value")


def remembered(
    memory: Memory, kind: str, depends: tuple[str, ...], of: type[Value], find: Callable[[], Value]
) -> Value:
    """What `find` returns, a dataclass `of` plain values. `depends`: all that it depends on, besides portkit's own
    code."""
    key = hashlib.sha256("\0".join(depends).encode("utf-8", "surrogateescape")).hexdigest()
    known = memory.get(kind, key)
    if known is not None:
        try:
            return _converter().loads(known, of)
        except (BaseValidationError, ValueError, KeyError, TypeError):
            pass
    found = find()
    memory.put(kind, key, _converter().dumps(found, of).encode("utf-8", "surrogatepass"))
    return found


@lru_cache(maxsize=1)
def _converter() -> JsonConverter:
    return make_converter()
