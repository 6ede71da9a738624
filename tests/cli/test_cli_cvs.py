"""The weekly sync from a CVS repository: what it makes of it, and changing from a git mirror to it and back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cli_work import Work

BRANCH = "    branch: master\n    title"
BRANCHES = ("portkit/msg", "portkit/msg-draft", "portkit/leased", "portkit/leased-draft")


def trees(work: Work) -> dict[str, list[str]]:
    """What stands on portkit's branches, commit by commit. Modes are left out: CVS has no history of them, and the
    example makes a script executable on the way."""
    result = {}
    for branch in BRANCHES:
        commits = work.git("log", "--format=%H", f"master..{branch}").split() if work.tip(branch) else []
        result[branch] = [work.git("ls-tree", "-r", "--format=%(objectname) %(path)", one) for one in commits]
    assert result["portkit/leased"] and result["portkit/msg"]
    return result


def told(found: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """A component's changesets without what names a commit: states, revisions and conflict ids."""
    return [
        (one["state"], one["date"], one["author"], one["subject"], tuple(one["revisions"]),
         tuple(tuple(file["conflicts"]) for file in one["files"]))
        for one in found["changesets"]
    ]  # fmt: skip


@pytest.fixture
def cvs(work: Work) -> Work:
    """The example, whose map names the CVS repository in place of the mirror."""
    text = work.map.read_text("utf-8")
    changed = text.replace("    git: openbsd.git ", "    cvs: openbsd.cvs ").replace(BRANCH, "    title")
    assert changed.count("    cvs: openbsd.cvs ") == 2
    work.map.write_text(changed, "utf-8")
    shutil.rmtree(work.upstream)
    return work


def test_a_whole_week_without_git_mirror_and_without_cvs(cvs: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = cvs.folder.parent / "bin"
    bare.mkdir()
    git = shutil.which("git")
    assert git is not None
    (bare / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(bare))
    for command in (("map", "check"), ("fetch",), ("status",), ("log", "leased"), ("baseline", "leased")):
        done = cvs.portkit(*command)
        assert done.code == 0, (command, done.err)
    found = cvs.sync()
    assert found["leased"]["counts"]["ported"] and found["msg"]["counts"]["ported"]
    assert cvs.portkit("conflicts", "leased").code == 0
    assert cvs.portkit("report", "weekly").code in (0, 1)
    again = cvs.sync()
    assert not any(one["changed"] for one in again.values())


def test_the_branches_hold_the_same_trees_as_from_git(work: Work) -> None:
    from_git = work.sync()
    expected = trees(work)
    from_cvs = {one["name"]: one for one in work.portkit("--json", *CVS, "sync").object()["components"]}
    assert {name: told(one) for name, one in from_cvs.items()} == {name: told(one) for name, one in from_git.items()}
    assert trees(work) == expected
    assert work.sync().keys() == from_git.keys()
    assert trees(work) == expected


CVS = ("--upstream", "openbsd=cvs:openbsd.cvs")


@pytest.fixture(autouse=True)
def _here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path on the command line is meant from where it is typed."""
    for name in ("work", "synced"):
        if name in request.fixturenames:
            monkeypatch.chdir(request.getfixturevalue(name).folder)


def test_what_was_ported_from_git_is_not_offered_again_from_cvs(synced: Work) -> None:
    """By revision, in the ledger; and what CVS brought counts for git."""
    synced.git("update-ref", "refs/heads/master", synced.tip("portkit/leased"))
    first = synced.sync()
    assert {one["state"] for one in first["leased"]["changesets"]}.isdisjoint({"ported"})
    second = {one["name"]: one for one in synced.portkit("--json", *CVS, "sync").object()["components"]}
    assert told(second["leased"]) == told(first["leased"])
    assert second["msg"]["counts"]["changesets"] == 0


def test_what_was_ported_from_cvs_is_not_offered_again_from_git(work: Work) -> None:
    assert work.portkit(*CVS, "sync").code == 1
    log = work.git("log", "--format=%(trailers:key=Upstream-commit,valueonly)", "master..portkit/leased").split()
    assert log and all(len(one) == 16 for one in log)
    work.git("update-ref", "refs/heads/master", work.tip("portkit/leased"))
    found = work.sync()
    assert {one["state"] for one in found["leased"]["changesets"]}.isdisjoint({"ported"})
    assert found["msg"]["counts"]["changesets"] == 0
    states = [
        [(one["state"], one["commit"], one["subject"]) for one in done.object()["changesets"]]
        for done in (work.portkit("--json", "log", "leased"), work.portkit("--json", *CVS, "log", "leased"))
    ]
    assert states[0] == states[1]
    assert sum(state == "carried" for state, _, _ in states[0]) > 5


def test_a_decision_holds_for_both(synced: Work) -> None:
    """It goes by path and revision, whichever source the changeset was named from."""
    every = synced.portkit("--json", *CVS, "log", "leased").object()["changesets"]
    parked = next(one for one in every if one["state"] == "conflict")
    done = synced.portkit(*CVS, "decide", "skip", parked["id"], "--reason", "not ours")
    assert done.code == 0, done.err
    for upstream in ((), CVS):
        found = synced.portkit("--json", *upstream, "log", "leased").object()["changesets"]
        states = {one["subject"]: one["state"] for one in found}
        assert states[parked["subject"]] == "skipped"


def test_one_changeset_by_its_commitid(work: Work) -> None:
    every = work.portkit("--json", *CVS, "log", "leased").object()["changesets"]
    one = next(one for one in every if one["state"] == "pending")
    done = work.portkit("--json", *CVS, "sync", "leased", "--changeset", one["id"][:9], "--branch", "one")
    (found,) = done.object()["components"]
    assert [one["id"] for one in found["changesets"]] == [one["id"]]
    assert work.portkit(*CVS, "sync", "leased", "--until", one["id"], "--dry-run").code in (0, 1)


def test_a_damaged_file_keeps_nothing_else_back(work: Work) -> None:
    """What is known to touch it waits; the rest lands; the run says so first and ends with 2."""
    whole = work.portkit("--json", *CVS, "sync").object()["components"]
    place = work.folder / "openbsd.cvs" / "src" / "sbin" / "leased" / "timer.c,v"
    content = place.read_bytes()
    place.chmod(0o644)
    place.write_bytes(content[:-20])
    done = work.portkit("--json", *CVS, "sync")
    assert done.code == 2
    found = done.object()
    assert "timer.c,v is damaged at byte" in found["error"]["what"]
    leased = next(one for one in found["components"] if one["name"] == "leased")
    assert leased["notices"][0]["kind"] == "damaged"
    before = {one["id"]: one for one in next(one for one in whole if one["name"] == "leased")["changesets"]}
    states = {one["id"]: one["state"] for one in leased["changesets"]}
    for id_, one in before.items():
        touches = any("timer.c" in revision for revision in one["revisions"])
        if touches and len(one["revisions"]) > 1:
            assert states[id_] == "blocked"
        elif not touches and one["state"] == "ported":
            assert states[id_] in ("ported", "blocked")
    assert "ported" in states.values()
    shown = work.portkit(*CVS, "sync")
    assert shown.code == 2
    assert "timer.c,v is damaged at byte" in shown.err.replace("\n    ", " ").replace("\n  ", " ")
    assert work.portkit(*CVS, "report", "weekly").code in (0, 1, 2)
    pages = sorted((work.folder / "reports").rglob("weekly.md"))
    head = pages[-1].read_text("utf-8")[:1500]
    assert "**Incomplete:**" in head and "timer.c,v is damaged at byte" in " ".join(head.split())
    place.write_bytes(content)
    mended = work.portkit("--json", *CVS, "sync")
    assert mended.code in (0, 1)
    assert [told(one) for one in mended.object()["components"]] == [told(one) for one in whole]


def test_a_repository_by_rsync(work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the mapped folders come; status and log ask no remote."""
    if shutil.which("rsync") is None:
        pytest.skip("rsync is not installed")
    shell = tmp_path / "shell"
    shell.write_text('#!/bin/sh\nshift\nexec sh -c "$*"\n')  # a remote shell whose every host is this one
    shell.chmod(0o755)
    monkeypatch.setenv("RSYNC_RSH", str(shell))
    expected = {one["name"]: told(one) for one in work.portkit("--json", *CVS, "sync").object()["components"]}
    (work.folder / "openbsd.cvs" / "src" / "distrib").mkdir()
    (work.folder / "openbsd.cvs" / "src" / "distrib" / "x,v").write_text("not asked for")
    named = f"    cvs: host:{work.folder}/openbsd.cvs\n    module: src "
    text = work.map.read_text("utf-8").replace("    git: openbsd.git ", named)
    work.map.write_text(text.replace(BRANCH, "    title"), "utf-8")
    early = work.portkit("status")
    assert early.code == 3 and "portkit fetch" in early.err
    done = work.portkit("--json", "fetch")
    assert done.code == 0, done.err
    assert done.object()["sources"][0]["fetched"] is True
    copy = work.folder / ".portkit" / "upstream" / "openbsd.cvs" / "repository"
    assert (copy / "src" / "sbin" / "leased" / "leased.c,v").exists()
    assert (copy / "CVSROOT" / "config").exists()
    assert not (copy / "src" / "distrib").exists()
    monkeypatch.setenv("RSYNC_RSH", os.devnull)
    assert work.portkit("status").code == 0
    monkeypatch.setenv("RSYNC_RSH", str(shell))
    assert {name: told(one) for name, one in work.sync().items()} == expected
    assert work.portkit("doctor").code == 0
    monkeypatch.setenv("RSYNC_RSH", str(tmp_path / "nosuch"))
    failed = work.portkit("fetch")
    assert failed.code == 3 and "rsync failed" in failed.err


@pytest.mark.parametrize("place", ["host:$(touch x)", "host:/a;b", "rsync://-x/y", "http://x/y", ":pserver:a@b:/cvs"])
def test_a_remote_place_that_a_shell_could_act_upon_is_refused(work: Work, place: str) -> None:
    done = work.portkit("--upstream", f"openbsd=cvs:{place}", "status")
    assert done.code == 2, done.err
    assert not (work.folder / "x").exists()
