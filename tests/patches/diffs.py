"""Small diffs and trees for the tests of `portkit.patches`."""

from __future__ import annotations

from itertools import pairwise

from portkit.merge.file import Version
from portkit.patches.applying import Files
from portkit.patches.series import Series, read_patch
from portkit.patches.writing import tree_diff
from portkit.paths import RepoPath

FILE = 0o100644


def files(**contents: bytes) -> Files:
    """A tree: `a_c=b"..."` is the file a.c."""
    return {RepoPath(name.replace("_", ".")): Version(content, FILE) for name, content in contents.items()}


def numbered(count: int, **changed: bytes) -> bytes:
    """Lines 1 to `count`; `l3=b"x\\n"` puts something else in place of line 3."""
    return b"".join(changed.get(f"l{number}", b"line %d\n" % number) for number in range(1, count + 1))


def series(*trees: Files) -> Series:
    """The series that goes from each tree to the next: patches p1, p2, ..."""
    patches = []
    for number, (before, after) in enumerate(pairwise(trees), 1):
        raw = b"Subject: change %d\n\n" % number + tree_diff(before, after)
        patches.append(read_patch(f"p{number}.patch", raw, "p"))
    return Series(tuple(patches))
