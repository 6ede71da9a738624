"""wiggle and mergiraf, where they are on PATH; and programs that misbehave."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from portkit.check import merging

BASE, OURS, THEIRS = b"a\nint one two;\nb\n", b"a\nint ONE two;\nb\n", b"a\nint one TWO;\nb\n"


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path


@pytest.mark.skipif(shutil.which("wiggle") is None, reason="wiggle is not there")
def test_wiggle_merges_words_and_says_where_it_cannot() -> None:
    wiggle = merging.found()["wiggle"]
    assert wiggle(BASE, OURS, THEIRS, "d.c") == b"a\nint ONE TWO;\nb\n"
    assert wiggle(BASE, OURS, OURS.replace(b"ONE", b"OTHER"), "d.c") is None


def test_nothing_on_path_is_no_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert merging.found() == {}


def test_what_fails_or_says_nothing_has_no_answer(folder: Path) -> None:
    program(folder, "wiggle", "echo merged; exit 1")
    program(folder, "mergiraf", "exit 0")
    tools = merging.found()
    assert tools["wiggle"](BASE, OURS, THEIRS, "d.c") is None
    assert tools["mergiraf"](BASE, OURS, THEIRS, "d.c") is None


def test_a_name_is_no_option(folder: Path) -> None:
    program(folder, "mergiraf", 'echo "$@"')
    assert merging.found()["mergiraf"](BASE, OURS, THEIRS, "--output=x") is None
    assert merging.found()["mergiraf"](BASE, OURS, THEIRS, "d.c") == (
        b"merge --stdout --path-name d.c -- base ours theirs\n"
    )
