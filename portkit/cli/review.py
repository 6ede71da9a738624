"""`portkit review`: a port that a person made, beside upstream's changeset."""

from __future__ import annotations

import click

from portkit.cli.options import Options
from portkit.cli.wiring import Workspace, workspace
from portkit.components.model import Component, Mode
from portkit.errors import UserError
from portkit.ports.model import Port, PortedFile
from portkit.ports.review import Contents, ReviewedFile, reviewed
from portkit.report.port_review import beside, review_object
from portkit.sync.lineage import Lineage


@click.command("review")
@click.argument("revision", metavar="REV")
@click.option("--component", "name", default="", metavar="NAME", help="The component (default: the one it touches).")
@click.pass_obj
def command(options: Options, revision: str, name: str) -> int:
    """Puts the target's commit REV beside the upstream changesets that it carries: hunk by hunk what is the same, what
    was adapted and what was left out, and what the commit does besides.

    Hunks that are the same are only counted; -v shows their lines too.
    """
    with workspace(options) as place:
        target = place.target()
        commit = target.resolve(revision)
        component, port, lineage = _port(place, commit, name)
        files = [_reviewed(place, component, lineage, port, file) for file in port.files]
        screen = place.screen
        screen.result(review_object(component.name, port, files))
        carries = ", ".join(one[:10] for one in port.changesets)
        screen.say(f"{commit[:12]} {port.kind}, {port.confidence:.2f} by {', '.join(port.evidence)}")
        screen.paragraph(port.subject, first="  ", indent="  ")
        screen.paragraph(f"carries {carries}", first="  ", indent="  ")
        for file in files:
            screen.say()
            for line in beside(file, verbose=screen.verbose):
                screen.say(line)
        return 0


def _port(place: Workspace, commit: str, name: str) -> tuple[Component, Port, Lineage]:
    """The port that `commit` is, of the component `name` or of any. Raises UserError where it is none."""
    components = [place.map.component(name)] if name else list(place.map.components)
    for component in components:
        if component.mode not in (Mode.SYNC, Mode.IMPORT):
            continue
        changes = place.target().changes(commit, component.target_folders(), since=f"{commit}^")
        if not any(one.commit.id == commit for one in changes):
            continue
        lineage = place.sync().component_run(component, commit).lineage
        for port in place.ports(component, lineage, commit).ports:
            if port.target_commit == commit:
                return component, port, lineage
    raise UserError(
        f"{commit[:12]} carries no upstream changeset that portkit can see", where="review",
        hint="portkit ports COMPONENT lists the commits that do",
    )  # fmt: skip


def _reviewed(
    place: Workspace, component: Component, lineage: Lineage, port: Port, file: PortedFile
) -> ReviewedFile:
    target, history = place.target(), place.history(place.map.source(component.upstream))
    info = target.commit_info(port.target_commit)
    folders = component.target_folders()
    after = target.tree(port.target_commit, folders).entries.get(file.target)
    before = target.tree(info.parents[0], folders).entries.get(file.target) if info.parents else None
    changeset = next(one for one in lineage.changesets if one.id == file.changeset)
    change = next(one for one in changeset.files if one.path == file.upstream)
    contents = Contents(
        history.read(change.old.oid) if change.old is not None else None,
        history.read(change.new.oid) if change.new is not None else None,
        target.read(before.oid) if before is not None else None,
        target.read(after.oid) if after is not None else None,
    )
    return reviewed(file, contents, component.fold)


