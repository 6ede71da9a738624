"""The weekly report as one page: self-contained, asks nobody for anything, works without a script.

Everything is escaped by the template, and made printable before that, whatever it is and wherever it comes from.
"""

from __future__ import annotations

from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from portkit.report import wording
from portkit.report.contract import iso, revisions
from portkit.report.shown import cut, log, one_line, sides
from portkit.report.view import Weekly
from portkit.text import printable


def page(view: Weekly) -> bytes:
    """The page, UTF-8."""
    text = _environment().from_string(_read("weekly.html.j2")).render(view=view, style=Markup(_read("weekly.css")))
    return text.encode("utf-8", "backslashreplace")


def _environment() -> Environment:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_finalized, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {
        "day": lambda seconds: iso(seconds)[:10],
        "line": one_line,
        "log": log,
        "counted": wording.counted,
    }
    environment.globals |= {
        "lag": wording.lag,
        "landed_sentence": wording.landed_sentence,
        "revisions": revisions,
        "sides": sides,
        "summary": wording.summary,
        "place": wording.place,
        "used": wording.used,
        "waiting_sentence": wording.waiting_sentence,
    }
    return environment


def _finalized(value: object) -> object:
    """What is about to be escaped and written: printable, and not endless."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else printable(cut(value, 200_000))


def _read(name: str) -> str:
    return (resources.files("portkit.report") / "templates" / name).read_text("utf-8")
