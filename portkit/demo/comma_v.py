"""Writes the example's upstream as CVS keeps it: a `,v` file for each file, its newest text whole, the older ones as
edit scripts (rcsfile(5)). No cvs is needed to make the example, nor to look at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from portkit.change.linediff import hunks
from portkit.text import split_lines


@dataclass(frozen=True, slots=True)
class Kept:
    """One revision: `date` in seconds since 1970 UTC; `text` as it is stored, None where the file was deleted."""

    number: str
    date: int
    who: str
    log: str
    text: bytes | None
    commitid: str


def comma_v(revisions: Sequence[Kept]) -> bytes:
    """The RCS file of a trunk, from its revisions, oldest first (at least one)."""
    newest_first = list(reversed(revisions))
    texts = _texts([one.text for one in revisions])
    older = [*(one.number for one in newest_first[1:]), ""]
    parts = [f"head\t{newest_first[0].number};\naccess;\nsymbols;\nlocks; strict;\ncomment\t@# @;\n\n".encode()]
    for one, following in zip(newest_first, older, strict=True):
        date = f"{datetime.fromtimestamp(one.date, UTC):%Y.%m.%d.%H.%M.%S}"
        state = "Exp" if one.text is not None else "dead"
        parts.append(
            f"\n{one.number}\ndate\t{date};\tauthor {one.who};\tstate {state};\nbranches;\nnext\t{following};\n"
            f"commitid\t{one.commitid};\n".encode()
        )
    parts.append(b"\n\ndesc\n@@\n")
    above: bytes | None = None
    for one, text in zip(newest_first, reversed(texts), strict=True):
        stored = text if above is None else _script(above, text)
        parts.append(b"\n\n%b\nlog\n@%b@\ntext\n@%b@\n" % (
            one.number.encode(), _quoted(one.log.encode()), _quoted(stored)
        ))  # fmt: skip
        above = text
    return b"".join(parts)


def _texts(texts: Sequence[bytes | None]) -> list[bytes]:
    """Every text; what is deleted keeps the one it had, as cvs leaves it."""
    found: list[bytes] = []
    for text in texts:
        found.append(text if text is not None else found[-1] if found else b"")
    return found


def _script(newer: bytes, older: bytes) -> bytes:
    """The edits (diff -n) that make `older` of `newer`."""
    before, after = split_lines(newer), split_lines(older)
    numbers: dict[bytes, int] = {}
    a = [numbers.setdefault(line, len(numbers)) for line in before]
    b = [numbers.setdefault(line, len(numbers)) for line in after]
    parts = []
    for hunk in hunks(a, b):
        if hunk.a1 > hunk.a0:
            parts.append(b"d%d %d\n" % (hunk.a0 + 1, hunk.a1 - hunk.a0))
        if hunk.b1 > hunk.b0:
            parts.append(b"a%d %d\n" % (hunk.a1, hunk.b1 - hunk.b0))
            parts += after[hunk.b0 : hunk.b1]
    return b"".join(parts)


def _quoted(text: bytes) -> bytes:
    return text.replace(b"@", b"@@")
