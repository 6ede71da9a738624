"""A throw-away workspace over the two real histories, for the measurements.

The target is a whole copy: portkit writes branches into it, and the original must never be written to, not even
through an alternate.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portkit.cli.wiring import Workspace

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Scratch:
    """The copy of the target, the upstream it is synced with, and the workspace's folder."""

    folder: Path
    upstream: str
    target: str

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def portkit(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """One portkit command in the workspace. Ends the measurement where it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "portkit", "-C", str(self.workspace), *arguments], capture_output=True, check=False
        )
        if done.returncode not in (0, 1):
            sys.exit(done.stderr.decode())
        return done

    def report(self, *arguments: str) -> dict[str, Any]:
        """The JSON of one portkit command."""
        found = json.loads(self.portkit("--json", *arguments).stdout)
        assert isinstance(found, dict)
        return found

    def git(self, *arguments: str) -> str:
        """What git prints in the copy of the target; empty where it fails."""
        done = subprocess.run(["git", f"--git-dir={self.target}", *arguments], capture_output=True, check=False)
        return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else ""


def real() -> tuple[str, str] | None:
    """The two real histories; None, and a line that says so, where they are not named."""
    upstream, target = os.environ.get("PORTKIT_REAL_OPENBSD"), os.environ.get("PORTKIT_REAL_DRAGONFLY")
    if upstream and target:
        return upstream, target
    print("skipped: PORTKIT_REAL_OPENBSD and PORTKIT_REAL_DRAGONFLY name the two real histories, and are not set")
    return None


@contextmanager
def scratch(upstream: str, target: str, component_map: str | None = None) -> Iterator[Scratch]:
    """A workspace with the project's own map, or `component_map`, on a copy of `target`."""
    with tempfile.TemporaryDirectory() as folder:
        copy = str(Path(folder, "target.git"))
        shutil.copytree(target, copy)
        for key, value in (("user.name", "bench"), ("user.email", "bench@portkit.example")):
            subprocess.run(["git", f"--git-dir={copy}", "config", key, value], check=True)
        made = Scratch(Path(folder), upstream, copy)
        made.workspace.mkdir()
        text = component_map or (ROOT / "upstream-map.yaml").read_text("utf-8")
        (made.workspace / "upstream-map.yaml").write_text(text, "utf-8")
        before = dict(os.environ)
        os.environ.update({"PORTKIT_UPSTREAM_OPENBSD": upstream, "PORTKIT_TARGET": copy})
        try:
            yield made
        finally:
            os.environ.clear()
            os.environ.update(before)


@contextmanager
def in_place(upstream: str, target: str) -> Iterator[Workspace]:
    """The project's own map on the two histories where they lie: for what only reads."""
    from portkit.cli.options import Options
    from portkit.cli.wiring import workspace

    with tempfile.TemporaryDirectory() as folder:
        options = Options(
            directory=folder, map_file=str(ROOT / "upstream-map.yaml"), upstreams=(f"openbsd={upstream}",),
            target=target,
        )  # fmt: skip
        with workspace(options, fetch=False) as work:
            yield work
