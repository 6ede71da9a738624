"""The example's CVS repository, which no cvs made: as rcs and cvs themselves read it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from portkit.demo.build import Example
from portkit.git.door import GitRepository
from portkit.upstream.rcs import HEAD, RcsFile


@pytest.mark.skipif(shutil.which("co") is None, reason="rcs is not installed")
def test_rcs_gives_every_revision_as_it_is_read_here(example: Example) -> None:
    count = 0
    for path in sorted(example.repository.rglob("*,v")):
        file = RcsFile(path.read_bytes(), str(path))
        for revision, text in file.texts(file.line(HEAD)):
            given = subprocess.run(
                ["co", "-q", "-p", "-ko", f"-r{revision}", str(path)], capture_output=True, check=True
            ).stdout  # fmt: skip
            assert text == given, (path, revision)
            count += 1
    assert count > 40


@pytest.mark.skipif(shutil.which("cvs") is None, reason="cvs is not installed")
def test_cvs_checks_out_what_the_mirror_has(example: Example, tmp_path: Path) -> None:
    shutil.copytree(example.repository, tmp_path / "root")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CVSROOT": str(tmp_path / "root")}
    subprocess.run(["cvs", "-Q", "checkout", "-P", "src"], cwd=tmp_path, check=True, env=environment)
    top = tmp_path / "src"
    found = {
        str(path.relative_to(top)): path.read_bytes()
        for path in top.rglob("*")
        if path.is_file() and path.parent.name != "CVS"
    }
    mirror = GitRepository(example.upstream)
    names = mirror.run("ls-tree", "-r", "--name-only", "master").decode().splitlines()
    assert found == {name: mirror.run("cat-file", "blob", f"master:{name}") for name in names}
