"""A copy of the embedded example, and the command line called on it as a user would."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portkit.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
_RAW = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]")


@dataclass(frozen=True)
class Told:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    def object(self) -> dict[str, Any]:
        """The one JSON object that standard output is."""
        lines = self.out.splitlines()
        assert len(lines) == 1, self.out
        found = json.loads(lines[0])
        assert isinstance(found, dict)
        assert found["schema"] == 1
        return found


class Work:
    """A workspace with the example's two repositories."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.map = folder / "upstream-map.yaml"
        self.upstream = folder / "openbsd.git"
        self.target = folder / "dragonfly.git"

    def portkit(self, *arguments: str) -> Told:
        """One command line in this process, in this workspace."""
        return call("-C", str(self.folder), *arguments)

    def sync(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """`sync` with JSON: its components by name. It must not fail."""
        told = self.portkit("--json", "sync", *arguments)
        assert told.code in (0, 1), told.err
        return {one["name"]: one for one in told.object()["components"]}

    def git(self, *arguments: str, feed: bytes | None = None, at: Path | None = None) -> str:
        """What git prints in the target, or in the repository `at`."""
        done = subprocess.run(["git", *arguments], cwd=at or self.target, input=feed, capture_output=True, check=False)
        assert done.returncode == 0, (arguments, done.stderr.decode())
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")

    def tip(self, ref: str, *, at: Path | None = None) -> str:
        """The commit of `ref`; "" where there is none."""
        done = subprocess.run(
            ["git", "rev-parse", "-q", "--verify", f"{ref}^{{commit}}"], cwd=at or self.target, capture_output=True
        )
        return done.stdout.decode().strip() if done.returncode == 0 else ""

    def refs(self) -> dict[str, str]:
        """Every ref of the target."""
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def branches(self) -> dict[str, str]:
        """portkit's branches."""
        return {ref: tip for ref, tip in self.refs().items() if ref.startswith("refs/heads/portkit/")}

    def tips_of(self, repository: Path) -> dict[str, str]:
        """portkit's branches in another repository."""
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/portkit/", at=repository)
        return dict(line.split(" ") for line in lines.splitlines())

    def everything(self) -> dict[str, tuple[int, int, int, str]]:
        """Every file and folder but portkit's own state: its mode, size, time and content."""
        return snapshot(self.folder, leave_out=".portkit")

    def forget(self) -> None:
        """Deletes the cache."""
        import shutil

        shutil.rmtree(self.folder / ".portkit")

    def upstream_edit(self, path: str, old: str, new: str, log: str, *, date: int = 1349000000) -> str:
        """Upstream commits one change to one file, with its ident line; returns the commit."""
        before = self.git("show", f"master:{path}", at=self.upstream) + "\n"
        assert before.count(old) == 1, before.count(old)
        return self.commit({path: bumped(before.replace(old, new)).encode()}, log, at=self.upstream, date=date)

    def target_edit(self, path: str, old: str, new: str, log: str, *, ref: str = "master") -> str:
        """Somebody commits one change to one file of the target's branch `ref`."""
        done = subprocess.run(["git", "show", f"{ref}:{path}"], cwd=self.target, capture_output=True, check=True)
        assert done.stdout.count(old.encode()) == 1, done.stdout
        return self.commit({path: done.stdout.replace(old.encode(), new.encode())}, log, ref=ref)

    def commit(
        self,
        files: Mapping[str | bytes, bytes | None],
        log: str | bytes,
        *,
        at: Path | None = None,
        ref: str = "master",
        date: int = 1349000000,
        who: str = "somebody <somebody@example.org>",
        modes: Mapping[str | bytes, int] | None = None,
    ) -> str:
        """Commits `files` (None deletes) on top of the branch `ref`."""
        message = log.encode() if isinstance(log, str) else log
        branch = f"refs/heads/{ref}"
        lines = [f"commit {branch}\nauthor {who} {date} +0000\ncommitter {who} {date} +0000\n".encode()]
        lines += [b"data %d\n%s\n" % (len(message), message)]
        lines += [f"from {branch}^0\n".encode()] if self.tip(branch, at=at) else []
        for path, content in files.items():
            raw = path.encode() if isinstance(path, str) else path
            quoted = b'"' + b"".join(b"\\%03o" % byte for byte in raw) + b'"'
            mode = (modes or {}).get(path, 0o100644)
            if content is None:
                lines.append(b"D %s\n" % quoted)
            elif mode == 0o160000:
                lines.append(b"M %o %s %s\n" % (mode, content, quoted))
            else:
                lines.append(b"M %o inline %s\ndata %d\n%s\n" % (mode, quoted, len(content), content))
        self.git("fast-import", "--quiet", "--force", "--done", feed=b"".join(lines) + b"\ndone\n", at=at)
        return self.tip(branch, at=at)

    def change_map(self, old: str, new: str) -> None:
        """Replaces one text of the map."""
        text = self.map.read_text("utf-8")
        assert text.count(old) == 1, text.count(old)
        self.map.write_text(text.replace(old, new), "utf-8")

    def start(self, *arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """A command line in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "portkit", "-C", str(self.folder), *arguments], cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
            env=os.environ | (environment or {}),
        )  # fmt: skip


def call(*arguments: str) -> Told:
    """One command line in this process. Whatever it says is checked: nothing that a terminal would act upon, one JSON
    object with --json, exit 2 and 3 with a message that is no traceback."""
    out, err = io.BytesIO(), io.BytesIO()
    with (
        redirect_stdout(io.TextIOWrapper(out, "utf-8", write_through=True)),
        redirect_stderr(io.TextIOWrapper(err, "utf-8", write_through=True)),
    ):
        code = main(list(arguments))
        said = out.getvalue(), err.getvalue()
    for raw in said:
        assert not _RAW.search(raw), raw
    told = Told(code, said[0].decode(), said[1].decode())
    if "--json" in arguments[:3]:
        assert ("error" in told.object()) == (code not in (0, 1))
    if code in (2, 3) and arguments:
        assert told.err.startswith("error: "), told.err
        assert "Traceback" not in told.err
    return told


def refused(
    work: Work, *arguments: str, code: int = 2, says: str = "", hint: str = "", objects: bool = False
) -> Told:
    """The command line is refused: with this exit code and these words, and nothing at all has changed. `objects`:
    there may be some that no ref names."""
    before = work.everything()
    told = work.portkit(*arguments)
    assert told.code == code, (told.code, told.out, told.err)
    assert says in told.err, told.err
    assert not hint or hint in told.err.partition("Hint: ")[2], told.err
    after = work.everything()
    if objects:
        after = {path: about for path, about in after.items() if path in before or "/objects/" not in path}
    assert after == before
    return told


def bumped(text: str) -> str:
    """`text` with the next revision in its ident line."""
    found = re.search(r"(\$OpenBSD: \S+,v 1\.)(\d+)( )", text)
    if found is None:
        return text
    return text.replace(found[0], f"{found[1]}{int(found[2]) + 1}{found[3]}")


def snapshot(folder: Path, *, leave_out: str = "") -> dict[str, tuple[int, int, int, str]]:
    """Every file and folder under `folder`: mode, size, time, content."""
    found: dict[str, tuple[int, int, int, str]] = {}
    for top, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != leave_out)
        for name in [*folders, *files]:
            path = Path(top, name)
            stat = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            size, time = (0, 0) if path.is_dir() else (stat.st_size, stat.st_mtime_ns)  # a folder's are the system's
            found[str(path.relative_to(folder))] = (stat.st_mode, size, time, content)
    return found


def states(component: Mapping[str, Any]) -> dict[str, str]:
    """Subject to state."""
    return {one["subject"]: one["state"] for one in component["changesets"]}


def ids(component: Mapping[str, Any], *wanted: str) -> Sequence[str]:
    """The ids of the changesets in the states `wanted`."""
    return [one["id"] for one in component["changesets"] if one["state"] in wanted]


_MODULES = """
import sys
from portkit.__main__ import entry
try:
    entry()
finally:
    print(*sorted(sys.modules), file=sys.stderr, sep="\\n")
"""


def loaded(*arguments: str, **environment: str) -> set[str]:
    """The modules that a command line has loaded when it ends, in a process of its own; it must not fail.

    Not from `python -X importtime`: that does not tell of what is imported by name, as commands are.
    """
    done = subprocess.run(
        [sys.executable, "-c", _MODULES, *arguments], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return set(done.stderr.splitlines())
