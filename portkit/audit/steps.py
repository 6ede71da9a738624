"""The type check of changesets as they land, one on the other: what each adds to what the compiler says, or takes away.

Only what a changeset touches, and what includes it, is checked anew. Whether errors keep a changeset from landing is
for the map to say (`check: binding`); here they are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from portkit.audit.checking import Checked, Compiler, Diagnostic, Severity, Sources
from portkit.audit.lacks import needs
from portkit.audit.replacements import known
from portkit.audit.sides import Side, TreeOf, outside, side
from portkit.change.changeset import Blob, Changeset
from portkit.merge.file import Version
from portkit.paths import RepoPath
from portkit.protocols import Tree
from portkit.sync.outcome import ChangesetOutcome, Complaint, ComponentOutcome, State, TypeChecked, TypeCheckRun
from portkit.sync.plan import Plan, Step
from portkit.sync.replay import Judge, Refusal

Writes = Mapping[RepoPath, Version | None]
"""What a changeset sets; None: deleted."""

Changed = Mapping[RepoPath, Blob | None]


@dataclass(frozen=True, slots=True)
class StepCheck:
    """What one changeset does to what the compiler says: errors and warnings before and after; `new`: the errors that
    it adds; `lost`: those that it takes away; `failed`: sources for which there is no answer."""

    changeset: str
    errors: tuple[int, int]
    warnings: tuple[int, int]
    new: tuple[Diagnostic, ...]
    lost: tuple[Diagnostic, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def gone(self) -> int:
        """How many errors it takes away."""
        return len(self.lost)


class StepChecker:
    """The component's sources in the target, a changeset at a time. `again` makes the side of other files, with the
    contents of `start`; sides are made anew only where a changeset changes what is built. `table`: what is known to
    stand in for what is missing."""

    def __init__(
        self,
        start: Side,
        again: Callable[[Changed], Side],
        compiler: Compiler,
        generated: Collection[str],
        table: Mapping[str, str] | None = None,
    ) -> None:
        self._side = start
        self._again = again
        self._compiler = compiler
        self._generated = generated
        self._table = table or {}
        self._changed: dict[RepoPath, Blob | None] = {}
        self._now: tuple[Checked, ...] | None = None

    @property
    def compiler(self) -> str:
        """Which one it is, with its version."""
        return self._compiler.name

    def errors(self) -> int:
        """How many errors there are as it stands."""
        return _count(_said(self._checked()), Severity.ERROR)

    def step(self, changeset: str, writes: Writes, *, keep: Callable[[StepCheck], bool] = lambda _: True) -> StepCheck:
        """What `changeset` does on top of those before it. It stays only where `keep` says so."""
        before, side_before, changed_before = self._checked(), self._side, dict(self._changed)
        self.skip(writes)
        found = _difference(changeset, before, self._checked())
        if not keep(found):
            self._now, self._side, self._changed = before, side_before, changed_before
        return found

    def skip(self, writes: Writes) -> None:
        """Goes past a changeset without a look at it."""
        contents = self._side.contents
        built = False
        files, own = dict(self._side.files), dict(self._side.own)
        for path, version in writes.items():
            there = path in files
            blob = _blob(version, contents)
            self._changed[path] = blob
            if blob is None:
                files.pop(path, None)
                own.pop(path, None)
                built |= there and path.endswith(".c")
            else:
                built |= path.endswith(".c") and not there
                if path.endswith((".c", ".h", ".y", ".l")):
                    files[path] = own[path] = blob
            built |= path.rpartition("/")[2].startswith("Makefile")
        if built:
            self._side = self._again(self._changed)
        else:
            self._side = Side(self._side.commit, own, files, self._side.builds, contents)
        self._now = None

    def complaint(self, said: Diagnostic) -> Complaint:
        """An error, with what is known to stand in for what it misses."""
        missing = needs(said)
        return Complaint(said.path, said.line, said.text, known(self._table, missing[1]) if missing else "")

    def told(self, one: StepCheck, *, draft: bool = False) -> TypeChecked:
        """A step as the outcomes have it."""
        new = tuple(map(self.complaint, one.new))
        return TypeChecked(one.errors, one.warnings, new, one.gone, one.failed, draft)

    def _checked(self) -> tuple[Checked, ...]:
        if self._now is None:
            units = self._compiler.check(self._side.units(), self._side.contents.read)
            self._now = tuple(
                replace(one, diagnostics=tuple(said for said in one.diagnostics if not outside(said, self._generated)))
                for one in units
            )
        return self._now


def binding(checker: StepChecker) -> Judge:
    """Refuses a changeset that adds an error, or a source for which the compiler has no answer any more."""

    def judge(changeset: Changeset, writes: Writes) -> Refusal | None:
        found = checker.step(changeset.id, writes, keep=lambda step: not step.new and not step.failed)
        if found.new:
            first = found.new[0]
            more = f", and {len(found.new) - 1} more" if len(found.new) > 1 else ""
            reason = f"the type check finds a new error: {first.text} (line {first.line}){more}"
            return Refusal(first.path, "", reason, checker.told(found))
        if found.failed:
            return Refusal(found.failed[0], "", "the compiler has no answer for it", checker.told(found))
        return None

    return judge


def stepped(
    plan: Plan, checker: StepChecker, progress: Callable[[int, int], None] = lambda *_: None
) -> tuple[StepCheck, ...]:
    """The type check of each changeset that lands, one on the other. `checker` stands where the branch begins."""
    steps = tuple(_whole(plan.branch))
    found = []
    for number, (step, writes) in enumerate(steps):
        progress(number, len(steps))
        found.append(checker.step(step.changeset.id, writes))
    return tuple(found)


def annotated(
    plan: Plan,
    outcome: ComponentOutcome,
    make: Callable[[], StepChecker],
    progress: Callable[[int, int], None] = lambda *_: None,
) -> ComponentOutcome:
    """`outcome`, the plan's, with what the type check says of each changeset that lands and, as the draft has them, of
    those that have a conflict of their own. `make` gives a checker that stands where the branch begins."""
    checker = make()
    before = checker.errors()
    found: dict[str, TypeChecked] = {}
    steps = stepped(plan, checker, progress)
    for (step, _), one in zip(_whole(plan.branch), _mended(steps, checker), strict=True):
        found |= dict.fromkeys((step.changeset.id, *step.also), one)
    roots = frozenset(one.changeset.id for one in outcome.changesets if _root(one))
    if roots:
        found |= dict(_drafted(plan, make(), roots))
    changesets = tuple(
        replace(one, check=one.check or found.get(one.changeset.id)) for one in outcome.changesets
    )
    run = TypeCheckRun(checker.compiler, errors=(before, steps[-1].errors[1] if steps else before))
    return replace(outcome, changesets=changesets, type_check=run)


def _root(one: ChangesetOutcome) -> bool:
    return one.state in (State.CONFLICT, State.FLAGGED) and one.check is None and not one.partial


def _drafted(plan: Plan, checker: StepChecker, roots: frozenset[str]) -> Iterator[tuple[str, TypeChecked]]:
    """What the type check says of `roots` as they stand on the draft."""
    for step, writes in _whole(plan.draft):
        ids = roots & {step.changeset.id, *step.also}
        if ids:
            one = checker.told(checker.step(step.changeset.id, writes), draft=True)
            yield from ((id, one) for id in ids)
        else:
            checker.skip(writes)


def _whole(steps: Sequence[Step]) -> Iterator[tuple[Step, Writes]]:
    """The steps with what each sets; the target's own commits go with the import that they follow."""
    at = 0
    while at < len(steps):
        step, writes = steps[at], dict(steps[at].writes)
        at += 1
        while at < len(steps) and steps[at].own is not None:
            writes.update(steps[at].writes)
            at += 1
        yield step, writes


def _mended(steps: Sequence[StepCheck], checker: StepChecker) -> list[TypeChecked]:
    """The steps as the outcomes have them; of each new error, which later one takes it away."""
    told = [checker.told(one) for one in steps]
    open_: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for number, one in enumerate(steps):
        for said in one.lost:
            places = open_.get((said.path, said.text), [])
            if places:
                step, at = places.pop(0)
                new = list(told[step].new)
                new[at] = replace(new[at], mended=one.changeset)
                told[step] = replace(told[step], new=tuple(new))
        for at, said in enumerate(one.new):
            open_.setdefault((said.path, said.text), []).append((number, at))
    return told


def laid_over(tree_of: TreeOf, changed: Changed, contents: Sources) -> TreeOf:
    """Gives trees with changed files laid over them; `contents` reads those."""

    def laid(folders: Sequence[str]) -> Tree:
        return _Laid(tree_of(folders), changed, tuple(folders), contents)

    return laid


def blobs(writes: Writes, contents: Sources) -> dict[RepoPath, Blob | None]:
    """What is written, as entries of a tree that `contents` reads."""
    return {path: _blob(version, contents) for path, version in writes.items()}


def sides_of(
    tree_of: TreeOf, folders: Sequence[str], mine: Callable[[str], bool], contents: Sources
) -> Callable[[Changed], Side]:
    """Makes the side of a tree with changed files laid over it, all read through `contents`."""

    def made(changed: Changed) -> Side:
        return replace(side(laid_over(tree_of, changed, contents), folders, mine), contents=contents)

    return made


class _Laid:
    """A tree with changed files: a `portkit.protocols.Tree`."""

    def __init__(self, tree: Tree, changed: Changed, folders: tuple[str, ...], contents: Sources) -> None:
        self.commit = tree.commit
        entries = dict(tree.entries)
        for path, blob in changed.items():
            if any(not one or path == one.rstrip("/") or path.startswith(f"{one.rstrip('/')}/") for one in folders):
                if blob is None:
                    entries.pop(path, None)
                else:
                    entries[path] = blob
        self.entries: Mapping[RepoPath, Blob] = entries
        self._tree = tree
        self._contents = contents

    def read(self, oid: str) -> bytes:
        return self._contents.read(oid)

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The tree's own in one go, what is laid over it besides: in another order than asked for."""
        every = list(oids)
        mine = [oid for oid in every if self._contents.made(oid)]
        yield from ((oid, self._contents.read(oid)) for oid in mine)
        yield from self._tree.read_many([oid for oid in every if not self._contents.made(oid)])


def _blob(version: Version | None, contents: Sources) -> Blob | None:
    return None if version is None else Blob(contents.add(version.content), version.mode)


def _difference(changeset: str, before: tuple[Checked, ...], after: tuple[Checked, ...]) -> StepCheck:
    old, new = _said(before), _said(after)
    errors_before = Counter({key: number for key, number in old.items() if key[0] is Severity.ERROR})
    errors_after = Counter({key: number for key, number in new.items() if key[0] is Severity.ERROR})
    failed = tuple(one.main for one in after if one.failed)
    return StepCheck(
        changeset, (_count(old, Severity.ERROR), _count(new, Severity.ERROR)),
        (_count(old, Severity.WARNING), _count(new, Severity.WARNING)),
        _these(after, errors_after - errors_before), _these(before, errors_before - errors_after), failed,
    )  # fmt: skip


_Said = Counter[tuple[Severity, str, str]]


def _these(units: Iterable[Checked], wanted: _Said) -> tuple[Diagnostic, ...]:
    """As many of the errors as are wanted, in their order, each place once."""
    left = Counter(wanted)
    found = []
    for said in dict.fromkeys(said for unit in units for said in unit.errors):
        key = (said.severity, said.path, said.text)
        if left[key] > 0:
            left[key] -= 1
            found.append(said)
    return tuple(found)


def _said(units: Iterable[Checked]) -> _Said:
    """What is said, each once however many units include it, and wherever in its file it stands."""
    once = dict.fromkeys(said for unit in units for said in unit.diagnostics)
    return Counter((said.severity, said.path, said.text) for said in once)


def _count(said: _Said, severity: Severity) -> int:
    return sum(number for key, number in said.items() if key[0] is severity)
