"""What the target changed is not gone: upstream's deletion of it is a conflict, not there already."""

from __future__ import annotations

import pytest

from portkit.merge.file import FileMerge, FileMerger, Version
from portkit.merge.kinds import ConflictKind, Gate

CALL = b"\tlease_bind(client, lease, 5);\n"
BASE = b"int\nmain(void)\n{\n\tone(1);\n\ttwo(2);\n" + CALL + b"\tthree(3);\n\tfour(4);\n\tfive(5);\n}\n"
THEIRS = BASE.replace(CALL, b"")


def merged(base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    return FileMerger().merge(*(Version(content, 0o100644) for content in (base, ours, theirs)))


@pytest.mark.parametrize(
    "instead", [b"\tlease_bind(client, lease, TIMEOUT);\n", b"\tif (lease_bind(client, 7))\n\t\texit(1);\n"]
)
def test_a_line_that_the_target_changed(instead: bytes) -> None:
    found = merged(BASE, BASE.replace(CALL, instead), THEIRS)
    assert [clash.kind for clash in found.clashes] == [ConflictKind.CONTENT]


@pytest.mark.parametrize("instead", [b"", b"\tdebug();\n"])
def test_a_line_that_the_target_took_out(instead: bytes) -> None:
    ours = BASE.replace(CALL, instead)
    found = merged(BASE, ours, THEIRS)
    assert (found.gate, found.result) == (Gate.ALREADY, Version(ours, 0o100644))


def test_a_paragraph_that_the_target_set_anew() -> None:
    note = b"Note that one can also check whether $FILE is empty.  This would allow\nthe check to be done later.\n"
    base = b".Sh EXAMPLES\nFirst this.\nThen that.\n.Pp\n" + note + b".Sh SEE ALSO\n.Xr mktemp 3 ,\n.Xr sh 1\n"
    anew = b"Note that one can also check whether\n.Ev FILE\nis empty.\nThis would allow the check to be done later.\n"
    assert not merged(base, base.replace(note, anew), base.replace(b".Pp\n" + note, b"")).lands


def test_another_header_is_no_rewording() -> None:
    header = b"#include <sys/queue.h>\n"
    base = b"#include <sys/types.h>\n" + header + b"#include <stdio.h>\n\nint one;\nint two;\nint three;\n"
    ours = base.replace(header, b"#include <sys/tree.h>\n")
    assert merged(base, ours, base.replace(header, b"")).gate is Gate.ALREADY
