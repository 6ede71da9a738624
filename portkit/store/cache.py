"""What portkit remembers between runs and could work out again: SQLite files under `.portkit/`.

Nothing here is ever the only copy of anything. So a file that is damaged, foreign or of an older portkit is
thrown away and made anew, and where none can be kept (a full or read-only disk, another run that uses a
damaged one) the run goes on with one in memory: it costs time, and no result.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from portkit.paths import to_bytes

APPLICATION = 0x706B6974
"""`PRAGMA application_id` of every file of ours ("pkit"); another number is somebody else's file."""

_WAIT = 10.0
_SUM = 4
_UNUSABLE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

Answer = TypeVar("Answer")


class Database:
    """One SQLite file (WAL) that may be thrown away at any time.

    `schema` is the SQL that makes its tables; `version` grows when it, or what the rows mean, changes.
    `lasting` is False where what is stored dies with the process.
    """

    def __init__(self, path: Path, *, schema: str, version: int) -> None:
        self.path = path
        self.lasting = True
        self._schema = schema
        self._version = version
        self._guard: int | None = None
        self.connection = self._opened()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the file; may be called twice."""
        self.connection.close()
        if self._guard is not None:
            os.close(self._guard)
            self._guard = None

    def begin(self, waiting: Callable[[], None] = lambda: None, *, patience: float = _WAIT) -> None:
        """Starts a transaction that writes, alone; ended by `connection.commit()` or `rollback()`.

        `waiting` is called once where another process has to be waited for; after `patience` seconds
        SQLite's error goes on (see `busy`).
        """
        _patiently(lambda: self.connection.execute("BEGIN IMMEDIATE"), waiting, patience)

    def heal(self) -> None:
        """Puts an empty database in the place of the one that was found damaged."""
        self.connection.close()
        self.connection = self._made_anew()

    def _opened(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Held, shared, while the file is open: who wants to delete it needs the lock for itself alone.
            self._guard = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            fcntl.flock(self._guard, fcntl.LOCK_SH)
        except OSError:
            return self._in_memory()
        try:
            return self._connected(str(self.path))
        except _ForeignFileError:
            return self._made_anew()
        except sqlite3.Error as error:
            return self._made_anew() if damaged(error) else self._in_memory()

    def _made_anew(self) -> sqlite3.Connection:
        if self._guard is None:
            return self._in_memory()
        try:
            fcntl.flock(self._guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for suffix in ("-wal", "-shm", ""):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            connection = self._connected(str(self.path))
            fcntl.flock(self._guard, fcntl.LOCK_SH)
        except (OSError, sqlite3.Error, _ForeignFileError):
            return self._in_memory()
        return connection

    def _in_memory(self) -> sqlite3.Connection:
        self.lasting = False
        return self._connected(":memory:")

    def _connected(self, name: str) -> sqlite3.Connection:
        connection = sqlite3.connect(name, timeout=0.5, isolation_level=None)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA trusted_schema = OFF")
        if self._stamp(connection) != (APPLICATION, self._version):
            if not _number(connection, "schema_version"):
                _patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
                _patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
                if not _number(connection, "user_version"):  # else another process was faster
                    for statement in self._schema.split(";"):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA application_id = {APPLICATION}")
                    connection.execute(f"PRAGMA user_version = {self._version}")
                connection.commit()
            # Asked again in any case: another process may have made it between one question above and the next.
            if self._stamp(connection) != (APPLICATION, self._version):
                raise _ForeignFileError
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -32768")

    @staticmethod
    def _stamp(connection: sqlite3.Connection) -> tuple[int, int]:
        """Whose file it is, and of which version."""
        return _number(connection, "application_id"), _number(connection, "user_version")


class _ForeignFileError(Exception):
    """The file is a database, but not one of ours, or of another version."""


class Cache:
    """What any part of portkit remembers as bytes, by a kind (`ident`, `report`, ...) and a key.

    Who changes what the bytes of a kind mean, names the kind anew (`ident-2`). Several processes may share
    one file; a thread needs its own Cache. What cannot be kept is not remembered: nothing is raised.
    """

    _SCHEMA = (
        "CREATE TABLE remembered (kind TEXT, key BLOB, value BLOB NOT NULL, PRIMARY KEY (kind, key))"
        " WITHOUT ROWID"
    )

    def __init__(self, path: Path, *, meaning: str = "") -> None:
        """The cache in `path`. `meaning` stands for what computed the rows (portkit's own code): where it is another
        than last time, all are forgotten, since the same key may now have another value."""
        self._database = Database(path, schema=self._SCHEMA, version=2)
        stamp = hashlib.sha256(meaning.encode("utf-8", "surrogateescape")).digest()
        if meaning and self.get("cache", "meaning") != stamp:
            self._forget()
            self.put("cache", "meaning", stamp)

    def __enter__(self) -> Cache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the file; may be called twice."""
        self._database.close()

    def get(self, kind: str, key: str) -> bytes | None:
        """What was put under `key`, None where nothing was (or it was lost)."""
        return self.get_many(kind, (key,)).get(key)

    def get_many(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:
        """What is remembered of `keys`, by key, in the order asked; keys without anything are left out."""
        asked = list(dict.fromkeys(keys))
        found: dict[str, bytes] = {}
        try:
            for key in asked:
                row = self._database.connection.execute(
                    "SELECT value FROM remembered WHERE kind = ? AND key = ?", (kind, to_bytes(key))
                ).fetchone()
                content = row[0] if row is not None else b""
                if isinstance(content, bytes) and content[:_SUM] == _sum(content[_SUM:]):
                    found[key] = content[_SUM:]
        except sqlite3.Error as error:
            if damaged(error):
                self._database.heal()
            return {}
        return found

    def put(self, kind: str, key: str, value: bytes) -> None:
        """Remembers `value`; what stood under `key` is forgotten."""
        self.put_many(kind, ((key, value),))

    def put_many(self, kind: str, items: Iterable[tuple[str, bytes]]) -> None:
        """Remembers every (key, value) of `items`, all or none of them."""
        rows = [(kind, to_bytes(key), _sum(value) + value) for key, value in items]
        if rows:
            self._write("INSERT OR REPLACE INTO remembered VALUES (?, ?, ?)", rows)

    def _forget(self) -> None:
        self._write("DELETE FROM remembered WHERE ?", [(1,)])

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        connection = self._database.connection
        try:
            self._database.begin()
            connection.executemany(statement, rows)
            connection.commit()
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                connection.rollback()
            if not isinstance(error, sqlite3.Error):
                raise
            if damaged(error):
                self._database.heal()


def _sum(value: bytes) -> bytes:
    """What stands before a value: SQLite does not notice when the bytes of a row have changed on the disk."""
    return zlib.crc32(value).to_bytes(_SUM, "big")


def damaged(error: sqlite3.Error) -> bool:
    """Whether `error` says that the file is no database of ours any more, so that only a new one helps."""
    return _code(error) in _UNUSABLE or str(error).startswith("no such")  # a table or column lacks


def busy(error: sqlite3.Error) -> bool:
    """Whether `error` says that another process writes."""
    return _code(error) in _BUSY


def _code(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF  # the primary code of an extended one (sqlite.org/rescode.html)


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    row = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(row[0])


def _patiently(
    act: Callable[[], Answer], waiting: Callable[[], None] = lambda: None, patience: float = _WAIT
) -> Answer:
    """What `act` returns, tried again while another process is in the way.

    SQLite itself waits for some things and not for others (the step to WAL).
    """
    end = time.monotonic() + patience
    told = False
    while True:
        try:
            return act()
        except sqlite3.OperationalError as error:
            if not busy(error) or time.monotonic() > end:
                raise
        if not told:
            waiting()
            told = True
        time.sleep(0.02)

