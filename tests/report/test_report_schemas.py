"""What is written is what the published schemas say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from report_outcomes import component, conflict, hostile, parked, ported

from portkit.report.published import schema_of
from portkit.report.view import PatchHealth, PatchLine
from portkit.report.weekly import render, weekly
from portkit.sync.outcome import ComponentOutcome

jsonschema = pytest.importorskip("jsonschema", reason="no jsonschema here")

OWN = ("lag", "dated")


def sealed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with no key allowed at its top, or in what only this report has, that it does not name."""
    top = {**schema, "additionalProperties": False}
    top["$defs"] = {
        name: {**one, "additionalProperties": False} if name in OWN else one for name, one in schema["$defs"].items()
    }
    return top


def test_the_schemas_are_schemas() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_of("weekly")))


@pytest.mark.parametrize("bad", [False, True])
def test_a_weekly_report_is_what_its_schema_says(outcomes: tuple[ComponentOutcome, ...], bad: bool) -> None:
    several = [hostile()] if bad else [*outcomes, component(ported(1), parked(2, conflict()), name="extra")]
    first = json.loads(render(weekly(several, as_of="2012-08-15"), "json"))
    health = PatchHealth("extra", "1 patch holds", (PatchLine("a.patch", "holds"),), "portkit patches check extra")
    second = json.loads(
        render(weekly(several[:1], as_of="2012-08-22", previous=first, patches=[health], trouble=["no net"]), "json")
    )
    check = jsonschema.Draft202012Validator(sealed(json.loads(schema_of("weekly"))))
    for told in (first, second):
        assert [error.message for error in check.iter_errors(told)] == []
    assert (second["since"], second["trouble"]) == ("2012-08-15", ["no net"])
    assert len(second["weeks"]) > len(first["weeks"])


def test_what_is_wrong_is_found() -> None:
    told = json.loads(render(weekly([component(ported(1))], as_of="2012-08-15"), "json"))
    check = jsonschema.Draft202012Validator(sealed(json.loads(schema_of("weekly"))))
    for broken in ({**told, "as_of": "today"}, {**told, "more": 1}, {**told, "components": [{}]}):
        assert not check.is_valid(broken)
