"""The JSON that scripts read: names and shapes are a contract (docs: "The command line and its JSON").

Text stands in it exactly as it is, decoded and nothing more: JSON escapes what must be escaped. Every list is in a
stable order, every hash is full, every date ISO 8601 in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from portkit.change.changeset import Changeset
from portkit.report.type_check import check_object, type_check_object
from portkit.report.waiting import Waiting
from portkit.report.watched import evidence_of, topics_of
from portkit.report.worksheet import entry_object, summary_object
from portkit.sync.outcome import ChangesetOutcome, ComponentOutcome, FileBaseline, FileOutcome, Notice, State
from portkit.sync.watched import Watched
from portkit.sync.worksheet import Worksheet
from portkit.text import decode

SCHEMA = 1

Object = dict[str, Any]

_FIRST_SECOND, _LAST_SECOND = -62135596800, 253402300799  # of the years 1 and 9999
_OWN = (State.CONFLICT, State.FLAGGED)


def sync_object(outcomes: Sequence[ComponentOutcome]) -> Object:
    """What `sync --json` prints: every component, every changeset, every file."""
    return _begun("sync") | {"components": [component_object(one) for one in outcomes]}


def baseline_object(component: str, baselines: Iterable[FileBaseline]) -> Object:
    """What `baseline --json` prints: which upstream revision each target file derives from."""
    return _begun("baseline") | {"component": component, "files": [_baseline(one) for one in baselines]}


def component_object(outcome: ComponentOutcome) -> Object:
    """One component of `sync_object`."""
    return {
        "name": outcome.name,
        "mode": outcome.mode,
        "upstream": {"name": outcome.upstream, "tip": outcome.upstream_tip, "newest": _date_or_none(outcome.newest)},
        "target": {"onto": outcome.onto, "branch": outcome.branch, "tip": outcome.tip, "draft": outcome.draft},
        "changed": outcome.changed,
        "counts": outcome.counts(),
        "lag_days": outcome.lag_days,
        "type_check": type_check_object(outcome.type_check),
        "needs": [notice.path for notice in outcome.notices if notice.kind == "needs"],
        "changesets": [_changeset(one) for one in outcome.changesets],
        "baselines": [_baseline(one) for one in outcome.baselines],
        "notices": [_notice(one) for one in outcome.notices],
        "watched": [_watched(one, about) for one, about in zip_longest(outcome.watched, outcome.looked_at)],
        "watched_since": _date_or_none(outcome.watched_since),
        "worksheet": _worksheet(outcome.worksheet) if outcome.worksheet is not None else None,
    }


def conflict_object(one: Waiting) -> Object:
    """One conflict of `report.triage.conflicts_object`, with keys enough to be told in a sentence later."""
    return {
        "id": one.id,
        "component": one.component,
        "changeset": one.changeset.id,
        "revisions": revisions(one.outcome),
        "subject": one.changeset.subject,
        "file": one.file.target,
        "upstream": one.file.upstream,
        "revision": one.file.revision,
        "function": one.function,
        "hunk": one.hunk,
        "kind": one.kind,
        "patch": one.patch or None,
        "reason": one.reason,
        "state": one.conflict.state if one.conflict is not None else "open",
        "check": check_object(one.outcome.check),
        "blocks": [blocked.changeset.id for blocked in one.blocks],
        "causes": [],
        "suggestions": [],
        "base": decode(one.base),
        "ours": decode(one.ours),
        "theirs": decode(one.theirs),
    }


def revisions(outcome: ChangesetOutcome) -> list[str]:
    """What of upstream a changeset brings, as `path revision`; the path alone where the file has no revision."""
    return [f"{file.upstream} {file.revision}" if file.revision else str(file.upstream) for file in outcome.files]


def iso(seconds: int) -> str:
    """A date as the contract writes it. A date that no calendar has is shown as the nearest that one has."""
    clamped = min(max(seconds, _FIRST_SECOND), _LAST_SECOND)
    return datetime.fromtimestamp(clamped, UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _begun(command: str) -> Object:
    return {"schema": SCHEMA, "command": command}


def _date_or_none(seconds: int) -> str | None:
    return iso(seconds) if seconds else None


def _changeset(one: ChangesetOutcome) -> Object:
    return _told(one.changeset) | {
        "revisions": revisions(one),
        "state": one.state,
        "reason": one.reason,
        "commit": one.commit or None,
        "partial": one.partial,
        "check": check_object(one.check),
        "blocked_by": list(one.blocked_by),
        "files": [_file(file, one.state) for file in one.files],
    }


def _told(changeset: Changeset) -> Object:
    return {
        "id": changeset.id,
        "date": iso(changeset.date),
        "author": changeset.author.login,
        "email": changeset.author.email,
        "subject": changeset.subject,
    }


def _file(file: FileOutcome, state: State) -> Object:
    return {
        "upstream": file.upstream,
        "target": file.target,
        "revision": file.revision,
        "state": file.state,
        "method": file.method,
        "gate": file.gate or None,
        "reason": file.reason,
        "conflicts": [conflict.id for conflict in file.conflicts] if state in _OWN else [],
        "resolutions": list(file.resolutions),
    }


def _worksheet(sheet: Worksheet) -> Object:
    return summary_object(sheet) | {"entries": [entry_object(entry) for entry in sheet.entries]}


def _baseline(one: FileBaseline) -> Object:
    return {
        "target": one.target,
        "upstream": one.upstream,
        "recorded": one.recorded,
        "nearest": one.nearest,
        "used": one.used,
        "distance": one.distance,
        "recorded_distance": one.recorded_distance,
        "changeset": one.changeset,
        "confidence": one.confidence,
        "note": one.note,
    }


def _notice(one: Notice) -> Mapping[str, str]:
    return {"kind": one.kind, "text": one.text, "path": one.path, "changeset": one.changeset}


def _watched(one: Changeset, about: Watched | None) -> Object:
    found = evidence_of(about) if about is not None else ()
    return _told(one) | {
        "files": [str(change.path) for change in one.files],
        "topics": list(topics_of(about)) if about is not None else [],
        "evidence": [{"topic": piece.topic, "where": piece.where, "what": piece.what} for piece in found],
        "functions": list(about.functions) if about is not None else [],
        "decided": about.decided or None if about is not None else None,
    }
