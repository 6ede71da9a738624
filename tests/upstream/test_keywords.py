"""Keywords, filled in as cvs does it on checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from portkit.upstream.keywords import Facts, Keywords, configured, expand, for_title
from portkit.upstream.rcs import RcsFile

FACTS = Facts(
    "src/bin/f.c,v", "1.3", 1330837567, "ann", "Exp", log=b"what\n\n  and why\n", locker="ben", root="/cvs/"
)
OPENBSD = for_title("OpenBSD")
LOG = b"// $Log: f.c,v $\n// Revision 1.3  2012/03/04 05:06:07  ann\n// what\n//\n//   and why\n//\n"
IDENT = b"f.c,v 1.3 2012/03/04 05:06:07 ann Exp"


def filled(text: bytes, mode: str = "", keywords: Keywords = OPENBSD) -> bytes:
    return expand(text, mode, FACTS, keywords)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"$OpenBSD$", b"$OpenBSD: " + IDENT + b" $"),
        (b"/*\t$OpenBSD: f.c,v 1.2 2011/01/01 00:00:00 x Exp $\t*/", b"/*\t$OpenBSD: " + IDENT + b" $\t*/"),
        (b".Dd $Mdocdate$", b".Dd $Mdocdate: March 4 2012 $"),
        (b"$Id$ $NetBSD$", b"$Id: " + IDENT + b" $ $NetBSD$"),
        (b"$Header$", b"$Header: /cvs/src/bin/" + IDENT + b" $"),
        (b"$CVSHeader$", b"$CVSHeader: src/bin/" + IDENT + b" $"),
        (b"$Source$ $RCSfile$", b"$Source: /cvs/src/bin/f.c,v $ $RCSfile: f.c,v $"),
        (b"$Revision$ $Date$", b"$Revision: 1.3 $ $Date: 2012/03/04 05:06:07 $"),
        (b"$Author$ $State$ $Name$ $Locker$", b"$Author: ann $ $State: Exp $ $Name:  $ $Locker:  $"),
        (b"$Log$ x", b"$Log: f.c,v $\nRevision 1.3  2012/03/04 05:06:07  ann\nwhat\n\n  and why\n x"),
        (b"// $Log$\n", LOG),
        (b"$OpenBSD: no end\n$", b"$OpenBSD: no end\n$"),
        (b"$openbsd$ $OpenBSDx$ $OpenBSD $", b"$openbsd$ $OpenBSDx$ $OpenBSD $"),
        (b"$Id: x$Id$", b"$Id: " + IDENT + b" $Id: " + IDENT + b" $"),
        (b"$$Id$$", b"$$Id: " + IDENT + b" $$"),
        (b"\xff\x00 $Id$ \r\n", b"\xff\x00 $Id: " + IDENT + b" $ \r\n"),
        (b"no keyword", b"no keyword"),
    ],
)  # fmt: skip
def test_what_is_filled_in(text: bytes, expected: bytes) -> None:
    assert filled(text) == expected


def test_the_modes() -> None:
    text = b"a $Id: old $ b"
    assert filled(text, "kv") == filled(text) == b"a $Id: " + IDENT + b" $ b"
    assert filled(text, "kvl") == b"a $Id: " + IDENT + b" ben $ b"
    assert filled(text, "k") == b"a $Id$ b"
    assert filled(text, "v") == b"a " + IDENT + b" b"
    assert filled(text, "o") == filled(text, "b") == text


def test_a_path_with_blanks_is_escaped() -> None:
    facts = replace(FACTS, path="a b$.c,v")
    assert b"$RCSfile: a\\040b\\044.c,v $" in expand(b"$RCSfile$", "", facts, OPENBSD)


def test_a_configuration_names_the_keywords() -> None:
    text = "# a comment\nLocalKeyword=Mine=CVSHeader\nKeywordExpand=iMine,Mdocdate\n"
    mine = configured(text, "OpenBSD")
    assert filled(b"$Mine$ $Id$ $OpenBSD$", keywords=mine) == b"$Mine: src/bin/" + IDENT + b" $ $Id$ $OpenBSD$"
    without = configured("KeywordExpand=eId\n", "OpenBSD")
    assert filled(b"$Id$ $State$", keywords=without) == b"$Id$ $State: Exp $"
    older = configured("tag=FreeBSD=CVSHeader\ntagexpand=iFreeBSD\n", "FreeBSD")
    assert filled(b"$FreeBSD$ $Id$", keywords=older) == b"$FreeBSD: src/bin/" + IDENT + b" $ $Id$"
    assert configured("", "OpenBSD") == OPENBSD
    assert filled(b"$OpenBSD$", keywords=for_title("two words")) == b"$OpenBSD$"


@pytest.mark.skipif(shutil.which("cvs") is None, reason="cvs is not installed")
@pytest.mark.parametrize("mode", ["kv", "kvl", "k", "v", "o", "b"])
def test_it_is_what_cvs_fills_in(tmp_path: Path, mode: str) -> None:
    root = tmp_path / "root"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CVSROOT": str(root), "CVS_RSH": "false"}

    def cvs(*arguments: str, cwd: Path = tmp_path) -> bytes:
        return subprocess.run(
            ["cvs", "-Q", *arguments], cwd=cwd, check=True, capture_output=True, env=environment
        ).stdout  # fmt: skip

    cvs("init")
    config = root / "CVSROOT" / "config"
    config.chmod(0o644)
    config.write_text("LocalKeyword=OpenBSD=Id\nMaxCommentLeaderLength=200\n")
    text = (
        b"$Id$ $OpenBSD: x $ $Mdocdate$\n$Header$ $Source$ $RCSfile$\n$Id: x$Id$\n // $Log$ x\n$Date$ $Author$\n"
        b"$Name$ $Locker$ $State$ $Revision$ $$Id$$ $Id: \n$ $OpenBSD$\n\xff\x0c\r\n$NetBSD$ no end $Id"
    )
    (root / "m").mkdir()
    cvs("checkout", "m")
    (tmp_path / "m" / "f.c").write_bytes(text)
    cvs("add", "f.c", cwd=tmp_path / "m")
    cvs("commit", "-m", "a log\n\nof lines", "f.c", cwd=tmp_path / "m")
    file = RcsFile((root / "m" / "f.c,v").read_bytes(), "f.c,v")
    delta = file.deltas["1.1"]
    facts = Facts("m/f.c,v", "1.1", delta.date, delta.author, delta.state, file.log("1.1"), root=f"{root}/")
    found = expand(file.text("1.1"), mode, facts, configured(config.read_text(), "OpenBSD"))
    assert found == cvs("checkout", "-p", f"-k{mode}", "m/f.c")
