"""`portkit report`: kinds, notes that are the person's own, templates of the user's, schemas."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_work import Work, refused

PLAN = """
plan:
  - component: [msg, leased]
    from: 2011-01-01
    to: 2012-09-30
    work: Import the messages, then sync.
    milestones:
      - {what: the messages are there, done-when: {path: lib/libmsg/msg.c}}
      - {what: somebody read it, done-when: {trailer: Reviewed-by}}
  - {component: logd, from: 2012-10-01, to: 2012-10-07, work: Separate it.}
"""


def planned(work: Work) -> Path:
    """The workspace with a plan in its map; returns the folder of its report."""
    work.map.write_text(work.map.read_text("utf-8") + PLAN, "utf-8")
    return work.folder / "reports" / "2012-09-10"


def test_progress_waits_for_the_person_and_takes_their_words(synced: Work) -> None:
    folder = planned(synced)
    told = synced.portkit("--json", "report", "progress", "--as-of", "2012-09-10")
    assert told.code == 1
    assert told.object()["waits"] == [
        "not filled in: Blockers, in reports/2012-09-10/progress-notes.md",
        "not filled in: Question for the mentor, in reports/2012-09-10/progress-notes.md",
    ]
    notes = folder / "progress-notes.md"
    assert "## Blockers" in notes.read_text()
    mine = "## Blockers\nnone\n## Question for the mentor\nMay it be renamed?\n"
    notes.write_text(mine)
    assert synced.portkit("report", "progress", "--as-of", "2012-09-10").code == 0
    before = synced.everything()
    again = synced.portkit("report", "progress", "--as-of", "2012-09-10")
    assert again.code == 0
    assert synced.everything() == before
    assert notes.read_text() == mine
    for format in ("html", "md", "json"):
        assert "May it be renamed?" in (folder / f"progress.{format}").read_text()


def test_progress_tells_what_is_there_and_who_did_it(synced: Work) -> None:
    folder = planned(synced)
    log = "leased - Three of them.\n\nReviewed-by: A"
    synced.target_edit("sbin/leased/check-conf.sh", "\texit 1\n", "\texit 3\n", log)
    synced.portkit("report", "progress", "--as-of", "2012-10-05")
    told = json.loads((folder.parent / "2012-10-05" / "progress.json").read_bytes())
    first, second = told["plan"]
    assert [one["done"] for one in first["milestones"]] == [True, True]
    assert "portkit/msg, not in the target's own branch yet" in first["milestones"][0]["how"]
    assert (first["standing"], second["standing"]) == ("done", "under way")
    landed = [one for one in told["work"] if one["kind"] == "landed unattended"]
    by_hand = [one for one in told["work"] if one["kind"] == "written by hand"]
    assert {one["by"] for one in landed} == {"Pat Porter"}
    assert all(one["publish"].startswith("portkit publish ") and not one["merged"] for one in landed)
    assert [one["reviewers"] for one in by_hand if one["subject"] == "leased - Three of them."] == [["A"]]
    assert all(one["merged"] for one in by_hand)
    tips = synced.branches()
    counted = synced.git("rev-list", "--count", "portkit/leased", "^master")
    assert len(landed) == int(counted)
    assert tips


def test_what_was_pushed_is_no_longer_local(synced: Work, tmp_path: Path) -> None:
    planned(synced)
    synced.git("init", "-q", "--bare", str(tmp_path / "public.git"))
    synced.git("remote", "add", "origin", str(tmp_path / "public.git"))
    synced.git("push", "-q", "origin", "portkit/msg")
    synced.git("fetch", "-q", "origin", "portkit/msg:refs/remotes/origin/portkit/msg")
    synced.portkit("report", "progress", "--as-of", "2012-09-10")
    told = json.loads((synced.folder / "reports/2012-09-10/progress.json").read_bytes())
    local = {one["component"] for one in told["work"] if one["publish"]}
    assert local == {"leased"}


def test_the_final_report(synced: Work) -> None:
    folder = planned(synced)
    told = synced.portkit("report", "progress", "--final", "--as-of", "2012-09-10")
    assert told.code == 1
    assert "How to go on" in told.out
    (folder / "final-notes.md").write_text("## How to go on\nBegin with logd.\n")
    assert synced.portkit("report", "progress", "--final", "--as-of", "2012-09-10").code == 0
    assert "Begin with logd." in (folder / "final.html").read_text()


def test_progress_is_measured_against_the_report_that_is_asked_for(synced: Work) -> None:
    folder = planned(synced)
    for day in ("2012-09-10", "2012-09-12"):
        synced.portkit("report", "progress", "--as-of", day)
    synced.portkit("report", "progress", "--as-of", "2012-09-14", "--since", "2012-09-11")
    assert json.loads((folder.parent / "2012-09-14/progress.json").read_bytes())["since"] == "2012-09-10"
    refused(synced, "report", "progress", "--since", "lately", says="'lately' is no date")


def test_mistakes(synced: Work) -> None:
    refused(synced, "report", "progress", says="no plan to measure against", hint="docs/map.md")
    refused(synced, "report", "weekly", "--final", says="a weekly report is never final")
    folder = planned(synced)
    folder.mkdir(parents=True)
    (folder / "progress-notes.md").write_bytes(b"\xff")
    refused(synced, "report", "progress", "--as-of", "2012-09-10", says="progress-notes.md: the notes cannot be read")


@pytest.mark.parametrize("kind", ["weekly", "progress"])
def test_a_template_of_the_users(synced: Work, kind: str) -> None:
    planned(synced)
    own = synced.folder / "reports" / "templates"
    own.mkdir(parents=True)
    text = f'{{% extends "built-in/{kind}.html.j2" %}}{{% block heading %}}Ours{{% endblock %}}'
    (own / f"{kind}.html.j2").write_text(text)
    assert synced.portkit("report", kind, "--as-of", "2012-09-10").code in (0, 1)
    assert "<h1>Ours</h1>" in (synced.folder / f"reports/2012-09-10/{kind}.html").read_text()
    (own / f"{kind}.html.j2").write_text("one\n{{ view.nothing }}")
    refused(synced, "report", kind, "--as-of", "2012-09-11", says=f"reports/templates/{kind}.html.j2:2: ",
            hint="docs/templates.md")  # fmt: skip


@pytest.mark.parametrize("kind", ["weekly", "progress"])
def test_the_schema_is_printed(work: Work, kind: str) -> None:
    told = work.portkit("report", kind, "--schema")
    assert json.loads(told.out)["properties"]["kind"] == {"const": kind}
    assert work.portkit("--json", "report", kind, "--schema").object()["json_schema"] == json.loads(told.out)
    assert not (work.folder / "reports").exists() or not list((work.folder / "reports").glob("2*"))
