from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from upstream_sandbox import Sandbox, everything

import portkit
from portkit.errors import UserError, WorldError


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    return Sandbox(tmp_path, monkeypatch)


def url(box: Sandbox) -> str:
    return f"file://{box.up.path}"


def clone(box: Sandbox) -> Path:
    return box.state / "upstream/openbsd.git"


def contents_there(box: Sandbox) -> set[str]:
    done = subprocess.run(
        ["git", f"--git-dir={clone(box)}", "cat-file", "--batch-check", "--batch-all-objects"],
        capture_output=True, check=True,
    )  # fmt: skip
    return {line.split()[0] for line in done.stdout.decode().splitlines() if line.split()[1] == "blob"}


@pytest.mark.parametrize("filters", [True, False])
def test_a_url_is_cloned_once_and_then_fetched(box: Sandbox, filters: bool) -> None:
    box.up.git("config", "uploadpack.allowFilter", str(filters).lower())
    first = box.up.commit({"d/a": b"1\n", "e/b": b"elsewhere\n"}, b"one")
    with box.open(["d/"], location=url(box)) as history:
        (one,) = history.changesets(everything)
        assert one.files[0].new is not None
        assert history.read(one.files[0].new.oid) == b"1\n"
    assert (box.up.git(f"--git-dir={clone(box)}", "rev-parse", "--is-bare-repository")) == "true"
    mapped = box.up.git("rev-parse", f"{first}:d/a")
    everywhere = {mapped, box.up.git("rev-parse", f"{first}:e/b")}
    assert contents_there(box) == ({mapped} if filters else everywhere)
    marker = clone(box) / "still-the-same"
    marker.touch()
    box.up.commit({"d/a": b"2\n"}, b"two")
    with box.open(["d/"], location=url(box), fetch=False) as history:
        assert history.tip == first
    with box.open(["d/"], location=url(box)) as history:
        assert history.tip == box.up.tip()
        _, two = history.changesets(everything)
        assert two.files[0].new is not None
        assert history.read(two.files[0].new.oid) == b"2\n"
        assert not history.rewritten
    assert marker.exists()
    with box.open(["e/"], location=url(box), fetch=False) as history:  # the map grew: its contents come
        assert history.read(box.up.git("rev-parse", f"{first}:e/b")) == b"elsewhere\n"


def test_it_is_said_beforehand_what_comes_and_how_big_it_is(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"})
    box.open(location=url(box)).close()
    assert box.messages[0].startswith(f"cloning upstream openbsd once, bare, from {url(box)} into ")
    assert "MB" in box.messages[1]


def test_a_rewritten_url_is_noticed(box: Sandbox) -> None:
    start = box.up.commit({"d/a": b"1\n"}, b"start")
    box.up.commit({"d/a": b"2\n"}, b"old")
    box.open(location=url(box)).close()
    box.up.git("update-ref", "refs/heads/master", start)
    box.up.commit({"d/a": b"3\n"}, b"new")
    with box.open(location=url(box)) as history:
        assert history.rewritten
        assert [c.subject for c in history.changesets(everything)] == ["start", "new"]


def test_another_branch_and_another_url_are_fetched_into_the_same_clone(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"}, b"one")
    box.up.git("branch", "side")
    box.up.commit({"d/a": b"2\n"}, b"two", branch="side")
    box.open(location=url(box)).close()
    with box.open(location=url(box), branch="side") as history:
        assert len(history.changesets(everything)) == 2
    other = box.repository("other")
    other.commit({"d/a": b"9\n"}, b"nine")
    with box.open(location=f"file://{other.path}") as history:
        assert [c.subject for c in history.changesets(everything)] == ["nine"]


def test_the_remote_s_head_will_do_for_a_branch(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"}, b"one")
    box.open(location=url(box), branch="HEAD").close()
    box.up.commit({"d/a": b"2\n"}, b"two")
    with box.open(location=url(box), branch="HEAD") as history:
        assert history.tip == box.up.tip()


def test_a_content_the_remote_lacks_matters_only_where_it_is_read(box: Sandbox) -> None:
    box.up.git("config", "uploadpack.allowFilter", "true")
    first = box.up.commit({"d/a": b"1\n", "d/b": b"2\n", "d/c": b"3\n"}, b"one")
    lost = box.up.git("rev-parse", f"{first}:d/b")
    box.up.lose(lost)
    with box.open(location=url(box)) as history:
        a, _, c = history.changesets(everything)[0].files
        assert a.new is not None
        assert c.new is not None
        assert [text for _, text in history.read_many([a.new.oid, c.new.oid])] == [b"1\n", b"3\n"]
        with pytest.raises(WorldError, match=f"'d/b' at commit {first}"):
            history.read(lost)


def test_no_hook_and_no_template_of_anyone_s_runs(box: Sandbox) -> None:
    evil = box.folder / "evil"
    for folder in ("template/hooks", "hooks"):
        place = box.folder / folder
        place.mkdir(parents=True)
        for hook in ("post-checkout", "reference-transaction", "post-merge", "pre-auto-gc"):
            (place / hook).write_text(f"#!/bin/sh\ntouch {evil}\n")
            (place / hook).chmod(0o755)
    box.config.write_text(
        f"[init]\ntemplateDir = {box.folder}/template\n[core]\nhooksPath = {box.folder}/hooks\n"
    )
    box.up.git("-c", "core.hooksPath=/dev/null", "config", "x.y", "z")
    box.up.commit({"d/a": b"1\n"}, b"one")
    evil.unlink(missing_ok=True)
    box.open(location=url(box)).close()
    box.config.write_text(f"[core]\nhooksPath = {box.folder}/hooks\n")
    box.up.commit({"d/a": b"2\n"}, b"two")
    evil.unlink(missing_ok=True)
    box.open(location=url(box)).close()
    assert not evil.exists()
    assert not (clone(box) / "hooks").exists()


def test_the_user_s_configuration_is_heard(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"}, b"one")
    box.config.write_text(f'[url "file://{box.folder}/"]\ninsteadOf = https://upstream.example.org/\n')
    with box.open(location="https://upstream.example.org/up") as history:
        assert len(history.changesets(everything)) == 1


def test_variables_that_point_git_elsewhere_are_not_heard(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.up.commit({"d/a": b"1\n"}, b"one")
    other = box.repository("other")
    before = other.snapshot()
    pointing = {"GIT_DIR": ".git", "GIT_OBJECT_DIRECTORY": ".git/objects", "GIT_WORK_TREE": "", "GIT_INDEX_FILE": "i"}
    for count in (1, 2):
        with monkeypatch.context() as patch:
            for key, value in pointing.items():
                patch.setenv(key, str(other.path / value))
            patch.setenv("GIT_NAMESPACE", "elsewhere")
            with box.open(location=url(box)) as history:
                assert len(history.changesets(everything)) == count
        box.up.commit({"d/a": b"2\n"}, b"two")
    assert other.snapshot() == before


@pytest.mark.parametrize("location", ["ext::sh -c 'touch EVIL' //x", "ext://sh/x", "fd::0://"])
def test_transports_that_run_programs_are_refused(box: Sandbox, location: str) -> None:
    evil = box.folder / "evil"
    box.config.write_text("[protocol \"ext\"]\nallow = always\n")
    with pytest.raises((UserError, WorldError), match="upstream openbsd"):
        box.open(location=location.replace("EVIL", str(evil)))
    assert not evil.exists()
    assert not clone(box).exists()


def test_what_is_not_there_is_told_in_one_sentence(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"}, b"one")
    with pytest.raises(WorldError, match="not here yet"):
        box.open(location=url(box), fetch=False)
    with pytest.raises(UserError, match="has no branch 'gone'"):
        box.open(location=url(box), branch="gone")
    with pytest.raises(WorldError, match="is no git repository") as caught:
        box.open(location=f"file://{box.folder}/nowhere")
    assert "nowhere" in caught.value.cause
    assert list((box.state / "upstream").glob("*.git*/")) == []
    box.open(location=url(box)).close()
    with pytest.raises(UserError, match="has no branch 'gone'"):
        box.open(location=url(box), branch="gone")
    box.up.path.rename(box.folder / "moved")
    with pytest.raises(WorldError, match="is no git repository"):
        box.open(location=url(box))


@pytest.mark.parametrize("address", ["git://127.0.0.1:{}/src", "https://127.0.0.1:{}/src"])
def test_a_remote_that_refuses_is_told_as_one(box: Sandbox, address: str) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(WorldError, match=r"127\.0\.0\.1:\d+/src cannot be reached") as caught:
            box.open(location=address.format(taken.getsockname()[1]))
    assert re.search("refused|onnect to", caught.value.cause)
    assert "check the network" in caught.value.hint
    assert list((box.state / "upstream").glob("*.git*/")) == []


def test_a_password_in_the_url_is_not_shown(box: Sandbox) -> None:
    with pytest.raises(WorldError) as caught:
        box.open(location="http://porter:secret@127.0.0.1:1/src.git")
    said = f"{caught.value} {caught.value.cause} {caught.value.hint} {box.messages}"
    assert "127.0.0.1" in said
    assert "secret" not in said


def test_a_clone_that_was_killed_is_never_taken_for_a_whole_one(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"}, b"one")
    script = (
        "import sys\nfrom pathlib import Path\nfrom portkit.components.model import Source\n"
        "from portkit.upstream.git import open_history\n"
        "open_history(Source('openbsd', sys.argv[1]), [''], Path(sys.argv[2]))\n"
    )
    slow = box.folder / "slow"
    slow.write_text('#!/bin/sh\nsleep 3\nexec git upload-pack "$@"\n')
    slow.chmod(0o755)
    box.config.write_text(f"[remote \"origin\"]\nuploadpack = {slow}\n")
    place = Path(portkit.__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", script, url(box), str(box.state)], stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(place)}, start_new_session=True,
    ) as run:  # fmt: skip
        end = time.monotonic() + 10
        while not list((box.state / "upstream").glob("*.part-*/config")) and time.monotonic() < end:
            time.sleep(0.01)
        os.killpg(run.pid, signal.SIGKILL)
    assert list((box.state / "upstream").glob("*.part-*"))
    assert not clone(box).exists()
    box.config.write_text("")
    with box.open(location=url(box)) as history:
        assert len(history.changesets(everything)) == 1
    assert list((box.state / "upstream").glob("*.part-*")) == []
