"""From a plan to commits and refs: who wrote them and when, and which branches may be moved.

A branch moves by one atomic step at the end, and only where all that stands on it is portkit's own. One that a
worktree has checked out, or that holds somebody's commits, is left alone: `<branch>-new` is written beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from portkit.change.changeset import Person
from portkit.components.model import AuthorPolicy
from portkit.errors import UserError
from portkit.merge.kinds import Gate
from portkit.paths import quoted
from portkit.protocols import NewCommit, NewFile, Signature, TargetCommit, Tree
from portkit.sync.message import (
    COMMIT,
    HUNKS,
    PARTIAL,
    PATCH,
    REVISION,
    MessageWriter,
    Revision,
    last_paragraph,
    own_message,
)
from portkit.sync.outcome import (
    DRAFT_SUFFIX,
    ChangesetOutcome,
    ComponentOutcome,
    FileState,
    Notice,
    State,
    landed_in_part,
)
from portkit.sync.plan import Plan, Step

if TYPE_CHECKING:
    from portkit.sync.vendor import VendorLine

NEW_SUFFIX = "-new"


class Writable(Protocol):
    """The target's repository, as far as branches are written."""

    def tip(self, branch: str) -> str: ...

    def checked_out(self, branch: str) -> str: ...

    def busy_with(self, branch: str) -> str: ...

    def only_on(self, branch: str, besides: str) -> Sequence[TargetCommit]: ...

    def commits_between(self, base: str, tip: str) -> Sequence[TargetCommit]: ...

    def commit_info(self, sha: str) -> TargetCommit: ...

    def identity(self) -> Person: ...

    def tree(self, commit: str, folders: Sequence[str]) -> Tree: ...

    def store(self, parent: str, commits: Sequence[NewCommit]) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class BranchMove:
    """One branch to be moved: what it must hold now ("" where it must not be there) and what it is to hold ("" to
    delete it)."""

    branch: str
    expected: str
    new: str


@dataclass(frozen=True, slots=True)
class Written:
    """A component's outcome with its commits in it, and the branches that are to move for it."""

    outcome: ComponentOutcome
    moves: tuple[BranchMove, ...]


def refuse_busy(target: Writable, branch: str) -> None:
    """Raises UserError where `branch` or its draft is in the middle of a merge, a rebase or their like."""
    for name in (branch, branch + DRAFT_SUFFIX):
        busy = target.busy_with(name)
        if busy:
            raise UserError(busy, hint="finish or abort it, or choose another branch with --branch")


class BranchWriter:
    """Writes plans as commits. `policy` says whose name they carry."""

    def __init__(self, target: Writable, messages: MessageWriter, policy: AuthorPolicy) -> None:
        self._target = target
        self._messages = messages
        self._policy = policy

    def write(self, plan: Plan, branch: str) -> Written:
        """Stores the plan's commits; no branch is moved yet. Raises UserError where git does not know who is
        committing, and where neither `branch` nor one beside it may be moved."""
        outcome = plan.outcome
        vendor = self._vendored(plan.vendor) if plan.vendor is not None else ()
        steps = tuple(step for step in plan.branch if vendor or not step.merges)
        hashes = self._stored(outcome.onto, steps, draft=False, vendor=vendor)
        tip = hashes[-1] if hashes else outcome.onto
        commits = {
            carried: commit
            for step, commit in zip(steps, hashes, strict=True)
            if step.own is None
            for carried in (step.changeset.id, *step.also)
        }
        changesets = tuple(
            replace(one, commit=commits.get(one.changeset.id) or one.commit) for one in outcome.changesets
        )
        name, notice = self._place_for(branch, tip)
        moves = self._move(name, tip)
        if plan.vendor is not None:
            vendor_notice, vendor_move = self._vendor(plan.vendor.branch, vendor)
            notice += vendor_notice
            moves += vendor_move
        draft = ""
        if plan.draft:
            draft_tip = self._stored(tip if plan.on_branch else outcome.onto, plan.draft, draft=True)[-1]
            draft, draft_notice = self._place_for(branch + DRAFT_SUFFIX, draft_tip)
            notice += draft_notice
            moves += self._move(draft, draft_tip)
        else:
            moves += self._retired(branch + DRAFT_SUFFIX, outcome.onto)
        written = replace(
            outcome,
            branch=name,
            tip=tip,
            draft=draft,
            changed=bool(moves),
            changesets=changesets,
            notices=outcome.notices + notice,
        )
        return Written(written, moves)

    def _vendored(self, line: VendorLine) -> tuple[str, ...]:
        """The commits of the vendor branch, one for each state; none where it holds something else."""
        from portkit.sync.vendor import stored  # few imports have such a branch

        person = self._target.identity()
        return stored(self._target, line, None if self._policy is AuthorPolicy.UPSTREAM else person, person)

    def _vendor(self, branch: str, commits: Sequence[str]) -> tuple[tuple[Notice, ...], tuple[BranchMove, ...]]:
        """The move of the vendor branch to the last of its commits, and what is to be said."""
        if not commits:
            why = f"{branch} holds something else, and was not moved; nothing is merged from it"
            return (Notice("branch", why, branch),), ()
        where = self._target.checked_out(branch)
        if where and self._target.tip(branch) != commits[-1]:
            why = f"{branch} is checked out in {where} and was not moved; what is merged is {commits[-1][:12]}"
            return (Notice("branch", why, branch),), ()
        told = (Notice("vendor", f"the sources stand unchanged on {branch}", branch),)
        return told, self._move(branch, commits[-1])

    def _stored(self, onto: str, steps: Sequence[Step], *, draft: bool, vendor: Sequence[str] = ()) -> list[str]:
        if not steps:
            return []
        person = self._target.identity()
        date = self._target.commit_info(onto).date
        commits = []
        for step in steps:
            merged = vendor[step.merges] if step.merges is not None and vendor else ""
            date = max(date, step.changeset.date)
            author = step.changeset.author if self._policy is AuthorPolicy.UPSTREAM else person
            files = {
                path: NewFile(version.content, version.mode) if version is not None else None
                for path, version in step.writes.items()
            }
            if step.own is not None:
                message = own_message(step.own.name, step.own.subject, step.own.body, draft=draft)
                author = step.own.author or person
                commits.append(
                    NewCommit(message, Signature(author, step.changeset.date), Signature(person, date), files, merged)
                )
                continue
            message = self._messages.write(
                step.changeset,
                [Revision(*one) for one in step.revisions],
                subject=step.subject,
                draft=str(step.state) if draft and step.state is not State.PORTED else "on a draft" if draft else "",
                also=step.also,
                notes=step.notes,
                parts=step.parts,
                partial=step.partial and not draft,
            )
            commits.append(
                NewCommit(
                    message, Signature(author, step.changeset.date), Signature(person, date), files,
                    merged=merged,
                )
            )
        return self._target.store(onto, commits)

    def _move(self, branch: str, tip: str) -> tuple[BranchMove, ...]:
        now = self._target.tip(branch)
        return () if now == tip else (BranchMove(branch, now, tip),)

    def _retired(self, branch: str, onto: str) -> tuple[BranchMove, ...]:
        """The removal of an old draft, once nothing is parked any more and it is all portkit's own."""
        now = self._target.tip(branch)
        if not now or self._target.checked_out(branch) or self._foreign(branch, onto):
            return ()
        return (BranchMove(branch, now, ""),)

    def _place_for(self, branch: str, tip: str) -> tuple[str, tuple[Notice, ...]]:
        """The branch that may take `tip`: the one asked for, or `<branch>-new` beside it, and why."""
        now = self._target.tip(branch)
        if not now or now == tip:
            return branch, ()
        where = self._target.checked_out(branch)
        if where:
            why = f"{branch} is checked out in {where} and was not moved"
        else:
            foreign = self._foreign(branch, tip)
            if not foreign:
                return branch, ()
            why = f"{branch} holds a commit that portkit did not make ({foreign[:12]}) and was not moved"
        beside = branch + NEW_SUFFIX
        held = self._target.checked_out(beside)
        now = self._target.tip(beside)
        if held or (now and now != tip and self._foreign(beside, tip)):
            raise UserError(
                f"{why}; {beside} is " + (f"checked out in {held}" if held else "not portkit's either"),
                hint="choose another branch with --branch, or move yours out of the way (git branch -m)",
            )
        return beside, (Notice("branch", f"{why}; the result is {beside}", branch),)

    def _foreign(self, branch: str, tip: str) -> str:
        """The first commit that would be lost if `branch` moved to `tip` and that portkit did not make; "" for none."""
        return next((commit.id for commit in self._target.only_on(branch, tip) if not self._own(commit)), "")

    def _own(self, commit: TargetCommit) -> bool:
        """Whether portkit made `commit` and nobody touched it since: it has one parent (two where it merges a vendor
        branch), both trailers, and the dates that portkit gives. What a person amends or rebases gets that day's
        date."""
        keys = {key for key, _ in last_paragraph(commit.message)}
        ported = COMMIT in keys and not keys.isdisjoint((REVISION, HUNKS))
        if len(commit.parents) not in (1, 2) or not (ported or PATCH in keys):
            return False
        return commit.date == max(commit.authored, self._target.commit_info(commit.parents[0]).date)


def as_written(outcome: ComponentOutcome, target: Writable) -> ComponentOutcome:
    """The outcome of a dry run with the commits in it that an earlier run wrote to its branch; unchanged where there
    is no such branch."""
    tip = target.tip(outcome.branch) if outcome.branch else ""
    if not tip:
        return outcome
    commits: dict[str, tuple[str, frozenset[str]]] = {}
    for commit in target.commits_between(outcome.onto, tip):
        trailers = last_paragraph(commit.message)
        in_part = commit.message.startswith(PARTIAL)
        revisions = frozenset(value for key, value in trailers if key == REVISION and in_part)
        commits |= {value: (commit.id, revisions) for key, value in trailers if key == COMMIT}
    changesets = tuple(_as_written(one, *commits.get(one.changeset.id, ("", ()))) for one in outcome.changesets)
    draft = outcome.branch + DRAFT_SUFFIX
    return replace(outcome, tip=tip, changesets=changesets, draft=draft if target.tip(draft) else "")


def _as_written(one: ChangesetOutcome, commit: str, revisions: Collection[str]) -> ChangesetOutcome:
    """`one` with the commit that carries it, or a part of it: the files of `revisions` (`path revision`)."""
    if one.state is State.PORTED or one.partial:
        return replace(one, commit=commit or None)
    landed = {file for file in one.files if f"{quoted(file.upstream)} {file.revision}" in revisions}
    if not landed:
        return one
    files = tuple(
        replace(file, state=FileState.PORTED, gate=Gate.FAITHFUL, conflicts=()) if file in landed else file
        for file in one.files
    )
    reason = f"{one.reason}; {landed_in_part(file.target for file in landed)}"
    return replace(one, commit=commit, files=files, partial=True, reason=reason)


def holds_parts(target: Writable, branch: str, onto: str) -> bool:
    """Whether `branch` was written from `onto` with parts of changesets on it."""
    tip = target.tip(branch)
    return bool(tip) and any(one.message.startswith(PARTIAL) for one in target.commits_between(onto, tip))
