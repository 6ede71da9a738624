"""What upstream does to the lines that version control writes, made on the target's own."""

from __future__ import annotations

import pytest

from portkit.change.lines import followed
from portkit.merge.file import FileMerge, FileMerger, Version
from portkit.merge.gate import check
from portkit.merge.kinds import Gate


def merged(base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    return FileMerger().merge(*(Version(content, 0o100644) for content in (base, ours, theirs)))


def ident(
    revision: str, path: str = "pot.h", before: str = "/*\t", after: str = "\t*/", name: str = "OpenBSD"
) -> bytes:
    return f"{before}${name}: {path},v {revision} 2012/07/01 10:00:00 potter Exp ${after}\n".encode()


BODY = b"\nint\tpots;\nint\tkilns;\n"


@pytest.mark.parametrize("own", [b"", b"int\tshelves;\n"])
def test_white_space_that_upstream_changes_in_its_ident_line_is_a_change(own: bytes) -> None:
    theirs = ident("1.4", before="/* ", after=" */") + BODY
    found = merged(ident("1.3") + BODY, ident("1.3") + BODY + own, theirs)
    assert found.gate is Gate.FAITHFUL
    assert found.result is not None
    assert found.result.content == theirs + own


def test_it_is_none_where_the_target_writes_the_line_its_own_way() -> None:
    ours = ident("1.3", before="// ", after="") + BODY
    found = merged(ident("1.3") + BODY, ours, ident("1.4", before="/* ", after=" */") + BODY)
    assert found.gate is Gate.ALREADY
    assert found.result is not None
    assert found.result.content.startswith(b"// $")


def test_a_revision_alone_is_no_change() -> None:
    assert merged(ident("1.3") + BODY, ident("1.3") + BODY, ident("1.4") + BODY).gate is Gate.ALREADY


def test_white_space_follows_though_the_target_qualifies_the_path() -> None:
    ours = ident("1.3", "src/lib/pot.h") + BODY
    found = merged(ident("1.3") + BODY, ours, ident("1.4", before="/* ", after=" */") + BODY)
    assert found.gate is Gate.FAITHFUL
    assert found.result is not None
    assert found.result.content == ident("1.3", "src/lib/pot.h", "/* ", " */") + BODY


def test_another_trees_ident_line_follows_upstream_in_the_targets_own_white_space() -> None:
    base = ident("1.3") + ident("1.7", name="NetBSD") + BODY
    ours = ident("1.3", before="/* ", after=" */") + ident("1.7", before="/* ", after=" */", name="NetBSD") + BODY
    theirs = ident("1.4") + ident("1.9", name="NetBSD") + BODY.replace(b"pots", b"vases")
    found = merged(base, ours, theirs)
    assert found.gate is Gate.FAITHFUL
    assert found.result is not None
    assert ident("1.9", before="/* ", after=" */", name="NetBSD") in found.result.content


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        (b"June 5 2007", b"March 26 2009"),
        (b"September 9 2007", b"March 26 2009"),
        (b"April 1 2009", b"April 1 2009"),
        (b"May 5 2010", b"May 5 2010"),
    ],
)
def test_the_date_of_a_page_is_the_later_one(ours: bytes, expected: bytes) -> None:
    def page(date: bytes, text: bytes = b"A pot.\n") -> bytes:
        return b".Dd $Mdocdate: " + date + b" $\n.Dt POT 1\n.Os\n.Sh NAME\n" + text

    found = merged(page(b"September 9 2007"), page(ours), page(b"March 26 2009", b"Two pots.\n"))
    assert found.result is not None
    assert found.result.content == page(expected, b"Two pots.\n")


@pytest.mark.parametrize(
    ("mine", "old", "new"),
    [
        (b".Dd $Mdocdate$\n", b".Dd $Mdocdate: May 1 2007 $\n", b".Dd $Mdocdate: May 2 2007 $\n"),
        (b".Dd $Mdocdate: Foo 1 2007 $\n", b".Dd $Mdocdate: May 1 2007 $\n", b".Dd $Mdocdate: May 2 2007 $\n"),
        (b".Dd $Mdocdate: May 1 2006 $\n", b".Dd $Mdocdate: May 1 2007 $\n", b".Dd $Mdocdate: May 1 2007 $\n"),
        (b"$Id: a $ $Date$\n", b"$Id: a $\n", b"$Id: b $\n"),
    ],
)
def test_a_line_that_stays(mine: bytes, old: bytes, new: bytes) -> None:
    assert followed(mine, old, new) == mine


def test_an_expansion_of_neither_side_is_refused() -> None:
    base, ours, theirs = ident("1.3") + BODY, ident("1.3", before="/* ") + BODY, ident("1.4") + BODY
    assert check(base, ours, theirs, ident("1.4", before="/* ") + BODY).gate is not Gate.FAILED
    assert check(base, ours, theirs, ident("1.5", before="/* ") + BODY).gate is Gate.FAILED
    assert check(base, ours, theirs, ident("1.4", before="/**") + BODY).gate is Gate.FAILED
