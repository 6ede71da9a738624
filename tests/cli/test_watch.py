"""What is watched: how far back, on the screen, and on a page of its own."""

from __future__ import annotations

import json
from pathlib import Path

from cli_work import Told, call
from test_audit import commit

MAP = """\
version: 1
upstreams:
  openbsd: {git: up.git, branch: master}
target: {git: down.git, branch: master}
components:
  tool:
    mode: watch
    upstream: openbsd
    paths: {usr.sbin/tool/: usr.sbin/tool/}
"""


def words(told: Told) -> str:
    return " ".join(told.out.split())


def test_it_is_told_by_topic_and_as_far_back_as_is_said(tmp_path: Path) -> None:
    (tmp_path / "upstream-map.yaml").write_text(MAP + "    watch: {days: 2}\n")
    commit(tmp_path / "down.git", {"usr.sbin/tool/own.c": b"\n"}, "own", 1)
    commit(tmp_path / "up.git", {"usr.sbin/tool/a.c": b"int a;\n"}, "Fix a buffer <b>overflow</b>.", 1)
    commit(tmp_path / "up.git", {"usr.sbin/tool/tool.8": b".Sh A\n"}, "Say more.", 5)
    last = commit(tmp_path / "up.git", {"usr.sbin/tool/a.c": b"int b;\n"}, "Check the packet.", 6)
    told = call("-C", str(tmp_path), "sync")
    assert told.code == 0 and "2 changesets upstream since 2012-01-04: 1 protocol, 1 documentation" in words(told)
    page, mail, data = (tmp_path / f"reports/watch-tool.{kind}" for kind in ("html", "md", "json"))
    assert "Check the packet." in page.read_text() and "a buffer" not in page.read_text()
    found = json.loads(data.read_text())
    assert [one["topics"] for one in found["watched"]] == [["documentation"], ["protocol"]]
    told = call("-C", str(tmp_path), "sync", "--since", "2012-01-01")
    assert "3 changesets upstream since 2012-01-01: 1 security, 1 protocol, 1 documentation" in words(told)
    assert "<b>" not in page.read_text() and page.read_text().index("a buffer") < page.read_text().index("packet")
    assert "## Security (1)" in mail.read_text() and max(map(len, mail.read_text().splitlines())) <= 78
    assert call("-C", str(tmp_path), "decide", "not-applicable", last[:10], "--reason", "another packet").code == 0
    told = call("-C", str(tmp_path), "sync", "--since", "2012-01-01")
    assert "decided" in told.out and page.read_text().index("Say more.") < page.read_text().index("Check the packet.")
    assert call("-C", str(tmp_path), "sync", "--since", "nothing-of-that-name").code == 2
    weekly = call("-C", str(tmp_path), "report", "weekly")
    (written,) = (tmp_path / "reports").glob("2*/weekly.md")
    assert weekly.code == 0 and "What upstream did since 2012-01-04 (2 changesets)" in written.read_text()


def test_days_and_since_are_two_ways_to_say_it(tmp_path: Path) -> None:
    for text, says in (
        ("{days: 0}", "0 is not from 1 to 99999"), ("{days: many}", "a whole number is expected"),
        ("{days: 3, since: 2012-01-01}", "stands beside since"), ("{far: 3}", "there is no key 'far' here"),
    ):  # fmt: skip
        (tmp_path / "upstream-map.yaml").write_text(MAP + f"    watch: {text}\n")
        told = call("-C", str(tmp_path), "sync")
        assert told.code == 2 and says in told.err.replace("\n", " "), text
