"""Progress against the plan: every number is counted anew, every commit is a link or says that it is local."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser
from progress_plans import PLAN, PORTED, found
from report_outcomes import HOSTILE, HOSTILE_LOG, blocked, component, conflict, parked

from portkit.components.model import DoneBy, Milestone, PlanEntry
from portkit.errors import UserError
from portkit.report.links import Links
from portkit.report.notes import Notes
from portkit.report.progress import Facts, Progress, Seen, Slip, Standing, pictures, progress
from portkit.report.progress_render import render
from portkit.report.published import schema_of
from portkit.report.work import told_apart

jsonschema = pytest.importorskip("jsonschema", reason="no jsonschema here")

FOUND = (
    found(1, f"msg - Import.\n\n{PORTED}\n", component="msg", day=1),
    found(2, f"d - What.\n\n{PORTED}\n", day=2),
    found(3, "d - By hand.\n\nReviewed-by: A Mentor\n", day=4),
    found(4, f"d - More.\n\n{PORTED}\n", day=5, merged=False, public=False),
)
LINKS = Links("https://target.example/{id}", "https://up.example/{id}")
FILLED = Notes((("Blockers", "none"), ("Question for the mentor", "May msg move?"), ("Done besides", "Talks.")))


def made(
    plan: Sequence[PlanEntry] = PLAN,
    facts: Facts | None = None,
    as_of: str = "2012-05-31",
    notes: Notes = FILLED,
    previous: dict[str, Any] | None = None,
    final: bool = False,
    found: Sequence[Any] = FOUND,
) -> Progress:
    outcomes = [component(parked(1, conflict()), blocked(2, 1)), component(parked(1, conflict()), name="elsewhere")]
    return progress(
        plan, told_apart(found, {}), facts or Facts({"lib/libmsg/msg.c": Seen("2012-05-22")}), outcomes,
        as_of=as_of, notes=notes, notes_file="reports/2012-05-31/progress-notes.md", links=LINKS, previous=previous,
        final=final,
    )  # fmt: skip


def told(view: Progress, format: str) -> str:
    return render(view, format).decode()


def test_milestones_stand_as_what_shows_them_says() -> None:
    first, second = made().entries
    assert [(one.done, one.on) for one in first.milestones] == [
        (True, "2012-05-22"), (True, "2012-05-25"), (True, "2012-05-30"),
    ]  # fmt: skip
    assert [one.done for one in second.milestones] == [False]
    assert (first.standing, second.standing) == (Standing.DONE, Standing.TO_COME)
    assert (first.weeks, second.weeks) == ("weeks 1 to 2", "weeks 3 to 4")
    none = made(facts=Facts(), found=FOUND[:2], as_of="2012-05-29").entries[0]
    assert [one.done for one in none.milestones] == [False, False, False]
    assert none.milestones[2].how == "said to be done on 2012-05-30, which is to come"
    assert none.standing is Standing.UNDER_WAY
    assert made(facts=Facts(), as_of="2012-06-04").entries[0].standing is Standing.LATE


def test_what_stands_only_on_a_branch_says_so() -> None:
    facts = Facts({"lib/libmsg/msg.c": Seen("2012-05-22", "portkit/msg")})
    assert "on portkit/msg, not in the target's own branch yet" in made(facts=facts).milestones[0].how


def test_a_finding_that_is_gone() -> None:
    plan = (PlanEntry(("d",), "2012-05-21", "2012-05-27", "x", milestones=(Milestone("m", DoneBy.AUDIT, "x"),)),)

    def standing(findings: frozenset[str] | None, previous: Any = None) -> tuple[bool, str, Any]:
        view = made(plan, Facts(findings=findings), previous=previous, as_of="2012-06-01" if previous else "2012-05-31")
        (one,) = view.milestones
        return one.done, one.how, json.loads(told(view, "json"))

    assert standing(None)[:2] == (False, "the audit was not asked")
    never = standing(frozenset({"y"}))
    assert never[:2] == (False, "the audit does not find x, and no report before saw that it did")
    assert standing(frozenset(), never[2])[0] is False
    still = standing(frozenset({"x"}))
    assert still[:2] == (False, "the audit still finds x")
    gone = standing(frozenset({"y"}), still[2])
    assert gone[:2] == (True, "the audit no longer finds x")
    assert standing(frozenset(), {**gone[2], "as_of": "2012-05-31"})[0] is True


def test_a_trailer_with_a_value() -> None:
    for value, done in (("Reviewed-by: A Mentor", True), ("reviewed-by:", True), ("Reviewed-by: Another", False)):
        milestones = (Milestone("m", DoneBy.TRAILER, value),)
        plan = (PlanEntry(("d",), "2012-05-21", "2012-05-27", "x", milestones=milestones),)
        assert made(plan).milestones[0].done is done


def test_a_week_that_slipped_keeps_its_old_and_its_new_day() -> None:
    assert made().entries[0].slips == (Slip("2012-05-27", "2012-06-03"),)
    before = json.loads(told(made(), "json"))
    moved = (PLAN[0], PlanEntry(("logd",), "2012-06-04", "2012-06-24", "Separate logd."))
    after = made(moved, previous=before, as_of="2012-06-07")
    assert after.entries[1].slips == (Slip("2012-06-17", "2012-06-24"),)
    again = made(moved, previous=json.loads(told(after, "json")), as_of="2012-06-14")
    assert again.entries[1].slips == (Slip("2012-06-17", "2012-06-24"),)
    assert "was to end on 2012-06-17, ends on 2012-06-24" in " ".join(told(again, "md").split())
    assert "exams" in told(again, "md")


def test_only_what_is_new_is_new() -> None:
    before = json.loads(told(made(found=FOUND[:2], facts=Facts(), as_of="2012-05-24"), "json"))
    after = made(previous=before)
    assert after.since == "2012-05-24"
    assert [after.is_new(one.commit.id) for one in FOUND] == [False, False, True, True]
    assert after.newly == {(1, "msg is there"), (1, "somebody read it"), (1, "it runs")}
    assert not made().is_new(FOUND[3].commit.id)


@pytest.mark.parametrize("broken", [{}, {"plan": [{}]}, {"plan": 3}, {"as_of": "x", "plan": [], "work": [{}]}])
def test_an_earlier_report_that_is_none_is_the_users_mistake(broken: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="earlier report"):
        made(previous=broken)


def test_without_a_plan_there_is_nothing_to_measure_against() -> None:
    with pytest.raises(UserError, match="no plan"):
        made(())


def test_every_commit_is_a_link_or_local_only() -> None:
    view = made()
    page, mail, read = told(view, "html"), told(view, "md"), json.loads(told(view, "json"))
    for one in view.work:
        assert one.id[:10] in mail
        if one.found.public:
            assert f'href="https://target.example/{one.id}"' in page
            assert f"    https://target.example/{one.id}\n" in mail
        else:
            assert f"https://target.example/{one.id}" not in page
            assert f"{one.kind}, local only" in mail
    assert "<strong>local only</strong>: <code>portkit publish d</code>" in page
    assert [bool(one["link"]) != bool(one["publish"]) for one in read["work"]] == [True] * 4


def test_every_number_is_of_what_is_listed() -> None:
    read = json.loads(told(made(), "json"))
    counts = read["counts"]
    assert counts["commits"] == len(read["work"]) == sum(counts["kinds"].values())
    assert counts["kinds"] == {**dict.fromkeys(counts["kinds"], 0), **Counter(one["kind"] for one in read["work"])}
    milestones = [one for entry in read["plan"] for one in entry["milestones"]]
    assert (counts["milestones"], counts["done"]) == (len(milestones), sum(one["done"] for one in milestones))
    assert counts["merged"] == sum(one["merged"] for one in read["work"])
    assert counts["local"] == sum(bool(one["publish"]) for one in read["work"])
    assert sorted(id for entry in read["plan"] for id in entry["commits"]) == sorted(
        one["commit"] for one in read["work"]
    )
    people = {one["name"]: one for one in read["people"]}
    assert people["A Student"] == {"name": "A Student", "landed": 3, "adapted": 0, "written": 1, "reviewed": 0}
    assert read["left"] == [{"component": "d", "waits": 1, "blocked": 1}]


def test_the_mail_and_the_page_say_what_the_json_counts() -> None:
    mail = " ".join(told(made(), "md").split())
    assert "**Plan:** 3 of 4 milestones done; 2 parts: 1 done, 1 to come." in mail
    assert "**Done:** 4 commits: 3 landed unattended, 1 written by hand; 3 merged. 1 local only." in mail
    assert "**Question for the mentor:** May msg move?" in mail
    assert "## Done besides" in mail
    page = told(made(), "html")
    assert "3 of 4 milestones done; 2 parts: 1 done, 1 to come." in page
    assert "May msg move?" in page


def test_what_must_be_filled_in_says_so() -> None:
    view = made(notes=Notes())
    assert view.lacking == ("Blockers", "Question for the mentor")
    assert "**Blockers:** NOT FILLED IN." in told(view, "md")
    assert "not filled in" in told(view, "html")
    assert made(notes=Notes(), final=True).lacking == ("How to go on",)


def test_the_final_report_is_one_page() -> None:
    view = made(final=True, notes=Notes((("How to go on", "Read logd first."),)))
    mail = told(view, "md")
    for words in ("**Done:**", "[x] msg is there", "**Merged:** 3 of 4 commits.", "**Left:**", "[ ] the logs are made",
                  "d: 1 changeset in the way, 1 blocked", "Read logd first."):  # fmt: skip
        assert words in mail
    assert len(mail.splitlines()) < 60
    assert "What was done" in told(view, "html")


def test_the_burn_up_ends_where_the_counts_say() -> None:
    view = made()
    burn, kinds = pictures(view)
    by_name = dict(zip(burn.head, zip(*burn.rows, strict=True), strict=True))
    assert [number for number in by_name["done"] if number][-1] == "3"
    assert [number for number in by_name["planned"] if number][-1] == "4"
    assert "first planned" in by_name
    assert kinds.rows == (("landed unattended", "3"), ("adapted by hand", "0"), ("written by hand", "1"))


@pytest.mark.parametrize("final", [False, True])
def test_it_fits_a_mail_and_is_what_its_schema_says(final: bool) -> None:
    view = made(final=final)
    text = told(view, "md")
    lines = [line for line in text.splitlines() if "https://" not in line]
    assert max(len(line) for line in lines) <= 72
    assert not re.search(r" $", text, re.MULTILINE)
    schema = json.loads(schema_of("progress"))
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator({**schema, "additionalProperties": False})
    assert [error.message for error in check.iter_errors(json.loads(told(view, "json")))] == []
    for format in ("md", "html", "json"):
        assert render(view, format) == render(made(final=final), format)


def worst(final: bool) -> Progress:
    plan = (
        PlanEntry((HOSTILE,), "2012-05-21", "2012-05-27", HOSTILE * 3, HOSTILE, why=HOSTILE, was=("2012-05-24",),
                  milestones=(Milestone(HOSTILE), Milestone("m", DoneBy.PATH, HOSTILE))),
    )  # fmt: skip
    bad = found(9, HOSTILE_LOG, component=HOSTILE, day=3, merged=False, public=False)
    return made(plan, found=[bad], final=final, notes=Notes())


@pytest.mark.parametrize("final", [False, True])
def test_hostile_text_is_text(final: bool) -> None:
    view = worst(final)
    page, mail = told(view, "html"), told(view, "md")
    for text in (page, mail):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text)
        assert len(text) < 60_000
    assert "<script" not in page
    assert "<img" not in page
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(mail)
    assert set(re.findall(r"</?([a-zA-Z][a-zA-Z0-9]*)", html)) <= {"h1", "h2", "h3", "p", "pre", "code", "strong"}
    assert "{{ 7*7 }}" in mail


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize("bad", [False, True])
def test_no_sideways_scrolling_no_requests(
    browser: Browser, tmp_path: Path, width: int, final: bool, bad: bool
) -> None:
    (tmp_path / "progress.html").write_text(told(worst(final) if bad else made(final=final), "html"), "utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800})
    heard: list[str] = []
    page.on("console", lambda message: heard.append(f"console: {message.text}"))
    page.on("request", lambda request: heard.append(f"request: {request.url}"))
    page.goto((tmp_path / "progress.html").as_uri())
    heard.remove(f"request: {page.url}")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert heard == []
    lost = "[...document.querySelectorAll('a[href^=\"#\"]')].filter(one => !document.querySelector(one.hash)).length"
    assert page.evaluate(lost) == 0
    page.close()
