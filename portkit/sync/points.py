"""A point in upstream's history, a day or a revision, looked up among a component's changesets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from portkit.change.changeset import Changeset
from portkit.errors import UserError
from portkit.protocols import History

_LIKE_A_DAY = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\.?|\d{4}[./-]\d{1,2}|\d{1,2}\.? \w+ \d{4}|\w+ \d{1,2},? \d{4}|today|yesterday|now"
)

DAY = 86400
"""In seconds."""


def position_of(changesets: Sequence[Changeset], point: str, history: History) -> int:
    """The position of the last changeset at `point`: a date (the end of that day, UTC) or a revision; -1 where there
    is none yet. Raises UserError for an unknown revision, and for a day that is written otherwise."""
    day = day_of(point)
    if day is not None:
        return max((index for index, one in enumerate(changesets) if one.date < day + DAY), default=-1)
    try:
        full = history.resolve(point)
    except UserError:
        if not _LIKE_A_DAY.fullmatch(point.strip()):
            raise
        what = f"{point!r} is neither a day nor a revision"
        raise UserError(what, hint="a day is written as 2012-08-15") from None
    own = next((index for index, one in enumerate(changesets) if one.id == full), None)
    if own is not None:
        return own
    newest = history.newest_at(point)
    reached = {newest}
    for one in history.changesets(lambda _: True):
        reached.add(one.id)
        if one.id == newest:
            break
    return max((index for index, one in enumerate(changesets) if newest and one.id in reached), default=-1)


def first_at(changesets: Sequence[Changeset], point: str, history: History) -> int:
    """The position of the first changeset at `point`, a day or a revision, or after it; their number where all are
    older. Raises UserError for an unknown revision."""
    day = day_of(point)
    if day is not None:
        return next((index for index, one in enumerate(changesets) if one.date >= day), len(changesets))
    at = position_of(changesets, point, history)
    return at if at >= 0 and changesets[at].id == history.resolve(point) else at + 1


def day_of(text: str) -> int | None:
    """The first second of the day `YYYY-MM-DD`, UTC, in seconds since 1970; None for what is no such date."""
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def iso_day(seconds: int) -> str:
    """The day of a date, UTC, as YYYY-MM-DD."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
