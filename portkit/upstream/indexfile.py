"""The SQLite file of an index: read, written by one process at a time, and made anew where it turns out damaged."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from portkit.errors import WorldError
from portkit.store.cache import Database, busy, damaged

Answer = TypeVar("Answer")

_PATIENCE = 900.0  # the first walk over a whole tree takes minutes


class LostIndexError(Exception):
    """The file turned out to be damaged; the index is empty now and has to be made again."""


class IndexFile:
    """The file at `path`, which may be lost or damaged: it is then empty. Its schema has a table `facts` of names and
    values."""

    def __init__(self, path: Path, *, schema: str, version: int) -> None:
        self._database = Database(path, schema=schema, version=version)

    def close(self) -> None:
        """Lets go of the file."""
        self._database.close()

    def fact(self, name: str) -> str:
        """What `note` last noted under `name`; "" where nothing was."""
        return self.own_fact(f"note {name}")

    def note(self, name: str, value: str) -> None:
        """Notes something about this index that goes with it when it is lost."""
        self.alone(lambda: self.set_fact(f"note {name}", value))

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

    def rows(self, statement: str, *values: object) -> list[Any]:
        """What a question gives. Raises as `alone` does."""
        try:
            return self._database.connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def execute(self, statement: str, *values: object) -> None:
        """Changes something; inside `alone` only."""
        self._database.connection.execute(statement, values)

    def execute_many(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        """The same for many rows; inside `alone` only."""
        self._database.connection.executemany(statement, rows)

    def set_fact(self, name: str, value: str) -> None:
        """Sets a fact; inside `alone` only."""
        self.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", name, value)

    def own_fact(self, name: str) -> str:
        """A fact; "" where it was never set."""
        rows = self.rows("SELECT value FROM facts WHERE name = ?", name)
        return str(rows[0][0]) if rows else ""

    def _failure(self, error: sqlite3.Error) -> Exception:
        if damaged(error):
            self._database.heal()
            return LostIndexError(str(error))
        where = str(self._database.path)
        if busy(error):
            return WorldError("another run has been indexing for long", where=where, hint="try again later")
        return WorldError("the upstream index cannot be kept", where=where, cause=str(error))
