"""What the map's further keys do in a sync: patterns, moves, what is not applicable, keywords, policies, links."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_work import ids, states
from test_map_command import MAP, World, source


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Empty histories and no map."""
    return World(tmp_path / "world")


def on_branch(world: World, path: str) -> str:
    return world.git("show", f"portkit/tool:{path}")


def notices(component: dict[str, Any], kind: str) -> list[tuple[str, str]]:
    return [(one["path"], one["text"]) for one in component["notices"] if one["kind"] == kind]


def test_a_pattern_brings_its_files_to_their_folder(world: World) -> None:
    world.up("Begin.", bin__tool__a_dot_c=source("a.c", "1.1"), bin__tool__a_dot_8=b"page 1\n")
    world.down(bin__tool__a_dot_c=source("a.c", "1.1"), share__man__a_dot_8=b"page 1\n")
    world.up("Page.", bin__tool__a_dot_8=b"page 2\n", bin__tool__x_dot_h=b"new\n", bin__tool__b_dot_8=b"more\n")
    world.mapped(text=MAP.replace("bin/tool/: bin/tool/", "bin/tool/*.8: share/man/\n      bin/tool/*.c: bin/tool/"))
    tool = world.sync()["tool"]
    assert states(tool) == {"Page.": "ported"}
    assert on_branch(world, "share/man/a.8") == "page 2" and on_branch(world, "share/man/b.8") == "more"
    assert [path for path, _ in notices(tool, "unmapped")] == ["bin/tool/x.h"]


MOVED = """\
    moved:
      - {from: old/lib/, to: bin/tool/, at: 2013-01-01}
"""


def moving(world: World) -> None:
    """Upstream moves a file: its revisions begin anew."""
    world.up("Begin.", old__lib__a_dot_c=source("a.c", "1.1"))
    world.down(bin__tool__a_dot_c=source("a.c", "1.1").replace(b"int z;", b"int local;"))
    world.up("Before.", old__lib__a_dot_c=source("a.c", "1.2", "int c;"))
    world.up("Move.", old__lib__a_dot_c=None, bin__tool__a_dot_c=source("a.c", "1.1", "int c;"))
    world.up("After.", bin__tool__a_dot_c=source("a.c", "1.2", "int c;", "int d;"))


def test_history_goes_on_across_a_move(world: World) -> None:
    moving(world)
    world.mapped(MOVED)
    tool = world.sync()["tool"]
    assert states(tool) == {"Before.": "ported", "Move.": "already", "After.": "ported"}
    assert [(one["used"], one["upstream"]) for one in tool["baselines"]] == [("1.1", "bin/tool/a.c")]
    assert [one["revisions"] for one in tool["changesets"]] == [
        ["old/lib/a.c 1.2"], ["bin/tool/a.c 1.1"], ["bin/tool/a.c 1.2"],
    ]  # fmt: skip
    text = on_branch(world, "bin/tool/a.c")
    assert "int c;\nint d;\nint local;" in text and "a.c,v 1.2 " in text
    trailers = world.git("log", "--format=%(trailers:key=Upstream-revision,valueonly)", "master..portkit/tool")
    assert trailers.split() == ["bin/tool/a.c", "1.2", "old/lib/a.c", "1.2"]


def test_without_the_key_a_move_is_another_file(world: World) -> None:
    moving(world)
    world.mapped()
    assert "Before." not in states(world.sync()["tool"])


def test_what_was_ported_before_the_move_is_not_offered_again(world: World) -> None:
    moving(world)
    world.mapped(MOVED)
    first = world.sync("--until", world.git("rev-parse", "master~2", at=world.upstream))["tool"]
    assert states(first) == {"Before.": "ported"}
    world.git("update-ref", "refs/heads/master", "refs/heads/portkit/tool")
    second = world.sync()["tool"]
    assert states(second) == {"Move.": "already", "After.": "ported"}
    world.git("update-ref", "refs/heads/master", "refs/heads/portkit/tool")
    assert set(states(world.sync()["tool"]).values()) <= {"already"}


def test_an_old_name_that_comes_back_is_told_and_not_taken(world: World) -> None:
    moving(world)
    world.up("Again.", old__lib__a_dot_c=b"another\n")
    world.mapped(MOVED)
    tool = world.sync()["tool"]
    assert "Again." not in states(tool)
    assert notices(tool, "unmapped") == [
        ("old/lib/a.c", "new upstream, under a name from which the map says that upstream moved")
    ]


def test_a_move_within_the_folder_and_its_parts_in_two_changesets(world: World) -> None:
    world.up("Begin.", bin__tool__a_dot_c=source("a.c", "1.1"))
    world.down(bin__tool__a_dot_c=source("a.c", "1.1"))
    world.up("Remove.", bin__tool__a_dot_c=None)
    world.up("Add.", bin__tool__b_dot_c=source("b.c", "1.1", "int c;"))
    world.mapped(
        "      bin/tool/b.c: bin/tool/a.c\n    moved:\n      - {from: bin/tool/a.c, to: bin/tool/b.c, at: 2013-01-01}\n"
    )
    tool = world.sync()["tool"]
    assert states(tool) == {"Add.": "ported"}
    assert "int c;" in on_branch(world, "bin/tool/a.c")


def test_after_its_day_an_old_name_is_followed_no_further(world: World) -> None:
    world.up("Begin.", old__lib__a_dot_c=source("a.c", "1.1"))
    world.down(bin__tool__a_dot_c=source("a.c", "1.1"))
    last = world.up("Before.", old__lib__a_dot_c=source("a.c", "1.2", "int c;"))
    world.up("Late.", old__lib__a_dot_c=source("a.c", "1.3", "int c;", "int d;"))
    for at in ("2012-10-02", last):
        world.mapped(f"    moved:\n      - {{from: old/lib/, to: bin/tool/, at: {at}}}\n")
        assert states(world.sync()["tool"]) == {"Before.": "ported"}


def test_what_is_not_applicable_stands_with_its_reason(world: World) -> None:
    begin = {"bin__tool__a_dot_c": source("a.c", "1.1"), "bin__tool__b_dot_c": source("b.c", "1.1")}
    world.up("Begin.", **begin)
    world.down(**begin)
    one = world.up("Theirs alone.", bin__tool__a_dot_c=source("a.c", "1.2", "int c;"))
    world.up("In part.", bin__tool__b_dot_c=source("b.c", "1.2", "int c;"), bin__tool__x_dot_8=b"page\n")
    world.mapped(
        f"    not-applicable:\n      - {{changeset: '{one[:12]}', reason: no such ioctl here}}\n"
        "      - {path: bin/tool/*.8, reason: our own pages}\n"
    )
    tool = world.sync()["tool"]
    assert states(tool) == {"Theirs alone.": "not-applicable", "In part.": "ported"}
    assert tool["changesets"][0]["reason"] == "not applicable: no such ioctl here (the map's not-applicable)"
    assert notices(tool, "not-applicable") == [
        ("bin/tool/a.c", "not applicable: no such ioctl here (the map's not-applicable)"),
        ("bin/tool/x.8", "not applicable: our own pages (the map's not-applicable)"),
    ]
    assert "int c;" not in on_branch(world, "bin/tool/a.c") and "int c;" in on_branch(world, "bin/tool/b.c")
    assert "bin/tool/x.8" not in world.git("ls-tree", "-r", "--name-only", "portkit/tool")
    world.portkit("report", "weekly")
    (mail,) = world.folder.glob("reports/*/weekly.md")
    assert "our own pages" in mail.read_text("utf-8")


def test_a_further_keyword_is_folded(world: World) -> None:
    def text(expansion: str, *lines: str) -> bytes:
        return source("a.c", "1.1" if not lines else "1.2", *lines).replace(b"int a;", f"/* {expansion} */".encode())

    world.up("Begin.", bin__tool__a_dot_c=text("$XORG: one $"))
    world.down(bin__tool__a_dot_c=text("$XORG: two $"))
    world.up("Next.", bin__tool__a_dot_c=text("$XORG: three $", "int c;"))
    world.mapped()
    assert states(world.sync()["tool"]) == {"Next.": "conflict"}
    world.mapped("    fold: XORG\n")  # the remembered result is not taken: the map is another
    assert states(world.sync()["tool"]) == {"Next.": "ported"}
    assert "int c;" in on_branch(world, "bin/tool/a.c")


@pytest.mark.parametrize(("policy", "used"), [("auto", "1.3"), ("recorded", "1.2"), ("nearest", "1.4")])
def test_the_baseline_policy_decides_where_line_and_content_disagree(world: World, policy: str, used: str) -> None:
    world.up("Begin.", bin__tool__a_dot_c=source("a.c", "1.1"))
    world.up("Two.", bin__tool__a_dot_c=source("a.c", "1.2", "int c;"))
    world.up("Three.", bin__tool__a_dot_c=source("a.c", "1.3", "int c;", "int d;", "int e;"))
    world.up("Four.", bin__tool__a_dot_c=source("a.c", "1.4", "int c;", "int d;", "int e;"))
    recorded = "1.3" if policy != "recorded" else "1.2"
    world.down(bin__tool__a_dot_c=source("a.c", recorded, "int c;", "int d;", "int e;"))
    world.mapped(f"    baseline-policy: {policy}\n")
    (file,) = world.sync()["tool"]["baselines"]
    assert file["used"] == used
    if policy == "recorded":
        assert "believed as the map says" in file["note"]
        world.mapped("    baseline-policy: auto\n")
        assert world.sync()["tool"]["baselines"][0]["used"] in ("1.3", "1.4")


def test_a_retired_component_is_told_once_its_end_is_seen(world: World) -> None:
    world.up("Begin.", bin__tool__a_dot_c=source("a.c", "1.1"))
    world.down(bin__tool__a_dot_c=source("a.c", "1.1"))
    world.up("Next.", bin__tool__a_dot_c=source("a.c", "1.2", "int c;"))
    gone = world.up("Gone.", bin__tool__a_dot_c=None)
    for at, when in ((gone, "2012-10-03"), ("2012-10-03", "2012-10-03"), (gone[:10], "2012-10-03")):
        world.mapped(f"    retired: {{at: '{at}', successor: newtool}}\n")
        tool = world.sync()["tool"]
        expected = f"upstream ended tool on {when} (the map's retired); newtool followed"
        assert notices(tool, "retired") == [("newtool", expected)]
        assert notices(world.sync("--until", "2012-10-02")["tool"], "retired") == []
    assert "newtool followed" in " ".join(world.portkit("sync").out.split())
    assert world.portkit("report", "weekly").code == 0
    (mail,) = world.folder.glob("reports/*/weekly.md")
    assert "newtool followed" in " ".join(mail.read_text("utf-8").split())
    world.mapped("    retired: {at: 2021-01-01}\n")
    assert notices(world.sync()["tool"], "retired") == []


def test_links_lead_where_the_map_says(world: World) -> None:
    world.up("Begin.", bin__tool__a_dot_c=source("a.c", "1.1"))
    world.down(bin__tool__a_dot_c=source("a.c", "1.1"))
    world.up("Next.", bin__tool__a_dot_c=source("a.c", "1.2", "int c;"))
    world.mapped("links: {commit: 'https://ours.example/{id}', changeset: 'https://theirs.example/{id}'}\n")
    tool = world.sync()["tool"]
    assert world.portkit("report", "weekly").code == 0
    (page,) = world.folder.glob("reports/*/weekly.html")
    text = page.read_text("utf-8")
    assert f"https://theirs.example/{ids(tool, 'ported')[0]}" in text
    assert f"https://ours.example/{world.tip('portkit/tool')}" in text
