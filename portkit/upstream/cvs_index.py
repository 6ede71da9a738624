"""What the ,v files of an upstream held when they were last read: remembered in SQLite, each file by its stamp.

It can be lost or damaged at any time: it is then made again. It knows rows; what a changeset is says `cvs_grouping`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from portkit.upstream.cvs_files import Stamp
from portkit.upstream.indexfile import IndexFile

_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE files (number INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, size INTEGER NOT NULL,
                    changed INTEGER NOT NULL, inode INTEGER NOT NULL, mode INTEGER NOT NULL, damage TEXT NOT NULL);
CREATE TABLE revisions (file INTEGER NOT NULL, number INTEGER NOT NULL, revision TEXT NOT NULL,
                        date INTEGER NOT NULL, author BLOB NOT NULL, commitid TEXT NOT NULL, log BLOB NOT NULL,
                        oid BLOB, size INTEGER NOT NULL, PRIMARY KEY (file, number)) WITHOUT ROWID
"""
_VERSION = 1


@dataclass(frozen=True, slots=True)
class KnownFile:
    """One ,v file as it was read: `damage` says what was wrong with it, "" for nothing."""

    number: int
    path: bytes
    stamp: Stamp
    damage: str


@dataclass(frozen=True, slots=True)
class Row:
    """One revision of a file on the line that is followed: `oid` is None where it is dead, or cannot be read;
    `size` is its content's, in bytes."""

    number: int
    revision: str
    date: int
    author: bytes
    commitid: str
    log: bytes
    oid: bytes | None
    size: int


class CvsIndex(IndexFile):
    """The index in the file at `path`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, schema=_SCHEMA, version=_VERSION)

    def reset(self) -> None:
        """Forgets everything; inside `alone` only."""
        for table in ("facts", "files", "revisions"):
            self.execute(f"DELETE FROM {table}")

    def files(self) -> dict[bytes, KnownFile]:
        """Every file, by its path, in the order of the paths."""
        rows = self.rows("SELECT number, path, size, changed, inode, mode, damage FROM files ORDER BY path")
        return {path: KnownFile(number, path, Stamp(*stamp), damage) for number, path, *stamp, damage in rows}

    def revisions(self, file: int) -> list[Row]:
        """The rows of one file, oldest first."""
        statement = (
            "SELECT number, revision, date, author, commitid, log, oid, size FROM revisions WHERE file = ?"
            " ORDER BY number"
        )
        return [Row(*row) for row in self.rows(statement, file)]

    def every_revision(self) -> Iterator[tuple[int, Row]]:
        """(file, row) of all, file by file, oldest first."""
        statement = (
            "SELECT file, number, revision, date, author, commitid, log, oid, size FROM revisions"
            " ORDER BY file, number"
        )
        for file, *row in self.rows(statement):
            yield file, Row(*row)

    def put(self, path: bytes, stamp: Stamp, damage: str, rows: Sequence[Row]) -> None:
        """What a file holds now. Inside `alone` only."""
        known = self.rows("SELECT number FROM files WHERE path = ?", path)
        fields = (stamp.size, stamp.changed, stamp.inode, stamp.mode, damage)
        if known:
            number = known[0][0]
            self.execute(
                "UPDATE files SET size = ?, changed = ?, inode = ?, mode = ?, damage = ? WHERE number = ?",
                *fields, number,
            )  # fmt: skip
        else:
            ((newest,),) = self.rows("SELECT coalesce(max(number), 0) FROM files")
            number = newest + 1
            self.execute("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", number, path, *fields)
        self.execute("DELETE FROM revisions WHERE file = ?", number)
        self.execute_many(
            "INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (number, one.number, one.revision, one.date, one.author, one.commitid, one.log, one.oid, one.size)
                for one in rows
            ],
        )

    def drop(self, file: KnownFile) -> None:
        """Forgets a file that is gone. Inside `alone` only."""
        self.execute("DELETE FROM revisions WHERE file = ?", file.number)
        self.execute("DELETE FROM files WHERE number = ?", file.number)
