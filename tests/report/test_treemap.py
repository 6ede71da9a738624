"""Boxes by weight, and the page they stand in."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portkit.paths import RepoPath
from portkit.report.tree_page import shade, tree_page
from portkit.report.treemap import Box, boxes
from portkit.survey.model import Derived, Place, Recorded, Standing, Survey


@given(some.lists(some.floats(min_value=0.5, max_value=5000), min_size=1, max_size=60))
def test_boxes_fill_the_area_by_their_weights_and_do_not_overlap(weights: list[float]) -> None:
    weights.sort(reverse=True)
    area = Box(3, 5, 400, 300)
    found = boxes(weights, area)
    for weight, box in zip(weights, found, strict=True):
        assert box.width * box.height == pytest.approx(weight / sum(weights) * 400 * 300, rel=1e-6)
        assert area.x - 1e-6 <= box.x
        assert box.x + box.width <= area.x + area.width + 1e-6
        assert area.y - 1e-6 <= box.y
        assert box.y + box.height <= area.y + area.height + 1e-6
    for number, one in enumerate(found):
        for other in found[number + 1 :]:
            across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
            down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
            assert min(across, down) < 1e-3


def test_nothing_to_draw() -> None:
    assert boxes([], Box(0, 0, 10, 10)) == []
    assert boxes([1.0], Box(0, 0, 0, 10))[0].width == 0


def place(folder: str, changesets: int, *, files: int = 4, newer: int = 0, component: str = "") -> Place:
    behind = min(files, changesets)
    return Place(folder, files, 100 * files, behind, changesets, 9 * changesets, newer, 0, 0, "sbin/x", component)


def test_the_shade_grows_with_what_is_missing() -> None:
    assert [shade(place("a", number)) for number in (0, 1, 4, 5, 20, 80)] == ["s0", "s1", "s1", "s2", "s3", "s4"]
    assert shade(place("a", 0, files=4, newer=3)) == "new"
    assert shade(place("a", 2, files=4, newer=3)) == "s1"


def survey(*every: Place) -> Survey:
    file = Derived(
        RepoPath("sbin/<b>x</b>/f.c"), 9, Standing.RESOLVED, Recorded("f.c", "1.1", 0, "krw", 1),
        RepoPath("sbin/x/f.c"), "1.1", "c" * 40, 2, 9, "sure", False, ("1" * 40, "2" * 40),
    )  # fmt: skip
    best = tuple(one for one in every if one.changesets)
    return Survey("a" * 40, "b" * 40, 1_300_000_000, 99, (file,), every, best)


def test_the_page_stands_alone_and_leads_to_every_folder() -> None:
    every = (place("sbin/<b>x</b>", 25), place("sys/net", 0), place("usr.bin/m4", 3, component="m4"))
    page = tree_page(survey(*every), "OpenBSD", "openbsd").decode()
    assert "<b>x</b>" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert "<script" not in page
    links, ids = set(re.findall(r'href="#(\w+)"', page)), set(re.findall(r'<tr id="(\w+)"', page))
    assert links == ids
    assert len(ids) == 3
    assert page.count("<svg ") == 2
    assert "portkit sync m4" in page
    assert "sbin/x/f.c: sbin/&lt;b&gt;x&lt;/b&gt;/f.c" in page
    assert 'aria-label="sys/net: 0 changesets missing' in page
    assert tree_page(survey(*every), "OpenBSD", "openbsd").decode() == page


def test_a_survey_that_finds_nothing_is_a_page_too() -> None:
    page = tree_page(survey(), "OpenBSD", "openbsd").decode()
    assert "Nothing that came from upstream is behind" in page
