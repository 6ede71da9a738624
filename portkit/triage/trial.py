"""Trial merges: would this hunk fit, if that local change were not there, or that changeset were?

A trial begins at the target's file as it stands before the sync and carries everything that is pending up to the
conflict, as the replay does. So what it says is what the next sync will find. A cheaper look at the file as the
replay left it comes first: most suspects are cleared there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portkit.change.linediff import Hunk
from portkit.decisions.resolution import Resolutions
from portkit.merge.file import FileMerge, FileMerger, Version
from portkit.merge.kinds import Gate
from portkit.sync.pick import Pick
from portkit.sync.replay import NO_RESOLUTIONS
from portkit.sync.resolved import Resolver
from portkit.text import split_lines


@dataclass(frozen=True, slots=True)
class Undo:
    """A local change that is taken back: `hunks` of the step from `before` (None: it added the file) to `after` (None:
    it deleted the file); all of it where there are none."""

    before: Version | None
    after: Version | None
    hunks: tuple[Hunk, ...] = ()

    def reverted(self) -> Version | None:
        """`after` with the hunks taken back."""
        if self.before is None or self.after is None or not self.hunks:
            return self.before
        old, new = split_lines(self.before.content), split_lines(self.after.content)
        result: list[bytes] = []
        at = 0
        for hunk in self.hunks:
            result += [*new[at : hunk.b0], *old[hunk.a0 : hunk.a1]]
            at = hunk.b1
        return Version(b"".join(result + new[at:]), self.after.mode)


@dataclass(frozen=True, slots=True)
class Take:
    """An upstream change of the file that is made: `position` is that of its changeset in upstream's history."""

    position: int
    pick: Pick


Act = Undo | Take


class Trials:
    """The trials of one conflict: upstream's hunk number `hunk` (0: the whole file) of `pick`. `before`: what is
    replayed on the file ahead of it, with positions; `start` is the target's file before all that, `ours` after it."""

    def __init__(
        self,
        merger: FileMerger,
        before: Sequence[tuple[int, Pick]],
        pick: Pick,
        hunk: int,
        start: Version | None,
        ours: Version | None,
        resolutions: Resolutions = NO_RESOLUTIONS,
    ) -> None:
        self._merger = merger
        self._resolver = Resolver(resolutions, merger)
        self._before = tuple(before)
        self._pick = pick
        self._hunk = hunk
        self._start = start
        self._ours = ours
        self._alone = self._only(hunk)
        self.merges = 0

    def clean(self, acts: Sequence[Act]) -> bool:
        """Whether the hunk is clean and faithful after `acts`: local changes taken back, the newest first, changesets
        taken before everything that is pending."""
        quick = self._acted(self._ours, acts)
        if quick is not None and not self._fits(quick[0]):
            return False
        started = self._acted(self._start, acts)
        return started is not None and self._fits(self._carried(started[0], ()))

    def clean_in_order(self, acts: Sequence[Act]) -> bool:
        """The same, with the changesets taken each in its place among what is pending."""
        undone = self._acted(self._start, [act for act in acts if isinstance(act, Undo)])
        takes = [act for act in acts if isinstance(act, Take)]
        return undone is not None and self._fits(self._carried(undone[0], takes))

    def _acted(self, version: Version | None, acts: Sequence[Act]) -> tuple[Version | None] | None:
        """The file after `acts`; None where one of them does not fit."""
        for act in acts:
            match act:
                case Undo():
                    if version == act.after:
                        version = act.reverted()
                        continue
                    merge = self._merged(act.after, version, act.reverted())
                    if merge.clashes:
                        return None
                case Take():
                    merge = self._merged(act.pick.base, version, act.pick.theirs)
                    if merge.clashes or merge.gate is not Gate.FAITHFUL:
                        return None
            version = merge.result
        return (version,)

    def _carried(self, version: Version | None, takes: Sequence[Take]) -> Version | None:
        """The file with everything on it that comes before the conflict, as the draft has it."""
        todo = [*self._before, *((take.position, take.pick) for take in takes)]
        for _, pick in sorted(todo, key=lambda one: one[0]):
            self.merges += 1
            version = self._resolver.merge(pick.file, pick.base, version, pick.theirs).result
        return version

    def _fits(self, ours: Version | None) -> bool:
        merge = self._merged(self._pick.base, ours, self._pick.theirs)
        if merge.lands:
            return True
        if not self._hunk or any(clash.hunk in (0, self._hunk) for clash in merge.clashes):
            return False
        # Others still clash: the gate was not asked, or stopped at one of them. Then this hunk is tried by itself.
        return self._alone is not None and self._merged(self._pick.base, ours, self._alone).lands

    def _only(self, number: int) -> Version | None:
        """Upstream's file before the change, with its hunk `number` and nothing else."""
        base, theirs = self._pick.base, self._pick.theirs
        if base is None or theirs is None or not number:
            return None
        every = self._merger.upstream_hunks(base.content, theirs.content)
        if number > len(every):
            return None
        hunk = every[number - 1]
        old, new = split_lines(base.content), split_lines(theirs.content)
        return Version(b"".join([*old[: hunk.a0], *new[hunk.b0 : hunk.b1], *old[hunk.a1 :]]), base.mode)

    def _merged(self, base: Version | None, ours: Version | None, theirs: Version | None) -> FileMerge:
        self.merges += 1
        return self._merger.merge(base, ours, theirs)
