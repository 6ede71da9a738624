"""The life of single files in the target: who changed each of them, from one version to the next.

`git blame` names the commit that brought a line, and none for a line that is gone; what stands in the way of an
upstream change is as often a deletion. So the versions themselves are told, as one chain for each file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from portkit.change.changeset import Blob, Person
from portkit.errors import WorldError
from portkit.git.door import GitRepository
from portkit.git.fields import split_fields
from portkit.paths import RepoPath, to_bytes
from portkit.protocols import FileStep, TargetCommit
from portkit.text import decode

_SUBMODULE = 0o160000
_FIELDS = 7
_LOG = (
    "--literal-pathspecs", "log", "-z", "--raw", "--no-abbrev", "--topo-order",
    "--format=tformat:%H%x00%P%x00%ct%x00%at%x00%an%x00%ae%x00%B%x00", "--encoding=UTF-8",
    "--no-follow", "--no-renames", "--no-relative", "--no-ext-diff", "--no-textconv",
    "--no-color", "--no-notes", "--no-mailmap", "--no-show-signature", "-O/dev/null",
)  # fmt: skip
_ALONG_FIRST_PARENTS = ("--first-parent", "--diff-merges=first-parent")


@dataclass(frozen=True, slots=True)
class _Change:
    commit: TargetCommit
    old: Blob | None
    new: Blob | None


def steps(
    repository: GitRepository, commit: str, files: Mapping[RepoPath, Blob | None]
) -> dict[RepoPath, tuple[FileStep, ...]]:
    """For each of `files` (as it stands at `commit`; None where it is not there), the commits that made it what it is,
    newest first, each step's `old` the next one's `new`.

    One walk for all files, by git's default simplification: an imported branch that happens to hold the same file is
    not gone into. Where that leaves out a merge that made a version of its own, a walk along first parents tells the
    file's life, the merge as one step. Raises WorldError where git's output cannot be read.
    """
    found = _walked(repository, commit, files, ())
    broken = {path: files[path] for path, told in found.items() if told and told[-1].old is not None}
    broken |= {path: blob for path, blob in files.items() if blob is not None and not found[path]}
    for path, told in _walked(repository, commit, broken, _ALONG_FIRST_PARENTS).items():
        if len(told) > len(found[path]):
            found[path] = told
    return found


def _walked(
    repository: GitRepository, commit: str, files: Mapping[RepoPath, Blob | None], more: Sequence[str]
) -> dict[RepoPath, tuple[FileStep, ...]]:
    if not files:
        return {}
    found: dict[bytes, list[_Change]] = {}
    told = repository.stream(*_LOG, *more, "--end-of-options", commit, "--", *sorted(files))
    for path, change in _read(split_fields(told)):
        found.setdefault(path, []).append(change)
    return {path: tuple(_chain(found.get(to_bytes(path), ()), blob)) for path, blob in files.items()}


def _chain(changes: Iterable[_Change], now: Blob | None) -> Iterator[FileStep]:
    for change in changes:
        if change.new == now:
            yield FileStep(change.commit, change.old, change.new)
            now = change.old
            if now is None:
                return


def _read(fields: Iterator[bytes]) -> Iterator[tuple[bytes, _Change]]:
    field = next(fields, None)
    while field is not None:
        try:
            head = [field, *(next(fields) for _ in range(_FIELDS - 1))]
            identity, parents, date, authored, name, email, message = map(decode, head)
            commit = TargetCommit(
                identity, tuple(parents.split()), int(date or 0), int(authored or 0), Person(name, email), message
            )
            if next(fields):
                raise ValueError("a commit does not end where it should")
            # The first file line follows a LF; where there is none, the next commit's hash stands here.
            field = next(fields, None)
            while field is not None and field.startswith((b":", b"\n:")):
                old_mode, new_mode, old, new, _ = field.lstrip(b"\n")[1:].split(b" ")
                yield next(fields), _Change(commit, _blob(old, old_mode), _blob(new, new_mode))
                field = next(fields, None)
        except (StopIteration, RuntimeError, ValueError) as error:
            raise WorldError("git log printed what portkit cannot read", cause=str(error)) from error


def _blob(oid: bytes, mode: bytes) -> Blob | None:
    number = int(mode, 8)
    return Blob(oid.decode("ascii"), number) if number not in (0, _SUBMODULE) else None
