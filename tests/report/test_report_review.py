"""What a reviewer is given: exact commands, candidates with their reasons, a cover letter that claims no more."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from report_outcomes import ONTO, blocked, component, conflict, parked, ported

from portkit.report.view import ComponentView
from portkit.report.weekly import render, weekly
from portkit.sync.outcome import ComponentOutcome


def viewed(outcome: ComponentOutcome, previous: dict[str, Any] | None = None) -> ComponentView:
    titles = {"openbsd": "OpenBSD"}
    return weekly([outcome], as_of="2012-08-15", previous=previous, titles=titles).components[0]


def texts(view: ComponentView) -> list[str]:
    return [one.text for one in view.review]


def last_report(outcome: ComponentOutcome) -> Any:
    return json.loads(render(weekly([outcome], as_of="2012-08-08"), "json"))


def test_last_report_s_branch_is_held_against_this_one_s() -> None:
    before = last_report(component(ported(1), tip="d" * 40))
    found = texts(viewed(component(ported(1), ported(2), tip="e" * 40), before))
    assert f"git range-diff {ONTO[:12]}..{'d' * 12} {ONTO[:12]}..portkit/d" in found
    assert found[0] == f"git log --reverse -p {ONTO[:12]}..portkit/d"
    assert found[-2:] == ["portkit publish d", f"git format-patch --cover-letter {ONTO[:12]}..portkit/d"]


@pytest.mark.parametrize("tip", ["e" * 40, ONTO, "", "x; rm -rf ~", 3, None])
def test_a_branch_that_did_not_move_or_is_no_commit_is_not(tip: object) -> None:
    before = last_report(component(ported(1), tip="d" * 40))
    before["components"][0]["target"]["tip"] = tip
    assert not any("range-diff" in one for one in texts(viewed(component(ported(1), tip="e" * 40), before)))
    before["components"][0]["target"] = None
    assert not any("range-diff" in one for one in texts(viewed(component(ported(1), tip="e" * 40), before)))


def test_candidates_are_named_with_their_words_and_what_comes_before() -> None:
    outcome = component(
        ported(1, "Rename things.", "1" * 40), ported(2, "Fix a crash.", "2" * 40),
        ported(3, "Check the length.", "3" * 40), ported(4, "Fix a typo in a comment.", "4" * 40),
    )  # fmt: skip
    view = viewed(outcome)
    assert [(one.outcome.commit, one.words, one.after) for one in view.candidates] == [
        ("2" * 40, ("Fix", "crash"), 1), ("3" * 40, ("Check the length",), 1),
    ]  # fmt: skip
    assert f"git cherry-pick -x {'2' * 12} {'3' * 12}" in texts(view)


def test_the_cover_letter_says_what_is_left_out_and_what_was_not_tested() -> None:
    view = viewed(component(ported(1, "Avoid an overflow."), parked(2, conflict()), blocked(3, 2), blocked(4, 2)))
    text = " ".join(view.cover.split())
    assert view.cover.startswith("[PATCH 0/1] d: sync with OpenBSD as of 2012-08-15\n\n")
    assert "carries 1 changeset of OpenBSD over" in text
    assert "Not in it: 1 changeset that does not fit, and 2 that wait for those." in text
    assert f"{1:040x}"[:10] + " overflow" in text
    assert "Not tested: - whether it compiles - whether it does what it should: nothing was run" in text
    assert max(len(line) for line in view.cover.splitlines()) <= 68


def test_the_cover_letter_counts_the_commits_that_carry_a_part() -> None:
    in_part = replace(parked(2, conflict()), partial=True, commit="9" * 40)
    view = viewed(component(ported(1), in_part, parked(3, conflict())))
    assert view.cover.startswith("[PATCH 0/2] d: ")
    text = " ".join(view.cover.split())
    said = "Not in it whole: 2 changesets that do not fit. Of 1 of these, a commit marked PARTIAL carries what fits."
    assert said in text


def test_what_was_run_is_said_and_no_longer_denied() -> None:
    outcome = component(ported(1))
    (view,) = weekly([outcome], as_of="2012-08-15", ran={"d": ["make buildworld"]}).components
    assert "  - make buildworld\nNot tested:\n  - whether it does" in view.cover


def test_without_a_branch_there_is_nothing_to_review() -> None:
    view = viewed(component(ported(1, commit=None), tip=""))
    assert (view.review, view.candidates, view.cover) == ((), (), "")
