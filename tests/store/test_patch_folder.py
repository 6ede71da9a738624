"""`patches/<component>/`: a series is replaced whole or not at all; what else lies there stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from portkit.errors import UserError, WorldError
from portkit.store import patches

OLD = {"series": b"a.patch\nb.patch\n", "a.patch": b"a", "b.patch": b"b"}
NEW = {"series": b"b.patch\nsub/c.patch\n", "b.patch": b"b", "sub/c.patch": b"c"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = patches.folder(tmp_path, "dhclient")
    assert patches.replace(folder, OLD, leaving={})
    (folder / "decisions.yaml").write_bytes(b"mine")
    return folder


def test_what_was_written_is_read(place: Path) -> None:
    assert patches.read(place) == OLD
    assert patches.read(place.with_name("other")) == {}


def test_a_series_is_replaced_and_what_is_not_its_own_stays(place: Path) -> None:
    os.utime(place / "b.patch", (1000, 1000))
    assert patches.replace(place, NEW, leaving=OLD)
    assert patches.read(place) == NEW
    assert (place / "decisions.yaml").read_bytes() == b"mine"
    assert not (place / "a.patch").exists()
    assert (place / "b.patch").stat().st_mtime == 1000
    assert sorted(path.name for path in place.parent.iterdir()) == ["dhclient"]
    assert not patches.replace(place, NEW, leaving=NEW)


def test_a_write_that_fails_changes_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.rename
    calls: list[Path] = []

    def refuse(self: Path, target: Path) -> Path:
        calls.append(self)
        if len(calls) == 2:  # the old one is set aside already
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(WorldError):
        patches.replace(place, NEW, leaving=OLD)
    assert patches.read(place) == OLD
    assert sorted(path.name for path in place.parent.iterdir()) == ["dhclient"]


def test_a_run_killed_between_two_steps_is_taken_back(place: Path) -> None:
    place.rename(place.with_name(".dhclient.old"))
    assert patches.read(place) == OLD


def test_symbolic_links_and_what_is_too_large_are_refused(place: Path) -> None:
    (place / "a.patch").unlink()
    (place / "a.patch").symlink_to("/etc/hostname")
    with pytest.raises(UserError, match="symbolic link, and no patch"):
        patches.read(place)
    (place / "a.patch").unlink()
    (place / "a.patch").mkdir()
    with pytest.raises(UserError, match="no plain file"):
        patches.read(place)
    (place / "a.patch").rmdir()
    with (place / "a.patch").open("wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(UserError, match="the patch has 100 MB, more than 64"):
        patches.read(place)
    (place / "a.patch").unlink()
    (place / "series").write_bytes(b"sub/x.patch\n")
    (place / "sub").symlink_to("/etc")
    with pytest.raises(UserError, match="in the way"):
        patches.read(place)
