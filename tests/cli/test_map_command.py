"""`portkit map` on small histories: what check finds and does not, what locate says, and that what went stale stops
nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli_work import Work, call

MAP = """\
version: 1
upstreams:
  openbsd: {git: openbsd.git}
target: {git: dragonfly.git}
components:
  tool:
    mode: sync
    upstream: openbsd
    paths:
      bin/tool/: bin/tool/
"""


def source(name: str, revision: str, *lines: str) -> bytes:
    return f"/* $OpenBSD: {name},v {revision} 2012/06/26 14:46:42 krw Exp $ */\n".encode() + "\n".join(
        ["int a;", "int b;", *lines, "int z;", ""]
    ).encode()


class World(Work):
    """A workspace whose histories a test writes itself."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        folder.mkdir()
        for name in ("openbsd.git", "dragonfly.git"):
            subprocess.run(["git", "init", "-q", "--bare", "-b", "master", str(folder / name)], check=True)
        self.day = 1349000000

    def up(self, log: str, **files: bytes | None) -> str:
        """Upstream commits files; `/` is spelled `__`, `.` is `_dot_`."""
        self.day += 86400
        return self.commit({_path(name): one for name, one in files.items()}, log, at=self.upstream, date=self.day)

    def down(self, **files: bytes | None) -> str:
        """The target commits files."""
        return self.commit({_path(name): one for name, one in files.items()}, "local work", date=self.day)

    def mapped(self, more: str = "", text: str = MAP) -> None:
        """Writes the map, with further lines for its component."""
        self.map.write_text(text + more, "utf-8")

    def findings(self, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
        told = self.portkit("--json", "map", "check", *arguments)
        assert told.code == code, (told.out, told.err)
        found = told.object()["findings"]
        assert isinstance(found, list)
        return found


def _path(name: str) -> str:
    return name.replace("__", "/").replace("_dot_", ".")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One file on both sides, and a change upstream that waits."""
    made = World(tmp_path / "world")
    made.up("Begin.", bin__tool__a_dot_c=source("a.c", "1.1"))
    made.down(bin__tool__a_dot_c=source("a.c", "1.1"))
    made.up("Next.", bin__tool__a_dot_c=source("a.c", "1.2", "int c;"))
    made.mapped()
    return made


def said(findings: list[dict[str, Any]]) -> list[tuple[str, int, str]]:
    return [(one["severity"], one["line"], one["key"]) for one in findings]


def test_a_map_in_order_has_no_findings(world: World) -> None:
    assert world.findings() == []
    told = world.portkit("map", "check")
    assert (told.code, told.out) == (0, "upstream-map.yaml: nothing is wrong\n")


def test_rules_that_match_nothing(world: World) -> None:
    world.mapped("      bin/tol/: bin/other/\n      bin/tool/b.c: bin/misc/b.c\n")
    found = world.findings(code=2)
    assert said(found) == [
        ("mistake", 11, "components.tool.paths.bin/tol/"),
        ("warning", 11, "components.tool.paths.bin/tol/"),
        ("mistake", 12, "components.tool.paths.bin/tool/b.c"),
        ("warning", 12, "components.tool.paths.bin/tool/b.c"),
    ]
    assert found[0]["text"] == "upstream openbsd never had 'bin/tol/'"
    assert found[0]["remedy"] == "nearest: 'bin/tool/'"
    assert "the target has no 'bin/other/'" in found[1]["text"]
    told = world.portkit("map", "check")
    assert told.code == 2
    assert "upstream-map.yaml:11: mistake: components.tool.paths.bin/tol/:" in told.out
    assert told.err.startswith("error: upstream-map.yaml: 2 mistakes, 2 warnings in the map")


def test_a_stale_rule_stops_no_other_command(world: World) -> None:
    world.mapped(
        "      bin/gone/: bin/gone/\n"
        "    exclude: [bin/tool/*.old]\n"
        "    keep: [bin/tool/nothing.c]\n"
        "    deleted: [bin/tool/never.c]\n"
        "    baseline: {bin/tool/a.c: 9.9}\n"
        "    retired: {at: 1234567abc, successor: other}\n"
        "    moved:\n      - {from: bin/before/, to: bin/tool/, at: 7654321abc}\n"
        "    not-applicable:\n      - {changeset: 1234567, reason: none of ours}\n"
    )
    stale = [one["key"].removeprefix("components.tool.") for one in world.findings(code=2)]
    assert stale == [
        "paths.bin/gone/", "paths.bin/gone/", "exclude[0]", "keep[0]", "deleted[0]", "baseline.bin/tool/a.c",
        "retired.at", "moved[0].at", "moved[0].from", "not-applicable[0]",
    ]  # fmt: skip
    tool = world.sync()["tool"]
    assert tool["counts"]["ported"] == 1
    stales = [one["text"] for one in tool["notices"] if one["kind"] == "stale"]
    assert len(stales) == 2 and "7654321abc" in stales[0] and "1234567abc" in stales[1]
    assert "the map says 9.9, which is no revision of bin/tool/a.c" in tool["baselines"][0]["note"]
    for command in (("status",), ("baseline", "tool"), ("conflicts",), ("report", "weekly")):
        told = world.portkit(*command)
        assert told.code == 0, (command, told.err)


def test_offline_looks_at_nothing_but_the_map(world: World) -> None:
    world.mapped("    import: {at: 2012-01-01}\n    exclude: ['usr.sbin/other/*.8']\n")
    world.upstream.rename(world.folder / "elsewhere.git")
    found = world.findings("--offline")
    assert said(found) == [("warning", 11, "components.tool.import"), ("warning", 12, "components.tool.exclude[0]")]
    online = world.findings(code=2)
    assert ("mistake", 3, "upstreams.openbsd") in said(online)


def test_a_branch_that_is_not_there(world: World) -> None:
    world.mapped(text=MAP.replace("git: openbsd.git", "git: openbsd.git, branch: mastr"))
    assert said(world.findings(code=2)) == [("mistake", 3, "upstreams.openbsd")]
    world.mapped(text=MAP.replace("git: dragonfly.git", "git: dragonfly.git, branch: mastr"))
    assert said(world.findings()) == [("warning", 4, "target.branch")]


def test_a_source_that_cannot_be_reached(world: World) -> None:
    away = (world.folder / "away.git").as_uri()
    world.mapped(text=MAP.replace("git: openbsd.git", f"git: '{away}'"))
    assert said(world.findings(code=3)) == [("warning", 3, "upstreams.openbsd")]
    assert "error: " in world.portkit("map", "check").err


def test_hostile_names_are_shown_as_text(world: World) -> None:
    world.commit({b"bin/tool/\x1b[2J\xe2\x80\xae.h": b"x"}, "More.", at=world.upstream, date=world.day)
    world.mapped(text=MAP.replace("bin/tool/: bin/tool/", "bin/tool/*.c: bin/tool/"))
    assert "\\x1b[2J" in world.portkit("map", "check").out  # cli_work.call looks at every byte
    assert len(world.findings()) == 1
    told = world.portkit("map", "locate", "bin/tool/\x1b[2J.h")
    assert told.code == 0 and "\\x1b" in told.out


def test_mistakes_of_the_map_itself_are_findings_too(world: World) -> None:
    world.mapped("    keeps: []\n    mode: watch\n")
    found = world.findings(code=2)
    assert said(found) == [("mistake", 11, "components.tool"), ("mistake", 12, "components.tool")]
    assert "nearest: 'keep'" in found[0]["text"]


def test_two_components_that_would_write_one_file(world: World) -> None:
    other = "  other:\n    mode: sync\n    upstream: openbsd\n    paths: {lib/x.c: bin/tool/a.c}\n"
    world.up("Another.", lib__x_dot_c=source("x.c", "1.1"))
    world.mapped(other)
    found = world.findings(code=2)
    assert [one for one in said(found) if one[0] == "mistake"] == [("mistake", 14, "components.other.paths.lib/x.c")]
    assert "bin/tool/a.c' would be other's and tool's" in found[-1]["text"] + found[-2]["text"]
    assert "exclude 'bin/tool/a.c' there" in world.findings("--offline")[0]["remedy"]


def test_files_outside_the_map_are_told(world: World) -> None:
    world.up("More.", bin__tool__b_dot_c=source("b.c", "1.1"), bin__tool__c_dot_h=source("c.h", "1.1"))
    world.mapped(text=MAP.replace("bin/tool/: bin/tool/", "bin/tool/*.c: bin/tool/"))
    (note,) = world.findings()
    assert note["severity"] == "note" and "1 upstream file stands beside" in note["text"]
    assert "bin/tool/c.h" in note["text"]


def test_the_schema_needs_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = call("map", "schema")
    assert told.code == 0
    schema = json.loads(told.out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert call("--json", "map", "schema").object()["json_schema"] == schema


LOCATE = MAP + """\
      bin/tool/*.8: share/man/
      lib/one.c: lib/one.c
    exclude: [bin/tool/regress/]
    keep: [bin/tool/kept.c]
    moved:
      - {from: bin/old/, to: bin/tool/, at: 2012-01-01}
"""


@pytest.mark.parametrize(
    ("path", "kind", "side", "line", "upstream", "target"),
    [
        ("bin/tool/a.c", "mapped", "upstream", 10, "bin/tool/a.c", "bin/tool/a.c"),
        ("bin/tool", "mapped", "upstream", 10, "bin/tool/", "bin/tool/"),
        ("./bin/tool/", "mapped", "upstream", 10, "bin/tool/", "bin/tool/"),
        ("bin/tool/a.8", "mapped", "upstream", 11, "bin/tool/a.8", "share/man/a.8"),
        ("share/man/a.8", "mapped", "target", 11, "bin/tool/a.8", "share/man/a.8"),
        ("bin/tool/regress/x", "excluded", "upstream", 13, "bin/tool/regress/x", None),
        ("lib/two.c", "unmapped", "upstream", 9, "lib/two.c", None),
        ("bin/old/x.c", "mapped", "upstream", 10, "bin/old/x.c", "bin/tool/x.c"),
    ],
)
def test_locate(
    world: World, path: str, kind: str, side: str, line: int, upstream: str | None, target: str | None
) -> None:
    world.mapped(text=LOCATE)
    told = world.portkit("--json", "map", "locate", path)
    assert told.code == 0, told.err
    (answer,) = told.object()["answers"]
    got = tuple(answer[one] for one in ("kind", "side", "line", "upstream", "target"))
    assert got == (kind, side, line, upstream, target)
    words = world.portkit("map", "locate", path).out
    assert words.startswith(f"{kind}: tool (sync)\n") and f"upstream-map.yaml:{line}" in words


def test_locate_says_what_else_the_map_says(world: World) -> None:
    world.mapped(text=LOCATE)
    assert "keeps it where upstream deletes it" in world.portkit("map", "locate", "bin/tool/kept.c").out
    assert "upstream moved it to bin/tool/x.c" in world.portkit("map", "locate", "bin/old/x.c").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("locate", "bin/tol/a.c"), "nearest: 'bin/tool/'"),
        (("locate", "../x"), "climbs out"),
        (("locate",), "locate needs a PATH"),
        (("check", "x"), "check takes no PATH"),
        (("schema", "--offline"), "--offline is for check"),
    ],
)
def test_what_map_refuses(world: World, arguments: tuple[str, ...], says: str) -> None:
    told = world.portkit("map", *arguments)
    assert told.code == 2 and says in told.err, told.err
