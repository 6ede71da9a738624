"""What upstream adds at the end of a section or function, and the target has already."""

from __future__ import annotations

from portkit.merge.file import FileMerger, Version
from portkit.merge.gate import check
from portkit.merge.kinds import Gate

NOTE = (
    b".Pp\nOther means are there to keep the state table.\nThey also allow for a second firewall.\n"
    b"See\n.Xr lease 4\nand the pages it names\nfor further information.\n"
)
HEAD = b".Sh STATES\nThe states are kept in a table.\nThey are lost when the machine starts anew.\n"
TAIL = b".Sh TABLES\nTables hold addresses.\nThey are fast to search.\nThey take little memory.\n"
LAST = b"Using the flags\nbetween fast networks is suggested.\n"
BASE = HEAD + LAST + TAIL
THEIRS = HEAD + LAST + NOTE + TAIL
OURS = HEAD + b"The default flags\nshould be used everywhere.\n" + NOTE + TAIL
"""The note is there, behind a line that the target wrote anew."""


def test_it_is_not_added_again() -> None:
    merged = FileMerger().merge(*(Version(content, 0o100644) for content in (BASE, OURS, THEIRS)))
    assert (merged.gate, merged.result) == (Gate.ALREADY, Version(OURS, 0o100644))
    twice = OURS.replace(NOTE, NOTE + NOTE)
    assert check(BASE, OURS, THEIRS, twice).gate is Gate.FAILED
