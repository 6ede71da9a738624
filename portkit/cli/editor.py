"""The user's editor, on a file of portkit's own."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from pathlib import Path

from portkit.errors import UserError, WorldError


def edit(file: Path) -> None:
    """Opens $VISUAL, $EDITOR or vi on `file`, and waits. Raises WorldError where it fails or is killed; the file stays
    as it was left."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        command = shlex.split(named)
    except ValueError as error:
        raise UserError(f"EDITOR is {named!r}, which is no command", cause=str(error)) from error
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is the editor's
    try:
        code = subprocess.run([*command, str(file)], check=False).returncode
    except OSError as error:
        raise WorldError(f"the editor {named!r} cannot be started", cause=error.strerror or str(error)) from error
    finally:
        signal.signal(signal.SIGINT, before)
    if code < 0:
        raise WorldError(f"the editor was killed ({signal.Signals(-code).name})")
    if code:
        raise WorldError(f"the editor {named!r} ended with {code}")
