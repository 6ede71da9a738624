"""Keywords as CVS fills them in on checkout: the text of a revision as people, and git mirrors, see it.

co(1), KEYWORD SUBSTITUTION, and cvs(1): a keyword counts whether it was expanded before or not; its old value ends at
the next `$` of the same line, which may begin another keyword. OpenBSD's cvs adds `Mdocdate`, and each project a
keyword of its own name, which stands for `Id` (CVSROOT/config: LocalKeyword, KeywordExpand; older: tag, tagexpand).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

STANDARD = (
    "Author", "Date", "Header", "Id", "Locker", "Log", "Name", "RCSfile", "Revision", "Source", "State", "CVSHeader",
    "Mdocdate",
)  # fmt: skip
"""Those that need no configuration (CVSHeader and Mdocdate stand in no text that does not mean them)."""

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_ESCAPES = str.maketrans({"\t": "\\t", "\n": "\\n", " ": "\\040", "$": "\\044", "\\": "\\\\"})


@dataclass(frozen=True, slots=True)
class Keywords:
    """Which keywords are filled in; `local` stands for another one, by name."""

    expanded: frozenset[str] = frozenset(STANDARD)
    local: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the keywords of one revision say. `path`: of the ,v file in its repository, `root` what stands before it
    where it is named in full; `date` in seconds since 1970; `log` for `Log` alone; `name` the tag that was asked for,
    "" for none."""

    path: str
    revision: str
    date: int
    author: str
    state: str
    log: bytes = b""
    locker: str = ""
    name: str = ""
    root: str = ""


@lru_cache(maxsize=16)
def _pattern(names: frozenset[str]) -> re.Pattern[bytes]:
    return re.compile(rb"\$(%b)(?::[^$\n]*+)?(?=\$)" % b"|".join(one.encode() for one in sorted(names)))


def for_title(title: str) -> Keywords:
    """What an upstream of this name fills in where no configuration says it."""
    local = ((title, "Id"),) if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", title) and title not in STANDARD else ()
    return Keywords(frozenset((*STANDARD, *(name for name, _ in local))), local)


def configured(text: str, title: str) -> Keywords:
    """What CVSROOT/config (or CVSROOT/options) says; where it says nothing of keywords, as for `for_title`."""
    base = for_title(title)
    local, expanded = dict(base.local), set(base.expanded)
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if not equals:
            continue
        match key.strip():
            case "LocalKeyword" | "tag":
                name, _, meaning = value.strip().partition("=")
                if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", name):
                    local[name] = meaning if meaning in STANDARD else "Id"
                    expanded.add(name)
            case "KeywordExpand" | "tagexpand":
                names = {one.strip() for one in value.strip()[1:].split(",")}
                if value.strip()[:1] == "i":
                    expanded = names
                elif value.strip()[:1] == "e":
                    expanded -= names
    known = frozenset(expanded & {*STANDARD, *local})
    return Keywords(known, tuple(sorted((name, meaning) for name, meaning in local.items() if name in known)))


def expand(text: bytes, mode: str, facts: Facts, keywords: Keywords) -> bytes:
    """`text`, as it is stored, with its keywords filled in after `mode` ("" is kv; kvl, k, v; o and b leave it)."""
    if mode in ("o", "b") or b"$" not in text or not keywords.expanded:
        return text
    pattern = _pattern(keywords.expanded)
    if pattern.search(text) is None:
        return text
    local = dict(keywords.local)
    done: list[bytes] = []
    at = 0
    for match in pattern.finditer(text):
        name = match[1].decode("ascii")
        meaning = local.get(name, name)
        value = _value(meaning, facts, locker=mode == "kvl").encode("utf-8", "surrogateescape")
        if match.start() < at:  # the $ that ended the last one is gone with it
            continue
        done.append(text[at : match.start()])
        done.append(value if mode == "v" else b"$" + match[1] if mode == "k" else b"$%b: %b " % (match[1], value))
        at = match.end() + (mode == "v")
        if meaning == "Log" and not facts.log.startswith(b"checked in with -k by "):
            leader = text[text.rfind(b"\n", 0, match.start()) + 1 : match.start()]
            done.append((b"" if mode == "v" else b"$") + _history(leader, facts))
            at = match.end() + 1
    done.append(text[at:])
    return b"".join(done)


def _value(meaning: str, facts: Facts, *, locker: bool) -> str:
    match meaning:
        case "Author":
            return facts.author
        case "Date":
            return _date(facts.date)
        case "Mdocdate":
            day = datetime.fromtimestamp(facts.date, UTC)
            return f"{_MONTHS[day.month - 1]} {day.day} {day.year}"
        case "Locker":
            return facts.locker if locker else ""
        case "Log" | "RCSfile":
            return _escaped(facts.path.rpartition("/")[2])
        case "Name":
            return facts.name
        case "Revision":
            return facts.revision
        case "Source":
            return _escaped(f"{facts.root}{facts.path}")
        case "State":
            return facts.state
    path = facts.path.rpartition("/")[2]
    if meaning in ("Header", "CVSHeader"):
        path = f"{facts.root if meaning == 'Header' else ''}{facts.path}"
    held = f" {facts.locker}" if locker and facts.locker else ""
    return f"{_escaped(path)} {facts.revision} {_date(facts.date)} {facts.author} {facts.state}{held}"


def _history(leader: bytes, facts: Facts) -> bytes:
    """What follows `$Log$`: the revision and its log, each line behind what stands before the keyword."""
    bare = leader.rstrip(b" ")
    head = f"Revision {facts.revision}  {_date(facts.date)}  {facts.author}".encode("utf-8", "surrogateescape")
    lines: Iterable[bytes] = facts.log.split(b"\n")[: -1 if facts.log.endswith(b"\n") else None]
    told = [leader + head, *(leader + line if line else bare for line in lines)]
    return b"\n" + b"\n".join(told) + b"\n" + bare


def _date(seconds: int) -> str:
    day, rest = divmod(seconds, 86400)
    return f"{_day(day)} {rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    """The day `number`, counted from 1970-01-01."""
    return f"{datetime.fromtimestamp(number * 86400, UTC):%Y/%m/%d}"


def _escaped(path: str) -> str:
    return path.translate(_ESCAPES)
