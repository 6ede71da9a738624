"""Upstream's changes of one file, each ready to be looked for in what the target changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from portkit.change.linediff import Hunk, hunks
from portkit.change.lines import Lines, LineTable
from portkit.sync.lineage import FileVersion

_WORD = re.compile(rb"\w{2,}")

Line = tuple[bool, bytes]
"""One changed line: whether it was added, and what it says, white space apart."""


@dataclass(frozen=True, slots=True)
class Delta:
    """The change that made `version` (number `index` of its file's): hunks from `old` to `new`, None where the file
    was not there before, or is gone."""

    index: int
    version: FileVersion
    old: Lines | None
    new: Lines | None
    hunks: tuple[Hunk, ...]
    lines: tuple[Counter[Line], ...]
    """Per hunk, the lines it changes that can be recognised."""

    @property
    def weight(self) -> int:
        """How many lines it changes that can be recognised."""
        return sum(counted.total() for counted in self.lines)


class Deltas:
    """Every change of one upstream file, oldest first. `contents`: what each of its blobs holds."""

    def __init__(self, versions: Sequence[FileVersion], contents: Mapping[str, bytes], table: LineTable) -> None:
        self.all: list[Delta] = []
        old: Lines | None = None
        for index, version in enumerate(versions):
            new = table.lines(contents[version.blob.oid]) if version.blob is not None else None
            self.all.append(delta_of(version, old, new, index))
            old = new
        self._where: dict[Line, list[int]] = {}
        for delta in self.all:
            for line in {line for counted in delta.lines for line in counted}:
                self._where.setdefault(line, []).append(delta.index)

    def sharing(self, lines: Counter[Line], least: float) -> list[int]:
        """The changes of which at least the share `least` of the recognisable lines stands in `lines`."""
        shared: Counter[int] = Counter()
        for line in lines:
            for index in self._where.get(line, ()):
                shared[index] += min(lines[line], sum(counted[line] for counted in self.all[index].lines))
        return sorted(index for index, count in shared.items() if count >= least * self.all[index].weight)


def delta_of(version: FileVersion, old: Lines | None, new: Lines | None, index: int = 0) -> Delta:
    """The change from `old` to `new`, which made `version`."""
    found = hunks(old.keys, new.keys) if old is not None and new is not None else ()
    lines = tuple(changed(old, new, hunk) for hunk in found) if old is not None and new is not None else ()
    return Delta(index, version, old, new, found, lines)


def changed(old: Lines, new: Lines, hunk: Hunk) -> Counter[Line]:
    """The lines a hunk takes and brings that can be recognised elsewhere: those with a word in them."""
    taken, brought = _telling(old, range(hunk.a0, hunk.a1)), _telling(new, range(hunk.b0, hunk.b1))
    return Counter([*((False, line) for line in taken), *((True, line) for line in brought)])


def _telling(lines: Lines, indexes: Iterable[int]) -> list[bytes]:
    keywords = set(lines.folded)
    return [
        b"".join(lines.raw[index].split())
        for index in indexes
        if index not in keywords and not lines.raw[index].startswith(b".Dd ") and _WORD.search(lines.raw[index])
    ]
