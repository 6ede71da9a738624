"""Where resolutions lie: patches/<component>/resolutions/, a file each, for people to review."""

from __future__ import annotations

from pathlib import Path

from portkit.decisions.resolution import Resolution, Resolutions, parsed, rendered
from portkit.errors import WorldError
from portkit.store.atomic import write_atomic

FOLDER = "resolutions"
_MAXIMUM_BYTES = 16_000_000


class ResolutionFolder:
    """The resolutions of one component; `patches` is the workspace's folder of that name."""

    def __init__(self, patches: Path, component: str) -> None:
        self.path = patches / component / FOLDER
        self._shown = f"{patches.name}/{component}/{FOLDER}"

    def read(self) -> Resolutions:
        """All of them, by name; hidden files and READMEs aside. Raises UserError with file and line where one makes no
        sense, WorldError where one cannot be read."""
        found: list[Resolution] = []
        try:
            paths = sorted(self.path.iterdir()) if self.path.is_dir() else []
            for path in paths:
                if path.name.startswith((".", "README")) or path.name.endswith("~") or not path.is_file():
                    continue
                with path.open("rb") as file:
                    content = file.read(_MAXIMUM_BYTES)
                found.append(parsed(content, name=path.name, file=self.shown(path.name)))
        except OSError as error:
            raise WorldError(f"{self.path} cannot be read", cause=error.strerror or str(error)) from error
        return Resolutions(tuple(found))

    def add(self, one: Resolution) -> None:
        """Writes `one` under its name, in place of an earlier one for the same sides."""
        write_atomic(self.path / one.name, rendered(one))

    def shown(self, name: str) -> str:
        """How messages call the file of a resolution."""
        return f"{self._shown}/{name}"
