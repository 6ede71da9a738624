"""What a compiler said, kept between runs by all that it depends on: a report does not ask again for what stands as it
did.

As other caches of compilers do it: under the source and its flags lie a few answers, each with the files that it had
read; the one whose files stand as they did is the answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from portkit.audit.checking import Checked, Diagnostic, Severity, Unit
from portkit.protocols import Memory

_KIND = "type-check"
_MOST = 24
"""Answers for one source and its flags: a branch has about as many versions of a file."""


class Kept:
    """The answers of one compiler on one set of headers. `depends`: what tells both from others: the compiler's name
    and version, the flags that are always given, the headers' key."""

    def __init__(self, memory: Memory, depends: Iterable[str]) -> None:
        self._memory = memory
        self._depends = "\0".join(depends)
        self._names: tuple[frozenset[str], str] = (frozenset(), "")

    def get(self, units: Sequence[Unit]) -> list[Checked | None]:
        """What is known of each unit, None where nothing is."""
        keys = [self._key(unit) for unit in units]
        known = self._memory.get_many(_KIND, dict.fromkeys(keys))
        return [_fitting(unit, _read(known.get(key))) for unit, key in zip(units, keys, strict=True)]

    def put(self, found: Iterable[tuple[Unit, Checked]]) -> None:
        """Keeps answers; one that failed is none."""
        new = [(self._key(unit), unit, checked) for unit, checked in found if not checked.failed]
        known = {key: _read(value) for key, value in self._memory.get_many(_KIND, {key for key, _, _ in new}).items()}
        for key, unit, checked in new:
            read = {path: unit.files.get(path, "") for path in (unit.main, *checked.included)}
            several = [one for one in known.get(key, []) if one.get("read") != read]
            known[key] = [_written(checked, read), *several][:_MOST]
        self._memory.put_many(_KIND, ((key, json.dumps(several).encode("ascii")) for key, several in known.items()))

    def _key(self, unit: Unit) -> str:
        """The names of all files are in it: one that comes may be included in another's place."""
        names = frozenset(unit.files)
        if self._names[0] != names:
            text = "\0".join(sorted(names))
            self._names = (names, hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest())
        text = "\0".join((self._depends, self._names[1], unit.main, *unit.flags, "", *unit.include, "", *unit.forced))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


_Entry = dict[str, object]


def _read(value: bytes | None) -> list[_Entry]:
    try:
        found = json.loads(value) if value else []
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _fitting(unit: Unit, several: Iterable[_Entry]) -> Checked | None:
    for one in several:
        read = one.get("read")
        if isinstance(read, Mapping) and all(unit.files.get(path, "") == key for path, key in read.items()):
            try:
                return _checked(unit, one)
            except (ValueError, TypeError, KeyError):
                return None
    return None


def _checked(unit: Unit, one: _Entry) -> Checked:
    said, included, spans = one["said"], one["included"], one["inactive"]
    if not isinstance(said, list) or not isinstance(included, list) or not isinstance(spans, list | None):
        raise TypeError("no answer")
    return Checked(
        unit.main,
        tuple(
            Diagnostic(str(path), int(line), int(column), Severity(severity), str(text), str(option))
            for path, line, column, severity, text, option in said
        ),
        tuple(map(str, included)),
        inactive=None if spans is None else tuple((str(path), int(first), int(last)) for path, first, last in spans),
    )


def _written(checked: Checked, read: Mapping[str, str]) -> _Entry:
    said = [[one.path, one.line, one.column, one.severity, one.text, one.option] for one in checked.diagnostics]
    spans = None if checked.inactive is None else [list(one) for one in checked.inactive]
    return {"read": dict(read), "said": said, "included": list(checked.included), "inactive": spans}
