"""The ledger: which changesets the target's own history says it carries.

It is read from the trailers in commit messages, so that it survives a lost disk, a renamed branch, a second user.
Only a message's last paragraph counts (git-interpret-trailers(1)): a hash in prose, or in the upstream log above,
is no entry. A revert of a port takes the entry back; a revert of that revert gives it again.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

from portkit.change.changeset import Person
from portkit.change.revision import FileRevision, parse_revision
from portkit.paths import RepoPath
from portkit.protocols import Memory, Target, TargetCommit
from portkit.sync.message import COMMIT, DRAFT, HUNKS, LEFT_OUT, REVISION, last_paragraph

_CHANGESET = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?|[0-9A-Za-z]{8,32}(?:\.[a-z]*\d{1,9})?")
"""A git commit's full hash, or a commitid (cvs writes 16 letters and digits), or a part of one."""

_HUNK = re.compile(r"(.+) #(\d{1,9}) [a-z-]+")
_REVERTS = re.compile(r"^This reverts commit ([0-9a-f]{7,64})\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One target commit that carries upstream changesets, with the revisions its trailers name. `left_out`: hunks of
    those that a person decided to leave out, as path, revision and number; `hunks`: of files that it carries in part,
    path, revision and the numbers of the hunks."""

    commit: str
    parents: tuple[str, ...]
    changesets: tuple[str, ...]
    revisions: tuple[tuple[str, str], ...]
    left_out: tuple[tuple[str, str, int], ...] = ()
    hunks: tuple[tuple[str, str, tuple[int, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """`entries`, oldest first; `reverted` the ids of those that a later commit took back."""

    entries: tuple[Entry, ...] = ()
    reverted: frozenset[str] = field(default=frozenset())

    @property
    def standing(self) -> tuple[Entry, ...]:
        """The entries that no later commit took back."""
        return tuple(entry for entry in self.entries if entry.commit not in self.reverted)

    def carried(self) -> dict[str, str]:
        """Upstream changeset to the newest target commit that carries it."""
        return {changeset: entry.commit for entry in self.standing for changeset in entry.changesets}

    def carried_revisions(self) -> dict[tuple[str, str], str]:
        """(upstream path, revision) to the newest target commit that carries it: what outlives a rewritten mirror."""
        return {revision: entry.commit for entry in self.standing for revision in entry.revisions}

    def left_out(self) -> dict[FileRevision, frozenset[int]]:
        """The hunks that the target lacks of revisions that it carries otherwise."""
        found: dict[FileRevision, frozenset[int]] = {}
        for entry in self.standing:
            for path, label in entry.revisions:
                out = frozenset(hunk for *one, hunk in entry.left_out if one == [path, label])
                found[FileRevision(RepoPath(path), label)] = out
        return {one: out for one, out in found.items() if out}

    def carried_of(self, paths: Iterable[str]) -> bool:
        """Whether any standing entry carries a revision of one of the upstream files `paths`."""
        wanted = set(paths)
        return any(path in wanted for entry in self.standing for path, _ in entry.revisions)

    def first_touching(self, *paths: str) -> Entry | None:
        """The oldest entry that carries a revision of one of the upstream files `paths`, taken back or not."""
        return next((entry for entry in self.entries if any(one in paths for one, _ in entry.revisions)), None)


def marked_commits(target: Target, memory: Memory, onto: str) -> list[TargetCommit]:
    """The commits up to `onto` that hold a trailer or say that they revert, oldest first.

    What was read for another commit before is remembered: where that one is an ancestor, only what came since is
    read.
    """
    known = _remembered(memory, onto)
    if known is not None:
        return known
    newest = memory.get("ledger", "newest")
    before = newest.decode("ascii", "replace") if newest is not None else ""
    known = _remembered(memory, before) if before and target.is_ancestor(before, onto) else None
    found = [*(known or []), *reversed(list(target.trailer_commits(onto, before if known is not None else "")))]
    memory.put("ledger", onto, json.dumps([_fields(commit) for commit in found]).encode("ascii"))
    memory.put("ledger", "newest", onto.encode("ascii"))
    return found


def _remembered(memory: Memory, key: str) -> list[TargetCommit] | None:
    value = memory.get("ledger", key)
    if value is None:
        return None
    return [
        TargetCommit(identity, tuple(parents), date, authored, Person(name, email), message)
        for identity, parents, date, authored, name, email, message in json.loads(value)
    ]


def _fields(commit: TargetCommit) -> tuple[str, tuple[str, ...], int, int, str, str, str]:
    author = commit.author
    return commit.id, commit.parents, commit.date, commit.authored, author.name, author.email, commit.message


def read_ledger(commits: Iterable[TargetCommit]) -> Ledger:
    """The ledger of `commits`, which are the target's that hold a trailer or say that they revert, oldest first."""
    entries: dict[str, Entry] = {}
    reverts: dict[str, str] = {}
    for commit in commits:
        trailers = last_paragraph(commit.message)
        changesets = tuple(value for key, value in trailers if key == COMMIT and _CHANGESET.fullmatch(value))
        reverted = _REVERTS.search(commit.message)
        if reverted and not changesets:  # a port may quote an upstream log that says so
            reverts[commit.id] = reverted[1]
        if not changesets or any(key == DRAFT for key, _ in trailers):
            continue
        revisions = tuple(
            (found.path, found.label)
            for key, value in trailers
            if key == REVISION and (found := parse_revision(value)) is not None
        )
        out = tuple(
            (found.path, found.label, int(match[2]))
            for key, value in trailers
            if key == LEFT_OUT
            and (match := _HUNK.fullmatch(value)) is not None
            and (found := parse_revision(match[1])) is not None
        )
        hunks = tuple(part for key, value in trailers if key == HUNKS and (part := _split_hunks(value)) is not None)
        entries[commit.id] = Entry(commit.id, commit.parents, changesets, revisions, out, hunks)
    known = sorted((*entries, *reverts))
    undone: set[str] = set()
    for revert, target in reversed(reverts.items()):  # newest first: what is itself taken back takes nothing back
        at = bisect_left(known, target)
        if revert not in undone and at < len(known) and known[at].startswith(target):
            undone.add(known[at])
    return Ledger(tuple(entries.values()), frozenset(undone & set(entries)))


def _split_hunks(value: str) -> tuple[RepoPath, str, tuple[int, ...]] | None:
    """`path revision: 1,3 of 7`."""
    head, _, tail = value.rpartition(": ")
    found = parse_revision(head)
    match = re.fullmatch(r"(\d{1,6}(?:,\d{1,6})*) of \d{1,6}", tail)
    return (found.path, found.label, tuple(map(int, match[1].split(",")))) if match and found is not None else None
