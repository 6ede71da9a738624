from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from upstream_sandbox import Sandbox, everything, shape

from portkit.change.changeset import Changeset


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    return Sandbox(tmp_path, monkeypatch)


def anew(box: Sandbox, folders: list[str]) -> tuple[Changeset, ...]:
    """What a run without any cache says."""
    with box.open(folders, state=box.folder / f"fresh-{len(list(box.folder.iterdir()))}") as history:
        return history.changesets(everything)


def logs_run(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A list that grows by the argv of every git log that is started from now on."""
    from portkit.git.door import GitRepository

    seen: list[list[str]] = []
    stream = GitRepository.stream

    def watched(self: GitRepository, *arguments: str) -> object:
        if arguments[0] == "log":
            seen.append(list(arguments))
        return stream(self, *arguments)

    monkeypatch.setattr(GitRepository, "stream", watched)
    assert box.folder.exists()
    return seen


def test_the_next_run_reads_only_what_is_new_and_says_the_same(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = logs_run(box, monkeypatch)
    tips = []
    for step in range(4):
        for number in range(3):
            box.up.commit({"d/a": b"%d.%d\n" % (step, number), "e": b"%d\n" % step}, b"c%d.%d" % (step, number))
        tips.append(box.up.tip())
        assert box.all(["d/"]) == anew(box, ["d/"])
    ours = logs[::2]
    assert [f"^{tip}" in argv for tip, argv in zip(tips, ours[1:], strict=False)] == [True, True, True]
    del logs[:]
    assert len(box.all(["d/"])) == 12
    assert logs == []


def test_merges_come_incrementally_too(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"}, b"start")
    box.up.git("branch", "side")
    box.all()
    side = box.up.commit({"d/s": b"s\n"}, b"side", branch="side")
    box.up.commit({"d/a": b"2\n"}, b"main")
    box.all()
    box.up.commit({"d/s": b"s\n"}, b"merge", merge=side)
    assert [c.subject for c in box.all()] == ["start", "main", "merge"]
    assert box.all() == anew(box, [""])


def test_a_tip_that_became_a_second_parent_is_no_rewrite_but_read_anew(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"}, b"start")
    box.up.git("branch", "side")
    tip = box.up.commit({"d/a": b"2\n"}, b"main")
    box.all()
    box.up.commit({"d/s": b"s\n"}, b"side", branch="side")
    merged = box.up.commit({"d/a": b"2\n"}, b"merge the other way", branch="side", merge=tip)
    box.up.git("update-ref", "refs/heads/master", merged)
    with box.open() as history:
        assert not history.rewritten
        assert [c.subject for c in history.changesets(everything)] == ["start", "side", "merge the other way"]


def test_a_rewritten_upstream_is_noticed_once_and_survived(box: Sandbox) -> None:
    start = box.up.commit({"d/a": b"1\n"}, b"start")
    box.up.commit({"d/a": b"2\n"}, b"old")
    box.all()
    box.up.git("update-ref", "refs/heads/master", start)
    box.up.commit({"d/a": b"3\n"}, b"new")
    with box.open() as history:
        assert history.rewritten
        assert [c.subject for c in history.changesets(everything)] == ["start", "new"]
    with box.open() as history:
        assert not history.rewritten
        assert history.changesets(everything) == anew(box, [""])
    box.up.commit({"x": b"1\n"}, b"all new", orphan=True)
    box.up.git("reflog", "expire", "--expire=now", "--all")
    box.up.git("gc", "-q", "--prune=now")
    with box.open() as history:
        assert history.rewritten
        assert shape(history.changesets(everything)) == [("all new", [("A", "x")])]


def test_folders_that_grow_are_read_anew_and_shrink_at_no_cost(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.up.commit({"d/a": b"1\n", "e/a": b"1\n", "f/g/a": b"1\n"}, b"one")
    box.up.commit({"e/a": b"2\n"}, b"two")
    logs = logs_run(box, monkeypatch)
    assert shape(box.all(["d/"])) == [("one", [("A", "d/a")])]
    assert len(box.all(["d/", "e/"])) == 2
    assert len(logs) == 2
    assert shape(box.all(["d/"])) == [("one", [("A", "d/a")])]
    assert shape(box.all(["e/a"])) == [("one", [("A", "e/a")]), ("two", [("M", "e/a")])]
    assert len(logs) == 2
    assert shape(box.all(["f/g/"])) == [("one", [("A", "f/g/a")])]
    assert len(box.all(["d/", "e/"])) == 2
    assert len(logs) == 3
    with box.open(["f/"]) as history:
        assert not history.rewritten
    assert shape(box.all([""]))[0][1] == [("A", "d/a"), ("A", "e/a"), ("A", "f/g/a")]


def test_two_branches_and_two_places_do_not_disturb_each_other(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"}, b"one")
    box.up.git("branch", "side")
    box.up.commit({"d/a": b"2\n"}, b"two", branch="side")
    other = box.repository("other")
    other.commit({"d/a": b"9\n"}, b"other")
    for _ in range(2):
        places = ((box.up.path, "master", 1), (box.up.path, "side", 2), (other.path, "master", 1))
        for location, branch, count in places:
            with box.open(location=location, branch=branch) as history:
                assert (history.rewritten, len(history.changesets(everything))) == (False, count)


# -- a cache that is not to be relied on


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def scribbled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for start in range(4096, len(content), 4096):  # every page but the first
        content[start : start + 64] = b"\xff" * 64
    path.write_bytes(content)


def text(path: Path) -> None:
    path.write_text("this is no database\n" * 99)


def foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE commits (something TEXT)")
    connection.close()


def older(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 77")
    connection.close()


def without_a_table(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE changes")
    connection.close()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("harm", [truncated, scribbled, text, foreign, older, without_a_table, empty, gone])
def test_a_harmed_cache_is_made_anew(box: Sandbox, harm: Callable[[Path], None]) -> None:
    for number in range(40):
        box.up.commit({f"d/{number}": b"%d\n" % number}, b"message %d " % number * 30)
    before = box.all(["d/"])
    harm(box.cache())
    assert box.all(["d/"]) == before
    box.up.commit({"d/a": b"new\n"}, b"new")
    assert [c.id for c in box.all(["d/"])] == [*[c.id for c in before], box.up.tip()]
    assert box.all(["d/"]) == anew(box, ["d/"])


def test_a_cache_harmed_while_it_is_open_is_made_anew(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"}, b"one")
    with box.open() as history:
        with sqlite3.connect(box.cache()) as connection:
            connection.execute("DROP TABLE commits")
        connection.close()
        assert shape(history.changesets(everything)) == [("one", [("A", "d/a")])]


def test_where_no_cache_can_be_kept_the_run_goes_on(box: Sandbox) -> None:
    box.up.commit({"d/a": b"1\n"}, b"one")
    box.state.mkdir()
    (box.state / "cache").write_text("a file where a folder should be\n")
    for _ in range(2):
        assert [c.subject for c in box.all()] == ["one"]


def test_a_log_that_is_cut_short_keeps_nothing(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from portkit.errors import WorldError
    from portkit.git.door import GitRepository

    for number in range(5):
        box.up.commit({"d/a": b"%d\n" % number}, b"c%d" % number)
    stream = GitRepository.stream

    def cut(self: GitRepository, *arguments: str) -> object:
        yield b"".join(stream(self, *arguments))[:-70]

    with monkeypatch.context() as patch:
        patch.setattr(GitRepository, "stream", cut)
        with pytest.raises(WorldError, match="cannot read"):
            box.open()
    assert len(box.all()) == 5


def test_a_missing_tree_is_a_clear_error_and_leaves_the_index_usable(box: Sandbox) -> None:
    from portkit.errors import WorldError

    box.up.commit({"d/a": b"1\n"}, b"one")
    box.all()
    box.up.commit({"d/a": b"2\n"}, b"two")
    tree = box.up.git("rev-parse", "master:d")
    path = box.up.path / ".git/objects" / tree[:2] / tree[2:]
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(WorldError, match="git log failed"):
        box.open()
    path.write_bytes(kept)
    assert [c.subject for c in box.all()] == ["one", "two"]


def _read_all(up: Path, state: Path, results: multiprocessing.Queue[list[str]]) -> None:
    from portkit.components.model import Source
    from portkit.upstream.git import open_history

    with open_history(Source("openbsd", str(up)), [""], state) as history:
        results.put([c.subject for c in history.changesets(everything)])


def test_processes_at_once_agree(box: Sandbox) -> None:
    for number in range(30):
        box.up.commit({"d/a": b"%d\n" % number}, b"c%d" % number)
    context = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[list[str]] = context.Queue()
    runs = [context.Process(target=_read_all, args=(box.up.path, box.state, results)) for _ in range(6)]
    for run in runs:
        run.start()
    found = [results.get(timeout=30) for _ in runs]
    for run in runs:
        run.join()
        assert run.exitcode == 0
    assert all(subjects == [f"c{number}" for number in range(30)] for subjects in found)
    assert len(box.all()) == 30
