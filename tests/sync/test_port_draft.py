"""What the draft of a port takes of each changeset: what waits, what stands on that, nothing that the target has."""

from __future__ import annotations

import pytest
from sync_worlds import Downstream, Notes, Upstream

from portkit.components.model import Component, Mode, PathRule, PortRange
from portkit.merge.fate import Fate
from portkit.sync.component import ComponentRun
from portkit.sync.outcome import State
from portkit.sync.plan import Plan, Scope
from portkit.sync.worksheet import Entry

D = "usr.sbin/postd/postd.c"
FUNCTIONS = b"""
int
sort_letters(struct bag *bag)
{
	int weight;

	open_bag(bag);
	weight = weigh(bag);
	stamp_all(bag, "north");
	close_bag(bag);
	return (weight);
}

void
run_round(struct bag *bag)
{
	walk_to(bag->street);
	ring_twice(bag->door);
	walk_home(bag);
}
"""
TOP = b"""#include <stdio.h>

int letters_max = 9;
char *gates = "nsew";
struct street *streets;
"""
BASE = TOP + FUNCTIONS
COUSIN = b"#include <string.h>\n\nstatic long limit;\n" + FUNCTIONS
HEAD, OPEN, STAMP = b"int letters_max = 9;\n", b"\topen_bag(bag);\n", b'\tstamp_all(bag, "north");\n'


@pytest.fixture
def upstream() -> Upstream:
    made = Upstream()
    made.commit("Begin.", {D: BASE})
    return made


def drafted(upstream: Upstream, ours: bytes = COUSIN) -> Plan:
    target = Downstream()
    target.commit("Ours.", {D: ours})
    component = Component(
        "postd", Mode.PORT, "openbsd", (PathRule("usr.sbin/postd/", "usr.sbin/postd/"),),
        port=PortRange(start=upstream.commits[1].id),
    )  # fmt: skip
    run = ComponentRun(component, "OpenBSD", upstream, target, Notes())
    return run.plan(target.tip, Scope(lambda every: len(every) - 1))


def entries(plan: Plan) -> tuple[Entry, ...]:
    assert plan.outcome.worksheet is not None
    return plan.outcome.worksheet.entries


def result(plan: Plan) -> bytes:
    """The draft's file after its last commit."""
    (version,) = plan.draft[-1].writes.values()
    assert version is not None
    return version.content


def test_what_waits_is_put_where_it_fits(upstream: Upstream) -> None:
    after = BASE.replace(HEAD, HEAD + b"int box_limit = 3;\n").replace(OPEN, OPEN + b"\tcheck(bag, box_limit);\n")
    upstream.commit("A limit.", {D: after})
    plan = drafted(upstream)
    assert [one.fate for one in entries(plan)] == [Fate.LEFT, Fate.READY]
    assert entries(plan)[1].reason == f"it uses box_limit, which the target lacks ({D} has it)"
    assert plan.branch == ()
    assert plan.on_branch
    (step,) = plan.draft
    assert (step.state, [(part.numbers, part.count) for part in step.parts]) == (State.CONFLICT, [((2,), 2)])
    assert result(plan) == COUSIN.replace(OPEN, OPEN + b"\tcheck(bag, box_limit);\n")


def test_the_draft_begins_with_all_that_landed(upstream: Upstream) -> None:
    first = BASE.replace(HEAD, HEAD + b"int box_limit = 3;\n").replace(OPEN, OPEN + b"\tcheck(bag, box_limit);\n")
    upstream.commit("A limit.", {D: first})
    upstream.commit("Thrice.", {D: first.replace(b"ring_twice", b"ring_thrice")})
    plan = drafted(upstream)
    assert [one.fate for one in entries(plan)] == [Fate.LEFT, Fate.READY, Fate.PLACED]
    assert (len(plan.branch), len(plan.draft)) == (1, 1)
    assert b"ring_thrice" in result(plan)
    assert b"box_limit" in result(plan)


def test_what_changes_lines_of_the_draft_fits_there_alone(upstream: Upstream) -> None:
    first = BASE.replace(HEAD, HEAD + b"int box_limit = 3;\n").replace(OPEN, OPEN + b"\tcheck(bag, box_limit);\n")
    upstream.commit("A limit.", {D: first})
    upstream.commit("Better.", {D: first.replace(b"\tcheck(bag, box_limit)", b"\tcheck_well(bag, box_limit, 1)")})
    plan = drafted(upstream)
    later = entries(plan)[2]
    assert (later.fate, later.reason) == (Fate.READY, "it stands on what waits: hunk 2 of postd.c")
    assert len(plan.draft) == 2
    assert b"\tcheck_well(bag, box_limit, 1);\n" in result(plan)


def test_what_upstream_took_back_leaves_the_draft_again(upstream: Upstream) -> None:
    """It stands nowhere on the branch, so there it counts as done."""
    first = BASE.replace(HEAD, HEAD + b"int box_limit = 3;\n").replace(OPEN, OPEN + b"\tcheck(bag, box_limit);\n")
    upstream.commit("A limit.", {D: first})
    upstream.commit("No limit.", {D: BASE})
    assert b"box_limit" not in result(drafted(upstream))


def test_what_the_target_has_in_its_own_words_is_left(upstream: Upstream) -> None:
    after = BASE.replace(HEAD, HEAD + b"int box_limit = 3;\n").replace(
        OPEN, OPEN + b"\tif (check(bag, box_limit))\n\t\treturn (0);\n"
    )
    upstream.commit("A limit.", {D: after})
    ours = COUSIN.replace(STAMP, STAMP + b"\tif (check(bag, box_limit)) {\n\t\tclose_bag(bag);\n\t}\n")
    plan = drafted(upstream, ours)
    assert plan.draft == ()
    assert [one.fate for one in entries(plan)] == [Fate.LEFT, Fate.LEFT]
    assert "there already" in entries(plan)[1].reason


def test_a_variable_that_nothing_sets_or_uses_is_left(upstream: Upstream) -> None:
    begun = BASE.replace(b"\tint weight;\n", b"\tint weight, depth;\n\n\tdepth = measure(bag);\n")
    made = Upstream()
    made.commit("Begin.", {D: begun})
    made.commit("Use it.", {D: begun.replace(STAMP, b'\tstamp_all(bag, "north");\n\tnote(depth);\n')})
    plan = drafted(made)
    (entry,) = entries(plan)
    assert (entry.fate, entry.reason) == (Fate.LEFT, "it uses depth, which nothing in sort_letters sets here")
    upstream.commit("Declare.", {D: BASE.replace(b"\tint weight;\n", b"\tint weight, depth;\n").replace(
        b"weight = weigh(bag);", b"weight = weigh_as(BAG, bag, depth);")})  # fmt: skip
    ours = COUSIN.replace(b"weight = weigh(bag);", b"weight = scale(bag->all);")
    (first, _) = entries(drafted(upstream, ours))
    assert first.fate is Fate.LEFT
    assert "what would use it is not in sort_letters here" in first.reason


def test_half_a_move_and_half_a_block_go_nowhere(upstream: Upstream) -> None:
    moved = BASE.replace(OPEN, b"").replace(STAMP, STAMP + OPEN)
    upstream.commit("Later.", {D: moved})
    ours = COUSIN.replace(OPEN, b"\topen_bag(bag, 1);\n")
    assert drafted(upstream, ours).draft == ()
    braces = Upstream()
    braces.commit("Begin.", {D: BASE})
    braces.commit("Block.", {D: BASE.replace(OPEN, b"\tif (open_bag(bag)) {\n").replace(
        b"\tclose_bag(bag);\n", b"\tclose_bag(bag);\n\t}\n")})  # fmt: skip
    assert drafted(braces, ours).draft == ()
