"""What people decided, in a sync: what is left out, for how long, what is joined, what upstream took back itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from sync_worlds import Downstream, Notes, Upstream, body, dhclient, ident, source

from portkit.change.changeset import Changeset
from portkit.change.revision import FileRevision
from portkit.decisions.model import Decision, DecisionKind, Decisions, Until, Wait
from portkit.merge.file import FileMerger, Version
from portkit.paths import RepoPath
from portkit.sync.component import ComponentRun
from portkit.sync.decided import hunk_digests
from portkit.sync.message import MessageWriter, Revision
from portkit.sync.outcome import ChangesetOutcome
from portkit.sync.plan import Plan, Scope

A, B, H = "sbin/dhclient/a.c", "sbin/dhclient/b.c", "sbin/dhclient/a.h"
LETTERS = "abcdefghijklmnop"


def on(label: str, path: str = A) -> FileRevision:
    return FileRevision(RepoPath(path), label)


def decided(kind: str, *of: FileRevision, until: Until | None = None, hunk: int = 0, lines: str = "") -> Decision:
    return Decision(DecisionKind(kind), of, "because", "Pat <pat@example.org>", until, hunk, lines, line=1)


def plan(
    upstream: Upstream, target: Downstream, *decisions: Decision, as_of: str = "", until: int | None = None
) -> Plan:
    known = Decisions(decisions, "decisions.yaml")
    run = ComponentRun(dhclient(), "OpenBSD", upstream, target, Notes(), decisions=known)
    return run.plan(target.tip, Scope(lambda every: len(every) - 1 if until is None else until, as_of=as_of))


def states(plan: Plan) -> list[str]:
    return [str(one.state) for one in plan.outcome.changesets]


def outcome(plan: Plan, number: int) -> ChangesetOutcome:
    return plan.outcome.changesets[number]


def history(*steps: str | Mapping[str, bytes | None]) -> Upstream:
    upstream = Upstream()
    for number, step in enumerate(steps, 1):
        files = {A: source("a.c", f"1.{number}", step)} if isinstance(step, str) else step
        upstream.commit(f"Change {number}.", files)
    return upstream


def downstream(letters: str = LETTERS, more: Mapping[str, bytes] | None = None) -> Downstream:
    target = Downstream()
    target.commit("Everything.", {A: source("a.c", "1.1", letters), **(more or {})})
    return target


def take(plan: Plan, target: Downstream) -> None:
    writer = MessageWriter("dhclient", "OpenBSD")
    for step in plan.branch:
        named = [Revision(*one) for one in step.revisions]
        message = writer.write(step.changeset, named, also=step.also, notes=step.notes)
        target.commit(message.decode(), {str(path): version for path, version in step.writes.items()})


def tip(plan: Plan, path: str = A) -> bytes:
    version = [step.writes[RepoPath(path)] for step in plan.branch if RepoPath(path) in step.writes][-1]
    assert version is not None
    return version.content


# Skipped


def test_what_is_skipped_is_left_out_and_what_stands_clear_of_it_lands() -> None:
    upstream = history(LETTERS, "1" + LETTERS, "1" + LETTERS + "2")
    made = plan(upstream, downstream(), decided("skip", on("1.2")))
    assert states(made) == ["skipped", "ported"]
    assert outcome(made, 0).reason == "skipped: because (Pat)"
    assert tip(made) == source("a.c", "1.3", LETTERS + "2")
    assert made.draft == ()


def test_what_builds_on_it_is_a_conflict_of_its_own() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "X"), LETTERS.replace("h", "Y"))
    made = plan(upstream, downstream(), decided("skip", on("1.2")))
    assert states(made) == ["skipped", "conflict"]
    assert outcome(made, 1).files[0].conflicts


def test_what_uses_its_names_is_flagged_and_says_which() -> None:
    header = ident("a.h", "1.1") + b"#define FIRST 1\n"
    upstream = history(
        {A: source("a.c", "1.1", LETTERS), H: header},
        {H: ident("a.h", "1.2") + b"#define FIRST 1\nextern int\trdomain_of(int);\n"},
        {A: source("a.c", "1.2", LETTERS).replace(b"\treturn", b"\terror = rdomain_of(1);\n\treturn")},
    )
    made = plan(upstream, downstream(more={H: header}), decided("skip", on("1.2", H)))
    assert states(made) == ["skipped", "flagged"]
    assert "rdomain_of" in outcome(made, 1).reason
    assert outcome(made, 1).blocked_by == (outcome(made, 0).changeset.id,)
    assert made.branch == ()


def test_a_skipped_one_is_still_told_once_the_rest_is_carried_and_comes_back_when_reopened() -> None:
    upstream = history(LETTERS, "1" + LETTERS, "1" + LETTERS + "2")
    target = downstream()
    skip = decided("skip", on("1.2"))
    take(plan(upstream, target, skip), target)
    assert states(plan(upstream, target, skip)) == ["skipped"]
    again = plan(upstream, target, replace(skip, reopened="we do want it"))
    assert states(again) == ["ported"]
    assert tip(again) == source("a.c", "1.3", "1" + LETTERS + "2")  # the ident line is not set back


@pytest.mark.parametrize("kind", ["skip", "not-applicable"])
def test_one_file_of_a_changeset_is_left_out_and_the_rest_lands(kind: str) -> None:
    b = [source("b.c", f"1.{number}", "abc" + "d" * number) for number in (1, 2)]
    upstream = history({A: source("a.c", "1.1", LETTERS), B: b[0]}, {A: source("a.c", "1.2", "1" + LETTERS), B: b[1]})
    target = downstream(more={B: b[0]})
    made = plan(upstream, target, decided(kind, on("1.2", B)))
    assert states(made) == ["ported"]
    assert outcome(made, 0).reason.startswith("in part; ")
    (step,) = made.branch
    assert set(step.writes) == {A}
    assert step.revisions == ((A, "1.2"),)
    state = "skipped" if kind == "skip" else kind
    assert step.notes == (("Portkit-left-out", f"{B} 1.2 {state}"),)
    take(made, target)
    assert states(plan(upstream, target, decided(kind, on("1.2", B)))) == [state]


# Hunks


def two_hunks() -> tuple[Upstream, Downstream]:
    upstream = history(LETTERS, "1" + LETTERS + "2", "1" + LETTERS + "2", "1" + LETTERS[:8] + "3" + LETTERS[8:] + "2")
    return upstream, downstream()


def test_one_hunk_is_left_out_the_trailer_says_so_and_it_can_be_had_later() -> None:
    upstream, target = two_hunks()
    skip = decided("skip", on("1.2"), hunk=1)
    made = plan(upstream, target, skip)
    assert states(made) == ["ported", "already", "ported"]
    assert tip(made) == source("a.c", "1.4", LETTERS[:8] + "3" + LETTERS[8:] + "2")
    assert made.branch[0].notes == (("Portkit-left-out", f"{A} 1.2 #1 skipped"),)
    take(made, target)
    assert states(plan(upstream, target, skip))[0] == "skipped"
    again = plan(upstream, target)
    assert states(again)[0] == "ported"
    assert tip(again) == source("a.c", "1.4", "1" + LETTERS[:8] + "3" + LETTERS[8:] + "2")
    take(again, target)
    assert "ported" not in states(plan(upstream, target))


def test_a_hunk_in_conflict_is_left_out_and_the_other_one_lands() -> None:
    upstream = history(LETTERS, LETTERS.replace("c", "Y") + "2")
    target = downstream(LETTERS.replace("c", "X"))
    before = plan(upstream, target)
    (conflict,) = outcome(before, 0).files[0].conflicts
    made = plan(upstream, target, decided("skip", on("1.2"), hunk=conflict.hunk))
    assert states(made) == ["ported"]
    assert tip(made) == source("a.c", "1.2", LETTERS.replace("c", "X") + "2")


def test_a_conflicts_id_does_not_change_when_another_hunk_is_left_out() -> None:
    upstream = history(LETTERS, "1" + LETTERS.replace("k", "Y"))
    target = downstream(LETTERS.replace("k", "X"))
    (before,) = outcome(plan(upstream, target), 0).files[0].conflicts
    (after,) = outcome(plan(upstream, target, decided("skip", on("1.2"), hunk=1)), 0).files[0].conflicts
    assert (before.id, before.hunk) == (after.id, after.hunk)
    assert before.hunk == 2


def test_a_hunk_is_known_by_its_lines_where_its_number_is_another() -> None:
    upstream, target = two_hunks()
    old, new = source("a.c", "1.1", LETTERS), source("a.c", "1.2", "1" + LETTERS + "2")
    digests = hunk_digests(FileMerger(), Version(old, 0o100644), Version(new, 0o100644))
    made = plan(upstream, target, decided("skip", on("1.2"), hunk=1, lines=digests[1]))
    assert made.branch[0].notes == (("Portkit-left-out", f"{A} 1.2 #2 skipped"),)
    nothing = plan(upstream, target, decided("skip", on("1.2"), hunk=1, lines="0" * 12))
    assert nothing.branch[0].notes == ()


def test_every_hunk_left_out_is_the_file_left_out() -> None:
    upstream, target = two_hunks()
    made = plan(upstream, target, decided("skip", on("1.2"), hunk=1), decided("skip", on("1.2"), hunk=2))
    assert states(made)[0] == "skipped"


# Deferred


def test_what_builds_on_a_deferred_one_waits_for_it() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "X"), LETTERS.replace("h", "Y"), "1" + LETTERS.replace("h", "Y"))
    made = plan(upstream, downstream(), decided("defer", on("1.2")))
    assert states(made) == ["deferred", "blocked", "ported"]
    assert outcome(made, 1).blocked_by == (outcome(made, 0).changeset.id,)
    assert made.draft


@pytest.mark.parametrize(("day", "state"), [("2012-06-19", "ported"), ("2012-06-20", "deferred")])
def test_until_a_day_which_is_upstreams_newest_or_the_one_that_is_given(day: str, state: str) -> None:
    upstream = history(LETTERS, "1" + LETTERS)  # the second on 2012-06-19
    wait = decided("defer", on("1.2"), until=Until(Wait.DAY, day=day))
    assert states(plan(upstream, downstream(), wait)) == [state]
    assert states(plan(upstream, downstream(), wait, as_of="2012-06-20")) == ["ported"]
    assert states(plan(upstream, downstream(), wait, as_of="2012-06-18")) == ["deferred"]


def test_until_a_changeset_that_this_very_run_lands() -> None:
    upstream = history(LETTERS, "1" + LETTERS, "1" + LETTERS.replace("h", "X"), "1" + LETTERS.replace("h", "X") + "2")
    wait = decided("defer", on("1.2"), until=Until(Wait.CHANGESET, revision=on("1.4")))
    target = downstream()
    early = plan(upstream, target, wait, until=2)
    assert states(early) == ["deferred", "ported"]
    made = plan(upstream, target, wait)
    assert sorted(states(made)) == ["ported"] * 3
    assert [dict(step.revisions)[A] for step in made.branch] == ["1.3", "1.4", "1.2"]
    assert tip(made) == source("a.c", "1.4", "1" + LETTERS.replace("h", "X") + "2")
    take(early, target)
    assert sorted(states(plan(upstream, target, wait))) == ["ported"] * 2


def test_what_builds_on_it_follows_it() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "X"), LETTERS.replace("h", "Y"), LETTERS.replace("h", "Y") + "2")
    made = plan(upstream, downstream(), decided("defer", on("1.2"), until=Until(Wait.CHANGESET, revision=on("1.4"))))
    assert states(made) == ["ported"] * 3
    assert [dict(step.revisions)[A] for step in made.branch] == ["1.4", "1.2", "1.3"]


def test_until_a_changeset_that_the_target_carries_already() -> None:
    upstream = history(LETTERS, "1" + LETTERS, "1" + LETTERS + "2")
    target = downstream()
    forever = decided("defer", on("1.2"))
    take(plan(upstream, target, forever), target)
    assert states(plan(upstream, target, forever)) == ["deferred"]
    wait = replace(forever, until=Until(Wait.CHANGESET, revision=on("1.3")))
    assert states(plan(upstream, target, wait)) == ["ported"]


def test_until_a_changeset_that_the_target_derives_from() -> None:
    b = [source("b.c", f"1.{number}", "abcdefghij" + "k" * number) for number in (1, 2)]
    upstream = history({A: source("a.c", "1.1", LETTERS), B: b[0]}, {B: b[1]}, {A: source("a.c", "1.2", "1" + LETTERS)})
    wait = decided("defer", on("1.2"), until=Until(Wait.CHANGESET, revision=on("1.2", B)))
    assert states(plan(upstream, downstream(more={B: b[1]}), wait)) == ["ported"]


def test_until_a_baseline() -> None:
    b = [source("b.c", f"1.{number}", "abcdefghij" + "k" * number) for number in (1, 2)]
    upstream = history({A: source("a.c", "1.1", LETTERS), B: b[0]}, {B: b[1]}, {A: source("a.c", "1.2", "1" + LETTERS)})
    wait = decided("defer", on("1.2"), until=Until(Wait.BASELINE, revision=on("1.2", B)))
    assert states(plan(upstream, downstream(more={B: b[0]}), decided("skip", on("1.2", B)), wait))[1] == "deferred"
    assert states(plan(upstream, downstream(more={B: b[1]}), wait)) == ["ported"]


def test_every_commit_of_a_draft_says_what_it_brings_or_it_could_not_be_moved_again() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "Y"), "1" + LETTERS.replace("h", "Z"), "1" + LETTERS, LETTERS)
    target = downstream(LETTERS.replace("h", "X"))
    deferred = plan(upstream, target, decided("defer", on("1.2")))
    closing = history(LETTERS, LETTERS.replace("h", "Y"), LETTERS, LETTERS.replace("o", "Q"))
    closed = plan(closing, downstream(LETTERS.replace("h", "X").replace("o", "W")))
    assert states(closed) == ["not-applicable", "not-applicable", "conflict"]
    for made in (deferred, closed):
        assert made.draft
        assert all(step.revisions for step in made.draft)


# Joined


def halves() -> tuple[Upstream, Downstream, list[Changeset]]:
    """A changeset that fails alone (it uses a name), and the file that its author forgot; another one in between."""
    b = source("b.c", "1.1", "abc")
    upstream = history(
        {A: source("a.c", "1.1", LETTERS), B: b},
        {A: source("a.c", "1.2", "1" + LETTERS)},
        {B: source("b.c", "1.2", "abcd")},
        {H: ident("a.h", "1.1") + b"#define X 1\n", A: source("a.c", "1.3", "12" + LETTERS)},
    )
    return upstream, downstream(more={B: b}), upstream.commits


def test_joined_changesets_land_as_one_commit_that_names_both() -> None:
    upstream, target, commits = halves()
    squash = decided("squash", on("1.2"), on("1.3"), on("1.1", H))
    made = plan(upstream, target, squash)
    assert states(made) == ["ported"] * 3
    joined = made.branch[-1]
    assert (joined.changeset.id, joined.also) == (commits[1].id, (commits[3].id,))
    assert set(joined.revisions) == {(A, "1.2"), (A, "1.3"), (H, "1.1")}
    assert set(joined.writes) == {A, H}
    assert joined.changeset.message == "Change 2.\n\nChange 4."
    take(made, target)
    assert plan(upstream, target, squash).outcome.changesets == ()
    assert plan(upstream, target).outcome.changesets == ()
    assert commits[3].id in target.commits[-1].message


def test_joined_changesets_conflict_as_one() -> None:
    upstream, _, commits = halves()
    target = downstream("XZ" + LETTERS, {B: source("b.c", "1.1", "abc")})
    made = plan(upstream, target, decided("squash", on("1.2"), on("1.3"), on("1.1", H)))
    by_id = {one.changeset.id: str(one.state) for one in made.outcome.changesets}
    assert by_id == {commits[1].id: "blocked", commits[2].id: "ported", commits[3].id: "conflict"}
    assert outcome(made, 0).blocked_by == (commits[3].id,) or outcome(made, 1).blocked_by == (commits[3].id,)
    assert sum(len(file.conflicts) for one in made.outcome.changesets for file in one.files) == 1
    assert made.outcome.counts()["changesets"] == 3


def test_what_builds_on_joined_ones_waits_for_the_one_with_the_conflict() -> None:
    upstream, _, commits = halves()
    upstream.commit("Change 5.", {A: source("a.c", "1.4", "1" + LETTERS)})
    target = downstream("XZ" + LETTERS, {B: source("b.c", "1.1", "abc")})
    made = plan(upstream, target, decided("squash", on("1.2"), on("1.3"), on("1.1", H)))
    last = made.outcome.changesets[-1]
    assert (str(last.state), last.blocked_by) == ("blocked", (commits[3].id,))


def test_what_stands_between_on_the_same_files_keeps_them_apart() -> None:
    upstream = history(LETTERS, "1" + LETTERS, "12" + LETTERS, "123" + LETTERS)
    made = plan(upstream, downstream(), decided("squash", on("1.2"), on("1.4")))
    assert states(made) == ["ported"] * 3
    assert [notice.kind for notice in made.outcome.notices] == ["stale"]
    assert "decisions.yaml:1" in made.outcome.notices[0].text


# Backouts


def test_a_backout_of_something_parked_closes_both() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "Y"), LETTERS, LETTERS + "2")
    made = plan(upstream, downstream(LETTERS.replace("h", "X")))
    assert states(made) == ["not-applicable", "not-applicable", "ported"]
    first, second = outcome(made, 0), outcome(made, 1)
    assert first.reason == f"upstream backed it out in {second.changeset.id[:12]}"
    assert second.reason == f"it backs out {first.changeset.id[:12]}, which never landed"


def test_what_uses_a_name_of_it_is_flagged_then() -> None:
    b = [ident("b.c", f"1.{number}") + body("abc" + "d" * number, "other") for number in (1, 2)]
    names = body(LETTERS.replace("h", "Y")) + b"\nint\ta_new_name;\n"
    using = b[1].replace(b"\treturn", b"\terror = a_new_name;\n\treturn")
    upstream = history(
        {A: source("a.c", "1.1", LETTERS), B: b[0]},
        {A: ident("a.c", "1.2") + b"\n" + names},
        {B: using},
        {A: source("a.c", "1.3", LETTERS)},
    )
    target = downstream(LETTERS.replace("h", "X"), {B: b[0]})
    assert states(plan(upstream, target, until=2)) == ["conflict", "blocked"]
    made = plan(upstream, target)
    assert states(made) == ["not-applicable", "flagged", "not-applicable"]
    assert "a_new_name" in outcome(made, 1).reason


def test_a_backout_of_what_landed_lands() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "Y"), LETTERS)
    assert states(plan(upstream, downstream())) == ["ported", "ported"]


def test_a_backout_in_part_or_at_another_place_closes_nothing() -> None:
    ours = downstream(LETTERS.replace("h", "X"))
    part = history(LETTERS, "1" + LETTERS.replace("h", "Y"), "1" + LETTERS)
    assert states(plan(part, ours)) == ["conflict", "blocked"]
    twice = body("ab") + b"\n" + body("ab", "other")
    there = body("ab").replace(b"int error;\n", b"int error;\n\tint more;\n")
    upstream = Upstream()
    upstream.commit("1", {A: ident("a.c", "1.1") + twice})
    upstream.commit("2", {A: ident("a.c", "1.2") + there + b"\n" + body("ab", "other")})
    second = ident("a.c", "1.3") + there.replace(b"\tint more;\n", b"\tint less;\n") + b"\n" + body("ab", "other")
    upstream.commit("3", {A: second})
    assert "not-applicable" not in states(plan(upstream, downstream(LETTERS)))


def test_a_backout_of_what_was_skipped_closes_too_and_it_stays_skipped() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "Y"), LETTERS)
    made = plan(upstream, downstream(LETTERS.replace("h", "X")), decided("skip", on("1.2")))
    assert states(made)[0] == "skipped"
    assert states(made)[1] in ("not-applicable", "already")


# What is not there


def test_a_decision_on_what_upstream_does_not_have_is_told() -> None:
    upstream = history(LETTERS, "1" + LETTERS)
    made = plan(upstream, downstream(), decided("skip", on("1.99")))
    assert states(made) == ["ported"]
    (notice,) = made.outcome.notices
    assert (notice.kind, notice.text) == ("stale", f"decisions.yaml:1: upstream has no {A} 1.99")


def test_a_rewritten_upstream_changes_no_decision() -> None:
    made = []
    for salt in ("", "rewritten"):
        upstream = Upstream(salt)
        upstream.commit("1", {A: source("a.c", "1.1", LETTERS)})
        upstream.commit("2", {A: source("a.c", "1.2", "1" + LETTERS)})
        made.append(plan(upstream, downstream(), decided("skip", on("1.2"))))
    assert [states(one) for one in made] == [["skipped"]] * 2
    assert outcome(made[0], 0).changeset.id != outcome(made[1], 0).changeset.id
