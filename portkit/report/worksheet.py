"""The worksheet of a port as scripts take it, and its entries by function of the target."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portkit.merge.fate import Fate
from portkit.sync.outcome import ComponentOutcome
from portkit.sync.worksheet import Candidate, Entry, Net, Worksheet
from portkit.text import decode

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """The entries of one function of the target, in upstream's order: what a person works through in one place. Where
    the function is not known, `function` is "" and `upstream_function` tells what to look for. `net`: all of it as one
    change."""

    file: str
    function: str
    upstream_function: str
    entries: tuple[Entry, ...]
    net: Net | None = None

    @property
    def open(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.open)

    @property
    def done(self) -> int:
        return len(self.entries) - len(self.open)


def begin(outcome: ComponentOutcome) -> str:
    """The command with which a person begins to finish the port by hand: on the draft, where there is one; "" where
    nothing was written."""
    start = outcome.draft or (outcome.branch if outcome.tip else "")
    return f"git switch -c {shlex.quote(f'{outcome.name}-by-hand')} {shlex.quote(start)}" if start else ""


def sections(sheet: Worksheet) -> tuple[Section, ...]:
    """The worksheet by file and function, files by path, functions in the order in which upstream touched them."""
    grouped: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in sheet.entries:
        grouped.setdefault((entry.target, entry.counterpart, entry.function), []).append(entry)
    files = sorted({file for file, _, _ in grouped})
    nets = {(str(net.target), net.counterpart, net.function): net for net in sheet.nets}
    return tuple(
        Section(file, function, upstream, tuple(entries), nets.get((file, function, upstream)))
        for wanted in files
        for (file, function, upstream), entries in grouped.items()
        if file == wanted
    )


def worksheet_object(outcome: ComponentOutcome, ticked: Sequence[str] = ()) -> Object:
    """The whole worksheet for scripts, with upstream's lines and the target's. `ticked`: what was open in the worksheet
    before this one and is done now."""
    assert outcome.worksheet is not None
    return {
        "schema": 1,
        "kind": "worksheet",
        "component": outcome.name,
        "onto": outcome.onto,
        "branch": outcome.branch,
        "tip": outcome.tip,
        "draft": outcome.draft,
        "begin": begin(outcome),
        **summary_object(outcome.worksheet),
        "ticked": list(ticked),
        "words": list(outcome.worksheet.words),
        "functions": [_net(one) for one in outcome.worksheet.nets],
        "entries": [entry_object(entry) | _texts(entry) for entry in outcome.worksheet.entries],
    }


def _net(one: Net) -> Object:
    return {
        "target": one.target,
        "upstream": one.upstream,
        "function": one.function,
        "counterpart": one.counterpart,
        "changesets": list(one.changesets),
        "left": one.left,
        "hunks": [
            {
                "fate": hunk.fate, "line": hunk.line, "lines": [decode(raw).rstrip("\n") for raw in hunk.lines],
                "here": decode(hunk.here), "first": hunk.first or None,
            }
            for hunk in one.hunks
        ],
    }


def summary_object(sheet: Worksheet) -> Object:
    """The worksheet in numbers."""
    return {
        "first": sheet.first,
        "last": sheet.last,
        "counts": sheet.counts(),
        "blocks": sheet.blocks(),
        "files": sheet.files(),
    }


def entry_object(entry: Entry) -> Object:
    """One entry, without the lines themselves."""
    return {
        "id": entry.id,
        "what": entry.what,
        "fate": entry.fate,
        "changeset": entry.changeset,
        "upstream": entry.upstream,
        "revision": entry.revision,
        "target": entry.target,
        "hunk": entry.number,
        "block": entry.block,
        "function": entry.function,
        "counterpart": entry.counterpart,
        "by": entry.by,
        "method": entry.method,
        "line": entry.line,
        "reason": entry.reason,
        "decided": entry.decided or None,
        "words": list(entry.words),
        "follows": list(entry.follows),
        "candidates": [_candidate(one) for one in entry.candidates],
    }


def _candidate(one: Candidate) -> Object:
    return {"file": one.file, "function": one.function, "line": one.line, "alike": one.alike, "why": one.why}


def _texts(entry: Entry) -> Object:
    return {"before": decode(entry.before), "after": decode(entry.after), "here": decode(entry.here)}


def ticked(sheet: Worksheet, previous: Mapping[str, Any] | None) -> list[str]:
    """The ids of the entries that are there now, and were open in `previous`, an earlier worksheet's JSON, or ticked
    off in it."""
    before = open_ids(previous)
    listed = previous.get("ticked") if previous is not None else None
    if isinstance(listed, list):
        before |= {str(one) for one in listed}
    return [entry.id for entry in sheet.entries if entry.fate is Fate.ALREADY and entry.id in before]


def open_ids(previous: Mapping[str, Any] | None) -> frozenset[str]:
    """The ids that an earlier worksheet's JSON holds as open; none without one."""
    entries = previous.get("entries") if previous is not None else None
    if not isinstance(entries, list):
        return frozenset()
    return frozenset(
        str(one.get("id")) for one in entries
        if isinstance(one, Mapping) and one.get("fate") in (str(Fate.LEFT), str(Fate.READY))
    )  # fmt: skip
