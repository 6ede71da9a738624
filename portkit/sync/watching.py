"""What a component that is only watched should be told of: what each of upstream's changesets is about, and why so.

Nothing is decided by it; it says what to read first. So each topic stands with its evidence: the words of the log as
they stand, the files, the functions and the names in code. Whether a log speaks of security is told by the reports,
for all modes alike (`report.security`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from portkit.change.changeset import Changeset
from portkit.merge.companions import C_FILES, names_in
from portkit.merge.placing import Placer
from portkit.paths import RepoPath, name

_MOST = 4
"""How many pieces of evidence of one sort are named."""

_FUNCTIONS = 12


class Topic(StrEnum):
    """What a changeset is about, in the order in which it is worth reading."""

    SECURITY = "security"
    PRIVSEP = "privsep"
    PROTOCOL = "protocol"
    PORTABILITY = "portability"
    DOCUMENTATION = "documentation"


class Where(StrEnum):
    """Where evidence was found."""

    LOG = "log"
    FILE = "file"
    FUNCTION = "function"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece: the topic it speaks for, where it stands, and what it is, as it stands there."""

    topic: Topic
    where: Where
    what: str


@dataclass(frozen=True, slots=True)
class Watched:
    """A changeset of a watched component: the functions it touches, what it is about, and what a person decided of it
    ("" for nothing)."""

    changeset: Changeset
    functions: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    decided: str = ""

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What it is about, without what its log says of security."""
        found = {one.topic for one in self.evidence}
        return tuple(topic for topic in Topic if topic in found)


@dataclass(frozen=True, slots=True)
class FileSides:
    """A file of a changeset, before and after it; None where it was not there, or is not there any more."""

    path: RepoPath
    before: bytes | None
    after: bytes | None


def _words(*words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)


_LOG = {
    Topic.PRIVSEP: _words(
        r"priv(?:ilege)?[ -]?sep\w*", r"chroot\w*", r"un?privileged", r"imsg\w*", r"(?:drop|revok)\w* (?:\w+ )?priv\w*",
        r"setres[ug]ids?", r"(?:fd|descriptor)[ -]passing", r"(?:parent|child|engine|monitor) process\w*",
    ),
    Topic.PROTOCOL: _words(
        r"RFC ?\d+", r"protocols?", r"packets?", r"datagrams?", r"on the wire", r"checksums?", r"DHCP\w+", r"BOOTP",
        r"S?NTP(?:v\d)?", r"stratum", r"leap(?: seconds?)?", r"leases?", r"options? \d+", r"(?:re)?transmi\w+",
        r"broadcast\w*", r"multicast\w*", r"servers? repl\w+",
    ),
    Topic.PORTABILITY: _words(
        r"portab\w+", r"Linux", r"FreeBSD", r"NetBSD", r"DragonFly\w*", r"endian\w*", r"(?:un)?align(?:ed|ment)\w*",
        r"(?:32|64)[ -]?bits?", r"LP64", r"(?:time|size|ssize|off)_t", r"gcc\d?", r"clang", r"lint", r"warnings?",
        r"ANSI\w*", r"prototypes?", r"casts?", r"POSIX", r"C99", r"includes?", r"headers? files?",
    ),
    Topic.DOCUMENTATION: _words(
        r"man(?:ual)? ?pages?", r"mdoc", r"typos?", r"spell\w*", r"grammar", r"wording", r"document\w*", r"examples?",
    ),
}  # fmt: skip

_NAMES = {
    Topic.PRIVSEP: re.compile(
        r"(?:imsg|imsgbuf|ibuf|msgbuf|priv|privsep)_\w+|chroot|setres[ug]id|sete?[ug]id|setgroups|sendmsg|recvmsg|"
        r"socketpair|pledge|unveil|dispatch_imsg"
    ),
    Topic.PROTOCOL: re.compile(
        r"(?:ntp|client|server|dhcp|bootp|packet|option|bpf|wire)_(?:send|recv|receive|dispatch|query|peer|msg|packet|"
        r"parse|check|reply)\w*|\w*(?:packet|checksum|cksum|_msg)\w*|parse_\w*option\w*|state_\w+"
    ),
    Topic.PORTABILITY: re.compile(
        r"strtonum|reallocarray|recallocarray|explicit_bzero|freezero|arc4random(?:_\w+)?|getdtablecount|closefrom|"
        r"setproctitle|strlcpy|strlcat|__dead|__packed|SO_RTABLE|SO_BINDANY|adjfreq|clock_gettime|fmtcheck"
    ),
}  # fmt: skip

_PAGES = re.compile(r"\.[1-9]$|README|\.conf(?:\.\w+)?$")


def look(changeset: Changeset, files: Iterable[FileSides], placer: Placer) -> Watched:
    """The changeset with its evidence; `files` are its files."""
    functions: dict[str, None] = {}
    found: list[Evidence] = []
    every = tuple(files)
    for topic, words in _LOG.items():
        found += _some(topic, Where.LOG, (match[0] for match in words.finditer(_log(changeset.message))))
    pages = [one for one in every if _PAGES.search(name(one.path))]
    if pages:
        found += _some(Topic.DOCUMENTATION, Where.FILE, (str(one.path) for one in pages))
    separated = [str(one.path) for one in every if name(one.path).startswith(("privsep", "imsg"))]
    found += _some(Topic.PRIVSEP, Where.FILE, separated)
    names: set[str] = set()
    for one in every:
        if one.path.endswith(C_FILES):
            inside, changed = _code(one, placer)
            functions |= dict.fromkeys(inside)
            names |= changed
    for topic, pattern in _NAMES.items():
        if topic is not Topic.PORTABILITY:
            found += _some(topic, Where.FUNCTION, (one for one in functions if pattern.fullmatch(one)))
        shown = {one for one in names if pattern.fullmatch(one) and one not in functions}
        if topic is not Topic.PROTOCOL:
            found += _some(topic, Where.CODE, sorted(shown))
    return Watched(changeset, tuple(functions)[:_FUNCTIONS], tuple(found))


def _log(message: str) -> str:
    """As much of a log as is read, on one line."""
    return " ".join(message[:20_000].split())


def _some(topic: Topic, where: Where, found: Iterable[str]) -> Iterator[Evidence]:
    """The first few of what was found, each once."""
    seen: dict[str, str] = {}
    for one in found:
        seen.setdefault(one.lower(), one)
        if len(seen) == _MOST:
            break
    return (Evidence(topic, where, one) for one in seen.values())


def _code(one: FileSides, placer: Placer) -> tuple[list[str], set[str]]:
    """The functions that a file's change touches, in order, and the names that it brings or takes away."""
    before, after = one.before or b"", one.after or b""
    old, new = placer.pieces(before), placer.pieces(after)
    functions: list[str] = []
    names: set[bytes] = set()
    for hunk in placer.hunks(before, after):
        piece = new.at(hunk.b0) if hunk.b0 < hunk.b1 else old.at(hunk.a0)
        if piece is not None and " " not in piece.name:
            functions.append(piece.name)
        added, removed = new.lines.raw[hunk.b0 : hunk.b1], old.lines.raw[hunk.a0 : hunk.a1]
        names |= names_in(added) ^ names_in(removed)
    return list(dict.fromkeys(functions)), {one.decode("latin-1") for one in names}
