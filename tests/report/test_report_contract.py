"""The JSON that scripts read: names, shapes, sums."""

from __future__ import annotations

import json
import re

from report_outcomes import HOSTILE, blocked, component, conflict, hostile, parked, ported

from portkit.merge.kinds import ConflictKind
from portkit.report.contract import baseline_object, iso, sync_object
from portkit.report.triage import conflicts_object
from portkit.sync.outcome import ComponentOutcome, State

HASH = re.compile(r"[0-9a-f]{40}")


def test_sync_names_everything_of_the_contract(outcomes: tuple[ComponentOutcome, ...]) -> None:
    told = json.loads(json.dumps(sync_object(outcomes)))
    assert list(told)[:2] == ["schema", "command"]
    assert (told["schema"], told["command"]) == (1, "sync")
    assert [(one["name"], one["mode"]) for one in told["components"]] == [
        ("msg", "import"), ("leased", "sync"), ("clockd", "watch"), ("logd", "port"),
    ]  # fmt: skip
    leased = told["components"][1]
    assert leased["target"]["branch"] == "portkit/leased"
    assert HASH.fullmatch(leased["target"]["onto"])
    assert HASH.fullmatch(leased["target"]["tip"])
    assert leased["needs"] == ["msg"]
    first = leased["changesets"][0]
    assert {"id", "revisions", "date", "author", "subject", "state", "commit", "blocked_by", "files"} <= set(first)
    assert first["revisions"] == ["sbin/leased/privsep.c 1.2", "sbin/leased/privsep.h 1.2"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["date"])
    assert first["state"] == "ported"
    assert HASH.fullmatch(first["commit"])
    assert first["files"][0] | {"reason": ""} == {
        "upstream": "sbin/leased/privsep.c", "target": "sbin/leased/privsep.c", "revision": "1.2",
        "state": "ported", "method": "diff3", "gate": "faithful", "reason": "", "conflicts": [], "resolutions": [],
    }  # fmt: skip


def test_counts_have_every_state_and_add_up(outcomes: tuple[ComponentOutcome, ...]) -> None:
    for one in sync_object(outcomes)["components"]:
        counts = dict(one["counts"])
        total = counts.pop("changesets")
        assert set(counts) == {str(state) for state in State}
        assert sum(counts.values()) == total == len(one["changesets"])
        for state in State:
            assert counts[state] == sum(changeset["state"] == state for changeset in one["changesets"])


def test_conflicts_are_those_of_roots_and_say_what_they_block(outcomes: tuple[ComponentOutcome, ...]) -> None:
    told = conflicts_object(outcomes)
    assert (told["schema"], told["command"]) == (1, "conflicts")
    changesets = {one["id"]: one for one in sync_object(outcomes)["components"][1]["changesets"]}
    assert len(told["conflicts"]) == 4
    for one in told["conflicts"]:
        assert re.fullmatch(r"c-[0-9a-f]{12}", one["id"])
        assert changesets[one["changeset"]]["state"] in ("conflict", "flagged")
        waiting = [id for id, other in changesets.items() if one["changeset"] in other["blocked_by"]]
        assert one["blocks"] == waiting
        assert one["causes"] == []
        assert one["state"] == "open"
    assert [len(one["blocks"]) for one in told["conflicts"]] == [2, 2, 0, 0]
    assert '"c:dnr:v"' in told["conflicts"][1]["ours"]


def test_every_conflict_that_sync_names_is_told(outcomes: tuple[ComponentOutcome, ...]) -> None:
    named = [
        id
        for one in sync_object([*outcomes, hostile()])["components"]
        for changeset in one["changesets"]
        for file in changeset["files"]
        for id in file["conflicts"]
    ]
    assert named == [one["id"] for one in conflicts_object([*outcomes, hostile()])["conflicts"]]


def test_text_stands_exactly_as_it_is() -> None:
    side = b"caf\xe9 \x1b[1m\r\n"
    told = conflicts_object([component(parked(1, conflict(base=side, ours="é".encode(), theirs=b"")))])
    one = told["conflicts"][0]
    assert (one["base"], one["ours"], one["theirs"]) == ("café \x1b[1m\r\n", "é", "")
    again = json.loads(json.dumps(sync_object([hostile()])))
    subject = again["components"][0]["changesets"][0]["subject"]
    assert subject == HOSTILE.strip()


def test_what_is_not_there_is_null() -> None:
    one, other = sync_object([component(ported(1, commit=None), parked(2, conflict()))])["components"][0]["changesets"]
    assert one["commit"] is None
    assert other["files"][0]["gate"] is None


def test_a_refusal_without_a_place_is_a_conflict_too() -> None:
    told = conflicts_object([component(parked(1, state=State.FLAGGED), blocked(2, 1))])["conflicts"]
    assert [(one["kind"], one["blocks"]) for one in told] == [(ConflictKind.GATE, [f"{2:040x}"])]
    assert told[0]["reason"] == "it does not fit"


def test_baselines(outcomes: tuple[ComponentOutcome, ...]) -> None:
    told = baseline_object("leased", outcomes[1].baselines)
    assert (told["schema"], told["command"], told["component"]) == (1, "baseline", "leased")
    by_target = {one["target"]: one for one in told["files"]}
    one = by_target["sbin/leased/options.c"]
    keys = {"target", "upstream", "recorded", "nearest", "distance", "recorded_distance", "changeset", "confidence"}
    assert keys <= set(one)
    assert (one["recorded"], one["nearest"], one["confidence"]) == ("1.2", "1.4", "likely")


def test_dates() -> None:
    assert iso(1345025472) == "2012-08-15T10:11:12Z"
    assert iso(0) == "1970-01-01T00:00:00Z"
    assert iso(-1) == "1969-12-31T23:59:59Z"
    assert iso(2**62) == "9999-12-31T23:59:59Z"
    assert iso(-(2**62)) == "0001-01-01T00:00:00Z"
