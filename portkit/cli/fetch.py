"""`portkit fetch`: brings what the map's URLs have, and says what is new since the last time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from portkit.change.changeset import Changeset
from portkit.cli.failing import failed
from portkit.cli.log import cut
from portkit.cli.options import Options
from portkit.cli.wiring import Workspace, workspace
from portkit.components.model import Component, Mode
from portkit.errors import PortkitError, UserError, WorldError
from portkit.git.remote import without_password
from portkit.protocols import History
from portkit.report.contract import iso

SHOWN = 5
"""How many new changesets of a component are named; the rest is counted."""

_KIND = "fetched"


@dataclass(frozen=True, slots=True)
class News:
    """What one component has of upstream: `new` since the last fetch (None where there was none to compare with),
    oldest first; `total` of all; or what is in the way."""

    component: Component
    total: int
    new: tuple[Changeset, ...] | None
    newest: int
    error: PortkitError | None = None


@click.command("fetch")
@click.argument("components", nargs=-1)
@click.pass_obj
def command(options: Options, components: tuple[str, ...]) -> int:
    """Brings the upstream of each component, and the target, up to date where the map names them by a URL.

    A path is used in place: update it with git. Says what is new since the last fetch. Branches are not touched:
    sync writes them.
    """
    with workspace(options) as place:
        names = place.components(components)
        wrong: list[PortkitError] = []
        target_there = _fetched_target(place, wrong)
        news = [_news(place, place.map.component(name), wrong, with_target=target_there) for name in names]
        found = {
            "schema": 1, "command": "fetch", "sources": _sources(place, names),
            "components": [_object(one) for one in news],
        }  # fmt: skip
        _tell(place, names, news)
        for error in wrong[1:]:
            place.screen.original(error)
        if wrong:
            return failed(place.screen, found, wrong[0])
        place.screen.result(found)
        return 0


def _fetched_target(place: Workspace, wrong: list[PortkitError]) -> bool:
    try:
        place.target()
        return True
    except (UserError, WorldError) as error:
        wrong.append(error)
        return False


def _news(place: Workspace, component: Component, wrong: list[PortkitError], *, with_target: bool) -> News:
    """One component's news; an error goes into `wrong` once, however many components share the source."""
    source = place.map.source(component.upstream)
    try:
        history = place.history(source)
        changesets = _of(component, history)
        news = News(component, len(changesets), _since(place, component, changesets),
                    changesets[-1].date if changesets else 0)  # fmt: skip
    except (UserError, WorldError) as error:
        if str(error) not in map(str, wrong):
            wrong.append(error)
        return News(component, 0, None, 0, error)
    newest = changesets[-1].id if changesets else ""
    place.memory().put(_KIND, component.name, newest.encode("ascii"))
    if with_target and component.mode is not Mode.WATCH:
        _bring_contents(place, component)
    return news


def _of(component: Component, history: History) -> Sequence[Changeset]:
    return history.changesets(component.covers)


def _since(place: Workspace, component: Component, changesets: Sequence[Changeset]) -> tuple[Changeset, ...] | None:
    """Those after the newest one of the last fetch; None for a first fetch, or where upstream was rewritten since."""
    last = place.memory().get(_KIND, component.name)
    if last is None:
        return None
    at = next((index for index, one in enumerate(changesets) if one.id.encode("ascii") == last), None)
    if at is None:
        return tuple(changesets) if not last else None
    return tuple(changesets[at + 1 :])


def _bring_contents(place: Workspace, component: Component) -> None:
    """Gets what of the target's files and their history a partial clone lacks, so that status and log need no
    network."""
    target = place.target()
    if target.cloned:
        tip, folders = target.default_tip(), component.target_folders()
        wanted = {blob.oid for blob in target.tree(tip, folders).entries.values()}
        wanted |= {
            side.oid
            for change in target.changes(tip, folders)
            for file in change.files
            if component.upstream_of(file.path) is not None
            for side in (file.old, file.new)
            if side is not None
        }
        target.bring(sorted(wanted))


def _sources(place: Workspace, names: Sequence[str]) -> list[Mapping[str, Any]]:
    used = sorted({place.map.component(name).upstream for name in names})
    every = [(name, place.map.source(name)) for name in used] + [("target", place.map.target)]
    return [{"name": name, "location": without_password(source.location), "fetched": source.remote}
            for name, source in every]  # fmt: skip


def _object(one: News) -> Mapping[str, Any]:
    error = one.error
    return {
        "name": one.component.name, "upstream": one.component.upstream, "changesets": one.total,
        "newest": iso(one.newest) if one.newest else None,
        "new": [
            {"id": changeset.id, "date": iso(changeset.date), "author": changeset.author.login,
             "subject": changeset.subject}
            for changeset in one.new
        ] if one.new is not None else None,
        "error": {"what": error.what, "where": error.where, "cause": error.cause, "hint": error.hint,
                  "exit": error.exit_code} if error is not None else None,
    }  # fmt: skip


def _tell(place: Workspace, names: Sequence[str], news: Sequence[News]) -> None:
    screen = place.screen
    for one in _sources(place, names):
        if not one["fetched"]:
            screen.paragraph(f"{one['name']}: {one['location']} is used in place", first="", indent="  ")
    for component in news:
        name = component.component.name
        if component.error is not None:
            screen.say(f"{name}: not looked at, see below")
            continue
        until = f"newest of {iso(component.newest)[:10]}" if component.newest else "none yet"
        if component.new is None:
            screen.say(f"{name}: {_counted(component.total)} upstream, {until}")
        elif not component.new:
            screen.say(f"{name}: nothing new, {until}")
        else:
            screen.say(f"{name}: {_counted(len(component.new), 'new ')}, {until}")
            for changeset in component.new[: -SHOWN - 1 : -1]:
                screen.say(cut(f"  {iso(changeset.date)[:10]} {changeset.id[:10]} {changeset.subject}"))
            if len(component.new) > SHOWN:
                screen.say(f"  and {len(component.new) - SHOWN} before; portkit log {name} lists them")


def _counted(count: int, kind: str = "") -> str:
    return f"1 {kind}changeset" if count == 1 else f"{count:,} {kind}changesets"
