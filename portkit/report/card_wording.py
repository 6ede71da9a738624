"""What a card says, in the same words on the terminal, in a mail and on the page."""

from __future__ import annotations

from collections.abc import Iterator

from portkit.report.contract import iso
from portkit.report.shown import counted, headline, one_line
from portkit.triage.card import Card, Cause, CauseKind, Proof, Span

KINDS = {
    CauseKind.LOCAL_PATCH: "local patch",
    CauseKind.LOCAL_COMMIT: "local commit",
    CauseKind.MISSING_CHANGESET: "missing changeset",
    CauseKind.UPSTREAM_CHANGESET: "upstream's changeset",
    CauseKind.DRIFT: "drift",
}


def short(ref: str) -> str:
    """A hash as people read it; of a patch its name."""
    if len(ref) >= 40 and all(one in "0123456789abcdef" for one in ref):
        return ref[:10]
    return one_line(ref.rpartition("/")[2].removesuffix(".patch"))


def named(cause: Cause) -> str:
    """Which commit or patch a cause is, when, whose, in one line."""
    if cause.kind is CauseKind.DRIFT:
        return "drift"
    when = f" of {iso(cause.date)[:10]}" if cause.date else ""
    who = f" by {one_line(cause.author)}" if cause.author else ""
    return f"{short(cause.ref)}{when}{who}"


def proof(cause: Cause) -> str:
    """What the trial merges say of a cause, in a sentence or two."""
    if cause.kind is CauseKind.DRIFT:
        return one_line(cause.why)
    if cause.kind is CauseKind.UPSTREAM_CHANGESET:
        said = {
            Proof.CONFIRMED: "Tried: upstream's file as it was just before it takes the patch, and this one does not.",
            Proof.REFUTED: "Tried: the patch fits after it, too.",
            Proof.UNTESTED: "It changed these lines as well.",
        }
        return said[cause.proof]
    others = " and ".join(map(short, cause.together))
    both = f" together with {others}" if others else ""
    if cause.rest:
        return "Tried: all that differs is what it put, or took."
    if cause.kind is CauseKind.MISSING_CHANGESET:
        place = "in its place among what is pending" if cause.in_order else "first"
        said = {
            Proof.CONFIRMED: f"Tried: with it taken {place}{both}, this is clean and upstream's change.",
            Proof.REFUTED: "Tried: with it taken first, this still does not fit.",
            Proof.UNTESTED: "Not tried.",
        }
        return said[cause.proof]
    if cause.against:
        what = f"what it changed at {_lines(cause)} when it brought upstream's file in"
    else:
        what = f"what it changed at {_lines(cause)}"
    said = {
        Proof.CONFIRMED: f"Tried: without {what}{both}, this is clean and upstream's change.",
        Proof.REFUTED: f"Tried: without {what}, this still does not fit.",
        Proof.UNTESTED: "Not tried.",
    }
    return said[cause.proof]


def _lines(cause: Cause) -> str:
    told = [_span(span) for span in cause.hunks[:3]]
    more = f" and {counted(len(cause.hunks) - 3, 'place')} more" if len(cause.hunks) > 3 else ""
    return ", ".join(told) + more if told else "the file"


def _span(span: Span) -> str:
    start, count = span.new
    if count == 0:
        return f"line {max(start, 1)}"
    return f"line {start}" if count == 1 else f"lines {start} to {start + count - 1}"


def because(card: Card) -> Iterator[tuple[str, Cause]]:
    """One line for each cause of a card: the kind, what was proved, what it is."""
    for cause in card.causes:
        if cause.kind is CauseKind.DRIFT:
            yield f"drift: {one_line(cause.why)}", cause
        else:
            with_ = f", with {' and '.join(map(short, cause.together))}" if cause.together else ""
            yield f"{short(cause.ref)} {KINDS[cause.kind]}, {cause.proof}{with_}: {headline(cause.subject)}", cause
