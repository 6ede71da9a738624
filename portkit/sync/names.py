"""Which names a change brings, and which it uses: so that a change never lands before the one that declares them.

A changeset can merge cleanly and still be incomplete: it uses a struct member that a parked changeset brings
(upstream's 5275323483 uses what 59566625b4 declares). Only C is read, by words; a name local to a function counts
in that function alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portkit.change.functions import header_of, name_in
from portkit.change.linediff import Hunk
from portkit.change.lines import Lines
from portkit.paths import RepoPath, name

_C_FILE = (".c", ".h", ".y", ".l")
_NAME = re.compile(rb"[A-Za-z_]\w{2,}")
_NOT_CODE = re.compile(rb'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?(?:\*/|$)|//.*$')
_HEAD = re.compile(rb"\b((?!__)[A-Za-z_]\w+)\s*\(")
_WORD = re.compile(rb"\w+")
_FEW = 24
"""Up to this many names are looked for one by one; more, among all words of a content."""

_LONGEST = 2000
"""As much of a line is read: nobody writes longer ones, and a hostile one could make the search slow."""

_IN_COMMENT = re.compile(rb"^\s*\*(?:[\s/]|$)")


@dataclass(frozen=True, slots=True)
class Place:
    """A function of a file, "" for what stands outside of all functions and is known everywhere."""

    file: RepoPath
    function: str


def added_names(file: RepoPath, theirs: Lines, hunks: Iterable[Hunk]) -> dict[bytes, set[Place]]:
    """The names in the lines that `hunks` add to `theirs`, with where they stand. Empty for what is no C."""
    found: dict[bytes, set[Place]] = {}
    if not is_code(file):
        return found
    for hunk in hunks:
        for index in range(hunk.b0, hunk.b1):
            raw = theirs.raw[index]
            if _IN_COMMENT.match(raw):
                continue
            names = _NAME.findall(_NOT_CODE.sub(b" ", raw[:_LONGEST]))
            if not names:
                continue
            place = Place(file, _local_to(theirs, index, file))
            for word in names:
                found.setdefault(word, set()).add(place)
    return found


def builds(file: RepoPath) -> bool:
    """Whether `file` says what is compiled (make(1))."""
    return name(file).startswith("Makefile") or file.endswith(".mk")


def is_code(file: RepoPath) -> bool:
    """Whether `file` is read here: C, its headers, and what yacc and lex make C of."""
    return file.endswith(_C_FILE)


def signatures(file: RepoPath, lines: Lines, hunks: Iterable[Hunk]) -> set[bytes]:
    """The functions whose heads or prototypes stand in the lines `b0` to `b1` of `hunks`. Empty for what is no C."""
    if not is_code(file):
        return set()
    heads = (
        lines.raw[index][:_LONGEST]
        for hunk in hunks
        for index in range(hunk.b0, hunk.b1)
        if not _IN_COMMENT.match(lines.raw[index]) and not _local_to(lines, index, file)
    )
    return {name for head in heads for name in _HEAD.findall(_NOT_CODE.sub(b" ", head))}


def _local_to(lines: Lines, index: int, file: RepoPath) -> str:
    if file.endswith(".h") or not lines.raw[index][:1].isspace():
        return ""
    header = header_of(lines.raw, index, lines.headers)
    if header < 0:
        return ""
    text = lines.raw[header].rstrip()
    return "" if text.endswith((b"{", b"=")) and b"(" not in text else name_in(lines.raw[header])


def needed(
    used: Mapping[bytes, set[Place]], brought: Mapping[bytes, set[Place]], contents: Iterable[bytes]
) -> tuple[str, ...]:
    """The names that `used` needs of `brought` and that none of `contents` (the target's files) holds, sorted."""
    shared = {name for name, places in used.items() if _reaches(brought.get(name, set()), places)}
    if not shared:
        return ()
    for content in contents:
        if len(shared) > _FEW:
            shared.difference_update(_WORD.findall(content))
        else:
            shared = {name for name in shared if name not in content or not re.search(rb"\b%s\b" % name, content)}
        if not shared:
            return ()
    return tuple(sorted(name.decode("latin-1") for name in shared))


def _reaches(brought: set[Place], used: set[Place]) -> bool:
    return any(not place.function for place in brought) or bool(brought & used)
