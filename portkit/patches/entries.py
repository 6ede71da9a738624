"""The series file, as quilt knows it: which patches a series has, in which order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from portkit.errors import UserError
from portkit.text import decode

SERIES = "series"

LARGEST = 64 << 20
"""The largest patch or series file that is read, and the largest content a binary patch may unfold to, in bytes."""

MOST_PATCHES = 10_000

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}(?:/[A-Za-z0-9][A-Za-z0-9._+-]{0,199}){0,3}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a series file: a name, how many leading parts its paths have too many (None: find out), and the
    line, from 1."""

    name: str
    strip: int | None
    line: int


def read_entries(raw: bytes, where: str) -> tuple[Entry, ...]:
    """The entries of a series file. Raises UserError, with the line, for names that leave the folder, names that come
    twice, and options that portkit does not know."""
    if len(raw) > LARGEST:
        raise UserError(f"the series file has more than {LARGEST >> 20} MB", where=where)
    found: list[Entry] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(raw.split(b"\n"), 1):
        text = decode(line).strip()
        text = re.split(r"(?:^|\s)#", text, maxsplit=1)[0].strip()
        if not text:
            continue
        name, *options = text.split()
        place = f"{where}:{number}"
        if not _NAME.fullmatch(name):
            raise UserError(
                f"{name!r} is no name of a patch", where=place,
                hint="letters, digits and . _ + - in each part, inside the series' own folder",
            )  # fmt: skip
        if name in seen:
            raise UserError(f"{name} is here twice, first on line {seen[name]}", where=place)
        seen[name] = number
        found.append(Entry(name, _strip(options, place), number))
        if len(found) > MOST_PATCHES:
            raise UserError(f"the series names more than {MOST_PATCHES} patches", where=place)
    return tuple(found)


def _strip(options: Sequence[str], place: str) -> int | None:
    if not options or options == ["-pab"]:
        return None
    match = re.fullmatch(r"-p ?(\d)", " ".join(options))
    if match is None:
        raise UserError(f"{' '.join(options)!r} is no option of a series", where=place, hint="-p0, -p1 and -pab are")
    return int(match[1])
