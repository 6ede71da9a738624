"""Pictures: well-formed, in the page's ink, nothing alive in them, the numbers beneath."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from report_outcomes import component, conflict, parked

from portkit.report.pictures import pictures
from portkit.report.plots import Picture, Series, bars, lines
from portkit.report.weekly import weekly

NAME = "<script>alert(1)</script>\x1b[1m\u202e &amp; {{ 7*7 }} \"'"


def drawing(picture: Picture) -> ElementTree.Element:
    return ElementTree.fromstring(str(picture.drawing))


def test_a_line_goes_through_its_points() -> None:
    picture = lines("Lag", "days", [Series("a", (("2012-08-01", 0), ("2012-08-11", 50), ("2012-08-21", 100)))])
    path = next(one for one in drawing(picture).iter("path") if one.get("d", "").count("L") == 2)
    points = [tuple(map(float, one.split())) for one in re.findall(r"[ML]([\d.]+ [\d.]+)", path.get("d", ""))]
    (x0, y0), (x1, y1), (x2, y2) = points
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.2)
    assert y2 < y1 < y0
    assert picture.head == ("day", "a")
    assert picture.rows == (("2012-08-01", "0"), ("2012-08-11", "50"), ("2012-08-21", "100"))


def test_steps_keep_a_number_until_the_next() -> None:
    picture = lines("Done", "", [Series("a", (("2012-08-01", 0), ("2012-08-11", 5)))], steps=True)
    assert re.search(r'd="M[\d. ]+H[\d.]+V[\d.]+"', str(picture.drawing))


def test_lines_are_told_apart_without_colour() -> None:
    several = [Series(f"s{at}", (("2012-08-01", at), ("2012-08-02", at))) for at in range(5)]
    text = str(lines("Lag", "days", several).drawing)
    assert len(set(re.findall(r'stroke-dasharray="([^"]*)"', text))) == 5
    assert not re.search(r"(?:stroke|fill)=\"#|rgb", text)
    labels = [
        float(one.get("y", "0")) for one in drawing(lines("", "", several)).iter("text") if (one.text or "")[:1] == "s"
    ]
    assert all(b - a >= 12 for a, b in zip(sorted(labels), sorted(labels)[1:], strict=False))


@pytest.mark.parametrize("series", [[], [Series("a", ())], [Series("a", (("2012-08-01", 0),))]])
def test_little_to_draw_is_drawn(series: list[Series]) -> None:
    assert drawing(lines("Lag", "days", series)).tag == "svg"
    assert drawing(bars("Kinds", "places", [])).tag == "svg"


def test_bars_carry_their_numbers() -> None:
    picture = bars("Kinds", "places", [("content", 30), ("mode", 15), ("none", 0)], "kind")
    widths = [float(one.get("width", "0")) for one in drawing(picture).iter("rect")]
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.2)
    assert widths[2] == 0
    assert "content: 30; mode: 15; none: 0" in drawing(picture).get("aria-label", "")
    assert picture.rows == (("content", "30"), ("mode", "15"), ("none", "0"))


def test_names_are_text() -> None:
    for picture in (
        bars(NAME, NAME, [(NAME, 1), ("y" * 100_000, 2)]),
        lines(NAME, NAME, [Series(NAME, (("2012-08-01", 1),))]),
    ):
        text = str(picture.drawing)
        assert "<script" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert len(text) < 8000
        assert drawing(picture).tag == "svg"


def test_what_does_not_fit_is_drawn_by_cause_where_causes_are_known() -> None:
    several = [conflict(f"c-{number:012x}") for number in range(3)]
    outcome = component(parked(1, *several[:2]), parked(2, several[2]))
    (by_kind,) = pictures(weekly([outcome], as_of="2012-08-15"))
    assert (by_kind.title, by_kind.rows) == ("What does not fit, by kind", (("content", "3"),))
    causes = {several[0].id: ("local-patch",), several[1].id: ("local-patch", "drift")}
    (by_cause,) = pictures(weekly([outcome], as_of="2012-08-15", causes=causes))
    assert by_cause.rows == (("local-patch", "2"), ("drift", "1"), ("not looked for", "1"))
