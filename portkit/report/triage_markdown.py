"""The triage report as Markdown that reads as a plain mail, at 72 columns.

As in the weekly one, what comes from a repository stands in indented blocks, where Markdown reads nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from portkit.report.card_wording import KINDS, named, proof
from portkit.report.contract import iso
from portkit.report.shown import counted, headline, one_line, sides
from portkit.report.triage import Place, Triage, TriageComponent, TriageRoot
from portkit.report.type_check import told
from portkit.report.wording import place as place_of
from portkit.triage.card import CauseKind

WIDTH = 72
_INDENT = "    "
_SIDE_LINES = 6


def markdown(view: Triage) -> bytes:
    """The report, UTF-8."""
    blocks = [f"# What waits for you, {view.as_of}", *_told(view)]
    return ("\n\n".join(blocks) + "\n").encode("utf-8", "backslashreplace")


def _told(view: Triage) -> Iterator[str]:
    if not view.places:
        yield "Nothing waits."
        return
    roots, places = counted(len(view.roots), "changeset"), counted(len(view.places), "place")
    verb = "does" if len(view.roots) == 1 else "do"
    more = f"; {view.blocked} more {'waits' if view.blocked == 1 else 'wait'} for them" if view.blocked else ""
    yield _prose(f"{roots} {verb} not fit, in {places}{more}.")
    confirmed = f"A cause is confirmed by trial merges in {view.proved} of {places}"
    drift = f"; in {view.drift} nothing can be named" if view.drift else ""
    refuted = f"; {counted(view.refuted, 'guess', 'guesses')} refuted" if view.refuted else ""
    yield _prose(f"{confirmed}{drift}{refuted}.")
    for component in view.components:
        yield from _component(component)


def _component(component: TriageComponent) -> Iterator[str]:
    outcome, order = component.outcome, component.order
    yield f"## {_quiet(outcome.name)}"
    if order is not None:
        yield _prose(f"{order.prefix} of {counted(len(outcome.changesets), 'changeset')} fit as they come, before the "
                     "first that does not.")  # fmt: skip
        if component.steps:
            yield "What resolving would free, the most by the fewest:"
            lines: list[str] = []
            for step in component.steps:
                roots = ", ".join(f"{component.number_of(root)}. {root[:10]}" for root in step.roots)
                note = "" if step.tried else " (by what waits for what)"
                lines += _wrapped(f"{len(step.frees):3}  by {roots}{note}", "     ")
            yield _block(lines)
    for root in component.roots:
        yield from _root(root)


def _root(root: TriageRoot) -> Iterator[str]:
    changeset = root.outcome.changeset
    yield f"### {root.number}. {changeset.id[:10]}, {root.outcome.state}"
    about = f"{iso(changeset.date)[:10]} {one_line(changeset.author.login)}"
    lines = [*_wrapped(headline(changeset.message, 200) or "(no log)", ""), about]
    if root.blocks:
        lines.append(f"blocks {counted(len(root.blocks), 'changeset')}")
    for number, text in enumerate(told(root.outcome.check) if root.outcome.check is not None else ()):
        lines += _wrapped(text if number else f"type check: {text}", "  ")
    yield _block(lines)
    for place in root.places:
        yield _block(_place(place))


def _place(place: Place) -> Iterator[str]:
    one = place.waits
    kind = f" ({one.kind})" if one.kind != "content" else ""
    yield from _wrapped(f"{one.id}  {one_line(place_of(one))}{kind}", "  ")
    for cause in place.causes:
        if cause.kind is CauseKind.DRIFT:
            yield from _wrapped(f"  why: {proof(cause)}", "       ")
            continue
        yield from _wrapped(f"  why: {KINDS[cause.kind]} {named(cause)}, {cause.proof}", "       ")
        yield from _wrapped(f"       {headline(cause.subject)}", "       ")
        yield from _wrapped(f"       {proof(cause)}", "       ")
    shown = sides(one.base, one.ours, one.theirs, _SIDE_LINES, one.whose) if one.conflict is not None else ()
    for side in shown:
        yield f"  {side.name}: {side.note}" if side.note else f"  {side.name}:"
        for line in side.lines:
            yield f"    {'>' if line.changed else ' '} {line.text}".rstrip()
    for number, command in enumerate(place.next):
        yield ("  next: " if not number else "        ") + one_line(command.text)


def _quiet(name: str) -> str:
    return "".join(f"\\{one}" if one in "\\`*_{}[]()#+!|<>&~" else one for one in one_line(name))


def _prose(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_on_hyphens=False)


def _wrapped(text: str, indent: str) -> list[str]:
    width = WIDTH - len(_INDENT)
    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False, drop_whitespace=True) or [""]


def _block(lines: Iterable[str]) -> str:
    return "\n".join(f"{_INDENT}{line}".rstrip() for line in lines)
