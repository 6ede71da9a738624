"""`portkit ports`, and what a sync makes of it."""

from __future__ import annotations

from cli_work import Work


def test_what_portkit_ported_is_a_port(synced: Work) -> None:
    synced.git("update-ref", "refs/heads/master", "portkit/leased")
    found = synced.portkit("--json", "ports", "leased").object()
    assert {"ident", "trailer", "content", "message"} >= {kind for one in found["ports"] for kind in one["evidence"]}
    by_portkit = [one for one in found["ports"] if "trailer" in one["evidence"]]
    assert len(by_portkit) == 8
    assert {one["confidence"] for one in by_portkit} == {1.0}
    told = synced.portkit("-v", "ports", "leased")
    assert told.code == 0
    assert [line for line in told.out.splitlines() if len(line) > 80] == []
    tip = synced.tip("master")
    since = synced.portkit("--json", "ports", "leased", "--since", f"{tip}~2").object()
    assert [one["target_commit"] for one in since["ports"]][-1] == tip
    assert len(since["ports"]) == 2
