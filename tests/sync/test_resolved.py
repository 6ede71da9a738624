"""Resolutions in a sync: applied where the same three sides meet, stale where one has changed; and ids that last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from sync_worlds import PLAIN, Downstream, Notes, Upstream, body, call, dhclient, hashed, source

from portkit.decisions.answer import Labels
from portkit.decisions.ids import parse_id
from portkit.decisions.resolution import Resolution, Resolutions
from portkit.errors import UserError
from portkit.merge.file import Version
from portkit.merge.kinds import Gate
from portkit.paths import RepoPath
from portkit.sync.component import ComponentRun
from portkit.sync.message import MessageWriter, Revision
from portkit.sync.plan import Plan, Scope
from portkit.sync.settling import OpenFile, open_files, settled

A, B = "sbin/dhclient/a.c", "sbin/dhclient/b.c"
LETTERS = "abcdefghijklmnopqrst"


def history(*steps: str | Mapping[str, bytes | Version | None], salt: str = "") -> Upstream:
    upstream = Upstream(salt)
    for number, step in enumerate(steps, 1):
        files = {A: source("a.c", f"1.{number}", step)} if isinstance(step, str) else step
        upstream.commit(f"Change {number}.", files)
    return upstream


def downstream(letters: str = LETTERS, more: Mapping[str, bytes | Version] | None = None) -> Downstream:
    target = Downstream()
    target.commit("Everything.", {A: source("a.c", "1.1", letters), **(more or {})})
    return target


def plan(
    upstream: Upstream, target: Downstream, *known: Resolution, ids: tuple[str, ...] = (), baseline: str = ""
) -> Plan:
    component = dhclient(baseline=((RepoPath(A), baseline),) if baseline else ())
    run = ComponentRun(component, "OpenBSD", upstream, target, Notes(), resolutions=Resolutions(known))
    return run.plan(target.tip, Scope(lambda every: len(every) - 1, ids))


def states(plan: Plan) -> list[str]:
    return [str(one.state) for one in plan.outcome.changesets]


def conflicts(plan: Plan) -> dict[str, str]:
    """Id to state."""
    return {
        found.id: str(found.state)
        for one in plan.outcome.changesets
        if one.state in ("conflict", "flagged")
        for file in one.files
        for found in file.conflicts
    }


def opened(plan: Plan, number: int = 0, *known: Resolution, of: str = "") -> OpenFile:
    """The first open file of a changeset."""
    id = plan.outcome.changesets[number].changeset.id
    wanted = parse_id(of or id)
    return next(iter(open_files("dhclient", plan.results, id, wanted, Resolutions(known))))


def resolve(file: OpenFile, answer: bytes | None, *, whole: bool = False) -> tuple[Resolution, ...]:
    content = file.given(answer) if answer is not None else None
    return settled(file, content, "Pat <pat@example.org>", "", side="", whole=whole).resolutions


def side(file: OpenFile, name: str) -> tuple[Resolution, ...]:
    return settled(file, file.side(name), "Pat", "", side=name, whole=False).resolutions


def written(plan: Plan, number: int = -1, path: str = A) -> bytes:
    version = plan.branch[number].writes[RepoPath(path)]
    assert version is not None
    return version.content


def take(plan: Plan, target: Downstream) -> None:
    writer = MessageWriter("dhclient", "OpenBSD")
    for step in plan.branch:
        named = [Revision(*one) for one in step.revisions]
        message = writer.write(step.changeset, named, also=step.also, notes=step.notes)
        target.commit(message.decode(), {str(path): version for path, version in step.writes.items()})


def world() -> tuple[Upstream, Downstream]:
    """A conflict at h, something that builds on it, something that stands clear."""
    y, z = LETTERS.replace("h", "Y"), LETTERS.replace("h", "Z")
    return history(LETTERS, y, z, z + "2"), downstream(LETTERS.replace("h", "X"))


# A place


def test_what_a_person_wrote_lands_with_upstreams_other_hunks_and_a_trailer() -> None:
    upstream = history(LETTERS, "1" + LETTERS.replace("h", "Y"))
    target = downstream(LETTERS.replace("h", "X"))
    first = plan(upstream, target)
    answer = source("a.c", "1.1", "1" + LETTERS.replace("h", "XY"))
    (made,) = resolve(opened(first), answer)
    again = plan(upstream, target, made)
    assert states(again) == ["ported"]
    (file,) = again.outcome.changesets[0].files
    assert (file.method, file.gate, file.state, file.resolutions) == ("resolution", Gate.FAILED, "ported", (made.name,))
    assert "resolved by hand" in again.outcome.changesets[0].reason
    assert written(again) == source("a.c", "1.2", "1" + LETTERS.replace("h", "XY"))
    assert again.branch[0].notes == (("Portkit-resolution", f"{A} 1.2 {made.name}"),)
    assert again.draft == ()


def test_what_it_blocked_lands_in_the_same_run() -> None:
    upstream, target = world()
    first = plan(upstream, target)
    assert states(first) == ["conflict", "blocked", "ported"]
    (made,) = side(opened(first), "theirs")
    again = plan(upstream, target, made)
    assert states(again) == ["ported"] * 3
    assert written(again) == source("a.c", "1.4", LETTERS.replace("h", "Z") + "2")


def test_ours_is_kept_and_counts_as_carried() -> None:
    upstream, target = world()
    (made,) = side(opened(plan(upstream, target)), "ours")
    again = plan(upstream, target, made)
    assert states(again) == ["ported", "conflict", "ported"]
    assert written(again, 0) == source("a.c", "1.2", LETTERS.replace("h", "X"))  # the ident line alone
    take(again, target)
    assert states(plan(upstream, target, made)) == ["conflict"]


def test_ours_without_an_ident_line_leaves_nothing_to_write() -> None:
    upstream = history({A: body(LETTERS)}, {A: body(LETTERS.replace("h", "YZ1"))})
    target = bare(LETTERS.replace("h", "X"))
    (made,) = side(opened(plan(upstream, target)), "ours")
    again = plan(upstream, target, made)
    assert states(again) == ["already"]
    assert again.branch == ()
    assert "resolved by hand" in again.outcome.changesets[0].reason


def test_one_of_two_places() -> None:
    upstream = history(LETTERS, LETTERS.replace("d", "1").replace("p", "2"))
    target = downstream(LETTERS.replace("d", "X").replace("p", "Y"))
    first = plan(upstream, target)
    ids = list(conflicts(first))
    assert len(ids) == 2
    (made,) = side(opened(first, of=ids[0]), "theirs")
    half = plan(upstream, target, made)
    assert states(half) == ["conflict"]
    assert conflicts(half) == {ids[1]: "open"}
    assert half.outcome.changesets[0].files[0].conflicts[0].hunk == 2
    (other,) = side(opened(half, 0, made), "ours")
    done = plan(upstream, target, made, other)
    assert states(done) == ["ported"]
    assert written(done) == source("a.c", "1.2", LETTERS.replace("d", "1").replace("p", "Y"))
    assert len(done.branch[0].notes) == 2


def test_both_places_at_once() -> None:
    upstream = history(LETTERS, LETTERS.replace("d", "1").replace("p", "2"))
    target = downstream(LETTERS.replace("d", "X").replace("p", "Y"))
    file = opened(plan(upstream, target))
    answer = source("a.c", "1.1", LETTERS.replace("d", "X1").replace("p", ""))
    made = resolve(file, answer)
    assert len(made) == 2
    assert written(plan(upstream, target, *made)) == source("a.c", "1.2", LETTERS.replace("d", "X1").replace("p", ""))


def test_the_end_of_a_file_without_a_newline() -> None:
    first, second = (source("a.c", f"1.{number}", LETTERS) for number in (1, 2))
    upstream = history({A: first + b"/* end */"}, {A: second + b"/* the end */"})
    target = downstream(more={A: first + b"/* our end */"})
    for end in (b"/* no end */", b"/* no end */\n", b""):
        made = resolve(opened(plan(upstream, target)), first + end)
        assert written(plan(upstream, target, *made)) == second + end


def test_form_feeds_carriage_returns_and_bytes_that_are_no_text() -> None:
    odd = [b"\x0c\n", b"\xe9\xff odd\r\n", b"a\rb\n"]
    first, second = (source("a.c", f"1.{number}", LETTERS) for number in (1, 2))
    upstream = history({A: first + odd[0]}, {A: second + odd[1]})
    target = downstream(more={A: first + odd[2]})
    made = resolve(opened(plan(upstream, target)), first + odd[2] + odd[1])
    assert written(plan(upstream, target, *made)) == second + odd[2] + odd[1]


# Whole files


def test_a_deletion_that_meets_local_changes() -> None:
    upstream = history({A: source("a.c", "1.1", LETTERS), B: body("abc")}, {B: None})
    target = downstream(more={B: body("abXc")})
    file = opened(plan(upstream, target))
    (kept,), (gone,) = side(file, "ours"), side(file, "theirs")
    assert states(plan(upstream, target, kept)) == ["already"]
    done = plan(upstream, target, gone)
    assert states(done) == ["ported"]
    assert done.branch[0].writes == {B: None}
    other = resolve(file, body("abYc"))
    assert written(plan(upstream, target, *other), path=B) == body("abYc")


def test_an_addition_that_is_there_already() -> None:
    upstream = history(LETTERS, {B: body("abc"), A: source("a.c", "1.2", LETTERS)})
    target = downstream(more={B: body("abXc")})
    only = (upstream.tip,)
    file = opened(plan(upstream, target, ids=only))
    assert plan(upstream, target, *side(file, "ours"), ids=only).branch[0].writes[RepoPath(B)] == file.sides[1]
    assert written(plan(upstream, target, *side(file, "theirs"), ids=only), path=B) == body("abc")
    assert written(plan(upstream, target, *resolve(file, body("abXcd")), ids=only), path=B) == body("abXcd")


def test_modes_and_binary_files() -> None:
    text = body("abc")
    upstream = history(
        {A: source("a.c", "1.1", LETTERS), B: Version(text, PLAIN)}, {B: Version(text, 0o100755)}, {B: b"\0new\n"}
    )
    target = downstream(more={B: b"\0local\n"})
    made = plan(upstream, target)
    file = opened(made, len(made.results) - 1)
    assert file.binary
    assert written(plan(upstream, target, *side(file, "theirs")), path=B) == b"\0new\n"


def flagged() -> tuple[Upstream, Downstream, bytes]:
    """Upstream deletes a declaration that the target has only moved down."""
    declaration = b"\tint error;\n"
    first, theirs = (source("a.c", f"1.{number}", LETTERS) for number in (1, 2))
    theirs = theirs.replace(declaration, b"")
    ours = first.replace(declaration, b"").replace(call("c"), declaration + call("c"))
    return history({A: first}, {A: theirs}), downstream(more={A: ours}), theirs


def test_what_the_gate_refused_is_settled_by_the_whole_file() -> None:
    upstream, target, theirs = flagged()
    first = plan(upstream, target, baseline="1.1")
    assert states(first) == ["flagged"]
    file = opened(first)
    assert file.question() is None
    assert file.beginning() == first.results[0].merges[0].result.content  # type: ignore[union-attr]
    done = plan(upstream, target, *resolve(file, theirs), baseline="1.1")
    assert states(done) == ["ported"]
    assert written(done) == theirs


def test_lines_outside_of_a_place_may_be_meant() -> None:
    upstream = history(LETTERS, LETTERS.replace("h", "Y"))
    target = downstream(LETTERS.replace("h", "X"))
    answer = source("a.c", "1.1", LETTERS.replace("h", "XY").replace("s", "S"))
    with pytest.raises(UserError, match="outside of the conflict") as caught:
        resolve(opened(plan(upstream, target)), answer)
    assert "--whole" in caught.value.hint
    made = resolve(opened(plan(upstream, target)), answer, whole=True)
    assert written(plan(upstream, target, *made)) == answer.replace(b"1.1 ", b"1.2 ")


# Stale


def test_a_side_that_changed_makes_it_stale_and_the_conflict_is_open_again() -> None:
    upstream, target = world()
    (made,) = side(opened(plan(upstream, target)), "theirs")
    target.commit("Ours again.", {A: source("a.c", "1.1", LETTERS.replace("h", "W"))})
    after = plan(upstream, target, made)
    assert states(after)[0] == "conflict"
    assert conflicts(after) == {made.conflict: "stale"}
    (newer,) = side(opened(after), "theirs")
    assert newer.name != made.name
    both = plan(upstream, target, made, newer)
    assert states(both) == ["ported"] * 3


def test_a_change_elsewhere_in_the_file_makes_nothing_stale() -> None:
    upstream, target = world()
    (made,) = side(opened(plan(upstream, target)), "theirs")
    target.commit("Elsewhere.", {A: source("a.c", "1.1", "9" + LETTERS.replace("h", "X"))})
    assert states(plan(upstream, target, made)) == ["ported"] * 3


def test_a_whole_file_is_stale_with_any_change_of_it() -> None:
    upstream, target, theirs = flagged()
    made = resolve(opened(plan(upstream, target, baseline="1.1")), theirs)
    target.commit("Elsewhere.", {A: target.files[target.tip][RepoPath(A)].content + b"/* more */\n"})
    after = plan(upstream, target, *made, baseline="1.1")
    assert states(after) == ["flagged"]
    assert conflicts(after) == {made[0].conflict: "stale"}


def test_one_that_settles_nothing_any_more_is_told() -> None:
    upstream, target = world()
    (made,) = side(opened(plan(upstream, target)), "theirs")
    target.commit("As upstream was.", {A: source("a.c", "1.1", LETTERS)})
    after = plan(upstream, target, made)
    assert states(after) == ["ported"] * 3
    (notice,) = [one for one in after.outcome.notices if one.kind == "stale"]
    assert made.name in notice.text


def test_a_resolution_of_another_revision_or_file_is_not_applied() -> None:
    upstream, target = world()
    (made,) = side(opened(plan(upstream, target)), "theirs")
    for other in (replace(made.file, label="1.3"), replace(made.file, path=RepoPath(B))):
        assert states(plan(upstream, target, replace(made, file=other)))[0] == "conflict"


# What lasts


def test_a_rewritten_mirror_changes_neither_ids_nor_answers() -> None:
    target = downstream(LETTERS.replace("h", "X"))
    y = LETTERS.replace("h", "Y")
    one, other = history(LETTERS, y), history(LETTERS, y, salt="rewritten")
    first, second = plan(one, target), plan(other, target)
    assert first.outcome.changesets[0].changeset.id != second.outcome.changesets[0].changeset.id
    assert list(conflicts(first)) == list(conflicts(second))
    made = side(opened(first), "theirs")
    assert states(plan(other, target, *made)) == ["ported"]
    assert side(opened(second), "theirs")[0].name == made[0].name


def test_a_rebased_target_and_a_second_run_change_no_id() -> None:
    upstream, target = world()
    first = conflicts(plan(upstream, target))
    target.commit("Beside.", {B: b"more\n"})
    target.commit("Elsewhere.", {A: source("a.c", "1.1", "9" + LETTERS.replace("h", "X"))})
    assert conflicts(plan(upstream, target)) == first


def test_ids_are_of_the_component_path_revision_place_and_kind() -> None:
    y = LETTERS.replace("h", "Y")
    base = history(LETTERS, y)
    ours = downstream(LETTERS.replace("h", "X"))
    (id,) = conflicts(plan(base, ours))
    (later,) = conflicts(plan(history(LETTERS, LETTERS, y), ours))  # another revision
    (place,) = conflicts(plan(history(LETTERS, "1" + y), ours))  # the second hunk
    assert len({id, later, place}) == 3
    steps = {A: body(LETTERS)}, {A: body(LETTERS.replace("h", "YZ1"))}
    unmarked = [
        conflicts(plan(history(*steps, salt=salt), bare(LETTERS.replace("h", "X")))) for salt in ("", "rewritten")
    ]
    assert unmarked[0] == unmarked[1]
    assert len(unmarked[0]) == 1


def bare(letters: str) -> Downstream:
    target = Downstream()
    target.commit("Everything.", {A: body(letters)})
    return target


def test_everything_resolved_and_all_of_it_again_gives_the_same_commits() -> None:
    upstream, target = world()
    known: list[Resolution] = []
    made = plan(upstream, target)
    while conflicts(made):
        number = next(index for index, one in enumerate(made.outcome.changesets) if str(one.state) == "conflict")
        known += side(opened(made, number, *known), "theirs")
        made = plan(upstream, target, *known)
    again = plan(upstream, target, *reversed(known))
    assert states(again) == ["ported"] * 3
    assert hashed(again.branch) == hashed(made.branch)


# What is refused


def test_what_is_no_answer() -> None:
    upstream, target = world()
    file = opened(plan(upstream, target))
    question = file.question()
    assert question is not None
    marked = question.marked(Labels("ours", "base", "theirs"))
    with pytest.raises(UserError, match="marker is left") as caught:
        resolve(file, marked)
    assert caught.value.where.startswith(f"{A}:")
    with pytest.raises(UserError, match="another file"):
        resolve(file, b"".join(b"something else, line %d\n" % number for number in range(50)))


@pytest.mark.parametrize(("number", "says"), [(1, "is blocked"), (2, "is ported")])
def test_what_has_no_conflict_of_its_own(number: int, says: str) -> None:
    upstream, target = world()
    with pytest.raises(UserError, match=says):
        opened(plan(upstream, target), number)


def test_markers_grow_where_the_file_has_look_alikes() -> None:
    more = b"=======\n"
    upstream = history(*({A: source("a.c", f"1.{n}", LETTERS.replace("h", c)) + more} for n, c in ((1, "h"), (2, "Y"))))
    target = downstream(more={A: source("a.c", "1.1", LETTERS.replace("h", "X")) + more})
    question = opened(plan(upstream, target)).question()
    assert question is not None
    assert question.size == 8


def test_what_is_already_settled_is_shown_as_settled_to_whoever_resolves_the_next() -> None:
    upstream = history(LETTERS, LETTERS.replace("d", "1").replace("p", "2"))
    target = downstream(LETTERS.replace("d", "X").replace("p", "Y"))
    first = plan(upstream, target)
    ids: Sequence[str] = list(conflicts(first))
    (made,) = side(opened(first, of=ids[0]), "theirs")
    question = opened(plan(upstream, target, made), 0, made).question()
    assert question is not None
    assert len(question.places) == 1
    assert call("1") in question.parts[0]
