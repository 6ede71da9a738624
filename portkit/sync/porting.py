"""A port: chosen upstream changesets placed on a distant cousin, hunk by hunk.

New upstream files come in whole and then follow upstream exactly. Of a file that the target has in its own words, the
hunks land whose place is certain and that make sense with what else landed; the rest goes on the worksheet.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from portkit.change.changeset import Changeset
from portkit.change.linediff import Hunk, hunks
from portkit.change.lines import Lines
from portkit.merge import companions
from portkit.merge.declarations import declared
from portkit.merge.fate import Fate
from portkit.merge.file import FileMerger, Version
from portkit.merge.kinds import Gate
from portkit.merge.pieces import Pieces, telling, words_of
from portkit.merge.placing import Placed, Placer, Placing
from portkit.merge.wording import Wording, learned
from portkit.paths import RepoPath, name
from portkit.sync.cousin import Cousin
from portkit.sync.decided import Decider
from portkit.sync.ledger import Ledger
from portkit.sync.outcome import ChangesetOutcome, FileOutcome, FileState, State
from portkit.sync.pick import LeftOut, Pick, Picked
from portkit.sync.port_draft import Draft, Drafted
from portkit.sync.worksheet import Candidate, Entry, Net, NetHunk, What
from portkit.text import is_binary

_CONTEXT = 3
_AROUND = 4
_SHOWN = 400
_CANDIDATES = 3
_ROUNDS = 12
_HALF = 2

_NOT_CODE = re.compile(rb'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|//[^\n]*', re.DOTALL)
_NAME = re.compile(rb"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Ported:
    """What became of one changeset: its entries, what the branch takes, and which of its files landed whole (`files`)
    and which in part (`parts`: the numbers of the hunks that landed, and how many there are); what a person decided to
    leave out (`left_out`: the file and hunk, and the state)."""

    picked: Picked
    entries: tuple[Entry, ...]
    writes: Mapping[RepoPath, Version | None]
    files: tuple[Pick, ...]
    parts: tuple[tuple[Pick, tuple[int, ...], int], ...]
    left_out: tuple[str, ...] = ()
    cousins: tuple[Cousin, ...] = ()
    drafted: tuple[Drafted, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing of it is left for a hand."""
        return not any(entry.open for entry in self.entries)


def ported_outcome(one: Ported) -> ChangesetOutcome:
    """The changeset as the reports tell it: `conflict` where something is left for a hand."""
    left = sum(entry.open for entry in one.entries)
    decided = [entry for entry in one.entries if entry.decided]
    said = "; ".join(dict.fromkeys(entry.reason for entry in decided))
    if not one.entries:
        state, reason = State.NOT_APPLICABLE, one.picked.files[0].standing if one.picked.files else ""
    elif left:
        landed = sum(entry.fate is Fate.PLACED for entry in one.entries)
        state = State.CONFLICT
        reason = f"{left} of {len(one.entries)} places are left for a hand" + (f", {landed} landed" if landed else "")
        reason += f"; in part {said}" if said else ""
    elif decided and not one.writes:
        states = {entry.decided for entry in decided}
        state = next(state for state in (State.DEFERRED, State.SKIPPED, State.NOT_APPLICABLE) if state in states)
        reason = said if len(decided) == len(one.entries) else f"in part: {said}"
    else:
        state = State.PORTED if one.writes else State.ALREADY
        reason = f"in part; {said}" if said else ""
    files = tuple(_file_outcome(pick, one) for pick in one.picked.files)
    return ChangesetOutcome(
        one.picked.changeset, state, files, reason=reason, partial=bool(one.writes) and state is State.CONFLICT
    )


def _file_outcome(pick: Pick, one: Ported) -> FileOutcome:
    entries = [entry for entry in one.entries if entry.upstream == pick.upstream]
    if pick.standing or not entries:
        return FileOutcome(
            pick.upstream, pick.target, pick.revision, FileState.ALREADY, "standing", Gate.ALREADY, pick.standing
        )
    left = [entry for entry in entries if entry.open]
    decided = [entry for entry in entries if entry.decided]
    if len(decided) == len(entries):
        return FileOutcome(
            pick.upstream, pick.target, pick.revision, FileState.ALREADY, "standing", Gate.ALREADY, decided[0].reason
        )
    if left:
        state, gate = FileState.CONFLICT, Gate.NONE
    elif pick.target in one.writes:
        state, gate = FileState.PORTED, Gate.FAITHFUL
    else:
        state, gate = FileState.ALREADY, Gate.ALREADY
    method = next((entry.method for entry in entries if entry.method), "whole")
    reason = left[0].reason if left else decided[0].reason if decided else ""
    return FileOutcome(pick.upstream, pick.target, pick.revision, state, method, gate, reason)


class Port:
    """The port of one component. `read` gives the target's files as they stand, `targets` names them all, `upstream`
    holds upstream's files as they stood before the first changeset; `decider` says what people decided on; `pairs` are
    the files that correspond, upstream's and the target's: from them the target's words are learned."""

    def __init__(
        self,
        component: str,
        read: Callable[[RepoPath], Version | None],
        targets: Iterable[RepoPath],
        upstream: Mapping[RepoPath, bytes],
        ledger: Ledger | None = None,
        fold: tuple[str, ...] = (),
        decider: Decider | None = None,
        pairs: Iterable[tuple[RepoPath, RepoPath]] = (),
    ) -> None:
        self._component = component
        self._decider = decider
        self._read = read
        self._changed: dict[RepoPath, Version | None] = {}
        self._targets = set(targets)
        self._placer = Placer(fold)
        self._merger = FileMerger(fold)
        self._follows_upstream: set[RepoPath] = set()
        self._carried = _carried(ledger) if ledger is not None else {}
        self._origins: dict[RepoPath, list[str]] = {}
        self._names = _Names()
        self._ends: dict[tuple[RepoPath, RepoPath], tuple[bytes, bytes]] = {}
        self._brought: dict[bytes, RepoPath] = {}
        self._unready: dict[RepoPath, str] = {}
        for path in self._targets:
            self._names.update(path, self._ours(path))
        self._owned = {path: self._owns(path, content) for path, content in upstream.items()}
        self._placer.wording = self._learned(upstream, pairs)

    def _ours(self, path: RepoPath) -> Version | None:
        if path not in self._changed:
            self._changed[path] = self._read(path)
        return self._changed[path]

    def _learned(self, upstream: Mapping[RepoPath, bytes], pairs: Iterable[tuple[RepoPath, RepoPath]]) -> Wording:
        """The target's words for upstream's."""
        files: list[tuple[Pieces, Pieces]] = []
        for path, target in pairs:
            ours = self._ours(target) if target in self._targets and target.endswith(companions.C_FILES) else None
            content = upstream.get(path)
            if ours is not None and content is not None and not is_binary(ours.content):
                files.append((self._placer.pieces(content), self._placer.pieces(ours.content)))
        own: set[bytes] = set()
        for target in self._targets:
            version = self._ours(target)
            own |= self._owns(target, version.content if version is not None else None)
        return learned(files, own.__contains__)

    def _owns(self, path: RepoPath, content: bytes | None) -> frozenset[bytes]:
        if content is None or not path.endswith(companions.C_FILES):
            return frozenset()
        return frozenset(companions.owned(self._placer.pieces(content)))

    def place(self, picked: Picked) -> Ported:
        """What becomes of the next changeset, in upstream's order."""
        entries: list[Entry] = []
        writes: dict[RepoPath, Version | None] = {}
        whole: list[Pick] = []
        cousins: list[Cousin] = []
        fresh: set[RepoPath] = set()
        for pick in picked.files:
            if pick.standing:
                continue
            ours = self._ours(pick.target)
            if pick.theirs is not None:
                self._owned[pick.upstream] = self._owns(pick.upstream, pick.theirs.content)
            aside = self._decider.whole(pick) if self._decider is not None else None
            if pick.base is None or pick.theirs is None or ours is None or self._follows(pick, ours):
                made, result = self._as_a_file(picked.changeset, pick, ours, aside)
                entries += made
                if pick.target in self._follows_upstream and result is not None:
                    fresh.update(self._bring(pick.target, result))
                if result is not ours and all(entry.fate in (Fate.PLACED, Fate.DECIDED) for entry in made):
                    writes[pick.target] = result
                    whole.append(pick)
                    self._take(pick.target, result)
            else:
                cousins.append(self._tried(picked.changeset, pick, ours, aside))
        self._settle(cousins, fresh)
        parts = []
        for one in cousins:
            entries += self._entries(picked.changeset, one)
            landed = tuple(placing.number for placing in one.placed.hunks if placing.fate is Fate.PLACED)
            if landed:
                result = Version(one.placed.content, one.ours.mode)
                writes[one.pick.target] = result
                self._take(one.pick.target, result)
                every = all(placing.fate in (Fate.PLACED, Fate.ALREADY) for placing in one.placed.hunks)
                if every:
                    whole.append(one.pick)
                else:
                    parts.append((one.pick, landed, len(one.placed.hunks)))
            self._remember(picked.changeset, one)
            key = one.pick.target, one.pick.upstream
            self._ends[key] = self._ends[key][0] if key in self._ends else one.base, one.theirs
        out = [words for pick in picked.files for words in _left_out(pick, entries)]
        return Ported(
            picked, tuple(entries), writes, tuple(whole), tuple(parts), tuple(out), tuple(cousins)
        )

    def drafted(self, results: Iterable[Ported]) -> tuple[Ported, ...]:
        """`results`, all that were placed, in order, with what the draft takes on top of the branch. What fits, and
        does not stand there, is left; what was left and stands there is ready."""
        draft = Draft(self._placer, self._ours, self._known)
        return tuple(self._with_draft(one, tuple(draft.take(one.cousins))) for one in results)

    def _with_draft(self, one: Ported, drafted: tuple[Drafted, ...]) -> Ported:
        if not drafted:
            return one
        found = {each.one.pick.upstream: each for each in drafted}
        entries = []
        for entry in one.entries:
            each = found.get(entry.upstream)
            if each is not None and entry.what is What.HUNK:
                entry = self._on_draft(entry, each)
            entries.append(entry)
        return replace(one, entries=tuple(entries), drafted=tuple(each for each in drafted if each.taken))

    def _on_draft(self, entry: Entry, drafted: Drafted) -> Entry:
        """The entry as the draft has it: what is there on the branch stays what it is."""
        if entry.number in drafted.refused:
            base = self._placer.table.lines(drafted.one.base)
            placing = drafted.one.placed.hunks[entry.number - 1]
            return replace(
                entry, fate=Fate.LEFT, reason=drafted.refused[entry.number],
                candidates=self._candidates(drafted.one, placing, base),
            )  # fmt: skip
        if entry.number not in drafted.taken or entry.fate is Fate.ALREADY:
            return entry
        placing, why = drafted.taken[entry.number]
        if entry.fate is Fate.READY:
            return replace(entry, reason=why)
        return replace(
            entry, fate=Fate.READY, reason=why, method=placing.method, by=placing.by, counterpart=placing.counterpart,
            words=tuple(map(str, placing.words)), candidates=(),
        )  # fmt: skip

    @property
    def words(self) -> tuple[str, ...]:
        """The target's words for upstream's."""
        wording = self._placer.wording
        return tuple(map(str, sorted((*wording.names.values(), *wording.calls.values()))))

    def nets(self, entries: Iterable[Entry]) -> tuple[Net, ...]:
        """What is left of upstream's changes, by function: each file as it was before the first of them and after the
        last, against the target as it stands now."""
        open_in: dict[tuple[RepoPath, str, str], list[str]] = {}
        for entry in entries:
            if entry.what is What.HUNK and entry.open:
                open_in.setdefault((entry.target, entry.counterpart, entry.function), []).append(entry.changeset)
        found: list[Net] = []
        for (target, upstream), (first, last) in self._ends.items():
            ours = self._ours(target)
            if ours is None:
                continue
            grouped: dict[tuple[str, str], list[NetHunk]] = {}
            mine = self._placer.table.lines(ours.content).raw
            for key, hunk in self._net_hunks(first, ours.content, last):
                if hunk.fate is not Fate.ALREADY and hunk.line:
                    at = max(0, hunk.line - 1 - _AROUND)
                    gone = sum(raw[:1] in b" -" for raw in hunk.lines)
                    here = b"".join(mine[at : hunk.line - 1 + gone][:_SHOWN])
                    hunk = replace(hunk, here=here, first=at + 1)
                grouped.setdefault(key, []).append(hunk)
            for (counterpart, function), several in grouped.items():
                changesets = dict.fromkeys(open_in.get((target, counterpart, function), ()))
                found.append(Net(target, upstream, function, counterpart, tuple(changesets), tuple(several)))
        return tuple(found)

    def _net_hunks(self, first: bytes, ours: bytes, last: bytes) -> Iterator[tuple[tuple[str, str], NetHunk]]:
        """Each place of the whole change with its function in the target and upstream; those beside each other as one,
        and a function that upstream brought as a place of its own."""
        near: list[Placing] = []
        for placing in self._placer.place(first, ours, last).hunks:
            brought = self._brought_by(placing, last) if placing.fate is not Fate.ALREADY else []
            before = near[-1] if near else None
            alone = placing.fate is Fate.ALREADY or bool(brought)
            if before is not None and (
                alone
                or (before.counterpart, before.function) != (placing.counterpart, placing.function)
                or placing.hunk.a0 - before.hunk.a1 > 2 * _CONTEXT
            ):
                yield (before.counterpart, before.function), self._net(first, last, near)
                near = []
            if brought:
                new = self._placer.table.lines(last).raw
                for function, start, end in brought:
                    said = self._placer.wording.said(new[start:end])
                    fate = Fate.READY if placing.fate is Fate.PLACED else placing.fate
                    yield ("", function), NetHunk(fate, placing.line, tuple(b"+" + raw for raw in said[:_SHOWN]))
            elif placing.fate is Fate.ALREADY:
                yield (placing.counterpart, placing.function), self._net(first, last, [placing])
            else:
                near.append(placing)
        if near:
            yield (near[-1].counterpart, near[-1].function), self._net(first, last, near)

    def _brought_by(self, placing: Placing, last: bytes) -> list[tuple[str, int, int]]:
        """The functions that a hunk adds whole, each with its lines and the comment before it."""
        hunk = placing.hunk
        if hunk.a0 < hunk.a1:
            return []
        inside = [one for one in self._placer.pieces(last).all
                  if hunk.b0 <= one.start and one.end <= hunk.b1 and " " not in one.name]  # fmt: skip
        found: list[tuple[str, int, int]] = []
        at = hunk.b0
        for one in inside:
            found.append((one.name, at, one.end))
            at = one.end
        return [*found[:-1], (found[-1][0], found[-1][1], hunk.b1)] if found else []

    def _net(self, first: bytes, last: bytes, near: Sequence[Placing]) -> NetHunk:
        old, new = self._placer.table.lines(first).raw, self._placer.table.lines(last).raw
        start, end = near[0].hunk.a0, near[-1].hunk.a1
        from_old, from_new = max(0, start - _CONTEXT), near[0].hunk.b0 - min(start, _CONTEXT)
        before, after = old[from_old:start], old[end : end + _CONTEXT]
        gone = self._placer.wording.said((*before, *old[start:end], *after))
        came = self._placer.wording.said((*before, *new[near[0].hunk.b0 : near[-1].hunk.b1], *after))
        lines: list[bytes] = []
        at = from_old
        for placing in near:
            hunk = placing.hunk
            lines += [b" " + raw for raw in gone[at - from_old : hunk.a0 - from_old]]
            lines += [b"-" + raw for raw in gone[hunk.a0 - from_old : hunk.a1 - from_old]]
            lines += [b"+" + raw for raw in came[hunk.b0 - from_new : hunk.b1 - from_new]]
            at = hunk.a1
        lines += [b" " + raw for raw in gone[at - from_old :]]
        fates = {placing.fate for placing in near}
        fate = Fate.LEFT if Fate.LEFT in fates else Fate.READY if Fate.PLACED in fates else near[0].fate
        return NetHunk(fate, next((one.line for one in near if one.line), 0), tuple(lines[:_SHOWN]))

    def _take(self, path: RepoPath, version: Version | None) -> None:
        self._changed[path] = version
        if version is not None:
            self._targets.add(path)
        else:
            self._targets.discard(path)
        self._names.update(path, version)
        if path in self._follows_upstream and version is not None and path.endswith(companions.C_FILES):
            self._names.only(path, companions.defined(self._placer.pieces(version.content)))

    # Files that come in whole, and those that are not there.

    def _follows(self, pick: Pick, ours: Version) -> bool:
        """Whether the target's file is upstream's own, brought in by this port or an earlier one."""
        if pick.target in self._follows_upstream:
            return True
        content = pick.base.content if pick.base is not None else b""
        return any(is_binary(one) for one in (content, ours.content))

    def _as_a_file(
        self, changeset: Changeset, pick: Pick, ours: Version | None, aside: LeftOut | None
    ) -> tuple[list[Entry], Version | None]:
        if aside is not None:
            what = What.ADDED if pick.base is None else What.DELETED if pick.theirs is None else What.ABSENT
            if ours is None or what is not What.ABSENT:
                return [_as_decided(self._entry(changeset, pick, what, Fate.DECIDED), aside)], ours
        if pick.base is None:
            return self._added(changeset, pick, ours)
        if pick.theirs is None:
            merge = self._merger.merge(pick.base, ours, None)
            fate = Fate.LEFT if not merge.lands else Fate.ALREADY if ours is None else Fate.PLACED
            reason = "" if merge.lands else "upstream deletes the file; the target's is another"
            return [self._entry(changeset, pick, What.DELETED, fate, reason)], None if merge.lands else ours
        if ours is None:
            reason = "the target has no such file"
            entry = self._entry(changeset, pick, What.ABSENT, Fate.LEFT, reason)
            return [replace(entry, candidates=self._homes(pick))], None
        out = self._decided_in(pick, aside)
        wanted = self._decider.applied(pick) if self._decider is not None and out else pick
        if wanted.standing:
            wanted = replace(wanted, theirs=wanted.base)
        merge = self._merger.merge(wanted.base, ours, wanted.theirs)
        if not merge.lands:
            return [self._entry(changeset, pick, What.FOLLOWED, Fate.LEFT, merge.reason)], ours
        fate = Fate.ALREADY if merge.gate is Gate.ALREADY else Fate.PLACED
        found = self._placer.hunks(pick.base.content, pick.theirs.content) or (Hunk(0, 0, 0, 0),)
        blocks = _blocks(found)
        theirs = self._placer.table.lines(pick.theirs.content)
        base = self._placer.table.lines(pick.base.content)
        entries = []
        for number, hunk in enumerate(found, 1):
            piece = self._placer.pieces(pick.theirs.content).around(hunk.b0, hunk.b1)
            function = piece.name if piece is not None else ""
            placing = Placing(number, hunk, fate, function, function, "name", merge.method, hunk.b0 + 1)
            made = self._hunk_entry(changeset, pick, placing, blocks[number - 1], base, theirs, None)
            made = replace(made, what=What.FOLLOWED)
            entries.append(_as_decided(made, out[number]) if number in out else made)
        return entries, merge.result if fate is Fate.PLACED else ours

    def _added(
        self, changeset: Changeset, pick: Pick, ours: Version | None
    ) -> tuple[list[Entry], Version | None]:
        assert pick.theirs is not None
        merge = self._merger.merge(None, ours, pick.theirs)
        if ours is None:
            self._follows_upstream.add(pick.target)
            return [self._entry(changeset, pick, What.ADDED, Fate.PLACED)], merge.result
        if merge.lands or self._derives(ours.content, pick.theirs.content):
            self._follows_upstream.add(pick.target)
            return [self._entry(changeset, pick, What.ADDED, Fate.ALREADY)], ours
        reason = "upstream adds a file of which the target has another version, too different to be followed"
        return [self._entry(changeset, pick, What.ADDED, Fate.LEFT, reason)], ours

    def _derives(self, ours: bytes, theirs: bytes) -> bool:
        """Whether ours is upstream's file, changed since: most of the shorter one's lines stand in both, in order."""
        if is_binary(ours) or is_binary(theirs):
            return False
        a, b = self._placer.table.lines(theirs).keys, self._placer.table.lines(ours).keys
        shared = len(a) - sum(hunk.a1 - hunk.a0 for hunk in hunks(a, b))
        return shared * _HALF > min(len(a), len(b))

    def _homes(self, pick: Pick) -> tuple[Candidate, ...]:
        """Files of the target that may stand for one that it lacks: of the same name, or with its functions."""
        found = [Candidate(path, "", 1, 0, "a file of that name")
                 for path in sorted(self._targets) if name(path) == name(pick.target)]  # fmt: skip
        if pick.base is not None and pick.upstream.endswith(companions.C_FILES) and not found:
            wanted = {piece.name for piece in self._placer.pieces(pick.base.content).all if " " not in piece.name}
            shares = Counter(path for one in wanted for path in self._names.defining(one))
            found = [
                Candidate(path, "", 1, 100 * count // len(wanted), f"{count} of its {len(wanted)} functions are there")
                for path, count in sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:_CANDIDATES]
            ]
        return tuple(found[:_CANDIDATES])

    # Cousins, hunk by hunk.

    def _tried(self, changeset: Changeset, pick: Pick, ours: Version, aside: LeftOut | None) -> Cousin:
        assert pick.base is not None and pick.theirs is not None
        base, theirs = pick.base.content, pick.theirs.content
        carried = self._carried_in(changeset, pick, len(self._placer.hunks(base, theirs)))
        decided = self._decided_in(pick, aside)
        placed = self._placer.place(base, ours.content, theirs, carried=carried, decided=decided)
        return Cousin(pick, ours, base, theirs, carried, decided, placed)

    def _decided_in(self, pick: Pick, aside: LeftOut | None) -> dict[int, LeftOut]:
        """What was decided on the hunks of a file's change, by number; all of them where it was on the whole file."""
        if aside is not None and pick.base is not None and pick.theirs is not None:
            count = len(self._placer.hunks(pick.base.content, pick.theirs.content))
            return {number: replace(aside, hunk=number) for number in range(1, count + 1)}
        return {one.hunk: one for one in self._decider.hunks(pick)} if self._decider is not None else {}

    def _carried_in(self, changeset: Changeset, pick: Pick, count: int) -> frozenset[int]:
        for key in ((changeset.id, ""), (changeset.id, pick.upstream), ("", f"{pick.upstream} {pick.revision}")):
            numbers = self._carried.get(key)
            if numbers is not None:
                return numbers or frozenset(range(1, count + 1))
        return frozenset()

    def _bring(self, path: RepoPath, version: Version) -> Iterator[RepoPath]:
        """Notes the functions of a file that follows upstream; gives the file where it brings any."""
        if not path.endswith(".c") or is_binary(version.content):
            return
        pieces = self._placer.pieces(version.content)
        for piece in pieces.all:
            word = piece.name.encode("latin-1")
            static = any(raw.startswith(b"static") for raw in pieces.lines.raw[piece.start : piece.start + 2])
            if " " not in piece.name and not static and word not in self._brought:
                self._brought[word] = path
                yield path

    def _uses(self, one: Cousin, placing: Placing) -> Iterator[tuple[bytes, RepoPath]]:
        """The functions that upstream's new files brought and that a hunk uses, or names the file of."""
        hunk = placing.hunk
        lines = self._placer.table.lines(one.theirs).raw[hunk.b0 : hunk.b1]
        gone = companions.names_in(self._placer.table.lines(one.base).raw[hunk.a0 : hunk.a1])
        for word in sorted(companions.names_in(lines) - gone):
            if word in self._brought:
                yield word, self._brought[word]
        if not one.pick.target.endswith(companions.C_FILES):  # what builds it
            for file in sorted({*self._brought.values()}):
                own = name(file).encode("utf-8", "surrogateescape")
                if any(own in raw.split() for raw in lines):
                    yield own, file

    def _half_used(self, files: Sequence[Cousin], fresh: set[RepoPath]) -> dict[tuple[RepoPath, int], str]:
        """Which hunks must wait, by file and number, since what they use of a new file is not in use throughout: a
        program that asks its privileged half in one place alone does not work."""
        users = [(one, placing, list(self._uses(one, placing))) for one in files for placing in one.placed.hunks]
        for file in fresh:
            self._unready.pop(file, None)
            for one, placing, used in users:
                missing = placing.fate in (Fate.LEFT, Fate.READY) or (
                    placing.fate is Fate.DECIDED and one.decided[placing.number].state is not State.NOT_APPLICABLE
                )
                if missing and any(path == file for _, path in used):
                    where = f"hunk {placing.number} of {name(one.pick.upstream)} {one.pick.revision or ''}".rstrip()
                    self._unready[file] = f"{where}, which needs it, does not land"
                    break
        found: dict[tuple[RepoPath, int], str] = {}
        for one, placing, used in users:
            if placing.fate is not Fate.PLACED:
                continue
            here = self._placer.table.lines(one.ours.content).raw[slice(*placing.span)] if placing.span[1] else ()
            known = companions.names_in(here)
            for word, path in used:
                if path in self._unready and not any(
                    other in known for other, file in self._brought.items() if file == path
                ):
                    text = word.decode("latin-1")
                    found[one.pick.target, placing.number] = (
                        f"it uses {text}, of upstream's {name(path)}, and {self._unready[path]}"
                    )
                    break
        return found

    def _settle(self, files: Sequence[Cousin], fresh: set[RepoPath]) -> None:
        """Holds back what makes no sense without something that does not land, until nothing more has to be."""
        for _ in range(_ROUNDS):
            more = False
            half = self._half_used(files, fresh) if self._brought else {}
            for one in files:
                waits = self._waits(one, files) | self._beside(one, files)
                waits |= {number: why for (path, number), why in half.items() if path == one.pick.target}
                held = {number: reason for number, reason in waits.items() if number not in one.held}
                if held:
                    more = True
                    one.held.update(held)
                    self._again(one)
            if not more:
                return
        for one in files:  # it goes round: nothing of it is sure
            every = {placing.number: "it waits for a hunk that waits for it" for placing in one.placed.hunks}
            one.held = every | one.held
            self._again(one)

    def _beside(self, one: Cousin, files: Sequence[Cousin]) -> dict[int, str]:
        """What must wait for hunks of other files: a manual for the code that it tells of, a member that is declared
        anew for those who use it."""
        found: dict[int, str] = {}
        stuck = [
            (other, placing) for other in files if other is not one
            for placing in _stuck(other).hunks if placing.fate in (Fate.LEFT, Fate.READY)
        ]  # fmt: skip
        code = [(other, placing) for other, placing in stuck if other.pick.target.endswith(companions.C_FILES)]
        page = name(one.pick.upstream).rpartition(".")[2].isdigit()
        lines = self._placer.table.lines
        for placing in one.placed.hunks:
            if placing.fate is not Fate.PLACED:
                continue
            if page and code:
                other, left = code[0]
                where = f"hunk {left.number} of {name(other.pick.upstream)}"
                found[placing.number] = f"it may tell of what {where} does, which does not land"
                continue
            old, new = (
                {word for raw in side for word in declared(raw)}
                for side in (
                    lines(one.base).raw[placing.hunk.a0 : placing.hunk.a1],
                    lines(one.theirs).raw[placing.hunk.b0 : placing.hunk.b1],
                )
            )
            for other, left in code if old & new else ():
                hunk = left.hunk
                changed = lines(other.base).raw[hunk.a0 : hunk.a1] + lines(other.theirs).raw[hunk.b0 : hunk.b1]
                shared = old & new & companions.names_in(changed)
                if shared:
                    where = f"hunk {left.number} of {name(other.pick.upstream)}"
                    found[placing.number] = (
                        f"it declares {min(shared).decode('latin-1')} anew, and {where}, which uses it, does not land"
                    )
                    break
        return found

    def _again(self, one: Cousin) -> None:
        one.placed = self._placer.place(
            one.base, one.ours.content, one.theirs, held=one.held, carried=one.carried, decided=one.decided
        )

    def _waits(self, one: Cousin, files: Sequence[Cousin]) -> dict[int, str]:
        pieces = self._placer.pieces
        return companions.waiting(
            one.pick.target, _stuck(one), pieces(one.ours.content), pieces(one.theirs), pieces(one.base),
            pieces(one.placed.content), self._known(one, files),
        )  # fmt: skip

    def _known(self, one: Cousin, files: Sequence[Cousin]) -> companions.Known:
        """What is known beyond a file of a changeset."""
        path = one.pick.target
        return companions.Known(
            target=self._names.anywhere,
            upstream=self._owner,
            brought=frozenset(
                brought
                for other in files if other is not one
                for brought in companions.brought(other.placed, self._placer.table.lines(other.theirs))
            ),
            elsewhere=lambda word: self._names.elsewhere(word, path),
            header=self._header,
            takes=lambda word: self._takes(word, path),
            said=lambda line: b"".join(self._placer.wording.said((line,))),
            file=lambda one: any(path.endswith(f"/{one.decode('latin-1')}") for path in self._targets),
        )  # fmt: skip

    def _owner(self, word: bytes) -> str:
        return next((path for path, names in sorted(self._owned.items()) if word in names), "")

    def _takes(self, word: bytes, path: RepoPath) -> int | None:
        """How many arguments the target's function takes that is defined in another file than `path`."""
        function = word.decode("latin-1")
        found: set[int | None] = set()
        for file in self._names.defining(function):
            version = self._ours(file)
            if file == path or version is None:
                continue
            pieces = self._placer.pieces(version.content)
            found.update(companions.parameters(pieces, piece) for piece in pieces.by_name.get(function, ()))
        return found.pop() if len(found) == 1 else None

    def _header(self, file: bytes) -> frozenset[bytes]:
        text = file.decode("latin-1")
        path = next((path for path in sorted(self._targets) if path == text or path.endswith(f"/{text}")), None)
        version = self._ours(path) if path is not None else None
        return self._owns(RepoPath(text), version.content) if version is not None else frozenset()

    # Entries.

    def _entries(self, changeset: Changeset, one: Cousin) -> Iterator[Entry]:
        base, theirs = self._placer.table.lines(one.base), self._placer.table.lines(one.theirs)
        blocks = _blocks([placing.hunk for placing in one.placed.hunks])
        origins = self._origins.get(one.pick.upstream, [])
        for placing, block in zip(one.placed.hunks, blocks, strict=True):
            if placing.number in one.held and placing.fate is Fate.READY:
                placing = replace(placing, reason=one.held[placing.number])
            entry = self._hunk_entry(changeset, one.pick, placing, block, base, theirs, one.ours)
            if entry.fate is Fate.DECIDED:
                entry = _as_decided(entry, one.decided[placing.number])
            if entry.fate is Fate.LEFT:
                follows = _follows(origins, placing.hunk)
                entry = replace(entry, follows=follows, candidates=self._candidates(one, placing, base))
            yield entry

    def _hunk_entry(
        self, changeset: Changeset, pick: Pick, placing: Placing, block: int, base: Lines, theirs: Lines,
        ours: Version | None,
    ) -> Entry:  # fmt: skip
        hunk = placing.hunk
        entry = self._entry(changeset, pick, What.HUNK, placing.fate, placing.reason, placing.number)
        here = b""
        if ours is not None and placing.line:
            lines = self._placer.table.lines(ours.content).raw
            at = placing.line - 1
            here = b"".join(lines[max(0, at - _AROUND) : at + hunk.a1 - hunk.a0 + _AROUND][:_SHOWN])
        return replace(
            entry, block=block, function=placing.function, counterpart=placing.counterpart, by=placing.by,
            method=placing.method, line=placing.line, words=tuple(map(str, placing.words)),
            before=b"".join(base.raw[max(0, hunk.a0 - _CONTEXT) : hunk.a1 + _CONTEXT][:_SHOWN]),
            after=b"".join(theirs.raw[max(0, hunk.b0 - _CONTEXT) : hunk.b1 + _CONTEXT][:_SHOWN]),
            here=here,
        )  # fmt: skip

    def _entry(
        self, changeset: Changeset, pick: Pick, what: What, fate: Fate, reason: str = "", number: int = 0
    ) -> Entry:
        label = pick.revision or ""
        version = pick.theirs or pick.base
        if not label[:1].isdigit() and version is not None:
            label = hashlib.sha256(version.content).hexdigest()
        key = "\0".join((self._component, pick.upstream, label, str(number)))
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:12]
        return Entry(
            f"h-{digest}", what, changeset.id, pick.upstream, pick.target, pick.revision or "", number, 0, fate,
            "", "", "", "", 0, reason,
        )  # fmt: skip

    def _candidates(self, one: Cousin, placing: Placing, base: Lines) -> tuple[Candidate, ...]:
        """The functions of the target in which the words around the hunk stand, the likeliest first, each with the line
        that is most like it."""
        hunk = placing.hunk
        around = base.raw[max(0, hunk.a0 - _CONTEXT) : hunk.a1 + _CONTEXT]
        wanted = words_of(line for line in around if telling(line))
        if not wanted:
            return ()
        places = [(one.pick.target, one.ours.content)]
        if placing.function and not placing.counterpart:
            places += [(path, version.content) for path in self._names.defining(placing.function)
                       if path != one.pick.target and (version := self._ours(path)) is not None]  # fmt: skip
        found: list[tuple[int, int, Candidate]] = []
        for path, content in places:
            pieces = self._placer.pieces(content)
            for piece in pieces.all:
                alike = 100 * len(wanted & pieces.words(piece)) // len(wanted)
                same = piece.name == (placing.counterpart or placing.function)
                if alike >= _LEAST or (same and alike):
                    line = _likest(pieces, piece.start, piece.end, around)
                    why = "the function of that name" if same else f"{alike} % of the words around it stand there"
                    found.append((same, alike, Candidate(path, piece.name, line + 1, alike, why)))
            if not placing.function:
                line = _likest(pieces, 0, len(pieces.lines.raw), around)
                if line >= 0 and pieces.at(line) is None:
                    found.append((1, 0, Candidate(path, "", line + 1, 0, "the line most like those around it")))
        found.sort(key=lambda item: (-item[0], -item[1], item[2].file, item[2].line))
        return tuple(candidate for _, _, candidate in found[:_CANDIDATES])

    def _remember(self, changeset: Changeset, one: Cousin) -> None:
        """Which of upstream's lines came with what did not land."""
        count = len(self._placer.table.lines(one.base).raw)
        old = self._origins.get(one.pick.upstream) or [""] * count
        new: list[str] = []
        at = 0
        for placing in one.placed.hunks:
            new += old[at : placing.hunk.a0]
            landed = placing.fate in (Fate.PLACED, Fate.ALREADY)
            new += ["" if landed else changeset.id] * (placing.hunk.b1 - placing.hunk.b0)
            at = placing.hunk.a1
        self._origins[one.pick.upstream] = new + old[at:]


def _left_out(pick: Pick, entries: Iterable[Entry]) -> Iterator[str]:
    """What was decided on a file: all of it in one word, else hunk by hunk."""
    own = [entry for entry in entries if entry.upstream == pick.upstream]
    states = {entry.decided for entry in own}
    if len(states) == 1:
        yield from (f"{pick.file} {state}" for state in states if state)
        return
    for entry in own:
        if entry.decided:
            yield f"{pick.file} #{entry.number} {entry.decided}"


def _as_decided(entry: Entry, out: LeftOut) -> Entry:
    return replace(entry, fate=Fate.DECIDED, reason=out.reason, decided=str(out.state))


def _stuck(one: Cousin) -> Placed:
    """What was placed of a file, as `companions` looks at it: what a person put off or does not want does not land, and
    what needs it waits; what does not apply is needed by nothing."""
    put_off = {number for number, out in one.decided.items() if out.state is not State.NOT_APPLICABLE}
    hunks = (
        replace(placing, fate=Fate.LEFT) if placing.fate is Fate.DECIDED and placing.number in put_off else placing
        for placing in one.placed.hunks
    )
    return replace(one.placed, hunks=tuple(hunks))


_LEAST = 40
"""From so many words of a hundred on, a function is worth naming."""


class _Names:
    """Which names stand in which of the target's files."""

    def __init__(self) -> None:
        self._of: dict[RepoPath, set[bytes]] = {}
        self._count: Counter[bytes] = Counter()
        self._defined: dict[RepoPath, set[str]] = {}

    def update(self, path: RepoPath, version: Version | None) -> None:
        self._count.subtract(self._of.pop(path, ()))
        self._defined.pop(path, None)
        if version is None or not path.endswith(companions.C_FILES) or is_binary(version.content):
            return
        self._of[path] = set(_NAME.findall(_NOT_CODE.sub(b" ", version.content)))
        self._count.update(self._of[path])
        self._defined[path] = {one.decode("latin-1") for one in _FUNCTION.findall(version.content)}

    def only(self, path: RepoPath, names: set[bytes]) -> None:
        """Of a file that came in from upstream, only what it defines: what it uses is for others to give."""
        self._count.subtract(self._of.pop(path, ()))
        self._of[path] = names
        self._count.update(names)

    def anywhere(self, word: bytes) -> bool:
        return self._count[word] > 0

    def elsewhere(self, word: bytes, path: RepoPath) -> bool:
        return self._count[word] > (word in self._of.get(path, ()))

    def defining(self, function: str) -> list[RepoPath]:
        return sorted(path for path, names in self._defined.items() if function in names)


_FUNCTION = re.compile(rb"^([A-Za-z_]\w*)[ \t]?\([^;]*$", re.MULTILINE)
"""A function's name where BSD sources put it: at the beginning of a line."""


def _carried(ledger: Ledger) -> dict[tuple[str, str], frozenset[int]]:
    """What the target's history says it carries: (changeset, path) or ("", path and revision) to the numbers of the
    hunks, none for all."""
    found: dict[tuple[str, str], frozenset[int]] = {}
    for entry in ledger.standing:
        for changeset in entry.changesets:
            if not entry.revisions and not entry.hunks:
                found[changeset, ""] = frozenset()
            for path, _ in entry.revisions:
                found[changeset, path] = frozenset()
            for path, _, numbers in entry.hunks:
                found[changeset, path] = found.get((changeset, path), frozenset()) | frozenset(numbers)
        for path, revision in entry.revisions:
            found["", f"{path} {revision}"] = frozenset()
        for path, revision, numbers in entry.hunks:
            key = "", f"{path} {revision}"
            found[key] = found.get(key, frozenset()) | frozenset(numbers)
    return found


def _follows(origins: Sequence[str], hunk: Hunk) -> tuple[str, ...]:
    """The changesets that brought the lines at which a hunk stands, and did not land."""
    near = origins[max(0, hunk.a0 - 1) : hunk.a1 + 1]
    return tuple(dict.fromkeys(one for one in near if one))


def _blocks(found: Sequence[Hunk]) -> list[int]:
    """For each hunk the number, from 1, of the hunk of a `diff -u` it is part of."""
    result: list[int] = []
    for index, hunk in enumerate(found):
        apart = not index or hunk.a0 - found[index - 1].a1 > 2 * _CONTEXT
        result.append((result[-1] if result else 0) + apart)
    return result


def _likest(pieces: Pieces, start: int, end: int, around: Sequence[bytes]) -> int:
    """The line of start..end that shares most words with the lines `around` a hunk, the first of several; -1 where none
    shares any."""
    wanted = words_of(line for line in around if telling(line))
    best, place = 0, -1
    for index in range(start, end):
        shared = len(wanted & words_of((pieces.lines.raw[index],)))
        if shared > best:
            best, place = shared, index
    return place
