"""Baselines: which upstream version each of the target's files derives from.

The ident line says one thing, the content may say another: idents get bumped past changes that were never taken,
some are a revision stale, some are gone. So both are asked. The version whose lines are nearest wins; where it is
no nearer than the recorded one, or hardly nearer for what lies between the two, the recorded one stands.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portkit.change import ident
from portkit.change.linediff import hunks
from portkit.change.lines import Lines, LineTable
from portkit.components.model import BaselinePolicy
from portkit.paths import RepoPath, name
from portkit.protocols import History, Memory
from portkit.sync.lineage import FileVersion, Lineage
from portkit.sync.outcome import FileBaseline
from portkit.text import is_binary

_EXACT_TRIALS = 6
"""How many of the versions that look nearest by their bags of lines are compared line by line."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """`version` is the one a sync starts after; None where the file does not derive from any."""

    file: FileBaseline
    version: FileVersion | None


class BaselineFinder:
    """Finds baselines against one upstream; remembers them between runs. `fold`: further keywords to fold."""

    def __init__(
        self,
        lineage: Lineage,
        history: History,
        memory: Memory,
        keyword: str,
        *,
        policy: BaselinePolicy = BaselinePolicy.AUTO,
        fold: tuple[str, ...] = (),
    ) -> None:
        self._lineage = lineage
        self._history = history
        self._memory = memory
        self._keyword = keyword
        self._policy = policy
        self._fold = fold
        self._table = LineTable(remember=512, more=fold)

    def find(
        self,
        target: RepoPath,
        upstream: RepoPath,
        oid: str,
        read: Callable[[], bytes],
        *,
        until: int,
        override: str = "",
        before: int = -1,
    ) -> Baseline:
        """The baseline of one target file, whose content has the object id `oid`. Versions after the changeset at
        position `until` are not looked at; `override` is a revision that the map names. Of versions that are equally
        near (a change that was backed out) one before position `before` is taken, if there is any."""
        versions = [one for one in self._lineage.versions(upstream) if one.blob is not None and one.position <= until]
        if not versions:
            return _none(target, upstream, "")
        key = f"2 {oid} {upstream} {versions[-1].changeset} {override} {self._policy} {len(versions)}"
        key += f" {before} {versions[0].changeset} {' '.join(self._fold)}"
        known = self._memory.get("baseline", key)
        if known is not None:
            kept = json.loads(known)
            at = next((one for one in versions if one.position == kept["position"]), None)
            if at is None or at.changeset == kept["file"]["changeset"]:
                return Baseline(FileBaseline(**kept["file"]), at)
        found = self._found(target, upstream, read(), versions, override, before)
        fields = {name: getattr(found.file, name) for name in FileBaseline.__slots__}
        position = found.version.position if found.version is not None else -1
        self._memory.put("baseline", key, json.dumps({"file": fields, "position": position}).encode())
        return found

    def _found(
        self,
        target: RepoPath,
        upstream: RepoPath,
        content: bytes,
        versions: Sequence[FileVersion],
        override: str,
        before: int,
    ) -> Baseline:
        line = ident.recorded(content, self._keyword, name(upstream))
        recorded = line.revision if line is not None else ""
        at_recorded = _at(versions, recorded)
        distances = self._distances(content, versions, at_recorded)
        if not distances:
            return _none(target, upstream, recorded)
        least = min(distances.values())
        nearest = [versions[index] for index, distance in distances.items() if distance == least]
        nearest = [version for version in nearest if version.position < before] or nearest
        best = nearest[-1]
        if at_recorded is not None and at_recorded in nearest and self._policy is not BaselinePolicy.NEAREST:
            best = at_recorded
        used: FileVersion | None = best
        note = ""
        recorded_distance = distances.get(versions.index(at_recorded)) if at_recorded is not None else None
        named = _at(versions, override)
        if named is not None:
            used = named
            note = f"the map says {override}"
        elif self._policy is BaselinePolicy.RECORDED and at_recorded is not None:
            used = at_recorded
            if best is not at_recorded:
                off = f"({recorded_distance} lines off)"
                note = f"recorded {recorded} {off}, believed as the map says; nearest by content {best.label} ({least})"
        elif recorded and at_recorded is None:
            note = f"recorded {recorded}, which is no revision of {upstream}; by content {best.label}"
        elif at_recorded is not None and best is not at_recorded:
            used = self._borne_out(versions, distances, at_recorded, best)
            off = f"recorded {recorded} ({recorded_distance} lines off)"
            note = f"{off}, nearer to {used.label} ({distances[versions.index(used)]} lines)"
            if used is at_recorded:
                note = f"{off} stands: {best.label} is hardly nearer ({least}) for the lines between the two"
        elif not recorded:
            note = f"no ident line; by content {best.label}"
        if override and named is None:
            also = f"; {note}" if note else ""
            note = f"the map says {override}, which is no revision of {upstream}{also}"
        size = max(1, len(self._table.lines(content).keys))
        if not recorded and named is None and least * 2 > size:
            return _none(target, upstream, recorded)
        confidence = "exact" if least == 0 else "sure" if used is at_recorded and recorded else "likely"
        return Baseline(
            FileBaseline(
                target, upstream, recorded, best.revision or best.label, used.label if used is not None else "",
                least, recorded_distance, used.changeset if used is not None else "", confidence, note,
            ),
            used,
        )  # fmt: skip

    def _borne_out(
        self, versions: Sequence[FileVersion], distances: dict[int, int], recorded: FileVersion, best: FileVersion
    ) -> FileVersion:
        """The nearest version that may stand in for the recorded one: by at least half of the lines that lie between
        the two, the content is with it. A copy with many lines of its own is a line or two nearer to some version by
        chance (one of a dozen lines, with 302 that differ anyway): what lies between would count as taken."""
        start = distances.get(versions.index(recorded))
        if start is None or self._policy is BaselinePolicy.NEAREST:
            return best
        lines = {index: self._table.lines(content) for index, (_, content) in enumerate(self._contents(versions))}
        old = lines[versions.index(recorded)]
        for index in sorted(distances, key=lambda index: (distances[index], versions[index] is not best, -index)):
            if versions[index] is recorded or 2 * (start - distances[index]) >= _distance(old, lines[index]):
                return versions[index]
        return recorded

    def _distances(
        self, content: bytes, versions: Sequence[FileVersion], recorded: FileVersion | None
    ) -> dict[int, int]:
        """Index of a version to the lines in which the target differs from it: exact for the recorded version and
        for those that look nearest, left out for the rest."""
        if is_binary(content):
            return {
                index: 0
                for index, (_, other) in enumerate(self._contents(versions))
                if other == content
            }
        mine = self._table.lines(content)
        bag = Counter(_telling(mine))
        rough: list[tuple[int, int]] = []
        lines: dict[int, Lines] = {}
        for index, (_, other) in enumerate(self._contents(versions)):
            lines[index] = self._table.lines(other)
            theirs = Counter(_telling(lines[index]))
            rough.append((bag.total() + theirs.total() - 2 * (bag & theirs).total(), index))
        rough.sort(key=lambda pair: (pair[0], -pair[1]))
        chosen = {index for _, index in rough[:_EXACT_TRIALS]}
        if recorded is not None:
            chosen.add(versions.index(recorded))
        return {index: _distance(mine, lines[index]) for index in sorted(chosen)}

    def _contents(self, versions: Sequence[FileVersion]) -> list[tuple[str, bytes]]:
        return list(self._history.read_many(one.blob.oid for one in versions if one.blob is not None))


def _at(versions: Sequence[FileVersion], revision: str) -> FileVersion | None:
    return next((one for one in reversed(versions) if revision and one.revision == revision), None)


def _none(target: RepoPath, upstream: RepoPath, recorded: str) -> Baseline:
    note = "the file does not derive from any upstream version" if not recorded else f"recorded {recorded} is not there"
    return Baseline(FileBaseline(target, upstream, recorded, "", "", None, None, "", "none", note), None)


def _telling(lines: Lines) -> list[int]:
    """The lines that are not blank and hold no keyword, and no manual page's date."""
    keywords = set(lines.folded)
    return [
        key
        for index, key in enumerate(lines.keys)
        if key and index not in keywords and not lines.raw[index].startswith(b".Dd ")
    ]


def _distance(one: Lines, other: Lines) -> int:
    a, b = _telling(one), _telling(other)
    return sum(hunk.a1 - hunk.a0 + hunk.b1 - hunk.b0 for hunk in hunks(a, b))
