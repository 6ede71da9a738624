"""Paths inside a repository: validated once, where they enter.

A path is text, decoded as UTF-8 with surrogate escapes, so that any byte git stores survives.
"""

from __future__ import annotations

import re
from typing import NewType

from portkit.errors import UserError

RepoPath = NewType("RepoPath", str)
"""A relative path with `/` between its parts; no empty part, no `.`, no `..`, no `.git`, no NUL."""


def from_bytes(raw: bytes) -> RepoPath:
    """The path git wrote as `raw`. Raises UserError where it climbs out of the tree."""
    return checked(raw.decode("utf-8", "surrogateescape"))


def to_bytes(path: str) -> bytes:
    """The bytes git knows `path` by."""
    return path.encode("utf-8", "surrogateescape")


def checked(text: str, *, where: str = "") -> RepoPath:
    """`text` as a RepoPath. Raises UserError (at `where`) where it could name something outside the tree."""
    problem = problem_with(text)
    if problem:
        raise UserError(f"the path {text!r} {problem}", where=where, hint="write it relative to the top of the tree")
    return RepoPath(text)


def problem_with(text: str) -> str:
    """Why `text` is no RepoPath, as the end of a sentence; empty where it is one."""
    if not text:
        return "is empty"
    if text.startswith("/"):
        return "is absolute"
    if "\0" in text:
        return "holds a NUL"
    for part in text.split("/"):
        if part == "":
            return "has an empty part"
        if part in (".", ".."):
            return f"climbs out of the tree or stands still ({part!r})"
        if part.lower() == ".git":
            return "reaches into a .git folder"
    return ""


def parent(path: str) -> str:
    """The folder `path` stands in, without a slash at its end; empty for the top."""
    return path.rpartition("/")[0]


def name(path: str) -> str:
    """The last part of `path`."""
    return path.rpartition("/")[2]


def quoted(path: str) -> str:
    """`path` as one word of a message: as it is, or as git quotes it (git-config(1), core.quotePath) where a byte of
    it could be misread: a line end, another control character, a quote or blank at its beginning, what is no UTF-8."""
    if path.isprintable() and not path.startswith(('"', " ")):
        return path
    plain = (chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\{byte:03o}" for byte in to_bytes(path))
    return f'"{"".join(plain)}"'


def unquoted(text: str) -> str:
    """The path that `quoted` wrote as `text`."""
    if len(text) < 2 or not text.startswith('"') or not text.endswith('"'):
        return text
    raw = re.sub(r"\\([0-3][0-7]{2})", lambda found: chr(int(found[1], 8)), text[1:-1])
    return raw.encode("latin-1", "replace").decode("utf-8", "surrogateescape")
