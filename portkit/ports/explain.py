"""Why a file's ident line and its content disagree: which of the changes between the two versions are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from portkit.change.lines import LineTable
from portkit.ports.account import standing_states
from portkit.ports.deltas import delta_of
from portkit.ports.model import HunkState
from portkit.sync.lineage import FileVersion
from portkit.text import is_binary


def explained(
    versions: Sequence[FileVersion],
    recorded: str,
    used: str,
    content: bytes,
    read: Callable[[str], bytes],
    fold: tuple[str, ...] = (),
) -> Iterator[str]:
    """A sentence for each of upstream's changes between the recorded revision and the one used: whether it is there.
    `versions`: the file's, oldest first; `read` gives a blob's content. Nothing where one of the two is unknown."""
    labels = [version.label for version in versions]
    if recorded not in labels or used not in labels or recorded == used:
        return
    first, last = sorted((_last(labels, recorded), _last(labels, used)))
    table = LineTable(more=fold)
    ours = table.lines(content)
    for before, version in zip(versions[first:last], versions[first + 1 : last + 1], strict=True):
        if before.blob is None or version.blob is None:
            continue
        old, new = read(before.blob.oid), read(version.blob.oid)
        if is_binary(old) or is_binary(new) or is_binary(content):
            return
        delta = delta_of(version, table.lines(old), table.lines(new))
        every = standing_states(table.lines(old), table.lines(new), ours)
        states = [one for one in every if one is not HunkState.KEYWORD]
        lines = max(1, delta.weight)
        what = "its one-line change" if lines == 1 else f"its change of {lines} lines"
        there = sum(state is HunkState.BEFORE for state in states)
        if not states:
            continue
        if there == len(states):
            said = "is there"
        elif not there:
            said = "is not there"
        else:
            said = f"is there in {there} of {len(states)} hunks"
        yield f"{version.label}: {what} {said}"


def _last(labels: Sequence[str], label: str) -> int:
    return len(labels) - 1 - list(reversed(labels)).index(label)
