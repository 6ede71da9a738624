from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from target_sandbox import PORTER, Sandbox, new

from portkit.change.changeset import Person
from portkit.errors import PortkitError, UserError, WorldError
from portkit.paths import from_bytes
from portkit.protocols import NewCommit, Signature
from portkit.target.git import GitTarget
from portkit.target.refs import RefUpdate
from portkit.target.writing import quoted

BRANCH = "refs/heads/portkit/dhclient"


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    made = Sandbox(tmp_path, monkeypatch)
    made.commit("start", {"sbin/dhclient/dhclient.c": b"one\n", "sbin/dhclient/old.c": b"old\n", "README": b"r\n"})
    return made


def land(target: GitTarget, commits: Sequence[NewCommit], old: str = "") -> list[str]:
    """What a sync does: the commits, then the branch. Returns their hashes."""
    made = target.store(target.default_tip(), commits)
    target.move([RefUpdate(BRANCH, made[-1], old)])
    return made


def traces(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every file below `folder` with what would show that it was touched."""
    found = {str(path): path.lstat() for path in sorted(folder.rglob("*"))}
    return {path: (stat.st_ino, stat.st_mtime_ns, stat.st_size) for path, stat in found.items()}


# -- commits


def test_what_git_does_not_finish_leaves_nothing_behind(box: Sandbox) -> None:
    """git would leave its unfinished pack, and its own report, in the target."""
    target = box.open()
    before = traces(target.repository.git_dir).keys()
    with pytest.raises(WorldError, match="fast-import"):
        target.store("1" * 40, [new({"sbin/dhclient/big": random.Random(1).randbytes(100_000)}, b"on top of nothing")])
    assert traces(target.repository.git_dir).keys() == before
    land(target, [new({"sbin/dhclient/dhclient.c": b"two\n"}, b"m")])
    assert not list(target.repository.git_dir.rglob("tmp_*"))


def test_commits_are_written_as_asked(box: Sandbox) -> None:
    target = box.open()
    first, second = land(target, [
        new({"sbin/dhclient/dhclient.c": b"two\r\n\xff\0", "sbin/dhclient/new/deep.c": b""}, b"a\n\nL\xe4nge\n"),
        new({"sbin/dhclient/run": (b"#!", 0o100755), "sbin/dhclient/ln": (b"run", 0o120000),
             "sbin/dhclient/old.c": None}, b"no newline", 1343779201),
    ])  # fmt: skip
    assert box.git("cat-file", "commit", first) == (
        f"tree {box.git('rev-parse', f'{first}^{{tree}}')}\nparent {box.git('rev-parse', 'master')}\n"
        "author Pat Porter <pat@example.org> 1343779200 +0000\n"
        "committer Pat Porter <pat@example.org> 1343779200 +0000\n\na\n\nL\udce4nge"
    )
    assert target.repository.run("cat-file", "commit", second).endswith(b"+0000\n\nno newline")
    assert box.git("rev-parse", f"{second}^") == first
    tree = target.tree(second, [""])
    assert {path: (blob.mode, tree.read(blob.oid)) for path, blob in tree.entries.items()} == {
        "README": (0o100644, b"r\n"),
        "sbin/dhclient/dhclient.c": (0o100644, b"two\r\n\xff\0"),
        "sbin/dhclient/new/deep.c": (0o100644, b""),
        "sbin/dhclient/run": (0o100755, b"#!"),
        "sbin/dhclient/ln": (0o120000, b"run"),
    }
    assert box.git("rev-parse", BRANCH) == second
    box.git("fsck", "--strict", "--full")


def test_the_hashes_are_those_git_itself_gives(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("GIT_AUTHOR_DATE", "1 +0900")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Somebody Else")
    for key, value in (
        ("commit.gpgSign", "true"), ("gpg.program", "false"), ("i18n.commitEncoding", "ISO-8859-1"),
        ("core.autocrlf", "true"), ("core.fileMode", "false"), ("core.compression", "9"),
        ("fastimport.unpackLimit", "1000"), ("transfer.fsckObjects", "true"),
    ):  # fmt: skip
        box.git("config", key, value)
    parent = box.git("rev-parse", "master")
    made = box.open().store(parent, [new({"README": b"a\r\n"}, "Grüße\n".encode())])
    old, blob = (box.git("hash-object", "-w", "--no-filters", "--stdin", feed=text) for text in (b"r\n", b"a\r\n"))
    tree = box.git("mktree", feed=box.git("ls-tree", "master").replace(old, blob).encode())
    raw = f"tree {tree}\nparent {parent}\n" + "".join(
        f"{role} Pat Porter <pat@example.org> 1343779200 +0000\n" for role in ("author", "committer")
    )
    assert made == [box.git("hash-object", "-t", "commit", "--stdin", feed=f"{raw}\nGrüße\n".encode())]


def test_a_commit_that_changes_nothing_is_written(box: Sandbox) -> None:
    target = box.open()
    made = target.store(target.default_tip(), [new({"README": b"r\n"}, b"1"), new({}, b"2"), new({"gone": None}, b"3")])
    assert len(set(made)) == 3
    assert box.git("rev-list", "--count", made[2]) == "4"
    assert {box.git("rev-parse", f"{one}^{{tree}}") for one in made} == {box.git("rev-parse", "master^{tree}")}
    assert target.store(target.default_tip(), []) == []


def test_a_file_is_added_deleted_and_added_again(box: Sandbox) -> None:
    target = box.open()
    made = target.store(target.default_tip(), [
        new({"README": None}), new({"README": b"r\n"}), new({"README": (b"r\n", 0o100755)}),
    ])  # fmt: skip
    modes = [[blob.mode for blob in target.tree(one, ["README"]).entries.values()] for one in made]
    assert modes == [[], [0o100644], [0o100755]]


def test_the_first_commit_of_all_has_no_parent(box: Sandbox) -> None:
    (made,) = box.open().store("", [new({"a/b": b"x"})])
    assert box.git("rev-list", "--count", made) == "1"
    assert box.git("ls-tree", "-r", "--name-only", made) == "a/b"


def test_names_of_any_bytes(box: Sandbox) -> None:
    names = [b'"q".c', b" lead", b"trail ", b"two\nlines", b"back\\slash", b"\xff\xfe", "ü".encode(), b"tab\t", b"-x",
             b"a b/c d", b":1", b"inline", b"\x01\x7f"]  # fmt: skip
    target = box.open()
    (made,) = target.store("", [new({from_bytes(name): name for name in names})])
    tree = target.tree(made, [""])
    assert {path: tree.read(blob.oid) for path, blob in tree.entries.items()} == {from_bytes(n): n for n in names}
    (left,) = target.store(made, [new({from_bytes(name): None for name in names[:-1]})])
    assert list(target.tree(left, [""]).entries) == [from_bytes(names[-1])]
    assert quoted("a\nb") == b'"a\\012b"'


def test_a_name_cannot_write_into_the_commit(box: Sandbox) -> None:
    evil = Signature(Person("A <b> 1 +0000\nparent x", " c>\n"), 5)
    nameless = Signature(Person("", ""), -5)
    target = box.open()
    (made,) = target.store("", [NewCommit(b"m\n", evil, nameless, {})])
    lines = box.git("cat-file", "commit", made).split("\n")
    assert lines[1:3] == ["author A b 1 +0000parent x <c> 5 +0000", "committer unknown <> 0 +0000"]
    box.git("fsck", "--strict", made)


def test_a_file_does_not_displace_a_folder_nor_a_folder_a_file(box: Sandbox) -> None:
    target = box.open()
    tip = target.default_tip()
    before = box.git("for-each-ref")
    for files, want, old in (
        ({"sbin/dhclient": b"x"}, "sbin/dhclient", "sbin/dhclient/dhclient.c"),
        ({"README/a": b"x"}, "README/a", "README"),
        ({"sbin": None}, "sbin", "sbin/dhclient/dhclient.c"),
    ):
        with pytest.raises(UserError, match=f"^{want} cannot be written: {old} stands in its place"):
            target.store(tip, [new({"fine": b""}), new(files)])
    assert box.git("for-each-ref") == before
    # asked for in so many words, it is done
    (made,) = target.store(tip, [new({"README": None, "README/a": b"x", "sbin": b"file",
                                      "sbin/dhclient/dhclient.c": None, "sbin/dhclient/old.c": None})])  # fmt: skip
    assert set(target.tree(made, [""]).entries) == {"README/a", "sbin"}


def test_a_mode_that_no_file_has_is_a_bug(box: Sandbox) -> None:
    with pytest.raises(ValueError, match="160000"):
        box.open().store("", [new({"module": (b"", 0o160000)})])


def test_a_parent_that_is_not_there_is_the_worlds_error_and_leaves_no_report(box: Sandbox) -> None:
    before = set(traces(box.main))
    with pytest.raises(WorldError, match="fast-import"):
        box.open().store("0" * 39 + "1", [new({"a": b""})])
    assert all("/objects/pack/" in path for path in set(traces(box.main)) - before)


# -- nothing else is touched


def test_a_dirty_checkout_stays_as_it_is(box: Sandbox) -> None:
    (box.main / "README").write_bytes(b"edited\n")
    (box.main / "untracked").write_bytes(b"u\n")
    (box.main / "staged").write_bytes(b"s\n")
    box.git("add", "staged")
    status = box.git("status", "--porcelain")
    config = (box.main / ".git" / "config").read_bytes()
    before = traces(box.main)
    land(box.open(), [new({"README": b"ported\n", "staged": b"ported\n"})])
    after = traces(box.main)
    touched = {path for path in after if after[path] != before.get(path)}
    assert {path.removeprefix(str(box.main)).split("/pack/")[0] for path in touched} <= {
        "/.git/objects", "/.git/objects/pack", "/.git/refs/heads", "/.git/refs/heads/portkit",
        "/.git/refs/heads/portkit/dhclient", "/.git",
    }  # fmt: skip
    assert not {path for path in before if path not in after}
    assert sorted(path.name for path in (box.main / ".git").iterdir()) == sorted(
        Path(path).name for path in before if Path(path).parent == box.main / ".git"
    )
    assert box.git("status", "--porcelain") == status
    assert (box.main / ".git" / "config").read_bytes() == config


def test_nothing_is_seen_before_the_branch_moves(box: Sandbox) -> None:
    target = box.open()
    before = box.git("for-each-ref")
    target.store(target.default_tip(), [new({"README": b"a"})])
    assert box.git("for-each-ref") == before
    assert box.git("count-objects", "-v").split("\n")[3] == "packs: 1"
    target.store(target.default_tip(), [new({"README": b"a"})])
    assert box.git("count-objects", "-v").split("\n")[3] == "packs: 1"


def test_no_program_of_the_repositorys_runs(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = box.folder / "ran"
    ran.mkdir()
    program = box.folder / "program"
    program.write_text(f'#!/bin/sh\ntouch "{ran}/$(basename "$0")"\ntouch "{ran}/$1"\ncat\n')
    program.chmod(0o755)
    hooks = box.main / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-index-change", "pre-auto-gc", "post-commit", "pre-commit", "commit-msg",
                 "post-checkout", "post-rewrite", "fsmonitor-watchman", "post-update", "update"):  # fmt: skip
        (hooks / name).symlink_to(program)
    (box.main / ".git" / "info").mkdir(exist_ok=True)
    (box.main / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil merge=evil text\n")
    box.commit("attributes", {".gitattributes": b"* filter=evil diff=evil\n"})
    for key in (
        "core.fsmonitor", "diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.clean",
        "filter.evil.smudge", "filter.evil.process", "core.pager", "pager.log", "core.editor", "gpg.program",
        "core.sshCommand", "core.alternateRefsCommand", "credential.helper", "core.askPass", "alias.log",
        "remote.origin.uploadpack", "uploadpack.packObjectsHook", "core.gitProxy",
    ):  # fmt: skip
        box.git("config", key, f"{program} {key}")
    box.git("config", "core.hooksPath", str(hooks))
    box.git("config", "log.showSignature", "true")
    box.git("config", "remote.origin.url", f"ext::{program} remote")
    box.git("config", "remote.origin.promisor", "true")
    box.git("config", "extensions.partialClone", "origin")
    box.git("config", "core.repositoryFormatVersion", "1")
    for path in ran.iterdir():
        path.unlink()
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(program))
    target = box.open()
    tip = target.default_tip()
    tree = target.tree(tip, ["sbin/"])
    assert [tree.read(blob.oid) for blob in tree.entries.values()] == [b"one\n", b"old\n"]
    assert len(list(target.history(tip, ["README"]))) == 1
    assert list(target.trailer_commits(tip)) == []
    assert target.checked_out("master") == str(box.main)
    assert target.busy_with("master") == ""
    assert target.identity() == PORTER
    made = land(target, [new({"README": b"ported\n"})])
    assert target.commits_between(tip, made[-1])[0].id == made[-1]
    with pytest.raises(PortkitError):
        tree.read("1" * 40)  # missing: a partial clone would ask its remote
    assert sorted(path.name for path in ran.iterdir()) == []
    subprocess.run(["git", "log", "-p", "--ext-diff"], cwd=box.main, capture_output=True)
    subprocess.run(["git", "update-ref", "refs/heads/x", made[-1]], cwd=box.main, capture_output=True)
    assert {"reference-transaction", "diff.evil.command"} <= {path.name for path in ran.iterdir()}  # the traps work


def test_an_alternate_is_read_and_not_written(box: Sandbox) -> None:
    box.git("gc", "-q")
    box.git("clone", "-q", "--bare", "--shared", str(box.main), "shared.git", at=box.folder)
    shared = box.folder / "shared.git"
    before = traces(box.main)
    target = box.open(shared)
    # the first commit's file is there already, in the alternate's pack
    made = land(target, [new({"copy": b"r\n"}), new({"README": b"ported\n"})])
    assert target.tree(made[1], ["copy"]).entries
    assert traces(box.main) == before
    box.git("fsck", "--strict", at=shared)


def test_a_repository_of_sha_256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Sandbox(tmp_path, monkeypatch, object_format="sha256")
    tip = box.commit("start", {"a": b"1\n"})
    target = box.open()
    made = land(target, [new({"a": b"2\n"}), new({"b": b"3\n"})])
    assert len(made[1]) == 64
    assert [one.id for one in target.commits_between(tip, made[1])] == made
    assert target.tree(made[1], ["b"]).entries
    with pytest.raises(WorldError, match="moved meanwhile"):
        target.move([RefUpdate(BRANCH, made[0], "")])
    target.move([RefUpdate(BRANCH, "", made[1])])
    assert target.tip("portkit/dhclient") == ""
    box.git("fsck", "--strict")


# -- the branch


def test_all_refs_move_or_none(box: Sandbox) -> None:
    target = box.open()
    one, two = target.store(target.default_tip(), [new({"a": b"1"}), new({"a": b"2"})])
    draft = f"{BRANCH}-draft"
    target.move([RefUpdate(BRANCH, one, ""), RefUpdate(draft, two, "")])
    with pytest.raises(WorldError, match=r"^portkit/dhclient-draft moved meanwhile") as caught:
        target.move([RefUpdate(BRANCH, two, one), RefUpdate(draft, one, one)])
    assert caught.value.cause == f"it was at {one} and is at {two} now"
    assert (target.tip("portkit/dhclient"), target.tip("portkit/dhclient-draft")) == (one, two)
    target.move([RefUpdate(BRANCH, two, one), RefUpdate(draft, "", two)])
    assert (target.tip("portkit/dhclient"), target.tip("portkit/dhclient-draft")) == (two, "")
    with pytest.raises(WorldError, match="moved meanwhile"):
        target.move([RefUpdate(BRANCH, one, "")])
    with pytest.raises(WorldError, match="moved meanwhile"):
        target.move([RefUpdate(draft, one, two)])
    target.move([])


def test_no_reflog_is_begun_and_one_that_is_there_says_who_moved_it(box: Sandbox) -> None:
    target = box.open()
    one, two = target.store(target.default_tip(), [new({"a": b"1"}), new({"a": b"2"})])
    target.move([RefUpdate(BRANCH, one, "")])
    logs = box.main / ".git" / "logs" / "refs" / "heads"
    assert [path.name for path in logs.iterdir()] == ["master"]
    (logs / "portkit").mkdir()
    (logs / "portkit" / "dhclient").write_bytes(b"")
    target.move([RefUpdate(BRANCH, two, one)], reason="portkit: sync dhclient")
    assert box.git("reflog", "show", "--format=%gs", BRANCH) == "portkit: sync dhclient"
    assert len(box.git("reflog", "show", "HEAD").split("\n")) == 1


def test_a_branch_that_is_checked_out_is_not_moved(box: Sandbox) -> None:
    target = box.open()
    tip = target.default_tip()
    (one,) = target.store(tip, [new({"a": b"1"})])
    with pytest.raises(WorldError, match=f"^master is checked out in {box.main}"):
        target.move([RefUpdate(BRANCH, one, ""), RefUpdate("refs/heads/master", one, tip)])
    assert (target.default_tip(), target.tip("portkit/dhclient")) == (tip, "")


def test_a_symbolic_ref_is_no_way_to_another_branch(box: Sandbox) -> None:
    target = box.open()
    tip = target.default_tip()
    (one,) = target.store(tip, [new({"a": b"1"})])
    box.git("branch", "release")
    box.git("symbolic-ref", BRANCH, "refs/heads/release")
    with pytest.raises(WorldError, match="symbolic ref to refs/heads/release"):
        target.move([RefUpdate(BRANCH, one, tip)])
    assert target.tip("release") == tip


def test_a_branch_in_the_way_of_a_folder_is_told(box: Sandbox) -> None:
    target = box.open()
    box.git("branch", "portkit")
    (one,) = target.store(target.default_tip(), [new({"a": b"1"})])
    with pytest.raises(WorldError) as caught:
        target.move([RefUpdate(BRANCH, one, "")])
    assert "'refs/heads/portkit' exists" in caught.value.cause


def test_a_lock_that_a_killed_git_left_is_explained(box: Sandbox) -> None:
    target = box.open()
    made = land(target, [new({"a": b"1"}), new({"a": b"2"})])
    lock = box.main / ".git" / f"{BRANCH}.lock"
    lock.write_bytes(b"")
    with pytest.raises(WorldError) as caught:
        target.move([RefUpdate(BRANCH, made[0], made[1])])
    assert caught.value.cause == f"{lock} is there"
    assert "remove that file" in caught.value.hint
    assert target.tip("portkit/dhclient") == made[1]


# -- a run that is killed

RUN = """
import sys
from pathlib import Path
from target_sandbox import new
from portkit.target.git import GitTarget
from portkit.target.refs import RefUpdate
target = GitTarget.open(sys.argv[1], branch="master", state_dir=Path("."), progress=print)
line = b"".join(b"line %d of some length\\n" % number for number in range(2000))
source = "sbin/dhclient/dhclient.c"
commits = [new({source: b"%d\\n" % number + line, "README": b"%d\\n" % number}) for number in range(300)]
old = target.tip("portkit/dhclient")
print("begun", flush=True)
made = target.store(target.default_tip(), commits)
target.move([RefUpdate("refs/heads/portkit/dhclient", made[-1], old)])
print(made[-1], flush=True)
"""


def run(box: Sandbox) -> subprocess.Popen[str]:
    here = Path(__file__).parent
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(box.main)], stdout=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"PYTHONPATH": f"{here}:{here.parents[1]}"},
    )  # fmt: skip


@pytest.mark.parametrize("with_git", [True, False])
def test_a_run_that_is_killed_at_any_moment_shows_nothing_and_the_next_is_right(box: Sandbox, with_git: bool) -> None:
    before, status = box.git("for-each-ref"), box.git("status", "--porcelain")
    seconds = random.Random(2012)
    cut = 0
    for _ in range(5):
        process = run(box)
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        time.sleep(seconds.uniform(0, 0.15))
        if with_git:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.communicate()
        if box.git("for-each-ref") != before:
            box.git("update-ref", "-d", BRANCH)  # it was through already
        else:
            cut += 1
        assert box.git("for-each-ref") == before
    assert cut
    time.sleep(0.2)  # a git whose portkit was killed ends by itself
    assert box.git("status", "--porcelain") == status
    process = run(box)
    said, _ = process.communicate()
    assert process.returncode == 0
    assert box.git("rev-parse", BRANCH) == said.split()[-1]
    assert box.git("rev-list", "--count", f"master..{BRANCH}") == "300"
    box.git("fsck", "--strict")
    assert not list((box.main / ".git").glob("fast_import_crash_*"))
    assert not list((box.main / ".git").rglob("*.lock"))


# -- speed


def test_two_hundred_commits_are_written_fast(box: Sandbox) -> None:
    body = [b"line %d of a source file of some length" % number for number in range(1500)]
    commits = []
    for number in range(200):
        body[number * 7] = b"changed by %d" % number
        commits.append(new({name: name.encode() + b"\n".join(body) for name in ("dhclient.c", "dispatch.c")}))
    target = box.open()
    start = time.perf_counter()
    land(target, commits)
    assert time.perf_counter() - start < 1.5  # 0.25 s where it was measured
