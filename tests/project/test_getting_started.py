"""The page of the first steps shows what the commands say today."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "getting-started.md"


def test_the_page_is_what_the_commands_say() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "getting_started.py"), "--check"], capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL,
        env={key: value for key, value in os.environ.items() if not key.startswith(("PORTKIT_", "GIT_"))},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_is_two_screens_and_every_step_has_its_commands() -> None:
    text = PAGE.read_text("utf-8")
    assert len(text.splitlines()) <= 105
    commands = re.findall(r"^    \$ (.*)$", text, re.MULTILINE)
    asked = {one.removeprefix("portkit ").removeprefix("-q ").split()[0] for one in commands}
    assert {"demo", "init", "sync", "conflicts", "publish"} <= asked
    assert any("git" in one and " log " in one for one in commands)


def test_the_readme_leads_to_the_page() -> None:
    assert "](docs/getting-started.md)" in (ROOT / "README.md").read_text("utf-8")
