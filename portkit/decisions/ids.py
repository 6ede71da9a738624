"""What a person types to name a change: the id of a conflict or of a worksheet's hunk, or CHANGESET[:PATH[#HUNK]]."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from portkit.errors import UserError

_CONFLICT = re.compile(r"[ch]-[0-9a-f]{4,12}")
_CHANGESET = re.compile(r"[0-9a-fA-F]{7,64}|(?=.*[0-9A-Z])[0-9A-Za-z]{7,64}(?:\.[a-z]*\d{1,9})?")
"""A hash, or a commitid, which is never all small letters."""


@dataclass(frozen=True, slots=True)
class ChangeId:
    """`conflict`: the id of a conflict (c-) or of a hunk on a port's worksheet (h-), or its first digits; else
    `changeset`, the first digits of a hash or commitid, and perhaps the `path` of a file in it, upstream's or the
    target's, and a `hunk` of that file, from 1."""

    text: str
    conflict: str = ""
    changeset: str = ""
    path: str = ""
    hunk: int = 0

    def means(self, conflict: str, changeset: str, paths: Collection[str], hunk: int) -> bool:
        """Whether it names the conflict of that id ("" for none), which stands in that hunk of a file of the changeset;
        `paths`: both of the file's."""
        if self.conflict:
            return conflict.startswith(self.conflict)
        there = changeset.startswith(self.changeset) and (not self.path or self.path in paths)
        return there and self.hunk in (0, hunk)


def parse_id(text: str) -> ChangeId:
    """The id that `text` is. Raises UserError where it is none."""
    if _CONFLICT.fullmatch(text):
        return ChangeId(text, conflict=text)
    changeset, colon, path = text.partition(":")
    hunk = 0
    match = re.fullmatch(r"(.*)#(\d{1,6})", path, re.DOTALL)
    if match:
        path, hunk = match[1], int(match[2])
    if not _CHANGESET.fullmatch(changeset) or (colon and not path) or (match and not hunk):
        raise UserError(
            f"{text!r} names nothing that can be decided on",
            where="ID",
            hint="an id is that of a conflict (c-...), of a worksheet's hunk (h-...), or CHANGESET[:PATH[#HUNK]]; 7"
            " digits suffice",
        )
    return ChangeId(text, "", changeset, path, hunk)
