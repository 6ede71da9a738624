from __future__ import annotations

from pathlib import Path

import pytest
from target_sandbox import Sandbox, new

from portkit.errors import UserError, WorldError
from portkit.target.cloning import is_url
from portkit.target.refs import RefUpdate


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    made = Sandbox(tmp_path, monkeypatch)
    made.commit("one", {"f": b"1\n"})
    return made


def test_what_is_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd:name").mkdir()
    for url in ("https://h/x", "git://h/x", "ssh://h/x", "file:///x", "host:src.git", "u@host:/src", "ext::sh -c x"):
        assert is_url(url), url
    for path in ("/x", "x", "./a:b", "../x.git", "~/src", "odd:name", "x/y:z"):
        assert not is_url(path), path


def test_a_url_is_cloned_once_and_says_so_first(box: Sandbox) -> None:
    url = f"file://{box.main}"
    with box.open(url) as target:
        assert target.cloned
        assert target.default_tip() == box.git("rev-parse", "HEAD")
        assert target.repository.git_dir == box.folder / "state" / "target.git"
        assert target.repository.run("rev-parse", "--is-bare-repository") == b"true\n"
    assert len(box.messages) == 1
    assert url in box.messages[0]
    box.main.rename(box.folder / "away")
    assert box.open(url).default_tip()
    assert len(box.messages) == 1
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
    with pytest.raises(WorldError, match="cannot fetch master"):
        target.fetch(box.messages.append)


def test_fetching_a_path_does_nothing(box: Sandbox) -> None:
    box.open().fetch(box.messages.append)
    assert box.messages == []


def test_a_clone_without_the_branch_does_not_fall_back_to_head(box: Sandbox) -> None:
    with pytest.raises(UserError) as caught:
        box.open(f"file://{box.main}", branch="release").default_tip()
    assert caught.value.cause == "its branches are master"


def test_another_url_is_not_served_from_the_clone(box: Sandbox) -> None:
    box.open(f"file://{box.main}")
    with pytest.raises(UserError, match="is a clone of file://") as caught:
        box.open(f"file://{box.main}/.git")
    assert "rm -r" in caught.value.hint


def test_a_clone_that_fails_leaves_nothing(box: Sandbox) -> None:
    with pytest.raises(WorldError, match="cannot clone") as caught:
        box.open(f"file://{box.folder}/nowhere")
    assert "nowhere" in caught.value.cause
    assert [path.name for path in (box.folder / "state").iterdir()] == ["target.git.lock"]


def test_what_a_killed_clone_left_is_no_obstacle(box: Sandbox) -> None:
    part = box.folder / "state" / "target.git.part"
    part.mkdir(parents=True)
    (part / "config").write_text("rubbish")
    assert box.open(f"file://{box.main}").default_tip()
    assert not part.exists()


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
    assert (target.repository.git_dir / "hooks" / "reference-transaction").exists()
    assert not sentinel.exists()


def test_a_password_is_not_shown(box: Sandbox) -> None:
    with pytest.raises(WorldError) as caught:
        box.open("http://pat:secret@localhost:1/x.git")
    assert "secret" not in "".join([caught.value.what, caught.value.cause, *box.messages])
    assert "pat:***@" in box.messages[0]
