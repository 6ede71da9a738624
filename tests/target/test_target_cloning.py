from __future__ import annotations

from pathlib import Path

import pytest
from target_sandbox import Sandbox, new

from portkit.errors import UserError, WorldError
from portkit.paths import RepoPath
from portkit.target.refs import RefUpdate


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    made = Sandbox(tmp_path, monkeypatch)
    made.commit("one", {"f": b"1\n"})
    return made


def test_a_url_is_cloned_once_and_says_so_first(box: Sandbox) -> None:
    url = f"file://{box.main}"
    with box.open(url) as target:
        assert target.cloned
        assert target.default_tip() == box.git("rev-parse", "HEAD")
        assert target.repository.git_dir == box.folder / "state" / "target.git"
        assert target.repository.run("rev-parse", "--is-bare-repository") == b"true\n"
    assert url in box.messages[0]
    told = len(box.messages)
    box.main.rename(box.folder / "away")
    assert box.open(url).default_tip()
    assert len(box.messages) == told
    assert sorted(path.name for path in (box.folder / "state").iterdir()) == ["target.git", "target.git.lock"]


def test_fetching_moves_the_maps_branch_and_no_other(box: Sandbox) -> None:
    first = box.git("rev-parse", "HEAD")
    target = box.open(f"file://{box.main}")
    (port,) = target.store(first, [new({"f": b"ported\n"})])
    target.move([RefUpdate("refs/heads/portkit/dhclient", port, "")])
    box.commit("elsewhere", {"g": b""})
    box.git("branch", "portkit/dhclient")
    box.git("commit", "-q", "--amend", "-m", "rewritten")
    assert target.default_tip() == first
    target.fetch(box.messages.append)
    assert target.default_tip() == box.git("rev-parse", "HEAD")
    assert target.tip("portkit/dhclient") == port
    box.main.rename(box.folder / "away")
    with pytest.raises(WorldError, match="is no git repository"):
        target.fetch(box.messages.append)


def test_fetching_a_path_does_nothing(box: Sandbox) -> None:
    box.open().fetch(box.messages.append)
    assert box.messages == []


def test_a_clone_without_the_branch_does_not_fall_back_to_head(box: Sandbox) -> None:
    with pytest.raises(UserError, match="has no branch 'release'"):
        box.open(f"file://{box.main}", branch="release").default_tip()


def test_another_url_is_fetched_and_not_served_from_the_old_clone(box: Sandbox) -> None:
    box.open(f"file://{box.main}")
    box.git("clone", "-q", str(box.main), "second", at=box.folder)
    tip = box.commit("only there", {"x": b""}, at=box.folder / "second")
    assert box.open(f"file://{box.folder}/second").default_tip() == tip


def test_a_clone_that_fails_leaves_nothing(box: Sandbox) -> None:
    with pytest.raises(WorldError) as caught:
        box.open(f"file://{box.folder}/nowhere")
    assert "nowhere" in caught.value.what
    assert [path.name for path in (box.folder / "state").iterdir()] == ["target.git.lock"]


def test_contents_that_a_partial_clone_left_out_come_when_they_are_read(box: Sandbox) -> None:
    box.git("config", "uploadpack.allowFilter", "true")
    box.git("config", "uploadpack.allowAnySHA1InWant", "true")
    tip = box.commit("two", {"a/1": b"one", "a/2": b"two", "b/3": b"three"})
    target = box.open(f"file://{box.main}")
    tree = target.tree(tip, ["a/"])
    assert len(box.messages) == 3
    assert [content for _, content in tree.read_many([blob.oid for blob in tree.entries.values()])] == [b"one", b"two"]
    assert "2 file contents" in box.messages[-1]
    told = len(box.messages)
    assert tree.read(tree.entries[RepoPath("a/1")].oid) == b"one"
    assert len(box.messages) == told
    made = target.store(tip, [new({"b/4": b"four"})])
    assert set(target.tree(made[0], ["b/"]).entries) == {"b/3", "b/4"}
    assert len(list(target.history(made[0], ["b/"]))) == 2


def test_a_protocol_that_runs_commands_is_refused(box: Sandbox) -> None:
    sentinel = box.folder / "ran"
    for url in (f"ext::sh -c touch% {sentinel}", f"ext://sh -c touch% {sentinel}"):
        with pytest.raises(UserError):
            box.open(url)
    assert not sentinel.exists()


def test_a_hook_from_a_template_does_not_run(box: Sandbox) -> None:
    sentinel = box.folder / "ran"
    hooks = box.folder / "template" / "hooks"
    hooks.mkdir(parents=True)
    (hooks / "reference-transaction").write_text(f"#!/bin/sh\ntouch {sentinel}\n")
    (hooks / "reference-transaction").chmod(0o755)
    box.git("config", "--global", "init.templateDir", str(box.folder / "template"))
    target = box.open(f"file://{box.main}")
    box.commit("two", {"f": b"2\n"})
    target.fetch(box.messages.append)
    assert target.default_tip() == box.git("rev-parse", "HEAD")
    assert not sentinel.exists()


def test_a_password_is_not_shown(box: Sandbox) -> None:
    with pytest.raises(WorldError) as caught:
        box.open("http://pat:secret@localhost:1/x.git")
    assert "secret" not in "".join([caught.value.what, caught.value.cause, *box.messages])
