"""A bug in portkit: what its developers need to know of it, and nothing of what the files hold."""

from __future__ import annotations

import platform
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path

from portkit import __version__
from portkit.errors import PortkitError
from portkit.store.atomic import write_atomic


def reported(error: Exception, state: Path | None) -> PortkitError:
    """The error to tell: that this is a bug, with the file that was written of it, in the workspace's folder `state`
    where there is one; without, where the disk refuses."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"portkit {__version__}", f"python {platform.python_version()} on {platform.platform()}", ""]
    lines += [f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames]
    lines += ["", type(error).__name__, ""]
    content = "\n".join(lines).encode("utf-8", "replace")
    hint = ""
    with suppress(PortkitError, OSError):
        if state is not None and state.is_dir():
            place = state / "bug-report.txt"
        else:
            place = Path(tempfile.mkdtemp(prefix="portkit-")) / "bug-report.txt"
        write_atomic(place, content)
        hint = f"please send {place}, which holds nothing of your files"
    return PortkitError("this is a bug in portkit", cause=f"{type(error).__name__}: {error}", hint=hint)
