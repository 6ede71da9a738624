from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portkit.errors import WorldError
from portkit.store.lock import hold

HOLDER = """
import sys, time
from pathlib import Path
from portkit.store.lock import hold
with hold(Path(sys.argv[1]), what="the workspace"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@contextmanager
def another_run(path: Path, seconds: float) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), str(seconds)], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_second_run_is_refused_and_told_by_whom(tmp_path: Path) -> None:
    lock = tmp_path / "state" / "lock"
    with another_run(lock, 60) as other, pytest.raises(WorldError) as caught, hold(lock, what="it"):
        pytest.fail("two runs at once")
    assert str(caught.value) == f"{lock}: it is in use by another run"
    assert f"process {other.pid} on " in caught.value.cause
    assert ", since 20" in caught.value.cause
    assert caught.value.hint


def test_a_second_run_waits(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with another_run(lock, 0.3) as other, hold(lock, what="the workspace", wait_seconds=20):
        assert other.wait(5) == 0


def test_waiting_ends(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    start = time.monotonic()
    with another_run(lock, 60), pytest.raises(WorldError), hold(lock, what="the workspace", wait_seconds=0.2):
        pytest.fail("two runs at once")
    assert time.monotonic() - start >= 0.2


def test_a_killed_run_holds_nothing(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with another_run(lock, 60) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
        with hold(lock, what="the workspace"):
            assert f'"pid": {os.getpid()}'.encode() in lock.read_bytes()


def test_it_can_be_taken_again_after_an_error(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with pytest.raises(KeyError), hold(lock, what="the workspace"):
        raise KeyError
    with hold(lock, what="the workspace"):
        pass
    assert lock.read_bytes() == b""


def test_what_the_file_says_is_shown_harmless(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with another_run(lock, 60):
        lock.write_text('{"pid": 1, "host": "h", "since": "s", "command": "\\u001b[2Jgone"}')
        with pytest.raises(WorldError) as caught, hold(lock, what="the workspace"):
            pytest.fail("two runs at once")
        assert "\x1b" not in caught.value.cause
        lock.write_text("\0rubbish")
        with pytest.raises(WorldError, match="in use by another run"), hold(lock, what="the workspace"):
            pytest.fail("two runs at once")


def test_a_place_that_cannot_be_written_is_the_worlds_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WorldError, match="cannot make the lock"), hold(tmp_path / "file" / "lock", what="it"):
        pytest.fail("held")
