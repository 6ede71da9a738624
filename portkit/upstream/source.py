"""Opens the history of a source, of whatever kind it is."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from portkit.components.model import Source
from portkit.protocols import History, Tree
from portkit.upstream import git

Progress = Callable[[str], None]


class UpstreamHistory(History, Protocol):
    """A history that is open: to be closed in the end."""

    @property
    def stamp(self) -> str:
        """What all that it tells depends on: another where anything is another."""
        ...

    def names(self, folder: str) -> tuple[str, ...]:
        """The names in `folder` (ending in `/`; "" is the top) at its newest, folders with a `/`."""
        ...

    def tree(self, commit: str, folders: Sequence[str], wanted: Callable[[str], bool] = ...) -> Tree:
        """The files under `folders` (upstream paths of folders and files, whether they are followed or not) at
        `commit`, a full id: those that are `wanted`. What is not there gives no entry."""
        ...

    def close(self) -> None:
        """Lets go of what it holds open."""
        ...


def open_history(
    source: Source,
    folders: Sequence[str],
    workspace_state_dir: Path,
    *,
    fetch: bool = True,
    settled: bool = True,
    whole: bool = False,
    progress: Progress = lambda _: None,
) -> UpstreamHistory:
    """The history of `source` under `folders` (upstream paths of folders and files, "" for everything), indexed.

    A `location` that is a path is read in place. One that is a URL is copied under `workspace_state_dir`, and brought
    up to date each time where `fetch` says so. Without commits' bounds (CVS), what came in the last minutes is left
    out where only what is `settled` is wanted. `whole`: of a CVS repository all there is, in an index of its own; of
    one that is brought here, what is brought of it. Raises UserError where there is no such repository or branch,
    WorldError where git, rsync, the network or the disk fails.
    """
    if source.kind == "git":
        return git.open_history(source, folders, workspace_state_dir, fetch=fetch, progress=progress)
    from portkit.upstream.cvs import CvsHistory  # who follows git alone starts without
    from portkit.upstream.cvs_repository import open_repository
    from portkit.upstream.rsync import copy

    if source.remote:
        place = workspace_state_dir / "upstream" / f"{source.name}.cvs"
        location, seen = copy(source, folders, place, fetch=fetch, progress=progress)
    else:
        # Only what may still be growing depends on the clock: it waits for a later run.
        location, seen = Path(source.location), int(time.time())
    text = "\0".join((source.location, source.module, source.prefix, source.branch))
    key = hashlib.sha256(text.encode("utf-8", "surrogateescape"))
    state = workspace_state_dir / "survey" if whole else workspace_state_dir
    cache = state / "cache" / f"upstream-{source.name}-{key.hexdigest()[:12]}.sqlite"
    repository = open_repository(source, location, folders)
    wanted = [""] if whole else folders
    return CvsHistory(source, repository, wanted, cache, seen=seen if settled else None, progress=progress)
