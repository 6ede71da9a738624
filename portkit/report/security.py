"""Which of upstream's changesets bear on security, or mend a fault, by the words of their logs.

A word proves nothing: it says what to read first. So the word that was found always stands with the changeset, as
upstream wrote it, and nothing is decided by it.
"""

from __future__ import annotations

import re

_SECURITY = (
    r"errat(?:a|um)\b", r"(?:CVE|CAN)-\d{4}-\d+", r"security", r"vulnerabilit\w+", r"exploit\w*", r"attack\w*",
    r"malicious\w*", r"untrusted", r"spoof\w*",
    r"(?:(?:buffer|stack|heap|integer|int|sign(?:ed)?)[ -])?over-?flow\w*", r"underflow\w*", r"overrun\w*",
    r"off[ -]by[ -](?:one|\d)", r"use[ -](?:it )?after[ -]free\w*", r"(?:double|multiple)[ -]free\w*",
    r"(?:wrong|incorrect|bad) sizeof",
    r"out[ -]of[ -]bounds?", r"bounds?[ -]check\w*", r"(?:past|beyond) the end",
    r"(?:length|len|size)[ -](?:sanity )?check\w*",
    r"check\w* (?:\w+ ){0,3}(?:length|len|size)s?\b",
    r"(?:bad|bogus|invalid|negative|wrong) (?:\w+ )?(?:length|len|size)s?\b", r"sanity[ -]check\w*",
    r"privileges?\b", r"privsep\w*", r"priv[ -](?:sep\w*|drop\w*)", r"chroot\w*", r"set[ug]id\b",
    r"format string\w*", r"denial[ -]of[ -]service", r"uninitiali[sz]ed", r"null[ -](?:pointer )?deref\w*",
    r"information leak\w*", r"race condition\w*",
)  # fmt: skip

_FAULT = (
    r"fix(?:e[sd]|ing)?\b", r"bugs?\b", r"crash\w*", r"panic\w*", r"seg(?:v|fault)\w*", r"core ?dump\w*", r"leak\w*",
    r"hang(?:s|ing)?\b", r"dead-?lock\w*", r"infinite loop\w*", r"regression\w*", r"broken\b", r"un?breaks?\b",
    r"dereference\w*",
)  # fmt: skip

_COSMETIC = re.compile(
    r"\b(?:typo|spell\w*|white ?space|KNF|comments?|prototypes?|lint|warnings?|cosmetic|grammar|wording|man ?page)\b",
    re.IGNORECASE,
)

_MOST = 3


def _compiled(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})", re.IGNORECASE)


_SECURITY_WORDS = _compiled(_SECURITY)
_FAULT_WORDS = _compiled(_FAULT)


def security_words(message: str) -> tuple[str, ...]:
    """What in a log speaks of security, as it stands there: at most three different words, none for most logs."""
    return _found(_SECURITY_WORDS, message)


def fault_words(message: str) -> tuple[str, ...]:
    """What in a log says that a fault was mended; nothing where the log speaks of comments, spelling and the like."""
    return () if _COSMETIC.search(message) else _found(_FAULT_WORDS, message)


def _found(words: re.Pattern[str], message: str) -> tuple[str, ...]:
    """Beyond 20,000 characters no log is read: what it is about stands before that."""
    seen: dict[str, str] = {}
    for match in words.finditer(" ".join(message[:20_000].split())):
        seen.setdefault(match[0].lower(), match[0])
        if len(seen) == _MOST:
            break
    return tuple(seen.values())
