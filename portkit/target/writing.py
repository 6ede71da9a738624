"""Commits written into the target's object store, and nothing else: no ref, no index, no worktree.

One `git fast-import` stream (git-fast-import(1)). It writes a pack under a temporary name and renames it at
the end; the branch that the stream must name is reset before the stream ends, so that no ref is ever written.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from portkit.errors import UserError, WorldError
from portkit.git.door import GitRepository, environment, failure
from portkit.paths import RepoPath, to_bytes
from portkit.protocols import NewCommit, Signature

MODES = frozenset((0o100644, 0o100755, 0o120000))
"""What a new file may be: plain, executable, a symbolic link."""

_REF = b"refs/portkit/stream"
_PACKED = (
    # one pack, however few its objects: it is there at once or not at all, it is synced to the disk, and
    # nothing is looked up (and touched) in an alternate, as writing loose objects would
    "-c", "fastimport.unpackLimit=0",
    "-c", "pack.compression=1",
    "fast-import", "--quiet", "--done",
)  # fmt: skip
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./+,=@%~^#")


def store(repository: GitRepository, parent: str, commits: Sequence[NewCommit]) -> list[str]:
    """Writes `commits`, each on top of the one before, the first on top of `parent` ("" for none).

    Returns their hashes, in order; the same inputs give the same hashes anywhere. A commit that changes
    nothing is written all the same. Raises UserError where a file would displace a folder or the other way
    round (what is written by then is unreferenced and does no harm), WorldError where git or the disk
    refuses.
    """
    if not commits:
        return []
    try:
        # A file, not a pipe: a run that is killed leaves git a whole stream, never half of one to complain
        # about.
        with tempfile.TemporaryFile() as stream:
            stream.writelines(_stream(parent, commits))
            stream.seek(0)
            hashes = _import(repository, stream)
    except OSError as error:
        raise WorldError("cannot write the commits", cause=error.strerror or str(error)) from error
    if len(hashes) != len(commits):
        raise WorldError(f"git fast-import answered {len(hashes)} of {len(commits)} commits")
    _check_displaced(repository, [parent, *hashes], commits)
    return hashes


def _import(repository: GitRepository, stream: IO[bytes]) -> list[str]:
    objects = repository.common / "objects"
    # Apart, as git receives a push: a full disk or ^C leaves no part of a pack in the target. Of a run that was killed,
    # `git gc` takes away what has this name.
    with tempfile.TemporaryDirectory(prefix="tmp_objdir-portkit-", dir=objects, ignore_cleanup_errors=True) as name:
        apart = {"GIT_OBJECT_DIRECTORY": name, "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.fsdecode(quoted(str(objects)))}
        with subprocess.Popen(
            repository.command(*_PACKED), stdin=stream, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment() | apart,
        ) as process:  # fmt: skip
            answers, said = process.communicate()
        if process.returncode:
            with suppress(OSError):  # git's own report of it, in the target's git directory
                os.unlink(repository.git_dir / f"fast_import_crash_{process.pid}")  # noqa: PTH108
            raise failure(["fast-import"], said)
        (objects / "pack").mkdir(exist_ok=True)
        # the index last: with it the pack is there
        for file in sorted(Path(name, "pack").iterdir(), key=lambda file: (file.suffix == ".idx", file.name)):
            file.replace(objects / "pack" / file.name)
    return answers.decode("ascii").split()


def _stream(parent: str, commits: Sequence[NewCommit]) -> Iterator[bytes]:
    marks: dict[tuple[int, str], int] = {}
    # All versions of one file in a row: fast-import stores each as a delta against the blob before it.
    # Against blobs written between other files' this is 30 times smaller and takes half the time.
    touched = sorted((path, place) for place, commit in enumerate(commits) for path in commit.files)
    for path, place in touched:
        file = commits[place].files[path]
        if file is not None:
            marks[place, path] = len(commits) + 1 + len(marks)
            yield b"blob\nmark :%d\n" % marks[place, path]
            yield from _data(file.content)
    for place, commit in enumerate(commits):
        yield b"commit %s\nmark :%d\n" % (_REF, place + 1)
        yield b"author %s\ncommitter %s\n" % (_signature(commit.author), _signature(commit.committer))
        yield from _data(commit.message)
        if place == 0 and parent:
            yield b"from %s\n" % parent.encode("ascii")
        if commit.merged:
            yield b"merge %s\n" % commit.merged.encode("ascii")
        yield from _files(commit, {path: marks.get((place, path), 0) for path in commit.files})
    yield b"reset %s\n\n" % _REF
    for place in range(len(commits)):
        yield b"get-mark :%d\n" % (place + 1)
    yield b"done\n"


def _files(commit: NewCommit, marks: Mapping[RepoPath, int]) -> Iterator[bytes]:
    # deletions first: a file may take the place of a folder whose files all go
    for path, file in sorted(commit.files.items()):
        if file is None:
            yield b"D %s\n" % quoted(path)
    for path, file in sorted(commit.files.items()):
        if file is not None:
            if file.mode not in MODES:
                raise ValueError(f"{path}: no file is written with the mode {file.mode:o}")
            yield b"M %o :%d %s\n" % (file.mode, marks[path], quoted(path))
    yield b"\n"


def _data(content: bytes) -> Iterator[bytes]:
    yield b"data %d\n" % len(content)
    yield content
    yield b"\n"


def _signature(signature: Signature) -> bytes:
    """As a commit object has it. The characters that would end a name or an address early are left out."""
    name, email = (
        text.translate({ord(character): None for character in "<>\n\0"}).strip()
        for text in (signature.person.name, signature.person.email)
    )
    line = f"{name or email or 'unknown'} <{email}> {max(0, signature.date)} +0000"
    return line.encode("utf-8", "surrogateescape")


def quoted(path: str) -> bytes:
    """`path` as fast-import reads it: C-style quotes where any byte of it could be misread."""
    raw = to_bytes(path)
    if _PLAIN.issuperset(raw):
        return raw
    return b'"%s"' % b"".join(bytes((byte,)) if byte in _PLAIN else b"\\%03o" % byte for byte in raw)


def _check_displaced(repository: GitRepository, chain: Sequence[str], commits: Sequence[NewCommit]) -> None:
    """fast-import makes way for a file without a word: so what each commit changed is read back, against the one before
    it in `chain` (of a merge nothing would be told otherwise)."""
    hashes = chain[1:]
    told = repository.run(
        "diff-tree", "--stdin", "-r", "-z", "--raw", "--root", "--no-renames",
        feed="".join(
            f"{one} {before}\n" if commit.merged else f"{one}\n"
            for before, one, commit in zip(chain, hashes, commits, strict=False)
        ).encode("ascii"),
    ).split(b"\0")  # fmt: skip
    asked = dict(zip(hashes, ({to_bytes(path) for path in commit.files} for commit in commits), strict=True))
    current: set[bytes] = set()
    fields = iter(told)
    for field in fields:
        if field.startswith(b":"):
            path = next(fields)
            if path not in current:
                raise _displaced(path, current)
        elif field:
            current = asked[field.decode("ascii")]


def _displaced(path: bytes, asked: set[bytes]) -> UserError:
    near = [one for one in asked if one.startswith(path + b"/") or path.startswith(one + b"/")]
    want = (min(near) if near else min(asked, default=b"")).decode("utf-8", "surrogateescape")
    old = path.decode("utf-8", "surrogateescape")
    return UserError(
        f"{want} cannot be written: {old} stands in its place in the target",
        hint="the component map must not put a file where the target has a folder, nor a folder where it has a file",
    )
