"""Upstream's moves, as the map tells them: one file's life under an old name and a new one, told as one.

The old name's last deletion is none, and the new name's addition changes the file as it last stood. Every change keeps
the path it was made at, for that is what revisions and trailers name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from portkit.change.changeset import Changeset, FileChange
from portkit.components.model import Component, Move
from portkit.paths import RepoPath


@dataclass(frozen=True, slots=True)
class _Event:
    """A change of one file: its position, and how many moves lie between its path and the newest one."""

    position: int
    moves: int
    change: FileChange


def joined(
    component: Component, changesets: Sequence[Changeset], last: Mapping[Move, int]
) -> tuple[list[Changeset], list[tuple[Changeset, FileChange]]]:
    """`changesets` with the moves carried out, those without files left out; and the additions that came under an old
    name after it had moved, which nothing follows.

    `last`: the position of the last changeset at which an old path is followed; no entry: until the new one is there.
    """
    lives: dict[RepoPath, list[_Event]] = {}
    for position, changeset in enumerate(changesets):
        for change in changeset.files:
            moves = len(component.moves_of(change.path))
            lives.setdefault(component.now(change.path), []).append(_Event(position, moves, change))
    made: dict[tuple[int, RepoPath], FileChange | None] = {}
    for life in lives.values():
        if any(event.moves for event in life):
            made.update(_life(component, life, last))
    result: list[Changeset] = []
    left: list[tuple[Changeset, FileChange]] = []
    for position, changeset in enumerate(changesets):
        files = [(change, made.get((position, change.path), change)) for change in changeset.files]
        kept = tuple(one for _, one in files if one is not None)
        left += [(changeset, change) for change, one in files if one is None and change.old is None]
        if kept == changeset.files:
            result.append(changeset)
        elif kept:
            result.append(replace(changeset, files=kept))
    return result, left


def _life(
    component: Component, events: Sequence[_Event], last: Mapping[Move, int]
) -> dict[tuple[int, RepoPath], FileChange | None]:
    """What each change of one file is in its whole life; None for those that are no part of it."""
    made: dict[tuple[int, RepoPath], FileChange | None] = {(one.position, one.change.path): None for one in events}
    followed = [one for one in events if one.moves == 0 or one.position <= _end(component, one, last)]
    name: int | None = None
    blob = None
    for position, group in groupby(followed, key=lambda event: event.position):
        now = sorted(group, key=lambda event: event.moves)
        newer = next((one for one in now if (name is None or one.moves < name) and one.change.new is not None), None)
        if newer is not None:
            name = newer.moves
            one = replace(newer.change, old=newer.change.old or blob)
        else:
            same = next((one for one in now if name is None or one.moves == name), None)
            if same is None:
                continue
            name, one = same.moves, same.change
            if one.new is None and any(other.position > position and other.moves < name for other in followed):
                continue
        made[position, one.path] = one
        blob = one.new
    return made


def _end(component: Component, event: _Event, last: Mapping[Move, int]) -> int:
    move = component.moves_of(event.change.path)[0]
    return last.get(move, event.position)
