"""A commit's files in a folder of their own, and commands run there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from portkit.change.changeset import Blob
from portkit.check.verify import verify
from portkit.paths import RepoPath


class Files:
    """A tree in memory: path to content and mode."""

    commit = "1" * 40

    def __init__(self, files: dict[str, tuple[bytes, int]]) -> None:
        self.entries = {RepoPath(path): Blob(path, mode) for path, (_, mode) in files.items()}
        self._contents = {path: content for path, (content, _) in files.items()}

    def read(self, oid: str) -> bytes:
        return self._contents[oid]

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for oid in oids:
            yield oid, self._contents[oid]


def test_modes_and_links_and_nothing_outside(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    tree = Files({
        "run.sh": (b"#!/bin/sh\necho ran\n", 0o100755), "a/b": (b"b", 0o100644), "a/link": (b"b", 0o120000),
        "out": (str(secret).encode(), 0o120000), "up": (b"../../secret", 0o120000), "a/up": (b"../run.sh", 0o120000),
    })  # fmt: skip
    (one,) = verify(tree, ["sh -c './run.sh; cat a/link a/up; ls out up 2>/dev/null'"], {})
    assert one.said[:2] == ("ran", "b#!/bin/sh") and not any("secret" in line for line in one.said)


def test_what_fails_takes_too_long_or_is_not_there() -> None:
    tree = Files({})
    (late,) = verify(tree, ["sleep 30", "true"], {}, seconds=0.2)
    assert late.code is None and "stopped after" in late.said[-1] and not late.passed
    (gone,) = verify(tree, ["no-such-command-here"], {})
    assert gone.code is None and gone.said
    passed = verify(tree, ["true", "sh -c 'test \"$X\" = y'"], {"X": "y"})
    assert [one.passed for one in passed] == [True, True]


def test_no_shell_reads_them(tmp_path: Path) -> None:
    (one,) = verify(Files({}), [f"echo x > {tmp_path}/made; true"], {})
    assert one.said == (f"x > {tmp_path}/made; true",) and not (tmp_path / "made").exists()
