"""The index of one upstream: which commits changed which of the wanted files, kept in SQLite between runs.

It holds only what `git log` says and says again. Rows are keyed by a position that grows along the history;
one walk is written newest first, as git prints it, so each walk takes a span of positions of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portkit.change.changeset import Blob, Changeset, FileChange, Person
from portkit.paths import RepoPath
from portkit.text import decode
from portkit.upstream.indexfile import IndexFile
from portkit.upstream.rawlog import RawChange, RawCommit

if TYPE_CHECKING:
    from portkit.survey.resolve import Event

_SPAN = 1 << 32
_BATCH = 2000

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


class Index(IndexFile):
    """The index in the file at `path`, which may be lost or damaged: it is then empty."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, schema=_SCHEMA, version=_VERSION)

    @property
    def tip(self) -> str:
        """The commit up to which it is complete, "" for an empty index."""
        return self.own_fact("tip")

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders and files it covers, as they stand in the repository."""
        return tuple(json.loads(self.own_fact("folders") or "[]"))

    @property
    def cut(self) -> str:
        """Which commits of a shallow repository stood without their parents when it was made."""
        return self.own_fact("cut")

    def reset(self) -> None:
        """Forgets everything; inside `alone` only."""
        for table in ("facts", "commits", "paths", "changes"):
            self.execute(f"DELETE FROM {table}")

    def extend(self, commits: Iterable[RawCommit], *, tip: str, folders: Sequence[str], cut: str) -> None:
        """Takes in `commits` (newest first), all newer than what is there; inside `alone` only."""
        numbers: dict[bytes, int] = {path: number for number, path in self.paths()}
        ((newest,),) = self.rows("SELECT coalesce(max(position), 0) FROM commits")
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
            self.execute_many("INSERT INTO paths VALUES (?, ?)", added)
            self.execute_many("INSERT INTO commits VALUES (?, ?, ?, ?, ?, ?, ?)", held)
            self.execute_many(  # OR REPLACE: a broken tree may hold a name twice
                "INSERT OR REPLACE INTO changes VALUES (?, ?, ?, ?, ?, ?)",
                [(numbers[change.path], position, *_columns(change)) for position, change in changed],
            )
        self.set_fact("tip", tip)
        self.set_fact("folders", json.dumps(list(folders)))
        self.set_fact("cut", cut)

    def paths(self) -> list[tuple[int, bytes]]:
        """Every path that ever was there, with its number, in the order of the bytes."""
        return self.rows("SELECT number, path FROM paths ORDER BY path")

    def changesets(self, paths: Sequence[tuple[int, RepoPath]]) -> tuple[Changeset, ...]:
        """Oldest first, what touches `paths` (this index's numbers, in the order to list files in)."""
        files: dict[int, list[FileChange]] = {}
        for number, path in paths:
            for position, old_mode, old, new_mode, new in self.rows(
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

    def lives(self, paths: Iterable[tuple[int, RepoPath]]) -> dict[RepoPath, tuple[Event, ...]]:
        """Of each of `paths` (this index's numbers), its changes, oldest first."""
        from portkit.survey.resolve import Event  # only a survey asks for lives: a sync starts without

        dates = {
            position: (id_, date) for position, id_, date in self.rows("SELECT position, id, date FROM commits")
        }
        result: dict[RepoPath, tuple[Event, ...]] = {}
        for number, path in paths:
            rows = self.rows("SELECT position, new FROM changes WHERE path = ? ORDER BY position", number)
            result[path] = tuple(
                Event(position, *dates[position], new.hex() if new is not None else "") for position, new in rows
            )
        return result

    def oids(self, paths: Iterable[int]) -> Iterator[str]:
        """The contents that the changes of `paths` name, each once."""
        seen: set[bytes] = set()
        for number in paths:
            for row in self.rows("SELECT old, new FROM changes WHERE path = ? ORDER BY position", number):
                for oid in row:
                    if oid is not None and oid not in seen:
                        seen.add(oid)
                        yield oid.hex()

    def newest(self) -> int:
        """The latest date of a commit; 0 for none."""
        ((date,),) = self.rows("SELECT coalesce(max(date), 0) FROM commits")
        return int(date)

    def first_use(self, oid: str) -> tuple[bytes, str] | None:
        """The path and the commit that first names the content `oid`, None where none does."""
        found = self.rows(
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
            yield from self.rows(statement, *asked)


def _columns(change: RawChange) -> tuple[int | None, bytes | None, int | None, bytes | None]:
    old, new = change.old, change.new
    return (
        old.mode if old else None, bytes.fromhex(old.oid) if old else None,
        new.mode if new else None, bytes.fromhex(new.oid) if new else None,
    )  # fmt: skip


def _blob(oid: bytes | None, mode: int | None) -> Blob | None:
    return Blob(oid.hex(), mode) if oid is not None and mode is not None else None
