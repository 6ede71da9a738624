"""The triage of a workspace: a sync that writes nothing, and a card for every conflict that it finds."""

from __future__ import annotations

from dataclasses import replace

from portkit.cli.wiring import Workspace
from portkit.components.model import Component
from portkit.sync.component import Plan
from portkit.sync.outcome import ComponentOutcome
from portkit.sync.run import Request
from portkit.triage.card import Card
from portkit.triage.explain import Explainer


def triaged(place: Workspace, request: Request) -> tuple[tuple[ComponentOutcome, ...], dict[str, Card]]:
    """The outcomes of `request`, run dry, and the cards of its conflicts by their ids."""
    cards: dict[str, Card] = {}

    def look(component: Component, plan: Plan) -> None:
        if plan.ground is not None and component.name in request.components:
            history = place.history(place.map.source(component.upstream))
            explainer = Explainer(
                component, plan.ground, history, place.target(), place.memory(), progress=place.screen.progress
            )
            cards.update((card.id, card) for card in explainer.cards())

    outcomes = place.sync(look).run(replace(request, dry_run=True)).outcomes
    return outcomes, cards
