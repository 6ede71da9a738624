"""From layers to a series: one patch per local commit, or per group of commits with one subject. Ident lines, which
every port touches and which change nothing, are one patch for all; what was left out of a changeset of upstream's is
one patch each; what history does not explain goes into one remainder at the end."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from portkit.change.changeset import Person
from portkit.change.ident import KEYWORDS
from portkit.merge.file import Version
from portkit.patches.applying import Files
from portkit.patches.entries import SERIES
from portkit.patches.headers import LEFT_OUT_OF, NO_COMMIT, Headers, file_name, written
from portkit.patches.leftout import LEFT_OUT, LeftOut
from portkit.patches.series import REMAINDER as REMAINDER_FILE
from portkit.patches.series import Patch, Series, read_patch
from portkit.patches.weave import BEGINNING, NEVER, REMAINDER, Layers
from portkit.patches.writing import tree_diff
from portkit.paths import RepoPath
from portkit.protocols import TargetCommit

NOBODY = Person("portkit", "portkit@localhost")
"""Who stands as the author where nobody is known: git am takes no mail without one."""


IDENTS = LEFT_OUT - 1
"""The number that stands for all commits, where they put and take ident lines."""

IDENT_FILE = "ident-lines.patch"

_PAGE_DATE = re.compile(rb"\.Dd[ \t]|.*\$Mdocdate")
_SUBJECT = 64
_LOG_LINES = 60


@dataclass(frozen=True, slots=True)
class Origin:
    """What one patch comes from: `commits`, oldest first; or what the target lacks of a changeset of upstream's.
    `idents`: only their ident lines."""

    commits: tuple[TargetCommit, ...] = ()
    idents: bool = False
    left_out: LeftOut | None = None


@dataclass(frozen=True, slots=True)
class Extracted:
    """A series and where its patches come from (None: the remainder). `changed` and `left` count the lines between
    baseline and tree, and those of them that are left to the remainder."""

    series: Series
    origins: tuple[Origin | None, ...]
    changed: int
    left: int

    @property
    def share(self) -> float:
        """Which part of the changed lines the remainder holds, 0 to 1."""
        return self.left / self.changed if self.changed else 0.0


def subject_of(commit: TargetCommit) -> str:
    """The first line of its message that has text."""
    return next((line.strip() for line in commit.message.splitlines() if line.strip()), commit.id[:12])


def extract(
    component: str,
    files: Mapping[RepoPath, Layers],
    commits: Sequence[TargetCommit],
    ports: Mapping[str, Sequence[str]] | None = None,
    left_out: Mapping[int, LeftOut] | None = None,
) -> Extracted:
    """The series that `files` come to. Its patches, pushed on the baselines, give the files as they stand, byte for
    byte. `ports`: the commits that carry upstream's changesets; what is left of one is what it changed beside them, and
    its patch says so. `left_out`: what the numbers of the layers that are no commit's stand for."""
    ported = {number for number, commit in enumerate(commits) if commit.id in (ports or {})}
    about = {path: _ident_lines(one, ported) for path, one in files.items()}
    idents = sorted({number for path, one in files.items() for number in _writers(one, about[path])})
    files = {path: _idents_apart(one, about[path]) for path, one in files.items()}
    groups = _grouped(files, commits, [commits[number] for number in idents], left_out or {})
    taken: set[str] = {SERIES, REMAINDER_FILE, IDENT_FILE}
    patches: list[Patch] = []
    origins: list[Origin | None] = []
    number_of = {number: place for place, (numbers, _) in enumerate(groups) for number in numbers}
    before = _tree(files, BEGINNING)
    placed = {path: _renumbered(one, number_of) for path, one in files.items()}
    left = 0
    for place, (_, origin) in enumerate(groups):
        after = _tree(placed, place)
        patch = _patch(component, origin, before, after, taken, ports or {})
        if patch is not None:
            patches.append(patch)
            origins.append(origin)
        before = after
    rest = _patch(component, None, before, _tree(files, REMAINDER), taken, {})
    if rest is not None:
        left = rest.changed_lines
        patches.append(rest)
        origins.append(None)
    raw = "".join(f"{patch.name}\n" for patch in patches).encode("ascii")
    whole = tree_diff(_tree(files, BEGINNING), _tree(files, REMAINDER))
    changed = read_patch("", whole, "").changed_lines if whole else 0
    return Extracted(Series(tuple(patches), raw), tuple(origins), changed, left)


def _ident_lines(one: Layers, ported: Collection[int]) -> frozenset[bytes]:
    """The lines of a file that are idents; and the date of a page, where a port set it: upstream's is a keyword, too.
    (A date that a commit of the target's own set goes with what that changed.) None of a file that is all the
    target's own."""
    if one.made != BEGINNING:
        return frozenset()
    found = {line.text for line in one.lines if b"$" in line.text and KEYWORDS.search(line.text)}
    dates = {line.text for line in one.lines if _PAGE_DATE.match(line.text)}
    by_port = any(line.on in ported and line.off == NEVER and line.text in dates for line in one.lines)
    return frozenset(found | dates if by_port else found - dates)


def _writers(one: Layers, about: Collection[bytes]) -> set[int]:
    """Who put those ident lines that are there now and are not the baseline's."""
    return {line.on for line in one.lines if line.text in about and line.off == NEVER and BEGINNING < line.on < IDENTS}


def _idents_apart(one: Layers, about: Collection[bytes]) -> Layers:
    """The layers with their ident lines put and taken by IDENTS alone."""

    def apart(number: int) -> int:
        return number if number in (BEGINNING, NEVER) else IDENTS

    lines = (
        replace(line, on=apart(line.on), off=apart(line.off)) if line.text in about else line for line in one.lines
    )
    return replace(one, lines=tuple(line for line in lines if line.on < line.off))


def _grouped(
    files: Mapping[RepoPath, Layers],
    commits: Sequence[TargetCommit],
    idents: Sequence[TargetCommit],
    left_out: Mapping[int, LeftOut],
) -> list[tuple[list[int], Origin]]:
    """The numbers that change anything, in their order; those of commits with one subject and author together."""
    groups: dict[tuple[str, str], list[int]] = {}
    result: list[tuple[list[int], Origin]] = []
    numbers = {number for one in files.values() for number in one.numbers()} - {REMAINDER}
    for number in sorted(number for number in numbers if number < IDENTS):
        commit = commits[number]
        groups.setdefault((subject_of(commit), commit.author.email), []).append(number)
    result += [(group, Origin(tuple(commits[number] for number in group))) for group in groups.values()]
    if IDENTS in numbers:
        result.append(([IDENTS], Origin(tuple(idents), idents=True)))
    result += [([number], Origin(left_out=left_out[number])) for number in sorted(numbers) if number >= LEFT_OUT]
    return result


def _renumbered(one: Layers, number_of: Mapping[int, int]) -> Layers:
    return one.renumbered(lambda number: number_of.get(number, number))


def _tree(files: Mapping[RepoPath, Layers], number: int) -> Files:
    found: dict[RepoPath, Version] = {}
    for path, one in files.items():
        version = one.at(number)
        if version is not None:
            found[path] = version
    return found


def _patch(
    component: str,
    origin: Origin | None,
    before: Files,
    after: Files,
    taken: set[str],
    ports: Mapping[str, Sequence[str]],
) -> Patch | None:
    diff = tree_diff(before, after)
    if not diff:
        return None
    if origin is None:
        name, head = REMAINDER_FILE, remainder_head(component)
    elif origin.left_out is not None:
        name = free_name(left_out_name(origin.left_out), taken)
        head = left_out_head(component, origin.left_out)
    elif origin.idents:
        name, head = IDENT_FILE, _ident_head(component, origin.commits, ports)
    else:
        commit = origin.commits[0]
        subject = subject_of(commit)
        name = free_name(file_name(subject), taken)
        headers = Headers((("Origin", _vendor(origin.commits)),), subject, _body(origin.commits, ports))
        known = commit.id if len(commit.id) == len(NO_COMMIT) else NO_COMMIT
        head = written(headers, commit=known, person=commit.author, date=commit.authored)
    return read_patch(name, with_diff(head, diff), name)


def _vendor(commits: Sequence[TargetCommit]) -> str:
    return ", ".join(["vendor", *(f"commit:{one.id}" for one in commits)])


def _ident_head(component: str, commits: Sequence[TargetCommit], ports: Mapping[str, Sequence[str]]) -> bytes:
    what = "Lines that say which of upstream's revisions a file was made from, and dates that ports\nset in pages: "
    lines = [what + ("nothing else. These commits wrote them:" if commits else "nothing else.")]
    lines += [""] if commits else []
    for commit in commits:
        carried = ", ".join(changeset[:12] for changeset in ports.get(commit.id, ()))
        lines.append(f"{commit.id[:12]} {subject_of(commit)}" + (f" (port of {carried})" if carried else ""))
    subject = f"{component} - Ident lines as the target writes them."
    headers = Headers((("Origin", _vendor(commits)),), subject, "\n".join(lines))
    return written(headers, person=NOBODY)


def left_out_name(one: LeftOut) -> str:
    """What the patch of what was left out, or taken ahead, is called."""
    return file_name(f"{'taken ahead' if one.ahead else 'left out of'} {_short(one) or one.changeset[:12]}")


def left_out_head(component: str, one: LeftOut) -> bytes:
    """What such a patch says of itself."""
    day = datetime.fromtimestamp(one.date, UTC).strftime("%Y-%m-%d")
    what = "What the target has already of" if one.ahead else "What the target lacks of"
    lines = [f"{what} upstream's changeset {one.changeset[:12]} of {day} by {one.author}:", ""]
    lines += [f"    {line}".rstrip() for line in one.message.strip("\n").split("\n")[:_LOG_LINES]]
    lines += ["", *one.revisions, ""]
    if one.by:
        lines.append("The target has it by:" if one.ahead else "The target has the rest by:")
        lines += [f"    {commit[:12]} {subject}" for commit, subject in one.by]
    elif one.ahead:
        lines.append("The baseline is not yet past it.")
    else:
        lines.append("The baseline is past it, and no commit of the target is known to carry it.")
    short = _short(one) or one.changeset[:12]
    if one.ahead:
        fields = (("Origin", f"upstream, commit:{one.changeset}"), ("Superseded-By", one.changeset))
        return written(Headers(fields, f"{component} - Taken ahead: {short}", "\n".join(lines)), person=NOBODY)
    fields = (("Origin", "vendor"), (LEFT_OUT_OF, one.changeset))
    return written(Headers(fields, f"{component} - Left out: {short}", "\n".join(lines)), person=NOBODY)


def _short(one: LeftOut) -> str:
    """The beginning of its log, cut at a word."""
    words = " ".join(one.message.strip().partition("\n\n")[0].split())
    return words if len(words) <= _SUBJECT else words[:_SUBJECT].rpartition(" ")[0].rstrip(" ,;:-") + " ..."


def remainder_head(component: str) -> bytes:
    """What the remainder says of itself."""
    body = (
        "Lines that no local commit explains: of the target's own that came with no commit\n"
        "of their own, and upstream's that were left out, or kept when upstream went on."
    )
    headers = Headers((("Origin", "vendor"),), f"{component} - What history does not explain.", body)
    return written(headers, person=NOBODY)


def with_diff(head: bytes, diff: bytes) -> bytes:
    """A mail of a head (`headers.written`) and a diff."""
    return head + b"\n" + diff + b"-- \nportkit\n"


def _body(commits: Sequence[TargetCommit], ports: Mapping[str, Sequence[str]]) -> str:
    """What the messages say below their subjects, each once."""
    texts: list[str] = []
    for commit in commits:
        if commit.id in ports:
            carried = ", ".join(changeset[:12] for changeset in ports[commit.id])
            texts.append(f"What this port of {carried} changed beside upstream's own change:")
        lines = commit.message.strip("\n").split("\n")
        text = "\n".join(line.rstrip() for line in lines[1:]).strip("\n")
        if text and text not in texts:
            texts.append(text)
    return "\n\n".join(texts)


def free_name(name: str, taken: set[str]) -> str:
    """`name`, or with -2, -3 ... before its ending where that is taken."""
    stem, count, free = name.removesuffix(".patch"), 1, name
    while free in taken:
        count += 1
        free = f"{stem}-{count}.patch"
    taken.add(free)
    return free
