"""In a manual page only sections open something; its prose and its examples do not."""

from __future__ import annotations

from portkit.change.functions import function_at, header_of

PAGE = (
    b'.\\"\t$OpenBSD: states.5,v 1.1 2005/06/03 22:14:37 jmc Exp $\n',
    b".Sh STATES\n",
    b"When the table is lost (a reboot, flushing it, etc...).\n",
    b"settings (or a more strict equivalent) should be used on\n",
    b"these rules.\n",
    b".Bd -literal\n",
    b"states() {\n",
    b"\tforget\n",
    b"}\n",
    b".Ed\n",
    b".Ss How to keep them\n",
    b"keep (always)\n",
    b"the table.\n",
)


def test_prose_and_examples_open_nothing() -> None:
    found = [header_of(PAGE, index) for index in range(len(PAGE))]
    assert found == [-1, *[1] * 9, *[10] * 3]
    assert function_at(PAGE, 12) == ".Ss How to keep them"
    known: dict[int, int] = {}
    assert [header_of(PAGE, index, known) for index in range(len(PAGE))] == found


def test_the_same_lines_in_c_do() -> None:
    source = (b"/* States. */\n", *PAGE[6:9], b"int last;\n")
    assert [header_of(source, index) for index in range(5)] == [-1, 1, 1, 1, -1]
