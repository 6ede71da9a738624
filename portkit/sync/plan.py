"""What a run is asked for and what it would do: the values between the modes, the branch writer and the reports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portkit.change.changeset import Changeset, FileChange
from portkit.sync.outcome import ComponentOutcome, State

if TYPE_CHECKING:  # what a plan may hold is not needed where it holds none
    from portkit.decisions.resolution import Resolutions
    from portkit.merge.file import Version
    from portkit.paths import RepoPath
    from portkit.protocols import Tree
    from portkit.sync.adapt import Adaptation
    from portkit.sync.baseline import BaselineFinder
    from portkit.sync.lineage import Lineage
    from portkit.sync.message import Part
    from portkit.sync.pending import Picker
    from portkit.sync.replay import Replayed
    from portkit.sync.vendor import VendorLine

Counted = tuple[Changeset, tuple[FileChange, ...]]
"""A changeset, and those of its files that are pending."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run is asked to look at. `until`: a position past which nothing is looked at; `ids`: only these
    changesets, whatever the baselines say; `as_of`: the day (YYYY-MM-DD) that counts as today, "" for that of the
    newest changeset looked at; `partial`: whether the clean files of what is parked land; `since`: the day or revision
    from which on what is watched is told, "" for what the map says."""

    until: Callable[[Sequence[Changeset]], int]
    ids: tuple[str, ...] = ()
    as_of: str = ""
    partial: bool = False
    since: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One commit to be written: the changeset it carries and the files it sets (None: deleted). `also`: the ids of
    further changesets in it; `notes`: further trailers, as key and value; `merges`: the state of the plan's
    vendor line that it merges; `partial`: it carries only `revisions`, and
    of further files the hunks that `parts` names."""

    changeset: Changeset
    revisions: tuple[tuple[str, str], ...]
    writes: Mapping[RepoPath, Version | None]
    state: State
    subject: str = ""
    also: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    partial: bool = False
    merges: int | None = None
    own: Adaptation | None = None
    """What it is instead, where it is the target's own: then `changeset` is the import that it follows."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a plan was made from, for those who ask why: every changeset with its merges, the target's tree before
    them, the life of upstream's files, who reads a changeset's files, and who finds what a file derives from. `again`
    replays the same with some changesets taken as if they were resolved with upstream's side; `resolutions` are those
    that were applied."""

    replayed: tuple[Replayed, ...]
    tree: Tree
    lineage: Lineage
    picker: Picker
    finder: BaselineFinder
    again: Callable[[Collection[str]], Iterable[Replayed]]
    resolutions: Resolutions


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do for one component: the outcome (no commits in it yet), and the commits of the branch and
    of the draft, in order. `draft` is empty where nothing is parked. `results`: the replay itself, with the
    contents; `ground` what it was made from, None where nothing was replayed; `under`: what the branches that it needs
    would write before it, where they are not written (a dry run); `vendor`: what the vendor branch is to hold;
    `on_branch`: whether the draft's commits go on top of the branch's, instead of holding all that those do."""

    outcome: ComponentOutcome
    branch: tuple[Step, ...]
    draft: tuple[Step, ...]
    results: tuple[Replayed, ...] = ()
    ground: Ground | None = None
    under: Mapping[RepoPath, Version | None] = field(default_factory=dict)
    vendor: VendorLine | None = None
    on_branch: bool = False
