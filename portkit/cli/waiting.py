"""The newest report in a workspace: what "new since the last report" is measured against."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from portkit.errors import UserError
from portkit.report.waiting import known_conflicts


def previous_report(reports: Path, *, before: str = "") -> Mapping[str, Any] | None:
    """The newest weekly report (the JSON under reports/<date>/), None where there is none. `before`: only those of an
    earlier date. What cannot be read, or is no such report, is passed over."""
    for path in sorted(reports.glob("*/weekly.json"), reverse=True):
        if before and path.parent.name >= before:
            continue
        try:
            found = json.loads(path.read_bytes())
            if isinstance(found, dict):
                known_conflicts(found)
                return found
        except (OSError, ValueError, RecursionError, UserError):
            continue
    return None
