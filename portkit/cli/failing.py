"""Commands that say all they found and fail nevertheless; and what git itself said of a failure, with -v."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portkit.cli.screen import Screen
from portkit.cli.wiring import Workspace
from portkit.errors import PortkitError, WorldError


def failed(screen: Screen, found: Mapping[str, Any], error: PortkitError) -> int:
    """Tells `error` beside a result: with JSON, as the `error` of the one object `found`. Returns the exit code."""
    told = {"what": error.what, "where": error.where, "cause": error.cause, "hint": error.hint}
    screen.result({**found, "error": {**told, "exit": error.exit_code}})
    Screen(quiet=screen.quiet).error(error, "")  # the words alone
    return error.exit_code


def tell_original(screen: Screen, error: BaseException) -> None:
    """With -v, what `error` was made from: all that git said."""
    if screen.verbose and error.__cause__ is not None:
        screen.note(str(error.__cause__).rstrip())


def need_clone(place: Workspace) -> None:
    """Raises WorldError where the target is a URL that was not cloned yet: what only looks does not clone it."""
    target = place.map.target
    if target.remote and not (place.state / "target.git").exists():
        from portkit.git.remote import without_password  # only here is it needed

        raise WorldError(
            f"the target: {without_password(target.location)} is not here yet", hint="portkit fetch brings it"
        )
