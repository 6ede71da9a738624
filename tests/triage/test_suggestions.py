"""What a card suggests: merges by words with the gate's opinion, what to take first."""

from __future__ import annotations

from dataclasses import replace

from sync_worlds import Upstream, source
from triage_worlds import A, B, Lived, planned

from portkit.change.revision import FileRevision
from portkit.decisions.resolution import Place, Resolution, Resolutions
from portkit.merge.diff3 import Region
from portkit.merge.file import Clash, Version
from portkit.paths import RepoPath
from portkit.sync.pick import Pick
from portkit.triage.card import Card, Cause, CauseKind, Proof
from portkit.triage.order import Order, OrderStep
from portkit.triage.suggest import of_order, of_resolutions, of_words

LETTERS = "abcdefghijklmnop"


def clashing() -> tuple[Pick, Version, Region]:
    pick, ours, clash = clash_of()
    assert clash.place is not None
    return pick, ours, clash.place


def clash_of() -> tuple[Pick, Version, Clash]:
    upstream = Upstream()
    before = source("a.c", "1.1", LETTERS)
    upstream.commit("One.", {A: before})
    upstream.commit("Two.", {A: source("a.c", "1.2", LETTERS).replace(b"call_h(lease, 5)", b"call_h(lease, 6)")})
    target = Lived()
    target.commit("Import.", {A: before})
    target.commit("Ours.", {A: before.replace(b"call_h(lease", b"call_h(other")})
    plan = planned(upstream, target)
    assert plan.ground is not None
    (one,) = plan.ground.replayed
    pick, clash = one.picked.files[0], one.merges[0].clashes[0]
    ours = one.ours[pick.target]
    assert ours is not None
    return pick, ours, clash


def test_a_merge_by_words_is_a_diff_with_the_gate_s_opinion() -> None:
    (found,) = of_words(*clashing())
    assert found.kind == "word-merge"
    assert "-\terror = call_h(other, 5);" in found.diff.splitlines()
    assert "+\terror = call_h(other, 6);" in found.diff.splitlines()
    assert found.diff.startswith(f"--- a/{A}\n+++ b/{A}\n")
    assert "changes a line that upstream did not" in found.verdict


def test_another_program_s_answer_is_told_where_it_is_another() -> None:
    pick, ours, place = clashing()
    (own,) = of_words(pick, ours, place)
    same = ours.content.replace(b"call_h(other, 5)", b"call_h(other, 6)")
    told = list(of_words(pick, ours, place, {"tool": lambda *_: same}))
    assert told == [own]
    told = list(of_words(pick, ours, place, {"tool": lambda *_: same + b"more\n", "none": lambda *_: None}))
    assert [one.text.split()[0] for one in told] == ["a", "tool"]


def card(cause: Cause) -> Card:
    return Card("c-000000000001", (cause,))


def test_a_missing_changeset_is_to_be_taken_first() -> None:
    missing = Cause(CauseKind.MISSING_CHANGESET, "a" * 40, "", Proof.CONFIRMED)
    (told,) = of_order(card(missing), "the thing", "b" * 40, Order(0, "", ()))
    assert told.commands == (f"portkit sync 'the thing' --changeset {'a' * 12}",)
    late = Cause(CauseKind.MISSING_CHANGESET, "a" * 40, "", Proof.CONFIRMED, in_order=True)
    (told,) = of_order(card(late), "d", "b" * 40, Order(0, "", ()))
    assert told.commands[0].startswith(f"portkit decide reopen {'a' * 12}")


def test_what_resolving_frees_is_said_once_with_the_smallest_set() -> None:
    local = Cause(CauseKind.LOCAL_COMMIT, "a" * 40, "", Proof.CONFIRMED)
    b, c = "b" * 40, "c" * 40
    steps = (OrderStep((b,), ("x",), True), OrderStep((b, c), ("x", "y", "z")))
    (told,) = of_order(card(local), "d", b, Order(0, "", steps))
    assert told.text == "resolve this: 1 changeset then fits as it is (tried, with upstream's side)"
    (told,) = of_order(card(local), "d", c, Order(0, "", steps))
    with_ = f"together with {b[:10]}"
    assert told.text == f"resolve this {with_}: 3 changesets then fit as they are (by what waits for what)"
    assert list(of_order(card(local), "d", "d" * 40, Order(0, "", steps))) == []


def test_how_the_same_sides_were_settled_elsewhere_is_shown_and_not_taken() -> None:
    pick, ours, clash = clash_of()
    answer = Place(clash.base, clash.ours, clash.theirs, b"\terror = call_h(other, 6);\n")
    file = FileRevision(RepoPath(B), "1.7")
    elsewhere = Resolution("b.c-1.7-x", file, "c-000000000002", answer)
    stale = replace(elsewhere, name="a.c-1.2-y", conflict="c-000000000001", answer=replace(answer, ours=b"older\n"))
    other = replace(elsewhere, name="no", conflict="c-000000000003", answer=replace(answer, theirs=b"other\n"))
    told = list(of_resolutions(pick, ours, clash, "c-000000000001", Resolutions((elsewhere, stale, other))))
    assert [one.text for one in told] == [
        "it was settled before, and a side changed since: a.c-1.2-y",
        f"the same three sides were settled before, in {B} 1.7: b.c-1.7-x",
    ]
    assert "+\terror = call_h(other, 6);" in told[1].diff.splitlines()
    assert told[1].verdict
