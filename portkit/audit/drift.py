"""Interfaces that upstream changed: functions of a component's headers that are gone, or are called otherwise now, and
who in the target, outside of the component, still uses them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from portkit.audit.lacks import Place
from portkit.paths import RepoPath
from portkit.sync.lineage import Lineage

_PROTOTYPE = re.compile(rb"^[A-Za-z_][^;{}#()]*?[\s*](\w+)\s*\(((?:[^()]|\([^()]*\))*)\)[^;{}]*;", re.MULTILINE)
_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Drift:
    """A function that upstream's header declared and declares no more, or otherwise. `became`: how it is declared now,
    "" where it is gone; `instead`: functions that the same changeset brought and that share a part of its name;
    `users`: where the target, outside of the component, still names it."""

    name: str
    header: str
    changeset: str
    date: int
    was: str
    became: str
    instead: tuple[str, ...]
    users: tuple[Place, ...]


def drift(
    lineage: Lineage,
    until: int,
    exported: Callable[[RepoPath], bool],
    read: Callable[[str], bytes],
    users: Callable[[Sequence[str]], Mapping[str, Sequence[Place]]],
) -> tuple[Drift, ...]:
    """The functions of the headers in `lineage` that changed up to `until` and that the target still uses. `exported`:
    whether others include a header at all; `users` gives the places that name each of some words."""
    headers = [path for path in sorted(lineage.paths) if path.endswith(".h") and exported(path)]
    changes = {one.name: one for path in headers for one in _changes(lineage, path, until, read)}
    found = users(sorted(changes)) if changes else {}
    return tuple(
        Drift(
            one.name, one.header, one.changeset, one.date, one.was, one.became, one.instead, tuple(found[one.name])
        )
        for one in sorted(changes.values(), key=lambda one: (one.date, one.name))
        if found.get(one.name)
    )


def _changes(
    lineage: Lineage, path: RepoPath, until: int, read: Callable[[str], bytes]
) -> Iterator[Drift]:
    """The last change of each function that `path` declared once."""
    declared: dict[str, str] = {}
    last: dict[str, Drift] = {}
    for version in lineage.versions(path):
        if version.position > until:
            break
        now = prototypes(read(version.blob.oid)) if version.blob is not None else {}
        date = lineage.changesets[version.position].date
        brought = sorted(now.keys() - declared.keys())
        for name, was in declared.items():
            if now.get(name) != was:
                instead = tuple(one for one in brought if _alike(one, name)) if name not in now else ()
                last[name] = Drift(name, path, version.changeset, date, was, now.get(name, ""), instead, ())
        for name in brought:
            if name in last and not last[name].became:  # it came back
                del last[name]
        declared = now
    yield from last.values()


def prototypes(content: bytes) -> dict[str, str]:
    """The functions that a header declares: name to parameters, names of parameters and blanks left out."""
    found = {}
    for match in _PROTOTYPE.finditer(_COMMENT.sub(b" ", content)):
        parameters = [" ".join(one.split()) for one in match[2].decode("latin-1").split(",")]
        found[match[1].decode()] = ", ".join(_without_name(one) for one in parameters)
    return found


def _without_name(parameter: str) -> str:
    words = re.findall(r"\w+|[^\s\w]", parameter)
    if len(words) > 1 and words[-1].isidentifier() and words[-2] not in ("struct", "union", "enum", "unsigned"):
        before = [one for one in words[:-1] if one not in ("const", "volatile")]
        if before and (before[-1] == "*" or len(before) > 1 or before[0] not in ("unsigned",)):
            words = words[:-1]
    return " ".join(words)


def _alike(one: str, other: str) -> bool:
    """Whether two names share their last part, as imsg_read and imsgbuf_read do, or their beginning."""
    return one.rpartition("_")[2] == other.rpartition("_")[2] or one.startswith(other) or other.startswith(one)
