"""Where a file went that upstream deleted: to another folder, under the same name, at about the same time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from portkit.paths import RepoPath, name
from portkit.protocols import Contents
from portkit.survey.model import Derived
from portkit.survey.resolve import Event, Lives, likeness
from portkit.survey.tasks import telling

_NEAR = 60 * 86400
"""A file that moves is added in one place and deleted in the other within this time (CVS knows no renames)."""
_SHARED = 0.5


@dataclass(frozen=True, slots=True)
class Gone:
    """A deleted file: its last content, and the files that may be it, each with its first content."""

    oid: str
    others: tuple[tuple[RepoPath, str], ...]


def gone(files: Iterable[Derived], lives: Lives) -> dict[RepoPath, Gone]:
    """By upstream path, what upstream deleted of `files` and may have moved."""
    named: dict[str, list[RepoPath]] = defaultdict(list)
    for path in lives:
        named[name(path)].append(path)
    found: dict[RepoPath, Gone] = {}
    for path in dict.fromkeys(one.upstream for one in files if one.deleted and one.upstream is not None):
        last = next((event.oid for event in reversed(lives[path]) if event.oid), "")
        deleted = lives[path][-1].date
        others = [(other, lives[other]) for other in named[name(path)] if other != path and lives[other][-1].oid]
        begun = tuple((other, _begun(life).oid) for other, life in others if abs(_begun(life).date - deleted) <= _NEAR)
        if last and begun:
            found[path] = Gone(last, tuple(sorted(begun, key=lambda one: ([-n for n in likeness(path, one[0])], one))))
    return found


def _begun(life: Sequence[Event]) -> Event:
    """Since when the file is there: the first content behind its last deletion."""
    at = max((index for index, event in enumerate(life) if not event.oid), default=-1)
    return life[at + 1]


def successors(several: Sequence[Gone], contents: Contents) -> list[str]:
    """Of each, the file that took over half of its lines, the most of them; "" where none did."""
    oids = dict.fromkeys(oid for one in several for oid in (one.oid, *(first for _, first in one.others)))
    read = dict(contents.read_many(oids))
    return [_likest(one, read) for one in several]


def _likest(one: Gone, read: Mapping[str, bytes]) -> str:
    mine = telling(read[one.oid])
    shared = {path: len(mine & telling(read[oid])) for path, oid in one.others}
    enough = [path for path, count in shared.items() if mine and count >= _SHARED * len(mine)]
    return max(enough, key=lambda path: shared[path], default="")


def moved(files: Iterable[Derived], to: Mapping[str, str]) -> list[Derived]:
    """`files` with what `to` says of the upstream path of those that are deleted."""
    return [
        replace(one, successor=to.get(one.upstream, "")) if one.deleted and one.upstream is not None else one
        for one in files
    ]
