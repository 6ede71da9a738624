"""The line matching against git's, as unidiff reads it: nobody needs fewer lines than we do."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from unidiff.patch import PatchSet

from portkit.change.linediff import hunks
from portkit.change.lines import LineTable


@pytest.mark.parametrize("seed", range(25))
def test_as_few_lines_as_git_minimal(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    old = [f"line {chance.randrange(40)}\n" for _ in range(chance.randrange(5, 200))]
    new = [line for line in old if chance.random() > 0.15]
    for _ in range(chance.randrange(30)):
        new.insert(chance.randrange(len(new) + 1), f"line {chance.randrange(60)}\n")
    before, after = tmp_path / "before", tmp_path / "after"
    before.write_text("".join(old))
    after.write_text("".join(new))
    done = subprocess.run(
        ["git", "diff", "--no-index", "--no-color", "--no-ext-diff", "--minimal", "-U0", str(before), str(after)],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    patch = PatchSet(done.stdout)
    table = LineTable()
    found = hunks(table.lines("".join(old).encode()).keys, table.lines("".join(new).encode()).keys)
    assert sum(hunk.a1 - hunk.a0 for hunk in found) == sum(one.removed for one in patch)
    assert sum(hunk.b1 - hunk.b0 for hunk in found) == sum(one.added for one in patch)
    assert bool(found) == (old != new)
