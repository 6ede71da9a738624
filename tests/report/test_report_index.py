"""The page over all reports."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser
from report_outcomes import HOSTILE

from portkit.report.index import index, render

FOLDERS = {
    "2012-08-15": ["weekly.html", "weekly.md", "weekly.json", "cover-d.txt", "notes", "x.png"],
    "2012-08-22": ["weekly.json", "weekly.html", "progress.html", "worksheet-logd.md"],
    "2012-08-29": [],
}
WEEKS = [
    {"as_of": "2012-08-15", "component": "d", "landed": 3, "waits": 2, "blocked": 1},
    {"as_of": "2012-08-15", "component": "e", "landed": 1, "waits": 0, "blocked": 0},
    {"as_of": "2012-08-22", "component": "d", "landed": 5, "waits": 1, "blocked": 0},
    {"as_of": "lately", "component": "d", "landed": 5, "waits": 1, "blocked": 0},
    {"as_of": "2012-08-22", "landed": "many"},
    3,
]
PROGRESS: dict[str, dict[str, Any]] = {
    "2012-08-22": {"counts": {"done": 3, "milestones": 9}},
    "2012-08-15": {"counts": 3},
}


def test_days_reports_and_numbers() -> None:
    newest, first = index(FOLDERS, WEEKS, PROGRESS).days
    assert (newest.day, newest.numbers, newest.milestones) == ("2012-08-22", (5, 1, 0), "3 of 9")
    assert (first.day, first.numbers, first.milestones) == ("2012-08-15", (4, 2, 1), "")
    assert [one.name for one in newest.reports] == ["progress", "weekly", "worksheet-logd"]
    assert [format for format, _ in first.reports[0].files] == ["html", "md", "json"]
    assert first.reports[1].files == (("txt", "2012-08-15/cover-d.txt"),)


def test_nothing_to_list_is_a_page_too() -> None:
    assert b"<table" in render(index({}, None, {}))


def test_hostile_names_are_text(browser: Browser, tmp_path: Path) -> None:
    name = HOSTILE.replace("/", "") + ".html"
    text = render(index({"2012-08-15": [name, *(f"r{at}.html" for at in range(40))]}, WEEKS, PROGRESS)).decode()
    assert "<script" not in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text)
    assert not re.search(r'href="(?!2012-08-15/)', text)
    (tmp_path / "index.html").write_text(text, "utf-8")
    page = browser.new_page(viewport={"width": 360, "height": 800})
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.goto((tmp_path / "index.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert heard == []
    page.close()
