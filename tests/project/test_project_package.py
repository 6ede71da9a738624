"""What is handed out: the wheel, the Makefile, the script that CI runs."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
NO_REGISTRY = ("No matching distribution found", "Could not fetch URL", "Temporary failure", "Connection")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by whatever pyproject.toml asks for, from a copy: building leaves litter beside the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT / "portkit", source / "portkit", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(source)],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode and any(one in done.stderr for one in NO_REGISTRY):
        pytest.skip("the package registry cannot be reached, and the wheel is built with setuptools from there")
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    source = wheel.parent / "source"
    wanted = {path.relative_to(source).as_posix() for path in (source / "portkit").rglob("*") if path.is_file()}
    assert len(wanted) > 100
    assert found == wanted
    assert {"portkit/data/upstream-map.yaml", "portkit/sync/templates/commit.txt.j2", "portkit/py.typed"} <= found
    assert any(name.startswith("portkit/demo/data/openbsd/sbin/") for name in found)
    assert any(name.startswith("portkit/report/templates/") for name in found)


def test_the_wheel_has_the_command_and_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (scripts,) = (name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt"))
        entries = configparser.ConfigParser()
        entries.read_string(archive.read(scripts).decode())
        assert entries["console_scripts"]["portkit"] == "portkit.__main__:entry"
        assert any(name.endswith("/LICENSE") for name in archive.namelist())
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        assert "Requires-Python: >=3.11\n" in archive.read(metadata).decode()


def test_the_makefile_has_nothing_that_only_one_make_knows() -> None:
    text = (ROOT / "Makefile").read_text()
    assert re.findall(r"\$[({](?:shell|wildcard|patsubst|foreach|call|if|or|and)\b", text) == []
    assert re.findall(r"^\s*(?:ifn?eq|ifn?def|\.if|\.for|-?include|define)\b", text, re.MULTILINE) == []
    assert re.findall(r"\$[<^+|*]|[:?+!]=|^[^#\t\n]*%[^\n]*:", text, re.MULTILINE) == []


@pytest.mark.parametrize("make", ["make", "gmake", "bmake"])
def test_each_make_reads_the_makefile(make: str, tmp_path: Path) -> None:
    """Both commands, with what stands behind them, in a folder where nothing is made yet; nothing is run."""
    program = shutil.which(make)
    if program is None:
        pytest.skip(f"there is no {make} here")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    for target, last in (("demo", "portkit demo demo"), ("test", "-m pytest -n 2")):
        done = subprocess.run(
            [program, "-n", target], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        told = done.stdout
        assert "-m venv .venv" in told
        assert told.index("-m venv .venv") < told.index("-m pip install") < told.index(last)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Makefile", "pyproject.toml"]


def test_an_old_demo_goes_and_somebody_s_folder_stays(tmp_path: Path) -> None:
    program = shutil.which("make") or shutil.which("bmake")
    if program is None:
        pytest.skip("there is no make here")
    shutil.copy(ROOT / "Makefile", tmp_path)
    mapping = (ROOT / "portkit" / "demo" / "data" / "upstream-map.yaml").read_text()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    for text, stays in ((mapping, False), ("version: 1\n", True)):
        (tmp_path / "demo").mkdir()
        (tmp_path / "demo" / "upstream-map.yaml").write_text(text)
        subprocess.run([program, "clean"], cwd=tmp_path, env=environment, capture_output=True, check=True)
        assert (tmp_path / "demo").exists() is stays


def test_what_ci_runs_is_a_program() -> None:
    path = ROOT / ".ci" / "run"
    assert os.access(path, os.X_OK)
    subprocess.run(["bash", "-n", str(path)], check=True)
    text = path.read_text()
    assert "attempt make test" in text
    assert "attempt make demo" in text
    assert "attempt bmake demo" in text
