"""Applying a patch to contents. How it fits is a value: exactly, some lines off, with context ignored, or not at all.

What portkit writes itself is applied with no fuzz. Fuzz (context lines at a hunk's ends that are not looked at, as GNU
patch counts them) is only measured, to say how far a patch has drifted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from portkit.merge.file import SYMLINK, Version
from portkit.patches.entries import LARGEST
from portkit.patches.values import BinaryPiece, DiffHunk, FilePatch
from portkit.paths import RepoPath
from portkit.text import is_binary, split_lines

Files = Mapping[RepoPath, Version]
"""The files of a tree, or of a part of it."""

_MODE = 0o100644
_CANDIDATES = 4096
"""How many places that fit are looked at for the nearest one."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a hunk fits: `at` is the line of the old content, from 0; `offset` how far that is from where the hunk
    says, given the hunks before it; `fuzz` how many context lines at an end were ignored; `places`: how many places
    fit as well. `at` is -1 where it fits nowhere."""

    hunk: DiffHunk
    at: int
    offset: int = 0
    fuzz: int = 0
    places: int = 1

    @property
    def fits(self) -> bool:
        return self.at >= 0

    @property
    def exact(self) -> bool:
        return self.fits and not self.offset and not self.fuzz


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of one file's patch: `result` the file afterwards (None: removed), as it was where `reason` says why
    the patch does not apply. `hunks` says of each how it fits."""

    patch: FilePatch
    result: Version | None
    hunks: tuple[Placed, ...] = ()
    reason: str = ""

    @property
    def applies(self) -> bool:
        return not self.reason

    @property
    def offset(self) -> int:
        """The largest offset of its hunks, in lines, up or down."""
        return max((abs(placed.offset) for placed in self.hunks if placed.fits), default=0)

    @property
    def fuzz(self) -> int:
        """The largest fuzz of its hunks."""
        return max((placed.fuzz for placed in self.hunks if placed.fits), default=0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a whole patch: the files afterwards; unchanged where it does not apply whole."""

    files: Files
    applied: tuple[Applied, ...]

    @property
    def applies(self) -> bool:
        return all(one.applies for one in self.applied)


def apply_patch(patches: Iterable[FilePatch], files: Files, *, fuzz: int = 0) -> Outcome:
    """`files` after `patches`, or as they were where one of them does not apply. At most `fuzz` context lines at each
    end of a hunk are ignored."""
    tree = dict(files)
    done: list[Applied] = []
    for patch in patches:
        one = apply_file(patch, tree, fuzz=fuzz)
        done.append(one)
        if not one.applies:
            continue
        if patch.old is not None and not patch.copied:
            del tree[patch.old]
        if one.result is not None:
            tree[patch.path] = one.result
    outcome = Outcome(tree, tuple(done))
    return outcome if outcome.applies else Outcome(files, tuple(done))


def apply_file(patch: FilePatch, files: Files, *, fuzz: int = 0) -> Applied:
    """What `patch` makes of its file in `files`."""
    before = files.get(patch.old) if patch.old is not None else None
    reason = _in_the_way(patch, before, files)
    if reason:
        return Applied(patch, before, reason=reason)
    content = before.content if before is not None else b""
    hunks: tuple[Placed, ...] = ()
    if patch.binary is not None:
        made = _binary(patch.binary, content)
        if made is None:
            return Applied(patch, before, reason="the binary patch is for another content")
        content = made
    elif patch.hunks:
        content, hunks = apply_hunks(patch.hunks, content, fuzz=fuzz)
        lost = sum(not placed.fits for placed in hunks)
        if lost:
            return Applied(patch, before, hunks, _does_not_fit(lost, len(hunks)))
    if patch.new is None:
        if content:
            return Applied(patch, before, hunks, "it removes the file, and lines are left in it")
        return Applied(patch, None, hunks)
    mode = patch.new_mode or (before.mode if before is not None else _MODE)
    return Applied(patch, Version(content, mode), hunks)


def _in_the_way(patch: FilePatch, before: Version | None, files: Files) -> str:
    """Why the patch cannot be for these files at all, whatever its hunks say."""
    if patch.old is not None and before is None:
        return f"there is no file {patch.old}"
    if patch.old != patch.new and patch.new is not None and patch.new in files:
        return f"{patch.new} is there already"
    if patch.new is not None and patch.old != patch.new:
        above = _folders(patch.new)
        blocked = next((folder for folder in above if folder in files), "")
        if blocked:
            return f"{blocked}, above it, is no folder"
    if before is not None:
        link = before.mode == SYMLINK
        says = patch.old_mode if patch.old_mode is not None else patch.new_mode
        if link != (says == SYMLINK) and (link or says is not None):
            return f"{patch.old} is {'a symbolic link' if link else 'no symbolic link'}, and the patch is for the other"
        if patch.old_mode is not None and patch.old_mode != before.mode and patch.old_mode != patch.new_mode:
            return f"the mode of {patch.old} is {before.mode:o}, and the patch is for {patch.old_mode:o}"
        if patch.binary is None and patch.hunks and is_binary(before.content):
            return f"{patch.old} is binary, and the patch is for lines"
    return ""


def _folders(path: RepoPath) -> list[RepoPath]:
    parts = path.split("/")
    return [RepoPath("/".join(parts[:count])) for count in range(1, len(parts))]


def _does_not_fit(lost: int, total: int) -> str:
    return "its hunk does not fit" if total == 1 else f"{lost} of its {total} hunks do not fit"


def apply_hunks(
    hunks: Sequence[DiffHunk], content: bytes, *, fuzz: int = 0
) -> tuple[bytes, tuple[Placed, ...]]:
    """`content` after those hunks that fit, and how each does: each at the place nearest to where it says, after the
    one before it."""
    lines = _Searchable(content)
    out: list[bytes] = []
    placed: list[Placed] = []
    taken = shift = 0
    for hunk in hunks:
        found = _place(lines, hunk, taken, shift, fuzz)
        placed.append(found)
        if not found.fits:
            continue
        old, new = _less(hunk, found.fuzz)
        out += lines.raw[taken : found.at]
        out += new
        taken = found.at + len(old)
        shift += found.offset
    out += lines.raw[taken:]
    return b"".join(out), tuple(placed)


def _less(hunk: DiffHunk, fuzz: int) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """The old and new lines of `hunk` with `fuzz` lines of context less (patch(1), -F: of the longer context first)."""
    before, after = hunk.context
    longer = max(before, after)
    front, back = max(0, fuzz + before - longer), max(0, fuzz + after - longer)
    old, new = hunk.old, hunk.new
    return old[front : len(old) - back], new[front : len(new) - back]


def _place(lines: _Searchable, hunk: DiffHunk, taken: int, shift: int, most: int) -> Placed:
    before, after = hunk.context
    bare = bool(hunk.new) and not any(line.op == b" " for line in hunk.lines)
    if bare and len(hunk.old) != len(lines.raw):  # as git apply has it: without context it is of the whole file
        return Placed(hunk, -1)
    for fuzz in range(min(most, max(before, after)) + 1):
        old, _ = _less(hunk, fuzz)
        front, back = fuzz + before - max(before, after), fuzz + after - max(before, after)
        wanted = hunk.old_index + max(0, front) + shift
        # As GNU patch has it: a hunk with less context at its front than behind stands at the file's beginning, and the
        # like at its end.
        found = lines.find(old, wanted, taken, front < 0, back < 0)
        if found is not None:
            at, places = found
            return Placed(hunk, at, at - wanted, fuzz, places)
    return Placed(hunk, -1)


class _Searchable:
    """Lines in which runs of lines are found quickly: as bytes, at the beginnings of lines."""

    def __init__(self, content: bytes) -> None:
        self.raw = split_lines(content)
        self._content = content
        self._starts: list[int] = []
        self._index: dict[int, int] | None = None

    def find(
        self, wanted: Sequence[bytes], near: int, first: int, at_start: bool, at_end: bool
    ) -> tuple[int, int] | None:
        """Where the lines `wanted` stand at or after line `first`, nearest to line `near` (downwards where two are
        equally near), and at how many places they do; None for nowhere."""
        size = len(wanted)
        last = len(self.raw) - size
        if at_start:
            fits = first == 0 and last >= 0 and self.raw[:size] == list(wanted) and (not at_end or last == 0)
            return (0, 1) if fits else None
        if at_end:
            return (last, 1) if last >= first and self.raw[last:] == list(wanted) else None
        if first <= near <= last and self.raw[near : near + size] == list(wanted):
            return near, 1
        if not size:
            return (min(max(near, first), len(self.raw)), 1) if len(self.raw) >= first else None
        places = self._places(b"".join(wanted), first)
        places = [at for at in places if at <= last and self.raw[at : at + size] == list(wanted)]
        if not places:
            return None
        return min(places, key=lambda at: (abs(at - near), -at)), len(places)

    def _places(self, text: bytes, first: int) -> list[int]:
        index = self._line_at()
        start = self._starts[first] if first < len(self._starts) else len(self._content)
        found: list[int] = []
        at = self._content.find(text, start)
        while at >= 0 and len(found) < _CANDIDATES:
            if at in index:
                found.append(index[at])
            line_end = self._content.find(b"\n", at)
            at = self._content.find(text, line_end + 1) if line_end >= 0 else -1
        return found

    def _line_at(self) -> dict[int, int]:
        if self._index is None:
            at = 0
            for line in self.raw:
                self._starts.append(at)
                at += len(line)
            self._index = {start: number for number, start in enumerate(self._starts)}
        return self._index


# Binary patches.


def _binary(piece: BinaryPiece, content: bytes) -> bytes | None:
    """The content that a binary patch makes; None where a delta is for another content."""
    return piece.data if piece.kind == b"literal" else undelta(piece.data, content)


def undelta(delta: bytes, base: bytes) -> bytes | None:
    """`base` after git's `delta` (gitformat-pack(5), deltified representation); None where it is for another base, is
    damaged, or unfolds to more than may be read."""
    base_size, at = _size(delta, 0)
    result_size, at = _size(delta, at)
    if base_size != len(base) or result_size > LARGEST:
        return None
    out = bytearray()
    while at < len(delta):
        command = delta[at]
        at += 1
        if command & 0x80:
            offset = size = 0
            for bit in range(7):
                if command >> bit & 1:
                    if at >= len(delta):
                        return None
                    value = delta[at]
                    at += 1
                    if bit < 4:
                        offset |= value << 8 * bit
                    else:
                        size |= value << 8 * (bit - 4)
            size = size or 0x10000
            if offset + size > len(base):
                return None
            out += base[offset : offset + size]
        elif command:
            if at + command > len(delta):
                return None
            out += delta[at : at + command]
            at += command
        else:
            return None
        if len(out) > result_size:
            return None
    return bytes(out) if len(out) == result_size else None


def _size(delta: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(delta) and shift < 63:
        byte = delta[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
    return value, at


def blob_id(content: bytes) -> str:
    """The name git gives a content (SHA-1)."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
