"""Markers, and what is checked of a file that comes back."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkit.decisions.answer import Labels, Question, akin, marker_left, marker_size
from portkit.decisions.ids import ChangeId, parse_id
from portkit.errors import UserError

LABELS = Labels("ours: the target", "base: 1.1", "theirs: 1.2")
QUESTION = Question((b"one\n", b"two\nthree\n", b"four\n"), ((b"b\n", b"o\n", b"t\n"), (b"", b"x\n", b"y")), 7)


def test_markers_name_the_sides() -> None:
    assert QUESTION.marked(LABELS) == (
        b"one\n<<<<<<< ours: the target\no\n||||||| base: 1.1\nb\n=======\nt\n>>>>>>> theirs: 1.2\ntwo\nthree\n"
        b"<<<<<<< ours: the target\nx\n||||||| base: 1.1\n=======\ny\n>>>>>>> theirs: 1.2\nfour\n"
    )


def test_markers_are_those_that_git_writes(tmp_path: Path) -> None:
    for name, line in (("ours", b"o\n"), ("base", b"b\n"), ("theirs", b"t\n")):
        (tmp_path / name).write_bytes(b"one\n" + line + b"two\n")
    done = subprocess.run(
        ["git", "merge-file", "-p", "--diff3", "-L", "ours: the target", "-L", "base: 1.1", "-L", "theirs: 1.2",
         "ours", "base", "theirs"], cwd=tmp_path, capture_output=True,
    )  # fmt: skip
    question = Question((b"one\n", b"two\n"), ((b"b\n", b"o\n", b"t\n"),), 7)
    assert question.marked(LABELS) == done.stdout


def test_markers_grow_where_the_file_has_look_alikes() -> None:
    assert marker_size(b"a\n", b"b\n") == 7
    assert marker_size(b"<<<<<<\n", b"======= x") == 8
    assert marker_size(b"a\n==========\n") == 11
    assert marker_size(b" =======\n=======x\n") == 7


def test_what_came_back_is_taken_apart() -> None:
    assert QUESTION.answers(b"one\nmine\ntwo\nthree\nfour\n") == (b"mine\n", b"")
    assert QUESTION.answers(b"one\ntwo\nthree\nx\ny\nfour\n") == (b"", b"x\ny\n")
    assert QUESTION.filled((b"mine", b"")) == b"one\nmine\ntwo\nthree\nfour\n"
    at_the_end = Question((b"one\n", b""), ((b"", b"x", b"y"),), 7)
    assert at_the_end.answers(b"one\nno newline") == (b"no newline",)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"ONE\nmine\ntwo\nthree\nfour\n", [1, 2]),
        (b"one\nmine\ntwo\nfour\n", [4]),
        (b"one\nmine\ntwo\n2.5\nthree\nfour\n", [4]),
        (b"one\nmine\ntwo\nthree\nfour\nfive\n", [6]),
        (b"one\nmine\ntwo\nthree\nxfour\n", [5]),
    ],
)
def test_lines_outside_of_the_places_are_told(content: bytes, lines: list[int]) -> None:
    assert QUESTION.answers(content) is None
    assert QUESTION.strays(content) == lines


@given(st.lists(st.sampled_from([b"a\n", b"b\n", b"\n"]), max_size=6), st.lists(st.sampled_from([b"a\n", b"b\n"])))
def test_any_answers_come_to_the_file_they_were_given_in(around: list[bytes], answer: list[bytes]) -> None:
    question = Question((b"".join(around[:3]), b"".join(around[3:]), b"end\n"), ((b"", b"", b""), (b"", b"", b"")), 7)
    content = question.filled((b"".join(answer), b"".join(answer)))
    found = question.answers(content)
    assert found is not None
    assert question.filled(found) == content


@pytest.mark.parametrize("mark", [b"<<<<<<< mine", b"||||||| base", b"=======", b">>>>>>> theirs", b"<<<<<<<\r"])
def test_a_marker_that_is_left_is_found(mark: bytes) -> None:
    assert marker_left(b"one\n" + mark + b"\ntwo\n") == 2
    assert marker_left(b"one\n" + mark + b"\ntwo\n", b"before\n" + mark + b"\n") == 0  # it was in the file before


def test_lines_that_only_look_like_one() -> None:
    assert marker_left(b"====== six\n ======= indented\n=======x\na <<<<<<< b\n") == 0


def test_another_file() -> None:
    side = b"".join(b"\tcall_%d(lease, 5);\n" % number for number in range(20))
    assert akin(side + b"one more line\n", side)
    assert not akin(b"".join(b"something else, line %d\n" % number for number in range(20)), side)
    assert akin(b"", side)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("c-0123456789ab", ChangeId("c-0123456789ab", conflict="c-0123456789ab")),
        ("c-0123", ChangeId("c-0123", conflict="c-0123")),
        ("ABCDEF1", ChangeId("ABCDEF1", changeset="ABCDEF1")),
        ("kVPWcfdJ7bTc:a", ChangeId("kVPWcfdJ7bTc:a", changeset="kVPWcfdJ7bTc", path="a")),
        ("abcdef1:a b#2.c", ChangeId("abcdef1:a b#2.c", changeset="abcdef1", path="a b#2.c")),
        ("abcdef1:a.c#12", ChangeId("abcdef1:a.c#12", changeset="abcdef1", path="a.c", hunk=12)),
        ("abcdef1:a:b#c.c#1", ChangeId("abcdef1:a:b#c.c#1", changeset="abcdef1", path="a:b#c.c", hunk=1)),
    ],
)
def test_ids(text: str, found: ChangeId) -> None:
    assert parse_id(text) == found


@pytest.mark.parametrize(
    "text", ["", "c-", "c-xyz0", "abcdef", "abcdef1:", "abcdef1:#1", "abcdef1:a#0", "-x", "HEAD", "nonsense"]
)
def test_what_is_no_id(text: str) -> None:
    with pytest.raises(UserError, match="names nothing"):
        parse_id(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("c-0123", True), ("c-0124", False), ("abcdef0123", True), ("abcdef0124", False), ("abcdef0123:sbin/a.c", True),
        ("abcdef0123:b/a.c#3", True), ("abcdef0123:b/a.c#2", False), ("abcdef0123:b/b.c", False),
    ],
)  # fmt: skip
def test_an_id_means_a_conflict_by_its_id_or_its_place(text: str, meant: bool) -> None:
    assert parse_id(text).means("c-0123456789ab", "abcdef0123456", ("sbin/a.c", "b/a.c"), 3) is meant


def test_what_has_no_id_is_meant_by_its_place_alone() -> None:
    assert not parse_id("c-0123").means("", "abcdef0123456", ("sbin/a.c",), 3)
    assert parse_id("abcdef0").means("", "abcdef0123456", ("sbin/a.c",), 0)
