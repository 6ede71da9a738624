"""The map's `edit:`: text that goes into one of the target's files before a line that is there exactly once.

It is the way to say what a patch with no context would say: where a line must go in at a named place, a hunk of it
alone would be put wherever its number points.
"""

from __future__ import annotations

from dataclasses import dataclass

from portkit.components.model import Edit
from portkit.text import split_lines


@dataclass(frozen=True, slots=True)
class Edited:
    """`content` afterwards; `problem` says why it is as it was, "" where the text is in it."""

    content: bytes
    problem: str = ""
    already: bool = False


def edited(edit: Edit, content: bytes | None) -> Edited:
    """`content` with the edit made; unchanged where the text stands in it already, one line of it after the other.

    A file that is not there (None), and a line that is not there exactly once, are problems.
    """
    if content is None:
        return Edited(b"", f"there is no {edit.path}")
    lines = split_lines(content)
    insert = split_lines(edit.insert.encode("utf-8", "surrogateescape"))
    if any(lines[at : at + len(insert)] == insert for at in range(len(lines))):
        return Edited(content, already=True)
    wanted = edit.before.encode("utf-8", "surrogateescape")
    places = [at for at, line in enumerate(lines) if line.removesuffix(b"\n") == wanted]
    if len(places) != 1:
        found = "is not there" if not places else f"is there {len(places)} times"
        return Edited(content, f"the line {edit.before!r} {found} in {edit.path}")
    at = places[0]
    return Edited(b"".join([*lines[:at], *insert, *lines[at:]]))
