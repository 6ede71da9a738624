"""The parts of a survey that are done beside one another, as functions of contents: each is given what it needs, and
returns the same bytes wherever it runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from portkit.change import ident
from portkit.change.changeset import Blob, Changeset, FileChange, Person
from portkit.paths import RepoPath
from portkit.protocols import Contents, Damage
from portkit.survey.resolve import Event
from portkit.survey.scan import seconds
from portkit.sync.baseline import BaselineFinder
from portkit.sync.lineage import Lineage
from portkit.sync.outcome import FileBaseline
from portkit.text import is_binary, split_lines

_PLAIN = 0o100644
_ENOUGH = 20
"""A file with fewer lines that tell something is not looked for by content: too much is alike."""
_SHARED = 0.5
_LIKE = 0.8
_TAKEN = 3
"""So many lines that upstream brought since its first version a file must have, comments apart: else the two may only
have one ancestor (4.4BSD), and have lost the same clause of its licence."""


def own_idents(contents: Iterable[tuple[str, bytes | None]], names: dict[str, str], keyword: str) -> dict[str, str]:
    """Blob to what its own ident line says: revision, date (seconds since 1970), author; "" where it has none.
    `names`: the file name of each blob."""
    found = {}
    for oid, content in contents:
        one = ident.recorded(content or b"", keyword, names[oid])
        found[oid] = "" if one is None else f"{one.revision} {seconds(one.date) or 0} {one.author}"
    return found


@dataclass(frozen=True, slots=True)
class Question:
    """One target file, and the upstream files that it may come from. `sure`: it has an ident line that says so."""

    target: RepoPath
    oid: str
    paths: tuple[tuple[RepoPath, tuple[Event, ...]], ...]
    sure: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """Which of the upstream files the content comes from, and from which version; `index` is its place in the life."""

    target: RepoPath
    upstream: RepoPath
    index: int
    baseline: FileBaseline


def nearest(questions: Sequence[Question], ours: Contents, theirs: Contents, keyword: str) -> list[Answer]:
    """What the contents say: of each question the upstream file and version that is nearest, where one is near."""
    result = []
    for question in questions:
        content = ours.read(question.oid)
        tried = (_against(question, content, path, life, theirs, keyword) for path, life in question.paths)
        found = [one for one in tried if one is not None]
        if found:
            result.append(min(found, key=lambda one: (one.baseline.distance or 0, one.upstream)))
    return result


def _against(
    question: Question, content: bytes, path: RepoPath, life: Sequence[Event], theirs: Contents, keyword: str
) -> Answer | None:
    blobs = [Blob(event.oid, _PLAIN) if event.oid else None for event in life]
    changesets = [
        Changeset(event.changeset, "", event.date, Person("", ""), "", (FileChange(path, None, blob),))
        for event, blob in zip(life, blobs, strict=True)
    ]
    history = _Life(theirs)
    lineage = Lineage(changesets, history, _Nothing(), keyword)
    finder = BaselineFinder(lineage, history, _Nothing(), keyword)
    last = len(changesets) - 1
    found = finder.find(question.target, path, question.oid, lambda: content, until=last)
    if found.version is None or found.file.distance is None:
        return None
    if not question.sure:
        first = next(event.oid for event in life if event.oid)
        if found.file.distance > (1 - _LIKE) * 2 * len(telling(content)) or not found.version.revision:
            return None  # where upstream keeps no ident line, the file is a third party's
        assert found.version.blob is not None
        brought = telling(theirs.read(found.version.blob.oid)) - telling(theirs.read(first))
        if sum(not line.startswith((b"*", b"/*", b".\\\"")) for line in brought & telling(content)) < _TAKEN:
            return None
    return Answer(question.target, path, found.version.position, found.file)


@dataclass(frozen=True, slots=True)
class Glance:
    """One target file and, of each upstream file of its name, the blobs of its newest and middle version."""

    oid: str
    blobs: tuple[tuple[str, str], ...]


def alike(glances: Sequence[Glance], ours: Contents, theirs: Contents) -> list[tuple[int, ...]]:
    """Of each glance, which of the upstream files have half of the target file's lines, by number."""
    seen: dict[str, frozenset[bytes]] = {}
    result = []
    for glance in glances:
        content = ours.read(glance.oid)
        mine = telling(content) if not is_binary(content) else frozenset()
        found = []
        for number, blobs in enumerate(glance.blobs):
            for oid in dict.fromkeys(blobs if len(mine) >= _ENOUGH else ()):
                if oid not in seen:
                    seen[oid] = telling(theirs.read(oid))
                if len(mine & seen[oid]) >= _SHARED * len(mine):
                    found.append(number)
                    break
        if len(seen) > 2000:
            seen.clear()
        result.append(tuple(found))
    return result


def telling(content: bytes) -> frozenset[bytes]:
    """The different lines that say something: those of at least eight characters."""
    stripped = (line.strip() for line in split_lines(content))
    return frozenset(line for line in stripped if len(line) >= 8 and b"$" not in line)


def answers_packed(answers: Iterable[Answer]) -> bytes:
    """Answers as bytes; `answers_unpacked` reads them."""
    fields = FileBaseline.__slots__
    told = [
        [one.target, one.upstream, one.index, [getattr(one.baseline, field) for field in fields]] for one in answers
    ]
    return json.dumps(told, separators=(",", ":")).encode("ascii")


def answers_unpacked(value: bytes) -> Iterator[Answer]:
    """The answers that `answers_packed` wrote."""
    for target, upstream, index, fields in json.loads(value):
        yield Answer(RepoPath(target), RepoPath(upstream), index, FileBaseline(*fields))


class _Life:
    """Contents, as the history of one file asks for them."""

    tip = ""
    shallow = False
    rewritten = False
    damaged: Sequence[Damage] = ()

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._known: dict[str, bytes] = {}

    def read(self, oid: str) -> bytes:
        if oid not in self._known:
            self._known[oid] = self._contents.read(oid)
        return self._known[oid]

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        wanted = list(oids)
        self._known.update(self._contents.read_many([oid for oid in wanted if oid not in self._known]))
        for oid in wanted:
            yield oid, self._known[oid]

    def resolve(self, revision: str) -> str:
        return revision

    def newest_at(self, revision: str) -> str:
        return revision

    def changesets(self, wanted: object) -> Sequence[Changeset]:  # noqa: ARG002
        return ()


class _Nothing:
    """Remembers nothing: the survey remembers whole answers."""

    def get(self, kind: str, key: str) -> bytes | None:  # noqa: ARG002
        return None

    def get_many(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:  # noqa: ARG002
        return {}

    def put(self, kind: str, key: str, value: bytes) -> None: ...

    def put_many(self, kind: str, items: Iterable[tuple[str, bytes]]) -> None: ...


