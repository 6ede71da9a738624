"""docs/automation.md: its script runs as it stands there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cli_work import ROOT, Work


def script() -> str:
    text = (ROOT / "docs" / "automation.md").read_text("utf-8")
    lines = text.partition("\n    #!/bin/sh\n")[2].partition("\n## ")[0].splitlines()
    return "#!/bin/sh\n" + "\n".join(line.removeprefix("    ") for line in lines) + "\n"


def run(work: Work, folder: Path) -> int:
    """The script in a workspace, with a `mail` that keeps what it is given."""
    path = folder / "bin"
    path.mkdir(exist_ok=True)
    (path / "weekly").write_text(script())
    (path / "portkit").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m portkit "$@"\n')
    (path / "mail").write_text(f'#!/bin/sh\n{{ echo "To: $3"; echo "Subject: $2"; cat; }} >> "{folder}/sent"\n')
    for one in path.iterdir():
        one.chmod(0o755)
    environment = os.environ | {"PATH": f"{path}:{os.environ['PATH']}", "MAILTO": "list@x.example",
                                "PYTHONPATH": str(ROOT)}  # fmt: skip
    return subprocess.run([path / "weekly", work.folder], env=environment, capture_output=True, check=False).returncode


def test_the_script_mails_what_is_new_once_and_says_how_it_went(work: Work, tmp_path: Path) -> None:
    assert run(work, tmp_path) == 1
    sent = (tmp_path / "sent").read_text()
    assert sent.startswith("To: list@x.example\nSubject: Upstream sync, 2012-09-10\n# Upstream sync, 2012-09-10\n")
    assert run(work, tmp_path) == 0
    assert (tmp_path / "sent").read_text() == sent
    work.map.write_text("version: 2\n")
    assert run(work, tmp_path) == 2
    assert (tmp_path / "sent").read_text() == sent
