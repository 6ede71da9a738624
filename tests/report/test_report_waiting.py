"""What waits, what is new since the last report, what was closed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from report_outcomes import blocked, changeset, component, conflict, file, parked, ported

from portkit.errors import UserError
from portkit.report.weekly import new_since, open_ids, render, weekly
from portkit.sync.outcome import ChangesetOutcome, ComponentOutcome, FileState, Notice, State


def report(*outcomes: ComponentOutcome, previous: Mapping[str, Any] | None = None, as_of: str = "2012-08-08") -> Any:
    return json.loads(render(weekly(outcomes, as_of=as_of, previous=previous), "json"))


ONE, TWO, THREE = conflict("c-000000000001"), conflict("c-000000000002"), conflict("c-000000000003")


def test_only_what_nothing_else_holds_up_waits_for_a_person() -> None:
    outcome = component(ported(1), parked(2, ONE, TWO), blocked(3, 2), parked(4, THREE, state=State.FLAGGED))
    assert open_ids([outcome]) == [ONE.id, TWO.id, THREE.id]


def test_without_an_earlier_report_everything_is_new() -> None:
    assert new_since([component(parked(1, ONE))], None) == [ONE.id]


def test_new_still_open_closed() -> None:
    before = report(component(parked(1, ONE), parked(2, TWO)))
    now = [component(parked(2, TWO), parked(3, THREE))]
    assert new_since(now, before) == [THREE.id]
    after = report(*now, previous=before, as_of="2012-08-15")
    assert after["since"] == "2012-08-08"
    assert after["delta"] == {"new": [THREE.id], "open": [TWO.id], "closed": [ONE.id]}
    third = report(*now, previous=after)
    assert third["delta"] == {"new": [], "open": [TWO.id, THREE.id], "closed": []}


def test_a_rewritten_upstream_makes_nothing_new() -> None:
    before = report(component(ported(1), parked(2, ONE)))
    rewritten = [
        ChangesetOutcome(changeset(number + 100), one.state, one.files, one.commit)
        for number, one in ((1, ported(1)), (2, parked(2, ONE)))
    ]
    view = weekly([component(*rewritten)], as_of="2012-08-15", previous=before)
    assert view.nothing_new
    assert new_since([component(*rewritten)], before) == []


def test_a_refusal_that_names_no_place_has_an_id_that_lasts() -> None:
    one = open_ids([component(parked(1, state=State.FLAGGED))])
    again = ChangesetOutcome(changeset(9), State.FLAGGED, parked(1, state=State.FLAGGED).files)
    assert one == open_ids([component(again)])
    assert one != open_ids([component(parked(2, state=State.FLAGGED))])
    bare = [
        ChangesetOutcome(changeset(number), State.CONFLICT, (file(FileState.CONFLICT, None),)) for number in (1, 2)
    ]
    assert len(open_ids([component(*bare)])) == 2


def test_a_component_that_was_not_looked_at_closes_nothing() -> None:
    before = report(component(parked(1, ONE), name="one"), component(parked(1, TWO), name="two"))
    assert report(component(parked(1, ONE), name="one"), previous=before)["delta"]["closed"] == []


@pytest.mark.parametrize(
    "previous",
    [{}, {"schema": 1, "kind": "triage", "conflicts": []}, {"schema": 2, "kind": "weekly", "conflicts": []}],
)
def test_an_earlier_report_that_is_none_is_the_users_mistake(previous: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="earlier report"):
        new_since([component()], previous)


def test_a_broken_earlier_report_is_the_users_mistake() -> None:
    broken = {"schema": 1, "kind": "weekly", "conflicts": [], "components": [{"name": "d", "changesets": [{}]}]}
    with pytest.raises(UserError, match="earlier report"):
        weekly([component()], as_of="2012-08-15", previous=broken)


def test_nothing_new_and_what_ends_it() -> None:
    first = [component(ported(1), parked(2, ONE))]
    before = report(*first)
    assert weekly(first, as_of="2012-08-15", previous=before).nothing_new
    for news in (
        component(ported(1), parked(2, ONE), ported(3)),
        component(ported(1), ported(2)),
        component(ported(1), parked(2, ONE), notices=(Notice("unmapped", "new", "sbin/d/new.c"),)),
        component(ported(1), parked(2, ONE), watched=(changeset(5),)),
    ):
        assert not weekly([news], as_of="2012-08-15", previous=before).nothing_new
    assert not weekly(first, as_of="2012-08-15").nothing_new
    assert weekly([component()], as_of="2012-08-15").nothing_new
