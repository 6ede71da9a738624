from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from target_sandbox import Sandbox


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    made = Sandbox(tmp_path, monkeypatch)
    made.commit("one", {"f": b"1\n"})
    made.git("branch", "work")
    made.commit("two", {"f": b"2\n"})
    return made


def conflicting(box: Sandbox) -> None:
    """Leaves `work` checked out with a change of its own to the line that master changed."""
    box.git("checkout", "-q", "work")
    box.commit("other two", {"f": b"x\n"})


def stop(box: Sandbox, *arguments: str, at: Path | None = None) -> None:
    """Runs git where it is expected to stop at a conflict."""
    assert subprocess.run(["git", *arguments], cwd=at or box.main, capture_output=True).returncode == 1


def test_a_branch_is_checked_out_in_the_main_checkout_or_in_a_worktree(box: Sandbox) -> None:
    second = box.folder / "sec ond\nline"
    box.git("worktree", "add", "-q", str(second), "work")
    third = box.folder / "third"
    box.git("worktree", "add", "-q", "--detach", str(third))
    for place in (box.main, third):
        target = box.open(place)
        assert target.checked_out("master") == str(box.main)
        assert target.checked_out("work") == str(second)
        assert target.checked_out("portkit/dhclient") == ""


def test_a_detached_head_and_a_bare_repository_hold_nothing(box: Sandbox) -> None:
    box.git("checkout", "-q", "--detach")
    assert box.open().checked_out("master") == ""
    box.git("clone", "-q", "--bare", str(box.main), "bare.git", at=box.folder)
    bare = box.folder / "bare.git"
    assert box.open(bare).checked_out("master") == ""
    box.git("worktree", "add", "-q", str(box.folder / "tree"), "master", at=bare)
    assert box.open(bare).checked_out("master") == str(box.folder / "tree")


def test_a_worktree_that_has_gone_still_holds_its_branch(box: Sandbox) -> None:
    box.git("worktree", "add", "-q", str(box.folder / "second"), "work")
    shutil.rmtree(box.folder / "second")
    assert box.open().checked_out("work") == str(box.folder / "second")


def test_a_branch_that_is_rebased_is_checked_out_and_busy(box: Sandbox) -> None:
    conflicting(box)
    for backend in ("--merge", "--apply"):
        stop(box, "rebase", backend, "master")
        target = box.open()
        assert target.checked_out("work") == str(box.main), backend
        assert target.busy_with("work") == f"the target is in the middle of a rebase in {box.main}, on work", backend
        assert target.busy_with("master") == ""
        box.git("rebase", "--abort")
        assert target.busy_with("work") == ""


def test_a_rebase_in_a_worktree_is_seen(box: Sandbox) -> None:
    conflicting(box)
    box.git("checkout", "-q", "master")
    second = box.folder / "second"
    box.git("worktree", "add", "-q", str(second), "work")
    stop(box, "rebase", "master", at=second)
    assert box.open().checked_out("work") == str(second)
    assert str(second) in box.open().busy_with("work")


def test_other_branches_that_a_rebase_will_move_are_held(box: Sandbox) -> None:
    conflicting(box)
    box.git("branch", "below")
    box.commit("three", {"g": b"\n"})
    stop(box, "-c", "rebase.updateRefs=true", "rebase", "--merge", "master")
    if (box.main / ".git" / "rebase-merge" / "update-refs").exists():  # git 2.38 and newer
        assert box.open().checked_out("below") == str(box.main)


def test_a_branch_that_is_bisected_is_checked_out(box: Sandbox) -> None:
    box.commit("three", {"f": b"3\n"})
    box.git("bisect", "start", "HEAD", "HEAD~2")
    assert box.open().checked_out("master") == str(box.main)
    assert box.open().busy_with("master") == ""


def test_a_merge_is_seen_for_its_branch_only(box: Sandbox) -> None:
    conflicting(box)
    stop(box, "merge", "master")
    target = box.open()
    assert target.busy_with("work") == f"the target is in the middle of a merge in {box.main}, on work"
    assert target.busy_with("master") == ""
    assert target.busy_with("portkit/dhclient") == ""


def test_cherry_picks_and_reverts_are_seen(box: Sandbox) -> None:
    conflicting(box)
    stop(box, "cherry-pick", "master")
    assert "a cherry-pick in" in box.open().busy_with("work")
    box.git("cherry-pick", "--abort")
    stop(box, "revert", "--no-edit", "master")
    assert "a revert in" in box.open().busy_with("work")
    box.git("revert", "--abort")
    stop(box, "cherry-pick", "master", "master~1")
    box.git("checkout", "-q", "--force", "work", "--", ".")
    (box.main / ".git" / "CHERRY_PICK_HEAD").unlink()  # as after a commit between two picks
    assert "a row of" in box.open().busy_with("work")


def test_patches_from_mails_are_seen(box: Sandbox) -> None:
    mail = box.git("format-patch", "-1", "--stdout", "master")
    conflicting(box)
    assert subprocess.run(["git", "am"], cwd=box.main, input=mail.encode(), capture_output=True).returncode
    assert "git am in" in box.open().busy_with("work")
