"""Causes are named from both histories, and what is named is proved."""

from __future__ import annotations

from sync_worlds import PLAIN, Notes, Upstream, body, call, ident, source
from triage_worlds import A, B, Lived, cards, planned

from portkit.change.revision import FileRevision
from portkit.decisions.model import Decision, DecisionKind
from portkit.merge.file import Version
from portkit.paths import RepoPath
from portkit.sync.outcome import State
from portkit.triage.card import CauseKind, Proof, Span
from portkit.triage.case import PatchStep

LETTERS = "abcdefghijklmnop"


def history(*steps: str) -> Upstream:
    upstream = Upstream()
    for number, letters in enumerate(steps, 1):
        upstream.commit(f"Change {number}.", {A: source("a.c", f"1.{number}", letters)})
    return upstream


def test_a_local_commit_is_named_with_its_lines_and_proved() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "H"))
    target = Lived()
    target.commit("Import.", {A: source("a.c", "1.1", LETTERS)})
    target.commit("Elsewhere.", {A: source("a.c", "1.1", LETTERS.replace("b", "B"))})
    mine = target.commit("Ours.", {A: source("a.c", "1.1", LETTERS.replace("b", "B").replace("h", "X"))})
    (card,) = cards(upstream, target)
    (cause,) = card.causes
    assert (cause.kind, cause.ref, cause.proof) == (CauseKind.LOCAL_COMMIT, mine.id, Proof.CONFIRMED)
    assert cause.hunks == (Span((15, 1), (15, 1)),)
    assert cause.whole
    assert cause.subject == "Ours."
    assert card.refuted == ()
    assert (card.suspects, card.everything) == (1, True)


def test_a_local_deletion_is_named() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "H"))
    target = Lived()
    target.commit("Import.", {A: source("a.c", "1.1", LETTERS)})
    gone = target.commit("Without h.", {A: source("a.c", "1.1", LETTERS.replace("h", ""))})
    target.commit("Later.", {A: source("a.c", "1.1", LETTERS.replace("h", "") + "z")})
    (card,) = cards(upstream, target)
    assert [(one.ref, one.proof) for one in card.causes] == [(gone.id, Proof.CONFIRMED)]
    assert card.causes[0].hunks == (Span((15, 1), (14, 0)),)


def test_two_commits_that_only_work_together_are_told_so() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "H"))
    target = Lived()
    target.commit("Import.", {A: source("a.c", "1.1", LETTERS)})
    first = target.commit("First.", {A: source("a.c", "1.1", LETTERS.replace("h", "X"))})
    second = target.commit("Second.", {A: source("a.c", "1.1", LETTERS.replace("h", "Y"))})
    (card,) = cards(upstream, target)
    assert {one.ref: one.together for one in card.causes} == {second.id: (first.id,), first.id: (second.id,)}
    assert all(one.proof is Proof.CONFIRMED for one in card.causes)
    assert card.trials == 3


def test_who_only_stood_near_is_refuted() -> None:
    """The lines beside upstream's change were touched by one commit, the line itself by another."""
    upstream = history(LETTERS, LETTERS.replace("gh", "GH"))
    target = Lived()
    target.commit("Import.", {A: source("a.c", "1.1", LETTERS)})
    near = target.commit("Near.", {A: source("a.c", "1.1", LETTERS.replace("i", "ixy"))})
    mine = target.commit("Ours.", {A: source("a.c", "1.1", LETTERS.replace("i", "ixy").replace("hi", "Xi"))})
    (card,) = cards(upstream, target)
    assert [one.ref for one in card.causes] == [mine.id]
    assert near.id not in [one.ref for one in card.causes]


def test_what_the_import_changed_is_a_local_change_too() -> None:
    upstream = history("z" + LETTERS, LETTERS, LETTERS.replace("h", "H"))
    target = Lived()
    mine = target.commit("Import with a change.", {A: source("a.c", "1.2", LETTERS.replace("h", "X"))})
    (card,) = cards(upstream, target)
    (cause,) = card.causes
    assert (cause.ref, cause.proof, cause.against) == (mine.id, Proof.CONFIRMED, upstream.commits[1].id)
    assert not cause.whole
    assert "1.2" in cause.why


def test_a_missing_changeset_is_named_and_proved() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "H"), LETTERS.replace("h", "K"))
    target = Lived()
    target.commit("Import.", {A: source("a.c", "1.1", LETTERS)})
    last = upstream.commits[-1].id
    (card,) = cards(upstream, target, ids=(last,))
    (cause,) = card.causes
    assert (cause.kind, cause.ref) == (CauseKind.MISSING_CHANGESET, upstream.commits[1].id)
    assert (cause.proof, cause.in_order) == (Proof.CONFIRMED, False)
    assert cause.file == A


def test_a_changeset_that_an_ident_bump_jumped_over_is_missing() -> None:
    upstream = Upstream()
    letters = LETTERS
    upstream.commit("One.", {A: source("a.c", "1.1", letters)})
    jumped = upstream.commit("Jumped over.", {A: source("a.c", "1.2", letters.replace("h", "H"))})
    more = letters.replace("h", "H").replace("c", "C").replace("m", "M")
    upstream.commit("Two.", {A: source("a.c", "1.3", more)})
    upstream.commit("Three.", {A: source("a.c", "1.4", more.replace("H", "K"))})
    target = Lived()
    target.commit("Import.", {A: source("a.c", "1.1", letters)})
    target.commit("By hand.", {A: source("a.c", "1.3", letters.replace("c", "C").replace("m", "M"))})
    (card,) = cards(upstream, target)
    assert [(one.kind, one.ref, one.proof) for one in card.causes] == [
        (CauseKind.MISSING_CHANGESET, jumped.id, Proof.CONFIRMED)
    ]


def test_a_missing_changeset_that_does_not_land_whole_is_not_confirmed_first() -> None:
    """Its other file does not fit the target: who took it first would be stuck there."""
    upstream = Upstream()
    upstream.commit("One.", {A: source("a.c", "1.1", LETTERS), B: source("b.c", "1.1", LETTERS)})
    both = LETTERS.replace("h", "H")
    upstream.commit("Both.", {A: source("a.c", "1.2", both), B: source("b.c", "1.2", both)})
    upstream.commit("Next.", {A: source("a.c", "1.3", LETTERS.replace("h", "K"))})
    target = Lived()
    target.commit(
        "Import.", {A: source("a.c", "1.1", LETTERS), B: source("b.c", "1.1", LETTERS.replace("h", "X"))}
    )
    (card,) = cards(upstream, target, ids=(upstream.commits[-1].id,))
    assert all(one.in_order for one in card.causes if one.proof is Proof.CONFIRMED)


def test_a_deleted_file_names_who_deleted_it() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "H"))
    upstream.commit("b.", {B: source("b.c", "1.1", LETTERS)})
    upstream.commit("b again.", {B: source("b.c", "1.2", LETTERS.replace("h", "H"))})
    target = Lived()
    target.commit("Import.", {A: source("a.c", "1.2", LETTERS.replace("h", "H")), B: source("b.c", "1.1", LETTERS)})
    gone = target.commit("No b here.", {B: None})
    (card,) = cards(upstream, target, ids=(upstream.commits[-1].id,))
    assert [(one.ref, one.proof) for one in card.causes] == [(gone.id, Proof.CONFIRMED)]


def test_upstream_deletes_what_was_changed_here() -> None:
    upstream = history(LETTERS)
    upstream.commit("Gone.", {A: None})
    target = Lived()
    target.commit("Import.", {A: source("a.c", "1.1", LETTERS)})
    mine = target.commit("Ours.", {A: source("a.c", "1.1", LETTERS.replace("h", "X"))})
    (card,) = cards(upstream, target)
    assert [(one.ref, one.proof, one.whole) for one in card.causes] == [(mine.id, Proof.CONFIRMED, True)]


def test_where_nothing_can_be_named_it_is_drift() -> None:
    """Both histories begin with the file as it is."""
    upstream = Upstream()
    upstream.commit("One.", {A: ident("a.c", "1.1") + b"\n" + body(LETTERS)})
    upstream.commit("Two.", {A: ident("a.c", "1.2") + b"\n" + body(LETTERS.replace("h", "H"))})
    target = Lived()
    target.commit("Import.", {A: b"".join(call(one) for one in "987654321")})
    plan = planned(upstream, target, ids=(upstream.commits[-1].id,))
    assert plan.outcome.changesets[0].state is State.CONFLICT
    (card,) = cards(upstream, target, ids=(upstream.commits[-1].id,))
    assert [one.kind for one in card.causes] == [CauseKind.DRIFT]
    assert card.causes[0].proof is Proof.UNTESTED


def test_proofs_are_remembered_by_content_and_the_same_again() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "H"))
    target = Lived()
    target.commit("Import.", {A: source("a.c", "1.1", LETTERS)})
    target.commit("Ours.", {A: source("a.c", "1.1", LETTERS.replace("h", "X"))})
    memory = Notes()
    first = cards(upstream, target, memory=memory)
    kept = {key: value for key, value in memory.kept.items() if key[0] == "trial"}
    assert list(kept.values()) == [b"yes"]
    assert cards(upstream, target, memory=memory) == first
    memory.kept.update(dict.fromkeys(kept, b"no"))
    assert [one.kind for one in cards(upstream, target, memory=memory)[0].causes] == [CauseKind.DRIFT]


def patch(name: str, before: str, after: str) -> PatchStep:
    versions = (Version(source("a.c", "1.1", letters), PLAIN) for letters in (before, after))
    return PatchStep(f"patches/dhclient/{name}.patch", f"{name}.", "Pat Porter <pat@example.org>", *versions)


def test_where_the_series_makes_the_file_its_patches_are_the_causes() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "H"))
    target = Lived()
    target.commit("Import with all of it.", {A: source("a.c", "1.1", LETTERS.replace("b", "B").replace("h", "X"))})
    first = patch("first", LETTERS, LETTERS.replace("b", "B"))
    second = patch("second", LETTERS.replace("b", "B"), LETTERS.replace("b", "B").replace("h", "X"))
    (card,) = cards(upstream, target, patched={A: (first, second)})
    (cause,) = card.causes
    assert (cause.kind, cause.ref, cause.proof) == (CauseKind.LOCAL_PATCH, second.ref, Proof.CONFIRMED)
    assert (cause.subject, cause.whole) == ("second.", True)
    assert cause.hunks == (Span((15, 1), (15, 1)),)


def test_a_series_that_does_not_make_the_file_is_passed_over() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "H"))
    target = Lived()
    target.commit("Import.", {A: source("a.c", "1.1", LETTERS)})
    mine = target.commit("Ours.", {A: source("a.c", "1.1", LETTERS.replace("h", "Y"))})
    stale = patch("stale", LETTERS, LETTERS.replace("h", "X"))
    (card,) = cards(upstream, target, patched={A: (stale,)})
    assert [(one.kind, one.ref) for one in card.causes] == [(CauseKind.LOCAL_COMMIT, mine.id)]


def test_a_port_by_hand_that_differs_is_told_to_be_one() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "H"))
    target = Lived()
    target.commit("Import.", {A: source("a.c", "1.1", LETTERS)})
    mine = target.commit("By hand.", {A: source("a.c", "1.1", LETTERS.replace("h", "X"))})
    (card,) = cards(upstream, target, ports=(mine.id,))
    assert card.causes[0].why.startswith("it ported by hand")


def skipped(label: str, path: str = A) -> Decision:
    of = (FileRevision(RepoPath(path), label),)
    return Decision(DecisionKind.SKIP, of, "because", "Pat <pat@example.org>", line=1)


def test_what_was_skipped_is_missing_and_fits_in_its_place() -> None:
    """It builds on what comes right before it, so that it fits only in its place."""
    upstream = history(LETTERS, LETTERS.replace("h", "H"), LETTERS.replace("h", "M"), LETTERS.replace("h", "K"))
    target = Lived()
    target.commit("Import.", {A: source("a.c", "1.1", LETTERS)})
    (card,) = cards(upstream, target, decisions=(skipped("1.3"),))
    (cause,) = card.causes
    assert (cause.kind, cause.ref) == (CauseKind.MISSING_CHANGESET, upstream.commits[2].id)
    assert (cause.proof, cause.in_order) == (Proof.CONFIRMED, True)


def test_what_lacks_a_name_that_was_decided_against_has_a_card_of_its_changeset() -> None:
    header = "sbin/dhclient/a.h"
    first = ident("a.h", "1.1") + b"#define FIRST 1\n"
    upstream = Upstream()
    upstream.commit("One.", {A: source("a.c", "1.1", LETTERS), header: first})
    second = ident("a.h", "1.2") + b"#define FIRST 1\nextern int\trdomain_of(int);\n"
    name = upstream.commit("A name.", {header: second})
    used = source("a.c", "1.2", LETTERS).replace(b"\treturn", b"\terror = rdomain_of(1);\n\treturn")
    last = upstream.commit("Its use.", {A: used})
    target = Lived()
    target.commit("Import.", {A: source("a.c", "1.1", LETTERS), header: first})
    (card,) = cards(upstream, target, decisions=(skipped("1.2", header),))
    assert card.id == last.id
    (cause,) = card.causes
    assert (cause.kind, cause.ref) == (CauseKind.MISSING_CHANGESET, name.id)
    assert (cause.proof, cause.in_order) == (Proof.CONFIRMED, True)
