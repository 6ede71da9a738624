"""RCS files (`,v`), read lazily: what is asked for is read, the rest is only passed over.

rcsfile(5) is the format: an admin part, the deltas (who, when, what comes next), a description, and for each delta its
log and text. The trunk's newest revision stands there whole; every older one is an edit script against the one above
it, a branch's against the one it sprang from. Any byte may stand in a text, `@` doubled. CVS adds phrases of its own
(commitid) and the magic branch numbers of its symbols (1.5.0.2 is the branch 1.5.2).

Whatever the bytes are, a reader ends in time linear in their number (texts: in the lines of what is asked for and of
what lies between it and the newest revision), and raises nothing but RcsError. Nothing here touches the disk.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO

from portkit.errors import UserError

HEAD = "HEAD"
"""The trunk; or, as long as a file's default branch is a vendor's, that."""

_SPACE = rb"[\x08-\x0d ]"
_SYMBOL = rb"[^\x08-\x0d ;:@$,\x00]"
_TOKEN = re.compile(rb"%b*+(?:(@)|([;:])|([^\x08-\x0d ;:@]+))" % _SPACE)
_BLANK = re.compile(rb"%b*+" % _SPACE)
_NUMBER = re.compile(rb"\d{1,9}(?:\.\d{1,9}){0,40}")
_SYMBOLS = re.compile(rb"(?:%b*+%b++%b*+:%b*+[\d.]++)*+%b*+;" % (_SPACE, _SYMBOL, _SPACE, _SPACE, _SPACE))
_ONE_SYMBOL = re.compile(rb"(%b++)%b*+:%b*+([\d.]++)" % (_SYMBOL, _SPACE, _SPACE))
_DELTA = re.compile(  # as every RCS and CVS writes it; what is written otherwise is read word by word
    rb"%(s)b*+(\d[\d.]*+)%(s)b++date%(s)b++(\d[\d.]*+);%(s)b*+author%(s)b++([^\x08-\x0d ;:@]++);"
    rb"%(s)b*+state(?:%(s)b++([^\x08-\x0d ;:@]++))?;%(s)b*+branches((?:%(s)b++\d[\d.]*+)*+)%(s)b*+;"
    rb"%(s)b*+next(?:%(s)b++(\d[\d.]*+))?%(s)b*+;(?:%(s)b*+commitid%(s)b++([^\x08-\x0d ;:@]++);)?"
    % {b"s": _SPACE}
)
_NEXT = re.compile(rb"%b*+(?:\d|desc(?![^\x08-\x0d ;:@]))" % _SPACE)
_LOG = re.compile(rb"%(s)b*+(\d[\d.]*+)%(s)b++log%(s)b*+@" % {b"s": _SPACE})
_TEXT = re.compile(rb"%(s)b*+text%(s)b*+@" % {b"s": _SPACE})
_COMMAND = re.compile(rb"([ad])(\d{1,9}) (\d{1,9})\n?")
_DATE = re.compile(rb"(\d{2,4})\.(\d\d?)\.(\d\d?)\.(\d\d?)\.(\d\d?)\.(\d\d?)")

_FEW = 5
"""So many edits are made in place; for more it is cheaper to put the lines together anew."""


class RcsError(UserError):
    """An RCS file that is none, or is damaged: its path, the byte offset, and what was expected there."""

    def __init__(self, path: str, offset: int, expected: str) -> None:
        super().__init__(
            f"{path} is damaged at byte {offset}: {expected} is expected there",
            hint="bring the file anew (rsync, reposync), or restore it; rlog shows whether RCS reads it",
        )
        self.path = path
        self.offset = offset
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Delta:
    """One revision: `date` in seconds since 1970 UTC; `state` is `dead` where CVS deleted the file; `branches` the
    first revision of each branch that springs from it; `next` the older one on the trunk, the newer one on a branch
    ("" for none); `commitid` "" where there is none."""

    revision: str
    date: int
    author: str
    state: str
    branches: tuple[str, ...]
    next: str
    commitid: str

    @property
    def dead(self) -> bool:
        return self.state == "dead"


class RcsFile:
    """The RCS file that `data` holds; `path` is its name in errors. Raises RcsError where admin part or deltas are
    damaged; `check` and all that reads logs and texts raises it for the rest."""

    def __init__(self, data: bytes, path: str) -> None:
        self.path = path
        self._data = data
        self.head = ""
        self.branch = ""
        """The default branch: a vendor's, as long as nobody committed to the trunk; "" for the trunk."""
        self.expand = ""
        """The keyword mode: "" (kv), kv, kvl, k, v, o, b."""
        self.deltas: dict[str, Delta] = {}
        self._symbols = (0, 0)
        self._locks: dict[str, str] = {}
        self._places: dict[str, tuple[int, int, int, int]] = {}
        self._parents: dict[str, str] = {}
        self._description = self._read_deltas(self._read_admin())

    # What it says

    @property
    def symbols(self) -> Mapping[str, str]:
        """Tags and branches, by name: revision numbers as they are written, magic ones too."""
        found = _ONE_SYMBOL.findall(self._data, *self._symbols)
        return {name.decode("utf-8", "surrogateescape"): number.decode("ascii") for name, number in found}

    def locker(self, revision: str) -> str:
        """Who holds the lock of `revision`; "" for nobody."""
        return self._locks.get(revision, "")

    def line(self, name: str) -> tuple[str, ...]:
        """The revisions that lead up to `name` (HEAD, a branch, a tag or a number), oldest first: what was there, in
        turn, for somebody who followed it. Empty where the file is not on it."""
        if name == HEAD:
            return self._head_line()
        number = name if name[:1].isdigit() else self.symbols.get(name, "")
        parts = number.split(".")
        if len(parts) >= 4 and len(parts) % 2 == 0 and parts[-2] == "0":
            parts = [*parts[:-2], parts[-1]]
        if len(parts) % 2 == 0:
            return self._up_to(".".join(parts))
        if len(parts) == 1:
            return self._up_to(self.head) if number and self.head.split(".")[0] == number else ()
        return self._up_to(self._end_of_branch(parts))

    def check(self) -> None:
        """Reads on to the end: a file that was cut anywhere is noticed. Raises RcsError."""
        if not self._places:
            self._read_places()

    def log(self, revision: str) -> bytes:
        """The log message of `revision`."""
        self.check()
        start, end, _, _ = self._places[revision]
        return self._string(start, end)

    def text(self, revision: str) -> bytes:
        """The text of `revision` as it is stored: what `co -ko` gives."""
        for _, text in self.texts((revision,)):
            return text
        raise KeyError(revision)

    def texts(self, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """(revision, text) for each of `wanted`, in the order in which one walk from the newest revision of the trunk
        comes upon them. Every delta on the way is applied once."""
        self.check()
        wanted = frozenset(wanted)
        on_the_way = self._on_the_way(wanted)
        if not on_the_way:
            return
        revision, lines = self.head, _lines(self._string(*self._places[self.head][2:]))
        forks: list[tuple[list[bytes], list[str]]] = []
        while True:
            if revision in wanted:
                yield revision, b"".join(lines)
            delta = self.deltas[revision]
            following = [one for one in (delta.next, *delta.branches) if one in on_the_way]
            if following:
                forks.append((lines, following))
            if not forks:
                return
            lines, following = forks[-1]
            revision = following.pop()  # branches before the way on: so no more lists are kept than branches nest
            if following:
                lines = list(lines)
            else:
                forks.pop()
            lines = self._edited(revision, lines)

    # Lines of revisions

    def _up_to(self, revision: str) -> tuple[str, ...]:
        """`revision` and what it derives from, oldest first."""
        parent = self._tree()
        if revision not in parent:
            return ()
        older, newer = [], []  # on the trunk `next` leads back in time, on a branch forth
        while revision.count(".") > 1:
            newer.append(revision)
            revision = parent[revision]
        while revision:
            older.append(revision)
            revision = self.deltas[revision].next
        return (*reversed(older), *reversed(newer))

    def _end_of_branch(self, parts: list[str]) -> str:
        """The newest revision of the branch; where nothing was committed to it, what it springs from."""
        origin, first = ".".join(parts[:-1]), ".".join(parts) + "."
        delta = self.deltas.get(origin)
        if delta is None:
            return ""
        at = next((one for one in delta.branches if one.startswith(first)), "")
        while at and self.deltas[at].next:
            at = self.deltas[at].next
        return at or origin

    def _head_line(self) -> tuple[str, ...]:
        """The trunk as it was seen. A vendor's branch is the default as long as nobody commits to the trunk: what was
        imported before that was what everybody got (cvs(1), import)."""
        if self.branch:
            seen = self.line(self.branch)
            if len(seen) > 1 and self._imported(seen[0], seen[1]):
                return seen[1:]
            if seen:
                return seen
        trunk = self._up_to(self.head)
        if not trunk:
            return ()
        first = trunk[0]
        vendor = [one for one in self.deltas[first].branches if one.startswith(f"{first}.1.")]
        if not vendor or len(trunk) == 1 or not self._imported(first, vendor[0]):
            return trunk
        until = self.deltas[trunk[1]].date
        between = []
        at = self.deltas[vendor[0]].next
        while at and self.deltas[at].date <= until:
            between.append(at)
            at = self.deltas[at].next
        return (first, *between, *trunk[1:])

    def _imported(self, first: str, vendor: str) -> bool:
        """Whether both are one import, which makes a trunk's revision and a vendor's of the same content."""
        one, other = self.deltas[first], self.deltas[vendor]
        return one.date == other.date and one.author == other.author

    def told_by(self, revision: str) -> str:
        """The revision whose log and commitid speak for `revision`: an import says `Initial revision` on the trunk,
        and what it is on the vendor's branch."""
        if revision.count(".") == 1:
            for one in self.deltas[revision].branches:
                if one.startswith(f"{revision}.1.") and self._imported(revision, one):
                    return one
        return revision

    # Texts

    def _tree(self) -> dict[str, str]:
        """Each revision that head leads to, with the one whose text its own is a script against."""
        if not self._parents and self.head:
            waiting = [self.head]
            self._parents[self.head] = ""
            while waiting:
                revision = waiting.pop()
                delta = self.deltas[revision]
                for one in (delta.next, *delta.branches):
                    if one:
                        self._parents[one] = revision
                        waiting.append(one)
        return self._parents

    def _on_the_way(self, wanted: frozenset[str]) -> set[str]:
        parent = self._tree()
        found: set[str] = set()
        for revision in wanted:
            while revision and revision not in found:
                if revision not in parent:
                    raise KeyError(revision)
                found.add(revision)
                revision = parent[revision]
        return found

    def _edited(self, revision: str, lines: list[bytes]) -> list[bytes]:
        """`lines` after the script of `revision`; the list itself may be changed. Raises RcsError where the script
        does not fit."""
        start, end = self._places[revision][2:]
        script = _lines(self._string(start, end))
        edits: list[tuple[int, int, list[bytes]]] = []
        at, done, count = 0, 0, len(lines)
        while at < len(script):
            command = _COMMAND.fullmatch(script[at])
            if command is None:
                raise self._misfit(revision, script, at, "an edit (a or d, line and count)")
            first, many = int(command[2]), int(command[3])
            at += 1
            if command[1] == b"d":
                if first - 1 < done or many < 1 or first - 1 + many > count:
                    raise self._misfit(revision, script, at - 1, f"lines between {done + 1} and {count} to delete")
                edits.append((first - 1, many, []))
                done = first - 1 + many
            else:
                if first < done or first > count or many < 1 or at + many > len(script):
                    raise self._misfit(
                        revision, script, at - 1, f"a place between lines {done} and {count}, and as many lines"
                    )
                edits.append((first, 0, script[at : at + many]))
                at += many
                done = first
        if len(edits) <= _FEW:
            for place, gone, new in reversed(edits):
                lines[place : place + gone] = new
            return lines
        result: list[bytes] = []
        done = 0
        for place, gone, new in edits:
            result += lines[done:place]
            result += new
            done = place + gone
        result += lines[done:]
        return result

    def _misfit(self, revision: str, script: list[bytes], at: int, expected: str) -> RcsError:
        before = b"".join(script[:at])
        offset = self._places[revision][2] + len(before) + before.count(b"@")
        return RcsError(self.path, offset, f"in the text of {revision}, {expected}")

    def _string(self, start: int, end: int) -> bytes:
        return self._data[start:end].replace(b"@@", b"@")

    # Reading

    def _fail(self, offset: int, expected: str) -> RcsError:
        return RcsError(self.path, min(offset, len(self._data)), expected)

    def _token(self, at: int) -> tuple[bytes, int, int]:
        """The next word or mark, where it begins and where it ends; empty at the end of the file. A string gives `@`,
        and ends where its text begins."""
        match = _TOKEN.match(self._data, at)
        if match is None:
            end = len(self._data)
            return b"", end, end
        return match[match.lastindex or 0], match.start(match.lastindex or 0), match.end()

    def _end_of_string(self, start: int) -> int:
        """Where the string that begins at `start` ends: the place of the one `@` that is not doubled."""
        find, data = self._data.find, self._data
        at = find(b"@", start)
        while at >= 0 and data[at + 1 : at + 2] == b"@":
            at = find(b"@", at + 2)
        if at < 0:
            raise self._fail(len(data), f"the @ that ends the string begun at byte {start - 1}")
        return at

    def _semicolon(self, at: int, after: str) -> int:
        token, start, end = self._token(at)
        if token != b";":
            raise self._fail(start, f"';' after {after}")
        return end

    def _number(self, token: bytes, start: int) -> str:
        if not _NUMBER.fullmatch(token):
            raise self._fail(start, "a revision number")
        return token.decode("ascii")

    def _phrase(self, at: int) -> tuple[list[tuple[bytes, int]], int]:
        """The words up to the `;` that ends a phrase, with their places (strings left out), and where it ends."""
        words: list[tuple[bytes, int]] = []
        while True:
            token, start, at = self._token(at)
            if not token:
                raise self._fail(start, "';' at the end of a phrase")
            if token == b";":
                return words, at
            if token == b"@":
                at = self._end_of_string(at) + 1
            else:
                words.append((token, start))

    def _read_admin(self) -> int:
        """Reads the admin part; returns where it ends. It begins with `head`; the order of the rest is free."""
        token, start, at = self._token(0)
        if token != b"head":
            raise self._fail(start, "'head', with which an RCS file begins")
        number, start, end = self._token(at)
        if number != b";":
            self.head = self._number(number, start)
            at = end
        at = self._semicolon(at, "the head")
        while True:
            token, start, end = self._token(at)
            if token == b"desc" or _NUMBER.fullmatch(token):
                return at
            if not token or token in b"@;:":
                raise self._fail(start, "a phrase of the admin part, a revision, or 'desc'")
            if token == b"symbols":
                match = _SYMBOLS.match(self._data, end)
                if match is None:
                    raise self._fail(end, "symbols, each with its number, and ';'")
                self._symbols = (end, match.end())
                at = match.end()
                continue
            if token == b"expand":
                self.expand, at = self._read_expand(end)
                continue
            words, at = self._phrase(end)
            if token == b"branch" and words:
                self.branch = self._number(*words[0])
            elif token == b"locks":
                texts = [word.decode("utf-8", "replace") for word, _ in words if word != b":"]
                self._locks = dict(zip(texts[1::2], texts[::2], strict=False))

    def _read_expand(self, at: int) -> tuple[str, int]:
        token, start, end = self._token(at)
        if token == b";":
            return "", end
        if token != b"@":
            raise self._fail(start, "a string, @...@")
        stop = self._end_of_string(end)
        return self._data[end:stop].decode("latin-1"), self._semicolon(stop + 1, "the keyword mode")

    def _read_deltas(self, at: int) -> int:
        """Reads every delta; returns where the description begins."""
        data, deltas, match_delta = self._data, self.deltas, _DELTA.match
        while True:
            match, start = match_delta(data, at), at
            if match is None:
                token, start, _ = self._token(at)
                if token == b"desc":
                    break
                delta, at = self._read_delta(at)
            elif self._ends(match.end()):
                delta, at = self._taken(match), match.end()
            else:
                delta, at = self._read_delta(at)
            if delta.revision in deltas:
                raise self._fail(_past_blanks(data, start), f"a revision other than {delta.revision}, which was there")
            deltas[delta.revision] = delta
        self._refuse_strange_links(at)
        return at

    def _taken(self, match: re.Match[bytes]) -> Delta:
        number, date, author, state, branches, following, commitid = match.groups()
        return Delta(
            self._number(number, match.start(1)),
            self._seconds(date, match.start(2)),
            _text(author),
            _text(state or b""),
            tuple(self._number(one, match.start(5)) for one in branches.split()) if branches else (),
            self._number(following, match.start(6)) if following else "",
            _text(commitid or b""),
        )

    def _ends(self, at: int) -> bool:
        """Whether no further phrase of the delta stands at `at`."""
        return _NEXT.match(self._data, at) is not None

    def _read_delta(self, at: int) -> tuple[Delta, int]:
        """One delta, word by word: phrases in any order, further ones between."""
        token, start, at = self._token(at)
        if not _NUMBER.fullmatch(token):
            raise self._fail(start, "a revision, or 'desc'")
        found: dict[bytes, list[tuple[bytes, int]]] = {}
        while True:
            key, place, end = self._token(at)
            if key == b"desc" or key[:1].isdigit():
                break
            if not key or key in b"@;:":
                raise self._fail(place, "a phrase, a revision, or 'desc'")
            words, at = self._phrase(end)
            found.setdefault(key, words)
        for key in (b"date", b"author"):
            if not found.get(key):
                raise self._fail(start, f"a revision with its {key.decode()}, before byte {at}")
        branches = tuple(self._number(*one) for one in found.get(b"branches", ()))
        following = found.get(b"next")
        delta = Delta(
            token.decode("ascii"),
            self._seconds(*found[b"date"][0]),
            _text(found[b"author"][0][0]),
            _text(_first(found, b"state")),
            branches,
            self._number(*following[0]) if following else "",
            _text(_first(found, b"commitid")),
        )
        return delta, at

    def _seconds(self, date: bytes, start: int) -> int:
        match = _DATE.fullmatch(date)
        if match is not None:
            year, month, day, hour, minute, second = map(int, match.groups())
            if year < 1900:  # two digits, and three where somebody counted on (rcsfile(5), cvs)
                year += 1900
            try:
                if hour < 24 and minute < 60 and second <= 60:
                    return _midnight(year, month, day) + 3600 * hour + 60 * minute + second
            except ValueError:
                pass
        raise self._fail(start, "a date (year.month.day.hour.minute.second)")

    def _refuse_strange_links(self, at: int) -> None:
        """Every revision that is named is there, and none is reached twice: the walk ends."""
        reached = {self.head} - {""}
        if self.head and self.head not in self.deltas:
            raise self._fail(at, f"the revision {self.head}, which head names, before this")
        for delta in self.deltas.values():
            for one in (delta.next, *delta.branches):
                if not one:
                    continue
                if one not in self.deltas:
                    raise self._fail(at, f"the revision {one}, which {delta.revision} names, before this")
                if not _belongs(delta, one):
                    raise self._fail(at, f"another revision than {one} after {delta.revision}, before this")
                if one in reached:
                    raise self._fail(at, f"the revision {one} once, before this: {delta.revision} names it again")
                reached.add(one)

    def _read_places(self) -> None:
        """Finds where logs and texts stand, down to the end of the file."""
        data = self._data
        places: dict[str, tuple[int, int, int, int]] = {}
        _, _, at = self._token(self._description)
        token, start, at = self._token(at)
        if token != b"@":
            raise self._fail(start, "the description, @...@")
        at = self._end_of_string(at) + 1
        end_of_string, match_log, match_text = self._end_of_string, _LOG.match, _TEXT.match
        while True:
            match = match_log(data, at)
            if match is None:
                token, start, _ = self._token(at)
                if not token:
                    break
                raise self._fail(start, "a revision and its log, or the end of the file")
            revision = match[1].decode("ascii")
            if revision not in self.deltas or revision in places:
                raise self._fail(match.start(1), "a revision that is listed above, each once")
            log = match.end()
            log_end = end_of_string(log)
            match = match_text(data, log_end + 1)
            if match is None:
                match = self._text_past_phrases(log_end + 1, revision)
            text = match.end()
            at = end_of_string(text)
            places[revision] = (log, log_end, text, at)
            at += 1
        if len(places) < len(self.deltas):
            missing = next(one for one in self.deltas if one not in places)
            raise self._fail(len(data), f"the text of {missing}")
        self._places = places

    def _text_past_phrases(self, at: int, revision: str) -> re.Match[bytes]:
        while True:
            token, start, end = self._token(at)
            if token == b"text":
                match = _TEXT.match(self._data, at)
                if match is None:
                    raise self._fail(end, f"the text of {revision}, @...@")
                return match
            if not token or token in b"@;:":
                raise self._fail(start, f"'text' of {revision}")
            _, at = self._phrase(end)


def _belongs(delta: Delta, other: str) -> bool:
    """Whether the number `other` may stand as the next revision of `delta`, or as a branch's first one: the tree then
    is no deeper than its numbers are long."""
    same, _, _ = delta.revision.rpartition(".")
    if other == delta.next:
        trunk = delta.revision.count(".") == 1
        return other.count(".") == 1 if trunk else other.rpartition(".")[0] == same
    return other.startswith(f"{delta.revision}.") and other.count(".") == delta.revision.count(".") + 2


@lru_cache(maxsize=4096)
def _midnight(year: int, month: int, day: int) -> int:
    """The first second of a day, in seconds since 1970 UTC. Raises ValueError for what is no day."""
    return int(datetime(year, month, day, tzinfo=UTC).timestamp())


def _first(found: Mapping[bytes, list[tuple[bytes, int]]], key: bytes) -> bytes:
    words = found.get(key)
    return words[0][0] if words else b""


def _lines(text: bytes) -> list[bytes]:
    return BytesIO(text).readlines()


def _past_blanks(data: bytes, at: int) -> int:
    match = _BLANK.match(data, at)
    return match.end() if match is not None else at


def _text(word: bytes) -> str:
    try:
        return word.decode("utf-8")
    except UnicodeDecodeError:
        return word.decode("latin-1")
