"""What a reviewer of a branch needs: the commands to look at it, what a release branch may want, a cover letter."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from portkit.report.contract import iso
from portkit.report.security import fault_words, security_words
from portkit.report.shown import counted, one_line
from portkit.report.type_check import tested as typechecked
from portkit.report.view import Candidate, Command, by_hand
from portkit.sync.outcome import ChangesetOutcome, ComponentOutcome, State

COVER_WIDTH = 68
"""Columns of a cover letter: it stands indented in a mail of 72."""


def candidates(landed: Sequence[ChangesetOutcome]) -> tuple[Candidate, ...]:
    """What of `landed` (in the branch's order) a release branch may want: what speaks of security or mends a fault."""
    result: list[Candidate] = []
    others: list[frozenset[str]] = []
    for one in landed:
        words = security_words(one.changeset.message) or fault_words(one.changeset.message)
        paths = frozenset(str(file.target) for file in one.files)
        if words and one.commit:
            result.append(Candidate(one, words, sum(bool(paths & other) for other in others)))
        else:
            others.append(paths)
    return tuple(result)


def commands(
    outcome: ComponentOutcome, picks: Sequence[Candidate], before: Mapping[str, Any] | None
) -> Iterator[Command]:
    """The exact commands, in the target's repository, for who reviews a written branch. `before`: the component in the
    last report's JSON, which knows where its branch stood then."""
    branch, onto = shlex.quote(outcome.branch), outcome.onto[:12]
    yield Command(f"git log --reverse -p {onto}..{branch}", "every commit, oldest first")
    old = (before or {}).get("target")
    if isinstance(old, dict):
        was, stood = (old.get(key) for key in ("onto", "tip"))
        if _hash(was) and _hash(stood) and stood not in (was, outcome.tip):
            yield Command(
                f"git range-diff {str(was)[:12]}..{str(stood)[:12]} {onto}..{branch}",
                "last report's branch against this one's",
            )
    if picks:
        names = " ".join((one.outcome.commit or "")[:12] for one in picks)
        yield Command(f"git cherry-pick -x {names}", "onto a release branch, those of them that it wants")
    yield Command(f"portkit publish {shlex.quote(outcome.name)}", "push the branch, once it is reviewed")
    yield Command(f"git format-patch --cover-letter {onto}..{branch}", "or as a series of mails")


def cover(outcome: ComponentOutcome, title: str, landed: Sequence[ChangesetOutcome], ran: Sequence[str]) -> str:
    """A cover letter for the branch, plain text: its subject, a blank line, its body. `title` is upstream's name;
    `ran`: what the user's own commands came to, in a phrase each.

    format-patch adds the shortlog and the files itself.
    """
    dates = sorted(iso(one.changeset.date)[:10] for one in landed)
    name = one_line(outcome.name)
    text = (
        f"This series carries {counted(len(landed), 'changeset')} of {title} over, one commit each, committed there "
        f"from {dates[0]} to {dates[-1]}. It starts from {outcome.onto[:12]}.{_left_out(outcome)}"
    )
    parts = sum(one.partial for one in outcome.changesets)
    subject = f"[PATCH 0/{len(landed) + parts}] {name}: sync with {title} as of {iso(outcome.newest)[:10]}"
    blocks = [subject, _filled(text)]
    spoken = [(one.changeset.id[:10], ", ".join(security_words(one.changeset.message))) for one in landed]
    named = [f"  {id}  {one_line(words, 50)}" for id, words in spoken if words]
    if named:
        blocks.append("\n".join(["Upstream's logs speak of security in:", *named]))
    tested = [*typechecked(outcome), *ran]
    blocks.append("\n".join([
        "Tested:",
        *map(_item, [f"each commit{_but(landed)} makes upstream's change and no other, hunk by hunk", *tested]),
        "Not tested:",
        *([] if tested else ["  - whether it compiles"]),
        f"  - whether it does what it should{'' if ran else ': nothing was run'}",
    ]))  # fmt: skip
    return "\n\n".join(blocks) + "\n"


def _but(landed: Sequence[ChangesetOutcome]) -> str:
    """Which commits the gate does not speak for."""
    resolved = sum(by_hand(one) for one in landed)
    return f" but the {resolved} that a person resolved" if resolved else ""


def _left_out(outcome: ComponentOutcome) -> str:
    counts = outcome.counts()
    parked, blocked = counts[State.CONFLICT] + counts[State.FLAGGED], counts[State.BLOCKED]
    if not parked:
        return ""
    parts = sum(one.partial for one in outcome.changesets)
    whole = " whole" if parts else ""
    text = f" Not in it{whole}: {counted(parked, 'changeset')} that {'does' if parked == 1 else 'do'} not fit"
    text += f", and {blocked} that {'waits' if blocked == 1 else 'wait'} for those." if blocked else "."
    verb = "commits marked PARTIAL carry" if parts > 1 else "a commit marked PARTIAL carries"
    return text + (f" Of {parts} of these, {verb} what fits." if parts else "")


def _item(text: str) -> str:
    return textwrap.fill(
        one_line(text), COVER_WIDTH, initial_indent="  - ", subsequent_indent="    ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _filled(text: str) -> str:
    return textwrap.fill(text, COVER_WIDTH, break_long_words=False, break_on_hyphens=False)


def _hash(value: object) -> bool:
    """Whether an earlier report's `value` may stand in a command: that file is only a file."""
    return isinstance(value, str) and len(value) in (40, 64) and set(value) <= set("0123456789abcdef")
