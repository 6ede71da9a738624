"""Both dialects are read; what does not add up is refused with its place."""

from __future__ import annotations

import base64
import zlib

import pytest
from diffs import FILE, numbered
from unidiff.patch import PatchSet

from portkit.errors import UserError
from portkit.merge.file import Version
from portkit.patches import reading
from portkit.patches.reading import read_diff
from portkit.patches.values import Dialect
from portkit.patches.writing import file_diff
from portkit.paths import RepoPath

GIT = b"""\
diff --git a/sbin/x.c b/sbin/x.c
index 1111111..2222222 100644
--- a/sbin/x.c
+++ b/sbin/x.c
@@ -1,3 +1,3 @@ main
 one
-two
+TWO
 three
"""

CVS = b"""\
cvs diff: Diffing sbin
? sbin/x.o
Index: sbin/x.c
===================================================================
RCS file: /cvs/src/sbin/x.c,v
retrieving revision 1.4
diff -u -p -r1.4 x.c
--- sbin/x.c\t13 Jan 2012 10:00:00 -0000\t1.4
+++ sbin/x.c\t14 Jan 2012 10:00:00 -0000
@@ -1,3 +1,3 @@ main
 one
-two
+TWO
 three
Index: sbin/new.c
===================================================================
RCS file: sbin/new.c
diff -N sbin/new.c
--- /dev/null\t1 Jan 1970 00:00:00 -0000
+++ sbin/new.c\t14 Jan 2012 10:00:00 -0000
@@ -0,0 +1 @@
+new
"""


def wrong(data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        read_diff(data, "p.patch")
    return str(caught.value)


def test_git_s_dialect() -> None:
    (one,) = read_diff(GIT, "p")
    assert (one.old, one.new, one.dialect, one.line) == ("sbin/x.c", "sbin/x.c", Dialect.GIT, 1)
    assert (one.old_mode, one.new_mode) == (FILE, FILE)
    (hunk,) = one.hunks
    assert (hunk.old_start, hunk.new_start, hunk.section, hunk.line) == (1, 1, b"main", 5)
    assert hunk.old == (b"one\n", b"two\n", b"three\n")
    assert hunk.new == (b"one\n", b"TWO\n", b"three\n")
    assert (one.added, one.removed) == (1, 1)


def test_cvs_s_dialect() -> None:
    first, second = read_diff(CVS, "p")
    assert (first.old, first.new, first.dialect) == ("sbin/x.c", "sbin/x.c", Dialect.CVS)
    assert first.hunks[0].new == (b"one\n", b"TWO\n", b"three\n")
    assert (second.old, second.new) == (None, "sbin/new.c")


def test_an_index_line_has_the_path_where_the_lines_below_have_the_last_part_only() -> None:
    old = CVS.replace(b"--- sbin/x.c", b"--- x.c").replace(b"+++ sbin/x.c", b"+++ x.c")
    assert read_diff(old, "p")[0].path == "sbin/x.c"


def test_quilt_s_own_folder_is_taken_off() -> None:
    text = b"Index: b/sbin/x.c\n=====\n--- b.orig/sbin/x.c\n+++ b/sbin/x.c\n" + GIT.partition(b"+++ b/sbin/x.c\n")[2]
    assert read_diff(text, "p")[0].path == "sbin/x.c"


@pytest.mark.parametrize(
    ("head", "path"),
    [
        (b"--- a/sbin/x.c\n+++ b/sbin/x.c\n", "sbin/x.c"),
        (b"--- sbin/x.c.orig\t2012-01-01\n+++ sbin/x.c\t2012-01-01\n", "sbin/x.c"),
        (b"--- t.orig/sbin/x.c\n+++ t/sbin/x.c\n", "sbin/x.c"),
        (b"--- sbin/x.c 2012-01-01 10:00:00\n+++ sbin/x.c 2012-01-01 10:00:00\n", "sbin/x.c"),
        (b"--- sbin/x.c\n+++ sbin/x.c\n", "sbin/x.c"),
    ],
)
def test_plain_diffs(head: bytes, path: str) -> None:
    (one,) = read_diff(b"some words\n" + head + GIT.partition(b"+++ b/sbin/x.c\n")[2], "p")
    assert one.path == path


def test_a_mail_s_signature_and_dashes_in_a_hunk_are_what_the_counts_say() -> None:
    body = GIT.replace(b" three\n", b"--- three\n+++ three\n")
    (one,) = read_diff(body + b"-- \n2.39.5\n\n", "p")
    assert one.hunks[0].lines[-2].op == b"-"
    assert one.hunks[0].lines[-2].text == b"-- three\n"
    body = GIT.replace(b"@@ -1,3 +1,3 @@", b"@@ -1,4 +1,3 @@") + b"-- \n"
    assert read_diff(body, "p")[0].hunks[0].old[-1] == b"- \n"


def test_no_newline_crlf_form_feeds_and_latin_1_stay_bytes() -> None:
    text = b"a\r\n\x0cb\nc\rd\n\xe9\n" + b"end"
    other = text.replace(b"b\n", b"B\n") + b"ing"
    patch = file_diff(RepoPath("x"), Version(text, FILE), Version(other, FILE))
    (one,) = read_diff(patch, "p")
    assert b"".join(one.hunks[0].old) == text
    assert b"".join(one.hunks[0].new) == other


def test_an_empty_line_is_an_empty_line_of_context() -> None:
    text = GIT.replace(b"-1,3 +1,3", b"-1,4 +1,4").replace(b" three\n", b"\n three\n")
    assert read_diff(text, "p")[0].hunks[0].old[2] == b"\n"


def test_names_that_git_quotes() -> None:
    for name in ("a b/c d", 'q"uote', "tab\tname", "\udce9\n", "ä.c", "back\\slash"):
        patch = file_diff(RepoPath(name), None, Version(b"x\n", FILE))
        assert read_diff(patch, "p")[0].path == name


def test_renames_copies_and_modes() -> None:
    text = b"diff --git a/x b/y z\nsimilarity index 100%\nrename from x\nrename to y z\n"
    (one,) = read_diff(text, "p")
    assert one.renamed and (one.old, one.new) == ("x", "y z")
    (one,) = read_diff(text.replace(b"rename ", b"copy "), "p")
    assert one.copied and not one.renamed
    (one,) = read_diff(b"diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "p")
    assert (one.old_mode, one.new_mode) == (0o100644, 0o100755)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b" three\n", b"", "p.patch:8: the hunk of line 5 is cut off: it says 3 old and 3 new lines, and has 2 and 2"),
        (b" three\n", b" thr", "p.patch:9: the patch ends in the middle of a line"),
        (b"-1,3 +1,3", b"-1,2 +1,2", "p.patch:9: the hunk above says that it has ended"),
        (b"-1,3 +1,3", b"-1,1 +1,3", "p.patch:7: the hunk of line 5 says 1 old and 3 new lines, and this is one more"),
        (b"-1,3 +1,3", b"-1,9 +1,9", "is cut off: it says 9 old and 9 new lines, and has 3 and 3"),
        (b"-1,3 +1,3", b"-1,99999999999 +1,3", "p.patch:5: this is no hunk header"),
        (b"-1,3 +1,3", b"-0,3 +1,3", "p.patch:5: the hunk begins at line 0 and yet holds lines"),
        (b"-two\n+TWO\n", b" two\n", "p.patch:5: the hunk changes nothing"),
        (b"sbin/x.c", b"../x.c", "p.patch:1: the path '../x.c' climbs out of the tree"),
        (b"/sbin/x.c", b"//etc/x.c", "p.patch:1: the path '/etc/x.c' is absolute"),
        (b"sbin/x.c", b"sbin/.git/x.c", "reaches into a .git folder"),
        (b"sbin/x.c\n", b"sbin/x.c\r\n", "was saved with CRLF line ends"),
        (b"+++ b/sbin/x.c\n", b"", "a `+++ ` line is expected"),
        (b"+++ b/sbin/x.c\n", b"+++ b/sbin/y.c\n", "the hunks are for b/sbin/y.c, the line above says sbin/x.c"),
        (b"100644", b"160000", "160000 is no mode"),
    ],
)
def test_what_does_not_add_up_is_refused_with_its_place(old: bytes, new: bytes, said: str) -> None:
    assert said in wrong(GIT.replace(old, new))


def test_more_that_is_refused() -> None:
    hunk = GIT.partition(b"+++ b/sbin/x.c\n")[2]
    assert "a hunk with no file name above it" in wrong(b"words\n" + hunk)
    assert "a file name with no hunk" in wrong(b"Index: x.c\n=====\nRCS file: x\n")
    assert "both sides are /dev/null" in wrong(b"--- /dev/null\n+++ /dev/null\n@@ -1 +1 @@\n-a\n+b\n")
    assert "the hunks are for y.c, the Index: line says x.c" in wrong(
        b"Index: x.c\n====\n--- y.c\n+++ y.c\n@@ -1 +1 @@\n-a\n+b\n"
    )
    assert "two different names" in wrong(b"--- y.c\n+++ x.c\n@@ -1 +1 @@\n-a\n+b\n")
    assert "begins before the end" in wrong(GIT + hunk)
    assert "binary file differs, and not how" in wrong(
        b"diff --git a/x b/x\nindex 1..2 100644\nBinary files a/x and b/x differ\n"
    )
    assert "nothing is changed" in wrong(b"diff --git a/x b/x\n")
    assert "new file, and yet wants to find lines" in wrong(b"--- /dev/null\n+++ x\n@@ -1 +1 @@\n-a\n+b\n")


def test_what_is_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST", 1 << 20)
    assert "the patch has 2 MB" in wrong(b"x" * (2 << 20))
    monkeypatch.setattr(reading, "MOST_LINES", 100)
    assert "more than 100 lines" in wrong(b"\n" * 200)
    monkeypatch.setattr(reading, "MOST_FILES", 3)
    assert "more than 3 files" in wrong(GIT * 5)


def test_a_binary_patch_that_unfolds_is_stopped() -> None:
    packed = zlib.compress(b"\0" * (1 << 20))
    lines = b"".join(
        bytes([64 + len(part) if len(part) <= 26 else 70 + len(part)]) + base64.b85encode(part, pad=True) + b"\n"
        for part in (packed[at : at + 52] for at in range(0, len(packed), 52))
    )
    head = b"diff --git a/x b/x\nindex 1..2 100644\nGIT binary patch\n"
    assert read_diff(head + b"literal 1048576\n" + lines + b"\n", "p")[0].binary is not None
    assert "says 10 bytes and unfolds to others" in wrong(head + b"literal 10\n" + lines + b"\n")
    assert "unfolds to 9999999999 bytes" in wrong(head + b"literal 9999999999\n" + lines + b"\n")
    assert "no line of a binary patch" in wrong(head + b"literal 10\nA\xe9\n\n")


def test_unidiff_reads_the_same_hunks() -> None:
    before, after = numbered(60), numbered(60, l3=b"", l30=b"-- x\n", l31=b"++ y\n", l58=b"z\nz\n")
    raw = file_diff(RepoPath("x"), Version(before, FILE), Version(after, FILE))
    (mine,) = read_diff(raw, "p")
    (theirs,) = PatchSet(raw.decode())
    assert len(mine.hunks) == len(theirs) > 1
    for one, other in zip(mine.hunks, theirs, strict=True):
        assert [(line.op.decode(), line.text.decode()) for line in one.lines] == [
            (line.line_type, line.value) for line in other
        ]
