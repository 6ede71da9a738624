"""Which hunks that fit must wait for others: half a change is often worse than none.

On a distant cousin a changeset rarely fits whole. A hunk whose place is certain may still make no sense alone: it uses
a variable that another hunk declares, takes away one that the target goes on using, opens a brace that another hunk
closes, or moves a line whose old copy stays. What is read here is C by words and lines, not by a parser; where that
errs, a hunk waits for a hand that needed none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from portkit.change.lines import Lines
from portkit.merge.declarations import declared, split_commas
from portkit.merge.fate import Fate
from portkit.merge.pieces import COMMON, Piece, Pieces, code, telling
from portkit.merge.placing import Placed, Placing
from portkit.merge.siblings import INCLUDED

C_FILES = (".c", ".h", ".y", ".l")

_NAME = re.compile(rb"[A-Za-z_]\w*")
_VALUE = re.compile(rb"\b[A-Za-z_]\w*\b(?!\s*\()")
_STRING = re.compile(rb'"(?:\\.|[^"\\\n])*"')
_HEAD = 24
_NEAR = 6
_FEW = 3
_MOST = 4
"""Where a changeset does more to a function than a few things, a quarter of them must land."""
_MEMBER = (b".", b">")
_INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"')
_QUOTED = 50
_NUMBERED = re.compile(rb"\w+\s*=\s*(?:\d+|NULL)\s*;")
_FREE = re.compile(rb"(?<![\w.])(?<!->)[A-Za-z_]\w*")
_GIVEN = (
    rb"(?<![\w.>])%(name)s\b\s*(?:\[[^\]\n]*\])?\s*(?:(?:->|\.)\s*\w+\s*)*=(?!=)|&\s*%(name)s\b"
    rb"|(?<![\w.>])%(name)s\s*,\s*sizeof\s*\(?\s*%(name)s\b"
)
"""Where a variable is given a value: set, handed over by its address, or with its size."""


def names_in(raw: Iterable[bytes]) -> set[bytes]:
    """The names in some lines' code."""
    return {name for line in raw for name in _NAME.findall(code(line))}


def owned(pieces: Pieces) -> set[bytes]:
    """The names that a file gives to other code: what it declares or defines outside of functions, and the members of
    its structures."""
    found: set[bytes] = set()
    raw = pieces.lines.raw
    for index, line in enumerate(raw):
        piece = pieces.at(index)
        if piece is None or piece.name.startswith(("struct ", "union ", "enum ", "typedef ", "static ", "const ")):
            found.update(declared(line))
    found.update(piece.name.encode("latin-1") for piece in pieces.all if " " not in piece.name)
    return found


def defined(pieces: Pieces) -> set[bytes]:
    """The names that a file gives to other code itself: none that it only announces (extern, a prototype)."""
    found = {piece.name.encode("latin-1") for piece in pieces.all if " " not in piece.name}
    for index, line in enumerate(pieces.lines.raw):
        piece = pieces.at(index)
        announces = line.startswith(b"extern") or line.rstrip().endswith(b");")
        if (piece is None or " " in piece.name) and not announces:
            found.update(declared(line))
    return found


def locals_of(pieces: Pieces, piece: Piece) -> set[bytes]:
    """The names that a function has for itself: its parameters, and what is declared in it."""
    raw = pieces.lines.raw
    found: set[bytes] = set()
    body = False
    for index in range(piece.start, piece.end):
        if not body:
            found.update(names_in((raw[index],)) - COMMON)
            body = b"{" in raw[index]
        else:
            found.update(declared(raw[index]) if raw[index][:1].isspace() else ())
    return found - {piece.name.encode("latin-1")}


def _printed(raw: Iterable[bytes]) -> int:
    """How many parentheses the strings in some lines open and do not close."""
    return sum(one.count(b"(") - one.count(b")") for line in raw for one in _STRING.findall(line))


def _shapes(raw: bytes) -> Iterable[tuple[bytes, tuple[int, int]]]:
    """The names that a line declares, each with how often it is pointed to and how many dimensions it has."""
    if not declared(raw):
        return
    for part in split_commas(code(raw).strip().rstrip(b";, ")):
        left = part.partition(b"=")[0]
        words = _NAME.findall(re.sub(rb"\[[^\]]*\]", b"", left).partition(b":")[0])
        if words:
            yield words[-1], (left.count(b"*"), left.count(b"["))


def _set_before(raw: Sequence[bytes], name: bytes) -> list[bytes]:
    """The last few of some lines that may give a variable a value, the last one first."""
    word = re.escape(name)
    sets = re.compile(rb"(?<![\w.>])" + word + rb"\s*(?:[-+*/|&^]|<<|>>)?=(?!=)|&\s*" + word + rb"\b")
    found = (line for line in reversed(raw) if name in line and sets.search(code(line)))
    return list(islice(found, _SETTERS))


def _sources(raw: Iterable[bytes], name: bytes) -> set[bytes]:
    """What is called in lines that give a variable a value."""
    assigned = re.compile(re.escape(name) + rb"\s*=(?!=)")
    found: set[bytes] = set()
    for line in raw:
        text = code(line)
        after = text.partition(b"=")[2] if assigned.search(text) else text
        found.update(word for word in _CALLED.findall(after) if word not in _OTHER)
    return found


_CALLED = re.compile(rb"([A-Za-z_]\w*)\s*\(")
_SETTERS = 3
_TOKEN = re.compile(rb"[A-Za-z_]\w*|\d\w*|[^\s\w]")
_OTHER = frozenset((b"if", b"while", b"for", b"switch", b"return", b"sizeof", b"defined"))


def calls(raw: Sequence[bytes]) -> Iterable[tuple[bytes, int]]:
    """What some lines call, and with how many arguments; what is not closed in them is left out, and so is what is
    declared there."""
    tokens = _TOKEN.findall(b"\n".join(code(line, b"0") for line in raw if not line.lstrip().startswith(b"#")))
    for at in range(len(tokens) - 1):
        name = tokens[at]
        if tokens[at + 1] != b"(" or not _NAME.fullmatch(name) or name in _OTHER or (at and tokens[at - 1] in _MEMBER):
            continue
        before = tokens[at - 1] if at else b";"
        if before == b"*" or (_NAME.fullmatch(before) and before not in (b"return", b"else", b"do", b"case")):
            continue
        count = _arguments(tokens, at + 1)
        if count is not None:
            yield name, count


def parameters(pieces: Pieces, piece: Piece) -> int | None:
    """How many arguments a function takes; None where that is not one number."""
    tokens = head(pieces, piece)
    if b"..." in tokens or tokens == (b"(", b")") or not tokens:
        return None
    return 0 if tokens == (b"(", b"void", b")") else _arguments(tokens, 0)


def head(pieces: Pieces, piece: Piece) -> tuple[bytes, ...]:
    """A function's parameters with their parentheses, as tokens, storage classes left out; none where it has none."""
    raw = pieces.lines.raw[piece.start : min(piece.end, piece.start + _HEAD)]
    tokens = _TOKEN.findall(b"\n".join(map(code, raw)).replace(b"...", b" __va__ "))
    name = piece.name.encode("latin-1")
    at = next((at for at in range(len(tokens) - 1) if tokens[at] == name and tokens[at + 1] == b"("), -1)
    end = _closed(tokens, at + 1) if at >= 0 else None
    if end is None:
        return ()
    return tuple(b"..." if token == b"__va__" else token for token in tokens[at + 1 : end + 1] if token != b"register")


def _arguments(tokens: Sequence[bytes], at: int) -> int | None:
    """How many arguments stand in the parentheses that are opened at `at`; None where they are not closed."""
    end = _closed(tokens, at)
    if end is None:
        return None
    depth, count = 0, 1
    for token in tokens[at + 1 : end]:
        depth += (token in (b"(", b"[", b"{")) - (token in (b")", b"]", b"}"))
        count += token == b"," and not depth
    return count if end > at + 1 else 0


def _closed(tokens: Sequence[bytes], at: int) -> int | None:
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index] == b"(") - (tokens[index] == b")")
        if not depth:
            return index
    return None


def _counted(count: int) -> str:
    return "1 argument" if count == 1 else f"{count or 'no'} arguments"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beyond the file at hand. `target` says whether a name stands anywhere in the target's files;
    `upstream` which of upstream's files owns a name that others may use ("" for none); `brought` the names that
    the changeset's other files bring; `elsewhere` whether a name stands in a file of the target other than the one at
    hand; `header` the names that a header of the target's gives; `takes` how many arguments a function of another file
    takes, None where that cannot be said; `said` puts a line in the target's words; `file`:
    whether a header of that name is there."""

    target: Callable[[bytes], bool]
    upstream: Callable[[bytes], str]
    brought: frozenset[bytes]
    elsewhere: Callable[[bytes], bool]
    header: Callable[[bytes], frozenset[bytes]]
    takes: Callable[[bytes], int | None]
    said: Callable[[bytes], bytes] = bytes
    file: Callable[[bytes], bool] = bool


def waiting(
    file: str, placed: Placed, ours: Pieces, theirs: Pieces, base: Pieces, result: Pieces, known: Known
) -> dict[int, str]:
    """Which of the hunks that were placed must wait, by number, and for what: a sentence each. `ours` is the target's
    file before the change, `result` after it."""
    landed = [one for one in placed.hunks if one.fate is Fate.PLACED]
    if not landed:
        return {}
    look = _Look(placed, landed, ours, theirs, base, result, known)
    found: dict[int, str] = {}
    in_code = (
        look.balance, look.spoken, look.lacks, look.miscalls, look.redefines, look.retypes, look.bereaves,
        look.redeclared, look.entangled, look.reads,
    )  # fmt: skip
    more = in_code if file.endswith(C_FILES) else (look.prose,)
    for check in (look.unused, look.moves, look.doubles, look.beside, *more, look.crumbs):
        for number, reason in check():
            found.setdefault(number, reason)
    return found


def against(
    file: str, placed: Placed, ours: Pieces, theirs: Pieces, base: Pieces, result: Pieces, known: Known,
    taken: frozenset[bytes], begun: Pieces,
) -> dict[int, str]:
    """Which of the hunks that were placed wait for nothing and would be wrong even where the rest is done by hand, by
    number, with a sentence each: the target has it in its own words, or it is half of what one hunk cannot do alone.
    `taken`: the names that go with hunks of the changeset that did not land; `begun`: the file before any of this."""
    landed = [one for one in placed.hunks if one.fate is Fate.PLACED]
    if not landed:
        return {}
    look = _Look(placed, landed, ours, theirs, base, result, known)
    found: dict[int, str] = {}
    page = not file.endswith(C_FILES)
    for number, reason in look.doubles(sure=True):
        found.setdefault(number, reason)
    doubled = [one for one in placed.hunks if one.number in found]
    for one in landed:
        for other in doubled:
            near = other.hunk.a0 - one.hunk.a1 <= _NEAR and one.hunk.a0 - other.hunk.a1 <= _NEAR
            if (page and other.function == one.function) or (one.method == "words" and near):
                found.setdefault(one.number, f"the target has what hunk {other.number}, beside it, brings")
    in_code = (
        look.balance, look.spoken, look.miscalls, lambda: look.reads(anew=True), lambda: look.unset(begun),
        look.idle, look.shadows, lambda: look.bereaves(taken),
    )  # fmt: skip
    for check in (look.moves, *(() if page else in_code)):
        for number, reason in check():
            found.setdefault(number, reason)
    return found


_Found = Iterable[tuple[int, str]]


class _Look:
    def __init__(
        self, placed: Placed, landed: Sequence[Placing], ours: Pieces, theirs: Pieces, base: Pieces, result: Pieces,
        known: Known,
    ) -> None:  # fmt: skip
        self.placed = placed
        self.landed = landed
        self.ours = ours
        self.theirs = theirs
        self.base = base
        self.result = result
        self.known = known

    def added(self, one: Placing) -> tuple[bytes, ...]:
        """What a hunk adds, in upstream's words: by these, hunks are compared with each other."""
        return self.theirs.lines.raw[one.hunk.b0 : one.hunk.b1]

    def lands(self, one: Placing) -> tuple[bytes, ...]:
        """What a hunk adds, as the target has it."""
        return one.added if one.added is not None else self.added(one)

    def removed(self, one: Placing) -> tuple[bytes, ...]:
        return self.base.lines.raw[one.hunk.a0 : one.hunk.a1]

    def moves(self) -> _Found:
        """A line that one hunk takes away and another brings: both or neither."""
        takes: dict[bytes, list[Placing]] = {}
        brings: dict[bytes, list[Placing]] = {}
        for one in self.placed.hunks:
            for raw in filter(telling, self.removed(one)):
                takes.setdefault(_bare(raw), []).append(one)
            for raw in filter(telling, self.added(one)):
                brings.setdefault(_bare(raw), []).append(one)
        for key in sorted(takes.keys() & brings.keys()):
            both = [*takes[key], *brings[key]]
            stuck = [one for one in both if one.fate in (Fate.LEFT, Fate.READY)]
            if stuck:
                for one in both:
                    if one.fate is Fate.PLACED:
                        yield one.number, f"it moves a line, and hunk {stuck[0].number}, the other half, does not land"

    def doubles(self, *, sure: bool = False) -> _Found:
        """A line, or a declaration, that the target would have twice where upstream has it once. `sure`: but for what
        any code may say twice, a variable that becomes a number, what a function that comes in has for itself."""
        for one in self.landed:
            mine, yours = self._span(self.result, one.counterpart), self._span(self.theirs, one.function)
            lines_mine, lines_yours = _lines(self.result, mine), _lines(self.theirs, yours)
            names_mine: Counter[bytes] | None = None
            inside = False
            for raw, upstream in zip(self.lands(one), self.added(one), strict=True):
                numbered = sure and _NUMBERED.fullmatch(code(raw).strip())
                if telling(raw) and not numbered and lines_mine[_said(raw)] > max(1, lines_yours[_said(upstream)]):
                    yield one.number, f"the target has the line {_quoted(raw)} there already"
                    break
                names = declared(raw)
                inside = sure and not one.counterpart and (
                    raw[:1].isspace() or (inside and raw[:1] not in (b"}", b"#"))
                )  # fmt: skip
                if not names or inside:
                    continue
                if names_mine is None:
                    top = sure and not one.counterpart
                    names_mine = _declares(self.result, mine, top=top)
                    names_yours = _declares(self.theirs, yours, top=top)
                twice = next((name for name in names if names_mine[name] > max(1, names_yours[name])), None)
                if twice is not None:
                    yield one.number, f"the target declares {twice.decode('latin-1')} there already, in other words"
                    break

    def balance(self) -> _Found:
        """Braces and conditionals that pair with those of a hunk that does not land."""
        by_function: dict[str, list[tuple[Placing, tuple[int, int]]]] = {}
        for one in self.landed:
            by_function.setdefault(one.counterpart, []).append((one, self._weight(one)))
        for hunks in by_function.values():
            for side, what in ((0, "braces"), (1, "conditionals (#if)")):
                if sum(weight[side] for _, weight in hunks):
                    for one, weight in hunks:
                        if weight[side]:
                            yield one.number, f"its {what} pair with those of a hunk that does not land"

    def spoken(self) -> _Found:
        """A parenthesis that is printed, and pairs with one that a hunk of the same function prints, and does not
        land."""
        for one in self.landed:
            weight = _printed(self.lands(one)) - _printed(self.removed(one))
            for other in self.placed.hunks if weight and one.function else ():
                stuck = other.function == one.function and other.fate in (Fate.LEFT, Fate.READY)
                if stuck and weight * (_printed(self.added(other)) - _printed(self.removed(other))) < 0:
                    yield one.number, f"it prints a parenthesis that pairs with one of hunk {other.number}"
                    break

    def _weight(self, one: Placing) -> tuple[int, int]:
        braces = conditionals = 0
        for sign, lines in ((1, self.added(one)), (-1, self.removed(one))):
            for raw in lines:
                text = code(raw)
                braces += sign * (text.count(b"{") - text.count(b"}"))
                stripped = text.lstrip().removeprefix(b"#").lstrip() if text.lstrip().startswith(b"#") else b""
                conditionals += sign * (stripped.startswith(b"if") - stripped.startswith(b"endif"))
        return braces, conditionals

    def lacks(self) -> _Found:
        """A name that an added line uses, and that nothing in the target gives."""
        given: dict[str, set[bytes]] = {}
        for one in self.landed:
            given.setdefault(one.counterpart, set()).update(name for raw in self.lands(one) for name in declared(raw))
        everywhere = set(self.known.brought).union(*given.values())
        for one in self.landed:
            piece = self.theirs.around(one.hunk.b0, one.hunk.b1)
            own = locals_of(self.theirs, piece) if piece is not None else set()
            mine = self._piece(self.ours, one.counterpart)
            here = names_in(self.ours.lines.raw[mine.start : mine.end]) if mine is not None else set()
            gone = {name for other in self.landed if other.counterpart == one.counterpart
                    for raw in self.removed(other) for name in declared(raw)}  # fmt: skip
            here |= given.get(one.counterpart, set())
            missing = next((file for raw in self.lands(one) if (file := _INCLUDE.match(raw)) is not None
                            and not self.known.file(file[1])), None)  # fmt: skip
            if missing is not None:
                yield one.number, f"it includes {missing[1].decode('latin-1')}, which the target has not"
                continue
            for name in sorted(names_in(self.lands(one))):
                if name in own:
                    if name not in here or (name in gone and name not in given.get(one.counterpart, set())):
                        text = name.decode("latin-1")
                        yield one.number, f"it uses {text}, which {one.function} has for itself upstream, not here"
                        break
                elif name not in everywhere and not self.known.target(name):
                    owner = self.known.upstream(name)
                    if owner:
                        yield one.number, f"it uses {name.decode('latin-1')}, which the target lacks ({owner} has it)"
                        break
                    if any(re.search(rb"(?:->|\.)\s*" + name + rb"\b", code(raw)) for raw in self.lands(one)):
                        yield one.number, f"it uses a member {name.decode('latin-1')}, which the target has nowhere"
                        break

    def unset(self, begun: Pieces) -> _Found:
        """A variable of upstream's function that the target's has not, in `begun`, and would give no value."""
        for one in self.landed:
            piece, mine = self._around(one), self._piece(self.result, one.counterpart)
            before = self._piece(begun, one.counterpart)
            if piece is None or mine is None or all(map(declared, filter(telling, self.lands(one)))):
                continue
            lines = self.result.lines.raw[mine.start : mine.end]
            own = locals_of(begun, before) if before is not None else set()
            text = b"\n".join(map(code, lines))
            used = {name for raw in self.lands(one) for name in _FREE.findall(code(raw))}
            for name in sorted(used & (locals_of(self.theirs, piece) - own)):
                word = re.escape(name)
                if not re.search(_GIVEN % {b"name": word}, text):
                    yield one.number, f"it uses {name.decode('latin-1')}, which nothing in {one.counterpart} sets here"
                    break

    def idle(self) -> _Found:
        """A variable of a function that nothing in the target's uses: what would use it is there in other words."""
        for one in self.landed:
            mine = self._piece(self.result, one.counterpart)
            told = [raw for raw in self.lands(one) if telling(code(raw))]
            if mine is None or not told or " " in mine.name or not all(map(declared, told)):
                continue
            names = {name for raw in told for name in declared(raw)}
            names -= {name for raw in self.removed(one) for name in declared(raw)}
            lines = self.result.lines.raw[mine.start : mine.end]
            used = names_in(raw for raw in lines if raw not in self.lands(one))
            if names and not names & used:
                text = min(names).decode("latin-1")
                yield one.number, f"it declares {text}, and what would use it is not in {one.counterpart} here"

    def shadows(self) -> _Found:
        """A variable of a function that the target's has a thing of its own for, outside of it."""
        for one in self.landed:
            mine = self._piece(self.ours, one.counterpart)
            if mine is None or " " in mine.name:
                continue
            names = {name for raw in self.lands(one) if raw[:1].isspace() for name in declared(raw)}
            names -= {name for raw in self.removed(one) for name in declared(raw)}
            lines = self.ours.lines.raw[mine.start : mine.end] if names else ()
            used = {name for raw in lines for name in _FREE.findall(code(raw))} - locals_of(self.ours, mine)
            if names & used:
                text = min(names & used).decode("latin-1")
                yield one.number, f"it declares {text}, and {one.counterpart} has another {text} from outside here"

    def miscalls(self) -> _Found:
        """A call of a function that takes another number of arguments in the target."""
        for one in self.landed:
            for name, count in calls(self.lands(one)):
                own = self.result.by_name.get(name.decode("latin-1"), ())
                takes = parameters(self.result, own[0]) if len(own) == 1 else None if own else self.known.takes(name)
                if takes is not None and takes != count:
                    text = f"it calls {name.decode('latin-1')} with {_counted(count)}"
                    yield one.number, f"{text}, and the target's takes {takes or 'none'}"
                    break

    def redefines(self) -> _Found:
        """A function that is to take other arguments while somebody still declares or calls it the old way."""
        for one in self.landed:
            piece = self._piece(self.ours, one.counterpart)
            new = self._piece(self.result, one.counterpart)
            if piece is None or new is None or " " in piece.name:
                continue
            before, after = head(self.ours, piece), head(self.result, new)
            if not before or not after or before == after:
                continue
            name = piece.name.encode("latin-1")
            if not names_in(self.removed(one)) & {name, *before}:
                continue
            declares = re.compile(rb"^(?![ \t#/*])[^;{}()=]*\b" + re.escape(name) + rb"\s*\([^;{}]*;", re.MULTILINE)
            old = declares.findall(self.ours.lines.content)
            stays = old and old == declares.findall(self.result.lines.content)
            takes = parameters(self.result, new)
            calling = next((count for called, count in calls(self.result.lines.raw) if called == name
                            and takes is not None and count != takes), None)  # fmt: skip
            static = any(raw.startswith(b"static") for raw in self.result.lines.raw[new.start : new.start + 2])
            if stays or calling is not None or (not static and self.known.elsewhere(name)):
                yield one.number, f"it changes what {piece.name} takes, and the target declares or calls it the old way"

    def beside(self) -> _Found:
        """A change within a line of the target's own, while what upstream changes right beside it does not land."""
        for one in self.landed:
            if one.method != "words":
                continue
            for other in self.placed.hunks:
                near = other.hunk.a0 - one.hunk.a1 <= _NEAR and one.hunk.a0 - other.hunk.a1 <= _NEAR
                if near and other.fate in (Fate.LEFT, Fate.READY):
                    yield one.number, f"hunk {other.number}, right beside it, does not land"
                    break

    def unused(self) -> _Found:
        """A thing of its own, put beside its siblings: it is for what did not land."""
        for one in self.landed:
            if one.method != "beside":
                continue
            include = next((found for raw in self.lands(one) if (found := INCLUDED.match(raw)) is not None), None)
            names = {name for raw in self.lands(one) for name in declared(raw)}
            names = names - {name for raw in self.removed(one) for name in declared(raw)} or names
            what = include[1] if include is not None else min(names, default=b"")
            text = what.decode("latin-1")
            if not what:
                continue  # a word of a list: what builds a file waits for those who use it
            yield one.number, f"it includes {text} for what did not land" if include is not None else (
                f"it declares {text}, for what did not land"
            )

    def retypes(self) -> _Found:
        """A variable that becomes a pointer, an array or a value while lines that stay use it as what it was."""
        for one in self.landed:
            old = {name: shape for raw in self.removed(one) for name, shape in _shapes(raw)}
            new = {name: shape for raw in self.lands(one) for name, shape in _shapes(raw)}
            changed = {name for name in old.keys() & new.keys() if old[name] != new[name]}
            if not changed:
                continue
            brought = {raw for other in self.landed for raw in self.lands(other)}
            start, end = self._span(self.result, one.counterpart)
            stay = names_in(raw for raw in self.result.lines.raw[start:end] if raw not in brought)
            if changed & stay:
                name = min(changed & stay).decode("latin-1")
                yield one.number, f"it makes {name} another kind of variable, and lines that stay use it as it was"

    def redeclared(self) -> _Found:
        """A change of what is done with a variable that another hunk declares, or declares anew, and does not land:
        what upstream's function makes for itself may be what the target's is given."""
        for other in self.placed.hunks:
            if other.fate not in (Fate.LEFT, Fate.READY) or not other.function:
                continue
            names = self._declared_by(other)
            for one in self.landed:
                if one.function == other.function:
                    shared = names & names_in((*self.removed(one), *self.added(one)))
                    if shared:
                        text = min(shared).decode("latin-1")
                        yield one.number, f"it uses {text}, which hunk {other.number} declares anew, and does not land"

    def _declared_by(self, one: Placing) -> set[bytes]:
        """The names that a hunk declares, or no longer does: parameters, too."""
        found: list[set[bytes]] = []
        for pieces, lines in ((self.base, self.removed(one)), (self.theirs, self.added(one))):
            names = {name for raw in lines for name in declared(raw)}
            piece = pieces.by_name.get(one.function, (None,))[0]
            header = head(pieces, piece) if piece is not None else ()
            if any(re.search(rb"\b" + re.escape(one.function.encode("latin-1")) + rb"\s*\(", raw) for raw in lines):
                names |= {before for before, token in pairwise(header)
                          if token in (b",", b")") and _NAME.fullmatch(before)}  # fmt: skip
            found.append(names)
        shapes = [
            dict(pair for raw in lines for pair in _shapes(raw)) for lines in (self.removed(one), self.added(one))
        ]
        same = {name for name in found[0] & found[1] if shapes[0].get(name) == shapes[1].get(name)}
        return (found[0] | found[1]) - same

    def crumbs(self) -> _Found:
        """The little that fits of what a changeset does to a function, where most does not: half a change."""
        for function in {one.function for one in self.landed if one.function}:
            every = [one for one in self.placed.hunks if one.function == function]
            done = sum(one.fate in (Fate.PLACED, Fate.ALREADY) for one in every)
            if len(every) > _FEW and done * _MOST < len(every):
                for one in self.landed:
                    if one.function == function:
                        text = f"of the {len(every)} hunks in {function}, all but {done} do not land"
                        yield one.number, text

    def reads(self, *, anew: bool = False) -> _Found:
        """A change of what is done with a variable that the target gets its value for in another way; with `anew`, only
        where the variable itself is used in another way."""
        for one in self.landed:
            piece, mine = self._around(one), self._piece(self.ours, one.counterpart)
            if piece is None or mine is None or not one.line or not self.removed(one):
                continue
            own = locals_of(self.theirs, piece)
            old, new = (Counter(name for raw in lines for name in _NAME.findall(code(raw)))
                        for lines in (self.removed(one), self.added(one)))  # fmt: skip
            base = self.base.around(one.hunk.a0, one.hunk.a1)
            for name in sorted(name for name in new if name in own and new[name] and old != new):
                if base is None:
                    break
                if anew and _words_beside(self.removed(one), name) == _words_beside(self.added(one), name):
                    continue
                theirs = _set_before(self.base.lines.raw[base.start : one.hunk.a0], name)
                ours = _set_before(self.ours.lines.raw[mine.start : one.line - 1], name)
                if theirs and ours and _sources(map(self.known.said, theirs), name) != _sources(ours, name):
                    text = name.decode("latin-1")
                    yield one.number, f"it works on {text}, which the target sets in another way ({_quoted(ours[0])})"
                    break

    def _around(self, one: Placing) -> Piece | None:
        return self.theirs.around(one.hunk.b0, one.hunk.b1) if one.hunk.b0 < one.hunk.b1 else None

    def entangled(self) -> _Found:
        """A change of a name that another hunk of the same function changes too, and does not land: a variable that
        is declared and used here, and set there."""
        touched = {one.number: self._touched(one) for one in self.placed.hunks}
        for one in self.landed:
            for other in self.placed.hunks:
                if other.function != one.function or not one.function or other.fate not in (Fate.LEFT, Fate.READY):
                    continue
                shared = touched[one.number] & touched[other.number]
                if shared:
                    name = min(shared).decode("latin-1")
                    why = f"it changes what is done with {name}, as hunk {other.number} does, which does not land"
                    yield one.number, why
                    break

    def prose(self) -> _Found:
        """A passage of a section of which another passage does not land: what one counts, the other tells."""
        for one in self.landed:
            for other in self.placed.hunks:
                if other.function == one.function and one.function and other.fate in (Fate.LEFT, Fate.READY):
                    yield one.number, f"hunk {other.number}, of the same section, does not land"
                    break

    def _touched(self, one: Placing) -> set[bytes]:
        """The names that a hunk brings or takes away, those of functions that are called left out: what ties two hunks
        together is what one leaves for the other."""
        added, removed = (Counter(name for raw in lines for name in _VALUE.findall(code(raw)))
                          for lines in (self.added(one), self.removed(one)))  # fmt: skip
        return {name for name in ((added - removed) + (removed - added)) if name not in COMMON}

    def bereaves(self, taken: frozenset[bytes] = frozenset()) -> _Found:
        """A declaration that is taken away while the target goes on using what it declares; but for `taken`, whose uses
        go with what did not land."""
        for one in self.landed:
            added = {name for other in self.landed if other.counterpart == one.counterpart
                     for raw in self.lands(other) for name in declared(raw)}  # fmt: skip
            piece = self._piece(self.result, one.counterpart)
            raw = self.result.lines.raw
            lines = raw[piece.start : piece.end] if piece is not None else raw
            for line in self.removed(one):
                names = set(declared(line)) - added
                include = _INCLUDE.match(line)
                if include and not any(include[1] in other for other in self.added(one)):
                    names = set(self.known.header(include[1]))
                if not names:
                    continue
                left = names_in(lines) & names
                if piece is None and not include:
                    left |= {name for name in names if line[:6] != b"static" and self.known.elsewhere(name)}
                left -= taken
                if left:
                    yield one.number, f"it takes away {min(left).decode('latin-1')}, which the target goes on using"
                    break

    def _piece(self, pieces: Pieces, name: str) -> Piece | None:
        found = pieces.by_name.get(name, ()) if name else ()
        return found[0] if found else None

    def _span(self, pieces: Pieces, name: str) -> tuple[int, int]:
        piece = self._piece(pieces, name)
        return (piece.start, piece.end) if piece is not None else (0, len(pieces.lines.raw))


def _bare(raw: bytes) -> bytes:
    """A line without its white space: what is moved or written anew is often indented anew."""
    return b"".join(raw.split())


def _words_beside(raw: Iterable[bytes], name: bytes) -> Counter[tuple[bytes, bytes]]:
    """What stands before and behind a name in some lines."""
    tokens = [b"", *_TOKEN.findall(b"\n".join(map(code, raw))), b""]
    return Counter((tokens[at - 1], tokens[at + 1]) for at, token in enumerate(tokens) if token == name)


def _said(raw: bytes) -> bytes:
    """The same, without the braces that end one block and begin another: whether a block is one line says nothing."""
    return _bare(raw).removeprefix(b"}").removesuffix(b"{")


def _lines(pieces: Pieces, span: tuple[int, int]) -> Counter[bytes]:
    return Counter(map(_said, pieces.lines.raw[span[0] : span[1]]))


def _declares(pieces: Pieces, span: tuple[int, int], *, top: bool) -> Counter[bytes]:
    """How often a name is declared in some lines; with `top`, outside of functions."""
    lines = (raw for raw in pieces.lines.raw[span[0] : span[1]] if not top or not raw[:1].isspace())
    return Counter(name for raw in lines for name in declared(raw))


def _quoted(raw: bytes) -> str:
    text = raw.strip().decode("utf-8", "replace")
    return repr(text if len(text) <= _QUOTED else text[: _QUOTED - 3] + "...")


def brought(placed: Placed, theirs: Lines) -> set[bytes]:
    """The names that the landed hunks declare."""
    return {
        name
        for one in placed.hunks
        if one.fate is Fate.PLACED
        for raw in theirs.raw[one.hunk.b0 : one.hunk.b1]
        for name in declared(raw)
    }
