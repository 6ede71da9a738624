"""What others make of an exported series: git am, git apply and quilt, on whatever files may hold."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from diffs import FILE, numbered

from portkit.merge.file import SYMLINK, Version
from portkit.patches.applying import Files
from portkit.patches.export import combined, mbox, quilt, unapplied
from portkit.patches.headers import Headers, written
from portkit.patches.series import Series, read_patch
from portkit.patches.writing import tree_diff
from portkit.paths import RepoPath


def tree(**more: Version) -> Files:
    base = {
        "a b/c.c": Version(numbered(30), FILE),
        "crlf": Version(b"one\r\ntwo\r\nthree\r\n", FILE),
        "latin": Version(b"caf\xe9\n\x0c\nend", FILE),
        "run": Version(b"#!/bin/sh\n", FILE),
        "gone": Version(b"1\n2\n", FILE),
    }
    return {RepoPath(path): version for path, version in (base | more).items()}


STATES = (
    tree(),
    tree(**{"a b/c.c": Version(numbered(30, l3=b"From here\n-- \n--- a/x\n", l20=b""), FILE),
            "run": Version(b"#!/bin/sh\n", 0o100755), "latin": Version(b"th\xe9\n\x0c\nend\n", FILE)}),
    {path: version for path, version in tree(
        **{"a b/c.c": Version(numbered(30, l20=b"") + b"\\ No newline at end of file", FILE),
           "crlf": Version(b"one\r\nTWO\nthree\r\n", FILE), "new/deep": Version(b"\tx\n", FILE),
           "link": Version(b"a b/c.c", SYMLINK), "empty": Version(b"", FILE)}).items() if path != "gone"},
)  # fmt: skip
HEADS = (
    Headers((("From", "Jürgen Ä <j@example.org>"),), "tool - Eins, [zwei].", "From the\n---\nreason."),
    Headers((("Author", "nobody in particular"),), "Another " + "long " * 30, ""),
)


def series(*states: Files) -> Series:
    patches = []
    for number, head in enumerate(HEADS[: len(states) - 1]):
        raw = written(head) + b"\n" + tree_diff(states[number], states[number + 1]) + b"-- \nportkit\n"
        patches.append(read_patch(f"p{number}.patch", raw, "p"))
    return Series(tuple(patches))


def put(files: Files, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for path, version in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if version.mode == SYMLINK:
            place.symlink_to(version.content.decode())
        else:
            place.write_bytes(version.content)
            place.chmod(version.mode & 0o777)


def got(folder: Path) -> Files:
    found: dict[RepoPath, Version] = {}
    for path in sorted(folder.rglob("*")):
        name = RepoPath(str(path.relative_to(folder)))
        if name.split("/")[0] in (".git", ".pc", "patches"):
            continue
        if path.is_symlink():
            found[name] = Version(os.fsencode(path.readlink()), SYMLINK)
        elif path.is_file():
            found[name] = Version(path.read_bytes(), 0o100755 if path.stat().st_mode & 0o100 else FILE)
    return found


def git(folder: Path, *arguments: str) -> str:
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": "Pat", f"GIT_{role}_EMAIL": "pat@example.org"}
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False, env=environment)
    assert done.returncode == 0, (arguments, done.stderr.decode())
    return done.stdout.decode()


def test_git_am_makes_the_files_and_the_messages(tmp_path: Path) -> None:
    folder = tmp_path / "am"
    put(STATES[0], folder)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "baseline")
    (tmp_path / "m.mbox").write_bytes(mbox(series(*STATES), STATES[0]))
    git(folder, "am", "-q", "--keep-cr", str(tmp_path / "m.mbox"))
    assert got(folder) == STATES[2]
    authors = git(folder, "log", "--reverse", "--format=%an", "HEAD~2..").splitlines()
    assert authors == ["Jürgen Ä", "nobody in particular"]
    body = git(folder, "log", "-1", "--format=%B", "HEAD~1")
    assert body.startswith("tool - Eins, [zwei].\n\n") and body.rstrip().endswith("reason.")


def test_git_apply_takes_the_combined_diff(tmp_path: Path) -> None:
    folder = tmp_path / "apply"
    put(STATES[0], folder)
    git(folder, "init", "-q")
    (tmp_path / "all.diff").write_bytes(combined(series(*STATES), STATES[0]))
    git(folder, "apply", "--whitespace=nowarn", str(tmp_path / "all.diff"))
    assert got(folder) == STATES[2]
    assert combined(Series(), STATES[0]) == b""


def test_quilt_takes_the_folder(tmp_path: Path) -> None:
    if shutil.which("quilt") is None:
        pytest.skip("quilt is not here")
    folder = tmp_path / "quilt"
    plain = [{path: one for path, one in state.items() if one.mode != SYMLINK} for state in STATES]
    put(plain[0], folder)
    (folder / "patches").mkdir()
    for name, content in quilt(series(*plain), plain[0]).items():
        (folder / "patches" / name).write_bytes(content)
    done = subprocess.run(["quilt", "--quiltrc", "-", "push", "-a"], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    assert got(folder) == plain[2]


def test_what_does_not_apply_is_named() -> None:
    other = {**STATES[0], RepoPath("latin"): Version(b"other\n", FILE)}
    assert unapplied(series(*STATES), other)[0] == ("p0.patch", "latin: its hunk does not fit")
    assert unapplied(series(*STATES), STATES[0]) == []
