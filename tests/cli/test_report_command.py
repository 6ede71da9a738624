"""`portkit report`: kinds, notes that are the person's own, templates of the user's, schemas."""

from __future__ import annotations

import json
from datetime import UTC, datetime
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
    branches = [ref for ref in tips if not ref.endswith("-draft")]
    counted = synced.git("rev-list", "--count", *branches, "^master")
    assert len(landed) == int(counted)


def test_what_was_pushed_is_no_longer_local(synced: Work, tmp_path: Path) -> None:
    planned(synced)
    synced.portkit("report", "progress", "--as-of", "2012-09-10")
    synced.git("init", "-q", "--bare", str(tmp_path / "public.git"))
    synced.git("remote", "add", "origin", str(tmp_path / "public.git"))
    synced.git("push", "-q", "origin", "portkit/msg")
    told = json.loads((synced.folder / "reports/2012-09-10/progress.json").read_bytes())
    before = {one["component"] for one in told["work"] if one["publish"]}
    synced.git("fetch", "-q", "origin", "portkit/msg:refs/remotes/origin/portkit/msg")
    synced.portkit("report", "progress", "--as-of", "2012-09-10")
    told = json.loads((synced.folder / "reports/2012-09-10/progress.json").read_bytes())
    local = {one["component"] for one in told["work"] if one["publish"]}
    assert before - local == {"msg"}
    assert "leased" in local


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


@pytest.mark.parametrize("kind", ["weekly", "progress", "triage", "survey"])
def test_the_schema_is_printed(work: Work, kind: str) -> None:
    told = work.portkit("report", kind, "--schema")
    assert json.loads(told.out)["properties"]["kind"] == {"const": kind}
    assert work.portkit("--json", "report", kind, "--schema").object()["json_schema"] == json.loads(told.out)
    assert not (work.folder / "reports").exists() or not list((work.folder / "reports").glob("2*"))


def by_url(work: Work) -> None:
    """The workspace with its upstream named by a URL, and cloned."""
    work.change_map("git: openbsd.git", f"git: {work.upstream.as_uri()}")
    assert work.portkit("sync").code == 1


def test_a_source_that_fails_makes_the_report_poorer_and_is_told(work: Work) -> None:
    by_url(work)
    work.upstream.rename(work.folder / "gone.git")
    told = work.portkit("--json", "report", "weekly", "--as-of", "2012-09-10")
    assert told.code == 3
    found = told.object()
    assert {Path(one).name for one in found["files"]} >= {"weekly.html", "weekly.md", "weekly.json", "index.html"}
    assert "upstream openbsd" in found["error"]["what"]
    folder = work.folder / "reports/2012-09-10"
    assert "**Incomplete:**\n\n    upstream openbsd" in (folder / "weekly.md").read_text()
    assert "<strong>Incomplete:</strong> upstream openbsd" in (folder / "weekly.html").read_text()
    read = json.loads((folder / "weekly.json").read_bytes())
    assert len(read["trouble"]) == 1
    assert [one["name"] for one in read["components"]] == ["msg", "leased", "clockd", "logd"]
    (work.folder / "gone.git").rename(work.upstream)
    assert work.portkit("report", "weekly", "--as-of", "2012-09-10").code == 0
    assert "Incomplete" not in (folder / "weekly.md").read_text()


def test_without_anything_to_look_at_there_is_no_report(work: Work) -> None:
    work.change_map("git: openbsd.git", f"git: {work.upstream.as_uri()}")
    work.upstream.rename(work.folder / "gone.git")
    told = work.portkit("report", "weekly")
    assert told.code == 3
    assert not list((work.folder / "reports").glob("2*"))


def test_the_day_is_that_of_the_newest_fetch(work: Work) -> None:
    by_url(work)
    assert work.portkit("report", "weekly").code == 0
    (folder,) = (work.folder / "reports").glob("2*")
    marks = (work.folder / ".portkit").rglob("FETCH_HEAD")
    fetched = max(datetime.fromtimestamp(mark.stat().st_mtime, UTC).date().isoformat() for mark in marks)
    assert folder.name == fetched
    assert work.portkit("report", "weekly", "--until", "2012-09-10").code == 0
    assert (work.folder / "reports" / "2012-09-10" / "weekly.html").exists()


def test_the_index_is_over_all_of_them(synced: Work) -> None:
    planned(synced)
    for day in ("2012-09-10", "2012-09-17"):
        synced.portkit("report", "weekly", "--as-of", day)
    synced.portkit("report", "progress", "--as-of", "2012-09-17")
    text = (synced.folder / "reports" / "index.html").read_text()
    for address in ("2012-09-10/weekly.html", "2012-09-17/weekly.md", "2012-09-17/progress.json",
                    "2012-09-17/progress-notes.md", "2012-09-10/cover-leased.txt"):  # fmt: skip
        assert f'href="{address}"' in text
        assert (synced.folder / "reports" / address).exists()
    assert text.index("2012-09-17/weekly.html") < text.index("2012-09-10/weekly.html")
    assert '<a href="2012-09-17/progress.html">1 of 3</a>' in text
    before = synced.everything()
    synced.portkit("report", "weekly", "--as-of", "2012-09-17")
    assert synced.everything() == before


def test_local_patches_have_their_section(synced: Work) -> None:
    assert synced.portkit("patches", "extract", "leased").code in (0, 1)
    assert synced.portkit("report", "weekly", "--as-of", "2012-09-10").code == 0
    read = json.loads((synced.folder / "reports/2012-09-10/weekly.json").read_bytes())
    (health,) = read["patches"]
    checked = synced.portkit("--json", "patches", "check", "leased").object()
    assert health["component"] == "leased"
    assert f"of {len(checked['patches'])} patches fit" in health["summary"]
    assert health["command"] == "portkit patches check leased"
    assert "## Local patches of leased" in (synced.folder / "reports/2012-09-10/weekly.md").read_text()


def test_the_survey_is_a_report(synced: Work) -> None:
    assert synced.portkit("report", "survey", "--as-of", "2012-09-10").code == 0
    told = json.loads((synced.folder / "reports/2012-09-10/survey.json").read_bytes())
    surveyed = synced.portkit("--json", "survey").object()
    assert told["totals"] == surveyed["totals"]
    assert told["totals"]["files"] > 5
    assert "2012-09-10/survey.html" in (synced.folder / "reports/index.html").read_text()
    before = synced.everything()
    synced.portkit("report", "survey", "--as-of", "2012-09-10")
    assert synced.everything() == before
    refused(synced, "report", "survey", "--until", "2012-09-10", says="a survey looks at all of upstream")


def test_a_triage_is_what_its_schema_says_and_its_causes_are_drawn(synced: Work) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="no jsonschema here")
    assert synced.portkit("report", "triage", "--as-of", "2012-09-10").code == 0
    told = json.loads((synced.folder / "reports/2012-09-10/triage.json").read_bytes())
    schema = synced.portkit("--json", "report", "triage", "--schema").object()["json_schema"]
    check = jsonschema.Draft202012Validator({**schema, "additionalProperties": False})
    assert [error.message for error in check.iter_errors(told)] == []
    assert synced.portkit("report", "weekly", "--as-of", "2012-09-10").code == 0
    assert "What does not fit, by cause" in (synced.folder / "reports/2012-09-10/weekly.html").read_text()


def test_a_milestone_may_be_a_finding_of_the_audit_that_is_gone(synced: Work) -> None:
    planned(synced)
    more = """
  - component: leased
    from: 2012-10-08
    to: 2012-10-14
    work: Mend what the audit finds.
    milestones:
      - {what: local time is asked for, done-when: {audit: localtime}}
      - {what: misspelt, done-when: {audit: localtiem}}
"""
    synced.map.write_text(synced.map.read_text("utf-8").rstrip("\n") + more, "utf-8")
    assert synced.portkit("report", "progress", "--as-of", "2012-10-09").code == 1
    told = json.loads((synced.folder / "reports/2012-10-09/progress.json").read_bytes())
    assert [(one["done"], one["how"]) for one in told["plan"][2]["milestones"]] == [
        (False, "the audit still finds localtime"),
        (False, "the audit does not find localtiem, and no report before saw that it did"),
    ]
