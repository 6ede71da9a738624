"""Changesets out of the revisions of single files, as CVS keeps them: by commitid, and by author, log and time where
there is none.

The same revisions always give the same changesets, ids and order. Revisions that come later change nothing of what
came before: they make changesets of their own, or join one whose minutes have not passed yet.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from portkit.paths import RepoPath, to_bytes

WINDOW = 300
"""Seconds that may lie between two revisions of one commit without a commitid, and for which the newest changesets may
still be growing."""


@dataclass(frozen=True, slots=True)
class Member:
    """One revision of one file: `number` counts the file's revisions on the line that is followed, from 0; `date` in
    seconds since 1970 UTC."""

    path: RepoPath
    number: int
    revision: str
    date: int
    author: str
    log: bytes
    commitid: str


@dataclass(frozen=True, slots=True)
class Group:
    """One changeset: its id, the date of its newest member, and its members by path."""

    id: str
    date: int
    members: tuple[Member, ...]


def grouped(members: Iterable[Member]) -> list[Group]:
    """The changesets of `members`, each of them in one, oldest first.

    No changeset has two revisions of one file, and a file's revisions come in their order, whatever their dates say.
    """
    named: dict[str, list[Member]] = {}
    nameless: list[Member] = []
    for member in members:
        if member.commitid:
            named.setdefault(member.commitid, []).append(member)
        else:
            nameless.append(member)
    groups = [part for commitid, found in named.items() for part in _by_commitid(commitid, found)]
    groups += [_with_own_id(found) for found in _by_time(nameless)]
    return _in_order(groups)


def _by_commitid(commitid: str, members: Sequence[Member]) -> Iterable[Group]:
    """One group; more only where a file comes twice under one commitid, which no cvs writes."""
    rounds: list[list[Member]] = []
    seen: dict[RepoPath, int] = {}
    for member in sorted(members, key=lambda one: (one.path, one.number)):
        turn = seen.get(member.path, 0)
        seen[member.path] = turn + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(member)
    for turn, found in enumerate(rounds):
        yield _group(_numbered(commitid, turn), found)


def _numbered(id_: str, turn: int) -> str:
    return f"{id_}.{turn + 1}" if turn else id_


def _by_time(members: Sequence[Member]) -> Iterable[list[Member]]:
    """Members of one author and log, no two further apart than the window, no file twice."""
    moved = _moments(members)
    ordered = sorted(members, key=lambda one: (one.author, one.log, moved[one], one.path, one.number))
    for _, found in groupby(ordered, key=lambda one: (one.author, one.log)):
        run: list[Member] = []
        for member in found:
            if run and moved[member] - moved[run[-1]] > WINDOW:
                yield from _without_doubles(run, moved)
                run = []
            run.append(member)
        yield from _without_doubles(run, moved)


def _moments(members: Sequence[Member]) -> dict[Member, int]:
    """When each member came, for what belongs together: its date, or its predecessor's where a clock ran a little back
    between the two. A clock that was far off is not corrected: nothing says which of the two is right."""
    moved: dict[Member, int] = {}
    last: tuple[RepoPath, int] | None = None
    for member in sorted(members, key=lambda one: (one.path, one.number)):
        date = member.date
        if last is not None and last[0] == member.path and date < last[1] <= date + WINDOW:
            date = last[1]
        moved[member] = date
        last = (member.path, date)
    return moved


def _without_doubles(run: Sequence[Member], moved: dict[Member, int]) -> Iterable[list[Member]]:
    """`run`, cut where a file would come twice: at the longest pause between the two, the last one of such."""
    start = 0
    seen: dict[RepoPath, int] = {}
    at = 0
    while at < len(run):
        earlier = seen.get(run[at].path, -1)
        if earlier >= start:
            pauses = range(earlier + 1, at + 1)
            cut = max(pauses, key=lambda place: (moved[run[place]] - moved[run[place - 1]], place))
            yield list(run[start:cut])
            start = cut
        seen[run[at].path] = at
        at += 1
    if start < len(run):
        yield list(run[start:])


def _with_own_id(members: Sequence[Member]) -> Group:
    """The id of a changeset without a commitid is that of its first member: what joins it later does not change it."""
    first = min(members, key=lambda one: (one.date, one.path, one.number))
    parts = (b"cvs", first.author.encode("utf-8", "surrogateescape"), first.log, str(first.date).encode(),
             to_bytes(first.path), first.revision.encode())  # fmt: skip
    digest = hashlib.sha1(b"\0".join(parts), usedforsecurity=False).hexdigest()
    return _group(digest, members)


def _group(id_: str, members: Sequence[Member]) -> Group:
    return Group(id_, max(one.date for one in members), tuple(sorted(members, key=lambda one: (one.path, one.number))))


def _in_order(groups: Sequence[Group]) -> list[Group]:
    """By date, but never a file's revision before the one that it follows. Two commits that ran through each other
    (each has a file's earlier revision and another's later one) cannot stand whole in any order: the first of them is
    parted."""
    home = {(one.path, one.number): number for number, group in enumerate(groups) for one in group.members}
    waits = [0] * len(groups)
    startable: list[tuple[tuple[int, RepoPath, str], int]] = []
    whole: list[tuple[tuple[int, RepoPath, str], int]] = []
    for (path, number), node in home.items():
        if (path, number - 1) in home:
            waits[node] += 1
        else:
            startable.append((_key(groups[node]), node))
    whole = [(_key(group), node) for node, group in enumerate(groups) if not waits[node]]
    heapq.heapify(whole)
    heapq.heapify(startable)
    left = {node: list(group.members) for node, group in enumerate(groups)}
    done: set[tuple[RepoPath, int]] = set()
    result: list[Group] = []
    parts: dict[int, int] = {}
    while left:
        if whole:
            _, node = heapq.heappop(whole)
            ready = left.pop(node)
        else:
            _, node = heapq.heappop(startable)
            if node not in left:
                continue
            ready = [one for one in left[node] if (one.path, one.number - 1) in done or not one.number]
            if not ready:
                continue
            left[node] = [one for one in left[node] if one not in ready]
        part = parts.get(node, 0)
        parts[node] = part + 1
        group = groups[node]
        result.append(group if len(ready) == len(group.members) else _group(_parted(group.id, part), ready))
        for member in ready:
            done.add((member.path, member.number))
            after = home.get((member.path, member.number + 1))
            if after is None:
                continue
            waits[after] -= 1
            heapq.heappush(startable if waits[after] else whole, (_key(groups[after]), after))
    return result


def _parted(id_: str, turn: int) -> str:
    return f"{id_}.part{turn + 1}" if turn else id_


def _key(group: Group) -> tuple[int, RepoPath, str]:
    return group.date, group.members[0].path, group.id
