"""A manual page's date: each tree dates its own pages, and no conflict comes of it."""

from __future__ import annotations

import pytest

from portkit.merge.file import FileMerge, FileMerger, Version
from portkit.merge.kinds import Gate


def page(date: bytes, text: bytes = b"A pot.\n", title: bytes = b".Dt POT 1\n") -> bytes:
    head = b'.\\" A page.\n.\\"\n.Dd ' + date + b"\n" + title
    return head + b".Os\n.Sh NAME\n.Nm pot\n.Sh DESCRIPTION\n" + text


def merged(base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    return FileMerger().merge(*(Version(content, 0o100644) for content in (base, ours, theirs)))


@pytest.mark.parametrize("theirs", [b"$Mdocdate: May 31 2007 $", b"May 31, 2007", b"$Mdocdate$"])
def test_the_targets_own_date_stands(theirs: bytes) -> None:
    found = merged(page(b"August 8, 1991"), page(b"October 19, 2004"), page(theirs, b"Two pots.\n"))
    assert found.gate is Gate.FAITHFUL
    assert found.result is not None
    assert found.result.content == page(b"October 19, 2004", b"Two pots.\n")


def test_a_new_date_alone_is_nothing_to_do() -> None:
    found = merged(page(b"August 8, 1991"), page(b"October 19, 2004"), page(b"$Mdocdate: May 31 2007 $"))
    assert found.gate is Gate.ALREADY


def test_upstreams_date_comes_in_where_the_target_has_none_of_its_own() -> None:
    found = merged(page(b"August 8, 1991"), page(b"August 8, 1991", b"My pot.\n"), page(b"$Mdocdate: May 31 2007 $"))
    assert found.gate is Gate.FAITHFUL
    assert found.result is not None
    assert found.result.content == page(b"$Mdocdate: May 31 2007 $", b"My pot.\n")


def test_what_changes_beside_the_date_is_still_a_conflict() -> None:
    theirs = page(b"May 31, 2007", title=b".Dt POTS 8\n")
    assert not merged(page(b"August 8, 1991"), page(b"October 19, 2004"), theirs).lands
    gone = page(b"August 8, 1991").replace(b".Dd August 8, 1991\n", b"")
    assert not merged(page(b"August 8, 1991"), gone, page(b"May 31, 2007")).lands
