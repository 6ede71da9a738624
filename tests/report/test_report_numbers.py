"""Every number stands beside the list that it counts, or leads to it; and is what the outcomes say, counted anew."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from report_outcomes import blocked, component, conflict, parked, ported

from portkit.report.weekly import render, weekly
from portkit.sync.outcome import ComponentOutcome

COUNTED = """() => [...document.querySelectorAll('.count')].map(one => {
    const heading = one.closest('h2, h3, h4');
    const home = heading.closest('summary') ? heading.closest('details') : heading.parentElement;
    let lists = [];
    if (heading.closest('summary') || heading.tagName === 'H2') lists = [...home.children];
    else for (let at = heading.nextElementSibling; at && !/^H[234]$/.test(at.tagName) && at.tagName !== 'DETAILS';
              at = at.nextElementSibling) lists.push(at);
    const items = lists.flatMap(at =>
        at.tagName === 'ARTICLE' ? [at] : /^[OU]L$/.test(at.tagName) ? [...at.children] : []);
    return [heading.textContent.trim(), Number(one.textContent.replaceAll(',', '')), items.length];
})"""

TABLE = """() => [...document.querySelectorAll('.overview tbody tr')].map(row => [
    row.querySelector('th a').textContent,
    [...row.querySelectorAll('td')].map(cell =>
        [cell.textContent.trim(), (cell.querySelector('a') || {}).hash || ''])])"""

LINKED = """() => [...document.querySelectorAll('a[href^="#"]')].filter(one =>
    !document.getElementById(decodeURIComponent(one.hash.slice(1)))).map(one => one.hash)"""


@pytest.fixture
def opened(browser: Browser, tmp_path: Path, outcomes: tuple[ComponentOutcome, ...]) -> Any:
    extra = component(ported(1), parked(2, conflict()), *(blocked(at, 2) for at in range(3, 20)), name="extra")
    before = json.loads(render(weekly([component(parked(7, conflict("c-00000000000f")), name="extra")],
                                      as_of="2012-08-08"), "json"))  # fmt: skip
    view = weekly([*outcomes, extra], as_of="2012-08-15", previous=before)
    (tmp_path / "weekly.html").write_bytes(render(view, "html"))
    page = browser.new_page()
    page.goto((tmp_path / "weekly.html").as_uri())
    yield page, [*outcomes, extra]
    page.close()


def test_every_count_is_of_the_list_beside_it(opened: Any) -> None:
    page, _ = opened
    found = page.evaluate(COUNTED)
    assert len(found) > 12
    assert [one for one in found if one[1] != one[2]] == []


def test_the_overview_is_what_the_outcomes_say(opened: Any) -> None:
    page, outcomes = opened
    assert page.evaluate(LINKED) == []
    rows = dict(page.evaluate(TABLE))
    for outcome in outcomes:
        if outcome.changesets:
            states = Counter(str(one.state) for one in outcome.changesets)
            parked_ones = states["conflict"] + states["flagged"]
            behind = [
                one.changeset.date
                for one in outcome.changesets
                if one.state in ("ported", "conflict", "flagged", "blocked")
            ]
            lag = max(0, outcome.newest - min(behind)) // 86400
            expected = [states["ported"], states["already"], parked_ones, states["blocked"], lag]
            assert [text for text, _ in rows[outcome.name]] == [f"{number:,}" for number in expected]
            assert all(link or text == "0" for text, link in rows[outcome.name])


def test_the_lead_s_numbers_add_up(opened: Any) -> None:
    page, outcomes = opened
    landed = [sum(str(one.state) == "ported" for one in outcome.changesets) for outcome in outcomes]
    lead = page.locator("dl.lead").inner_text()
    assert f"{sum(landed)} changesets: " in lead
    for outcome, number in zip(outcomes, landed, strict=True):
        assert (f"{number} of {outcome.name}" in lead) is bool(number)


def test_security_names_what_it_counts(outcomes: tuple[ComponentOutcome, ...]) -> None:
    told = json.loads(render(weekly(outcomes, as_of="2012-08-15"), "json"))
    for one in told["security"]:
        logs = {
            changeset.changeset.id: changeset.changeset.message
            for outcome in outcomes
            for changeset in outcome.changesets
        }
        assert all(word in " ".join(logs[one["changeset"]].split()) for word in one["words"])
    assert told["security"]
