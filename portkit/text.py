"""Bytes, lines and what may be shown of them.

File content is bytes, always. Lines end at LF only: a form feed or a lone CR is part of its line.
"""

from __future__ import annotations

import unicodedata
from io import BytesIO


def split_lines(content: bytes) -> list[bytes]:
    """The lines of `content`, each with its LF; the last may lack one. `b"".join` gives `content` back."""
    return BytesIO(content).readlines()


def decode(raw: bytes) -> str:
    """`raw` as text: UTF-8 where it is UTF-8, latin-1 where it is not. Never fails, never loses a byte's meaning."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def is_binary(content: bytes) -> bool:
    """Whether `content` is binary, by git's rule: a NUL among the first 8000 bytes (git, xdiff-interface.c)."""
    return b"\0" in content[:8000]


def printable(text: str) -> str:
    """`text` with control, bidirectional and other invisible characters made visible, for a terminal or a page.

    LF and TAB stay. An escape sequence in an upstream log message shows as text and does nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in "\n\t" or character.isprintable():
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    return f"\\x{ord(character):02x}" if ord(character) < 0x100 else f"\\u{ord(character):04x}"
