"""The judge's command line, over two small repositories made here."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench import faithful

Tree = dict[str, bytes | None]

BASE = b"int\nmain(void)\n{\n\tone();\n\ttwo();\n\tthree();\n\tfour();\n\treturn (0);\n}\n"
THEIRS = BASE.replace(b"\tthree();\n", b"\tthree();\n\tnew();\n")
LOCAL = b"#include <local.h>\n"


class Repo:
    """A bare-handed repository: every commit is a tree given as data."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self.environment = os.environ | {
            "HOME": str(path),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.org",
            "GIT_AUTHOR_DATE": "1340000000 +0000",
            "GIT_COMMITTER_DATE": "1340000000 +0000",
        }
        self.git("init", "-q", "-b", "master")

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.path, env=self.environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, tree: Tree, message: str = "x", executable: Sequence[str] = ()) -> str:
        for name, content in tree.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                file.unlink()
            else:
                file.write_bytes(content)
        self.git("add", "-A")
        for name in executable:
            self.git("update-index", "--chmod=+x", name)
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def upstream(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "upstream")


@pytest.fixture
def target(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "target")


def port(changeset: str, *paths: str) -> str:
    revisions = "".join(f"Upstream-revision: {path} 1.2\n" for path in paths)
    return f"x - Port.\n\nThe log.\n\nUpstream-commit: {changeset}\n{revisions}"


def run(upstream: Repo, target: Repo, start: str, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str]:
    words = ["--upstream", str(upstream.path), "--target", str(target.path), "--range", f"{start}..master", *more]
    code = faithful.main(words)
    return code, capsys.readouterr().out


def test_a_faithful_commit(upstream: Repo, target: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    upstream.commit({"sbin/x/x.c": BASE})
    change = upstream.commit({"sbin/x/x.c": THEIRS, "lib/other.c": b"unmapped\n"})
    start = target.commit({"sbin/x/x.c": LOCAL + BASE})
    target.commit({"sbin/x/x.c": LOCAL + THEIRS}, port(change, "sbin/x/x.c"))
    target.commit({"elsewhere.c": b"no port\n"}, "a commit that is no port")
    code, out = run(upstream, target, start, capsys)
    assert code == 0
    assert "hunks       faithful 1, already 0, absent 0, left 0, unfaithful 0" in out
    assert "commits          1   without an Upstream-commit trailer: 1" in out


def part(changeset: str, path: str, numbers: str) -> str:
    return f"PARTIAL: x - Port.\n\nThe log.\n\nUpstream-commit: {changeset}\nUpstream-hunks: {path} 1.2: {numbers}\n"


def test_a_commit_that_says_it_is_a_part(upstream: Repo, target: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    both = THEIRS.replace(b"\tone();\n", b"")
    upstream.commit({"sbin/x/x.c": BASE, "sbin/x/y.c": BASE})
    change = upstream.commit({"sbin/x/x.c": both, "sbin/x/y.c": both})
    start = target.commit({"sbin/x/x.c": LOCAL + BASE, "sbin/x/y.c": b"other\n"})
    target.commit({"sbin/x/x.c": LOCAL + THEIRS}, part(change, "sbin/x/x.c", "2 of 2"))
    code, out = run(upstream, target, start, capsys)
    assert code == 0
    assert "hunks       faithful 1, already 0, absent 0, left 1, unfaithful 0" in out


def test_a_part_makes_what_it_says(upstream: Repo, target: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    both = THEIRS.replace(b"\tone();\n", b"")
    upstream.commit({"sbin/x/x.c": BASE})
    change = upstream.commit({"sbin/x/x.c": both})
    start = target.commit({"sbin/x/x.c": LOCAL + BASE})
    target.commit({"sbin/x/x.c": LOCAL + THEIRS}, part(change, "sbin/x/x.c", "1,2 of 2"))
    code, out = run(upstream, target, start, capsys)
    assert code == 1
    assert "it says that it makes 2 hunks, it makes 1" in out.replace("the commit", "it")


def test_a_part_at_another_place_is_no_part(upstream: Repo, target: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    upstream.commit({"sbin/x/x.c": BASE})
    change = upstream.commit({"sbin/x/x.c": THEIRS.replace(b"\tone();\n", b"")})
    start = target.commit({"sbin/x/x.c": LOCAL + BASE})
    bad = LOCAL + BASE.replace(b"\tone();\n", b"\tone();\n\tnew();\n")
    target.commit({"sbin/x/x.c": bad}, part(change, "sbin/x/x.c", "2 of 2"))
    assert run(upstream, target, start, capsys)[0] == 1


def test_an_unfaithful_commit_is_named(upstream: Repo, target: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    upstream.commit({"sbin/x/x.c": BASE})
    change = upstream.commit({"sbin/x/x.c": THEIRS})
    start = target.commit({"sbin/x/x.c": BASE})
    bad = BASE.replace(b"\tone();\n", b"\tone();\n\tnew();\n")
    commit = target.commit({"sbin/x/x.c": bad}, port(change, "sbin/x/x.c"))
    code, out = run(upstream, target, start, capsys)
    assert code == 1
    assert f"{commit[:12]}  {change[:12]}  sbin/x/x.c  hunk 1" in out
    assert "wrong-place" in out
    code, out = run(upstream, target, start, capsys, "--json")
    found = json.loads(out)
    assert code == 1
    assert found["hunks"] == {
        "faithful": 0, "worded": 0, "beside": 0, "already": 0, "absent": 0, "left": 0, "resolved": 0,
        "unfaithful": 1,
    }  # fmt: skip


def test_what_a_person_resolved_is_told_apart(
    upstream: Repo, target: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream.commit({"sbin/x/x.c": BASE, "sbin/x/y.c": BASE})
    change = upstream.commit({"sbin/x/x.c": THEIRS, "sbin/x/y.c": THEIRS})
    start = target.commit({"sbin/x/x.c": BASE, "sbin/x/y.c": BASE})
    bad = BASE.replace(b"\tone();\n", b"\tone();\n\tnew();\n")
    message = port(change, "sbin/x/x.c", "sbin/x/y.c") + "Portkit-resolution: sbin/x/x.c 1.2 x.c-1.2-0123-4567\n"
    target.commit({"sbin/x/x.c": bad, "sbin/x/y.c": THEIRS}, message)
    code, out = run(upstream, target, start, capsys)
    assert code == 0
    assert "hunks       faithful 1, already 0, absent 0, left 0, resolved 1, unfaithful 0" in out
    target.git("commit", "-q", "--amend", "-m", message.replace("sbin/x/x.c 1.2 x", "sbin/x/y.c 1.2 x"))
    assert run(upstream, target, start, capsys)[0] == 1  # it was another file that somebody resolved


def test_what_a_person_left_out_is_told_apart(
    upstream: Repo, target: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream.commit({"sbin/x/x.c": BASE, "sbin/x/y.c": BASE})
    both = THEIRS.replace(b"\tone();\n", b"\tzero();\n\tone();\n")
    change = upstream.commit({"sbin/x/x.c": both, "sbin/x/y.c": THEIRS})
    start = target.commit({"sbin/x/x.c": BASE, "sbin/x/y.c": BASE})
    out_of_it = "Portkit-left-out: sbin/x/x.c 1.2 #1 skipped\nPortkit-left-out: sbin/x/y.c 1.2 deferred\n"
    target.commit({"sbin/x/x.c": THEIRS}, port(change, "sbin/x/x.c") + out_of_it)
    code, out = run(upstream, target, start, capsys)
    assert code == 0, out
    assert "hunks       faithful 1, already 0, absent 0, left 2, unfaithful 0" in out
    target.git("commit", "-q", "--amend", "-m", port(change, "sbin/x/x.c") + out_of_it.replace("#1", "#2"))
    assert run(upstream, target, start, capsys)[0] == 1


def test_a_trailer_in_the_prose_is_none(upstream: Repo, target: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    upstream.commit({"a.c": BASE})
    change = upstream.commit({"a.c": THEIRS})
    start = target.commit({"a.c": BASE})
    target.commit({"a.c": b"anything\n"}, f"x\n\nUpstream-commit: {change}\n\nand then some more words.")
    code, out = run(upstream, target, start, capsys)
    assert code == 0
    assert "trailer: 1" in out


def test_a_file_that_upstream_did_not_touch(
    upstream: Repo, target: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream.commit({"d/a.c": BASE})
    change = upstream.commit({"d/a.c": THEIRS})
    start = target.commit({"d/a.c": BASE, "d/b.c": b"b\n"})
    target.commit({"d/a.c": THEIRS, "d/b.c": b"B\n"}, port(change, "d/a.c"))
    code, out = run(upstream, target, start, capsys)
    assert code == 1
    assert "d/b.c  no hunk" in out


def test_a_file_left_out_is_missing_unless_the_map_says_so(
    upstream: Repo, target: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream.commit({"d/a.c": BASE, "d/b.c": BASE})
    change = upstream.commit({"d/a.c": THEIRS, "d/b.c": THEIRS})
    start = target.commit({"e/a.c": BASE, "e/b.c": BASE})
    target.commit({"e/a.c": THEIRS}, port(change, "d/a.c"))
    code, out = run(upstream, target, start, capsys, "--map", "d/=e/")
    assert code == 1
    assert "e/b.c  hunk 1" in out
    assert run(upstream, target, start, capsys, "--map", "d/=e/", "--except", "e/b.c")[0] == 0
    assert run(upstream, target, start, capsys, "--map", "d/a.c=e/a.c")[0] == 0


def test_modes_additions_and_deletions(upstream: Repo, target: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    upstream.commit({"s.sh": b"#!/bin/sh\n", "old.c": BASE})
    change = upstream.commit({"new.c": BASE, "old.c": None}, executable=["s.sh"])
    start = target.commit({"s.sh": b"#!/bin/sh\n", "old.c": BASE})
    target.commit({"new.c": BASE, "old.c": None}, port(change, "s.sh", "new.c", "old.c"), executable=["s.sh"])
    code, out = run(upstream, target, start, capsys)
    assert code == 0
    assert "faithful 3," in out
    target.git("update-ref", "refs/heads/master", start)
    target.git("reset", "-q", "--hard")
    target.commit({"new.c": BASE, "old.c": None}, port(change, "s.sh", "new.c", "old.c"), executable=["new.c"])
    code, out = run(upstream, target, start, capsys)
    assert code == 1
    assert "added as 100755" in out
    assert "mode is 100644" in out


def test_an_import_brings_files_that_the_changeset_did_not_touch(
    upstream: Repo, target: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream.commit({"lib/i.c": BASE, "lib/i.h": b"h\n"})
    change = upstream.commit({"lib/i.c": THEIRS})
    start = target.commit({"README": b"r\n"})
    target.commit({"lib/i.c": THEIRS, "lib/i.h": b"h\n"}, port(change, "lib/i.c", "lib/i.h"))
    assert run(upstream, target, start, capsys, "--map", "lib/=lib/")[0] == 0
    target.git("update-ref", "refs/heads/master", start)
    target.git("reset", "-q", "--hard")
    target.commit({"lib/i.c": THEIRS, "lib/i.h": b"other\n"}, port(change, "lib/i.c", "lib/i.h"))
    code, out = run(upstream, target, start, capsys, "--map", "lib/=lib/")
    assert code == 1
    assert "lib/i.h" in out


def test_an_unknown_changeset_is_one_sentence(
    upstream: Repo, target: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream.commit({"a.c": BASE})
    start = target.commit({"a.c": BASE})
    target.commit({"a.c": THEIRS}, port("0123456789" * 4, "a.c"))
    words = ["--upstream", str(upstream.path), "--target", str(target.path), "--range", f"{start}..master"]
    assert faithful.main(words) == 2
    assert "faithful.py: git" in capsys.readouterr().err
