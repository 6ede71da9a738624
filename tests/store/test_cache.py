from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from portkit.store.cache import Cache, Database


def test_what_was_put_is_there_in_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "deep/cache.sqlite"
    with Cache(path) as cache:
        assert cache.get("ident", "k") is None
        cache.put("ident", "k", b"1.2")
        cache.put("ident", "k", b"1.3")
        cache.put("report", "k", b"\0\xff")
        cache.put_many("ident", [("odd\udcff\n", b""), ("a", b"x")])
    with Cache(path) as cache:
        assert cache.get("ident", "k") == b"1.3"
        assert cache.get("report", "k") == b"\0\xff"
        assert cache.get("other", "k") is None
        assert list(cache.get_many("ident", ["a", "none", "odd\udcff\n", "a"]).items()) == [
            ("a", b"x"), ("odd\udcff\n", b""),
        ]  # fmt: skip


def test_all_of_what_is_put_together_is_kept_or_nothing(tmp_path: Path) -> None:
    with Cache(tmp_path / "c") as cache:
        with pytest.raises(KeyboardInterrupt):
            cache.put_many("k", _interrupted())
        assert cache.get("k", "first") is None
        cache.put("k", "later", b"1")
        assert cache.get("k", "later") == b"1"


def _interrupted() -> list[tuple[str, bytes]]:
    raise KeyboardInterrupt


def text(path: Path) -> None:
    path.write_text("this is no database\n" * 999)


def scribbled(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096))


def older(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()


def foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE remembered (kind, key, value)")
    connection.close()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("harm", [text, scribbled, older, foreign])
def test_a_harmed_file_is_forgotten_and_made_anew(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    path = tmp_path / "c"
    with Cache(path) as cache:
        cache.put_many("k", [(f"{number}", b"v" * 100) for number in range(500)])
    harm(path)
    with Cache(path) as cache:
        cache.get("k", "3")
        cache.put("k", "3", b"new")
        assert cache.get("k", "3") == b"new"
    with Cache(path) as cache:
        assert cache.get("k", "3") == b"new"


def test_where_none_can_be_kept_it_still_remembers_for_the_run(tmp_path: Path) -> None:
    path = tmp_path / "c"
    Cache(path).close()
    a_folder(path)
    (tmp_path / "file").write_text("")
    for place in (path, tmp_path / "file/c"):
        with Cache(place) as cache:
            cache.put("k", "a", b"1")
            assert cache.get("k", "a") == b"1"


def test_a_harmed_file_that_another_run_uses_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "c"
    with Cache(path) as first:
        first.put("k", "a", b"1")
        older(path)
        with Database(path, schema="CREATE TABLE t (x)", version=1) as second:
            assert not second.lasting
        assert path.exists()
        first.put("k", "b", b"2")
        assert first.get("k", "b") == b"2"


def _write(path: Path, name: str) -> None:
    for number in range(40):
        with Cache(path) as cache:
            cache.put_many("k", [(f"{name}.{number}.{part}", name.encode()) for part in range(5)])


def test_many_processes_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "c"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(path, f"w{number}")) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    keys = [f"w{name}.{number}.{part}" for name in range(4) for number in range(40) for part in range(5)]
    with Cache(path) as cache:
        assert list(cache.get_many("k", keys)) == keys
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
