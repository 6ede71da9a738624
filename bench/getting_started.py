"""Runs the first steps with portkit and writes docs/getting-started.md, so that no output there is typed.

    bench/getting_started.py [--check]

Every command of the page runs, in its order, in one shell in a throw-away folder, with nobody's settings. `--check`
writes nothing: it ends with 1 where the page is not what the commands say today.
"""

from __future__ import annotations

import difflib
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "getting-started.md"
SHOWN = "/home/you"
"""What the page calls the folder that everything ran in."""

UNTIL = "--until 2012-02-20"


@dataclass(frozen=True, slots=True)
class Step:
    """A text, and the commands that follow it, each with the exit code that it must end with."""

    text: str
    commands: tuple[tuple[str, int], ...] = ()


def done(*commands: str) -> tuple[tuple[str, int], ...]:
    """Commands that end with 0."""
    return tuple((one, 0) for one in commands)


STEPS = (
    Step(
        "# Getting started\n\n"
        "From nothing to a reviewed branch. What follows a `$` was run by `bench/getting_started.py`, which wrote\n"
        "this page (empty lines are left out); a test runs it again. On a BSD, read [bsd.md](bsd.md) first. In\n"
        "portkit's own folder:\n\n"
        "    python3 -m venv .venv\n"
        "    .venv/bin/pip install .\n"
        "    PATH=$PWD/.venv/bin:$PATH\n\n"
        "**Two trees**, in an empty folder. The embedded example stands in for OpenBSD and DragonFly, and its daemon\n"
        "`leased` for dhclient. On the real dhclient the commands are the same; with the map at the root of this\n"
        "repository, begin with `portkit sync dhclient --dry-run`, or `portkit audit syslogd` ([audit.md](audit.md)).\n"
    ),
    Step(
        "",
        done(
            "portkit -q demo example",
            "git clone -q --bare --single-branch example/dragonfly.git dragonfly.git",
            "git init -q --bare review.git",
            "export PORTKIT_UPSTREAM_OPENBSD=$PWD/example/openbsd.git",
        ),
    ),
    Step(
        "**A map** says what follows what ([map.md](map.md)). It can be guessed from the tree's ident lines:\n",
        done("portkit init work --from-tree dragonfly.git", "cd work"),
    ),
    Step(
        "**Look first.** A part of it, up to a day. Exit code 1 says that something new waits for a person.\n",
        ((f"portkit sync leased {UNTIL} --dry-run", 1),),
    ),
    Step(
        "**Decide, and sync.** `bootp.c` is gone from the target on purpose; the map is told so.\n",
        (
            *done("echo '    deleted: [sbin/leased/bootp.c]' >> upstream-map.yaml"),
            (f"portkit sync leased {UNTIL} | head -n 4", 0),
        ),
    ),
    Step(
        "**Review.** One commit per changeset, each with what upstream said and where it came from. Yours carry your\n"
        "name, and so other hashes.\n",
        done(
            "git -C ../dragonfly.git log --format='%h %s' master..portkit/leased",
            "git -C ../dragonfly.git show --format='%B' --stat portkit/leased",
        ),
    ),
    Step(
        "**What waits** is told with its causes, proved by trial merges, and its three sides; one of four:\n",
        done(f"portkit conflicts leased c-d5bec2158400 {UNTIL} | head -n 15"),
    ),
    Step("**Hand it on.** Only the branch goes, never the draft.\n", done("portkit publish leased --to ../review.git")),
    Step(
        "Next week, the same `portkit sync`. `portkit report weekly` writes up what landed and what waits; every\n"
        "command is in [cli.md](cli.md), every word in [glossary.md](glossary.md).\n"
    ),
)


def environment(folder: Path) -> dict[str, str]:
    """A shell's environment with nobody's settings, and with `portkit` among its programs."""
    programs = folder / "bin"
    programs.mkdir()
    script = programs / "portkit"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m portkit "$@"\n')
    script.chmod(0o755)
    person = {"NAME": "Pat Porter", "EMAIL": "pat@example.org"}
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in person.items()},
    }


def played(folder: Path) -> list[str]:
    """What each command of the page says, in order. Ends the run where one does not end as it should."""
    commands = [one for step in STEPS for one in step.commands]
    script = "\n".join(f"{command}\nprintf '\\0%d\\0' $?" for command, _ in commands)
    place = folder / "you"
    place.mkdir()
    ran = subprocess.run(
        ["/bin/sh", "-c", script], cwd=place, env=environment(folder), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    parts = ran.stdout.decode().split("\0")
    said, codes = parts[:-1:2], parts[1::2]
    for (command, wanted), text, code in zip(commands, said, codes, strict=True):
        if int(code) != wanted:
            sys.exit(f"{command}: ended with {code}, not {wanted}\n{text}")
    return [text.replace(str(place), SHOWN) for text in said]


def page() -> str:
    """The page as it is today."""
    with tempfile.TemporaryDirectory(prefix="portkit-") as name:
        said = iter(played(Path(name).resolve()))
    parts = []
    for step in STEPS:
        lines = [line for command, _ in step.commands for line in (f"$ {command}", *next(said).split("\n")) if line]
        shown = "".join(f"    {line}".rstrip() + "\n" for line in lines)
        parts += [part for part in (step.text, shown) if part]
    return "\n".join(parts)


def main() -> int:
    made = page()
    if "--check" not in sys.argv:
        PAGE.write_text(made, "utf-8")
        return 0
    there = PAGE.read_text("utf-8") if PAGE.exists() else ""
    if made == there:
        return 0
    sys.stdout.writelines(difflib.unified_diff(there.splitlines(True), made.splitlines(True), "the page", "today"))
    print("docs/getting-started.md is stale; bench/getting_started.py writes it anew")
    return 1


if __name__ == "__main__":
    sys.exit(main())
