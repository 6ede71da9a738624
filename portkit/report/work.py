"""Whose work is whose: commits of the target told apart by what they themselves say.

A changeset that portkit landed is the machine's work, checked by the gate; one that a person adapted, carried over by
hand or wrote is that person's. Only what a commit says and shows decides; where it says nothing, it counts as written
by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portkit.change.changeset import Person
from portkit.protocols import TargetCommit
from portkit.sync.message import COMMIT, DRAFT, LEFT_OUT, RESOLUTION, last_paragraph

_TAKEN = re.compile(r"obtained-from|taken-from|based-on|ported-from", re.IGNORECASE)
_REVIEWED = re.compile(r"reviewed-by|approved-by|tested-by", re.IGNORECASE)
_BY_HAND = (RESOLUTION, LEFT_OUT)


class Kind(StrEnum):
    """How a commit came to be."""

    LANDED = "landed unattended"
    ADAPTED = "adapted by hand"
    WRITTEN = "written by hand"


@dataclass(frozen=True, slots=True)
class Found:
    """A commit as it was found: who committed it, whether it stands on the target's own branch (`merged`) or only on
    `branch`, and whether anybody else can see it."""

    commit: TargetCommit
    committer: Person
    component: str
    merged: bool
    branch: str = ""
    public: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a commit beside its message: the upstream changesets it was recognised to carry; whether it
    makes another change than theirs (None where nobody compared); the committer date of its parent, for a commit on a
    branch of portkit's (None elsewhere)."""

    changesets: tuple[str, ...] = ()
    adapted: bool | None = None
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """A commit and what it is: `changesets`, upstream's that it carries; `reviewers`, the names it says of itself."""

    found: Found
    kind: Kind
    changesets: tuple[str, ...]
    reviewers: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.found.commit.id

    @property
    def subject(self) -> str:
        """The first line of its message that has text."""
        return next((line.strip() for line in self.found.commit.message.split("\n") if line.strip()), "")

    @property
    def by(self) -> str:
        """The committer's name."""
        return self.found.committer.name or self.found.committer.email


@dataclass(frozen=True, slots=True)
class Share:
    """A person's part: how many commits of each kind, and how many of others' they reviewed."""

    name: str
    landed: int
    adapted: int
    written: int
    reviewed: int


def told_apart(found: Iterable[Found], known: Mapping[str, Known]) -> tuple[Work, ...]:
    """Each of the commits with its kind, by date (those of one date stay as they are), drafts and merges left out; a
    commit of two components stands once, with the first."""
    result: dict[str, Work] = {}
    for one in found:
        trailers = last_paragraph(one.commit.message)
        keys = [key for key, _ in trailers]
        if DRAFT in keys or len(one.commit.parents) > 1 or one.commit.id in result:
            continue
        about = known.get(one.commit.id, Known())
        carried = tuple(value for key, value in trailers if key == COMMIT) or about.changesets
        reviewers = tuple(dict.fromkeys(_name(value) for key, value in trailers if _REVIEWED.fullmatch(key)))
        result[one.commit.id] = Work(one, _kind(one, keys, carried, about), carried, reviewers)
    return tuple(sorted(result.values(), key=lambda work: work.found.commit.date))


def shares(work: Iterable[Work]) -> tuple[Share, ...]:
    """Who did how much, those with most work by hand first."""
    kinds: dict[str, dict[Kind, int]] = {}
    reviewed: dict[str, int] = {}
    for one in work:
        mine = kinds.setdefault(one.by, dict.fromkeys(Kind, 0))
        mine[one.kind] += 1
        for name in one.reviewers:
            reviewed[name] = reviewed.get(name, 0) + 1
    none = dict.fromkeys(Kind, 0)
    made = []
    for name in dict.fromkeys([*kinds, *reviewed]):
        mine = kinds.get(name, none)
        made.append(Share(name, mine[Kind.LANDED], mine[Kind.ADAPTED], mine[Kind.WRITTEN], reviewed.get(name, 0)))
    return tuple(sorted(made, key=lambda one: (-one.written - one.adapted, -one.landed, -one.reviewed, one.name)))


def _kind(one: Found, keys: Sequence[str], carried: Sequence[str], about: Known) -> Kind:
    if COMMIT not in keys:
        return Kind.ADAPTED if carried or any(_TAKEN.fullmatch(key) for key in keys) else Kind.WRITTEN
    # what a person amends or rebases gets that day's date; portkit gives its own by a rule (sync.branch)
    amended = about.parent is not None and one.commit.date != max(one.commit.authored, about.parent)
    return Kind.ADAPTED if amended or about.adapted or any(key in _BY_HAND for key in keys) else Kind.LANDED


def _name(value: str) -> str:
    return value.partition("<")[0].strip() or value.strip()
