"""What a weekly report says, before it has a format: frozen values, sorted by what a reader asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portkit.report.links import Links
from portkit.report.waiting import Delta, Waiting
from portkit.sync.outcome import ChangesetOutcome, ComponentOutcome, FileBaseline, Notice


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
class ComponentView:
    """One component, sorted by what a reader asks."""

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

    @property
    def counts(self) -> Mapping[str, int]:
        return self.outcome.counts()

    @property
    def parked(self) -> int:
        """How many changesets wait for a person."""
        return len(self.roots)

    @property
    def places(self) -> int:
        return sum(len(root.waits) for root in self.roots)

    @property
    def blocked_count(self) -> int:
        return sum(len(group.outcomes) for group in self.blocked)

    @property
    def written(self) -> bool:
        """Whether a branch was written that has something on it."""
        return bool(self.landed) and self.outcome.tip not in ("", self.outcome.onto)


@dataclass(frozen=True, slots=True)
class Command:
    """A command to be typed next, and what for."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Weekly:
    """A weekly report, before it has a format. `since`: the day of the report before, "" where there is none;
    `fresh`: what became something else since then, as (component, changeset id)."""

    as_of: str
    since: str
    components: tuple[ComponentView, ...]
    links: Links
    delta: Delta
    fresh: frozenset[tuple[str, str]]
    fresh_unmapped: int
    fresh_watched: int
    next: tuple[Command, ...]

    @property
    def nothing_new(self) -> bool:
        """Whether this report tells nothing that the one before did not."""
        return not (self.fresh or self.fresh_unmapped or self.fresh_watched or self.delta.new or self.delta.closed)

    @property
    def landed(self) -> int:
        return sum(len(component.landed) for component in self.components)

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
    def blocked(self) -> int:
        return sum(component.blocked_count for component in self.components)

    def is_new(self, id: str) -> bool:
        """Whether the conflict `id` was not in the report before. False where there is no such report."""
        return bool(self.since) and id in self.delta.new

    def is_fresh(self, component: str, changeset: str) -> bool:
        """Whether the changeset stood otherwise in the report before. False where there is no such report."""
        return bool(self.since) and (component, changeset) in self.fresh
