"""What a command loads: no module that it has no use for, since each costs every start."""

from __future__ import annotations

import pytest
from cli_work import Work, loaded

PORT = {
    "portkit.merge.by_words", "portkit.merge.companions", "portkit.merge.placing", "portkit.merge.wording",
    "portkit.sync.plan_port", "portkit.sync.port_draft", "portkit.sync.porting",
}  # fmt: skip
IMPORT = {"portkit.sync.adapt", "portkit.sync.plan_import", "portkit.sync.vendor"}
PATCHES = {"portkit.patches.reading", "portkit.patches.series"}
REPLAY = {"portkit.sync.plan_replay"}
WATCH = {"portkit.sync.plan_watch", "portkit.sync.watching"}
PAGES = {"jinja2", "portkit.report.page", "portkit.report.watch_page", "portkit.report.worksheet_page"}
ENGINE = {
    "portkit.merge.file", "portkit.merge.gate", "portkit.ports.model", "portkit.sync.branch", "portkit.sync.component",
    "portkit.sync.inputs", "portkit.sync.plan_replay", "portkit.sync.run",
}  # fmt: skip
NEVER = {"asyncio", "distributed", "git", "portkit.audit", "portkit.survey", "portkit.triage"}


@pytest.mark.parametrize(
    ("component", "own", "others"),
    [
        ("leased", REPLAY, PORT | IMPORT | PATCHES | WATCH | PAGES - {"jinja2"}),
        ("msg", REPLAY | {"portkit.sync.plan_import"}, PORT | WATCH | PAGES - {"jinja2"}),
        ("logd", {"portkit.sync.plan_port"}, IMPORT | PATCHES | WATCH | REPLAY),
        ("clockd", {"portkit.sync.plan_watch"}, IMPORT | PATCHES | REPLAY | {"portkit.sync.plan_port"}),
    ],
)
def test_a_sync_loads_the_module_of_its_mode_alone(
    work: Work, component: str, own: set[str], others: set[str]
) -> None:
    """Until the day before leased needs msg, so that it is planned alone."""
    until = "2012-05-31" if component == "leased" else "2012-12-31"
    found = loaded("-C", str(work.folder), "--json", "sync", component, "--until", until)
    assert own <= found
    assert sorted(found & (others | NEVER)) == []


def test_a_sync_with_nothing_new_loads_nothing_that_works_it_out(work: Work) -> None:
    work.sync("leased")
    found = loaded("-C", str(work.folder), "--json", "sync", "leased")
    assert sorted(found & (ENGINE | PORT | IMPORT | PATCHES | WATCH | PAGES | NEVER)) == []


def test_who_asks_for_conflicts_again_waits_for_no_port(work: Work) -> None:
    first = work.portkit("--json", "conflicts").object()
    assert not loaded("-C", str(work.folder), "conflicts") & (PORT | WATCH)
    assert work.portkit("--json", "conflicts").object() == first


def test_status_after_a_sync_works_nothing_out(work: Work) -> None:
    work.sync()
    found = loaded("-C", str(work.folder), "status")
    assert sorted(found & (PORT | WATCH | PATCHES)) == []
    before = work.portkit("--json", "status").object()
    work.git("update-ref", "refs/heads/portkit/logd", "master")  # another state: it is worked out again
    assert loaded("-C", str(work.folder), "status") & PORT
    after = work.portkit("--json", "status").object()
    assert [one["states"] for one in after["components"]] == [one["states"] for one in before["components"]]


@pytest.mark.parametrize("arguments", [("--version",), ("--help",)])
def test_what_needs_no_workspace_loads_none(arguments: tuple[str, ...]) -> None:
    found = {one for one in loaded(*arguments) if one.startswith("portkit")}
    assert found == {
        "portkit", "portkit.__main__", "portkit.cli", "portkit.cli.main", "portkit.cli.options", "portkit.cli.screen",
        "portkit.components", "portkit.components.mistakes", "portkit.errors", "portkit.text",
    }  # fmt: skip
