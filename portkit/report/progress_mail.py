"""The progress report as Markdown that reads as a plain mail."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portkit.report.contract import iso
from portkit.report.mail import block, commands, finished, named, prose, span, wrapped
from portkit.report.notes import BLOCKERS, ONWARDS, QUESTION
from portkit.report.progress import EntryView, MilestoneView, Progress, Standing
from portkit.report.shown import counted, one_line
from portkit.report.work import Kind, Work

_WORDS = re.compile(r"[A-Za-z]+(?: [A-Za-z]+)*")


def markdown(view: Progress) -> bytes:
    """The report, UTF-8, at most 72 columns."""
    blocks = [f"# {'What was done' if view.final else 'Progress'}, {named(view.as_of)}"]
    blocks += _final(view) if view.final else _full(view)
    return finished(blocks)


def plan_sentence(view: Progress) -> str:
    """How the plan stands, in one sentence."""
    counts = {standing: sum(one.standing is standing for one in view.entries) for standing in Standing}
    told = ", ".join(f"{count} {standing}" for standing, count in counts.items() if count)
    parts = counted(len(view.entries), "part")
    return f"{view.done} of {counted(len(view.milestones), 'milestone')} done; {parts}: {told}."


def work_sentence(view: Progress) -> str:
    """What was committed, in one sentence or two."""
    if not view.work:
        return "no commit yet."
    kinds = ", ".join(f"{count} {kind}" for kind, count in view.by_kind().items() if count)
    new = f" New since {view.since}: {sum(view.is_new(one.id) for one in view.work)}." if view.since else ""
    local = f" {len(view.local)} local only." if view.local else ""
    return f"{counted(len(view.work), 'commit')}: {kinds}; {len(view.merged)} merged.{local}{new}"


def _full(view: Progress) -> Iterator[str]:
    yield from _trouble(view)
    yield prose(f"**Plan:** {plan_sentence(view)}")
    yield prose(f"**Done:** {work_sentence(view)}")
    for title in (BLOCKERS, QUESTION):
        yield from _field(view, title)
    yield from _next(view)
    for entry in view.entries:
        yield from _entry(view, entry)
    yield from _who(view)
    for title, text in view.notes.fields:
        if title not in (BLOCKERS, QUESTION):
            yield f"## {title if _WORDS.fullmatch(title) else span(title)}"
            yield text


def _final(view: Progress) -> Iterator[str]:
    yield from _trouble(view)
    yield prose(f"**Done:** {plan_sentence(view)}")
    yield block(line for one in view.milestones if one.done for line in _box(one)) or "    nothing"
    yield prose(f"**Merged:** {len(view.merged)} of {counted(len(view.work), 'commit')}.")
    yield from _who(view)
    yield "**Left:**"
    left = [line for one in view.milestones if not one.done for line in _box(one)]
    left += [
        f"{one_line(one.component, 30)}: {counted(one.waits, 'changeset')} in the way, {one.blocked} blocked"
        for one in view.parked
    ]
    yield block(left) or "    nothing"
    yield from _field(view, ONWARDS)
    yield from _next(view)


def _trouble(view: Progress) -> Iterator[str]:
    for text in view.trouble:
        yield "**Incomplete:**"
        yield block(wrapped(text, ""))


def _field(view: Progress, title: str) -> Iterator[str]:
    text = view.notes.field(title)
    if text:
        yield f"**{title}:**"
        yield text
    else:
        yield prose(f"**{title}:** NOT FILLED IN. Write it into {span(view.notes_file)} and run this again.")


def _next(view: Progress) -> Iterator[str]:
    if view.next:
        yield "**Next:**"
        yield block(commands(view.next))


def _entry(view: Progress, entry: EntryView) -> Iterator[str]:
    plan = entry.entry
    yield f"## {entry.number}. {', '.join(named(name) for name in plan.components)}: {entry.standing}"
    done = f"{entry.done} of {counted(len(entry.milestones), 'milestone')} done"
    yield prose(f"{entry.weeks.capitalize()}, {plan.start} to {plan.end}; {done}.")
    for slip in entry.slips:
        yield prose(f"Slipped: was to end on {slip.old}, ends on {slip.new}{' (see below)' if plan.why else ''}.")
    if plan.why:
        yield block(wrapped(plan.why, ""))
    yield block(wrapped(plan.work, "", 2000))
    yield block(
        line
        for one in entry.milestones
        for line in (
            *_box(one),
            *wrapped(f"{one.on}: {one.how}" if one.on else one.how, "    "),
        )
    )
    if entry.work:
        yield f"### Commits ({len(entry.work)})"
        yield block(line for one in entry.work for line in _work(view, one))


def _box(one: MilestoneView) -> list[str]:
    first, *rest = wrapped(one.what, "    ", 600)
    return [f"[{'x' if one.done else ' '}] {first.strip()}", *rest]


def _work(view: Progress, one: Work) -> Iterator[str]:
    commit = one.found.commit
    local, new = "" if one.found.public else ", local only", "  new" if view.is_new(one.id) else ""
    yield f"{one.id[:10]}  {iso(commit.date)[:10]}  {one.kind}{local}{new}"
    yield from wrapped(one.subject or "(no message)", "    ")
    if one.kind is not Kind.LANDED or one.reviewers:
        reviewed = f", reviewed by {', '.join(one.reviewers)}" if one.reviewers else ""
        yield from wrapped(f"by {one.by}{reviewed}", "    ")
    url = view.links.to_commit(one.id) if one.found.public else ""
    if url:
        yield f"    {url}"


def _who(view: Progress) -> Iterator[str]:
    if not view.shares:
        return
    yield "## Who did what"
    yield block([
        f"{'landed':>8}  {'adapted':>7}  {'written':>7}  {'reviewed':>8}",
        *(
            f"{one.landed:>8}  {one.adapted:>7}  {one.written:>7}  {one.reviewed:>8}  {one_line(one.name, 28)}"
            for one in view.shares
        ),
    ])  # fmt: skip
