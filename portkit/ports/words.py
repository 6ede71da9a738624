"""What a commit's message says of upstream's changesets: their words, their hashes, their revisions."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from portkit.change.changeset import Changeset
from portkit.paths import name

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")
_HASH = re.compile(r"\b[0-9a-f]{10,64}\b")
_NUMBERED = re.compile(r"\d\.\d")
_NOTE = re.compile(r"^(Obtained|Taken|Submitted|Reviewed|Approved|Sponsored|Tested|Reported|Inspired)-[a-z]+:", re.I)
_OWN = re.compile(r"^Upstream-[a-z]+:.*$", re.I | re.M)
"""The trailers that portkit writes: the ledger reads them."""


class Words:
    """How much of upstream's logs stands in a message. A word that every other log has counts for little."""

    def __init__(self, changesets: Iterable[Changeset]) -> None:
        words = {one.id: frozenset(_words(one.message)) for one in changesets}
        counts = Counter(word for own in words.values() for word in own)
        self._weights = {word: (math.log((1 + len(words)) / (1 + count)) + 0.1) ** 2 for word, count in counts.items()}
        self._unknown = (math.log(1 + len(words)) + 0.1) ** 2
        self._in: dict[str, list[str]] = {}
        for changeset, own in words.items():
            for word in own:
                self._in.setdefault(word, []).append(changeset)
        self._length = {one: sum(sorted(self._weights[word] for word in own)) for one, own in words.items()}

    def likeness(self, message: str) -> dict[str, float]:
        """Changeset to likeness, from 0 to 1: the cosine of the two texts, each word weighed by how rare it is in
        upstream's logs. Changesets that share no word are left out."""
        mine = sorted(set(_words(plain(message))))
        length = sum(self._weights.get(word, self._unknown) for word in mine)
        shared: dict[str, float] = {}
        for word in mine:
            for changeset in self._in.get(word, ()):
                shared[changeset] = shared.get(changeset, 0.0) + self._weights[word]
        return {one: weight / math.sqrt(length * self._length[one]) for one, weight in shared.items()}


def _words(text: str) -> Iterable[str]:
    return (word.lower() for word in _WORD.findall(text))


def plain(message: str) -> str:
    """The message without its lines of origin and credit (`Taken-from: OpenBSD`)."""
    return "\n".join(line for line in _OWN.sub("", message).split("\n") if not _NOTE.match(line))


def named(message: str, revisions: Mapping[tuple[str, str], Iterable[str]], known: Iterable[str]) -> frozenset[str]:
    """The changesets that a message names: by their hash, or by file and revision on one line. `revisions`: (file
    name, revision) to changesets; `known`: every changeset. What portkit's own trailers name is left out."""
    found = set()
    message = _OWN.sub("", message)
    hashes = _HASH.findall(message)
    if hashes:
        found |= {one for one in known for given in hashes if one.startswith(given)}
    for line in message.split("\n"):
        if not _NUMBERED.search(line):
            continue
        parts = re.split(r"[\s,;()]+", line)
        numbers = {m[1] for part in parts if (m := re.fullmatch(r"(?:v\.?|rev\.?|r)?(\d{1,3}\.\d{1,4})\.?", part))}
        if numbers:
            names = {name(part.rstrip(":,.")) for part in parts}
            found |= {
                one for (file, number), ones in revisions.items() if number in numbers and file in names for one in ones
            }
    return frozenset(found)

