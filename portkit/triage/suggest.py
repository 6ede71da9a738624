"""What a card suggests doing, in sentences with commands. Nothing of it is ever done unseen."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence

from portkit.decisions.resolution import Place, Resolutions
from portkit.merge.diff3 import Region
from portkit.merge.file import Clash, Version
from portkit.merge.gate import check
from portkit.merge.kinds import Gate
from portkit.sync.pick import Pick
from portkit.text import decode, split_lines
from portkit.triage.card import Card, CauseKind, Proof, Suggestion
from portkit.triage.order import Order
from portkit.triage.words import merged_words

Tool = Callable[[bytes, bytes, bytes, str], bytes | None]
"""Merges base, ours and theirs of a file of that name; None where it has no clean answer."""

_NOBODY: Mapping[str, Tool] = {}


def of_words(pick: Pick, ours: Version, place: Region, tools: Mapping[str, Tool] = _NOBODY) -> Iterator[Suggestion]:
    """Merges of one place by words, as diffs of the target's file: portkit's own, then each tool's that has another
    answer. The gate is asked of each, and what it says stands beside it."""
    if pick.base is None or pick.theirs is None:
        return
    base, mine, theirs = (split_lines(one.content) for one in (pick.base, ours, pick.theirs))
    inside = (
        b"".join(base[place.base0 : place.base1]),
        b"".join(mine[place.ours0 : place.ours1]),
        b"".join(theirs[place.theirs0 : place.theirs1]),
    )
    alone = _alone(pick.base, pick.theirs, place)
    answers: dict[bytes, str] = {}
    merged = merged_words(*inside)
    if merged is not None:
        answers[b"".join([*mine[: place.ours0], merged, *mine[place.ours1 :]])] = "portkit"
    for name, tool in tools.items():
        answer = tool(pick.base.content, ours.content, alone, pick.target)
        if answer is not None and answer not in (ours.content, alone):
            answers.setdefault(answer, name)
    for content, name in answers.items():
        verdict = check(pick.base.content, ours.content, alone, content)
        said = "faithful" if verdict.gate is Gate.FAITHFUL else verdict.reason or str(verdict.gate)
        who = "a merge by words is clean" if name == "portkit" else f"{name} has a clean merge"
        yield Suggestion(
            "word-merge", f"{who}; it is not checked by anyone yet", (), _diff(pick.target, ours.content, content), said
        )


def of_resolutions(pick: Pick, ours: Version, clash: Clash, id: str, resolutions: Resolutions) -> Iterator[Suggestion]:
    """How people settled the same three sides in another file or revision, as a diff of this one; and that this very
    conflict was settled before, when a side was another."""
    for one in resolutions.every:
        if one.conflict == id:
            yield Suggestion("resolution", f"it was settled before, and a side changed since: {one.name}")
    place = clash.place
    if place is None or pick.base is None or pick.theirs is None:
        return
    for one in resolutions.like(clash.base, clash.ours, clash.theirs):
        if isinstance(one.answer, Place) and one.conflict != id:
            mine = split_lines(ours.content)
            content = b"".join([*mine[: place.ours0], one.answer.result, *mine[place.ours1 :]])
            verdict = check(pick.base.content, ours.content, _alone(pick.base, pick.theirs, place), content)
            said = verdict.reason or str(verdict.gate)
            text = f"the same three sides were settled before, in {one.file}: {one.name}"
            yield Suggestion("resolution", text, (), _diff(pick.target, ours.content, content), said)


def of_order(card: Card, component: str, changeset: str, order: Order) -> Iterator[Suggestion]:
    """What to take first, and what resolving this frees."""
    name = shlex.quote(component)
    for cause in card.causes:
        if cause.kind is CauseKind.MISSING_CHANGESET and cause.proof is Proof.CONFIRMED:
            first = f"take {cause.ref[:10]} first: then this fits as it is"
            command = f"portkit sync {name} --changeset {cause.ref[:12]}"
            if cause.in_order:
                first = f"have {cause.ref[:10]} taken in its place: then this fits as it is"
                command = f"portkit decide reopen {cause.ref[:12]} --reason TEXT"
            if cause.together:
                first += f" (with {' and '.join(one[:10] for one in cause.together)})"
            yield Suggestion("order", first, (command,))
    for step in order.steps:
        if changeset not in step.roots or not step.frees:
            continue
        count = "1 changeset" if len(step.frees) == 1 else f"{len(step.frees)} changesets"
        others = [root[:10] for root in step.roots if root != changeset]
        with_ = f" together with {' and '.join(others)}" if others else ""
        found = "tried, with upstream's side" if step.tried else "by what waits for what"
        yield Suggestion("order", f"resolve this{with_}: {count} then {_fit(step.frees)} ({found})")
        return


def _alone(base: Version, theirs: Version, place: Region) -> bytes:
    """Upstream's file before its change, with what it does at `place` and nothing else."""
    old, new = split_lines(base.content), split_lines(theirs.content)
    return b"".join([*old[: place.base0], *new[place.theirs0 : place.theirs1], *old[place.base1 :]])


def _fit(frees: Sequence[str]) -> str:
    return "fits as it is" if len(frees) == 1 else "fit as they are"


def _diff(path: str, old: bytes, new: bytes) -> str:
    lines = difflib.unified_diff(
        decode(old).split("\n"), decode(new).split("\n"), f"a/{path}", f"b/{path}", n=3, lineterm=""
    )
    return "\n".join(lines) + "\n"
