"""Resolutions: how a person settled a conflict, kept as a file that can be reviewed, and known again by content.

A *place* is lines of base, ours and theirs that clash, and the lines that a person put there; it holds wherever the
same three meet again in the same revision of the same file. Where a conflict is of a whole file (one side deleted it,
the gate refused the merge), the answer is known by the content of the three files. Keywords are folded in both, so that
a bumped ident line, or another checkout of the same history, changes nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portkit.change.lines import fold
from portkit.change.revision import FileRevision, parse_revision
from portkit.errors import UserError
from portkit.text import split_lines

if TYPE_CHECKING:
    from portkit.merge.file import Version

_FIRST = b"portkit resolution 1"
_NO_NEWLINE = b"\\ no newline at the end"
_SECTION = re.compile(rb"(base|ours|theirs|result|at (\d{1,9}))")
_SIDE = re.compile(r"[0-9a-f]{64} [0-7]{6}|none")


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of the three sides that clash, and what a person put in their place."""

    base: bytes
    ours: bytes
    theirs: bytes
    result: bytes

    def fits(self, base: bytes, ours: bytes, theirs: bytes) -> bool:
        """Whether these three are the place's, keywords apart."""
        mine = (self.base, self.ours, self.theirs)
        return mine == (base, ours, theirs) or list(map(folded, mine)) == list(map(folded, (base, ours, theirs)))


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines of ours, from line `at` (counted from 1) on, and what takes their place."""

    at: int
    ours: bytes
    result: bytes


@dataclass(frozen=True, slots=True)
class Whole:
    """What a whole file becomes: `base`, `ours` and `theirs` are the `digest` of the three. With `take` ("ours" or
    "theirs") it is that side; else ours with `edits`, in `mode` (0: the file is deleted)."""

    base: str
    ours: str
    theirs: str
    take: str = ""
    mode: int = 0
    edits: tuple[Edit, ...] = ()

    def fits(self, base: Version | None, ours: Version | None, theirs: Version | None) -> bool:
        """Whether these are the three files, keywords apart."""
        return (self.base, self.ours, self.theirs) == (digest(base), digest(ours), digest(theirs))

    def sound(self, ours: Version | None) -> bool:
        """Whether the edits are of lines that ours has, in case a person edited the file."""
        lines = split_lines(ours.content) if ours is not None else []
        for edit in self.edits:
            mine = split_lines(edit.ours)
            if edit.at - 1 > len(lines) or list(map(folded, lines[edit.at - 1 : edit.at - 1 + len(mine)])) != list(
                map(folded, mine)
            ):
                return False
        return True

    def made(self, ours: Version | None, theirs: Version | None) -> Version | None:
        """What the file becomes, given the sides that it `fits`."""
        from portkit.merge.file import Version  # who has nothing to merge knows resolutions by name alone

        if self.take:
            return ours if self.take == "ours" else theirs
        if not self.mode:
            return None
        lines = split_lines(ours.content) if ours is not None else []
        out: list[bytes] = []
        at = 0
        for edit in self.edits:
            out += lines[at : edit.at - 1]
            out.append(edit.result)
            at = edit.at - 1 + len(split_lines(edit.ours))
        return Version(b"".join([*out, *lines[at:]]), self.mode)


@dataclass(frozen=True, slots=True)
class Resolution:
    """One resolution. `name` is its file's; `file` upstream's file and revision; `conflict` the lasting id of what it
    settles; the rest are notes for people."""

    name: str
    file: FileRevision
    conflict: str
    answer: Place | Whole
    hunk: int = 0
    kind: str = ""
    function: str = ""
    changeset: str = ""
    who: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Resolutions:
    """The resolutions of one component."""

    every: tuple[Resolution, ...] = ()
    _by_file: dict[FileRevision, list[Resolution]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """An index by file."""
        for one in self.every:
            self._by_file.setdefault(one.file, []).append(one)

    def of(self, file: FileRevision) -> tuple[Resolution, ...]:
        """Those of one revision of one file."""
        return tuple(self._by_file.get(file, ()))

    def like(self, base: bytes, ours: bytes, theirs: bytes) -> tuple[Resolution, ...]:
        """Those of any file for the same three sides: not applied unseen elsewhere, but worth a suggestion."""
        return tuple(
            one for one in self.every if isinstance(one.answer, Place) and one.answer.fits(base, ours, theirs)
        )


def folded(content: bytes) -> bytes:
    """`content` with the expansions of its keywords taken out."""
    if b"$" not in content:
        return content
    return b"".join(fold(line) if b"$" in line else line for line in split_lines(content))


def same_but_keywords(one: Version | None, other: Version | None) -> bool:
    """Whether two files differ at most in the expansions of keywords, and a newline at the end."""
    if one is None or other is None:
        return one is other
    mine, yours = (folded(each.content).removesuffix(b"\n") for each in (one, other))
    return one.mode == other.mode and mine == yours


def digest(version: Version | None) -> str:
    """What a file is known by: its content, keywords folded, and its mode; "none" where there is no file."""
    if version is None:
        return "none"
    return f"{hashlib.sha256(folded(version.content)).hexdigest()} {version.mode:06o}"


def name_of(file: FileRevision, conflict: str, answer: Place | Whole) -> str:
    """The name of a resolution's file: the file's, its revision, the conflict, and a digest of what it fits, so that
    the same conflict may be settled for several branches."""
    if isinstance(answer, Place):
        key = b"\0".join(map(folded, (answer.base, answer.ours, answer.theirs)))
    else:
        key = "\0".join((answer.base, answer.ours, answer.theirs)).encode()
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", f"{file.path.rpartition('/')[2]}-{file.label}")[:80].lstrip(".-")
    return f"{plain}-{conflict.removeprefix('c-')}-{hashlib.sha256(key).hexdigest()[:8]}"


def rendered(one: Resolution) -> bytes:
    """The file of a resolution. Lines of content stand behind a `|`, to the byte."""
    head = [
        ("file", str(one.file)), ("conflict", one.conflict), ("kind", one.kind), ("hunk", str(one.hunk or "")),
        ("function", one.function), ("changeset", one.changeset), ("who", one.who), ("note", one.note),
    ]  # fmt: skip
    answer = one.answer
    if isinstance(answer, Whole):
        head += [("base", answer.base), ("ours", answer.ours), ("theirs", answer.theirs), ("take", answer.take)]
        head += [] if answer.take else [("mode", f"{answer.mode:06o}" if answer.mode else "deleted")]
    out = [_FIRST + b"\n"]
    out += [f"{key}: {value}\n".encode("utf-8", "surrogateescape") for key, value in head if value]
    if isinstance(answer, Place):
        for name in ("base", "ours", "theirs", "result"):
            out += _section(name, getattr(answer, name))
    else:
        for edit in answer.edits:
            out += [*_section(f"at {edit.at}", edit.ours), *_section("result", edit.result)]
    return b"".join(out)


def _section(name: str, content: bytes) -> list[bytes]:
    out = [b"\n", name.encode(), b"\n"]
    for line in split_lines(content):
        out += [b"|", line] if line.endswith(b"\n") else [b"|", line, b"\n", _NO_NEWLINE, b"\n"]
    return out


def parsed(content: bytes, *, name: str, file: str) -> Resolution:
    """The resolution in `content`, of the file `name`, which messages call `file`. Raises UserError with the line that
    makes no sense."""
    lines = split_lines(content)

    def wrong(number: int, what: str) -> UserError:
        hint = "take the file away, or bring it back as it was: portkit resolve makes another"
        return UserError(what, where=f"{file}:{number}", hint=hint)

    if not lines or lines[0].rstrip(b"\r\n") != _FIRST:
        raise wrong(1, f"this is no resolution: its first line must be {_FIRST.decode()!r}")
    head: dict[str, str] = {}
    at = 1
    while at < len(lines) and lines[at].strip():
        key, colon, value = lines[at].decode("utf-8", "surrogateescape").rstrip("\r\n").partition(": ")
        if not colon or key in head or key not in _HEAD:
            raise wrong(at + 1, f"{key!r} is no line of a resolution's head" + (", or is there twice" if colon else ""))
        head[key] = value
        at += 1
    sections: list[tuple[str, bytes]] = []
    for number, line in enumerate(lines[at:], at + 1):
        if line.startswith(b"|"):
            if not sections:
                raise wrong(number, "lines of content stand before the first section")
            sections[-1] = (sections[-1][0], sections[-1][1] + line[1:])
        elif line.rstrip(b"\r\n") == _NO_NEWLINE and sections:
            sections[-1] = (sections[-1][0], sections[-1][1].removesuffix(b"\n"))
        elif line.strip():
            if not _SECTION.fullmatch(line.rstrip(b"\r\n")):
                raise wrong(number, "a line of content must begin with '|'")
            sections.append((line.strip().decode(), b""))
    revision = parse_revision(head.get("file", ""))
    if revision is None:
        raise wrong(1, "its head must say `file: PATH REVISION`")
    conflict = head.get("conflict", "")
    if not re.fullmatch(r"c-[0-9a-f]{12}", conflict):
        raise wrong(1, "its head must say `conflict: ID`")
    try:
        answer = _answer(head, sections)
    except ValueError as error:
        raise wrong(1, str(error)) from error
    return Resolution(
        name, revision, conflict, answer,
        hunk=int(head["hunk"]) if head.get("hunk", "").isdecimal() else 0,
        kind=head.get("kind", ""), function=head.get("function", ""), changeset=head.get("changeset", ""),
        who=head.get("who", ""), note=head.get("note", ""),
    )  # fmt: skip


_HEAD = (
    "file", "conflict", "kind", "hunk", "function", "changeset", "who", "note", "base", "ours", "theirs", "take",
    "mode",
)  # fmt: skip


def _answer(head: dict[str, str], sections: Iterable[tuple[str, bytes]]) -> Place | Whole:
    """What the sections say. Raises ValueError where they do not fit together."""
    found = list(sections)
    if "base" not in head and "ours" not in head and "theirs" not in head:
        if [name for name, _ in found] != ["base", "ours", "theirs", "result"]:
            raise ValueError("a place has the sections base, ours, theirs and result, in that order")
        return Place(*(content for _, content in found))
    sides = head.get("base", ""), head.get("ours", ""), head.get("theirs", "")
    if not all(_SIDE.fullmatch(side) for side in sides):
        raise ValueError("base, ours and theirs must each be a digest with a mode, or none")
    take, mode = head.get("take", ""), head.get("mode", "")
    if take:
        if take not in ("ours", "theirs") or found or mode:
            raise ValueError("take is `ours` or `theirs`, and leaves nothing else to say")
        return Whole(*sides, take)
    if mode == "deleted":
        if found:
            raise ValueError("what is deleted has no lines")
        return Whole(*sides)
    if not re.fullmatch(r"100644|100755|120000", mode):
        raise ValueError("mode must be 100644, 100755, 120000 or deleted")
    edits: list[Edit] = []
    for (name, ours), (result, content) in zip(found[::2], found[1::2], strict=False):
        if not name.startswith("at ") or result != "result":
            raise ValueError("every `at LINE` is followed by its `result`")
        edits.append(Edit(int(name.removeprefix("at ")), ours, content))
    ends = [edit.at + len(split_lines(edit.ours)) for edit in edits]
    if len(found) % 2 or any(edit.at < 1 for edit in edits) or any(
        edit.at < end for edit, end in zip(edits[1:], ends, strict=False)
    ):
        raise ValueError("every `at LINE` is followed by its `result`, in the order of the lines")
    return Whole(*sides, "", int(mode, 8), tuple(edits))
