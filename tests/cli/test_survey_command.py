"""`portkit survey` on the example, in one process, in two, and on a Dask cluster of this machine."""

from __future__ import annotations

from typing import Any

import pytest
from cli_work import Work, refused


def files(work: Work, *arguments: str) -> dict[str, dict[str, Any]]:
    told = work.portkit("--json", "survey", "--jobs", "1", *arguments).object()
    return {one["target"]: one for one in told["files"]}


def test_every_derived_file_is_found_with_its_version(work: Work) -> None:
    before = work.everything()
    told = work.portkit("--json", "survey", "--jobs", "1").object()
    found = {one["target"]: one for one in told["files"]}
    assert found["sbin/leased/leased.c"]["upstream"] == "sbin/leased/leased.c"
    assert found["sbin/leased/leased.c"]["revision"] == "1.2"
    assert found["sbin/leased/leased.c"]["behind"] > 0
    assert found["sbin/leased/leased.c"]["lag_days"] == 293
    assert {one["standing"] for one in told["files"]} == {"resolved"}
    assert told["best"][0]["folder"] == "sbin/leased"
    assert told["best"][0]["component"] == "leased"
    assert told["totals"]["files"] == len(told["files"]) == sum(one["files"] for one in told["directories"])
    assert work.everything() == before


def test_by_content_another_version_may_be_nearer(work: Work) -> None:
    one = files(work)["sbin/leased/options.c"]
    assert (one["revision"], one["nearest"]) == ("1.2", None)
    one = files(work, "--by-content")["sbin/leased/options.c"]
    assert (one["revision"], one["nearest"], one["distance"]) == ("1.2", "1.4", 5)
    assert one["behind"] < files(work)["sbin/leased/options.c"]["behind"]


def test_only_what_was_asked_for(work: Work) -> None:
    assert files(work, "usr.sbin") == {}
    assert set(files(work, "sbin/leased/leased.c")) == {"sbin/leased/leased.c"}
    refused(work, "survey", "../outside", says="climbs out")
    refused(work, "survey", "--source", "nosuch", says="nosuch")


def test_it_reads_as_80_columns(work: Work) -> None:
    told = work.portkit("-v", "survey", "--jobs", "1", "--by-content")
    assert told.code == 0
    assert [line for line in told.out.splitlines() if len(line) > 80] == []
    assert "sbin/leased" in told.out


def test_how_many_processes_changes_no_byte(work: Work) -> None:
    alone = work.portkit("--json", "survey", "--by-content", "--jobs", "1").out
    work.forget()
    assert work.portkit("--json", "survey", "--by-content", "--jobs", "2").out == alone
    assert work.portkit("--json", "survey", "--by-content", "--jobs", "2").out == alone


def test_a_cluster_gives_the_same_bytes(work: Work) -> None:
    distributed = pytest.importorskip("distributed")
    alone = work.portkit("--json", "survey", "--by-content", "--jobs", "1").out
    work.forget()
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0) as cluster:
        told = work.portkit("--json", "survey", "--by-content", "--cluster", cluster.scheduler_address)
    assert told.code == 0, told.err
    assert told.out == alone


def test_a_cluster_that_is_not_there(work: Work) -> None:
    pytest.importorskip("distributed")
    told = work.portkit("survey", "--cluster", "tcp://127.0.0.1:9")
    assert told.code == 3
    assert "no Dask scheduler answers" in told.err


def test_the_page_is_written(work: Work) -> None:
    told = work.portkit("--json", "survey", "--jobs", "1", "--page").object()
    (name,) = told["pages"]
    assert name == str(work.folder / "reports" / "survey.html")
    page = (work.folder / "reports" / "survey.html").read_text("utf-8")
    assert "Where the target lags OpenBSD" in page
    assert "portkit sync leased" in page


def as_cvs(work: Work) -> None:
    """The example's map, with the CVS repository in place of the mirror."""
    text = work.map.read_text("utf-8")
    changed = text.replace("    git: openbsd.git ", "    cvs: openbsd.cvs ")
    changed = changed.replace("    branch: master\n    title", "    title")
    work.map.write_text(changed, "utf-8")


def test_a_cvs_repository_gives_the_same_survey(work: Work) -> None:
    def without_ids(told: dict[str, Any]) -> list[tuple[Any, ...]]:
        return [
            tuple(one[key] for key in ("target", "upstream", "revision", "behind", "standing", "nearest", "distance"))
            for one in told["files"]
        ]

    git = work.portkit("--json", "survey", "--by-content", "--jobs", "1").object()
    as_cvs(work)
    cvs = work.portkit("--json", "survey", "--by-content", "--jobs", "2").object()
    assert without_ids(cvs) == without_ids(git)
    assert any(one["distance"] for one in cvs["files"])
    assert work.portkit("--json", "survey", "--by-content", "--jobs", "1").object() == cvs
    assert work.portkit("--json", "sync", "--dry-run").code == 1  # whose index is another
    work.forget()
    assert work.portkit("--json", "survey", "--by-content", "--jobs", "1").object() == cvs
    assert work.portkit("report", "survey").code == 0
