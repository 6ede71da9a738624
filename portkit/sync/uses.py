"""What a file of a changeset brings, uses and takes away, by names: which change makes no sense without which other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from portkit.change.linediff import Hunk
from portkit.merge.file import FileMerger
from portkit.sync.names import Place, added_names, builds, is_code, needed, signatures
from portkit.sync.pick import Pick


class Uses:
    """Reads the names of upstream's changes, with the lines that `merger` knows."""

    def __init__(self, merger: FileMerger) -> None:
        self._merger = merger

    def brought(self, files: Iterable[Pick]) -> dict[bytes, set[Place]]:
        """The names that the files' added lines hold and upstream's files did not hold before."""
        found: dict[bytes, set[Place]] = {}
        for pick in files:
            for word, places in self.added(pick).items():
                if pick.base is None or word not in pick.base.content:
                    found.setdefault(word, set()).update(places)
        return found

    def added(self, pick: Pick) -> dict[bytes, set[Place]]:
        """The names in the lines that upstream's change puts into the file."""
        if pick.theirs is None:
            return {}
        return added_names(pick.upstream, self._merger.table.lines(pick.theirs.content), self._put_in(pick))

    def removed(self, pick: Pick) -> dict[bytes, set[Place]]:
        """The names in the lines that upstream's change takes out of the file."""
        if pick.base is None:
            return {}
        return added_names(pick.upstream, self._merger.table.lines(pick.base.content), self._taken_out(pick))

    def half(self, pick: Pick, rest: Sequence[Pick], contents: Iterable[bytes]) -> bool:
        """Whether `pick` makes no sense without `rest`, in a target of these `contents`: it uses a name that only
        `rest` brings; it takes the last of a name out of its file that `rest` takes out, too; it changes a function's
        head and `rest` its calls, or the other way round; it says what is compiled of `rest`."""
        added, removed = self.added(pick), self.removed(pick)
        if needed(added, self.brought(rest), contents):
            return True
        if builds(pick.upstream) and any(is_code(one.upstream) for one in rest):
            return True
        theirs = pick.theirs.content if pick.theirs is not None else b""
        gone = {word: places for word, places in removed.items() if word not in theirs}
        for other in rest:
            added_there, removed_there = self.added(other), self.removed(other)
            if needed(removed_there, gone, ()):
                return True
            here, there = added.keys() | removed.keys(), added_there.keys() | removed_there.keys()
            if not self._signatures(pick).isdisjoint(there) or not self._signatures(other).isdisjoint(here):
                return True
        return False

    def _signatures(self, pick: Pick) -> set[bytes]:
        """The functions whose heads or prototypes upstream's change touches."""
        found: set[bytes] = set()
        if pick.base is not None:
            found = signatures(pick.upstream, self._merger.table.lines(pick.base.content), self._taken_out(pick))
        if pick.theirs is not None:
            found |= signatures(pick.upstream, self._merger.table.lines(pick.theirs.content), self._put_in(pick))
        return found

    def _put_in(self, pick: Pick) -> Sequence[Hunk]:
        """Upstream's change as hunks."""
        if pick.base is None or pick.theirs is None:
            sides = [self._merger.table.lines(one.content).keys if one else () for one in (pick.base, pick.theirs)]
            return (Hunk(0, len(sides[0]), 0, len(sides[1])),)
        return self._merger.upstream_hunks(pick.base.content, pick.theirs.content)

    def _taken_out(self, pick: Pick) -> Sequence[Hunk]:
        """The same, turned round."""
        return [Hunk(one.b0, one.b1, one.a0, one.a1) for one in self._put_in(pick)]
