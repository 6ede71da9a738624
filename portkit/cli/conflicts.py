"""`portkit conflicts`: what waits for a person, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import click

from portkit.cli.cards import triaged
from portkit.cli.screen import Screen
from portkit.cli.wiring import Options, Workspace, workspace
from portkit.errors import UserError
from portkit.report.card_wording import KINDS, because, named, proof
from portkit.report.contract import iso
from portkit.report.shown import Side, one_line, sides
from portkit.report.triage import conflicts_object
from portkit.report.waiting import Waiting, waiting
from portkit.report.wording import counted
from portkit.report.wording import place as place_of
from portkit.sync.outcome import ComponentOutcome
from portkit.sync.run import Request
from portkit.triage.card import Card, CauseKind, Excerpt

_SIDE_LINES = 24
_LOG_LINES = 20
_BLOCKED = 8


@click.command("conflicts")
@click.argument("component", required=False)
@click.argument("conflict", metavar="[ID]", required=False)
@click.option("--onto", metavar="REV", help="The target commit to start from (default: the map's branch).")
@click.option("--until", default="", metavar="REV-or-DATE", help="Look at upstream no further than this.")
@click.option("--changeset", "changesets", multiple=True, metavar="ID", help="Only this changeset; may be repeated.")
@click.pass_obj
def command(
    options: Options,
    component: str | None,
    conflict: str | None,
    onto: str | None,
    until: str,
    changesets: tuple[str, ...],
) -> int:
    """Lists the conflicts of a sync, each with its causes, proved by trial merges. Nothing is written.

    With an ID, all that is known of that one: upstream's change, the three sides, causes, and what to do next. An ID
    is that of a conflict, or CHANGESET[:PATH[#HUNK]], a changeset by the first 7 or more digits of its hash.
    """
    with workspace(options) as place:
        target = place.target()
        component, conflict = _meant(place, component, conflict)
        names = place.components((component,) if component else ())
        commit = target.resolve(onto) if onto else target.default_tip()
        outcomes, cards = triaged(place, Request(names, commit, until, changesets, dry_run=True))
        every = list(waiting(outcomes))
        found = [one for one in every if not conflict or _is(conflict, one)]
        if conflict and not found:
            raise UserError(f"there is no conflict {conflict!r}", hint="portkit conflicts lists what is open")
        place.screen.result(conflicts_object(outcomes, cards))
        if conflict:
            for one in found:
                _tell_card(place, one, cards.get(one.id))
        else:
            _tell_list(place.screen, outcomes, every, cards)
        return 0


def _meant(place: Workspace, component: str | None, conflict: str | None) -> tuple[str | None, str | None]:
    """Component and id: one word may be either, and a component's name comes first."""
    if component and not conflict and component not in {one.name for one in place.map.components}:
        head = component.partition(":")[0]
        if head.startswith("c-") or (len(head) >= 7 and all(digit in "0123456789abcdef" for digit in head.lower())):
            return None, component
    return component, conflict


def _is(wanted: str, one: Waiting) -> bool:
    """Whether `wanted` names the conflict: by its id, or as CHANGESET[:PATH[#HUNK]]."""
    if wanted == one.id:
        return True
    changeset, _, rest = wanted.partition(":")
    path, hash, hunk = rest.rpartition("#") if "#" in rest else (rest, "", "")
    return (
        len(changeset) >= 7
        and one.changeset.id.startswith(changeset.lower())
        and (not path or path in (one.file.target, one.file.upstream))
        and (not hash or hunk == str(one.hunk))
    )


# The list.


def _tell_list(
    screen: Screen, outcomes: Sequence[ComponentOutcome], every: Sequence[Waiting], cards: dict[str, Card]
) -> None:
    if not every:
        screen.say("nothing waits")
        return
    for outcome in outcomes:
        own = [one for one in every if one.component == outcome.name]
        if own:
            _tell_component(screen, outcome, own, cards)
    screen.say(f"Look at one:  portkit conflicts {every[0].id}")


def _tell_component(
    screen: Screen, outcome: ComponentOutcome, own: Sequence[Waiting], cards: dict[str, Card]
) -> None:
    roots = len({one.changeset.id for one in own})
    blocked = outcome.counts()["blocked"]
    verb = "does" if roots == 1 else "do"
    waits = "1 more waits" if blocked == 1 else f"{blocked} more wait"
    more = f"; {waits} for {'them' if roots > 1 else 'it'}" if blocked else ""
    screen.paragraph(
        f"{outcome.name}: {counted(roots, 'changeset')} {verb} not fit, in {counted(len(own), 'place')}{more}.",
        first="", indent="  ",
    )  # fmt: skip
    for _, group in groupby(own, lambda one: one.changeset.id):
        several = list(group)
        changeset, state = several[0].changeset, several[0].outcome.state
        screen.say()
        day = iso(changeset.date)[:10]
        screen.say(
            one_line(f"{changeset.id[:10]} {state} {day} {changeset.author.login}: {changeset.subject}")[:80],
            style=str(state),
        )
        if several[0].blocks:
            screen.paragraph(f"holds up {counted(len(several[0].blocks), 'changeset')}")
        for one in several:
            screen.paragraph(f"{one.id}  {_kind(one)}{place_of(one)}", indent=" " * 18)
            for text, _ in because(cards[one.id]) if one.id in cards else ():
                screen.paragraph(text, first=" " * 6, indent=" " * 8)
    screen.say()


def _kind(one: Waiting) -> str:
    return "" if one.kind == "content" else f"{one.kind}: "


# One card.


def _tell_card(place: Workspace, one: Waiting, card: Card | None) -> None:
    screen = place.screen
    screen.say(f"{one.id}  {one.kind}  {one.component}", style=str(one.outcome.state))
    screen.paragraph(place_of(one))
    screen.paragraph(one.reason)
    changeset = one.changeset
    screen.say()
    revision = f", revision {one.file.revision}" if one.file.revision else ""
    screen.say(f"Upstream {changeset.id}")
    screen.paragraph(f"{iso(changeset.date)[:10]} {changeset.author.login}{revision}")
    lines = changeset.message.strip().split("\n")
    for line in lines[:_LOG_LINES]:
        screen.paragraph(one_line(line) or " ", first="  | ", indent="  |   ")
    if len(lines) > _LOG_LINES:
        screen.say(f"  | ... {len(lines) - _LOG_LINES} more lines")
    _tell_causes(screen, card)
    screen.say()
    shown = sides(one.base, one.ours, one.theirs, _SIDE_LINES)
    around = (card.base, card.ours, card.theirs) if card is not None else (None, None, None)
    for side, excerpt in zip(shown, around, strict=True):
        _tell_side(screen, side, excerpt)
    if one.blocks:
        screen.say(f"Holds up {counted(len(one.blocks), 'changeset')}")
        for blocked in one.blocks[:_BLOCKED]:
            screen.say(one_line(f"  {blocked.changeset.id[:10]} {blocked.changeset.subject}")[:80])
        if len(one.blocks) > _BLOCKED:
            screen.say(f"  ... {len(one.blocks) - _BLOCKED} more")
        screen.say()


def _tell_causes(screen: Screen, card: Card | None) -> None:
    if card is None:
        return
    screen.say()
    screen.say("Why")
    for cause in card.causes:
        if cause.kind is CauseKind.DRIFT:
            screen.paragraph(proof(cause))
            continue
        screen.paragraph(f"{named(cause)}: {KINDS[cause.kind]}, {cause.proof}", indent="    ")
        screen.paragraph(one_line(cause.subject), first="    ", indent="    ")
        screen.paragraph(proof(cause), first="    ", indent="    ")
    for cause in card.refuted:
        screen.paragraph(f"not {named(cause)}: {one_line(cause.subject)}", indent="    ")
        screen.paragraph(proof(cause), first="    ", indent="    ")


def _tell_side(screen: Screen, side: Side, excerpt: Excerpt | None) -> None:
    at = f", from line {excerpt.line + excerpt.before.count(bytes([10]))}" if excerpt is not None else ""
    screen.say(f"{side.name}: {side.whose}{at if side.lines else ''}")
    if side.note:
        screen.say(f"    ({side.note})")
    for line in side.lines:
        mark = " " if line.gap or not line.changed else ">"
        screen.say(f"  {mark} {'' if line.gap else '| '}{line.text}".rstrip())
    screen.say()
