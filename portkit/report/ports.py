"""What `portkit ports` tells: which target commits carry which upstream changesets, as JSON and on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from portkit.ports.model import Found, HunkState, Jump, Port, PortedFile
from portkit.report.contract import SCHEMA, iso

Object = dict[str, Any]


def ports_object(component: str, onto: str, found: Found) -> Object:
    """What `ports --json` prints."""
    return {
        "schema": SCHEMA, "command": "ports", "component": component, "onto": onto,
        "ports": [_port(one) for one in found.ports],
        "jumped": [_jump(one) for one in found.jumps],
    }  # fmt: skip


def counts(found: Found) -> str:
    """One line: how many ports of which kind, and how many changesets they carry."""
    kinds: dict[str, int] = {}
    for port in found.ports:
        kinds[port.kind] = kinds.get(port.kind, 0) + 1
    changesets = {one for port in found.ports for one in port.changesets}
    told = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    return f"{len(found.ports)} commits carry {len(changesets)} changesets" + (f": {told}" if told else "")


def lines(port: Port) -> Iterator[str]:
    """What became of each file, for a reader who wants to know."""
    for file in port.files:
        made = sum(state in (HunkState.MADE, HunkState.ADAPTED) for state in file.hunks)
        parts = [f"{made} of {len(file.hunks)} hunks"] if file.hunks else []
        adapted = [str(at) for at, state in enumerate(file.hunks, 1) if state is HunkState.ADAPTED]
        before = [str(at) for at, state in enumerate(file.hunks, 1) if state is HunkState.BEFORE]
        parts += [f"adapted: {', '.join(adapted)}"] if adapted else []
        parts += [f"there before: {', '.join(before)}"] if before else []
        parts += [f"left out: {', '.join(map(str, file.left_out))}"] if file.left_out else []
        yield f"{file.target} ({file.changeset[:10]}, {file.revision}): {'; '.join(parts)}"


def _port(one: Port) -> Object:
    return {
        "target_commit": one.target_commit,
        "date": iso(one.date),
        "subject": one.subject,
        "changesets": list(one.changesets),
        "confidence": one.confidence,
        "evidence": [str(evidence) for evidence in one.evidence],
        "exact": one.exact,
        "kind": str(one.kind),
        "reverted": one.reverted or None,
        "files": [_file(file) for file in one.files],
    }


def _file(one: PortedFile) -> Object:
    return {
        "changeset": one.changeset, "upstream": one.upstream, "target": one.target, "revision": one.revision,
        "hunks": [str(state) for state in one.hunks], "left_out": list(one.left_out), "ident_bumped": one.bumped,
    }  # fmt: skip


def _jump(one: Jump) -> Object:
    return {
        "changeset": one.changeset, "upstream": one.upstream, "target": one.target, "revision": one.revision,
        "commit": one.commit,
    }  # fmt: skip
