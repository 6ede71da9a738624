"""What a sync is asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for. `onto`: a full target hash; `until`: a date or upstream revision, "" for the newest;
    `changesets`: only these; `branch`: "" for `portkit/<component>`; `as_of`: the day that counts as today for what was
    deferred, "" for that of upstream's newest changeset; `partial`: the clean files of what is parked land; `since`:
    the day or upstream revision from which on what is watched is told, "" for what the map says."""

    components: tuple[str, ...]
    onto: str
    until: str = ""
    changesets: tuple[str, ...] = ()
    branch: str = ""
    dry_run: bool = False
    as_of: str = ""
    partial: bool = False
    since: str = ""
