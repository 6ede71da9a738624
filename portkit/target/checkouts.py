"""Which branches are in somebody's hands: checked out in a worktree, or in the middle of an operation there.

What is looked at is git's own: `git worktree list`, and the files of a git directory that its documentation
and its own check before a branch is moved (branch.c, prepare_checked_out_branches) go by.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portkit.git.door import GitRepository

_UNDERWAY = (
    ("MERGE_HEAD", "a merge"),
    ("CHERRY_PICK_HEAD", "a cherry-pick"),
    ("REVERT_HEAD", "a revert"),
    ("sequencer/todo", "a row of cherry-picks or reverts"),
    ("rebase-apply/applying", "git am"),
)


@dataclass(frozen=True, slots=True)
class Checkout:
    """A worktree: where it is, its git directory, the branch its HEAD is on as a full ref name ("" for
    none)."""

    path: str
    git_dir: Path
    branch: str


def checkouts(repository: GitRepository) -> list[Checkout]:
    """Every worktree, the main one first; those whose folder has gone included, a bare repository not."""
    common = repository.common
    linked = {os.path.realpath(path): git_dir for path, git_dir in _linked(common)}
    result = []
    for place, (path, branch, bare) in enumerate(_listed(repository)):
        git_dir = common if place == 0 else linked.get(os.path.realpath(path))
        if place == 0 and (bare or not (common.name == ".git" or (common / "index").exists())):
            continue  # git takes a bare repository that lacks its config file for a checkout
        if git_dir is not None:
            result.append(Checkout(path, git_dir, branch))
    return result


def held(repository: GitRepository) -> dict[str, str]:
    """The refs (full names) that a worktree has checked out, rebases or bisects, and the path of that
    worktree."""
    result: dict[str, str] = {}
    for checkout in checkouts(repository):
        for ref in ({checkout.branch} - {""}) | _on_hold(checkout.git_dir):
            result.setdefault(ref, checkout.path)
    return result


def underway(repository: GitRepository, ref: str) -> str:
    """What goes on with `ref` in a worktree ("a merge in /path"), "" for nothing."""
    for checkout in checkouts(repository):
        if ref in _rebased(checkout.git_dir):
            return f"a rebase in {checkout.path}"
        if ref == checkout.branch:
            for name, what in _UNDERWAY:
                if (checkout.git_dir / name).exists():
                    return f"{what} in {checkout.path}"
    return ""


def _listed(repository: GitRepository) -> Iterator[tuple[str, str, bool]]:
    done = repository.outcome("worktree", "list", "--porcelain", "-z")
    # git before 2.36 has no -z here
    told = done.stdout if done.returncode == 0 else repository.run("worktree", "list", "--porcelain")
    end = b"\0" if done.returncode == 0 else b"\n"
    for record in told.split(end + end):
        lines = record.split(end)
        if not lines[0].startswith(b"worktree "):
            continue
        branch = next((line[len(b"branch ") :] for line in lines if line.startswith(b"branch ")), b"")
        yield os.fsdecode(lines[0][len(b"worktree ") :]), os.fsdecode(branch), b"bare" in lines


def _linked(common: Path) -> Iterator[tuple[str, Path]]:
    folder = common / "worktrees"
    for git_dir in sorted(folder.iterdir()) if folder.is_dir() else ():
        said = _text(git_dir / "gitdir")
        if said:
            yield os.path.join(git_dir, said.removesuffix("/.git")), git_dir  # noqa: PTH118  may be absolute


def _on_hold(git_dir: Path) -> set[str]:
    start = _text(git_dir / "BISECT_START")
    return _rebased(git_dir) | ({f"refs/heads/{start.removeprefix('refs/heads/')}"} if start else set())


def _rebased(git_dir: Path) -> set[str]:
    # update-refs: the other branches that a rebase will move, each followed by its old and its new value
    files = ("rebase-merge/head-name", "rebase-apply/head-name", "rebase-merge/update-refs")
    lines = [line for name in files for line in _text(git_dir / name).split("\n")]
    return {line for line in lines if line.startswith("refs/heads/")}


def _text(path: Path) -> str:
    try:
        return os.fsdecode(path.read_bytes()).strip()
    except OSError:
        return ""
