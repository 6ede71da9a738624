"""The target's commits, as `git log` tells them.

Nothing here knows what a message means: trailers and reverts are read by the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from portkit.change.changeset import Person
from portkit.git.door import GitRepository
from portkit.protocols import TargetCommit
from portkit.text import decode

_FIELDS = 7
_LOG = (
    "log", "-z", "--format=%H%x00%P%x00%ct%x00%at%x00%an%x00%ae%x00%B",
    "--encoding=UTF-8",  # recodes what a commit declares to be otherwise; other bytes come as they stand
    "--no-color", "--no-notes", "--no-mailmap", "--no-show-signature",
    "--no-follow",  # log.follow would follow a single path across renames
)  # fmt: skip
_CHILDREN_FIRST = "--topo-order"  # dates are not monotone: without it a parent may come before its child
_MARKS = ("Upstream-commit:", "This reverts commit")


def touching(repository: GitRepository, commit: str, paths: Sequence[str], since: str) -> Iterator[TargetCommit]:
    """The commits in `since..commit` that touch `paths`, newest first by their dates (which are not monotone:
    git has them as it walks, so that who wants only the newest does not wait for all), in full history: a
    merge is shown where it differs from any of its parents, and no side branch is left out (git-log, History
    Simplification).

    `since` is "" for all of it. Literal paths; none gives no commit.
    """
    if not paths:
        return iter(())
    return _read(repository.stream(
        "--literal-pathspecs", *_LOG, "--full-history", "--end-of-options", _range(commit, since), "--", *paths,
    ))  # fmt: skip


def marked(repository: GitRepository, commit: str, since: str) -> Iterator[TargetCommit]:
    """The commits in `since..commit` with a line that begins `Upstream-commit:` or `This reverts commit`."""
    wanted = [f"--grep={mark}" for mark in _MARKS]
    found = _read(repository.stream(
        *_LOG, _CHILDREN_FIRST, "--fixed-strings", *wanted, "--end-of-options", _range(commit, since), "--",
    ))  # fmt: skip
    return (one for one in found if any(line.startswith(_MARKS) for line in one.message.split("\n")))


def between(repository: GitRepository, base: str, tip: str) -> tuple[TargetCommit, ...]:
    """The commits of `base..tip`, oldest first, parents before children."""
    return tuple(_read(repository.stream(
        *_LOG, _CHILDREN_FIRST, "--reverse", "--end-of-options", _range(tip, base), "--",
    )))  # fmt: skip


def only_on(repository: GitRepository, ref: str, besides: str) -> tuple[TargetCommit, ...]:
    """The commits that `ref` has and neither `besides` nor any other ref, oldest first: what would be lost
    with it. HEAD does not count: in a bare repository it may be nothing but another name for `ref`."""
    return tuple(_read(repository.stream(
        *_LOG, _CHILDREN_FIRST, "--reverse", ref, "--not", besides, f"--exclude={ref}", "--exclude=HEAD", "--all", "--",
    )))  # fmt: skip


def one(repository: GitRepository, commit: str) -> TargetCommit:
    """The commit itself. Raises WorldError where it is not there."""
    return next(_read([repository.run(*_LOG, "--no-walk", "--end-of-options", commit, "--")]))


def _range(commit: str, since: str) -> str:
    return f"{since}..{commit}" if since else commit


def _read(blocks: Iterable[bytes]) -> Iterator[TargetCommit]:
    rest = b""
    for block in blocks:
        fields = (rest + block).split(b"\0")
        whole = (len(fields) - 1) // _FIELDS * _FIELDS
        for start in range(0, whole, _FIELDS):
            yield _commit(fields[start : start + _FIELDS])
        rest = b"\0".join(fields[whole:])


def _commit(fields: Sequence[bytes]) -> TargetCommit:
    identity, parents, date, authored, name, email, message = map(decode, fields)
    return TargetCommit(
        identity, tuple(parents.split()), int(date or 0), int(authored or 0), Person(name, email), message,
    )  # fmt: skip
