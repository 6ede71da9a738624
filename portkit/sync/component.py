"""One component's run: from upstream's history and a target commit to outcomes, and the commits to be written.

Nothing is written here. What is returned says everything: the outcomes for the reports, the commits for the branch
and for the draft. How a component is planned is its mode's affair, and a mode's module is loaded where a component has
that mode.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import assert_never

from portkit.components.model import Mode
from portkit.paths import RepoPath
from portkit.sync.inputs import Inputs
from portkit.sync.outcome import Notice
from portkit.sync.plan import Plan, Scope
from portkit.sync.points import day_of, iso_day


class ComponentRun(Inputs):
    """One component against one upstream and one target commit."""

    def plan(self, onto: str, scope: Scope) -> Plan:
        """The plan for the target commit `onto`. Raises UserError where upstream or the target lacks the
        component's paths."""
        self.refuse_strange_upstream()
        until = scope.until(self.changesets)
        match self.component.mode:
            case Mode.PORT:
                from portkit.sync.plan_port import ported

                plan = ported(self, onto, scope, until)
            case Mode.WATCH:
                from portkit.sync.plan_watch import watched

                plan = watched(self, onto, scope, until)
            case Mode.SYNC | Mode.IMPORT:
                from portkit.sync.plan_replay import replayed

                plan = replayed(self, onto, scope, until)
            case _:
                assert_never(self.component.mode)
        damaged = tuple(Notice("damaged", f"{one.what}; it was left out", one.path) for one in self.damaged())
        notices = (*damaged, *plan.outcome.notices, *self._retired(until), *self.stale)
        return replace(plan, outcome=replace(plan.outcome, notices=notices))

    def _retired(self, until: int) -> Iterable[Notice]:
        """That upstream ended the component, once what is looked at reaches that point."""
        retired = self.component.retired
        if until < 0:
            return
        if retired is None:
            yield from self._deleted(until)
            return
        day = day_of(retired.at)
        at = until if day is not None else self.reached("retired", retired.at)
        if at is None or until < at or (day is not None and self.changesets[until].date < day):
            return
        when = retired.at if day is not None else iso_day(self.changesets[at].date)
        follows = f"; {retired.successor} followed" if retired.successor else "; nothing followed it"
        text = f"upstream ended {self.component.name} on {when} (the map's retired){follows}"
        yield Notice("retired", text, retired.successor)

    def _deleted(self, until: int) -> Iterator[Notice]:
        """That upstream deleted the last of its files, where the map says nothing of an end."""
        there: set[RepoPath] = set()
        for one in self.changesets[: until + 1]:
            for change in one.files:
                (there.discard if change.new is None else there.add)(change.path)
        if not there:
            name, day = self.component.name, iso_day(self.changesets[until].date)
            text = f"upstream deleted the last file of {name} on {day}; what followed, the map can say (retired)"
            yield Notice("retired", text)
