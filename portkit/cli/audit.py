"""`portkit audit`: what upstream's code needs that the target lacks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import click

from portkit.audit.run import Audit
from portkit.audit.steps import StepCheck, stepped
from portkit.cli.options import Options
from portkit.cli.pages import own_templates
from portkit.cli.reporting import FORMATS, Made, write, write_index
from portkit.cli.screen import Screen
from portkit.cli.sync import looked_at
from portkit.cli.wiring import Workspace, workspace
from portkit.cli.written import pages_of
from portkit.components.model import Component, Mode
from portkit.report.audit import audit_object, blocks, first_line, lead
from portkit.report.audit_answers import answers, commands
from portkit.report.audit_page import audit_page, html, markdown
from portkit.sync.outcome import ComponentOutcome
from portkit.sync.plan import Plan
from portkit.sync.request import Request

_TERM = 16
"""Columns that the names of the answers take."""


@click.command("audit")
@click.argument("component")
@click.option("--onto", metavar="REV", help="The target commit to look at (default: the map's branch).")
@click.option("--until", default="", metavar="REV-or-DATE", help="Look at upstream no further than this.")
@click.option("--entry", "entries", multiple=True, metavar="NAME",
              help="A function in which the unprivileged side begins; may be repeated.")
@click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS), help="Write it under reports/, too.")
@click.option("--each", is_flag=True, help="Type-check each changeset that a sync would land.")
@click.pass_obj
def command(
    options: Options,
    component: str,
    onto: str | None,
    until: str,
    entries: tuple[str, ...],
    formats: tuple[str, ...],
    each: bool,
) -> int:
    """Answers four questions: what upstream gives, what of it fits, what the target lacks for it, and what must go
    through a monitor. Then tells each thing that was found.

    Tries what a sync would do, and writes nothing. Checks upstream's sources on the target's own headers, as a compiler
    for the target sees them, and says what they need and the target lacks: where, since which changeset, and what is
    known to stand in.

    Follows the calls of the target's unprivileged side to those that cannot work in a chroot without privileges, and
    says by which message upstream's monitor does them; and tells of each message who sends it, how large it is on the
    target, and whether the receiver looks at its length.

    Nothing is built or run. libclang is used where it is installed (pip install 'portkit[audit]'), else the clang on
    PATH. With -v every place is told, and every warning.
    """
    with workspace(options) as place:
        target = place.target()
        commit = target.resolve(onto) if onto else target.default_tip()
        chosen = place.map.component(component)
        found = place.auditor(chosen, commit).run(until, entries)
        outcome, plan = _tried(place, chosen, commit, until, each=each)
        found = replace(found, outcome=outcome, steps=_steps(place, chosen, commit, plan) if plan is not None else ())
        told = audit_object(found)
        files = [path for path, _ in write(place, _made(place, found, formats))] if formats else []
        if files:
            write_index(place)
        place.screen.result({**told, "files": [str(path) for path in files]} if formats else told)
        _tell(place.screen, found)
        for path in files:
            place.screen.say(f"written: {path.relative_to(place.root)}")
        return 0


def _tried(
    place: Workspace, component: Component, onto: str, until: str, *, each: bool
) -> tuple[ComponentOutcome, Plan | None]:
    """What a sync would do, of what is watched from the beginning on where the map does not say; and, for `each`, its
    plan, whatever the map makes of the type check."""
    since = "1970-01-01" if component.mode is Mode.WATCH and not component.watch.since else ""
    request = Request((component.name,), onto, until, dry_run=True, since=since)
    place.screen.progress(f"{component.name}: trying what a sync would do")
    if not each:
        return next(one for one in looked_at(place, request) if one.name == component.name), None
    plans: dict[str, Plan] = {}
    place.sync(lambda one, plan: plans.update({one.name: plan}), binding=False).run(request)
    return plans[component.name].outcome, plans[component.name]


def _steps(place: Workspace, component: Component, onto: str, plan: Plan) -> tuple[StepCheck, ...]:
    """The type check of each changeset that a sync would land, one on the other."""
    if not plan.branch:
        return ()

    def told(number: int, count: int) -> None:
        place.screen.progress(f"{component.name}: type-checking, {number} of {count}")

    return stepped(plan, place.step_checker(component, onto, plan.under), told)


def _made(place: Workspace, found: Audit, formats: Sequence[str]) -> Made:
    view = audit_page(found, [one for one in pages_of(place, found.component) if "/audit-" not in one.address])
    contents = {
        "html": lambda: html(view, own_templates(place)),
        "md": lambda: markdown(view),
        "json": lambda: (json.dumps(audit_object(found), indent=1) + "\n").encode("ascii"),
    }
    name = f"audit-{found.component}"
    return Made(view.day, tuple((f"{name}.{one}", contents[one]()) for one in FORMATS if one in formats))


def _tell(screen: Screen, found: Audit) -> None:
    screen.paragraph(first_line(found), first="", indent="  ")
    screen.say()
    for answer in answers(found):
        screen.paragraph(answer.text, first=f"{answer.term}:".ljust(_TERM), indent=" " * _TERM)
    screen.say()
    told = commands(found)
    width = max(len(one.text) for one in told)
    for one in told:
        term = "Next:" if one is told[0] else ""
        screen.paragraph(f"{one.text.ljust(width)}  # {one.why}", first=term.ljust(_TERM), indent=" " * (_TERM + 2))
    screen.say()
    for text in lead(found):
        screen.paragraph(text, first="", indent="  ")
    for block in blocks(found, every=screen.verbose):
        screen.say()
        screen.say(block.title)
        if block.note:
            screen.paragraph(block.note)
        for item in block.items:
            screen.paragraph(item.text, first="  ", indent="      ")
            for more in item.more:
                screen.paragraph(more, first="      ", indent="        ")
