"""The contents of a CVS repository's revisions, by git's ids: read from the ,v files, and held against the index."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from portkit.errors import WorldError
from portkit.paths import RepoPath
from portkit.upstream import cvs_files
from portkit.upstream.cvs_files import Place, Stamp
from portkit.upstream.cvs_index import Row
from portkit.upstream.cvs_repository import Repository
from portkit.upstream.rcs import RcsError, RcsFile

_BATCH = 4000
_BATCH_BYTES = 32 << 20
_KEPT_BYTES = 48 << 20
_NEIGHBOURS = 16
_OPEN = 6


class CvsContents:
    """Reads contents; the newest stay at hand. `role` names the upstream in errors."""

    def __init__(self, repository: Repository, role: str) -> None:
        self._repository = repository
        self._role = role
        self._rows: Mapping[RepoPath, Sequence[Row]] = {}
        self._homes: dict[str, tuple[RepoPath, str, int]] | None = None
        self._open: OrderedDict[str, tuple[Stamp, RcsFile]] = OrderedDict()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._kept_bytes = 0

    def know(self, rows: Mapping[RepoPath, Sequence[Row]]) -> None:
        """Takes what the index knows of the revisions of each file that can be read, in place of what it knew."""
        self._rows = rows
        self._homes = None

    def read(self, oid: str) -> bytes:
        """The content `oid`. Raises WorldError naming the path where it is not there."""
        kept = self._kept.get(oid)
        if kept is not None:
            self._kept.move_to_end(oid)
            return kept
        path, revision, _ = self._home(oid)
        content = b""
        # A walk comes from the newest revision: those just passed are the ones that a replay asks for next.
        passed = self._texts(path, [revision], also=_NEIGHBOURS)
        for found, text in passed:
            self.keep(found, text)
            if found == oid:
                content = text
        return content

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """(oid, content) for each, in order; raises as `read` does. Each file is walked once for a batch."""
        batch: list[str] = []
        size = 0
        for oid in oids:
            batch.append(oid)
            size += self._home(oid)[2]
            if len(batch) >= _BATCH or size >= _BATCH_BYTES:
                yield from self._batch(batch)
                batch, size = [], 0
        yield from self._batch(batch)

    def _batch(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        wanted: dict[RepoPath, list[str]] = {}
        found = {oid: self._kept[oid] for oid in oids if oid in self._kept}
        for oid in dict.fromkeys(one for one in oids if one not in found):
            path, revision, _ = self._home(oid)
            wanted.setdefault(path, []).append(revision)
        found |= {oid: text for path, revisions in wanted.items() for oid, text in self._texts(path, revisions)}
        for oid in oids:
            yield oid, found[oid]

    def _home(self, oid: str) -> tuple[RepoPath, str, int]:
        """A file and its revision that hold the content `oid`, and its size."""
        if self._homes is None:
            self._homes = {
                row.oid.hex(): (path, row.revision, row.size)
                for path, rows in self._rows.items()
                for row in rows
                if row.oid is not None
            }
        home = self._homes.get(oid)
        if home is None:
            raise WorldError(f"{self._role} lacks the content {oid}", where=str(self._repository.top))
        return home

    def keep(self, oid: str, text: bytes) -> None:
        """Holds the content `text`, whose id is `oid`, for who asks next; what was asked for longest ago goes."""
        if oid in self._kept:
            return
        self._kept[oid] = text
        self._kept_bytes += len(text)
        while self._kept_bytes > _KEPT_BYTES and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._kept_bytes -= len(gone)

    def _texts(self, path: RepoPath, revisions: Sequence[str], *, also: int = 0) -> Iterator[tuple[str, bytes]]:
        """(oid, content) of the revisions of a file, checked against the index, and of the `also` revisions of its
        line that follow the newest of them."""
        rows = {row.revision: row for row in self._rows[path]}
        wanted = set(revisions)
        if also:
            newest = max(rows[one].number for one in revisions)
            wanted.update(row.revision for row in rows.values() if 0 <= row.number - newest <= also and row.oid)
        place = next(iter(cvs_files.places(self._repository.top, path)), None)
        if place is None:
            raise self._moved_on(path)
        try:
            file = self._opened(place)
            for revision, text in file.texts([one for one in wanted if one in file.deltas]):
                content = self._repository.expanded(place, file, revision, text)
                expected = rows[revision].oid
                if expected is None or blob_id(content) != expected:
                    raise self._moved_on(path)
                wanted.discard(revision)
                yield expected.hex(), content
        except RcsError as error:
            raise WorldError(error.what, where=error.where, hint=error.hint) from error
        if wanted & set(revisions):
            raise self._moved_on(path)

    def _opened(self, place: Place) -> RcsFile:
        """The file at `place`, which may have been read just before."""
        known = self._open.pop(place.path, None)
        if known is None or known[0] != place.stamp:
            file, stamp = cvs_files.read(place, str(place.where))
            known = (stamp, file)
        self._open[place.path] = known
        if len(self._open) > _OPEN:
            self._open.popitem(last=False)
        return known[1]

    def _moved_on(self, path: str) -> WorldError:
        return WorldError(
            f"{self._role}: {path} is no longer what it was when this run began",
            where=str(self._repository.top), hint="let what changes the repository end, then run again",
        )  # fmt: skip


def blob_id(content: bytes) -> bytes:
    """The id git gives the content (gitformat-loose(5): over a header and the bytes)."""
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).digest()
