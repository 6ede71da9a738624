"""Lines that differ in white space alone: what may be taken as the same, and what may not."""

from __future__ import annotations

import pytest

from portkit.merge.file import FileMerger, Version
from portkit.merge.sides import loosely_equal


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (b"\tif (a&&b)\n", b"        if (a && b)\n", True),
        (b'\tprintf(", ;");\n', b'\tprintf(",;");\n', False),
        (b'\tprintf( ", ;" );\n', b'\tprintf(", ;");\n', True),
        (b"\tc = ' ';\n", b"\tc = '';\n", False),
        (b'\tputs("a \\" b");\n', b'\tputs("a \\"b");\n', False),
        (b'\tputs("a" "b");\n', b'\tputs("a""b");\n', True),
    ],
)
def test_white_space_counts_in_quotes_only(one: bytes, other: bytes, equal: bool) -> None:
    assert loosely_equal([one], [other]) is equal
    assert loosely_equal([other], [one]) is equal


def test_a_line_with_another_string_is_not_upstreams() -> None:
    body = b"int\nprint_it(int n)\n{\n\tstart(n);\n\tprintf(%s, n);\n\tend(n);\n}\n"
    base, theirs, ours = (
        Version(body.replace(b"%s", text), 0o100644) for text in (b'", ;%d"', b'"; %d"', b'",;%d"')
    )
    merge = FileMerger().merge(base, ours, theirs)
    assert not merge.lands
    assert merge.conflicts
