"""What `conflicts --json` prints: every conflict with its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portkit.report.contract import SCHEMA, conflict_object, iso
from portkit.report.waiting import waiting
from portkit.sync.outcome import ComponentOutcome
from portkit.triage.card import Card, Cause, Suggestion

Object = dict[str, Any]

_NONE: Mapping[str, Card] = {}


def conflicts_object(outcomes: Sequence[ComponentOutcome], cards: Mapping[str, Card] = _NONE) -> Object:
    """The conflicts that changesets have of their own, what waits for each, why, and what may be done.

    A changeset that is only blocked has none: what stands in its way goes when its root does.
    """
    conflicts = [conflict_object(one) | card_object(cards.get(one.id)) for one in waiting(outcomes)]
    return {"schema": SCHEMA, "command": "conflicts", "conflicts": conflicts}


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
    }


def _suggestion(one: Suggestion) -> Object:
    return {
        "kind": one.kind,
        "text": one.text,
        "commands": list(one.commands),
        "diff": one.diff,
        "verdict": one.verdict,
    }
