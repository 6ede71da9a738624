"""The target's installed headers as a folder on this machine, made once for each state of them.

Plain files, no links: nothing in it can lead out of it. It lies in the workspace's state folder and can be deleted at
any time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from portkit.audit.headers import Headers
from portkit.errors import WorldError
from portkit.paths import problem_with


def key_of(headers: Headers) -> str:
    """What tells one state of the headers from another, whatever commit it is found at."""
    digest = hashlib.sha256()
    for place, blob in sorted(headers.files.items()):
        digest.update(f"{place}\0{blob.oid}\n".encode("utf-8", "surrogateescape"))
    for place, content in sorted(headers.made.items()):
        digest.update(f"{place}\0".encode() + content)
    return digest.hexdigest()[:32]


def farm(
    headers: Headers,
    state: Path,
    read_many: Callable[[Iterable[str]], Iterator[tuple[str, bytes]]],
) -> Path:
    """The folder of `headers` under `state`/headers; made where it is not there, and only ever seen whole."""
    place = state / "headers" / key_of(headers)
    if place.is_dir():
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="new-", dir=place.parent))
        try:
            by_oid: dict[str, list[str]] = {}
            for name, blob in headers.files.items():
                by_oid.setdefault(blob.oid, []).append(name)
            for oid, content in read_many(by_oid):
                for name in by_oid[oid]:
                    write(made, name, content)
            for name, content in headers.made.items():
                write(made, name, content)
            made.chmod(0o755)
            with suppress(OSError):  # another run was first: its folder is the same
                made.rename(place)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise WorldError("the headers could not be laid out", where=str(place), cause=str(error)) from error
    return place


def write(folder: Path, name: str, content: bytes) -> bool:
    """Writes one file into a folder of portkit's own. False where its name is none that can stand there."""
    if problem_with(name):
        return False
    path = os.path.join(folder, name)  # noqa: PTH118
    try:
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(content)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
            Path(path).write_bytes(content)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            return False  # one name is a file and a folder in two places: the first stands
    return True
