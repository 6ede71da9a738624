"""An upstream's history out of a git repository: indexed once, then only what is new is read.

The repository may be anybody's: it is read with plumbing that runs nothing of its own (`portkit.git.door`), and
one that is named by a path is never written to. History is what first parents say: a merge is one changeset.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from portkit.change.changeset import Blob, Changeset
from portkit.components.model import Source
from portkit.errors import UserError, WorldError
from portkit.git.door import BlobReader, GitRepository
from portkit.paths import RepoPath, from_bytes, to_bytes
from portkit.protocols import Damage
from portkit.upstream.folders import covers, without_the_covered
from portkit.upstream.index import Index
from portkit.upstream.indexfile import LostIndexError
from portkit.upstream.rawlog import RawCommit, arguments, parse

if TYPE_CHECKING:
    from portkit.survey.resolve import Event

Progress = Callable[[str], None]
Answer = TypeVar("Answer")


def open_history(
    source: Source,
    folders: Sequence[str],
    workspace_state_dir: Path,
    *,
    fetch: bool = True,
    contents: bool = True,
    progress: Progress = lambda _: None,
) -> GitHistory:
    """The history of `source` under `folders` (upstream paths of folders and files, "" for everything), indexed.

    A `location` that is a path is read in place. One that is a URL is cloned once, under `workspace_state_dir`,
    and fetched anew each time where `fetch` says so; then the contents of the folders' files come too, where
    `contents` says so. Raises UserError where there is no such repository or
    branch, WorldError where git, the network or the disk fails.
    """
    role = f"upstream {source.name}"
    mirrored = source.remote
    if mirrored:
        from portkit.git.mirror import mirror  # GitPython takes longer to load than a run without news takes

        place = workspace_state_dir / "upstream" / f"{source.name}.git"
        repository = mirror(
            source.location, place, branch=source.branch, role=role, fetch=fetch, progress=progress
        )
    else:
        repository = GitRepository.at(source.location, role=role)
    key = hashlib.sha256(f"{source.location}\0{source.branch}".encode("utf-8", "surrogateescape"))
    cache = workspace_state_dir / "cache" / f"upstream-{source.name}-{key.hexdigest()[:12]}.sqlite"
    return GitHistory(repository, source, folders, cache, mirrored=mirrored, contents=contents, progress=progress)


class GitSnapshot:
    """The upstream's files at one commit, under the folders that were asked for: a `portkit.protocols.Tree`."""

    def __init__(self, commit: str, entries: Mapping[RepoPath, Blob], history: GitHistory) -> None:
        self.commit = commit
        self.entries = entries
        self._history = history

    def read(self, oid: str) -> bytes:
        """The content of `oid`. Raises WorldError where the repository lacks it."""
        return self._history.read(oid)

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """(oid, content) for each, in order; raises as `read` does."""
        return self._history.read_many(oids)


class GitHistory:
    """A `portkit.protocols.History` over one git repository; paths are without the source's prefix.

    Not to be shared by threads. `shallow` tells that the repository's history is cut; the commits of `cut` then
    stand as if they had added every file.
    """

    def __init__(
        self, repository: GitRepository, source: Source, folders: Sequence[str], cache: Path, *,
        mirrored: bool, contents: bool = True, progress: Progress,
    ) -> None:  # fmt: skip
        self.source = source
        self._repository = repository
        self._role = f"upstream {source.name}"
        self._mirrored = mirrored
        self._progress = progress
        self._prefix = _with_slash(source.prefix)
        self._folders = tuple(sorted({_whole(self._prefix, folder) for folder in folders}))
        self._tip = _tip(repository, source.branch, self._role)
        self.cut = _cut(repository)
        self._rewritten = False
        self._blobs = BlobReader(repository)
        self._index = Index(cache)
        try:
            self._surely(self._bring_up_to_date)
            if mirrored and contents:
                self._bring_contents()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> GitHistory:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the reader and lets go of the index."""
        self._blobs.close()
        self._index.close()

    @property
    def git_dir(self) -> Path:
        """Where the repository lies."""
        return self._repository.git_dir

    def bring(self, oids: Sequence[str]) -> None:
        """Gets those of `oids` that a clone of portkit's own making left out. Raises WorldError where the remote
        cannot be asked."""
        if self._mirrored:
            from portkit.git.mirror import bring_contents, is_partial

            if is_partial(self._repository):
                bring_contents(self._repository, oids, role=self._role, progress=self._progress)

    @property
    def tip(self) -> str:
        """The newest commit of the branch."""
        return self._tip

    @property
    def stamp(self) -> str:
        """What all that it tells depends on: another where anything is another."""
        return f"{self._tip} {' '.join(self.cut)}"

    @property
    def damaged(self) -> tuple[Damage, ...]:
        """None: what git cannot read is told when it is read."""
        return ()

    @property
    def rewritten(self) -> bool:
        """Whether the branch no longer holds the commit that was its tip when it was last read."""
        return self._rewritten

    @property
    def shallow(self) -> bool:
        """Whether the repository lacks the history before some commits (git clone --depth)."""
        return bool(self.cut)

    def changesets(self, wanted: Callable[[RepoPath], bool]) -> tuple[Changeset, ...]:
        """Every changeset with at least one wanted file, its other files left out, oldest first: in the order
        of the history, whatever the dates say. Raises WorldError where a wanted folder holds an unusable path."""
        return self._surely(
            lambda: self._index.changesets([(n, path) for n, path in self._paths() if wanted(path)])
        )

    def lives(self, wanted: Callable[[bytes], bool]) -> dict[RepoPath, tuple[Event, ...]]:
        """Of each file that ever was, and whose name `wanted` takes, its changes, oldest first."""
        return self._surely(
            lambda: self._index.lives(self._paths(lambda raw: wanted(raw.rpartition(b"/")[2])))
        )

    def newest(self) -> int:
        """The date of the newest changeset under the folders, in seconds since 1970 UTC; 0 where there is none."""
        return self._surely(self._index.newest)

    def tree(
        self, commit: str, folders: Sequence[str], wanted: Callable[[str], bool] = lambda _: True
    ) -> GitSnapshot:
        """The files under `folders` (upstream paths of folders and files) at `commit`, a full hash: those that are
        `wanted`. What is not there gives no entry."""
        entries: dict[RepoPath, Blob] = {}
        if folders:
            places = [_whole(self._prefix, folder) for folder in folders]
            if "" in places:
                places = []
            listed = self._repository.run(
                "--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit, *places
            )
            for line in listed.split(b"\0")[:-1]:
                about, _, path = line.partition(b"\t")
                mode, kind, oid = about.decode("ascii").split()
                name = from_bytes(path.removeprefix(to_bytes(self._prefix)))
                if kind == "blob" and wanted(name):
                    entries[name] = Blob(oid, int(mode, 8))
        wanted_oids = [blob.oid for blob in entries.values()]
        if self._mirrored:
            from portkit.git.mirror import bring_contents, is_partial

            if is_partial(self._repository):
                bring_contents(self._repository, wanted_oids, role=self._role, progress=self._progress)
        return GitSnapshot(commit, entries, self)

    def names(self, folder: str) -> tuple[str, ...]:
        """The names in `folder` (ending in `/`; "" is the top) at the tip, folders with a `/`."""
        return self._repository.names(self._tip, self._prefix + folder)

    def resolve(self, revision: str) -> str:
        """The full hash of the commit that `revision` names. Raises UserError where it names none."""
        return self._repository.resolve(revision, role=self._role)

    def newest_at(self, revision: str) -> str:
        """The newest commit of this history, `revision` or before it, that touches the folders; "" for none.

        Raises UserError where `revision` is no commit, or none of this branch.
        """
        commit = self.resolve(revision)
        if not self._on_the_way(commit, self._tip):
            raise UserError(f"{self._role}: {revision!r} is not on the branch {self.source.branch}")
        for found in self._walk(commit, "", limit=1):
            return found.id
        return ""

    def read(self, oid: str) -> bytes:
        """The content `oid`. Raises WorldError naming path and commit where the repository does not have it."""
        content = self._blobs.find(oid)
        if content is None:
            raise self._missing(oid)
        return content

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """(oid, content) for each, in order; raises as `read` does."""
        for oid, content in self._blobs.find_many(oids):
            if content is None:
                raise self._missing(oid)
            yield oid, content

    def _bring_up_to_date(self) -> None:
        if not self._is_current():
            told = f"waiting for another run that reads {self._role}"
            self._index.alone(self._catch_up, lambda: self._progress(told))

    def _is_current(self) -> bool:
        index = self._index
        return index.tip == self._tip and index.cut == " ".join(self.cut) and self._covered(index.folders)

    def _covered(self, folders: Sequence[str]) -> bool:
        known = frozenset(folders)
        return all(covers(known, folder) for folder in self._folders)

    def _catch_up(self) -> None:
        index = self._index
        if self._is_current():  # another run did it in the meantime
            return
        old = index.tip
        same = bool(old) and (old == self._tip or self._on_the_way(old, self._tip))
        if old and not same and not self._repository.is_ancestor(old, self._tip):
            self._rewritten = True
            self._progress(f"{self._role} was rewritten: reading it anew")
        folders = self._folders
        if same and self._covered(index.folders) and index.cut == " ".join(self.cut):
            folders = index.folders
        else:
            # What the index knew stays in it, so that runs over one component and over all take turns at no cost.
            folders = without_the_covered({*folders, *index.folders})
            old = ""
            index.reset()
        found = self._walk(self._tip, old, folders)
        index.extend(self._counted(found), tip=self._tip, folders=folders, cut=" ".join(self.cut))

    def _walk(
        self, tip: str, since: str, folders: Sequence[str] | None = None, limit: int = 0
    ) -> Iterator[RawCommit]:
        folders = self._folders if folders is None else folders
        if not folders:
            return
        command = arguments(tip, since, () if "" in folders else folders, limit=limit)
        yield from parse(self._repository.stream(*command))

    def _counted(self, commits: Iterable[RawCommit]) -> Iterator[RawCommit]:
        count, told = 0, time.monotonic()
        for commit in commits:
            yield commit
            count += 1
            if time.monotonic() - told >= 0.5:
                told = time.monotonic()
                self._progress(f"reading {self._role}: {count:,} commits")
        self._progress(f"read {self._role}: {count:,} new commits")

    def _on_the_way(self, older: str, newer: str) -> bool:
        """Whether `older` is on the line of first parents that leads to `newer`."""
        if older == newer:
            return True
        if not self._repository.is_ancestor(older, newer):
            return False
        last = b""
        for block in self._repository.stream("rev-list", "--first-parent", "--parents", newer, f"^{older}", "--"):
            last = (last + block)[-400:]
        parents = last.rstrip(b"\n").rpartition(b"\n")[2].split()[1:]
        return parents[:1] == [older.encode("ascii")]

    def _paths(self, wanted: Callable[[bytes], bool] = lambda _: True) -> Iterator[tuple[int, RepoPath]]:
        known = frozenset(self._folders)
        prefix = to_bytes(self._prefix)
        for number, raw in self._index.paths():
            if not wanted(raw) or not raw.startswith(prefix):
                continue
            if not covers(known, raw.decode("utf-8", "surrogateescape")):
                continue
            try:
                yield number, from_bytes(raw.removeprefix(prefix))
            except UserError as error:
                raise WorldError(f"{self._role} holds an unusable path", cause=error.what) from error

    def _bring_contents(self) -> None:
        """The contents of every file of the folders, where the clone was made without them."""
        wanted = f"{self._tip} {hashlib.sha256(repr(self._folders).encode()).hexdigest()}"
        if self._surely(lambda: self._index.fact("contents")) == wanted:
            return
        from portkit.git.mirror import bring_contents, is_partial

        if is_partial(self._repository):
            numbers = [number for number, _ in self._surely(lambda: list(self._paths()))]
            oids = self._surely(lambda: list(self._index.oids(numbers)))
            bring_contents(self._repository, oids, role=self._role, progress=self._progress)
        self._surely(lambda: self._index.note("contents", wanted))

    def _missing(self, oid: str) -> WorldError:
        use = self._surely(lambda: self._index.first_use(oid))
        what = f"{use[0].decode('utf-8', 'replace')!r} at commit {use[1]}" if use else f"the object {oid}"
        where = self.source.location
        hint = "portkit fetch brings it" if self._mirrored else f"git -C {where} fetch, or another clone, may have it"
        return WorldError(
            f"{self._role} lacks the content of {what}", where=where, hint=hint,
            cause=f"the object {oid} is not there, or damaged",
        )  # fmt: skip

    def _surely(self, act: Callable[[], Answer]) -> Answer:
        """What `act` returns; where the index turns out to be damaged, it is made anew first."""
        try:
            return act()
        except LostIndexError:
            rewritten = self._rewritten
            self._bring_up_to_date()
            self._rewritten = rewritten
            return act()


def _tip(repository: GitRepository, branch: str, role: str) -> str:
    """The commit of `branch`: a branch of the repository's own, one of its origin's, or any other revision."""
    for name in (f"refs/heads/{branch}", f"refs/remotes/origin/{branch}"):
        found = repository.ref(f"{name}^{{commit}}")
        if found:
            return found
    return repository.resolve(branch, role=role)


def _cut(repository: GitRepository) -> tuple[str, ...]:
    """The commits whose parents a shallow repository lacks: the file `shallow` (gitrepository-layout(5))."""
    folder = repository.git_dir
    try:
        common = folder / "commondir"
        if common.is_file():
            folder = folder / common.read_text().strip()
        return tuple(sorted((folder / "shallow").read_text("ascii").split()))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise WorldError("git's list of cut commits cannot be read", where=str(folder), cause=str(error)) from error


def _whole(prefix: str, folder: str) -> str:
    """`folder` as it stands in the repository, without a slash at its end; "" for the top."""
    return (prefix + folder).rstrip("/")


def _with_slash(prefix: str) -> str:
    return prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
