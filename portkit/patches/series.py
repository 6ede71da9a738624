"""A patch series: a `series` file as quilt knows it, and one file per local change, in the form of git format-patch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portkit.errors import UserError
from portkit.patches.applying import Applied, Files, apply_patch
from portkit.patches.headers import Headers, read_headers
from portkit.patches.reading import LARGEST, first_diff_line, read_diff
from portkit.patches.values import FilePatch
from portkit.paths import RepoPath, problem_with, quoted, to_bytes, unquoted
from portkit.text import decode, split_lines

SERIES = "series"
REMAINDER = "remainder.patch"
"""What history does not explain, in one patch; always the last."""

MOST_PATCHES = 10_000

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}(?:/[A-Za-z0-9][A-Za-z0-9._+-]{0,199}){0,3}")


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


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a series file: a name, how many leading parts its paths have too many (None: find out), and the
    line, from 1."""

    name: str
    strip: int | None
    line: int


def read_entries(raw: bytes, where: str) -> tuple[Entry, ...]:
    """The entries of a series file. Raises UserError, with the line, for names that leave the folder, names that come
    twice, and options that portkit does not know."""
    if len(raw) > LARGEST:
        raise UserError(f"the series file has more than {LARGEST >> 20} MB", where=where)
    found: list[Entry] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(raw.split(b"\n"), 1):
        text = decode(line).strip()
        text = re.split(r"(?:^|\s)#", text, maxsplit=1)[0].strip()
        if not text:
            continue
        name, *options = text.split()
        place = f"{where}:{number}"
        if not _NAME.fullmatch(name):
            raise UserError(
                f"{name!r} is no name of a patch", where=place,
                hint="letters, digits and . _ + - in each part, inside the series' own folder",
            )  # fmt: skip
        if name in seen:
            raise UserError(f"{name} is here twice, first on line {seen[name]}", where=place)
        seen[name] = number
        found.append(Entry(name, _strip(options, place), number))
        if len(found) > MOST_PATCHES:
            raise UserError(f"the series names more than {MOST_PATCHES} patches", where=place)
    return tuple(found)


def _strip(options: Sequence[str], place: str) -> int | None:
    if not options or options == ["-pab"]:
        return None
    match = re.fullmatch(r"-p ?(\d)", " ".join(options))
    if match is None:
        raise UserError(f"{' '.join(options)!r} is no option of a series", where=place, hint="-p0, -p1 and -pab are")
    return int(match[1])


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
