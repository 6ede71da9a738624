"""Where a local patch no longer fits, settled: what is refused, and how the series goes on from there."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from portkit.cli.carrying import Carrying, carried
from portkit.cli.local import LocalPatches
from portkit.cli.patches import tell_refreshed
from portkit.cli.wiring import Workspace
from portkit.components.model import Component
from portkit.decisions.answer import Labels
from portkit.decisions.ids import ChangeId
from portkit.decisions.resolution import Resolution
from portkit.errors import UserError
from portkit.report.patches import refresh_object
from portkit.sync.settling import OpenFile, Settled, settled


def found_in(
    place: Workspace, components: Sequence[Component], wanted: ChangeId, onto: str | None, until: str
) -> tuple[Carrying, tuple[OpenFile, ...]] | None:
    """The series that `wanted` is a card of, and the file that settles it; None where it is nobody's."""
    for component in components:
        one = carried(place, component.name, onto, until)
        files = one.open_files(wanted) if one is not None and one.found.cards else ()
        if one is not None and files:
            return one, files
    return None


def labels(one: Carrying, file: OpenFile) -> Labels:
    """How the three sides are named in the markers."""
    card = next(card for card in one.found.cards if card.path == file.pick.target)
    return Labels(
        f"ours: upstream's {file.pick.file.label}, with the patches before it", f"base: what {card.patch} was made for",
        f"theirs: {card.patch}",
    )  # fmt: skip


def leftover(file: OpenFile) -> bool:
    """Whether every patch fits, and something is left that is nobody's."""
    return file.pick.base is None


def settled_leftover(file: OpenFile, work: Path | None, side: str, who: str, note: str) -> Settled:
    """That the target is right as it stands. Raises UserError for any other answer: the target is not written to."""
    _, ours, _ = file.sides
    hint = f"where the target is right as it stands: portkit resolve {file.id} --ours"
    if work is not None:
        content = work.read_bytes()
        if ours is None or content != ours.content:
            raise UserError(
                f"the target has {file.pick.target} otherwise, and no patch can change that", where="--from",
                hint=f"commit it to the target, and refresh; {hint}",
            )  # fmt: skip
    elif side != "ours":
        raise UserError(
            f"what differs in {file.pick.target} is in the target's history, which is not written to", where=file.id,
            hint=f"commit the other side to the target, and refresh; {hint}",
        )  # fmt: skip
    return settled(file, ours, who, note, side="ours", whole=False)


def finish(place: Workspace, one: Carrying, made: Sequence[Settled], *, refresh: bool) -> int:
    """Keeps the resolutions, carries the series on where nothing else is in its way, and tells."""
    name = one.work.component.name
    folder = place.resolutions_folder(name)
    for each in made:
        for resolution in each.resolutions:
            folder.add(resolution)
        shutil.rmtree(place.state / "resolve" / f"{each.file.id}-{each.file.key}", ignore_errors=True)
    place.read_again(name)
    told: Mapping[str, Any] | None = None
    again: Carrying | None = None
    if refresh:
        until = one.until
        again = Carrying.of(LocalPatches.open(place, name, one.work.commit, until), scope=one.scope, until=until)
        if not again.found.cards:
            again.write()
        told = refresh_object(
            name, again.work.commit, again.found, not again.found.cards, "", again.waiting()
        )  # fmt: skip
    place.screen.result({
        "schema": 1, "command": "resolve", "component": name, "changeset": made[0].file.one.picked.changeset.id,
        "resolutions": [_object(folder.shown(each.name), each) for file in made for each in file.resolutions],
        "landed": [], "counts": None, "patches": told,
    })  # fmt: skip
    for file in made:
        for kept in file.resolutions:
            place.screen.say(f"{kept.conflict} is settled: {file.file.pick.target}")
            place.screen.say(f"  kept as {folder.shown(kept.name)}")
    if again is None:
        place.screen.say(f"Carry the series on:  portkit patches refresh {name}{one.scope}")
    else:
        tell_refreshed(place, again, again.waiting())
    return 0


def _object(path: str, one: Resolution) -> Mapping[str, Any]:
    return {
        "file": path, "conflict": one.conflict, "revision": str(one.file), "hunk": one.hunk or None, "gate": None,
        "reason": "",
    }  # fmt: skip
