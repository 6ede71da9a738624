"""`portkit decide`: what a person decides of a changeset, a file of it or a hunk, kept in a file under patches/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from portkit.change.revision import FileRevision, numbers
from portkit.cli.named import ID, Named, Names, point
from portkit.cli.options import Options
from portkit.cli.wiring import Workspace, workspace
from portkit.components import locations
from portkit.components.model import Mode
from portkit.decisions.ids import parse_id
from portkit.decisions.model import Decision, DecisionKind, Decisions, Until, Wait
from portkit.errors import UserError
from portkit.sync.points import day_of

REOPEN = "reopen"
_KINDS = (*map(str, DecisionKind), REOPEN)


@click.command("decide")
@click.argument("what", type=click.Choice(_KINDS), metavar="skip|defer|not-applicable|squash|reopen")
@ID
@click.option("--reason", default="", metavar="TEXT", help="Why. Nothing is decided without a reason.")
@click.option(
    "--until", default="", metavar="WHEN",
    help="What a deferral waits for: a DATE, a CHANGESET, or baseline:REVISION of the file.",
)  # fmt: skip
@click.option("--component", default="", metavar="NAME", help="Only this component, where a changeset is of several.")
@click.option("--onto", metavar="REV", help="The target commit against which a conflict's id is looked up.")
@click.option("--as-far-as", "upto", default="", metavar="REV-or-DATE",
              help="How far upstream is looked at for a conflict's id, as sync's --until.")  # fmt: skip
@click.pass_obj
def command(
    options: Options,
    what: str,
    ids: tuple[str, ...],
    reason: str,
    until: str,
    component: str,
    onto: str | None,
    upto: str,
) -> int:
    """Decides what becomes of a change, and why: skip, defer, not-applicable; squash joins changesets that only work
    together; reopen takes a decision back.

    ID is that of a conflict, of a hunk on the worksheet of a port, or CHANGESET[:PATH[#HUNK]]. What is decided stands
    in patches/<component>/decisions.yaml, for people to review; the next sync goes by it.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise UserError("nothing is decided without a reason", where="--reason", hint='--reason "why, in a sentence"')
    if locations.holds_control(reason):
        raise UserError("the reason holds a control character", where="--reason")
    if until and what != DecisionKind.DEFER:
        raise UserError(f"--until is for defer, not for {what}", where="--until")
    if what == DecisionKind.SQUASH and len(ids) < 2:
        raise UserError("squash joins changesets: name two or more", where="ID")
    with workspace(options, fetch=False, writing=True) as place:
        target = place.target()
        commit = target.resolve(onto) if onto else target.default_tip()
        names = Names(place, component, commit, upto, ports=True)
        person = target.identity()
        who = f"{person.name} <{person.email}>"
        if what == REOPEN:
            done = [_reopened(place, names, text, reason, who) for text in ids]
        elif what == DecisionKind.SQUASH:
            done = [_added(place, *_squash(names, ids, reason, who))]
        else:
            found = [names.find(text) for text in ids]
            made = [_decision(names, DecisionKind(what), one, reason, who, until) for one in found]
            done = [_added(place, one.component.name, decision) for one, decision in zip(found, made, strict=True)]
        place.screen.result({
            "schema": 1, "command": "decide", "what": what,
            "decisions": [_object(place, name, decision, reason) for name, decision in done],
        })  # fmt: skip
        _tell(place, what, done)
        return 0


def _decision(names: Names, kind: DecisionKind, one: Named, reason: str, who: str, until: str) -> Decision:
    return Decision(
        kind, tuple(sorted(one.files)), reason, who,
        until=_until(names, one, until) if until else None,
        hunk=one.hunk, lines=one.lines, changesets=(one.changeset.id,),
        conflict=one.waiting[0].id if one.waiting else one.entry,
    )  # fmt: skip


def _squash(names: Names, ids: Sequence[str], reason: str, who: str) -> tuple[str, Decision]:
    found = [names.find(text) for text in ids]
    first = found[0]
    for text, one in zip(ids, found, strict=True):
        if one.component.mode is Mode.PORT:
            hint = "the hunks of a port land one by one anyway: skip or defer what is not wanted"
            raise UserError(f"{one.component.name} is in mode port, where nothing is joined", where="ID", hint=hint)
        if one.component != first.component:
            raise UserError(f"{text} is of {one.component.name}, {ids[0]} of {first.component.name}", where="ID")
        if parse_id(text).path or one.hunk:
            raise UserError(f"{text}: whole changesets are joined, no files of them", where="ID")
    order = {one.id: at for at, one in enumerate(names.run(first.component).changesets)}
    changesets = sorted({one.changeset.id for one in found}, key=lambda id: order[id])
    if len(changesets) < 2:
        raise UserError("squash joins changesets: name two or more", where="ID", hint="these ids name one changeset")
    files = sorted({file for one in found for file in one.files})
    return first.component.name, Decision(
        DecisionKind.SQUASH, tuple(files), reason, who, changesets=tuple(changesets)
    )


def _until(names: Names, one: Named, text: str) -> Until:
    """What --until says. Raises UserError where it says nothing."""
    if day_of(text) is not None:
        return Until(Wait.DAY, day=text)
    if text.startswith("baseline:"):
        if one.component.mode is Mode.PORT:
            hint = "defer until a day, or until another changeset landed"
            text = f"{one.component.name} is in mode port: its files have no baseline"
            raise UserError(text, where="--until", hint=hint)
        path, _, label = text.removeprefix("baseline:").rpartition(" ")
        paths = {point(one.component, path)} if path else {file.path for file in one.files}
        if len(paths) != 1 or not numbers(label):
            hint = "--until baseline:1.120 where ID names one file, or --until 'baseline:PATH 1.120'"
            raise UserError(f"{text!r} names no revision of one file", where="--until", hint=hint)
        revision = FileRevision(paths.pop(), label)
        if not names.run(one.component).lineage.versions(revision.path):
            raise UserError(f"{one.component.name} has no file {revision.path!r}", where="--until")
        return Until(Wait.BASELINE, revision=revision)
    waited = names.find(text)
    if waited.changeset.id == one.changeset.id:
        raise UserError("a changeset cannot wait for itself", where="--until")
    if waited.component != one.component:
        raise UserError(f"{text} is of {waited.component.name}, not of {one.component.name}", where="--until")
    return Until(Wait.CHANGESET, revision=waited.files[0])


def _added(place: Workspace, name: str, decision: Decision) -> tuple[str, Decision]:
    file = place.decisions_file(name)
    known = file.read()
    for one in decision.of:
        other = _standing(known, one, decision)
        if other is not None:
            raise UserError(
                f"{one} is decided on already: {other.kind}, {other.said()}", where=f"{file.name}:{other.line}",
                hint="portkit decide reopen ID --reason TEXT takes that back first",
            )  # fmt: skip
    file.add(decision)
    return name, decision


def _standing(known: Decisions, one: FileRevision, new: Decision) -> Decision | None:
    """The decision that `new` would meet: on the same thing, or on all of it."""
    if new.kind is DecisionKind.SQUASH:
        return next((decision for decision in known.squashes if one in decision.of), None)
    return known.on(one, hunk=new.hunk) or known.on(one)


def _reopened(place: Workspace, names: Names, text: str, reason: str, who: str) -> tuple[str, Decision]:
    wanted = parse_id(text)
    if wanted.conflict:
        noted = [
            (component.name, one)
            for component in names.components
            for one in place.decisions_file(component.name).read().active
            if one.conflict.startswith(wanted.conflict)
        ]
    else:
        named = names.find(text)
        known = place.decisions_file(named.component.name).read().active
        noted = [
            (named.component.name, one)
            for one in known
            if set(named.files) & set(one.of) and (not wanted.hunk or one.hunk == wanted.hunk)
        ]
    if not noted:
        raise UserError(f"nothing was decided on {text}", where="ID", hint="patches/*/decisions.yaml hold what was")
    if len(noted) > 1:
        lines = ", ".join(f"{place.decisions_file(name).name}:{one.line}" for name, one in noted)
        hint = "name the file, or the hunk: CHANGESET:PATH#HUNK"
        raise UserError(f"several decisions are on {text}: {lines}", where="ID", hint=hint)
    name, decision = noted[0]
    place.decisions_file(name).take_back(decision, reason=reason, who=who)
    return name, decision


def _object(place: Workspace, name: str, one: Decision, reason: str) -> Mapping[str, Any]:
    return {
        "component": name, "decision": one.kind, "of": [str(file) for file in one.of], "hunk": one.hunk or None,
        "until": str(one.until) if one.until is not None else None, "reason": reason, "who": one.who or None,
        "changesets": list(one.changesets), "conflict": one.conflict or None, "file": place.decisions_file(name).name,
    }  # fmt: skip


def _tell(place: Workspace, what: str, done: Sequence[tuple[str, Decision]]) -> None:
    screen = place.screen
    for name, one in done:
        until = f", {one.until.words()}" if one.until is not None else ""
        screen.say(f"{what}{until}:" if what != REOPEN else f"{one.kind} no longer:")
        for file in one.of:
            screen.say(f"  {file}" + (f", hunk {one.hunk}" if one.hunk else ""))
        screen.say(f"Written to {place.decisions_file(name).name}.")
    components = " ".join(dict.fromkeys(name for name, _ in done))
    screen.say(f"The next sync goes by it:  portkit sync {components}")
