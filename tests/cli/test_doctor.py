"""`portkit doctor`: every finding with its remedy; nothing is written or run."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
import time
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from cli_work import ROOT, Told, Work, call

from portkit.cli import doctor


def findings(told: Told) -> dict[str, dict[str, Any]]:
    return {one["about"]: one for one in told.object()["findings"]}


def wrong(work: Work, *arguments: str) -> dict[str, dict[str, Any]]:
    told = work.portkit(*arguments, "--json", "doctor")
    return {about: one for about, one in findings(told).items() if one["state"] == "wrong"}


def test_nothing_is_wrong_with_the_example(synced: Work) -> None:
    before = synced.everything()
    told = synced.portkit("doctor")
    assert (told.code, told.err) == (0, "")
    assert told.out.endswith("Nothing is wrong.\n")
    assert [line for line in told.out.splitlines() if len(line) > 80] == []
    found = findings(synced.portkit("--json", "doctor"))
    assert set(found) >= {"python", "git", "libraries", "map", "openbsd", "target", "identity", "lock", "cache", "disk"}
    assert all(one["remedy"] for one in found.values() if one["state"] == "wrong")
    assert synced.everything() == before


def test_it_works_where_there_is_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = call("doctor")
    assert told.code == 0
    assert "portkit init DIR makes one" in told.out
    assert call("-C", str(tmp_path / "gone"), "doctor").code == 2
    assert list(tmp_path.iterdir()) == []


def test_every_mistake_of_a_map_is_told(work: Work) -> None:
    work.change_map("mode: port", "mode: prt")
    work.change_map("upstream: openbsd\n    import", "upstream: opnbsd\n    import")
    told = work.portkit("doctor")
    assert told.code == 2
    assert told.out.count("  wrong  map") == 2
    assert "nearest: 'port'" in " ".join(told.out.split())
    assert "2 things are wrong: map" in told.err


def test_the_user_s_and_the_world_s(work: Work, tmp_path: Path) -> None:
    told = work.portkit("--target", str(tmp_path / "gone"), "--json", "doctor")
    assert told.code == 2
    assert told.object()["error"]["exit"] == 2
    assert told.object()["healthy"] is False
    told = work.portkit("--target", str(tmp_path / "gone"), "--upstream", "openbsd=https://127.0.0.1:1/", "doctor")
    assert told.code == 3
    assert "2 things are wrong: openbsd, target" in told.err
    assert "cannot be reached" in " ".join(told.out.split())


def test_a_branch_that_is_not_there_is_told(work: Work) -> None:
    work.change_map("branch: master\n    title", "branch: nosuch\n    title")
    assert "nosuch" in wrong(work)["openbsd"]["text"]
    found = wrong(work, "--upstream", f"openbsd={work.upstream.as_uri()}")
    assert "has no branch 'nosuch'" in found["openbsd"]["text"]
    assert "git ls-remote" in found["openbsd"]["remedy"]


def test_a_url_that_answers_is_not_cloned(work: Work) -> None:
    before = set(work.folder.rglob("*"))
    told = work.portkit("--target", work.target.as_uri(), "--json", "doctor")
    assert told.code == 0
    assert "answers; not cloned yet: portkit fetch" in findings(told)["target"]["text"]
    assert {path.name for path in set(work.folder.rglob("*")) - before} <= {".portkit"}


def test_a_remote_that_says_nothing_is_not_waited_for(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        begun = time.monotonic()
        found = wrong(work, "--target", f"git://127.0.0.1:{port}/x.git")
    assert time.monotonic() - begun < 10
    assert "does not answer" in found["target"]["text"]


def test_who_holds_the_lock_is_told(synced: Work) -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with (synced.folder / ".portkit" / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            json.dump({"pid": 4711, "host": "far", "since": "now", "command": "portkit sync \x1b[31m"}, file)
            file.flush()
            held.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert held.wait(10)
        told = synced.portkit("--json", "doctor")
    finally:
        done.set()
        thread.join()
    assert told.code == 0
    assert "process 4711 on far" in findings(told)["lock"]["text"]


def test_a_damaged_cache_is_told_and_left(synced: Work) -> None:
    path = synced.folder / ".portkit" / "cache" / "memory.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    found = findings(synced.portkit("--json", "doctor"))
    assert found["cache"]["state"] == "note"
    assert "memory.sqlite is damaged" in found["cache"]["text"]
    assert path.read_bytes().endswith(b"x")


def test_git_that_does_not_know_you(synced: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    synced.git("config", "--remove-section", "user")
    assert "git config --global user.name" in wrong(synced)["identity"]["remedy"]
    assert wrong(synced, "--target", synced.target.as_uri()).keys() == {"identity"}


def test_a_shallow_source_is_no_mistake(work: Work, tmp_path: Path) -> None:
    work.git("clone", "--quiet", "--bare", "--depth", "2", work.upstream.as_uri(), str(tmp_path / "shallow.git"))
    told = work.portkit("--upstream", f"openbsd={tmp_path}/shallow.git", "--json", "doctor")
    assert told.code == 0
    assert findings(told)["openbsd"]["state"] == "note"
    assert "--unshallow" in findings(told)["openbsd"]["remedy"]


def test_without_git_the_rest_is_told(synced: Work, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = synced.portkit("--json", "doctor")
    assert told.code == 3
    assert findings(told)["git"]["remedy"].startswith("install git")
    assert findings(told)["libraries"]["state"] == "ok"


def test_nothing_of_a_hostile_source_runs(synced: Work, tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    for repository in (synced.target, synced.upstream):
        synced.git("config", "core.fsmonitor", f"touch {trace}", at=repository)
        synced.git("config", "core.sshCommand", f"touch {trace};", at=repository)
        synced.git("config", "core.pager", f"touch {trace}", at=repository)
    assert synced.portkit("doctor").code == 0
    assert not trace.exists()
    told = synced.portkit("--upstream", "openbsd=ext::touch " + str(trace), "doctor")
    assert told.code == 2
    assert not trace.exists()


def test_the_oldest_versions_are_those_of_the_project() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    asked = dict(one.split(">=") for one in project["dependencies"])
    assert {name: ".".join(map(str, oldest)) for name, oldest in doctor.LIBRARIES.items()} == asked
    assert project["requires-python"] == f">={'.'.join(map(str, doctor.PYTHON))}"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is refused to root")
def test_a_workspace_that_cannot_be_written_is_told(synced: Work) -> None:
    synced.folder.chmod(0o500)
    try:
        assert "chmod u+w" in wrong(synced)["permissions"]["remedy"]
    finally:
        synced.folder.chmod(0o700)


def test_which_of_the_two_compilers_is_there(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> dict[str, Any]:
        every = work.portkit("--json", "doctor").object()["findings"]
        return next(one for one in every if one["about"] == "libclang")

    versions = {"libclang": "18.1.1"}

    def version(name: str) -> str:
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(metadata, "version", lambda name: version(name) if name == "libclang" else "1")
    assert (found()["state"], found()["text"]) == ("ok", "18.1.1")
    versions.clear()
    assert found()["state"] == "note" and "portkit[audit]" in found()["remedy"]
