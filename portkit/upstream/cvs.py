"""An upstream's history out of a CVS repository, or any folder of ,v files: indexed once, then what changed is read.

No cvs is run and nothing is written to the repository. A content's id is git's for the same bytes, with the keywords
filled in as cvs does it, so that what is known of a git mirror's contents holds here too.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from portkit.change.changeset import Blob, Changeset, FileChange, Person
from portkit.components.model import Source
from portkit.errors import PortkitError, UserError
from portkit.paths import RepoPath, checked, problem_with, to_bytes
from portkit.protocols import Damage
from portkit.text import decode, printable
from portkit.upstream import cvs_files
from portkit.upstream.cvs_contents import CvsContents, blob_id
from portkit.upstream.cvs_files import Place, Stamp
from portkit.upstream.cvs_grouping import WINDOW, Group, Member, grouped
from portkit.upstream.cvs_index import CvsIndex, KnownFile, Row
from portkit.upstream.cvs_repository import Repository
from portkit.upstream.folders import covers, without_the_covered
from portkit.upstream.indexfile import LostIndexError
from portkit.upstream.rcs import HEAD, RcsError, RcsFile

if TYPE_CHECKING:
    from portkit.survey.resolve import Event

Progress = Callable[[str], None]
Answer = TypeVar("Answer")

TRUNK = frozenset((HEAD, "master", "main"))
"""Names of the trunk: CVS's own, and what git mirrors call it."""

_COMMITID = re.compile(r"[0-9A-Za-z]{8,32}")



class CvsHistory:
    """A `portkit.protocols.History` over ,v files. Not to be shared by threads.

    `seen` is when the files were brought here, in seconds since 1970: changesets of the minutes before it may still be
    growing, and are left for the next run (None: all are taken).
    """

    shallow = False
    cut: tuple[str, ...] = ()

    def __init__(
        self, source: Source, repository: Repository, folders: Sequence[str], cache: Path, *,
        seen: int | None, progress: Progress,
    ) -> None:  # fmt: skip
        self.source = source
        self._role = f"upstream {source.name}"
        self._repository = repository
        self._folders = without_the_covered(folder.rstrip("/") for folder in folders)
        self._line = HEAD if source.branch in TRUNK else source.branch
        self._seen = seen
        self._progress = progress
        self._rewritten = False
        self._content = ""
        self._changesets: tuple[Changeset, ...] = ()
        self._damaged: tuple[Damage, ...] = ()
        self._contents = CvsContents(repository, self._role)
        self._index = CvsIndex(cache)
        try:
            self._surely(self._bring_up_to_date)
            self._surely(self._load)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> CvsHistory:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the index."""
        self._index.close()

    @property
    def tip(self) -> str:
        """The newest changeset; "" where there is none."""
        return self._changesets[-1].id if self._changesets else ""

    @property
    def stamp(self) -> str:
        """What all that it tells depends on: another where anything is another."""
        digest = hashlib.sha256(self._content.encode("ascii"))
        digest.update(f"{len(self._changesets)} {self.tip} {self._folders}".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    @property
    def rewritten(self) -> bool:
        """Whether revisions that were read before are gone, or are others now."""
        return self._rewritten

    @property
    def damaged(self) -> tuple[Damage, ...]:
        """The files that cannot be read, by path; what is told of the others holds."""
        return self._damaged

    def changesets(self, wanted: Callable[[RepoPath], bool]) -> tuple[Changeset, ...]:
        """Every changeset with at least one wanted file, its other files left out, oldest first."""
        known: dict[RepoPath, bool] = {}
        result = []
        for one in self._changesets:
            kept = []
            for change in one.files:
                asked = known.get(change.path)
                if asked is None:
                    asked = known[change.path] = wanted(change.path)
                if asked:
                    kept.append(change)
            if len(kept) == len(one.files):
                result.append(one)
            elif kept:
                result.append(Changeset(one.id, one.parent, one.date, one.author, one.message, tuple(kept)))
        return tuple(result)

    def lives(self, wanted: Callable[[bytes], bool]) -> dict[RepoPath, tuple[Event, ...]]:
        """Of each file that ever was, and whose name `wanted` takes, its changes, oldest first."""
        from portkit.survey.resolve import Event  # only a survey asks for lives: a sync starts without

        taken: dict[RepoPath, bool] = {}
        found: dict[RepoPath, list[Event]] = {}
        for position, one in enumerate(self._changesets):
            for change in one.files:
                if change.path not in taken:
                    taken[change.path] = wanted(to_bytes(change.path).rpartition(b"/")[2])
                if taken[change.path]:
                    oid = change.new.oid if change.new is not None else ""
                    found.setdefault(change.path, []).append(Event(position, one.id, one.date, oid))
        return {path: tuple(events) for path, events in sorted(found.items())}

    def newest(self) -> int:
        """The date of the newest changeset, in seconds since 1970 UTC; 0 where there is none."""
        return max((one.date for one in self._changesets), default=0)

    def bring(self, oids: Sequence[str]) -> None:
        """Nothing: all contents are here."""

    def tree(
        self, commit: str, folders: Sequence[str], wanted: Callable[[str], bool] = lambda _: True
    ) -> CvsSnapshot:
        """The files under `folders` (upstream paths of folders and files) once the changeset `commit` was there: those
        that are `wanted`. Of a file that is followed the changesets tell; of another its newest revision of that
        moment, and one that cannot be read is left out. What is not there gives no entry."""
        at = next((index for index, one in enumerate(self._changesets) if one.id == commit), None)
        if at is None:
            raise UserError(f"{self._role}: {commit!r} is no changeset of the CVS repository")
        covered = without_the_covered(folder.rstrip("/") for folder in folders)
        entries: dict[RepoPath, Blob] = {}
        for one in self._changesets[: at + 1]:
            for change in one.files:
                if covers(frozenset(covered), change.path) and wanted(change.path):
                    if change.new is None:
                        entries.pop(change.path, None)
                    else:
                        entries[change.path] = change.new
        others: dict[str, bytes] = {}
        followed = frozenset(self._folders)
        date = self._changesets[at].date
        told = time.monotonic()
        beside = (place for one in covered for place in cvs_files.places(self._repository.top, one))
        for count, place in enumerate(beside):
            if covers(followed, place.path) or problem_with(place.path) or not wanted(place.path):
                continue
            if time.monotonic() - told >= 0.5:
                told = time.monotonic()
                self._progress(f"reading {self._role}: {count:,} files beside those that are followed")
            content = self._as_of(place, date)
            if content is not None:
                oid = blob_id(content).hex()
                others[oid] = content
                entries[RepoPath(place.path)] = Blob(oid, 0o100755 if place.stamp.mode & 0o111 else 0o100644)
        return CvsSnapshot(commit, dict(sorted(entries.items())), others, self)

    def _as_of(self, place: Place, date: int) -> bytes | None:
        """What a file held at `date`; None where it was not there, or makes no sense."""
        try:
            file, _ = cvs_files.read(place, str(place.where))
            line = [one for one in file.line(self._line) if file.deltas[one].date <= date]
            if not line or file.deltas[line[-1]].dead:
                return None
            return self._repository.expanded(place, file, line[-1], file.text(line[-1]))
        except RcsError:
            return None

    def names(self, folder: str) -> tuple[str, ...]:
        """The names in `folder` (ending in `/`; "" is the top), folders with a `/`; what is dead is left out."""
        return cvs_files.names(self._repository.top, folder)

    def resolve(self, revision: str) -> str:
        """The id of the changeset that `revision` names: an id, or the first 7 or more characters of one.

        Raises UserError where it names none, or several.
        """
        found = [one.id for one in self._changesets if one.id == revision]
        if not found and len(revision) >= 7:
            found = [one.id for one in self._changesets if one.id.startswith(revision)]
        if len(found) != 1:
            what = "is the beginning of several changesets" if found else "is no changeset"
            hint = "portkit log COMPONENT lists them; a day (YYYY-MM-DD) names a point too"
            raise UserError(f"{self._role}: {revision!r} {what} of the CVS repository", hint=hint)
        return found[0]

    def newest_at(self, revision: str) -> str:
        """The changeset that `revision` names: all of them touch the folders. Raises UserError as `resolve` does."""
        return self.resolve(revision)

    def read(self, oid: str) -> bytes:
        """The content `oid`. Raises WorldError naming the path where it is not there."""
        return self._contents.read(oid)

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """(oid, content) for each, in order; raises as `read` does. Each file is walked once for a batch."""
        yield from self._contents.read_many(oids)

    # The index

    def _bring_up_to_date(self) -> None:
        told = f"waiting for another run that reads {self._role}"
        places = self._places()
        if self._news(places) or self._index.own_fact("settings") != self._settings():
            self._index.alone(lambda: self._catch_up(places), lambda: self._progress(told))

    def _settings(self) -> str:
        """What the rows depend on beside the files."""
        place, known = self._repository, self._repository.keywords
        return repr((self._line, place.inside, place.root, sorted(known.expanded), known.local))

    def _places(self) -> dict[bytes, Place]:
        found: dict[bytes, Place] = {}
        for folder in self._folders:
            for place in cvs_files.places(self._repository.top, folder):
                found[to_bytes(place.path)] = place
        return found

    def _news(self, places: Mapping[bytes, Place]) -> list[bytes]:
        """The paths whose file is another than it was when it was read, or is new, or gone; in order."""
        known = self._files()
        return sorted(
            path
            for path in {*places, *known}
            if path not in known or path not in places or known[path].stamp != places[path].stamp
        )

    def _catch_up(self, places: Mapping[bytes, Place]) -> None:
        index = self._index
        if index.own_fact("settings") != self._settings():
            index.reset()
            index.set_fact("settings", self._settings())
        known = index.files()
        told = time.monotonic()
        news = self._news(places)
        for count, path in enumerate(news):
            if time.monotonic() - told >= 0.5:
                told = time.monotonic()
                self._progress(f"reading {self._role}: {count:,} of {len(news):,} files")
            before = known.get(path)
            place = places.get(path)
            if place is None:
                if before is not None:
                    self._rewritten |= bool(index.revisions(before.number))
                    index.drop(before)
            else:
                self._take(place, path, before)
        if news:
            self._progress(f"read {self._role}: {len(news):,} new or changed files")
        self._stamp_content()

    def _take(self, place: Place, path: bytes, before: KnownFile | None) -> None:
        old = self._index.revisions(before.number) if before is not None else []
        shown = str(place.where)
        try:
            checked(place.path)
            file, stamp = cvs_files.read(place, shown)
            rows = self._rows(place, file)
        except PortkitError as error:
            # What is known of its revisions stays: the changesets that they are part of must not pass for whole.
            stamp = place.stamp if isinstance(error, UserError) else Stamp(-1, 0, 0, 0)
            self._index.put(path, stamp, printable(str(error)), self._bare_rows(place, shown, old))
            return
        self._index.put(path, stamp, "", rows)
        if before is not None and before.damage:
            return  # what was kept of it was not all there is
        if [_identity(one) for one in rows[: len(old)]] != [_identity(one) for one in old]:
            self._rewritten = True

    def _rows(self, place: Place, file: RcsFile) -> list[Row]:
        """The revisions of the line that is followed, with their contents' ids: one walk over the file."""
        line = file.line(self._line)
        found: dict[str, tuple[bytes, int]] = {}
        for revision, text in file.texts([one for one in line if not file.deltas[one].dead]):
            content = self._repository.expanded(place, file, revision, text)
            oid = blob_id(content)
            found[revision] = (oid, len(content))
            self._contents.keep(oid.hex(), content)  # who reads a history for the first time asks for its contents next
        rows = []
        for number, revision in enumerate(line):
            delta, teller = file.deltas[revision], file.told_by(revision)
            held, size = found.get(revision, (None, 0))
            rows.append(Row(
                number, revision, delta.date, to_bytes(delta.author), _plain(file.deltas[teller].commitid),
                file.log(teller), held, size,
            ))  # fmt: skip
        return rows

    def _bare_rows(self, place: Place, shown: str, old: Sequence[Row]) -> list[Row]:
        """Of a damaged file, the revisions that its head still tells of, as far as they belong to changesets by
        commitid; and those that were known of it before."""
        try:
            file = RcsFile(place.where.read_bytes(), shown)
        except (RcsError, OSError):
            return list(old)
        known = {row.revision: row for row in old}
        found: list[Row] = []
        for one in file.line(self._line):
            delta = file.deltas[one]
            author, log = to_bytes(delta.author), known[one].log if one in known else b""
            if delta.commitid or one in known:
                found.append(Row(len(found), one, delta.date, author, _plain(delta.commitid), log, None, 0))
        return found

    def _stamp_content(self) -> None:
        digest = hashlib.sha256()
        for path, known in self._index.files().items():
            digest.update(b"%b\0%d\0%b\0" % (path, known.stamp.mode & 0o111, known.damage.encode("utf-8", "replace")))
            for row in self._index.revisions(known.number):
                digest.update(repr(row).encode("utf-8", "surrogateescape"))
        self._index.set_fact("content", digest.hexdigest())

    def _files(self) -> dict[bytes, KnownFile]:
        """What the index knows of the folders that are looked at."""
        folders = frozenset(self._folders)
        return {path: known for path, known in self._index.files().items() if covers(folders, _text(path))}

    # Changesets

    def _load(self) -> None:
        files = {known.number: known for known in self._files().values()}
        rows: dict[RepoPath, list[Row]] = {}
        self._content = self._index.own_fact("content")
        blobs: dict[tuple[RepoPath, int], Blob | None] = {}
        members: list[Member] = []
        unreadable: dict[RepoPath, str] = {}
        for known in files.values():
            if known.damage:
                unreadable[RepoPath(_text(known.path))] = known.damage
        for file, row in self._index.every_revision():
            if file not in files:
                continue
            known = files[file]
            path = RepoPath(_text(known.path))
            if not known.damage:
                rows.setdefault(path, []).append(row)
            mode = 0o100755 if known.stamp.mode & 0o111 else 0o100644
            blobs[path, row.number] = Blob(row.oid.hex(), mode) if row.oid is not None else None
            members.append(
                Member(path, row.number, row.revision, row.date, _text(row.author), row.log, row.commitid)
            )
        self._contents.know(rows)
        if not files:
            raise UserError(
                f"{self._role}: {self._repository.top} has no ,v file under the folders of the map",
                hint="name the repository, or the folder in it that the map's paths start from: cvs:PATH",
            )
        if not members and self._line != HEAD and not unreadable:
            hint = "the trunk is HEAD; a branch or tag is named as `cvs status -v` names it"
            raise UserError(f"{self._role}: no file has the branch or tag {self._line!r}", hint=hint)
        groups = grouped(members)
        settled = next((at for at, one in enumerate(groups) if self._unsettled(one)), len(groups))
        if settled < len(groups):
            self._progress(
                f"{self._role}: {len(groups) - settled} changesets of the last minutes may still be growing, and are "
                "left for the next run"
            )
        self._changesets = tuple(_changesets(groups[:settled], blobs, unreadable))
        touched: dict[RepoPath, set[str]] = {path: set() for path in unreadable}
        for group in groups:
            for member in group.members:
                if member.path in touched:
                    touched[member.path].add(group.id)
        self._damaged = tuple(
            Damage(path, text, frozenset(touched[path])) for path, text in sorted(unreadable.items())
        )

    def _unsettled(self, group: Group) -> bool:
        """Whether the group may still be growing; a date far in the future is a clock's fault, and says nothing."""
        return self._seen is not None and abs(self._seen - group.date) <= WINDOW

    def _surely(self, act: Callable[[], Answer]) -> Answer:
        """What `act` returns; where the index turns out to be damaged, it is made anew first."""
        try:
            return act()
        except LostIndexError:
            rewritten = self._rewritten
            self._bring_up_to_date()
            self._rewritten = rewritten
            return act()


@dataclass(frozen=True, slots=True)
class CvsSnapshot:
    """The files at one changeset: a `portkit.protocols.Tree`."""

    commit: str
    entries: Mapping[RepoPath, Blob]
    others: Mapping[str, bytes]
    history: CvsHistory

    def read(self, oid: str) -> bytes:
        """The content `oid`. Raises WorldError where it is not there."""
        return self.others[oid] if oid in self.others else self.history.read(oid)

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """(oid, content) for each, in order; raises as `read` does."""
        every = list(oids)
        found = dict(self.history.read_many(dict.fromkeys(oid for oid in every if oid not in self.others)))
        for oid in every:
            yield oid, self.others[oid] if oid in self.others else found[oid]


def _changesets(
    groups: Sequence[Group], blobs: Mapping[tuple[RepoPath, int], Blob | None], unreadable: Mapping[RepoPath, str]
) -> Iterator[Changeset]:
    people: dict[str, Person] = {}
    parent = ""
    for group in groups:
        files = []
        for member in group.members:
            old, new = blobs.get((member.path, member.number - 1)), blobs[member.path, member.number]
            if old != new and member.path not in unreadable:
                files.append(FileChange(member.path, old, new))
        if not files:
            continue
        teller = next(one for one in group.members if one.log or one is group.members[-1])
        person = people.setdefault(teller.author, Person(teller.author, teller.author))
        yield Changeset(group.id, parent, group.date, person, decode(teller.log), tuple(files))
        parent = group.id


def _plain(commitid: str) -> str:
    """`commitid`, or where it is none that cvs would write (it becomes part of commits and file names), its digest."""
    if not commitid or _COMMITID.fullmatch(commitid):
        return commitid
    return hashlib.sha1(commitid.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()


def _identity(row: Row) -> tuple[object, ...]:
    return row.revision, row.date, row.author, row.log, row.commitid, row.oid


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
