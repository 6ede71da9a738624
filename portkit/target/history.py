"""The target's commits, as `git log` tells them.

Nothing here knows what a message means: trailers and reverts are read by the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from portkit.change.changeset import Blob, FileChange, Person
from portkit.errors import WorldError
from portkit.git.door import GitRepository
from portkit.git.fields import split_fields
from portkit.paths import from_bytes
from portkit.protocols import TargetChange, TargetCommit
from portkit.text import decode

_FIELDS = 7
_LOG = (
    "log", "-z", "--format=%H%x00%P%x00%ct%x00%at%x00%an%x00%ae%x00%B",
    "--encoding=UTF-8",  # recodes what a commit declares to be otherwise; other bytes come as they stand
    "--no-color", "--no-notes", "--no-mailmap", "--no-show-signature",
    "--no-follow",  # log.follow would follow a single path across renames
)  # fmt: skip
_CHILDREN_FIRST = "--topo-order"  # dates are not monotone: without it a parent may come before its child
_SUBMODULE = 0o160000
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


def changes(repository: GitRepository, commit: str, paths: Sequence[str], since: str) -> Iterator[TargetChange]:
    """What the commits in `since..commit` changed under `paths`, newest first, children before parents, in full
    history. A merge has those files that differ from all of its parents, against the first of them; one that has none
    is left out."""
    if not paths:
        return iter(())
    return _changed(repository.stream(
        "--literal-pathspecs", *_LOG, _CHILDREN_FIRST, "--raw", "--diff-merges=combined", "--full-history",
        "--no-renames", "--no-abbrev", "--no-relative", "--no-ext-diff", "--no-textconv", "-O/dev/null",
        "--end-of-options", _range(commit, since), "--", *paths,
    ))  # fmt: skip


def one(repository: GitRepository, commit: str) -> TargetCommit:
    """The commit itself. Raises WorldError where it is not there."""
    return next(_read([repository.run(*_LOG, "--no-walk", "--end-of-options", commit, "--")]))


def committers(repository: GitRepository, ids: Sequence[str]) -> dict[str, Person]:
    """Who committed each of `ids` (full hashes)."""
    if not ids:
        return {}
    told = repository.run(
        "log", "-z", "--no-walk=unsorted", "--stdin", "--format=%H%x00%cn%x00%ce", "--encoding=UTF-8", "--no-color",
        "--no-notes", "--no-mailmap", "--no-show-signature", feed="".join(f"{id}\n" for id in ids).encode("ascii"),
    )  # fmt: skip
    fields = [decode(field) for field in told.split(b"\0")]
    return {fields[at]: Person(fields[at + 1], fields[at + 2]) for at in range(0, len(fields) - 2, 3)}


def hidden(repository: GitRepository, base: str, tip: str) -> frozenset[str]:
    """Those commits of `base..tip` that no remote-tracking ref has."""
    listed = repository.run("rev-list", tip, "--not", base, "--remotes", "--")
    return frozenset(decode(listed).split())


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


def _changed(blocks: Iterable[bytes]) -> Iterator[TargetChange]:
    """`git log -z --raw` as values: the commit's fields, then a line and a path for each file."""
    fields = split_fields(blocks)
    field = next(fields, None)
    while field is not None:
        try:
            commit = _commit([field, *(next(fields) for _ in range(_FIELDS - 1))])
            field = next(fields, None)
            if field == b"":  # between a commit and its files
                field = next(fields, None)
            files = []
            while field is not None and field.lstrip(b"\n").startswith(b":"):
                files.append(_file_change(field.lstrip(b"\n"), next(fields)))
                field = next(fields, None)
        except (StopIteration, RuntimeError, ValueError) as error:
            raise WorldError("git log printed what portkit cannot read", cause=str(error)) from error
        if files:
            yield TargetChange(commit, tuple(files))


def _file_change(line: bytes, path: bytes) -> FileChange:
    """A line of the raw output: of n parents n colons, n modes and the file's own, n ids and the file's own
    (git-diff-files(1), Raw output format and Diff format for merges)."""
    bare = line.lstrip(b":")
    parents = len(line) - len(bare)
    words = bare.split(b" ")
    old = _blob(words[parents + 1], words[0])
    new = _blob(words[2 * parents + 1], words[parents])
    return FileChange(from_bytes(path), old, new)


def _blob(oid: bytes, mode: bytes) -> Blob | None:
    number = int(mode, 8)
    return Blob(oid.decode("ascii"), number) if number not in (0, _SUBMODULE) else None


def _commit(fields: Sequence[bytes]) -> TargetCommit:
    identity, parents, date, authored, name, email, message = map(decode, fields)
    return TargetCommit(
        identity, tuple(parents.split()), int(date or 0), int(authored or 0), Person(name, email), message,
    )  # fmt: skip
