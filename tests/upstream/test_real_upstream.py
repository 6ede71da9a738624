from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from portkit.components.model import Source
from portkit.upstream.git import open_history

FOLDERS = (
    "sbin/dhclient/", "usr.sbin/syslogd/", "usr.sbin/tcpdump/", "usr.sbin/ntpd/", "lib/libutil/",
    "usr.sbin/dhcpcd-if-exists/",
)  # fmt: skip


@pytest.fixture
def real() -> str:
    location = os.environ.get("PORTKIT_REAL_OPENBSD", "")
    if not location:
        pytest.skip("PORTKIT_REAL_OPENBSD is unset: the real upstream was not read")
    return location


def git_log(location: str, *options: str, paths: tuple[str, ...] = FOLDERS) -> list[str]:
    """An independent reading; --git-dir, since the mirror has no config that says it is bare."""
    command = ["git", f"--git-dir={location}", "log", *options, "master", "--", *paths]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode("latin-1").splitlines()


@pytest.mark.real
def test_the_real_upstream_is_read_as_git_log_reads_it(real: str, tmp_path: Path) -> None:
    with open_history(Source("openbsd", real), FOLDERS, tmp_path) as history:
        changesets = history.changesets(lambda path: bool(path))
        assert [c.id for c in changesets] == git_log(real, "--format=%H", "--first-parent")[::-1]
        raw = git_log(real, "--format=", "--raw", "--no-renames", "--no-abbrev", "--first-parent")
        assert sum(len(c.files) for c in changesets) == len(raw)
        dhclient = history.changesets(lambda path: path.startswith("sbin/dhclient/"))
        assert len(dhclient) == len(git_log(real, "--format=%H", paths=("sbin/dhclient",)))
        oids = [file.new.oid for c in dhclient for file in c.files if file.new]
        assert sum(1 for _ in history.read_many(oids)) == len(oids)
        assert not history.rewritten
    with open_history(Source("openbsd", real), FOLDERS, tmp_path) as history:
        assert history.changesets(lambda path: bool(path)) == changesets
