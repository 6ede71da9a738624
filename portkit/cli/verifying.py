"""`sync --verify`: the user's own commands, on what a sync brought."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from portkit.check.verify import Verified, verify
from portkit.cli.screen import Screen
from portkit.cli.wiring import Workspace
from portkit.sync.outcome import ComponentOutcome

_KIND = "verified"

Ran = tuple[str, str, tuple[Verified, ...]]
"""A component, the commit that was verified, and what became of its commands."""


def verified(place: Workspace, outcomes: Sequence[ComponentOutcome]) -> tuple[Ran, ...]:
    """Runs the commands (`verify:`) of each component whose branch was written, on the tip of that branch."""
    result = []
    for outcome in outcomes:
        commands = place.map.component(outcome.name).verify
        if commands and outcome.branch and outcome.tip:
            environment = {"PORTKIT_COMPONENT": outcome.name, "PORTKIT_COMMIT": outcome.tip}
            tree = place.target().tree(outcome.tip, [""])
            found = verify(tree, commands, environment, progress=place.screen.progress)
            result.append((outcome.name, outcome.tip, found))
            told = json.dumps([phrase(one) for one in found])
            place.memory().put(_KIND, f"{outcome.name}@{outcome.tip}", told.encode("ascii"))
    return tuple(result)


def ran(place: Workspace, outcomes: Sequence[ComponentOutcome]) -> dict[str, tuple[str, ...]]:
    """By component, what became of the commands on the tip of its branch as it stands now, a phrase each; those that
    were not run on it are not there."""
    found = {}
    for outcome in outcomes:
        known = place.memory().get(_KIND, f"{outcome.name}@{outcome.tip}") if outcome.tip else None
        if known is not None:
            found[outcome.name] = tuple(map(str, json.loads(known)))
    return found


def phrase(one: Verified) -> str:
    """What became of a command, in a few words."""
    state = "passed" if one.passed else "failed" if one.code is None else f"failed with {one.code}"
    return f"{state}: {one.command}"


def tell_verified(screen: Screen, ran: Sequence[Ran]) -> None:
    """What became of the commands; of one that failed, the last lines of what it said."""
    for name, commit, found in ran:
        screen.say()
        screen.say(f"{name}: verified at {commit[:12]}")
        for one in found:
            screen.paragraph(phrase(one), style="ported" if one.passed else "conflict")
            if not one.passed:
                for line in one.said:
                    screen.say(f"    | {line}"[:80])


def verified_object(ran: Sequence[Ran]) -> list[dict[str, Any]]:
    """The same, for JSON."""
    return [
        {
            "component": name, "commit": commit,
            "commands": [{"command": one.command, "code": one.code, "said": list(one.said)} for one in found],
        }
        for name, commit, found in ran
    ]  # fmt: skip
