"""`portkit man`: the manual page, made from the commands' own help texts, in mdoc(7)."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence

import click

from portkit.cli.options import STATE, Options
from portkit.store.mapfile import MAP_NAME

DATE = "November 23, 2026"
"""When what stands here below last changed; the rest is as old as the commands."""

ENVIRONMENT = (
    ("PORTKIT_UPSTREAM_NAME", "Another clone, path or URL of the upstream NAME, as --upstream."),
    ("PORTKIT_TARGET", "Another clone of the target, as --target."),
    ("NO_COLOR", "No colours, even on a terminal."),
    ("SOURCE_DATE_EPOCH", "The day of a report, in seconds since 1970."),
)
FILES = (
    (MAP_NAME, "The component map: which code comes from where."),
    ("patches/", "What portkit is told of local changes."),
    ("reports/", "What report writes."),
    (f"{STATE}/", "Clones and what is remembered; all of it can be made again."),
)
EXITS = (
    (0, "Done; nothing new for a person to look at."),
    (1, "Done; something new since the last report waits for a person."),
    (2, "The user's mistake: command line, map, unknown revision."),
    (3, "The world: git, network, disk, a lock that another run holds."),
    (4, "A bug; a report without file contents is written."),
    (130, "Interrupted; nothing half-done is left."),
)
_EXAMPLES = (
    ("A whole weekly sync on an embedded example:", "portkit demo"),
    ("A workspace of one's own, and what it lacks:", "portkit init work && portkit -C work doctor"),
    ("The weekly round:", "portkit fetch && portkit sync; portkit report weekly"),
)


@click.command("man")
@click.pass_context
def command(ctx: click.Context) -> int:
    """Prints the manual page, for mandoc or groff.

    To read it: portkit man > portkit.1 && man ./portkit.1
    """
    options: Options = ctx.obj
    root = ctx.find_root().command
    assert isinstance(root, click.Group)
    text = "\n".join(page(root))
    options.screen.result({"schema": 1, "command": "man", "page": f"{text}\n"})
    options.screen.say(text)
    return 0


def page(root: click.Group) -> Iterator[str]:
    """The lines of the page on `root` and all of its commands."""
    first, *rest = _paragraphs(root)
    yield from (f".Dd {DATE}", ".Dt PORTKIT 1", ".Os", ".Sh NAME", ".Nm portkit")
    yield f".Nd {_word(first[:1].lower() + first[1:].rstrip('.'))}"
    yield from (".Sh SYNOPSIS", ".Nm portkit")
    for option in _options(root):
        yield f".Op {_option(option)}" + (" Ns ..." if option.multiple else "")
    yield from (".Ar command", ".Op Ar argument ...", ".Sh DESCRIPTION", ".Nm")
    yield from _text(first[:1].lower() + first[1:])
    for paragraph in rest:
        yield from (".Pp", *_text(paragraph))
    yield from (".Pp", "The options, which stand before the command:")
    yield from _listed(_options(root))
    yield from (".Sh COMMANDS", ".Bl -tag -width Ds")
    for name, one in _commands(root, ""):
        yield from _command(name, one)
    yield ".El"
    yield from (".Sh ENVIRONMENT", ".Bl -tag -width Ds", *_items("Ev", ENVIRONMENT), ".El")
    yield from (".Sh FILES", ".Bl -tag -width Ds", *_items("Pa", FILES), ".El")
    yield from (".Sh EXIT STATUS", ".Bl -tag -width Ds", *_items("Li", EXITS), ".El", ".Sh EXAMPLES")
    for number, (what, line) in enumerate(_EXAMPLES):
        yield from (*([".Pp"] if number else []), *_text(what), f".Dl {_word(line)}")
    yield from (".Sh SEE ALSO", ".Lk https://git-scm.com git")


def _commands(group: click.Group, before: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from _commands(found, f"{before}{name} ")
        elif found is not None and not found.hidden:
            yield before + name, found


def _command(name: str, one: click.Command) -> Iterator[str]:
    yield from (".It Xo", f".Cm {' '.join(map(_word, name.split()))}")
    for option in _options(one):
        yield f".Op {_option(option)}" + (" Ns ..." if option.multiple else "")
    for argument in one.params:
        if isinstance(argument, click.Argument):
            yield f".Ar {_name(argument)}" if argument.required else f".Op Ar {_name(argument)}"
    yield ".Xc"
    for number, paragraph in enumerate(_paragraphs(one)):
        yield from (*([".Pp"] if number else []), *_text(paragraph))
    yield from _listed(_options(one))


def _listed(options: Sequence[click.Option]) -> Iterator[str]:
    if not options:
        return
    yield ".Bl -tag -width Ds"
    for option in options:
        yield f".It {_option(option, every=True)}"
        yield from _text(option.help or "")
    yield ".El"


def _items(macro: str, pairs: Sequence[tuple[object, str]]) -> Iterator[str]:
    for what, text in pairs:
        yield f".It {macro} {_word(str(what))}"
        yield from _text(text)


def _options(one: click.Command) -> list[click.Option]:
    return [parameter for parameter in one.params if isinstance(parameter, click.Option) and not parameter.hidden]


def _option(option: click.Option, *, every: bool = False) -> str:
    """`Fl C Ar DIR`: the long name where one is enough, `every` name where all are told."""
    names = sorted(option.opts, key=len)
    flags = " , ".join(f"Fl {_word(name[1:])}" for name in (names if every else names[-1:]))
    takes = "" if option.is_flag or option.count else f" Ar {_word(option.metavar or (option.name or '').upper())}"
    return flags + takes


def _name(argument: click.Argument) -> str:
    """How an argument is called: COMPONENT ... where there may be several."""
    name = (argument.metavar or (argument.name or "").upper()).strip("[].")
    if not argument.metavar and isinstance(argument.type, click.Choice):
        name = " | ".join(map(str, argument.type.choices))
    elif argument.nargs == -1:
        name = name.removesuffix("S") + " ..."
    return name


def _paragraphs(one: click.Command) -> list[str]:
    text = inspect.cleandoc(one.help or "").partition("\f")[0].replace("\b", "")
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph.strip()]


def _text(paragraph: str) -> Iterator[str]:
    """A paragraph as text lines: one a sentence (mdoc(7): new sentence, new line), nothing in it a request."""
    for sentence in re.split(r"(?<=[.?!:])\s+(?=[A-Z(])", paragraph):
        # mandoc wants a macro for the names of the systems; in a sentence they are words
        text = re.sub(r"\b(Open|Net|Free)BSD\b", r"\1\\&BSD", sentence.replace("\\", "\\e"))
        for line in textwrap.wrap(text, 78, break_long_words=False, break_on_hyphens=False):
            yield f"\\&{line}" if line.startswith((".", "'")) else line


def _word(text: str) -> str:
    """`text` as the argument of a macro: no word of it is taken for a macro's name."""
    escaped = text.replace("\\", "\\e").replace('"', "\\(dq")
    return " ".join(f"\\&{word}" if re.fullmatch(r"[A-Z][A-Za-z]{1,2}", word) else word for word in escaped.split(" "))
