"""What a component that is only watched should be told of: what each of upstream's changesets is about, and why so.

Nothing is decided by it; it says what to read first. So each topic stands with its evidence: the words of the log as
they stand, the files, the functions and the names in code. Whether a log speaks of security is told by the reports,
for all modes alike (`report.security`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from portkit.change.changeset import Changeset
from portkit.merge.companions import C_FILES, names_in
from portkit.merge.pieces import code
from portkit.merge.placing import Placer
from portkit.paths import RepoPath, name
from portkit.sync.watched import Evidence, Topic, Watched, Where

_MOST = 4
"""How many pieces of evidence of one sort are named."""

_FUNCTIONS = 12


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
        r"S?NTPv\d", r"stratum", r"refids?", r"timestamps?", r"leap(?: seconds?)?", r"leases?", r"options? \d+",
        r"(?:re)?transmi\w+", r"broadcast\w*", r"multicast\w*", r"repl(?:y|ies)", r"quer(?:y|ies)", r"malformed \w+",
        r"unsynchroni[sz]ed",
    ),
    Topic.PORTABILITY: _words(
        r"portab\w+", r"porting", r"Linux", r"FreeBSD", r"NetBSD", r"DragonFly\w*", r"\w*endian\w*", r"unaligned",
        r"(?:strict|structure|stack) alignment", r"(?:32|64)[ -]?bits?", r"LP64", r"(?:time|size|ssize|off|socklen)_t",
        r"gcc[ -]?\d*", r"clang", r"POSIX", r"C99",
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
        r"\w*(?:get|put|send|recv|read|parse)_?(?:msg|pkt|packet)\w*|(?:ntp|client|server|dhcp|bootp|packet|option|bpf|wire)_(?:send|recv|receive|dispatch|query|peer|msg|packet|"
        r"parse|check|reply)\w*|\w*(?:packet|checksum|cksum|_msg)\w*|parse_\w*option\w*|state_\w+"
    ),
    Topic.PORTABILITY: re.compile(
        r"reallocarray|recallocarray|explicit_bzero|freezero|getdtablecount|pledge|unveil|__dead|__packed|SO_RTABLE|"
        r"SO_BINDANY|adjfreq|htobe\d\d|betoh\d\d|swap(?:16|32|64)"
    ),
}  # fmt: skip
"""Names that speak for a topic: those of functions that are touched, and those that come or go."""

_INSIDE = {
    Topic.PRIVSEP: re.compile(rf"{_NAMES[Topic.PRIVSEP].pattern}|(?:IMSG|PRIV)_\w+|imsg"),
    Topic.PROTOCOL: re.compile(
        r"(?i:\w*(?:msg|pkt|packet|datagram|cksum|checksum|stratum|refid|leap|lease|opcode)\w*|xid)|"
        r"(?:NTP|LI|MODE|DHO|DHCP|BOOTP|ICMP|IPPROTO)_[A-Z0-9_]+"
    ),
}  # fmt: skip
"""What the changed lines of a function that is named after a topic must speak of: else the change only happens to
stand there (`if (daemon() == -1)` in the function that dispatches messages)."""

_SEPARATED = ("privsep", "imsg")
_PAGES = re.compile(r"\.[1-9]$|README|\.conf(?:\.\w+)?$")


def look(changeset: Changeset, files: Iterable[FileSides], placer: Placer) -> Watched:
    """The changeset with its evidence; `files` are its files."""
    found: list[Evidence] = []
    every = tuple(files)
    for topic, words in _LOG.items():
        found += _some(topic, Where.LOG, (match[0] for match in words.finditer(_log(changeset.message))))
    pages = [one for one in every if _PAGES.search(name(one.path))]
    found += _some(Topic.DOCUMENTATION, Where.FILE, (str(one.path) for one in pages))
    told = tuple(one for one in found if one.topic is Topic.DOCUMENTATION)
    if pages and len(pages) == len(every):  # whatever a page speaks of, it is a page
        return Watched(changeset, (), told, pages=True)
    found += _some(Topic.PRIVSEP, Where.FILE, (one.path for one in every if name(one.path).startswith(_SEPARATED)))
    made = _code([one for one in every if one.path.endswith(C_FILES)], placer)
    if made.changed:  # that a grammar or an example was changed is no documentation, where its code was
        found = [one for one in found if one.topic is not Topic.DOCUMENTATION or one.where is Where.FILE]
    for topic, pattern in _NAMES.items():
        if topic in _INSIDE:
            named = [pair for pair in made.functions.items() if pattern.fullmatch(pair[0])]
            own = [one for one, said in named if _speaks(_INSIDE[topic], one, said)]
            found += _some(topic, Where.FUNCTION, own)
        shown = {one for one in made.names if pattern.fullmatch(one) and one not in made.functions}
        if topic is not Topic.PROTOCOL:
            found += _some(topic, Where.CODE, sorted(shown))
    return Watched(changeset, tuple(made.functions)[:_FUNCTIONS], tuple(found))


def _speaks(pattern: re.Pattern[str], function: str, said: Iterable[str]) -> bool:
    """Whether changed lines speak of what their function is named after; so does its own head."""
    return any(one == function or pattern.fullmatch(one) for one in said)


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


@dataclass(frozen=True, slots=True)
class _Code:
    """What a changeset does to code: the functions that it touches, in order, each with the names in its changed lines;
    the names that there are more or fewer of than before; whether anything but comments and white space changed."""

    functions: dict[str, set[str]]
    names: frozenset[str]
    changed: bool


def _code(files: Iterable[FileSides], placer: Placer) -> _Code:
    functions: dict[str, set[str]] = {}
    names: Counter[str] = Counter()
    changed = False
    for one in files:
        before, after = one.before or b"", one.after or b""
        old, new = placer.pieces(before), placer.pieces(after)
        for hunk in placer.hunks(before, after):
            added, removed = new.lines.raw[hunk.b0 : hunk.b1], old.lines.raw[hunk.a0 : hunk.a1]
            if _bare(added) == _bare(removed):
                continue
            changed = True
            piece = new.at(hunk.b0) if hunk.b0 < hunk.b1 else old.at(hunk.a0)
            come, gone = ({word.decode("latin-1") for word in names_in(lines)} for lines in (added, removed))
            if piece is not None and " " not in piece.name:
                functions.setdefault(piece.name, set()).update(come | gone)
            names.update(come - gone)
            names.subtract(gone - come)  # what only moves comes to nothing
    return _Code(functions, frozenset(word for word, number in names.items() if number), changed)


def _bare(raw: Iterable[bytes]) -> bytes:
    return b"".join(b"".join(code(line).split()) for line in raw)
