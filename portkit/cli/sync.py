"""`portkit sync`: what is new upstream, onto a branch of the target."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from portkit.cli.failing import failed
from portkit.cli.options import Options
from portkit.cli.screen import WIDTH, Screen
from portkit.cli.waiting import previous_report
from portkit.cli.watch import tell_watch, write_watch
from portkit.cli.wiring import Workspace, workspace
from portkit.cli.worksheet import previous_worksheet, shown_worksheet, tell_worksheet, write_worksheet
from portkit.components.model import CheckPolicy, Mode
from portkit.errors import UserError
from portkit.report.contract import sync_object
from portkit.report.waiting import new_since, open_ids
from portkit.report.worksheet import open_ids as open_in
from portkit.store.results import Results
from portkit.sync.outcome import DRAFT_SUFFIX, ChangesetOutcome, ComponentOutcome, State
from portkit.sync.points import day_of
from portkit.sync.request import Request
from portkit.target.refs import RefUpdate

if TYPE_CHECKING:
    from portkit.sync.plan import Plan

WAITS = 1
_INDENT = " " * 17


@click.command(
    "sync",
    epilog="Ends with 0 where nothing new waits for a person, with 1 where something does: that is no failure. "
    "2 is a mistake of the caller's, 3 one of git, the disk or the network.",
)
@click.argument("components", nargs=-1)
@click.option("--onto", metavar="REV", help="The target commit to start from (default: the map's branch).")
@click.option("--until", default="", metavar="REV-or-DATE", help="Look at upstream no further than this.")
@click.option("--changeset", "changesets", multiple=True, metavar="ID", help="Only this changeset; may be repeated.")
@click.option("--branch", default="", metavar="NAME", help="Write this branch (default: portkit/<component>).")
@click.option("--as-of", default="", metavar="DATE", help="What counts as today for what was deferred.")
@click.option("--partial", is_flag=True, help="Of what is parked, land the files that fit by themselves.")
@click.option("--since", default="", metavar="REV-or-DATE", help="Tell of what is watched from here on.")
@click.option("--check", "checking", is_flag=True, help="Type-check what lands, and say what it adds.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be done.")
@click.option("--verify", "verifying", is_flag=True, help="Run the map's own commands on what was written.")
@click.option("--strict", is_flag=True, help="Exit 1 while anything at all waits for a person.")
@click.pass_obj
def command(
    options: Options,
    components: tuple[str, ...],
    onto: str | None,
    until: str,
    changesets: tuple[str, ...],
    branch: str,
    as_of: str,
    partial: bool,
    since: str,
    checking: bool,
    dry_run: bool,
    verifying: bool,
    strict: bool,
) -> int:
    """Replays what is new upstream onto a branch of the target, and says why for the rest.

    What provably is upstream's change lands. Everything else is parked, with its reason; it stands on a draft
    branch that is not to be taken.
    """
    if as_of and day_of(as_of) is None:
        raise UserError(f"{as_of!r} is no date", where="--as-of", hint="write it as 2012-08-15")
    with workspace(options, writing=not dry_run) as place:
        target = place.target()
        request = Request(
            place.components(components),
            target.resolve(onto) if onto else target.default_tip(),
            until,
            changesets,
            branch,
            dry_run,
            as_of,
            partial,
            since,
        )
        before = {name: open_in(previous_worksheet(place.reports, name)) for name in request.components}
        outcomes = run(place, request, checking=checking)
        new = new_since(outcomes, previous_report(place.reports))
        still = open_ids(outcomes)
        cards = bool(still)
        sheets: set[str] = set()
        for outcome in outcomes:
            if outcome.worksheet is not None:
                left = outcome.worksheet.open_ids()
                new += [one for one in left if one not in before[outcome.name]]
                still += left
                sheets |= {outcome.name} if left else set()
        for outcome in outcomes:
            tell(place.screen, outcome, dry_run=dry_run)
        tell_waiting(place.screen, len(new), len(still), cards=cards, sheets=() if dry_run else sorted(sheets))
        damage = damaged(outcomes)
        if damage is not None:
            return failed(place.screen, sync_object(outcomes), damage)
        told = sync_object(outcomes)
        broken = False
        if verifying:
            from portkit.cli.verifying import tell_verified, verified, verified_object

            ran = verified(place, outcomes)
            tell_verified(place.screen, ran)
            told = {**told, "verified": verified_object(ran)}
            broken = any(not one.passed for _, _, found in ran for one in found)
        place.screen.result(told)
        return WAITS if broken or (still if strict else new) else 0


def damaged(outcomes: Sequence[ComponentOutcome]) -> UserError | None:
    """What is to be mended first: upstream's files that could not be read. None where all could."""
    found = list(dict.fromkeys(notice.text for one in outcomes for notice in one.notices if notice.kind == "damaged"))
    if not found:
        return None
    more = f", and {len(found) - 1} more files" if len(found) > 1 else ""
    return UserError(f"{found[0]}{more}", hint="bring the file anew (rsync, reposync), then sync again")


def run(place: Workspace, request: Request, *, checking: bool = False) -> tuple[ComponentOutcome, ...]:
    """Runs the sync and, unless it is dry, moves its branches in one step; `checking`: with the type check of what it
    brings. Where nothing changed since the last run, neither git nor the clock is asked again."""
    target = place.target()
    place.settled = not request.until  # up to a point that is said, nothing is left for the next run
    results, known = _remembered(place, request, checking=checking)
    if known is not None:
        _write_sheets(place, request, known)
        return known
    plans: dict[str, Plan] = {}
    result = place.sync(lambda one, plan: plans.update({one.name: plan} if checking else {})).run(request)
    outcomes = result.outcomes
    if checking:
        from portkit.cli.type_checks import type_checked  # a plain sync starts without

        outcomes = type_checked(place, outcomes, plans)
    if result.moves:
        target.move([RefUpdate(target.branch_ref(one.branch), one.new, one.expected) for one in result.moves])
    beside = any(notice.kind == "branch" for one in outcomes for notice in one.notices)
    if not beside:  # a branch that could not be moved may be free by the next run, and nothing here would tell
        wanted = () if request.dry_run else [one.branch for one in outcomes if one.branch]
        branches = [name for branch in wanted for name in (branch, branch + DRAFT_SUFFIX)]
        results.put(outcomes, {name: target.tip(name) for name in branches})
    _write_sheets(place, request, outcomes)
    return outcomes


def looked_at(place: Workspace, request: Request) -> tuple[ComponentOutcome, ...]:
    """The outcomes of `request` as a dry run gives them; where the very sync was the last that was run, and nothing
    changed since, as that one gave them."""
    known = None
    with suppress(UserError):  # who looks need not have a name to commit by; any other mistake shows below, too
        _, known = _remembered(place, replace(request, dry_run=False))
    return known if known is not None else run(place, replace(request, dry_run=True))


def _remembered(
    place: Workspace, request: Request, *, checking: bool = False
) -> tuple[Results, tuple[ComponentOutcome, ...] | None]:
    """What is remembered of such a request, and the outcomes, where nothing that they depend on changed since."""
    target = place.target()
    names = sorted({place.map.component(one).upstream for one in request.components})
    histories = [place.history(place.map.source(name)) for name in names]
    results = Results(
        place.memory(),
        repr(replace(request, onto="")) + (" type check" if checking else ""),
        [repr(place.map), request.onto, repr(place.template()), repr(target.cut)]
        + [history.stamp for history in histories]
        + [repr((place.decisions(one.name), place.resolutions(one.name))) for one in place.map.components]
        + [repr(place.series(one.name)) for one in place.map.components if one.mode is Mode.IMPORT]
        + ([] if request.dry_run else [repr(target.identity())])
        + ([place.compiler_stamp()] if checking or _bound(place) else []),
    )
    return results, None if any(history.rewritten for history in histories) else results.get(target.tip)


def _bound(place: Workspace) -> bool:
    """Whether the type check decides what lands, so that another compiler may land something else."""
    return any(one.check is CheckPolicy.BINDING for one in place.map.components)


def _write_sheets(place: Workspace, request: Request, outcomes: Sequence[ComponentOutcome]) -> None:
    for outcome in outcomes:
        if outcome.worksheet is not None and not request.dry_run:
            write_worksheet(place, outcome)
        if outcome.watched and not request.dry_run:
            write_watch(place, outcome)


def tell(screen: Screen, outcome: ComponentOutcome, *, dry_run: bool) -> None:
    """One component's outcome, at 80 columns."""
    counts = outcome.counts()
    screen.say(f"{outcome.name} ({outcome.mode})")
    for notice in outcome.notices:
        if notice.kind in ("damaged", "port", "branch", "needs", "rewritten", "retired", "stale", "vendor"):
            screen.paragraph(notice.text)
    if outcome.mode == "watch":
        tell_watch(screen, outcome, written=not dry_run)
        return
    if not outcome.changesets:
        screen.paragraph("nothing new upstream")
    else:
        told = ", ".join(f"{count} {state}" for state, count in counts.items() if count and state != "changesets")
        screen.paragraph(f"{_counted(counts['changesets'])}: {told}")
        by_hand = sum(any(file.resolutions for file in one.files) for one in outcome.changesets)
        if by_hand:
            screen.paragraph(f"settled by a person, at least in part: {by_hand} of them")
    if dry_run:
        screen.paragraph(f"dry run: {outcome.branch} was not written")
    elif outcome.changed:
        screen.paragraph(f"branch {outcome.branch} is at {outcome.tip[:12]}, onto {outcome.onto[:12]}")
    else:
        screen.paragraph(f"branch {outcome.branch} was up to date at {outcome.tip[:12]}; nothing was changed")
    if outcome.draft and outcome.worksheet is not None:
        screen.paragraph(f"draft, with what fits and waits on top (no branch to take): {outcome.draft}")
    elif outcome.draft:
        screen.paragraph(f"draft past what is parked (no branch to take): {outcome.draft}")
    by_id = {one.changeset.id: one for one in outcome.changesets}
    if outcome.worksheet is not None:
        tell_worksheet(screen, outcome, written=not dry_run)
    for one in outcome.changesets:
        if outcome.worksheet is None and one.state not in (State.PORTED, State.ALREADY):
            _tell_parked(screen, one, by_id)
    if outcome.type_check is not None:
        from portkit.cli.type_checks import tell_type_check

        tell_type_check(screen, outcome)
    for path, text in _unmapped(outcome):
        screen.paragraph(f"{path}: {text}", first="  new file       ", indent=_INDENT)


def tell_waiting(screen: Screen, new: int, still: int, *, cards: bool, sheets: Sequence[str]) -> None:
    """How many places wait for a person: it is why a sync ends with 1. `cards`: some of them are conflicts; `sheets`:
    the components that have others on their worksheets."""
    if not still:
        return
    said = "none of them new" if not new else "all of them new" if new == still else f"{new} of them new"
    screen.say()
    wait = "1 place waits" if still == 1 else f"{still} places wait"
    screen.say(f"{wait} for a person, {said} since the last report.")
    if cards:
        screen.say("Look at them:  portkit conflicts        Write them up:  portkit report weekly")
    for name in sheets:
        screen.say(f"What is left of {name}:  {shown_worksheet(name)}")
    if not cards:
        screen.say("Write them up:  portkit report weekly")


def _tell_parked(screen: Screen, one: ChangesetOutcome, by_id: dict[str, ChangesetOutcome]) -> None:
    files = [file for file in one.files if file.conflicts] or list(one.files)
    revisions = ", ".join(f"{file.upstream.rpartition('/')[2]} {file.revision or ''}".strip() for file in files[:3])
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    screen.say(f"  {one.state:<14} {one.changeset.id[:10]} {revisions}{more}"[:WIDTH], style=str(one.state))
    reason = one.reason
    if one.state is State.BLOCKED:
        roots = [
            by_id[other].changeset.id[:10]
            for other in one.blocked_by
            if other in by_id and by_id[other].state is not State.BLOCKED
        ]
        reason = f"waits for {', '.join(roots)}: {reason}"
    screen.paragraph(reason, first=_INDENT, indent=_INDENT)


def _counted(count: int) -> str:
    return "1 changeset" if count == 1 else f"{count} changesets"


def _unmapped(outcome: ComponentOutcome) -> Sequence[tuple[str, str]]:
    return [(notice.path, notice.text) for notice in outcome.notices if notice.kind == "unmapped"][:20]
