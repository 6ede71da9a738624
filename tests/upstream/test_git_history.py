from __future__ import annotations

from pathlib import Path

import pytest
from upstream_sandbox import Sandbox, everything, shape

from portkit.change.changeset import Blob, Person
from portkit.errors import UserError, WorldError
from portkit.paths import to_bytes


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    return Sandbox(tmp_path, monkeypatch)


# -- what a changeset says


def test_a_changeset_says_who_when_what_and_against_what(box: Sandbox) -> None:
    first = box.up.commit({"sbin/x/a.c": b"1\n", "other": b"o\n"}, b"import\n")
    skipped = box.up.commit({"other": b"p\n"})
    second = box.up.commit({"sbin/x/a.c": b"2\n"}, b"fix\n\nok deraadt@\n", author=b"Ken <krw@example.org>")
    with box.open(["sbin/x/"]) as history:
        one, two = history.changesets(everything)
        assert history.tip == second
        assert not history.rewritten
        assert not history.shallow
        assert two.files[0].new is not None
        assert history.read(two.files[0].new.oid) == b"2\n"
    assert (one.id, one.parent, one.subject) == (first, "", "import")
    assert (two.id, two.parent, two.date) == (second, skipped, 1000000300)
    assert two.author == Person("Ken", "krw@example.org")
    assert two.message == "fix\n\nok deraadt@\n"
    assert two.files[0].old == one.files[0].new == Blob(box.up.git("rev-parse", f"{first}:sbin/x/a.c"), 0o100644)


def test_additions_deletions_readditions_modes_and_symbolic_links(box: Sandbox) -> None:
    box.up.commit({"d/a": b"a\n", "d/b": b"b\n"}, b"add")
    box.up.commit({"d/a": None}, b"delete")
    box.up.commit({"d/a": b"a\n", "d/b": (0o100755, b"b\n")}, b"again")
    box.up.commit({"d/b": (0o120000, b"a")}, b"link")
    changesets = box.all()
    assert shape(changesets) == [
        ("add", [("A", "d/a"), ("A", "d/b")]),
        ("delete", [("D", "d/a")]),
        ("again", [("A", "d/a"), ("T", "d/b")]),
        ("link", [("T", "d/b")]),
    ]
    link = changesets[3].files[0].new
    assert link is not None
    assert link.mode == 0o120000


def test_a_move_is_a_deletion_and_an_addition(box: Sandbox) -> None:
    box.config.write_text("[diff]\nrenames = copies\n[log]\nfollow = true\n")
    box.up.commit({"d/a": b"long enough to be found again\n" * 9}, b"add")
    box.up.commit({"d/a": None, "d/b": b"long enough to be found again\n" * 9}, b"move")
    assert shape(box.all())[1] == ("move", [("D", "d/a"), ("A", "d/b")])
    assert shape(box.all(["d/b"], state=box.folder / "fresh")) == [("move", [("A", "d/b")])]


def test_submodules_are_no_files(box: Sandbox) -> None:
    commit = box.up.commit({"d/a": b"a\n"}, b"add")
    box.up.commit({"d/sub": (0o160000, commit.encode())}, b"submodule")
    box.up.commit({"d/a": (0o160000, commit.encode())}, b"file becomes submodule")
    box.up.commit({"d/a": b"a\n"}, b"and back")
    assert shape(box.all()) == [
        ("add", [("A", "d/a")]),
        ("file becomes submodule", [("D", "d/a")]),
        ("and back", [("A", "d/a")]),
    ]


def test_a_merge_is_one_changeset_against_its_first_parent(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"}, b"start")
    box.up.git("branch", "side")
    box.up.commit({"d/s": b"s\n"}, b"on the side", branch="side")
    side = box.up.commit({"d/s": b"t\n"}, b"more on the side", branch="side")
    before = box.up.commit({"d/a": b"2\n"}, b"main")
    box.up.commit({"d/s": b"t\n"}, b"merge", merge=side)
    box.up.commit({"d/a": b"3\n"}, b"after")
    changesets = box.all()
    assert [c.subject for c in changesets] == ["start", "main", "merge", "after"]
    assert shape(changesets)[2] == ("merge", [("A", "d/s")])
    assert changesets[2].parent == before


def test_a_merge_that_only_repeats_what_is_there_is_no_changeset(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"}, b"start")
    box.up.git("branch", "side")
    side = box.up.commit({"d/a": b"2\n"}, b"same", branch="side")
    box.up.commit({"d/a": b"2\n"}, b"main")
    box.up.commit({"d/a": b"2\n"}, b"merge", merge=side)
    assert [c.subject for c in box.all()] == ["start", "main"]


def test_the_order_is_the_history_s_not_the_clock_s(box: Sandbox) -> None:
    for number, date in enumerate((5000, 1000, 9000, 2000)):
        box.up.commit({"d/a": b"%d\n" % number}, b"c%d" % number, date=date)
    assert [(c.subject, c.date) for c in box.all()] == [("c0", 5000), ("c1", 1000), ("c2", 9000), ("c3", 2000)]


# -- bytes


@pytest.mark.parametrize(
    "name",
    [
        b"d/with space", b'd/"quoted"', b"d/new\nline", b"d/tab\there", b"d/\xff\xfe", b"d/esc\x1b[31m",
        b"d/:100644", b"d/-dash", b"d/*", b"d/back\\slash", "d/ünï".encode(), b"d/\r", b"d/ ",
    ],
)  # fmt: skip
def test_names_survive_as_they_are(box: Sandbox, name: bytes) -> None:
    box.up.commit({name: b"1\n"}, b"odd name")
    box.up.commit({name: b"2\n", "d/z": b"z\n"}, b"again")
    first, second = box.all(["d"])
    assert [to_bytes(file.path) for file in first.files] == [name]
    assert {to_bytes(file.path) for file in second.files} == {name, b"d/z"}


@pytest.mark.parametrize("folder", ["d*", ":(glob)d", "!d", ":!d", "-x", "with space", "d\udcff"])
def test_a_folder_s_name_is_no_pattern(box: Sandbox, folder: str) -> None:
    box.up.commit({to_bytes(folder) + b"/in": b"1\n", "dd/out": b"2\n"}, b"one")
    assert [file.path for file in box.all([f"{folder}/"])[0].files] == [f"{folder}/in"]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b"", ""),
        (b"\n\n", "\n\n"),
        (b"caf\xe9 \xa9\n", "caf\xe9 \xa9\n"),
        ("café\n".encode(), "café\n"),
        (b"first\n\n:100644 100644 1234567 89abcde M\tfoo\n", "first\n\n:100644 100644 1234567 89abcde M\tfoo\n"),
        (b"a\x1b[2Jb\x0c\r\nc", "a\x1b[2Jb\x0c\r\nc"),
        (b"commit 0123\n    indented\n", "commit 0123\n    indented\n"),
    ],
)
def test_logs_survive_as_they_are(box: Sandbox, message: bytes, text: str) -> None:
    box.up.commit({"d/a": b"1\n"}, b"before")
    box.up.commit({"d/a": b"2\n"}, message, author=b"J\xf6rg <joerg@example.org>")
    box.up.commit({"d/a": b"3\n"}, b"after")
    before, asked, after = box.all()
    # An empty log and one of empty lines only come out of git alike or as they stand: never as somebody else's.
    assert asked.message.strip("\n") == text.strip("\n")
    assert asked.message in (text, text.strip("\n"))
    assert asked.author.name == "Jörg"
    assert (before.subject, after.subject) == ("before", "after")


def test_a_commit_s_own_encoding_is_heard(box: Sandbox) -> None:
    box.config.write_text("[i18n]\nlogOutputEncoding = latin1\n")
    box.up.commit({"d/a": b"1\n"}, "Žluť\n".encode("iso8859-2"), encoding="ISO8859-2")
    box.up.commit({"d/a": b"2\n"}, "Žluť\n".encode())
    box.up.commit({"d/a": b"3\n"}, "Ã©\n".encode())  # as latin-1 it would be the UTF-8 of something else
    assert [c.message for c in box.all()] == ["Žluť\n", "Žluť\n", "Ã©\n"]


def test_a_sha256_repository(box: Sandbox) -> None:
    up = box.repository("up256", object_format="sha256")
    first = up.commit({"d/a": b"1\n"}, b"one")
    up.commit({"d/a": None}, b"two")
    with box.open(location=up.path) as history:
        one, two = history.changesets(everything)
        assert (len(first), two.parent) == (64, first)
        assert two.files[0].old == one.files[0].new
        assert two.files[0].new is None
        assert two.files[0].old is not None
        assert history.read(two.files[0].old.oid) == b"1\n"


# -- what is asked for


def test_only_wanted_files_of_asked_folders_under_the_prefix(box: Sandbox) -> None:
    box.up.commit({"src/d/a.c": b"1\n", "src/d/b.h": b"1\n", "src/e/c": b"1\n", "d/a.c": b"1\n"}, b"one")
    box.up.commit({"src/d/b.h": b"2\n"}, b"two")
    for prefix in ("src/", "src"):
        with box.open(["d/"], prefix=prefix) as history:
            (only,) = history.changesets(lambda path: path.endswith(".c"))
            assert [file.path for file in only.files] == ["d/a.c"]
            assert len(history.changesets(everything)) == 2
    with box.open(["d/b.h"], prefix="src/") as history:
        assert shape(history.changesets(everything)) == [("one", [("A", "d/b.h")]), ("two", [("M", "d/b.h")])]


def test_a_folder_does_not_cover_its_neighbours(box: Sandbox) -> None:
    box.up.commit({"sbin/dhclient/a": b"1\n", "sbin/dhclient2/a": b"1\n", "sbin/dhclient-x": b"1\n"}, b"one")
    assert shape(box.all(["sbin/dhclient/"])) == [("one", [("A", "sbin/dhclient/a")])]
    assert shape(box.all(["sbin/"]))[0][1] == [
        ("A", "sbin/dhclient-x"), ("A", "sbin/dhclient/a"), ("A", "sbin/dhclient2/a"),
    ]  # fmt: skip
    assert shape(box.all(["sbin/dhclient/"])) == [("one", [("A", "sbin/dhclient/a")])]


def test_no_folders_no_changesets(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"})
    assert box.all([]) == ()


def test_files_come_in_the_order_of_their_paths(box: Sandbox) -> None:
    box.up.commit({"d/b": b"1\n"}, b"one")
    box.up.commit({"d/c": b"1\n", "d/b": b"2\n", "d/a": b"1\n"}, b"two")
    assert [file.path for file in box.all()[1].files] == ["d/a", "d/b", "d/c"]


def test_revisions_are_resolved_and_placed_on_the_branch(box: Sandbox) -> None:
    first = box.up.commit({"d/a": b"1\n"}, b"one")
    elsewhere = box.up.commit({"e": b"1\n"}, b"elsewhere")
    second = box.up.commit({"d/a": b"2\n"}, b"two")
    stray = box.up.commit({"d/a": b"x\n"}, b"stray", branch="stray")
    with box.open(["d/"]) as history:
        assert history.resolve(first[:12]) == first
        assert history.newest_at(elsewhere) == first
        assert history.newest_at("master") == second
        with pytest.raises(UserError, match="not on the branch"):
            history.newest_at(stray)
        for nonsense in ("nonsense", "--all", "-n1", ""):
            with pytest.raises(UserError):
                history.resolve(nonsense)


def test_a_branch_of_the_origin_and_a_tag_will_do(box: Sandbox) -> None:
    first = box.up.commit({"d/a": b"1\n"}, b"one")
    second = box.up.commit({"d/a": b"2\n"}, b"two")
    box.up.git("update-ref", "refs/remotes/origin/devel", first)
    box.up.git("tag", "-m", "t", "OPENBSD_5_3", first)
    for branch, tip in (("master", second), ("devel", first), ("OPENBSD_5_3", first), (second, second)):
        with box.open(branch=branch) as history:
            assert history.tip == tip
    with pytest.raises(UserError, match="no commit 'gone'"):
        box.open(branch="gone")


def test_what_is_no_repository_is_the_user_s_mistake(box: Sandbox) -> None:
    (box.folder / "plain").mkdir()
    for place in ("nowhere", "plain"):
        with pytest.raises(UserError, match="upstream openbsd"):
            box.open(location=box.folder / place)


# -- what is missing


def test_a_missing_content_names_path_and_commit_and_only_where_it_is_read(box: Sandbox) -> None:
    first = box.up.commit({"d/a": b"1\n", "d/b": b"fine\n", "e/x": b"elsewhere\n"}, b"one")
    box.up.commit({"d/a": b"2\n"}, b"two")
    gone = box.up.git("rev-parse", f"{first}:d/a")
    box.up.lose(gone)
    box.up.lose(box.up.git("rev-parse", f"{first}:e/x"))
    with box.open(["d/"]) as history:
        one, two = history.changesets(everything)
        assert two.files[0].new is not None
        assert one.files[1].new is not None
        assert history.read(two.files[0].new.oid) == b"2\n"
        with pytest.raises(WorldError, match=f"'d/a' at commit {first}") as caught:
            history.read(gone)
        assert gone in caught.value.cause
        with pytest.raises(WorldError, match="'d/a' at commit"):
            list(history.read_many([two.files[0].new.oid, gone]))
        assert history.read(one.files[1].new.oid) == b"fine\n"


def test_reading_many_may_be_left_and_interleaved(box: Sandbox) -> None:
    box.up.commit({f"d/{number:03}": b"%d\n" % number for number in range(200)})
    with box.open() as history:
        oids = [file.new.oid for file in history.changesets(everything)[0].files if file.new]
        assert next(history.read_many(oids)) == (oids[0], b"0\n")
        seen = [(content, history.read(oids[5])) for _, content in history.read_many(oids)]
        assert seen == [(b"%d\n" % number, b"5\n") for number in range(200)]


def test_a_content_a_partial_clone_lacks_is_missing_and_nothing_is_started_for_it(box: Sandbox) -> None:
    first = box.up.commit({"d/a": b"1\n", "d/b": b"2\n"}, b"one")
    evil = box.folder / "started"
    box.up.git("config", "extensions.partialClone", "origin")
    box.up.git("config", "core.repositoryFormatVersion", "1")
    box.up.git("config", "remote.origin.url", str(box.up.path))
    box.up.git("config", "remote.origin.promisor", "true")
    box.up.git("config", "remote.origin.uploadpack", f"touch {evil};")
    box.up.git("config", "protocol.file.allow", "always")
    box.up.lose(box.up.git("rev-parse", f"{first}:d/a"))
    with box.open() as history:
        a, b = history.changesets(everything)[0].files
        assert a.new is not None
        assert b.new is not None
        with pytest.raises(WorldError, match="'d/a' at commit"):
            history.read(a.new.oid)
        assert history.read(b.new.oid) == b"2\n"
    assert not evil.exists()


def test_a_shallow_repository_says_so(box: Sandbox) -> None:
    for number in range(4):
        box.up.commit({"d/a": b"%d\n" % number}, b"c%d" % number)
    box.up.git("clone", "-q", "--depth=2", f"file://{box.up.path}", str(box.folder / "shallow"))
    with box.open(location=box.folder / "shallow") as history:
        assert history.shallow
        assert history.cut == (history.changesets(everything)[0].id,)
        assert shape(history.changesets(everything)) == [("c2", [("A", "d/a")]), ("c3", [("M", "d/a")])]
    box.up.git("-C", str(box.folder / "shallow"), "fetch", "-q", "--unshallow")
    with box.open(location=box.folder / "shallow") as history:
        assert not history.shallow
        assert not history.rewritten
        assert [c.subject for c in history.changesets(everything)] == ["c0", "c1", "c2", "c3"]


# -- a hostile repository


def test_nothing_of_the_repository_s_own_runs_and_nothing_is_written_to_it(box: Sandbox) -> None:
    evil = box.folder / "evil"
    script = box.folder / "script"
    script.write_text(f"#!/bin/sh\ntouch {evil}\ncat\n")
    script.chmod(0o755)
    box.up.commit({"d/a": b"1\n", "d/.gitattributes": b"* diff=bad filter=bad\n", ".mailmap": b"X <o@x> Otto\n"})
    box.up.commit({"d/a": b"2\n"})
    for key in (
        "core.fsmonitor", "diff.external", "diff.bad.textconv", "diff.bad.command", "filter.bad.smudge",
        "filter.bad.clean", "filter.bad.process", "core.pager", "gpg.program", "core.sshCommand",
        "core.alternateRefsCommand", "uploadpack.packObjectsHook",
    ):  # fmt: skip
        box.up.git("config", key, str(script))
    for key, value in {
        "core.hooksPath": str(box.folder / "hooks"), "core.attributesFile": str(box.folder / "attributes"),
        "log.showSignature": "true", "log.follow": "true", "log.mailmap": "true", "diff.renames": "true",
        "diff.relative": "true", "diff.orderFile": "/nowhere", "log.diffMerges": "off", "color.ui": "always",
        "core.worktree": str(box.folder), "pager.log": str(script), "alias.log": f"!{script}",
        "format.pretty": "oneline", "core.quotePath": "true", "diff.ignoreSubmodules": "all",
    }.items():  # fmt: skip
        box.up.git("config", key, value)
    (box.folder / "attributes").write_text("* diff=bad filter=bad\n")
    for folder in (box.folder / "hooks", box.up.path / ".git/hooks"):
        folder.mkdir(exist_ok=True)
        for hook in ("post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman"):
            (folder / hook).write_text(script.read_text())
            (folder / hook).chmod(0o755)
    evil.unlink(missing_ok=True)
    before = box.up.snapshot()
    with box.open(["d/a"]) as history:
        one, two = history.changesets(everything)
        assert [len(one.files), len(two.files)] == [1, 1]
        assert two.files[0].new is not None
        assert history.read(two.files[0].new.oid) == b"2\n"
        assert one.author.name == "Otto"
    assert not evil.exists()
    assert box.up.snapshot() == before


def test_variables_that_point_git_elsewhere_are_not_heard(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    tip = box.up.commit({"d/a": b"1\n"})
    for key in ("GIT_DIR", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF"):
        monkeypatch.setenv(key, str(box.folder / "nowhere"))
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "1")
    with box.open(["d/"]) as history:
        assert history.tip == tip
        assert len(history.changesets(everything)) == 1


def test_a_replaced_commit_is_read_as_it_was(box: Sandbox) -> None:
    first = box.up.commit({"d/a": b"1\n"}, b"one")
    other = box.up.commit({"d/a": b"x\n"}, b"other", branch="other", orphan=True)
    box.up.git("replace", first, other)
    assert [c.subject for c in box.all()] == ["one"]


def test_a_grafted_history_is_read_as_it_was(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"}, b"one")
    second = box.up.commit({"d/a": b"2\n"}, b"two")
    folder = Path(box.up.git("rev-parse", "--absolute-git-dir")) / "info"
    folder.mkdir(exist_ok=True)
    (folder / "grafts").write_text(f"{second}\n")
    assert sorted(changeset.subject for changeset in box.all()) == ["one", "two"]


def test_a_path_out_of_the_tree_is_refused(box: Sandbox) -> None:
    blob = box.up.git("hash-object", "-w", "--stdin", feed=b"x\n")
    tree = box.up.git("mktree", feed=f"100644 blob {blob}\t..\n".encode())
    tree = box.up.git("mktree", feed=f"040000 tree {tree}\td\n".encode())
    commit = box.up.git(
        "-c", "user.name=x", "-c", "user.email=x@example.org", "commit-tree", "-m", "climbs", tree
    )
    box.up.git("update-ref", "refs/heads/master", commit)
    with box.open(["d/"]) as history, pytest.raises(WorldError, match="unusable path"):
        history.changesets(everything)
