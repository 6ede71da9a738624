"""The triage of a workspace: a sync that writes nothing, and a card for every conflict that it finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from portkit.check import merging
from portkit.cli.carrying import every_carried
from portkit.cli.local import LocalPatches
from portkit.cli.sync import looked_at
from portkit.cli.type_checks import type_checked
from portkit.cli.wiring import Workspace
from portkit.components.model import Component, Mode
from portkit.errors import UserError
from portkit.patches.series import push
from portkit.paths import RepoPath
from portkit.report.waiting import Waiting
from portkit.store.patches import FOLDER
from portkit.sync.outcome import ComponentOutcome, State
from portkit.sync.plan import Plan
from portkit.sync.request import Request
from portkit.triage.card import Card
from portkit.triage.case import PatchStep
from portkit.triage.explain import Explainer
from portkit.triage.order import Order
from portkit.triage.suggest import of_order


@dataclass(frozen=True, slots=True)
class Triaged:
    """The outcomes of a request, run dry; the cards of their conflicts, by conflict (of a changeset that lacks what
    another would bring, by changeset); by component, what to do first; and the local patches that no longer fit."""

    outcomes: tuple[ComponentOutcome, ...]
    cards: dict[str, Card] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    patched: tuple[Waiting, ...] = ()


def triaged(place: Workspace, request: Request, onto: str | None, *, checking: bool = False) -> Triaged:
    """What waits in a run of `request` that writes nothing, and why; `checking`: with the type check. `onto`: what the
    user said it is to start from; the local patches are carried onto that, or else onto what the last sync made."""
    plans: dict[str, Plan] = {}
    cards: dict[str, Card] = {}
    orders: dict[str, Order] = {}
    tools = merging.found()

    def look(component: Component, plan: Plan) -> None:
        plans[component.name] = plan
        if plan.ground is None or component.name not in request.components:
            return
        explainer = Explainer(
            component, plan.outcome.changesets, plan.ground, place.history(place.map.source(component.upstream)),
            place.target(), place.memory(), tools=tools, progress=place.screen.progress,
            patched=_series(place, component, plan),
            ports={one.target_commit for one in place.ports(component, plan.ground.lineage, plan.outcome.onto).ports},
        )  # fmt: skip
        found = {card.id: card for card in explainer.cards()}
        if found:
            orders[component.name] = order = explainer.order()
            of = {
                id: one.changeset.id
                for one in plan.outcome.changesets
                for id in [one.changeset.id, *(conflict.id for file in one.files for conflict in file.conflicts)]
            }
            for id, card in found.items():
                more = tuple(of_order(card, component.name, of.get(id, ""), order))
                cards[id] = replace(card, suggestions=more + card.suggestions)

    asked = replace(request, dry_run=True)
    if checking:
        outcomes = type_checked(place, place.sync(look).run(asked).outcomes, plans)
    else:
        outcomes = _dry(place, asked, look)
    patched: list[Waiting] = []
    for carried in every_carried(place, request.components, onto, request.until) if not request.changesets else ():
        for one, card in carried.waiting(_parked(outcomes, carried.work.component.name)):
            patched.append(one)
            cards[one.id] = card
    return Triaged(outcomes, cards, orders, tuple(patched))


def _dry(
    place: Workspace, request: Request, look: Callable[[Component, Plan], None]
) -> tuple[ComponentOutcome, ...]:
    """The outcomes of a dry run. Nothing of a port, or of what is only watched, is explained: where nothing changed
    since they were last worked out, their outcomes are taken from there, for a port takes longer than all the rest."""
    modes = {name: place.map.component(name).mode for name in request.components}
    untold = tuple(name for name, mode in modes.items() if mode in (Mode.PORT, Mode.WATCH))
    told = tuple(name for name in request.components if name not in untold)
    found = place.sync(look).run(replace(request, components=told)).outcomes if told else ()
    found += looked_at(place, replace(request, components=untold)) if untold else ()
    order = {one.name: index for index, one in enumerate(place.map.components)}
    return tuple(sorted(found, key=lambda one: order[one.name]))


def _parked(outcomes: Sequence[ComponentOutcome], name: str) -> set[str]:
    """The changesets of a component that did not land, and may yet."""
    states = (State.CONFLICT, State.FLAGGED, State.BLOCKED, State.DEFERRED)
    return {one.changeset.id for outcome in outcomes if outcome.name == name
            for one in outcome.changesets if one.state in states}  # fmt: skip


def _series(place: Workspace, component: Component, plan: Plan) -> dict[RepoPath, list[PatchStep]]:
    """The same as `_patched`; a series that cannot be read stops nothing here."""
    try:
        return _patched(place, component, plan)
    except UserError as error:
        place.screen.note(f"{component.name}: its patches are passed over: {error}")
        return {}


def _patched(place: Workspace, component: Component, plan: Plan) -> dict[RepoPath, list[PatchStep]]:
    """What each patch of the component's series makes of each file; nothing where there is no series."""
    local = LocalPatches.open(place, component.name, plan.outcome.onto)
    contents = local.contents()
    found: dict[RepoPath, list[PatchStep]] = {}
    if not contents:
        return found
    series = local.series(contents)
    baseline, _ = local.stands_on(series)
    for step in push(series, baseline):
        if not step.applies:
            continue
        ref = f"{FOLDER}/{component.name}/{step.patch.name}"
        for path in {one.old for one in step.patch.files} | {one.new for one in step.patch.files}:
            if path is not None:
                found.setdefault(path, []).append(
                    PatchStep(
                        ref, step.patch.headers.subject, step.patch.headers.author, step.before.get(path),
                        step.after.get(path),
                    )
                )  # fmt: skip
    return found
