"""The command line: options before the command, one error boundary, exit codes.

Commands lie one in a file and are imported when they are called.
"""

from __future__ import annotations

import importlib
import platform
import sys
import traceback
from pathlib import Path

import click

from portkit import __version__
from portkit.cli.screen import Screen
from portkit.cli.wiring import STATE, Options
from portkit.errors import PortkitError, WorldError

_COMMANDS = {
    "baseline": "which upstream revision each file derives from",
    "conflicts": "what waits for a person",
    "demo": "build the embedded example and run a weekly sync in it",
    "report": "write the weekly report",
    "sync": "bring what is new upstream onto a branch of the target",
}

BUG = 4
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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS:
            import difflib

            near = difflib.get_close_matches(args[0], _COMMANDS, 1)
            hint = f" Did you mean {near[0]!r}?" if near else f" The commands are: {', '.join(sorted(_COMMANDS))}."
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
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
    ctx.obj = Options(
        directory or "",
        map_file or "",
        upstreams,
        target,
        Screen(json_mode=json_mode, quiet=quiet, verbose=verbose),
        ctx.invoked_subcommand or "",
    )


def entry() -> None:
    """The console script: runs the command line and exits with its code."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Runs one command line; returns its exit code (the contract's table)."""
    options = Options()
    try:
        context = cli.make_context("portkit", list(arguments))
        with context:
            code = cli.invoke(context)
            return code if isinstance(code, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.Abort:
        return _interrupted()
    except click.ClickException as mistake:
        mistake.show()
        return 2
    except KeyboardInterrupt:
        return _interrupted()
    except PortkitError as error:
        return _told(error, arguments)
    except BrokenPipeError:
        return 0
    except OSError as error:
        refused = WorldError(f"the system refused: {error.strerror or error}", where=str(error.filename or ""))
        return _told(refused, arguments)
    except Exception:
        return _bug(options)


def _told(error: PortkitError, arguments: list[str]) -> int:
    screen = Screen(json_mode="--json" in arguments)
    command = next((one for one in arguments if one in _COMMANDS), "")
    screen.error(error, command)
    return error.exit_code


def _interrupted() -> int:
    click.echo("\ninterrupted; nothing half-done is left", err=True)
    return INTERRUPTED


def _bug(options: Options) -> int:
    """Writes what a developer needs to know, and nothing of what the files hold."""
    kind, error, trace = sys.exc_info()
    frames = traceback.extract_tb(trace)
    lines = [f"portkit {__version__}", f"python {platform.python_version()} on {platform.platform()}", ""]
    lines += [f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames]
    lines += ["", kind.__name__ if kind is not None else "", ""]
    folder = Path(options.directory or ".") / STATE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / "bug-report.txt"
        place.write_text("\n".join(lines))
        where = f"; a report without file contents is in {place}"
    except OSError:
        where = ""
    click.echo(f"error: this is a bug in portkit ({kind.__name__ if kind else 'unknown'}: {error}){where}", err=True)
    return BUG
