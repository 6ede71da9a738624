"""Runs that end before their end, and two at once: the next one is right, and nobody gets half of anything."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_work import ROOT, Work, snapshot

HERE = Path(__file__).parent


def whole(work: Work, synced: Work) -> None:
    """Every branch is where an undisturbed run leaves it, and there is nothing else."""
    assert work.branches() == synced.branches()
    assert not list(work.target.rglob("*.lock"))
    work.git("fsck", "--strict", "--no-dangling")


def halves(work: Work, synced: Work) -> None:
    """After a kill: every branch that is there at all is whole, and they moved together."""
    assert work.branches() in ({}, synced.branches())


@pytest.mark.parametrize("part", range(8))
def test_killed_at_any_moment_the_next_run_is_right(work: Work, synced: Work, part: int) -> None:
    process = work.start("--json", "sync")
    time.sleep(0.05 + part * 0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_for_git(work)
    halves(work, synced)
    found = work.sync()
    assert found["leased"]["counts"]["ported"] == 8
    whole(work, synced)
    work.forget()
    assert not any(one["changed"] for one in work.sync().values())


def wait_for_git(work: Work) -> None:
    """A git that was started before the kill goes on by itself, for a moment."""
    if shutil.which("ps") is None:
        time.sleep(0.5)
        return
    for _ in range(200):
        found = subprocess.run(["ps", "-eo", "args"], capture_output=True, check=True, text=True).stdout
        if str(work.target) not in found:
            return
        time.sleep(0.02)


KILLER = """\
import os, signal, subprocess, sys
real, wanted, when = subprocess.Popen, int(sys.argv[1]), sys.argv[2]
count = 0
class Popen(real):
    def __init__(self, *arguments, **named):
        global count
        count += 1
        if count == wanted and when == "before":
            os.kill(os.getpid(), getattr(signal, sys.argv[3]))
        super().__init__(*arguments, **named)
        if count == wanted and when == "after":
            os.kill(os.getpid(), getattr(signal, sys.argv[3]))
subprocess.Popen = Popen
from portkit.cli.main import main
code = main(sys.argv[4:])
print("started", count, file=sys.stderr)
sys.exit(code)
"""


def killed(work: Work, number: int, when: str, by: str) -> subprocess.CompletedProcess[bytes]:
    """A sync that gets the signal `by` right before or after it starts its process `number`."""
    return subprocess.run(
        [sys.executable, "-c", KILLER, str(number), when, by, "-C", str(work.folder), "--json", "sync"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip


def test_killed_around_every_process_it_starts(work: Work, synced: Work) -> None:
    """One run after the other in the same workspace, each killed one step further: what is left adds up to no harm."""
    done = killed(work, 10**6, "after", "SIGKILL")
    steps = int(done.stderr.split()[-1])
    assert steps > 10
    shutil.rmtree(work.folder / ".portkit")
    for ref in work.branches():
        work.git("update-ref", "-d", ref)
    for number in [*range(1, steps - 8, 5), *range(steps - 8, steps + 1)]:
        assert killed(work, number, "after", "SIGKILL").returncode == -signal.SIGKILL
        wait_for_git(work)
        halves(work, synced)
        if work.branches():
            break
    else:
        raise AssertionError("the branches never moved")
    work.sync()
    whole(work, synced)


@pytest.mark.parametrize("number", [1, 3, 6, 9, 12, 15, 18, 21, 24])
def test_interrupted_nothing_is_half_done(work: Work, synced: Work, number: int) -> None:
    done = killed(work, number, "after", "SIGINT")
    if done.returncode in (0, 1):  # it had started fewer
        pytest.skip("the run was over")
    assert done.returncode == 130, done.stderr
    assert done.stderr.startswith(b"interrupted; nothing half-done is left"), done.stderr
    assert b"Traceback" not in done.stderr
    told = json.loads(done.stdout)
    assert told["error"]["exit"] == 130
    halves(work, synced)
    assert not list(work.target.rglob("*.lock"))
    work.sync()
    whole(work, synced)


def test_the_interrupt_of_a_terminal_reaches_git_too(work: Work, synced: Work) -> None:
    for part in range(4):
        process = subprocess.Popen(
            [sys.executable, "-m", "portkit", "-C", str(work.folder), "sync"], cwd=ROOT, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        time.sleep(0.25 + 0.06 * part)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate()
        assert process.returncode in (130, 1, -signal.SIGINT), process.returncode
        halves(work, synced)
    work.sync()
    whole(work, synced)


def test_a_half_written_report_is_never_seen(synced: Work) -> None:
    for part in range(6):
        process = synced.start("report", "weekly")
        time.sleep(0.15 + 0.04 * part)
        process.kill()
        process.communicate()
        for path in synced.folder.glob("reports/*/weekly.*"):
            assert path.read_bytes().rstrip().endswith((b"</html>", b"}", b"\n")) or path.suffix == ".md"
    assert synced.portkit("report", "weekly").code == 0
    assert json.loads(next(synced.folder.glob("reports/*/weekly.json")).read_bytes())["kind"] == "weekly"


# -- two at once


def test_the_second_of_two_waits_or_is_told_by_whom(work: Work, synced: Work) -> None:
    processes = [work.start("--json", "sync") for _ in range(3)]
    ended = [(process.communicate(), process.returncode) for process in processes]
    codes = sorted(code for _, code in ended)
    assert codes[0] == 1
    assert set(codes) <= {1, 3}
    for (out, err), code in ended:
        if code == 3:
            error = json.loads(out)["error"]
            assert "another run" in error["what"], err
            assert any(f"process {process.pid} " in error["cause"] for process in processes), err
    work.sync()
    whole(work, synced)


def test_who_holds_the_workspace_is_named(synced: Work) -> None:
    lock = synced.folder / ".portkit" / "lock"
    before = synced.everything()
    with lock.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        since = "2012-10-01T10:00:00+00:00"
        json.dump({"pid": 4711, "host": "elsewhere", "since": since, "command": "portkit sync\x1b[31m"}, file)
        file.flush()
        told = synced.portkit("sync")
        assert told.code == 3
        assert f"process 4711 on elsewhere, since {since}: portkit sync\\x1b[31m" in told.err
        assert "Hint: wait until it ends" in told.err
        assert synced.portkit("conflicts").code == 0
        assert synced.portkit("sync", "--dry-run").code == 1
    assert synced.portkit("sync").code == 1
    assert synced.everything() == before


def test_two_workspaces_on_one_target(work: Work, synced: Work, tmp_path: Path) -> None:
    """They share no lock: the refs decide, and what both want is the same."""
    folders = []
    for name in ("one", "two", "three"):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(work.map, folder)
        folders.append(Work(folder))
    where = ("--upstream", f"openbsd={work.upstream}", "--target", str(work.target), "--json", "sync")
    processes = [one.start(*where) for one in folders]
    ended = [(process.communicate(), process.returncode) for process in processes]
    for (out, err), code in ended:
        assert code in (1, 3), err
        if code == 3:
            assert b"run again" in err, err
        assert json.loads(out)
    assert 1 in [code for _, code in ended]
    whole(work, synced)
    for one in folders:
        found = one.portkit(*where)
        assert found.code == 1
        assert not any(component["changed"] for component in found.object()["components"])
    whole(work, synced)


def test_a_branch_that_moves_meanwhile_is_not_lost(work: Work) -> None:
    """Somebody commits to the branch between the plan and the move: nothing is overwritten."""
    script = KILLER.replace(
        'os.kill(os.getpid(), getattr(signal, sys.argv[3]))',
        'real(["git", "--git-dir", sys.argv[3], "branch", "-f", "portkit/leased", "master"]).wait()',
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "1000000", "before", str(work.target), "-C", str(work.folder), "sync"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    last = int(done.stderr.split()[-1])
    for number in range(last - 5, last + 1):
        for ref in work.branches():
            work.git("update-ref", "-d", ref)
        shutil.rmtree(work.folder / ".portkit")
        done = subprocess.run(
            [sys.executable, "-c", script, str(number), "before", str(work.target), "-C", str(work.folder), "sync"],
            cwd=ROOT, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode in (1, 3), done.stderr
        if done.returncode == 3:
            assert b"moved meanwhile" in done.stderr
            assert b"Hint: run again" in done.stderr
            assert set(work.branches()) == {"refs/heads/portkit/leased"}


# -- the real ones


@pytest.mark.real
@pytest.mark.skipif(
    not (os.environ.get("PORTKIT_REAL_OPENBSD") and os.environ.get("PORTKIT_REAL_DRAGONFLY")),
    reason="PORTKIT_REAL_OPENBSD and PORTKIT_REAL_DRAGONFLY are not set: no real histories",
)
def test_killed_on_the_real_histories(tmp_path: Path) -> None:
    target = tmp_path / "target.git"
    shutil.copytree(os.environ["PORTKIT_REAL_DRAGONFLY"], target)
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    shutil.copy(ROOT / "upstream-map.yaml", workspace)
    work = Work(workspace)
    where = ("--upstream", f"openbsd={os.environ['PORTKIT_REAL_OPENBSD']}", "--target", str(target), "--json")
    sync = (*where, "sync", "dhclient", "--onto", "3c1204fc30c7ecc85ddfbc7a676604ac60933bec", "--until", "2012-08-15")
    started = time.monotonic()
    assert work.portkit(*sync).code == 1
    seconds = time.monotonic() - started
    undisturbed = work.tips_of(target)
    for ref in undisturbed:
        work.git("update-ref", "-d", ref, at=target)
    shutil.rmtree(workspace / ".portkit")
    for part in range(6):
        process = work.start(*sync)
        time.sleep(seconds * (part + 0.5) / 6)
        process.kill()
        process.communicate()
        assert work.tips_of(target) in ({}, undisturbed)
    assert work.portkit(*sync).code == 1
    assert work.tips_of(target) == undisturbed
    assert snapshot(workspace)
