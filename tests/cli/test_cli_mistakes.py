"""What a user or a machine may get wrong: one clear sentence, the exit code of the contract, and nothing changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli_work import ROOT, Work, call, refused

ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
NO_ROOT = pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")

BROKEN = """\
version: 2
upstreams:
  openbsd: {git: openbsd.git, brnach: master}
target: {git: "-x", branch: a..b}
components:
  -leased:
    mode: synch
    upstream: openbds
    paths: {/abs/: sbin/leased/, ../up: x, sbin/a/: sbin/a}
    needs: [nosuch]
  msg:
    mode: import
    upstream: openbsd
    import: {at: 2012-13-31}
    colour: red
colour: red
"""


def run(work: Work, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "portkit", "-C", str(work.folder), *arguments], cwd=ROOT, capture_output=True,
        check=False, env=os.environ | environment,
    )  # fmt: skip


# -- the command line


@pytest.mark.parametrize(
    ("line", "says", "hint"),
    [
        (["snyc"], "there is no command 'snyc'; nearest: 'sync'", ""),
        (["nosuch"], "known: audit, baseline, ", ""),
        (["-C", "WORK", "sync", "--otno", "x"], "no option '--otno'; nearest: '--onto'", "sync --help"),
        (["-C", "WORK", "sync", "--json"], "--json stands before the command: portkit --json sync", ""),
        (["-C", "WORK", "sync", "--onto"], "requires an argument", "--help"),
        (["-C", "WORK", "baseline"], "missing argument 'COMPONENT'", "baseline --help"),
        (["-C", "WORK", "report", "daily"], "'daily' is not one of ", "report --help"),
        (["-C", "WORK", "report", "weekly", "--format", "pdf"], "'pdf' is not one of", "report --help"),
        (["-C", "WORK", "sync", "leasd"], "there is no component 'leasd'; nearest: 'leased'", ""),
        (["-C", "WORK", "sync", "--", "-x"], "there is no component '-x'; known: msg, leased, clockd, logd", ""),
        (["-C", "WORK", "sync", "\x1b[31m\u202e"], "there is no component", ""),
        (["-C", "WORK", "sync", "\x1b[31m", "--\x1b"], "no option", "--help"),
        (["-C", "WORK", "conflicts", "leased", "c-nosuch"], "no conflict 'c-nosuch'", "portkit conflicts"),
        (["-C", "WORK/nosuch", "sync"], "there is no map", "-C DIR"),
        (["--map", "WORK/nosuch.yaml", "sync"], "there is no map", "--map FILE"),
        (["--upstream", "a", "-C", "WORK", "sync"], "'a' is no NAME=LOCATION", "openbsd=PATH"),
        (["--upstream", "opnbsd=x", "-C", "WORK", "sync"], "no upstream 'opnbsd'; nearest: 'openbsd'", ""),
        (["--upstream", "openbsd=-x", "-C", "WORK", "sync"], "begins with '-'", "git URL or path"),
        (["--upstream", "openbsd=ext::sh -c x", "-C", "WORK", "sync"], "runs a program", "git URL or path"),
        (["--upstream", "openbsd=foo://x/y", "-C", "WORK", "sync"], "unknown scheme 'foo'", "git URL or path"),
        (["--upstream", "openbsd=cvs:/var", "-C", "WORK", "sync"], "has no ,v file under the folders", "cvs:PATH"),
        (["--upstream", "openbsd=WORK/patches", "-C", "WORK", "sync"], "is no git repository", ""),
        (["--upstream", "openbsd=WORK/nosuch", "-C", "WORK", "sync"], "there is no", "path or URL"),
        (["--target", "WORK/patches", "-C", "WORK", "sync"], "is no git repository", ""),
        (["--target", "WORK/nosuch", "-C", "WORK", "sync"], "there is no", "path or URL"),
        (["--target", "-x", "-C", "WORK", "sync"], "begins with '-'", ""),
        (["--target", "cvs:/var", "-C", "WORK", "sync"], "must be a git repository", ""),
        (["-C", "WORK", "report", "weekly", "--as-of", "x"], "'x' is no date", "2012-08-15"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_line(work: Work, line: list[str], says: str, hint: str, as_json: bool) -> None:
    before = work.everything()
    told = call(*(["--json"] if as_json else []), *(word.replace("WORK", str(work.folder)) for word in line))
    assert told.code == 2, told
    assert says in told.err
    assert hint in told.err
    assert "Usage" not in told.err
    if as_json:
        error = told.object()["error"]
        assert set(error) == {"what", "where", "cause", "hint", "exit"}
        assert error["exit"] == 2
    else:
        assert told.out == ""
    assert work.everything() == before


def test_no_arguments_show_the_help(capfd: pytest.CaptureFixture[str]) -> None:
    assert call().code == 2
    assert call("--help").code == 0
    assert call("sync", "-h").code == 0
    assert "portkit, version" in call("--version").out
    assert capfd.readouterr() == ("", "")


# -- the map


def test_every_mistake_of_a_map_is_told_at_once(work: Work) -> None:
    work.map.write_text(BROKEN)
    told = refused(work, "sync", says="upstream-map.yaml:")
    lines = [line for line in told.err.splitlines() if "upstream-map.yaml:" in line]
    assert len(lines) >= 10, told.err
    for word in ("brnach", "'-x'", "a..b", "-leased", "synch", "openbds", "/abs/", "../up", "nosuch", "colour"):
        assert word in told.err, word


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("version: 1\nupstreams: [\n", "upstream-map.yaml:3:1"),
        ("version: 1\n\tx: 1\n", "upstream-map.yaml:2:1"),
        ("", "upstream-map.yaml:1"),
        ("- a\n", "upstream-map.yaml:1"),
        ("version: 1\nversion: 1\n", "upstream-map.yaml:"),
        ("a: &a [*a]\n", "upstream-map.yaml:1"),
        ("!!python/object/apply:os.system ['touch ran']\n", "upstream-map.yaml:1"),
        ("version: \x1b[31m\n", "upstream-map.yaml:1"),
    ],
)
def test_what_is_no_map(work: Work, text: str, place: str) -> None:
    work.map.write_text(text)
    refused(work, "sync", says=place)


def test_bytes_that_are_no_text(work: Work) -> None:
    work.map.write_bytes(b"version: 1\nname: caf\xe9\n")
    refused(work, "sync", says="upstream-map.yaml:2:10")


@pytest.mark.parametrize(
    "location", ["-x", "ext::sh -c 'touch ran'", "--upload-pack=touch", "a::b", "ssh://-oProxyCommand=x/"]
)
def test_hostile_locations_in_the_map(work: Work, location: str) -> None:
    text = work.map.read_text()
    work.map.write_text(text.replace("git: openbsd.git ", f"git: {json.dumps(location)} "))
    refused(work, "sync", says="upstream-map.yaml:")
    work.map.write_text(text.replace("git: dragonfly.git ", f"git: {json.dumps(location)} "))
    refused(work, "sync", says="upstream-map.yaml:")


def test_a_map_that_is_a_folder_or_not_to_be_read(work: Work) -> None:
    work.map.unlink()
    work.map.mkdir()
    refused(work, "sync", says="there is no map")


def test_no_workspace_upwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = call("sync")
    assert told.code == 2
    assert "there is no upstream-map.yaml in" in told.err
    assert "portkit demo DIR" in told.err


def test_the_workspace_is_found_upwards(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work.folder / "patches")
    assert call("sync", "clockd").code == 0


# -- the repositories


def test_a_target_without_the_mapped_paths(work: Work) -> None:
    work.change_map("      sbin/leased/: sbin/leased/\n", "      sbin/leased/: sbin/lease-client/\n")
    text = work.map.read_text()
    work.map.write_text(text[: text.index("    deleted:")] + text[text.index("  # The same idea") :])
    refused(work, "sync", says="the target has none of the paths of leased", hint="map", objects=True)
    refused(work, "sync", "leased", "--until", "2012-05-01", says="components.leased.paths", hint="map")


def test_an_upstream_without_the_mapped_paths(work: Work) -> None:
    work.change_map("      sbin/leased/: sbin/leased/\n", "      sbin/lease-client/: sbin/leased/\n")
    says = "components.leased.paths: upstream openbsd has none of the paths of leased"
    refused(work, "sync", "leased", "--until", "2012-05-01", says=says, hint="map")
    refused(work, "baseline", "leased", says=says, hint="map")


def test_a_branch_that_is_not_there(work: Work) -> None:
    text = work.map.read_text()
    work.map.write_text(text.replace("branch: master", "branch: mastre", 1))
    refused(work, "sync", says="upstream openbsd: there is no commit 'mastre'", hint="--git-dir=")
    work.map.write_text("mastre".join(text.rsplit("master", 1)))
    work.git("symbolic-ref", "HEAD", "refs/heads/none")
    refused(work, "sync", says="the target has no branch 'mastre'", hint="target.branch")


def test_an_empty_target_or_upstream(work: Work) -> None:
    empty = work.folder / "empty.git"
    work.git("init", "-q", "--bare", str(empty))
    refused(work, "--target", str(empty), "sync", says="the target has no branch 'master'", hint="target.branch")
    refused(work, "--upstream", f"openbsd={empty}", "sync", says="upstream openbsd: there is no commit 'master'")


def test_a_shallow_target_is_refused_where_its_history_is_needed(work: Work, tmp_path: Path) -> None:
    clone = tmp_path / "clone.git"
    work.git("clone", "-q", "--bare", "--depth=1", f"file://{work.target}", str(clone))
    refused(work, "--target", str(clone), "sync", "leased", says="the target is shallow", hint="--unshallow")
    assert work.tips_of(clone) == {}
    assert work.portkit("--target", str(clone), "sync", "msg").code == 0
    assert set(work.tips_of(clone)) == {"refs/heads/portkit/msg"}
    work.git("fetch", "-q", "--unshallow", at=clone)
    assert work.portkit("--target", str(clone), "sync").code == 1


def test_a_shallow_upstream_is_refused_where_its_history_is_needed(work: Work, tmp_path: Path) -> None:
    clone = tmp_path / "clone.git"
    work.git("clone", "-q", "--bare", "--depth=2", f"file://{work.upstream}", str(clone))
    refused(
        work, "--upstream", f"openbsd={clone}", "sync", "leased",
        says="upstream openbsd is shallow", hint="--unshallow", objects=True,
    )  # fmt: skip


@ROOT_ONLY
@pytest.mark.parametrize("which", ["target", "upstream"])
def test_somebody_elses_repository(work: Work, which: str) -> None:
    place = work.target if which == "target" else work.upstream
    for path in [place, *place.rglob("*")]:
        os.lchown(path, 12345, 12345)
    refused(work, "sync", says=f"git refuses {place}, which belongs to someone else", hint="safe.directory")


def test_no_identity(work: Work) -> None:
    work.git("config", "--unset", "user.email")
    before = work.everything()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        [sys.executable, "-m", "portkit", "-C", str(work.folder), "sync"], cwd=ROOT, capture_output=True, check=False,
        env=environment | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
    )  # fmt: skip
    assert done.returncode == 2
    assert b"git does not know your name and address" in done.stderr
    assert b"git config --global user.email" in done.stderr
    assert work.everything() == before


def test_a_damaged_upstream_names_path_and_commit(work: Work) -> None:
    commit = work.commit({"sbin/leased/new.c": b"/* lost */\n"}, "New.", at=work.upstream)
    oid = work.git("rev-parse", f"{commit}:sbin/leased/new.c", at=work.upstream)
    for pack in (work.upstream / "objects" / "pack").glob("*.pack"):
        copy = pack.rename(work.folder / "pack")
        pack.with_suffix(".idx").unlink()
        work.git("unpack-objects", "-q", feed=copy.read_bytes(), at=work.upstream)
        copy.unlink()
    lost = work.upstream / "objects" / oid[:2] / oid[2:]
    lost.chmod(0o644)
    lost.unlink()
    told = refused(work, "sync", code=3, says="'sbin/leased/new.c'", objects=True)
    assert commit in told.err


# -- the machine


def test_no_git(work: Work, tmp_path: Path) -> None:
    before = work.everything()
    done = run(work, "sync", PATH=str(tmp_path))
    assert done.returncode == 3
    assert done.stderr.startswith(b"error: git is not there")
    assert b"Hint: install git" in done.stderr
    assert call("demo", str(tmp_path / "demo")).code == 0
    assert run(work, "demo", str(tmp_path / "other"), PATH=str(tmp_path)).returncode == 3
    assert not (tmp_path / "other").exists()
    assert work.everything() == before


@pytest.mark.parametrize("version", ["git version 2.20.0", "git version 1.9", "no git at all"])
def test_a_git_that_is_too_old(work: Work, tmp_path: Path, version: str) -> None:
    real = shutil.which("git")
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\n[ "$1" = version ] && {{ echo "{version}"; exit; }}\nexec {real} "$@"\n')
    fake.chmod(0o755)
    before = work.everything()
    for command in (["sync"], ["conflicts"], ["report", "weekly"], ["baseline", "leased"]):
        done = run(work, *command, PATH=f"{fake.parent}:{os.environ['PATH']}")
        assert done.returncode == 3, done.stdout
        assert f"{version} is too old".encode() in done.stderr
        assert b"Hint: install git 2.31 or newer" in done.stderr
    assert work.everything() == before


@NO_ROOT
def test_a_target_that_may_not_be_written(work: Work) -> None:
    for folder in [work.target, *work.target.rglob("*")]:
        if folder.is_dir():
            folder.chmod(0o555)
    told = work.portkit("sync")
    assert told.code == 3
    assert work.branches() == {}
    for folder in [work.target, *work.target.rglob("*")]:
        if folder.is_dir():
            folder.chmod(0o755)


@NO_ROOT
def test_a_workspace_that_may_not_be_written(work: Work) -> None:
    work.folder.chmod(0o555)
    refused(work, "sync", code=3, says="cannot make the lock")
    work.folder.chmod(0o755)


def test_a_state_folder_that_is_a_file(work: Work) -> None:
    (work.folder / ".portkit").write_text("no folder\n")
    refused(work, "sync", code=3, says=".portkit")


def test_reports_that_cannot_be_written(synced: Work) -> None:
    shutil.rmtree(synced.folder / "reports")
    (synced.folder / "reports").write_text("no folder\n")
    refused(synced, "report", "weekly", code=3, says="reports")
    assert synced.portkit("sync", "leased").code == 1
    refused(synced, "sync", "logd", code=3, says="worksheet-logd")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"schema":1,"kind":"weekly","conflicts":3}', "[" * 100000, "\0"]
)
def test_an_earlier_report_that_is_none_is_passed_over(synced: Work, text: str) -> None:
    place = synced.folder / "reports" / "2012-01-01" / "weekly.json"
    place.parent.mkdir(parents=True)
    place.write_text(text)
    found = synced.portkit("--json", "sync")
    assert found.code == 1
    assert found.object()["command"] == "sync"
    assert synced.portkit("report", "weekly").code == 0


@pytest.mark.parametrize("date", ["99999999999999999999", "-1", "x", "1e9", "253402300800", "²"])
def test_a_source_date_that_no_calendar_has(synced: Work, monkeypatch: pytest.MonkeyPatch, date: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", date)
    assert synced.portkit("report", "weekly").code in (0, 2)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_standard_output_that_cannot_be_written(synced: Work) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "portkit", "-C", str(synced.folder), "--json", "sync"], cwd=ROOT, stdout=full,
            stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == 3
    told, hint = done.stderr.splitlines()
    assert told == b"error: the system refused: No space left on device"
    assert hint.startswith(b"Hint: make room there")


def test_a_reader_that_has_seen_enough(synced: Work) -> None:
    process = synced.start("sync")
    assert process.stdout is not None
    process.stdout.close()
    process.wait()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.parametrize("kind", ["memory", "upstream"])
@pytest.mark.parametrize("damage", [b"", b"no database\n", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_cache_is_made_anew(synced: Work, kind: str, damage: bytes) -> None:
    first = synced.sync()
    for path in (synced.folder / ".portkit" / "cache").glob(f"{kind}*.sqlite"):
        path.write_bytes(damage)
    assert synced.sync() == first


def test_hostile_contents_of_the_cache(synced: Work) -> None:
    """Rows that are whole, and nonsense: the memory is believed in nothing."""
    import sqlite3

    first = synced.sync()
    for value in (b"", b"[]", b"\xff\xfe", b"{}", b"[[1]]", b"null", b'[{"a":"b"},[]]'):
        synced.sync()
        with sqlite3.connect(synced.folder / ".portkit" / "cache" / "memory.sqlite") as database:
            (table,) = (
                name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
                if "value" in [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
                and "kind" in [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
            )  # fmt: skip
            database.execute(f"UPDATE {table} SET value = ?", (value,))
        database.close()
        assert synced.sync() == first, value


@pytest.mark.parametrize("day", ["31.12.2012", "2012/12/31", "31 December 2012", "2012-12", "yesterday"])
def test_a_day_that_is_written_otherwise(work: Work, day: str) -> None:
    told = refused(work, "sync", "leased", "--until", day, says="neither a day nor a revision")
    assert "2012-08-15" in told.err


def test_a_command_of_commands_names_them(work: Work) -> None:
    told = call("-C", str(work.folder), "patches")
    assert told.code == 2
    assert told.err.startswith("error: portkit patches: a command is missing, one of check, export, extract, list, ")


def test_a_survey_of_a_place_that_is_not_there(work: Work) -> None:
    refused(work, "survey", "--jobs", "1", "sbin/lesed", says="the target has nothing at 'sbin/lesed'")


def test_no_map_says_how_to_make_one(tmp_path: Path) -> None:
    told = call("-C", str(tmp_path), "sync")
    assert told.code == 2 and "portkit init" in told.err
