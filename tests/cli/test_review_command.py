"""`portkit review`, and what `portkit baseline` explains."""

from __future__ import annotations

from typing import Any

from cli_work import Work, refused


def hand_made(work: Work) -> str:
    found = work.portkit("--json", "ports", "leased").object()["ports"]
    return next(str(one["target_commit"]) for one in found if "trailer" not in one["evidence"])


def test_a_port_made_by_hand_is_reviewed(work: Work) -> None:
    before = work.everything()
    commit = hand_made(work)
    found = work.portkit("--json", "review", commit).object()
    assert (found["component"], found["kind"], found["target_commit"]) == ("leased", "exact", commit)
    files: list[dict[str, Any]] = found["files"]
    assert {one["target"] for one in files} == {"sbin/leased/options.c", "sbin/leased/leased.h"}
    for file in files:
        for hunk in file["hunks"]:
            assert hunk["state"] == "made"
            assert hunk["target"][0]["added"] == hunk["upstream"]["added"]
    for arguments in (("review", commit), ("-v", "review", commit)):
        told = work.portkit(*arguments)
        assert told.code == 0
        assert "the same" in told.out
        assert [line for line in told.out.splitlines() if len(line) > 80] == []
    assert work.everything() == before


def test_a_commit_that_ports_nothing(work: Work) -> None:
    refused(work, "review", "master~5", says="carries no upstream changeset")
    refused(work, "review", "nosuch", says="nosuch")
    refused(work, "review", "--component", "nosuch", "master", says="nosuch")


def test_baseline_explains_and_shows_differences(work: Work) -> None:
    told = work.portkit("--json", "baseline", "leased", "--hunks").object()
    files = {one["target"]: one for one in told["files"]}
    one = files["sbin/leased/options.c"]
    assert one["why"] == ["1.3: its change of 5 lines is not there", "1.4: its change of 12 lines is there"]
    assert sum(len(hunk["added"]) + len(hunk["removed"]) for hunk in one["hunks"]) >= one["distance"]
    assert files["sbin/leased/compat.c"]["hunks"] == []
    assert "hunks" not in work.portkit("--json", "baseline", "leased").object()["files"][0]
    out = work.portkit("baseline", "leased", "--hunks").out
    assert "is not there" in out
    assert [line for line in out.splitlines() if len(line) > 80] == []
