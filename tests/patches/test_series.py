"""Series files, headers, and which patch owns a line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from diffs import files, numbered, series

from portkit.change.changeset import Person
from portkit.errors import UserError
from portkit.patches.applying import apply_patch
from portkit.patches.entries import read_entries
from portkit.patches.headers import Headers, file_name, written
from portkit.patches.owners import ownership
from portkit.patches.series import push, read_patch, read_series
from portkit.patches.writing import tree_diff

BODY = tree_diff(files(x=b"1\n"), files(x=b"2\n"))

DEP3 = b"""\
From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: Pat Porter <pat@example.org>
Date: Tue, 31 Jul 2012 10:00:00 +0000
Subject: [PATCH 2/3] dhclient - Leave the
 default route.

The reason,
on two lines.

Origin: other, commit 1234567890abcdef
Forwarded: not-needed
Superseded-By: 1.120 abcdef1234567
---
 x | 2 +-
"""


def headers(raw: bytes) -> Headers:
    return read_patch("p.patch", raw, "p.patch").headers


def test_the_headers_of_a_mail_with_fields_of_dep_3() -> None:
    found = headers(DEP3 + b"\n" + BODY)
    assert found.subject == "dhclient - Leave the default route."
    assert found.body == "The reason,\non two lines."
    assert found.author == "Pat Porter <pat@example.org>"
    assert found.commits == ("1234567890abcdef",)
    assert found.superseded_by == ("1.120", "abcdef1234567")
    assert found.forwarded == "not-needed"


def test_a_description_over_several_lines_and_no_header_at_all() -> None:
    found = headers(b"Description: short\n long,\n .\n longer\nAuthor: P <p@x>\n\n" + BODY)
    assert (found.subject, found.body) == ("short", "long,\n\nlonger")
    assert found.author == "P <p@x>"
    assert headers(b"only words\nmore\n\n" + BODY).subject == "only words"
    assert headers(BODY).subject == ""


def test_what_is_written_is_read_again() -> None:
    one = Headers((("Origin", "commit 1234567"), ("Forwarded", "no")), "A subject " + "with many words " * 8, "Why.")
    raw = written(one, person=Person("Jürgen Ä", "j@example.org"), date=1343779200, number="1/2") + b"\n" + BODY
    found = headers(raw)
    assert (found.subject, found.body) == (one.subject.strip(), "Why.")
    assert found.commits == ("1234567",) and found.author == "Jürgen Ä <j@example.org>"
    assert found.first("Date") == "Wed, 1 Aug 2012 00:00:00 +0000"


def test_a_log_cannot_begin_the_patch_or_another_mail(tmp_path: Path) -> None:
    evil = "---\n+++ b/etc/passwd\ndiff --git a/z b/z\nIndex: z\nFrom 1 Mon Sep 17 00:00:00 2001\nSubject: x\n\x1b[2J"
    raw = written(Headers((), "s", evil), person=Person("P", "p@example.org"), date=1)
    patch = read_patch("p", raw + b"\n" + BODY, "p")
    assert [one.path for one in patch.files] == ["x"]
    assert "\x1b" not in patch.headers.body
    (tmp_path / "m").write_bytes(raw + b"\n" + BODY)
    mail = (tmp_path / "m").read_bytes()
    subprocess.run(["git", "mailinfo", "msg", "patch"], input=mail, cwd=tmp_path, capture_output=True, check=True)
    assert (tmp_path / "patch").read_bytes().lstrip(b"-\n").startswith(b"diff --git a/x")


def test_superseded_by_names_ids() -> None:
    with pytest.raises(UserError, match=r"p.patch:2: Superseded-By names 'soon'"):
        headers(b"Subject: x\nSuperseded-By: soon\n\n" + BODY)


def test_patches_are_called_by_what_they_do() -> None:
    assert file_name("dhclient - Don't add ROUTE 127.0.0.1!") == "dhclient-don-t-add-route-127-0-0-1.patch"
    assert file_name("...") == "patch.patch"
    assert file_name("ä" * 80) == "patch.patch"
    assert len(file_name("word " * 40)) < 64


def test_a_series_file() -> None:
    found = read_entries(b"# mine\na.patch\n\nb/c.patch -p0 # why\n d.patch -p 2\ne -pab\n", "series")
    assert [(one.name, one.strip, one.line) for one in found] == [
        ("a.patch", None, 2), ("b/c.patch", 0, 4), ("d.patch", 2, 5), ("e", None, 6),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"../a.patch", "'../a.patch' is no name"),
        (b"/etc/passwd", "is no name"),
        (b"a/../../b", "is no name"),
        (b"--help", "is no name"),
        (b"x\x1b[2J", "is no name"),
        (b"ok.patch", "ok.patch is here twice, first on line 1"),
        (b"a.patch -R", "'-R' is no option"),
        (b"a.patch -p1 -p2", "is no option"),
    ],
)
def test_a_series_file_that_is_refused(line: bytes, said: str) -> None:
    with pytest.raises(UserError) as caught:
        read_entries(b"ok.patch\n" + line + b"\n", "series")
    assert said in str(caught.value) and str(caught.value).startswith("series:2: ")


def test_a_series_that_names_a_missing_file_or_an_empty_one() -> None:
    with pytest.raises(UserError, match=r"patches/x/series:1: there is no patch a\.patch"):
        read_series({"series": b"a.patch\n"}, "patches/x")
    with pytest.raises(UserError, match=r"patches/x/a.patch: there is no diff in it"):
        read_series({"series": b"a.patch\n", "a.patch": b"words\n"}, "patches/x")
    assert read_series({}, "patches/x").patches == ()


def test_a_series_is_pushed_in_order_and_goes_on_past_what_does_not_apply() -> None:
    trees = [files(x=numbered(20)), files(x=numbered(20, l5=b"five\n")), files(x=numbered(20, l5=b"5\n")),
             files(x=numbered(20, l5=b"5\n", l15=b"fifteen\n"))]  # fmt: skip
    steps = push(series(*trees), trees[0])
    assert [step.applies for step in steps] == [True, True, True]
    assert steps[-1].after == trees[-1]
    steps = push(series(*trees), files(x=numbered(20, l5=b"other\n")))
    assert [step.applies for step in steps] == [False, False, True]
    assert steps[-1].after == files(x=numbered(20, l5=b"other\n", l15=b"fifteen\n"))


def test_who_owns_a_line() -> None:
    trees = [
        files(x=numbered(12)),
        files(x=numbered(12, l3=b"three\nmore\n")),
        files(x=numbered(12, l3=b"three\nmore\n", l8=b"")),
        files(x=numbered(12, l3=b"three\nMORE\n", l8=b""), y=b"new\n"),
    ]
    owns = ownership(series(*trees), trees[0])
    assert [owns.names[one] if one >= 0 else "" for one in next(iter(owns.files.values())).lines[:6]] == [
        "", "", "p1.patch", "p3.patch", "", "",
    ]  # fmt: skip
    assert owns.owners("x", 8, 9) == ("p2.patch",)
    assert owns.owners("x", 9, 8) == ("p2.patch",)  # the place before line 9
    assert owns.owners("x", 10, 12) == ()
    assert owns.owners("x", 1, 12) == ("p1.patch", "p2.patch", "p3.patch")
    assert owns.owners("y", 1, 1) == ("p3.patch",)
    assert owns.owners("z", 1, 1) == ()


def test_who_owns_a_line_of_a_file_that_went_on() -> None:
    trees = [files(x=numbered(12)), files(x=numbered(12, l6=b"six\nseven\n"))]
    owns = ownership(series(*trees), trees[0])
    now = b"upstream\nupstream\n" + numbered(12, l6=b"six\nseven\n", l11=b"eleven\n")
    assert owns.owners_in("x", now, 8, 9) == ("p1.patch",)
    assert owns.owners_in("x", now, 1, 7) == ()
    assert owns.owners_in("x", now, 10, 20) == ()


def test_a_hunk_without_context_is_refused_unless_it_is_of_the_whole_file() -> None:
    names = b"--- a/x\n+++ b/x\n"
    for bare in (b"@@ -3,0 +4 @@\n+new\n", b"@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n-a\n+b\n", b"@@ -5 +4,0 @@\n-a\n"):
        with pytest.raises(UserError) as refused:
            read_patch("a.patch", names + bare, "a.patch")
        assert "has no context" in str(refused.value) and str(refused.value.where).startswith("a.patch:")
        assert "`edit`" in (refused.value.hint or "")
    whole = read_patch("a.patch", names + b"@@ -1 +1 @@\n-a\n+b\n", "a.patch")
    assert apply_patch(whole.files, files(x=b"a\n")).files == files(x=b"b\n")
    assert not apply_patch(whole.files, files(x=b"a\nmore\n")).applies
    top = read_patch("a.patch", names + b"@@ -0,0 +1 @@\n+b\n", "a.patch")
    assert not apply_patch(top.files, files(x=b"a\n")).applies
    assert apply_patch(top.files, files(x=b"")).files == files(x=b"b\n")
