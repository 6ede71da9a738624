"""Deleting what the target has moved: only where it still stands in the same function."""

from __future__ import annotations

from portkit.merge.file import FileMerger, Version
from portkit.merge.gate import check
from portkit.merge.kinds import Gate

STRINGS = tuple(b'\t"method-number-%d," \\\n' % number for number in range(1, 9))
LIST = b"#define\tDEFAULT_METHODS \\\n" + b"".join(STRINGS) + b'\t"none"\n'
BASE = b"/* What is offered, best first. */\n\n" + LIST + b"\n/* The end. */\n"
GONE = STRINGS[2] + STRINGS[3]
THEIRS = BASE.replace(STRINGS[2], b"").replace(STRINGS[4], b"")
OWN = b"#define\tOWN_METHODS \\\n" + b"".join(STRINGS[2:5])[: -len(b" \\\n")] + b"\n\n"
OURS = OWN + BASE.replace(b"".join(STRINGS[2:5]), b"\tOWN_METHODS \\\n")
"""Three strings went into a macro of the target's own; the last of them stands there without its backslash."""


def test_a_line_that_went_into_another_list_is_not_deleted_there() -> None:
    merged = FileMerger().merge(Version(BASE, 0o100644), Version(OURS, 0o100644), Version(THEIRS, 0o100644))
    assert not merged.lands
    assert check(BASE, OURS, THEIRS, OURS.replace(STRINGS[2], b"")).gate is Gate.FAILED


def test_a_line_that_stands_elsewhere_in_its_function_is() -> None:
    head, call = b"int\nmain(void)\n{\n", b"\terror = first_call(5);\n"
    rest = b"".join(b"\terror = call_%d(5);\n" % number for number in range(8)) + b"}\n"
    base, ours = head + call + rest, head + rest.replace(b"\terror = call_2", call + b"\terror = call_2")
    merged = FileMerger().merge(Version(base, 0o100644), Version(ours, 0o100644), Version(head + rest, 0o100644))
    assert (merged.lands, merged.method) == (True, "moved")
    assert merged.result == Version(head + rest, 0o100644)


def test_a_declaration_outside_of_all_functions_is_whole_by_itself() -> None:
    names = b"".join(b"int\tlink_status_%d(char *);\n" % number for number in range(8))
    line = b"int\tinterface_status(char *);\n"
    base, ours = line + names, names.replace(b"int\tlink_status_2", line + b"int\tlink_status_2")
    merged = FileMerger().merge(Version(base, 0o100644), Version(ours, 0o100644), Version(names, 0o100644))
    assert (merged.lands, merged.method) == (True, "moved")
    assert merged.result == Version(names, 0o100644)
