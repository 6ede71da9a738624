"""What `build` writes: the same bytes everywhere, a history like the one CVS leaves, a target with its own ways."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portkit.components.model import Mode, Need
from portkit.demo.build import Example, build
from portkit.errors import UserError
from portkit.git.door import GitRepository
from portkit.store.mapfile import read_map, resolved
from portkit.sync.outcome import State

IDENT = re.compile(rb"\$OpenBSD: (\S+),v 1\.(\d+) (\S+ \S+) (\S+) Exp \$")


def _history(git_dir: Path) -> list[str]:
    """Every commit, oldest first."""
    return GitRepository(git_dir).run("rev-list", "--reverse", "master").decode().split()


def _show(git_dir: Path, name: str) -> bytes:
    return GitRepository(git_dir).run("cat-file", "blob", name)


def _paths(git_dir: Path, commit: str) -> dict[str, str]:
    """Path to mode."""
    listed = GitRepository(git_dir).run("ls-tree", "-r", commit).decode().splitlines()
    return {line.partition("\t")[2]: line[:6] for line in listed}


def test_two_builds_are_one(example: Example, tmp_path: Path) -> None:
    again = build(tmp_path / "deep" / "er")
    assert (again.upstream_tip, again.target_tip) == (example.upstream_tip, example.target_tip)
    assert len(again.upstream_tip) == 40
    assert again.map.read_bytes() == example.map.read_bytes()


def test_the_users_configuration_changes_nothing(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tmp_path / "template"
    (template / "hooks").mkdir(parents=True)
    hook = template / "hooks" / "reference-transaction"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
    hook.chmod(0o755)
    home = tmp_path / "hostile home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[init]\n\tdefaultBranch = trunk\n\tdefaultObjectFormat = sha256\n"
        f"\ttemplateDir = {template}\n"
        f"[core]\n\thooksPath = {template}/hooks\n\tautocrlf = true\n\tbigFileThreshold = 1\n\tcompression = 0\n"
        "[user]\n\tname = Nobody\n\temail = nobody@nowhere.example\n\tuseConfigOnly = true\n"
        "[commit]\n\tgpgSign = true\n[i18n]\n\tcommitEncoding = latin-1\n[fastimport]\n\tunpackLimit = 1\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2001-01-01T00:00:00Z")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Nobody")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    built = build(tmp_path / "demo")
    assert (built.upstream_tip, built.target_tip) == (example.upstream_tip, example.target_tip)
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "elsewhere").exists()
    assert not list((built.upstream / "hooks").glob("*"))


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(UserError, match="not empty"):
        build(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    with pytest.raises(UserError, match="not empty"):
        build(tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "mine"


def test_upstream_is_linear_small_and_dated(example: Example) -> None:
    git = GitRepository(example.upstream)
    commits = _history(example.upstream)
    assert 15 <= len(commits) <= 25
    assert commits[-1] == example.upstream_tip
    parents = git.run("log", "--format=%P", "master").decode().splitlines()
    assert sorted(map(len, parents)) == [0, *[40] * (len(commits) - 1)]
    dates = [int(date) for date in git.run("log", "--reverse", "--format=%ct", "master").split()]
    assert dates == sorted(set(dates))
    assert git.run("log", "--format=%an %ae %ad", "master") == git.run("log", "--format=%cn %ce %cd", "master")
    git.run("fsck", "--strict")
    GitRepository(example.target).run("fsck", "--strict")


def test_ident_lines_are_as_cvs_writes_them(example: Example) -> None:
    """Consecutive revisions from 1.1 on, the commit's date, its author's login, the file's own name."""
    git = GitRepository(example.upstream)
    last: dict[str, int] = {}
    seen = 0
    for commit in _history(example.upstream):
        date, login = git.run("show", "-s", "--format=%ct %an", commit).decode().split()
        when = f"{datetime.fromtimestamp(int(date), UTC):%Y/%m/%d %H:%M:%S}"
        changed = git.run("diff-tree", "-r", "--root", "--no-commit-id", "--name-status", commit).decode()
        for line in changed.splitlines():
            status, _, path = line.partition("\t")
            last[path] = last.get(path, 0) + 1
            if status == "D":
                continue
            content = _show(example.upstream, f"{commit}:{path}")
            (found,) = IDENT.findall(content)
            assert [part.decode() for part in found] == [
                path.rpartition("/")[2], str(last[path]), when, login,
            ], path  # fmt: skip
            assert b"$OpenBSD$" not in content
            if path[-2:] in (".8", ".5", ".3"):
                day = datetime.fromtimestamp(int(date), UTC)
                assert f".Dd $Mdocdate: {day:%B} {day.day} {day.year} $\n".encode() in content
            seen += 1
    assert seen > 40


def test_the_target_has_its_own_ways(example: Example) -> None:
    tip = example.target_tip
    paths = _paths(example.target, tip)

    def show(name: str) -> bytes:
        return _show(example.target, f"{tip}:sbin/leased/{name}")

    first, second = show("leased.c").split(b"\n")[:2]
    assert b"$OpenBSD: leased.c,v 1.2 " in first
    assert b"$DragonFly: src/sbin/leased/leased.c,v " in second
    assert b"$OpenBSD: src/sbin/leased/options.c,v 1.2 " in show("options.c")
    with pytest.raises(UnicodeDecodeError):
        show("privsep.c").decode("utf-8")
    assert "naïve".encode("latin-1") in show("privsep.c")
    assert not show("privsep.h").endswith(b"\n")
    assert show("README.DELETED") == b"bootp.c\n"
    assert "sbin/leased/bootp.c" not in paths
    assert {"sbin/leased/linkstate.c", "usr.sbin/dclockd/dclockd.c", "usr.sbin/logd/logd.c"} < set(paths)
    assert not any(path.startswith("lib/") for path in paths)


def test_a_mode_changes_upstream(example: Example) -> None:
    commits = _history(example.upstream)
    path = "sbin/leased/check-conf.sh"
    assert _paths(example.upstream, commits[0])[path] == "100644"
    assert _paths(example.upstream, commits[-1])[path] == "100755"
    assert _paths(example.target, example.target_tip)[path] == "100644"


def test_the_map_is_valid_and_says_all_modes(example: Example) -> None:
    found = read_map(example.map)
    modes = {component.name: component.mode for component in found.components}
    assert modes == {"msg": Mode.IMPORT, "leased": Mode.SYNC, "clockd": Mode.WATCH, "logd": Mode.PORT}
    leased = next(component for component in found.components if component.name == "leased")
    assert leased.needs == (Need("msg", "2012-06-01"),)
    assert leased.deleted == ("sbin/leased/bootp.c",)
    assert leased.keep == ("sbin/leased/leased-script",)
    listed = {rule.upstream for rule in found.components[0].paths}
    there = {path for path in _paths(example.upstream, example.upstream_tip) if path.startswith("lib/libmsg/")}
    assert there - listed == {"lib/libmsg/msg-debug.c"}
    here = resolved(found.upstreams[0], example.workspace)
    assert GitRepository.at(here.location, role="upstream").ref("refs/heads/master") == example.upstream_tip
    target = resolved(found.target, example.workspace)
    assert GitRepository.at(target.location, role="target").ref("refs/heads/master") == example.target_tip
    assert (example.workspace / "reports").is_dir()
    assert [path.name for path in (example.workspace / "patches").iterdir()] == ["README"]


def test_every_outcome_is_meant_to_be_shown(example: Example) -> None:
    subjects = GitRepository(example.upstream).run("log", "--format=%B%x00", "master").decode().split("\0")
    first_lines = {body.strip("\n").partition("\n")[0] for body in subjects}
    for states in example.expected.values():
        assert set(states) <= first_lines
    shown = set(example.expected["leased"].values())
    assert shown == {
        State.PORTED, State.ALREADY, State.CONFLICT, State.FLAGGED, State.BLOCKED, State.NOT_APPLICABLE,
    }  # fmt: skip
    blocked = {subject for subject, state in example.expected["leased"].items() if state is State.BLOCKED}
    assert set(example.blocked_by) == blocked
    for root in example.blocked_by.values():
        assert example.expected["leased"][root] is State.CONFLICT
    assert {kind for kind, _ in example.notices} == {"unmapped", "deleted-on-purpose", "kept"}
