"""The type check of what a sync brings, as the reports and `sync --check` tell it. It decides nothing that lands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from portkit.cli.screen import Screen
from portkit.cli.wiring import Workspace
from portkit.components.model import CheckPolicy
from portkit.errors import UserError, WorldError
from portkit.report.type_check import summary, told
from portkit.sync.outcome import ComponentOutcome, State, TypeCheckRun
from portkit.sync.plan import Plan


def type_checked(
    place: Workspace, outcomes: Sequence[ComponentOutcome], plans: Mapping[str, Plan]
) -> tuple[ComponentOutcome, ...]:
    """`outcomes` with what the type check says of them; `plans`: what each was made from, by component. Where there is
    no compiler, or no header to check on, that is said in its place. What a port lands of a changeset is checked like
    any other: most of it compiles, and where it does not, the rest of that changeset waits on the worksheet."""
    return tuple(_one(place, outcome, plans.get(outcome.name)) for outcome in outcomes)


def _one(place: Workspace, outcome: ComponentOutcome, plan: Plan | None) -> ComponentOutcome:
    component = place.map.component(outcome.name)
    if plan is None or component.check is CheckPolicy.NONE:
        return outcome
    if not (plan.branch or plan.draft):
        return outcome
    from portkit.audit.steps import StepChecker, annotated  # a sync starts without

    def make() -> StepChecker:
        return place.step_checker(component, plan.outcome.onto, plan.under)

    def progress(number: int, count: int) -> None:
        place.screen.progress(f"{outcome.name}: type-checking, {number} of {count}")

    place.screen.progress(f"{outcome.name}: type-checking")
    try:
        return annotated(plan, outcome, make, progress)
    except UserError:
        why = "the target has no headers to check on (include/, sys/)"
    except WorldError as error:
        why = f"{error.what}; {error.hint}" if error.hint else error.what
    return replace(outcome, type_check=TypeCheckRun(why=why))


def tell_type_check(screen: Screen, outcome: ComponentOutcome) -> None:
    """What the type check says of one component, at 80 columns: in a sentence, then of each changeset that changes what
    the compiler says."""
    if outcome.type_check is None:
        return
    by = f"; by {outcome.type_check.compiler}" if outcome.type_check.compiler else ""
    screen.paragraph(f"type check: {summary(outcome)}{by}")
    for one in outcome.changesets:
        if one.check is None or one.check.quiet or one.state is State.ALREADY:
            continue
        style = "conflict" if one.check.new or one.check.failed else ""
        screen.say(f"  {'type check':<14} {one.changeset.id[:10]} {one.changeset.subject}"[:80], style=style)
        for text in told(one.check):
            screen.paragraph(text, first=" " * 17, indent=" " * 19)
