"""The newest report in a workspace: what "new since the last report" is measured against."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from portkit.errors import UserError
from portkit.report.waiting import known_conflicts


def previous_report(reports: Path, *, before: str = "") -> Mapping[str, Any] | None:
    """The newest weekly report (the JSON under reports/<date>/), None where there is none. `before`: only those of an
    earlier date. What cannot be read, or is no such report, is passed over."""
    for found in earlier(reports, "weekly", before=before):
        try:
            known_conflicts(found)
            return found
        except UserError:
            continue
    return None


def earlier(reports: Path, kind: str, *, before: str = "") -> Iterator[Mapping[str, Any]]:
    """The reports of a kind, the newest first: what can be read of the JSON under reports/<date>/. `before`: only those
    of an earlier date."""
    for path in sorted(reports.glob(f"*/{kind}.json"), reverse=True):
        if before and path.parent.name >= before:
            continue
        try:
            found = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(found, dict) and found.get("kind") == kind and found.get("schema") == 1:
            yield found
