"""The folders that an index covers: paths without a slash at their end, "" for everything."""

from __future__ import annotations

from collections.abc import Iterable


def covers(folders: frozenset[str], path: str) -> bool:
    """Whether `path` is one of `folders` or inside one."""
    while path:
        if path in folders:
            return True
        path = path.rpartition("/")[0]
    return "" in folders


def without_the_covered(folders: Iterable[str]) -> tuple[str, ...]:
    """`folders` in order, each once, without those inside another."""
    known = frozenset(folders)
    return tuple(sorted(folder for folder in known if not folder or not covers(known, folder.rpartition("/")[0])))
