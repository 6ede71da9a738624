"""A port as a whole: which changesets, what lands of each, the worksheet, and what a second run finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sync_worlds import Downstream, Notes, Upstream

from portkit.change.changeset import Changeset
from portkit.change.revision import FileRevision
from portkit.components.model import Component, Mode, PathRule, PortRange
from portkit.decisions.model import Decision, DecisionKind, Decisions, Until, Wait
from portkit.errors import UserError
from portkit.merge.fate import Fate
from portkit.paths import RepoPath
from portkit.sync.component import ComponentRun
from portkit.sync.ledger import read_ledger
from portkit.sync.message import PARTIAL, MessageWriter, Revision
from portkit.sync.outcome import State
from portkit.sync.plan import Plan, Scope
from portkit.sync.worksheet import Entry, Net, What

D = "usr.sbin/logd/logd.c"
BASE = b"""#include <stdio.h>
#include <unistd.h>

void
send_all(struct box *box)
{
	open_door(box);
	carry_out(box, "first");
	close_door(box);
}

int
main(int argc, char *argv[])
{
	read_settings(argv);
	send_all(argv[1]);
	return (0);
}
"""
COUSIN = b"""#include <stdio.h>
#include <unistd.h>

static int quiet_mode;

void
send_all(struct box *box)
{
	open_door(box);
	carry_out(box, "first");
	close_door(box);
}

int
main(int argc, char **argv)
{
	int flag = parse_flags(argc, argv);

	if (flag)
		go_elsewhere();
	else
		send_all(NULL);
	return (flag);
}
"""
CARRY = b'\tcarry_out(box, "first");\n'
SETTINGS = b"\tread_settings(argv);\n"


def ported(
    upstream: Upstream, target: Downstream, port: PortRange | None = None, *, whole: bool = False,
    decisions: tuple[Decision, ...] = (),
) -> Plan:  # fmt: skip
    chosen = port or PortRange(start="" if whole else upstream.commits[1].id)
    component = Component("logd", Mode.PORT, "openbsd", (PathRule("usr.sbin/logd/", "usr.sbin/logd/"),), port=chosen)
    known = Decisions(decisions, "decisions.yaml")
    run = ComponentRun(component, "OpenBSD", upstream, target, Notes(), decisions=known)
    return run.plan(target.tip, Scope(everything))


def everything(changesets: Sequence[Changeset]) -> int:
    return len(changesets) - 1


def entries(plan: Plan) -> tuple[Entry, ...]:
    assert plan.outcome.worksheet is not None
    return plan.outcome.worksheet.entries


def landed(plan: Plan, target: Downstream) -> None:
    """The branch merged: its commits become the target's."""
    writer = MessageWriter("logd", "OpenBSD")
    for step in plan.branch:
        revisions = [Revision(*one) for one in step.revisions]
        message = writer.write(
            step.changeset, revisions, notes=step.notes, parts=step.parts, partial=step.partial
        )
        target.commit(message.decode(), {str(path): version for path, version in step.writes.items()})


@pytest.fixture
def upstream() -> Upstream:
    made = Upstream()
    made.commit("Begin.", {D: BASE})
    return made


@pytest.fixture
def target() -> Downstream:
    made = Downstream()
    made.commit("Ours.", {D: COUSIN})
    return made


def test_what_fits_lands_and_the_rest_is_on_the_worksheet(upstream: Upstream, target: Downstream) -> None:
    after = BASE.replace(CARRY, b'\tcarry_out(box, "second");\n').replace(SETTINGS, b"\tread_all_settings(argv);\n")
    upstream.commit("Two things.", {D: after})
    plan = ported(upstream, target)
    assert [one.fate for one in entries(plan)] == [Fate.PLACED, Fate.LEFT]
    (one,) = plan.outcome.changesets
    assert (one.state, one.partial, one.reason) == (
        State.CONFLICT, True, "1 of 2 places are left for a hand, 1 landed"
    )  # fmt: skip
    (step,) = plan.branch
    ((_, version),) = step.writes.items()
    assert version is not None
    assert version.content == COUSIN.replace(CARRY, b'\tcarry_out(box, "second");\n')
    assert step.partial
    assert [(part.path, part.numbers, part.count) for part in step.parts] == [(D, (1,), 2)]
    left = entries(plan)[1]
    assert (left.function, left.counterpart, left.what) == ("main", "main", What.HUNK)
    assert [candidate.function for candidate in left.candidates][:1] == ["main"]
    assert b"read_settings" in left.before
    assert b"read_all_settings" in left.after


def test_the_range_and_the_changesets_of_the_map(upstream: Upstream, target: Downstream) -> None:
    for word in ("second", "third", "fourth"):
        upstream.commit(word, {D: BASE.replace(b"first", word.encode())})
    ids = [one.id for one in upstream.commits]
    for port, expected in (
        (PortRange(), ids),
        (PortRange(start=ids[2]), ids[2:]),
        (PortRange(start=ids[1], end=ids[2]), ids[1:3]),
        (PortRange(changesets=(ids[1][:8], ids[3][:8])), [ids[1], ids[3]]),
    ):
        plan = ported(upstream, target, port=port)
        assert [one.changeset.id for one in plan.outcome.changesets] == expected, port
    with pytest.raises(UserError):
        ported(upstream, target, port=PortRange(changesets=("abcdef1234",)))


def test_a_new_file_comes_in_whole_and_is_followed(upstream: Upstream, target: Downstream) -> None:
    new = "usr.sbin/logd/privsep.c"
    upstream.commit("Split.", {new: b"int\nask(void)\n{\n\treturn (1);\n}\n"})
    upstream.commit("Mend.", {new: b"int\nask(void)\n{\n\treturn (2);\n}\n"})
    plan = ported(upstream, target)
    assert [(one.what, one.fate) for one in entries(plan)] == [
        (What.ADDED, Fate.PLACED), (What.FOLLOWED, Fate.PLACED)
    ]  # fmt: skip
    assert [one.state for one in plan.outcome.changesets] == [State.PORTED, State.PORTED]
    assert [step.partial for step in plan.branch] == [False, False]
    landed(plan, target)
    again = ported(upstream, target)
    assert [one.fate for one in entries(again)] == [Fate.ALREADY, Fate.ALREADY]
    assert again.branch == ()


def test_a_file_that_the_target_lacks_is_accounted_for(upstream: Upstream, target: Downstream) -> None:
    other = "usr.sbin/logd/other.c"
    upstream.commits.clear()
    upstream.now.clear()
    upstream.commit("Begin.", {D: BASE, other: BASE})
    upstream.commit("Change.", {other: BASE.replace(b"first", b"second")})
    plan = ported(upstream, target)
    (entry,) = entries(plan)
    assert (entry.what, entry.fate, entry.reason) == (What.ABSENT, Fate.LEFT, "the target has no such file")
    assert [(one.file, one.why) for one in entry.candidates] == [(D, "2 of its 2 functions are there")]


def test_a_hunk_that_needs_one_that_is_left_waits_for_it(upstream: Upstream, target: Downstream) -> None:
    first = BASE.replace(b"#include <unistd.h>\n", b"#include <unistd.h>\n#define GATE 3\n")
    upstream.commit("Declared.", {D: first})
    upstream.commit("Used.", {D: first.replace(CARRY, b"\tcarry_out(box, GATE);\n")})
    lacking = Downstream()
    lacking.commit("Ours.", {D: COUSIN.replace(b"#include <stdio.h>\n#include <unistd.h>\n\n", b"")})
    plan = ported(upstream, lacking)
    assert [one.fate for one in entries(plan)] == [Fate.LEFT, Fate.READY]
    assert entries(plan)[1].reason == f"it uses GATE, which the target lacks ({D} has it)"
    assert plan.branch == ()
    assert [one.fate for one in entries(ported(upstream, target))] == [Fate.PLACED, Fate.PLACED]


def test_what_builds_on_a_hunk_that_is_left_says_so(upstream: Upstream, target: Downstream) -> None:
    first = BASE.replace(SETTINGS, b"\tread_settings(argv, 1);\n")
    upstream.commit("First.", {D: first})
    upstream.commit("Second.", {D: first.replace(b"(argv, 1)", b"(argv, 2)")})
    found = entries(ported(upstream, target))
    assert [one.fate for one in found] == [Fate.LEFT, Fate.LEFT]
    assert found[1].follows == (upstream.commits[1].id,)


def test_a_hunk_done_by_hand_is_ticked_off(upstream: Upstream, target: Downstream) -> None:
    upstream.commit("Change.", {D: BASE.replace(SETTINGS, b"\tread_all_settings(argv);\n\tcheck_settings();\n")})
    (entry,) = entries(ported(upstream, target))
    assert entry.fate is Fate.LEFT
    target.commit("By hand.", {D: COUSIN.replace(
        b"\tint flag =", b"\tread_all_settings(argv);\n\tcheck_settings();\n\tint flag =")})  # fmt: skip
    (again,) = entries(ported(upstream, target))
    assert (again.id, again.fate) == (entry.id, Fate.ALREADY)


def test_a_partial_commit_is_carried_hunk_by_hunk(upstream: Upstream, target: Downstream) -> None:
    after = BASE.replace(CARRY, b'\tcarry_out(box, "second");\n').replace(SETTINGS, b"\tread_all_settings(argv);\n")
    upstream.commit("Two things.", {D: after})
    landed(ported(upstream, target), target)
    commit = target.commits[-1]
    assert commit.message.startswith(PARTIAL)
    (entry,) = read_ledger([commit]).standing
    assert (entry.revisions, entry.hunks[0][2]) == ((), (1,))
    # what landed may be put in other words since: it stays done
    target.commit("Ours again.", {D: COUSIN.replace(CARRY, b"\tcarry_it_all(box);\n")})
    assert [one.fate for one in entries(ported(upstream, target))] == [Fate.ALREADY, Fate.LEFT]


def test_a_trailer_by_hand_ticks_a_whole_changeset_off(upstream: Upstream, target: Downstream) -> None:
    made = upstream.commit("Change.", {D: BASE.replace(SETTINGS, b"\tread_all_settings(argv);\n")})
    target.commit(f"By hand, in our words.\n\nUpstream-commit: {made.id}\n", {D: COUSIN.replace(b"flag", b"flags")})
    plan = ported(upstream, target)
    assert [one.fate for one in entries(plan)] == [Fate.ALREADY]
    assert [one.state for one in plan.outcome.changesets] == [State.ALREADY]


def test_ids_outlive_a_rewritten_mirror(target: Downstream) -> None:
    ids = []
    for salt in ("", "rewritten"):
        upstream = Upstream(salt)
        upstream.commit("Begin.", {D: BASE})
        upstream.commit("Change.", {D: BASE.replace(SETTINGS, b"\tread_all_settings(argv);\n")})
        ids.append([one.id for one in entries(ported(upstream, target))])
    assert ids[0] == ids[1]


def test_the_counts_add_up(upstream: Upstream, target: Downstream) -> None:
    after = BASE.replace(CARRY, b'\tcarry_out(box, "second");\n').replace(SETTINGS, b"\tread_all_settings(argv);\n")
    upstream.commit("Two things.", {D: after})
    sheet = ported(upstream, target).outcome.worksheet
    assert sheet is not None
    counts, blocks = sheet.counts(), sheet.blocks()
    assert counts == {"hunks": 2, "placed": 1, "already": 0, "decided": 0, "ready": 0, "left": 1}
    assert blocks["blocks"] == sum(count for key, count in blocks.items() if key != "blocks")
    assert sheet.sentence() == (
        "2 hunks on files that the target has in its own words: 1 placed, 0 there already, 0 fit and wait for something"
        " else, 1 left for a hand; 0 files added, 0 hunks to such files"
    )


def test_a_target_without_any_of_it_is_the_users_mistake(upstream: Upstream) -> None:
    target = Downstream()
    target.commit("Other.", {"bin/x": b"x\n"})
    with pytest.raises(UserError, match="none of the paths"):
        ported(upstream, target, whole=True)


# What a person decided


def decision(
    kind: str, upstream: Upstream, target: Downstream, number: int = 0, until: Until | None = None
) -> Decision:
    """On the one entry of the worksheet that hunk `number` is, or on the whole file."""
    entry = next(one for one in entries(ported(upstream, target)) if one.number == number or not number)
    file = FileRevision(entry.upstream, entry.revision)
    return Decision(DecisionKind(kind), (file,), "because", "Pat <pat@example.org>", until, number, line=1)


@pytest.fixture
def two(upstream: Upstream) -> Upstream:
    """A changeset of two hunks, of which the first fits."""
    after = BASE.replace(CARRY, b'\tcarry_out(box, "second");\n').replace(SETTINGS, b"\tread_all_settings(argv);\n")
    upstream.commit("Two things.", {D: after})
    return upstream


def test_a_hunk_that_is_skipped_is_off_the_list_and_the_rest_lands(two: Upstream, target: Downstream) -> None:
    skip = decision("skip", two, target, 2)
    plan = ported(two, target, decisions=(skip,))
    assert [(one.fate, one.decided) for one in entries(plan)] == [(Fate.PLACED, ""), (Fate.DECIDED, "skipped")]
    assert entries(plan)[1].reason == "skipped: because (Pat)"
    (one,) = plan.outcome.changesets
    assert (one.state, one.partial, one.reason) == (State.PORTED, False, "in part; skipped: because (Pat)")
    (step,) = plan.branch
    file = f"{D} {entries(plan)[1].revision}"
    assert step.notes == (("Portkit-left-out", f"{file} #2 skipped"),)
    sheet = plan.outcome.worksheet
    assert sheet is not None
    assert (sheet.counts()["decided"], sheet.open_ids()) == (1, ())
    landed(plan, target)
    again = ported(two, target, decisions=(skip,))
    assert [one.fate for one in entries(again)] == [Fate.ALREADY, Fate.DECIDED]
    assert again.branch == ()
    assert again.outcome.changesets[0].state is State.SKIPPED
    back = ported(two, target, decisions=(replace(skip, reopened="we want it"),))
    assert [one.fate for one in entries(back)] == [Fate.ALREADY, Fate.LEFT]


def test_what_would_land_does_not_where_a_person_decided_so(two: Upstream, target: Downstream) -> None:
    plan = ported(two, target, decisions=(decision("skip", two, target, 1),))
    assert [one.fate for one in entries(plan)] == [Fate.DECIDED, Fate.LEFT]
    assert plan.branch == ()
    assert plan.outcome.changesets[0].state is State.CONFLICT


@pytest.mark.parametrize(("kind", "state"), [("skip", "skipped"), ("not-applicable", "not-applicable")])
def test_a_whole_file_is_decided_on(kind: str, state: str, two: Upstream, target: Downstream) -> None:
    plan = ported(two, target, decisions=(decision(kind, two, target),))
    assert [(one.fate, one.decided) for one in entries(plan)] == [(Fate.DECIDED, state)] * 2
    (one,) = plan.outcome.changesets
    assert (str(one.state), plan.branch) == (state, ())
    assert one.files[0].reason == one.reason


def test_what_waits_for_a_hunk_that_does_not_apply_need_not_wait(upstream: Upstream, target: Downstream) -> None:
    """Both hunks of send_all are about `again`; only the second has its place in the target."""
    before = BASE.replace(b"\topen_door(box);\n", b"\tlong again = 1;\n\n\topen_door(box);\n\tknock(box);\n")
    upstream.commits.clear()
    upstream.now.clear()
    upstream.commit("Begin.", {D: before})
    after = before.replace(b"knock(box)", b"knock(box, again)").replace(CARRY, CARRY + b"\tagain++;\n")
    upstream.commit("Again.", {D: after})
    target.commit("Ours.", {D: COUSIN.replace(
        b"send_all(struct box *box)\n{\n", b"send_all(struct box *box)\n{\n\tint again = 7;\n\n")})  # fmt: skip
    assert [one.fate for one in entries(ported(upstream, target))] == [Fate.LEFT, Fate.READY]
    for kind, fate in (("skip", Fate.READY), ("not-applicable", Fate.PLACED)):
        plan = ported(upstream, target, decisions=(decision(kind, upstream, target, 1),))
        assert [one.fate for one in entries(plan)] == [Fate.DECIDED, fate], kind


def test_a_hunk_of_a_file_that_follows_upstream(upstream: Upstream, target: Downstream) -> None:
    new = "usr.sbin/logd/privsep.c"
    lines = b"int\nask(void)\n{\n\tint a = 1;\n\tsit();\n\tstand();\n\twalk();\n\treturn (a);\n}\n"
    upstream.commit("Split.", {new: lines})
    upstream.commit("Mend.", {new: lines.replace(b"a = 1", b"a = 2").replace(b"return (a)", b"return (-a)")})
    file = FileRevision(RepoPath(new), entries(ported(upstream, target))[1].revision)
    skip = Decision(DecisionKind.SKIP, (file,), "because", hunk=2, line=1)
    plan = ported(upstream, target, decisions=(skip,))
    assert [one.fate for one in entries(plan)] == [Fate.PLACED, Fate.PLACED, Fate.DECIDED]
    version = plan.branch[-1].writes[RepoPath(new)]
    assert version is not None
    assert version.content == lines.replace(b"a = 1", b"a = 2")
    assert plan.branch[-1].notes == (("Portkit-left-out", f"{file} #2 skipped"),)
    landed(plan, target)
    assert [one.fate for one in entries(ported(upstream, target, decisions=(skip,)))] == [
        Fate.ALREADY, Fate.ALREADY, Fate.DECIDED
    ]  # fmt: skip
    assert [one.fate for one in entries(ported(upstream, target))] == [Fate.ALREADY, Fate.PLACED, Fate.PLACED]


def test_a_new_file_is_kept_out(upstream: Upstream, target: Downstream) -> None:
    new = "usr.sbin/logd/privsep.c"
    upstream.commit("Split.", {new: b"int\nask(void)\n{\n\treturn (1);\n}\n"})
    plan = ported(upstream, target, decisions=(decision("skip", upstream, target),))
    assert [(one.what, one.fate) for one in entries(plan)] == [(What.ADDED, Fate.DECIDED)]
    assert (plan.branch, plan.outcome.changesets[0].state) == ((), State.SKIPPED)


def test_what_is_deferred_comes_back_with_its_day_or_with_what_it_waits_for(
    two: Upstream, target: Downstream
) -> None:
    new = "usr.sbin/logd/privsep.c"
    two.commit("Split.", {new: b"int\nask(void)\n{\n\treturn (1);\n}\n"})
    waited = FileRevision(RepoPath(new), entries(ported(two, target))[2].revision)
    day = decision("defer", two, target, until=Until(Wait.DAY, day="9999-01-01"))
    assert [one.state for one in ported(two, target, decisions=(day,)).outcome.changesets] == [
        State.DEFERRED, State.PORTED
    ]  # fmt: skip
    past = replace(day, until=Until(Wait.DAY, day="1999-01-01"))
    after = replace(day, until=Until(Wait.CHANGESET, revision=waited))
    for over in (past, after):
        assert [one.fate for one in entries(ported(two, target, decisions=(over,)))][:2] == [Fate.PLACED, Fate.LEFT]


def test_a_decision_on_what_upstream_has_not_is_told(two: Upstream, target: Downstream) -> None:
    lost = Decision(DecisionKind.SKIP, (FileRevision(RepoPath("usr.sbin/logd/none.c"), "1.9"),), "because", line=7)
    notices = [one.text for one in ported(two, target, decisions=(lost,)).outcome.notices if one.kind == "stale"]
    assert notices == ["decisions.yaml:7: upstream has no usr.sbin/logd/none.c 1.9"]


# By function


def nets(plan: Plan) -> dict[str, Net]:
    assert plan.outcome.worksheet is not None
    return {one.function: one for one in plan.outcome.worksheet.nets}


def test_a_function_is_told_once_from_the_first_state_to_the_last(upstream: Upstream, target: Downstream) -> None:
    texts = [b"\tread_settings(argv, %d);\n" % number for number in range(4)]
    for text in texts:
        upstream.commit("Again.", {D: BASE.replace(SETTINGS, text)})
    plan = ported(upstream, target)
    assert [one.fate for one in entries(plan)] == [Fate.LEFT] * 4
    (net,) = nets(plan).values()
    assert (net.function, net.counterpart, net.left) == ("main", "main", 1)
    assert net.changesets == tuple(one.id for one in upstream.commits[1:])
    (hunk,) = net.hunks
    assert [raw for raw in hunk.lines if raw[:1] in b"+-"] == [b"-" + SETTINGS, b"+" + texts[-1]]


def test_what_was_taken_back_is_nothing_to_do(upstream: Upstream, target: Downstream) -> None:
    upstream.commit("There.", {D: BASE.replace(SETTINGS, b"\tread_nothing(argv);\n")})
    upstream.commit("And back.", {D: BASE})
    plan = ported(upstream, target)
    assert [one.fate for one in entries(plan)] == [Fate.LEFT, Fate.LEFT]
    assert nets(plan) == {}


def test_a_function_that_upstream_brought_stands_for_itself(upstream: Upstream, target: Downstream) -> None:
    one, two = (b"\nint\nadd_%d(int a)\n{\n\treturn (a + %d);\n}\n" % (n, n) for n in (1, 2))
    upstream.commit("Two more.", {D: BASE + one + two})
    upstream.commit("Better.", {D: BASE + one.replace(b"a + 1", b"a + 7") + two})
    other = b"\treturn (flag + 1);\n}\n\n#ifdef X\n#endif\n"
    target.commit("Ours.", {D: COUSIN.replace(b"\treturn (flag);\n}\n", other)})
    found = nets(ported(upstream, target))
    assert set(found) == {"add_1", "add_2"}
    assert b"+\treturn (a + 7);\n" in found["add_1"].hunks[0].lines
    assert all(raw[:1] == b"+" for raw in found["add_2"].hunks[0].lines)


def test_a_function_done_by_hand_is_done_as_a_whole(upstream: Upstream, target: Downstream) -> None:
    """In one commit of a person's: what three changesets left in a function, and what they left elsewhere stays."""
    once = BASE.replace(SETTINGS, SETTINGS + b"\tcheck_settings(argv);\n")
    twice = once.replace(b"\tcheck_settings(argv);\n", b"\tcheck_settings(argv);\n\tprint_settings(stdout);\n")
    upstream.commit("Check.", {D: once})
    upstream.commit("Print.", {D: twice})
    assert [one.left for one in nets(ported(upstream, target)).values()] == [1]
    done = b"\tread_settings(argv);\n\tcheck_settings(argv);\n\tprint_settings(stdout);\n\tif (flag)\n"
    target.commit("By hand.", {D: COUSIN.replace(b"\tif (flag)\n", done)})
    plan = ported(upstream, target)
    assert [one.left for one in nets(plan).values()] == [0]
    assert [one.fate for one in entries(plan)] == [Fate.ALREADY, Fate.ALREADY]
