"""One component's run: what is pending, what is left alone, imports, baselines, and how far a run looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from sync_worlds import (
    PORTER,
    Downstream,
    Notes,
    Upstream,
    body,
    call,
    dhclient,
    ident,
    source,
    states,
)

from portkit.change.changeset import Changeset
from portkit.change.ident import Style
from portkit.components.model import Component, Mode
from portkit.errors import UserError
from portkit.merge.file import Version
from portkit.paths import RepoPath
from portkit.sync.component import ComponentRun
from portkit.sync.message import MessageWriter, Revision
from portkit.sync.plan import Plan, Scope
from portkit.sync.points import day_of, position_of
from portkit.sync.style import learned

A, B, C = "sbin/dhclient/a.c", "sbin/dhclient/b.c", "sbin/dhclient/c.c"
LETTERS = "abcdefghijklmnop"


def everything(changesets: Sequence[Changeset]) -> int:
    return len(changesets) - 1


def plan(
    upstream: Upstream,
    target: Downstream,
    component: Component | None = None,
    *,
    until: Callable[[Sequence[Changeset]], int] = everything,
    ids: tuple[str, ...] = (),
    memory: Notes | None = None,
) -> Plan:
    run = ComponentRun(component or dhclient(), "OpenBSD", upstream, target, memory or Notes())
    return run.plan(target.tip, Scope(until, ids))


def take(plan: Plan, target: Downstream) -> None:
    """The branch merged: its commits become the target's."""
    writer = MessageWriter("dhclient", "OpenBSD")
    for step in plan.branch:
        message = writer.write(step.changeset, [Revision(*one) for one in step.revisions], subject=step.subject)
        target.commit(message.decode(), {str(path): version for path, version in step.writes.items()})


def history(*steps: str) -> Upstream:
    upstream = Upstream()
    for number, letters in enumerate(steps, 1):
        upstream.commit(f"Change {number}.", {A: source("a.c", f"1.{number}", letters)})
    return upstream


@pytest.fixture
def upstream() -> Upstream:
    return history(LETTERS, "1" + LETTERS, "12" + LETTERS, "12" + LETTERS + "3")


@pytest.fixture
def target() -> Downstream:
    world = Downstream()
    world.commit("Everything.", {A: source("a.c", "1.1", LETTERS.replace("h", "X"))})
    return world


# What is pending


def test_everything_after_the_baseline_is_pending(upstream: Upstream, target: Downstream) -> None:
    made = plan(upstream, target)
    assert states(made.outcome.changesets) == ["ported"] * 3
    assert [step.changeset.message for step in made.branch] == ["Change 2.", "Change 3.", "Change 4."]
    assert made.draft == ()
    assert made.outcome.lag_days == 2
    assert made.outcome.counts()["ported"] == 3
    assert sum(made.outcome.counts().values()) == 2 * made.outcome.counts()["changesets"]
    last = made.branch[-1].writes[RepoPath(A)]
    assert last is not None
    assert last.content == source("a.c", "1.4", "12" + LETTERS.replace("h", "X") + "3")


def test_what_was_taken_is_not_pending_any_more(upstream: Upstream, target: Downstream) -> None:
    take(plan(upstream, target), target)
    again = plan(upstream, target)
    assert again.outcome.changesets == ()
    assert again.branch == again.draft == ()
    assert again.outcome.lag_days == 0
    upstream.commit("Change 5.", {A: source("a.c", "1.5", "12" + LETTERS + "34")})
    assert states(plan(upstream, target).outcome.changesets) == ["ported"]


def test_what_was_parked_is_pending_after_newer_ones_were_taken(target: Downstream) -> None:
    conflicting = LETTERS.replace("h", "Y")
    upstream = history(LETTERS, conflicting, conflicting + "3")
    first = plan(upstream, target)
    assert states(first.outcome.changesets) == ["conflict", "ported"]
    assert len(first.draft) == 2
    take(first, target)
    again = plan(upstream, target)
    assert states(again.outcome.changesets) == ["conflict"]
    assert again.branch == ()
    # somebody makes room for it
    target.commit("Ours goes.", {A: source("a.c", "1.3", LETTERS + "3")})
    last = plan(upstream, target)
    assert states(last.outcome.changesets) == ["ported"]
    version = last.branch[0].writes[RepoPath(A)]
    assert version is not None
    assert version.content == source("a.c", "1.3", conflicting + "3")  # the ident line does not go back


def test_a_port_that_was_reverted_is_pending_again(upstream: Upstream, target: Downstream) -> None:
    before: dict[str, bytes | Version | None] = {str(path): one for path, one in target.files[target.tip].items()}
    take(plan(upstream, target, until=lambda _: 1), target)
    port = target.tip
    assert states(plan(upstream, target).outcome.changesets) == ["ported", "ported"]
    target.commit(f"Revert it.\n\nThis reverts commit {port}.\n", before)
    assert states(plan(upstream, target).outcome.changesets) == ["ported"] * 3


def test_ports_by_hand_are_there_already(upstream: Upstream, target: Downstream) -> None:
    # the person forgot to bump the ident line
    target.commit("dhclient - Sync.", {A: source("a.c", "1.1", "1" + LETTERS.replace("h", "X"))})
    made = plan(upstream, target)
    assert [file.used for file in made.outcome.baselines] == ["1.2"]  # the nearest content says so
    assert states(made.outcome.changesets) == ["ported", "ported"]
    only = dhclient(baseline=((RepoPath(A), "1.1"),))
    assert states(plan(upstream, target, only).outcome.changesets) == ["already", "ported", "ported"]


def test_a_file_that_the_target_lacks_is_pending_only_past_the_newest_baseline() -> None:
    upstream = Upstream()
    upstream.commit("One.", {A: source("a.c", "1.1", LETTERS), B: source("b.c", "1.1", "abc")})
    upstream.commit("B goes.", {B: source("b.c", "1.2", "abcd")})
    upstream.commit("A goes on.", {A: source("a.c", "1.2", LETTERS + "1")})
    upstream.commit("New.", {C: source("c.c", "1.1", "klm")})
    upstream.commit("B again.", {B: source("b.c", "1.3", "abcde")})
    target = Downstream()
    target.commit("Everything.", {A: source("a.c", "1.2", LETTERS + "1")})
    made = plan(upstream, target)
    assert [one.changeset.subject for one in made.outcome.changesets] == ["New.", "B again."]
    assert states(made.outcome.changesets) == ["ported", "conflict"]


def test_only_the_files_of_the_component_count(upstream: Upstream, target: Downstream) -> None:
    upstream.commit("Elsewhere.", {"usr.sbin/x.c": b"x\n"})
    upstream.commit("Both.", {"usr.sbin/x.c": b"y\n", A: source("a.c", "1.5", "12" + LETTERS + "34")})
    made = plan(upstream, target)
    assert len(made.outcome.changesets) == 4
    assert [file.upstream for file in made.outcome.changesets[-1].files] == [A]


def test_a_content_that_was_backed_out_and_is_back_is_ported_again() -> None:
    """Without ident lines a version is known by its content alone, and the same content comes again."""
    texts = [b"\n" + body(letters) for letters in (LETTERS, "1" + LETTERS, LETTERS, "1" + LETTERS)]
    upstream = Upstream()
    for number, text in enumerate(texts):
        upstream.commit(f"Change {number}.", {A: text})
    target = Downstream()
    target.commit("Everything.", {A: texts[0].replace(call("h"), call("X"))})
    take(plan(upstream, target, until=lambda _: 1), target)
    # the second backs it out: what the target was before is as near to it as to the first
    again = plan(upstream, target)
    assert [one.changeset.message for one in again.outcome.changesets] == ["Change 2.", "Change 3."]
    assert states(again.outcome.changesets) == ["ported", "ported"]
    take(again, target)
    assert plan(upstream, target).outcome.changesets == ()


def test_an_ident_line_that_nobody_bumps_is_no_identity() -> None:
    frozen = [source("a.c", "1.9", letters) for letters in (LETTERS, "1" + LETTERS, "12" + LETTERS)]
    upstream = Upstream()
    upstream.commit("Change 0.", {A: frozen[0]})
    target = Downstream()
    target.commit("Everything.", {A: frozen[0].replace(call("h"), call("X"))})
    upstream.commit("Change 1.", {A: frozen[1]})
    take(plan(upstream, target, ids=(upstream.tip,)), target)
    upstream.commit("Change 2.", {A: frozen[2]})
    made = plan(upstream, target, ids=(upstream.tip,))
    assert states(made.outcome.changesets) == ["ported"]
    take(made, target)
    assert target.files[target.tip][RepoPath(A)].content == frozen[2].replace(call("h"), call("X"))


def test_a_rewritten_upstream_is_known_by_path_and_revision(upstream: Upstream, target: Downstream) -> None:
    take(plan(upstream, target, until=lambda _: 2), target)
    anew = Upstream(salt="rewritten")
    for one in upstream.commits:
        anew.commit(one.message, {change.path: _content(upstream, change.new) for change in one.files})
    assert {one.id for one in anew.commits}.isdisjoint(one.id for one in upstream.commits)
    made = plan(anew, target)
    assert [one.changeset.message for one in made.outcome.changesets] == ["Change 4."]


def _content(upstream: Upstream, blob: object) -> bytes:
    return upstream.contents[getattr(blob, "oid", "")]


# How far a run looks


def test_until_a_date_or_a_revision(upstream: Upstream) -> None:
    changesets = upstream.commits
    assert position_of(changesets, "2012-06-18", upstream) == 0  # the end of that day
    assert position_of(changesets, "2012-06-19", upstream) == 1
    assert position_of(changesets, "2012-06-17", upstream) == -1
    assert position_of(changesets, "2030-01-01", upstream) == 3
    assert position_of(changesets, changesets[2].id, upstream) == 2
    assert position_of(changesets, changesets[2].id[:9], upstream) == 2
    with pytest.raises(UserError):
        position_of(changesets, "0" * 12, upstream)


def test_until_a_revision_of_another_component(upstream: Upstream) -> None:
    other = upstream.commit("Elsewhere.", {"usr.sbin/x.c": b"x\n"})
    upstream.commit("Change 5.", {A: source("a.c", "1.5", LETTERS)})
    own = [one for one in upstream.commits if one is not other]
    assert position_of(own, other.id, upstream) == 3


@pytest.mark.parametrize(
    ("text", "day"),
    [("1970-01-02", 86400), ("2012-02-29", 1330473600), ("2012-02-30", None), ("x", None), ("", None), ("abc12", None)],
)
def test_days(text: str, day: int | None) -> None:
    assert day_of(text) == day


def test_until_leaves_later_ones_out(upstream: Upstream, target: Downstream) -> None:
    made = plan(upstream, target, until=lambda _: 1)
    assert [one.changeset.message for one in made.outcome.changesets] == ["Change 2."]
    assert plan(upstream, target, until=lambda _: -1).outcome.changesets == ()


def test_chosen_changesets_only_in_upstreams_order(upstream: Upstream, target: Downstream) -> None:
    ids = (upstream.commits[3].id, upstream.commits[1].id[:8].upper())
    made = plan(upstream, target, ids=ids)
    assert [one.changeset.message for one in made.outcome.changesets] == ["Change 2.", "Change 4."]


@pytest.mark.parametrize("text", ["", "1234", "f" * 40, "-x", "zzzzzzzz"])
def test_a_changeset_that_is_not_there_is_told(text: str, upstream: Upstream, target: Downstream) -> None:
    with pytest.raises(UserError) as error:
        plan(upstream, target, ids=(text,))
    assert error.value.where == "--changeset"


# What is left alone


def test_kept_and_deleted_on_purpose(target: Downstream) -> None:
    upstream = history(LETTERS)
    kept, gone = "sbin/dhclient/dhclient-script", "sbin/dhclient/inet.c"
    upstream.commit("More.", {kept: b"#!/bin/sh\n", gone: source("inet.c", "1.1", "abc"), B: b"b\n"})
    upstream.commit("Less.", {kept: None, gone: source("inet.c", "1.2", "abcd")})
    upstream.commit("B goes.", {B: None})
    target.commit("More.", {kept: b"#!/bin/sh\necho ours\n"})
    component = dhclient(keep=(kept,), deleted=(gone,), baseline=((RepoPath(A), "1.1"),))
    made = plan(upstream, target, component)
    assert [one.state for one in made.outcome.changesets][-2:] == ["not-applicable", "already"]
    kinds = {(notice.kind, notice.path) for notice in made.outcome.notices}
    assert ("kept", kept) in kinds
    assert ("deleted-on-purpose", gone) in kinds


@pytest.mark.parametrize(("vendor", "stays"), [(b"Vendor: OpenBSD\n", True), (b"Vendor: tcpdump.org\n", False)])
def test_readme_deleted_counts_where_the_vendor_is_this_upstream(
    vendor: bytes, stays: bool, target: Downstream
) -> None:
    upstream = history(LETTERS)
    upstream.commit("New.", {B: source("b.c", "1.1", "abc"), "sbin/dhclient/sub/c.c": b"c\n"})
    folder = "sbin/dhclient"
    readme = {f"{folder}/README.DELETED": b"b.c\nsub/\n", f"{folder}/README.DRAGONFLY": vendor}
    target.commit("Readme.", readme)
    made = plan(upstream, target)
    assert states(made.outcome.changesets) == (["not-applicable"] if stays else ["ported"])


def test_new_files_beside_mapped_ones_are_told(target: Downstream) -> None:
    upstream = history(LETTERS)
    upstream.commit("New.", {B: b"b\n", "sbin/other/x.c": b"x\n"})
    only = dhclient(paths={A: A})
    made = plan(upstream, target, only)
    assert [(notice.kind, notice.path) for notice in made.outcome.notices] == [("unmapped", B)]
    assert made.outcome.changesets == ()


def test_a_target_without_the_paths_is_told(upstream: Upstream) -> None:
    target = Downstream()
    target.commit("Other.", {"bin/x": b"x\n"})
    with pytest.raises(UserError, match="none of the paths"):
        plan(upstream, target)


def test_an_upstream_without_the_paths_is_told(target: Downstream) -> None:
    upstream = Upstream()
    upstream.commit("Other.", {"bin/x": b"x\n"})
    with pytest.raises(UserError, match="none of the paths"):
        plan(upstream, target)


# Modes


def test_an_import_brings_the_files_in_whole_and_goes_on_from_there() -> None:
    upstream = Upstream()
    upstream.commit("One.", {A: source("a.c", "1.1", LETTERS), B: b"b\n", C: b"c\n"})
    at = upstream.commit("Two.", {A: source("a.c", "1.2", LETTERS + "1"), C: None})
    upstream.commit("Three.", {A: source("a.c", "1.3", LETTERS + "12")})
    target = Downstream()
    target.commit("Other.", {"bin/x": b"x\n"})
    component = dhclient(Mode.IMPORT, import_at=at.id)
    made = plan(upstream, target, component)
    assert states(made.outcome.changesets) == ["ported", "ported"]
    first = made.branch[0]
    assert set(first.writes) == {A, B}
    assert first.subject == "Import from OpenBSD as of 2012-06-19."
    assert dict(first.revisions)[A] == "1.2"
    take(made, target)
    assert target.files[target.tip][RepoPath(A)].content == source("a.c", "1.3", LETTERS + "12")
    # idempotent
    again = plan(upstream, target, component)
    assert again.outcome.changesets == ()
    assert {file.note for file in again.outcome.baselines} == {"brought in whole"}
    # and a sync from that exact baseline, with local changes
    target.commit("Ours.", {A: source("a.c", "1.3", LETTERS.replace("h", "X") + "12")})
    upstream.commit("Four.", {A: source("a.c", "1.4", "4" + LETTERS + "12"), C: b"again\n"})
    later = plan(upstream, target, component)
    assert states(later.outcome.changesets) == ["ported"]
    assert set(later.branch[0].writes) == {A, C}


def test_an_import_overwrites_nothing(upstream: Upstream) -> None:
    target = Downstream()
    target.commit("Other.", {A: b"something else\n"})
    made = plan(upstream, target, dhclient(Mode.IMPORT))
    assert states(made.outcome.changesets) == ["conflict"]
    assert made.branch == ()
    assert made.outcome.changesets[0].files[0].conflicts[0].kind == "add-add"


def test_an_import_of_a_day_before_there_was_anything(upstream: Upstream) -> None:
    target = Downstream()
    target.commit("Other.", {"bin/x": b"x\n"})
    made = plan(upstream, target, dhclient(Mode.IMPORT, import_at="2000-01-01"))
    assert made.outcome.changesets == ()


def test_an_import_of_a_content_that_comes_again_starts_after_the_right_one() -> None:
    upstream = Upstream()
    for number, text in enumerate((b"one\n", b"two\n", b"one\n", b"three\n")):
        upstream.commit(f"Change {number}.", {A: text})
    target = Downstream()
    target.commit("Other.", {"bin/x": b"x\n"})
    component = dhclient(Mode.IMPORT, import_at=upstream.commits[2].id)
    take(plan(upstream, target, component, until=lambda _: 2), target)
    made = plan(upstream, target, component)
    assert [one.changeset.message for one in made.outcome.changesets] == ["Change 3."]


def test_watch_tells_and_makes_nothing(upstream: Upstream, target: Downstream) -> None:
    watched = plan(upstream, target, dhclient(Mode.WATCH))
    assert [one.message for one in watched.outcome.watched] == [one.message for one in upstream.commits]
    assert watched.branch == watched.draft == ()


# Baselines


def test_recorded_and_nearest(upstream: Upstream) -> None:
    target = Downstream()
    target.commit("Everything.", {A: source("a.c", "1.3", "1" + LETTERS.replace("h", "X"))})
    (file,) = plan(upstream, target).outcome.baselines
    assert (file.recorded, file.nearest, file.used, file.confidence) == ("1.3", "1.2", "1.2", "likely")
    assert (file.distance, file.recorded_distance) == (2, 3)
    assert "nearer to 1.2" in file.note


@pytest.mark.parametrize(
    ("content", "recorded", "used", "confidence"),
    [
        (source("a.c", "1.2", "1" + LETTERS), "1.2", "1.2", "exact"),
        (source("src/sbin/dhclient/a.c", "1.2", "1" + LETTERS.replace("h", "X")), "1.2", "1.2", "sure"),
        (b"\n" + body("1" + LETTERS), "", "1.2", "exact"),
        (source("a.c", "1.77", "1" + LETTERS.replace("h", "X")), "1.77", "1.2", "likely"),
        (b"something else altogether\n" * 9, "", "", "none"),
        (ident("a.c", "1.1.2.1") + b"\n" + body(LETTERS), "1.1.2.1", "1.1", "exact"),
    ],
)
def test_baselines(content: bytes, recorded: str, used: str, confidence: str, upstream: Upstream) -> None:
    target = Downstream()
    target.commit("Everything.", {A: content})
    (file,) = plan(upstream, target).outcome.baselines
    assert (file.recorded, file.used, file.confidence) == (recorded, used, confidence)


def test_a_baseline_that_the_map_names(upstream: Upstream, target: Downstream) -> None:
    (file,) = plan(upstream, target, dhclient(baseline=((RepoPath(A), "1.3"),))).outcome.baselines
    assert (file.used, file.note) == ("1.3", "the map says 1.3")


def test_binary_files_have_the_version_they_equal_or_none() -> None:
    upstream = Upstream()
    for number in range(3):
        upstream.commit(f"Change {number}.", {A: b"\0%d" % number, B: source("b.c", f"1.{number}", LETTERS)})
    target = Downstream()
    target.commit("Everything.", {A: b"\x001", B: source("b.c", "1.0", LETTERS)})
    found = {file.target: file for file in plan(upstream, target).outcome.baselines}
    assert found[RepoPath(A)].changeset == upstream.commits[1].id
    target.commit("Other.", {A: b"\0other"})
    found = {file.target: file for file in plan(upstream, target).outcome.baselines}
    assert found[RepoPath(A)].confidence == "none"


def test_what_is_remembered_changes_nothing(upstream: Upstream, target: Downstream) -> None:
    memory = Notes()
    first = plan(upstream, target, memory=memory)
    assert memory.kept
    assert plan(upstream, target, memory=memory).outcome == first.outcome == plan(upstream, target).outcome
    upstream.commit("Change 5.", {A: source("a.c", "1.5", "12" + LETTERS + "34")})
    assert plan(upstream, target, memory=memory).outcome == plan(upstream, target).outcome


# Conflicts have names that last


def test_a_conflicts_id_outlives_a_rewritten_upstream(target: Downstream) -> None:
    steps = (LETTERS, LETTERS.replace("h", "Y"))
    ids = []
    for salt in ("", "rewritten"):
        upstream = Upstream(salt)
        for number, letters in enumerate(steps, 1):
            upstream.commit(f"Change {number}.", {A: source("a.c", f"1.{number}", letters)})
        (outcome,) = plan(upstream, target).outcome.changesets
        ids += [conflict.id for file in outcome.files for conflict in file.conflicts]
    assert len(ids) == 2
    assert ids[0] == ids[1]
    assert ids[0].startswith("c-")


# The style of the target


def test_the_style_is_that_of_the_newest_bump() -> None:
    target = Downstream()
    companion = ident("a.c", "1.1", "DragonFly")
    old = ident("a.c", "1.1") + companion + b"\n" + body("abc")
    target.commit("One.", {A: old})
    full = ident("src/sbin/dhclient/a.c", "1.2").replace(b"\t", b" ")
    target.commit("Two.", {A: full + b"\n" + body("abcd")})
    target.commit("Not a bump.", {A: full + b"\n" + body("abcde")})
    assert learned(dhclient(), target, target.tip, "OpenBSD") == Style("src/", ((b"/*", False),), ("DragonFly",))
    target.commit("Three.", {A: ident("a.c", "1.3") + b"\n" + body("abcd")})
    found = learned(dhclient(), target, target.tip, "OpenBSD")
    assert found is not None
    assert (found.prefix, found.tabs) == (None, ((b"/*", True),))


def test_the_path_may_be_upstreams_where_the_target_keeps_the_file_elsewhere() -> None:
    target = Downstream()
    place = "contrib/dhclient/a.c"
    target.commit("One.", {place: source("a.c", "1.1", "abc")})
    target.commit("Two.", {place: source("src/sbin/dhclient/a.c", "1.2", "abcd")})
    component = dhclient(paths={"sbin/dhclient/": "contrib/dhclient/"})
    found = learned(component, target, target.tip, "OpenBSD")
    assert found is not None
    assert (found.prefix, found.upstream) == ("src/", True)
    target.commit("Three.", {place: source("src/contrib/dhclient/a.c", "1.3", "abcd")})
    found = learned(component, target, target.tip, "OpenBSD")
    assert found is not None
    assert (found.prefix, found.upstream) == ("src/", False)
    target.commit("Four.", {place: source("/usr/local/cvs/a.c", "1.4", "abcd")})  # nobody's path: not learned from
    assert learned(component, target, target.tip, "OpenBSD") == found


def test_where_nobody_bumped_there_is_no_style(target: Downstream) -> None:
    assert learned(dhclient(), target, target.tip, "OpenBSD") is None
    merge = replace(target.commits[0], parents=(target.tip, target.tip), author=PORTER)
    assert len(merge.parents) == 2
