"""From layers to a series: one patch per local commit, or per group of commits with one subject; what history does not
explain goes into one remainder at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portkit.change.changeset import Person
from portkit.merge.file import Version
from portkit.patches.applying import Files
from portkit.patches.headers import NO_COMMIT, Headers, file_name, written
from portkit.patches.series import REMAINDER as REMAINDER_FILE
from portkit.patches.series import SERIES, Patch, Series, read_patch
from portkit.patches.weave import BEGINNING, REMAINDER, Layers
from portkit.patches.writing import tree_diff
from portkit.paths import RepoPath
from portkit.protocols import TargetCommit

NOBODY = Person("portkit", "portkit@localhost")
"""Who stands as the author where nobody is known: git am takes no mail without one."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The commits that one patch comes from, oldest first."""

    commits: tuple[TargetCommit, ...]

    @property
    def subject(self) -> str:
        return subject_of(self.commits[0])


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
) -> Extracted:
    """The series that `files` come to. Its patches, pushed on the baselines, give the files as they stand, byte for
    byte. `ports`: the commits that carry upstream's changesets; what is left of one is what it changed beside them, and
    its patch says so."""
    groups = _grouped(files, commits)
    taken: set[str] = {SERIES, REMAINDER_FILE}
    patches: list[Patch] = []
    origins: list[Origin | None] = []
    number_of = {number: place for place, group in enumerate(groups) for number in group}
    before = _tree(files, BEGINNING)
    placed = {path: _renumbered(one, number_of) for path, one in files.items()}
    left = 0
    for place, group in enumerate(groups):
        after = _tree(placed, place)
        origin = Origin(tuple(commits[number] for number in group))
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


def _grouped(files: Mapping[RepoPath, Layers], commits: Sequence[TargetCommit]) -> list[list[int]]:
    """The numbers of the commits that change anything, in their order; those with one subject and author together."""
    groups: dict[tuple[str, str], list[int]] = {}
    for number in sorted({number for one in files.values() for number in one.numbers()} - {REMAINDER}):
        commit = commits[number]
        groups.setdefault((subject_of(commit), commit.author.email), []).append(number)
    return list(groups.values())


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
    else:
        commit = origin.commits[0]
        name = _free(file_name(origin.subject), taken)
        ids = ", ".join(f"commit:{one.id}" for one in origin.commits)
        headers = Headers((("Origin", f"vendor, {ids}"),), origin.subject, _body(origin.commits, ports))
        known = commit.id if len(commit.id) == len(NO_COMMIT) else NO_COMMIT
        head = written(headers, commit=known, person=commit.author, date=commit.authored)
    return read_patch(name, with_diff(head, diff), name)


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


def _free(name: str, taken: set[str]) -> str:
    """`name`, or with -2, -3 ... before its ending where that is taken."""
    stem, count, free = name.removesuffix(".patch"), 1, name
    while free in taken:
        count += 1
        free = f"{stem}-{count}.patch"
    taken.add(free)
    return free
