"""What decisions come to in a run: which files and hunks are left out, for how long, and what is joined."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from portkit.change.linediff import Hunk
from portkit.change.revision import FileRevision, numbers
from portkit.decisions.model import Decision, DecisionKind, Decisions, Wait
from portkit.merge.file import FileMerger, Version
from portkit.paths import RepoPath
from portkit.sync.ledger import Ledger
from portkit.sync.outcome import FileBaseline, State
from portkit.sync.pick import LeftOut, Pick

_STATES = {
    DecisionKind.SKIP: State.SKIPPED,
    DecisionKind.DEFER: State.DEFERRED,
    DecisionKind.NOT_APPLICABLE: State.NOT_APPLICABLE,
}


@dataclass(frozen=True, slots=True)
class Reached:
    """What a deferred change may have waited for: the `day` (YYYY-MM-DD) up to which the run looks, what the target
    carries, and the revision that each upstream path's copy derives from."""

    day: str
    carried: frozenset[FileRevision]
    baselines: Mapping[str, str]

    def by(self, decision: Decision) -> bool:
        """Whether what `decision` waits for has come."""
        until = decision.until
        if until is None:
            return False
        if until.wait is Wait.DAY:
            return self.day >= until.day
        assert until.revision is not None
        if until.revision in self.carried:
            return True
        if until.wait is Wait.CHANGESET:
            return False
        at, wanted = numbers(self.baselines.get(until.revision.path, "")), numbers(until.revision.label)
        return bool(at and wanted and len(at) == len(wanted) and at >= wanted)


def reached(day: str, ledger: Ledger, files: Iterable[FileBaseline], landed: Iterable[FileRevision] = ()) -> Reached:
    """What the target has come to; `landed`: what this run itself carries there."""
    carried = {FileRevision(RepoPath(path), label) for path, label in ledger.carried_revisions()}
    return Reached(day, frozenset(carried.union(landed)), {file.upstream: file.used for file in files})


class Decider:
    """Applies decisions to picks. `left_before`: hunks that the target's history says were left out when the rest of
    the file's change was carried."""

    def __init__(
        self,
        decisions: Decisions,
        reached: Reached,
        merger: FileMerger,
        left_before: Mapping[FileRevision, frozenset[int]],
    ) -> None:
        self._decisions = decisions
        self._reached = reached
        self._merger = merger
        self._left_before = left_before

    def applied(self, pick: Pick) -> Pick:
        """`pick` as what was decided leaves it."""
        if pick.standing or pick.revision is None:
            return pick
        whole = self.whole(pick)
        if whole is not None:
            return replace(pick, standing=whole.reason, decided=whole.state)
        return self._without(pick, FileRevision(pick.upstream, pick.revision))

    def whole(self, pick: Pick) -> LeftOut | None:
        """What was decided on all of a file's change (`hunk` is 0); None where nothing was, or the wait is over."""
        if pick.revision is None:
            return None
        decision = self._decisions.on(FileRevision(pick.upstream, pick.revision))
        if decision is None or self._reached.by(decision):
            return None
        return LeftOut(0, words(decision), _STATES[decision.kind])

    def hunks(self, pick: Pick) -> tuple[LeftOut, ...]:
        """What was decided on single hunks of a file's change, by number."""
        if pick.revision is None or pick.base is None or pick.theirs is None:
            return ()
        every = self._decisions.hunks(FileRevision(pick.upstream, pick.revision))
        decided = [decision for decision in every if not self._reached.by(decision)]
        if not decided:
            return ()
        upstream = self._merger.upstream_hunks(pick.base.content, pick.theirs.content)
        found = {number: decision for decision in decided if (number := self._number(pick, decision, upstream))}
        return tuple(
            LeftOut(number, words(decision), _STATES[decision.kind]) for number, decision in sorted(found.items())
        )

    def _without(self, pick: Pick, one: FileRevision) -> Pick:
        before = self._left_before.get(one, frozenset())
        out = self.hunks(pick)
        if (not before and not out) or pick.base is None or pick.theirs is None:
            return pick
        upstream = self._merger.upstream_hunks(pick.base.content, pick.theirs.content)
        done = set(range(1, len(upstream) + 1)) - before if before else set[int]()
        wanted = set(range(1, len(upstream) + 1)) - done - {each.hunk for each in out}
        if not wanted:
            said = "; ".join(dict.fromkeys(f"hunk {one.hunk} {one.reason}" for one in out))
            state = out[0].state if out else None
            theirs = self._with(pick.base, pick.theirs, upstream, done)
            said = said or "its other hunks were carried before"
            return replace(pick, theirs=theirs, standing=said, decided=state, left_out=out, whole=pick.theirs)
        base = self._with(pick.base, pick.theirs, upstream, done)
        theirs = self._with(pick.base, pick.theirs, upstream, done | wanted)
        numbers = tuple(sorted(wanted))
        return replace(pick, base=base, theirs=theirs, left_out=out, whole=pick.theirs, numbers=numbers)

    def _number(self, pick: Pick, decision: Decision, upstream: tuple[Hunk, ...]) -> int:
        """Which of upstream's hunks is meant: the one with the digest, where there is one; 0 for none."""
        assert pick.base is not None
        assert pick.theirs is not None
        digests = hunk_digests(self._merger, pick.base, pick.theirs)
        if not decision.lines:
            return decision.hunk if decision.hunk <= len(upstream) else 0
        if decision.hunk <= len(digests) and digests[decision.hunk - 1] == decision.lines:
            return decision.hunk
        return digests.index(decision.lines) + 1 if digests.count(decision.lines) == 1 else 0

    def _with(self, base: Version, theirs: Version, upstream: tuple[Hunk, ...], wanted: set[int]) -> Version:
        """`base` with upstream's hunks `wanted` made on it, and upstream's keyword lines."""
        old, new = self._merger.table.lines(base.content).raw, self._merger.table.lines(theirs.content).raw
        out: list[bytes] = []
        at = 0
        for number, hunk in enumerate(upstream, 1):
            out += new[hunk.b0 - (hunk.a0 - at) : hunk.b0]  # what both have: as theirs has it, keywords and all
            out += new[hunk.b0 : hunk.b1] if number in wanted else old[hunk.a0 : hunk.a1]
            at = hunk.a1
        out += new[len(new) - (len(old) - at) :] if len(old) > at else ()
        return Version(b"".join(out), theirs.mode)


def hunk_digests(merger: FileMerger, base: Version, theirs: Version) -> tuple[str, ...]:
    """A digest of each of upstream's hunks, by which a decision knows it again: of what it removes and adds."""
    old, new = merger.table.lines(base.content).raw, merger.table.lines(theirs.content).raw
    found = []
    for hunk in merger.upstream_hunks(base.content, theirs.content):
        lines = [b"-" + line for line in old[hunk.a0 : hunk.a1]] + [b"+" + line for line in new[hunk.b0 : hunk.b1]]
        found.append(hashlib.sha256(b"".join(lines)).hexdigest()[:12])
    return tuple(found)


def words(decision: Decision) -> str:
    """A decision as a reason."""
    match decision.kind:
        case DecisionKind.DEFER:
            until = f" {decision.until.words()}" if decision.until is not None else ""
            return f"deferred{until}: {decision.said()}"
        case DecisionKind.NOT_APPLICABLE:
            return f"not applicable: {decision.said()}"
        case _:
            return f"skipped: {decision.said()}"
