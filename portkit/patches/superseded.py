"""Whether upstream has a local patch by now: because one of its changesets makes the same change, or because it has the
ids that the patch names.

Two changes are the same where each makes most of the lines of the other, white space, keywords and manual pages' dates
apart. That a patch would change nothing on upstream's newer file is not enough: upstream may have deleted the place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from portkit.change import ident
from portkit.change.ident import KEYWORDS
from portkit.merge.file import Version
from portkit.patches.rawlines import raw_hunks
from portkit.patches.series import Step
from portkit.paths import RepoPath, name
from portkit.text import is_binary, split_lines

_OF_THE_PATCH = 0.8
"""Of the patch's lines, the share that upstream's changeset must make too. A person adapts a line now and then."""

_OF_UPSTREAM = 0.5
"""Of the changeset's lines in the patch's files, the share that the patch must make: a line or two that a large rewrite
takes away as well are not that rewrite."""

Lines = Counter[tuple[bytes, bytes]]
"""The lines that a change puts (b"+") and takes (b"-"), without white space."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of upstream's versions of a file: its content, the changeset that made it and its label (1.120)."""

    version: Version | None
    changeset: str
    label: str


@dataclass(frozen=True, slots=True)
class Superseded:
    """What upstream has of a patch. `changeset` makes the same change ("" for none); `files`: of each file that the
    patch changes, the label of upstream's version that has it (None: none). `named`: those of the ids that it names
    which are there, `missing` those that are not."""

    patch: str
    changeset: str = ""
    files: Mapping[RepoPath, str | None] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def by_content(self) -> bool:
        return bool(self.changeset)

    @property
    def by_id(self) -> bool:
        return bool(self.named) and not self.missing

    @property
    def whole(self) -> bool:
        """Whether nothing of the patch is needed any more."""
        return self.by_content or self.by_id


class UpstreamChanges:
    """Upstream's changes after the baseline: `versions` of each file, oldest first, the baseline's own at the front
    (with no version where the file has none). `keyword` is what upstream calls its ident lines."""

    def __init__(self, versions: Mapping[RepoPath, Sequence[Candidate]], keyword: str) -> None:
        self._keyword = keyword
        self._versions = versions
        self._labels: dict[str, dict[RepoPath, str]] = {}
        self._lines: dict[str, dict[RepoPath, Lines]] = {}
        for path, several in versions.items():
            for before, after in pairwise(several):
                self._labels.setdefault(after.changeset, {})[path] = after.label
                self._lines.setdefault(after.changeset, {})[path] = changed_lines(before.version, after.version)

    def like(self, patch: Mapping[RepoPath, Lines]) -> tuple[str, Mapping[RepoPath, str | None]]:
        """The changeset that makes the same change as `patch`, the likest, and its labels; "" for none."""
        size = sum(lines.total() for lines in patch.values())
        best: tuple[float, str] = (0.0, "")
        for changeset, files in self._lines.items():
            shared = sum((patch[path] & lines).total() for path, lines in files.items() if path in patch)
            theirs = sum(lines.total() for path, lines in files.items() if path in patch)
            if shared and shared >= _OF_THE_PATCH * size and shared >= _OF_UPSTREAM * theirs:
                alike = 2 * shared / (size + theirs)
                best = max(best, (alike, changeset), key=lambda one: one[0])
        labels = self._labels.get(best[1], {})
        return best[1], {path: labels.get(path) for path in patch}

    def bumped(
        self, paths: Iterable[RepoPath], before: Mapping[RepoPath, Version], after: Mapping[RepoPath, Version]
    ) -> tuple[str, Mapping[RepoPath, str | None]]:
        """The same for a patch of ident lines alone: the changesets whose revisions its ident lines name."""
        found: dict[RepoPath, str | None] = {}
        changeset = ""
        for path in paths:
            old, new = (self._recorded(path, files) for files in (before, after))
            match = next((one for one in self._versions.get(path, ()) if one.label == new), None)
            if match is None or not old or old == new:
                return "", {}
            found[path] = match.label
            changeset = match.changeset
        return changeset, found

    def _recorded(self, path: RepoPath, files: Mapping[RepoPath, Version]) -> str:
        """The revision that a file's ident line names; "" for none."""
        line = ident.recorded(files[path].content, self._keyword, name(path)) if path in files else None
        return line.revision if line is not None else ""


def changed_lines(before: Version | None, after: Version | None) -> Lines:
    """What a change puts and takes."""
    old, new = (version.content if version is not None else b"" for version in (before, after))
    found: Lines = Counter()
    if is_binary(old) or is_binary(new):
        if old != new:
            found.update([(b"-", old), (b"+", new)])
        return found
    one, other = split_lines(old), split_lines(new)
    for hunk in raw_hunks(old, new):
        found.update((b"-", text) for line in one[hunk.a0 : hunk.a1] if (text := _telling(line)))
        found.update((b"+", text) for line in other[hunk.b0 : hunk.b1] if (text := _telling(line)))
    return found


def _telling(line: bytes) -> bytes:
    """A line without white space; nothing for one with a keyword in it, or the date of a manual page."""
    return b"" if KEYWORDS.search(line) or line.startswith(b".Dd") else b"".join(line.split())


def superseded(step: Step, upstream: UpstreamChanges, there: Callable[[str], bool]) -> Superseded:
    """What upstream has of the patch. `there` says whether it has a changeset or revision that the patch names."""
    lines: dict[RepoPath, Lines] = {}
    touched: list[RepoPath] = []
    for one in step.patch.files:
        before = step.before.get(one.old) if one.old is not None else None
        after = step.after.get(one.new) if one.new is not None else None
        if before == after:
            continue
        touched.append(one.path)
        changed = changed_lines(before, after)
        if changed:
            lines[one.path] = changed
    changeset, labels = upstream.like(lines) if lines else upstream.bumped(touched, step.before, step.after)
    ids = step.patch.headers.superseded_by
    named = tuple(one for one in ids if there(one))
    return Superseded(step.patch.name, changeset, labels, named, tuple(one for one in ids if one not in named))
