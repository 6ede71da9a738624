"""What a line of C declares or defines, as far as one line tells; no parser."""

from __future__ import annotations

import re

from portkit.merge.pieces import code

_NAME = re.compile(rb"[A-Za-z_]\w*")
_DEFINE = re.compile(rb"^\s*#\s*(?:define|undef)\s+(\w+)")
_HEADER = re.compile(rb"^(?:[A-Za-z_][\w\s*]*[\s*])?([A-Za-z_]\w*)\s*\(")
_STATEMENT = frozenset((b"return", b"goto", b"break", b"continue", b"case", b"default", b"else", b"typedef"))
_INDEX = re.compile(rb"\[[^\]]*\]")
_PARTS = re.compile(rb"^[\w\s*\[\]+\-/.:]*$")


def declared(raw: bytes) -> tuple[bytes, ...]:
    """The names that a line declares or defines, as far as one line tells."""
    text = code(raw).strip()
    define = _DEFINE.match(text)
    if define:
        return (define[1],)
    if not text.endswith((b";", b",")) or text.startswith((b"#", b"}")):
        header = _HEADER.match(text) if raw[:1].isalpha() and not text.endswith(b";") else None
        return (header[1],) if header else ()
    text = _INDEX.sub(b"[]", text)  # char name[sizeof("0000")];
    if b"(" in text.partition(b"=")[0]:
        header = _HEADER.match(text) if raw[:1].isalpha() else None
        return (header[1],) if header else ()
    names = []
    for number, part in enumerate(split_commas(text.rstrip(b";, "))):
        left = part.partition(b"=")[0]
        words = _NAME.findall(_INDEX.sub(b"", left).partition(b":")[0])
        if not _PARTS.match(left) or not words or b"->" in left or b"." in left:
            return ()
        if number == 0 and (len(words) < 2 or words[0] in _STATEMENT):
            return ()
        names.append(words[-1])
    return tuple(names)


def split_commas(text: bytes) -> list[bytes]:
    """`text` cut at the commas outside of all brackets."""
    parts, depth, start = [], 0, 0
    for at, byte in enumerate(text):
        if byte in b"([{":
            depth += 1
        elif byte in b")]}":
            depth -= 1
        elif byte == 44 and depth <= 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]
