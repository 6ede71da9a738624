"""A patch series: a `series` file as quilt knows it, and one file per local change, in the form of git format-patch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portkit.errors import UserError
from portkit.patches.applying import Applied, Files, apply_patch
from portkit.patches.entries import SERIES, read_entries
from portkit.patches.headers import Headers, read_headers
from portkit.patches.reading import first_diff_line, read_diff
from portkit.patches.values import FilePatch
from portkit.paths import RepoPath, problem_with, quoted, to_bytes, unquoted
from portkit.text import decode, split_lines

REMAINDER = "remainder.patch"
"""What history does not explain, in one patch; always the last."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch of a series: `name` is its file's, `raw` all that the file holds, `files` what that says."""

    name: str
    raw: bytes
    headers: Headers
    files: tuple[FilePatch, ...]

    @property
    def changed_lines(self) -> int:
        """How many lines it adds and removes."""
        return sum(one.added + one.removed for one in self.files)

    @property
    def paths(self) -> tuple[RepoPath, ...]:
        """The files that it touches, by the names they have afterwards."""
        return tuple(one.path for one in self.files)


@dataclass(frozen=True, slots=True)
class Series:
    """Patches in the order in which they apply; `raw` is the series file, with its comments."""

    patches: tuple[Patch, ...] = ()
    raw: bytes = b""

    def named(self, name: str) -> Patch | None:
        """The patch of that name, with or without its `.patch`."""
        return next((one for one in self.patches if name in (one.name, one.name.removesuffix(".patch"))), None)


def read_patch(name: str, raw: bytes, where: str, strip: int | None = None) -> Patch:
    """One patch file. Raises UserError, with the line, where it cannot be read, and where nothing is in it."""
    files = read_diff(raw, where, strip=strip)
    if not files:
        raise UserError("there is no diff in it", where=where, hint="a patch holds a git or a CVS diff")
    _refuse_bare(files, where)
    lines = split_lines(raw)
    return Patch(name, raw, read_headers(lines[: first_diff_line(lines)], where), files)


def _refuse_bare(files: Sequence[FilePatch], where: str) -> None:
    """No hunk goes where a line number alone says: one without context must be of a whole file."""
    for file in files:
        for hunk in file.hunks:
            if hunk.context != (0, 0) or any(line.op == b" " for line in hunk.lines):
                continue
            if file.old is not None and file.new is not None and (len(file.hunks) > 1 or hunk.old_start > 1):
                raise UserError(
                    "the hunk has no context, so that nothing says where it belongs", where=f"{where}:{hunk.line}",
                    hint="make the diff with context (-U3); for a line at a named place, the map has `edit`",
                )  # fmt: skip


def read_series(contents: Mapping[str, bytes], folder: str) -> Series:
    """The series that lies in `folder` (its name in errors): `contents` by file name. Without a series file it is
    empty. Raises UserError where that names a file that is not there, or one that cannot be read."""
    raw = contents.get(SERIES, b"")
    patches = []
    for entry in read_entries(raw, f"{folder}/{SERIES}"):
        content = contents.get(entry.name)
        if content is None:
            raise UserError(
                f"there is no patch {entry.name}", where=f"{folder}/{SERIES}:{entry.line}",
                hint="take the line out, or put the file there",
            )  # fmt: skip
        patches.append(read_patch(entry.name, content, f"{folder}/{entry.name}", entry.strip))
    return Series(tuple(patches), raw)


@dataclass(frozen=True, slots=True)
class Step:
    """One patch on what those before it leave: how each of its files fits, and the files afterwards (as before, where
    it does not apply)."""

    patch: Patch
    applied: tuple[Applied, ...]
    before: Files
    after: Files

    @property
    def applies(self) -> bool:
        return all(one.applies for one in self.applied)


def push(series: Series, baseline: Files, *, fuzz: int = 0) -> tuple[Step, ...]:
    """The patches of `series` applied in order to `baseline`; one that does not apply is left out, and the next goes
    on without it."""
    files = baseline
    steps = []
    for patch in series.patches:
        outcome = apply_patch(patch.files, files, fuzz=fuzz)
        steps.append(Step(patch, outcome.applied, files, outcome.files))
        files = outcome.files
    return tuple(steps)


# What a series stands on: comments of the series file, which quilt passes over.

_BASELINE = re.compile(r"# baseline: (.+) (\d+(?:\.\d+)+|blob [0-9a-f]{40,64})")


def recorded_baseline(raw: bytes) -> dict[RepoPath, str]:
    """The upstream version (1.20, or `blob` and an id) of each target file that a series file says it stands on."""
    found: dict[RepoPath, str] = {}
    for line in raw.split(b"\n"):
        match = _BASELINE.fullmatch(decode(line))
        if match and not problem_with(unquoted(match[1])):
            found[RepoPath(unquoted(match[1]))] = match[2]
    return found


def with_baseline(raw: bytes, baseline: Mapping[RepoPath, str]) -> bytes:
    """A series file that says it stands on `baseline`; every other line stays as it is."""
    lines = [line for line in split_lines(raw) if not line.startswith(b"# baseline: ")]
    told = [f"# baseline: {quoted(path)} {baseline[path]}\n" for path in sorted(baseline, key=to_bytes)]
    return "".join(told).encode("utf-8", "surrogateescape") + b"".join(lines)
