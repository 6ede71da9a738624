"""portkit installs from source, with Python, git, make and a C compiler: no Rust, no CMake, no C++, no ready binary.

It fetches and builds some twenty packages, which takes a minute or more: it runs only where CI or PORTKIT_SLOW is set,
and where the registry is slow or not there the tests are skipped and say so.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 180
pytestmark = pytest.mark.skipif(
    not (os.environ.get("CI") or os.environ.get("PORTKIT_SLOW")),
    reason="builds every package from source, for a minute or more: set PORTKIT_SLOW to have it run",
)
PROGRAMS = ("git", "cc", "gcc", "clang", "as", "ld", "ar", "ranlib", "make", "sh", "uname", "env", "ldd", "ldconfig")
"""All that can be found. The Pythons are called by their paths."""
ABSENT = ("cargo", "rustc", "rustup", "cmake", "ninja", "c++", "g++", "clang++")
NO_REGISTRY = (
    "No matching distribution found", "Could not fetch URL", "Temporary failure", "Connection", "Read timed out",
)  # fmt: skip


def ran(
    *command: str, seconds: float, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """What a command printed, and its code. Raises TimeoutExpired, and then all that it had started is ended, too."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, env=environment,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            out, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, said)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which only PROGRAMS can be found; pip's own settings stay, its caches do not."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "bin").mkdir()
    for name in PROGRAMS:
        found = shutil.which(name)
        if found is not None:
            (folder / "bin" / name).symlink_to(found)
    kept = {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_", "LC_", "LANG"))}
    proxies = {key: value for key, value in os.environ.items() if key.lower().endswith("_proxy")}
    return kept | proxies | {
        "PATH": str(folder / "bin"), "HOME": str(folder), "PIP_CACHE_DIR": str(folder / "cache"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    }  # fmt: skip


@pytest.fixture(scope="module")
def installed(bare: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The programs of a virtual environment that portkit was installed in from source, and what pip said."""
    folder = tmp_path_factory.mktemp("source")
    shutil.copytree(ROOT / "portkit", folder / "portkit", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    venv = folder / "venv"
    made = ran(sys.executable, "-m", "venv", str(venv), seconds=SECONDS, environment=bare)
    if made.returncode:
        pytest.skip(f"there is no venv module here: {made.stderr.strip()}")
    try:
        done = ran(
            str(venv / "bin" / "python"), "-m", "pip", "install", "-v", "--no-binary", ":all:", "--retries", "1",
            str(folder), seconds=SECONDS, environment=bare,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.skip(f"the packages were not fetched and built within {SECONDS} seconds")
    said = done.stdout + done.stderr
    if done.returncode and any(one in said for one in NO_REGISTRY):
        pytest.skip("the package registry cannot be reached, and everything is built from its sources")
    assert done.returncode == 0, said[-4000:]
    return venv / "bin", said


def test_neither_rust_nor_cmake_nor_c_plus_plus_is_there(bare: dict[str, str]) -> None:
    assert [one for one in ABSENT if shutil.which(one, path=bare["PATH"])] == []
    assert shutil.which("git", path=bare["PATH"])


def test_nothing_came_as_a_binary(installed: tuple[Path, str]) -> None:
    _, said = installed
    fetched = re.findall(r"^ *Downloading (\S+)", said, re.MULTILINE)  # what is "cached" was built here before
    assert len(fetched) > 10
    assert [one for one in fetched if ".whl" in one] == []


def test_the_example_runs_with_what_was_built(
    installed: tuple[Path, str], bare: dict[str, str], tmp_path: Path
) -> None:
    programs, _ = installed
    done = ran(str(programs / "portkit"), "demo", str(tmp_path / "demo"), seconds=60, environment=bare)
    assert done.returncode == 0, done.stderr
    assert "15 changesets: 8 ported, 1 already, 2 conflict" in done.stdout
    assert (tmp_path / "demo" / "reports" / "2012-09-10" / "weekly.html").exists()
    told = ran(str(programs / "portkit"), "doctor", seconds=60, environment=bare | {"NO_COLOR": "1"})
    assert "ok     libraries" in told.stdout, told.stdout
