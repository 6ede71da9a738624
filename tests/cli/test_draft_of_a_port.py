"""The draft of a port, in a repository: on top of the branch, the same each time, never pushed, never counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_work import Work, bumped, refused

from portkit.sync.message import DRAFT

FILE = "usr.sbin/logd/logd.c"
BRANCH = "portkit/logd"
BEGIN = "git switch -c logd-by-hand portkit/logd-draft"


@pytest.fixture
def waiting(work: Work) -> Work:
    """Upstream declares a mask where the target has nothing like it, and uses it where the target has the same."""
    text = work.git("show", f"master:{FILE}", at=work.upstream) + "\n"
    text = text.replace("static int\t socket_open(const char *);\n", "static int\t mask = 077;\n", 1)
    text = text.replace("\tunlink(path);\n", "\tumask(mask);\n\tunlink(path);\n")
    work.commit({FILE: bumped(text).encode()}, "logd: no socket for everybody.", at=work.upstream)
    return work


def fates(work: Work) -> list[str]:
    return [one["fate"] for one in work.sync("logd")["logd"]["worksheet"]["entries"]]


def test_what_fits_and_waits_stands_on_top_of_the_branch(waiting: Work) -> None:
    found: dict[str, Any] = waiting.sync("logd")["logd"]
    assert found["target"]["draft"] == f"{BRANCH}-draft"
    assert waiting.git("rev-list", "--count", f"{BRANCH}..{BRANCH}-draft") == "1"
    assert waiting.git("merge-base", BRANCH, f"{BRANCH}-draft") == waiting.tip(BRANCH)
    diff = waiting.git("diff", "-U0", BRANCH, f"{BRANCH}-draft")
    assert [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")] == [
        "+\tumask(mask);"
    ]
    message = waiting.git("log", "-1", "--format=%B", f"{BRANCH}-draft")
    assert message.startswith("DRAFT (conflict): logd - ")
    assert f"Upstream-hunks: {FILE} 1.3: 2 of 2\n{DRAFT}: conflict" in message
    assert "fit here, and wait" in message


def test_a_second_run_and_a_fresh_clone_say_the_same(waiting: Work) -> None:
    waiting.sync("logd")
    before = waiting.branches()
    assert not waiting.sync("logd")["logd"]["changed"]
    for ref in before:
        waiting.git("update-ref", "-d", ref)
    waiting.forget()
    waiting.sync("logd")
    assert waiting.branches() == before


def test_the_draft_is_named_wherever_the_port_is(waiting: Work) -> None:
    told = " ".join(waiting.portkit("sync", "logd").out.split())
    assert f"on top (no branch to take): {BRANCH}-draft" in told
    assert f"to finish it by hand: {BEGIN}" in told
    assert BEGIN in " ".join(waiting.portkit("status", "logd").out.split())
    (row,) = waiting.portkit("--json", "status", "logd").object()["components"]
    assert row["draft"] == f"{BRANCH}-draft"
    for suffix in ("html", "md"):
        text = (waiting.folder / "reports" / f"worksheet-logd.{suffix}").read_text("utf-8")
        assert BEGIN in text
        assert "on the draft" in text
    sheet = json.loads((waiting.folder / "reports" / "worksheet-logd.json").read_bytes())
    assert (sheet["draft"], sheet["begin"]) == (f"{BRANCH}-draft", BEGIN)


def test_it_is_neither_pushed_nor_counted(waiting: Work, tmp_path: Path) -> None:
    waiting.sync("logd")
    draft = waiting.tip(f"{BRANCH}-draft")
    waiting.git("update-ref", f"refs/heads/{BRANCH}", draft)
    waiting.git("init", "-q", "--bare", str(tmp_path / "remote"))
    refused(waiting, "publish", "logd", "--to", str(tmp_path / "remote"), says="drafts are not pushed")
    waiting.git("update-ref", "refs/heads/master", draft)
    fate = fates(waiting)
    assert fate[-1] == "already"  # by what stands there, not by the trailer
    waiting.target_edit(FILE, "\tumask(mask);\n", "", "Not so.")
    assert fates(waiting)[-1] != "already"


def test_it_goes_once_nothing_waits(waiting: Work) -> None:
    waiting.sync("logd")
    waiting.target_edit(FILE, "\tunlink(path);\n", "\tumask(mask);\n\tunlink(path);\n", "By hand.")
    assert waiting.sync("logd")["logd"]["target"]["draft"] == ""
    assert not waiting.tip(f"{BRANCH}-draft")
