"""The survey as a report: every number is of a list on the page, names are text."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from report_outcomes import HOSTILE

from portkit.paths import RepoPath
from portkit.report.published import schema_of
from portkit.report.survey_page import SurveyReport, pictures, render, survey_report
from portkit.survey.model import Derived, Place, Recorded, Standing, Survey

jsonschema = pytest.importorskip("jsonschema", reason="no jsonschema here")


def derived(
    number: int, standing: Standing, *, behind: int = 0, lag: int = 0, deleted: bool = False, successor: str = ""
) -> Derived:
    path = RepoPath(f"sbin/d{number % 3}/f{number}.c")
    recorded = Recorded(str(path), f"1.{number}", 1345025472, "krw", 1)
    resolved = standing is Standing.RESOLVED
    missing = tuple(f"{number}{at:039x}"[:40] for at in range(behind))
    return Derived(
        path, 10, standing, recorded, path if resolved else None, f"1.{number}", "a" * 40 if resolved else "", behind,
        lag, "sure", deleted, missing, successor=successor,
    )  # fmt: skip


def made(name: str = "sbin/d0") -> SurveyReport:
    files: Sequence[Derived] = sorted(
        [
            *(derived(number, Standing.RESOLVED) for number in range(4)),
            *(derived(number, Standing.RESOLVED, behind=2, lag=number * 300) for number in range(4, 20)),
            *(derived(number, Standing.NEWER) for number in range(20, 25)),
            derived(25, Standing.AMBIGUOUS), derived(26, Standing.UNKNOWN), derived(27, Standing.BRANCH),
            derived(28, Standing.RESOLVED, deleted=True, successor="usr.sbin/x"),
        ],
        key=lambda one: one.target,
    )  # fmt: skip
    place = Place(name, 9, 90, 6, 12, 4000, 1, 1, 1, name, "d")
    found = Survey("b" * 40, "c" * 40, 1345025472, 500, tuple(files), (place,), (place,))
    return survey_report(found, as_of="2012-08-15")


def test_numbers_are_those_of_the_files() -> None:
    view = made()
    files = view.survey.files
    assert [one.target for one in view.late] == [one.target for one in files if one.behind]
    assert len(view.unresolved) == 3
    origins, ages, _ = pictures(view)
    assert sum(int(number) for _, number in origins.rows) == len(files)
    assert sum(int(number) for _, number in ages.rows) == sum(one.standing is Standing.RESOLVED for one in files)
    text = render(view, "html").decode()
    for title, several in (("Behind", view.late), ("Not known", view.unresolved), ("Deleted upstream", view.deleted)):
        assert f'{title} <span class="count">{len(several)}</span>' in text
        assert all(one.target in text for one in several)


def test_it_reads_as_a_mail_and_is_what_its_schema_says() -> None:
    mail = render(made(), "md").decode()
    assert max(len(line) for line in mail.splitlines()) <= 72
    assert "29 of 500 files came from upstream, 290 lines. 16 of them are behind" in " ".join(mail.split())
    assert "    portkit sync d  # bring sbin/d0 up to date" in mail
    check = jsonschema.Draft202012Validator({**json.loads(schema_of("survey")), "additionalProperties": False})
    assert [error.message for error in check.iter_errors(json.loads(render(made(), "json")))] == []


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("name", ["sbin/d0", HOSTILE.replace("/", "") * 3])
def test_in_a_browser(browser: Browser, tmp_path: Path, width: int, name: str) -> None:
    text = render(made(name), "html").decode()
    assert "<script" not in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text)
    (tmp_path / "survey.html").write_text(text, "utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800})
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("request", lambda request: heard.append(request.url))
    page.goto((tmp_path / "survey.html").as_uri())
    heard.remove(page.url)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert heard == []
    page.close()
