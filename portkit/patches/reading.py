"""Reading unified diffs: git's and CVS's dialect, and plain ones; strictly, by the counts of their hunks.

A line of a hunk is what the `@@` counts make of it, whatever it looks like: `-- ` at the end of a mail is no
deletion, and `--- ` inside a hunk no new file. What does not add up is refused with its place, never half read: hunks
that are cut off, counts that lie, paths that leave the tree, an `Index:` with nothing under it, what is too large.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from portkit.errors import UserError
from portkit.patches.entries import LARGEST
from portkit.patches.values import BinaryPiece, Dialect, DiffHunk, DiffLine, FilePatch
from portkit.paths import RepoPath, problem_with
from portkit.text import decode, split_lines

MOST_LINES = 2_000_000
"""How many lines it may have: small ones cost memory too."""

MOST_FILES = 20_000
"""How many files one patch may speak of."""

_HUNK = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@(.*)")
_EXTENDED = (
    b"old mode ", b"new mode ", b"deleted file mode ", b"new file mode ", b"copy from ", b"copy to ", b"rename from ",
    b"rename to ", b"rename old ", b"rename new ", b"similarity index ", b"dissimilarity index ", b"index ",
)  # fmt: skip
_PAIRS = ((b"rename from ", b"rename to "), (b"copy from ", b"copy to "), (b"rename old ", b"rename new "))
_NOTHING = b"/dev/null"
_SIMPLE_ESCAPES = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}


def read_diff(data: bytes, where: str, *, strip: int | None = None) -> tuple[FilePatch, ...]:
    """The files that the diff in `data` changes, in its order; text before, between and after them is passed over.

    `where` names it in errors. `strip`: how many leading parts of a path are not the tree's (patch's -p); None finds
    it out. Raises UserError, with the line, for whatever is no diff or may not be one.
    """
    if len(data) > LARGEST:
        raise UserError(
            f"the patch has {len(data) >> 20} MB, more than {LARGEST >> 20}", where=where,
            hint="split it, or bring such contents in with git",
        )  # fmt: skip
    lines = split_lines(data)
    if len(lines) > MOST_LINES:
        raise UserError(f"the patch has more than {MOST_LINES} lines", where=where, hint="split it")
    return _Reader(lines, where, strip).read()


def first_diff_line(lines: Sequence[bytes]) -> int:
    """The index of the line at which the first diff begins; the number of lines where there is none."""
    return next((index for index in range(len(lines)) if _begins(lines, index)), len(lines))


def _begins(lines: Sequence[bytes], at: int) -> bool:
    line = lines[at]
    if line.startswith((b"diff --git ", b"Index: ")):
        return True
    follows = lines[at + 1] if at + 1 < len(lines) else b""
    third = lines[at + 2] if at + 2 < len(lines) else b""
    return line.startswith(b"--- ") and follows.startswith(b"+++ ") and third.startswith(b"@@ -")


@dataclass(slots=True)
class _About:
    """What the lines above the hunks of one file say."""

    dialect: Dialect
    line: int
    git: bytes = b""
    index: bytes = b""
    old: bytes | None = None
    new: bytes | None = None
    rcs: bool = False
    said: dict[bytes, bytes] = field(default_factory=dict)


class _Reader:
    def __init__(self, lines: Sequence[bytes], where: str, strip: int | None) -> None:
        self._lines = lines
        self._where = where
        self._strip = strip
        self._at = 0

    def read(self) -> tuple[FilePatch, ...]:
        found: list[FilePatch] = []
        while self._at < len(self._lines):
            if _begins(self._lines, self._at):
                found.append(self._file())
                if len(found) > MOST_FILES:
                    raise self._wrong(f"the patch speaks of more than {MOST_FILES} files")
                continue
            if self._lines[self._at].startswith(b"@@ -"):
                raise self._wrong("a hunk with no file name above it")
            self._at += 1
        return tuple(found)

    def _wrong(self, what: str, line: int = 0, hint: str = "") -> UserError:
        place = f"{self._where}:{line or min(self._at + 1, max(len(self._lines), 1))}"
        return UserError(what, where=place, hint=hint or "make the patch anew, or mend it with rediff or by hand")

    def _peek(self) -> bytes:
        return self._lines[self._at] if self._at < len(self._lines) else b""

    def _file(self) -> FilePatch:
        about = self._about()
        old, new = self._names(about)
        hunks: list[DiffHunk] = []
        binary: tuple[BinaryPiece | None, BinaryPiece | None] = (None, None)
        if self._peek().startswith(b"GIT binary patch"):
            binary = self._binary()
        elif self._peek().startswith((b"Binary files ", b"Files ")) and b" differ" in self._peek():
            hint = "make it with git diff --binary"
            raise self._wrong("the patch says that a binary file differs, and not how", hint=hint)
        else:
            while self._peek().startswith(b"@@ -"):
                hunks.append(self._hunk())
                self._after_hunk()
        old_mode, new_mode = self._modes(about)
        if about.dialect is not Dialect.GIT and not hunks:
            raise self._wrong("a file name with no hunk below it", about.line)
        if (about.old is not None or about.new is not None) and not hunks:
            raise self._wrong("a file name with no hunk below it", about.line)
        self._sound(about, old, new, hunks)
        if not hunks and binary[0] is None and old == new and (old_mode == new_mode):
            raise self._wrong(f"nothing is changed in {decode(about.git)}", about.line)
        return FilePatch(
            old, new, tuple(hunks), old_mode, new_mode, *binary, b"copy from " in about.said, about.dialect, about.line
        )

    def _sound(
        self, about: _About, old: RepoPath | None, new: RepoPath | None, hunks: Sequence[DiffHunk]
    ) -> None:
        """Raises for hunks that contradict the names above them, or one another."""
        if old is None and (len(hunks) > 1 or any(hunk.old for hunk in hunks)):
            raise self._wrong("it makes a new file, and yet wants to find lines in it", about.line)
        if new is None and (len(hunks) > 1 or any(hunk.new for hunk in hunks)):
            raise self._wrong("it removes a file, and yet leaves lines in it", about.line)
        end = 0
        for hunk in hunks:
            if hunk.old_index < end:
                raise self._wrong("the hunk begins before the end of the one above it", hunk.line)
            end = hunk.old_index + len(hunk.old)

    def _about(self) -> _About:
        line = self._peek()
        number = self._at + 1
        if line.endswith(b"\r\n"):
            raise self._wrong("the patch was saved with CRLF line ends", hint="save it as it came, with LF alone")
        if line.startswith(b"diff --git "):
            about = _About(Dialect.GIT, number, git=line[len(b"diff --git ") :].rstrip(b"\n"))
            self._at += 1
            while True:
                key = next((key for key in _EXTENDED if self._peek().startswith(key)), None)
                if key is None:
                    break
                about.said[key] = self._peek()[len(key) :].rstrip(b"\n")
                self._at += 1
        elif line.startswith(b"Index: "):
            about = _About(Dialect.CVS, number, index=line[len(b"Index: ") :].rstrip(b"\n"))
            self._at += 1
            ends = (b"--- ", b"@@ -", b"Index: ", b"diff --git")
            while self._at < len(self._lines) and not self._peek().startswith(ends):
                if self._peek().startswith((b"Binary files ", b"Files ")) and b" differ" in self._peek():
                    return about
                about.rcs = about.rcs or self._peek().startswith((b"RCS file: ", b"retrieving revision "))
                self._at += 1
        else:
            about = _About(Dialect.PLAIN, number)
        if self._peek().startswith(b"--- "):
            about.old = self._peek()[4:].rstrip(b"\n")
            self._at += 1
            if not self._peek().startswith(b"+++ "):
                raise self._wrong("a `+++ ` line is expected after the `--- ` line")
            about.new = self._peek()[4:].rstrip(b"\n")
            self._at += 1
        return about

    # Names.

    def _names(self, about: _About) -> tuple[RepoPath | None, RepoPath | None]:
        old = self._name(about.old) if about.old is not None else b""
        new = self._name(about.new) if about.new is not None else b""
        if old == new == _NOTHING:
            raise self._wrong("both sides are /dev/null", about.line)
        match about.dialect:
            case Dialect.GIT:
                pair = self._git_names(about, old, new)
            case Dialect.CVS:
                pair = self._cvs_names(about, old, new)
            case Dialect.PLAIN:
                pair = self._plain_names(old, new)
        return self._checked(pair[0], about), self._checked(pair[1], about)

    def _git_names(self, about: _About, old: bytes, new: bytes) -> tuple[bytes | None, bytes | None]:
        said = about.said
        for one, other in _PAIRS:
            if one in said or other in said:
                if one not in said or other not in said:
                    raise self._wrong("a rename or copy names one side only", about.line)
                pair = self._unquoted(said[one]), self._unquoted(said[other])
                for name, told in ((pair[0], old), (pair[1], new)):
                    if told and not (told == name or told.endswith(b"/" + name)):
                        raise self._wrong("the hunks are for another file than the rename", about.line)
                return pair
        first, second = self._git_line(about)
        first, second = self._without_prefix(first, second, about)
        for name, told in ((first, old), (second, new)):
            if told and told != _NOTHING and not (told == name or told.endswith(b"/" + name)):
                raise self._wrong(f"the hunks are for {decode(told)}, the line above says {decode(name)}", about.line)
        if first != second:
            raise self._wrong("two different names, and no rename or copy", about.line)
        added = b"new file mode " in said or old == _NOTHING
        removed = b"deleted file mode " in said or new == _NOTHING
        if added and removed:
            raise self._wrong("the file is both new and deleted", about.line)
        if (added and old not in (b"", _NOTHING)) or (removed and new not in (b"", _NOTHING)):
            raise self._wrong("the file is new or deleted, and the hunks name both sides", about.line)
        return None if added else first, None if removed else second

    def _git_line(self, about: _About) -> tuple[bytes, bytes]:
        """The two names of a `diff --git` line: where they hold blanks unquoted, they must be the same."""
        text = about.git
        if text.startswith(b'"'):
            match = re.match(rb'("(?:[^"\\]|\\.)*") (.*)', text, re.DOTALL)
            if match:
                return self._unquoted(match[1]), self._unquoted(match[2])
        elif text.endswith(b'"') and b' "' in text:
            head, _, tail = text.partition(b' "')
            return head, self._unquoted(b'"' + tail)
        middle = len(text) // 2
        if len(text) % 2 and text[middle : middle + 1] == b" ":
            one, other = text[:middle], text[middle + 1 :]
            if one == other or one.partition(b"/")[2] == other.partition(b"/")[2] != b"":
                return one, other
        parts = text.split(b" ")
        if len(parts) == 2:
            return parts[0], parts[1]
        raise self._wrong("no two names in the `diff --git` line", about.line)

    def _without_prefix(self, first: bytes, second: bytes, about: _About) -> tuple[bytes, bytes]:
        if self._strip is not None:
            return self._stripped(first, self._strip, about), self._stripped(second, self._strip, about)
        pair = (first[:2], second[:2])
        marks = (b"a/", b"b/", b"i/", b"w/", b"c/", b"o/", b"1/", b"2/")
        if pair[0] != pair[1] and pair[0] in marks and pair[1] in marks:
            return first[2:], second[2:]
        return first, second

    def _cvs_names(self, about: _About, old: bytes, new: bytes) -> tuple[bytes | None, bytes | None]:
        """`Index:` has the whole path; the lines below it often only the last part. quilt writes an `Index:` too, with
        a folder of its own before the paths."""
        name = self._unquoted(about.index.rstrip(b" \t"))
        if self._strip is not None:
            name = self._stripped(name, self._strip, about)
        elif not about.rcs and old.partition(b"/")[0].endswith(b".orig") and new == name:
            name = name.partition(b"/")[2]
        for told in (old, new):
            if told and told != _NOTHING and told.rpartition(b"/")[2] != name.rpartition(b"/")[2]:
                raise self._wrong(f"the hunks are for {decode(told)}, the Index: line says {decode(name)}", about.line)
        return None if old == _NOTHING else name, None if new == _NOTHING else name

    def _plain_names(self, old: bytes, new: bytes) -> tuple[bytes | None, bytes | None]:
        if self._strip is not None:
            old, new = (
                one if one == _NOTHING else self._stripped(one, self._strip, _About(Dialect.PLAIN, self._at - 1))
                for one in (old, new)
            )
        elif new == _NOTHING:
            old = old.partition(b"/")[2] if old.startswith(b"a/") else old
        elif old == _NOTHING:
            new = new.partition(b"/")[2] if new.startswith(b"b/") else new
        else:
            (top, _, below), (new_top, _, new_below) = old.partition(b"/"), new.partition(b"/")
            if (top, new_top) == (b"a", b"b") or (below == new_below and top == new_top + b".orig"):
                old, new = below, new_below
        if old != new and _NOTHING not in (old, new) and old in (new + b".orig", new + b"~"):
            old = new
        if old != new and _NOTHING not in (old, new):
            raise self._wrong(f"two different names, {decode(old)} and {decode(new)}", self._at)
        return None if old == _NOTHING else old, None if new == _NOTHING else new

    def _stripped(self, name: bytes, count: int, about: _About) -> bytes:
        parts = name.split(b"/")
        if len(parts) <= count:
            raise self._wrong(f"{decode(name)} has no {count} leading parts to take off", about.line)
        return b"/".join(parts[count:])

    def _name(self, text: bytes) -> bytes:
        """The name in a `--- ` or `+++ ` line: up to the tab, after which a date may stand."""
        if text.startswith(b'"'):
            return self._unquoted(text.partition(b"\t")[0])
        name = text.partition(b"\t")[0]
        dated = re.match(rb"(.*?) +(?:\d{4}-\d\d-\d\d |\w{3} \w{3} +\d+ )", name)
        return dated[1] if dated else name

    def _unquoted(self, text: bytes) -> bytes:
        """A name that git wrote between quotes (quote.c)."""
        if not (len(text) > 1 and text.startswith(b'"') and text.endswith(b'"')):
            return text

        def plain(found: re.Match[bytes]) -> bytes:
            escape = found[1]
            if escape.isdigit():
                return bytes([int(escape, 8) & 0xFF])
            return _SIMPLE_ESCAPES.get(escape, escape)

        return re.sub(rb"\\([0-3][0-7]{2}|.)", plain, text[1:-1], flags=re.DOTALL)

    def _checked(self, name: bytes | None, about: _About) -> RepoPath | None:
        if name is None:
            return None
        text = name.decode("utf-8", "surrogateescape")
        problem = problem_with(text)
        if problem:
            hint = "a patch names files from the top of the tree"
            raise self._wrong(f"the path {text!r} {problem}", about.line, hint)
        return RepoPath(text)

    def _modes(self, about: _About) -> tuple[int | None, int | None]:
        def mode(text: bytes | None) -> int | None:
            if text is None:
                return None
            if text not in (b"100644", b"100755", b"120000"):
                raise self._wrong(f"{decode(text)} is no mode of a file or symbolic link", about.line)
            return int(text, 8)

        said = about.said
        both = said.get(b"index ", b"").partition(b" ")[2] or None
        old = mode(said.get(b"old mode ", said.get(b"deleted file mode ", both)))
        new = mode(said.get(b"new mode ", said.get(b"new file mode ", both)))
        return (None if b"new file mode " in said else old), (None if b"deleted file mode " in said else new)

    # Hunks.

    def _hunk(self) -> DiffHunk:
        number = self._at + 1
        match = _HUNK.match(self._peek().rstrip(b"\n"))
        if match is None:
            raise self._wrong("this is no hunk header", number)
        old_start, new_start = int(match[1]), int(match[3])
        before = int(match[2]) if match[2] is not None else 1
        after = int(match[4]) if match[4] is not None else 1
        if (before and not old_start) or (after and not new_start):
            raise self._wrong("the hunk begins at line 0 and yet holds lines", number)
        told = (before, after)
        self._at += 1
        lines: list[DiffLine] = []
        while before or after or self._peek().startswith(b"\\ "):
            line = self._peek()
            if not line:
                raise self._cut(number, told, lines)
            op, text = line[:1], line[1:]
            if op == b"\n":
                op, text = b" ", b"\n"  # a mail reader took the blank of an empty line
            if op == b"\\":
                self._unended(lines)
                self._at += 1
                continue
            if op not in (b" ", b"-", b"+"):
                raise self._cut(number, told, lines)
            before -= op != b"+"
            after -= op != b"-"
            if before < 0 or after < 0:
                raise self._lie(number, told)
            if not text.endswith(b"\n"):
                raise self._wrong("the patch ends in the middle of a line")
            lines.append(DiffLine(op, text))
            self._at += 1
        if not any(line.op != b" " for line in lines):
            raise self._wrong("the hunk changes nothing", number)
        self._only_last_unended(lines, number)
        return DiffHunk(old_start, new_start, tuple(lines), match[5].strip(b" \r"), number)

    def _cut(self, number: int, told: tuple[int, int], lines: Sequence[DiffLine]) -> UserError:
        old = sum(line.op != b"+" for line in lines)
        new = sum(line.op != b"-" for line in lines)
        says = f"it says {told[0]} old and {told[1]} new lines, and has {old} and {new}"
        return self._wrong(f"the hunk of line {number} is cut off: {says}")

    def _lie(self, number: int, told: tuple[int, int]) -> UserError:
        return self._wrong(
            f"the hunk of line {number} says {told[0]} old and {told[1]} new lines, and this is one more"
        )

    def _unended(self, lines: list[DiffLine]) -> None:
        if not lines or not lines[-1].text.endswith(b"\n"):
            raise self._wrong("a `\\ No newline at end of file` with no line above it")
        lines[-1] = DiffLine(lines[-1].op, lines[-1].text[:-1])

    def _only_last_unended(self, lines: Sequence[DiffLine], number: int) -> None:
        for side in (b"+", b"-"):
            texts = [line.text for line in lines if line.op != side]
            if any(not text.endswith(b"\n") for text in texts[:-1]):
                raise self._wrong("a line without its end, in the middle of a file", number)

    def _after_hunk(self) -> None:
        """What may follow a whole hunk: another, another file, text; but no line that looks like one of a hunk."""
        line = self._peek()
        if line == b"-- \n" or line == b"--\n" or not line:  # the signature of a mail
            return
        if line.startswith((b"+", b"-", b" ", b"\\")) and not _begins(self._lines, self._at):
            if line.strip() == b"" and self._rest_is_blank():
                return
            raise self._wrong("the hunk above says that it has ended, and this looks like one more line of it")

    def _rest_is_blank(self) -> bool:
        return all(not line.strip() for line in self._lines[self._at :])

    # Binary patches (git, Documentation of `git diff --binary`; apply.c, parse_binary_hunk).

    def _binary(self) -> tuple[BinaryPiece | None, BinaryPiece | None]:
        self._at += 1
        forward = self._piece()
        if forward is None:
            raise self._wrong("a binary patch with nothing in it")
        return forward, self._piece()

    def _piece(self) -> BinaryPiece | None:
        match = re.match(rb"(literal|delta) (\d{1,10})\n", self._peek())
        if match is None:
            return None
        size = int(match[2])
        number = self._at + 1
        if size > LARGEST:
            raise self._wrong(f"the binary patch unfolds to {size} bytes, more than {LARGEST >> 20} MB", number)
        self._at += 1
        packed = bytearray()
        while self._peek().strip():
            packed += self._base85(self._peek().rstrip(b"\r\n"))
            self._at += 1
        if self._at < len(self._lines):
            self._at += 1
        unpacker = zlib.decompressobj()
        try:
            data = unpacker.decompress(bytes(packed), size + 1)
        except zlib.error as error:
            raise self._wrong(f"the binary patch is damaged ({error})", number) from error
        if len(data) != size or not unpacker.eof:
            raise self._wrong(f"the binary patch says {size} bytes and unfolds to others", number)
        return BinaryPiece(match[1], size, data)

    def _base85(self, line: bytes) -> bytes:
        first = line[:1]
        length = first[0] - 64 if b"A" <= first <= b"Z" else first[0] - 70 if b"a" <= first <= b"z" else 0
        try:
            data = base64.b85decode(line[1:])
        except ValueError as error:
            raise self._wrong("this is no line of a binary patch") from error
        if not length or len(data) != (length + 3) // 4 * 4:
            raise self._wrong("this line of a binary patch says another length than it has")
        return data[:length]
