"""What an import makes its own: the component's patch series, and the map's edits, on top of the imported files.

Each is a commit of its own after the import's. A patch that does not fit the imported files stops the import: brought
in without it, they may not build, or may lack what the target needs of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from portkit.change.changeset import Person
from portkit.components.model import Component
from portkit.errors import UserError
from portkit.merge.file import Version
from portkit.patches.applying import Files
from portkit.patches.edit import edited
from portkit.patches.series import Series, push
from portkit.paths import RepoPath

_PERSON = re.compile(r'"?(?P<name>[^"<>\n]*?)"?\s*<(?P<email>[^<>\s]+)>')

Writes = Mapping[RepoPath, Version | None]


@dataclass(frozen=True, slots=True)
class LocalSeries:
    """A component's local patches, and the folder they lie in (for errors)."""

    series: Series = field(default=Series())
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Adaptation:
    """One commit after an import: what it is called (a patch, or the map's `edit`), its message without trailers, its
    author (None: whoever runs portkit), and the files it sets (None: removed)."""

    name: str
    subject: str
    body: str
    author: Person | None
    writes: Writes


def adaptations(
    component: Component, local: LocalSeries, imported: Files, read: Callable[[RepoPath], Version | None]
) -> tuple[Adaptation, ...]:
    """What is to follow the import of the files `imported`. `read` gives the target's other files.

    Raises UserError where a patch does not apply, exactly but for its line numbers, or an edit cannot be made.
    """
    series = local.series
    touched = {path for patch in series.patches for file in patch.files for path in (file.old, file.new) if path}
    files = dict(imported)
    for path in touched - files.keys():
        version = read(path)
        if version is not None:
            files[path] = version
    found: list[Adaptation] = []
    for step in push(series, files):
        lost = next((one for one in step.applied if not one.applies), None)
        if lost is not None:
            raise UserError(
                f"the patch does not apply to what is imported: {lost.patch.path}: {lost.reason}",
                where=f"{local.folder}/{step.patch.name}:{lost.patch.line}",
                hint="mend the patch, or take it out of the series",
            )  # fmt: skip
        headers = step.patch.headers
        writes = {path: step.after.get(path) for path in {*step.before, *step.after}
                  if step.before.get(path) != step.after.get(path)}  # fmt: skip
        files = dict(step.after)
        subject = headers.subject or step.patch.name.removesuffix(".patch")
        found.append(Adaptation(step.patch.name, subject, headers.body, _person(headers.author), writes))
    for number, edit in enumerate(component.edits):
        before = files.get(edit.path) or read(edit.path)
        made = edited(edit, before.content if before is not None else None)
        if made.problem or before is None:
            raise UserError(
                f"the edit cannot be made: {made.problem}", where=f"components.{component.name}.edit[{number}]",
                hint="name a line that is there exactly once",
            )  # fmt: skip
        if not made.already:
            files[edit.path] = Version(made.content, before.mode)
            found.append(Adaptation("edit", edit.reason, "", None, {edit.path: files[edit.path]}))
    return tuple(found)


def _person(text: str) -> Person | None:
    match = _PERSON.fullmatch(text.strip())
    return Person(match["name"].strip() or match["email"], match["email"]) if match else None
