"""An import that is merged from a vendor branch."""

from __future__ import annotations

from cli_work import Work

VENDOR = "vendor/MSG"


def asked(work: Work) -> None:
    text = work.map.read_text()
    at = text.index("    mode: import\n") + len("    mode: import\n")
    block = text[at : text.index("\n\n", at)]
    if "    import:" in block:
        line = next(line for line in block.split("\n") if line.startswith("    import:"))
        work.change_map(line + "\n", "    import: {vendor: " + VENDOR + "}\n")
    else:
        work.map.write_text(text[:at] + "    import: {vendor: " + VENDOR + "}\n" + text[at:])


def test_the_sources_stand_alone_and_are_merged(work: Work) -> None:
    asked(work)
    found = work.sync("msg")["msg"]
    assert ("vendor", VENDOR) in {(one["kind"], one["path"]) for one in found["notices"]}
    alone = work.tip(VENDOR)
    assert work.git("rev-list", "--count", VENDOR) == "1"
    first = work.git("rev-list", "--first-parent", "--reverse", "master..portkit/msg").split("\n")[0]
    assert work.git("rev-list", "--parents", "-n1", first).split()[1:] == [work.tip("master"), alone]
    files = work.git("ls-tree", "-r", VENDOR).split("\n")
    assert all("\tlib/libmsg/" in line for line in files)
    for line in files:
        path = line.partition("\t")[2]
        assert line in work.git("ls-tree", "-r", first, path)
    assert "Upstream-commit" not in work.git("show", "-s", "--format=%B", VENDOR)


def test_a_second_run_changes_nothing(work: Work) -> None:
    asked(work)
    work.sync()
    before = work.everything()
    assert not any(one["changed"] for one in work.sync().values())
    assert work.everything() == before
    work.forget()
    work.sync()
    assert work.everything() == before


def test_what_upstream_does_later_goes_on_the_same_branch(work: Work) -> None:
    asked(work)
    work.sync("msg")
    alone = work.tip(VENDOR)
    path = "lib/libmsg/msg.h"
    text = work.git("show", f"master:{path}", at=work.upstream) + "\n/* more */\n"
    work.commit({path: text.encode()}, "More.", at=work.upstream)
    found = work.sync("msg")["msg"]
    assert found["target"]["branch"] == "portkit/msg"
    assert found["changed"]
    assert work.tip(VENDOR) in (alone, work.tip(VENDOR))


def test_a_vendor_branch_of_somebodys_is_left_alone(work: Work) -> None:
    asked(work)
    work.git("branch", VENDOR, "master")
    before = work.tip(VENDOR)
    found = work.sync("msg")["msg"]
    assert work.tip(VENDOR) == before
    assert [one["text"] for one in found["notices"] if one["kind"] == "branch" and one["path"] == VENDOR]


def test_a_dry_run_makes_none(work: Work) -> None:
    asked(work)
    work.sync("msg", "--dry-run")
    assert work.tip(VENDOR) == ""
