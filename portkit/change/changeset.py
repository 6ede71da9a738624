"""What upstream did: changesets, and the file changes they are made of."""

from __future__ import annotations

from dataclasses import dataclass

from portkit.paths import RepoPath


@dataclass(frozen=True, slots=True)
class Blob:
    """One version of a file: the object id of its content (hex) and its git mode (0o100644, ...)."""

    oid: str
    mode: int


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of a changeset: `old` is None where it was added, `new` where it was deleted."""

    path: RepoPath
    old: Blob | None
    new: Blob | None


@dataclass(frozen=True, slots=True)
class Person:
    """A name and a mail address, as git records them."""

    name: str
    email: str

    @property
    def login(self) -> str:
        """What stands before the @: a CVS committer's name."""
        return self.email.partition("@")[0] or self.name


def begins(id_: str, text: str) -> bool:
    """Whether a person who wrote `text` may mean the changeset `id_`: its beginning; a hash in capitals too."""
    return id_.startswith((text, text.lower()))


@dataclass(frozen=True, slots=True)
class Changeset:
    """One logical upstream commit.

    `id` is a full hash, or CVS's commitid; `parent` the commit it is compared with ("" for the first); `date` the
    committer's, in seconds since 1970 UTC; `message` the log as it stands; `files` in path order.
    """

    id: str
    parent: str
    date: int
    author: Person
    message: str
    files: tuple[FileChange, ...]

    @property
    def subject(self) -> str:
        """The first line of the log that has text; empty for an empty log."""
        return next((line.strip() for line in self.message.splitlines() if line.strip()), "")
