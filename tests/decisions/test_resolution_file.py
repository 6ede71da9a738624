"""Resolutions as files: what is written reads back to the byte, and what makes no sense is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkit.change.revision import FileRevision
from portkit.decisions.answer import edits
from portkit.decisions.resolution import Edit, Place, Resolution, Resolutions, Whole, digest, name_of, parsed, rendered
from portkit.errors import UserError
from portkit.merge.file import Version
from portkit.paths import RepoPath
from portkit.store.resolutions import ResolutionFolder
from portkit.text import split_lines

FILE = FileRevision(RepoPath("sbin/dhclient/a.c"), "1.2")
ID = "c-0123456789ab"
ODD = [b"a", b"|", b"\\ no newline at the end", b"\n", b"\r\n", b"\xe9\xff", b"base", b"\0"]
CONTENT = st.lists(st.sampled_from(ODD))
PLAIN = 0o100644


def resolution(answer: Place | Whole, **more: str) -> Resolution:
    return Resolution(name_of(FILE, ID, answer), FILE, ID, answer, **more)  # type: ignore[arg-type]


def back(one: Resolution) -> Resolution:
    return parsed(rendered(one), name=one.name, file="x")


@given(*[CONTENT.map(b"".join)] * 4)
def test_a_place_reads_back_to_the_byte(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> None:
    one = resolution(Place(base, ours, theirs, result), who="Pat <pat@example.org>", function="f: g", note="why: so")
    assert back(one) == one


@given(*[CONTENT.map(b"".join)] * 2)
def test_a_whole_file_reads_back_and_comes_to_the_same(ours: bytes, result: bytes) -> None:
    mine, new = Version(ours, PLAIN), Version(result, 0o100755)
    answer = Whole(digest(None), digest(mine), digest(new), "", new.mode, edits(ours, result))
    found = back(resolution(answer)).answer
    assert found == answer
    assert isinstance(found, Whole)
    assert found.sound(mine)
    assert found.made(mine, None) == new


def test_a_file_that_goes_and_a_side_that_is_taken() -> None:
    mine, other = Version(b"mine\n", PLAIN), Version(b"other\n", PLAIN)
    sides = digest(None), digest(mine), digest(other)
    for answer, becomes in (
        (Whole(*sides), None), (Whole(*sides, "ours"), mine), (Whole(*sides, "theirs"), other),
    ):  # fmt: skip
        found = back(resolution(answer)).answer
        assert found == answer
        assert isinstance(found, Whole)
        assert found.made(mine, other) == becomes
        assert found.fits(None, mine, other)
        assert not found.fits(None, Version(b"else\n", PLAIN), other)
        assert not found.fits(None, Version(b"mine\n", 0o100755), other)


def test_keywords_and_their_dates_are_no_difference() -> None:
    one, other = (f"/* $OpenBSD: a.c,v 1.{n} 2012/06/26 14:46:42 krw Exp $ */\n".encode() for n in (1, 2))
    assert Place(one, b"x\n", one, b"").fits(other, b"x\n", other)
    assert digest(Version(one, PLAIN)) == digest(Version(other, PLAIN))
    assert name_of(FILE, ID, Place(one, b"", b"", b"")) == name_of(FILE, ID, Place(other, b"", b"", b""))


def test_a_name_is_a_plain_file_name() -> None:
    odd = FileRevision(RepoPath("sbin/x/.-we ird\n/..;|name.c"), "blob " + "1" * 40)
    name = name_of(odd, ID, Place(b"", b"", b"", b""))
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    assert not name.startswith((".", "-"))


def test_edits_of_lines_that_are_not_there_are_not_sound() -> None:
    mine = Version(b"one\ntwo\n", PLAIN)
    assert Whole("none", "none", "none", "", PLAIN, (Edit(2, b"two\n", b"x\n"),)).sound(mine)
    assert not Whole("none", "none", "none", "", PLAIN, (Edit(1, b"two\n", b"x\n"),)).sound(mine)
    assert not Whole("none", "none", "none", "", PLAIN, (Edit(9, b"", b"x\n"),)).sound(mine)


GOOD = rendered(resolution(Place(b"a\n", b"b\n", b"c\n", b"d\n")))


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        (b"portkit resolution 1", b"portkit resolution 9", 1, "no resolution"),
        (b"file: sbin", b"file: /sbin", 1, "file: PATH REVISION"),
        (b"file: sbin", b"file: ../sbin", 1, "file: PATH REVISION"),
        (b"conflict: c-", b"conflict: x-", 1, "conflict: ID"),
        (b"conflict", b"colour", 3, "'colour'"),
        (b"\nbase\n", b"\nbase\nlost\n", 6, "must begin with '|'"),
        (b"\ntheirs\n|c\n", b"\n", 1, "in that order"),
        (b"\nbase\n|a\n", b"\n|a\n", 5, "before the first section"),
        (b"conflict:", b"base: none\nconflict:", 1, "must each be a digest"),
    ],
)
def test_nonsense_is_told_with_its_line(old: bytes, new: bytes, line: int, says: str, tmp_path: Path) -> None:
    assert GOOD.count(old) == 1, GOOD
    folder = ResolutionFolder(tmp_path / "patches", "dhclient")
    folder.path.mkdir(parents=True)
    (folder.path / "one").write_bytes(GOOD.replace(old, new))
    with pytest.raises(UserError) as caught:
        folder.read()
    assert caught.value.where == f"patches/dhclient/resolutions/one:{line}"
    assert says in caught.value.what
    assert caught.value.hint


@pytest.mark.parametrize(
    ("tail", "says"),
    [
        ("take: mine\n", "take is"), ("take: ours\nmode: 100644\n", "take is"), ("mode: 100600\n", "mode must be"),
        ("mode: deleted\n\nat 1\n|x\n", "has no lines"), ("mode: 100644\n\nat 1\n|x\n", "followed by its `result`"),
        ("mode: 100644\n\nat 5\n|x\n\nresult\n\nat 2\n|y\n\nresult\n", "in the order"),
    ],
)  # fmt: skip
def test_nonsense_of_a_whole_file(tail: str, says: str) -> None:
    text = f"portkit resolution 1\nfile: a.c 1.2\nconflict: {ID}\nbase: none\nours: none\ntheirs: none\n{tail}"
    with pytest.raises(UserError, match=says):
        parsed(text.encode(), name="one", file="x")


def test_the_folder(tmp_path: Path) -> None:
    folder = ResolutionFolder(tmp_path / "patches", "dhclient")
    assert folder.read() == Resolutions()
    made = [resolution(Place(b"a\n", b"b\n", b"c\n", side)) for side in (b"1\n", b"2\n")]
    for one in made:
        folder.add(one)
    (folder.path / "README").write_text("what lies here")
    (folder.path / ".hidden").write_text("?")
    (folder.path / "one~").write_text("?")
    assert folder.read().every == (made[1],)  # the same three sides: the newer answer
    folder.add(resolution(Place(b"a\n", b"B\n", b"c\n", b"3\n")))
    assert len(folder.read().every) == 2
    assert len(folder.read().of(FILE)) == 2
    assert folder.read().like(b"a\n", b"b\n", b"c\n") == (made[1],)


def test_a_resolution_is_text_that_a_person_can_read() -> None:
    lines = split_lines(GOOD)
    assert lines[:3] == [b"portkit resolution 1\n", b"file: sbin/dhclient/a.c 1.2\n", b"conflict: c-0123456789ab\n"]
    assert b"result\n|d\n" in GOOD
