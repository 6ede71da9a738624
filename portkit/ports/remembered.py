"""The ports of a component, remembered between runs by all that they depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache

from cattrs.errors import BaseValidationError
from cattrs.preconf.json import JsonConverter, make_converter

from portkit.ports.model import Found
from portkit.protocols import Memory


def remembered(memory: Memory, depends: tuple[str, ...], find: Callable[[], Found]) -> Found:
    """What `find` returns. `depends`: what that depends on, besides portkit's own code."""
    key = hashlib.sha256("\0".join(depends).encode("utf-8", "surrogateescape")).hexdigest()
    known = memory.get("ports", key)
    if known is not None:
        try:
            return _converter().loads(known, Found)
        except (BaseValidationError, ValueError, KeyError, TypeError):
            pass
    found = find()
    memory.put("ports", key, _converter().dumps(found, Found).encode("utf-8", "surrogatepass"))
    return found


@lru_cache(maxsize=1)
def _converter() -> JsonConverter:
    return make_converter()
