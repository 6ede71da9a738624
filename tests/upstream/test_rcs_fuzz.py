"""Mutated RCS files: the reader ends, and raises nothing but its one error (bench/rcs_fuzz.py takes more of them)."""

from __future__ import annotations

import time

import pytest

from bench.rcs_fuzz import SEEDS, SLOW, mutants, read


def test_the_seeds_are_whole() -> None:
    assert all(read(seed) for seed in SEEDS)


@pytest.mark.parametrize("seed", [11, 12])
def test_nothing_but_the_one_error(seed: int) -> None:
    whole = 0
    for number, data in enumerate(mutants(SEEDS, 2500, seed)):
        start = time.monotonic()
        try:
            whole += read(data)
        except Exception as error:
            raise AssertionError(f"input {number} of seed {seed}: {data!r}") from error
        assert time.monotonic() - start < SLOW
    assert 0 < whole < 2500, "some mutations hurt, some do not"


def test_the_same_seed_gives_the_same_inputs() -> None:
    assert list(mutants(SEEDS, 20, 3)) == list(mutants(SEEDS, 20, 3))
    assert list(mutants(SEEDS, 20, 3)) != list(mutants(SEEDS, 20, 4))
