"""Commands that say all they found and fail nevertheless."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from portkit.cli.screen import Screen
from portkit.cli.wiring import Workspace
from portkit.errors import PortkitError, WorldError
from portkit.git.door import GitRepository
from portkit.git.remote import without_password


def failed(screen: Screen, found: Mapping[str, Any], error: PortkitError) -> int:
    """Tells `error` beside a result: with JSON, as the `error` of the one object `found`. Returns the exit code."""
    told = {"what": error.what, "where": error.where, "cause": error.cause, "hint": error.hint}
    screen.result({**found, "error": {**told, "exit": error.exit_code}})
    Screen(quiet=screen.quiet, verbose=screen.verbose).error(error, "")  # the words alone
    return error.exit_code


def need_clones(place: Workspace, *, upstreams: bool = True) -> None:
    """Raises WorldError where the target is a URL that was not cloned yet, or where a clone (of `upstreams` too) is of
    another URL than the map's: what only looks asks no remote."""
    folder = place.state / "upstream"
    sources = [("the target", place.map.target, place.state / "target.git")]
    if upstreams:
        sources += [(f"upstream {one.name}", one, folder / f"{one.name}.git") for one in place.map.upstreams]
    for role, source, clone in sources:
        if not source.remote or source.kind != "git":  # what is not copied is told of where it is opened
            continue
        what = ""
        if clone.exists():
            done = GitRepository(clone).outcome("config", "--get", "remote.origin.url")
            if done.stdout.rstrip(b"\n") != os.fsencode(source.location):
                what = "is not here yet: what is here came from another URL"
        elif source is place.map.target:  # an upstream that is not here is told of where it is opened
            what = "is not here yet"
        if what:
            raise WorldError(f"{role}: {without_password(source.location)} {what}", hint="portkit fetch brings it")
