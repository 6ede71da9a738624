"""`portkit survey`: what of the target's tree came from upstream, and how far behind it is."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from portkit.cli.log import cut
from portkit.cli.options import Options
from portkit.cli.spread import (
    Spread,
    Store,
    alike_files,
    blob_idents,
    chunks,
    gone_where,
    nearest_versions,
    scan_blobs,
    spread,
)
from portkit.cli.wiring import Workspace, workspace
from portkit.components.model import Source
from portkit.errors import UserError
from portkit.paths import RepoPath, checked, name, parent
from portkit.report.survey import counts, survey_object
from portkit.report.tree_page import tree_page
from portkit.store.atomic import write_atomic
from portkit.survey.model import Derived, Scan, Standing, Survey
from portkit.survey.resolve import Lives, likeness
from portkit.survey.scan import unpacked
from portkit.survey.successors import gone, moved
from portkit.survey.survey import behind, best, derived, places
from portkit.survey.tasks import Answer, Glance, Question, answers_packed, answers_unpacked
from portkit.sync.remembered import remembered
from portkit.upstream import git
from portkit.upstream.source import open_history

if TYPE_CHECKING:
    from portkit.upstream.cvs import CvsHistory

    Surveyed = git.GitHistory | CvsHistory
    """All of an upstream's history."""

_SCANS, _IDENTS, _GLANCES, _ASKED = 4000, 4000, 400, 20
"""How many blobs, or questions, one task holds: a tenth of a second's work and more."""
_SHORT = 20
"""A file of fewer lines is not looked for by its content."""
_TRIED = 3
"""Of the upstream files of one name, so many are held against a file without an ident line."""


@click.command("survey")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option("--onto", metavar="REV", help="The target commit to look at (default: the map's branch).")
@click.option("--by-content", is_flag=True, help="Compare contents too, and look for files without an ident line.")
@click.option("--page", is_flag=True, help="Write the map of the tree, as reports/survey.html.")
@click.option("--jobs", type=click.IntRange(min=0), default=0, metavar="N", help="Processes (default: one per core).")
@click.option("--cluster", default="", metavar="ADDRESS", help="Spread the work over this Dask scheduler's workers.")
@click.option("--source", "source_name", default="", metavar="NAME", help="The upstream (default: the map's first).")
@click.pass_obj
def command(
    options: Options, paths: tuple[str, ...], onto: str | None, by_content: bool, page: bool, jobs: int,
    cluster: str, source_name: str,
) -> int:  # fmt: skip
    """Looks at the whole target tree, or at PATHs of it: every file that came from upstream, from which version, and
    how far behind that is; the folders where a sync would pay most.

    Works on what the map names as sources; components need not cover the files. A second survey looks only at what
    changed since.
    """
    with workspace(options) as place:
        surveyor = Surveyor(place, source_name, jobs, cluster)
        found = surveyor.survey(tuple(checked(path.rstrip("/"), where="PATH") for path in paths), onto, by_content)
        written = []
        if page:
            file = place.reports / "survey.html"
            write_atomic(file, tree_page(found, surveyor.source.title, surveyor.source.name))
            written.append(str(file))
        place.screen.result(survey_object(found) | {"pages": written})
        _tell(place, found)
        for name_of in written:
            place.screen.say(f"wrote {name_of}")
        return 0


class Surveyor:
    """Surveys one workspace's target against one source."""

    def __init__(self, place: Workspace, source: str, jobs: int, cluster: str) -> None:
        self._place = place
        self.source = place.map.source(source) if source else place.map.upstreams[0]
        self._jobs = jobs
        self._cluster = cluster

    def survey(self, paths: Sequence[RepoPath], onto: str | None, by_content: bool) -> Survey:
        """The survey of `paths` (none: everything) at the target commit `onto`."""
        place, source = self._place, self.source
        target = place.target()
        commit = target.resolve(onto) if onto else target.default_tip()
        with self._history(source) as history:
            depends = (
                commit, repr(target.cut), history.stamp, source.title, repr(by_content), *sorted(paths), "",
                *(repr(one) for one in place.map.components),
            )  # fmt: skip
            return remembered(
                place.memory(), "survey", depends, Survey, lambda: self._anew(commit, paths, history, by_content)
            )

    def _anew(self, commit: str, paths: Sequence[RepoPath], history: Surveyed, by_content: bool) -> Survey:
        place = self._place
        place.screen.progress("survey: reading the target's tree")
        entries = place.target().tree(commit, paths or ("",)).entries
        for path in paths:
            if not any(one == path or one.startswith(f"{path}/") for one in entries):
                raise UserError(f"the target has nothing at {path!r}", where="PATH", hint=_HINT)
        blobs = {path: blob.oid for path, blob in entries.items() if blob.mode != _SYMLINK}
        with spread(self._jobs, self._cluster) as workers:
            return self._found(workers, commit, blobs, self._scans(workers, blobs), history, by_content)

    def _found(
        self, workers: Spread, commit: str, blobs: Mapping[RepoPath, str], scans: Mapping[RepoPath, Scan],
        history: Surveyed, by_content: bool,
    ) -> Survey:  # fmt: skip
        place = self._place
        names = {one.name.encode("utf-8", "surrogateescape") for found in scans.values() for one in found.recorded}
        if by_content:
            names |= {name(path).encode("utf-8", "surrogateescape") for path in scans}
        place.screen.progress("survey: reading upstream's files")
        lives = history.lives(names.__contains__)
        newest = history.newest()
        files = derived(scans, lives, lambda oids: self._idents(workers, oids, lives, history), newest)
        if by_content:
            files = self._by_content(workers, files, blobs, scans, lives, history)
        files = self._moved(workers, files, lives, history)
        components = [one for one in place.map.components if one.upstream == self.source.name]

        def component(path: str) -> str:
            return next((one.name for one in components if one.upstream_of(path) is not None), "")

        every = places(files, component)
        loose = tuple(path for path in sorted(scans) if scans[path].loose)
        return Survey(commit, history.tip, newest, len(scans), tuple(files), every, best(files, component), loose)

    def _moved(
        self, workers: Spread, files: Sequence[Derived], lives: Lives, history: Surveyed
    ) -> list[Derived]:
        """The files, those that upstream deleted with where they went: as the map says, or as upstream's files of that
        time tell."""
        left = gone(files, lives)
        history.bring(sorted({oid for one in left.values() for oid in (one.oid, *(first for _, first in one.others))}))
        found: dict[str, str] = {}
        for paths in chunks(left, _IDENTS):
            (told,) = self._upstream(workers, history).map(
                gone_where, [(self._store(history), [left[path] for path in paths])]
            )
            found.update(zip(paths, told, strict=True))
        for component in self._place.map.components:
            if component.upstream == self.source.name:
                found.update((path, component.now(path)) for path in lives if component.moves_of(path))
        return moved(files, found)

    def _history(self, source: Source) -> Surveyed:
        """All of upstream's history, in an index of its own: the components' one stays small."""
        place = self._place
        if source.kind == "git":
            return git.open_history(
                source, [""], place.state / "survey", fetch=place.fetch, contents=False, progress=place.screen.progress
            )
        from portkit.upstream.cvs import CvsHistory

        opened = open_history(
            source, place.followed(source), place.state, fetch=place.fetch, whole=True, progress=place.screen.progress
        )
        assert isinstance(opened, CvsHistory)
        return opened

    @staticmethod
    def _store(history: Surveyed) -> Store:
        """How a worker gets at upstream's contents."""
        return str(history.git_dir) if isinstance(history, git.GitHistory) else history

    @staticmethod
    def _upstream(workers: Spread, history: Surveyed) -> Spread:
        """The workers that can read upstream's contents: a CVS repository is read here alone."""
        return workers if isinstance(history, git.GitHistory) else Spread(None, 1)

    def _scans(self, workers: Spread, blobs: Mapping[RepoPath, str]) -> dict[RepoPath, Scan]:
        """What each file says of itself; only contents that were never looked at are read."""
        memory, keyword = self._place.memory(), self.source.title
        kind = f"survey scan {keyword}"
        oids = dict.fromkeys(blobs.values())
        known = memory.get_many(kind, oids)
        lacking = [oid for oid in oids if oid not in known]
        target = self._place.target()
        target.bring(lacking)
        where = str(target.repository.git_dir)
        asked = [(where, keyword, part) for part in chunks(lacking, _SCANS)]
        for count, part in enumerate(workers.map(scan_blobs, asked), 1):
            self._place.screen.progress(f"survey: reading files, {count * _SCANS:,} of {len(lacking):,}")
            memory.put_many(kind, part)
            known.update(part)
        return {path: unpacked(known[oid]) for path, oid in blobs.items()}

    def _idents(
        self, workers: Spread, oids: Iterable[str], lives: Lives, history: Surveyed
    ) -> Mapping[str, str]:
        """What the ident lines in upstream's blobs say; only blobs that were never looked at are read."""
        memory, keyword = self._place.memory(), self.source.title
        kind = f"survey ident {keyword}"
        wanted = sorted(set(oids))
        known = {oid: value.decode("latin-1") for oid, value in memory.get_many(kind, wanted).items()}
        lacking = {oid for oid in wanted if oid not in known}
        named = [
            (event.oid, name(path)) for path, life in lives.items() for event in life if event.oid in lacking
        ] if lacking else []  # fmt: skip
        history.bring(sorted(lacking))
        where, workers = self._store(history), self._upstream(workers, history)
        asked = [(where, keyword, part) for part in chunks(sorted(dict(named).items()), _IDENTS)]
        for count, part in enumerate(workers.map(blob_idents, asked), 1):
            self._place.screen.progress(f"survey: reading upstream's idents, {count * _IDENTS:,} of {len(lacking):,}")
            memory.put_many(kind, ((oid, value.encode("latin-1")) for oid, value in part.items()))
            known.update(part)
        return known

    def _by_content(
        self, workers: Spread, files: Sequence[Derived], blobs: Mapping[RepoPath, str], scans: Mapping[RepoPath, Scan],
        lives: Lives, history: Surveyed,
    ) -> list[Derived]:  # fmt: skip
        """The files with what their contents say, and those that only their contents tell of."""
        questions = list(_sure(files, blobs, lives))
        told = {one.target for one in files}
        rest = {path: blobs[path] for path, seen in scans.items() if path not in told and seen.lines >= _SHORT}
        questions += self._without_ident(workers, rest, lives, history)
        answers, newest = self._answers(workers, questions, history), history.newest()
        result = [_nearer(one, answers.get(one.target), lives, newest) for one in files]
        known = {one.target for one in files}
        result += [_only_content(answers[path], scans[path], lives, newest) for path in answers if path not in known]
        return sorted(result, key=lambda one: (one.target, one.further))

    def _without_ident(
        self, workers: Spread, blobs: Mapping[RepoPath, str], lives: Lives, history: Surveyed
    ) -> list[Question]:
        """The files without an ident line that have half of their lines in upstream's file of the same name."""
        namesakes = _Namesakes(lives)
        glances: dict[RepoPath, Glance] = {}
        tried: dict[RepoPath, list[RepoPath]] = {}
        for target, oid in blobs.items():
            there = {path: [event.oid for event in lives[path] if event.oid] for path in namesakes.of(target)}
            tried[target] = [path for path, oids in there.items() if oids]
            if tried[target]:
                lives_of = [there[path] for path in tried[target]]
                glances[target] = Glance(oid, tuple((oids[-1], oids[len(oids) // 2]) for oids in lives_of))
        memory, kind = self._place.memory(), "survey glance"
        keys = {
            target: " ".join([one.oid, *(oid for pair in one.blobs for oid in pair)]) for target, one in glances.items()
        }
        known = memory.get_many(kind, keys.values())
        lacking = [target for target in glances if keys[target] not in known]
        history.bring(sorted({oid for target in lacking for pair in glances[target].blobs for oid in pair}))
        parts = chunks(lacking, _GLANCES)
        ours, theirs = str(self._place.target().repository.git_dir), self._store(history)
        workers = self._upstream(workers, history)
        asked = [(ours, theirs, [glances[target] for target in part]) for part in parts]
        for count, (part, found) in enumerate(zip(parts, workers.map(alike_files, asked), strict=True), 1):
            self._place.screen.progress(f"survey: comparing contents, {count * _GLANCES:,} of {len(lacking):,} files")
            fresh = [(keys[target], bytes(numbers)) for target, numbers in zip(part, found, strict=True)]
            memory.put_many(kind, fresh)
            known.update(fresh)
        result = []
        for target in glances:
            paths = [tried[target][number] for number in known[keys[target]]]
            if paths:
                lifes = tuple((path, tuple(lives[path])) for path in paths)
                result.append(Question(target, blobs[target], lifes, False))
        return result

    def _answers(
        self, workers: Spread, questions: Sequence[Question], history: Surveyed
    ) -> dict[RepoPath, Answer]:
        """What the contents say; only questions that were never asked are."""
        memory, keyword = self._place.memory(), self.source.title
        kind = f"survey answer {keyword}"
        keys = {_key(one): one for one in questions}
        found: dict[RepoPath, Answer] = {}
        known = memory.get_many(kind, keys)
        for value in known.values():
            found.update((one.target, one) for one in answers_unpacked(value))
        lacking = [one for key, one in keys.items() if key not in known]
        lacking.sort(key=lambda one: (not one.sure, one.target))
        ours, theirs = str(self._place.target().repository.git_dir), self._store(history)
        workers = self._upstream(workers, history)
        asked = [(ours, theirs, keyword, part) for part in chunks(lacking, _ASKED)]
        for count, value in enumerate(workers.map(nearest_versions, asked), 1):
            self._place.screen.progress(f"survey: comparing contents, {count * _ASKED:,} of {len(lacking):,} files")
            answered = {one.target: one for one in answers_unpacked(value)}
            found.update(answered)
            memory.put_many(kind, (
                (_key(one), b"[]" if one.target not in answered else answers_packed([answered[one.target]]))
                for one in asked[count - 1][3]
            ))  # fmt: skip
        return found


_HINT = "a path is written as from the top of the target's tree, such as usr.sbin/syslogd"

_SYMLINK = 0o120000
_MANY = 50


def _key(one: Question) -> str:
    paths = [f"{path} {life[-1].changeset} {len(life)}" for path, life in one.paths]
    text = "\0".join([one.target, one.oid, str(one.sure), *paths])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _sure(files: Sequence[Derived], blobs: Mapping[RepoPath, str], lives: Lives) -> Iterable[Question]:
    """What the ident lines say, asked of the contents."""
    for one in files:
        paths = [one.upstream] if one.upstream is not None else [each.upstream for each in one.candidates[:_TRIED]]
        if paths and not one.further and one.standing in (Standing.RESOLVED, Standing.AMBIGUOUS):
            yield Question(one.target, blobs[one.target], tuple((path, tuple(lives[path])) for path in paths), True)


class _Namesakes:
    """Upstream's files of one name, those first whose folders are most like the target's. A name that hundreds have
    (Makefile) is looked for in folders of the same name only."""

    def __init__(self, lives: Lives) -> None:
        self._named: dict[str, list[RepoPath]] = defaultdict(list)
        self._beside: dict[tuple[str, str], list[RepoPath]] = defaultdict(list)
        for path in lives:
            self._named[name(path)].append(path)
            self._beside[name(parent(path)), name(path)].append(path)

    def of(self, target: RepoPath) -> list[RepoPath]:
        found: Sequence[RepoPath] = self._named.get(name(target), ())
        if len(found) > _MANY:
            found = self._beside.get((name(parent(target)), name(target)), ())
        order = sorted(found, key=lambda path: ([-same for same in likeness(target, path)], path))
        return order[:_TRIED]


def _nearer(one: Derived, answer: Answer | None, lives: Lives, newest: int) -> Derived:
    """`one` with what its content says: where another version is used than the one recorded, that one counts,
    unless so little of the file is upstream's that no version is near."""
    if answer is None or one.further:
        return one
    missing, lag = behind(lives[answer.upstream], answer.index, newest)
    found = answer.baseline
    if found.used != one.revision and 2 * (found.distance or 0) > one.lines:
        note = f"recorded {one.revision}; the content is far from every version, nearest to {found.used}"
        return replace(one, nearest=found.used, distance=found.distance, note="; ".join(filter(None, (one.note, note))))
    resolved = one.standing is Standing.RESOLVED or found.distance == 0
    return replace(
        one, standing=Standing.RESOLVED if resolved else one.standing, upstream=answer.upstream if resolved else None,
        changeset=found.changeset if resolved else one.changeset, missing=missing if resolved else (),
        behind=len(missing) if resolved else 0, lag_days=lag if resolved else 0,
        confidence=found.confidence if resolved else one.confidence, nearest=found.used or found.nearest,
        distance=found.distance, note="; ".join(filter(None, (one.note, found.note))),
    )  # fmt: skip


def _only_content(answer: Answer, seen: Scan, lives: Lives, newest: int) -> Derived:
    life = lives[answer.upstream]
    missing, lag = behind(life, answer.index, newest)
    found = answer.baseline
    return Derived(
        answer.target, seen.lines, Standing.RESOLVED, None, answer.upstream, found.used, found.changeset, len(missing),
        lag, "likely", not life[-1].oid, missing, nearest=found.used, distance=found.distance, note=found.note,
    )  # fmt: skip


def _tell(place: Workspace, found: Survey) -> None:
    screen = place.screen
    for text in counts(found):
        screen.paragraph(text, first="", indent="  ")
    if found.best:
        screen.say()
        screen.say(f"{'where a sync pays most':<34} {'missing':>8} {'files':>6} {'lag':>7}  from")
    for one in found.best:
        lag = f"{one.lag_days} d"
        screen.say(cut(f"{one.folder:<34} {one.changesets:>8} {one.behind_files:>6} {lag:>7}  {one.upstream}"))
    if screen.verbose:
        screen.say()
        for file in found.files:
            where = f"{file.upstream or '?'} {file.revision}"
            where += f", now {file.successor}" if file.successor else ""
            screen.say(cut(f"{file.standing:<9} {file.behind:>4}  {file.target}  {where}"))
