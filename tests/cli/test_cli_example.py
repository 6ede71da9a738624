"""The example, end to end: what a sync makes of it, and that a second one makes nothing more."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_work import ROOT, Work, call, refused, snapshot, states

from portkit.demo.build import Example
from portkit.sync.outcome import State


def test_every_outcome_is_as_the_example_says(work: Work, example: Example) -> None:
    found = work.sync()
    for component, expected in example.expected.items():
        told = states(found[component])
        assert told.items() >= {subject: str(state) for subject, state in expected.items()}.items()
        assert [one for one in told if one not in expected and not one.startswith("Import from OpenBSD")] == []
    by_subject = {one["subject"]: one for component in found.values() for one in component["changesets"]}
    subject_of = {one["id"]: subject for subject, one in by_subject.items()}
    for subject, root in example.blocked_by.items():
        assert next(subject_of[one] for one in by_subject[subject]["blocked_by"]) == root
    assert {subject for subject, one in by_subject.items() if one["state"] == "blocked"} == set(example.blocked_by)
    notices = {(one["kind"], one["path"]) for component in found.values() for one in component["notices"]}
    assert set(example.notices) <= notices


def test_the_object_of_sync_is_that_of_the_contract(work: Work) -> None:
    found = work.sync()
    assert list(found) == ["msg", "leased", "clockd", "logd"]
    for name, component in found.items():
        counts = component["counts"]
        assert set(counts) == {"changesets"} | {str(state) for state in State}
        assert counts["changesets"] == sum(counts[str(state)] for state in State) == len(component["changesets"])
        assert set(component["target"]) >= {"onto", "branch", "tip"}
        for one in component["changesets"]:
            assert set(one) >= {"id", "revisions", "date", "author", "subject", "state", "commit"}
            assert set(one) >= {"blocked_by", "files"}
            assert (one["commit"] is not None) == (one["state"] == "ported" or one["partial"])
            if one["commit"]:
                assert work.tip(one["commit"]) == one["commit"]
                trailers = work.git("show", "-s", "--format=%(trailers:key=Upstream-commit,valueonly)", one["commit"])
                assert trailers.strip() == one["id"]
            for file in one["files"]:
                assert {"upstream", "target", "revision", "state", "method", "gate", "conflicts"} <= set(file)
                assert bool(file["conflicts"]) <= (one["state"] in ("conflict", "flagged"))
        if component["mode"] != "watch":
            assert component["changed"] is True
            assert work.tip(component["target"]["branch"]) == component["target"]["tip"]
        else:
            assert component["target"]["tip"] == "", name


def test_conflicts_name_those_of_sync(synced: Work) -> None:
    waiting = synced.portkit("--json", "conflicts").object()["conflicts"]
    known = {
        conflict
        for component in synced.sync().values()
        for one in component["changesets"]
        for file in one["files"]
        for conflict in file["conflicts"]
    }
    assert {one["id"] for one in waiting} == known
    blocked = {one for conflict in waiting for one in conflict["blocks"]}
    assert blocked == {
        one["id"] for one in synced.sync()["leased"]["changesets"] if one["state"] == "blocked"
    }
    one = waiting[0]["id"]
    assert one in synced.portkit("conflicts", "leased", one).out


def test_a_second_sync_changes_nothing_and_says_so(synced: Work) -> None:
    before = synced.everything()
    found = synced.sync()
    assert not any(component["changed"] for component in found.values())
    assert synced.everything() == before
    told = synced.portkit("sync").out
    assert told.count("was up to date at") == 3
    assert "is at" not in told


def test_without_the_cache_everything_is_the_same(synced: Work) -> None:
    first, before = synced.sync(), synced.everything()
    synced.forget()
    assert synced.sync() == first
    assert synced.everything() == before


def test_the_cache_of_the_first_run_makes_no_difference(work: Work) -> None:
    """A first sync with what other commands left behind, and one with nothing, give the same."""
    work.portkit("--json", "sync", "--dry-run")
    work.portkit("--json", "baseline", "leased")
    warm = work.sync()
    refs = work.branches()
    for ref in refs:
        work.git("update-ref", "-d", ref)
    work.forget()
    assert work.sync() == warm
    assert work.branches() == refs


def test_a_dry_run_writes_nothing_and_says_the_same(work: Work) -> None:
    before = work.everything()
    dry = work.sync("--dry-run")
    assert work.everything() == before
    wet = work.sync()
    assert {name: one["counts"] for name, one in dry.items()} == {name: one["counts"] for name, one in wet.items()}
    assert {name: states(one) for name, one in dry.items()} == {name: states(one) for name, one in wet.items()}
    assert not any(one["changed"] for one in dry.values())


def test_the_report_is_written_once(synced: Work) -> None:
    told = synced.portkit("--json", "report", "weekly").object()
    assert [Path(one).name for one in told["files"]] == [
        "weekly.html", "weekly.md", "weekly.json", "cover-msg.txt", "cover-leased.txt", "index.html",
    ]  # fmt: skip
    before = synced.everything()
    again = synced.portkit("report", "weekly")
    assert again.code == 0
    assert again.out.count("(unchanged)") == 6
    assert synced.everything() == before


def test_exit_1_is_for_what_is_new_since_the_last_report(work: Work) -> None:
    work.target_edit("sbin/leased/check-conf.sh", "\texit 1\n", "\texit 3\n", "Three of them.")
    first = work.portkit("sync")
    assert first.code == 1
    assert first.err == ""
    assert "error" not in first.out.lower().replace("strerror(errno)", "")
    assert work.portkit("sync").code == 1
    assert work.portkit("report", "weekly").code == 0
    assert work.portkit("sync").code == 0
    assert work.portkit("sync", "--strict").code == 1
    work.upstream_edit("sbin/leased/check-conf.sh", "\texit 1\n", "\texit 2\n", "Two is for mistakes.")
    assert work.portkit("sync").code == 1
    assert work.portkit("sync", "msg", "--strict").code == 0


def test_sync_says_what_exit_1_means(work: Work) -> None:
    assert "all of them new since" in work.portkit("sync").out
    work.portkit("report", "weekly")
    assert "none of them new since" in work.portkit("sync").out


def test_quiet_is_quiet(work: Work) -> None:
    told = work.portkit("-q", "sync")
    assert (told.out, told.err) == ("", "")
    told = work.portkit("--json", "sync")
    assert told.err == ""


def test_the_demo_needs_no_home_and_no_identity(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key in ("PATH", "PYTHONPATH")}
    done = subprocess.run(
        [sys.executable, "-m", "portkit", "demo", str(tmp_path / "demo")],
        cwd=ROOT, env=environment | {"HOME": str(tmp_path / "none")}, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    last = done.stdout.decode().splitlines()[-1]
    assert Path(last.partition(":")[2].strip()).is_file()
    again = subprocess.run(
        [sys.executable, "-m", "portkit", "-C", str(tmp_path / "demo"), "sync"],
        cwd=ROOT, env=environment | {"HOME": str(tmp_path / "none")}, capture_output=True, check=False,
    )  # fmt: skip
    assert again.returncode == 0
    assert again.stdout.count(b"was up to date") == 3


def test_the_demo_in_a_folder_of_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a b", "-x", "$(touch x)", "caf\u00e9", "a/b/c"):
        told = call("demo", "--", name)
        assert told.code == 0, told.err
        line = next(line for line in told.out.splitlines() if line.startswith("Sync again:"))
        assert call(*shlex.split(line.partition("portkit ")[2])).code == 0
    assert not (tmp_path / "x").exists()


def test_git_variables_of_the_caller_point_nowhere_else(synced: Work, tmp_path: Path) -> None:
    names = ("DIR", "WORK_TREE", "INDEX_FILE", "OBJECT_DIRECTORY", "NAMESPACE", "COMMON_DIR", "CONFIG", "EXTERNAL_DIFF")
    strange = {f"GIT_{name}": str(tmp_path / "nosuch") for name in names} | {"GIT_TRACE": "1", "GIT_TRACE2": "1"}
    before = synced.everything()
    process = synced.start("--json", "sync", environment=strange)
    out, err = process.communicate()
    assert (process.returncode, err) == (1, b"")
    assert out.count(b'"changed":false') == 4
    assert synced.everything() == before


def test_the_demo_leaves_a_folder_alone_that_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    before = snapshot(tmp_path)
    told = call("demo", str(tmp_path))
    assert told.code == 2
    assert "is not empty" in told.err
    assert snapshot(tmp_path) == before


def test_the_demo_is_the_same_everywhere(synced: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another time zone, another locale, another umask, another folder."""
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setenv("LC_ALL", "C")
    old = os.umask(0o077)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "portkit", "--json", "demo", str(tmp_path / "other")],
            cwd=ROOT, capture_output=True, check=False,
        )  # fmt: skip
    finally:
        os.umask(old)
    assert done.returncode == 0, done.stderr
    assert Work(tmp_path / "other").branches() == synced.branches()


def test_port_places_what_fits_and_writes_a_worksheet(work: Work) -> None:
    told = work.portkit("sync", "logd")
    assert told.code == 1
    assert "3 hunks on files that the target has in its own words: 1 placed" in " ".join(told.out.split())
    assert "1 left in main, usr.sbin/logd/logd.c" in told.out
    assert "reports/worksheet-logd.html" in told.out
    subject = work.git("log", "-1", "--format=%s", "portkit/logd").strip()
    assert subject.startswith("PARTIAL: logd - ")
    sheet = json.loads((work.folder / "reports" / "worksheet-logd.json").read_bytes())
    assert sheet["counts"] == {"hunks": 3, "placed": 1, "already": 0, "decided": 0, "ready": 0, "left": 2}
    left = [(one["target"].rpartition("/")[2], one["function"]) for one in sheet["entries"] if one["fate"] == "left"]
    assert left == [("Makefile", ""), ("logd.c", "main")]
    before = work.everything()
    again = work.portkit("sync", "logd")
    assert again.code == 0
    assert "none of them new" in again.out
    assert work.everything() == before


def test_a_dry_port_writes_nothing(work: Work) -> None:
    before = work.everything()
    assert work.sync("logd", "--dry-run")["logd"]["worksheet"]["counts"]["placed"] == 1
    assert work.everything() == before
    assert not (work.folder / "reports" / "worksheet-logd.json").exists()


def test_watch_only_reports(work: Work) -> None:
    before = work.everything()
    found = work.sync("clockd")["clockd"]
    assert found["changesets"] == []
    assert [one["subject"] for one in found["watched"]] == ["clockd: ask less often.  Servers have other things to do."]
    pages = {f"reports/watch-clockd.{suffix}" for suffix in ("html", "json", "md")}
    after = work.everything()
    assert after.keys() - before.keys() == pages
    assert {path: one for path, one in after.items() if path not in pages} == before


def test_baseline_says_which_was_used(synced: Work) -> None:
    before = synced.everything()
    files: list[dict[str, Any]] = synced.portkit("--json", "baseline", "leased").object()["files"]
    used = {one["target"]: (one["recorded"], one["used"], one["confidence"]) for one in files}
    assert used["sbin/leased/options.c"] == ("1.2", "1.4", "likely")
    assert used["sbin/leased/compat.c"] == ("1.1", "1.1", "exact")
    assert synced.everything() == before
    refused(synced, "baseline", "nosuch", says="nosuch")
    refused(synced, "baseline", "leased", "--onto", "nosuch", says="nosuch")
