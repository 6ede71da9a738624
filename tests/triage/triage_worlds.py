"""A target that can say who made its files, and the cards of a sync onto it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync_worlds import Blobs, Downstream, Notes, Upstream, WorldTree, dhclient

from portkit.change.changeset import Blob
from portkit.components.model import Component
from portkit.decisions.model import Decision, Decisions
from portkit.paths import RepoPath
from portkit.protocols import FileStep
from portkit.sync.component import ComponentRun
from portkit.sync.plan import Plan, Scope
from portkit.triage.card import Card
from portkit.triage.case import PatchStep
from portkit.triage.explain import Explainer

A, B = "sbin/dhclient/a.c", "sbin/dhclient/b.c"


class Lived(Downstream):
    """A target's history with the life of each file."""

    def tree(self, commit: str, folders: Sequence[str]) -> WorldTree:
        made = super().tree(commit, folders)
        for files in self.files.values():
            for version in files.values():
                made.blob(version)
        return made

    def steps(self, commit: str, files: Mapping[RepoPath, Blob | None]) -> Mapping[RepoPath, Sequence[FileStep]]:
        blobs = Blobs()
        found: dict[RepoPath, list[FileStep]] = {path: [] for path in files}
        for one in self._until(commit):
            before = self.files[one.parents[0]] if one.parents else {}
            for path, told in found.items():
                old, new = before.get(path), self.files[one.id].get(path)
                if old != new:
                    old_blob = blobs.blob(old) if old is not None else None
                    told.append(FileStep(one, old_blob, blobs.blob(new) if new is not None else None))
        return found


def planned(
    upstream: Upstream,
    target: Lived,
    component: Component | None = None,
    ids: tuple[str, ...] = (),
    decisions: tuple[Decision, ...] = (),
) -> Plan:
    known = Decisions(decisions, "decisions.yaml")
    run = ComponentRun(component or dhclient(), "OpenBSD", upstream, target, Notes(), decisions=known)
    return run.plan(target.tip, Scope(lambda every: len(every) - 1, ids))


def cards(
    upstream: Upstream,
    target: Lived,
    component: Component | None = None,
    *,
    ids: tuple[str, ...] = (),
    memory: Notes | None = None,
    ports: tuple[str, ...] = (),
    patched: Mapping[str, Sequence[PatchStep]] | None = None,
    decisions: tuple[Decision, ...] = (),
) -> list[Card]:
    """The cards of a sync of everything."""
    plan = planned(upstream, target, component, ids, decisions)
    assert plan.ground is not None
    explainer = Explainer(
        component or dhclient(), plan.outcome.changesets, plan.ground, upstream, target, memory or Notes(), ports=ports,
        patched={RepoPath(path): steps for path, steps in (patched or {}).items()},
    )
    return list(explainer.cards())
