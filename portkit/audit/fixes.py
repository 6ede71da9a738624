"""Checks of a message's length that upstream added or mended since the target's baseline, and the target lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portkit.audit.csource import scan
from portkit.audit.lacks import Place
from portkit.audit.messages import Condition, conditions
from portkit.paths import RepoPath
from portkit.sync.lineage import FileVersion, Lineage


class Standing(StrEnum):
    """How the target stands to a check. `lacking`: it receives that message and does not make the check; `there`: it
    makes it; `gone`: it does not receive that message (any more, or yet)."""

    LACKING = "lacking"
    THERE = "there"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Fix:
    """A comparison of a length that a changeset brought to a function that received messages before. `text`: its
    source, one blank between tokens; `replaced`: those that the changeset took out there; `label`: the `case`, "" for
    none; `place`: in upstream's file as of then; `target`: where the target receives that, None where it does not."""

    changeset: str
    date: int
    revision: str
    label: str
    text: str
    replaced: tuple[str, ...]
    place: Place
    target: Place | None
    standing: Standing


def fixes(
    lineage: Lineage,
    bases: Mapping[RepoPath, int],
    until: int,
    read: Callable[[str], bytes],
    target: Callable[[RepoPath], tuple[str, bytes] | None],
    families: Collection[str],
) -> tuple[Fix, ...]:
    """What came after the positions `bases`, by upstream path, up to `until`; in upstream's order. `read` gives a
    blob's content, `target` the path and content of a file's place in the target; `families`: how the names of
    messages begin, since a function that receives them may tell other things apart by `case`, too."""
    found: list[Fix] = []
    for path, base in sorted(bases.items()):
        versions = [one for one in lineage.versions(path) if one.position <= until]
        later = [one for one in versions if one.position > base]
        before = [one for one in versions if one.position <= base]
        if not later or not before or before[-1].blob is None:
            continue
        ours = target(path)
        have = conditions(ours[0], ours[1]) if ours is not None else ()
        received = _received(ours[0], ours[1]) if ours is not None else {}
        old = conditions(path, read(before[-1].blob.oid))
        for version in later:
            if version.blob is None:
                break
            new = conditions(path, read(version.blob.oid))
            date = lineage.changesets[version.position].date
            found += [
                _fix(one, taken, version, date, have, received)
                for one, taken in _brought(old, new)
                if one.label.partition("_")[0] in families
            ]
            old = new
    return tuple(sorted(found, key=lambda one: (one.date, one.changeset, one.place.path, one.place.line)))


def _brought(old: Sequence[Condition], new: Sequence[Condition]) -> Iterator[tuple[Condition, tuple[str, ...]]]:
    """The conditions that came to functions and labels that had some before, each with those that went there."""
    before, after = _by_place(old), _by_place(new)
    moved = Counter(one.text for one in old)
    for key, found in after.items():
        if key not in before:
            continue
        went = Counter(one.text for one in before[key]) - Counter(one.text for one in found)
        came = Counter(one.text for one in found) - Counter(one.text for one in before[key])
        for one in found:
            if came[one.text] and not moved[one.text]:
                came[one.text] -= 1
                yield one, tuple(sorted(went))


def _by_place(found: Iterable[Condition]) -> dict[tuple[str, str], list[Condition]]:
    result: dict[tuple[str, str], list[Condition]] = {}
    for one in found:
        result.setdefault((one.place.function, one.label), []).append(one)
    return result


def _fix(
    one: Condition,
    replaced: tuple[str, ...],
    version: FileVersion,
    date: int,
    have: Sequence[Condition],
    received: Mapping[tuple[str, str], Place],
) -> Fix:
    key = (one.place.function, one.label)
    place = received.get(key)
    there = any(mine.text == one.text and (mine.place.function, mine.label) == key for mine in have)
    standing = Standing.THERE if there else Standing.LACKING if place is not None else Standing.GONE
    return Fix(
        version.changeset, date, version.revision, one.label, one.text, replaced, one.place, place, standing
    )


def _received(path: str, content: bytes) -> dict[tuple[str, str], Place]:
    """Where a file receives what: by function and label; by the function alone where it has no labels."""
    found: dict[tuple[str, str], Place] = {}
    for function in scan(path, content).functions:
        found.setdefault((function.name, ""), Place(path, function.line, function.name))
        for label, line in function.labels:
            found.setdefault((function.name, label), Place(path, line, function.name))
    return found
