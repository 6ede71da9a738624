"""The person's own words: read as they stand, nothing in them alive, and never written over."""

from __future__ import annotations

from portkit.report.notes import BLOCKERS, ONWARDS, QUESTION, Notes, read_notes, skeleton


def test_what_is_first_written_is_not_filled_in() -> None:
    assert read_notes(skeleton(final=False)) == Notes()
    assert read_notes(skeleton(final=False)).lacking(final=False) == (BLOCKERS, QUESTION)
    assert read_notes(skeleton(final=True)).lacking(final=True) == (ONWARDS,)


def test_fields_are_read_under_their_headings() -> None:
    text = skeleton(final=False).replace("## Blockers\n", "## blockers\n\nnone\n").replace("\n", "\r\n")
    notes = read_notes(text + "## My own\n\nOne.\n\nTwo.\n")
    assert notes.field(BLOCKERS) == "none"
    assert notes.lacking(final=False) == (QUESTION,)
    assert notes.fields[-1] == ("My own", "One.\n\nTwo.")


def test_nothing_in_them_is_alive_or_endless() -> None:
    notes = read_notes("## A\x1b[31m\n\x1b[0m\u202e<b>\n<!-- a\nb -->\n## Long\n" + "x" * 100_000)
    assert notes.fields[0] == ("A\\x1b[31m", "\\x1b[0m\\u202e<b>")
    assert len(notes.fields[1][1]) == 20_000
