"""Other places for this run: --upstream, --target and their environment variables, laid over the map."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from portkit.components.locations import problem_with_location, split_kind
from portkit.components.mistakes import nearest
from portkit.components.model import ComponentMap, Source
from portkit.errors import UserError

UPSTREAM_VARIABLE = "PORTKIT_UPSTREAM_"
TARGET_VARIABLE = "PORTKIT_TARGET"


def override(
    component_map: ComponentMap,
    upstreams: Mapping[str, str],
    target: str | None,
    environment: Mapping[str, str] | None = None,
    *,
    folder: str = "",
) -> ComponentMap:
    """The map with other locations: `upstreams` by name, `target` (None: as it is), then `environment`'s.

    The command line wins over the environment; an empty variable counts as unset. A name is spelled in a
    variable with capitals, and `_` for what is no letter or digit. A relative path is meant from `folder`
    (the caller's own), not from the map's. Raises UserError for an unknown name or a refused location.
    """
    known = [source.name for source in component_map.upstreams]
    by_variable = {_variable(name): name for name in known}
    places: dict[str, tuple[str, str]] = {}  # name: (location, where it was said)
    target_place = ("", "")
    for variable, location in sorted((environment or {}).items()):
        if not location:
            continue
        if variable == TARGET_VARIABLE:
            target_place = (location, variable)
        elif variable.startswith(UPSTREAM_VARIABLE):
            if variable not in by_variable:
                text = f"{variable} names no upstream of the map; known: {', '.join(by_variable)}"
                raise UserError(text, where="environment")
            places |= {name: (location, variable) for name in known if _variable(name) == variable}
    for name, location in upstreams.items():
        if name not in known:
            raise UserError(f"there is no upstream {name!r}; {nearest(name, known)}", where="--upstream",
                            hint=f"known: {', '.join(known)}")  # fmt: skip
        places[name] = (location, f"--upstream {name}")
    if target is not None:
        target_place = (target, "--target")
    sources = tuple(
        _moved(source, *places[source.name], folder) if source.name in places else source
        for source in component_map.upstreams
    )
    new_target = component_map.target
    if target_place[1]:
        new_target = _moved(new_target, *target_place, folder)
        if new_target.kind != "git":
            raise UserError("the target must be a git repository", where=target_place[1])
    return replace(component_map, upstreams=sources, target=new_target)


def _variable(name: str) -> str:
    return UPSTREAM_VARIABLE + re.sub("[^A-Z0-9]", "_", name.upper())


def _moved(source: Source, location: str, said: str, folder: str) -> Source:
    kind, place = split_kind(location)
    problem = problem_with_location(place, kind)
    if problem:
        hint = "give a git URL or path, or cvs:PATH"
        raise UserError(f"the location {location!r} {problem}", where=said, hint=hint)
    moved = replace(source, location=place, kind=kind)
    if kind != source.kind:  # what the branch and module of one kind are called means nothing to the other
        trunks = ("master", "main", "HEAD")
        branch = source.branch if source.branch not in trunks else "HEAD" if kind == "cvs" else "master"
        moved = replace(moved, branch=branch, module="")
    if folder and not moved.remote and not place.startswith(("/", "~")):
        moved = replace(moved, location=str(PurePosixPath(folder) / place))
    return moved
