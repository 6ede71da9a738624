"""Writing diffs: git's dialect, three lines of context, the same bytes for the same contents on any machine."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Sequence

from portkit.change.functions import header_of
from portkit.change.linediff import Hunk
from portkit.merge.file import SYMLINK, Version
from portkit.patches.applying import Files, blob_id
from portkit.patches.rawlines import raw_hunks
from portkit.paths import RepoPath, to_bytes
from portkit.text import is_binary, split_lines

CONTEXT = 3

_ESCAPES = {7: b"\\a", 8: b"\\b", 9: b"\\t", 10: b"\\n", 11: b"\\v", 12: b"\\f", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}
_SECTION = 80
_STORED = 65535


def tree_diff(before: Files, after: Files, paths: Iterable[RepoPath] | None = None) -> bytes:
    """The diff between two trees (of `paths`, or of all their files), in the order of the paths; empty for none."""
    wanted = set(before) | set(after) if paths is None else set(paths)
    return b"".join(file_diff(path, before.get(path), after.get(path)) for path in sorted(wanted, key=to_bytes))


def file_diff(path: RepoPath, before: Version | None, after: Version | None, *, context: int = CONTEXT) -> bytes:
    """The diff of one file; empty where nothing changed. A file that becomes a symbolic link, or stops being one, is
    removed and made anew, as git has it."""
    if before == after:
        return b""
    if before is not None and after is not None and (before.mode == SYMLINK) != (after.mode == SYMLINK):
        return file_diff(path, before, None) + file_diff(path, None, after)
    old, new = _name(b"a/", path), _name(b"b/", path)
    out = [b"diff --git " + old + b" " + new + b"\n"]
    if before is None:
        assert after is not None
        out.append(b"new file mode %06o\n" % after.mode)
    elif after is None:
        out.append(b"deleted file mode %06o\n" % before.mode)
    elif before.mode != after.mode:
        out.append(b"old mode %06o\nnew mode %06o\n" % (before.mode, after.mode))
    one = before.content if before is not None else b""
    other = after.content if after is not None else b""
    if one == other and before is not None and after is not None:
        return b"".join(out)
    ids = [blob_id(version.content) if version is not None else "0" * 40 for version in (before, after)]
    kept = b" %06o" % after.mode if before is not None and after is not None and before.mode == after.mode else b""
    out.append(b"index %s..%s%s\n" % (ids[0].encode(), ids[1].encode(), kept))
    if one == other:
        return b"".join(out)
    if is_binary(one) or is_binary(other):
        return b"".join([*out, b"GIT binary patch\n", *_piece(other), *_piece(one)])
    out.append(b"--- " + (_ended(old) if before is not None else b"/dev/null") + b"\n")
    out.append(b"+++ " + (_ended(new) if after is not None else b"/dev/null") + b"\n")
    out += _hunks(split_lines(one), split_lines(other), raw_hunks(one, other), context)
    return b"".join(out)


def _name(prefix: bytes, path: RepoPath) -> bytes:
    """A name as git writes it: quoted where a byte of it could be misread (quote.c)."""
    raw = prefix + to_bytes(path)
    if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in raw):
        return raw
    plain = (
        bytes([byte]) if 0x20 <= byte < 0x7F and byte not in b'"\\' else _ESCAPES.get(byte, b"\\%03o" % byte)
        for byte in raw
    )
    return b'"' + b"".join(plain) + b'"'


def _ended(name: bytes) -> bytes:
    """A name with a blank in it ends in a tab, so that it is not read as a name and a date."""
    return name + b"\t" if b" " in name and not name.startswith(b'"') else name


def _hunks(old: Sequence[bytes], new: Sequence[bytes], found: Sequence[Hunk], context: int) -> list[bytes]:
    out: list[bytes] = []
    groups: list[list[Hunk]] = []
    for hunk in found:
        if groups and hunk.a0 - groups[-1][-1].a1 <= 2 * context:
            groups[-1].append(hunk)
        else:
            groups.append([hunk])
    headers: dict[int, int] = {}
    for group in groups:
        first, last = group[0], group[-1]
        a0, a1 = max(0, first.a0 - context), min(len(old), last.a1 + context)
        b0, b1 = first.b0 - (first.a0 - a0), last.b1 + (a1 - last.a1)
        above = header_of(old, a0 - 1, headers) if a0 else -1
        section = b" " + old[above].rstrip()[:_SECTION] if above >= 0 else b""
        out.append(b"@@ -%s +%s @@%s\n" % (_range(a0, a1), _range(b0, b1), section))
        at = a0
        for hunk in group:
            out += [_line(b" ", line) for line in old[at : hunk.a0]]
            out += [_line(b"-", line) for line in old[hunk.a0 : hunk.a1]]
            out += [_line(b"+", line) for line in new[hunk.b0 : hunk.b1]]
            at = hunk.a1
        out += [_line(b" ", line) for line in old[at:a1]]
    return out


def _range(start: int, end: int) -> bytes:
    """A side of a hunk header: an empty one names the line before it; a count of one is left out."""
    count = end - start
    first = start + 1 if count else start
    return b"%d" % first if count == 1 else b"%d,%d" % (first, count)


def _line(op: bytes, line: bytes) -> bytes:
    return op + line if line.endswith(b"\n") else op + line + b"\n\\ No newline at end of file\n"


def _piece(content: bytes) -> list[bytes]:
    """A content as a literal of a git binary patch: stored, not squeezed, since every zlib squeezes in its own way."""
    packed = _stored(content)
    out = [b"literal %d\n" % len(content)]
    for start in range(0, len(packed), 52):
        part = packed[start : start + 52]
        length = bytes([64 + len(part)]) if len(part) <= 26 else bytes([70 + len(part)])
        out.append(length + base64.b85encode(part, pad=True) + b"\n")
    return [*out, b"\n"]


def _stored(content: bytes) -> bytes:
    """A zlib stream (RFC 1950) of stored blocks (RFC 1951, 3.2.4)."""
    out = [b"\x78\x01"]
    for start in range(0, len(content) or 1, _STORED):
        block = content[start : start + _STORED]
        size = len(block)
        final = start + _STORED >= len(content)
        out.append(bytes([final]) + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + block)
    return b"".join([*out, zlib.adler32(content).to_bytes(4, "big")])
