"""The index of one upstream: which commits changed which of the wanted files, kept in SQLite between runs.

It holds only what `git log` says and says again. Rows are keyed by a position that grows along the history;
one walk is written newest first, as git prints it, so each walk takes a span of positions of its own.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from portkit.change.changeset import Blob, Changeset, FileChange, Person
from portkit.errors import WorldError
from portkit.paths import RepoPath
from portkit.store.cache import Database, busy, damaged
from portkit.text import decode
from portkit.upstream.rawlog import RawChange, RawCommit

Answer = TypeVar("Answer")

_SPAN = 1 << 32
_BATCH = 2000
_PATIENCE = 900.0  # the first walk over a whole tree takes minutes

_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE commits (position INTEGER PRIMARY KEY, id TEXT NOT NULL, parent TEXT NOT NULL,
                      date INTEGER NOT NULL, author BLOB NOT NULL, email BLOB NOT NULL,
                      message BLOB NOT NULL);
CREATE TABLE paths (number INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE);
CREATE TABLE changes (path INTEGER NOT NULL, position INTEGER NOT NULL, old_mode INTEGER, old BLOB,
                      new_mode INTEGER, new BLOB, PRIMARY KEY (path, position)) WITHOUT ROWID
"""
_VERSION = 1


class LostIndexError(Exception):
    """The file turned out to be damaged; the index is empty now and has to be made again."""


class Index:
    """The index in the file at `path`, which may be lost or damaged: it is then empty."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, schema=_SCHEMA, version=_VERSION)

    def close(self) -> None:
        """Lets go of the file."""
        self._database.close()

    @property
    def tip(self) -> str:
        """The commit up to which it is complete, "" for an empty index."""
        return self._fact("tip")

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders and files it covers, as they stand in the repository."""
        return tuple(json.loads(self._fact("folders") or "[]"))

    @property
    def cut(self) -> str:
        """Which commits of a shallow repository stood without their parents when it was made."""
        return self._fact("cut")

    def fact(self, name: str) -> str:
        """What `note` last noted under `name`; "" where nothing was."""
        return self._fact(f"note {name}")

    def note(self, name: str, value: str) -> None:
        """Notes something about this index that goes with it when it is lost."""
        self.alone(lambda: self._set(f"note {name}", value))

    def alone(self, act: Callable[[], Answer], waiting: Callable[[], None] = lambda: None) -> Answer:
        """What `act` returns: all it wrote is kept, or nothing. No other process writes meanwhile.

        `waiting` is called once where one has to be waited for. Raises LostIndexError where the file turned
        out to be damaged (the index is empty then), WorldError where the disk refuses.
        """
        connection = self._database.connection
        try:
            self._database.begin(waiting, patience=_PATIENCE)
            try:
                result = act()
                connection.commit()
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.rollback()
                raise
        except sqlite3.Error as error:
            raise self._failure(error) from error
        return result

    def reset(self) -> None:
        """Forgets everything; inside `alone` only."""
        for table in ("facts", "commits", "paths", "changes"):
            self._database.connection.execute(f"DELETE FROM {table}")

    def extend(self, commits: Iterable[RawCommit], *, tip: str, folders: Sequence[str], cut: str) -> None:
        """Takes in `commits` (newest first), all newer than what is there; inside `alone` only."""
        connection = self._database.connection
        numbers: dict[bytes, int] = {path: number for number, path in self.paths()}
        ((newest,),) = self._rows("SELECT coalesce(max(position), 0) FROM commits")
        pending = enumerate(commits)
        while batch := list(islice(pending, _BATCH)):
            held = []
            changed = []
            for offset, commit in batch:
                position = newest + _SPAN - offset
                held.append((
                    position, commit.id, commit.parent, commit.date,
                    commit.author, commit.email, commit.message,
                ))  # fmt: skip
                changed += [(position, change) for change in commit.changes if change.old or change.new]
            fresh = {change.path for _, change in changed if change.path not in numbers}
            added = list(enumerate(sorted(fresh), len(numbers) + 1))
            numbers.update((path, number) for number, path in added)
            connection.executemany("INSERT INTO paths VALUES (?, ?)", added)
            connection.executemany("INSERT INTO commits VALUES (?, ?, ?, ?, ?, ?, ?)", held)
            connection.executemany(  # OR REPLACE: a broken tree may hold a name twice
                "INSERT OR REPLACE INTO changes VALUES (?, ?, ?, ?, ?, ?)",
                [(numbers[change.path], position, *_columns(change)) for position, change in changed],
            )
        self._set("tip", tip)
        self._set("folders", json.dumps(list(folders)))
        self._set("cut", cut)

    def paths(self) -> list[tuple[int, bytes]]:
        """Every path that ever was there, with its number, in the order of the bytes."""
        return self._rows("SELECT number, path FROM paths ORDER BY path")

    def changesets(self, paths: Sequence[tuple[int, RepoPath]]) -> tuple[Changeset, ...]:
        """Oldest first, what touches `paths` (this index's numbers, in the order to list files in)."""
        files: dict[int, list[FileChange]] = {}
        for number, path in paths:
            for position, old_mode, old, new_mode, new in self._rows(
                "SELECT position, old_mode, old, new_mode, new FROM changes WHERE path = ?", number
            ):
                change = FileChange(path, _blob(old, old_mode), _blob(new, new_mode))
                files.setdefault(position, []).append(change)
        result = []
        people: dict[tuple[bytes, bytes], Person] = {}
        for position, id_, parent, date, author, email, message in self._commits(sorted(files)):
            person = people.get((author, email))
            if person is None:
                person = people[author, email] = Person(decode(author), decode(email))
            result.append(Changeset(id_, parent, date, person, decode(message), tuple(files[position])))
        return tuple(result)

    def oids(self, paths: Iterable[int]) -> Iterator[str]:
        """The contents that the changes of `paths` name, each once."""
        seen: set[bytes] = set()
        for number in paths:
            for row in self._rows("SELECT old, new FROM changes WHERE path = ? ORDER BY position", number):
                for oid in row:
                    if oid is not None and oid not in seen:
                        seen.add(oid)
                        yield oid.hex()

    def first_use(self, oid: str) -> tuple[bytes, str] | None:
        """The path and the commit that first names the content `oid`, None where none does."""
        found = self._rows(
            "SELECT p.path, c.id FROM changes AS x JOIN paths AS p ON p.number = x.path"
            " JOIN commits AS c ON c.position = x.position"
            " WHERE x.new = ?1 OR x.old = ?1 ORDER BY (x.new = ?1) DESC, x.position LIMIT 1",
            bytes.fromhex(oid),
        )
        return found[0] if found else None

    def _commits(self, positions: Sequence[int]) -> Iterator[Any]:
        for start in range(0, len(positions), 500):  # SQLite takes at least 999 values (limits.html)
            asked = positions[start : start + 500]
            marks = ",".join("?" * len(asked))
            statement = f"SELECT * FROM commits WHERE position IN ({marks}) ORDER BY position"
            yield from self._rows(statement, *asked)

    def _rows(self, statement: str, *values: object) -> list[Any]:
        try:
            return self._database.connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: sqlite3.Error) -> Exception:
        if damaged(error):
            self._database.heal()
            return LostIndexError(str(error))
        where = str(self._database.path)
        if busy(error):
            return WorldError("another run has been indexing for long", where=where, hint="try again later")
        return WorldError("the upstream index cannot be kept", where=where, cause=str(error))

    def _set(self, name: str, value: str) -> None:
        self._database.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def _fact(self, name: str) -> str:
        rows = self._rows("SELECT value FROM facts WHERE name = ?", name)
        return str(rows[0][0]) if rows else ""


def _columns(change: RawChange) -> tuple[int | None, bytes | None, int | None, bytes | None]:
    old, new = change.old, change.new
    return (
        old.mode if old else None, bytes.fromhex(old.oid) if old else None,
        new.mode if new else None, bytes.fromhex(new.oid) if new else None,
    )  # fmt: skip


def _blob(oid: bytes | None, mode: int | None) -> Blob | None:
    return Blob(oid.hex(), mode) if oid is not None and mode is not None else None
