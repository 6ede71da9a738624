"""A changeset of a component that is only watched: what it is about, as values for the reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portkit.change.changeset import Changeset


class Topic(StrEnum):
    """What a changeset is about, in the order in which it is worth reading."""

    SECURITY = "security"
    PRIVSEP = "privsep"
    PROTOCOL = "protocol"
    PORTABILITY = "portability"
    DOCUMENTATION = "documentation"


class Where(StrEnum):
    """Where evidence was found."""

    LOG = "log"
    FILE = "file"
    FUNCTION = "function"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece: the topic it speaks for, where it stands, and what it is, as it stands there."""

    topic: Topic
    where: Where
    what: str


@dataclass(frozen=True, slots=True)
class Watched:
    """A changeset of a watched component: the functions it touches, what it is about, and what a person decided of it
    ("" for nothing). `pages`: it touches nothing but manual pages and the like."""

    changeset: Changeset
    functions: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    decided: str = ""
    pages: bool = False

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What it is about, without what its log says of security."""
        found = {one.topic for one in self.evidence}
        return tuple(topic for topic in Topic if topic in found)
