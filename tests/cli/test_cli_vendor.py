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


def later(work: Work, word: str) -> None:
    """Upstream changes a file of the component."""
    path = "lib/libmsg/msg.h"
    text = work.git("show", f"master:{path}", at=work.upstream) + f"\n/* {word} */\n"
    work.commit({path: text.encode()}, f"{word}.", at=work.upstream)


def alike(work: Work, vendor: str) -> bool:
    """Whether the vendor branch holds upstream's files of now, and nothing else."""
    lines = work.git("ls-tree", "-r", vendor).split("\n")
    return all(line in work.git("ls-tree", "-r", "master", "lib", at=work.upstream).split("\n") for line in lines)


def test_what_upstream_does_later_goes_on_the_same_branch_and_is_merged(work: Work) -> None:
    asked(work)
    work.sync("msg")
    alone, before = work.tip(VENDOR), work.tip("portkit/msg")
    later(work, "More")
    found = work.sync("msg")["msg"]
    assert found["target"]["branch"] == "portkit/msg" and found["changed"]
    assert alike(work, VENDOR) and work.tip(VENDOR) != alone
    assert work.git("rev-list", "--parents", "-n1", VENDOR).split()[1:] == [alone]
    tip = work.tip("portkit/msg")
    assert work.git("merge-base", tip, VENDOR) == work.tip(VENDOR)
    assert tip != before and not any(one["changed"] for one in work.sync("msg").values())
    work.forget()
    assert not work.sync("msg")["msg"]["changed"]


def test_once_it_is_taken_the_changesets_land_and_the_vendor_branch_is_merged_again(work: Work) -> None:
    asked(work)
    work.sync("msg")
    work.git("update-ref", "refs/heads/master", work.tip("portkit/msg"))
    alone = work.tip(VENDOR)
    later(work, "More")
    later(work, "Still more")
    found = work.sync("msg")["msg"]
    assert [one["subject"] for one in found["changesets"]] == ["More.", "Still more."]
    new = work.git("rev-list", "--first-parent", "--reverse", "master..portkit/msg").split("\n")
    assert [one["commit"] for one in found["changesets"]] == new[:2]
    assert work.git("rev-list", "--parents", "-n1", new[2]).split()[1:] == [new[1], work.tip(VENDOR)]
    assert work.git("rev-parse", f"{new[2]}^{{tree}}") == work.git("rev-parse", f"{new[1]}^{{tree}}")
    assert work.git("rev-list", "--reverse", VENDOR).split("\n")[0] == work.git("rev-list", "--reverse", alone)[:40]
    assert alike(work, VENDOR)
    work.git("update-ref", "refs/heads/master", work.tip("portkit/msg"))
    assert work.sync("msg")["msg"]["changesets"] == []


def test_the_folder_says_where_its_files_come_from(work: Work) -> None:
    asked(work)
    work.sync("msg")
    text = work.git("show", "portkit/msg:lib/libmsg/README.DRAGONFLY")
    assert VENDOR in text and "msg.h" in text
    assert "README" not in work.git("ls-tree", "-r", "--name-only", VENDOR)


def leaving_out(work: Work, *names: str) -> None:
    """The map leaves out of the import what these name, below lib/libmsg."""
    listed = ", ".join(f"lib/libmsg/{one}" for one in names)
    asks = "    import: {vendor: " + VENDOR + "}\n"
    work.change_map(asks, f"{asks}    deleted: [{listed}]\n")
    text = work.map.read_text()
    files = "".join(line + "\n" for line in text.split("\n") if line.startswith("      lib/libmsg/"))
    work.change_map(files, "      lib/libmsg/: lib/libmsg/\n")


def test_what_is_left_out_stands_in_readme_deleted_and_on_no_branch(work: Work) -> None:
    asked(work)
    work.commit({"lib/libmsg/test/a.c": b"a\n", "lib/libmsg/old.c": b"o\n"}, "Tests.", at=work.upstream)
    leaving_out(work, "test/", "old.c")
    work.sync("msg")
    assert work.git("show", "portkit/msg:lib/libmsg/README.DELETED") == "old.c\ntest/a.c"
    for branch in (VENDOR, "portkit/msg"):
        held = work.git("ls-tree", "-r", "--name-only", branch)
        assert "lib/libmsg/msg.h" in held and "test/a.c" not in held and "old.c" not in held
    told = work.git("log", "-1", "--format=%s", "portkit/msg", "--", "lib/libmsg/README.DELETED")
    assert told.endswith("Add README.DRAGONFLY and README.DELETED.")
    # taken, and upstream goes on with what is left out: the file says so now, with or without the map
    work.git("update-ref", "refs/heads/master", work.tip("portkit/msg"))
    work.change_map("    deleted: [lib/libmsg/test/, lib/libmsg/old.c]\n", "")
    alone = work.tip(VENDOR)
    later(work, "More")
    work.commit({"lib/libmsg/test/a.c": b"b\n"}, "Tests again.", at=work.upstream)
    found = work.sync("msg")["msg"]
    assert [(one["subject"], one["state"]) for one in found["changesets"]][-2:] == [
        ("More.", "ported"), ("Tests again.", "not-applicable"),
    ]  # fmt: skip
    assert work.git("rev-list", "--parents", "-n1", VENDOR).split()[1:] == [alone]
    assert "test/a.c" not in work.git("ls-tree", "-r", "--name-only", VENDOR)
    assert ("deleted-on-purpose", "lib/libmsg/test/a.c") in {(one["kind"], one["path"]) for one in found["notices"]}


def test_a_vendor_branch_of_somebodys_is_left_alone(work: Work) -> None:
    asked(work)
    work.git("branch", VENDOR, "master")
    before = work.tip(VENDOR)
    found = work.sync("msg")["msg"]
    assert work.tip(VENDOR) == before
    assert [one["text"] for one in found["notices"] if one["kind"] == "branch" and one["path"] == VENDOR]
    assert not work.git("rev-list", "--merges", "master..portkit/msg")


def test_it_is_told_where_the_sources_stand(work: Work) -> None:
    asked(work)
    assert f"the sources stand unchanged on {VENDOR}" in work.portkit("sync", "msg").out


def test_a_dry_run_makes_none(work: Work) -> None:
    asked(work)
    work.sync("msg", "--dry-run")
    assert work.tip(VENDOR) == ""
