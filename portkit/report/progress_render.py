"""The progress report in its formats: the page, the mail, the JSON."""

from __future__ import annotations

import json
from typing import Any

from portkit.errors import UserError
from portkit.report import page
from portkit.report.contract import SCHEMA, iso
from portkit.report.notes import BLOCKERS, ONWARDS, QUESTION
from portkit.report.page import Templates
from portkit.report.progress import EntryView, Progress, pictures
from portkit.report.progress_mail import markdown, plan_sentence, work_sentence
from portkit.report.work import Work


def render(view: Progress, format: str, own: Templates | None = None) -> bytes:
    """`view` as `md`, `json` or `html`, UTF-8. Raises UserError for another format, or for what is wrong with a
    template of the user's."""
    match format:
        case "md":
            return markdown(view)
        case "json":
            return (json.dumps(progress_object(view), indent=1) + "\n").encode("ascii")
        case "html":
            return page.render(
                "final.html.j2" if view.final else "progress.html.j2", view, own,
                pictures=pictures, plan_sentence=plan_sentence, work_sentence=work_sentence,
                needed=lambda: (ONWARDS,) if view.final else (BLOCKERS, QUESTION),
            )  # fmt: skip
        case _:
            raise UserError(f"there is no format {format!r}", hint="one of md, json, html")


def progress_object(view: Progress) -> dict[str, Any]:
    """The report as JSON: what the next one is compared with."""
    return {
        "schema": SCHEMA,
        "command": "report",
        "kind": "progress",
        "as_of": view.as_of,
        "since": view.since or None,
        "final": view.final,
        "trouble": list(view.trouble),
        "counts": {
            "milestones": len(view.milestones),
            "done": view.done,
            "commits": len(view.work),
            "merged": len(view.merged),
            "local": len(view.local),
            "kinds": view.by_kind(),
        },
        "plan": [_entry(view, one) for one in view.entries],
        "work": [_work(view, one) for one in view.work],
        "people": [
            {"name": one.name, "landed": one.landed, "adapted": one.adapted, "written": one.written,
             "reviewed": one.reviewed}
            for one in view.shares
        ],
        "left": [{"component": one.component, "waits": one.waits, "blocked": one.blocked} for one in view.parked],
        "notes": {"file": view.notes_file, "lacking": list(view.lacking),
                  "fields": [{"title": title, "text": text} for title, text in view.notes.fields]},
        "next": [command.text for command in view.next],
    }  # fmt: skip


def _entry(view: Progress, one: EntryView) -> dict[str, Any]:
    return {
        "components": list(one.entry.components),
        "from": one.entry.start,
        "to": one.entry.end,
        "weeks": one.weeks,
        "work": one.entry.work,
        "done_when": one.entry.done_when or None,
        "standing": one.standing,
        "slips": [{"old": slip.old, "new": slip.new} for slip in one.slips],
        "why": one.entry.why or None,
        "milestones": [
            {"what": each.what, "done": each.done, "on": each.on or None, "how": each.how,
             "seen": each.seen, "new": (one.number, each.what) in view.newly}
            for each in one.milestones
        ],
        "commits": [each.id for each in one.work],
    }  # fmt: skip


def _work(view: Progress, one: Work) -> dict[str, Any]:
    public = one.found.public
    return {
        "commit": one.id,
        "component": one.found.component,
        "date": iso(one.found.commit.date),
        "subject": one.subject,
        "kind": one.kind,
        "by": one.by,
        "reviewers": list(one.reviewers),
        "changesets": list(one.changesets),
        "merged": one.found.merged,
        "branch": one.found.branch or None,
        "link": (view.links.to_commit(one.id) or None) if public else None,
        "publish": None if public else view.publishing(one),
        "new": view.is_new(one.id),
    }
