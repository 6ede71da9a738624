"""The weekly report as Markdown that reads as a plain mail.

Whatever comes from a repository stands in indented blocks, where Markdown reads nothing: so it needs no escaping,
lines up in columns, and looks the same in a mail and on a page. What little of it stands elsewhere is in code spans.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from portkit.change.changeset import Changeset
from portkit.report.contract import iso, revisions
from portkit.report.mail import INDENT, WIDTH, block, commands, finished, named, prose, span, wrapped
from portkit.report.shown import Side, counted, headline, log, one_line, sides
from portkit.report.type_check import told as check_told
from portkit.report.view import Blocked, Candidate, ComponentView, PatchHealth, Root, Spoken, Weekly, by_hand, in_part
from portkit.report.waiting import Waiting
from portkit.report.watched import ordered, told
from portkit.report.wording import (
    behind_sentence,
    continued,
    lag,
    landed_sentence,
    place,
    security_sentence,
    summary,
    type_check_sentence,
    used,
    waiting_sentence,
)
from portkit.sync.outcome import ChangesetOutcome, Notice
from portkit.sync.watched import Watched

SIDE_LINES = 8
"""Lines of a side that a mail shows; the page shows more."""

NEW_FILES = 12
"""New upstream files that a mail names; the page names them all."""

WATCHED = 30
"""Watched changesets that a mail names, those worth reading first; the page names them all."""

BLOCKS = 6
"""Where a conflict blocks more changesets, a mail names them in the list of what is blocked only."""

TREND = 8
"""Reports back that a mail tells in numbers; the page draws more."""

_LEGEND = "Base is upstream before, ours the target, theirs upstream after. `>` marks what base does not have."


def markdown(view: Weekly) -> bytes:
    """The report, UTF-8, at most WIDTH columns. Three lines where there is nothing new."""
    blocks = [f"# Upstream sync, {named(view.as_of)}"]
    blocks += _quiet(view) if view.nothing_new else _full(view)
    return finished(blocks)


def _quiet(view: Weekly) -> Iterator[str]:
    since = f"Nothing new since {named(view.since)}" if view.since else "Nothing new"
    still = f"; {_still(view)}" if view.parked else ", and nothing waits for you"
    next_line = f"Next: {span(view.next[-1].text)}, {view.next[-1].why}." if view.next else "Next: nothing to do."
    yield f"{since}{still}.\n{next_line}"


def _still(view: Weekly) -> str:
    more = f", {view.blocked} more for those" if view.blocked else ""
    return f"{counted(view.parked, 'changeset')} still {'wait' if view.parked > 1 else 'waits'} for you{more}"


def _full(view: Weekly) -> Iterator[str]:
    for text in view.trouble:
        yield "**Incomplete:**"
        yield block(wrapped(text, ""))
    yield prose(f"**Landed:** {landed_sentence(view, named)}")
    yield prose(f"**Waits for you:** {waiting_sentence(view, named)}")
    yield prose(f"**Security:** {security_sentence(view, named)}")
    yield prose(f"**Behind:** {behind_sentence(view, named)}")
    compiled = type_check_sentence(view, named)
    if compiled:
        yield prose(f"**Type check:** {compiled}")
    if view.next:
        yield "**Next:**"
        yield block(commands(view.next))
    else:
        yield "**Next:** nothing to do."
    if view.security:
        yield f"## Security first ({len(view.security)})"
        yield prose("By the words of upstream's logs, which stand before each. A word proves nothing.")
        yield block(line for one in view.security for line in _spoken(one))
    for component in view.components:
        yield from _component(view, component)
    for health in view.patches:
        yield f"## Local patches of {named(health.component)}"
        yield block(_patches(health))
    if view.delta.still:
        yield "## Still open"
        yield block(f"{id}  since {one_line(view.opened[id], 10)}" for id in view.delta.still)
    if view.ended:
        yield "## Closed since the last report"
        yield block(
            line
            for one in view.ended
            for line in (
                f"{one_line(one.id, 20)}  {one_line(one.how)}",
                *wrapped(f"{one.component}: {one.place}", "    "),
                *wrapped(one.subject, "    "),
            )
        )
    days = sorted({one.as_of for one in view.weeks})[-TREND:]
    if len(days) > 1:
        yield f"## The last {len(days)} reports"
        yield block(_trend(view, days))


def _spoken(one: Spoken) -> Iterator[str]:
    state = "landed" if one.state == "ported" else one.state
    yield f"{one_line(', '.join(one.words), 40)}: {state}{'  new' if one.new else ''}"
    yield from _changeset(one.changeset, [one_line(one.component, 40)])


def _patches(health: PatchHealth) -> Iterator[str]:
    yield from wrapped(health.summary, "")
    for one in health.patches:
        yield from wrapped(f"{one.state}: {one.name} {one.note}", "  ")
    if health.command:
        yield from continued(health.command, WIDTH - len(INDENT))


def _trend(view: Weekly, days: list[str]) -> Iterator[str]:
    yield f"{'':10}  {'landed':>6}  {'waits':>6}  {'blocked':>7}  oldest, days behind"
    for one in view.weeks:
        if one.as_of in days:
            name = one_line(one.component, 16)
            yield f"{one.as_of:10}  {one.landed:>6}  {one.waits:>6}  {one.blocked:>7}  {one.lag_oldest:>6} {name}"


def _component(view: Weekly, component: ComponentView) -> Iterator[str]:
    outcome = component.outcome
    yield f"## {named(outcome.name)} ({outcome.mode})"
    if outcome.changesets:
        yield prose(f"{counted(len(outcome.changesets), 'changeset')}: {summary(component)}.")
        if component.lag.count:
            yield prose(lag(component))
    facts = [("onto", outcome.onto)]
    if outcome.branch:
        written = f"at {outcome.tip[:12]}" if outcome.tip else "not written"
        facts.append(("branch", f"{one_line(outcome.branch)}, {written}"))
    if outcome.draft:
        why = "what fits and waits, to begin by hand" if outcome.worksheet is not None else "to look at and not to take"
        facts.append(("draft", f"{one_line(outcome.draft)}, {why}"))
    if outcome.changesets:
        yield block(f"{name:7} {one_line(text)}" for name, text in facts)
    if component.notes:
        yield block(line for note in component.notes for line in wrapped(note.text, ""))
    if component.roots:
        yield "### Waits for you"
        yield prose(_LEGEND)
        for root in component.roots:
            yield block(_root(view, root))
            link = view.links.to_changeset(root.outcome.changeset.id)
            if link:
                yield f"<{link}>"
    for group in component.blocked:
        yield f"### {_blocked_title(group)}"
        yield block(line for one in group.outcomes for line in (*_entry(one), *wrapped(one.reason, "    ")))
    if component.sheet:
        yield f"### On the worksheet ({len(component.sheet)})"
        left = len(component.sheet) - NEW_FILES
        yield block(
            [line for one in component.sheet[:NEW_FILES] for line in (*_entry(one), *wrapped(one.reason, "    "))]
            + ([f"... and {left} more: reports/worksheet-{one_line(outcome.name)}.md"] if left > 0 else [])
        )
    yield from _listed("Landed", component.landed, view, outcome.name)
    yield from _listed("Already there", component.already, view, outcome.name)
    if component.aside:
        yield "### Left aside"
        yield block(
            line
            for one in component.aside
            for line in (*_entry(one), *wrapped(f"{one.state}: {one.reason}", "    "))
        )
    if outcome.watched:
        since, count = iso(outcome.watched_since)[:10], counted(len(outcome.watched), "changeset")
        yield f"### What upstream did since {since} ({count})"
        about = {one.changeset.id: _about(one) for one in outcome.looked_at}
        first = [one.changeset for one in ordered(outcome.looked_at)] or list(outcome.watched)
        left = len(first) - WATCHED
        yield block(
            [
                line
                for one in first[:WATCHED]
                for line in (*_changeset(one, [change.path for change in one.files]), *about.get(one.id, ()))
            ]
            + ([f"... and {left} more: reports/watch-{one_line(outcome.name)}.md"] if left > 0 else [])
        )
    elif outcome.mode == "watch":
        yield "Nothing lately upstream."
    if component.unmapped:
        yield "### New upstream, and not in the map"
        paths = list(dict.fromkeys(one_line(one.path) for one in component.unmapped))
        more = [f"... and {len(paths) - NEW_FILES} more"] if len(paths) > NEW_FILES else []
        yield block(paths[:NEW_FILES] + more)
    if component.disagreements:
        yield "### Where ident line and content disagree"
        yield block(
            line
            for one in component.disagreements
            for line in (one_line(one.target), *wrapped(f"{one.note}; {used(one.used)}", "    "))
        )
    if component.jumped:
        yield f"### Ident lines were bumped past ({len(component.jumped)})"
        yield block(line for one in component.jumped for line in _quietly(one))
    if component.standing:
        yield "### Left as it stands"
        yield block(line for one in component.standing for line in _quietly(one))
    if component.pages or component.audit:
        yield "### More of it"
        yield block(_more(component))
    if component.review:
        yield "### For the reviewer"
        yield "In the target's repository, in this order:"
        yield block(commands(component.review, beside=False))
    if component.candidates:
        yield f"### Candidates for the release branch ({len(component.candidates)})"
        yield block(line for one in component.candidates for line in _candidate(one))
    if component.cover:
        yield "### Cover letter"
        yield block(log(component.cover).split("\n"))


def _candidate(one: Candidate) -> Iterator[str]:
    words = one_line(", ".join(one.words), 40)
    after = f", after {counted(one.after, 'commit')} in its files" if one.after else ""
    yield from wrapped(f"{(one.outcome.commit or '')[:12]}: {words}{after}", "")
    yield from wrapped(headline(one.outcome.changeset.message) or "(no log)", "    ")


def _quietly(notice: Notice) -> list[str]:
    return wrapped(f"{notice.path}: {notice.text}", "")


def _blocked_title(group: Blocked) -> str:
    if not group.roots:
        return "Blocked"
    return f"Blocked by {' and '.join(_numbers(group))}"


def _numbers(group: Blocked) -> list[str]:
    numbers = [str(root.number) for root in group.roots]
    return [", ".join(numbers[:-1]), numbers[-1]] if len(numbers) > 1 else numbers


def _listed(title: str, outcomes: tuple[ChangesetOutcome, ...], view: Weekly, component: str) -> Iterator[str]:
    if outcomes:
        yield f"### {title} ({len(outcomes)})"
        yield block(
            line
            for one in outcomes
            for line in _entry(one, _marks(view, component, one))
        )


def _marks(view: Weekly, component: str, one: ChangesetOutcome) -> str:
    resolved = "  by hand" if by_hand(one) else ""
    return f"{resolved}{'  new' if view.is_fresh(component, one.changeset.id) else ''}"


def _root(view: Weekly, root: Root) -> Iterator[str]:
    head, *rest = _entry(root.outcome)
    number = f"{root.number}. {root.outcome.state}  "
    yield number + head
    yield from rest
    if in_part(root.outcome):
        yield from wrapped(in_part(root.outcome), "    ")
    if root.blocks:
        several = len(root.blocks) > BLOCKS
        names = "see below" if several else ", ".join(one.changeset.id[:10] for one in root.blocks)
        yield from wrapped(f"blocks {len(root.blocks)}: {names}", "    ")
    for one in root.waits:
        yield ""
        yield from _waiting(view, one)


def _waiting(view: Weekly, one: Waiting) -> Iterator[str]:
    yield f"  {one.id}  {one.kind}{'  new' if view.is_new(one.id) else ''}"
    yield from wrapped(place(one), "  ")
    yield from wrapped(one.reason, "  ")
    if view.since and not view.is_new(one.id):
        return
    for side in sides(one.base, one.ours, one.theirs, SIDE_LINES):
        yield from _side(side)


def _side(side: Side) -> Iterator[str]:
    """A side, its lines broken where they are long: `>` stands before what base does not have."""
    width = WIDTH - len(INDENT) - 13
    for line in side.lines:
        text = line.text.expandtabs(4).rstrip()
        mark = ">" if line.changed else " " if line.gap else "|"
        pieces = textwrap.wrap(text, width, drop_whitespace=False, break_on_hyphens=False) or [""]
        for piece in pieces:
            yield f"    {side.name:6} {mark} {piece}"
            mark = ":"
    if side.note:
        yield f"    {side.name:6}   ({side.note})"


def _entry(one: ChangesetOutcome, mark: str = "") -> list[str]:
    first, *rest = _changeset(one.changeset, revisions(one))
    head = (f"{one.commit[:10]} from {first}" if one.commit else first) + mark
    return [head, *rest, *_type_check(one)]


def _type_check(one: ChangesetOutcome) -> Iterator[str]:
    """What the type check says of a changeset."""
    for number, text in enumerate(check_told(one.check) if one.check is not None else ()):
        yield from wrapped(text if number else f"type check: {text}", "      " if number else "    ")


def _about(one: Watched) -> list[str]:
    """What a watched changeset is about."""
    text = "; ".join(part for part in (one.decided, told(one)) if part)
    return wrapped(text, "    ") if text else []


def _changeset(one: Changeset, files: Iterable[str]) -> list[str]:
    first = f"{one.id[:10]}  {iso(one.date)[:10]}  {one_line(one.author.login, 20)}"
    said = wrapped(headline(one.message) or "(no log)", "    ")
    return [first, *said, *wrapped(", ".join(files), "    ", 4 * WIDTH)]


def _more(component: ComponentView) -> Iterator[str]:
    """What else is written of a component, as paths of the workspace; or the command that writes it."""
    for page in component.pages:
        yield f"reports/{one_line(page.address.removeprefix('../'), 200)}"
    if component.audit:
        yield "# what the target lacks, what must go through a monitor"
        yield one_line(component.audit)
