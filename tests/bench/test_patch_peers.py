"""A seeded thousand of generated patches: git apply, GNU patch and quilt make the same of them as portkit, or a known
rule of theirs says why not."""

from __future__ import annotations

import shutil

import pytest

from bench.patch_peers import RULES, cases, compare


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
        assert found.same["patch"] == 1000


def test_the_same_seed_gives_the_same_cases() -> None:
    assert cases(20, 7) == cases(20, 7) != cases(20, 8)
