"""What `portkit survey` tells, as JSON and in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from portkit.report.contract import SCHEMA, iso
from portkit.survey.model import Derived, Place, Standing, Survey

Object = dict[str, Any]


def survey_object(found: Survey) -> Object:
    """What `survey --json` prints."""
    return {
        "schema": SCHEMA, "command": "survey", "onto": found.onto,
        "upstream": {"tip": found.tip, "newest": iso(found.newest) if found.newest else None},
        "totals": totals(found),
        "best": [_place(one) for one in found.best],
        "directories": [_place(one) for one in found.places],
        "files": [_file(one) for one in found.files],
        "loose": list(found.loose),
    }  # fmt: skip


def totals(found: Survey) -> Object:
    """The sums over the whole survey; a file with several ident lines counts once."""
    files = [one for one in found.files if not one.further]
    return {
        "surveyed": found.surveyed,
        "files": len(files),
        "lines": sum(one.lines for one in files),
        **{str(standing): sum(one.standing is standing for one in files) for standing in Standing},
        "behind": sum(bool(one.behind) for one in files),
        "changesets": len({changeset for one in files for changeset in one.missing}),
        "deleted_upstream": sum(one.deleted for one in files),
        "by_content": sum(one.recorded is None for one in files),
    }


def counts(found: Survey) -> Iterator[str]:
    """The same in sentences."""
    told = totals(found)
    yield (
        f"{told['files']:,} of {told['surveyed']:,} files came from upstream: {told['resolved']:,} resolved, "
        f"{told['ambiguous']:,} ambiguous, {told['newer']:,} newer than the upstream history at hand, "
        f"{told['unknown'] + told['branch']:,} not found"
    )
    yield (
        f"{told['behind']:,} of the resolved are behind, by {told['changesets']:,} changesets; upstream deleted "
        f"{told['deleted_upstream']:,}"
    )
    if found.loose:
        yield f"{len(found.loose):,} files speak of the keyword, and name no revision"


def _place(one: Place) -> Object:
    return {
        "folder": one.folder, "upstream": one.upstream, "component": one.component or None, "files": one.files,
        "lines": one.lines, "behind_files": one.behind_files, "changesets": one.changesets, "lag_days": one.lag_days,
        "newer": one.newer, "unresolved": one.unresolved, "deleted_upstream": one.deleted,
    }  # fmt: skip


def _file(one: Derived) -> Object:
    recorded = one.recorded
    return {
        "target": one.target, "upstream": one.upstream, "revision": one.revision, "changeset": one.changeset or None,
        "behind": one.behind, "lag_days": one.lag_days, "confidence": one.confidence,
        "deleted_upstream": one.deleted, "successor": one.successor or None, "standing": str(one.standing),
        "lines": one.lines,
        "recorded": {
            "line": recorded.line, "path": recorded.path, "revision": recorded.revision, "date": iso(recorded.date),
            "author": recorded.author,
        } if recorded is not None else None,
        "ident": [one.meant.upstream, one.meant.changeset] if one.meant is not None else None,
        "candidates": [{"upstream": each.upstream, "changeset": each.changeset} for each in one.candidates],
        "nearest": one.nearest or None, "distance": one.distance, "further": one.further, "note": one.note,
    }  # fmt: skip
