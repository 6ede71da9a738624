"""The audit as a page and as Markdown: what the terminal tells, everything of it, with a list of what there is."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portkit.audit.run import Audit
from portkit.report import mail
from portkit.report.audit import Block, blocks, first_line, lead
from portkit.report.audit_answers import Answer, answers, commands
from portkit.report.contract import iso
from portkit.report.page import Templates, render
from portkit.report.shown import one_line
from portkit.report.view import Command, Page

WIDTH = 78


@dataclass(frozen=True, slots=True)
class AuditPage:
    """What the page shows. `day`: YYYY-MM-DD; `first`: what was looked at; `answers`: to the four questions; `next`:
    what to run; `pages`: what else is written of the component; `lead`: how it was looked at; `blocks`: all that was
    found, by kind."""

    component: str
    day: str
    first: str
    answers: tuple[Answer, ...]
    next: tuple[Command, ...]
    pages: tuple[Page, ...]
    lead: tuple[str, ...]
    blocks: tuple[Block, ...]


def audit_page(found: Audit, pages: Sequence[Page] = ()) -> AuditPage:
    """The view of an audit. `pages`: what else is written of the component."""
    return AuditPage(
        found.component, iso(found.upstream_date)[:10], first_line(found), answers(found), commands(found),
        tuple(pages), tuple(lead(found)), tuple(blocks(found, every=True)),
    )  # fmt: skip


def html(view: AuditPage, own: Templates | None = None) -> bytes:
    """The page, UTF-8."""
    return render("audit.html.j2", view, own)


def markdown(view: AuditPage) -> bytes:
    """The same as a mail, UTF-8, at most WIDTH columns. What comes from a repository stands in indented blocks, where
    Markdown reads nothing."""
    return ("\n".join(_lines(view)) + "\n").encode("utf-8", "backslashreplace")


def _lines(view: AuditPage) -> Iterator[str]:
    name = view.component if re.fullmatch(r"[A-Za-z0-9-]+", view.component) else f"`{one_line(view.component)}`"
    yield f"# Audit of {name}, {view.day}"
    yield ""
    yield from _wrapped(view.first, "    ", "    ")
    for answer in view.answers:
        yield ""
        yield from _wrapped(f"{answer.term}: {answer.text}", "    ", "        ")
    yield ""
    yield "Next:"
    yield ""
    yield mail.block(mail.commands(view.next))
    for text in view.lead:
        yield ""
        yield from _wrapped(text, "    ", "    ")
    for block in view.blocks:
        yield ""
        yield f"## {block.title}"
        if block.note:
            yield ""
            yield from textwrap.wrap(f"{block.note[:1].upper()}{block.note[1:]}.", WIDTH)
        yield ""
        for item in block.items:
            yield from _wrapped(item.text, "    ", "        ")
            for more in item.more:
                yield from _wrapped(more, "        ", "          ")


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        one_line(text, 4000), WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
