"""What `portkit audit` tells, as JSON and as blocks of text that the terminal and the pages lay out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from portkit.audit.checking import Checked, Diagnostic
from portkit.audit.drift import Drift
from portkit.audit.fixes import Fix, Standing
from portkit.audit.lacks import Lack, LackKind, Place
from portkit.audit.messages import Guard, Message
from portkit.audit.portability import Portability
from portkit.audit.privsep import OPENS, Answer, Crossing, Measure, Need, Privsep
from portkit.audit.run import Audit
from portkit.audit.sides import TypeCheck
from portkit.audit.steps import StepCheck
from portkit.report.audit_answers import gives_object
from portkit.report.contract import SCHEMA, iso
from portkit.report.shown import counted

Object = dict[str, Any]

PLACES = 3
"""Places of one lack that are told; the JSON has them all."""

NAMES = 12
"""Names that a missing header brings, of which as many are told."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing, and lines that say more of it."""

    text: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Things of one kind under a heading."""

    title: str
    items: tuple[Item, ...]
    note: str = ""


def audit_object(found: Audit) -> Object:
    """What `audit --json` prints."""
    return {
        "schema": SCHEMA, "command": "audit", "component": found.component, "mode": found.mode, "onto": found.onto,
        "upstream": {"changeset": found.upstream, "date": iso(found.upstream_date)},
        "gives": gives_object(found.outcome),
        "notes": list(found.notes),
        "standing": _check(found.standing) if found.standing is not None else None,
        "portability": _portability(found.portability) if found.portability is not None else None,
        "privsep": _privsep(found.privsep),
        "messages": [_message(one) for one in found.messages],
        "upstream_messages": [_message(one) for one in found.upstream_messages],
        "checks": [_fix(one) for one in found.fixes],
        "drift": [_drift(one) for one in found.drift],
        "steps": [_step(one) for one in found.steps],
    }  # fmt: skip


def first_line(found: Audit) -> str:
    """What was looked at."""
    day = iso(found.upstream_date)[:10]
    return f"{found.component} ({found.mode}): upstream {found.upstream[:12]} of {day} on the target {found.onto[:12]}"


def lead(found: Audit) -> Iterator[str]:
    """How it was looked at, and what there is besides the answers, in sentences."""
    if found.standing is not None:
        one = found.standing
        yield (
            f"The target's own sources: {counted(len(one.units), 'file')}, {counted(one.errors, 'error')}, "
            f"{counted(one.warnings, 'warning')}."
        )
    if found.portability is not None:
        other = found.portability
        yield f"Upstream's sources, on the target's headers: {counted(other.units, 'file')}. By {other.compiler}."
    yield from _crossing_lead(found.privsep)
    yield from _message_lead(found)
    for note in found.notes:
        yield f"{note[:1].upper()}{note[1:]}."


_ALREADY = "What the target does already"
_OURS = "Messages of the target"
_THEIRS = "Messages of upstream, by the target's type layout"
"""Titles of what is told and wants nothing."""

_INACTIVE = "Only compiled for other systems"

_TITLES = {
    LackKind.HEADER: "Headers that the target lacks",
    LackKind.FUNCTION: "Functions that the target lacks",
    LackKind.MACRO: "Macros and constants that the target lacks",
    LackKind.TYPE: "Types that the target lacks",
    LackKind.MEMBER: "Members that the target's types lack",
    LackKind.DIFFERS: "Declarations that differ",
}


def blocks(found: Audit, *, every: bool = False) -> Iterator[Block]:
    """Everything that was found, what must be done before what only should be known. `every`: all places and warnings,
    rather than the first few."""
    if found.standing is not None:
        yield from _standing(found.standing, every)
    yield from _measures(found.privsep)
    yield from _crossings(found.privsep, every)
    yield from _checks(found.fixes)
    yield from _unchecked(found)
    yield from _message_table(_OURS, found.messages)
    yield from _message_table(_THEIRS, found.upstream_messages)
    if found.portability is not None:
        yield from _lacking(found.portability, every)
    yield from _drifted(found.drift, every)
    yield from _stepped(found.steps)
    yield from _inactive(found.privsep, every)
    yield from _besides(found, every)


def _stepped(found: Sequence[StepCheck]) -> Iterator[Block]:
    items = tuple(
        Item(
            f"{one.changeset[:10]}: errors {one.errors[0]} to {one.errors[1]}, warnings {one.warnings[0]} to "
            f"{one.warnings[1]}",
            tuple(f"{said.path}:{said.line}: {said.text}" for said in one.new[:PLACES]),
        )
        for one in found
        if one.new or one.gone or one.failed or one.warnings[0] != one.warnings[1]
    )
    if found:
        quiet = len(found) - len(items)
        note = f"{counted(len(found), 'changeset')}, one on the other; {quiet} change nothing that the compiler says"
        yield Block("Changesets that a sync would land, type-checked", items, note)


def finds(found: Audit, name: str) -> bool:
    """Whether the audit finds `name` wanting: what is before the colon of a thing it tells, such as `localtime`."""
    measured = (_ALREADY, _OURS, _THEIRS, _INACTIVE)
    items = (item.text for block in blocks(found) if block.title not in measured for item in block.items)
    return any(text == name or text.startswith(f"{name}:") for text in items)


_WHERE = {
    "told": "The unprivileged side begins where it was told to begin",
    "given-up": "The unprivileged side begins behind the call that gives privileges up",
    "main": "The target gives no privileges up: everything counts that it does once it has detached itself, or begun "
    "its loop",
}


def _crossing_lead(one: Privsep) -> Iterator[str]:
    if one.found not in _WHERE:
        return
    begins = ", ".join(f"{place.function} ({place.path}:{place.line})" for place in one.entries[:3])
    yield f"{_WHERE[one.found]}{f': {begins}' if begins else ''}."


def _message_lead(found: Audit) -> Iterator[str]:
    every = (*found.messages, *found.upstream_messages)
    missing = sum(len(one.unchecked) for one in every)
    if every:
        largest = max(every, key=_payload)
        of = f"; the largest, {largest.name}, carries {_size(largest)}" if largest.senders else ""
        yield (
            f"{counted(len(found.messages), 'type')} of message in the target, {len(found.upstream_messages)} "
            f"upstream{of}. {counted(missing, 'receiver')} without a look at the length."
        )
    lacking = sum(one.standing is Standing.LACKING for one in found.fixes)
    if lacking:
        yield f"{counted(lacking, 'check')} of a length that upstream added since the baseline, and the target lacks."


def _measures(one: Privsep) -> Iterator[Block]:
    items: dict[str, list[str]] = {}
    for measure in one.measures:
        items.setdefault(measure.kind, []).append(f"{measure.call} in {places([measure.place])}")
    if items:
        told = tuple(Item(f"{kind}: {'; '.join(found)}") for kind, found in sorted(items.items()))
        yield Block(_ALREADY, told)


def _crossings(one: Privsep, every: bool) -> Iterator[Block]:
    for need in Need:
        for early, title in ((False, "Cannot work there"), (True, "Done while privileged")):
            chosen = [crossing for crossing in one.crossings if crossing.need is need and crossing.early is early]
            items = tuple(_crossing(name, found, every) for name, found in _by_call(chosen).items())
            if items:
                yield Block(f"{title}: {need}", items)


def _inactive(one: Privsep, every: bool) -> Iterator[Block]:
    """What would be a crossing, were it compiled for the target."""
    items = tuple(
        Item(f"{name}: {places([crossing.place for crossing in found], every=every)}", ())
        for name, found in _by_call(one.inactive).items()
    )
    if items:
        yield Block(_INACTIVE, items, "the compiler passes over these lines on the target, and they count nowhere else")


def _by_call(chosen: Sequence[Crossing]) -> dict[str, list[Crossing]]:
    result: dict[str, list[Crossing]] = {}
    for one in chosen:
        result.setdefault(one.call, []).append(one)
    return result


def _crossing(name: str, found: Sequence[Crossing], every: bool) -> Item:
    first = found[0]
    more = [f"by way of {' > '.join(f'{step.function}:{step.line}' for step in first.way)}"]
    if every:
        more += [f"and {' > '.join(f'{step.function}:{step.line}' for step in one.way)}" for one in found[1:]]
    if first.kept is not None:
        more.append(f"here: the zone is read before, by {first.kept.call} in {places([first.kept.place])}, and kept")
    more.append(f"upstream: {_upstream(first)}")
    return Item(f"{name}: {places([one.place for one in found], every=every)}", tuple(more))


def _upstream(one: Crossing) -> str:
    """How upstream does without the call on its unprivileged side."""
    messages = ", ".join(dict.fromkeys(answer.message for answer in one.upstream))
    if not messages:
        return f"before, by {one.ready.call} in {places([one.ready.place])}" if one.ready else "by no message"
    where = f"({one.upstream[0].place.path}:{one.upstream[0].place.line})"
    if one.need is Need.FILES:
        does = "opens files" if one.upstream[0].call in OPENS else "does such a thing"
        return f"its monitor {does} by message {messages} {where}"
    alike = "" if one.upstream[0].same else f", which calls {one.upstream[0].call} for the same need"
    return f"by message {messages} {where}{alike}"


def _checks(found: Sequence[Fix]) -> Iterator[Block]:
    items = tuple(
        Item(
            f"{one.label or one.place.function}: {places([one.target])} lacks what upstream checks since "
            f"{iso(one.date)[:10]} ({one.changeset[:10]}, {one.place.path} {one.revision})",
            (f"if ({one.text})", *(f"in place of ({text})" for text in one.replaced[:3])),
        )
        for one in found
        if one.standing is Standing.LACKING and one.target is not None
    )
    if items:
        yield Block("Checks of a message's length that upstream added or mended, and the target lacks", items)


def _unchecked(found: Audit) -> Iterator[Block]:
    for title, messages in (("the target", found.messages), ("upstream", found.upstream_messages)):
        items = tuple(
            Item(f"{message.name}: {places([one.place])}") for message in messages for one in message.unchecked
        )
        if items:
            note = "what came is used, and neither its length compared nor only as much read as there is room for"
            yield Block(f"Messages that {title} uses without a look at their length", items, note)


def _message_table(title: str, messages: Sequence[Message]) -> Iterator[Block]:
    ordered = sorted(messages, key=lambda one: -_payload(one))  # cheap is what stays small: the large ones first
    items = tuple(
        Item(f"{one.name}: {_size(one)}" if one.senders else one.name, tuple(_message_lines(one))) for one in ordered
    )
    if items:
        yield Block(title, items, "by payload, the largest first")


def _payload(message: Message) -> int:
    """The bytes that its largest sender gives it, as far as they are known."""
    return max((sending.least for sending in message.senders), default=0)


def _size(message: Message) -> str:
    open_ended = any(sending.size is None for sending in message.senders)
    return f"{counted(_payload(message), 'byte')}{' and more' if open_ended else ''}"


def _message_lines(message: Message) -> Iterator[str]:
    for sending in message.senders:
        side = f"{sending.side}, " if sending.side else ""
        whole = sending.size is not None
        size = counted(sending.size or 0, "byte") if whole else f"{counted(sending.least, 'byte')} and more"
        yield f"from {places([sending.place])}: {side}{size}"
    for receiving in message.receivers:
        side = f"{receiving.side}, " if receiving.side else ""
        check = f" at {receiving.check.path}:{receiving.check.line}" if receiving.check is not None else ""
        yield f"to {places([receiving.place])}: {side}{_GUARDS[receiving.guard]}{check}"


_GUARDS = {
    Guard.CHECKED: "length compared",
    Guard.FIXED: "reads what it has room for",
    Guard.UNUSED: "uses no payload",
    Guard.MISSING: "length not looked at",
}


def _drifted(found: Sequence[Drift], every: bool) -> Iterator[Block]:
    items = tuple(
        Item(
            f"{one.name}: {'gone' if not one.became else 'called otherwise'} since {iso(one.date)[:10]} "
            f"({one.changeset[:10]}, {one.header})",
            (
                f"used in {places(one.users, every=every)}",
                *([f"({one.was}) became ({one.became})"] if one.became else []),
                *([f"instead, perhaps: {', '.join(one.instead)}"] if one.instead else []),
            ),
        )
        for one in found
    )
    if items:
        yield Block("Interfaces that upstream changed, and others in the target still use", items)


def _standing(one: TypeCheck, every: bool) -> Iterator[Block]:
    errors = [said for unit in one.units for said in unit.errors]
    failed = [Item(f"{unit.main}: {unit.failed}") for unit in one.units if unit.failed]
    if errors or failed:
        yield Block("Errors in the target's own sources", (*failed, *_said(errors, every)))
    if one.outside:
        note = "in the target's own headers, or for the want of a header that the build makes"
        yield Block("Errors that are not the component's", tuple(_said(one.outside, every)), note)


def _besides(found: Audit, every: bool) -> Iterator[Block]:
    """What was not looked at, and what only warns."""
    standing, other = found.standing, found.portability
    if other is not None and other.left:
        yield Block("Sources that were not looked at", tuple(Item(f"{path}: {why}") for path, why in other.left))
    warnings = [said for unit in standing.units for said in unit.warnings] if standing is not None else []
    if warnings and every:
        yield Block("Warnings in the target's own sources", tuple(_said(warnings, every)))
    if other is not None and other.warnings and every:
        note = "by the switches of the target's own folder"
        yield Block("Warnings in upstream's sources", tuple(_said(other.warnings, every)), note)


def _lacking(one: Portability, every: bool) -> Iterator[Block]:
    for kind in LackKind:
        items = tuple(_item(lack, every) for lack in one.lacks if lack.kind is kind)
        if items:
            yield Block(_TITLES[kind], items)
    if one.other:
        note = "errors that nothing missing explains"
        yield Block("What does not compile for another reason", tuple(_said(one.other, every)), note)


def _item(lack: Lack, every: bool) -> Item:
    since = f", since {iso(lack.since_date)[:10]} ({lack.since[:10]})" if lack.since else ""
    more = [f"instead: {lack.replacement}"] if lack.replacement else []
    more += [lack.text] if lack.text else []
    if lack.brings:
        some = lack.brings if every else lack.brings[:NAMES]
        rest = f" and {len(lack.brings) - len(some)} more" if len(some) < len(lack.brings) else ""
        more.append(f"brings {', '.join(some)}{rest}")
    return Item(f"{lack.name}: {places(lack.places, every=every)}{since}", tuple(more))


def places(found: Sequence[Place], *, every: bool = False) -> str:
    """Places as `file:line (function)`, the first few of them."""
    some = found if every else found[:PLACES]
    told = [f"{one.path}:{one.line}" + (f" ({one.function})" if one.function else "") for one in some]
    rest = f" and {counted(len(found) - len(some), 'other place')}" if len(some) < len(found) else ""
    return ", ".join(told) + rest


def _said(diagnostics: Iterable[Diagnostic], every: bool) -> Iterator[Item]:
    listed = list(diagnostics)
    some = listed if every else listed[:20]
    for one in some:
        option = f" [{one.option}]" if one.option else ""
        yield Item(f"{one.path}:{one.line}: {one.text}{option}")
    if len(some) < len(listed):
        yield Item(f"... and {len(listed) - len(some)} more")


def _check(one: TypeCheck) -> Object:
    return {
        "compiler": one.compiler, "errors": one.errors, "warnings": one.warnings,
        "files": [_unit(unit) for unit in one.units],
        "outside": [_diagnostic(said) for said in one.outside],
        "left": [{"path": path, "reason": why} for path, why in one.left],
    }  # fmt: skip


def _unit(unit: Checked) -> Object:
    return {
        "path": unit.main, "failed": unit.failed or None,
        "errors": [_diagnostic(said) for said in unit.errors],
        "warnings": [_diagnostic(said) for said in unit.warnings],
    }  # fmt: skip


def _diagnostic(said: Diagnostic) -> Object:
    return {"path": said.path, "line": said.line, "column": said.column, "text": said.text, "option": said.option}


def _portability(one: Portability) -> Object:
    return {
        "compiler": one.compiler, "files": one.units,
        "lacks": [_lack(lack) for lack in one.lacks],
        "following": one.following,
        "other": [_diagnostic(said) for said in one.other],
        "warnings": [_diagnostic(said) for said in one.warnings],
        "left": [{"path": path, "reason": why} for path, why in one.left],
    }  # fmt: skip


def _lack(lack: Lack) -> Object:
    return {
        "kind": str(lack.kind), "name": lack.name,
        "places": [_place(one) for one in lack.places],
        "declared": lack.declared or None, "brings": list(lack.brings), "text": lack.text,
        "since": lack.since or None, "since_date": iso(lack.since_date) if lack.since else None,
        "replacement": lack.replacement or None,
    }  # fmt: skip


def _privsep(one: Privsep) -> Object:
    return {
        "found": one.found, "entries": [_place(place) for place in one.entries],
        "measures": [
            {"kind": measure.kind, "call": measure.call, "place": _place(measure.place)} for measure in one.measures
        ],
        "crossings": [
            {
                "need": str(crossing.need), "call": crossing.call, "place": _place(crossing.place),
                "way": [{"path": step.path, "function": step.function, "line": step.line} for step in crossing.way],
                "early": crossing.early, "upstream": [_answer(answer) for answer in crossing.upstream],
                "ready": _measure(crossing.ready), "kept": _measure(crossing.kept),
            }
            for crossing in one.crossings
        ],
        "answers": [_answer(answer) for answer in one.answers],
        "inactive": [
            {"need": str(crossing.need), "call": crossing.call, "place": _place(crossing.place)}
            for crossing in one.inactive
        ],
    }  # fmt: skip


def _answer(one: Answer) -> Object:
    return {"message": one.message, "call": one.call, "place": _place(one.place), "same": one.same}


def _measure(one: Measure | None) -> Object | None:
    return {"call": one.call, "place": _place(one.place)} if one is not None else None


def _message(one: Message) -> Object:
    return {
        "name": one.name, "declared": _place(one.declared) if one.declared is not None else None,
        "senders": [
            {
                "place": _place(sending.place), "side": sending.side, "size": sending.size, "least": sending.least,
                "parts": [{"length": part.text, "size": part.size, "least": part.least} for part in sending.parts],
            }
            for sending in one.senders
        ],
        "receivers": [
            {
                "place": _place(receiving.place), "side": receiving.side, "guard": str(receiving.guard),
                "check": _place(receiving.check) if receiving.check is not None else None,
            }
            for receiving in one.receivers
        ],
    }  # fmt: skip


def _fix(one: Fix) -> Object:
    return {
        "changeset": one.changeset, "date": iso(one.date), "revision": one.revision, "message": one.label,
        "condition": one.text, "replaced": list(one.replaced), "place": _place(one.place),
        "target": _place(one.target) if one.target is not None else None, "standing": str(one.standing),
    }  # fmt: skip


def _drift(one: Drift) -> Object:
    return {
        "name": one.name, "header": one.header, "changeset": one.changeset, "date": iso(one.date), "was": one.was,
        "became": one.became or None, "instead": list(one.instead), "users": [_place(place) for place in one.users],
    }  # fmt: skip


def _step(one: StepCheck) -> Object:
    return {
        "changeset": one.changeset, "errors": list(one.errors), "warnings": list(one.warnings),
        "new": [_diagnostic(said) for said in one.new], "gone": one.gone, "failed": list(one.failed),
    }  # fmt: skip


def _place(one: Place) -> Object:
    return {"path": one.path, "line": one.line, "function": one.function}
