"""One conflict, opened for a person and settled: the question that is put, and what an answer amounts to.

Pure: how the question reaches the person, and where the answer is kept, is known outside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from portkit.decisions.answer import Question, akin, edits, marker_left, marker_size
from portkit.decisions.ids import ChangeId
from portkit.decisions.resolution import Place, Resolution, Resolutions, Whole, digest, name_of, same_but_keywords
from portkit.errors import PortkitError, UserError
from portkit.merge.file import Clash, FileMerger, Version
from portkit.merge.gate import Verdict
from portkit.merge.kinds import Gate
from portkit.sync.outcome import Conflict, State
from portkit.sync.pick import Pick
from portkit.sync.replay import Replayed
from portkit.sync.replay_outcome import conflict_of
from portkit.sync.resolved import Resolver
from portkit.text import is_binary, printable


@dataclass(frozen=True, slots=True)
class OpenFile:
    """One file of a parked changeset, with those of its conflicts that are to be settled."""

    one: Replayed
    pick: Pick
    clashes: tuple[tuple[Clash, Conflict], ...]
    resolver: Resolver
    merger: FileMerger

    @property
    def id(self) -> str:
        """The lasting id of the first conflict."""
        return self.clashes[0][1].id

    @property
    def sides(self) -> tuple[Version | None, Version | None, Version | None]:
        """base, ours, theirs."""
        return self.pick.base, self.one.ours.get(self.pick.target), self.pick.theirs

    @property
    def binary(self) -> bool:
        return any(side is not None and is_binary(side.content) for side in self.sides)

    @property
    def key(self) -> str:
        """What the three sides are: an answer that was begun for others is none for these."""
        text = "\0".join([*map(digest, self.sides), *(conflict.id for _, conflict in self.clashes)])
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def question(self) -> Question | None:
        """The file, cut at its places; None where the conflict is of the whole file."""
        base, ours, theirs = self.sides
        if base is None or ours is None or theirs is None:
            return None
        parts = self.resolver.question(self.pick.file, base, ours, theirs, [clash for clash, _ in self.clashes])
        if not parts:
            return None
        size = marker_size(*(side.content for side in (base, ours, theirs)))
        return Question(parts, tuple((clash.base, clash.ours, clash.theirs) for clash, _ in self.clashes), size)

    def beginning(self) -> bytes:
        """What a person begins from where the conflict is of the whole file: the merge's result where the gate refused
        it, else the side that is there."""
        base, ours, theirs = self.sides
        kept = self._merged() if base is not None and ours is not None and theirs is not None else ours or theirs
        return kept.content if kept is not None else b""

    def side(self, name: str) -> Version | None:
        """The file with the side `name` ("ours" or "theirs") in its places."""
        base, ours, theirs = self.sides
        question = self.question()
        if question is not None and ours is not None:
            at = 1 if name == "ours" else 2
            return Version(question.filled([place[at] for place in question.places]), ours.mode)
        if name == "ours":
            return ours
        return self._merged() if base is not None and ours is not None and theirs is not None else theirs

    def given(self, content: bytes) -> Version:
        """The file with `content`, in the mode that it has."""
        _, ours, theirs = self.sides
        return Version(content, (ours or theirs or Version(b"", 0o100644)).mode)

    def _merged(self) -> Version | None:
        return self.resolver.merge(self.pick.file, *self.sides).result


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of one file: its resolutions, and what the gate says of the result."""

    file: OpenFile
    resolutions: tuple[Resolution, ...]
    verdict: Verdict


def open_files(
    component: str,
    results: Sequence[Replayed],
    changeset: str,
    wanted: ChangeId,
    resolutions: Resolutions,
    fold: tuple[str, ...] = (),
) -> Iterator[OpenFile]:
    """The files of `changeset` (a full hash) in which something clashes that `wanted` names. Raises UserError where
    that is nothing."""
    every = (one for one in results if changeset in {part.changeset.id for part in one.picked.joined or (one.picked,)})
    one = next(every, None)
    if one is None:
        hint = "--onto and --until say what is looked at"
        raise UserError(f"{wanted.text} is not among what a sync looks at", where="ID", hint=hint)
    if one.state not in (State.CONFLICT, State.FLAGGED):
        why = f": {one.reason}" if one.reason else ""
        raise UserError(f"{wanted.text} is {one.state} and has no conflict of its own{why}", where="ID")
    found = False
    for pick, merge in zip(one.picked.files, one.merges, strict=True):
        clashes = [(clash, conflict_of(component, pick, clash)) for clash in merge.clashes]
        if wanted.conflict:
            clashes = [both for both in clashes if both[1].id.startswith(wanted.conflict)]
        elif wanted.path and wanted.path not in (pick.upstream, pick.target):
            continue
        if wanted.hunk:
            clashes = [both for both in clashes if both[1].hunk == wanted.hunk]
        if clashes:
            found = True
            merger = FileMerger(fold)
            yield OpenFile(one, pick, tuple(clashes), Resolver(resolutions, merger), merger)
    if not found:
        what = "nothing clashes there" if wanted.path else "nothing in it clashes"
        hint = "decide on it, or port what it lacks: portkit decide --help"
        raise UserError(f"{wanted.text}: {what}; {one.reason}", where="ID", hint=hint)


def settled(file: OpenFile, content: Version | None, who: str, note: str, *, side: str, whole: bool) -> Settled:
    """What `content` (None: the file is deleted) amounts to; `side`: it is "ours" or "theirs" and needs no look;
    `whole`: lines outside of the places are meant, too. Raises UserError where it cannot be a resolution."""
    question = file.question()
    if content is not None and not side:
        _look(file, content.content)
    answers = question.answers(content.content) if question is not None and content is not None else None
    if question is not None and content is not None and answers is None and not whole:
        lines = question.strays(content.content)
        told = ", ".join(map(str, lines[:5])) + (f" and {len(lines) - 5} more" if len(lines) > 5 else "")
        raise UserError(
            f"lines outside of the conflict were changed: {told}", where=file.pick.target,
            hint="leave them as they were; where they are meant, too: --whole",
        )  # fmt: skip
    if answers is not None and not whole:
        made = tuple(
            _resolution(file, conflict, Place(clash.base, clash.ours, clash.theirs, answer), who, note)
            for (clash, conflict), answer in zip(file.clashes, answers, strict=True)
        )
    else:
        made = (_resolution(file, file.clashes[0][1], _whole(file, content, side), who, note),)
    _surely(file, made, content)
    left = file.merger.merge(*file.sides).clashes
    whole_file = whole or len(left) == len(file.clashes)  # else upstream's side still stands in other places
    return Settled(file, made, file.merger.judged(*file.sides, content) if whole_file else Verdict(Gate.NONE))


def _look(file: OpenFile, content: bytes) -> None:
    """Refuses what is no answer, whatever the conflict is."""
    sides = [version.content for version in file.sides if version is not None]
    left = marker_left(content, *sides)
    if left:
        raise UserError("a conflict marker is left: it is not resolved yet", where=f"{file.pick.target}:{left}")
    if not akin(content, *sides):
        what = f"what is given shares less than half of its lines with {file.pick.target}: it is another file"
        raise UserError(what, where=file.id, hint="give the whole file, resolved, not a part of it or a diff")


def _whole(file: OpenFile, content: Version | None, side: str) -> Whole:
    base, ours, theirs = file.sides
    plain = Whole(digest(base), digest(ours), digest(theirs))
    if side and content == (ours if side == "ours" else theirs):
        return replace(plain, take=side)
    if content is None:
        return plain
    before = ours.content if ours is not None else b""
    return replace(plain, mode=content.mode, edits=edits(before, content.content))


def _resolution(file: OpenFile, conflict: Conflict, answer: Place | Whole, who: str, note: str) -> Resolution:
    revision = file.pick.file
    return Resolution(
        name_of(revision, conflict.id, answer), revision, conflict.id, answer,
        hunk=conflict.hunk, kind=conflict.kind, function=printable(conflict.function).replace("\n", " "),
        changeset=file.one.picked.changeset.id, who=who, note=note,
    )  # fmt: skip


def _surely(file: OpenFile, made: Sequence[Resolution], content: Version | None) -> None:
    """Nothing is kept that would not come to what was meant."""
    merge = file.resolver.beside(made).merge(file.pick.file, *file.sides)
    if merge.lands and not same_but_keywords(merge.result, content):
        raise PortkitError(f"the resolution of {file.pick.target} does not come to what was given")
    if not {one.name for one in made} <= set(merge.resolutions):
        hint = "--whole keeps the file as it is given"
        raise UserError(f"{file.pick.target} cannot be resolved place by place", where=file.id, hint=hint)
