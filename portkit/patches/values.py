"""A patch as values: what one unified diff says of one file, hunk by hunk. The raw bytes stay the truth; these are
read from them (`patches.reading`) and nothing is written back from what was read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portkit.paths import RepoPath


class Dialect(StrEnum):
    """Who wrote the diff: git (`diff --git`), CVS (`Index:`), or a plain `diff -u`."""

    GIT = "git"
    CVS = "cvs"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a hunk: `op` is b" ", b"-" or b"+"; `text` has its LF, unless the file ends without one there."""

    op: bytes
    text: bytes


@dataclass(frozen=True, slots=True)
class DiffHunk:
    """One hunk. `old_start` and `new_start` count from 1 as the diff does (an empty side names the line before it);
    `line` is the place of its `@@` in the patch file, from 1."""

    old_start: int
    new_start: int
    lines: tuple[DiffLine, ...]
    section: bytes = b""
    line: int = 0

    @property
    def old(self) -> tuple[bytes, ...]:
        """The lines it wants to find."""
        return tuple(line.text for line in self.lines if line.op != b"+")

    @property
    def new(self) -> tuple[bytes, ...]:
        """The lines it leaves."""
        return tuple(line.text for line in self.lines if line.op != b"-")

    @property
    def context(self) -> tuple[int, int]:
        """How many lines of context it begins and ends with."""
        ops = [line.op for line in self.lines]
        before = next((index for index, op in enumerate(ops) if op != b" "), len(ops))
        after = next((index for index, op in enumerate(reversed(ops)) if op != b" "), len(ops))
        return before, after

    @property
    def old_index(self) -> int:
        """Where in the old file it belongs, from 0."""
        return self.old_start - 1 if self.old else self.old_start


@dataclass(frozen=True, slots=True)
class BinaryPiece:
    """One half of a git binary patch: `kind` is b"literal" or b"delta", `size` that of the result (of a literal) or of
    the delta itself; `data` is what it holds, inflated."""

    kind: bytes
    size: int
    data: bytes


@dataclass(frozen=True, slots=True)
class FilePatch:
    """What a patch does to one file. `old` is None where it makes the file, `new` where it removes it. A mode is None
    where the patch does not speak of it. `backward` is what undoes a binary patch, where that was given. `line` is the
    place of its beginning in the patch file, from 1."""

    old: RepoPath | None
    new: RepoPath | None
    hunks: tuple[DiffHunk, ...] = ()
    old_mode: int | None = None
    new_mode: int | None = None
    binary: BinaryPiece | None = None
    backward: BinaryPiece | None = None
    copied: bool = False
    dialect: Dialect = Dialect.GIT
    line: int = 0

    @property
    def path(self) -> RepoPath:
        """The path it leaves; of a removed file the one it had."""
        found = self.new if self.new is not None else self.old
        assert found is not None
        return found

    @property
    def renamed(self) -> bool:
        """Whether the file goes under another name afterwards, the old one being gone."""
        return not self.copied and None not in (self.old, self.new) and self.old != self.new

    @property
    def added(self) -> int:
        """How many lines it adds."""
        return sum(line.op == b"+" for hunk in self.hunks for line in hunk.lines)

    @property
    def removed(self) -> int:
        """How many lines it removes."""
        return sum(line.op == b"-" for hunk in self.hunks for line in hunk.lines)
