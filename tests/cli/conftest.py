"""The example, built once, and a copy of it for each test."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from cli_work import Work

from portkit.demo.build import Example, build


@pytest.fixture(scope="session", autouse=True)
def _settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No git, portkit or colour setting of whoever runs the tests."""
    for key in [key for key in os.environ if key.startswith(("GIT_", "PORTKIT_UPSTREAM", "PORTKIT_TARGET"))]:
        del os.environ[key]
    home = tmp_path_factory.mktemp("home")
    os.environ.update({"HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"})
    for role in ("AUTHOR", "COMMITTER"):
        os.environ |= {f"GIT_{role}_NAME": "Pat Porter", f"GIT_{role}_EMAIL": "pat@example.org"}


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """The example as it is built, not synced. Not to be changed."""
    return build(tmp_path_factory.mktemp("built") / "example")


@pytest.fixture(scope="session")
def synced_example(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example after its first sync. Not to be changed."""
    folder = tmp_path_factory.mktemp("synced") / "example"
    shutil.copytree(example.workspace, folder)
    Work(folder).sync()
    return folder


@pytest.fixture
def work(example: Example, tmp_path: Path) -> Work:
    """A copy of the example, not synced."""
    shutil.copytree(example.workspace, tmp_path / "work")
    return Work(tmp_path / "work")


@pytest.fixture
def synced(synced_example: Path, tmp_path: Path) -> Work:
    """A copy of the synced example."""
    shutil.copytree(synced_example, tmp_path / "synced", symlinks=True)
    return Work(tmp_path / "synced")
