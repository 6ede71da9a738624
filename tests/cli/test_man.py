"""`portkit man`: a page that mandoc has nothing to say about, and that leaves nothing out."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest
from cli_work import ROOT, call

from portkit.cli import main, man


def every() -> dict[str, click.Command]:
    context = click.Context(main.cli)
    found = {name: main.cli.get_command(context, name) for name in main._COMMANDS}
    every: dict[str, click.Command] = {}
    for name, one in found.items():
        if isinstance(one, click.Group):
            every |= {f"{name} {below}": command for below, command in one.commands.items()}
        elif one is not None:
            every[name] = one
    return every


def test_mandoc_has_nothing_to_say(tmp_path: Path) -> None:
    program = shutil.which("mandoc")
    if program is None:
        pytest.skip("there is no mandoc here")
    path = tmp_path / "portkit.1"
    path.write_text(call("man").out)
    done = subprocess.run([program, "-Tlint", str(path)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    read = subprocess.run([program, "-Tascii", str(path)], capture_output=True, text=True, check=True).stdout
    plain = " ".join(re.sub(".\b", "", read).split())
    for name, one in every().items():
        assert f" {name} " in plain
        first = " ".join((one.help or "").split())[:30]
        assert first in plain


def test_every_command_and_option_stands_in_it() -> None:
    text = call("man").out
    for name, one in every().items():
        part = text.split(f"\n.Cm {name}\n", 1)[1].split("\n.It Xo\n")[0]
        for option in one.params:
            if isinstance(option, click.Option):
                assert f"Fl {option.opts[0][1:]}" in part, f"{name} {option.opts}"
                assert (option.help or "").split()[0] in part
    assert call("--json", "man").object()["page"] == text


def test_the_exit_codes_are_those_of_the_documentation() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    told = re.findall(r"^\| (\d+) \| ([^|(]*)", page, re.MULTILINE)
    assert {int(code): text.strip() for code, text in told} == {
        code: (text[:1].lower() + text[1:]).rstrip(".") for code, text in man.EXITS
    }


def test_text_is_never_a_request() -> None:
    @click.command(help=".Sh NAME\n\n'br \\fBbold \"quoted\" and " + "x" * 200 + "\n\nMore. The next.")
    @click.option("--one", metavar="Sh", help=".so /etc/passwd")
    def hostile() -> None:
        pass

    group = click.Group("portkit", {"hostile": hostile}, help="What it does.")
    lines = list(man.page(group))
    assert lines.count(".Sh NAME") == 1
    assert "\\&.so /etc/passwd" in lines
    assert ".It Fl -one Ar \\&Sh" in lines
    assert any(line.startswith("\\&'br \\efBbold") for line in lines)
    assert lines[lines.index("More.") + 1] == "The next."
