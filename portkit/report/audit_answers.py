"""The four questions that an audit answers before anything else: what upstream gives, what of it fits, what the target
lacks for it, and what must go through a monitor; and the commands that follow from the answers."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from portkit.audit.lacks import LackKind
from portkit.audit.privsep import Need
from portkit.audit.run import Audit
from portkit.components.model import Mode
from portkit.merge.fate import Fate
from portkit.report.contract import iso
from portkit.report.shown import counted
from portkit.report.view import Command
from portkit.report.watched import summary, topics_of
from portkit.report.worksheet import summary_object
from portkit.sync.outcome import ComponentOutcome, State

_NAMES = 6
"""Names of what is lacking, or of calls, that an answer tells; the rest stands below it."""

NOUNS = {
    LackKind.HEADER: "header", LackKind.FUNCTION: "function", LackKind.MACRO: "macro", LackKind.TYPE: "type",
    LackKind.MEMBER: "member", LackKind.DIFFERS: "declaration that differs",
}  # fmt: skip
"""What one lack of each kind is called."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: to what, in a word or two, and in a sentence."""

    term: str
    text: str


def answers(found: Audit) -> tuple[Answer, ...]:
    """The four answers; the first two only where it was looked what a sync would do."""
    told = [Answer("Target lacks", _lacking(found)), Answer("Monitor", _monitor(found))]
    if found.outcome is not None:
        told[:0] = [Answer("Upstream gives", _gives(found.outcome)), Answer("Fits", _fits(found.outcome))]
    return tuple(told)


def commands(found: Audit) -> tuple[Command, ...]:
    """What to run next."""
    name, outcome = shlex.quote(found.component), found.outcome
    told = []
    match found.mode:
        case Mode.WATCH:
            first = min((one.date for one in outcome.watched), default=0) if outcome is not None else 0
            since = f" --since {iso(first)[:10]}" if first else ""
            told.append(Command(f"portkit sync {name}{since}", "a page of them"))
        case Mode.PORT:
            told.append(Command(f"portkit sync {name}", "the branch, and the worksheet"))
        case _:
            told.append(Command(f"portkit sync {name}", "the branch"))
            if outcome is not None and any(one.state in _WAITS for one in outcome.changesets):
                told.append(Command(f"portkit conflicts {name}", "what does not fit, and why"))
    if not found.steps and found.mode != Mode.WATCH and found.portability is not None:
        told.append(Command(f"portkit audit {name} --each", "does what lands compile?"))
    return tuple(told)


_WAITS = (State.CONFLICT, State.FLAGGED, State.BLOCKED)


def gives_object(outcome: ComponentOutcome | None) -> dict[str, Any] | None:
    """The first two answers for scripts; None where it was not looked."""
    if outcome is None:
        return None
    dates = _dates(outcome)
    topics: dict[str, int] = {}
    for one in outcome.looked_at:
        first = next(map(str, topics_of(one)), "other")
        topics[first] = topics.get(first, 0) + 1
    return {
        "counts": outcome.counts(),
        "first": iso(min(dates)) if dates else None,
        "last": iso(max(dates)) if dates else None,
        "worksheet": summary_object(outcome.worksheet) if outcome.worksheet is not None else None,
        "watched": {"changesets": len(outcome.watched), "topics": topics} if outcome.mode == Mode.WATCH else None,
    }


def _dates(outcome: ComponentOutcome) -> list[int]:
    return [one.changeset.date for one in outcome.changesets] + [one.date for one in outcome.watched]


def _gives(outcome: ComponentOutcome) -> str:
    dates = _dates(outcome)
    if not dates:
        return "nothing new: the target has all that is followed"
    first, last = iso(min(dates))[:10], iso(max(dates))[:10]
    text = f"{counted(len(dates), 'changeset')}, {f'{first} to {last}' if first != last else first}"
    if outcome.mode == Mode.WATCH:
        return f"{text}, by topic: {summary(outcome.looked_at)}"
    if outcome.worksheet is not None:
        hunks, files = outcome.worksheet.counts()["hunks"], outcome.worksheet.files()
        text += (
            f"; {counted(hunks, 'hunk')} on files that the target has in its own words, "
            f"{counted(files['added'], 'file')} of upstream's own"
        )
        if files["absent"]:
            text += f", {counted(files['absent'], 'change')} to files that the target has not"
    return text


def _fits(outcome: ComponentOutcome) -> str:
    if outcome.mode == Mode.WATCH:
        return "nothing is tried: what is watched is read, not carried"
    if not outcome.changesets:
        return "nothing to do"
    words = {
        State.PORTED: "would land, each checked to be upstream's change", State.ALREADY: "there already",
        State.CONFLICT: "do not fit", State.FLAGGED: "refused by the gate", State.BLOCKED: "wait for those",
        State.DEFERRED: "deferred", State.SKIPPED: "skipped", State.NOT_APPLICABLE: "not applicable",
    }  # fmt: skip
    if outcome.worksheet is not None:
        words |= {State.CONFLICT: "with something left on the worksheet"}
    counts = outcome.counts()
    text = ", ".join(f"{counts[state]} {word}" for state, word in words.items() if counts[state])
    if outcome.worksheet is not None:
        fates = outcome.worksheet.counts()
        said = {
            Fate.PLACED: "placed", Fate.ALREADY: "there already", Fate.READY: "fit and wait for something else",
            Fate.DECIDED: "decided on", Fate.LEFT: "left for a hand",
        }  # fmt: skip
        text += f"; of the hunks {', '.join(f'{fates[fate]} {word}' for fate, word in said.items() if fates[fate])}"
    return text


def _lacking(found: Audit) -> str:
    if found.portability is None:
        return "not known: the target has no headers to check on"
    lacks = found.portability.lacks
    kinds = [(noun, sum(one.kind is kind for one in lacks)) for kind, noun in NOUNS.items()]
    told = ", ".join(counted(number, noun) for noun, number in kinds if number)
    files = counted(found.portability.units, "file")
    return f"{told}: {_some(one.name for one in lacks)}" if told else f"nothing that upstream's {files} need"


def _monitor(found: Audit) -> str:
    one = found.privsep
    if one.found == "none":
        return "nothing is known: there is no main function here, as in a library"
    late = [crossing for crossing in one.crossings if not crossing.early]
    if not late:
        return "nothing more: no call of the unprivileged side needs what that has not"
    names = _some(dict.fromkeys(crossing.call for crossing in late))
    files = sum(crossing.need is Need.FILES and bool(crossing.upstream) for crossing in late)
    done = sum(crossing.need is not Need.FILES and bool(crossing.upstream) for crossing in late)
    ready = sum(crossing.ready is not None for crossing in late)
    told = [f"upstream's monitor does {done or 'none'} of them by message"]
    told += [f"{files} {'is' if files == 1 else 'are'} on files, and it opens some"] if files else []
    told += [f"{ready} upstream makes ready before"] if ready else []
    left = len(late) - done - files - ready
    told += [f"{left} it does not do"] if left and (done or files or ready) else []
    rest = "; ".join(told)
    return (
        f"{counted(len(late), 'call')} that cannot work in a chroot without privileges: {names}. "
        f"{rest[:1].upper()}{rest[1:]}"
    )


def _some(names: Iterable[str]) -> str:
    every = list(names)
    rest = f" and {len(every) - _NAMES} more" if len(every) > _NAMES else ""
    return f"{', '.join(every[:_NAMES])}{rest}"

