"""What a weekly report says, before it has a format: frozen values, sorted by what a reader asks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from portkit.change.changeset import Changeset
from portkit.report.lag import Lag
from portkit.report.links import Links
from portkit.report.waiting import Delta, Waiting
from portkit.sync.outcome import (
    ChangesetOutcome,
    ComponentOutcome,
    FileBaseline,
    FileState,
    Notice,
    landed_in_part,
)

_NO_NAME = re.compile(r"[^0-9A-Za-z]")


def by_hand(outcome: ChangesetOutcome) -> bool:
    """Whether a person resolved something in a changeset."""
    return any(file.resolutions for file in outcome.files)


def in_part(outcome: ChangesetOutcome) -> str:
    """Which files of a parked changeset the branch has; "" for none, and where its worksheet tells it by hunks."""
    landed = [file.target for file in outcome.files if file.state is FileState.PORTED]
    return landed_in_part(landed) if outcome.partial and landed else ""


@dataclass(frozen=True, slots=True)
class Root:
    """A parked changeset with conflicts of its own; `number` counts them within the component, from 1."""

    number: int
    outcome: ChangesetOutcome
    waits: tuple[Waiting, ...]
    blocks: tuple[ChangesetOutcome, ...]


@dataclass(frozen=True, slots=True)
class Blocked:
    """Changesets that wait for the same roots, which are named by their numbers."""

    roots: tuple[Root, ...]
    outcomes: tuple[ChangesetOutcome, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A changeset whose log has words that ask for attention: which, and what became of it."""

    component: str
    changeset: Changeset
    words: tuple[str, ...]
    state: str
    commit: str = ""
    new: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A commit on the branch that a release branch may want: why, and how many commits before it on the branch, no
    candidates, change one of its files (it may not apply without them)."""

    outcome: ChangesetOutcome
    words: tuple[str, ...]
    after: int


@dataclass(frozen=True, slots=True)
class Command:
    """A command to be typed next, and what for."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Page:
    """Another page of the workspace's reports: its address from where this one lies, and what it is."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class PatchLine:
    """One local patch: its name, its state in a word (holds, moved, superseded, ...), and what to know of it."""

    name: str
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PatchHealth:
    """How a component's local patches are: in a sentence, the patches worth naming, and the command that tells more."""

    component: str
    summary: str
    patches: tuple[PatchLine, ...] = ()
    command: str = ""


@dataclass(frozen=True, slots=True)
class Week:
    """A component in one report, as numbers: what the pictures over time are drawn from. Lags in days."""

    as_of: str
    component: str
    landed: int
    waits: int
    blocked: int
    lag_median: int
    lag_oldest: int


@dataclass(frozen=True, slots=True)
class ComponentView:
    """One component, sorted by what a reader asks. `sheet`: of a port, the changesets of which something is left for a
    hand; what, the worksheet tells; `pages`: what else is written of the component."""

    outcome: ComponentOutcome
    landed: tuple[ChangesetOutcome, ...]
    already: tuple[ChangesetOutcome, ...]
    roots: tuple[Root, ...]
    blocked: tuple[Blocked, ...]
    aside: tuple[ChangesetOutcome, ...]
    disagreements: tuple[FileBaseline, ...]
    unmapped: tuple[Notice, ...]
    standing: tuple[Notice, ...]
    notes: tuple[Notice, ...]
    jumped: tuple[Notice, ...]
    lag: Lag
    parked_lag: Lag
    candidates: tuple[Candidate, ...] = ()
    sheet: tuple[ChangesetOutcome, ...] = ()
    review: tuple[Command, ...] = ()
    cover: str = ""
    pages: tuple[Page, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        return self.outcome.counts()

    @property
    def parked(self) -> int:
        """How many changesets wait for a person."""
        return len(self.roots) + len(self.sheet)

    @property
    def places(self) -> int:
        """In how many places they wait: for a port, those of the worksheet."""
        sheet = self.outcome.worksheet
        return sum(len(root.waits) for root in self.roots) + (len(sheet.open_ids()) if sheet is not None else 0)

    @property
    def audit(self) -> str:
        """The command that answers what this report does not, where no page has its answers."""
        audited = any("/audit-" in one.address for one in self.pages)
        return "" if audited else f"portkit audit {shlex.quote(self.outcome.name)} --format html"

    @property
    def blocked_count(self) -> int:
        return sum(len(group.outcomes) for group in self.blocked)

    @property
    def written(self) -> bool:
        """Whether a branch was written that has something on it."""
        return bool(self.landed) and self.outcome.tip not in ("", self.outcome.onto)


@dataclass(frozen=True, slots=True)
class Ended:
    """A conflict of the report before that is closed: as that report told it, and what became of its changeset."""

    id: str
    component: str
    place: str
    subject: str
    how: str
    opened: str = ""


@dataclass(frozen=True, slots=True)
class Weekly:
    """A weekly report, before it has a format. `since`: the day of the report before, "" where there is none;
    `fresh`: what became something else since then, as (component, changeset id); `opened`: for each conflict's id the
    day of the first report that had it; `weeks`: this report and those before it, oldest first; `trouble`: what could
    not be looked at, and what the report is without; `causes`: of conflicts, by their ids, where a triage named
    them."""

    as_of: str
    since: str
    components: tuple[ComponentView, ...]
    links: Links
    delta: Delta
    fresh: frozenset[tuple[str, str]]
    fresh_unmapped: int
    fresh_watched: int
    next: tuple[Command, ...]
    security: tuple[Spoken, ...] = ()
    opened: Mapping[str, str] = field(default_factory=dict)
    ended: tuple[Ended, ...] = ()
    weeks: tuple[Week, ...] = ()
    patches: tuple[PatchHealth, ...] = ()
    trouble: tuple[str, ...] = ()
    causes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def nothing_new(self) -> bool:
        """Whether this report tells nothing that the one before did not."""
        fresh = self.fresh or self.fresh_unmapped or self.fresh_watched
        return not (fresh or self.delta.new or self.delta.closed or self.trouble)

    @property
    def landed(self) -> int:
        return sum(len(component.landed) for component in self.components)

    @property
    def resolved(self) -> int:
        """How many of what landed did so as a person resolved it."""
        return sum(by_hand(one) for component in self.components for one in component.landed)

    @property
    def landed_new(self) -> int:
        """How many landed since the report before."""
        return sum(
            (component.outcome.name, one.changeset.id) in self.fresh
            for component in self.components
            for one in component.landed
        )

    @property
    def parked(self) -> int:
        return sum(component.parked for component in self.components)

    @property
    def places(self) -> int:
        return sum(component.places for component in self.components)

    @property
    def sheeted(self) -> int:
        """How many of those that wait are on the worksheet of a port: work to be done, and not in anybody's way."""
        return sum(len(component.sheet) for component in self.components)

    @property
    def stuck_places(self) -> int:
        """In how many places the others do not fit."""
        return sum(len(root.waits) for component in self.components for root in component.roots)

    @property
    def blocked(self) -> int:
        return sum(component.blocked_count for component in self.components)

    def is_new(self, id: str) -> bool:
        """Whether the conflict `id` was not in the report before. False where there is no such report."""
        return bool(self.since) and id in self.delta.new

    def is_fresh(self, component: str, changeset: str) -> bool:
        """Whether the changeset stood otherwise in the report before. False where there is no such report."""
        return bool(self.since) and (component, changeset) in self.fresh

    @property
    def all_written(self) -> bool:
        """Whether all that landed stands on a branch."""
        return all(component.written for component in self.components if component.landed)

    def anchor(self, component: str, changeset: str) -> str:
        """The name of the place on the page where a component's changeset is told: the same in every report."""
        number = next((at for at, one in enumerate(self.components, 1) if one.outcome.name == component), 0)
        return f"c{number}-{_NO_NAME.sub('-', changeset)}"
