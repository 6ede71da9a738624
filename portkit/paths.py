"""Paths inside a repository: validated once, where they enter.

A path is text, decoded as UTF-8 with surrogate escapes, so that any byte git stores survives.
"""

from __future__ import annotations

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
