"""The type check of what lands: told by `audit --each`, binding where the map says so; and the user's own commands."""

from __future__ import annotations

import json
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


def begun(place: Path) -> None:
    (place / "upstream-map.yaml").write_text(MAP)
    first = {
        "usr.sbin/tool/Makefile": b"PROG=tool\n", "usr.sbin/tool/tool.c": FIRST,
        "usr.sbin/tool/tool.h": b"#define A 1\n",
    }  # fmt: skip
    commit(place / "up.git", first, "tool: begin", 1)
    commit(place / "down.git", {**first, "include/Makefile": b"LDIRS=sys\n", "include/a.h": b"\n"}, "tool: here", 1)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    begun(tmp_path)
    commit(tmp_path / "up.git", {"usr.sbin/tool/tool.c": SECOND}, "tool: what is lost", 2)
    commit(tmp_path / "up.git", {"usr.sbin/tool/tool.c": THIRD}, "tool: one more", 3)
    return tmp_path


def portkit(place: Path, *arguments: str) -> Told:
    return call("-C", str(place), *arguments)


def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No compiler is there: neither libclang nor a clang on PATH."""
    tools = tmp_path / "bin"
    tools.mkdir()
    git = shutil.which("git")
    assert git is not None
    (tools / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setattr("portkit.check.compiler.LIBRARY", "nothing-of-that-name")


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
def test_a_sync_tells_it_where_it_is_asked(place: Path) -> None:
    assert portkit(place, "--json", "sync", "--dry-run").object()["components"][0]["type_check"] is None
    told = portkit(place, "--json", "sync", "--check")
    (found,) = told.object()["components"]
    assert found["counts"]["ported"] == 2
    first, second = (one["check"] for one in found["changesets"])
    assert (first["errors"], second["errors"]) == ([0, 1], [1, 1]) and second["new"] == []
    assert [(one["path"], one["line"], one["mended"]) for one in first["new"]] == [("usr.sbin/tool/tool.c", 10, None)]
    assert "clang" in found["type_check"]["compiler"] and found["type_check"]["errors"] == [0, 1]
    assert portkit(place, "--json", "sync", "--check").object()["components"][0]["type_check"] == found["type_check"]
    text = portkit(place, "sync", "--check").out
    assert "type check: 1 of 2 commits adds errors (1 new error at the branch's end); by " in " ".join(text.split())
    assert "usr.sbin/tool/tool.c:10: " in text and max(map(len, text.splitlines())) <= 80


@needs_clang
def test_what_a_later_changeset_mends_is_said_to_be(place: Path) -> None:
    files = {"usr.sbin/tool/tool.c": THIRD.replace(b"1.3", b"1.4").replace(b"lost(2)", b"2")}
    commit(place / "up.git", files, "tool: without what is lost", 4)
    found = portkit(place, "--json", "sync", "--check").object()["components"][0]["changesets"]
    assert [one["mended"] for one in found[0]["check"]["new"]] == [found[2]["id"]]
    assert found[2]["check"]["gone"] == 1


@needs_clang
def test_what_a_port_lands_is_checked_like_any_other(place: Path) -> None:
    path = place / "upstream-map.yaml"
    path.write_text(path.read_text().replace("mode: sync", "mode: port"))
    told = portkit(place, "--json", "sync", "--dry-run", "--check").object()
    (found,) = told["components"]
    assert found["mode"] == "port" and found["type_check"]["errors"] == [0, 1]
    assert [one["check"]["errors"] for one in found["changesets"] if one["state"] == "ported"] == [[0, 1], [1, 1]]
    assert "type check: 1 of 2 commits adds errors" in portkit(place, "sync", "--dry-run", "--check").out


@needs_clang
def test_the_reports_tell_it_unless_they_are_told_not_to(place: Path) -> None:
    assert portkit(place, "report", "weekly").code == 0
    (folder,) = (place / "reports").glob("2*")
    mail, page = ((folder / f"weekly.{kind}").read_text() for kind in ("md", "html"))
    assert "**Type check:** tool: 1 of 2 commits adds errors" in mail and "type check: errors 0 to 1" in mail
    assert 'class="check bad"' in page and "usr.sbin/tool/tool.c:10" in page and "<dt>Type check</dt>" in page
    assert portkit(place, "report", "weekly", "--no-check").code == 0
    assert "ype check" not in (folder / "weekly.md").read_text()
    assert portkit(place, "report", "progress", "--check").code == 2
    extended(place, "    check: none\n")
    assert portkit(place, "report", "weekly").code == 0
    assert "ype check" not in (folder / "weekly.md").read_text()


@needs_clang
def test_a_card_tells_what_upstream_s_side_would_add(place: Path) -> None:
    first = FIRST.replace(b"return 2;", b"return 3;")
    commit(place / "down.git", {"usr.sbin/tool/tool.c": first}, "tool: our own", 5)
    assert portkit(place, "report", "triage").code == 0
    (folder,) = (place / "reports").glob("2*")
    mail, page = ((folder / f"triage.{kind}").read_text() for kind in ("md", "html"))
    assert "type check: errors 0 to 1, as the draft has it" in " ".join(mail.split())
    assert 'class="check bad"' in page
    (one,) = json.loads((folder / "triage.json").read_text())["conflicts"]
    assert one["check"]["draft"] and "'lost'" in one["check"]["new"][0]["text"]


def test_without_a_compiler_or_headers_it_is_said(place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    alone(monkeypatch, tmp_path)
    told = portkit(place, "sync", "--check")
    assert told.code == 0 and "type check: not made: there is no compiler to check with" in told.out
    for name in ("Makefile", "a.h"):
        (place / "down.git/include" / name).unlink()
    commit(place / "down.git", {}, "no headers", 5)
    told = portkit(place, "sync", "--check")
    assert told.code == 0 and "type check: not made: the target has no headers to check on" in told.out


LIBRARY = """\
  lib:
    mode: import
    upstream: openbsd
    check: binding
    paths: {lib/libown/own.h: lib/libown/own.h}
    edit:
      - {path: lib/libown/Makefile, before: .include <bsd.lib.mk>, insert: INCS+=own.h, reason: it is installed}
"""


@needs_clang
@pytest.mark.parametrize("dry", [True, False])
def test_it_stands_on_the_branch_that_the_component_needs(tmp_path: Path, dry: bool) -> None:
    begun(tmp_path)
    extended(tmp_path, f"    check: binding\n    needs: [lib]\n{LIBRARY}")
    makefile = b"LIB=own\nSRCS=\n.include <bsd.lib.mk>\n"
    commit(tmp_path / "down.git", {"lib/libown/Makefile": makefile}, "own: a library", 2)
    commit(tmp_path / "up.git", {"lib/libown/own.h": b"#define OWN 2\n"}, "own: what it installs", 2)
    uses = FIRST.replace(b"1.1", b"1.2").replace(b'"tool.h"\n', b'"tool.h"\n#include <own.h>\n')
    commit(tmp_path / "up.git", {"usr.sbin/tool/tool.c": uses.replace(b"return 2", b"return OWN")}, "tool: use it", 3)
    more = ["--dry-run"] if dry else []
    found = {one["name"]: one for one in portkit(tmp_path, "--json", "sync", *more).object()["components"]}
    assert (found["lib"]["counts"]["ported"], found["tool"]["counts"]["ported"]) == (1, 1)
    (step,) = portkit(tmp_path, "--json", "audit", "tool", "--each").object()["steps"]
    assert step["errors"] == [0, 0] and step["new"] == []
    told = portkit(tmp_path, "--json", "sync", "tool", "--changeset", found["tool"]["changesets"][0]["id"])
    (alone,) = told.object()["components"]  # without what it needs
    assert alone["counts"]["flagged"] == 1 and "own.h" in alone["changesets"][0]["check"]["new"][0]["text"]


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
    lost = next(one for one in bound["changesets"] if one["state"] == "flagged")
    assert lost["check"]["errors"] == [0, 1] and conflict["check"] == lost["check"] and not lost["check"]["draft"]
    assert "usr.sbin/tool/tool.c:10: " in portkit(place, "conflicts", conflict["id"]).out


@needs_clang
def test_what_another_compiler_found_is_not_believed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is remembered would be the answer of another, and may decide what lands."""
    extended(place, "    check: binding\n")
    first = portkit(place, "--json", "sync", "--dry-run").object()["components"][0]
    assert first["counts"]["flagged"] == 1
    asked = []
    monkeypatch.setattr("portkit.audit.steps.binding", lambda checker: asked.append(checker))
    assert portkit(place, "--json", "sync", "--dry-run").object()["components"][0] == first and not asked
    monkeypatch.setattr("portkit.check.compiler.stamp", lambda: "another")
    assert portkit(place, "--json", "sync", "--dry-run").object()["components"][0]["counts"]["ported"] == 2 and asked


def test_binding_without_a_compiler_is_the_world_s_failure(
    place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    extended(place, "    check: binding\n")
    alone(monkeypatch, tmp_path)
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


def test_the_cover_letter_says_what_the_user_s_commands_came_to(place: Path) -> None:
    extended(place, "    verify:\n      - test -f usr.sbin/tool/tool.c\n      - sh -c 'exit 3'\n")
    assert portkit(place, "sync").code == 0
    assert portkit(place, "report", "weekly").code in (0, 1)
    (cover,) = place.glob("reports/*/cover-tool.txt")
    assert "nothing was run" in cover.read_text("utf-8")
    portkit(place, "sync", "--verify")
    assert portkit(place, "report", "weekly").code in (0, 1)
    text = cover.read_text("utf-8")
    assert "  - passed: test -f usr.sbin/tool/tool.c\n  - failed with 3: sh -c 'exit 3'\nNot tested:\n" in text
    assert "nothing was run" not in text
