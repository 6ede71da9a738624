"""The page: self-contained, escaped, and sound in a real browser (where one is there)."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from page_reading import CONTRAST, Tags, opened
from playwright.sync_api import Browser
from report_outcomes import HOSTILE, blocked, component, conflict, hostile, parked, ported

from portkit.report.weekly import Links, render, weekly
from portkit.sync.outcome import ComponentOutcome

LINKS = Links(
    "https://target.example/{id}", "https://up.example/{id}", "https://cvs.example/{path}?rev={revision}"
)


def html(*outcomes: ComponentOutcome, links: Links | None = None, previous: dict[str, Any] | None = None) -> str:
    return render(weekly(outcomes, as_of="2012-08-15", links=links, previous=previous), "html").decode()


@pytest.mark.parametrize("bad", [False, True])
def test_it_is_well_formed_and_asks_nobody(outcomes: tuple[ComponentOutcome, ...], bad: bool) -> None:
    text = html(*([hostile()] if bad else outcomes), links=LINKS)
    read = Tags(text)
    assert read.wrong == []
    assert read.open == []
    names = {tag for tag, _ in read.tags}
    assert not names & {"script", "img", "link", "iframe", "object", "form", "base", "foreignobject", "use"}
    assert ("meta", {"http-equiv": "Content-Security-Policy",
                     "content": "default-src 'none'; style-src 'unsafe-inline'"}) in read.tags  # fmt: skip
    for tag, attributes in read.tags:
        assert not any(name.startswith("on") or name in ("src", "style") for name in attributes), (tag, attributes)
        target = attributes.get("href") or "#"
        assert target.startswith(("#", "https://target.example/", "https://up.example/", "https://cvs.example/"))
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in read.tags:
        if tag == "a" and (attributes["href"] or "").startswith("#"):
            assert (attributes["href"] or "")[1:] in ids
    assert "url(" not in text.partition("</style>")[0]


def test_hostile_text_is_text() -> None:
    text = html(hostile(), links=LINKS)
    words = "".join(Tags(text).words)
    assert "<script>alert(1)</script> <img src=x onerror=alert(2)> &lt; &#60; {{ 7*7 }} {% raw %}" in words
    assert "\\x1b[31mred\\x1b[0m" in words
    assert "\\u202eevil\\u202c" in words
    assert "\\udcff" in words
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text)
    assert max(len(line) for line in text.splitlines()) < 8000
    assert HOSTILE not in text


def test_tables_have_captions_and_scopes(outcomes: tuple[ComponentOutcome, ...]) -> None:
    read = Tags(html(*outcomes, hostile()))
    count = [tag for tag, _ in read.tags]
    assert count.count("table") == count.count("caption") == 4
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in read.tags if tag == "th")
    levels = [int(tag[1]) for tag in count if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_state_is_said_in_words(outcomes: tuple[ComponentOutcome, ...]) -> None:
    text = html(*outcomes)
    assert '<span class="state">conflict</span>' in text
    assert '<span class="state">flagged</span>' in text
    assert "blocks 2 changesets" in text
    assert "git log -p" in text
    assert "Landed" in text


def test_links_only_where_they_are_wanted(outcomes: tuple[ComponentOutcome, ...]) -> None:
    bare, linked = html(*outcomes), html(*outcomes, links=LINKS)
    assert "http" not in bare.partition("</head>")[2]
    commit = next(one.commit for one in outcomes[1].changesets if one.commit)
    assert f'href="https://target.example/{commit}"' in linked
    assert 'href="https://cvs.example/sbin/leased/privsep.c?rev=1.2"' in linked


def test_what_is_new_is_marked() -> None:
    one, two = conflict("c-000000000001"), conflict("c-000000000002")
    before = json.loads(render(weekly([component(parked(1, one), ported(5))], as_of="2012-08-08"), "json"))
    text = html(component(parked(1, one), parked(2, two), ported(5), ported(6)), previous=before)
    assert text.count('<strong class="new">new</strong>') == 2
    assert "1 new, 1 still open, 0 closed." in text
    assert '<strong class="new">' not in html(component(parked(1, one)))


def test_a_long_side_shows_what_is_near_the_change() -> None:
    lines = [b"line %d\n" % number for number in range(500)]
    changed = [*lines]
    changed[300] = b"the local change\n"
    text = html(component(parked(1, conflict(base=b"".join(lines), ours=b"".join(changed), theirs=b""))))
    assert "<mark>the local change\n</mark>" in text
    assert "line 298\n" in text
    assert "line 100\n" not in text
    assert "(297 more lines)" in text
    assert "nothing here" in text


def test_binary_sides_are_not_shown() -> None:
    text = html(component(parked(1, conflict(base=b"\x00\x01", ours=b"\x00\x02\x03", theirs=b""))))
    assert "binary, 2 bytes" in text
    assert "binary, 3 bytes" in text


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("bad", [False, True])
def test_no_sideways_scrolling_no_requests(
    browser: Browser, outcomes: tuple[ComponentOutcome, ...], tmp_path: Path, width: int, bad: bool
) -> None:
    text = html(*([hostile()] if bad else outcomes), links=LINKS)
    page, heard = opened(browser, tmp_path, text, width, "light")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert heard == []
    page.close()


def test_both_colour_schemes_are_readable(
    browser: Browser, outcomes: tuple[ComponentOutcome, ...], tmp_path: Path
) -> None:
    """Every text against its own background: a contrast of 4.5 at least (WCAG 2.1, 1.4.3)."""
    before = json.loads(render(weekly(outcomes[:1], as_of="2012-08-08"), "json"))
    text = html(*outcomes, component(parked(1, conflict()), blocked(2, 1)), previous=before)
    papers = set()
    for scheme in ("light", "dark"):
        page, _ = opened(browser, tmp_path, text, 1000, scheme)
        ratio, where, paper = page.evaluate(CONTRAST)
        assert ratio >= 4.5, (scheme, where)
        papers.add(paper)
        page.close()
    assert len(papers) == 2


def test_folds_open_with_the_keyboard(browser: Browser, outcomes: tuple[ComponentOutcome, ...], tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    (tmp_path / "weekly.html").write_text(html(*outcomes), "utf-8")
    page = context.new_page()
    page.goto((tmp_path / "weekly.html").as_uri())
    log = page.locator("details.log").first
    assert not log.locator("pre").is_visible()
    log.locator("summary").focus()
    page.keyboard.press("Enter")
    assert log.locator("pre").is_visible()
    context.close()


def test_sides_stand_beside_each_other_where_there_is_room(
    browser: Browser, outcomes: tuple[ComponentOutcome, ...], tmp_path: Path
) -> None:
    for width, beside in ((1200, True), (360, False)):
        page, _ = opened(browser, tmp_path, html(*outcomes), width, "light")
        boxes = [page.locator(".sides").first.locator("figure").nth(index).bounding_box() for index in range(3)]
        tops = {box["y"] for box in boxes if box is not None}
        assert (len(tops) == 1) is beside
        page.close()
