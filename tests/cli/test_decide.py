"""Decisions on the command line, on the example: what is refused, what is written, what the next sync makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from cli_work import Work, refused, states

SPREAD = "Add -w, which spreads renewals: after a power cut a whole house asks in the same second."
BUILT_ON = "Sixty seconds are too few for a large house: -w takes up to ten minutes."
ZERO = "Zero is a multiple of everything, but no address."
USES = "Use what -w says when a lease is to be renewed."
WHY = ("--reason", "we do it another way")


def changesets(work: Work) -> dict[str, dict[str, Any]]:
    return {one["subject"]: one for one in work.sync("leased", "--dry-run")["leased"]["changesets"]}


def conflict(work: Work, subject: str) -> str:
    found = [file["conflicts"] for file in changesets(work)[subject]["files"] if file["conflicts"]]
    return str(found[0][0])


def decided(work: Work, *arguments: str) -> dict[str, Any]:
    told = work.portkit("--json", "decide", *arguments)
    assert told.code == 0, told.err
    return told.object()


def text(work: Work) -> str:
    return (work.folder / "patches" / "leased" / "decisions.yaml").read_text("utf-8")


def test_skip_a_changeset_and_take_it_back(synced: Work) -> None:
    before = synced.branches()
    id = changesets(synced)[SPREAD]["id"]
    made = decided(synced, "skip", id[:8], *WHY)
    (one,) = made["decisions"]
    assert (one["component"], one["decision"], one["hunk"], one["changesets"]) == ("leased", "skip", None, [id])
    assert one["of"] == changesets(synced)[SPREAD]["revisions"]
    assert one["file"] == "patches/leased/decisions.yaml"
    assert one["who"] == "Pat Porter <pat@example.org>"
    found = synced.sync("leased")["leased"]
    assert states(found)[SPREAD] == "skipped"
    assert states(found)[BUILT_ON] == "conflict"
    assert states(found)[USES] == "flagged"
    assert found["changesets"][0]["state"] == "ported"
    again = decided(synced, "reopen", id, "--reason", "we want it")
    assert again["decisions"][0]["decision"] == "skip"
    assert "reopened: we want it" in text(synced)
    assert synced.sync("leased")["leased"]["counts"]["skipped"] == 0
    assert synced.branches() == before


def test_a_conflict_is_decided_by_its_id(synced: Work) -> None:
    id = conflict(synced, ZERO)
    (one,) = decided(synced, "skip", id, *WHY)["decisions"]
    assert one["conflict"] == id
    assert one["hunk"]
    assert changesets(synced)[ZERO]["state"] == "skipped"  # the hunk was all of it
    (back,) = decided(synced, "reopen", id, "--reason", "no")["decisions"]
    assert back["conflict"] == id
    assert conflict(synced, ZERO) == id


def test_a_file_by_either_path_and_a_hunk(synced: Work) -> None:
    id = changesets(synced)[SPREAD]["id"]
    (one,) = decided(synced, "not-applicable", f"{id}:sbin/leased/leased.8", *WHY)["decisions"]
    assert one["of"] == ["sbin/leased/leased.8 1.2"]
    (one,) = decided(synced, "skip", f"{id}:sbin/leased/leased.h#1", *WHY)["decisions"]
    assert (one["of"], one["hunk"]) == (["sbin/leased/leased.h 1.4"], 1)
    files = {file["upstream"]: file for file in changesets(synced)[SPREAD]["files"]}
    assert files["sbin/leased/leased.8"]["reason"] == "not applicable: we do it another way (Pat Porter)"


def test_defer_until(synced: Work) -> None:
    by_subject = changesets(synced)
    zero = by_subject[ZERO]["id"]
    decided(synced, "defer", zero, "--until", "2030-01-01", *WHY)
    assert changesets(synced)[ZERO]["state"] == "deferred"
    assert synced.sync("leased", "--dry-run", "--as-of", "2030-01-01")["leased"]["counts"]["deferred"] == 0
    decided(synced, "reopen", zero, *WHY)
    decided(synced, "defer", zero, "--until", by_subject[SPREAD]["id"], *WHY)
    assert "until: sbin/leased/leased.8 1.2\n" in text(synced)
    decided(synced, "reopen", zero, *WHY)
    decided(synced, "defer", zero, "--until", "baseline:1.9", *WHY)
    assert "until: baseline sbin/leased/options.c 1.9\n" in text(synced)
    told = synced.portkit("sync", "leased", "--dry-run")
    assert "until sbin/leased/options.c 1.9 is the baseline" in " ".join(told.out.split())


def test_squash(synced: Work) -> None:
    by_subject = changesets(synced)
    ids = [by_subject[subject]["id"] for subject in (BUILT_ON, SPREAD)]
    (one,) = decided(synced, "squash", *ids, *WHY)["decisions"]
    assert one["changesets"] == ids[::-1]
    told = synced.portkit("sync", "leased", "--dry-run").out
    assert "cannot be joined" in " ".join(told.split())  # another changeset stands between them
    refused(synced, "decide", "squash", *ids, *WHY, says="decided on already: squash")


def test_what_is_said_on_a_terminal(synced: Work) -> None:
    id = changesets(synced)[ZERO]["id"]
    told = synced.portkit("decide", "defer", id, "--until", "2030-01-01", *WHY)
    assert told.out.splitlines() == [
        "defer, until 2030-01-01:",
        "  sbin/leased/options.c 1.5",
        "Written to patches/leased/decisions.yaml.",
        "The next sync goes by it:  portkit sync leased",
    ]


def test_decisions_are_seen_by_the_run_that_comes_next_and_by_one_without_a_cache(synced: Work) -> None:
    assert synced.sync("leased")["leased"]["counts"]["skipped"] == 0
    decided(synced, "skip", changesets(synced)[SPREAD]["id"], *WHY)
    assert synced.sync("leased")["leased"]["counts"]["skipped"] == 1
    after = synced.branches()
    synced.forget()
    assert synced.sync("leased")["leased"]["counts"]["skipped"] == 1
    assert synced.branches() == after


# Bad input


@pytest.mark.parametrize(
    ("arguments", "says", "hint"),
    [
        (("skip", "c-000000000000", *WHY), "no open conflict 'c-000000000000'", "portkit conflicts"),
        (("skip", "0000000", *WHY), "'0000000' is no changeset of", "portkit log"),
        (("skip", "x", *WHY), "names nothing", "CHANGESET[:PATH[#HUNK]]"),
        (("skip", *WHY, "--", "-rf"), "names nothing", ""),
        (("reopen", "c-000000000000", *WHY), "nothing was decided", "decisions.yaml"),
        (("skip", "0000000"), "without a reason", "--reason"),
        (("skip", "0000000", "--reason", "  \n"), "without a reason", "--reason"),
        (("skip", "0000000", "--reason", "a\x1b[2J"), "control character", ""),
        (("squash", "0000000", *WHY), "two or more", ""),
        (("skip", "0000000", "--until", "2030-01-01", *WHY), "--until is for defer", ""),
        (("drop", "0000000", *WHY), "'drop' is not one of", ""),
        (("skip", "0000000", "--component", "lesed", *WHY), "nearest: 'leased'", ""),
    ],
)
def test_what_is_refused(synced: Work, arguments: tuple[str, ...], says: str, hint: str) -> None:
    refused(synced, "decide", *arguments, says=says, hint=hint)


def test_what_is_refused_of_a_changeset_that_is_there(synced: Work) -> None:
    id = changesets(synced)[ZERO]["id"]
    for text, says in (
        (f"{id}:etc/passwd", "does not touch 'etc/passwd'"),
        (f"{id}:sbin/leased/options.c#7", "there is no hunk 7"),
        (f"{id}:sbin/leased/options.c#0", "names nothing"),
        (f"{id}:", "names nothing"),
    ):
        refused(synced, "decide", "skip", text, *WHY, says=says)
    for when, says in (
        (id, "cannot wait for itself"),
        ("2030-02-30", "names nothing"),
        ("baseline:x", "names no revision"),
        ("baseline:sbin/leased/none.c 1.2", "has no file"),
    ):
        refused(synced, "decide", "defer", id, "--until", when, *WHY, says=says)
    decided(synced, "skip", id, *WHY)
    refused(synced, "decide", "skip", id, *WHY, says="decided on already: skip, we do it another way", hint="reopen")
    refused(synced, "decide", "defer", f"{id}:sbin/leased/options.c#1", *WHY, says="decisions.yaml:")


def test_a_file_edited_into_nonsense_stops_every_run_and_changes_nothing(synced: Work) -> None:
    place = synced.folder / "patches" / "leased"
    place.mkdir()
    (place / "decisions.yaml").write_text("- decision: skip\n  of: sbin/leased/options.c 1.5\n", "utf-8")
    for arguments in (("sync",), ("conflicts",), ("decide", "skip", changeset_of(synced), *WHY), ("status",)):
        told = synced.portkit(*arguments)
        if arguments == ("status",):
            assert "decisions.yaml:1" in told.out + told.err
            continue
        refused(synced, *arguments, says="patches/leased/decisions.yaml:1: [0]: the key 'reason' is missing")


def changeset_of(work: Work) -> str:
    return work.tip("master", at=work.upstream)


def test_a_draft_with_something_deferred_in_it_moves_on_like_any_other(synced: Work) -> None:
    decided(synced, "defer", changesets(synced)[SPREAD]["id"], *WHY)
    first = synced.sync("leased")["leased"]
    assert first["target"]["draft"] == "portkit/leased-draft"
    decided(synced, "skip", changesets(synced)[ZERO]["id"], *WHY)
    second = synced.sync("leased")["leased"]
    assert second["target"]["draft"] == "portkit/leased-draft"
    assert not [ref for ref in synced.branches() if ref.endswith("-new")]


# Ports


def of_port(work: Work) -> dict[int, dict[str, Any]]:
    """The hunks of the port's one C file, by number."""
    entries = work.sync("logd")["logd"]["worksheet"]["entries"]
    return {one["hunk"]: one for one in entries if one["target"] == "usr.sbin/logd/logd.c"}


def test_a_hunk_of_a_port_is_decided_by_its_id_or_by_its_changeset(synced: Work) -> None:
    before = of_port(synced)
    number, left = next((number, one) for number, one in before.items() if one["fate"] == "left")
    for id in (left["id"], left["id"][:8], f"{left['changeset'][:9]}:{left['target']}#{number}"):
        (one,) = decided(synced, "not-applicable", id, *WHY)["decisions"]
        file = f"{left['upstream']} {left['revision']}"
        assert (one["component"], one["hunk"], one["of"]) == ("logd", number, [file])
        now = of_port(synced)[number]
        assert (now["id"], now["fate"], now["decided"]) == (left["id"], "decided", "not-applicable")
        assert now["reason"] == "not applicable: we do it another way (Pat Porter)"
        sheet = (synced.folder / "reports" / "worksheet-logd.md").read_text("utf-8")
        assert "not applicable: we do it another way" in " ".join(sheet.split())
        decided(synced, "reopen", id, "--reason", "we need it")
        assert of_port(synced) == before
    assert of_port(synced) == before


def test_a_whole_changeset_of_a_port_is_skipped(synced: Work) -> None:
    id = next(iter(of_port(synced).values()))["changeset"]
    decided(synced, "skip", id, *WHY)
    found = synced.sync("logd")["logd"]
    assert (found["counts"]["skipped"], found["worksheet"]["counts"]["left"]) == (1, 0)
    assert {one["fate"] for one in found["worksheet"]["entries"]} == {"decided"}


def test_what_makes_no_sense_for_a_port(synced: Work) -> None:
    id = next(iter(of_port(synced).values()))["changeset"]
    refused(synced, "decide", "squash", id, id, *WHY, says="nothing is joined")
    refused(synced, "decide", "defer", f"{id}:usr.sbin/logd/logd.c", "--until", "baseline:1.2", *WHY,
            says="no baseline")  # fmt: skip
    refused(synced, "decide", "skip", "h-ffffffffffff", *WHY, says="no worksheet has", hint="reports/worksheet-")
    refused(synced, "resolve", "h-ffffffffffff", says="no worksheet has")
