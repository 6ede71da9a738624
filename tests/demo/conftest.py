"""The example, built once, with nothing of the user's configuration in sight."""

from __future__ import annotations

import pytest

from portkit.demo.build import Example, build


def _hermetic(patch: pytest.MonkeyPatch, home: str) -> None:
    patch.setenv("HOME", home)
    patch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    patch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture(autouse=True)
def _no_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    _hermetic(monkeypatch, str(tmp_path_factory.getbasetemp() / "no-home"))


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    with pytest.MonkeyPatch.context() as patch:
        _hermetic(patch, str(tmp_path_factory.getbasetemp() / "no-home"))
        return build(tmp_path_factory.mktemp("example"))
