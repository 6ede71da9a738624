"""Which folders an index covers."""

from __future__ import annotations

import pytest

from portkit.upstream.folders import covers, without_the_covered


@pytest.mark.parametrize(
    ("path", "covered"),
    [("sbin/dhclient", True), ("sbin/dhclient/a.c", True), ("sbin/dhclient2", False), ("sbin", False), ("", False)],
)
def test_a_folder_covers_what_is_inside_it(path: str, covered: bool) -> None:
    assert covers(frozenset({"sbin/dhclient", "lib"}), path) is covered


def test_the_top_covers_everything() -> None:
    assert covers(frozenset({""}), "usr.sbin/ntpd/ntpd.c")


@pytest.mark.parametrize(
    ("folders", "left"),
    [
        (["b", "a/c", "a", "a/c/d", "b"], ("a", "b")),
        (["ab", "a"], ("a", "ab")),
        (["a", "", "b/c"], ("",)),
        ([], ()),
    ],
)
def test_what_is_inside_another_is_left_out(folders: list[str], left: tuple[str, ...]) -> None:
    assert without_the_covered(folders) == left
