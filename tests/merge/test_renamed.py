"""A name that the target calls otherwise: upstream's line that uses it is no line of the target's."""

from __future__ import annotations

import pytest

from portkit.merge.file import FileMerge, FileMerger, Version
from portkit.merge.kinds import Gate

BASE = b"""\
int
brew(struct tea *tea)
{
	int warm;

	warm = boil_water(tea, tea_temp);
	if (warm < tea_temp)
		return (-1);
	steep(tea);
	pour(tea);
	return (warm);
}
"""


def merged(ours: bytes, theirs: bytes, base: bytes = BASE) -> FileMerge:
    return FileMerger().merge(*(Version(content, 0o100644) for content in (base, ours, theirs)))


def taken(line: bytes) -> bytes:
    return BASE.replace(b"\tpour(tea);\n", b"\tpour(tea);\n" + line)


OURS = BASE.replace(b"tea_temp", b"tea_heat")


def test_a_line_with_a_name_that_the_target_has_replaced_is_flagged() -> None:
    found = merged(OURS, taken(b"\tnote(tea, tea_temp);\n"))
    assert found.gate is Gate.FAILED
    assert found.reason == "it uses tea_temp, which the target calls tea_heat"
    (clash,) = found.clashes
    assert clash.hunk == 1


@pytest.mark.parametrize(
    ("ours", "line"),
    [
        (OURS, b"\tnote(tea, warm);\n"),
        (OURS, b"\tnote(tea, tea_heat);\n"),
        (OURS + b"int tea_temp;\n", b"\tnote(tea, tea_temp);\n"),  # it is still there
        (BASE.replace(b"\tsteep(tea);\n", b""), b"\tsteep(tea);\n"),  # gone, not renamed
        (BASE.replace(b"\tsteep(tea);\n", b"\twait(tea);\n\tstir(tea);\n"), b"\tnote(tea, 3);\n"),
        (BASE.replace(b"boil_water(tea, tea_temp)", b"heat(tea)"), b"\tnote(tea, tea_temp);\n"),
        # one line calls it this, another that: nothing stands for it everywhere
        (BASE.replace(b"tea, tea_temp", b"tea, hot").replace(b"< tea_temp", b"< heat"), b"\tnote(tea, tea_temp);\n"),
    ],
)
def test_others_are_not(ours: bytes, line: bytes) -> None:
    found = merged(ours, taken(line))
    assert found.gate is Gate.FAITHFUL, found.reason


def test_what_is_there_already_may_use_it() -> None:
    assert merged(OURS.replace(b"\tpour(tea);\n", b"\tpour(tea);\n\tnote(tea);\n"), taken(b"\tnote(tea);\n")).lands
