"""Whether the histories can have the outcomes that they promise, by `git merge-file` and nothing of portkit's merge.

The replay here is the plain one: keywords folded (the texts before expansion), one file after another, whole
changesets. A draft goes on past conflicts with upstream's side.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from portkit.demo.build import histories
from portkit.demo.history import Commit, File, Played
from portkit.sync.outcome import State

DELETED = "sbin/leased/bootp.c"
KEPT = "sbin/leased/leased-script"
STALE = {"sbin/leased/options.c": "1.4"}
"""Which revision a file came to where its ident line was left behind."""


@dataclass(frozen=True, slots=True)
class Merge:
    """One file: the sides, git's result (None: the file goes), how many conflicts; the same on the draft."""

    path: str
    base: str | None
    ours: str | None
    theirs: str | None
    result: str | None
    conflicts: int
    draft_result: str | None
    draft_conflicts: int


@dataclass(frozen=True, slots=True)
class Trial:
    subject: str
    state: State
    merges: tuple[Merge, ...]
    target: str

    @property
    def clean(self) -> bool:
        return not any(merge.conflicts for merge in self.merges)


def _merge_file(folder: Path, base: str, ours: str, theirs: str, *options: str) -> tuple[str, int]:
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_bytes(text.encode())
    done = subprocess.run(
        ["git", "merge-file", "-p", "-q", *options, "ours", "base", "theirs"], cwd=folder, capture_output=True
    )
    assert done.returncode < 128, done.stderr
    return done.stdout.decode(), done.returncode


def _three_way(
    folder: Path, base: str | None, ours: str | None, theirs: str | None, *options: str
) -> tuple[str | None, int]:
    if base is None or theirs is None:
        return theirs, 0 if ours == base else 1
    assert ours is not None
    return _merge_file(folder, base, ours, theirs, *options)


def _pending(upstream: Played, target: Played) -> Iterator[tuple[Commit, dict[str, tuple[str | None, str | None]]]]:
    """Each leased changeset with the files the target does not have yet: path to (base, theirs)."""
    taken = {path: made.revision for path, made in target.tree.items() if made.revision is not None}
    taken |= {path: upstream.revisions[path, number] for path, number in STALE.items()}
    newest = max(revision.when for revision in taken.values())
    before: dict[str, str] = {}
    for commit in upstream.commits:
        files: dict[str, tuple[str | None, str | None]] = {}
        for path, made in commit.files.items():
            base, theirs = before.get(path), made.text if made is not None else None
            recorded = taken.get(path)
            since = recorded.when if recorded is not None else newest
            if path.startswith("sbin/leased/") and commit.entry.when > since:
                files[path] = (base, theirs)
            before.pop(path, None)
            if theirs is not None:
                before[path] = theirs
        if files:
            yield commit, files


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trial]:
    """Every pending changeset of leased, tried on what landed before it according to the table."""
    folder = tmp_path_factory.mktemp("merge")
    upstream, target = histories()
    tree = {path: made.text for path, made in target.tree.items() if path.startswith("sbin/leased/")}
    draft = dict(tree)
    result = {}
    for commit, files in _pending(upstream, target):
        merges = []
        for path, (base, theirs) in sorted(files.items()):
            if path == DELETED or (path == KEPT and theirs is None):
                continue
            ours, drafted = tree.get(path), draft.get(path)
            merged, conflicts = _three_way(folder, base, ours, theirs)
            _, draft_conflicts = _three_way(folder, base, drafted, theirs)
            on_draft, _ = _three_way(folder, base, drafted, theirs, "--theirs")
            merges.append(Merge(path, base, ours, theirs, merged, conflicts, on_draft, draft_conflicts))
        subject = commit.entry.subject
        state = commit.entry.expect["leased"]
        result[subject] = Trial(subject, state, tuple(merges), "".join(tree.values()))
        for merge in merges:
            _put(draft, merge.path, merge.draft_result)
            if state in (State.PORTED, State.ALREADY):
                _put(tree, merge.path, merge.result)
    return result


def _put(tree: dict[str, str], path: str, text: str | None) -> None:
    tree.pop(path, None)
    if text is not None:
        tree[path] = text


def _of(trials: dict[str, Trial], state: State) -> list[Trial]:
    return [trial for trial in trials.values() if trial.state is state]


def _change(old: str | None, new: str | None) -> Counter[str]:
    """Lines that came (positive) and went (negative)."""
    counted = Counter((new or "").splitlines())
    counted.subtract((old or "").splitlines())
    return Counter({line: count for line, count in counted.items() if count})


def _words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w+", text))


def _added_words(trial: Trial) -> set[str]:
    """The words in the lines of C that upstream adds; no comments, no strings."""
    lines = [
        line
        for merge in trial.merges
        if merge.path.endswith((".c", ".h"))
        for line, count in _change(merge.base, merge.theirs).items()
        if count > 0 and not re.match(r"\s*/?\*", line)
    ]
    return _words(re.sub(r'"[^"]*"|/\*.*?\*/', " ", "\n".join(lines)))


def test_every_pending_changeset_has_an_intended_state(trials: dict[str, Trial]) -> None:
    upstream, _ = histories()
    intended = {commit.entry.subject for commit in upstream.commits if "leased" in commit.entry.expect}
    assert set(trials) == intended
    assert len(trials) == 15


def test_what_is_to_be_ported_merges_clean_and_whole(trials: dict[str, Trial]) -> None:
    ported = _of(trials, State.PORTED)
    assert len(ported) == 8
    for trial in ported:
        assert trial.clean, trial.subject
        for merge in trial.merges:
            assert _change(merge.ours, merge.result) == _change(merge.base, merge.theirs), merge.path
    kinds = [(merge.base is None, merge.theirs is None) for trial in ported for merge in trial.merges]
    assert (True, False) in kinds
    assert (False, True) in kinds


def test_what_is_there_already_changes_nothing(trials: dict[str, Trial]) -> None:
    (trial,) = _of(trials, State.ALREADY)
    assert trial.clean
    for merge in trial.merges:
        assert merge.base != merge.theirs
        assert merge.result == merge.ours


def test_one_conflict_is_with_the_local_option(trials: dict[str, Trial]) -> None:
    trial = _of(trials, State.CONFLICT)[0]
    assert {merge.path: merge.conflicts for merge in trial.merges} == {
        "sbin/leased/leased.8": 0, "sbin/leased/leased.c": 2, "sbin/leased/leased.h": 0,
    }  # fmt: skip
    clashing = next(merge for merge in trial.merges if merge.conflicts)
    assert '"c:dr:v")' in (clashing.base or "")
    assert '"c:dnr:v")' in (clashing.ours or "")
    assert '"c:dr:vw:")' in (clashing.theirs or "")


def test_one_conflict_is_for_the_changeset_that_was_jumped_over(trials: dict[str, Trial], tmp_path: Path) -> None:
    trial = _of(trials, State.CONFLICT)[1]
    (merge,) = trial.merges
    assert merge.path == "sbin/leased/options.c"
    assert merge.conflicts == 1
    upstream, _ = histories()
    before = upstream.revisions[merge.path, "1.2"].text
    missing = upstream.revisions[merge.path, "1.3"].text
    assert merge.base is not None
    assert merge.ours is not None
    assert merge.theirs is not None
    repaired, conflicts = _merge_file(tmp_path, before, merge.ours, missing)
    assert conflicts == 0
    assert repaired != merge.ours
    _, conflicts = _merge_file(tmp_path, merge.base, repaired, merge.theirs)
    assert conflicts == 0


def test_one_waits_for_a_name_and_one_for_lines(trials: dict[str, Trial]) -> None:
    by_name, by_lines = _of(trials, State.BLOCKED)
    root = _of(trials, State.CONFLICT)[0]
    assert by_name.clean
    needed = _added_words(by_name) - _words(by_name.target)
    assert needed == {"client_spread"}
    assert needed <= _added_words(root)
    assert not by_lines.clean
    for trial in (by_name, by_lines):
        for merge in trial.merges:
            assert merge.draft_conflicts == 0, (trial.subject, merge.path)


def test_nothing_else_uses_what_a_parked_changeset_brings(trials: dict[str, Trial]) -> None:
    parked: set[str] = set()
    for trial in trials.values():
        lacking = _added_words(trial) - _words(trial.target)
        if trial.state is State.PORTED:
            assert not lacking & parked, trial.subject
        elif trial.state is not State.ALREADY:
            parked |= lacking


def test_the_flagged_one_is_clean_and_wrong(trials: dict[str, Trial]) -> None:
    (trial,) = _of(trials, State.FLAGGED)
    (merge,) = trial.merges
    assert merge.conflicts == 0
    assert _change(merge.base, merge.theirs)["\tsignal(SIGPIPE, SIG_IGN);"] == -1
    assert _change(merge.ours, merge.result) == Counter({"\tsignal(SIGHUP, on_signal);": 1})
    assert merge.result is not None
    assert merge.result.count("SIGPIPE") == 1


def test_deleted_on_purpose_and_kept(trials: dict[str, Trial]) -> None:
    upstream, target = histories()
    assert DELETED not in target.tree
    touching = [commit for commit in upstream.commits if DELETED in commit.files][1:]
    assert len(touching) == 1
    assert len(touching[0].files) > 1
    assert touching[0].entry.expect == {"leased": State.PORTED}
    (kept,) = _of(trials, State.NOT_APPLICABLE)
    assert kept.merges == ()
    assert target.tree[KEPT].text != upstream.revisions[KEPT, "1.1"].text


def _distance(folder: Path, one: str, other: str) -> int:
    (folder / "one").write_bytes(one.encode())
    (folder / "other").write_bytes(other.encode())
    done = subprocess.run(
        ["git", "diff", "--no-index", "--numstat", "one", "other"], cwd=folder, capture_output=True
    )
    return sum(int(number) for number in done.stdout.split()[:2])


def test_the_recorded_revision_is_the_nearest_by_content(tmp_path: Path) -> None:
    """So that a baseline by content and one by ident line agree, also where a changeset is missing or ahead; but for
    the one file whose ident line is stale."""
    upstream, target = histories()
    checked = 0
    for path, made in target.tree.items():
        if made.revision is None:
            continue
        distances = {
            number: _distance(tmp_path, revision.text, made.text)
            for (other, number), revision in upstream.revisions.items()
            if other == path
        }
        recorded = STALE.get(path, made.revision.number)
        assert all(
            distance > distances[recorded] for number, distance in distances.items() if number != recorded
        ), (path, recorded, distances)
        checked += 1
    assert checked == 11


def test_modes_travel() -> None:
    upstream, target = histories()
    script = "sbin/leased/check-conf.sh"
    changed = [commit.files[script] for commit in upstream.commits if script in commit.files]
    assert [made.mode if isinstance(made, File) else 0 for made in changed] == [0o100644, 0o100755]
    assert target.tree[script].mode == 0o100644
