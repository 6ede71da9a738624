"""Whether upstream has a local patch by now: by its content, or by the ids that it names itself.

By content: with the patch made on upstream's file, nothing would change, hunk by hunk and at its place. That is what
the gate of a merge calls `already`; ident lines do not count, and a patch of nothing else is never superseded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from portkit.merge.file import FileMerger, Version
from portkit.merge.gate import Gate
from portkit.patches.headers import Headers
from portkit.patches.series import Step
from portkit.paths import RepoPath


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of upstream's versions of a file: its content, the changeset that made it and its label (1.120)."""

    version: Version | None
    changeset: str
    label: str


@dataclass(frozen=True, slots=True)
class Superseded:
    """What upstream has of a patch. `files`: of each file that it changes, the first of upstream's versions that has
    that (None: none has). `named`: those of the ids that it names which are there, `missing` those that are not."""

    patch: str
    files: Mapping[RepoPath, Candidate | None]
    named: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def by_content(self) -> bool:
        return bool(self.files) and all(found is not None for found in self.files.values())

    @property
    def by_id(self) -> bool:
        return bool(self.named) and not self.missing

    @property
    def whole(self) -> bool:
        """Whether nothing of the patch is needed any more."""
        return self.by_content or self.by_id

    @property
    def in_part(self) -> bool:
        return not self.whole and any(found is not None for found in self.files.values())

    @property
    def changesets(self) -> tuple[str, ...]:
        """Upstream's changesets that brought it."""
        return tuple(dict.fromkeys(found.changeset for found in self.files.values() if found is not None))


def superseded(
    step: Step,
    later: Mapping[RepoPath, Sequence[Candidate]],
    there: Callable[[str], bool],
    merger: FileMerger,
) -> Superseded:
    """What upstream's versions `later` (of each file, oldest first) have of the patch. `there` says whether upstream
    has a changeset or revision that the patch names."""
    files: dict[RepoPath, Candidate | None] = {}
    for one in step.patch.files:
        before = step.before.get(one.old) if one.old is not None else None
        after = step.after.get(one.new) if one.new is not None else None
        if before == after or _only_keywords(before, after, merger):
            continue
        versions = later.get(one.path, ())
        files[one.path] = next((found for found in versions if _has(found.version, before, after, merger)), None)
    named, missing = _named(step.patch.headers, there)
    return Superseded(step.patch.name, files, named, missing)


def _named(headers: Headers, there: Callable[[str], bool]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    ids = headers.superseded_by
    return tuple(one for one in ids if there(one)), tuple(one for one in ids if not there(one))


def _only_keywords(before: Version | None, after: Version | None, merger: FileMerger) -> bool:
    if before is None or after is None or before.mode != after.mode:
        return False
    return merger.table.lines(before.content).keys == merger.table.lines(after.content).keys


def _has(upstream: Version | None, before: Version | None, after: Version | None, merger: FileMerger) -> bool:
    if after is None:
        return upstream is None
    return upstream is not None and merger.merge(before, upstream, after).gate is Gate.ALREADY
