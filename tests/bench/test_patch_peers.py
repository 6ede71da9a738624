"""A seeded thousand of generated patches: git apply, GNU patch and quilt make the same of them as portkit, or a known
rule of theirs says why not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.patch_peers import RULES, Case, as_patch, cases, compare, explained, gnu_patch, portkit
from portkit.patches.reading import read_diff
from portkit.paths import RepoPath


@pytest.fixture(scope="module", autouse=True)
def _programs() -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not here")


def test_a_seeded_thousand() -> None:
    found = compare(1000, 20120731, quilted=200)
    assert found.count == 1000
    assert [(program, case.name) for program, case in found.unexplained] == []
    assert set(found.rules) <= set(RULES)
    assert found.same["git"] > 950
    if shutil.which("patch"):
        assert found.same["patch"] + found.rules["patch: overlap"] + found.rules["patch: bare"] >= 1000
        assert found.same["patch"] > 990


def test_the_same_seed_gives_the_same_cases() -> None:
    assert cases(20, 7) == cases(20, 7) != cases(20, 8)


def test_gnu_patch_lets_a_hunk_begin_within_the_context_behind_the_one_before(tmp_path: Path) -> None:
    if shutil.which("patch") is None:
        pytest.skip("GNU patch is not here")
    name = RepoPath("f.c")
    diff = b"--- a/f.c\n+++ b/f.c\n@@ -1,3 +1,4 @@\n a\n+new\n b\n c\n@@ -5,2 +6,3 @@\n c\n+more\n d\n"
    (patch,) = read_diff(diff, name)
    case = Case(name, diff, b"a\nb\nc\nd\ne\n", patch.hunks)
    made = gnu_patch([case], tmp_path / "patch")[name]
    assert made == as_patch(case) == b"a\nnew\nb\nc\nmore\nd\ne\n"
    assert portkit(case) == b"a\nnew\nb\nc\nd\ne\n"
    assert explained(case, "patch", made) == "patch: overlap"


def test_the_emulation_of_gnu_patch_is_right_where_nothing_differs_too(tmp_path: Path) -> None:
    if shutil.which("patch") is None:
        pytest.skip("GNU patch is not here")
    every = cases(200, 11)
    made = gnu_patch(every, tmp_path / "patch")
    assert {case.name: as_patch(case) for case in every} == made
