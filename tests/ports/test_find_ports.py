"""The finder of ports, on two real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest
from ports_world import World, by_commit, line, source

from portkit.ports.model import Evidence, HunkState, Kind, by_hand

LOG = "Decline what nobody answered, since the server forgets its lease meanwhile.\n"
OTHER = "Check the length of options before they are copied.\n"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Upstream's leased.c at 1.1, copied into the target with a line of its own."""
    made = World(tmp_path, monkeypatch)
    made.upstream("Import leased.\n", {"leased.c": source("1.1", "one two three four five six seven")})
    made.target("leased - Import.\n", {"leased.c": source("1.1", "one two three four five six own seven")})
    return made


def test_a_bumped_ident_line_and_the_lines_make_an_exact_port(world: World) -> None:
    changeset = world.upstream(LOG, {"leased.c": source("1.2", "one two new three four five six seven")})
    port = world.target("leased - New.\n", {"leased.c": source("1.2", "one two new three four five six own seven")})
    world.target("leased - Ours.\n", {"leased.c": source("1.2", "one two new three four five six own ours seven")})
    found = world.find()
    assert list(by_commit(found)) == [port]
    one = found.ports[0]
    assert (one.changesets, one.kind, one.exact) == ((changeset,), Kind.EXACT, True)
    assert one.evidence == (Evidence.IDENT, Evidence.CONTENT)
    assert one.confidence > 0.95
    assert one.files[0].hunks == (HunkState.MADE,)
    assert one.files[0].revision == "1.2"
    assert by_hand(found).carried == {(changeset, "sbin/leased/leased.c"): port}


def test_the_import_is_no_port(world: World) -> None:
    assert world.find().ports == ()


def test_what_an_ident_line_was_bumped_past_is_no_port_but_told(world: World) -> None:
    left = world.upstream(OTHER, {"leased.c": source("1.2", "one two missed three four five six seven")})
    taken = world.upstream(LOG, {"leased.c": source("1.3", "one two missed three four five new six seven")})
    port = world.target("leased - New.\n", {"leased.c": source("1.3", "one two three four five new six own seven")})
    found = world.find()
    assert by_commit(found)[port].changesets == (taken,)
    (jump,) = found.jumps
    assert (jump.changeset, jump.revision, jump.commit, jump.target) == (left, "1.2", port, "sbin/leased/leased.c")
    assert by_hand(found).jumped == {(left, "sbin/leased/leased.c"): port}


def test_what_was_bumped_past_and_ported_later_is_no_jump(world: World) -> None:
    left = world.upstream(OTHER, {"leased.c": source("1.2", "one two missed three four five six seven")})
    world.upstream(LOG, {"leased.c": source("1.3", "one two missed three four five new six seven")})
    world.target("leased - New.\n", {"leased.c": source("1.3", "one two three four five new six own seven")})
    late = world.target(
        f"leased - {OTHER}", {"leased.c": source("1.3", "one two missed three four five new six own seven")}
    )
    found = world.find()
    assert by_commit(found)[late].changesets == (left,)
    assert by_commit(found)[late].evidence == (Evidence.CONTENT, Evidence.MESSAGE)
    assert found.jumps == ()


def test_several_changesets_in_one_commit(world: World) -> None:
    first = world.upstream(OTHER, {"leased.c": source("1.2", "one two check three four five six seven")})
    second = world.upstream(LOG, {"leased.c": source("1.3", "one two check three four five new six seven")})
    port = world.target(
        "leased - Sync.\n", {"leased.c": source("1.3", "one two check three four five new six own seven")}
    )
    one = by_commit(world.find())[port]
    assert (one.changesets, one.kind) == ((first, second), Kind.EXACT)


def test_one_changeset_in_several_commits(world: World) -> None:
    """Its two files came over one by one."""
    world.upstream("Split.\n", {"parse.c": source("1.1", "ask look take give", name="parse.c")})
    world.target("leased - parse.c.\n", {"parse.c": source("1.1", "ask look take own give", name="parse.c")})
    changeset = world.upstream(LOG, {
        "leased.c": source("1.2", "one two new three four five six seven"),
        "parse.c": source("1.2", "ask again look take give", name="parse.c"),
    })  # fmt: skip
    first = world.target("leased - a.\n", {"leased.c": source("1.2", "one two new three four five six own seven")})
    second = world.target("leased - b.\n", {"parse.c": source("1.2", "ask again look take own give", name="parse.c")})
    found = by_commit(world.find())
    assert found[first].changesets == found[second].changesets == (changeset,)
    assert found[first].kind is Kind.PARTIAL
    assert [(file.target, file.hunks) for file in found[first].files] == [
        ("sbin/leased/leased.c", (HunkState.MADE,)), ("sbin/leased/parse.c", (HunkState.LEFT_OUT,)),
    ]  # fmt: skip
    assert [file.hunks for file in found[second].files] == [(HunkState.BEFORE,), (HunkState.MADE,)]
    assert found[second].kind is Kind.EXACT


def test_a_port_beside_other_changes_is_adapted(world: World) -> None:
    world.upstream(LOG, {"leased.c": source("1.2", "one two new three four five six seven")})
    port = world.target("leased - x.\n", {"leased.c": source("1.2", "one two new three ours four five six own seven")})
    assert by_commit(world.find())[port].kind is Kind.ADAPTED


def test_a_port_of_some_hunks_is_partial(world: World) -> None:
    world.upstream(LOG, {"leased.c": source("1.2", "one new two three four five six late seven")})
    port = world.target("leased - x.\n", {"leased.c": source("1.2", "one new two three four five six own seven")})
    found = world.find()
    one = by_commit(found)[port]
    assert one.kind is Kind.PARTIAL
    assert one.files[0].left_out == (2,)
    assert by_hand(found).carried == {}


def test_an_ident_line_alone_is_told_as_such(world: World) -> None:
    changeset = world.upstream(LOG, {"leased.c": source("1.2", "one two new three four five six seven")})
    port = world.target("leased - Ids.\n", {"leased.c": source("1.2", "one two three four five six own seven")})
    found = world.find()
    one = by_commit(found)[port]
    assert (one.kind, one.evidence, one.changesets) == (Kind.IDENT_ONLY, (Evidence.IDENT,), (changeset,))
    assert by_hand(found).carried == {}
    assert [jump.changeset for jump in found.jumps] == [changeset]


def test_a_line_put_elsewhere_is_not_upstream_s_change(world: World) -> None:
    """The same line, in another function: a bag of lines would take it for the port."""
    world.upstream(LOG, {"leased.c": source("1.2", "one two newer three four five six seven")})
    more = b"\nint\nend_it(struct lease *lease)\n{\n\tint error;\n\n" + line("newer") + b"\n\treturn (0);\n}\n"
    world.target("leased - More.\n", {"leased.c": source("1.1", "one two three four five six own seven", more=more)})
    assert world.find(hidden=True).ports == ()


def test_lines_and_message_alone_tell_a_port(world: World) -> None:
    changeset = world.upstream(LOG, {"leased.c": source("1.2", "one two new three four five six seven")})
    taken = source("1.2", "one two new three four five six own seven")
    port = world.target("leased - Decline what nobody answered.\n", {"leased.c": taken})
    for word in ("blue", "green", "red"):
        world.target(f"leased - {word}.\n", {"leased.c": taken.replace(b"own", word.encode())})
    found = world.find(hidden=True)
    assert {one.target_commit: one.changesets for one in found.ports} == {port: (changeset,)}
    assert found.ports[0].evidence == (Evidence.CONTENT, Evidence.MESSAGE)


def test_a_trailer_makes_it_sure(world: World) -> None:
    changeset = world.upstream(LOG, {"leased.c": source("1.2", "one two new three four five six seven")})
    port = world.target(
        f"leased - x.\n\nUpstream-commit: {changeset}\n",
        {"leased.c": source("1.1", "one two new three four five six own seven")},
    )
    one = by_commit(world.find())[port]
    assert (one.confidence, one.evidence) == (1.0, (Evidence.TRAILER, Evidence.CONTENT))


def test_what_upstream_did_later_is_no_port(world: World) -> None:
    """The target was first: upstream took it."""
    world.target(LOG, {"leased.c": source("1.1", "one two new three four five six own seven")})
    world.days += 30
    world.upstream(LOG, {"leased.c": source("1.2", "one two new three four five six seven")})
    assert world.find().ports == ()


def test_a_reverted_port_is_told_and_carries_nothing(world: World) -> None:
    world.upstream(LOG, {"leased.c": source("1.2", "one two new three four five six seven")})
    port = world.target(LOG, {"leased.c": source("1.2", "one two new three four five six own seven")})
    before = source("1.1", "one two three four five six own seven")
    back = world.target(f"Revert it.\n\nThis reverts commit {port}.\n", {"leased.c": before})
    found = world.find()
    assert [one.reverted for one in found.ports] == [back]
    assert by_hand(found).carried == {}


def test_a_side_branch_and_a_merge_of_its_own_making_are_looked_at(world: World) -> None:
    changeset = world.upstream(LOG, {"leased.c": source("1.2", "one two new three four five six seven")})
    later = world.upstream(OTHER, {"leased.c": source("1.3", "one two new three four five check six seven")})
    world.git("target", "checkout", "-q", "-b", "vendor")
    port = world.target("leased - v.\n", {"leased.c": source("1.2", "one two new three four five six own seven")})
    world.git("target", "checkout", "-q", "master")
    world.target("leased - o.\n", {"other.c": b"int other;\n"})
    world.git("target", "merge", "-q", "--no-ff", "--no-commit", "vendor")
    merge = world.target("Merge.\n", {"leased.c": source("1.3", "one two new three four five check six own seven")})
    found = by_commit(world.find())
    assert {commit: one.changesets for commit, one in found.items()} == {port: (changeset,), merge: (later,)}


def test_a_file_that_upstream_deleted(world: World) -> None:
    world.upstream("More.\n", {"inet.c": source("1.1", "a1 b1 c1", name="inet.c")})
    world.target("leased - More.\n", {"inet.c": source("1.1", "a1 b1 c1 d1", name="inet.c")})
    changeset = world.upstream("Kill inet.c, which nothing calls any more.\n", {"inet.c": None})
    port = world.target("leased - Kill inet.c.\n", {"inet.c": None})
    assert by_commit(world.find())[port].changesets == (changeset,)


def test_a_message_may_name_file_and_revision(world: World) -> None:
    """As people in the target write it; the words of the log are not there."""
    files = {"leased.c": source("1.2", "one two new three four five six seven")}
    changeset = world.upstream(LOG, files)
    took = source("1.1", "one two new three four five ours six own seven")
    port = world.target("x\n\nTaken-from: OpenBSD sbin/leased/leased.c v.1.2\n", {"leased.c": took})
    one = by_commit(world.find())[port]
    assert (one.changesets, one.evidence) == ((changeset,), (Evidence.CONTENT, Evidence.MESSAGE))
    assert world.find(hidden=True).ports == ()


def test_what_upstream_reworded_meanwhile_came_with_its_last_wording(world: World) -> None:
    first = world.upstream(OTHER, {"leased.c": source("1.2", "one two check three four five six seven")})
    second = world.upstream(LOG, {"leased.c": source("1.3", "one two check_length three four five six seven")})
    took = source("1.3", "one two check_length three four five six own seven")
    port = world.target("leased - Sync.\n", {"leased.c": took})
    found = world.find()
    assert by_commit(found)[port].changesets == (first, second)
    assert found.jumps == ()


def test_what_upstream_backed_out_meanwhile_was_not_bumped_past(world: World) -> None:
    world.upstream(OTHER, {"leased.c": source("1.2", "one two check three four five six seven")})
    last = world.upstream("Back out.\n", {"leased.c": source("1.3", "one two three four five six seven")})
    port = world.target("leased - Ids.\n", {"leased.c": source("1.3", "one two three four five six own seven")})
    found = world.find()
    assert (by_commit(found)[port].kind, by_commit(found)[port].changesets) == (Kind.IDENT_ONLY, (last,))
    assert found.jumps == ()
