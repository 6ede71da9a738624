"""The whole target tree: what of it came from upstream, and how far behind each folder is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from portkit.paths import RepoPath, parent
from portkit.survey.model import Derived, Place, Recorded, Scan, Standing
from portkit.survey.resolve import Event, Lives, Meaning, Resolver, candidates

_DAY = 86400
BEST = 10
"""How many places are told where a sync pays most."""


def derived(
    scans: Mapping[RepoPath, Scan],
    lives: Lives,
    idents: Callable[[Iterable[str]], Mapping[str, str]],
    newest: int,
) -> list[Derived]:
    """Every ident line in the target's files, resolved; in path order. `newest`: the date of upstream's newest
    changeset."""
    wanted = [(path, one) for path in sorted(scans) for one in _ordered(path, scans[path].recorded)]
    meanings = Resolver(lives, idents, newest).resolve(wanted)
    result: list[Derived] = []
    for (path, recorded), meaning in zip(wanted, meanings, strict=True):
        further = bool(result) and result[-1].target == path
        result.append(_told(path, scans[path].lines, recorded, meaning, lives, newest, further))
    return result


def _ordered(path: RepoPath, recorded: Sequence[Recorded]) -> list[Recorded]:
    """The ident lines of one file, the one that speaks of the file first: that which names it, else the topmost."""
    own = path.rpartition("/")[2]
    return sorted(recorded, key=lambda one: (one.name != own, one.line))


def _told(
    path: RepoPath, lines: int, recorded: Recorded, meaning: Meaning, lives: Lives, newest: int, further: bool
) -> Derived:
    upstream: RepoPath | None = None
    changeset = ""
    missing: tuple[str, ...] = ()
    lag = 0
    deleted = False
    if meaning.candidates and meaning.standing is not Standing.BRANCH:
        upstream, index = meaning.candidates[0]
        life = lives[upstream]
        deleted = not life[-1].oid
        if meaning.standing in (Standing.RESOLVED, Standing.AMBIGUOUS):
            missing, lag = behind(life, index, newest)
            changeset = life[index].changeset
    confidence = "none"
    if meaning.standing is Standing.RESOLVED:
        confidence = "likely" if meaning.by_path else "sure"
    if meaning.standing is Standing.AMBIGUOUS:
        found = {one.changeset for one in candidates(lives, meaning)}
        changeset = changeset if len(found) == 1 else ""
        missing, lag, upstream = (), 0, None
    every = candidates(lives, meaning)
    listed = every if meaning.standing is Standing.AMBIGUOUS else ()
    meant = every[0] if meaning.standing is Standing.RESOLVED else None
    return Derived(
        path, lines, meaning.standing, recorded, upstream, recorded.revision, changeset, len(missing), lag, confidence,
        deleted, missing, meant, listed, note=meaning.note, further=further,
    )  # fmt: skip


def behind(life: Sequence[Event], index: int, newest: int) -> tuple[tuple[str, ...], int]:
    """The changesets of one upstream file after its version `index`, and the days from the oldest of them to
    `newest`."""
    later = life[index + 1 :]
    if not later:
        return (), 0
    return tuple(event.changeset for event in later), max(0, newest - min(event.date for event in later)) // _DAY


def places(files: Iterable[Derived], components: Callable[[str], str] = lambda _: "") -> tuple[Place, ...]:
    """Every folder in which files came from upstream, in order. `components`: the name of the component that covers a
    target path, "" for none."""
    grouped: dict[str, list[Derived]] = defaultdict(list)
    for one in files:
        if not one.further:
            grouped[parent(one.target)].append(one)
    return tuple(_place(folder, grouped[folder], components) for folder in sorted(grouped))


def _place(folder: str, files: Sequence[Derived], components: Callable[[str], str]) -> Place:
    late = [one for one in files if one.behind]
    origins = Counter(parent(one.upstream) for one in late or files if one.upstream is not None)
    covering = Counter(name for one in files if (name := components(one.target)))
    return Place(
        folder, len(files), sum(one.lines for one in files), len(late),
        len({changeset for one in late for changeset in one.missing}),
        max((one.lag_days for one in late), default=0),
        sum(one.standing is Standing.NEWER for one in files),
        sum(one.standing in (Standing.AMBIGUOUS, Standing.UNKNOWN, Standing.BRANCH) for one in files),
        sum(one.deleted for one in files),
        min(origins, key=lambda one: (-origins[one], one)) if origins else "",
        min(covering, key=lambda one: (-covering[one], one)) if covering else "",
    )  # fmt: skip


def best(files: Iterable[Derived], components: Callable[[str], str] = lambda _: "") -> tuple[Place, ...]:
    """The folders where a sync pays most: the most changesets that are missing, of those the most files, the longest
    lag. Only files with an ident line count: of the others nobody said where they come from."""
    late = [one for one in places((one for one in files if one.recorded is not None), components) if one.changesets]
    late.sort(key=lambda one: (-one.changesets, -one.behind_files, -one.lag_days, one.folder))
    return tuple(late[:BEST])

