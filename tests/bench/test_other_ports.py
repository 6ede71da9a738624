"""Ports elsewhere in the tree: which file and changesets an ident line's bump means, and what becomes of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bench.other_ports import SAMPLE, Port, drawn, find, measure, write

DATES = {"1.1": "2001/01/01 00:00:00", "1.2": "2002/02/02 00:00:00", "1.3": "2003/03/03 00:00:00"}
BODY = "".join(f"int line{index}(void);\n" for index in range(12))


@pytest.fixture(autouse=True)
def hermetic(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for key, value in {
        "HOME": str(tmp_path), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
    }.items():  # fmt: skip
        monkeypatch.setenv(key, value)


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, check=True)
    return done.stdout.decode().strip()


def text(revision: str, body: str, date: str = "") -> str:
    return f"/*\t$OpenBSD: a.c,v {revision} {date or DATES[revision]} joe Exp $\t*/\n{body}"


def commit(repository: Path, files: dict[str, str]) -> str:
    if not repository.exists():
        repository.mkdir()
        git(repository, "init", "-q", "-b", "master")
    for name, content in files.items():
        place = repository / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, "utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "one")
    return git(repository, "rev-parse", "HEAD")


def histories(tmp_path: Path) -> tuple[Path, Path, list[str], list[str]]:
    """Upstream's file at three revisions, beside another of its name; a target that takes both changes, one by one."""
    upstream, target = tmp_path / "upstream", tmp_path / "target"
    second, third = BODY.replace("line1(", "first("), BODY.replace("line1(", "first(").replace("line9(", "ninth(")
    theirs = [
        commit(upstream, {"bin/x/a.c": text("1.1", BODY), "bin/y/a.c": text("1.1", BODY, "1999/09/09 00:00:00")}),
        commit(upstream, {"bin/x/a.c": text("1.2", second)}),
        commit(upstream, {"bin/x/a.c": text("1.3", third)}),
    ]
    local = "int local(void);\n"
    mine = [
        commit(target, {"usr/x/a.c": text("1.1", BODY + local), "sbin/dhclient/a.c": text("1.1", BODY)}),
        commit(target, {"usr/x/a.c": text("1.2", second + local), "sbin/dhclient/a.c": text("1.2", second)}),
        commit(target, {"usr/x/a.c": text("1.3", third + local)}),
        commit(target, {"usr/x/a.c": text("1.1", BODY + local)}),
        commit(target, {"usr/x/a.c": text("1.3", third)}),
    ]
    return upstream, target, theirs, mine


def test_a_bump_is_resolved_to_the_changesets_between(tmp_path: Path) -> None:
    upstream, target, theirs, mine = histories(tmp_path)
    assert find(str(upstream / ".git"), str(target / ".git")) == [
        Port(mine[4], mine[3], f"{theirs[1]} {theirs[2]}", "usr/x/a.c", "bin/x/a.c"),
        Port(mine[2], mine[1], theirs[2], "usr/x/a.c", "bin/x/a.c"),
        Port(mine[1], mine[0], theirs[1], "usr/x/a.c", "bin/x/a.c"),
    ]


def test_they_are_done_again_and_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    upstream, target, _, _ = histories(tmp_path)
    ports = find(str(upstream / ".git"), str(target / ".git"))
    assert measure(ports, str(upstream / ".git"), str(target / ".git"), say=True) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines[:3]] == [
        ["differs", "adapted", "2"], ["right", "exact", "1"], ["right", "exact", "1"]
    ]  # fmt: skip
    assert "unfaithful files that landed: 0" in lines


def test_a_sample_is_half_of_one_changeset_and_half_of_several_and_always_the_same(tmp_path: Path) -> None:
    ports = [Port(f"{one:040x}", "", "a" if one % 3 else "a b", f"own/{one}.c", "up.c") for one in range(60)]
    chosen = drawn(ports, 20)
    assert [len(port.changesets) for port in chosen].count(1) == 10
    assert len(chosen) == 20
    assert chosen == drawn(ports, 20) == sorted(chosen, key=ports.index)
    assert len(drawn(ports, 100)) == 60
    write(tmp_path / "sample.csv", chosen)
    assert (tmp_path / "sample.csv").read_text().count("\n") == 21


def test_the_sample_that_is_kept_holds_facts_alone() -> None:
    head, *rows = SAMPLE.read_text().splitlines()
    assert head == "dfly_commit,dfly_parent,openbsd_commit,dfly_path,openbsd_path"
    assert len(rows) == 200
    assert len(set(rows)) == 200
