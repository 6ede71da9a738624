"""Which upstream version an ident line means: by file name, revision, date and author over all of upstream's history.

An ident line seldom names a folder, and 100 upstream folders have a Makefile. Name, revision and date together nearly
always mean one version; where several fit (one commit gave the same file to every architecture), the folders that the
two paths share decide, and where those do not, all of them are told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from portkit.change import ident
from portkit.paths import RepoPath, name
from portkit.survey.model import Candidate, Recorded, Standing

_SLACK = 2 * 86400
"""How far the date in an ident line may be from its commit's (a conversion from CVS joins commits of some minutes)."""
_CLOSE = 600
_ATTIC = "Attic"


@dataclass(frozen=True, slots=True)
class Event:
    """One upstream change of a file: its position in the history, changeset, date, and the blob ("" for a deletion)."""

    position: int
    changeset: str
    date: int
    oid: str


Lives = Mapping[RepoPath, Sequence[Event]]
"""Upstream path to its changes, oldest first."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an ident line was found to mean: `candidates` (path, index in its life), the best first; one where it is
    `RESOLVED`. `by_path`: the folders had to decide."""

    standing: Standing
    candidates: tuple[tuple[RepoPath, int], ...] = ()
    by_path: bool = False
    note: str = ""


class Resolver:
    """Resolves ident lines against `lives`, upstream files by their path. `idents` gives of blobs what their own ident
    lines say (`survey.tasks`); `newest`: the date of upstream's newest changeset."""

    def __init__(self, lives: Lives, idents: Callable[[Iterable[str]], Mapping[str, str]], newest: int) -> None:
        self._lives = lives
        self._idents = idents
        self._newest = newest
        self._named: dict[str, list[RepoPath]] = defaultdict(list)
        for path in lives:
            self._named[name(path)].append(path)

    def resolve(self, wanted: Sequence[tuple[RepoPath, Recorded]]) -> list[Meaning]:
        """What each ident line, in the target file beside it, means; in order."""
        near = [self._near(recorded) for _, recorded in wanted]
        known = self._idents({oid for found in near for _, _, oid in found})
        result: list[Meaning | None] = []
        later: list[int] = []
        for at, ((target, recorded), found) in enumerate(zip(wanted, near, strict=True)):
            same = f"{recorded.revision} {recorded.date} {recorded.author}"
            fitting = [(path, index) for path, index, oid in found if known.get(oid) == same]
            fitting = fitting or _of_revision(found, known, recorded)
            if not ident.on_trunk(recorded.revision):
                result.append(Meaning(Standing.BRANCH, note=f"{recorded.revision} stands on a branch of upstream's"))
            elif fitting:
                result.append(self._best(target, recorded, fitting))
            else:
                result.append(None)
                later.append(at)
        every = {at: self._every(wanted[at][1]) for at in later}
        known = self._idents({oid for found in every.values() for _, _, oid in found})
        for at in later:
            target, recorded = wanted[at]
            result[at] = self._apart(target, recorded, _of_revision(every[at], known, recorded))
        return [one for one in result if one is not None]

    def _near(self, recorded: Recorded) -> list[tuple[RepoPath, int, str]]:
        """The versions of files of that name whose commit is near the ident line's date."""
        return [
            (path, index, event.oid)
            for path in self._named.get(recorded.name, ())
            for index, event in enumerate(self._lives[path])
            if event.oid and abs(event.date - recorded.date) <= _SLACK
        ]

    def _every(self, recorded: Recorded) -> list[tuple[RepoPath, int, str]]:
        if recorded.date > self._newest + _SLACK:
            return []
        return [
            (path, index, event.oid)
            for path in self._named.get(recorded.name, ())
            for index, event in enumerate(self._lives[path])
            if event.oid
        ]

    def _apart(self, target: RepoPath, recorded: Recorded, fitting: list[tuple[RepoPath, int]]) -> Meaning:
        """An ident line whose date no commit bears: a person may have mended it, or upstream's history is too
        short."""
        if recorded.date > self._newest:
            guess = self._guess(target, recorded)
            return Meaning(Standing.NEWER, guess, note="newer than the upstream history at hand")
        if recorded.name not in self._named:
            return Meaning(Standing.UNKNOWN, note=f"upstream never had a file {recorded.name}")
        if fitting:
            found = self._best(target, recorded, fitting)
            note = "no commit of upstream's bears the ident line's date"
            if found.standing is Standing.RESOLVED and len(fitting) == 1:
                return Meaning(Standing.RESOLVED, found.candidates, True, note)
            return Meaning(Standing.AMBIGUOUS, found.candidates, True, note)
        return Meaning(
            Standing.UNKNOWN, self._guess(target, recorded), note=f"no {recorded.name} of upstream's has that revision"
        )

    def _guess(self, target: RepoPath, recorded: Recorded) -> tuple[tuple[RepoPath, int], ...]:
        """Which file it is, whatever the version."""
        paths = self._named.get(recorded.name, ())
        best = self._alike(target, recorded, paths)
        return tuple((path, -1) for path in best[:1]) if len(best) == 1 else ()

    def _best(self, target: RepoPath, recorded: Recorded, fitting: list[tuple[RepoPath, int]]) -> Meaning:
        """The one of `fitting` that is meant; all of the likeliest, where that cannot be told."""
        close = [one for one in fitting if abs(self._date(one) - recorded.date) <= _CLOSE] or fitting
        least = {
            path: min((abs(self._date((other, at)) - recorded.date), -at) for other, at in close if other == path)
            for path, _ in close
        }
        paths = sorted(least)
        if len(paths) == 1:
            return Meaning(Standing.RESOLVED, ((paths[0], -least[paths[0]][1]),), len(fitting) > len(close))
        best = self._alike(target, recorded, paths)
        found = tuple((path, -least[path][1]) for path in best)
        if len(best) == 1:
            return Meaning(Standing.RESOLVED, found, True)
        rest = tuple((path, -least[path][1]) for path in paths if path not in best)
        return Meaning(Standing.AMBIGUOUS, found + rest, True, f"{len(paths)} upstream files bear this ident line")

    def _date(self, one: tuple[RepoPath, int]) -> int:
        return self._lives[one[0]][one[1]].date

    def _alike(self, target: RepoPath, recorded: Recorded, paths: Iterable[RepoPath]) -> list[RepoPath]:
        """Those of `paths` that are most like the path in the ident line and the target's."""
        written = [part for part in recorded.path.split("/")[:-1] if part != _ATTIC]
        scores: dict[RepoPath, tuple[int, int, int]] = {}
        for path in paths:
            own = path.split("/")[:-1]
            scores[path] = (_tail(written, own), *likeness(target, path))
        most = max(scores.values(), default=(0, 0, 0))
        return sorted(path for path, score in scores.items() if score == most)


def _of_revision(
    found: Iterable[tuple[RepoPath, int, str]], known: Mapping[str, str], recorded: Recorded
) -> list[tuple[RepoPath, int]]:
    """Those of `found` whose ident lines name the same revision, whatever their date and author."""
    return [
        (path, index) for path, index, oid in found if known.get(oid, "").partition(" ")[0] == recorded.revision
    ]


def likeness(one: str, other: str) -> tuple[int, int]:
    """How much of the folders of two paths is the same: parts from the end, then parts at all."""
    a, b = one.split("/")[:-1], other.split("/")[:-1]
    return _tail(a, b), len(set(a) & set(b))


def _tail(a: Sequence[str], b: Sequence[str]) -> int:
    count = 0
    for one, other in zip(reversed(a), reversed(b), strict=False):
        if one != other:
            break
        count += 1
    return count


def candidates(lives: Lives, meaning: Meaning) -> tuple[Candidate, ...]:
    """The versions that `meaning` names, those without a version left out."""
    return tuple(Candidate(path, lives[path][index].changeset) for path, index in meaning.candidates if index >= 0)
