"""The draft of a port: what fits and waits, placed on top of what landed.

A hunk whose place is certain, and which makes no sense without something that did not land, is where the person begins
who finishes the port by hand. So it is put there, changeset by changeset, on the files as the branch leaves them; and
what upstream did later to these lines is tried there, too. What would be wrong even after the rest is done by hand (the
target has it in its own words) goes nowhere. The gate is the branch's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from portkit.merge import companions
from portkit.merge.fate import Fate
from portkit.merge.file import Version
from portkit.merge.pieces import code, telling
from portkit.merge.placing import Placed, Placer, Placing
from portkit.paths import RepoPath, name
from portkit.sync.cousin import Cousin


@dataclass(frozen=True, slots=True)
class Drafted:
    """What the draft takes of one file's change: `taken` are its hunks, as they stand there, by number, and why each
    waits; `refused` says of those that fit the branch why they do not stand there. `result` is the draft's file."""

    one: Cousin
    taken: Mapping[int, tuple[Placing, str]]
    refused: Mapping[int, str]
    result: Version


class Draft:
    """The draft of one component. `branch` gives a file as the branch leaves it, `known` what is known beyond a file
    when a changeset's files are looked at."""

    def __init__(
        self,
        placer: Placer,
        branch: Callable[[RepoPath], Version | None],
        known: Callable[[Cousin, Sequence[Cousin]], companions.Known],
    ) -> None:
        self._placer = placer
        self._branch = branch
        self._known = known
        self._files: dict[RepoPath, bytes] = {}
        self._touched: dict[tuple[RepoPath, str], str] = {}

    def take(self, files: Sequence[Cousin]) -> Iterator[Drafted]:
        """What the draft takes of a changeset, file by file, those of which it takes nothing left out unless they had
        something that fits; in upstream's order."""
        for one in files:
            version = self._branch(one.pick.target)
            if version is None:
                continue
            found = self._taken(one, files, version)
            if found is not None:
                yield found

    def _taken(self, one: Cousin, files: Sequence[Cousin], version: Version) -> Drafted | None:
        ready = {placing.number for placing in one.placed.hunks if placing.fate is Fate.READY}
        later = {placing.number for placing in one.placed.hunks if self._may_build(one, placing)}
        wanted = ready | later
        if not wanted:
            return None
        branch = version.content
        before = self._files.get(one.pick.target, branch)
        refused: dict[int, str] = {}
        alone: dict[int, bool] = {}
        once_more: set[int] = set()
        seen: set[int] = set()
        while True:
            placed = self._placed(one, before, wanted)
            bad: dict[int, str] = {}
            for placing in placed.hunks:
                if placing.number not in wanted:
                    continue
                if placing.fate is not Fate.PLACED:
                    bad[placing.number] = placing.reason or "the target has it already, once what landed is there"
                elif placing.number in later:
                    if placing.number not in alone:
                        only = self._placed(one, branch, {placing.number}).hunks[placing.number - 1]
                        alone[placing.number] = only.fate is Fate.PLACED
                    if alone[placing.number]:  # it needs nothing of the draft: it did not fit in its time
                        bad[placing.number] = "it fits only where what came later has landed"
            unfit = bad.keys() & ready
            bad |= {number: "it only tells of what does not land" for number in wanted & ready - bad.keys()
                    if self._only_tells(one, number)}  # fmt: skip
            bad = bad or self._against(one, files, branch, before, placed)
            if not bad and not once_more:
                break
            refused |= bad
            wanted = wanted - bad.keys()
            once_more |= unfit - seen
            seen |= unfit
            if not bad:  # what did not fit beside one that was then refused
                wanted, once_more = wanted | once_more, set()
        taken = {placing.number: (placing, self._why(one, placing.number))
                 for placing in placed.hunks if placing.number in wanted}  # fmt: skip
        for placing, _ in taken.values():
            self._note(one, placing)
        self._files[one.pick.target] = placed.content
        return Drafted(
            one, taken, {number: why for number, why in refused.items() if number in ready - taken.keys()},
            Version(placed.content, version.mode),
        )  # fmt: skip

    def _placed(self, one: Cousin, ours: bytes, wanted: Collection[int]) -> Placed:
        known = {
            placing.number: replace(placing, fate=Fate.ALREADY if _there(placing) else Fate.LEFT)
            for placing in one.placed.hunks if placing.number not in wanted
        }  # fmt: skip
        return self._placer.place(one.base, ours, one.theirs, known=known)

    def _against(
        self, one: Cousin, files: Sequence[Cousin], branch: bytes, before: bytes, placed: Placed
    ) -> dict[int, str]:
        pieces = self._placer.pieces
        taken: set[bytes] = set()
        for other in files:
            lines = self._placer.table.lines(other.base).raw
            for placing in other.placed.hunks:
                if placing.fate in (Fate.LEFT, Fate.READY):
                    taken |= companions.names_in(lines[placing.hunk.a0 : placing.hunk.a1])
        return companions.against(
            one.pick.target, placed, pieces(before), pieces(one.theirs), pieces(one.base), pieces(placed.content),
            self._known(one, files), frozenset(taken), pieces(branch),
        )  # fmt: skip

    def _only_tells(self, one: Cousin, number: int) -> bool:
        """Whether a hunk of a function is all comment: it is about code that waits, or is there in other words."""
        placing = one.placed.hunks[number - 1]
        hunk, lines = placing.hunk, self._placer.table.lines
        both = lines(one.base).raw[hunk.a0 : hunk.a1] + lines(one.theirs).raw[hunk.b0 : hunk.b1]
        comments = one.pick.target.endswith(companions.C_FILES) and bool(placing.counterpart)
        return comments and any(map(telling, both)) and not any(code(raw).strip() for raw in both)

    def _may_build(self, one: Cousin, placing: Placing) -> bool:
        """Whether a hunk may stand on what only the draft has: it stands in a function that the draft changed."""
        if placing.fate not in (Fate.LEFT, Fate.ALREADY) or placing.number in one.carried:
            return False
        return (one.pick.target, placing.function) in self._touched

    def _note(self, one: Cousin, placing: Placing) -> None:
        """Notes the functions that a hunk changes or brings."""
        revision = one.pick.revision or ""
        where = f"hunk {placing.number} of {name(one.pick.upstream)}"
        where += f" {revision}" if revision[:1].isdigit() else ""
        names = {placing.function}
        pieces = self._placer.pieces(one.theirs)
        names |= {piece.name for piece in pieces.all
                  if placing.hunk.b0 <= piece.start and piece.end <= placing.hunk.b1}  # fmt: skip
        for function in names:
            self._touched[one.pick.target, function] = where

    def _why(self, one: Cousin, number: int) -> str:
        placing = one.placed.hunks[number - 1]
        if placing.fate is Fate.READY:
            return one.held.get(number, placing.reason)
        return f"it stands on what waits: {self._touched[one.pick.target, placing.function]}"


def _there(placing: Placing) -> bool:
    return placing.fate in (Fate.PLACED, Fate.ALREADY)
