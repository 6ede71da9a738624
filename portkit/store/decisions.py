"""Where decisions lie: patches/<component>/decisions.yaml, a file of the user's that people review and merge."""

from __future__ import annotations

from pathlib import Path

from portkit.decisions.model import Decision, Decisions
from portkit.decisions.reading import HINT, read_decisions
from portkit.decisions.writing import rendered, with_entry, without_entry
from portkit.errors import UserError, WorldError
from portkit.store.atomic import write_atomic
from portkit.store.mapfile import MAXIMUM_BYTES, parse

FILE = "decisions.yaml"


class DecisionsFile:
    """The decisions on one component; `patches` is the workspace's folder of that name."""

    def __init__(self, patches: Path, component: str) -> None:
        self.path = patches / component / FILE
        self.name = f"{patches.name}/{component}/{FILE}"
        self._component = component

    def read(self) -> Decisions:
        """What was decided; nothing where there is no file. Raises UserError with every mistake in it, WorldError where
        it cannot be read."""
        return self._parsed(self._content())

    def add(self, new: Decision) -> None:
        """Puts `new` in its place; the rest of the file stays, to the byte. Raises as `read` does, and where the file
        is written in a way that leaves no place for an entry."""
        content = self._content()
        before = self._parsed(content)
        after = with_entry(content.decode("utf-8-sig"), before, new, component=self._component).encode("utf-8")
        self._write(after, before, len(before.every) + 1, rendered(new))

    def take_back(self, old: Decision, *, reason: str, who: str) -> None:
        """Notes that `old` holds no longer, and why. Raises as `add` does."""
        content = self._content()
        before = self._parsed(content)
        after = without_entry(content.decode("utf-8-sig"), before, old, reason=reason, who=who).encode("utf-8")
        self._write(after, before, len(before.every), f"reopened: {reason}\n")

    def _content(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                return file.read(MAXIMUM_BYTES + 1)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise WorldError(f"{self.path} cannot be read", cause=error.strerror or str(error)) from error

    def _parsed(self, content: bytes) -> Decisions:
        data = parse(content, file=self.name, what="the decisions file", hint=HINT)
        return read_decisions(data, self.name)

    def _write(self, after: bytes, before: Decisions, count: int, block: str) -> None:
        """Writes what reads back as it was meant; a style that has no place for a block is refused."""
        try:
            found = self._parsed(after)
        except UserError:
            found = Decisions()
        if len(found.every) != count or len(list(found.active)) == len(list(before.active)):
            raise UserError(
                f"{self.name} is written in a way that leaves no place for a block of its own",
                cause=f"the entry would have been:\n{block}", hint="write it there yourself; nothing was changed",
            )  # fmt: skip
        write_atomic(self.path, after)
