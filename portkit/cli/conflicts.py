"""`portkit conflicts`: what waits for a person, why, and what to do about it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby

import click

from portkit.change.revision import FileRevision
from portkit.cli.cards import Triaged, triaged
from portkit.cli.options import Options
from portkit.cli.screen import WIDTH, Screen
from portkit.cli.wiring import Workspace, workspace
from portkit.cli.worksheet import shown_worksheet
from portkit.decisions.ids import ChangeId, parse_id
from portkit.decisions.resolution import Place
from portkit.errors import UserError
from portkit.report.card_wording import KINDS, because, named, proof
from portkit.report.contract import iso
from portkit.report.settled import Settled, settled, settled_object
from portkit.report.shown import Side, counted, cut, headline, one_line, sides
from portkit.report.triage import card_of, conflicts_object
from portkit.report.type_check import told
from portkit.report.waiting import Waiting, waiting
from portkit.report.wording import place as place_of
from portkit.sync.outcome import ComponentOutcome
from portkit.sync.request import Request
from portkit.text import printable
from portkit.triage.card import Card, CauseKind, Excerpt, Suggestion
from portkit.triage.order import Order

_SIDE_LINES = 24
_LOG_LINES = 20
_BLOCKED = 8
_STEPS = 3
_SETTLED = " " * 17


@click.command("conflicts")
@click.argument("component", required=False)
@click.argument("conflict", metavar="[ID]", required=False)
@click.option("--onto", metavar="REV", help="The target commit to start from (default: the map's branch).")
@click.option("--until", default="", metavar="REV-or-DATE", help="Look at upstream no further than this.")
@click.option("--changeset", "changesets", multiple=True, metavar="ID", help="Only this changeset; may be repeated.")
@click.option("--all", "whole", is_flag=True, help="Also what was resolved or decided, and how.")
@click.pass_obj
def command(
    options: Options,
    component: str | None,
    conflict: str | None,
    onto: str | None,
    until: str,
    changesets: tuple[str, ...],
    whole: bool,
) -> int:
    """Lists the conflicts of a sync, each with its causes, proved by trial merges. Nothing is written.

    With an ID, all that is known of that one: upstream's change, the three sides, causes, and what to do next. An ID
    is that of a conflict, or CHANGESET[:PATH[#HUNK]], a changeset by the first 7 or more digits of its hash.
    """
    with workspace(options) as place:
        target = place.target()
        component, wanted = _meant(place, component, conflict)
        names = place.components((component,) if component else ())
        commit = target.resolve(onto) if onto else target.default_tip()
        found = triaged(place, Request(names, commit, until, changesets, dry_run=True), onto)
        every = [*waiting(found.outcomes), *found.patched]
        meant = [one for one in every if wanted is None or _is(wanted, one)]
        closed: list[Settled] = []
        if whole or (wanted is not None and not meant):
            closed = [one for one in _settled(place, found) if wanted is None or _settles(wanted, one)]
        if wanted is not None and not meant and not closed:
            raise _unknown(wanted.text)
        told = conflicts_object(found.outcomes, found.cards, found.orders, found.patched)
        told["conflicts"] += [settled_object(one) for one in closed]
        place.screen.result(told)
        if wanted is None:
            _tell_list(place.screen, found, every)
            _tell_all_settled(place.screen, closed)
        for one in meant if wanted is not None else ():
            _tell_card(place, one, card_of(found.cards, one))
        for other in closed if wanted is not None else ():
            _tell_settled(place, other)
        return 0


def _settled(place: Workspace, found: Triaged) -> list[Settled]:
    def target_of(component: str, file: FileRevision) -> str:
        return place.map.component(component).target_of(file.path) or file.path

    return list(settled(found.outcomes, place.every_resolution, target_of))


def _meant(place: Workspace, component: str | None, conflict: str | None) -> tuple[str | None, ChangeId | None]:
    """Component and id: one word may be either, and a component's name comes first."""
    if component and not conflict and component not in {one.name for one in place.map.components}:
        with suppress(UserError):
            return None, parse_id(component)
    if not conflict:
        return component, None
    try:
        return component, parse_id(conflict)
    except UserError as error:
        raise _unknown(conflict) from error


def _unknown(text: str) -> UserError:
    hint = "portkit conflicts --all lists what is open and what is settled"
    return UserError(f"there is no conflict {text!r}", hint=hint)


def _is(wanted: ChangeId, one: Waiting) -> bool:
    return wanted.means(one.id, one.changeset.id, (one.file.target, one.file.upstream), one.hunk)


def _settles(wanted: ChangeId, one: Settled) -> bool:
    resolution = one.resolution
    id, hunk = (one.id, resolution.hunk) if resolution is not None else ("", 0)
    return wanted.means(id, one.changeset, (one.target, one.file.path), hunk)


# The list.


def _tell_list(screen: Screen, found: Triaged, every: Sequence[Waiting]) -> None:
    sheets = [(one.name, len(one.worksheet.open_ids())) for one in found.outcomes if one.worksheet is not None]
    if not every:
        screen.say("nothing waits" + (" but what is on worksheets" if any(left for _, left in sheets) else ""))
    for name, left in sheets:
        if left:
            where = f"its worksheet, {shown_worksheet(name)} (portkit sync {shlex.quote(name)})"
            screen.paragraph(f"{name}: {counted(left, 'place')} on {where}", first="")
    if not every:
        return
    for outcome in found.outcomes:
        own = [one for one in every if one.component == outcome.name and not one.patch]
        if own:
            _tell_component(screen, outcome, own, found.cards)
            if outcome.name in found.orders:
                _tell_order(screen, found.orders[outcome.name], len(outcome.changesets))
    for name, group in groupby(found.patched, lambda one: one.component):
        _tell_patched(screen, name, list(group), found.cards)
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
            _cut(f"{changeset.id[:10]} {state} {day} {changeset.author.login}: {headline(changeset.message)}"),
            style=str(state),
        )
        if several[0].blocks:
            screen.paragraph(f"blocks {counted(len(several[0].blocks), 'changeset')}")
        for one in several:
            screen.paragraph(f"{one.id}  {_kind(one)}{place_of(one)}", indent=" " * 18)
            card = card_of(cards, one)
            for text, _ in because(card) if card is not None else ():
                screen.paragraph(text, first=" " * 6, indent=" " * 8)
    screen.say()


def _tell_all_settled(screen: Screen, every: Sequence[Settled]) -> None:
    """What was resolved and decided, a line or two each."""
    for name, group in groupby(every, lambda one: one.component):
        screen.say()
        screen.say(f"{name}: settled")
        for _, files in groupby(group, lambda one: one.id if one.resolution is not None else one.changeset):
            several = list(files)
            one = several[0]
            id = one.id if one.resolution is not None else one.changeset[:10]
            names = ", ".join(f"{file.target}{_revision(file)}" for file in several)
            screen.paragraph(f"{id}  {names}", first=f"  {one.state:<15}", indent=_SETTLED)
            for text in (one_line(one.subject), one.said):
                if text:
                    screen.paragraph(text, first=_SETTLED, indent=_SETTLED)


def _tell_settled(place: Workspace, one: Settled) -> None:
    """One of them, whole, and how it is opened again."""
    screen = place.screen
    id = one.id if one.resolution is not None else one.changeset[:10]
    screen.say(f"{id}  {one.state}  {one.component}", style="ported")
    screen.paragraph(f"{one.target}{_revision(one)}")
    screen.paragraph(f"{one.changeset[:10]} {one_line(one.subject)}".rstrip())
    if one.said:
        screen.paragraph(one.said)
    resolution = one.resolution
    if resolution is None:
        if one.by_decision:
            screen.say("To open it again:")
            screen.say(f"    portkit decide reopen {one.changeset[:12]} --reason TEXT")
        return
    screen.say()
    if isinstance(resolution.answer, Place):
        answer = resolution.answer
        for side in sides(answer.base, answer.ours, answer.theirs, _SIDE_LINES):
            _tell_side(screen, side, None)
        screen.say("now:")
        _tell_lines(screen, sides(answer.base, answer.result, answer.theirs, _SIDE_LINES)[1])
    screen.say("To open it again, take this file away:")
    screen.say(f"    {place.resolutions_folder(one.component).shown(resolution.name)}")


def _revision(one: Settled) -> str:
    return f" {one.file.label}" if one.file.label else ""


def _tell_patched(screen: Screen, name: str, own: Sequence[Waiting], cards: dict[str, Card]) -> None:
    """The local patches that no longer fit."""
    count = len({one.patch for one in own})
    verb = "fits" if count == 1 else "fit"
    told = f"{counted(count, 'local patch', 'local patches')} no longer {verb}, in {counted(len(own), 'place')}"
    screen.paragraph(f"{name}: {told}. The series stays as it was until then.", first="", indent="  ")
    for _, group in groupby(own, lambda one: one.patch):
        several = list(group)
        screen.say()
        screen.say(_cut(several[0].patch.removesuffix(".patch") or "no patch"), style="conflict")
        for one in several:
            screen.paragraph(f"{one.id}  {place_of(one)}", indent=" " * 18)
            card = card_of(cards, one)
            for text, _ in because(card) if card is not None else ():
                screen.paragraph(text, first=" " * 6, indent=" " * 8)
    screen.say()


def _tell_order(screen: Screen, order: Order, count: int) -> None:
    last = f", up to {order.last[:10]}" if order.last else ""
    screen.paragraph(f"The first {order.prefix} of {count} fit as they come{last}.", first="", indent="  ")
    shown = [*order.steps[:_STEPS], *order.steps[_STEPS:][-1:]]
    if shown:
        screen.say("What resolving would free, the most by the fewest:")
    for step in shown:
        roots = " ".join(root[:10] for root in step.roots)
        note = "" if step.tried else " (by what waits for what)"
        screen.paragraph(f"{len(step.frees):3}  {roots}{note}", indent=" " * 7)
    screen.say()


def _cut(text: str) -> str:
    """`text` printable, on one line of the screen, cut at a word."""
    shown = printable(text)
    return shown if len(shown) <= WIDTH else (shown[: WIDTH - 1].rpartition(" ")[0] or shown[: WIDTH - 1]) + "…"


def _kind(one: Waiting) -> str:
    return "" if one.kind == "content" else f"{one.kind}: "


# One card.


def _tell_card(place: Workspace, one: Waiting, card: Card | None) -> None:
    screen = place.screen
    screen.say(f"{one.id}  {one.kind}  {one.component}", style=str(one.outcome.state))
    screen.paragraph(place_of(one))
    if one.patch:
        screen.paragraph(f"patch {one.patch}")
    screen.paragraph(one.reason)
    changeset = one.changeset
    screen.say()
    revision = f", revision {one.file.revision}" if one.file.revision else ""
    screen.say(f"Upstream {changeset.id}")
    screen.paragraph(f"{iso(changeset.date)[:10]} {changeset.author.login}{revision}")
    lines = changeset.message.strip().split("\n")
    for line in lines[:_LOG_LINES]:
        if line.strip():
            screen.paragraph(one_line(line), first="  | ", indent="  |   ")
        else:
            screen.say("  |")
    if len(lines) > _LOG_LINES:
        screen.say(f"  | ... {len(lines) - _LOG_LINES} more lines")
    _tell_check(screen, one)
    _tell_causes(screen, card)
    for suggestion in card.suggestions if card is not None else ():
        _tell_suggestion(screen, suggestion)
    screen.say()
    shown = sides(one.base, one.ours, one.theirs, _SIDE_LINES, one.whose) if one.conflict is not None else ()
    around = (card.base, card.ours, card.theirs) if card is not None else (None, None, None)
    for side, excerpt in zip(shown, around, strict=False):
        _tell_side(screen, side, excerpt)
    if one.blocks:
        screen.say(f"Blocks {counted(len(one.blocks), 'changeset')}")
        for blocked in one.blocks[:_BLOCKED]:
            screen.say(_cut(f"  {blocked.changeset.id[:10]} {headline(blocked.changeset.message)}"))
        if len(one.blocks) > _BLOCKED:
            screen.say(f"  ... {len(one.blocks) - _BLOCKED} more")
        screen.say()


def _tell_check(screen: Screen, one: Waiting) -> None:
    said = told(one.outcome.check) if one.outcome.check is not None else ()
    if said:
        screen.say()
        screen.say("Type check")
    for text in said:
        screen.paragraph(text, indent="    ")


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
        screen.paragraph(headline(cause.subject), first="    ", indent="    ")
        screen.paragraph(proof(cause), first="    ", indent="    ")
    for cause in card.refuted:
        screen.paragraph(f"not {named(cause)}: {one_line(cause.subject)}", indent="    ")
        screen.paragraph(proof(cause), first="    ", indent="    ")


def _tell_suggestion(screen: Screen, suggestion: Suggestion) -> None:
    screen.say()
    screen.paragraph(f"Suggested: {one_line(suggestion.text)}.", first="", indent="  ")
    for command in suggestion.commands:
        screen.say(f"    {one_line(command)}")
    for line in suggestion.diff.split("\n")[2:-1]:
        screen.say(f"    {cut(line, 200)}".rstrip())
    if suggestion.verdict:
        screen.paragraph(f"The gate says: {one_line(suggestion.verdict)}")


def _tell_side(screen: Screen, side: Side, excerpt: Excerpt | None) -> None:
    at = f", from line {excerpt.line + excerpt.before.count(bytes([10]))}" if excerpt is not None else ""
    screen.say(f"{side.name}: {side.whose}{at if side.lines else ''}")
    _tell_lines(screen, side)


def _tell_lines(screen: Screen, side: Side) -> None:
    if side.note:
        screen.say(f"    ({side.note})")
    for line in side.lines:
        mark = " " if line.gap or not line.changed else ">"
        screen.say(f"  {mark} {'' if line.gap else '| '}{line.text}".rstrip())
    screen.say()
