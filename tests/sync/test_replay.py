"""Replay: what lands, what is parked and why, and how the draft goes on past it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from sync_worlds import KRW, PLAIN, body, call, hashed, ident, plain, source

from portkit.change import ident as idents
from portkit.change.changeset import Changeset
from portkit.merge.file import Version
from portkit.paths import RepoPath, name
from portkit.sync.outcome import State
from portkit.sync.pick import Pick, Picked
from portkit.sync.replay import IdentPolicy, Replay, Replayed

A, B = "sbin/dhclient/a.c", "sbin/dhclient/b.c"

Change = tuple[bytes | Version | None, bytes | Version | None]


def picked(number: int, changes: Mapping[str, Change], standing: Mapping[str, str] | None = None) -> Picked:
    picks = []
    for path, (base, theirs) in changes.items():
        version = plain(theirs)
        line = idents.recorded(version.content, "OpenBSD", name(path)) if version is not None else None
        picks.append(
            Pick(
                RepoPath(path), RepoPath(path), line.revision if line is not None else None, plain(base), version,
                (standing or {}).get(path, ""),
            )
        )  # fmt: skip
    changeset = Changeset(_id(number), "", number, KRW, f"Change {number}.", ())
    return Picked(changeset, tuple(picks))


def _id(number: int) -> str:
    return hashed("changeset", number)


def replayed(
    target: Mapping[str, bytes | Version], changesets: Sequence[Picked], policy: IdentPolicy | None = None
) -> list[Replayed]:
    files = {RepoPath(path): plain(content) for path, content in target.items()}
    replay = Replay(files.get, sorted(files), policy or IdentPolicy("OpenBSD"))
    return list(replay.run(changesets))


def chain(*letters: str, path: str = A) -> list[Picked]:
    """Changesets that take one file from each body to the next, from revision 1.1 on."""
    contents = [source(name(path), f"1.{number}", one) for number, one in enumerate(letters, 1)]
    return [
        picked(number, {path: (before, after)})
        for number, (before, after) in enumerate(pairwise(contents), 1)
    ]


def states(results: Sequence[Replayed]) -> list[str]:
    return [str(one.state) for one in results]


def written(one: Replayed, path: str = A) -> bytes:
    version = one.writes[RepoPath(path)]
    assert version is not None
    return version.content


def drafted(one: Replayed, path: str = A) -> bytes:
    version = one.draft_writes[RepoPath(path)]
    assert version is not None
    return version.content


def blocked_by(one: Replayed) -> list[int]:
    return [number for number in range(20) if _id(number) in one.blocked_by]


# What lands


def test_ported_in_turn_with_the_ident_line_at_the_ported_revision() -> None:
    results = replayed({A: source("a.c", "1.1", "abcdXefgh")}, chain("abcdefgh", "abcdefg", "zabcdefg"))
    assert states(results) == ["ported", "ported"]
    assert written(results[0]) == source("a.c", "1.2", "abcdXefg")
    assert written(results[1]) == source("a.c", "1.3", "zabcdXefg")


def test_without_local_changes_the_file_becomes_upstreams() -> None:
    results = replayed({A: source("a.c", "1.1", "abc")}, chain("abc", "abcd", "abd", "abde"))
    assert states(results) == ["ported"] * 3
    assert written(results[2]) == source("a.c", "1.4", "abde")
    assert all(one.draft_writes == one.writes for one in results)


def test_what_the_target_has_already_writes_nothing() -> None:
    results = replayed({A: source("a.c", "1.1", "abcdXefghi")}, chain("abcdefgh", "abcdefghi"))
    assert states(results) == ["already"]
    assert results[0].writes == results[0].draft_writes == {}


def test_a_changeset_that_is_there_in_part_lands_the_rest() -> None:
    both = picked(1, {A: (body("abcdefgh"), body("abcdefghi")), B: (body("klmnop"), body("klmnopq"))})
    results = replayed({A: body("abcdXefghi"), B: body("klmnop")}, [both])
    assert states(results) == ["ported"]
    assert written(results[0], B) == body("klmnopq")
    assert written(results[0], A) == body("abcdXefghi")


def test_additions_deletions_and_what_comes_back() -> None:
    content = source("b.c", "1.1", "abc")
    again = source("b.c", "1.3", "xyz")
    results = replayed(
        {A: b"x\n"}, [picked(1, {B: (None, content)}), picked(2, {B: (content, None)}), picked(3, {B: (None, again)})]
    )
    assert states(results) == ["ported"] * 3
    assert [one.writes[RepoPath(B)] for one in results] == [plain(content), None, plain(again)]


def test_a_chmod_alone_is_ported() -> None:
    text = body("abc")
    results = replayed({A: text}, [picked(1, {A: (text, Version(text, 0o100755))})])
    assert states(results) == ["ported"]
    assert results[0].writes == {A: Version(text, 0o100755)}


# What is parked


def test_a_conflict_parks_and_the_draft_takes_upstreams_side() -> None:
    results = replayed({A: body("abcdXfgh")}, [picked(1, {A: (body("abcdefgh"), body("abcdYfgh"))})])
    assert states(results) == ["conflict"]
    assert results[0].writes == {}
    assert drafted(results[0]) == body("abcdYfgh")
    assert "start_it" in results[0].reason


def test_a_flagged_one_parks_too() -> None:
    # upstream deletes a declaration that the target has only moved down
    declaration = b"\tint error;\n"
    theirs = body("abcdefgh").replace(declaration, b"")
    ours = theirs.replace(call("c"), declaration + call("c"))
    results = replayed({A: ours}, [picked(1, {A: (body("abcdefgh"), theirs)})])
    assert states(results) == ["flagged"]
    assert results[0].writes == {}
    assert "int error;" in results[0].reason


def test_a_changeset_lands_whole_or_not_at_all() -> None:
    both = picked(1, {A: (body("abcdefgh"), body("abcdYfgh")), B: (body("klm"), body("klmn"))})
    results = replayed({A: body("abcdXfgh"), B: body("klm")}, [both])
    assert states(results) == ["conflict"]
    assert results[0].writes == {}
    assert drafted(results[0], B) == body("klmn")


def test_what_builds_on_a_parked_one_is_blocked_by_it_and_lands_on_the_draft() -> None:
    results = replayed(
        {A: source("a.c", "1.1", "abcdXfghijklmn")},
        chain("abcdefghijklmn", "abcdYfghijklmn", "abcdZfghijklmn", "abcdZfghijklmnop"),
    )
    assert states(results) == ["conflict", "blocked", "ported"]
    assert blocked_by(results[1]) == [1]
    assert drafted(results[1]) == source("a.c", "1.3", "abcdZfghijklmn")
    # what stands clear lands on the branch, and on the draft beside what is parked
    assert written(results[2]) == source("a.c", "1.4", "abcdXfghijklmnop")
    assert drafted(results[2]) == source("a.c", "1.4", "abcdZfghijklmnop")
    assert "parked" in results[1].reason


def test_two_roots_and_who_waits_for_which() -> None:
    letters = "abcdefghijklmnopqrst"
    one, two = letters.replace("c", "1"), letters.replace("c", "1").replace("q", "2")
    results = replayed(
        {A: source("a.c", "1.1", letters.replace("c", "X").replace("q", "Y"))},
        chain(letters, one, two, two.replace("1", "3"), two.replace("1", "3").replace("2", "4")),
    )
    assert states(results) == ["conflict", "conflict", "blocked", "blocked"]
    assert [blocked_by(one) for one in results] == [[], [], [1], [2]]


def test_a_file_that_only_a_parked_changeset_brings_blocks_its_later_changes() -> None:
    first = picked(1, {A: (body("abcdefgh"), body("abcdYfgh")), B: (None, body("klm"))})
    second = picked(2, {B: (body("klm"), body("klmn"))})
    results = replayed({A: body("abcdXfgh")}, [first, second])
    assert states(results) == ["conflict", "blocked"]
    assert blocked_by(results[1]) == [1]


def test_blocked_by_a_blocked_one_names_the_root_too() -> None:
    results = replayed(
        {A: source("a.c", "1.1", "abcdXfgh")}, chain("abcdefgh", "abcdYfgh", "abcdZfgh", "abcd1fgh")
    )
    assert states(results) == ["conflict", "blocked", "blocked"]
    assert blocked_by(results[2]) == [1, 2]


def test_a_conflict_on_the_draft_too_is_a_root_of_its_own() -> None:
    letters = "abcdefghijklmnop"
    one = letters.replace("c", "1")
    results = replayed(
        {A: source("a.c", "1.1", letters.replace("c", "X").replace("m", "Y"))},
        chain(letters, one, one.replace("m", "2").replace("1", "3")),
    )
    assert states(results) == ["conflict", "conflict"]
    assert results[1].blocked_by == ()


def test_what_the_target_does_not_have_is_a_conflict() -> None:
    results = replayed({}, [picked(1, {A: (body("abc"), body("abcd"))})])
    assert states(results) == ["conflict"]
    assert results[0].merges[0].clashes[0].kind == "delete-modify"


# Names


def header(*fields: str) -> bytes:
    return b"struct client {\n" + b"".join(b"\tint\t%s;\n" % one.encode() for one in fields) + b"};\n"


H = "sbin/dhclient/dhcpd.h"


def test_a_use_of_what_only_a_parked_changeset_declares_is_blocked() -> None:
    root = picked(
        1, {A: (body("abcdefgh"), body("abcdYfgh")), H: (header("xid", "state"), header("xid", "state", "rdomain"))}
    )
    use = b"\tset_it(ifi->rdomain);\n"
    user = picked(2, {B: (body("klm"), body("klm").replace(call("m"), call("m") + use))})
    target = {A: body("abcdXfgh"), H: header("xid", "state"), B: body("klm")}
    results = replayed(target, [root, user])
    assert states(results) == ["conflict", "blocked"]
    assert blocked_by(results[1]) == [1]
    assert "rdomain" in results[1].reason
    # it lands where the target has the name, wherever
    results = replayed(target | {"sbin/dhclient/own.h": b"extern int rdomain;\n"}, [root, user])
    assert states(results) == ["conflict", "ported"]


@pytest.mark.parametrize(
    "use",
    [b"\t/* the rdomain of it */\n", b'\tlog("rdomain");\n', b"\t * rdomain\n", b"\tset_it(ifi->rdomains);\n"],
)
def test_a_name_in_a_comment_or_a_string_or_within_another_is_no_use(use: bytes) -> None:
    root = picked(
        1, {A: (body("abcdefgh"), body("abcdYfgh")), H: (header("xid", "state"), header("xid", "state", "rdomain"))}
    )
    user = picked(2, {B: (body("klm"), body("klm").replace(call("m"), call("m") + use))})
    results = replayed({A: body("abcdXfgh"), H: header("xid", "state"), B: body("klm")}, [root, user])
    assert states(results) == ["conflict", "ported"]


def test_a_changeset_that_brings_the_name_itself_does_not_wait() -> None:
    root = picked(
        1, {A: (body("abcdefgh"), body("abcdYfgh")), H: (header("xid", "state"), header("xid", "state", "rdomain"))}
    )
    # a local variable of the same name, in another function
    use = b"\tint rdomain = 4;\n\tset_it(rdomain);\n"
    user = picked(2, {B: (body("klm"), body("klm").replace(call("m"), call("m") + use))})
    results = replayed({A: body("abcdXfgh"), H: header("xid", "state"), B: body("klm")}, [root, user])
    assert states(results)[1] in ("ported", "blocked")  # by words alone it cannot be told


# Standing files


def test_a_changeset_of_files_that_are_left_alone_only_is_not_applicable() -> None:
    one = picked(1, {A: (body("abc"), None)}, {A: "upstream deletes it, the target keeps it"})
    results = replayed({A: body("abcX")}, [one])
    assert states(results) == ["not-applicable"]
    assert results[0].reason == "upstream deletes it, the target keeps it"
    assert results[0].writes == results[0].draft_writes == {}


def test_files_that_are_left_alone_do_not_keep_the_others_from_landing() -> None:
    one = picked(1, {A: (body("abc"), None), B: (body("klm"), body("klmn"))}, {A: "kept"})
    results = replayed({A: body("abcX"), B: body("klm")}, [one])
    assert states(results) == ["ported"]
    assert set(results[0].writes) == {B}
    assert len(results[0].merges) == 2


# Ident lines


def revision(content: bytes) -> str:
    line = idents.recorded(content, "OpenBSD", "a.c")
    assert line is not None
    return line.revision


def test_an_ident_line_never_goes_back_when_an_older_changeset_lands_later() -> None:
    older = picked(1, {A: (source("a.c", "1.4", "abcdefgh"), source("a.c", "1.5", "abcdefghi"))})
    results = replayed({A: source("a.c", "1.9", "zabcdefgh")}, [older])
    assert states(results) == ["ported"]
    assert written(results[0]) == source("a.c", "1.9", "zabcdefghi")


def test_nor_when_upstreams_line_comes_in_with_the_lines_around_it() -> None:
    base = b"/* one */\n" + ident("a.c", "1.4") + b"/* two */\n\n" + body("abcdefgh")
    theirs = b"/* new */\n" + ident("a.c", "1.5").replace(b"/*\t", b"// ") + b"/* words */\n\n" + body("abcdefgh")
    ours = base.replace(b"1.4", b"1.9").replace(call("d"), call("X"))
    results = replayed({A: ours}, [picked(1, {A: (base, theirs)})])
    assert states(results) == ["ported"]
    assert revision(written(results[0])) == "1.9"
    assert b"/* words */" in written(results[0])


def test_a_branch_revision_of_the_targets_stays() -> None:
    older = picked(1, {A: (source("a.c", "1.4", "abcdefgh"), source("a.c", "1.5", "abcdefghi"))})
    results = replayed({A: source("a.c", "1.433.2.2", "abcdefgh")}, [older])
    assert written(results[0]) == source("a.c", "1.433.2.2", "abcdefghi")


def test_a_file_without_an_ident_line_gets_none() -> None:
    older = picked(1, {A: (source("a.c", "1.4", "abcdefgh"), source("a.c", "1.5", "abcdefghi"))})
    results = replayed({A: b"\n" + body("abcdefgh")}, [older])
    assert states(results) == ["ported"]
    assert written(results[0]) == b"\n" + body("abcdefghi")


def test_the_style_of_the_target_is_kept_or_the_given_one_taken() -> None:
    ours = source("src/sbin/dhclient/a.c", "1.4", "Xabcdefgh").replace(b"\t*/", b" */").replace(b"/*\t", b"/* ")
    one = picked(1, {A: (source("a.c", "1.4", "abcdefgh"), source("a.c", "1.5", "abcdefghi"))})
    results = replayed({A: ours}, [one])
    assert written(results[0]) == ours.replace(b"1.4", b"1.5").replace(call("h"), call("h") + call("i"))
    bare = IdentPolicy("OpenBSD", idents.Style())
    assert written(replayed({A: ours}, [one], bare)[0]).startswith(b"/* $OpenBSD: a.c,v 1.5 ")
    (pick,) = one.files
    elsewhere = replace(one, files=(replace(pick, target=RepoPath("contrib/a.c")),))
    for upstream, path in ((True, A), (False, "contrib/a.c")):
        style = IdentPolicy("OpenBSD", idents.Style("src/", upstream=upstream))
        (result,) = replayed({"contrib/a.c": ours}, [elsewhere], style)
        version = result.writes[RepoPath("contrib/a.c")]
        assert version is not None
        assert version.content.startswith(f"/* $OpenBSD: src/{path},v 1.5 ".encode())


# The draft keeps up


def test_the_draft_catches_up_with_what_the_branch_has_already() -> None:
    """The target has upstream's third version of a line: the second conflicts, the third is there already, and what
    follows lands on the branch; the draft, which took the second, must take the third too."""
    letters = "abcdefghijklmnop"
    steps = [letters.replace("e", one) for one in "e23"]
    results = replayed(
        {A: source("a.c", "1.1", letters.replace("e", "3"))}, chain(*steps, steps[2].replace("3", "34"))
    )
    assert states(results) == ["conflict", "already", "ported"]
    assert drafted(results[0]) == source("a.c", "1.2", steps[1])
    assert body(steps[2]) in drafted(results[1])
    assert body(steps[2].replace("3", "34")) in drafted(results[2])


def test_the_draft_of_a_run_without_parked_changesets_is_the_branch() -> None:
    results = replayed({A: source("a.c", "1.1", "Xabcdefgh")}, chain("abcdefgh", "abcdefghi", "abcdefghij"))
    assert all(one.writes == one.draft_writes for one in results)


def test_the_same_inputs_give_the_same_results() -> None:
    target = {A: source("a.c", "1.1", "abcdXfgh")}
    steps = chain("abcdefgh", "abcdYfgh", "abcdYZfgh", "abcdYZfghi")
    assert replayed(target, steps) == replayed(target, steps)


def test_binary_files_land_whole_or_not() -> None:
    results = replayed({A: b"\0one"}, [picked(1, {A: (b"\0one", b"\0two")}), picked(2, {A: (b"\0one", b"\0three")})])
    assert states(results) == ["ported", "conflict"]
    assert results[0].writes == {A: Version(b"\0two", PLAIN)}


def test_many_parked_changesets_on_one_file_take_no_more_than_a_bounded_number_of_trials() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    steps = [letters]
    for number in range(60):
        steps.append(steps[-1].replace(steps[-1][12], chr(0x30 + number % 10)))
        if steps[-1] == steps[-2]:
            steps.pop()
    results = replayed({A: source("a.c", "1.1", letters.replace("m", "X"))}, chain(*steps))
    assert results[0].state is State.CONFLICT
    assert {one.state for one in results[1:]} <= {State.BLOCKED, State.CONFLICT}


def test_hundreds_of_parked_changesets_take_no_more_than_seconds() -> None:
    letters = "abcdefghijklmnop"
    contents = [source("a.c", "1.1", letters)]
    for number in range(400):
        version = b"\terror = call_version_%d(lease, 5);\n" % number
        contents.append(source("a.c", f"1.{number + 2}", letters).replace(call("h"), version))
    steps = [picked(number, {A: pair}) for number, pair in enumerate(pairwise(contents))]
    start = time.process_time()
    results = replayed({A: source("a.c", "1.1", letters.replace("h", "X"))}, steps)
    assert time.process_time() - start < 5
    assert states(results) == ["conflict"] + ["blocked"] * 399
    assert len(results[-1].blocked_by) == 399


# In part


def in_part(target: Mapping[str, bytes | Version], changesets: Sequence[Picked]) -> list[Replayed]:
    files = {RepoPath(path): plain(content) for path, content in target.items()}
    replay = Replay(files.get, sorted(files), IdentPolicy("OpenBSD"), partial=True)
    return list(replay.run(changesets))


def clashing(other: Change, *, path: str = B, brings: str = "i") -> Picked:
    """A changeset that clashes in A, and changes `path`, too."""
    return picked(1, {A: (body("abcdefgh"), body(f"abcD{brings}efgh")), path: other})


CLASHES = {A: body("abcXYfgh"), B: body("klmnop")}


def test_the_clean_file_of_what_is_parked_lands_where_that_is_asked_for() -> None:
    both = clashing((body("klmnop"), body("klmnopq")))
    later = picked(2, {B: (body("klmnopq"), body("klmnopr"))})
    results = in_part(CLASHES, [both, later])
    assert states(results) == ["conflict", "ported"]
    assert dict(results[0].writes) == {RepoPath(B): plain(body("klmnopq"))}
    assert results[0].part == {RepoPath(B)}
    assert results[0].reason.endswith(f"landed in part: {B}")
    assert written(results[1], B) == body("klmnopr")
    assert set(results[0].draft_writes) == {RepoPath(A), RepoPath(B)}
    assert states(replayed(CLASHES, [both, later])) == ["conflict", "blocked"]


def test_nothing_lands_in_part_of_what_clashes_everywhere_or_is_there_already() -> None:
    (alone,) = in_part({A: body("abcXYfgh")}, [picked(1, {A: (body("abcdefgh"), body("abcDefgh"))})])
    assert (alone.part, alone.writes) == (frozenset(), {})
    (there,) = in_part({A: body("abcXYfgh"), B: body("klmnopq")}, [clashing((body("klmnop"), body("klmnopq")))])
    assert (there.part, there.writes) == (frozenset(), {})


C_FILES = (b"int one;\nint two;\nint three;\n", b"void\nrun(void)\n{\n\tone = two;\n}\n")


@pytest.mark.parametrize(
    ("declares", "uses", "lands"),
    [
        ((b"int two;\n", b"int two, extra;\n"), (b"\tone = two;\n", b"\tone = extra;\n"), False),
        ((b"int two;\n", b""), (b"\tone = two;\n", b"\tone = 2;\n"), True),
        ((b"int two;\n", b"int two, extra;\n"), (b"\tone = two;\n", b"\tone = three;\n"), True),
    ],
)
def test_no_half_of_a_change_lands_that_uses_what_the_other_half_brings(
    declares: tuple[bytes, bytes], uses: tuple[bytes, bytes], lands: bool
) -> None:
    header, code = C_FILES
    one = picked(1, {"sbin/x/x.h": (header, header.replace(*declares)), "sbin/x/x.c": (code, code.replace(*uses))})
    target = {"sbin/x/x.h": header.replace(b"two", b"zwei"), "sbin/x/x.c": code}
    (result,) = in_part(target, [one])
    assert states([result]) == ["conflict"]
    assert (RepoPath("sbin/x/x.c") in result.part) is lands


def test_no_half_lands_that_takes_away_what_the_other_half_still_uses() -> None:
    header, code = C_FILES
    one = picked(
        1,
        {"sbin/x/x.h": (header, header.replace(b"int two;\n", b"")), "sbin/x/x.c": (code, code.replace(b"two", b"2"))},
    )
    (result,) = in_part({"sbin/x/x.h": header, "sbin/x/x.c": code.replace(b"= two", b"= two + three")}, [one])
    assert (states([result]), result.part) == (["conflict"], frozenset())


def test_no_half_lands_whose_other_half_calls_a_function_with_another_head() -> None:
    code = b"void\nadd(const char *name, int to)\n{\n\tgo(to);\n}\n"
    caller = b"void\nrun(void)\n{\n\tadd(ifname, 1);\n}\n"
    one = picked(
        1,
        {
            "sbin/x/route.c": (code, code.replace(b"const char *name, ", b"")),
            "sbin/x/x.c": (caller, caller.replace(b"ifname, ", b"")),
            "sbin/x/x.8": (b".Nm x\n.Ar name\n", b".Nm x\n"),
        },
    )
    target = {
        "sbin/x/route.c": code, "sbin/x/x.c": caller.replace(b"ifname, 1", b"ifname, 2"),
        "sbin/x/x.8": b".Nm x\n.Ar name\n",
    }  # fmt: skip
    (result,) = in_part(target, [one])
    assert states([result]) == ["conflict"]
    assert result.part == {RepoPath("sbin/x/x.8")}
