"""A replayed changeset as the reports tell it, and its clashes as conflicts with lasting ids."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from portkit.decisions.resolution import Resolutions
from portkit.merge.file import Clash, FileMerge
from portkit.merge.kinds import Gate
from portkit.sync.outcome import ChangesetOutcome, Conflict, ConflictState, FileOutcome, FileState, State
from portkit.sync.pick import Pick
from portkit.sync.replay import Replayed


def outcomes_of(
    component: str, results: Sequence[Replayed], resolutions: Resolutions
) -> tuple[ChangesetOutcome, ...]:
    """The outcome of each changeset, in upstream's order; of each that it is made of, where some were joined."""
    told = [outcome for one in results for outcome in _outcomes(component, one, resolutions)]
    return _by_owner(told, {one.picked.changeset.id for one in results if one.picked.joined})


def _outcomes(component: str, one: Replayed, resolutions: Resolutions) -> Iterator[ChangesetOutcome]:
    """The outcome of a changeset; of each changeset that it is made of, where they were joined."""
    files = tuple(
        _file_outcome(component, State.PORTED if pick.target in one.part else one.state, pick, merge, resolutions)
        for pick, merge in zip(one.picked.files, one.merges or (None,) * len(one.picked.files), strict=True)
    )
    if not one.picked.joined:
        yield ChangesetOutcome(
            one.picked.changeset, one.state, files, None, one.blocked_by, one.reason, partial=bool(one.part),
            check=one.check,
        )
        return
    by_path = {file.upstream: file for file in files}
    parts = [(part.changeset, tuple(_told_by(by_path[pick.upstream], pick) for pick in part.files))
             for part in one.picked.joined]  # fmt: skip
    owner = next((changeset for changeset, own in parts if any(file.conflicts for file in own)), parts[0][0])
    for changeset, own in parts:
        beside = [other.id[:12] for other, _ in parts if other is not changeset]
        reason = "; ".join(filter(None, [one.reason, f"joined with {', '.join(beside)}"]))
        if one.state in (State.CONFLICT, State.FLAGGED) and changeset is not owner:  # one root is enough
            yield ChangesetOutcome(changeset, State.BLOCKED, own, None, (owner.id,), reason)
        else:
            yield ChangesetOutcome(changeset, one.state, own, None, one.blocked_by, reason, check=one.check)


def _by_owner(outcomes: Sequence[ChangesetOutcome], joined: set[str]) -> tuple[ChangesetOutcome, ...]:
    """What waits for joined changesets (known by the first of them) waits for the one that has the conflict."""
    first = [one for one in outcomes if one.changeset.id in joined and one.state is State.BLOCKED]
    owners = {one.changeset.id: one.blocked_by for one in first}
    result = []
    for one in outcomes:
        if one.changeset.id not in owners and any(id in owners for id in one.blocked_by):
            found = [id for each in one.blocked_by for id in owners.get(each, (each,))]
            one = replace(one, blocked_by=tuple(dict.fromkeys(found)))
        result.append(one)
    return tuple(result)


def _told_by(file: FileOutcome, pick: Pick) -> FileOutcome:
    """What became of one file of several joined changesets, as one of them tells it."""
    return replace(file, revision=pick.revision, conflicts=file.conflicts if file.revision == pick.revision else ())


def _file_outcome(
    component: str, state: State, pick: Pick, merge: FileMerge | None, resolutions: Resolutions
) -> FileOutcome:
    if merge is None or pick.standing:
        return FileOutcome(
            pick.upstream, pick.target, pick.revision, FileState.ALREADY, "standing", Gate.ALREADY, pick.standing
        )
    known = {one.conflict for one in resolutions.of(pick.file)}
    conflicts = tuple(
        replace(found, state=ConflictState.STALE) if found.id in known else found
        for found in (conflict_of(component, pick, clash) for clash in merge.clashes)
    )
    if merge.conflicts:
        file_state = FileState.CONFLICT
    elif merge.clashes:
        file_state = FileState.FLAGGED
    elif merge.gate is Gate.ALREADY:
        file_state = FileState.ALREADY
    else:
        file_state = FileState.PORTED if state is State.PORTED else FileState.READY
    return FileOutcome(
        pick.upstream, pick.target, pick.revision, file_state, merge.method, merge.gate, merge.reason, conflicts,
        merge.resolutions,
    )  # fmt: skip


def conflict_of(component: str, pick: Pick, clash: Clash) -> Conflict:
    """The clash as a conflict. It is known by path, revision and place, never by a commit's hash: a rewritten mirror
    changes no id. Where upstream writes no ident line, the content stands in for the revision."""
    label = pick.revision or ""
    version = pick.whole or pick.theirs or pick.base
    if not label[:1].isdigit() and version is not None:
        label = hashlib.sha256(version.content).hexdigest()
    hunk = pick.number(clash.hunk)
    key = "\0".join((component, pick.upstream, label, str(hunk), clash.kind))
    digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return Conflict(
        f"c-{digest}", clash.kind, pick.target, clash.function, hunk, clash.reason,
        clash.base, clash.ours, clash.theirs,
    )  # fmt: skip
