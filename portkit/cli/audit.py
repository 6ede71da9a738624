"""`portkit audit`: what upstream's code needs that the target lacks."""

from __future__ import annotations

import click

from portkit.audit.run import Audit
from portkit.cli.screen import Screen
from portkit.cli.wiring import Options, workspace
from portkit.report.audit import audit_object, blocks, lead


@click.command("audit")
@click.argument("component")
@click.option("--onto", metavar="REV", help="The target commit to look at (default: the map's branch).")
@click.option("--until", default="", metavar="REV-or-DATE", help="Look at upstream no further than this.")
@click.option("--entry", "entries", multiple=True, metavar="NAME",
              help="A function in which the unprivileged side begins; may be repeated.")
@click.pass_obj
def command(options: Options, component: str, onto: str | None, until: str, entries: tuple[str, ...]) -> int:
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
        place.screen.result(audit_object(found))
        _tell(place.screen, found)
        return 0


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
