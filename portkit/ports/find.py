"""Finds the ports of one component in the target's history, by whatever evidence there is.

Each commit's files are held against upstream's changes of the same files: those that the commit's ident lines name or
pass by, those that its trailers name, and those whose lines it changes. A commit is called the port of a changeset
where ident line or trailer say so and the lines do not speak against it, or where the lines alone are telling enough.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from portkit.change import ident
from portkit.change.changeset import Blob, FileChange
from portkit.change.lines import LineTable
from portkit.components.model import Component
from portkit.paths import RepoPath, name
from portkit.ports.account import Account, Edit, Passage, account, standing_states
from portkit.ports.deltas import Delta, Deltas, Line
from portkit.ports.model import Evidence, Found, HunkState, Jump, Kind, Port, PortedFile, Searched
from portkit.ports.words import Words, named
from portkit.protocols import ChangeLog, History, TargetChange
from portkit.sync.ledger import Entry, read_ledger
from portkit.sync.lineage import Lineage
from portkit.text import is_binary

_DAY = 86400
_REVERTS = re.compile(r"^This reverts commit ([0-9a-f]{7,64})\b", re.MULTILINE)
_SHARED = 0.3
"""Of a change's recognisable lines, the share that must be among a commit's before it is held against it."""
_ALIKE = 0.25
"""From this likeness of the messages on, less of the lines has to speak for a port."""

_VERY_ALIKE = 0.5
"""From this likeness on, a few of the lines are enough, where they are all that the commit changes."""

_DONE = (HunkState.MADE, HunkState.ADAPTED)


@dataclass(slots=True)
class _Claim:
    """That a commit carries one file of a changeset, and what the lines say of it. `account` None: the file was added
    or deleted whole."""

    commit: int
    path: RepoPath
    target: RepoPath
    delta: Delta
    account: Account | None
    bumped: bool = False
    passed: bool = False

    @property
    def changeset(self) -> str:
        return self.delta.version.changeset

    @property
    def made(self) -> int:
        return self.account.made if self.account is not None else 1

    @property
    def open(self) -> int:
        return self.account.open if self.account is not None else 1

    @property
    def states(self) -> tuple[HunkState, ...]:
        return self.account.states if self.account is not None else (HunkState.MADE,)


@dataclass(slots=True)
class _Commit:
    """One target commit: what it changed in mapped files, and what is claimed of it."""

    change: TargetChange
    alike: Mapping[str, float]
    """Which changesets' logs its message is like, and how much."""
    trailers: frozenset[str] = frozenset()
    """The changesets that its trailers name."""
    said: frozenset[str] = frozenset()
    """The changesets that its message names otherwise, by hash or by file and revision."""
    own: bool = False
    """Whether it has portkit's trailers, whatever they name."""
    edits: dict[RepoPath, Edit | None] = field(default_factory=dict)
    claims: list[_Claim] = field(default_factory=list)


class PortFinder:
    """Finds ports of `component`, whose upstream changesets are `changesets` (oldest first). `keyword`: what upstream
    calls its ident lines. `hidden`: as if neither ident lines nor trailers were there, to measure what the lines and
    the words alone tell."""

    def __init__(
        self,
        component: Component,
        lineage: Lineage,
        history: History,
        target: ChangeLog,
        keyword: str,
        *,
        hidden: bool = False,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._component = component
        self._lineage = lineage
        self._history = history
        self._target = target
        self._keyword = keyword
        self._hidden = hidden
        self._progress = progress
        self._changesets = {one.id: one for one in lineage.changesets}
        self._position = {one.id: at for at, one in enumerate(lineage.changesets)}
        self._words = Words(lineage.changesets)

    def find(self, onto: str, since: str = "") -> Found:
        """Every port among the commits of `since..onto`, oldest first."""
        changes = list(self._target.changes(onto, self._component.target_folders(), since=since))[::-1]
        return self._found(self._looked_at(changes), Searched()).found

    def search(self, onto: str, before: Searched | None = None) -> Searched:
        """Every port among the commits up to `onto`. Where those that were looked at `before` come first among them, in
        the same order, only the others are looked at: the answer is the one that a search from nothing gives."""
        changes = list(self._target.changes(onto, self._component.target_folders()))[::-1]
        ids = tuple(one.commit.id for one in changes)
        if before is None or ids[: len(before.commits)] != before.commits:
            before = Searched()
        return self._found(self._looked_at(changes[len(before.commits) :]), before)

    def _looked_at(self, changes: Sequence[TargetChange]) -> list[_Commit]:
        """The commits, with all that they may carry."""
        commits = self._read(changes)
        touched: dict[RepoPath, list[tuple[int, int]]] = defaultdict(list)
        for number, commit in enumerate(commits):
            for at, file in enumerate(commit.change.files):
                upstream = self._component.upstream_of(file.path)
                if upstream is not None and self._lineage.versions(upstream):
                    touched[self._lineage.now(upstream)].append((number, at))
        self._target.bring(sorted({
            side.oid
            for places in touched.values()
            for number, at in places
            for side in (commits[number].change.files[at].old, commits[number].change.files[at].new)
            if side is not None
        }))  # fmt: skip
        for count, (upstream, places) in enumerate(sorted(touched.items())):
            self._progress(f"{self._component.name}: looking for ports, {count} of {len(touched)} files")
            self._look(upstream, places, commits)
        return commits

    def _read(self, changes: Sequence[TargetChange]) -> list[_Commit]:
        """The commits, with what their messages say."""
        ledger = read_ledger([] if self._hidden else [one.commit for one in changes])
        entries = {entry.commit: entry for entry in ledger.entries}
        result = []
        for change in changes:
            message = change.commit.message
            alike = self._words.likeness(message)
            said = frozenset() if self._hidden else named(message, self._revisions, self._changesets)
            entry = entries.get(change.commit.id)
            trailers = self._by_trailers(entry) if entry is not None else frozenset()
            result.append(_Commit(change, alike, trailers, said, entry is not None))
        return result

    def _by_trailers(self, entry: Entry) -> frozenset[str]:
        """The changesets that trailers name: by hash, or, where a rewritten upstream has other hashes, by path and
        revision."""
        found = frozenset(entry.changesets) & self._changesets.keys()
        if found or not entry.revisions:
            return found
        labels = [
            {version.changeset for version in self._lineage.versions(RepoPath(path)) if version.label == label}
            for path, label in entry.revisions
        ]
        return frozenset().union(*(one for one in labels if len(one) == 1))

    @cached_property
    def _revisions(self) -> dict[tuple[str, str], list[str]]:
        """(file name, revision) to the changesets that made it."""
        result: dict[tuple[str, str], list[str]] = defaultdict(list)
        for path in self._lineage.paths:
            for version in self._lineage.versions(path):
                if version.revision:
                    result[name(version.path), version.revision].append(version.changeset)
        return result

    def _look(self, upstream: RepoPath, places: Sequence[tuple[int, int]], commits: Sequence[_Commit]) -> None:
        """Claims what the commits at `places` may carry of one upstream file."""
        versions = self._lineage.versions(upstream)
        table = LineTable(remember=0, more=self._component.fold)
        contents = dict(self._history.read_many({one.blob.oid for one in versions if one.blob is not None}))
        if any(is_binary(content) for content in contents.values()):
            return
        deltas = Deltas(versions, contents, table)
        for number, at in places:
            commit, file = commits[number], commits[number].change.files[at]
            latest = max(commit.change.commit.date, commit.change.commit.authored) + _DAY
            known = [one for one in deltas.all if self._changesets[one.version.changeset].date <= latest]
            oids = [side.oid for side in (file.old, file.new) if side is not None]
            sides = dict(self._target.read_many(oids))
            if not known or any(is_binary(content) for content in sides.values()):
                continue
            if file.old is None or file.new is None:
                commit.edits[file.path] = None
                whole = [one for one in known if (one.old is None) == (file.old is None)]
                whole = [one for one in whole if (one.new is None) == (file.new is None)]
                if file.new is not None:
                    keys = table.lines(sides[file.new.oid]).keys
                    whole = [one for one in whole if one.new is not None and one.new.keys == keys]
                commit.claims += [_Claim(number, upstream, file.path, one, None) for one in whole[-1:]]
                continue
            old, new = sides[file.old.oid], sides[file.new.oid]
            edit = Edit(table.lines(old), table.lines(new))
            commit.edits[file.path] = edit
            last = known[-1].index
            passed = [one for one in self._passed(upstream, old, new, deltas) if one.index <= last]
            numbers = {one.index for one in passed}
            passage = None
            if len(passed) > 1 and passed[0].old is not None and passed[-1].new is not None:
                passage = Passage(passed[0].old, passed[-1].new, edit)
            numbers |= {index for index in deltas.sharing(edit.lines, _SHARED) if index <= last}
            meant = commit.trailers | commit.said
            numbers |= {
                one.index
                for one in known
                if one.version.changeset in meant or commit.alike.get(one.version.changeset, 0.0) >= _VERY_ALIKE
            }
            for index in sorted(numbers):
                delta = deltas.all[index]
                if delta.old is None or delta.new is None:
                    continue
                told = account(delta, edit, table)
                if passage is not None and delta in passed:
                    told = passage.superseded(delta, told)
                commit.claims.append(_Claim(
                    number, upstream, file.path, delta, told,
                    bumped=bool(passed) and delta is passed[-1], passed=delta in passed[:-1],
                ))  # fmt: skip

    def _passed(self, upstream: RepoPath, old: bytes, new: bytes, deltas: Deltas) -> list[Delta]:
        """The changes from the revision that the ident line had to the one it has, that one last."""
        if self._hidden:
            return []
        before = ident.recorded(old, self._keyword, name(upstream))
        after = ident.recorded(new, self._keyword, name(upstream))
        if before is None or after is None or not ident.advances(before, after):
            return []
        low, high = ident.revision_key(before.revision), ident.revision_key(after.revision)
        found = [
            one
            for one in deltas.all
            if ident.on_trunk(one.version.revision or "-") and low < ident.revision_key(one.version.revision) <= high
        ]
        return found if found and found[-1].version.revision == after.revision else []

    def _found(self, commits: Sequence[_Commit], before: Searched) -> Searched:
        """The ports among what is claimed, oldest first, on top of those found `before`: what one commit carries no
        later one does, unless the first was taken back."""
        done = {(changeset, RepoPath(path)) for changeset, path in before.done}
        ports = list(before.found.ports)
        reverts = dict(before.reverts)
        jumped = {(jump.changeset, jump.upstream): jump for jump in before.jumps}
        for commit in commits:
            by_changeset: dict[str, list[_Claim]] = defaultdict(list)
            for claim in commit.claims:
                by_changeset[claim.changeset].append(claim)
            taken = self._taken(commit, by_changeset, done)
            back = None if commit.own else _REVERTS.search(commit.change.commit.message)
            if back is not None and not taken:
                self._taken_back(commit.change.commit.id, back[1], ports, reverts, done)
            if taken:
                port = self._port(commit, taken)
                ports.append(port)
                done |= {(file.changeset, file.upstream) for file in port.files if _any_done(file.hunks)}
            for changeset, claims in by_changeset.items():
                if commit.own:
                    break  # portkit's own: what it leaves out stays pending by its ledger
                for claim in claims:
                    if not (claim.passed or claim.bumped) or not _any_left(claim.states) or _any_done(claim.states):
                        continue
                    jumped.setdefault((changeset, claim.path), Jump(
                        changeset, claim.delta.version.path, claim.target, claim.delta.version.label,
                        commit.change.commit.id,
                    ))  # fmt: skip
        jumps = [jump for key, jump in jumped.items() if key not in done]
        jumps.sort(key=lambda one: (self._position[one.changeset], one.upstream))
        return Searched(
            Found(tuple(ports), tuple(jumps)),
            (*before.commits, *(one.change.commit.id for one in commits)),
            tuple(sorted(done)), tuple(reverts.items()), tuple(jumped.values()),
        )  # fmt: skip

    def _taken_back(
        self, commit: str, said: str, ports: list[Port], reverts: dict[str, str], done: set[tuple[str, RepoPath]]
    ) -> None:
        """Notes that `commit` takes back the commit `said`: a port, or the one that took a port back."""
        again = next((one for one in reverts if one.startswith(said)), "")
        port = reverts[again] if again else said
        at = next((number for number, one in enumerate(ports) if one.target_commit.startswith(port)), -1)
        if at < 0:
            return
        reverts[commit] = ports[at].target_commit
        ports[at] = replace(ports[at], reverted="" if again else commit)
        keys = {(file.changeset, file.upstream) for file in ports[at].files if _any_done(file.hunks)}
        if again:
            done |= keys
        else:
            done -= keys

    def _taken(
        self,
        commit: _Commit,
        by_changeset: Mapping[str, list[_Claim]],
        done: set[tuple[str, RepoPath]],
    ) -> dict[str, list[_Claim]]:
        """Which changesets the commit carries, the surest first; lines that one explains are no other's."""
        ranked = []
        for changeset, claims in by_changeset.items():
            made, open_ = sum(one.made for one in claims), sum(one.open for one in claims)
            sure = changeset in commit.trailers or any(one.bumped for one in claims)
            sure = sure or (changeset in commit.said and any(_any_done(one.states) for one in claims))
            alike = commit.alike.get(changeset, 0.0)
            share = made / open_ if open_ else 0.0
            faithful = any(one.account is not None and one.account.faithful for one in claims)
            score = share * min(made, 12) / 12 + alike + 0.5 * faithful + 2 * sure
            ranked.append((score, changeset, share, alike, sure))
        ranked.sort(key=lambda one: (-one[0], self._position[one[1]]))
        used: dict[RepoPath, Counter[Line]] = defaultdict(Counter)
        result: dict[str, list[_Claim]] = {}
        size = sum(edit.lines.total() for edit in commit.edits.values() if edit is not None)
        for _, changeset, share, alike, sure in ranked:
            claims = by_changeset[changeset]
            if not sure:
                claims = [one for one in claims if (changeset, one.path) not in done and _fresh(one, commit, used)]
                passed = any(one.passed for one in claims)
                if not claims or not self._telling(claims, share, alike, passed, size):
                    continue
            result[changeset] = claims
            for one in claims:
                if one.account is not None:
                    used[one.target] += one.account.used
        return result

    def _telling(self, claims: Sequence[_Claim], share: float, alike: float, passed: bool, size: int) -> bool:
        """Whether lines and words alone make a port of it: `share` of upstream's open lines is made, by an edit of
        `size` lines."""
        lines = [one for one in claims if one.account is not None]
        if not lines:
            return alike >= _ALIKE
        made = sum(one.made for one in lines)
        back = made / size if size else 0.0
        if not any(HunkState.MADE in one.states for one in lines):
            return share >= 0.9 and back >= 0.9 and (passed or alike >= _ALIKE)
        if passed:
            return share >= 0.5
        if any(HunkState.LEFT_OUT in one.states for one in lines) and back < 0.5 and alike < _VERY_ALIKE:
            return False  # a sweep over the whole tree makes a few lines of many changes
        if alike >= _ALIKE and share >= 0.5:
            return True
        if alike >= _VERY_ALIKE and back >= 0.8:
            return True
        faithful = all(one.account is not None and one.account.faithful for one in lines)
        return share >= 0.8 and made >= 3 and (back >= 0.5 or made >= 8 or faithful)

    def _port(self, commit: _Commit, taken: Mapping[str, list[_Claim]]) -> Port:
        order = sorted(taken, key=self._position.__getitem__)
        claims = [claim for changeset in order for claim in taken[changeset]]
        told = [
            PortedFile(
                one.changeset, one.delta.version.path, one.target, one.delta.version.label, one.states, one.bumped
            )
            for one in claims
        ]
        told += self._left_alone(commit, taken)
        told.sort(key=lambda one: (self._position[one.changeset], one.upstream))
        files = tuple(told)
        kinds = [
            _kind([one for one in files if one.changeset == changeset], any(one.bumped for one in taken[changeset]))
            for changeset in order
        ]
        kind = _worst(kinds)
        if kind is Kind.EXACT and not _accounted(commit, claims):
            kind = Kind.ADAPTED
        evidence = []
        if any(one.bumped or one.passed for one in claims):
            evidence.append(Evidence.IDENT)
        if commit.trailers & set(order):
            evidence.append(Evidence.TRAILER)
        if any(_any_done(one.hunks) for one in files):
            evidence.append(Evidence.CONTENT)
        alike = max(commit.alike.get(changeset, 0.0) for changeset in order)
        if alike >= _ALIKE or commit.said & set(order):
            evidence.append(Evidence.MESSAGE)
        message = commit.change.commit.message
        subject = next((line.strip() for line in message.splitlines() if line.strip()), "")
        confidence = min(
            _confidence(taken[one], one in commit.trailers, own, alike >= _ALIKE or one in commit.said)
            for one, own in zip(order, kinds, strict=True)
            if own is not Kind.IDENT_ONLY or kind is Kind.IDENT_ONLY
        )
        return Port(
            commit.change.commit.id, tuple(order), confidence, tuple(evidence), kind, files,
            commit.change.commit.date, subject,
        )  # fmt: skip

    def _left_alone(self, commit: _Commit, taken: Mapping[str, Sequence[_Claim]]) -> list[PortedFile]:
        """What the changesets that `commit` carries do to mapped files that it does not touch."""
        entries: Mapping[RepoPath, Blob] | None = None
        result = []
        for changeset, claims in taken.items():
            mine = {one.delta.version.path for one in claims}
            for change in self._changesets[changeset].files:
                target = self._component.target_of(change.path)
                if change.path in mine or target is None:
                    continue
                if entries is None:
                    entries = self._target.tree(commit.change.commit.id, self._component.target_folders()).entries
                states = self._untouched(change, entries.get(target))
                version = self._lineage.version_at(change.path, self._position[changeset])
                if states and version is not None:
                    result.append(PortedFile(changeset, change.path, target, version.label, states))
        return result

    def _untouched(self, change: FileChange, standing: Blob | None) -> tuple[HunkState, ...]:
        """What the file `standing` in the target has of an upstream change; nothing where there is no such file."""
        if standing is None:
            return () if change.old is not None or change.new is None else (HunkState.LEFT_OUT,)
        if change.old is None or change.new is None:
            return (HunkState.BEFORE if change.new is not None else HunkState.LEFT_OUT,)
        contents = dict(self._history.read_many((change.old.oid, change.new.oid)))
        ours = self._target.read(standing.oid)
        if any(is_binary(one) for one in (ours, *contents.values())):
            return ()
        table = LineTable(more=self._component.fold)
        old, new = table.lines(contents[change.old.oid]), table.lines(contents[change.new.oid])
        return standing_states(old, new, table.lines(ours))


def _fresh(claim: _Claim, commit: _Commit, used: Mapping[RepoPath, Counter[Line]]) -> bool:
    """Whether at least half of what explains the edit is not explained by a surer changeset."""
    if claim.account is None or claim.passed:
        return True
    edit = commit.edits[claim.target]
    assert edit is not None
    left = claim.account.used & (edit.lines - used[claim.target])
    return 2 * left.total() >= claim.account.used.total() and (bool(claim.account.used) or claim.account.faithful)


def _any_done(states: Iterable[HunkState]) -> bool:
    return any(one in _DONE for one in states)


def _any_left(states: Iterable[HunkState]) -> bool:
    return HunkState.LEFT_OUT in states


def _kind(files: Sequence[PortedFile], bumped: bool) -> Kind:
    states = [state for file in files for state in file.hunks]
    if not _any_done(states):
        return Kind.IDENT_ONLY if bumped else Kind.PARTIAL
    if _any_left(states):
        return Kind.PARTIAL
    return Kind.ADAPTED if HunkState.ADAPTED in states else Kind.EXACT


def _worst(kinds: Sequence[Kind]) -> Kind:
    if all(kind is Kind.IDENT_ONLY for kind in kinds):
        return Kind.IDENT_ONLY
    for kind in (Kind.PARTIAL, Kind.IDENT_ONLY, Kind.ADAPTED):
        if kind in kinds:
            return Kind.PARTIAL if kind is Kind.IDENT_ONLY else kind
    return Kind.EXACT


def _confidence(claims: Sequence[_Claim], trailer: bool, kind: Kind, words: bool) -> float:
    """How sure it is that the commit carries the changeset: by what says so, and how much of it the lines bear out."""
    if trailer:
        return 1.0
    if kind is Kind.IDENT_ONLY:
        return 0.5
    bumped = any(one.bumped or one.passed for one in claims)
    if bumped:
        return {Kind.EXACT: 0.99, Kind.ADAPTED: 0.95}.get(kind, 0.9)
    made = sum(one.made for one in claims)
    sure = {Kind.EXACT: 0.9, Kind.ADAPTED: 0.8}.get(kind, 0.7)
    return round(min(0.97, sure + 0.05 * words + 0.02 * (made >= 8)), 2)


def _accounted(commit: _Commit, claims: Sequence[_Claim]) -> bool:
    """Whether the commit changes nothing in mapped files but what `claims` explain."""
    for path, edit in commit.edits.items():
        here = [one for one in claims if one.target == path]
        if edit is None or not here:
            if not here:
                return False
            continue
        if len(here) == 1:
            if here[0].account is not None and not here[0].account.faithful and edit.hunks:
                return False
            continue
        used: Counter[Line] = Counter()
        for one in here:
            if one.account is not None:
                used += one.account.used
        if edit.lines - used:
            return False
    return True
