"""`portkit audit`: what upstream's code needs that the target lacks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import click

from portkit.audit.run import Audit
from portkit.audit.steps import StepCheck, stepped
from portkit.cli.pages import own_templates
from portkit.cli.reporting import FORMATS, Made, write
from portkit.cli.screen import Screen
from portkit.cli.wiring import Options, Workspace, workspace
from portkit.components.model import Component
from portkit.report.audit import audit_object, blocks, lead
from portkit.report.audit_page import audit_page, html, markdown
from portkit.sync.plan import Plan
from portkit.sync.run import Request


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
    """Checks upstream's sources on the target's own headers, as a compiler for the target sees them, and says what they
    need and the target lacks: where, since which changeset, and what is known to stand in.

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
        if each:
            found = replace(found, steps=_steps(place, chosen, commit, until))
        told = audit_object(found)
        files = [path for path, _ in write(place, _made(place, found, formats))] if formats else []
        place.screen.result({**told, "files": [str(path) for path in files]} if formats else told)
        _tell(place.screen, found)
        for path in files:
            place.screen.say(f"written: {path.relative_to(place.root)}")
        return 0


def _steps(place: Workspace, component: Component, onto: str, until: str) -> tuple[StepCheck, ...]:
    """The type check of each changeset that a sync would land, one on the other, whatever the map makes of it."""
    plans: dict[str, Plan] = {}
    place.sync(lambda one, plan: plans.update({one.name: plan}), binding=False).run(
        Request((component.name,), onto, until, dry_run=True)
    )
    plan = plans[component.name]
    if not plan.branch:
        return ()

    def told(number: int, count: int) -> None:
        place.screen.progress(f"{component.name}: type-checking, {number} of {count}")

    return stepped(plan, place.step_checker(component, onto, plan.under), told)


def _made(place: Workspace, found: Audit, formats: Sequence[str]) -> Made:
    view = audit_page(found)
    contents = {
        "html": lambda: html(view, own_templates(place)),
        "md": lambda: markdown(view),
        "json": lambda: (json.dumps(audit_object(found), indent=1) + "\n").encode("ascii"),
    }
    name = f"audit-{found.component}"
    return Made(view.day, tuple((f"{name}.{one}", contents[one]()) for one in FORMATS if one in formats))


def _tell(screen: Screen, found: Audit) -> None:
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
