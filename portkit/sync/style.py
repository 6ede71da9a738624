"""How the people of the target write their ident lines, learned from their last bumps."""

from __future__ import annotations

from collections.abc import Iterable

from portkit.change import ident
from portkit.change.ident import Ident, Style
from portkit.components.model import Component
from portkit.paths import RepoPath, name
from portkit.protocols import Target, Tree

_COMMITS = 40
"""How many of the newest commits on the component are looked at."""

_COMPANIONS = ("DragonFly", "FreeBSD", "NetBSD")


def learned(component: Component, target: Target, onto: str, keyword: str) -> Style | None:
    """The style of the newest bumps before `onto`: None where nobody bumped an ident line of the component lately.

    Each habit comes from the newest bump that shows it: the path before the file's name, the white space after each
    kind of comment opener, and whether a companion line of the target's own keyword was dropped.
    """
    prefix: list[tuple[str | None, bool]] = []
    tabs: dict[bytes, bool] = {}
    drop: dict[str, bool] = {}
    folders = component.target_folders()
    for number, commit in enumerate(target.history(onto, folders)):
        if number == _COMMITS:
            break
        if len(commit.parents) != 1:
            continue
        for place, before, after in _changed(target.tree(commit.parents[0], folders), target.tree(commit.id, folders)):
            old, new = ident.recorded(before, keyword, name(place)), ident.recorded(after, keyword, name(place))
            if old is None or new is None or old.revision == new.revision:
                continue
            habit = _prefix(new.path, place, component.upstream_of(place))
            if not prefix and habit is not None:
                prefix.append(habit)
            opener, tab = ident.spacing(after, new)
            if tab is not None:
                tabs.setdefault(opener, tab)
            for companion in _COMPANIONS:
                if _has(before, companion, old):
                    drop.setdefault(companion, not _has(after, companion, new))
    if not prefix:
        return None
    ahead, upstream = prefix[0]
    return Style(ahead, tuple(sorted(tabs.items())), tuple(one for one in _COMPANIONS if drop.get(one)), upstream)


def _prefix(path: str, place: RepoPath, upstream: RepoPath | None) -> tuple[str | None, bool] | None:
    """What stands before a file's path in an ident line (None for its bare name), and whether the path is upstream's;
    nothing where it is neither tree's."""
    if "/" not in path:
        return None, False
    if path.endswith(f"/{place}"):
        return path.removesuffix(place), False
    if upstream is not None and path.endswith(f"/{upstream}"):
        return path.removesuffix(upstream), True
    return None


def _has(content: bytes, companion: str, beside: Ident) -> bool:
    return any(abs(one.line - beside.line) == 1 for one in ident.idents(content, companion))


def _changed(old: Tree, new: Tree) -> Iterable[tuple[RepoPath, bytes, bytes]]:
    for path, blob in new.entries.items():
        before = old.entries.get(path)
        if before is not None and before.oid != blob.oid:
            yield path, old.read(before.oid), new.read(blob.oid)
