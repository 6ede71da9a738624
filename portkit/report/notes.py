"""The person's own words in a progress report: a file beside it that portkit reads and never writes over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from portkit.text import printable

BLOCKERS = "Blockers"
QUESTION = "Question for the mentor"
BESIDES = "Done besides"
NOTES = "Notes"
ONWARDS = "How to go on"

_HINTS = {
    BESIDES: "What you did that no commit shows: reading, tests on real machines, talks.",
    BLOCKERS: "What you cannot get past on your own. If there is nothing: none.",
    QUESTION: "One question that your mentor can answer. If there is none: none.",
    ONWARDS: "What whoever comes next should know, and begin with.",
    NOTES: "Anything else.",
}

_LONGEST = 20_000
"""Characters of one field that are read: it is a report, and not the work."""


@dataclass(frozen=True, slots=True)
class Notes:
    """The fields that are filled, as (title, text), in their order; titles of the person's own come as they stand."""

    fields: tuple[tuple[str, str], ...] = ()

    def field(self, title: str) -> str:
        """The text under `title`, "" where it is not filled."""
        return next((text for name, text in self.fields if name.lower() == title.lower()), "")

    def lacking(self, *, final: bool) -> tuple[str, ...]:
        """The fields that must be filled and are not."""
        return tuple(title for title in needed(final=final) if not self.field(title))


def needed(*, final: bool) -> tuple[str, ...]:
    """The fields that must be filled."""
    return (ONWARDS,) if final else (BLOCKERS, QUESTION)


def skeleton(*, final: bool) -> str:
    """The file to be filled in, as it is first written."""
    titles: Sequence[str] = (BESIDES, ONWARDS, NOTES) if final else (BESIDES, BLOCKERS, QUESTION, NOTES)
    lines = ["Your own words, woven into the report beside it. portkit reads this file and never writes over it.", ""]
    for title in titles:
        lines += [f"## {title}", "", f"<!-- {_HINTS[title]} -->", ""]
    return "\n".join(lines)


def read_notes(text: str) -> Notes:
    """What is filled in under the headings of `text`; what stands before the first is the file's own, comments are
    left out."""
    text = re.sub(r"<!--.*?-->", "", text.replace("\r\n", "\n"), flags=re.DOTALL)
    fields = []
    for part in re.split(r"^## +", text, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        body = printable(body.strip("\n \t"))
        if body:
            fields.append((printable(" ".join(title.split()))[:100], body[:_LONGEST]))
    return Notes(tuple(fields))
