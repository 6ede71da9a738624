"""The worksheet of a port: every hunk of upstream's changesets, what became of it, and what is left for a hand.

It is worked out anew in each run, from upstream's history and the target as it stands: what a hand has done since is
found there already, and so ticked off. Nothing of it has to be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portkit.merge.fate import Fate
from portkit.paths import RepoPath


class What(StrEnum):
    """What an entry is about: a hunk of a file that the target has in its own words; one of a file that came in from
    upstream whole; a file that upstream adds or deletes; upstream's change to a file that the target has not."""

    HUNK = "hunk"
    FOLLOWED = "followed"
    ADDED = "added"
    DELETED = "deleted"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place in the target that may be the one: `line` counts from 1; `alike`: how many of a hundred of the words
    around upstream's hunk stand in that function."""

    file: RepoPath
    function: str
    line: int
    alike: int
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the worksheet.

    `id` lasts: it is made of path, revision and place. `number` is upstream's hunk within the file's change, from 1, 0
    for the file as a whole; `block` the hunk of a `diff -u` (three lines of context) it is part of. `function` is where
    it stands upstream, `counterpart` that function in the target, `line` the target's line, as in `merge.placing`.
    `decided`: the state that a person's decision gave it (skipped, deferred, not-applicable), `reason` then says why.
    `words`: the words of the target's in which it stands there, each with upstream's for it.
    `follows`: the changesets whose lines it builds on, where those did not land. `before` and `after` are upstream's
    lines with a little around them, `here` the target's at the line.
    """

    id: str
    what: What
    changeset: str
    upstream: RepoPath
    target: RepoPath
    revision: str
    number: int
    block: int
    fate: Fate
    function: str
    counterpart: str
    by: str
    method: str
    line: int
    reason: str = ""
    decided: str = ""
    words: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    before: bytes = b""
    after: bytes = b""
    here: bytes = b""

    @property
    def open(self) -> bool:
        """Whether a hand is needed."""
        return self.fate in (Fate.LEFT, Fate.READY)


@dataclass(frozen=True, slots=True)
class NetHunk:
    """A place that upstream's file has otherwise after the last changeset than before the first. `fate`: `already`
    where the target has it, `ready` where it would fit, else `left`; `line`: the target's, from 1, 0 where it is not
    known. `lines`: upstream's, in the target's words where those are known, each after " ", "-" or "+"; `here` the
    target's at the line, the first of them being line `first`."""

    fate: Fate
    line: int
    lines: tuple[bytes, ...]
    here: bytes = b""
    first: int = 0


@dataclass(frozen=True, slots=True)
class Net:
    """All that upstream did to one function, from the first changeset to the last, as one change; `counterpart` is the
    target's function, `function` upstream's ("" outside of all). `changesets`: those that have something left there,
    in order."""

    target: RepoPath
    upstream: RepoPath
    function: str
    counterpart: str
    changesets: tuple[str, ...]
    hunks: tuple[NetHunk, ...]

    @property
    def left(self) -> int:
        """How many of its places are still to be done."""
        return sum(one.fate is not Fate.ALREADY for one in self.hunks)


@dataclass(frozen=True, slots=True)
class Worksheet:
    """All entries of one port, in upstream's order, from changeset `first` to `last` (full ids, both in it); `nets` the
    same by function, from the first state to the last; `words` the target's words for upstream's, as learned."""

    component: str
    first: str
    last: str
    entries: tuple[Entry, ...]
    nets: tuple[Net, ...] = ()
    words: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many hunks there are on files that the target has in its own words, in each fate; `hunks` is their
        sum."""
        found = {"hunks": 0} | {str(fate): 0 for fate in Fate}
        for entry in self.entries:
            if entry.what is What.HUNK:
                found["hunks"] += 1
                found[entry.fate] += 1
        return found

    def sentence(self) -> str:
        """The worksheet in a sentence."""
        hunks, files = self.counts(), self.files()
        told = f"{_counted(hunks['hunks'], 'hunk')} on files that the target has in its own words"
        if hunks["hunks"]:
            told += (
                f": {hunks['placed']} placed, {hunks['already']} there already, {hunks['ready']} fit and wait for"
                f" something else, {hunks['left']} left for a hand"
            )
        if hunks["decided"]:
            told += f", {hunks['decided']} decided on"
        told += f"; {_counted(files['added'], 'file')} added, {_counted(files['followed'], 'hunk')} to such files"
        if files["absent"]:
            told += f"; {_counted(files['absent'], 'change')} to files that the target has not"
        return told

    def open_ids(self) -> tuple[str, ...]:
        """The ids of what is left for a hand."""
        return tuple(dict.fromkeys(entry.id for entry in self.entries if entry.open))

    def blocks(self) -> dict[str, int]:
        """The same counted as `diff -u` does: a block is placed when all its hunks are placed or there already, and
        already when all are there; decided when the rest was decided on; ready when it fits; else left."""
        grouped: dict[tuple[str, RepoPath, int], list[Fate]] = {}
        for entry in self.entries:
            if entry.what is What.HUNK:
                grouped.setdefault((entry.changeset, entry.upstream, entry.block), []).append(entry.fate)
        found = {"blocks": len(grouped)} | {str(fate): 0 for fate in Fate}
        for fates in grouped.values():
            worst = max(fates, key=_ORDER.index)
            found[worst] += 1
        return found

    def files(self) -> dict[str, int]:
        """How many files are added, and hunks of such files followed; files deleted; changes to files that are not
        there; `left` of all these are for a hand."""
        found = {str(what): 0 for what in What if what is not What.HUNK} | {"left": 0}
        for entry in self.entries:
            if entry.what is not What.HUNK:
                found[entry.what] += 1
                found["left"] += entry.open
        return found


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


_ORDER = (Fate.ALREADY, Fate.PLACED, Fate.DECIDED, Fate.READY, Fate.LEFT)
