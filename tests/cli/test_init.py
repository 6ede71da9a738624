"""`portkit init`: a workspace whose map is valid as it is; a tree that tells which components it has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli_work import Work, call, snapshot

from portkit.store.mapfile import read_map

IDENT = b"/* $OpenBSD: %s,v 1.2 2010/01/02 03:04:05 joe Exp $ */\nint x;\n"


def test_the_map_is_valid_and_every_part_is_there(tmp_path: Path) -> None:
    told = call("init", str(tmp_path / "new"))
    assert (told.code, told.err) == (0, "")
    assert f"portkit -C {tmp_path}/new doctor" in told.out
    found = read_map(tmp_path / "new" / "upstream-map.yaml")
    assert [one.name for one in found.components] == ["dhclient"]
    assert found.target.location == "git://git.dragonflybsd.org/dragonfly.git"
    assert (tmp_path / "new" / ".gitignore").read_text() == ".portkit/\n"
    assert (tmp_path / "new" / "patches").is_dir()
    assert (tmp_path / "new" / "reports").is_dir()
    assert not (tmp_path / "new" / ".portkit").exists()


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    told = call("--json", "-C", str(tmp_path), "init").object()
    assert ".gitignore" not in told["files"]
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    before = snapshot(tmp_path)
    again = call("-C", str(tmp_path), "init")
    assert again.code == 2
    assert "there is a map already" in again.err
    assert snapshot(tmp_path) == before


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "upstream-map.yaml").symlink_to(tmp_path / "elsewhere")
    assert call("init", str(tmp_path)).code == 2
    assert not (tmp_path / "elsewhere").exists()


def test_a_name_with_spaces_can_be_typed_as_it_is_shown(tmp_path: Path) -> None:
    assert f"portkit -C '{tmp_path}/a b' status" in call("init", str(tmp_path / "a b")).out


def test_components_are_guessed_from_ident_lines(work: Work, tmp_path: Path) -> None:
    work.commit(
        {
            "usr.bin/few/one.c": IDENT % b"one.c", "usr.bin/few/two.c": b"int y;\n", "usr.bin/few/three.c": b"int z;\n",
            "bin/moved/a.c": IDENT % b"src/usr.bin/moved/Attic/a.c", "bin/prose.c": b"/* $OpenBSD$ */\n",
            "odd/no: \"yes\" #\n/x.c": IDENT % b"x.c", b"odd/\xff/x.c": IDENT % b"x.c",
        },
        "files",
    )  # fmt: skip
    told = call("--json", "init", str(tmp_path / "new"), "--from-tree", str(work.target)).object()
    guesses = {one["folder"]: one for one in told["guesses"]}
    assert guesses["bin/moved/"]["upstream"] == "usr.bin/moved/"
    assert (guesses["usr.bin/few/"]["idents"], guesses["usr.bin/few/"]["files"]) == (1, 3)
    counts = [one["idents"] for one in told["guesses"]]
    assert counts == sorted(counts, reverse=True)
    assert "sbin/leased/" in guesses
    assert not any("\n" in folder or "\udcff" in folder or folder == "bin/" for folder in guesses)
    path = tmp_path / "new" / "upstream-map.yaml"
    text = path.read_text()
    assert "  #     usr.bin/few/one.c: usr.bin/few/one.c\n" in text
    found = read_map(path)
    assert found.target.location == str(work.target)
    assert len(found.components) == 1
    before, _, after = text.partition("\n  # Other folders")
    taken = [f"  {line[4:]}" if line.startswith("  # ") else line for line in after.splitlines()[2:]]
    path.write_text("\n".join([before, *taken]))
    assert {one.name for one in read_map(path).components} == {one["component"] for one in told["guesses"]}


def test_a_tree_without_ident_lines_gives_the_example(tmp_path: Path, work: Work) -> None:
    work.git("init", "-q", "-b", "trunk", str(tmp_path / "empty"))
    empty = call("init", str(tmp_path / "new"), "--from-tree", str(tmp_path / "empty"))
    assert empty.code == 2
    assert "has no commit yet" in empty.err
    work.commit({"a.c": b"int x;\n"}, "none", at=tmp_path / "empty", ref="trunk")
    assert "No file of the tree" in call("init", str(tmp_path / "new"), "--from-tree", str(tmp_path / "empty")).out
    assert read_map(tmp_path / "new" / "upstream-map.yaml").target.branch == "trunk"


@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("https://example.org/x.git", "is no path on this machine"),
        ("-x", "begins with '-'"),
        ("nowhere", "there is no"),
        ("ext::sh -c id", "runs a program"),
    ],
)
def test_what_is_no_tree_is_refused(tmp_path: Path, location: str, says: str) -> None:
    told = call("init", str(tmp_path / "new"), f"--from-tree={location}")
    assert told.code == 2
    assert says in told.err
    assert not (tmp_path / "new").exists()


def test_nothing_of_a_hostile_tree_runs(work: Work, tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    work.git("config", "diff.bad.textconv", f"touch {trace}; cat")
    work.git("config", "core.fsmonitor", f"touch {trace}")
    work.git("config", "core.pager", f"touch {trace}")
    work.commit({".gitattributes": b"* diff=bad\n"}, "attributes")
    (work.target / "info").mkdir(exist_ok=True)
    (work.target / "info" / "attributes").write_text("* diff=bad\n")
    assert call("init", str(tmp_path / "new"), "--from-tree", str(work.target)).code == 0
    assert not trace.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is refused to root")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    told = call("init", str(tmp_path / "new"))
    assert told.code == 3
    assert "cannot write" in told.err
