"""`portkit demo`: the embedded example, and a weekly sync in it."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from portkit.cli.options import Options
from portkit.cli.report_weekly import made_of
from portkit.cli.reporting import Asked, write, write_index
from portkit.cli.sync import run, tell
from portkit.cli.wiring import workspace
from portkit.demo.build import build
from portkit.git.door import version
from portkit.sync.request import Request


@click.command("demo")
@click.argument("folder", metavar="[DIR]", default="portkit-demo", required=False)
@click.pass_obj
def command(options: Options, folder: str) -> int:
    """Builds a small upstream and a small target tree in DIR (default: portkit-demo) and syncs them.

    The workspace stays there: look at it with git, change the map, sync again.
    """
    screen = options.screen
    version()
    example = build(Path(folder))
    screen.say(f"Built the example in {folder}: openbsd.git is the upstream, dragonfly.git the target;")
    screen.say("openbsd.cvs is the CVS repository that the upstream's mirror comes from.")
    screen.say()
    inside = Options(directory=str(example.workspace), screen=screen, command="demo")
    with workspace(inside, writing=True) as place:
        target = place.target()
        outcomes = run(place, Request(place.components(()), target.default_tip()))
        for outcome in outcomes:
            tell(screen, outcome, dry_run=False)
        written = [*write(place, made_of(place, outcomes, Asked())), write_index(place)]
    screen.say()
    shown = shlex.quote(folder)
    screen.say(f"Look at what landed:  git -C {shown}/dragonfly.git log -p master..portkit/leased")
    screen.say(f"Sync again:           portkit -C {shown} sync")
    screen.say(f"The same from CVS:    portkit -C {shown} --upstream openbsd=cvs:{shown}/openbsd.cvs sync")
    screen.result(
        {"schema": 1, "command": "demo", "workspace": str(example.workspace), "files": [str(one) for one, _ in written]}
    )
    screen.say(f"The report:           {next(path for path, _ in written if path.suffix == '.html')}")
    return 0
