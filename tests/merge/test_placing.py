"""Hunks placed on a cousin: what lands, what is there already, and what must not land."""

from __future__ import annotations

import pytest
from placing_worlds import COUSIN, UPSTREAM, edited

from bench.faithful import faithful, judge
from portkit.merge.fate import Fate
from portkit.merge.placing import Placed, Placer, Placing


def placed(*changes: tuple[bytes, bytes], ours: bytes = COUSIN, base: bytes = UPSTREAM) -> Placed:
    return Placer().place(base, ours, edited(base, *changes))


def only(found: Placed) -> Placing:
    (one,) = found.hunks
    return one


def test_a_change_lands_in_the_function_of_the_same_name() -> None:
    change = (b'\t\twarn("cannot open %s", path);\n', b'\t\twarnx("cannot open %s", path);\n')
    found = placed(change)
    one = only(found)
    assert (one.fate, one.function, one.counterpart, one.by) == (Fate.PLACED, "open_box", "open_box", "name")
    assert found.content == edited(COUSIN, change)
    assert COUSIN.split(b"\n")[one.line - 1].strip().startswith(b"warn(")
    assert faithful(judge(UPSTREAM, edited(UPSTREAM, change), COUSIN, found.content))


def test_a_change_lands_in_a_function_of_another_name() -> None:
    change = (b"\t\tstamp(letter);\n", b"\t\tstamp(letter);\n\t\tlog_it(letter);\n")
    found = placed(change)
    assert (only(found).counterpart, only(found).by) == ("bring", "likeness")
    assert found.content == edited(COUSIN, change)
    assert faithful(judge(UPSTREAM, edited(UPSTREAM, change), COUSIN, found.content))


def test_a_line_outside_of_functions_lands_among_its_neighbours() -> None:
    change = (b"#include <fcntl.h>\n", b"#include <fcntl.h>\n#include <paths.h>\n")
    found = placed(change)
    assert (only(found).fate, only(found).method) == (Fate.PLACED, "file")
    assert found.content == edited(COUSIN, change)


def test_what_the_target_says_in_other_words_is_left() -> None:
    found = placed((b"\tfirst.weight = argc;\n", b"\tfirst.weight = argc - 1;\n"))
    one = only(found)
    assert (one.fate, one.function, one.counterpart) == (Fate.LEFT, "main", "main")
    assert one.reason
    assert found.content == COUSIN


def test_a_function_that_the_target_has_not_is_left() -> None:
    ours = COUSIN[: COUSIN.index(b"/* What")] + COUSIN[COUSIN.index(b"int\nmain") :]
    found = placed((b"\t\tstamp(letter);\n", b"\t\tstamp(letter, 1);\n"), ours=ours)
    assert only(found).fate is Fate.LEFT
    assert "no function that is this one (deliver)" in only(found).reason


def test_the_same_line_in_another_function_is_not_taken_for_it() -> None:
    """patch would put it there: the line stands once in the file, but elsewhere."""
    ours = edited(COUSIN, (b"\tif (!quietly)\n", b"\tfirst.weight = argc;\n\tif (!quietly)\n"))
    found = placed((b"\tfirst.weight = argc;\n", b"\tfirst.weight = argc - 1;\n"), ours=ours)
    assert only(found).fate is Fate.LEFT
    assert found.content == ours


def test_braces_and_blank_lines_around_it_do_not_tell_the_place() -> None:
    base = b"int\nrun(void)\n{\n\tif (ready()) {\n\t\talpha_one();\n\t}\n\n\treturn (0);\n}\n"
    ours = b"int\nrun(void)\n{\n\tif (set_up()) {\n\t\tbeta_two();\n\t}\n\n\treturn (1);\n}\n"
    found = Placer().place(base, ours, edited(base, (b"\t}\n\n", b"\t}\n\tgamma();\n\n")))
    assert only(found).fate is Fate.LEFT
    assert found.content == ours


def test_a_hunk_that_is_there_already() -> None:
    change = (b'carry(letter, "north gate")', b'carry(letter, "south gate")')
    ours = edited(COUSIN, change)
    found = placed(change, ours=ours)
    one = only(found)
    assert (one.fate, found.content) == (Fate.ALREADY, ours)
    assert b"south gate" in ours.split(b"\n")[one.line - 1]


def test_a_deletion_of_what_never_was_there_is_not_done() -> None:
    ours = edited(COUSIN, (b"\t\tstamp(letter);\n", b"\t\tquickly(letter, 7);\n"))
    found = placed((b"\t\tstamp(letter);\n", b""), ours=ours)
    assert only(found).fate is Fate.LEFT


def test_white_space_within_a_string_is_no_white_space() -> None:
    ours = edited(COUSIN, (b'carry(letter, "north gate")', b'carry(letter, "northgate")'))
    found = placed((b'carry(letter, "north gate")', b'carry(letter, "north gate", 1)'), ours=ours)
    assert only(found).fate is Fate.LEFT
    assert found.content == ours


def test_a_line_that_stands_once_in_both_files_is_found_in_another_order() -> None:
    alpha, beta, rest = b"\tint alpha_count;\n", b"\tchar *beta_name;\n", b"\tlong gamma_ray;\n\tint box;\n"
    base = edited(UPSTREAM, (b"\tint box;\n", alpha + beta + rest))
    ours = edited(COUSIN, (b"\tint box;\n", beta + alpha + rest))
    for gone in (alpha, beta):
        found = placed((gone, b""), base=base, ours=ours)
        assert (only(found).fate, found.content) == (Fate.PLACED, edited(ours, (gone, b"")))
        assert faithful(judge(base, edited(base, (gone, b"")), ours, found.content))


def test_held_hunks_are_tried_and_stay_out() -> None:
    changes = ((b"warn(", b"warnx("), (b'"north gate"', b'"south gate"'))
    found = Placer().place(UPSTREAM, COUSIN, edited(UPSTREAM, *changes), held={1})
    assert [one.fate for one in found.hunks] == [Fate.READY, Fate.PLACED]
    assert found.content == edited(COUSIN, changes[1])


def test_carried_hunks_are_there_whatever_the_target_says() -> None:
    found = Placer().place(UPSTREAM, COUSIN, edited(UPSTREAM, (b"argc;\n", b"argc - 1;\n")), carried={1})
    assert [one.fate for one in found.hunks] == [Fate.ALREADY]


@pytest.mark.parametrize("number", range(2))
def test_each_hunk_is_placed_on_what_the_one_before_made(number: int) -> None:
    changes = ((b"\tint box;\n", b"\tint box, tries;\n"), (b"\tbox = open(", b"\ttries = 0;\n\tbox = open("))
    found = Placer().place(UPSTREAM, COUSIN, edited(UPSTREAM, *changes), held={number + 1})
    assert sorted(one.fate for one in found.hunks) == [Fate.PLACED, Fate.READY]
    assert found.content == edited(COUSIN, changes[1 - number])
