"""Two sources of one upstream, such as its CVS repository and a git mirror made of it: where they disagree.

Joined by (path, revision), which both know; a content without an ident line stands for itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portkit.change.changeset import Changeset
from portkit.sync.lineage import Lineage

APART = 60
"""Seconds that the dates of one changeset may lie apart: mirrors take the first, the last or any revision's."""


class Kind(StrEnum):
    """How two sources disagree. `split`: one changeset of the first is several of the second; `joined`: the other way
    round; `regrouped`: both; `content`: one revision, two contents; `date`: one changeset, two dates; `missing`: a
    revision that only one of them has."""

    SPLIT = "split"
    JOINED = "joined"
    REGROUPED = "regrouped"
    CONTENT = "content"
    DATE = "date"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One place: the changesets of either source, and the revisions it is about (`path revision`)."""

    kind: Kind
    first: tuple[str, ...]
    second: tuple[str, ...]
    revisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the comparison came to: how many changesets are the same in both, what disagrees, and how many of either are
    newer than all that the other has (a mirror is late)."""

    same: int
    found: tuple[Disagreement, ...]
    newer: tuple[int, int]


_Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class _Side:
    changesets: Sequence[Changeset]
    keys: dict[_Key, tuple[int, str]]
    """Each revision: the position of its changeset, and its content."""


def compare(first: Lineage, second: Lineage) -> Agreement:
    """How the two agree, over the paths that each was read for."""
    a, b = _side(first), _side(second)
    end = min((one.changesets[-1].date for one in (a, b) if one.changesets), default=0)
    newer = (_newer(a, b, end), _newer(b, a, end))
    found: list[tuple[int, Disagreement]] = []
    for one, other, at in ((a, b, 0), (b, a, 1)):
        lone: dict[int, list[_Key]] = {}
        for key, (position, _) in one.keys.items():
            if key not in other.keys and one.changesets[position].date <= end:
                lone.setdefault(position, []).append(key)
        for position, keys in lone.items():
            changeset = one.changesets[position]
            own: tuple[str, ...] = (changeset.id,)
            found.append((
                changeset.date, Disagreement(Kind.MISSING, () if at else own, own if at else (), _named(keys))
            ))  # fmt: skip
    for key, (position, oid) in a.keys.items():
        other_side = b.keys.get(key)
        if other_side is not None and other_side[1] != oid:
            changeset = a.changesets[position]
            pair = ((changeset.id,), (b.changesets[other_side[0]].id,))
            found.append((changeset.date, Disagreement(Kind.CONTENT, *pair, _named([key]))))
    same = 0
    for left, right, keys in _joined(a, b):
        firsts, seconds = [a.changesets[n] for n in left], [b.changesets[n] for n in right]
        ids = (tuple(one.id for one in firsts), tuple(one.id for one in seconds))
        if len(left) == len(right) == 1:
            if abs(firsts[0].date - seconds[0].date) > APART:
                found.append((firsts[0].date, Disagreement(Kind.DATE, *ids, _named(keys))))
            else:
                same += 1
            continue
        kind = Kind.SPLIT if len(left) == 1 else Kind.JOINED if len(right) == 1 else Kind.REGROUPED
        found.append((firsts[0].date, Disagreement(kind, *ids, _named(keys))))
    found.sort(key=lambda one: (one[0], one[1].kind, one[1].revisions))
    return Agreement(same, tuple(one for _, one in found), newer)


def _side(lineage: Lineage) -> _Side:
    keys: dict[_Key, tuple[int, str]] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for path in sorted(lineage.paths):
        for version in lineage.versions(path):
            label = (str(version.path), version.label)
            keys[*label, seen[label]] = (version.position, version.blob.oid if version.blob is not None else "")
            seen[label] += 1
    return _Side(lineage.changesets, keys)


def _newer(one: _Side, other: _Side, end: int) -> int:
    fresh = {position for key, (position, _) in one.keys.items() if key not in other.keys}
    return sum(one.changesets[position].date > end for position in fresh)


def _joined(a: _Side, b: _Side) -> Iterator[tuple[list[int], list[int], list[_Key]]]:
    """The changesets of both that share revisions, directly or through one another, and those revisions."""
    partners: dict[tuple[int, int], list[tuple[int, int]]] = {}
    shared: dict[int, list[_Key]] = {}
    for key, (position, _) in a.keys.items():
        found = b.keys.get(key)
        if found is not None:
            partners.setdefault((0, position), []).append((1, found[0]))
            partners.setdefault((1, found[0]), []).append((0, position))
            shared.setdefault(position, []).append(key)
    done: set[tuple[int, int]] = set()
    for start in sorted(partners):
        if start in done:
            continue
        done.add(start)
        group, waiting = {start}, [start]
        while waiting:
            for one in partners[waiting.pop()]:
                if one not in group:
                    group.add(one)
                    waiting.append(one)
        done |= group
        left, right = (sorted(n for side, n in group if side == which) for which in (0, 1))
        yield left, right, [key for position in left for key in shared[position]]


def _named(keys: Iterable[_Key]) -> tuple[str, ...]:
    return tuple(f"{path} {label}" for path, label, _ in sorted(keys))
