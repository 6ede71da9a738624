"""What `portkit patches` tells: the JSON of its commands, and the words for how a patch fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from portkit.patches.checking import Checked, Fit, Fits, PatchCheck
from portkit.patches.extract import Extracted
from portkit.patches.refresh import Refreshed
from portkit.patches.series import Patch
from portkit.patches.superseded import Superseded
from portkit.report.contract import SCHEMA, conflict_object
from portkit.report.triage import card_object
from portkit.report.waiting import Waiting
from portkit.triage.card import Card

Object = dict[str, Any]


def begun(action: str, component: str) -> Object:
    """What every object of `patches` begins with."""
    return {"schema": SCHEMA, "command": "patches", "action": action, "component": component}


def patch_object(patch: Patch) -> Object:
    """One patch: what it is called, what it says of itself, what it touches."""
    return {
        "name": patch.name,
        "subject": patch.headers.subject,
        "author": patch.headers.author or None,
        "commits": list(patch.headers.commits),
        "forwarded": patch.headers.forwarded or None,
        "superseded_by": list(patch.headers.superseded_by),
        "left_out_of": patch.headers.left_out_of or None,
        "added": sum(one.added for one in patch.files),
        "removed": sum(one.removed for one in patch.files),
        "files": [str(path) for path in patch.paths],
    }


def list_object(component: str, patches: Iterable[Patch]) -> Object:
    """What `patches list COMPONENT --json` prints."""
    return begun("list", component) | {"patches": [patch_object(one) for one in patches]}


def owners_object(component: str, path: str, first: int, last: int, owners: Sequence[Patch]) -> Object:
    """What `patches list FILE[:LINE] --json` prints. `first` and `last` are 0 for the whole file."""
    return begun("list", component) | {
        "file": path, "first": first or None, "last": last or None,
        "owners": [patch_object(one) for one in owners],
    }  # fmt: skip


def extract_object(component: str, onto: str, found: Extracted, folder: str, written: bool) -> Object:
    """What `patches extract --json` prints."""
    return begun("extract", component) | {
        "onto": onto, "folder": folder, "written": written,
        "changed_lines": found.changed, "remainder_lines": found.left, "remainder_share": round(found.share, 4),
        "patches": [patch_object(one) for one in found.series.patches],
    }  # fmt: skip


def check_object(found: Checked) -> Object:
    """What `patches check --json` prints."""
    return begun("check", found.component) | {
        "onto": found.onto, "equal": found.equal, "holds": found.holds, "reports": found.reports,
        "files": [{"file": one.path, "equal": one.equal, "why": one.why} for one in found.files],
        "patches": [_checked(one) for one in found.patches],
    }  # fmt: skip


def refresh_object(
    component: str, onto: str, found: Refreshed, written: bool, diff: str, cards: Sequence[tuple[Waiting, Card]] = ()
) -> Object:
    """What `portkit patches refresh --json` prints. `diff` is the diff of diffs of a dry run; `cards`: what waits for a
    person, as `conflicts --json` has it."""
    return begun("refresh", component) | {
        "onto": onto, "written": written, "changed": list(found.changed),
        "retired": [{"name": one.name, "reason": one.reason} for one in found.retired],
        "cards": [conflict_object(one) | card_object(card) for one, card in cards], "diff": diff or None,
    }  # fmt: skip


def _checked(one: PatchCheck) -> Object:
    return patch_object(one.patch) | {
        "in_order": _fits(one.in_order), "alone": _fits(one.alone), "forward": _fits(one.forward),
        "superseded": superseded_object(one.superseded) if one.superseded is not None else None,
        "collisions": list(one.collisions),
    }  # fmt: skip


def superseded_object(one: Superseded) -> Object:
    """What upstream has of a patch."""
    return {
        "whole": one.whole, "by_content": one.by_content, "by_id": one.by_id, "changeset": one.changeset or None,
        "named": list(one.named), "missing": list(one.missing), "files": dict(sorted(one.files.items())),
    }  # fmt: skip


def _fits(one: Fits) -> Object:
    return {"fit": str(one.fit), "offset": one.offset, "fuzz": one.fuzz, "reason": one.reason}


def fit_words(one: Fits) -> str:
    """How a patch fits, in a word or two."""
    match one.fit:
        case Fit.EXACT:
            return "exact"
        case Fit.OFFSET:
            return f"{one.offset} off"
        case Fit.FUZZ:
            return f"fuzz {one.fuzz}"
        case Fit.MERGE:
            return "by merge"
        case Fit.NONE:
            return "no"


def superseded_words(one: Superseded) -> str:
    """What upstream has of a patch, as a sentence; "" where that is nothing."""
    if one.by_content:
        return f"upstream has it ({one.changeset[:10]})"
    if one.by_id:
        return f"upstream has what it names ({', '.join(one.named)})"
    if one.named:
        return f"upstream has {', '.join(one.named)} of what it names, and not yet {', '.join(one.missing)}"
    return ""
