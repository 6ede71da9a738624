"""One revision of one upstream file, as trailers, decisions and reports write it: `sbin/dhclient/dhclient.c 1.120`.

(path, revision) outlives a rewritten mirror, and CVS in place of git; a hash does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from portkit.paths import RepoPath, problem_with, quoted, unquoted

_WRITTEN = re.compile(r"(.+?) (\d+(?:\.\d+)+|deleted|blob [0-9a-f]{7,64})")


@dataclass(frozen=True, slots=True, order=True)
class FileRevision:
    """An upstream path, and what the file is called there: its revision ("1.17"); `blob <hash>` or `deleted` where
    upstream writes no ident line."""

    path: RepoPath
    label: str

    def __str__(self) -> str:
        return f"{quoted(self.path)} {self.label}"


def parse_revision(text: str) -> FileRevision | None:
    """What `FileRevision` wrote as `text`; None where it did not. A path may hold spaces."""
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return None
    path = unquoted(match[1])
    return None if problem_with(path) else FileRevision(RepoPath(path), match[2])


def numbers(revision: str) -> tuple[int, ...]:
    """A CVS revision as numbers, to be compared; empty for what is none."""
    return tuple(map(int, revision.split("."))) if re.fullmatch(r"\d+(\.\d+)+", revision) else ()
