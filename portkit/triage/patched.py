"""Why a local patch no longer fits: which of upstream's changesets changed the lines that it changes, and what the tree
has that nobody accounts for. Each guess is tried by carrying the file on, before the changeset and after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from portkit.change.changeset import Changeset
from portkit.merge.file import FileMerger, Version
from portkit.merge.kinds import ConflictKind
from portkit.patches.rawlines import raw_hunks
from portkit.patches.refresh import Card as PatchCard
from portkit.patches.refresh import CardKind, carried_onto
from portkit.patches.series import Step
from portkit.paths import RepoPath
from portkit.protocols import FileStep
from portkit.sync.outcome import Conflict
from portkit.text import split_lines
from portkit.triage.card import Card, Cause, CauseKind, Excerpt, Proof, Span, Suggestion
from portkit.triage.places import excerpt, lines_of

_CAUSES = 6
_REASON = 300


@dataclass(frozen=True, slots=True)
class Upstream:
    """One of upstream's versions of a file, and who made it."""

    changeset: Changeset
    version: Version | None


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the cards of one component's series are explained by. `folder`: where its patches lie; `upstream`: each
    file's versions, oldest first, from the baseline that the series stands on to the new one; `labels`: what the new
    one is called; `parked`: changesets that did not land; `lives`: who made the target's file what it is, newest first;
    `scope`: the options that the commands need to mean the same run."""

    component: str
    folder: str
    steps: Sequence[Step]
    upstream: Mapping[RepoPath, Sequence[Upstream]]
    labels: Mapping[RepoPath, str]
    merger: FileMerger
    parked: Collection[str]
    lives: Callable[[RepoPath], Sequence[tuple[FileStep, Version | None, Version | None]]]
    scope: str = ""


def conflict_of_patch(component: str, card: PatchCard, label: str) -> Conflict:
    """The card as a conflict. It is known by patch, path, the new baseline's revision and its place, so that the next
    run finds it under the same id."""
    hunk = card.clash.hunk or card.number
    key = "\0".join((component, "patch", card.patch, card.path, label, str(hunk), str(card.number), card.kind))
    digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    clash = card.clash
    return Conflict(
        f"c-{digest}", ConflictKind.PATCH, card.path, clash.function, clash.hunk, clash.reason, clash.base, clash.ours,
        clash.theirs,
    )  # fmt: skip


def explained(card: PatchCard, grounds: Grounds) -> Card:
    """The card with its causes, each with its proof, and what may be done."""
    id = conflict_of_patch(grounds.component, card, grounds.labels.get(card.path, "")).id
    match card.kind:
        case CardKind.LEFTOVER:
            causes = tuple(_left(card, grounds))
        case CardKind.MERGE:
            causes = (_patch(card, grounds), *_changed(card, grounds))
        case CardKind.LOST:
            causes = (_patch(card, grounds),)
    if not causes:
        why = "nothing can be named: neither history says who made the difference"
        causes = (Cause(CauseKind.DRIFT, "", why, Proof.UNTESTED, file=card.path),)
    tried = sum(cause.proof is not Proof.UNTESTED for cause in causes)
    suggestions = tuple(_suggested(id, card, causes, grounds))
    return Card(id, causes, (), len(causes), tried, False, suggestions, *_excerpts(card))


def _patch(card: PatchCard, grounds: Grounds) -> Cause:
    """The patch itself, by its name and reason. Tried: the rest of the series without it, and without those that build
    on it."""
    step = next(step for step in grounds.steps if step.patch.name == card.patch)
    headers = step.patch.headers
    paragraph = " ".join(headers.body.partition("\n\n")[0].split())
    why = f"it changes the lines in question: {headers.subject}" + (f" ({paragraph})" if paragraph else "")
    author = headers.author.partition("<")[0].strip().strip('"')
    spans: list[Span] = []
    proof = Proof.UNTESTED
    passed = [card.patch]
    if card.kind is CardKind.MERGE:
        before, after = (version.content if version is not None else b"" for version in (card.sides[0], card.sides[2]))
        place = card.clash.region
        for hunk in raw_hunks(before, after):
            if place is None or (hunk.a0 <= place.base1 and place.base0 <= hunk.a1):
                spans.append(lines_of(hunk))
        every = grounds.upstream.get(card.path, ())
        if every:
            proof = Proof.CONFIRMED
            while lost := carried_onto(card.path, grounds.steps, every[-1].version, grounds.merger, without=passed)[0]:
                passed.append(lost)
    return Cause(
        CauseKind.LOCAL_PATCH, f"{grounds.folder}/{card.patch}", why[:_REASON], proof, headers.subject, author,
        0, card.path, tuple(spans), tuple(f"{grounds.folder}/{name}" for name in passed[1:]),
    )  # fmt: skip


def _changed(card: PatchCard, grounds: Grounds) -> Iterator[Cause]:
    """The changesets that changed the lines which the patch changes, too. Confirmed: the patch fits upstream's file as
    it was just before it, and not as it was after."""
    gone, come = _telling(card.clash.base, card.clash.ours), _telling(card.clash.ours, card.clash.base)
    every = grounds.upstream.get(card.path, ())
    found = 0
    for before, after in pairwise(every):
        if found == _CAUSES:
            return
        took, put = _lines(before.version, after.version)
        if not (took & gone or put & come or (not gone | come and _clashes(card, after, grounds))):
            continue
        proof = Proof.UNTESTED
        if _clashes(card, after, grounds):
            proof = Proof.UNTESTED if _clashes(card, before, grounds) else Proof.CONFIRMED
        found += 1
        yield _upstream(CauseKind.UPSTREAM_CHANGESET, "it changed the same lines", after.changeset, proof, card)


def _clashes(card: PatchCard, at: Upstream, grounds: Grounds) -> bool:
    """Whether the patch does not fit upstream's version `at`, at the card's place."""
    lost, merge = carried_onto(card.path, grounds.steps, at.version, grounds.merger)
    if merge is None or lost != card.patch:
        return False
    place = card.clash.region
    regions = [clash.region for clash in merge.clashes]
    return place is None or any(
        one is None or (one.base0 <= place.base1 and place.base0 <= one.base1) for one in regions
    )


def _left(card: PatchCard, grounds: Grounds) -> Iterator[Cause]:
    """Who made what the tree has beside the series: a changeset that it took in part, or a commit of its own. Confirmed
    where all of the difference comes from what is named."""
    lacks, more = _telling(card.clash.theirs, card.clash.ours), _telling(card.clash.ours, card.clash.theirs)
    if not lacks | more:
        lacks, more = set(split_lines(card.clash.theirs)), set(split_lines(card.clash.ours))
    every = grounds.upstream.get(card.path, ())
    named: list[tuple[Upstream, set[bytes]]] = []
    for before, after in pairwise(every):
        took, put = _lines(before.version, after.version)
        part = (put & lacks) | (took & more)
        if part:
            named.append((after, part))
    whole = lacks | more <= {line for _, part in named for line in part}
    for one, _ in named[-_CAUSES:]:
        parked = one.changeset.id in grounds.parked
        why = "it is parked, and the baseline is past it" if parked else "the target does not have it whole"
        proof = Proof.CONFIRMED if whole else Proof.UNTESTED
        yield replace(_upstream(CauseKind.MISSING_CHANGESET, why, one.changeset, proof, card), rest=whole)
    if named:
        return
    for step, old, new in grounds.lives(card.path):
        took, put = _lines(old, new)
        if put & more or took & lacks:
            whole = more <= put and lacks <= took
            proof = Proof.CONFIRMED if whole else Proof.UNTESTED
            subject = next((line.strip() for line in step.commit.message.splitlines() if line.strip()), "")
            why = f"no patch holds what it changed: {subject}"
            yield Cause(
                CauseKind.LOCAL_COMMIT, step.commit.id, why[:_REASON], proof, subject, step.commit.author.name,
                step.commit.date, card.path, rest=whole,
            )  # fmt: skip
            return


def _upstream(kind: CauseKind, why: str, changeset: Changeset, proof: Proof, card: PatchCard) -> Cause:
    return Cause(
        kind, changeset.id, f"{why}: {changeset.subject}"[:_REASON], proof, changeset.subject, changeset.author.login,
        changeset.date, card.path,
    )  # fmt: skip


def _suggested(id: str, card: PatchCard, causes: Sequence[Cause], grounds: Grounds) -> Iterator[Suggestion]:
    """What settles it. Nothing of it is done unseen."""
    name, scope = grounds.component, grounds.scope
    parked = [one.ref for one in causes if one.ref in grounds.parked]
    if parked:
        text = "resolve what is parked, and sync: what lands is no longer in the patch's way"
        yield Suggestion("order", text, tuple(f"portkit resolve {ref[:12]}" for ref in parked))
    match card.kind:
        case CardKind.MERGE:
            text = f"write {card.path} as it is to be on upstream's new version, with this patch and those before it"
            yield Suggestion("resolution", text, (f"portkit resolve {id} --from FILE{scope}",))
        case CardKind.LEFTOVER:
            missing = any(one.kind is CauseKind.MISSING_CHANGESET for one in causes)
            text = "the target is right as it stands: what it lacks of upstream's becomes a patch that says so"
            if not missing:
                text = f"the target is right as it stands: what it has more becomes part of {card.patch or 'a patch'}"
            yield Suggestion("resolution", text, (f"portkit resolve {id} --ours{scope}",))
            if not missing:
                text = "the commit is a change of its own: build the series anew, in which it is a patch"
                yield Suggestion("resolution", text, (f"portkit patches extract {name} --replace{scope}",))
        case CardKind.LOST:
            text = "the patch or the recorded baseline was changed by hand: build the series anew"
            yield Suggestion("resolution", text, (f"portkit patches extract {name} --replace{scope}",))


def _telling(one: bytes, other: bytes) -> set[bytes]:
    """The lines of `one` that `other` does not have, and that say something."""
    return {line for line in split_lines(one) if line.strip(b" \t\r\n{}();")} - set(split_lines(other))


def _lines(before: Version | None, after: Version | None) -> tuple[set[bytes], set[bytes]]:
    """The lines that a change takes, and those that it puts."""
    old, new = (version.content if version is not None else b"" for version in (before, after))
    one, other = split_lines(old), split_lines(new)
    took: set[bytes] = set()
    put: set[bytes] = set()
    for hunk in raw_hunks(old, new):
        took.update(one[hunk.a0 : hunk.a1])
        put.update(other[hunk.b0 : hunk.b1])
    return took, put


def _excerpts(card: PatchCard) -> tuple[Excerpt | None, Excerpt | None, Excerpt | None]:
    place = card.clash.region
    if place is None:
        return None, None, None
    ranges = ((place.base0, place.base1), (place.ours0, place.ours1), (place.theirs0, place.theirs1))
    one, two, three = (excerpt(side, *lines) for side, lines in zip(card.sides, ranges, strict=True))
    return one, two, three
