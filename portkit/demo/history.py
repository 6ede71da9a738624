"""The example's histories: read from data/*.txt, and played to the files of each commit.

Knows the words of those texts (they are explained at the top of each) and how CVS fills in `$OpenBSD$` and
`$Mdocdate$`. Knows nothing of git.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from portkit.errors import PortkitError
from portkit.sync.outcome import State

IDENT = "$OpenBSD$"
MDOCDATE = "$Mdocdate$"
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

Fixture = Callable[[str], str]
"""Gives the text that a path begins with."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One block of whole lines, and what takes its place."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Step:
    """One directive that changes a file: `line` is where it stands."""

    verb: str
    path: str
    words: tuple[str, ...]
    edits: tuple[Edit, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One changeset as it is written down. `expect`: component to intended state; `blocked_by`: a subject."""

    when: datetime
    who: str
    log: str
    steps: tuple[Step, ...]
    expect: Mapping[str, State]
    blocked_by: str

    @property
    def subject(self) -> str:
        """The first line of the log."""
        return self.log.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Revision:
    """A CVS revision of one file, before its keywords are filled in."""

    path: str
    number: str
    when: datetime
    who: str
    text: str
    mode: int

    def ident(self, spelling: str) -> str:
        """The expanded ident, `spelling` in place of the file's name (format: rcs, $Id$ without the path)."""
        return f"$OpenBSD: {spelling},v {self.number} {self.when:%Y/%m/%d %H:%M:%S} {self.who} Exp $"

    def mdocdate(self) -> str:
        """The expanded date of a page (format: mdoc(7) of OpenBSD, `.Dd`)."""
        return f"$Mdocdate: {MONTHS[self.when.month - 1]} {self.when.day} {self.when.year} $"


@dataclass(frozen=True, slots=True)
class File:
    """A file of the tree: `text` has its keywords unexpanded, `revision` is what they say."""

    text: str
    mode: int
    revision: Revision | None = None
    spelling: str = ""
    encoding: str = "utf-8"
    chopped: bool = False

    def content(self) -> bytes:
        """The bytes as they are committed."""
        text = self.text
        if self.revision is not None:
            text = text.replace(IDENT, self.revision.ident(self.spelling))
            text = text.replace(MDOCDATE, self.revision.mdocdate())
        if self.chopped:
            text = text.removesuffix("\n")
        return text.encode(self.encoding)


@dataclass(frozen=True, slots=True)
class Commit:
    """One played changeset: None for a path that it deletes."""

    entry: Entry
    files: Mapping[str, File | None]


@dataclass(slots=True)
class Played:
    """A whole history, oldest commit first; `revisions` by path and number."""

    commits: list[Commit] = field(default_factory=list)
    tree: dict[str, File] = field(default_factory=dict)
    revisions: dict[tuple[str, str], Revision] = field(default_factory=dict)


class Misfit(PortkitError):
    """The example's own text is wrong (a bug): `where` is its file and line."""


def read(text: str, *, file: str) -> tuple[Entry, ...]:
    """The changesets that `text` describes. Raises Misfit, naming `file` and line, where it is malformed."""
    entries: list[Entry] = []
    for directive in _directives(text, file):
        match directive.verb, directive.words:
            case "changeset", (day, time, who):
                when = datetime.strptime(f"{day} {time} +0000", "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
                entries.append(Entry(when, who, directive.body.strip("\n") + "\n", (), {}, ""))
                continue
        if not entries:
            raise Misfit("the first directive is no @changeset", where=directive.where)
        entry = entries[-1]
        match directive.verb, directive.words:
            case "expect", (component, state):
                entry = replace(entry, expect={**entry.expect, component: State(state)})
            case "blocked-by", (_, *_):
                entry = replace(entry, blocked_by=directive.rest)
            case ("add" | "edit" | "delete" | "mode" | "take" | "ident" | "latin-1" | "chop"), (path, *words):
                step = Step(directive.verb, path, tuple(words), (), directive.line)
                entry = replace(entry, steps=(*entry.steps, step))
            case "old", () if entry.steps and entry.steps[-1].verb == "edit":
                entry = _with_edits(entry, (*entry.steps[-1].edits, Edit(directive.body, "")))
            case "new", () if entry.steps and entry.steps[-1].edits:
                *before, edit = entry.steps[-1].edits
                entry = _with_edits(entry, (*before, Edit(edit.old, directive.body)))
            case _:
                raise Misfit(f"@{directive.verb} is not understood", where=directive.where)
        entries[-1] = entry
    return tuple(entries)


def play(
    entries: Sequence[Entry], fixture: Fixture, *, cvs: bool, upstream: Played | None = None, file: str
) -> Played:
    """The files of each commit. With `cvs` every change gives a file its next revision, as upstream does;
    without, a file keeps what it was taken as from `upstream`. Raises Misfit where a step does not fit."""
    played = Played()
    last: dict[str, int] = {}
    for entry in entries:
        changed: dict[str, File | None] = {}
        for step in entry.steps:
            where = f"{file}:{step.line}"
            made = _step(step, played.tree.get(step.path), fixture, upstream, where)
            changed[step.path] = made
            if made is None:
                del played.tree[step.path]
            else:
                played.tree[step.path] = made
        if cvs:
            for path, made in changed.items():
                last[path] = last.get(path, 0) + 1
                if made is None:
                    continue
                number = f"1.{last[path]}"
                revision = Revision(path, number, entry.when, entry.who, made.text, made.mode)
                played.revisions[path, number] = revision
                played.tree[path] = changed[path] = replace(
                    made, revision=revision, spelling=path.rpartition("/")[2]
                )
        played.commits.append(Commit(entry, changed))
    return played


def _step(step: Step, old: File | None, fixture: Fixture, upstream: Played | None, where: str) -> File | None:
    """The file after `step`; None where it deletes it."""
    if (old is None) != (step.verb in ("add", "take")):
        raise Misfit(f"{step.path} is {'not ' if old is None else ''}there", where=where)
    match step.verb, old, step.words:
        case "add", None, ():
            return File(fixture(step.path), 0o100644)
        case "add", None, (mode,):
            return File(fixture(step.path), 0o100000 | int(mode, 8))
        case "take", None, (number,):
            revision = _revision(upstream, step.path, number, where)
            return File(revision.text, revision.mode, revision, step.path.rpartition("/")[2])
        case "delete", File(), ():
            return None
        case "mode", File() as found, (mode,):
            return replace(found, mode=0o100000 | int(mode, 8))
        case "edit", File() as found, ():
            return replace(found, text=_edited(found.text, step.edits, where))
        case "ident", File() as found, (number, *spelling):
            revision = _revision(upstream, step.path, number, where)
            return replace(found, revision=revision, spelling=spelling[0] if spelling else found.spelling)
        case "latin-1", File() as found, ():
            return replace(found, encoding="latin-1")
        case "chop", File() as found, ():
            return replace(found, chopped=True)
        case _:
            raise Misfit(f"@{step.verb} has other words here", where=where)


def _edited(text: str, edits: Sequence[Edit], where: str) -> str:
    """`text` with every edit made, each on what the one before left. Raises Misfit unless it fits once."""
    for edit in edits:
        block, lines = "\n" + edit.old, "\n" + text
        if edit.old == edit.new or lines.count(block) != 1:
            raise Misfit(
                f"an edit fits {lines.count(block)} times, not once: {edit.old.partition(chr(10))[0]!r}",
                where=where,
            )
        text = lines.replace(block, "\n" + edit.new)[1:]
    return text


def _revision(upstream: Played | None, path: str, number: str, where: str) -> Revision:
    found = upstream.revisions.get((path, number)) if upstream is not None else None
    if found is None:
        raise Misfit(f"upstream has no {path} {number}", where=where)
    return found


def _with_edits(entry: Entry, edits: tuple[Edit, ...]) -> Entry:
    return replace(entry, steps=(*entry.steps[:-1], replace(entry.steps[-1], edits=edits)))


@dataclass(frozen=True, slots=True)
class _Directive:
    verb: str
    rest: str
    body: str
    line: int
    where: str

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.rest.split())


def _directives(text: str, file: str) -> Iterator[_Directive]:
    """Each line that begins with @, with the lines below it; `@#` is a comment and belongs to nothing.

    The one blank line before a comment or an @changeset parts changesets and belongs to neither.
    """
    parts = re.split(r"^@", text, flags=re.MULTILINE)
    line = 1 + parts[0].count("\n")
    if parts[0].strip():
        raise Misfit("text before the first directive", where=f"{file}:1")
    for index, part in enumerate(parts[1:], 1):
        head, _, body = part.partition("\n")
        following = parts[index + 1] if index + 1 < len(parts) else ""
        if following.startswith(("#", "changeset ")):
            body = body.removesuffix("\n") if body.endswith("\n\n") or body == "\n" else body
        verb, _, rest = head.partition(" ")
        if not verb.startswith("#"):
            yield _Directive(verb, rest.strip(), body, line, f"{file}:{line}")
        line += part.count("\n")
