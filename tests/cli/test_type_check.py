"""The type check of what lands: told by `audit --each`, binding where the map says so; and the user's own commands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli_work import Told, call
from test_audit import commit

MAP = """\
version: 1
upstreams:
  openbsd: {git: up.git, branch: master}
target: {git: down.git, branch: master}
components:
  tool:
    mode: sync
    upstream: openbsd
    paths: {usr.sbin/tool/: usr.sbin/tool/}
"""

FIRST = b"""\
/*\t$OpenBSD: tool.c,v 1.1 2012/01/01 12:00:00 pat Exp $\t*/
#include "tool.h"
static int one(void)
{
\treturn A;
}

static int two(void)
{
\treturn 2;
}

int main(void)
{
\treturn one() + two();
}
"""
SECOND = FIRST.replace(b"1.1", b"1.2").replace(b"return 2;", b"return lost(2);")
THIRD = SECOND.replace(b"1.2", b"1.3").replace(b"return A;", b"return A + 1;")

needs_clang = pytest.mark.skipif(not shutil.which("clang"), reason="no clang here")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "upstream-map.yaml").write_text(MAP)
    first = {
        "usr.sbin/tool/Makefile": b"PROG=tool\n", "usr.sbin/tool/tool.c": FIRST,
        "usr.sbin/tool/tool.h": b"#define A 1\n",
    }  # fmt: skip
    commit(tmp_path / "up.git", first, "tool: begin", 1)
    commit(tmp_path / "down.git", {**first, "include/Makefile": b"LDIRS=sys\n", "include/a.h": b"\n"}, "tool: here", 1)
    commit(tmp_path / "up.git", {"usr.sbin/tool/tool.c": SECOND}, "tool: what is lost", 2)
    commit(tmp_path / "up.git", {"usr.sbin/tool/tool.c": THIRD}, "tool: one more", 3)
    return tmp_path


def portkit(place: Path, *arguments: str) -> Told:
    return call("-C", str(place), *arguments)


def extended(place: Path, text: str) -> None:
    path = place / "upstream-map.yaml"
    path.write_text(path.read_text() + text)


@needs_clang
def test_what_each_changeset_adds(place: Path) -> None:
    found = portkit(place, "--json", "audit", "tool", "--each").object()["steps"]
    assert [one["errors"] for one in found] == [[0, 1], [1, 1]]
    assert [one["line"] for one in found[0]["new"]] == [10] and found[1]["new"] == []
    assert "'lost'" in found[0]["new"][0]["text"]
    assert portkit(place, "--json", "audit", "tool").object()["steps"] == []


@needs_clang
def test_it_binds_only_where_the_map_says_so(place: Path) -> None:
    (free,) = portkit(place, "--json", "sync", "--dry-run").object()["components"]
    assert free["counts"]["ported"] == 2
    extended(place, "    check: binding\n")
    (bound,) = portkit(place, "--json", "sync").object()["components"]
    states = {one["subject"]: one["state"] for one in bound["changesets"]}
    assert states == {"tool: what is lost": "flagged", "tool: one more": "ported"}
    (conflict,) = portkit(place, "--json", "conflicts").object()["conflicts"]
    assert conflict["kind"] == "check" and "'lost'" in conflict["reason"] and conflict["file"] == "usr.sbin/tool/tool.c"
    again = portkit(place, "--json", "sync").object()["components"][0]
    assert again["target"]["tip"] == bound["target"]["tip"]


def test_binding_without_a_compiler_is_the_world_s_failure(
    place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    extended(place, "    check: binding\n")
    tools = tmp_path / "bin"
    tools.mkdir()
    git = shutil.which("git")
    assert git is not None
    (tools / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setattr("portkit.check.compiler.LIBRARY", "nothing-of-that-name")
    told = portkit(place, "sync")
    assert told.code == 3 and "there is no compiler to check with" in told.err


def test_the_user_s_commands_run_only_when_asked(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    extended(place, f"""    verify:
      - sh -c 'cat usr.sbin/tool/tool.c include/a.h > {out}; echo "$PORTKIT_COMPONENT"'
      - sh -c 'echo no good; exit 3'
      - sh -c 'touch {out}.never'
""")
    assert portkit(place, "sync").code == 0
    assert not out.exists()
    told = portkit(place, "--json", "sync", "--verify")
    (ran,) = told.object()["verified"]
    assert told.code == 1
    assert [(one["code"], one["said"]) for one in ran["commands"]] == [(0, ["tool"]), (3, ["no good"])]
    assert out.read_bytes().startswith(THIRD) and not (tmp_path / "out.never").exists()
    text = portkit(place, "sync", "--verify").out
    assert "failed with 3: sh -c" in text and "| no good" in text
