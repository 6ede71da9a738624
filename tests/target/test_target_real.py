"""On the real DragonFly history, read only. Writing is measured by the benchmarks, on a copy."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portkit.target.git import GitTarget

D1 = "3c1204fc30c7ecc85ddfbc7a676604ac60933bec"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not os.environ.get("PORTKIT_REAL_DRAGONFLY"), reason="PORTKIT_REAL_DRAGONFLY is not set: no real history"
    ),
]


@pytest.fixture
def target(tmp_path: Path) -> Iterator[GitTarget]:
    location = os.environ["PORTKIT_REAL_DRAGONFLY"]
    with GitTarget.open(location, branch="master", state_dir=tmp_path, progress=print) as opened:
        yield opened


def test_the_tree_of_dhclient_at_d1(target: GitTarget) -> None:
    tree = target.tree(target.resolve(D1[:12]), ["sbin/dhclient/"])
    assert len(tree.entries) == 24
    assert all(content for _, content in tree.read_many(blob.oid for blob in tree.entries.values()))


def test_the_full_history_of_dhclient(target: GitTarget) -> None:
    start = time.perf_counter()
    found = list(target.history(target.default_tip(), ["sbin/dhclient/"]))
    seconds = time.perf_counter() - start
    assert len(found) == 614  # 108 by git log's default
    assert sum(1 for one in found if len(one.parents) > 1) == 505
    assert seconds < 3  # 0.45 s where it was measured


def test_trailers_and_reverts_anywhere(target: GitTarget) -> None:
    start = time.perf_counter()
    found = list(target.trailer_commits(target.default_tip()))
    seconds = time.perf_counter() - start
    assert len(found) == 124
    assert seconds < 3  # 0.3 s where it was measured


def test_a_bare_mirror_without_a_config_file_has_nothing_checked_out(target: GitTarget) -> None:
    assert not target.cloned
    assert not target.cut
    assert target.checked_out("master") == ""
    assert target.busy_with("master") == ""
