from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from portkit.errors import WorldError
from portkit.store.atomic import write_atomic


def test_writes_a_new_file_and_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "weekly" / "index.md"
    assert write_atomic(path, b"one\r\n\xff") is True
    assert path.read_bytes() == b"one\r\n\xff"
    assert [entry.name for entry in path.parent.iterdir()] == ["index.md"]


def test_the_same_content_touches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"same")
    os.utime(path, ns=(1, 1))
    before = path.stat()
    assert write_atomic(path, b"same") is False
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, 1)


def test_new_files_follow_the_umask_and_old_ones_keep_their_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    old = os.umask(0o027)
    try:
        write_atomic(path, b"a")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o755)
        write_atomic(path, b"b")
        assert stat.S_IMODE(path.stat().st_mode) == 0o755
    finally:
        os.umask(old)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"a")
    link.symlink_to(real)
    assert write_atomic(link, b"b") is True
    assert link.is_symlink()
    assert real.read_bytes() == b"b"


def test_a_folder_in_the_way_is_the_worlds_error_and_leaves_no_litter(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(WorldError, match="cannot write"):
        write_atomic(tmp_path / "file", b"x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_failing_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"old")

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(WorldError) as caught:
        write_atomic(path, b"new")
    assert caught.value.cause == "No space left on device"
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
