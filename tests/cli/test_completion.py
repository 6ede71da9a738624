"""`portkit completion`: what stands in the scripts, what portkit answers them, and bash itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli_work import ROOT, Work, call, loaded

from portkit.cli.completion import SHELLS, VARIABLE


def answers(line: str, *, at: Path, shell: str = "zsh") -> list[str]:
    """What portkit says when the shell asks at the end of `line`: zsh's answers are three lines each."""
    words = line.split(" ")
    done = subprocess.run(
        [sys.executable, "-m", "portkit"], cwd=at, capture_output=True, text=True, check=False,
        env=os.environ | {VARIABLE: f"{shell}_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1),
                          "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stderr == ""
    lines = done.stdout.splitlines() if done.stdout.strip() else []
    return [value for kind, value in zip(lines[::3], lines[1::3], strict=True) if kind == "plain"]


@pytest.mark.parametrize("shell", SHELLS)
def test_each_script_asks_portkit(shell: str) -> None:
    told = call("completion", shell)
    assert (told.code, told.err) == (0, "")
    assert f"{VARIABLE}={shell}_complete" in told.out
    assert call("--json", "completion", shell).object()["script"].rstrip("\n") == told.out.rstrip("\n")


def test_another_shell_is_told_those_that_are_known() -> None:
    told = call("completion", "tcsh")
    assert told.code == 2
    assert "'fish'" in told.err


def test_commands_options_and_components_are_completed(work: Work, tmp_path: Path) -> None:
    here = work.folder
    assert {"sync", "status", "man"} <= set(answers("portkit ", at=here))
    assert answers("portkit sta", at=here) == ["status"]
    assert "--upstream" in answers("portkit --u", at=here)
    assert answers("portkit publish --forc", at=here) == ["--force-with-lease"]
    assert answers("portkit log ", at=here) == ["msg", "leased", "clockd", "logd"]
    assert answers("portkit status l", at=here) == ["leased", "logd"]
    assert answers("portkit status leased l", at=here) == ["logd"]
    assert answers(f"portkit -C {here} sync c", at=tmp_path) == ["clockd"]
    assert answers(f"portkit --map {work.map} baseline m", at=tmp_path) == ["msg"]
    assert "flagged" in answers("portkit log leased --state fl", at=here)
    assert set(answers("portkit completion ", at=here)) == set(SHELLS)


def test_where_nothing_can_be_said_nothing_is(work: Work, tmp_path: Path) -> None:
    assert answers("portkit log ", at=tmp_path) == []
    assert answers("portkit nosuch ", at=work.folder) == []
    work.map.write_text("version: [")
    assert answers("portkit log ", at=work.folder) == []
    assert answers("portkit log ", at=work.folder, shell="nosuch") == []


def test_bash_takes_it(work: Work, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash here")
    program = _program(tmp_path) / "portkit"
    script = tmp_path / "script"
    script.write_text(call("completion", "bash").out)
    asked = (
        f'. {script}; complete -p portkit; COMP_WORDS=(portkit log le); COMP_CWORD=2;'
        f' _portkit_completion {program}; echo "${{COMPREPLY[@]}}"'
    )
    done = subprocess.run([bash, "--norc", "-c", asked], cwd=work.folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["complete -o nosort -F _portkit_completion portkit", "leased"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_read_their_script(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    script = tmp_path / "script"
    script.write_text(call("completion", shell).out)
    subprocess.run([program, "-n", str(script)], capture_output=True, check=True)


def test_fish_completes(work: Work, tmp_path: Path) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("there is no fish here")
    asked = "portkit completion fish | source; complete -C 'portkit log le'; complete -C 'portkit sync --d'"
    done = subprocess.run(
        [fish, "--no-config", "-c", asked], cwd=work.folder, capture_output=True, text=True, check=True,
        env=os.environ | {"PATH": f"{_program(tmp_path)}:{os.environ['PATH']}", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["leased", "--dry-run"]


def test_zsh_completes(work: Work, tmp_path: Path) -> None:
    """In a terminal of zsh's own making: its completion runs nowhere else."""
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("there is no zsh here")
    script = tmp_path / "ask"
    script.write_text(
        "zmodload zsh/zpty && zpty z zsh -f -i\n"
        "zpty -w z 'PS1=; autoload -Uz compinit; compinit -u -D; eval \"$(portkit completion zsh)\"; echo RE\"\"ADY'\n"
        "zpty -r z out '*READY*'\n"
        "zpty -n -w z $'portkit log le\\t| cat; echo EN\"\"D\\n'\n"
        "zpty -r z out '*END*'\n"
        "print -r -- $out\n"
    )
    done = subprocess.run(
        [zsh, "-f", str(script)], cwd=work.folder, capture_output=True, text=True, check=True, timeout=60,
        env=os.environ | {"PATH": f"{_program(tmp_path)}:{os.environ['PATH']}", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert "portkit log leased" in done.stdout


def _program(folder: Path) -> Path:
    """A folder for PATH in which `portkit` is this one."""
    place = folder / "bin"
    place.mkdir()
    (place / "portkit").write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m portkit "$@"\n')
    (place / "portkit").chmod(0o755)
    return place


def test_no_command_is_imported_for_its_name() -> None:
    found = loaded(**{VARIABLE: "zsh_complete", "COMP_WORDS": "portkit s", "COMP_CWORD": "1"})
    assert "portkit.cli.completion" in found
    assert not found & {"portkit.cli.status", "portkit.cli.wiring", "portkit.store.mapfile", "ruamel.yaml"}
