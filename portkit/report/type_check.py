"""The type check of what lands, in words and as data: the same on the screen, in mails and on pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portkit.report.shown import counted, one_line
from portkit.sync.outcome import ChangesetOutcome, Complaint, ComponentOutcome, State, TypeChecked, TypeCheckRun

SHOWN = 6
"""Errors of one changeset that are told in words; the JSON has all."""


def adding(outcome: ComponentOutcome) -> tuple[ChangesetOutcome, ...]:
    """Those that land and add an error, or a source for which the compiler has no answer."""
    return tuple(
        one
        for one in outcome.changesets
        if _lands(one) and one.check is not None and (one.check.new or one.check.failed)
    )


def _lands(one: ChangesetOutcome) -> bool:
    """Whether it was checked as it stands on the branch, whole or in part."""
    return one.check is not None and not one.check.draft and (one.state is State.PORTED or one.partial)


def summary(outcome: ComponentOutcome) -> str:
    """How a component does, in a sentence without a full stop; "" where nobody asked."""
    run = outcome.type_check
    if run is None:
        return ""
    if not run.compiler:
        return f"not made: {run.why}"
    landed = sum(map(_lands, outcome.changesets))
    bad = adding(outcome)
    if not landed:
        return f"nothing lands; {counted(run.errors[0], 'error')} as it stands"
    every = [one for changeset in bad if changeset.check is not None for one in changeset.check.new]
    mended = sum(bool(one.mended) for one in every)
    if not bad:
        rest = f" to the {run.errors[0]} that were there" if run.errors[0] else ""
        return f"none of {counted(landed, 'commit')} adds an error{rest}"
    add = "adds" if len(bad) == 1 else "add"
    lasting = f"{counted(len(every) - mended, 'new error')} at the branch's end" if mended < len(every) else ""
    passing = f"{mended} that a later commit mends" if mended else ""
    more = "; ".join(filter(None, [lasting, passing]))
    return f"{len(bad)} of {counted(landed, 'commit')} {add} errors{f' ({more})' if more else ''}"


def counts(one: TypeChecked) -> str:
    """Errors and warnings before and after, what stays the same left out."""
    parts = [
        f"{name} {before} to {after}"
        for name, (before, after) in (("errors", one.errors), ("warnings", one.warnings))
        if before != after or (name == "errors" and (one.new or one.gone))
    ]
    return ", ".join(parts)


def told(one: TypeChecked) -> Sequence[str]:
    """What the type check says of a changeset, a sentence each, the counts first; nothing where it changes nothing."""
    if one.quiet:
        return ()
    head = counts(one)
    if one.draft and head:
        head += ", as the draft has it"
    said = [head] if head else []
    alike: dict[tuple[str, str], list[Complaint]] = {}
    for each in one.new:
        alike.setdefault((each.path, complaint(each)), []).append(each)
    said += [
        f"{one_line(path)}:{', '.join(str(each.line) for each in several[:SHOWN])}: {text}"
        for (path, text), several in list(alike.items())[:SHOWN]
    ]
    if len(alike) > SHOWN:
        said.append(f"and {len(alike) - SHOWN} more")
    return (*said, *(f"{one_line(path)}: the compiler has no answer for it" for path in one.failed))


def complaint(one: Complaint) -> str:
    """What one error is, what stands in for what it misses, and what mends it."""
    instead = f"; instead: {one.instead}" if one.instead else ""
    mended = f"; mended by {one_line(one.mended[:10])}" if one.mended else ""
    return f"{one_line(one.text)}{one_line(instead)}{mended}"


def tested(outcome: ComponentOutcome) -> tuple[str, ...]:
    """What a cover letter may say was tested; nothing where it was not."""
    run = outcome.type_check
    if run is None or not run.compiler:
        return ()
    lines = [f"type check on the target's own headers, by {run.compiler}: {summary(outcome)}"]
    for one in adding(outcome):
        check = one.check
        if check is not None and any(not each.mended for each in check.new):
            lines.append(f"{(one.commit or one.changeset.id)[:12]} does not compile as it is: {counts(check)}")
    return tuple(lines)


def type_check_object(run: TypeCheckRun | None) -> dict[str, Any] | None:
    """How a component was type-checked, for JSON."""
    if run is None:
        return None
    return {"compiler": run.compiler or None, "reason": run.why or None, "errors": list(run.errors)}


def check_object(one: TypeChecked | None) -> dict[str, Any] | None:
    """What the type check says of one changeset, for JSON."""
    if one is None:
        return None
    return {
        "errors": list(one.errors), "warnings": list(one.warnings), "gone": one.gone, "failed": list(one.failed),
        "draft": one.draft,
        "new": [
            {"path": each.path, "line": each.line, "text": each.text, "instead": each.instead or None,
             "mended": each.mended or None}
            for each in one.new
        ],
    }  # fmt: skip
