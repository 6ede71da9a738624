"""`portkit completion`: the script that lets a shell complete command lines, and what that script asks portkit.

The scripts and the talk are click's (click.shell_completion). The script calls portkit with an environment variable;
what is completed comes from the commands themselves, component names from the map of the workspace at hand.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from portkit.cli.options import Options
from portkit.errors import PortkitError

VARIABLE = "_PORTKIT_COMPLETE"
"""Set by the script while the shell completes; `cli.main.entry` looks at it."""

SHELLS = ("bash", "zsh", "fish")

_COMPONENTS = ("component", "components")
_FOLDERS, _FILES = ("directory", "folder"), ("map_file",)


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_obj
def command(options: Options, shell: str) -> int:
    """Prints the script that makes SHELL complete commands, options and component names.

    For bash, source it, or keep it as ~/.local/share/bash-completion/completions/portkit. For zsh, keep it as
    _portkit in a folder of $fpath. For fish, keep it as ~/.config/fish/completions/portkit.fish.
    """
    found = get_completion_class(shell)
    assert found is not None, shell
    # the plain method: that for bash runs the bash on PATH first, to see how old it is
    text = ShellComplete.source(found(click.Group("portkit"), {}, "portkit", VARIABLE))
    options.screen.result({"schema": 1, "command": "completion", "shell": shell, "script": text})
    options.screen.say(text.rstrip("\n"))
    return 0


def complete(cli: click.Group, instruction: str) -> int:
    """Answers the script: prints what may stand at the cursor. Whatever is wrong, nothing is said and the shell goes
    on; returns the exit code."""
    shell = instruction.partition("_")[0]
    found = get_completion_class(shell)
    if found is None or not instruction.endswith("_complete"):
        return 1
    _name_the_kinds(cli, os.environ.get("COMP_WORDS", "").split())
    try:
        text = found(cli, {"obj": Options()}, "portkit", VARIABLE).complete()
    except (PortkitError, click.ClickException, click.exceptions.Exit, OSError, ValueError):
        return 1
    click.echo(text)
    return 0


def named(commands: Mapping[str, str], incomplete: str) -> list[CompletionItem]:
    """Those of `commands` (name: what it does) that begin with `incomplete`."""
    return [CompletionItem(name, help=text) for name, text in sorted(commands.items()) if name.startswith(incomplete)]


class _ComponentName(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A component of the map at hand."""

    name = "component"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from portkit.store.mapfile import read_map  # to complete a command, or an option, no map is read

        given = ctx.params.get(param.name or "") if param.nargs == -1 else ()
        try:
            found = read_map(_map_of(ctx.find_root()))
        except (PortkitError, OSError):
            return []
        return [
            CompletionItem(one.name, help=f"mode {one.mode}")
            for one in found.components
            if one.name.startswith(incomplete) and one.name not in (given or ())
        ]


def _map_of(root: click.Context) -> Path:
    from portkit.store.mapfile import MAP_NAME, find_workspace

    if root.params.get("map_file"):
        return Path(root.params["map_file"])
    named = root.params.get("directory")
    return (Path(named) if named else find_workspace(Path.cwd())) / MAP_NAME


def _name_the_kinds(group: click.Group, words: Sequence[str]) -> None:
    """Tells click which words are components, folders and files: only here, where the shell asks, and only for the
    commands that stand among the `words` of the line."""
    context = click.Context(group)
    known = [group.get_command(context, name) for name in group.list_commands(context) if name in words]
    for parameter in group.params:
        _name_the_kind(parameter)
    for found in known:
        if isinstance(found, click.Group):
            _name_the_kinds(found, words)
        for parameter in found.params if found is not None else ():
            _name_the_kind(parameter)


def _name_the_kind(parameter: click.Parameter) -> None:
    if isinstance(parameter, click.Argument) and parameter.name in _COMPONENTS:
        parameter.type = _ComponentName()
    elif parameter.name in _FOLDERS:
        parameter.type = click.Path(file_okay=False)
    elif parameter.name in _FILES:
        parameter.type = click.Path()
