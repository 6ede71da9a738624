"""`portkit conflicts`: the causes of the example's conflicts, on the terminal and as JSON."""

from __future__ import annotations

import pytest
from cli_work import Work

from portkit.cli.screen import WIDTH


@pytest.fixture
def synced(work: Work) -> Work:
    work.sync()
    return work


def test_every_conflict_of_the_example_has_a_proved_cause(synced: Work) -> None:
    found = synced.portkit("--json", "conflicts", "leased").object()["conflicts"]
    kinds = {one["kind"] for card in found for one in card["causes"]}
    assert kinds == {"local-commit", "missing-changeset"}
    for card in found:
        assert card["causes"], card["id"]
        for cause in card["causes"]:
            assert cause["proof"] == "confirmed"
            assert len(cause["ref"]) == 40
            assert cause["hunks"]
    local = [one for card in found for one in card["causes"] if one["kind"] == "local-commit"]
    assert all(synced.tip(one["ref"]) == one["ref"] for one in local)


def test_looking_writes_nothing(synced: Work) -> None:
    before = synced.everything()
    assert synced.portkit("conflicts").code == 0
    assert synced.everything() == before


def test_the_list_names_id_place_and_cause_within_80_columns(synced: Work) -> None:
    told = synced.portkit("conflicts", "leased").out
    found = synced.portkit("--json", "conflicts", "leased").object()["conflicts"]
    for card in found:
        assert card["id"] in told
        assert all(cause["ref"][:10] in told for cause in card["causes"])
    assert max(map(len, told.splitlines())) <= WIDTH
    assert f"portkit conflicts {found[0]['id']}" in told


def test_one_is_told_whole(synced: Work) -> None:
    card = synced.portkit("--json", "conflicts", "leased").object()["conflicts"][0]
    told = synced.portkit("conflicts", card["id"])
    assert told.code == 0
    assert card["changeset"] in told.out
    assert "without what it changed at" in told.out.replace("\n    ", " ")
    assert "base: upstream before" in told.out
    assert f"Blocks {len(card['blocks'])} changeset" in told.out
    assert all(blocked[:10] in told.out for blocked in card["blocks"])


def test_a_conflict_is_named_by_its_id_or_by_changeset_path_and_hunk(synced: Work) -> None:
    found = synced.portkit("--json", "conflicts", "leased").object()["conflicts"]
    card = next(one for one in found if sum(other["changeset"] == one["changeset"] for other in found) == 2)
    both = [one["id"] for one in found if one["changeset"] == card["changeset"]]
    whole, file, hunk = card["changeset"], card["file"], card["hunk"]
    for wanted, expected in (
        (whole[:7], both),
        (f"{whole}:{file}", both),
        (f"{whole[:12]}:{file}#{hunk}", [card["id"]]),
    ):
        told = synced.portkit("conflicts", wanted).out
        assert [one["id"] for one in found if one["id"] in told] == expected, wanted
    for wrong in (f"{whole[:12]}:{file}#99", "c-000000000000", f"{whole[:6]}"):
        assert synced.portkit("conflicts", "leased", wrong).code == 2


def test_only_the_changesets_that_are_named_are_looked_at(synced: Work) -> None:
    found = synced.portkit("--json", "conflicts", "leased").object()["conflicts"]
    last = found[-1]["changeset"]
    told = synced.portkit("--json", "conflicts", "leased", "--changeset", last).object()["conflicts"]
    assert {one["changeset"] for one in told} == {last}


def test_with_a_series_the_causes_are_its_patches(synced: Work) -> None:
    assert synced.portkit("patches", "extract", "leased").code == 0
    found = synced.portkit("--json", "conflicts", "leased").object()["conflicts"]
    refs = {one["ref"] for card in found for one in card["causes"] if one["kind"] == "local-patch"}
    assert refs
    assert all((synced.folder / ref).is_file() for ref in refs)
    assert all(one["proof"] == "confirmed" for card in found for one in card["causes"])
    name = min(refs).rpartition("/")[2].removesuffix(".patch")
    assert f"{name} local patch, confirmed" in " ".join(synced.portkit("conflicts", "leased").out.split())


def test_all_tells_what_was_settled_and_how_to_open_it_again(synced: Work) -> None:
    found = synced.portkit("--json", "conflicts", "leased").object()["conflicts"]
    (zero,) = [one for one in found if one["file"].endswith("options.c")]
    spread = next(one for one in found if one["subject"].startswith("Add -w"))
    assert synced.portkit("resolve", zero["id"], "--theirs", "--note", "as upstream").code == 0
    assert synced.portkit("decide", "skip", spread["changeset"][:10], "--reason", "too clever").code == 0
    (file,) = (synced.folder / "patches" / "leased" / "resolutions").iterdir()

    every = synced.portkit("--json", "conflicts", "leased", "--all").object()["conflicts"]
    assert every[: -len([one for one in every if one["state"] not in ("open", "stale")])] == (
        synced.portkit("--json", "conflicts", "leased").object()["conflicts"]
    )
    by_id = {one["id"]: one for one in every}
    assert by_id[zero["id"]]["state"] == "resolved"
    assert by_id[zero["id"]]["resolution"] == file.name
    assert {key: by_id[zero["id"]][key] for key in ("base", "ours", "theirs", "file", "changeset", "kind")} == {
        key: zero[key] for key in ("base", "ours", "theirs", "file", "changeset", "kind")
    }
    skipped = [one for one in every if one["state"] == "skipped"]
    assert {one["id"] for one in skipped} == {
        f"{spread['changeset']}:sbin/leased/{name}" for name in ("leased.8", "leased.c", "leased.h")
    }
    assert all("too clever" in one["reason"] for one in skipped)
    kept = [one for one in every if one["state"] == "not-applicable"]
    assert [one["file"] for one in kept] == ["sbin/leased/leased-script"]

    told = synced.portkit("conflicts", "leased", "--all").out
    assert zero["id"] in told
    assert "as upstream" in told
    assert max(map(len, told.splitlines())) <= WIDTH
    one = synced.portkit("conflicts", zero["id"])
    assert one.code == 0
    assert f"patches/leased/resolutions/{file.name}" in one.out
    assert f"decide reopen {spread['changeset'][:12]}" in synced.portkit("conflicts", spread["changeset"][:10]).out
    assert "decide reopen" not in synced.portkit("conflicts", kept[0]["changeset"][:10]).out
    file.unlink()
    assert synced.portkit("--json", "conflicts", zero["id"]).object()["conflicts"][-1]["state"] != "resolved"


def test_where_nothing_clashes_what_is_offered_is_a_decision_and_it_works(synced: Work) -> None:
    found = synced.portkit("--json", "conflicts", "leased").object()["conflicts"]
    spread = next(one for one in found if one["subject"].startswith("Add -w"))
    assert synced.portkit("decide", "skip", spread["changeset"][:10], "--reason", "too clever").code == 0
    cards = synced.portkit("--json", "conflicts", "leased").object()["conflicts"]
    (lacking,) = [one for one in cards if one["reason"].startswith("it uses what was decided against")]
    assert "base:" not in synced.portkit("conflicts", lacking["id"]).out
    assert synced.portkit("report", "triage").code in (0, 1)
    (text,) = (path.read_text("utf-8") for path in synced.folder.glob("reports/*/triage.md"))
    (page,) = (path.read_text("utf-8") for path in synced.folder.glob("reports/*/triage.html"))
    assert f"portkit resolve {lacking['id']}" not in text + page
    reopen = f"portkit decide reopen {spread['changeset'][:12]} --reason 'why'"
    assert f"next: {reopen}" in text
    assert synced.portkit(*reopen.replace("'", "").split()[1:]).code == 0
    again = synced.portkit("--json", "conflicts", "leased").object()["conflicts"]
    assert lacking["id"] not in [one["id"] for one in again]
