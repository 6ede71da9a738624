"""The search for the smallest sets: what it finds, and how many trials it takes."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from portkit.triage.minimal import smallest


def needing(*sets: str) -> list[frozenset[str]]:
    return [frozenset(one) for one in sets]


@pytest.mark.parametrize(
    ("sets", "found"),
    [
        (("a",), ["a"]),
        (("a", "c"), ["a", "c"]),
        (("ab",), ["ab"]),
        (("ab", "cd"), ["ab", "cd"]),
        (("abc",), ["abc"]),
        (("abd", "bcde"), ["abd"]),
        (("abcde",), ["abcde"]),
        ((), []),
    ],
)
def test_what_is_found(sets: tuple[str, ...], found: list[str]) -> None:
    wanted = needing(*sets)

    def suffices(chosen: tuple[str, ...]) -> bool:
        return any(one <= set(chosen) for one in wanted)

    answer = smallest("abcde", suffices, 80)
    assert ["".join(one) for one in answer.sets] == found
    assert not answer.cut
    for one in answer.sets:
        fewer = chain.from_iterable(combinations(one, size) for size in range(1, len(one)))
        assert not any(suffices(other) for other in fewer)


def test_what_spoils_another_is_no_part_of_the_set() -> None:
    answer = smallest("abcd", lambda chosen: {"a", "b", "c"} <= set(chosen) or set(chosen) == {"a", "b", "c", "d"}, 80)
    assert answer.sets == (("a", "b", "c"),)


def test_the_bound_is_kept_and_said() -> None:
    asked: list[tuple[str, ...]] = []

    def never(chosen: tuple[str, ...]) -> bool:
        asked.append(chosen)
        return False

    answer = smallest("abcdefgh", never, 10)
    assert answer.cut
    assert answer.sets == ()
    assert len(asked) == answer.trials == 10


def test_no_set_is_tried_twice() -> None:
    asked: list[tuple[str, ...]] = []

    def together(chosen: tuple[str, ...]) -> bool:
        asked.append(chosen)
        return set("abc") <= set(chosen)

    smallest("abcdef", together, 80)
    assert len(asked) == len(set(asked))
