"""The last result of a run, remembered by everything it depends on: a run with nothing new need not work it out again.

It is recomputable, like all of the cache. It is believed only where every input is the same (the map, the upstream's
tip, the target commit, the request, who commits) and the branches still stand where the run left them. That portkit
itself is the same is the cache's affair.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace

from portkit.codec import dumps, loads
from portkit.protocols import Memory
from portkit.sync.outcome import ComponentOutcome

_KIND = "result"


class Results:
    """Remembers one result for each kind of request, the newest."""

    def __init__(self, memory: Memory, request: str, inputs: Iterable[str]) -> None:
        self._memory = memory
        self._key = hashlib.sha256(request.encode("utf-8", "surrogateescape")).hexdigest()
        text = "\0".join([request, *inputs])
        self._digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    def get(self, tip: Callable[[str], str]) -> tuple[ComponentOutcome, ...] | None:
        """The remembered outcomes, as a run that changes nothing would give them; None where an input is another, or
        where `tip` says that a branch stands elsewhere."""
        known = self._memory.get(_KIND, self._key)
        if known is None or known[:64].decode("ascii", "replace") != self._digest:
            return None
        try:
            refs, outcomes = loads(known[64:], tuple[dict[str, str], tuple[ComponentOutcome, ...]])
        except ValueError:
            return None
        if any(tip(branch) != stood for branch, stood in refs.items()):
            return None
        return tuple(replace(outcome, changed=False) for outcome in outcomes)

    def put(self, outcomes: tuple[ComponentOutcome, ...], refs: dict[str, str]) -> None:
        """Remembers `outcomes`, and where each branch stood after them ("" where there was none)."""
        text = dumps((refs, outcomes), tuple[dict[str, str], tuple[ComponentOutcome, ...]])
        self._memory.put(_KIND, self._key, self._digest.encode("ascii") + text)
