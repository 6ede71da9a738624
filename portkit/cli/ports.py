"""`portkit ports`: which of the target's commits carry which of upstream's changesets."""

from __future__ import annotations

import click

from portkit.cli.log import cut
from portkit.cli.options import Options
from portkit.cli.wiring import Workspace, workspace
from portkit.ports.model import Found
from portkit.report.contract import iso
from portkit.report.ports import counts, lines, ports_object

_INDENT = " " * 11


@click.command("ports")
@click.argument("component")
@click.option("--since", metavar="REV", help="Only commits that this commit of the target does not have.")
@click.option("--onto", metavar="REV", help="The target commit to look at (default: the map's branch).")
@click.pass_obj
def command(options: Options, component: str, since: str | None, onto: str | None) -> int:
    """Says which of the target's commits carry which of upstream's changesets, ported by hand or by portkit: by
    trailer, by the ident line that they bump, by the lines that they change and by what their messages say.

    Each port is exact, adapted, partial, or ident-only (the ident line was bumped, and no line of the change came with
    it). What an ident line was bumped past, and nobody ported, is listed at the end. With -v the files and their
    hunks stand below each.
    """
    with workspace(options) as place:
        target = place.target()
        commit = target.resolve(onto) if onto else target.default_tip()
        chosen = place.map.component(component)
        lineage = place.sync().component_run(chosen, commit).lineage
        found = place.ports(chosen, lineage, commit)
        if since:
            first = target.resolve(since)
            folders = chosen.target_folders()
            known = {one.commit.id for one in target.changes(commit, folders, since=first)}
            found = Found(
                tuple(one for one in found.ports if one.target_commit in known),
                tuple(one for one in found.jumps if one.commit in known),
            )
        place.screen.result(ports_object(chosen.name, commit, found))
        _tell(place, found)
        return 0


def _tell(place: Workspace, found: Found) -> None:
    screen = place.screen
    for port in reversed(found.ports):
        upstream = " ".join(one[:10] for one in port.changesets[:3])
        more = f" and {len(port.changesets) - 3} more" if len(port.changesets) > 3 else ""
        kind = "reverted" if port.reverted else str(port.kind)
        screen.say(cut(f"{iso(port.date)[:10]} {port.target_commit[:10]} {kind:<10} {upstream}{more}"))
        screen.say(cut(f"{_INDENT}{port.subject}"))
        if screen.verbose:
            screen.say(f"{_INDENT}{port.confidence:.2f} by {', '.join(port.evidence)}")
            for text in lines(port):
                screen.paragraph(text, first=_INDENT, indent=_INDENT + "  ")
    if found.jumps:
        screen.say("bumped past, and not ported:")
        for jump in found.jumps:
            screen.say(cut(f"  {jump.changeset[:10]} {jump.upstream} {jump.revision}, by {jump.commit[:10]}"))
    screen.say(counts(found))
