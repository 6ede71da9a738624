"""The patch-id: what stays the same when a patch only moves. The value is that of `git patch-id --stable`.

Line numbers, white space, blob ids and a last line's missing end do not count; the lines, context included, and the
names do. The files of a patch may come in any order (git, builtin/patch-id.c).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from portkit.patches.applying import blob_id
from portkit.patches.values import BinaryPiece, FilePatch
from portkit.paths import RepoPath, to_bytes

_SPACE = re.compile(rb"[ \t\n\v\f\r]+")


def patch_id(patches: Iterable[FilePatch]) -> str:
    """The id of a whole patch, 40 hex digits."""
    total = [0] * 20
    for patch in patches:
        carry = 0
        for index, byte in enumerate(_digest(patch)):
            carry += total[index] + byte
            total[index] = carry & 0xFF
            carry >>= 8
    return bytes(total).hex()


def _digest(patch: FilePatch) -> bytes:
    digest = hashlib.sha1(usedforsecurity=False)

    def add(line: bytes) -> None:
        digest.update(_SPACE.sub(b"", line))

    for line in _head(patch):
        add(line)
    if patch.binary is not None:
        for piece in (patch.backward, patch.binary):
            digest.update(_content_id(piece).encode())
        return digest.digest()
    if patch.hunks:
        add(b"--- " + (_named(b"a/", patch.old) if patch.old is not None else b"/dev/null"))
        add(b"+++ " + (_named(b"b/", patch.new) if patch.new is not None else b"/dev/null"))
    for hunk in patch.hunks:
        for one in hunk.lines:
            add(one.op + one.text)
    return digest.digest()


def _content_id(piece: BinaryPiece | None) -> str:
    """What stands for the content of one side of a binary patch; of a delta, the delta itself."""
    if piece is None:
        return "0" * 40
    return blob_id(piece.data) if piece.kind == b"literal" else piece.data.hex()


def _named(prefix: bytes, path: RepoPath) -> bytes:
    return prefix + to_bytes(path)


def _head(patch: FilePatch) -> list[bytes]:
    one, other = patch.old or patch.path, patch.new or patch.path
    head = [b"diff --git " + _named(b"a/", one) + b" " + _named(b"b/", other)]
    if patch.old is None:
        head.append(b"new file mode %06o" % (patch.new_mode or 0o100644))
    elif patch.new is None:
        head.append(b"deleted file mode %06o" % (patch.old_mode or 0o100644))
    elif patch.old_mode != patch.new_mode:
        head += [b"old mode %06o" % (patch.old_mode or 0o100644), b"new mode %06o" % (patch.new_mode or 0o100644)]
    if patch.renamed:
        head += [b"rename from " + to_bytes(one), b"rename to " + to_bytes(other)]
    elif patch.copied:
        head += [b"copy from " + to_bytes(one), b"copy to " + to_bytes(other)]
    return head
