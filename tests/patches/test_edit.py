"""The map's `edit:`: a line goes in at one named place, or not at all."""

from __future__ import annotations

from portkit.components.model import Edit
from portkit.patches.edit import edited
from portkit.paths import RepoPath

EDIT = Edit(RepoPath("lib/Makefile"), "MAN=\tx.3", "SRCS+=\ta.c\nSRCS+=\tb.c\n", "a and b are built")
FILE = b"LIB=\tx\n\nMAN=\tx.3\nMAN=\tx.3 \n"


def test_the_text_goes_before_the_line() -> None:
    made = edited(EDIT, FILE)
    assert made.content == b"LIB=\tx\n\nSRCS+=\ta.c\nSRCS+=\tb.c\nMAN=\tx.3\nMAN=\tx.3 \n"
    assert not made.problem and not made.already


def test_what_stands_there_already_is_not_put_in_twice() -> None:
    once = edited(EDIT, FILE).content
    again = edited(EDIT, once)
    assert (again.content, again.already, again.problem) == (once, True, "")
    half = b"SRCS+=\ta.c\n" + FILE
    assert not edited(EDIT, half).already


def test_a_line_that_is_not_there_exactly_once_is_a_problem() -> None:
    twice = edited(EDIT, FILE + b"MAN=\tx.3\n")
    assert twice.problem == "the line 'MAN=\\tx.3' is there 2 times in lib/Makefile"
    assert twice.content == FILE + b"MAN=\tx.3\n"
    assert edited(EDIT, b"").problem == "the line 'MAN=\\tx.3' is not there in lib/Makefile"
    assert edited(EDIT, None).problem == "there is no lib/Makefile"


def test_a_last_line_without_its_end_is_a_line_too() -> None:
    assert edited(EDIT, b"MAN=\tx.3").content == b"SRCS+=\ta.c\nSRCS+=\tb.c\nMAN=\tx.3"
