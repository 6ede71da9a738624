"""Outcomes of a real replay: the embedded example, synced once into repositories of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from portkit.components.model import Source
from portkit.demo.build import Example, build
from portkit.protocols import History
from portkit.store.cache import Cache
from portkit.store.mapfile import read_map, resolved
from portkit.sync.outcome import ComponentOutcome
from portkit.sync.request import Request
from portkit.sync.run import Sync
from portkit.target.git import GitTarget
from portkit.upstream.git import open_history

CHROMIUM = Path("/usr/bin/chromium")


def _silent(_: str) -> None:
    pass


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "A Porter")
            patch.setenv(f"GIT_{role}_EMAIL", "porter@dragonfly.example")
        yield build(tmp_path_factory.mktemp("example"))


@pytest.fixture(scope="session")
def outcomes(example: Example) -> tuple[ComponentOutcome, ...]:
    """What a first sync of the example finds."""
    here, state = example.workspace, example.workspace / ".portkit"
    component_map = read_map(example.map)
    component_map = replace(
        component_map,
        target=resolved(component_map.target, here),
        upstreams=tuple(resolved(source, here) for source in component_map.upstreams),
    )
    folders = sorted({folder for component in component_map.components for folder in component.folders()})
    histories: dict[str, History] = {}

    def history(source: Source) -> History:
        if source.name not in histories:
            histories[source.name] = open_history(source, folders, state, progress=_silent)
        return histories[source.name]

    target = GitTarget.open(
        component_map.target.location, branch=component_map.target.branch, state_dir=state, progress=_silent
    )
    names = tuple(component.name for component in component_map.components)
    sync = Sync(component_map, history, target, Cache(Path(state) / "cache" / "memory.sqlite"))
    return sync.run(Request(names, example.target_tip)).outcomes


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: the page was not looked at in one")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield started
        started.close()
