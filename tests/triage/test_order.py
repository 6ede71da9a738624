"""What to do first: told from what waits for what, and tried by replaying."""

from __future__ import annotations

from collections.abc import Collection

from sync_worlds import KRW, Notes, Upstream, dhclient, source
from triage_worlds import A, B, Lived, planned

from portkit.change.changeset import Changeset
from portkit.sync.outcome import ChangesetOutcome, State
from portkit.triage.explain import Explainer
from portkit.triage.order import Order, order


def outcome(name: str, state: State, *waits: str) -> ChangesetOutcome:
    return ChangesetOutcome(Changeset(name, "", 0, KRW, name, ()), state, (), blocked_by=waits)


def landed(taken: Collection[str]) -> dict[str, State]:
    del taken
    return dict.fromkeys("uvwxyz", State.PORTED)


def steps(found: Order) -> list[tuple[str, str]]:
    return [("".join(one.roots), "".join(one.frees)) for one in found.steps]


def test_the_prefix_and_the_smallest_sets() -> None:
    found = order(
        [
            outcome("1", State.PORTED),
            outcome("2", State.ALREADY),
            outcome("A", State.CONFLICT),
            outcome("B", State.FLAGGED),
            outcome("u", State.BLOCKED, "A"),
            outcome("C", State.CONFLICT),
            outcome("v", State.BLOCKED, "B", "C"),
            outcome("w", State.BLOCKED, "B", "C", "v"),
            outcome("D", State.CONFLICT),
        ],
        landed,
    )
    assert (found.prefix, found.last) == (2, "2")
    assert steps(found) == [("A", "u"), ("BC", "vw"), ("ABC", "uvw")]
    assert all(one.tried for one in found.steps)


def test_what_waits_for_a_deferred_one_is_not_freed_by_a_root() -> None:
    found = order(
        [outcome("A", State.CONFLICT), outcome("D", State.DEFERRED), outcome("u", State.BLOCKED, "A", "D"),
         outcome("v", State.BLOCKED, "A")],
        landed,
    )  # fmt: skip
    assert steps(found) == [("A", "v")]


def test_a_replay_has_the_last_word() -> None:
    found = order(
        [outcome("A", State.CONFLICT), outcome("u", State.BLOCKED, "A"), outcome("v", State.BLOCKED, "A")],
        lambda _: {"u": State.PORTED, "v": State.CONFLICT},
    )
    assert steps(found) == [("A", "u")]


def test_where_nothing_waits_there_is_nothing_to_say() -> None:
    found = order([outcome("1", State.PORTED)], landed)
    assert found == Order(1, "1", ())


def test_it_is_tried_on_the_real_replay() -> None:
    letters = "abcdefghijklmnop"
    upstream = Upstream()
    upstream.commit("One.", {A: source("a.c", "1.1", letters), B: source("b.c", "1.1", letters)})
    root = upstream.commit("Root.", {A: source("a.c", "1.2", letters.replace("h", "H"))})
    next_ = upstream.commit("On it.", {A: source("a.c", "1.3", letters.replace("h", "K"))})
    upstream.commit("Other.", {B: source("b.c", "1.2", letters.replace("c", "C"))})
    target = Lived()
    target.commit("Import.", {A: source("a.c", "1.1", letters.replace("h", "X")), B: source("b.c", "1.1", letters)})
    plan = planned(upstream, target)
    assert [str(one.state) for one in plan.outcome.changesets] == ["conflict", "blocked", "ported"]
    assert plan.ground is not None
    memory = Notes()
    explainer = Explainer(
        dhclient(), plan.outcome.changesets, plan.ground, upstream, target, memory
    )
    found = explainer.order()
    assert (found.prefix, found.last) == (0, "")
    assert [(one.roots, one.frees, one.tried) for one in found.steps] == [((root.id,), (next_.id,), True)]
    assert [kind for kind, _ in memory.kept] == ["order"]
    assert explainer.order() == found
