"""Branches of the target: their names, and the one atomic step in which they move."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from portkit.errors import UserError, WorldError
from portkit.git.door import GitRepository
from portkit.target.checkouts import held
from portkit.text import decode

_PLAIN = re.compile(r"[A-Za-z0-9][\w-]*(?:/[A-Za-z0-9][\w-]*)*", re.ASCII)
"""Names that every git allows: it need not be asked."""


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """One ref (a full name) and what it is to hold, in full hashes.

    `new` "" deletes it; `expected_old` is what it must hold now, "" where it must not exist.
    """

    ref: str
    new: str
    expected_old: str


def branch_ref(repository: GitRepository, branch: str) -> str:
    """The full name of `branch`. Raises UserError where git allows no branch of that name
    (git-check-ref-format)."""
    ref = f"refs/heads/{branch}"
    # `HEAD` and a leading `-` are allowed as refs, not as branches
    wrong = branch == "HEAD" or branch.startswith("-") or "\0" in branch
    known = _PLAIN.fullmatch(branch) is not None
    if wrong or (not known and repository.outcome("check-ref-format", ref).returncode):
        raise UserError(f"{branch!r} is no name for a branch", hint="git help check-ref-format has the rules")
    return ref


def move(repository: GitRepository, updates: Sequence[RefUpdate], reason: str) -> None:
    """Moves all of `updates` or none. `reason` is what the reflog of a ref says, where it has one already.

    Raises WorldError where a ref no longer holds what was expected, where it is checked out in a worktree or
    is a symbolic ref, and where git refuses.
    """
    if not updates:
        return
    _refuse_held(repository, updates)
    done = repository.outcome(
        "-c", "core.logAllRefUpdates=false",  # the target gets objects and refs, nothing else: no new reflog
        "update-ref", "-m", reason, "--stdin", "-z", feed=b"".join(map(_line, _steps(updates))),
    )  # fmt: skip
    if done.returncode:
        raise _why(repository, updates, done.stderr)


def _steps(updates: Sequence[RefUpdate]) -> list[str]:
    steps = ["start"]
    for update in updates:
        zero = "0" * len(update.new or update.expected_old)
        # what a symbolic ref points to is never moved, even where it became one a moment ago
        steps.append("option no-deref")
        if update.new:
            steps.append(f"update {update.ref}\0{update.new}\0{update.expected_old or zero}")
        else:
            steps.append(f"delete {update.ref}\0{update.expected_old}")
    return [*steps, "prepare", "commit"]


def _line(step: str) -> bytes:
    return step.encode("utf-8", "surrogateescape") + b"\0"


def _refuse_held(repository: GitRepository, updates: Sequence[RefUpdate]) -> None:
    places = held(repository)
    refs = [update.ref for update in updates]
    for ref in refs:
        if ref in places:
            raise WorldError(f"{_short(ref)} is checked out in {places[ref]}", hint="choose another branch")
    for line in repository.run("for-each-ref", "--format=%(refname)%00%(symref)", "--", *refs).splitlines():
        name, _, aim = line.decode("utf-8", "surrogateescape").partition("\0")
        if aim and name in refs:
            raise WorldError(f"{_short(name)} is a symbolic ref to {aim}", hint="choose another branch")


def _why(repository: GitRepository, updates: Sequence[RefUpdate], said: bytes) -> WorldError:
    for update in updates:
        now = repository.ref(update.ref)
        if now != update.expected_old:
            return WorldError(
                f"{_short(update.ref)} moved meanwhile",
                cause=f"it was at {update.expected_old or 'nothing'} and is at {now or 'nothing'} now",
                hint="run again",
            )
    names = ", ".join(_short(update.ref) for update in updates)
    locked = re.search(r"Unable to create '(.*\.lock)': File exists", decode(said))
    if locked:
        return WorldError(
            f"another git is at work on {names}",
            cause=f"{locked[1]} is there",
            hint="run again; if no git runs there, one was killed: remove that file",
        )
    lines = [line.removeprefix("fatal: ") for line in decode(said).splitlines() if line.strip()]
    return WorldError(f"git does not move {names}", cause=lines[0] if lines else "it does not say why")


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/")
