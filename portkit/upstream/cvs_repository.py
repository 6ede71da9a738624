"""Where a CVS repository lies, what it says of keywords, and what a checkout of its files shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from portkit.components.model import Source
from portkit.errors import UserError, WorldError
from portkit.text import decode
from portkit.upstream import cvs_files, keywords
from portkit.upstream.cvs_files import Place
from portkit.upstream.keywords import Facts, Keywords
from portkit.upstream.rcs import RcsFile

ROOT = "/cvs"
"""Where OpenBSD's repository lies on its own machine: what `Header` and `Source` name first."""

_CONFIGURATION_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the ,v files of an upstream lie: `top` is the folder that its paths start from, `inside` that folder's
    path in the repository, and `root` the repository's on the upstream's own machine, with a slash where they are not
    empty."""

    top: Path
    inside: str
    root: str
    keywords: Keywords

    def expanded(self, place: Place, file: RcsFile, revision: str, text: bytes) -> bytes:
        """What a checkout shows of a revision whose content is `text`: its keywords filled in."""
        if b"$" not in text:
            return text
        delta = file.deltas[revision]
        path = f"{place.path},v"
        if place.where.parent.name == cvs_files.ATTIC:  # cvs, and mirrors made with it, say where it lies now
            folder, slash, last = path.rpartition("/")
            path = f"{folder}{slash}{cvs_files.ATTIC}/{last}"
        facts = Facts(
            f"{self.inside}{path}", revision, delta.date, delta.author, delta.state,
            file.log(revision) if b"Log" in text else b"", file.locker(revision), root=self.root,
        )  # fmt: skip
        return keywords.expand(text, file.expand, facts, self.keywords)


def open_repository(source: Source, location: Path, folders: Sequence[str]) -> Repository:
    """The repository at `location`: the whole of one, with CVSROOT beside the modules, or any folder in it, or out of
    it. Where the module is not named and only one has the `folders`, it is that one.

    Raises UserError where there is no such folder, or where several modules could be meant.
    """
    if not location.is_dir():
        hint = "give the path of a CVS repository, or of a folder of ,v files"
        raise UserError(f"upstream {source.name}: there is no folder {location}", hint=hint)
    below = location / source.module if source.module else _module(source, location, folders)
    if source.module and not below.is_dir():
        raise UserError(f"upstream {source.name}: there is no module {source.module} in {location}")
    top = below / source.prefix
    root = next((one for one in (location, *location.absolute().parents[:4]) if (one / "CVSROOT").is_dir()), None)
    inside = ""
    if root is not None and top.absolute().is_relative_to(root.absolute()):
        inside = str(top.absolute().relative_to(root.absolute()))
    inside = "" if inside in ("", ".") else f"{inside}/"
    named = f"{(source.root or ROOT).rstrip('/')}/"
    return Repository(top, inside, named, keywords.configured(_configuration(root), source.title))


def _module(source: Source, location: Path, folders: Sequence[str]) -> Path:
    def has_any(place: Path) -> bool:
        return any(
            (place / source.prefix / folder).is_dir() or (place / source.prefix / f"{folder},v").is_file()
            for folder in folders
        )

    if not folders or has_any(location):
        return location
    try:
        modules = sorted(one for one in location.iterdir() if one.is_dir() and not one.is_symlink() and has_any(one))
    except OSError as error:
        raise WorldError("the CVS repository cannot be read", where=str(location), cause=str(error)) from error
    if len(modules) > 1:
        names = ", ".join(one.name for one in modules)
        raise UserError(
            f"upstream {source.name}: several modules of {location} have the map's paths: {names}",
            hint=f"name one:  cvs:{modules[0]}  or, in the map,  module: {modules[0].name}",
        )
    return modules[0] if modules else location


def _configuration(root: Path | None) -> str:
    """What CVSROOT says of keywords (`config`; FreeBSD's cvs had `options`)."""
    said = []
    for name in ("options", "config"):
        place = root / "CVSROOT" / name if root is not None else None
        try:
            if place is not None and place.is_file():
                with place.open("rb") as file:
                    said.append(decode(file.read(_CONFIGURATION_BYTES)))
        except OSError:
            continue
    return "\n".join(said)
