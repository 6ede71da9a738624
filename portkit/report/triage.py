"""Everything that waits, each with its card: what `conflicts --json` prints, and the triage report before it has a
format."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from portkit.report.card_wording import KINDS
from portkit.report.contract import SCHEMA, conflict_object, iso
from portkit.report.links import Links
from portkit.report.waiting import Waiting, waiting
from portkit.sync.outcome import ChangesetOutcome, ComponentOutcome
from portkit.triage.card import Card, Cause, CauseKind, Proof, Suggestion
from portkit.triage.order import Order, OrderStep

Object = dict[str, Any]

_NONE: Mapping[str, Card] = {}
_NOTHING: Mapping[str, Order] = {}

_MONTH, _YEAR = 31, 366
_AGES = ("this month", "this year", "older")


@dataclass(frozen=True, slots=True)
class Command:
    """A command to be copied, and what it does."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Place:
    """One conflict with its card. `number`: counted over the whole report; `age`: days from upstream's commit to the
    report; `next`: what resolves it, `other`: what else can be done."""

    number: int
    waits: Waiting
    card: Card | None
    age: int
    next: tuple[Command, ...]
    other: tuple[Command, ...]

    @property
    def causes(self) -> tuple[Cause, ...]:
        return self.card.causes if self.card is not None else ()

    @property
    def cause_kinds(self) -> tuple[str, ...]:
        """The kinds of its causes, in words, each once."""
        return tuple(dict.fromkeys(KINDS[one.kind] for one in self.causes)) or ("unknown",)

    @property
    def proof(self) -> str:
        """What is proved of it: confirmed where a cause is."""
        confirmed = any(one.proof is Proof.CONFIRMED for one in self.causes)
        return str(Proof.CONFIRMED if confirmed else Proof.UNTESTED)

    @property
    def age_word(self) -> str:
        """How old upstream's change is, in one of three words."""
        return _AGES[0] if self.age <= _MONTH else _AGES[1] if self.age <= _YEAR else _AGES[2]


@dataclass(frozen=True, slots=True)
class TriageRoot:
    """A changeset that does not fit, and its places; `number` counts over the whole report."""

    number: int
    outcome: ChangesetOutcome
    places: tuple[Place, ...]

    @property
    def blocks(self) -> tuple[ChangesetOutcome, ...]:
        return self.places[0].waits.blocks


@dataclass(frozen=True, slots=True)
class TriageComponent:
    """One component: what of it does not fit, and what to do first (None where nothing waits)."""

    outcome: ComponentOutcome
    order: Order | None
    roots: tuple[TriageRoot, ...]

    @property
    def steps(self) -> tuple[OrderStep, ...]:
        """Those steps of the order that are worth reading: the ones that were tried, and the last."""
        every = [step for step in self.order.steps if step.frees] if self.order is not None else []
        return (*(one for one in every[:-1] if one.tried), *every[-1:])

    def number_of(self, changeset: str) -> int:
        """The number of a root, 0 for what is none."""
        return next((one.number for one in self.roots if one.outcome.changeset.id == changeset), 0)


@dataclass(frozen=True, slots=True)
class Triage:
    """The triage report of the day `as_of` (YYYY-MM-DD). Components with nothing that waits are left out."""

    as_of: str
    components: tuple[TriageComponent, ...]
    links: Links
    looked_at: tuple[str, ...]

    @property
    def roots(self) -> tuple[TriageRoot, ...]:
        return tuple(root for component in self.components for root in component.roots)

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(place for root in self.roots for place in root.places)

    @property
    def blocked(self) -> int:
        return sum(component.outcome.counts()["blocked"] for component in self.components)

    @property
    def proved(self) -> int:
        """In how many places a cause is confirmed."""
        return sum(place.proof == Proof.CONFIRMED for place in self.places)

    @property
    def drift(self) -> int:
        return sum(any(one.kind is CauseKind.DRIFT for one in place.causes) for place in self.places)

    @property
    def refuted(self) -> int:
        return sum(len(place.card.refuted) for place in self.places if place.card is not None)


def triage(
    outcomes: Sequence[ComponentOutcome],
    cards: Mapping[str, Card],
    orders: Mapping[str, Order],
    *,
    as_of: str,
    links: Links | None = None,
    scope: Sequence[str] = (),
    patched: Sequence[Waiting] = (),
) -> Triage:
    """The report of `outcomes` for the day `as_of` (YYYY-MM-DD). `scope`: the options with which the run was asked for,
    which its commands need too (`--onto`, `--until`); `patched`: the local patches that no longer fit."""
    today = date.fromisoformat(as_of)
    components = []
    number = places = 0
    for outcome in outcomes:
        roots = []
        own = [*waiting([outcome]), *(one for one in patched if one.component == outcome.name)]
        for _, group in groupby(own, lambda one: (one.changeset.id, one.patch)):
            several = list(group)
            number += 1
            age = max(0, (today - date.fromisoformat(iso(several[0].changeset.date)[:10])).days)
            made = []
            for one in several:
                places += 1
                card = card_of(cards, one)
                made.append(Place(places, one, card, age, _next(one, card, scope), _other(one, card, scope)))
            roots.append(TriageRoot(number, several[0].outcome, tuple(made)))
        if roots:
            components.append(TriageComponent(outcome, orders.get(outcome.name), tuple(roots)))
    looked_at = tuple(outcome.name for outcome in outcomes if outcome.changesets)
    return Triage(as_of, tuple(components), links or Links(), looked_at)


def _next(one: Waiting, card: Card | None, scope: Sequence[str]) -> tuple[Command, ...]:
    if one.patch:
        return tuple(
            Command(command, suggestion.text)
            for suggestion in (card.suggestions if card is not None else ())
            for command in suggestion.commands
        )
    more = "".join(f" {word}" for word in map(shlex.quote, scope))
    found = [
        Command(command + (more if command.startswith("portkit sync") else ""), suggestion.text)
        for suggestion in (card.suggestions if card is not None else ())
        for command in suggestion.commands
    ]
    if one.conflict is not None:
        found.append(Command(f"portkit resolve {one.id}{more}", "opens it in your editor, the three sides marked"))
    elif not found:
        found += [
            Command(f"portkit decide reopen {cause.ref[:12]} --reason 'why'", f"takes {cause.ref[:10]} after all")
            for cause in (card.causes if card is not None else ())
            if cause.kind is CauseKind.MISSING_CHANGESET
        ]
    return tuple(found)


def _other(one: Waiting, card: Card | None, scope: Sequence[str]) -> tuple[Command, ...]:
    words = [word.replace("--until", "--as-far-as") for word in scope]
    more = "".join(f" {word}" for word in map(shlex.quote, words))
    plain = "".join(f" {word}" for word in map(shlex.quote, scope))
    if one.patch:
        name = shlex.quote(one.component)
        return (
            Command(f"portkit patches refresh {name} --remainder{plain}", "what is nobody's goes into remainder.patch"),
            Command(f"portkit patches list {shlex.quote(one.file.target)}", "tells which patches own the file"),
        )
    skip = "leaves it out for good"
    found = []
    if one.conflict is not None:  # else nothing in it clashes
        found = [
            Command(f"portkit resolve {one.id} --ours{plain}", "keeps the target's side here"),
            Command(f"portkit resolve {one.id} --theirs{plain}", "takes upstream's side here"),
        ]
    found += [
        Command(f"portkit decide skip {one.id} --reason 'why'{more}", skip),
        Command(f"portkit decide defer {one.id} --until 2030-01-31 --reason 'why'{more}", "puts it off until a day"),
    ]
    for cause in card.causes if card is not None else ():
        if cause.kind is CauseKind.LOCAL_COMMIT:
            file = shlex.quote(cause.file)
            found.append(Command(f"git show {cause.ref[:12]} -- {file}", "in the target: the local change, whole"))
    return tuple(found)


# JSON.


def triage_object(view: Triage) -> Object:
    """The report as data: the object of `conflicts --json`, and its day."""
    conflicts = [conflict_object(one.waits) | card_object(one.card) for one in view.places]
    orders = [order_object(one.outcome.name, one.order) for one in view.components if one.order is not None]
    return {
        "schema": SCHEMA, "command": "report", "kind": "triage", "as_of": view.as_of, "conflicts": conflicts,
        "order": orders,
    }  # fmt: skip


def conflicts_object(
    outcomes: Sequence[ComponentOutcome],
    cards: Mapping[str, Card] = _NONE,
    orders: Mapping[str, Order] = _NOTHING,
    patched: Sequence[Waiting] = (),
) -> Object:
    """The conflicts that changesets have of their own, what waits for each, why, and what may be done; by component,
    what to do first. Then the local patches that no longer fit.

    A changeset that is only blocked has none: what stands in its way goes when its root does.
    """
    conflicts = [conflict_object(one) | card_object(card_of(cards, one)) for one in (*waiting(outcomes), *patched)]
    order = [order_object(name, one) for name, one in orders.items()]
    return {"schema": SCHEMA, "command": "conflicts", "conflicts": conflicts, "order": order}


def order_object(component: str, order: Order) -> Object:
    """How many changesets fit before the first that does not (`last`: the last of them), and the smallest sets of
    parked changesets that free the most. `tried`: by a replay with upstream's side taken in `roots`."""
    steps = [{"roots": list(one.roots), "frees": list(one.frees), "tried": one.tried} for one in order.steps]
    return {"component": component, "prefix": order.prefix, "last": order.last or None, "steps": steps}


def card_of(cards: Mapping[str, Card], one: Waiting) -> Card | None:
    """The card of what waits: its conflict's or, where it names no place, its changeset's."""
    return cards.get(one.id) or cards.get(one.changeset.id)


def card_object(card: Card | None) -> Object:
    """What a card adds to its conflict. `trials`: how many sets of `suspects` were tried; `everything`: whether the
    confirmed causes are all there was to suspect, so that being fewest says nothing."""
    if card is None:
        return {"causes": [], "refuted": [], "suspects": 0, "trials": 0, "everything": False, "suggestions": []}
    return {
        "causes": [cause_object(one) for one in card.causes],
        "refuted": [cause_object(one) for one in card.refuted],
        "suspects": card.suspects,
        "trials": card.trials,
        "everything": card.everything,
        "suggestions": [_suggestion(one) for one in card.suggestions],
    }


def cause_object(one: Cause) -> Object:
    """One cause, with all that is needed to take it back, or to take it: `hunks` are [first line, how many] of the file
    before and after the commit, or, with `against`, of upstream's file and the one the commit brought in."""
    return {
        "kind": one.kind,
        "ref": one.ref,
        "why": one.why,
        "proof": one.proof,
        "subject": one.subject,
        "author": one.author,
        "date": iso(one.date) if one.date else None,
        "file": one.file,
        "hunks": [{"old": list(span.old), "new": list(span.new)} for span in one.hunks],
        "together": list(one.together),
        "whole": one.whole,
        "in_order": one.in_order,
        "against": one.against or None,
        "change": one.change,
    }


def _suggestion(one: Suggestion) -> Object:
    return {
        "kind": one.kind,
        "text": one.text,
        "commands": list(one.commands),
        "diff": one.diff,
        "verdict": one.verdict,
    }


def filters(view: Triage) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What the page can be narrowed down to: each name with its values, in the order in which they come."""
    groups = {
        "component": [place.waits.component for place in view.places],
        "kind": [str(place.waits.kind) for place in view.places],
        "cause": [kind for place in view.places for kind in place.cause_kinds],
        "proof": [place.proof for place in view.places],
        "age": [place.age_word for place in view.places],
    }
    for name, values in groups.items():
        every = tuple(dict.fromkeys(values))
        if name == "age":
            every = tuple(one for one in _AGES if one in every)
        yield name, every


def tags(place: Place) -> dict[str, tuple[str, ...]]:
    """What a place is in each of the groups of `filters`."""
    return {
        "component": (place.waits.component,),
        "kind": (str(place.waits.kind),),
        "cause": place.cause_kinds,
        "proof": (place.proof,),
        "age": (place.age_word,),
    }
