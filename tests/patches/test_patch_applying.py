"""Applying: exact, off by some lines, with fuzz, or not at all; each is a value."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from diffs import FILE, files, numbered
from hypothesis import given
from hypothesis import strategies as st

from portkit.merge.file import SYMLINK, Version
from portkit.patches.applying import apply_file, apply_hunks, apply_patch, undelta
from portkit.patches.patchid import patch_id
from portkit.patches.reading import read_diff
from portkit.patches.values import FilePatch
from portkit.patches.writing import file_diff, tree_diff
from portkit.paths import RepoPath

X = RepoPath("x")


def patch(before: bytes, after: bytes) -> FilePatch:
    (one,) = read_diff(file_diff(X, Version(before, FILE), Version(after, FILE)), "p")
    return one


def test_a_patch_that_fits_exactly() -> None:
    one = patch(numbered(20), numbered(20, l10=b"ten\n"))
    done = apply_file(one, {X: Version(numbered(20), FILE)})
    assert done.applies and done.result == Version(numbered(20, l10=b"ten\n"), FILE)
    assert (done.offset, done.fuzz) == (0, 0) and done.hunks[0].exact


def test_an_offset_is_told_and_carries_on_to_the_next_hunk() -> None:
    one = patch(numbered(40), numbered(40, l10=b"ten\n", l30=b"thirty\n"))
    content, placed = apply_hunks(one.hunks, b"new\nnew\n" + numbered(40))
    assert content == b"new\nnew\n" + numbered(40, l10=b"ten\n", l30=b"thirty\n")
    assert [(hunk.at, hunk.offset) for hunk in placed] == [(8, 2), (28, 0)]


def test_fuzz_is_used_only_where_it_is_allowed() -> None:
    one = patch(numbered(20), numbered(20, l10=b"ten\n"))
    drifted = numbered(20, l7=b"other\n")
    assert not apply_file(one, {X: Version(drifted, FILE)}).applies
    done = apply_file(one, {X: Version(drifted, FILE)}, fuzz=2)
    assert done.applies and done.fuzz == 1
    assert done.result == Version(numbered(20, l7=b"other\n", l10=b"ten\n"), FILE)
    assert not apply_file(one, {X: Version(numbered(20, l10=b"other\n"), FILE)}, fuzz=3).applies


def test_several_places_that_fit_are_counted_and_the_nearest_is_taken() -> None:
    block = b"a\nb\nc\nd\ne\nf\ng\n"
    one = patch(numbered(30) + block, numbered(30) + block.replace(b"d", b"D"))
    content, (placed,) = apply_hunks(one.hunks, numbered(10) + block + numbered(17) + block + b"end\n")
    assert placed.places == 2 and placed.offset == 4
    assert content == numbered(10) + block + numbered(17) + block.replace(b"d", b"D") + b"end\n"


def test_what_is_in_the_way() -> None:
    new = read_diff(file_diff(RepoPath("a/b"), None, Version(b"x\n", FILE)), "p")
    assert apply_patch(new, {RepoPath("a"): Version(b"", FILE)}).applied[0].reason == "a, above it, is no folder"
    link = {RepoPath("a"): Version(b"/etc", SYMLINK)}
    assert not apply_patch(new, link).applies
    assert apply_patch(new, {RepoPath("a/b"): Version(b"", FILE)}).applied[0].reason == "a/b is there already"
    change = patch(b"1\n", b"2\n")
    assert apply_file(change, {}).reason == "there is no file x"
    assert "symbolic link" in apply_file(change, {X: Version(b"1\n", SYMLINK)}).reason
    assert "for lines" in apply_file(change, {X: Version(b"1\n\0", FILE)}).reason
    (gone,) = read_diff(file_diff(X, Version(b"1\n2\n", FILE), None), "p")
    assert apply_file(gone, {X: Version(b"1\n2\n3\n", FILE)}).reason == "it removes the file, and lines are left in it"
    assert apply_file(gone, {X: Version(b"1\n2\n", FILE)}).result is None


def test_all_files_of_a_patch_or_none() -> None:
    before, after = files(a=b"1\n", b=b"1\n"), files(a=b"2\n", b=b"2\n")
    both = read_diff(tree_diff(before, after), "p")
    assert apply_patch(both, before).files == after
    half = files(a=b"1\n", b=b"9\n")
    outcome = apply_patch(both, half)
    assert not outcome.applies and outcome.files == half


def test_renames_and_modes_and_binary_contents() -> None:
    text = b"diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n"
    assert apply_patch(read_diff(text, "p"), files(x=b"1\n")).files == files(y=b"1\n")
    text = b"diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"
    assert apply_patch(read_diff(text, "p"), files(x=b"1\n")).files == {X: Version(b"1\n", 0o100755)}
    before, after = {X: Version(b"\0\1" * 40000, FILE)}, {X: Version(b"\0\2" * 90, FILE)}
    assert apply_patch(read_diff(tree_diff(before, after), "p"), before).files == after


def test_a_delta_that_unfolds_or_reaches_out_is_refused() -> None:
    assert undelta(bytes([3, 3, 0b10010000, 3]), b"abc") == b"abc"
    assert undelta(bytes([3, 3, 0b10010000, 9]), b"abc") is None
    assert undelta(bytes([3, 3, 0b10010000, 3, 0b10010000, 3]), b"abc") is None
    assert undelta(bytes([4, 3, 0b10010000, 3]), b"abc") is None
    assert undelta(bytes([3, 3, 0]), b"abc") is None
    assert undelta(b"", b"abc") is None


def test_a_bomb_of_equal_lines_takes_no_time() -> None:
    blank = b"\n" * 200_000
    one = patch(b"\n" * 2000 + b"x\n", b"\n" * 2000 + b"y\n")
    assert not apply_file(one, {X: Version(blank, FILE)}, fuzz=2).applies


@pytest.mark.parametrize("fuzz", [0, 3])
def test_many_hunks_that_fit_nowhere_are_told_one_by_one(fuzz: int) -> None:
    one = patch(numbered(100), numbered(100, l10=b"ten\n", l50=b"fifty\n"))
    content, placed = apply_hunks(one.hunks, numbered(100, l50=b"other\n"), fuzz=fuzz)
    assert [hunk.fits for hunk in placed] == [True, False]
    assert content == numbered(100, l10=b"ten\n", l50=b"other\n")


LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"\n", b"\x0c\n", b"c\r\n", b"-- \n", b"@@ -1 +1 @@\n", b"\xe9\n"]))
ENDS = st.sampled_from([b"", b"", b"end", b"\r"])


@given(LINES, ENDS, LINES, ENDS)
def test_a_diff_applied_gives_the_other_side(one: list[bytes], end: bytes, two: list[bytes], other: bytes) -> None:
    before, after = {X: Version(b"".join(one) + end, FILE)}, {X: Version(b"".join(two) + other, FILE)}
    patches = read_diff(tree_diff(before, after), "p")
    outcome = apply_patch(patches, before)
    assert outcome.applies and outcome.files == after
    assert all(hunk.exact for done in outcome.applied for hunk in done.hunks)


@given(LINES, LINES, st.integers(0, 30))
def test_the_patch_id_is_blind_to_line_shifts(one: list[bytes], two: list[bytes], shift: int) -> None:
    top = b"".join(b"top %d\n" % number for number in range(5))
    before, after = top + b"".join(one) + top, top + b"".join(two) + top
    if before == after:
        return
    more = b"".join(b"more %d\n" % number for number in range(shift))
    assert patch_id([patch(before, after)]) == patch_id([patch(more + before, more + after)])
    assert patch_id([patch(before, after)]) != patch_id([patch(before, after + b"z\n")])


def test_the_patch_id_is_git_s(tmp_path: Path) -> None:
    before = {
        RepoPath("a b.c"): Version(numbered(30), FILE),
        RepoPath("gone"): Version(b"1\n", FILE),
        X: Version(b"1\n", FILE),
    }
    after = {
        RepoPath("a b.c"): Version(numbered(30, l3=b"x y\n", l25=b"") + b"end", FILE),
        RepoPath("new"): Version(b"\tz\n", 0o100755),
        X: Version(b"1\n", 0o100755),
    }
    raw = tree_diff(before, after)
    done = subprocess.run(["git", "patch-id", "--stable"], input=raw, capture_output=True, cwd=tmp_path, check=True)
    assert done.stdout.split()[0].decode() == patch_id(read_diff(raw, "p"))
