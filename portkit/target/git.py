"""The DragonFly tree in git: read at a revision, its history, and a branch written into it.

Of a target given as a path nothing is touched but its objects and the refs that `move` is given: no index,
worktree, HEAD or configuration. Which branches may be moved, and to what, is not decided here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType

from portkit.change.changeset import Blob, Person
from portkit.components.locations import is_remote, problem_with_location
from portkit.errors import UserError, WorldError
from portkit.git.door import BlobReader, GitRepository
from portkit.paths import RepoPath, from_bytes
from portkit.protocols import FileStep, NewCommit, TargetChange, TargetCommit
from portkit.target import checkouts, history, refs, steps, writing
from portkit.target.refs import RefUpdate
from portkit.text import decode

Progress = Callable[[str], None]
"""Takes one line of what is going on, for a person."""

_ROLE = "the target"
_PROGRAMS = tuple(
    f":(glob){folder}/**/*.[chy]" for folder in ("bin", "lib", "libexec", "sbin", "usr.bin", "usr.sbin")
)
_IDENT = re.compile(r"(.*) <(.*)> \d+ [+-]\d+\n?", re.DOTALL)


class TargetTree:
    """The files of one commit under the folders that were asked for: a `portkit.protocols.Tree`."""

    def __init__(
        self,
        commit: str,
        entries: Mapping[RepoPath, Blob],
        reader: BlobReader,
        bring: Callable[[Sequence[str]], None] | None = None,
    ) -> None:
        """`bring`, where it is given, fetches what a partial clone lacks; it is asked once, at the first read."""
        self._commit = commit
        self._entries = entries
        self._reader = reader
        self._bring = bring

    @property
    def commit(self) -> str:
        """The full hash of the commit."""
        return self._commit

    @property
    def entries(self) -> Mapping[RepoPath, Blob]:
        """The files, symbolic links with the mode 0o120000; submodules are left out."""
        return self._entries

    def read(self, oid: str) -> bytes:
        """The content of `oid`. Raises WorldError naming path and commit where the repository lacks it."""
        self._ready()
        return self._there(oid, self._reader.find(oid))

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """(oid, content) for each, in order; raises as `read` does."""
        self._ready()
        for oid, content in self._reader.find_many(oids):
            yield oid, self._there(oid, content)

    def _ready(self) -> None:
        if self._bring is not None:
            self._bring([blob.oid for blob in self._entries.values()])
            self._bring = None

    def _there(self, oid: str, content: bytes | None) -> bytes:
        if content is None:
            path = next((path for path, blob in self._entries.items() if blob.oid == oid), "a file")
            raise WorldError(
                f"{_ROLE}: the content of {path} is missing at commit {self._commit}",
                cause=f"the repository has no object {oid}",
                hint="fetch it, or take a complete clone",
            )
        return content


class GitTarget:
    """A target repository and its branch. Not to be shared by threads; `close` ends its reader."""

    def __init__(
        self, repository: GitRepository, branch: str, *, url: str = "", progress: Progress = lambda _: None
    ) -> None:
        """`url` is where portkit cloned the repository from; "" for one that is used in place."""
        self.repository = repository
        self.branch = branch
        self._url = url
        self._progress = progress
        self._reader = BlobReader(repository)
        self._refs: dict[str, str] = {}
        self._commits: dict[str, TargetCommit] = {}
        self._identity: Person | None = None

    @classmethod
    def open(cls, location: str, *, branch: str, state_dir: Path, progress: Progress) -> GitTarget:
        """The target at `location`, whose branch of the map is `branch`.

        A path is used in place. A URL is cloned, once, into `state_dir`/target.git, after saying so to
        `progress`; an existing clone is taken as it stands (`fetch` brings it up to date). Raises UserError
        where there is no repository or it belongs to someone else, WorldError where the clone fails.
        """
        problem = problem_with_location(location)
        if problem:
            raise UserError(f"{_ROLE}: {location!r} {problem}", hint="give a path, or a URL that git can clone")
        if is_remote(location):
            repository = _clone(location, state_dir / "target.git", branch, progress)
            return cls(repository, branch, url=location, progress=progress)
        repository = GitRepository.at(location, role=_ROLE)
        path = Path(location).expanduser()
        if not (path / ".git").exists() and path.resolve() != repository.git_dir.resolve():
            raise UserError(
                f"{_ROLE}: {location} is no git repository",
                cause=f"it only lies in one, {repository.git_dir}",
                hint="give the path of the repository itself",
            )
        return cls(repository, branch, progress=progress)

    def __enter__(self) -> GitTarget:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process that reads contents; a later read starts another."""
        self._reader.close()

    @property
    def cloned(self) -> bool:
        """Whether this is portkit's own clone of a URL."""
        return bool(self._url)

    def fetch(self, progress: Progress) -> None:
        """Brings the clone of a URL up to date; does nothing for a path. Raises WorldError where that
        fails."""
        if self.cloned:
            _mirror(self._url, self.repository.git_dir, self.branch, progress)

    @cached_property
    def cut(self) -> tuple[str, ...]:
        """The commits whose parents a shallow repository lacks (gitrepository-layout(5), shallow); none for a whole
        one. What is older is neither in `history` nor in `trailer_commits`; `git fetch --unshallow` mends it."""
        try:
            return tuple((self.repository.common / "shallow").read_text("ascii").split())
        except FileNotFoundError:
            return ()

    def resolve(self, revision: str) -> str:
        """The full hash of the commit `revision` names. Raises UserError where it names none."""
        return self.repository.resolve(revision, role=_ROLE)

    def default_tip(self) -> str:
        """The tip of the map's branch; where a target given as a path has none of that name, its HEAD.

        Raises UserError, naming the branches there are, where neither is there.
        """
        tip = self.tip(self.branch) or ("" if self.cloned else self.repository.ref("HEAD"))
        if tip:
            return tip
        listed = self.repository.run("for-each-ref", "--count=10", "--format=%(refname:lstrip=2)", "refs/heads/")
        names = decode(listed).split()
        raise UserError(
            f"{_ROLE} has no branch {self.branch!r}",
            cause=f"its branches are {', '.join(names)}" if names else "it has no branch at all",
            hint="set target.branch in the map, or give --onto",
        )

    def tip(self, branch: str) -> str:
        """The hash at the tip of `branch`, "" where there is no such branch. Raises UserError for no name at
        all."""
        return self.repository.ref(self.branch_ref(branch))

    def branch_ref(self, branch: str) -> str:
        """The full name of `branch`. Raises UserError where git allows none of that name."""
        if branch not in self._refs:
            self._refs[branch] = refs.branch_ref(self.repository, branch)
        return self._refs[branch]

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `older` is reachable from `newer`."""
        return self.repository.is_ancestor(older, newer)

    def tree(self, commit: str, folders: Sequence[str]) -> TargetTree:
        """The files under `folders` at `commit` (a full hash). A folder ends in `/` or not; "" is the whole
        tree.

        What is not there gives no entry. Raises WorldError where the repository lacks part of the tree.
        """
        wanted = () if "" in folders else tuple(folders)
        entries: dict[RepoPath, Blob] = {}
        if folders:
            listed = self.repository.run(
                "--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit, *wanted
            )
            for line in listed.split(b"\0")[:-1]:
                about, _, path = line.partition(b"\t")
                mode, kind, oid = about.decode("ascii").split()
                if kind == "blob":
                    entries[from_bytes(path)] = Blob(oid, int(mode, 8))
        return TargetTree(commit, entries, self._reader, self._bring if self.cloned else None)

    def mentions(self, commit: str, words: Sequence[str]) -> Mapping[str, list[tuple[str, int]]]:
        """Where the system's own C sources and headers at `commit` name each of `words`, whole: path and line, from 1,
        in order. Neither the kernel is looked at nor what comes from elsewhere (contrib/)."""
        found: dict[str, list[tuple[str, int]]] = {}
        asked = [part for word in words for part in ("-e", word)]
        if not asked:
            return found
        listed = self.repository.run(
            "grep", "-n", "-w", "-F", "-o", "-z", "-I", "--full-name", "--no-color", *asked, commit, "--", *_PROGRAMS,
            accept=(0, 1),
        )  # fmt: skip
        for line in listed.split(b"\n")[:-1]:
            path, number, word = line.split(b"\0", 2)
            name = from_bytes(path.partition(b":")[2])
            found.setdefault(decode(word), []).append((name, int(number)))
        return found

    def history(self, commit: str, paths: Sequence[str], *, since: str = "") -> Iterator[TargetCommit]:
        """The commits of `since..commit` that touch `paths`, newest first, in full history: merges and vendor
        branches included. `since` "" is all of it; no paths, no commits."""
        return history.touching(self.repository, commit, paths, since)

    def changes(self, commit: str, paths: Sequence[str], *, since: str = "") -> Iterator[TargetChange]:
        """What the commits of `since..commit` changed under `paths`, newest first, children before parents, in full
        history. A merge has the files that are as in none of its parents."""
        return history.changes(self.repository, commit, paths, since)

    def read(self, oid: str) -> bytes:
        """The content `oid`. Raises WorldError where the repository lacks it."""
        for _, content in self.read_many((oid,)):
            return content
        raise AssertionError(oid)

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """(oid, content) for each, in order; raises as `read` does. What a clone of portkit's own making left out is
        fetched: `bring` gets more of it at once."""
        for oid, content in self._reader.find_many(oids):
            if content is None and self.cloned:
                self.bring((oid,))
                content = self._reader.find(oid)
            if content is None:
                hint = "fetch it, or take a complete clone"
                raise WorldError(f"{_ROLE} lacks the content {oid}", cause="the object is not there", hint=hint)
            yield oid, content

    def bring(self, oids: Sequence[str]) -> None:
        """Gets those of `oids` that a clone of portkit's own making left out, at once. Raises WorldError where the
        remote cannot be asked."""
        if self.cloned:
            self._bring(oids)

    def steps(
        self, commit: str, files: Mapping[RepoPath, Blob | None]
    ) -> Mapping[RepoPath, Sequence[FileStep]]:
        """For each of `files` as it stands at `commit`, the commits that made it what it is, newest first, each step's
        `old` the next one's `new`."""
        return steps.steps(self.repository, commit, files)

    def trailer_commits(self, commit: str, since: str = "") -> Iterator[TargetCommit]:
        """The commits of `since..commit`, whatever they touch, newest first, that have a line which begins
        `Upstream-commit:` or `This reverts commit`."""
        return history.marked(self.repository, commit, since)

    def commits_between(self, base: str, tip: str) -> tuple[TargetCommit, ...]:
        """The commits that `tip` has and `base` has not, oldest first."""
        return history.between(self.repository, base, tip)

    def only_on(self, branch: str, besides: str) -> tuple[TargetCommit, ...]:
        """The commits that would be lost if `branch` were moved to `besides`, oldest first."""
        found = history.only_on(self.repository, self.branch_ref(branch), besides)
        self._commits.update((commit.id, commit) for commit in found)  # each is asked for next, as a parent
        return found

    def commit_info(self, sha: str) -> TargetCommit:
        """The commit `sha`. Raises WorldError where it is not there."""
        if sha not in self._commits:
            self._commits[sha] = history.one(self.repository, sha)
        return self._commits[sha]

    def committers(self, ids: Sequence[str]) -> dict[str, Person]:
        """Who committed each of `ids` (full hashes)."""
        return history.committers(self.repository, ids)

    def hidden(self, base: str, tip: str) -> frozenset[str]:
        """The commits of `base..tip` that no remote is known to have."""
        return history.hidden(self.repository, base, tip)

    def checked_out(self, branch: str) -> str:
        """The path of the worktree that has `branch` checked out, is rebasing or bisecting it; "" for none. A
        worktree whose folder has gone counts: git still holds the branch for it."""
        return checkouts.held(self.repository).get(self.branch_ref(branch), "")

    def busy_with(self, branch: str) -> str:
        """A sentence where `branch` is in the middle of a merge, rebase, cherry-pick or revert; else ""."""
        what = checkouts.underway(self.repository, self.branch_ref(branch))
        return f"{_ROLE} is in the middle of {what}, on {branch}" if what else ""

    def identity(self) -> Person:
        """Who runs portkit, by git's own rules (git-var(1), GIT_AUTHOR_IDENT) but without git's guess from
        login and host. Raises UserError where git has not been told."""
        if self._identity is not None:
            return self._identity
        done = self.repository.outcome("-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT")
        match = _IDENT.fullmatch(decode(done.stdout)) if done.returncode == 0 else None
        if match is None:
            lines = [line for line in decode(done.stderr).splitlines() if line.startswith("fatal: ")]
            raise UserError(
                "git does not know your name and address",
                cause=lines[0].removeprefix("fatal: ") if lines else "",
                hint="git config --global user.name 'Your Name'; git config --global user.email you@example.org",
            )
        self._identity = Person(match[1], match[2])
        return self._identity

    def store(self, parent: str, commits: Sequence[NewCommit]) -> list[str]:
        """Writes `commits` on top of `parent` ("" for none) as objects that no ref names yet; returns their
        hashes in order, the same for the same inputs on any machine.

        Raises UserError where a file would displace a folder or a folder a file, WorldError where git
        refuses.
        """
        return writing.store(self.repository, parent, commits)

    def move(self, updates: Sequence[RefUpdate], *, reason: str = "portkit") -> None:
        """Moves all refs of `updates`, or none, in one step; `reason` goes into the reflog where a ref has
        one; none is begun.

        Raises WorldError where one of them moved meanwhile, is checked out, or cannot be written.
        """
        refs.move(self.repository, updates, reason)

    def _bring(self, oids: Sequence[str]) -> None:
        from portkit.git.mirror import bring_contents, is_partial  # GitPython is slow to load

        if is_partial(self.repository):
            bring_contents(self.repository, oids, role=_ROLE, progress=self._progress)


def _clone(url: str, place: Path, branch: str, progress: Progress) -> GitRepository:
    """The clone of `url` at `place`; made where there is none, fetched anew where it is one of another URL."""
    if place.exists():
        repository = GitRepository(place)
        if repository.outcome("config", "--get", "remote.origin.url").stdout.rstrip(b"\n") == os.fsencode(url):
            return repository
    return _mirror(url, place, branch, progress)


def _mirror(url: str, place: Path, branch: str, progress: Progress) -> GitRepository:
    from portkit.git.mirror import mirror  # GitPython is slow to load, and only clones need it

    return mirror(url, place, branch=branch, role=_ROLE, fetch=True, progress=progress)
