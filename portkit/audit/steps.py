"""The type check of changesets as they land, one on the other: what each adds to what the compiler says, or takes away.

Only what a changeset touches, and what includes it, is checked anew. Whether errors keep a changeset from landing is
for the map to say (`check: binding`); here they are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from portkit.audit.checking import Checked, Compiler, Diagnostic, Severity
from portkit.audit.sides import Side, TreeOf, outside, side
from portkit.change.changeset import Blob, Changeset
from portkit.merge.file import Version
from portkit.paths import RepoPath
from portkit.protocols import Tree
from portkit.sync.replay import Judge, Refusal

Writes = Mapping[RepoPath, Version | None]
"""What a changeset sets; None: deleted."""


@dataclass(frozen=True, slots=True)
class StepCheck:
    """What one changeset does to what the compiler says: errors and warnings before and after; `new`: the errors that
    it adds; `gone`: how many it takes away; `failed`: sources for which there is no answer."""

    changeset: str
    errors: tuple[int, int]
    warnings: tuple[int, int]
    new: tuple[Diagnostic, ...]
    gone: int
    failed: tuple[str, ...] = ()


class StepChecker:
    """The component's sources in the target, a changeset at a time. `again` makes the side of other files; the sides
    are made anew only where a changeset changes what is built."""

    def __init__(
        self,
        start: Side,
        again: Callable[[Mapping[RepoPath, Blob | None], Callable[[str], bytes]], Side],
        compiler: Compiler,
        generated: Collection[str],
    ) -> None:
        self._side = start
        self._again = again
        self._compiler = compiler
        self._generated = generated
        self._changed: dict[RepoPath, Blob | None] = {}
        self._now = self._checked()

    def step(self, changeset: str, writes: Writes, *, keep: Callable[[StepCheck], bool] = lambda _: True) -> StepCheck:
        """What `changeset` does on top of those before it. It stays only where `keep` says so."""
        before, side_before, changed_before = self._now, self._side, dict(self._changed)
        self._apply(writes)
        self._now = self._checked()
        found = _difference(changeset, before, self._now)
        if not keep(found):
            self._now, self._side, self._changed = before, side_before, changed_before
        return found

    def _apply(self, writes: Writes) -> None:
        contents = self._side.contents
        built = False
        files, own = dict(self._side.files), dict(self._side.own)
        for path, version in writes.items():
            there = path in files
            if version is None:
                self._changed[path] = None
                files.pop(path, None)
                own.pop(path, None)
                built |= there and path.endswith(".c")
            else:
                blob = Blob(contents.add(version.content), version.mode)
                self._changed[path] = blob
                built |= path.endswith(".c") and not there
                if path.endswith((".c", ".h", ".y", ".l")):
                    files[path] = own[path] = blob
            built |= path.rpartition("/")[2].startswith("Makefile")
        if built:
            self._side = replace(self._again(self._changed, contents.read), contents=contents)
        else:
            self._side = Side(self._side.commit, own, files, self._side.builds, contents)

    def _checked(self) -> tuple[Checked, ...]:
        units = self._compiler.check(self._side.units(), self._side.contents.read)
        return tuple(
            replace(one, diagnostics=tuple(said for said in one.diagnostics if not outside(said, self._generated)))
            for one in units
        )


def binding(checker: StepChecker) -> Judge:
    """Refuses a changeset that adds an error, or a source for which the compiler has no answer any more."""

    def judge(changeset: Changeset, writes: Writes) -> Refusal | None:
        found = checker.step(changeset.id, writes, keep=lambda step: not step.new and not step.failed)
        if found.new:
            first = found.new[0]
            more = f", and {len(found.new) - 1} more" if len(found.new) > 1 else ""
            return Refusal(first.path, "", f"the type check finds a new error: {first.text} (line {first.line}){more}")
        return Refusal(found.failed[0], "", "the compiler has no answer for it") if found.failed else None

    return judge


def laid_over(
    tree_of: TreeOf, folders: Iterable[str], mine: Callable[[str], bool]
) -> Callable[[Mapping[RepoPath, Blob | None], Callable[[str], bytes]], Side]:
    """Makes the side of a tree with changed files laid over it."""

    def made(changed: Mapping[RepoPath, Blob | None], read: Callable[[str], bytes]) -> Side:
        return side(lambda wanted: _Laid(tree_of(wanted), changed, tuple(wanted), read), tuple(folders), mine)

    return made


class _Laid:
    """A tree with changed files: a `portkit.protocols.Tree`."""

    def __init__(
        self,
        tree: Tree,
        changed: Mapping[RepoPath, Blob | None],
        folders: tuple[str, ...],
        read: Callable[[str], bytes],
    ) -> None:
        self.commit = tree.commit
        entries = dict(tree.entries)
        for path, blob in changed.items():
            if any(path == one.rstrip("/") or path.startswith(f"{one.rstrip('/')}/") for one in folders):
                if blob is None:
                    entries.pop(path, None)
                else:
                    entries[path] = blob
        self.entries: Mapping[RepoPath, Blob] = entries
        self.read = read
        self.read_many = tree.read_many


def _difference(changeset: str, before: tuple[Checked, ...], after: tuple[Checked, ...]) -> StepCheck:
    old, new = _said(before), _said(after)
    errors = Counter({key: number for key, number in old.items() if key[0] is Severity.ERROR})
    more = Counter({key: number for key, number in new.items() if key[0] is Severity.ERROR}) - errors
    fewer = errors - Counter({key: number for key, number in new.items() if key[0] is Severity.ERROR})
    added: list[Diagnostic] = []
    left = Counter(more)
    for unit in after:
        for said in unit.errors:
            key = (said.severity, said.path, said.text)
            if left[key] > 0:
                left[key] -= 1
                added.append(said)
    failed = tuple(one.main for one in after if one.failed)
    return StepCheck(
        changeset, (_count(old, Severity.ERROR), _count(new, Severity.ERROR)),
        (_count(old, Severity.WARNING), _count(new, Severity.WARNING)), tuple(added), sum(fewer.values()), failed,
    )  # fmt: skip


_Said = Counter[tuple[Severity, str, str]]


def _said(units: Iterable[Checked]) -> _Said:
    """What is said, each once however many units include it, and wherever in its file it stands."""
    once = dict.fromkeys(said for unit in units for said in unit.diagnostics)
    return Counter((said.severity, said.path, said.text) for said in once)


def _count(said: _Said, severity: Severity) -> int:
    return sum(number for key, number in said.items() if key[0] is severity)
