"""The command line: options before the command, one error boundary, exit codes.

Commands lie one in a file and are imported when they are called.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from portkit import __version__
from portkit.cli.options import Options
from portkit.cli.screen import Screen
from portkit.components.mistakes import nearest
from portkit.errors import PortkitError, UserError, WorldError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_COMMANDS = {
    "audit": "say what upstream's code needs that the target lacks",
    "baseline": "which upstream revision each file derives from",
    "completion": "print the script that completes command lines in a shell",
    "conflicts": "what waits for a person",
    "decide": "decide to skip, defer or join changes; take that back",
    "demo": "build the embedded example and run a weekly sync in it",
    "doctor": "say what is missing, and what to do about it",
    "fetch": "bring the upstream sources up to date",
    "init": "make a new workspace with a commented map",
    "log": "list upstream's changesets with their state",
    "map": "check the map, print its schema, say which line speaks of a path",
    "man": "print the manual page",
    "patches": "keep the local patches of a component as a series",
    "ports": "say which commits of the target carry which changesets",
    "publish": "push branches to a remote",
    "report": "write the weekly report",
    "resolve": "settle a conflict, remember how, replay what waits for it",
    "review": "put a port that a person made beside upstream's changeset",
    "status": "say where each component stands",
    "survey": "say what of the target came from upstream, and how far behind it is",
    "sync": "bring what is new upstream onto a branch of the target",
}

INTERRUPTED = 130


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"portkit.cli.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands by the table: none is imported for the sake of its name."""
        names: list[CompletionItem] = importlib.import_module("portkit.cli.completion").named(_COMMANDS, incomplete)
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS:
            what = f"there is no command {args[0]!r}; {nearest(args[0], sorted(_COMMANDS))}"
            raise UserError(what, hint="portkit --help lists all of them")
        return super().resolve_command(ctx, args)


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.option("-C", "directory", metavar="DIR", help="The workspace: the folder of upstream-map.yaml.")
@click.option("--map", "map_file", metavar="FILE", help="Another map than the workspace's.")
@click.option("--upstream", "upstreams", metavar="NAME=LOCATION", multiple=True, help="Another clone of an upstream.")
@click.option("--target", default="", metavar="LOCATION", help="Another clone of the target.")
@click.option("--json", "json_mode", is_flag=True, help="One JSON object on standard output.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.version_option(__version__, prog_name="portkit")
@click.pass_context
def cli(
    ctx: click.Context,
    directory: str | None,
    map_file: str | None,
    upstreams: tuple[str, ...],
    target: str,
    json_mode: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Carries an upstream's changesets onto a tree with local changes, and says why."""
    options: Options = ctx.obj
    options.directory = directory or ""
    options.map_file = map_file or ""
    options.upstreams = upstreams
    options.target = target
    options.screen = Screen(json_mode=json_mode, quiet=quiet, verbose=verbose)
    options.command = ctx.invoked_subcommand or ""


def entry() -> None:
    """The console script: runs the command line and exits with its code."""
    asked = os.environ.get("_PORTKIT_COMPLETE", "")
    if asked:  # by the script of `portkit completion`, while somebody presses tab
        sys.exit(importlib.import_module("portkit.cli.completion").complete(cli, asked))
    code = main(sys.argv[1:])
    try:
        sys.stdout.flush()
    except (AttributeError, OSError):  # closed, or its reader has gone: what could not be written was told of
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), 1)
    sys.exit(code)


def main(arguments: Sequence[str]) -> int:
    """Runs one command line; returns its exit code (the contract's table)."""
    options = Options(screen=Screen(json_mode="--json" in arguments))
    try:
        return _run(list(arguments), options)
    except (KeyboardInterrupt, click.Abort):
        options.screen.interrupted(options.command, INTERRUPTED)
        return INTERRUPTED
    except click.ClickException as mistake:
        return _told(_mistaken(mistake), options)
    except PortkitError as error:
        return _told(error, options)
    except BrokenPipeError:
        return 0  # whoever reads has seen enough
    except OSError as error:
        said = error.strerror or str(error)
        return _told(WorldError(f"the system refused: {said}", where=os.fsdecode(error.filename or "")), options)
    except Exception as error:
        from portkit.cli.bug import reported  # what it takes to write one is needed where there is one

        return _told(reported(error, options.state), options)


def _run(arguments: list[str], options: Options) -> int:
    try:
        with cli.make_context("portkit", list(arguments) or ["--help"], obj=options) as context:
            code = cli.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code if arguments else UserError.exit_code
    return code if isinstance(code, int) else 0


_FULL = re.compile(
    "no space left|disk is full|file too large|quota exceeded|out of diskspace|disk I/O error", re.IGNORECASE
)


def _told(error: PortkitError, options: Options) -> int:
    if not error.hint and _FULL.search(f"{error.what} {error.cause}"):
        error.hint = "make room there, or have the quota raised, then run the same command again"
    options.screen.error(error, options.command)
    return error.exit_code


def _mistaken(mistake: click.ClickException) -> UserError:
    """What click does not understand of a command line, in one sentence and a hint."""
    context = mistake.ctx if isinstance(mistake, click.UsageError) else None
    path = context.command_path if context is not None else "portkit"
    hint = f"{path} --help shows how it is called"
    if isinstance(mistake, click.exceptions.NoArgsIsHelpError) and context is not None:
        names = ", ".join(context.command.list_commands(context)) if isinstance(context.command, click.Group) else ""
        return UserError(f"a command is missing{f', one of {names}' if names else ''}", where=path, hint=hint)
    if isinstance(mistake, click.NoSuchOption):
        name = mistake.option_name
        if context is not None and any(name in one.opts for one in cli.params):
            return UserError(f"{name} stands before the command: portkit {name} {path.removeprefix('portkit ')}")
        known = [one for parameter in context.command.params for one in parameter.opts] if context is not None else []
        long = [one for one in known if one.startswith("--")]
        return UserError(f"{path} has no option {name!r}; {nearest(name, long)}", hint=hint)
    said = mistake.format_message().replace("\n", " ").rstrip(".")
    return UserError(said[:1].lower() + said[1:], where=path, hint=hint)
