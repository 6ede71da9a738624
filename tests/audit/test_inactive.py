"""What a compiler passes over counts nowhere, where it is known."""

from __future__ import annotations

from portkit.audit.checking import Checked, Diagnostic, Severity
from portkit.audit.inactive import active

SOURCES = {"a.c": b"1\n2\n3\n4\n", "a.h": b"1\n2\n", "b.c": b"1\n"}


def unit(main: str, *spans: tuple[str, int, int]) -> Checked:
    return Checked(main, (), (main, "a.h"), inactive=spans)


def test_a_line_is_passed_over_where_every_reader_passes_over_it() -> None:
    found, seen = active(SOURCES, [unit("a.c", ("a.c", 2, 3), ("a.h", 1, 1)), unit("b.c")])
    assert seen and found == {**SOURCES, "a.c": b"1\n\n\n4\n"}
    found, _ = active(SOURCES, [unit("a.c", ("a.h", 1, 1)), unit("b.c", ("a.h", 1, 2))])
    assert found["a.h"] == b"\n2\n"


def test_where_it_is_not_known_all_of_it_counts() -> None:
    assert active(SOURCES, [Checked("a.c", (), ("a.c",))]) == (SOURCES, False)
    assert active(SOURCES, []) == (SOURCES, False)
    lost = Diagnostic("a.c", 1, 1, Severity.ERROR, "'config.h' file not found")
    broken = Checked("a.c", (lost,), ("a.c",), inactive=(("a.c", 2, 3),))
    assert active(SOURCES, [broken]) == (SOURCES, False)
