"""Templates of the user's: they replace portkit's, see values and nothing else, and err with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_outcomes import component, conflict, hostile, parked

from portkit.errors import UserError
from portkit.report import page
from portkit.report.page import Templates
from portkit.report.weekly import render, weekly
from portkit.store.templates import read_templates

VIEW = weekly([component(parked(1, conflict()))], as_of="2012-08-15")


def html(**texts: str) -> str:
    own = Templates({name.replace("_", ".", 1).replace("_", "."): text for name, text in texts.items()})
    return render(VIEW, "html", own).decode()


def test_a_template_takes_the_place_of_portkits() -> None:
    assert html(weekly_html_j2="<p>{{ view.as_of }}</p>") == "<p>2012-08-15</p>"
    assert "body { color: teal }" in html(report_css="body { color: teal }")
    assert html(base_html_j2="only {% block heading %}{% endblock %}").startswith("only Upstream sync")


def test_a_template_may_change_one_block_of_the_one_it_replaces() -> None:
    text = html(weekly_html_j2='{% extends "built-in/weekly.html.j2" %}{% block heading %}Mine{% endblock %}')
    assert "<h1>Mine</h1>" in text
    assert "Waits for you" in text
    assert text.count("<!DOCTYPE html>") == 1


def test_a_file_of_ones_own_can_be_included() -> None:
    assert html(weekly_html_j2="{% include 'sign.html.j2' %}", sign_html_j2="<hr>") == "<hr>"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("one\n{% if %}", 2, "does not parse"),
        ("one\n\n{{ view.nothing_of_the_kind }}", 3, "nothing_of_the_kind"),
        ("{{ nothing }}", 1, "nothing"),
        ("\n{{ view.as_of | nofilter }}", 2, "nofilter"),
        ("\n\n{{ 1 / 0 }}", 3, "division by zero"),
        ("\n{% include 'lost.html.j2' %}", 2, "lost.html.j2"),
        ("\n{% extends 'lost.html.j2' %}", 2, "lost.html.j2"),
        ("\n{{ ''.__class__.__mro__ }}", 2, "__class__"),
        ("\n{{ lag.__globals__ }}", 2, "__globals__"),
        ("\n{% for one in range(100000000) %}{% endfor %}", 2, "Range too big"),
        ("{% macro m() %}{{ m() }}{% endmacro %}\n{{ m() }}", 1, "RecursionError"),
    ],
)  # fmt: skip
def test_a_broken_one_is_an_error_with_file_and_line(text: str, line: int, says: str) -> None:
    with pytest.raises(UserError) as told:
        html(weekly_html_j2=text)
    assert told.value.where == f"reports/templates/weekly.html.j2:{line}"
    assert says in f"{told.value.what} {told.value.cause}"
    assert "docs/templates.md" in told.value.hint


def test_a_broken_shell_is_told_as_the_shell() -> None:
    with pytest.raises(UserError) as told:
        html(base_html_j2="\n{{ oops }}")
    assert told.value.where == "reports/templates/base.html.j2:2"


def test_what_fails_in_portkits_own_is_no_mistake_of_the_users() -> None:
    with pytest.raises(Exception, match="as_of") as told:
        page.render("weekly.html.j2", object(), Templates({"other.html.j2": ""}))
    assert not isinstance(told.value, UserError)


def test_a_template_of_ones_own_cannot_bring_text_to_life() -> None:
    view = weekly([hostile()], as_of="2012-08-15")
    text = "{% for one in view.components %}{{ one.outcome.name }}{% endfor %}"
    made = render(view, "html", Templates({"weekly.html.j2": text})).decode()
    assert "<" not in made
    assert "\x1b" not in made
    assert "{{ 7*7 }}" in made


def test_the_names_are_those_of_the_files() -> None:
    assert {"base.html.j2", "pieces.html.j2", "report.css", "weekly.html.j2"} <= set(page.names())


def test_templates_are_read_from_their_folder(tmp_path: Path) -> None:
    assert read_templates(tmp_path / "none").texts == {}
    (tmp_path / "weekly.html.j2").write_text("é", "utf-8")
    (tmp_path / "README.md").write_text("no template")
    assert read_templates(tmp_path, "here") == Templates({"weekly.html.j2": "é"}, "here")
    (tmp_path / "weekly.html.j2").write_bytes(b"\xff")
    with pytest.raises(UserError) as told:
        read_templates(tmp_path)
    assert told.value.where == str(tmp_path / "weekly.html.j2")
