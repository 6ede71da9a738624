"""A folder of ,v files on disk: which there are, and reading one so that a half-written one is never believed.

Nothing is run and no symbolic link is followed: a repository may be anybody's.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portkit.errors import WorldError
from portkit.upstream.rcs import RcsError, RcsFile

ATTIC = "Attic"
"""The folder where CVS keeps what is dead on the trunk."""

MAXIMUM_BYTES = 1 << 29
"""A larger ,v file is not read: no source file has such a history."""

PAUSES = (0.05, 0.2, 0.5)
"""Seconds to wait before a file that changed while it was read, or made no sense, is read again."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells that a file is still the one that was read."""

    size: int
    changed: int
    inode: int
    mode: int

    @staticmethod
    def of(found: os.stat_result) -> Stamp:
        """The stamp of what `found` describes."""
        return Stamp(found.st_size, found.st_mtime_ns, found.st_ino, found.st_mode)


@dataclass(frozen=True, slots=True)
class Place:
    """One ,v file: `path` is the file it keeps, relative to the top, without `,v` and `Attic`; `where` its own path."""

    path: str
    where: Path
    stamp: Stamp


def places(top: Path, folder: str) -> Iterator[Place]:
    """Every ,v file in `top`/`folder` and below; or that of the one file `folder` names. In no particular order.

    Where a file stands in its folder and in `Attic` too, the former is meant, as for cvs. Raises WorldError where the
    disk refuses.
    """
    alone = top / folder
    try:
        if _beyond_links(top, folder):
            return
        for place in (alone.parent / f"{alone.name},v", alone.parent / ATTIC / f"{alone.name},v"):
            if folder and _is_file(place):
                yield Place(folder, place, Stamp.of(place.lstat()))
                return
        if alone.is_dir():
            yield from _below(alone, folder)
    except OSError as error:
        raise WorldError("the CVS repository cannot be read", where=str(alone), cause=str(error)) from error


def names(top: Path, folder: str) -> tuple[str, ...]:
    """The names in `folder` (ending in `/`; "" is the top), folders with a `/`, what lies in `Attic` left out."""
    place = top / folder
    if _beyond_links(top, folder.rstrip("/")):
        return ()
    try:
        with os.scandir(place) as found:
            entries = sorted(found, key=lambda one: one.name)
    except OSError:
        return ()
    files = [one.name.removesuffix(",v") for one in entries if one.name.endswith(",v") and _regular(one)]
    folders = [f"{one.name}/" for one in entries if one.is_dir(follow_symlinks=False) and one.name != ATTIC]
    return tuple(sorted(files + folders))


def read(place: Place, shown: str) -> tuple[RcsFile, Stamp]:
    """The file at `place`, read to its end, and its stamp then; `shown` names it in errors.

    A file that changes meanwhile is read again; so is one that makes no sense, once it had time to become whole.
    Raises RcsError where it stays damaged, WorldError where it cannot be read or never stays as it is.
    """
    if stat.S_ISLNK(place.stamp.mode):
        raise RcsError(shown, 0, "a plain file, and no symbolic link,")
    trouble: RcsError | None = None
    last: Stamp | None = None
    for pause in (0.0, *PAUSES):
        if pause:
            time.sleep(pause)
        try:
            data, stamp = _whole(place.where)
        except OSError as error:
            raise WorldError(f"{shown} cannot be read", where=str(place.where), cause=str(error)) from error
        if stamp is None:
            continue
        if trouble is not None and stamp == last:
            raise trouble
        last = stamp
        try:
            if stamp.size > MAXIMUM_BYTES:
                raise RcsError(shown, MAXIMUM_BYTES, "the end of the file")
            file = RcsFile(data, shown)
            file.check()
            return file, stamp
        except RcsError as error:
            trouble = error
    if trouble is not None:
        raise trouble
    raise WorldError(
        f"{shown} changes all the time while it is read", where=str(place.where),
        hint="let the other program (rsync, cvs) end, then run again",
    )  # fmt: skip


def _whole(where: Path) -> tuple[bytes, Stamp | None]:
    """The content and its stamp; no stamp where another content took its place meanwhile."""
    descriptor = os.open(where, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        before = Stamp.of(os.fstat(descriptor))
        if not stat.S_ISREG(before.mode):
            raise OSError(0, "no plain file")
        data = file.read(MAXIMUM_BYTES + 1)
        after = Stamp.of(os.fstat(descriptor))
    now = Stamp.of(where.lstat())
    same = before == after == now and (len(data) == before.size or before.size > MAXIMUM_BYTES)
    return data, before if same else None


def _below(folder: Path, path: str) -> Iterator[Place]:
    """The files of one folder and of those in it: first what stands there, then what lies in its Attic."""
    waiting: list[tuple[Path, str]] = [(folder, path)]
    while waiting:
        here, name = waiting.pop()
        start = f"{name}/" if name else ""
        found: dict[str, Place] = {}
        attic: Path | None = None
        for entry in _entries(here):
            if entry.is_dir(follow_symlinks=False):
                if entry.name == ATTIC:
                    attic = Path(entry.path)
                else:
                    waiting.append((Path(entry.path), f"{start}{entry.name}"))
            elif entry.name.endswith(",v") and _regular(entry):
                file = start + entry.name.removesuffix(",v")
                found[file] = Place(file, Path(entry.path), Stamp.of(entry.stat(follow_symlinks=False)))
        for entry in _entries(attic) if attic is not None else ():
            if entry.name.endswith(",v") and _regular(entry):
                file = start + entry.name.removesuffix(",v")
                found.setdefault(file, Place(file, Path(entry.path), Stamp.of(entry.stat(follow_symlinks=False))))
        yield from found.values()


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return list(found)


def _regular(entry: os.DirEntry[str]) -> bool:
    """A link counts: it is told of, and not followed."""
    return entry.is_file(follow_symlinks=False) or entry.is_symlink()


def _is_file(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
        return stat.S_ISREG(mode) or stat.S_ISLNK(mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _beyond_links(top: Path, folder: str) -> bool:
    """Whether a part of `folder` is a symbolic link."""
    here = top
    for part in folder.split("/") if folder else ():
        here = here / part
        if here.is_symlink():
            return True
    return False
