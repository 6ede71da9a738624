"""Ident lines: the RCS keywords that version control expands inside a file.

`$OpenBSD: dhclient.c,v 1.118 2008/05/09 05:19:14 reyk Exp $` names file, revision, date and author of the copy
(co(1), KEYWORD SUBSTITUTION; OpenBSD adds its own name as a keyword). A downstream that copies the file keeps
it, so that the line says what the copy was made from. It may be path-qualified (`src/sbin/...,v`), unexpanded
(`$OpenBSD$`), or only prose that looks alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_KNOWN = (
    "OpenBSD", "DragonFly", "FreeBSD", "NetBSD", "Mdocdate", "Id", "Header", "RCSfile", "Revision", "Source", "Author",
    "Date", "State", "Locker",
)  # fmt: skip


@lru_cache(maxsize=16)
def keywords(more: tuple[str, ...] = ()) -> re.Pattern[bytes]:
    """What a keyword looks like, expanded or not: the known ones and `more`. `$Log$` is none of the known ones: its
    expansion adds lines."""
    names = "|".join(map(re.escape, (*_KNOWN, *more))).encode("ascii")
    return re.compile(rb"\$(?:%s)(?::[^$\n]{0,400})?\$" % names)


KEYWORDS = keywords()
"""A known keyword, expanded or not."""

_IDENT = re.compile(
    rb"\$(?P<keyword>[A-Z][A-Za-z]+): (?P<path>[^\s$,]+),v (?P<revision>\d{1,9}(?:\.\d{1,9}){1,20})"
    rb" (?P<date>\d{4}[/-]\d\d[/-]\d\d \d\d:\d\d:\d\d)(?P<zone>Z?) (?P<author>[^\s$]+) (?P<state>[A-Za-z]+) \$"
)


@dataclass(frozen=True, slots=True)
class Ident:
    """One expanded ident: `path` as written (it may hold folders, and Attic/); `start`, `end`: its bytes'
    place in the content, the dollars included; `line` counts from 0."""

    keyword: str
    path: str
    revision: str
    date: str
    author: str
    state: str
    start: int
    end: int
    line: int


def idents(content: bytes, keyword: str) -> tuple[Ident, ...]:
    """The expanded `$keyword: ...$` idents in `content`, in order."""
    needle = b"$" + keyword.encode() + b":"
    if needle not in content:
        return ()
    found = []
    line = seen = 0
    for match in _IDENT.finditer(content):
        if match["keyword"] != needle[1:-1]:
            continue
        line += content.count(b"\n", seen, match.start())
        seen = match.start()
        found.append(Ident(
            keyword, match["path"].decode("latin-1"), match["revision"].decode(), match["date"].decode(),
            match["author"].decode("latin-1"), match["state"].decode(), match.start(), match.end(), line,
        ))  # fmt: skip
    return tuple(found)


def recorded(content: bytes, keyword: str, file_name: str) -> Ident | None:
    """The ident that says what `content` was copied from: the first one that names `file_name`, else the only one
    near the top (a file may be copied under another name). None where there is none."""
    found = idents(content, keyword)
    for ident in found:
        if ident.path.rpartition("/")[2] == file_name:
            return ident
    return found[0] if len(found) == 1 and found[0].line < 30 else None


def revision_key(revision: str) -> tuple[int, ...]:
    """What revisions of one branch are ordered by: 1.9 before 1.10."""
    return tuple(int(part) for part in revision.split("."))


def on_trunk(revision: str) -> bool:
    """Whether `revision` stands on the trunk (two numbers); 1.433.2.2 stands on a branch."""
    return revision.count(".") == 1


def after(revision: str) -> str:
    """The revision CVS gives next on the same branch: 1.118 gives 1.119."""
    head, _, last = revision.rpartition(".")
    return f"{head}.{int(last) + 1}"


def advances(old: Ident, new: Ident) -> bool:
    """Whether `new` is a later revision than `old`, both on the trunk."""
    return on_trunk(old.revision) and on_trunk(new.revision) and revision_key(new.revision) > revision_key(old.revision)


@dataclass(frozen=True, slots=True)
class Style:
    """How the target writes its ident lines, as learned from its last bumps.

    `prefix` stands before the file's path in the tree, None for the bare file name; `upstream`: in upstream's tree, not
    the target's; `tabs` says for a comment opener
    (`/*`, `.\\"`, `#`) whether a tab stands beside the keyword, others stay as they stand; `drop`: keywords of the
    target's own whose companion line goes at a bump.
    """

    prefix: str | None = None
    tabs: tuple[tuple[bytes, bool], ...] = ()
    drop: tuple[str, ...] = ()
    upstream: bool = False


def spacing(content: bytes, at: Ident) -> tuple[bytes, bool | None]:
    """What opens the comment an ident stands in, and whether a tab (True) or blanks (False) stand between; None where
    nothing or something else does."""
    before = content[content.rfind(b"\n", 0, at.start) + 1 : at.start]
    opener = before.rstrip(b" \t")
    space = before[len(opener) :]
    return opener, True if space == b"\t" else False if space.strip(b" ") == b"" and space else None


def bumped(content: bytes, old: Ident, new: Ident, path: str, style: Style | None, *, since: str = "") -> bytes:
    """`content` with its ident `old` naming the revision of `new`, the rest of the line as it stands.

    Without a style the path stays as the target writes it; with one, white space, companion lines and path follow it:
    `path` is the one in the tree that the style names. The content is returned unchanged where `new` is no later than
    the revision `since` (default: that of `old`) which the target had, or where either stands on a branch.
    """
    since = since or old.revision
    if not (on_trunk(since) and on_trunk(old.revision) and on_trunk(new.revision)):
        return content
    if revision_key(new.revision) <= revision_key(since):
        return content
    named = old.path
    if style is not None:
        named = old.path.rpartition("/")[2] if style.prefix is None else style.prefix + path
    text = f"${old.keyword}: {named},v {new.revision} {new.date} {new.author} {new.state} $".encode("latin-1")
    head, tail = content[: old.start], content[old.end :]
    opener, _ = spacing(content, old)
    tab = dict(style.tabs).get(opener) if style is not None else None
    if tab is not None:
        space = b"\t" if tab else b" "
        head = head.rstrip(b" \t") + space
        closing = re.match(rb"[ \t]+(?=\*/)", tail)
        if closing:
            tail = space + tail[closing.end() :]
    changed = head + text + tail
    for keyword in style.drop if style is not None else ():
        changed = _without_companion(changed, keyword, old.line)
    return changed


def _without_companion(content: bytes, keyword: str, near: int) -> bytes:
    """`content` without the line of the other tree's ident, where it stands right beside line `near` and holds
    nothing else."""
    lines = content.split(b"\n")
    alone = re.compile(rb'^[^\w$]*\$' + keyword.encode() + rb"(?::[^$]*)?\$[^\w$]*$")
    for index in (near + 1, near - 1):
        if 0 <= index < len(lines) and alone.match(lines[index]):
            del lines[index]
            return b"\n".join(lines)
    return content
