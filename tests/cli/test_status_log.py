"""`portkit status` and `portkit log`: what a sync would say, without a remote and without writing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from cli_work import Work, refused, states


def rows(work: Work, *arguments: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in work.portkit("--json", "status", *arguments).object()["components"]}


def entries(work: Work, component: str, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = work.portkit("--json", "log", component, *arguments).object()["changesets"]
    return found


def wide(text: str) -> list[str]:
    return [line for line in text.splitlines() if len(line) > 80]


def test_status_adds_up_before_and_after_a_sync(work: Work) -> None:
    before = work.everything()
    found = rows(work)["leased"]
    assert (found["pending"], found["ported"], found["conflict"], found["blocked"]) == (13, 0, 3, 2)
    assert found["baseline"]["date"] == "2011-08-15T08:55:42Z"
    assert "Port what is pending" in work.portkit("status").out
    assert work.everything() == before
    work.sync()
    before = work.everything()
    found = rows(work)["leased"]
    assert (found["pending"], found["ported"], found["conflict"], found["blocked"]) == (13, 8, 3, 2)
    assert found["pending"] == found["ported"] + found["conflict"] + found["blocked"]
    assert found["tip"] == work.tip("portkit/leased")
    assert "Port what is pending" not in work.portkit("status").out
    assert rows(work)["clockd"]["watched"] == 1
    assert rows(work)["clockd"]["pending"] is None
    assert work.everything() == before


def test_status_is_a_table_of_80_columns(synced: Work) -> None:
    synced.change_map("  clockd:\n", "  clockd-with-a-name-that-goes-on-and-on-and-on:\n")
    told = synced.portkit("status")
    assert told.code == 0
    assert wide(told.out) == []
    lines = told.out.splitlines()
    assert lines[0].split() == ["component", "mode", "baseline", "pending", "ported", "conflict", "blocked", "lag"]
    assert "leased" in told.out
    assert [line.split()[0] for line in synced.portkit("status", "msg").out.splitlines()[1:2]] == ["msg"]


def test_a_port_is_told_by_its_hunks(work: Work) -> None:
    found = rows(work)["logd"]
    (synced,) = work.portkit("--json", "sync", "logd").object()["components"]
    assert found["pending"] is None and found["hunks"] == synced["worksheet"]["counts"] and found["hunks"]["hunks"]
    hunks = found["hunks"]
    (line,) = [one for one in work.portkit("status").out.splitlines() if one.startswith("logd")]
    assert f"{hunks['already']} of {hunks['hunks']} hunks there, {hunks['placed']} more placed" in line
    assert rows(work)["leased"]["hunks"] is None


def test_what_landed_in_the_target_is_no_longer_pending(synced: Work) -> None:
    synced.git("update-ref", "refs/heads/master", "portkit/leased")
    found = rows(synced)
    assert (found["msg"]["pending"], found["leased"]["pending"], found["leased"]["ported"]) == (0, 5, 0)
    told = {one["subject"]: one for one in entries(synced, "leased")}
    assert told["more then -> more than"]["state"] == "carried"
    assert told["more then -> more than"]["commit"] == synced.tip("portkit/leased")


def test_one_component_that_cannot_be_looked_at_hides_no_other(synced: Work) -> None:
    synced.change_map("mode: port\n", "mode: sync\n")
    synced.change_map("usr.sbin/logd/: usr.sbin/logd/", "usr.sbin/logd/: usr.sbin/elsewhere/")
    told = synced.portkit("--json", "status")
    assert told.code == 2
    found = {one["name"]: one for one in told.object()["components"]}
    assert "has none of the paths" in found["logd"]["error"]["what"]
    assert (found["msg"]["pending"], found["msg"]["error"]) == (3, None)
    shown = synced.portkit("status")
    assert shown.code == 2
    assert "cannot be looked at" in shown.out
    assert wide(shown.out) == []
    assert "has none of the paths" in shown.err


def test_no_remote_is_asked(work: Work, tmp_path: Path) -> None:
    upstream, target = tmp_path / "upstream.git", tmp_path / "target.git"
    shutil.copytree(work.upstream, upstream)
    shutil.copytree(work.target, target)
    places = ("--upstream", f"openbsd={upstream.as_uri()}", "--target", target.as_uri())
    for command in (("status",), ("log", "leased")):
        refused(work, *places, *command, code=3, says="is not here yet", hint="portkit fetch")
        assert not (work.folder / ".portkit" / "target.git").exists()
    assert work.portkit(*places, "sync").code == 1
    expected = work.portkit(*places, "--json", "status").out
    upstream.rename(tmp_path / "gone")
    target.rename(tmp_path / "gone-too")
    told = work.portkit(*places, "--json", "status")
    assert (told.code, told.out) == (0, expected)
    assert work.portkit(*places, "log", "leased").code == 0
    assert "portkit fetch brings what came since" in work.portkit(*places, "status").out


def test_a_clone_of_another_url_is_not_taken_for_this_one(work: Work, tmp_path: Path) -> None:
    other = tmp_path / "other.git"
    shutil.copytree(work.upstream, other)
    assert work.portkit("--upstream", f"openbsd={work.upstream.as_uri()}", "fetch").code == 0
    refused(work, "--upstream", f"openbsd={other.as_uri()}", "status", code=3, says="another URL", hint="portkit fetch")
    assert work.portkit("--target", work.target.as_uri(), "fetch").code == 0
    shutil.copytree(work.target, tmp_path / "target.git")
    refused(work, "--target", (tmp_path / "target.git").as_uri(), "publish", code=3, says="another URL")


def test_log_says_what_sync_says(synced: Work) -> None:
    before = synced.everything()
    found = entries(synced, "leased")
    expected = states(synced.sync()["leased"])
    assert {one["subject"]: one["state"] for one in found}.items() >= expected.items()
    assert {one["state"] for one in found if one["subject"] not in expected} == {"before-baseline", "carried"}
    dates = [one["date"] for one in found]
    assert dates == sorted(dates, reverse=True)
    assert all((one["commit"] is not None) == (one["state"] in ("ported", "carried")) for one in found)
    assert found[0]["revisions"] == ["sbin/leased/leased.conf.5 1.2"]
    assert synced.everything() == before


def test_what_would_land_is_pending(work: Work) -> None:
    found = {one["state"] for one in entries(work, "leased")}
    assert "pending" in found
    assert "ported" not in found


def test_log_is_limited_by_state_day_and_number(synced: Work) -> None:
    every = entries(synced, "leased")
    assert entries(synced, "leased", "-n", "3") == every[:3]
    assert synced.portkit("--json", "log", "leased", "-n", "3").object()["left_out"] == len(every) - 3
    assert f"and {len(every) - 3} older" in synced.portkit("log", "leased", "-n", "3").out
    day = every[4]["date"][:10]
    assert entries(synced, "leased", "--since", day) == every[:5]
    both = entries(synced, "leased", "--state", "conflict", "--state", "flagged")
    assert both == [one for one in every if one["state"] in ("conflict", "flagged")]
    assert len(both) == 3
    assert synced.portkit("log", "leased", "--since", "2100-01-01").out == "no such changeset\n"
    refused(synced, "log", "leased", "--since", "yesterday", says="is no date", hint="2012-08-15")
    refused(synced, "log", "leased", "--state", "conflic", says="'conflict'")
    refused(synced, "log", "leased", "-n", "0", says="0")
    refused(synced, "log", "leasd", says="nearest: 'leased'")


def test_log_fits_80_columns_and_shows_hostile_subjects_as_text(synced: Work) -> None:
    synced.upstream_edit(
        "sbin/leased/leased.8", ".Dd", ".\\\" x\n.Dd", "\x1b[31mred\u202e <b>&amp; {{ x }}" + "long " * 30000
    )
    for arguments in (("log", "leased"), ("-v", "log", "leased")):
        told = synced.portkit(*arguments)
        assert told.code == 0
        assert wide(told.out) == []
        assert "\\x1b[31mred" in told.out
    for mode in ("clockd", "logd", "msg"):
        assert wide(synced.portkit("log", mode).out) == []
    assert {one["state"] for one in entries(synced, "clockd")} == {"watched"}
    assert {one["state"] for one in entries(synced, "logd")} == {"open"}
