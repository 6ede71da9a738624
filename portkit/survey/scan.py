"""What one blob says of its origin: its ident lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from portkit.change import ident
from portkit.survey.model import Recorded, Scan
from portkit.text import is_binary


def scan(content: bytes, keyword: str) -> Scan:
    """The lines of `content`, and every expanded `$keyword: ...$` in it."""
    if is_binary(content):
        return Scan(0)
    lines = content.count(b"\n") + (bool(content) and not content.endswith(b"\n"))
    found = []
    for one in ident.idents(content, keyword):
        date = seconds(one.date)
        if date is not None:
            found.append(Recorded(one.path, one.revision, date, one.author, one.line + 1))
    loose = not found and b"$" + keyword.encode() in content
    return Scan(lines, tuple(found), loose)


def seconds(text: str) -> int | None:
    """An ident line's date (UTC, CVS writes / or -), in seconds since 1970; None where no calendar has it."""
    try:
        return int(datetime.strptime(text.replace("-", "/"), "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def packed(one: Scan) -> bytes:
    """A scan as bytes, to be remembered or sent; `unpacked` reads it."""
    told = [[each.path, each.revision, each.date, each.author, each.line] for each in one.recorded]
    return json.dumps([one.lines, int(one.loose), *told], separators=(",", ":")).encode("ascii")


def unpacked(value: bytes) -> Scan:
    """The scan that `packed` wrote. Raises ValueError where it did not."""
    lines, loose, *told = json.loads(value)
    return Scan(lines, tuple(Recorded(*each) for each in told), bool(loose))


def scanned(contents: Iterable[tuple[str, bytes | None]], keyword: str) -> Iterator[tuple[str, bytes]]:
    """(blob, packed scan) for each content; one that is missing counts as empty."""
    for oid, content in contents:
        yield oid, packed(scan(content or b"", keyword))
