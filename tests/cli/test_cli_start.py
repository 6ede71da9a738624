"""What a command loads: no module that it has no use for, since each costs every start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from cli_work import ROOT, Work

PORT = {
    "portkit.merge.by_words", "portkit.merge.companions", "portkit.merge.placing", "portkit.merge.wording",
    "portkit.sync.plan_port", "portkit.sync.porting",
}  # fmt: skip
IMPORT = {"portkit.sync.plan_import", "portkit.sync.vendor"}
WATCH = {"portkit.sync.plan_watch", "portkit.sync.watching"}


def loaded(work: Work, *arguments: str) -> set[str]:
    """The modules that one command loads, as Python itself lists them; it must not fail."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "portkit", "-C", str(work.folder), *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "HOME": str(work.folder)},
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


@pytest.mark.parametrize(
    ("component", "own", "others"),
    [
        ("leased", {"portkit.sync.plan_replay"}, PORT | IMPORT | WATCH),
        ("msg", {"portkit.sync.plan_replay", "portkit.sync.plan_import"}, PORT | WATCH),
        ("logd", {"portkit.sync.plan_port"}, IMPORT | WATCH | {"portkit.sync.plan_replay"}),
        ("clockd", {"portkit.sync.plan_watch"}, IMPORT | {"portkit.sync.plan_replay", "portkit.sync.plan_port"}),
    ],
)
def test_a_sync_loads_the_module_of_its_mode_alone(
    work: Work, component: str, own: set[str], others: set[str]
) -> None:
    """Until the day before leased needs msg, so that it is planned alone."""
    until = "2012-05-31" if component == "leased" else "2012-12-31"
    found = loaded(work, "--json", "sync", component, "--until", until)
    assert own <= found
    assert not found & others
