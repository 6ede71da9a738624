"""A series in the forms in which others take it: a mailbox for `git am`, a folder for quilt, one combined diff."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from portkit.patches.applying import Files
from portkit.patches.entries import SERIES
from portkit.patches.extract import NOBODY
from portkit.patches.headers import NO_COMMIT, Headers, written
from portkit.patches.reading import first_diff_line
from portkit.patches.series import Patch, Series, push
from portkit.patches.writing import tree_diff
from portkit.text import split_lines

_FROM = re.compile(rb">*From ")


class Form(StrEnum):
    """How a series is exported."""

    MBOX = "mbox"
    QUILT = "quilt"
    DIFF = "diff"


def mbox(series: Series, baseline: Files) -> bytes:
    """The series as mails in git's dialect: `git am` on the baseline makes a commit of each. Give it --keep-cr where a
    file has CRLF line ends."""
    out: list[bytes] = []
    steps = push(series, baseline)
    for number, step in enumerate(steps, 1):
        diff = tree_diff(step.before, step.after)
        out.append(_mail(step.patch, diff, f"{number}/{len(steps)}"))
    return b"".join(out)


def _mail(patch: Patch, diff: bytes, number: str) -> bytes:
    headers = patch.headers
    fields = headers.fields
    author = headers.author or NOBODY.name
    if "<" not in author:
        author = f"{author} <{NOBODY.email}>"
    fields = (("From", author), *(field for field in fields if field[0].lower() not in ("from", "author")))
    if not headers.first("Date"):
        fields = (*fields, ("Date", "Thu, 1 Jan 1970 00:00:00 +0000"))
    head = written(
        Headers(fields, headers.subject or patch.name, headers.body), commit=_commit_of(headers), number=number
    )
    lines = [b">" + line if _FROM.match(line) and at else line for at, line in enumerate(split_lines(head))]
    return b"".join(lines) + b"\n" + diff + b"-- \nportkit\n\n"


def _commit_of(headers: Headers) -> str:
    commits = headers.commits
    return commits[0] if commits and len(commits[0]) == len(NO_COMMIT) else NO_COMMIT


def quilt(series: Series, baseline: Files) -> Mapping[str, bytes]:
    """The files of quilt's `patches` folder, by name: each patch as it stands where quilt can read it, else anew."""
    found: dict[str, bytes] = {}
    names: list[str] = []
    for step in push(series, baseline):
        names.append(step.patch.name)
        found[step.patch.name] = _for_quilt(step.patch, tree_diff(step.before, step.after))
    found[SERIES] = "".join(f"{name}\n" for name in names).encode("ascii")
    return found


def _for_quilt(patch: Patch, diff: bytes) -> bytes:
    """GNU patch knows neither git's binary patches nor other paths than a/ and b/; the head stays."""
    lines = split_lines(patch.raw)
    head = b"".join(lines[: first_diff_line(lines)])
    return patch.raw if patch.raw == head + diff + b"-- \nportkit\n" else head + diff


def combined(series: Series, baseline: Files) -> bytes:
    """One diff from the baseline to what the series makes of it."""
    steps = push(series, baseline)
    return tree_diff(baseline, steps[-1].after) if steps else b""


def unapplied(series: Series, baseline: Files) -> list[tuple[str, str]]:
    """The patches that do not apply in their order, each with the reason."""
    return [
        (step.patch.name, next(f"{one.patch.path}: {one.reason}" for one in step.applied if not one.applies))
        for step in push(series, baseline)
        if not step.applies
    ]
