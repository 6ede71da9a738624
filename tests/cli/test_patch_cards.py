"""A local patch that no longer fits: a card of `conflicts`, settled by `resolve`, after which the series goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_work import Work, refused

FOLDER = "patches/leased"


@pytest.fixture
def extracted(work: Work) -> Work:
    assert work.portkit("patches", "extract", "leased").code == 0
    return work


def series(work: Work) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (work.folder / FOLDER).iterdir() if path.is_file()}


def cards(work: Work, *more: str) -> list[dict[str, Any]]:
    found = work.portkit("--json", "conflicts", "leased", *more).object()["conflicts"]
    return [one for one in found if one["kind"] == "patch"]


def changed_by_hand(work: Work) -> str:
    """Somebody commits a change of the target's own, which no patch holds."""
    lines = work.git("show", "master:sbin/leased/leased.8").splitlines()
    return work.target_edit("sbin/leased/leased.8", lines[0], f"{lines[0]}\n.\\\" ours", "leased.8 - A word of ours.")


def test_what_is_nobody_s_is_a_card_that_names_the_commit(extracted: Work) -> None:
    commit, before = changed_by_hand(extracted), series(extracted)
    told = extracted.portkit("--json", "patches", "refresh", "leased")
    assert told.code == 1
    (card,) = told.object()["cards"]
    assert series(extracted) == before
    (same,) = cards(extracted)
    assert same["id"] == card["id"] and same["file"] == "sbin/leased/leased.8" and same["state"] == "open"
    (cause,) = same["causes"]
    assert (cause["kind"], cause["ref"], cause["proof"]) == ("local-commit", commit, "confirmed")
    assert (same["base"], same["ours"], same["theirs"]) == ("", ".\\\" ours\n", "")
    listed = extracted.portkit("conflicts", "leased")
    assert "1 local patch no longer fits, in 1 place" in listed.out and card["id"] in listed.out
    assert all(len(line) <= 80 for line in listed.out.splitlines())
    one = extracted.portkit("conflicts", card["id"])
    assert f"portkit resolve {card['id']} --ours" in one.out and "leased.8 - A word of ours." in one.out
    assert extracted.portkit("report", "triage").code == 0
    (page,) = (extracted.folder / "reports").glob("*/triage.html")
    (mail,) = (extracted.folder / "reports").glob("*/triage.md")
    assert card["id"] in page.read_text() and card["id"] in mail.read_text()


def test_the_target_is_right_as_it_stands_settles_it(extracted: Work, tmp_path: Path) -> None:
    changed_by_hand(extracted)
    before = series(extracted)
    (card,) = cards(extracted)
    other = tmp_path / "other"
    other.write_text("something else\n")
    refused(extracted, "resolve", card["id"], "--theirs", says="is not written to", hint="--ours")
    refused(extracted, "resolve", card["id"], "--from", str(other), says="no patch can change that")
    refused(extracted, "resolve", card["id"], says="there is nothing to edit", hint="--ours")
    assert series(extracted) == before
    kept = extracted.portkit("resolve", card["id"], "--ours", "--no-sync")
    assert kept.code == 0 and "portkit patches refresh leased" in kept.out
    assert series(extracted) == before and not cards(extracted)
    told = extracted.portkit("--json", "patches", "refresh", "leased")
    assert told.code == 0 and told.object()["changed"]
    assert extracted.portkit("patches", "check", "leased").code == 0
    refused(extracted, "resolve", card["id"], "--ours", says="is resolved, and open no longer")
    assert "settled" in kept.out or card["id"] in kept.out


def conflicting(work: Work) -> None:
    """Somebody takes upstream's newer file in, keeps what a local patch has there, and leaves out another line."""
    places = [one for one in work.portkit("--json", "conflicts", "leased").object()["conflicts"]
              if one["file"].endswith("leased.c") and one["kind"] == "content"]  # fmt: skip
    changeset, path = places[0]["changeset"], places[0]["upstream"]
    upstream = work.folder / "openbsd.git"
    newer = work.git("show", f"{changeset}:{path}", at=upstream) + "\n"
    taken = newer
    for place in places:
        if place["changeset"] == changeset:
            assert taken.count(place["theirs"]) == 1
            taken = taken.replace(place["theirs"], place["ours"])
    added = work.git("diff", f"{changeset}^", changeset, "--", path, at=upstream).splitlines()
    line = next(one[1:] for one in added if one.startswith("+\t") and taken.count(f"{one[1:]}\n") == 1)
    work.commit({places[0]["file"]: taken.replace(f"{line}\n", "").encode()}, "leased - Most of upstream's.")


def test_a_patch_that_meets_upstream_s_lines_is_a_card_with_its_reason_and_their_changeset(extracted: Work) -> None:
    conflicting(extracted)
    before = series(extracted)
    assert extracted.portkit("patches", "refresh", "leased").code == 1
    assert series(extracted) == before
    found = cards(extracted)
    card = next(one for one in found if one["patch"] == "leased-add-n-which-only-looks-at-the-settings.patch")
    kinds = [cause["kind"] for cause in card["causes"]]
    assert kinds[0] == "local-patch" and "upstream-changeset" in kinds
    patch, upstream = card["causes"][0], card["causes"][kinds.index("upstream-changeset")]
    assert patch["ref"] == f"{FOLDER}/leased-add-n-which-only-looks-at-the-settings.patch"
    assert "Add -n, which only looks at the settings" in patch["why"]
    assert len(upstream["ref"]) == 40 and upstream["proof"] == "confirmed" and card["changeset"] == upstream["ref"]
    assert card["base"] and card["ours"] and card["theirs"]
    assert any("--from FILE" in command for one in card["suggestions"] for command in one["commands"])
    told = extracted.portkit("conflicts", card["id"])
    assert "what the patch was made for" in told.out and "what upstream has there now" in told.out
    for _ in range(9):
        left = cards(extracted)
        if not left:
            break
        side = "--ours" if not left[0]["base"] else "--theirs"
        assert extracted.portkit("resolve", left[0]["id"], side).code == 0
    assert extracted.portkit("--json", "patches", "check", "leased").object()["equal"]
    assert list((extracted.folder / FOLDER / "resolutions").iterdir())
    # a sync knows nothing of how a patch was settled
    assert extracted.portkit("--json", "conflicts", "leased").code == 0


def test_a_whole_file_settles_a_patch(extracted: Work, tmp_path: Path) -> None:
    conflicting(extracted)
    card = next(one for one in cards(extracted) if one["base"])
    wrong = tmp_path / "wrong"
    wrong.write_text("<<<<<<< ours\nwords of nobody\n")
    refused(extracted, "resolve", card["id"], "--from", str(wrong), says="marker is left")
    whole = tmp_path / "whole"
    whole.write_text(extracted.git("show", f"master:{card['file']}") + "\n")
    told = extracted.portkit("--json", "resolve", card["id"], "--from", str(whole), "--whole").object()
    assert told["resolutions"][0]["conflict"].startswith("c-") and told["patches"]["action"] == "refresh"
    kept = extracted.folder / told["resolutions"][0]["file"]
    assert b"kind: patch\n" in kept.read_bytes()


def test_what_lands_later_than_a_parked_changeset_is_no_change_of_the_target_s_own(extracted: Work) -> None:
    extracted.sync("leased")
    told = extracted.portkit("--json", "patches", "refresh", "leased", "--onto", "portkit/leased").object()
    assert not told["cards"] and told["written"]
    left = [name for name in told["changed"] if name.startswith(("left-out-of-", "taken-ahead-"))]
    assert left and extracted.portkit("patches", "check", "leased", "--onto", "portkit/leased").code == 0
