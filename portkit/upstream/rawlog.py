"""`git log --raw -z` as values: which commits changed which files, read as the bytes come.

Message and paths may hold any byte but NUL (git-log(1): with -z, fields end in NUL and names are not quoted),
so nothing a log message says can be taken for a file line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from portkit.change.changeset import Blob
from portkit.errors import WorldError
from portkit.git.fields import split_fields

SUBMODULE = 0o160000
_FORMAT = "%H%x00%P%x00%an%x00%ae%x00%ct%x00%B%x00"

_LAST_DATE = 253402300799  # the end of the year 9999: what a date can be


@dataclass(frozen=True, slots=True)
class RawChange:
    """One file line: the sides that are no file are None (absent, or a submodule)."""

    path: bytes
    old: Blob | None
    new: Blob | None


@dataclass(frozen=True, slots=True)
class RawCommit:
    """One commit and its changes against its first parent ("" for a root), texts as git printed them."""

    id: str
    parent: str
    author: bytes
    email: bytes
    date: int
    message: bytes
    changes: tuple[RawChange, ...]


def arguments(tip: str, since: str, paths: Sequence[str], *, limit: int = 0) -> list[str]:
    """The git command that prints, newest first, what touches `paths` in `tip` but not in `since` ("": all).

    No `paths` means all of them; `limit` ends it after so many commits.
    Everything that a configuration could change in its output is said. Log text comes as UTF-8 where the
    commit names an encoding, else as it stands. `:(top,literal)` keeps a path a path, whatever core.worktree
    makes of the current folder.
    """
    command = [
        "log", "-z", "--raw", f"--format=tformat:{_FORMAT}", "--encoding=UTF-8",
        "--first-parent", "--diff-merges=first-parent", "--no-follow", "--no-renames", "--no-abbrev",
        "--no-relative", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-notes", "--no-color",
        "-O/dev/null", *([f"--max-count={limit}"] if limit else []), "--end-of-options", tip,
    ]  # fmt: skip
    if since:
        command.append(f"^{since}")
    return [*command, "--", *(f":(top,literal){path}" for path in paths)]


def parse(blocks: Iterable[bytes]) -> Iterator[RawCommit]:
    """The commits in what git printed, as they come. Raises WorldError where it is cut or no such output."""
    fields = split_fields(blocks)
    field = next(fields, None)
    while field is not None:
        try:
            id_ = field.decode("ascii")
            parents, author, email, date, message = (next(fields) for _ in range(5))
            changes = []
            field = next(fields)
            if field:
                raise ValueError(f"{field[:80]!r} where a commit ends")
            # The first file line follows a LF; where there is none, the next commit's hash stands here.
            field = next(fields, None)
            while field is not None and field.startswith((b":", b"\n:")):
                changes.append(_change(field.lstrip(b"\n"), next(fields)))
                field = next(fields, None)
        except (StopIteration, RuntimeError, ValueError) as error:
            raise WorldError("git log printed what portkit cannot read", cause=str(error)) from error
        parent = parents.split(b" ", 1)[0].decode("ascii")
        yield RawCommit(id_, parent, author, email, _date(date), message, tuple(changes))


def _date(text: bytes) -> int:
    return min(int(text), _LAST_DATE) if text.isdigit() else 0  # a broken header gives none


def _change(line: bytes, path: bytes) -> RawChange:
    """A line of the raw output format (git-diff-index(1)): `:old-mode new-mode old-id new-id status`."""
    old_mode, new_mode, old_oid, new_oid, _ = line[1:].split(b" ")
    return RawChange(path, _blob(old_oid, old_mode), _blob(new_oid, new_mode))


def _blob(oid: bytes, mode: bytes) -> Blob | None:
    number = int(mode, 8)
    return Blob(oid.decode("ascii"), number) if number not in (0, SUBMODULE) else None
