"""The vendor branch of an import, as DragonFly's development(7) asks: upstream's files alone and unchanged, on a branch
that shares no commit with the target's, and merged from there.

It holds one commit for the import, and one for each changeset that landed after it without a gap; so it only ever
grows, and what is merged from it is upstream's as far as the target's branch has it. Its commits have no trailers: the
ledger reads the branch that they are merged into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from portkit.change.changeset import Changeset, Person
from portkit.components.model import Component
from portkit.merge.file import Version
from portkit.paths import RepoPath, parent
from portkit.protocols import NewCommit, NewFile, Signature, TargetCommit, Tree
from portkit.sync.adapt import Adaptation
from portkit.sync.message import tidy
from portkit.sync.outcome import State
from portkit.sync.replay import Replayed

README = "README.DRAGONFLY"
DELETED = "README.DELETED"

_SETTLED = (State.PORTED, State.ALREADY, State.SKIPPED, State.NOT_APPLICABLE)

Files = Mapping[RepoPath, Version]


@dataclass(frozen=True, slots=True)
class VendorState:
    """Upstream's files, at their places in the target, after a changeset."""

    changeset: Changeset
    files: Files


@dataclass(frozen=True, slots=True)
class VendorLine:
    """What the vendor branch `branch` is to hold, oldest first. `known`: whether files are upstream's as they stood at
    some time: a branch that holds such may be gone on with."""

    branch: str
    states: tuple[VendorState, ...]
    known: Callable[[Files], bool]


class Repository(Protocol):
    """What of the target's repository is asked."""

    def tip(self, branch: str) -> str: ...

    def commit_info(self, sha: str) -> TargetCommit: ...

    def tree(self, commit: str, folders: Sequence[str]) -> Tree: ...

    def store(self, parent: str, commits: Sequence[NewCommit]) -> list[str]: ...


def vendor_line(
    component: Component, start: VendorState, results: Iterable[Replayed], known: Callable[[Files], bool],
    left_out: Callable[[RepoPath], str],
) -> VendorLine:  # fmt: skip
    """The line from `start` on, as far as `results`, what came after it, landed without a gap. What is `left_out` is
    trimmed before it comes in (development(7))."""
    states = [start]
    for one in results:
        if one.state not in _SETTLED:
            break
        files = dict(states[-1].files)
        for pick in one.picked.files:
            theirs = pick.whole or pick.theirs
            if theirs is None:
                files.pop(pick.target, None)
            elif not left_out(pick.target):
                files[pick.target] = theirs
        states.append(VendorState(one.picked.changeset, files))
    return VendorLine(component.vendor, tuple(states), known)


def stored(
    repository: Repository, line: VendorLine, author: Person | None, committer: Person
) -> tuple[str, ...]:
    """The commit of each state; those that the branch has already are found by their files, the others are stored on
    top of it. Empty where the branch holds something else. `author` None: upstream's person; the dates of both are
    those of the changesets."""
    states = line.states
    commits = [""] * len(states)
    tip = repository.tip(line.branch)
    bound = _found(repository, tip, states, commits) if tip else -1
    files: Files = _held(repository.tree(tip, [""])) if tip else {}
    if tip and bound < 0 and not line.known(files):
        return ()
    parent_of, last = tip, tip
    waiting: list[int] = []
    new: list[NewCommit] = []
    for number in range(bound + 1, len(states)):
        state = states[number]
        writes = {path: version for path, version in state.files.items() if files.get(path) != version}
        gone = [path for path in files if path not in state.files]
        waiting.append(len(new) if writes or gone else len(new) - 1)
        if writes or gone:
            date = state.changeset.date
            changed: dict[RepoPath, NewFile | None] = {
                path: NewFile(version.content, version.mode) for path, version in writes.items()
            }
            by = author or state.changeset.author
            new.append(NewCommit(
                tidy(state.changeset.message).encode("utf-8", "replace") + b"\n", Signature(by, date),
                Signature(committer, date), changed | dict.fromkeys(gone),
            ))  # fmt: skip
        files = state.files
    made = repository.store(parent_of, new) if new else []
    for number, at in zip(range(bound + 1, len(states)), waiting, strict=True):
        commits[number] = made[at] if at >= 0 else last
    for number in range(len(states) - 1, -1, -1):  # a state between two that were merged before is in the later one
        commits[number] = commits[number] or commits[min(number + 1, len(states) - 1)]
    return tuple(commits)


def _found(repository: Repository, tip: str, states: Sequence[VendorState], commits: list[str]) -> int:
    """Fills in the commits of the states that the branch has; the index of the one at its tip, -1 for none."""
    commit, bound, at_tip = tip, len(states), -1
    while commit and bound > 0:
        held = _held(repository.tree(commit, [""]))
        found = next((number for number in range(bound - 1, -1, -1) if states[number].files == held), -1)
        if commit == tip:
            at_tip = found
            if found < 0:
                return -1
        if found >= 0:
            commits[found] = commit
            bound = found
        parents = repository.commit_info(commit).parents
        commit = parents[0] if parents else ""
    return at_tip


def _held(tree: Tree) -> Files:
    return {path: Version(tree.read(blob.oid), blob.mode) for path, blob in tree.entries.items()}


def merging(line: VendorLine, name: str) -> Adaptation:
    """The commit that merges the vendor branch once more; its files are those that the changesets before it made."""
    last = line.states[-1].changeset
    day = datetime.fromtimestamp(last.date, UTC).date().isoformat()
    body = f"The changes themselves are the commits before this one; {line.branch} holds upstream's files unchanged."
    return Adaptation("vendor", f"{name} - Merge {line.branch} as of {day}.", body, None, {})


def readme(
    component: Component, title: str, imported: Files, left: Iterable[RepoPath], there: Mapping[RepoPath, object]
) -> Adaptation | None:
    """README.DRAGONFLY, and README.DELETED where files of upstream's are left out (`left`), in each folder that the
    import brings files to. None where all of these are `there` already."""
    folders: dict[str, list[RepoPath]] = {}
    for path in sorted(imported):
        folders.setdefault(parent(path), []).append(path)
    tops = [one for one in folders if not any(one.startswith(f"{other}/") for other in folders)]
    deleted = sorted(left)
    writes: dict[RepoPath, Version | None] = {}
    for top in tops:
        inside = [path for path in sorted(imported) if parent(path) == top or path.startswith(f"{top}/")]
        path = RepoPath(f"{top}/{README}" if top else README)
        if path not in there:
            writes[path] = Version(_readme(component, title, top, inside), 0o100644)
        names = [_below(one, top) for one in deleted if not top or one.startswith(f"{top}/")]
        path = RepoPath(f"{top}/{DELETED}" if top else DELETED)
        if names and path not in there:
            writes[path] = Version("".join(f"{one}\n" for one in names).encode("utf-8", "surrogateescape"), 0o100644)
    if not writes:
        return None
    named = sorted({one.rpartition("/")[2] for one in writes}, reverse=True)
    return Adaptation("vendor", f"{component.subject or component.name} - Add {' and '.join(named)}.", "", None, writes)


def _readme(component: Component, title: str, top: str, inside: Sequence[RepoPath]) -> bytes:
    heading = f"{component.subject or component.name}, from {title}"
    lines = [heading, "=" * len(heading), ""]
    lines += [f"The files below are {title}'s; upstream, each stands at the path beside it."]
    lines += [f"{component.vendor} holds them unchanged; git log tells which version it is.", ""]
    width = max(len(_below(one, top)) for one in inside)
    lines += [f"    {_below(one, top):<{width}}  {component.upstream_of(one)}" for one in inside]
    if component.exclude:
        lines += ["", "Not taken:", *(f"    {one}" for one in component.exclude)]
    lines += ["", "Local changes are commits of their own, after the merge."]
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


def _below(path: str, top: str) -> str:
    return path.removeprefix(f"{top}/") if top else path
