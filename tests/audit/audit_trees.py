"""Small trees as a Tree: path to content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from portkit.change.changeset import Blob
from portkit.paths import RepoPath

INCLUDE_MAKEFILE = b"LDIRS=\tnet sys\nLSUBDIRS= net/pf\nLHDRS=\terrno.h\n"


class Files:
    """A tree that lies in memory; a mode other than a plain file's as (content, mode)."""

    commit = "1" * 40

    def __init__(self, files: Mapping[str, bytes | tuple[bytes, int]]) -> None:
        self.entries: dict[RepoPath, Blob] = {}
        self.contents: dict[str, bytes] = {}
        for path, value in files.items():
            content, mode = value if isinstance(value, tuple) else (value, 0o100644)
            oid = hashlib.sha1(content).hexdigest()
            self.entries[RepoPath(path)] = Blob(oid, mode)
            self.contents[oid] = content

    def read(self, oid: str) -> bytes:
        return self.contents[oid]

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for oid in oids:
            yield oid, self.contents[oid]

    def under(self, folders: Iterable[str]) -> dict[RepoPath, Blob]:
        """The files of some folders, as `ls-tree` gives them."""
        names = [one.rstrip("/") for one in folders]
        return {path: blob for path, blob in self.entries.items() if any(_in(path, one) for one in names)}

    def tree(self, folders: Sequence[str]) -> Files:
        """The same, as a tree of its own."""
        found = Files({})
        found.entries = self.under(folders)
        found.contents = self.contents
        return found


def _in(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")
