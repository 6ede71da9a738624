"""`map check` with a git mirror and the CVS repository behind it: whether the two agree."""

from __future__ import annotations

from cli_work import Work


def test_the_example_s_two_agree(work: Work) -> None:
    done = work.portkit("--json", "map", "check")
    assert done.code == 0, done.err
    found = done.object()
    assert found["disagreements"] == []
    (note,) = [one for one in found["findings"] if one["key"] == "upstreams.openbsd-cvs"]
    assert (note["severity"], note["text"]) == ("note", "25 changesets the same as of openbsd")


def test_what_disagrees_is_told(work: Work) -> None:
    """Somebody edited the repository's own files."""
    place = work.folder / "openbsd.cvs" / "src" / "sbin" / "leased" / "timer.c,v"
    content = place.read_bytes()
    assert content.count(b"\n@\n\n\n") >= 1
    place.chmod(0o644)
    place.write_bytes(content.replace(b"\n@\n\n\n", b"\n \n@\n\n\n"))
    done = work.portkit("--json", "map", "check")
    assert done.code == 0, done.err
    found = done.object()
    kinds = {one["kind"] for one in found["disagreements"]}
    assert "content" in kinds
    assert all(set(one) == {"kind", "openbsd", "openbsd-cvs", "revisions"} for one in found["disagreements"])
    warnings = [one for one in found["findings"] if one["severity"] == "warning"]
    assert {one["key"] for one in warnings} == {"upstreams.openbsd-cvs"}
    assert any("another content in openbsd-cvs than in openbsd" in one["text"] for one in warnings)


def test_a_mirror_that_is_late(work: Work) -> None:
    work.git("update-ref", "refs/heads/master", work.tip("master~2", at=work.upstream), at=work.upstream)
    done = work.portkit("--json", "map", "check")
    (note,) = [one for one in done.object()["findings"] if one["key"] == "upstreams.openbsd-cvs"]
    assert note["text"] == "23 changesets the same as of openbsd; 2 changesets newer than what openbsd has"


def test_a_twin_that_cannot_be_read_is_told_and_stops_nothing(work: Work) -> None:
    work.map.write_text(work.map.read_text("utf-8").replace("cvs: openbsd.cvs ", "cvs: nowhere "), "utf-8")
    done = work.portkit("map", "check")
    assert done.code == 2 and "there is no folder" in done.out + done.err
    assert work.portkit("sync").code in (0, 1)
