"""Work spread over processes: this machine's cores, or a Dask cluster that is there already.

Through the standard executor interface and nothing more (concurrent.futures; Dask's `Client.get_executor()` answers
the same). Each worker opens its own git readers by the repositories' paths, so on a cluster those must be the same
everywhere. Answers come in the order of the questions: how many workers there are changes no byte of a result.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from portkit.errors import UserError, WorldError
from portkit.git.door import BlobReader, GitRepository
from portkit.protocols import Contents
from portkit.survey.scan import scanned
from portkit.survey.successors import Gone, successors
from portkit.survey.tasks import Glance, Question, alike, answers_packed, nearest, own_idents

Asked = TypeVar("Asked")
Told = TypeVar("Told")
Map = Callable[[Callable[[Asked], Told], Sequence[Asked]], Iterator[Told]]


class Spread:
    """Maps a function over questions; `executor` None does it here, one after the other."""

    def __init__(self, executor: Executor | None, workers: int) -> None:
        self._executor = executor
        self.workers = workers

    def map(self, function: Callable[[Asked], Told], questions: Sequence[Asked]) -> Iterator[Told]:
        """What `function` answers to each question, in order."""
        if self._executor is None or len(questions) < 2:
            return map(function, questions)
        return self._executor.map(function, questions)


@contextmanager
def spread(jobs: int, cluster: str = "") -> Iterator[Spread]:
    """Workers: `jobs` processes (0: one for each core), or those of the Dask scheduler at `cluster`."""
    if cluster:
        yield from _cluster(cluster)
        return
    workers = jobs or os.cpu_count() or 1
    if workers == 1:
        yield Spread(None, 1)
        return
    # Started anew, not forked: a fork would hold the pipes of this process's git readers open.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield Spread(executor, workers)


def _cluster(address: str) -> Iterator[Spread]:
    try:
        from distributed import Client
    except ImportError as error:
        hint = "pip install 'portkit[cluster]', or leave --cluster out"
        raise UserError("--cluster needs Dask's distributed, which is not installed", hint=hint) from error
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        hint = "give the address that the scheduler prints, such as tcp://host:8786"
        raise WorldError(f"no Dask scheduler answers at {address}", cause=str(error), hint=hint) from error
    with client:
        workers = sum(client.nthreads().values())
        yield Spread(client.get_executor(pure=False), max(1, workers))


def chunks(items: Iterable[Asked], size: int) -> list[list[Asked]]:
    """`items` in lists of at most `size`."""
    every = list(items)
    return [every[start : start + size] for start in range(0, len(every), size)]


# What a worker does. Paths and plain values go in, plain values come out.


def scan_blobs(asked: tuple[str, str, Sequence[str]]) -> list[tuple[str, bytes]]:
    """(repository, keyword, blobs) to (blob, packed scan) of each."""
    place, keyword, oids = asked
    with BlobReader(GitRepository(Path(place))) as reader:
        return list(scanned(reader.find_many(oids), keyword))


def blob_idents(asked: tuple[Store, str, Sequence[tuple[str, str]]]) -> dict[str, str]:
    """(repository, keyword, (blob, file name)) to what each blob's ident line says."""
    place, keyword, named = asked
    with _contents(place) as contents:
        return own_idents(contents.read_many([oid for oid, _ in named]), dict(named), keyword)


def alike_files(asked: tuple[Store, Store, Sequence[Glance]]) -> list[tuple[int, ...]]:
    """(target, upstream, glances) to the numbers of what is alike, of each."""
    ours, theirs, glances = asked
    with _contents(ours) as mine, _contents(theirs) as other:
        return alike(glances, mine, other)


def nearest_versions(asked: tuple[Store, Store, str, Sequence[Question]]) -> bytes:
    """(target, upstream, keyword, questions) to packed answers."""
    ours, theirs, keyword, questions = asked
    with _contents(ours) as mine, _contents(theirs) as other:
        return answers_packed(nearest(questions, mine, other, keyword))


def gone_where(asked: tuple[Store, Sequence[Gone]]) -> list[str]:
    """(upstream, what is gone) to where each went, "" for nowhere."""
    place, gone = asked
    with _contents(place) as contents:
        return successors(gone, contents)


Store = str | Contents
"""The path of a git repository, which a worker opens for itself; or what is open here, and is read by no other process.
"""


@contextmanager
def _contents(place: Store) -> Iterator[Contents]:
    if isinstance(place, str):
        with BlobReader(GitRepository(Path(place))) as reader:
            yield _There(reader)
    else:
        yield place


class _There:
    """A reader's contents; what a repository lacks counts as empty."""

    def __init__(self, reader: BlobReader) -> None:
        self._reader = reader

    def read(self, oid: str) -> bytes:
        return self._reader.find(oid) or b""

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return ((oid, content or b"") for oid, content in self._reader.find_many(oids))
