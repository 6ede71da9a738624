"""A replay in rounds: where its own results change what is to be replayed, it is replayed again.

Three things do. A deferred change whose wait ends with something that this very run lands goes behind that. What
upstream backed out before it ever landed closes, and so does the backout. Changesets that a person joined (`squash`) go
as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from portkit.change.revision import FileRevision
from portkit.decisions.model import Decision, Decisions, revisions_of
from portkit.merge.file import FileMerger, Version
from portkit.sync.decided import Decider
from portkit.sync.outcome import State
from portkit.sync.pick import Pick, Picked
from portkit.sync.replay import Replay, Replayed
from portkit.text import is_binary

_LANDED = (State.PORTED, State.ALREADY)
_OPEN = (State.CONFLICT, State.FLAGGED, State.BLOCKED, State.DEFERRED, State.SKIPPED)


@dataclass(frozen=True, slots=True)
class Played:
    """What the last round came to, and the squashes that could not be made, each with why."""

    results: tuple[Replayed, ...]
    unmade: tuple[tuple[Decision, str], ...]


def play(
    picked: Sequence[Picked],
    decisions: Decisions,
    decider: Callable[[frozenset[FileRevision]], Decider],
    replay: Callable[[], Replay],
    merger: FileMerger,
    counted: Callable[[Sequence[Picked]], Iterable[Picked]],
) -> Played:
    """Replays `picked` until nothing changes any more. `decider` gives what applies decisions, told what this run
    lands; `replay` a new replay; `counted` passes on what it is given, and may tell how far it is."""
    order = list(picked)
    closed: dict[str, str] = {}
    landed: frozenset[FileRevision] = frozenset()
    waited = frozenset(
        one.until.revision for one in decisions.active if one.until is not None and one.until.revision is not None
    )
    while True:
        applied = decider(landed)
        decided = [_closed(_applied(one, applied), closed) for one in order]
        joined, unmade = _joined(decided, decisions)
        results = tuple(replay().run(counted(joined)))
        fresh = (waited & frozenset(_landed(results))) - landed
        pairs = list(_backouts(results, merger))
        more = {id: why for pair in pairs for id, why in pair.items() if id not in closed}
        again = any(
            one.part if one.picked.changeset.id in more else _builds_on(one, pairs) for one in results
        )
        if not fresh and not again:
            return Played(tuple(_settled(one, more) for one in results), unmade)
        order = _reordered(order, results, fresh, [one for one in decisions.active if one.until is not None])
        landed |= fresh
        closed |= more


def _applied(one: Picked, decider: Decider) -> Picked:
    files = tuple(map(decider.applied, one.files))
    return one if files == one.files else replace(one, files=files)


def _closed(one: Picked, closed: Mapping[str, str]) -> Picked:
    why = closed.get(one.changeset.id)
    if why is None:
        return one
    files = tuple(
        pick if pick.standing else replace(pick, standing=why, decided=State.NOT_APPLICABLE) for pick in one.files
    )
    return replace(one, files=files)


def _settled(one: Replayed, closed: Mapping[str, str]) -> Replayed:
    """What becomes of a changeset that closes, or that waited for such; where nothing builds on those that close, no
    other round is needed to tell."""
    why = closed.get(one.picked.changeset.id)
    if why is None:
        left = tuple(id for id in one.blocked_by if id not in closed)
        return one if left == one.blocked_by else replace(one, blocked_by=left)
    return replace(
        one, picked=_closed(one.picked, closed), state=State.NOT_APPLICABLE, merges=(), blocked_by=(), reason=why
    )


def _builds_on(one: Replayed, pairs: Sequence[Mapping[str, str]]) -> bool:
    """Whether `one` waits for a changeset that closes, but not for its backout, too: to wait for both is to wait for
    neither. Nor may nothing be left to wait for."""
    waits = set(one.blocked_by)
    for pair in pairs:
        if waits.intersection(pair):
            if not waits.issuperset(pair):
                return True
            waits -= pair.keys()
    return bool(one.blocked_by) and not waits


def _landed(results: Iterable[Replayed]) -> Iterator[FileRevision]:
    for one in results:
        if one.state in _LANDED:
            yield from (revision for revision, pick in one.picked.revisions() if not pick.standing)


def _reordered(
    order: list[Picked], results: Sequence[Replayed], fresh: frozenset[FileRevision], waiting: Sequence[Decision]
) -> list[Picked]:
    """`order` with each change that waited for one of `fresh` behind it, and what builds on that change with it."""
    carriers = {revision: one.picked for one in results for revision, _ in one.picked.revisions()}
    for decision in waiting:
        if decision.until is None or decision.until.revision not in fresh:
            continue
        after = carriers[decision.until.revision].changeset.id
        moved = {one.changeset.id for one in order if any(revision in decision.of for revision, _ in one.revisions())}
        moved |= {one.picked.changeset.id for one in results if moved.intersection(one.blocked_by)}
        at = next((index for index, one in enumerate(order) if one.changeset.id == after), -1)
        early = [one for one in order[:at] if one.changeset.id in moved]
        order = [*(one for one in order[: at + 1] if one not in early), *early, *order[at + 1 :]]
    return order


# Squashes


def _joined(picked: Sequence[Picked], decisions: Decisions) -> tuple[list[Picked], tuple[tuple[Decision, str], ...]]:
    order = list(picked)
    unmade: list[tuple[Decision, str]] = []
    for decision in decisions.squashes:
        wanted = set(decision.of)
        members = [
            index for index, one in enumerate(order)
            if any(revision in wanted and not pick.standing for revision, pick in one.revisions())
        ]  # fmt: skip
        if len(members) < 2:
            continue
        at = next((place for place in (members[-1], members[0]) if _may_meet(order, members, place)), None)
        made = _one([order[index] for index in members]) if at is not None else None
        if at is None or made is None:
            unmade.append((decision, "what stands between them changes the same files"))
            continue
        order[at] = made
        gone = set(members) - {at}
        order = [one for index, one in enumerate(order) if index not in gone]
    return order, tuple(unmade)


def _may_meet(order: Sequence[Picked], members: Sequence[int], place: int) -> bool:
    """Whether every member may be moved to `place` with no other change of its files in between."""
    for index in members:
        own = {pick.upstream for pick in order[index].files}
        low, high = sorted((index, place))
        for between in range(low + 1, high):
            if between not in members and any(pick.upstream in own for pick in order[between].files):
                return False
    return True


def _one(members: Sequence[Picked]) -> Picked | None:
    """The members as one changeset; None where their changes do not follow one another."""
    files: dict[str, Pick] = {}
    for member in members:
        for pick in member.files:
            before = files.get(pick.upstream)
            if before is None:
                files[pick.upstream] = pick
            elif before.theirs != pick.base or before.standing or pick.standing:
                return None
            else:
                files[pick.upstream] = replace(pick, base=before.base)
    first = members[0].changeset
    message = "\n\n".join(member.changeset.message.strip("\n") for member in members)
    date = max(member.changeset.date for member in members)
    whole = tuple(part for member in members for part in (member.joined or (member,)))
    return Picked(replace(first, message=message, date=date), tuple(files.values()), whole)


# Backouts


def _backouts(results: Sequence[Replayed], merger: FileMerger) -> Iterator[dict[str, str]]:
    """Changeset to why it closes, of what upstream backed out before it landed and of the backout, pair by pair. Only
    an exact inverse counts, in the same places: what is missed waits for a person, what is wrong would be lost."""
    backed_out: set[str] = set()
    for number, later in enumerate(results):
        if later.state is State.PORTED or later.picked.joined or not _plain(later):
            continue
        for earlier in reversed(results[:number]):
            first, second = earlier.picked.changeset, later.picked.changeset
            if earlier.state not in _OPEN or first.id in backed_out or earlier.picked.joined:
                continue
            if _inverse(earlier.picked.files, later.picked.files, merger):
                backed_out |= {first.id, second.id}
                pair = {second.id: f"it backs out {first.id[:12]}, which never landed"}
                if earlier.state is not State.SKIPPED:
                    pair[first.id] = f"upstream backed it out in {second.id[:12]}"
                yield pair
                break


def _plain(one: Replayed) -> bool:
    return all(not pick.left_out for pick in one.picked.files)


def _inverse(first: Sequence[Pick], second: Sequence[Pick], merger: FileMerger) -> bool:
    others = {pick.upstream: pick for pick in second}
    return len(first) == len(second) and all(
        pick.upstream in others and _takes_back(pick, others[pick.upstream], merger) for pick in first
    )


def _takes_back(first: Pick, second: Pick, merger: FileMerger) -> bool:
    """Whether `second` undoes what `first` does to the file, all of it and nothing else."""
    before, made, undone, after = first.base, first.theirs, second.base, second.theirs
    if before is None or made is None:
        return (before, made) == (after, undone) or (
            _same(before, after, merger) and _same(made, undone, merger)
        )
    if undone is None or after is None or (made.mode, before.mode) != (undone.mode, after.mode):
        return False
    if is_binary(before.content) or is_binary(made.content):
        return before.content == after.content and made.content == undone.content
    return _places(merger, before.content, made.content, False) == _places(merger, undone.content, after.content, True)


def _same(one: Version | None, other: Version | None, merger: FileMerger) -> bool:
    if one is None or other is None:
        return one is other
    return one.mode == other.mode and merger.table.lines(one.content).keys == merger.table.lines(other.content).keys


def _places(merger: FileMerger, old: bytes, new: bytes, backwards: bool) -> list[tuple[object, ...]]:
    """Each hunk as (the line before it, what was there, what is there, the line behind it)."""
    a, b = merger.table.lines(old).keys, merger.table.lines(new).keys
    result: list[tuple[object, ...]] = []
    for hunk in merger.upstream_hunks(old, new):
        ends = a[max(0, hunk.a0 - 1) : hunk.a0], a[hunk.a1 : hunk.a1 + 1]
        removed, added = a[hunk.a0 : hunk.a1], b[hunk.b0 : hunk.b1]
        result.append((ends[0], added, removed, ends[1]) if backwards else (ends[0], removed, added, ends[1]))
    return result


def unknown(decisions: Decisions, known: Callable[[FileRevision], bool]) -> Iterator[tuple[Decision, FileRevision]]:
    """The decisions that speak of a revision upstream does not have, with the first such."""
    for decision in decisions.active:
        missing = next((one for one in revisions_of([decision]) if not known(one)), None)
        if missing is not None:
            yield decision, missing
