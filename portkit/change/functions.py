"""Which function, or which section of a manual page, a line stands in.

Read from column 0, as BSD sources are laid out (style(9)): a function's name begins a line, its type stands on the
line before, its body is closed by a brace in column 0. A manual page has `.Sh` and `.Ss`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_NAME = re.compile(rb"([A-Za-z_]\w*)\s*\(")
_AGGREGATE = re.compile(rb"^(?:typedef\s+|static\s+|const\s+)*(?:struct|union|enum)\s+(\w+)")
_VARIABLE = re.compile(rb"([A-Za-z_]\w*)\s*(?:\[[^]]*\]\s*)*=")
"""What an aggregate is called that is no type but a variable: `struct option options[] = {`."""
_OPENS = re.compile(rb"^[A-Za-z_]")
_COMMENT = re.compile(rb"/\*.*?(?:\*/|$)|//.*")
_ATTRIBUTES = re.compile(rb"\s+(?:__\w+(?:\s*\(.*\))?\s*)+;\s*$")
"""The second line of a prototype: nothing but `__attribute__((...))` and its like."""
_BLANK = frozenset((b"", b" ", b"\t", b"\n", b"#", b"/", b"{", b"}"))
"""What no header begins with."""
_LONGEST = 32
"""Over at most so many lines a prototype is followed to its end."""
_PAGE = (b".", b"'")
"""What a manual page begins with: a comment, or a request (roff(7))."""
_CALLABLE = re.compile(rb"^[\w\s*]*\w\s?\(")
"""Column 0 of a function's name or an aggregate: words and stars up to the parenthesis, so that a manual page's
running text ("mask), 3 (routers)") is none."""


def header_of(lines: Sequence[bytes], index: int, known: dict[int, int] | None = None) -> int:
    """The index of the line that opens the function or section in which line `index` stands; -1 outside of all.

    A line that closes a function (`}` in column 0) still stands in it. `known` remembers answers for the same
    lines, so that asking about many of them costs no more than reading the file once.
    """
    if known is None:
        known = {}
    page = bool(lines) and lines[0].startswith(_PAGE)  # its text is prose and examples: only sections open there
    passed: list[int] = []
    at = min(index, len(lines) - 1)
    found = -1
    while at >= 0:
        line = lines[at]
        first = line[:1]
        if first == b"}" and at < index and not page:
            break
        if at in known:
            found = known[at]
            break
        if _opens(line, first) and (first == b"." if page else not _declares(lines, at)):
            found = at
            break
        if at == index or not at & 15:
            passed.append(at)
        at -= 1
    for one in passed:
        known[one] = found
    return found


def opens(lines: Sequence[bytes], index: int, known: dict[int, int] | None = None) -> bool:
    """Whether line `index` opens a function, aggregate or section. `known` as for `header_of`."""
    return lines[index][:1] not in _BLANK and header_of(lines, index, known) == index


def openings(lines: Sequence[bytes], known: dict[int, int] | None = None) -> dict[str, list[int]]:
    """Each function, aggregate or section that `lines` open: its name, and where its header stands. `known` as for
    `header_of`."""
    if known is None:
        known = {}
    found: dict[str, list[int]] = {}
    for index, line in enumerate(lines):
        if opens(lines, index, known):
            found.setdefault(name_in(line), []).append(index)
    return found


def _opens(line: bytes, first: bytes) -> bool:
    """Whether a line, which begins with `first`, opens a function, an aggregate or a section."""
    if first == b".":
        return line.startswith((b".Sh", b".Ss", b".SH", b".SS"))
    if not _OPENS.match(line):
        return False
    text = line.rstrip()
    if _CALLABLE.match(text) and not text.endswith((b";", b":")):
        return True
    return bool(_AGGREGATE.match(text)) and text.endswith((b"{", b"="))


def _declares(lines: Sequence[bytes], at: int) -> bool:
    """Whether what looks like a function's first line begins a declaration, which opens nothing: after its
    parenthesis is closed, on whatever line, nothing comes but `;`, or attributes and `;` on the next line. What an old
    style function declares before its body (`int argc;`) is a type and a name."""
    if not _CALLABLE.match(lines[at]):
        return False
    depth = 0
    for index in range(at, min(at + _LONGEST, len(lines))):
        text = _COMMENT.sub(b"", lines[index]).rstrip()
        if text.endswith(b"{"):
            return False
        depth += text.count(b"(") - text.count(b")")
        if depth <= 0:
            more = lines[index + 1] if index + 1 < len(lines) else b""
            return text.endswith(b";") or bool(_ATTRIBUTES.match(more))
    return False


def name_in(line: bytes) -> str:
    """The name a header line gives its function, aggregate or section."""
    if line.startswith(b"."):
        return line.rstrip().decode("latin-1")
    aggregate = _AGGREGATE.match(line)
    if aggregate and not _NAME.search(line):
        variable = _VARIABLE.search(line, aggregate.end())
        return (variable[1] if variable else aggregate[0]).decode("latin-1")
    found = _NAME.search(line)
    return found[1].decode("latin-1") if found else line.strip().decode("latin-1")


def function_at(lines: Sequence[bytes], index: int, known: dict[int, int] | None = None) -> str:
    """The name of what line `index` stands in; empty outside of all. `known` as for `header_of`."""
    at = header_of(lines, index, known)
    return name_in(lines[at]) if at >= 0 else ""
