"""A merge by words: two edits of one line that do not meet, and those that do."""

from __future__ import annotations

import pytest

from portkit.triage.words import merged_words


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        (b"\tcall one two;\n", b"\tcall ONE two;\n", b"\tcall one TWO;\n", b"\tcall ONE TWO;\n"),
        (b"route add $x\n", b"#route add $x\n", b"route $domain add $x\n", b"#route $domain add $x\n"),
        (b"int a;\n", b"int a, b;\n", b"long a;\n", b"long a, b;\n"),
        (b"int a;\n", b"int b;\n", b"int c;\n", None),
        (b"int a;\n", b"int b;\n", b"", None),
        (b"", b"int b;\n", b"int c;\n", None),
        (b"int a;\n", b"int a;\n", b"int c;\n", None),
        (b"a\xffb c\n", b"a\xffb d\n", b"a\xfeb c\n", b"a\xfeb d\n"),
    ],
)
def test_tables(base: bytes, ours: bytes, theirs: bytes, merged: bytes | None) -> None:
    assert merged_words(base, ours, theirs) == merged
    if merged is not None:
        assert merged_words(base, theirs, ours) == merged


def test_what_nobody_can_check_by_eye_is_not_tried() -> None:
    long = b" ".join(b"w%d" % number for number in range(3000))
    assert merged_words(long, b"x " + long, long + b" y") is None
