"""The audit as a page and as Markdown: what the terminal tells, everything of it, with a list of what there is."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from portkit.audit.run import Audit
from portkit.report.audit import Block, blocks, lead
from portkit.report.contract import iso
from portkit.report.page import Templates, render
from portkit.report.shown import one_line

WIDTH = 78


@dataclass(frozen=True, slots=True)
class AuditPage:
    """What the page shows. `day`: YYYY-MM-DD; `lead`: what it comes to; `blocks`: all that was found, by kind."""

    component: str
    day: str
    lead: tuple[str, ...]
    blocks: tuple[Block, ...]


def audit_page(found: Audit) -> AuditPage:
    """The view of an audit."""
    return AuditPage(
        found.component, iso(found.upstream_date)[:10], tuple(lead(found)), tuple(blocks(found, every=True))
    )


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
