"""What a compiler for the target passes over: code under #ifdef for other systems, which runs nowhere there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from portkit.audit.checking import Checked
from portkit.audit.lacks import LackKind, needs
from portkit.text import split_lines


def active(contents: Mapping[str, bytes], units: Iterable[Checked]) -> tuple[dict[str, bytes], bool]:
    """`contents` with those lines empty that no source which reads them has active; and whether that is known of any.
    A source whose header is missing tells nothing: what it would define may turn everything round."""
    passed: dict[str, frozenset[int]] = {}
    seen = False
    for unit in units:
        told = unit.inactive is not None and not unit.failed
        told = told and not any((found := needs(one)) and found[0] is LackKind.HEADER for one in unit.errors)
        seen |= told
        lines: dict[str, set[int]] = {}
        for path, first, last in (unit.inactive or ()) if told else ():
            lines.setdefault(path, set()).update(range(first, last + 1))
        for path in (unit.main, *unit.included):
            here = frozenset(lines.get(path, ()))
            passed[path] = passed[path] & here if path in passed else here
    return {path: _without(content, passed.get(path, frozenset())) for path, content in contents.items()}, seen


def _without(content: bytes, lines: frozenset[int]) -> bytes:
    if not lines:
        return content
    return b"".join(b"\n" if at in lines else line for at, line in enumerate(split_lines(content), 1))
