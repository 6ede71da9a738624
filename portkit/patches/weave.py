"""Who brought each line that a file has more than its baseline, and who took away each that it lacks.

The states that the file went through in the target are woven into one sequence of lines, each with its birth and its
death; then the baseline's lines are found in it. What comes out are *layers*: lines with the number of the local commit
from which on they are there, and of the one from which on they are not. Without any commit they spell the baseline,
with all of them the file as it stands, byte for byte and whatever history is like: a line that history does not explain
comes, or goes, with the remainder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from portkit.change.ident import KEYWORDS
from portkit.change.linediff import hunks
from portkit.change.lines import fold
from portkit.merge.file import Version
from portkit.patches.rawlines import numbered, raw_keys
from portkit.text import split_lines

UPSTREAM = -1
"""Instead of a commit's number: upstream made it so."""

BEGINNING = -1
"""From the baseline on."""

REMAINDER = 1 << 30
"""What no commit explains."""

NEVER = REMAINDER + 1

_SLID = 8
"""How many lines beside a place are looked at for what belongs to it."""

_WEIGHT = 3
"""How many unexplained lines of the baseline a local line may stand in for."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One state of a file in the target (None: not there), and who made it: a local commit's number, or UPSTREAM.
    `carried`: the contents before and after each upstream change that this commit carries. `inherits`: a line that it
    puts where local ones stood is theirs (a conflict was resolved there)."""

    version: Version | None
    by: int
    carried: tuple[tuple[bytes, bytes], ...] = ()
    inherits: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """A line, there from commit `on` (or BEGINNING, or REMAINDER) until commit `off` (or REMAINDER, or NEVER)."""

    text: bytes
    on: int
    off: int


@dataclass(frozen=True, slots=True)
class Layers:
    """A file in layers. `made`: from which commit on there is such a file at all; `removed`: until which; `modes`: from
    which commit on it has which mode, in order."""

    lines: tuple[Layer, ...]
    made: int = BEGINNING
    removed: int = NEVER
    modes: tuple[tuple[int, int], ...] = ()

    def at(self, number: int) -> Version | None:
        """The file with every commit up to `number`."""
        if not self.made <= number < self.removed:
            return None
        mode = [mode for since, mode in self.modes if since <= number][-1]
        return Version(b"".join(line.text for line in self.lines if line.on <= number < line.off), mode)

    def renumbered(self, new: Callable[[int], int]) -> Layers:
        """The same with other numbers. A line that would go no later than it comes is left out."""
        lines = tuple(Layer(line.text, new(line.on), new(line.off)) for line in self.lines)
        modes = tuple((new(since), mode) for since, mode in self.modes)
        return Layers(tuple(line for line in lines if line.on < line.off), new(self.made), new(self.removed), modes)

    def numbers(self) -> set[int]:
        """The commits that change anything in it; REMAINDER among them where something is left."""
        found = {one for line in self.lines for one in (line.on, line.off)} | {self.made, self.removed}
        return (found | {since for since, _ in self.modes}) - {BEGINNING, NEVER}


@dataclass(slots=True)
class _Thread:
    """One line of the weave: `birth`, `death` are who did it (UPSTREAM or a number), `died` says whether it is gone;
    `local` whether it is a line between two local commits: it came after the file began to derive from upstream, and
    no port put or took it."""

    text: bytes
    birth: int
    local: bool
    died: bool = False
    death: int = UPSTREAM


def layers(baseline: Version | None, moments: Sequence[Moment], tip: Version | None) -> Layers:
    """The layers between `baseline` and `tip`, explained by `moments`, oldest first, of which the last is `tip`."""
    if baseline is None and tip is None:
        return Layers((), NEVER, NEVER)
    if tip is None:
        assert baseline is not None
        gone = next((one.by for one in reversed(moments) if one.version is None and one.by != UPSTREAM), REMAINDER)
        lines = tuple(Layer(line, BEGINNING, NEVER) for line in split_lines(baseline.content))
        return Layers(lines, BEGINNING, gone, ((BEGINNING, baseline.mode),))
    weave = _Weave()
    for moment in moments:
        weave.add(moment)
    if not moments or moments[-1].version != tip:
        weave.add(Moment(tip, REMAINDER))
    found = weave.against(baseline.content if baseline is not None else b"", tip.content)
    made = _created(moments) if baseline is None else BEGINNING
    return Layers(found, made, NEVER, _modes(baseline, moments, tip, made))


def upstream_lines(versions: Sequence[Version | None]) -> tuple[list[int], list[list[tuple[bytes, int]]]]:
    """Of each line of the last of upstream's `versions` (oldest first), which of them put it (0: the first has it); and
    in each gap between these lines, before the first and behind the last among them, the lines that went, each with the
    version that took it."""
    weave = _Weave()
    for number, version in enumerate(versions):
        weave.add(Moment(version, number))
    return weave.spelled()


def later_lines(versions: Sequence[Version | None]) -> tuple[list[list[tuple[bytes, int]]], list[int]]:
    """The lines that later `versions` (oldest first) put in each gap between the lines of the first, each with the
    version that put it; and of each line of the first, which of them took it (0: none)."""
    weave = _Weave()
    for number, version in enumerate(versions):
        weave.add(Moment(version, number))
    return weave.grown()


def _created(moments: Sequence[Moment]) -> int:
    """Which commit made the file that is there now."""
    made = REMAINDER
    before: Version | None = None
    for moment in moments:
        if before is None and moment.version is not None:
            made = moment.by if moment.by != UPSTREAM else REMAINDER
        before = moment.version
    return made


def _modes(
    baseline: Version | None, moments: Sequence[Moment], tip: Version, made: int
) -> tuple[tuple[int, int], ...]:
    if baseline is not None and baseline.mode == tip.mode:
        return ((BEGINNING, tip.mode),)
    by = REMAINDER
    for before, moment in zip((None, *moments), moments, strict=False):
        old = before.version if before is not None else None
        if moment.version is not None and moment.version.mode == tip.mode and (old is None or old.mode != tip.mode):
            by = moment.by if moment.by != UPSTREAM else REMAINDER
    if baseline is None:
        return ((made, tip.mode),)
    return ((BEGINNING, baseline.mode), (by, tip.mode))


class _Weave:
    def __init__(self) -> None:
        self._threads: list[_Thread] = []
        self._begun = False

    def add(self, moment: Moment) -> None:
        """Weaves in the next state. The first that upstream made is where what is local begins."""
        if moment.by == UPSTREAM and not self._begun:
            self._begun = True
            for thread in self._threads:
                thread.local = False
        added: Counter[bytes] = Counter()
        removed: Counter[bytes] = Counter()
        for old, new in moment.carried:
            before, after = split_lines(old), split_lines(new)
            for hunk in hunks(*raw_keys(old, new)):
                removed.update(before[hunk.a0 : hunk.a1])
                added.update(after[hunk.b0 : hunk.b1])
        alive = [at for at, thread in enumerate(self._threads) if not thread.died]
        lines = split_lines(moment.version.content) if moment.version is not None else []
        keys = numbered([[self._threads[at].text for at in alive], lines])
        out: list[_Thread] = []
        taken = 0
        for hunk in hunks(keys[0], keys[1]):
            gone = [self._threads[at] for at in alive[hunk.a0 : hunk.a1]]
            idents: dict[bytes, _Thread] = {}
            owner = max((one.birth for one in gone), default=UPSTREAM) if moment.inherits else UPSTREAM
            for thread in gone:
                thread.died = True
                thread.death = self._of(moment, removed, thread.text)
                thread.local = thread.local and not moment.carried
                if moment.carried and KEYWORDS.search(thread.text):
                    idents[fold(thread.text)] = thread
            upto = alive[hunk.a1] if hunk.a1 < len(alive) else len(self._threads)
            if hunk.a1 > hunk.a0:
                upto = alive[hunk.a1 - 1] + 1
            out += self._threads[taken:upto]
            for line in lines[hunk.b0 : hunk.b1]:
                birth = self._of(moment, added, line)
                bumped = idents.get(fold(line)) if idents and KEYWORDS.search(line) else None
                if birth != UPSTREAM and bumped is not None and bumped.birth != UPSTREAM:
                    birth = bumped.birth  # a bump in the spelling that an earlier commit chose
                elif birth != UPSTREAM and owner != UPSTREAM:
                    birth = owner
                out.append(_Thread(line, birth, moment.by != UPSTREAM and not moment.carried))
            taken = upto
        self._threads = out + self._threads[taken:]

    def _of(self, moment: Moment, theirs: Counter[bytes], line: bytes) -> int:
        """Who put or took a line: upstream, where it is one that a carried change puts or takes."""
        if theirs[line] > 0:
            theirs[line] -= 1
            return UPSTREAM
        return moment.by

    def spelled(self) -> tuple[list[int], list[list[tuple[bytes, int]]]]:
        """Who put each line that is there; and between them the lines that are gone, each with who took it."""
        put: list[int] = []
        gaps: list[list[tuple[bytes, int]]] = [[]]
        for thread in self._threads:
            if thread.died:
                gaps[-1].append((thread.text, thread.death))
            else:
                put.append(thread.birth)
                gaps.append([])
        return put, gaps

    def grown(self) -> tuple[list[list[tuple[bytes, int]]], list[int]]:
        """The lines that came after the first state, in the gaps between its own; and who took each of these."""
        came: list[list[tuple[bytes, int]]] = [[]]
        gone: list[int] = []
        for thread in self._threads:
            if thread.birth:
                came[-1].append((thread.text, thread.birth))
            else:
                gone.append(thread.death if thread.died else 0)
                came.append([])
        return came, gone

    def against(self, baseline: bytes, tip: bytes) -> tuple[Layer, ...]:
        """The layers from `baseline` to `tip`, whose lines are those of the weave that are alive."""
        base = split_lines(baseline)
        alive = [at for at, thread in enumerate(self._threads) if not thread.died]
        found: list[Layer] = []
        at_base = at_tip = 0
        used: set[int] = set()
        for hunk in hunks(*raw_keys(baseline, tip)):
            found += self._common(base, alive, at_base, hunk.a0, at_tip)
            first = alive[hunk.b0 - 1] + 1 if hunk.b0 else 0
            last = alive[hunk.b1] if hunk.b1 < len(alive) else len(self._threads)
            around = _Around(
                [*self._threads[alive[hunk.b0 - _SLID] if hunk.b0 >= _SLID else 0 : first],
                 *self._threads[last : alive[hunk.b1 + _SLID] if hunk.b1 + _SLID < len(alive) else None]],
                self._slid(alive, hunk.b0, hunk.b1), used,
            )  # fmt: skip
            found += _changed(base[hunk.a0 : hunk.a1], self._threads[first:last], around)
            at_base, at_tip = hunk.a1, hunk.b1
        found += self._common(base, alive, at_base, len(base), at_tip)
        return tuple(found)

    def _slid(self, alive: Sequence[int], start: int, end: int) -> dict[int, int]:
        """Of the lines `start` to `end` that are there and upstream's, who put the line that would be the changed one
        if these were slid up or down."""
        found: dict[int, int] = {}
        size = end - start
        for step in (-1, 1):
            at = end - 1 if step < 0 else start
            while start <= at < end and 0 <= at + step * size < len(alive):
                thread, other = self._threads[alive[at]], self._threads[alive[at + step * size]]
                if thread.text != other.text:
                    break
                if other.birth != UPSTREAM:
                    found.setdefault(id(thread), other.birth)
                at += step
        return found

    def _common(self, base: Sequence[bytes], alive: Sequence[int], start: int, end: int, at_tip: int) -> list[Layer]:
        """Lines that baseline and tip share, and between them what local commits put and took again."""
        found: list[Layer] = []
        for step in range(end - start):
            found.append(Layer(base[start + step], BEGINNING, NEVER))
            if step + 1 < end - start:
                between = self._threads[alive[at_tip + step] + 1 : alive[at_tip + step + 1]]
                found += [layer for layer in map(_passing, between) if layer is not None]
        return found


def _passing(thread: _Thread) -> Layer | None:
    """A line that one local commit put and a later one took again."""
    if thread.died and thread.local and UPSTREAM not in (thread.birth, thread.death) and thread.birth < thread.death:
        return Layer(thread.text, thread.birth, thread.death)
    return None


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands beside a place where baseline and tip differ. Where lines like each other stand side by side, one
    comparison may take the one for the changed one, and another comparison the other: then what is looked for stands
    here. `threads`: those before and behind; `slid`: who put the line that may be meant instead of a thread, which is
    known by its identity; `used`: what was found."""

    threads: Sequence[_Thread]
    slid: Mapping[int, int]
    used: set[int]

    def taken(self, text: bytes) -> int:
        """Who took a line of upstream's that reads so; UPSTREAM for nobody."""
        for thread in self.threads:
            local = thread.died and thread.birth == UPSTREAM and thread.death != UPSTREAM
            if local and thread.text == text and id(thread) not in self.used:
                self.used.add(id(thread))
                return thread.death
        return UPSTREAM


def _changed(base: Sequence[bytes], threads: Sequence[_Thread], around: _Around) -> list[Layer]:
    """The layers of one place where baseline and tip differ: `base` are the baseline's lines, `threads` all that ever
    was in the target there."""
    dead = [at for at, thread in enumerate(threads) if thread.died and thread.death != UPSTREAM]
    keys = numbered([base, [threads[at].text for at in dead]])
    pairs: dict[int, int] = {}
    x = y = 0
    for hunk in hunks(keys[0], keys[1]):
        for step in range(hunk.a0 - x):
            pairs[dead[y + step]] = x + step
        x, y = hunk.a1, hunk.b1
    for step in range(len(base) - x):
        if y + step < len(dead):
            pairs[dead[y + step]] = x + step
    local = [thread.birth for thread in threads if not thread.died and thread.birth != UPSTREAM]
    unexplained = len(base) - len(pairs)
    instead = min(local) if local and unexplained <= _WEIGHT * len(local) else REMAINDER
    paired = set(pairs.values())
    gone = {at: by for at, line in enumerate(base) if at not in paired and (by := around.taken(line)) != UPSTREAM}

    def lacking(start: int, end: int) -> list[Layer]:
        return [Layer(base[at], BEGINNING, gone.get(at, instead)) for at in range(start, end)]

    out: list[Layer] = []
    taken = 0
    end = len(base)
    while end - 1 in gone:  # what slid stood below
        end -= 1
    last = max(pairs, default=-1)
    for at, thread in enumerate(threads):
        if at in pairs:
            out += lacking(taken, pairs[at])
            out.append(Layer(base[pairs[at]], BEGINNING, thread.death))
            taken = pairs[at] + 1
        elif not thread.died:
            if at > last:  # what was before stands above what is instead
                out += lacking(taken, max(taken, end))
                taken = max(taken, end)
            birth = thread.birth if thread.birth != UPSTREAM else around.slid.get(id(thread), UPSTREAM)
            out.append(Layer(thread.text, birth if birth != UPSTREAM else REMAINDER, NEVER))
        else:
            passing = _passing(thread)
            out += [passing] if passing is not None else []
    return out + lacking(taken, len(base))
