"""One file's change as a table over (base, ours, theirs): what lands, what clashes, and why."""

from __future__ import annotations

import pytest

from portkit.merge.file import SYMLINK, FileMerge, FileMerger, Version
from portkit.merge.kinds import ConflictKind, Gate

PLAIN, RUNS = 0o100644, 0o100755

IDENT = b"/* $OpenBSD: a.c,v 1.%d 2012/01/02 03:04:05 krw Exp $ */\n"
OWN = b"a line of our own\n"
TEXT = b"".join(b"line number %d\n" % number for number in range(12))


def plain(content: bytes) -> Version:
    return Version(content, PLAIN)


def made(base: Version | None, ours: Version | None, theirs: Version | None) -> FileMerge:
    return FileMerger().merge(base, ours, theirs)


def edited(number: int, text: bytes = b"another line\n", content: bytes = TEXT) -> bytes:
    return content.replace(b"line number %d\n" % number, text)


def landed(one: FileMerge) -> tuple[Version | None, str, Gate]:
    assert one.lands
    assert not one.conflicts
    assert one.clashes == ()
    return one.result, one.method, one.gate


def clash(one: FileMerge, kind: ConflictKind) -> FileMerge:
    assert not one.lands
    assert {clash.kind for clash in one.clashes} == {kind}
    assert one.conflicts is (kind is not ConflictKind.GATE)
    assert one.reason
    return one


# Additions and deletions


def test_a_new_file_comes_whole() -> None:
    odd = plain(b"\0\xe9"), plain(b""), Version(b"../a", SYMLINK)
    for version in (plain(b"x\n"), Version(b"#!/bin/sh\n", RUNS), *odd):
        assert landed(made(None, None, version)) == (version, "add", Gate.FAITHFUL)


def test_a_file_added_on_both_sides_is_there_already_or_clashes() -> None:
    ours = plain(IDENT % 3 + TEXT)
    assert landed(made(None, ours, plain(IDENT % 1 + TEXT))) == (ours, "equal", Gate.ALREADY)
    one = clash(made(None, ours, plain(edited(3))), ConflictKind.ADD_ADD)
    assert one.result == plain(edited(3))
    assert (one.clashes[0].ours, one.clashes[0].theirs, one.clashes[0].base) == (ours.content, edited(3), b"")


def test_an_added_binary_file_is_compared_to_the_byte() -> None:
    assert made(None, plain(b"\0$OpenBSD: 1 $"), plain(b"\0$OpenBSD: 1 $")).gate is Gate.ALREADY
    clash(made(None, plain(b"\0$OpenBSD: 1 $"), plain(b"\0$OpenBSD: 2 $")), ConflictKind.ADD_ADD)


def test_a_deletion_of_what_has_not_changed() -> None:
    assert landed(made(plain(TEXT), plain(TEXT), None)) == (None, "delete", Gate.FAITHFUL)
    # nor does another ident line count
    assert landed(made(plain(IDENT % 1 + TEXT), plain(IDENT % 7 + TEXT), None)) == (None, "delete", Gate.FAITHFUL)
    page = b".Dd $Mdocdate: May %d 2012 $\n.Sh NAME\n"
    assert landed(made(plain(page % 1), plain(page % 2), None)) == (None, "delete", Gate.FAITHFUL)


def test_a_deletion_of_what_has_local_changes_is_a_conflict() -> None:
    one = clash(made(plain(TEXT), plain(edited(3)), None), ConflictKind.DELETE_MODIFY)
    assert one.result is None
    assert one.clashes[0].ours == edited(3)
    clash(made(plain(TEXT), plain(TEXT[:-1]), None), ConflictKind.DELETE_MODIFY)
    clash(made(plain(b".Dd May 1, 2012\n"), plain(b".Dd July 1, 2012\n"), None), ConflictKind.DELETE_MODIFY)


def test_a_deletion_of_what_is_gone_already() -> None:
    assert landed(made(plain(TEXT), None, None)) == (None, "equal", Gate.ALREADY)
    assert landed(made(None, None, None)) == (None, "equal", Gate.ALREADY)


def test_a_change_of_what_the_target_does_not_have_is_a_conflict() -> None:
    one = clash(made(plain(TEXT), None, plain(edited(3))), ConflictKind.DELETE_MODIFY)
    assert one.result == plain(edited(3))


def test_a_file_that_comes_back() -> None:
    # upstream deleted it and adds it again: there is no base any more
    assert landed(made(None, None, plain(TEXT))) == (plain(TEXT), "add", Gate.FAITHFUL)
    clash(made(None, plain(edited(3)), plain(TEXT)), ConflictKind.ADD_ADD)  # the target had kept its own


# Modes


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected", "gate"),
    [
        (PLAIN, PLAIN, RUNS, RUNS, Gate.FAITHFUL),
        (PLAIN, RUNS, PLAIN, RUNS, Gate.ALREADY),  # a one-sided chmod is no conflict
        (PLAIN, RUNS, RUNS, RUNS, Gate.ALREADY),
        (RUNS, RUNS, PLAIN, PLAIN, Gate.FAITHFUL),
        (RUNS, PLAIN, PLAIN, PLAIN, Gate.ALREADY),
    ],
)
def test_modes_merge_on_their_own(base: int, ours: int, theirs: int, expected: int, gate: Gate) -> None:
    one = made(Version(TEXT, base), Version(edited(2), ours), Version(TEXT, theirs))
    assert landed(one)[0] == Version(edited(2), expected)
    assert one.gate is gate


def test_a_mode_and_a_content_of_different_sides() -> None:
    one = made(Version(TEXT, PLAIN), Version(TEXT, RUNS), Version(edited(2), PLAIN))
    assert landed(one)[0] == Version(edited(2), RUNS)
    other = made(Version(TEXT, PLAIN), Version(edited(2, OWN), PLAIN), Version(edited(9), RUNS))
    assert landed(other)[0] == Version(edited(9, content=edited(2, OWN)), RUNS)


def test_modes_that_really_differ_are_a_conflict() -> None:
    one = clash(made(Version(b"a", PLAIN), Version(b"a", SYMLINK), Version(b"a", RUNS)), ConflictKind.MODE)
    assert "100755" in one.reason
    assert "120000" in one.reason


def test_a_file_that_became_a_link_is_not_merged_by_lines() -> None:
    one = made(plain(b"a\n"), plain(b"a\n"), Version(b"b", SYMLINK))
    assert landed(one) == (Version(b"b", SYMLINK), "copy", Gate.FAITHFUL)
    clash(made(plain(b"a\nb\n"), plain(b"a\nx\n"), Version(b"b", SYMLINK)), ConflictKind.CONTENT)


# Binary files and links


@pytest.mark.parametrize("mode", [PLAIN, SYMLINK])
def test_binary_files_and_links_are_taken_whole_or_clash(mode: int) -> None:
    one, two, three = (Version(b"\0" + name, mode) for name in (b"one", b"two", b"three"))
    assert landed(made(one, one, two)) == (two, "copy", Gate.FAITHFUL)
    assert landed(made(one, two, two)) == (two, "equal", Gate.ALREADY)
    assert landed(made(one, two, one)) == (two, "copy", Gate.ALREADY)
    assert clash(made(one, two, three), ConflictKind.CONTENT).result == three


def test_a_file_is_binary_if_any_side_is() -> None:
    clash(made(plain(TEXT), plain(edited(2, b"\0\n")), plain(edited(9))), ConflictKind.CONTENT)
    assert landed(made(plain(TEXT), plain(TEXT), plain(b"\0")))[1] == "copy"


def test_a_nul_far_down_makes_no_binary_file() -> None:
    tail = b"x" * 8000 + b"\n\0\n"
    one = made(plain(TEXT + tail), plain(edited(2, OWN) + tail), plain(edited(9) + tail))
    assert landed(one)[0] == plain(edited(9, content=edited(2, OWN)) + tail)


# Lines


def test_both_sides_changes_and_the_bytes_between_survive() -> None:
    odd = b"caf\xe9 \x0c\r\n\xff\xfe"  # no newline at the end
    one = made(plain(TEXT + odd), plain(edited(2, b"ours \xe4\n") + odd), plain(edited(9) + odd))
    assert landed(one) == (plain(edited(9, content=edited(2, b"ours \xe4\n")) + odd), "diff3", Gate.FAITHFUL)


def test_crlf_files() -> None:
    crlf = TEXT.replace(b"\n", b"\r\n")
    theirs = crlf.replace(b"number 9\r", b"nine\r")
    one = made(plain(crlf), plain(crlf.replace(b"number 2\r", b"two\r")), plain(theirs))
    assert landed(one)[0] == plain(theirs.replace(b"number 2\r", b"two\r"))


def test_a_conflict_tells_hunk_function_and_the_three_sides() -> None:
    body = b"int\nmain(void)\n{\n" + TEXT + b"}\n"
    theirs = edited(3, b"theirs here\n", edited(9, content=body))
    one = clash(made(plain(body), plain(edited(9, b"ours here\n", body)), plain(theirs)), ConflictKind.CONTENT)
    assert one.result == plain(theirs)
    found = one.clashes[0]
    assert (found.hunk, found.function) == (2, "main")
    assert (found.base, found.ours, found.theirs) == (b"line number 9\n", b"ours here\n", b"another line\n")
    assert "main" in found.reason


def test_every_conflict_of_a_file_is_told() -> None:
    ours, theirs = TEXT, TEXT
    for number in (1, 5, 9):
        ours, theirs = edited(number, b"ours %d\n" % number, ours), edited(number, b"theirs %d\n" % number, theirs)
    one = clash(made(plain(TEXT), plain(ours), plain(theirs)), ConflictKind.CONTENT)
    assert [found.hunk for found in one.clashes] == [1, 2, 3]
    assert one.result == plain(theirs)


def test_files_that_share_nothing_have_no_ancestor() -> None:
    other = b"".join(b"something else %d\n" % number for number in range(12))
    clash(made(plain(TEXT), plain(other), plain(edited(3))), ConflictKind.NO_ANCESTOR)


def test_what_the_gate_refuses_tells_the_place() -> None:
    line = b"\terror = call_n(lease, 5);\n"
    body = b"int\nmain(void)\n{\n" + TEXT + b"}\n\nint\nother(void)\n{\n" + TEXT + b"}\n"
    base = body.replace(b"line number 5\n", line, 1)
    ours = body.replace(b"line number 5\n", b"", 1).replace(b"line number 2\n", line + line, 1)
    one = clash(made(plain(base), plain(ours), plain(body.replace(b"line number 5\n", b"", 1))), ConflictKind.GATE)
    assert one.gate is Gate.FAILED
    assert one.clashes[0].function == "main"
    assert one.clashes[0].base == line
    assert one.result == plain(ours)


def test_an_upstream_change_of_keywords_only_is_there_already() -> None:
    ours = plain(IDENT % 1 + TEXT)
    assert landed(made(plain(IDENT % 1 + TEXT), ours, plain(IDENT % 2 + TEXT)))[2] is Gate.ALREADY


def test_one_merger_gives_what_a_fresh_one_gives() -> None:
    merger = FileMerger()
    for _ in range(2):
        for number in range(300):
            base, theirs = edited(number % 12), edited(number % 7, b"more %d\n" % number, edited(number % 12))
            ours = edited(11, b"own %d\n" % (number % 5), base)
            found = merger.merge(plain(base), plain(ours), plain(theirs))
            if number % 50 == 0:
                assert found == made(plain(base), plain(ours), plain(theirs))
