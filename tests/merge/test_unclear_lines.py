"""Lines that agree and still may be others: one of several that are equal, and lines that upstream moves."""

from __future__ import annotations

import pytest

from portkit.merge.file import FileMerge, FileMerger, Version
from portkit.merge.kinds import Gate

HEAD = b"int\nbake(struct oven *oven)\n{\n\tint loaf;\n\n\topen_door(oven);\n"
TAIL = b"\tshut_door(oven);\n\tclean(oven);\n\treturn (loaf);\n}\n"


def merged(base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    return FileMerger().merge(
        *(Version(HEAD + content + TAIL, 0o100644) for content in (base, ours, theirs))
    )


def lines(text: str) -> bytes:
    return "".join(f"\t{line}\n" for line in text.split("|")).encode()


def test_which_of_two_equal_lines_is_deleted_cannot_be_told_where_ours_parts_them() -> None:
    found = merged(lines("loaf++;|loaf++;"), lines("loaf++;|turn(oven);|loaf++;"), lines("loaf++;"))
    assert found.gate is Gate.FAILED
    assert "cannot be told" in found.reason


def test_a_case_that_upstream_deletes_takes_no_line_of_ours_for_another() -> None:
    base = lines("case RYE:|\tknead(oven);|\tbreak;|case OAT:|\tpress(oven);|\tbreak;")
    ours = lines("case RYE:|\tknead(oven);|\tbreak;|case OAT:|\tpress(oven);|\tsalt(oven);|\tbreak;")
    assert not merged(base, ours, lines("case RYE:|\tknead(oven);|\tbreak;")).lands


def test_two_equal_lines_that_nobody_parts_are_one_as_good_as_the_other() -> None:
    found = merged(lines("loaf++;|loaf++;"), lines("loaf++;|loaf++;|turn(oven);"), lines("loaf++;"))
    assert found.gate is Gate.FAITHFUL


def test_what_the_target_deleted_does_not_come_back_because_upstream_moves_it() -> None:
    base = lines("ring_bell(oven);|warm(oven);|wait(oven);|turn(oven);|rest(oven);|look(oven);")
    theirs = lines("warm(oven);|wait(oven);|turn(oven);|rest(oven);|look(oven);|ring_bell(oven);")
    found = merged(base, lines("warm(oven);|wait(oven);|turn(oven);|rest(oven);|look(oven);"), theirs)
    assert not found.lands or b"ring_bell" not in (found.result.content if found.result else b"")


def test_what_the_target_has_not_yet_is_not_moved_either() -> None:
    base = lines("warm(oven);|wait(oven);|turn(oven);|rest(oven);|ring_bell(oven);|look(oven);")
    ours = base.replace(b"\tring_bell(oven);\n", b"")
    found = merged(base, ours, lines("ring_bell(oven);|warm(oven);|wait(oven);|turn(oven);|rest(oven);|look(oven);"))
    assert found.gate is Gate.FAILED
    assert "moves lines that the target has no more" in found.reason


@pytest.mark.parametrize("swapped", ["look(oven);|warm(oven);", "ring_bell(oven);|warm(oven);"])
def test_two_lines_change_places_and_ours_has_one_of_its_own_between(swapped: str) -> None:
    first, second = swapped.split("|")
    found = merged(lines(f"{second}|{first}"), lines(f"{second}|salt(oven);|{first}"), lines(swapped))
    assert not found.lands


def test_lines_that_upstream_moves_are_moved_where_ours_has_them() -> None:
    base = lines("ring_bell(oven);|warm(oven);|wait(oven);|turn(oven);|rest(oven);|look(oven);")
    theirs = lines("warm(oven);|wait(oven);|turn(oven);|rest(oven);|look(oven);|ring_bell(oven);")
    ours = base.replace(b"\tturn(oven);\n", b"\tturn(oven);\n\tsalt(oven);\n")
    found = merged(base, ours, theirs)
    assert found.gate is Gate.FAITHFUL
    assert found.result is not None
    assert found.result.content == HEAD + theirs.replace(b"\tturn(oven);\n", b"\tturn(oven);\n\tsalt(oven);\n") + TAIL


def test_what_stands_at_both_places_is_not_moved_in_half() -> None:
    base = lines("warm(oven);|ring_bell(oven);|wait(oven);|turn(oven);|look(oven);")
    ours = lines("warm(oven);|ring_bell(oven);|wait(oven);|turn(oven);|ring_bell(oven);|salt(oven);|look(oven);")
    found = merged(base, ours, lines("warm(oven);|wait(oven);|turn(oven);|look(oven);|ring_bell(oven);"))
    assert not found.lands
