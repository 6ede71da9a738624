"""`portkit fetch`: URLs are brought up to date, what is new is told once, one source that fails hides no other."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_work import Work, refused


class Far:
    """The example with its two repositories behind URLs."""

    def __init__(self, work: Work, folder: Path) -> None:
        self.work = work
        self.upstream, self.target = folder / "far-upstream.git", folder / "far-target.git"
        shutil.copytree(work.upstream, self.upstream)
        shutil.copytree(work.target, self.target)
        work.git("config", "uploadpack.allowFilter", "true", at=self.upstream)
        work.git("config", "uploadpack.allowFilter", "true", at=self.target)
        work.change_map("git: openbsd.git ", f"git: {self.upstream.as_uri()} ")
        work.change_map("git: dragonfly.git ", f"git: {self.target.as_uri()} ")

    def fetch(self, *arguments: str) -> dict[str, Any]:
        told = self.work.portkit("--json", "fetch", *arguments)
        assert told.code == 0, told.err
        return {one["name"]: one for one in told.object()["components"]}


@pytest.fixture
def far(work: Work, tmp_path: Path) -> Far:
    return Far(work, tmp_path)


def test_what_is_new_is_told_once(far: Far) -> None:
    first = far.fetch()
    assert first["leased"]["changesets"] == 19
    assert all(one["new"] is None for one in first.values())
    shutil.rmtree(far.work.upstream)
    shutil.copytree(far.upstream, far.work.upstream)
    new = far.work.upstream_edit("sbin/leased/leased.8", ".Dd", ".\\\" a\n.Dd", "leased.8: a line.")
    far.work.git("fetch", "--quiet", str(far.work.upstream), "master:master", at=far.upstream)
    told = far.work.portkit("fetch")
    assert told.code == 0
    assert "leased: 1 new changeset, newest of 2012-09-30" in told.out
    assert f"2012-09-30 {new[:10]} leased.8: a line." in told.out
    assert "msg: nothing new" in told.out
    again = far.fetch("leased")
    assert list(again) == ["leased"]
    assert again["leased"]["new"] == []


def test_after_a_fetch_nothing_needs_the_network(far: Far) -> None:
    far.fetch()
    far.upstream.rename(far.upstream.with_name("gone"))
    far.target.rename(far.target.with_name("gone-too"))
    for command in (("status",), ("log", "leased"), ("log", "msg")):
        told = far.work.portkit(*command)
        assert told.code == 0, told.err


def test_no_branch_is_written(far: Far) -> None:
    far.fetch()
    clone = far.work.folder / ".portkit" / "target.git"
    assert far.work.tips_of(clone) == {}
    assert far.work.tips_of(far.target) == {}


def test_a_path_is_used_in_place(work: Work) -> None:
    before = work.everything()
    told = work.portkit("fetch", "msg")
    assert told.code == 0
    assert "is used in place" in " ".join(told.out.split())
    assert work.everything() == before
    assert {one["fetched"] for one in work.portkit("--json", "fetch").object()["sources"]} == {False}


def test_a_source_that_fails_hides_no_other(far: Far) -> None:
    far.upstream.rename(far.upstream.with_name("gone"))
    told = far.work.portkit("--json", "fetch")
    assert told.code == 3
    assert told.err.count("error: ") == 1
    assert "upstream openbsd" in told.err
    assert (far.work.folder / ".portkit" / "target.git").is_dir()
    far.upstream.with_name("gone").rename(far.upstream)
    far.target.rename(far.target.with_name("gone"))
    shutil.rmtree(far.work.folder / ".portkit")
    told = far.work.portkit("--json", "fetch")
    assert told.code == 3
    assert told.object()["error"]["what"].startswith("the target")
    assert [one["changesets"] for one in told.object()["components"]][:2] == [3, 19]
    assert "fatal" not in told.err.partition("Caused by")[0]


def test_the_original_comes_with_v(far: Far) -> None:
    far.upstream.rename(far.upstream.with_name("gone"))
    assert "stderr" not in far.work.portkit("fetch").err
    process = far.work.start("-v", "fetch")
    _, err = process.communicate()
    assert process.returncode == 3
    assert b"Could not read from remote repository" in err


def test_an_unknown_component_is_told(work: Work) -> None:
    refused(work, "fetch", "leasd", says="nearest: 'leased'")


def test_a_rewritten_upstream_is_no_news_of_everything(far: Far) -> None:
    far.fetch()
    far.work.git("update-ref", "refs/heads/master", "master~3", at=far.upstream)
    found = far.fetch()
    assert found["leased"]["new"] is None
