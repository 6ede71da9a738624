"""A target tree that looks huge, and whose other files are not even there: only what is mapped may be read."""

from __future__ import annotations

from cli_work import Work


def _with_what_is_not_there(work: Work) -> None:
    """The target's branch gets 20,000 files whose contents the repository does not have."""
    names = "".join(f"100644 blob {number:040x}\tfile{number}\n" for number in range(1, 20_001))
    huge = work.git("mktree", "--missing", feed=names.encode())
    top = work.git("ls-tree", "master") + f"\n040000 tree {huge}\thuge\n"
    tree = work.git("mktree", "--missing", feed=top.encode())
    commit = work.git("commit-tree", "-p", "master", "-m", "What nobody needs.", tree)
    work.git("update-ref", "refs/heads/master", commit)


def test_only_what_is_mapped_is_read(work: Work) -> None:
    plain = {name: one["counts"] for name, one in work.sync("--dry-run").items()}
    _with_what_is_not_there(work)
    found = work.sync()
    assert {name: one["counts"] for name, one in found.items()} == plain
    assert found["leased"]["target"]["tip"] == work.tip("portkit/leased")
    assert work.git("ls-tree", "portkit/leased", "huge").split()[1] == "tree"
    told = work.portkit("report", "weekly")
    assert told.code == 0, told.err
