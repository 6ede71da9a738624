"""The example is written for portkit: no telling line of it stands in the trees it resembles."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from portkit.demo.build import histories
from portkit.git.door import GitRepository

TRIVIAL = ("#include", "#define", "extern ", "$OpenBSD")


def _telling(content: bytes) -> set[str]:
    """The lines of more than 40 characters, white space folded, that are no matter of course."""
    lines = (" ".join(line.split()) for line in content.decode("latin-1").splitlines())
    return {line for line in lines if len(line) > 40 and not any(word in line for word in TRIVIAL)}


def _tree(variable: str, *folders: str) -> set[str]:
    location = os.environ.get(variable)
    if not location or not Path(location).exists():
        pytest.skip(f"{variable} names no repository")
    git = GitRepository.at(location, role=variable)
    listed = git.run("ls-tree", "-r", "HEAD", "--", *folders).decode().splitlines()
    found: set[str] = set()
    for line in listed:
        kind, oid = line.split()[1:3]
        if kind == "blob":
            found |= _telling(git.outcome("cat-file", "blob", oid).stdout)
    assert len(found) > 1000
    return found


@pytest.mark.real
@pytest.mark.parametrize(
    ("variable", "folders"),
    [
        ("PORTKIT_REAL_OPENBSD", ("sbin/dhclient", "lib/libutil", "usr.sbin/ntpd", "usr.sbin/syslogd")),
        ("PORTKIT_REAL_DRAGONFLY", ("sbin/dhclient", "usr.sbin/dntpd", "usr.sbin/syslogd")),
    ],
)
def test_no_telling_line_is_in_the_real_trees(variable: str, folders: tuple[str, ...]) -> None:
    real = _tree(variable, *folders)
    ours: set[str] = set()
    for played in histories():
        for commit in played.commits:
            for made in commit.files.values():
                ours |= _telling(made.content()) if made is not None else set()
    assert len(ours) > 200
    assert not ours & real
