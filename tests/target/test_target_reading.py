from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from target_sandbox import Sandbox

from portkit.change.changeset import Blob, Person
from portkit.errors import UserError, WorldError
from portkit.paths import from_bytes


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    return Sandbox(tmp_path, monkeypatch)


def grown(box: Sandbox) -> str:
    """A history with a merged vendor branch; returns the tip."""
    box.commit("start", {"sbin/dhclient/dhclient.c": b"one\n", "README": b"r\n"})
    box.git("checkout", "-q", "--orphan", "vendor/OPENBSD")
    box.git("rm", "-rfq", ".")
    box.commit("vendor import", {"sbin/dhclient/inet.c": b"v\n"})
    box.git("checkout", "-q", "master")
    box.git("merge", "-q", "--allow-unrelated-histories", "-m", "merge vendor", "vendor/OPENBSD")
    box.commit("elsewhere\n\nUpstream-commit: 0123\n", {"README": b"r2\n"})
    box.commit("dhclient - Two.\n\nThis reverts commit 4567.\n", {"sbin/dhclient/dhclient.c": b"two\n"})
    return box.commit("talks of Upstream-commit: in passing", {"README": b"r3\n"})


# -- opening


def test_a_checkout_its_git_folder_a_bare_clone_and_a_worktree_are_all_targets(box: Sandbox) -> None:
    tip = grown(box)
    box.git("clone", "-q", "--bare", str(box.main), "bare.git", at=box.folder)
    box.git("worktree", "add", "-q", str(box.folder / "second"), "-b", "other")
    for place in ("main", "main/.git", "bare.git", "second"):
        with box.open(box.folder / place) as target:
            assert target.default_tip() == tip, place
            assert len(target.tree(tip, ["sbin/"]).entries) == 2, place


def test_what_is_no_repository_is_the_users_mistake(box: Sandbox) -> None:
    (box.folder / "empty").mkdir()
    (box.folder / "file").write_bytes(b"")
    for place in ("empty", "file", "nowhere"):
        with pytest.raises(UserError, match=place):
            box.open(box.folder / place)
    with pytest.raises(UserError, match="begins with '-'"):
        box.open("--upload-pack=touch x")


def test_a_folder_inside_a_repository_is_not_taken_for_it(box: Sandbox) -> None:
    grown(box)
    with pytest.raises(UserError, match="is no git repository") as caught:
        box.open(box.main / "sbin")
    assert str(box.main / ".git") in caught.value.cause


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_somebody_elses_repository_is_refused_with_the_remedy(box: Sandbox) -> None:
    grown(box)
    for path in [box.main, *box.main.rglob("*")]:
        os.lchown(path, 12345, 12345)
    with pytest.raises(UserError) as caught:
        box.open()
    assert f"safe.directory {box.main}" in caught.value.hint


# -- revisions


def test_unknown_revisions_and_options_are_the_users_mistake(box: Sandbox) -> None:
    tip = grown(box)
    target = box.open()
    assert target.resolve("master~0") == target.resolve(tip[:12]) == tip
    for wrong in ("nothere", "--all", "-h", "", "0" * 40, "master:README", "a\nb"):
        with pytest.raises(UserError):
            target.resolve(wrong)


def test_the_tip_is_the_branchs_else_head_for_a_path(box: Sandbox) -> None:
    tip = grown(box)
    box.git("checkout", "-q", "--detach", "HEAD~1")
    assert box.open().default_tip() == tip
    assert box.open(branch="release").default_tip() == box.git("rev-parse", "HEAD")


def test_without_branch_and_head_the_branches_are_named(box: Sandbox) -> None:
    with pytest.raises(UserError) as caught:
        box.open().default_tip()
    assert "no branch at all" in caught.value.cause
    grown(box)
    box.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    with pytest.raises(UserError) as caught:
        box.open(branch="release").default_tip()
    assert caught.value.cause == "its branches are master, vendor/OPENBSD"


def test_what_is_no_name_for_a_branch(box: Sandbox) -> None:
    target = box.open()
    assert target.branch_ref("portkit/dhclient") == "refs/heads/portkit/dhclient"
    for wrong in ("-x", "a..b", "", "a b", "HEAD", "x.lock", "/x", "x/", "a\0b", "@{-1}"):
        with pytest.raises(UserError, match="no name for a branch"):
            target.branch_ref(wrong)


# -- trees


def test_a_tree_has_files_links_and_modes_but_no_submodules(box: Sandbox) -> None:
    (box.main / "a").mkdir()
    (box.main / "a" / "run").write_bytes(b"#!")
    (box.main / "a" / "run").chmod(0o755)
    (box.main / "a" / "link").symlink_to("../../etc/passwd")
    box.git("add", "a")
    box.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},a/module")
    tip = box.commit("all kinds", {"a/plain": b"p\xff\r\n", "ab/no": b"", "a.c": b""})
    tree = box.open().tree(tip, ["a/"])
    modes = {path: blob.mode for path, blob in tree.entries.items()}
    assert modes == {"a/link": 0o120000, "a/plain": 0o100644, "a/run": 0o100755}
    oids = [blob.oid for blob in tree.entries.values()]
    assert [content for _, content in tree.read_many(oids)] == [b"../../etc/passwd", b"p\xff\r\n", b"#!"]
    assert tree.read(oids[1]) == b"p\xff\r\n"
    assert tree.commit == tip


def test_folders_and_files_are_taken_literally(box: Sandbox) -> None:
    names = ["*.c", "x.c", ":(top)y", "sp ace/q\"u.c", "d/e.c", "--"]
    tip = box.commit("names", {f"./{name}": b"" for name in names if not name.startswith(":")})
    tree = box.open().tree
    assert set(tree(tip, ["*.c"]).entries) == {"*.c"}
    assert set(tree(tip, ["sp ace/", "d/e.c", ":(top)y", "missing/", "x.c/"]).entries) == {'sp ace/q"u.c', "d/e.c"}
    assert set(tree(tip, ["d"]).entries) == {"d/e.c"}
    assert set(tree(tip, ["--"]).entries) == {"--"}
    assert len(tree(tip, [""]).entries) == 5
    assert not tree(tip, []).entries


def test_a_name_that_is_no_utf_8_survives(box: Sandbox) -> None:
    blob = box.git("hash-object", "-w", "--stdin", feed=b"x")
    made = box.git("mktree", "-z", feed=f"100644 blob {blob}\t".encode() + b"\xe9t\xe9\n.c\0")
    tip = box.git("commit-tree", "-m", "odd", made)
    assert box.open().tree(tip, [""]).entries == {from_bytes(b"\xe9t\xe9\n.c"): Blob(blob, 0o100644)}


def test_a_missing_content_names_path_and_commit(box: Sandbox) -> None:
    tip = grown(box)
    tree = box.open().tree(tip, ["sbin/"])
    oid = tree.entries[from_bytes(b"sbin/dhclient/inet.c")].oid
    (box.main / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    for ask in (lambda: tree.read(oid), lambda: list(tree.read_many([oid]))):
        with pytest.raises(WorldError, match=f"sbin/dhclient/inet.c is missing at commit {tip}"):
            ask()


def test_a_missing_part_of_the_tree_is_the_worlds_error(box: Sandbox) -> None:
    tip = grown(box)
    oid = box.git("rev-parse", f"{tip}:sbin/dhclient")
    (box.main / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    assert set(box.open().tree(tip, ["README"]).entries) == {"README"}
    with pytest.raises(WorldError):
        box.open().tree(tip, ["sbin/"])


# -- history


def test_history_is_full_and_newest_first(box: Sandbox) -> None:
    tip = grown(box)
    target = box.open()
    found = list(target.history(tip, ["sbin/dhclient/"]))
    subjects = [commit.message.split("\n")[0] for commit in found]
    # the merge differs from each of its parents there; the orphan vendor branch is history too
    assert subjects[:2] == ["dhclient - Two.", "merge vendor"]
    assert set(subjects[2:]) == {"start", "vendor import"}
    assert len(found[1].parents) == 2
    assert found[0].date == 1000000000
    assert found[0].author == Person("Pat Porter", "pat@example.org")
    assert found[0].message == "dhclient - Two.\n\nThis reverts commit 4567.\n"


def test_history_since_a_commit_and_of_no_paths(box: Sandbox) -> None:
    tip = grown(box)
    target = box.open()
    assert [one.id for one in target.history(tip, ["sbin/"], since=f"{tip}~2")] == [box.git("rev-parse", "HEAD~1")]
    assert list(target.history(tip, [])) == []
    assert list(target.history(tip, ["s*"])) == []


def test_history_reads_what_the_merge_took_from_one_side(box: Sandbox) -> None:
    """git's default would drop a side branch whose change the merge did not take: a ledger must not."""
    box.commit("start", {"f": b"1\n"})
    box.git("checkout", "-q", "-b", "side")
    lost = box.commit("on the side", {"f": b"2\n"})
    box.git("checkout", "-q", "master")
    box.git("merge", "-q", "--no-ff", "-s", "ours", "-m", "not taken", "side")
    assert lost in [one.id for one in box.open().history("master", ["f"])]


def test_changes_are_told_file_by_file_and_of_a_merge_only_what_is_its_own(box: Sandbox) -> None:
    box.commit("start", {"d/f": b"1\n", "d/g": b"1\n", "other": b"o\n"})
    box.git("checkout", "-q", "-b", "side")
    side = box.commit("on the side", {"d/f": b"2\n"})
    box.git("checkout", "-q", "master")
    gone = box.commit("gone", {"d/g": None})
    box.git("merge", "-q", "--no-ff", "-m", "plain", "side")
    box.git("checkout", "-q", "-b", "more", side)
    box.commit("more", {"d/f": b"3\n"})
    box.git("checkout", "-q", "master")
    box.git("merge", "-q", "--no-ff", "--no-commit", "more")
    merge = box.commit("a merge\n\nwith an edit", {"d/f": b"4\n"})
    target = box.open()
    found = list(target.changes(merge, ["d"]))
    assert found[0].commit.id == merge
    assert found[0].commit.message == "a merge\n\nwith an edit\n"
    told = {one.commit.id: [(file.path, file.old is None, file.new is None) for file in one.files] for one in found}
    assert told[merge] == [("d/f", False, False)]
    assert told[gone] == [("d/g", False, True)]
    assert len(told) == 5
    first = next(one for one in found if one.commit.id == merge).files[0]
    assert first.old is not None
    assert first.new is not None
    assert (target.read(first.old.oid), target.read(first.new.oid)) == (b"2\n", b"4\n")
    assert side not in [one.commit.id for one in target.changes(merge, ["d"], since=f"{merge}^")]
    assert list(target.changes(merge, [])) == []
    with pytest.raises(WorldError, match="lacks the content"):
        target.read("0" * 40)


def test_a_parent_never_comes_before_its_child(box: Sandbox) -> None:
    """Dates are not monotone in the real target."""
    dates = [900, 300, 700, 100, 500]
    stream = b"".join(
        b"commit refs/heads/master\ncommitter A <a@b> %d +0000\ndata 16\nUpstream-commit:\nM 644 inline f\n"
        b"data 4\n%04d\n" % (date, date)
        for date in dates
    )
    box.git("fast-import", "--quiet", feed=stream)
    target = box.open()
    assert [one.date for one in target.commits_between("master~4", "master")] == dates[1:]
    assert [one.date for one in target.trailer_commits("master")] == dates[::-1]


def test_commits_with_a_trailer_are_found_anywhere(box: Sandbox) -> None:
    tip = grown(box)
    target = box.open()
    assert [one.message.split("\n")[0] for one in target.trailer_commits(tip)] == ["dhclient - Two.", "elsewhere"]
    since = box.git("rev-parse", f"{tip}~2")
    assert [one.message.split("\n")[0] for one in target.trailer_commits(tip, since)] == ["dhclient - Two."]


def test_the_users_and_the_repositorys_log_settings_change_nothing(box: Sandbox) -> None:
    tip = grown(box)
    box.commit("rename", {"sbin/dhclient/dhclient.c": None, "sbin/dhclient/client.c": b"two\n"})
    before = [list(box.open().history("master", ["sbin/dhclient/client.c"])), list(box.open().trailer_commits(tip))]
    for key, value in (
        ("log.follow", "true"), ("log.decorate", "full"), ("log.showSignature", "true"), ("color.ui", "always"),
        ("log.mailmap", "true"), ("mailmap.blob", "HEAD:README"), ("grep.patternType", "perl"),
        ("i18n.logOutputEncoding", "utf-16"), ("format.pretty", "oneline"), ("log.abbrevCommit", "true"),
        ("notes.displayRef", "refs/notes/*"), ("diff.renames", "copies"), ("log.diffMerges", "on"),
    ):  # fmt: skip
        box.git("config", key, value)
    box.git("notes", "add", "-m", "Upstream-commit: in a note", "master")
    after = [list(box.open().history("master", ["sbin/dhclient/client.c"])), list(box.open().trailer_commits(tip))]
    assert before == after
    assert len(before[0]) == 1


def test_messages_in_other_encodings(box: Sandbox) -> None:
    tree = box.git("mktree", feed=b"")
    raw = b"tree %s\nauthor J\xf6rg <j@x> 5 +0000\ncommitter J <j@x> 7 +0100\n%s\nGr\xfc\xdfe\n"
    plain = box.git("hash-object", "-t", "commit", "-w", "--stdin", feed=raw % (tree.encode(), b""))
    named = box.git(
        "hash-object", "-t", "commit", "-w", "--stdin", feed=raw % (tree.encode(), b"encoding ISO-8859-15\n")
    )
    for sha in (plain, named):
        commit = box.open().commit_info(sha)
        assert (commit.author.name, commit.message) == ("Jörg", "Grüße\n")
        assert (commit.date, commit.authored) == (7, 5)


def test_commits_between_are_oldest_first(box: Sandbox) -> None:
    tip = grown(box)
    target = box.open()
    base = target.resolve("master~2")
    assert [one.id for one in target.commits_between(base, tip)] == [target.resolve("master~1"), tip]
    assert target.commits_between(tip, tip) == ()
    assert target.commit_info(tip).message == "talks of Upstream-commit: in passing\n"
    assert target.is_ancestor(base, tip)
    assert not target.is_ancestor(tip, base)
    with pytest.raises(WorldError):
        target.commit_info("0" * 40)


def test_what_would_be_lost_with_a_branch(box: Sandbox) -> None:
    box.commit("one", {"f": b"1\n"})
    box.git("checkout", "-q", "-b", "port")
    shared = box.commit("two", {"f": b"2\n"})
    box.git("branch", "port-draft")
    own = [box.commit(text, {"f": text.encode()}) for text in ("three", "four")]
    box.git("checkout", "-q", "master")
    target = box.open()
    assert [one.id for one in target.only_on("port", target.default_tip())] == own
    assert [one.id for one in target.only_on("port", own[0])] == own[1:]
    assert target.only_on("port", own[1]) == ()
    box.git("branch", "-D", "port-draft")
    assert [one.id for one in target.only_on("port", target.default_tip())] == [shared, *own]


def test_a_long_history_is_read_whole_in_pieces(box: Sandbox) -> None:
    stream = b"".join(
        b"commit refs/heads/master\ncommitter A <a@b> %d +0000\ndata %d\n%s\nM 644 inline f\ndata 4\n%04d\n"
        % (number, 9000, b"x" * 9000, number)
        for number in range(400)
    )
    box.git("fast-import", "--quiet", feed=stream)
    found = list(box.open().history("master", ["f"]))
    assert [one.date for one in found] == list(range(399, -1, -1))
    assert {len(one.message) for one in found} == {9000}


def test_a_shallow_clone_says_so(box: Sandbox) -> None:
    grown(box)
    box.git("clone", "-q", "--depth=1", f"file://{box.main}", "shallow", at=box.folder)
    target = box.open(box.folder / "shallow")
    assert target.cut
    assert not box.open().cut
    assert len(list(target.history("master", ["README"]))) == 1


def test_objects_in_an_alternate_are_found(box: Sandbox) -> None:
    tip = grown(box)
    box.git("clone", "-q", "--bare", "--shared", str(box.main), "shared.git", at=box.folder)
    target = box.open(box.folder / "shared.git")
    tree = target.tree(tip, ["sbin/dhclient/dhclient.c"])
    assert [tree.read(blob.oid) for blob in tree.entries.values()] == [b"two\n"]


def test_a_target_without_a_config_file_is_read(box: Sandbox) -> None:
    tip = grown(box)
    shutil.copytree(box.main / ".git", box.folder / "old.git")
    (box.folder / "old.git" / "config").unlink()
    (box.folder / "old.git" / "index").unlink()
    target = box.open(box.folder / "old.git")
    assert target.default_tip() == tip
    assert target.checked_out("master") == ""


# -- who


def test_identity_is_gits_own(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert box.open().identity() == Person("Pat Porter", "pat@example.org")
    box.git("config", "user.email", "pat@local.example")
    assert box.open().identity() == Person("Pat Porter", "pat@local.example")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Someone <Else>")
    assert box.open().identity().name == "Someone Else"


def test_git_does_not_guess_who_it_is(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    box.config.write_text("")
    monkeypatch.delenv("EMAIL", raising=False)
    with pytest.raises(UserError) as caught:
        box.open().identity()
    assert "user.name" in caught.value.hint
    assert caught.value.cause
