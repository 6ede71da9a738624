"""The ladder, rung by rung: what each can carry, and what it must leave to the next."""

from __future__ import annotations

import pytest

from portkit.change.lines import LineTable
from portkit.merge.ladder import RUNGS, Merged, merge
from portkit.merge.sides import Sides


def merged(base: bytes, ours: bytes, theirs: bytes) -> Merged:
    table = LineTable()
    return merge(Sides(table.lines(base), table.lines(ours), table.lines(theirs)))


def lines(*names: str) -> bytes:
    return b"".join(f"\tcall_{name}(lease, 5);\n".encode() for name in names)


BASE = lines(*"abcdefghij")


def clean(base: bytes, ours: bytes, theirs: bytes) -> tuple[str, bytes]:
    found = merged(base, ours, theirs)
    assert found.clean
    return found.method, found.content


def ident(revision: str, rest: bytes = b"") -> bytes:
    return f"/*\t$OpenBSD: a.c,v {revision} 2012/06/26 14:46:42 krw Exp $\t*/\n".encode() + rest


def test_equal_keeps_ours_to_the_byte() -> None:
    ours = ident("1.2", BASE)
    assert clean(ident("1.1", b"x\n"), ours, ident("1.3", BASE)) == ("equal", ours)


def test_copy_takes_theirs_where_ours_is_base_but_for_its_ident_line() -> None:
    method, content = clean(ident("1.4", BASE), ident("1.3", BASE), ident("1.5", BASE + b"more\n"))
    assert (method, content) == ("copy", ident("1.3", BASE + b"more\n"))


def test_copy_follows_a_keyword_line_that_ours_has_just_as_base_had_it() -> None:
    page = b".Dd $Mdocdate: May %d 2012 $\n.Sh NAME\n"
    assert clean(page % 1, page % 1, page % 9 + b".Nm\n") == ("copy", page % 9 + b".Nm\n")
    assert clean(page % 1, page % 3, page % 9 + b".Nm\n") == ("copy", page % 9 + b".Nm\n")  # the later date
    assert clean(page % 1, page % 12, page % 9 + b".Nm\n") == ("copy", page % 12 + b".Nm\n")


def test_diff3_makes_both_sides_edits_even_where_they_touch() -> None:
    method, content = clean(BASE, lines(*"abcXefghij"), lines(*"abcdYfghij"))
    assert (method, content) == ("diff3", lines(*"abcXYfghij"))


def test_diff3_takes_equal_edits_once() -> None:
    method, content = clean(BASE, lines(*"aXYcdefghij"), lines(*"aXYcdefghiZ"))
    assert (method, content) == ("present", lines(*"aXYcdefghiZ"))


def test_a_conflict_has_upstreams_side_in_the_content() -> None:
    found = merged(BASE, lines(*"abXdefghij"), lines(*"abYdefghij"))
    assert found.content == lines(*"abYdefghij")
    assert [(one.base0, one.base1, one.ours0, one.ours1, one.theirs0, one.theirs1) for one in found.conflicts] == [
        (2, 3, 2, 3, 2, 3)
    ]


def test_present_leaves_out_what_stands_a_little_further_down() -> None:
    method, content = clean(BASE, lines(*"abcXYdefghij"), lines(*"abXYcdefghiZ"))
    assert (method, content) == ("present", lines(*"abcXYdefghiZ"))
    # where nothing else is to be done it is equal
    assert clean(BASE, lines(*"abcXYdefghij"), lines(*"abXYcdefghij")) == ("equal", lines(*"abcXYdefghij"))


def test_present_is_not_fooled_by_braces_and_blanks() -> None:
    brace = b"\t}\n\n"
    base, ours = b"a line of it\n", b"a line of it\nother words\n" + brace
    assert merged(base, ours, b"first words\n" + brace + base).content == b"first words\n" + brace + ours


def test_slide_moves_a_hunk_off_a_local_one_where_it_means_the_same() -> None:
    brace = b"}\n\n"
    one, two, new, own = (b"int\n%s(void)\n{\n\treturn (%s);\n" % (name, name) for name in (b"aa", b"bb", b"cc", b"dd"))
    base = one + brace + two + brace
    ours = base.replace(two, own + brace + two)
    theirs = base.replace(one + brace, one + brace + new + brace)
    found = merged(base, ours, theirs)
    # both add a function at one place: whatever is done, neither may be lost, or it is a conflict
    assert found.conflicts or (own in found.content and new in found.content)


def test_slide_is_named_where_it_carries() -> None:
    repeated = lines("r", "r", "r")
    base = lines("a") + repeated + lines("b")
    ours = lines("a") + repeated + lines("X", "b")
    theirs = lines("a") + repeated + lines("r", "b")
    assert clean(base, ours, theirs) == ("slide", lines("a") + repeated + lines("r", "X", "b"))


def test_include_lines_of_both_sides_stand_one_after_the_other() -> None:
    base = b"#include <a.h>\n\nint x;\n"
    ours, theirs = base.replace(b"\n\n", b"\n#include <ours.h>\n\n"), base.replace(b"\n\n", b"\n#include <new.h>\n\n")
    method, content = clean(base, ours, theirs)
    assert method == "include"
    assert content == base.replace(b"\n\n", b"\n#include <new.h>\n#include <ours.h>\n\n")


def test_an_include_line_that_both_add_is_not_made_two() -> None:
    base = b"#include <a.h>\n\nint x;\n"
    ours = base.replace(b"\n\n", b"\n#include <both.h>\n\n")
    theirs = base.replace(b"\n\n", b"\n#include <new.h>\n#include\t<both.h>\n\n")
    assert merged(base, ours, theirs).conflicts


HELD = b"struct oven {\n\tint doors;\n\tvoid *rack;\n\tvoid *fan;\n\tint heat;\n};\n"


def test_what_upstream_adds_stands_outside_of_a_condition_that_the_target_puts_around_the_next_line() -> None:
    ours = HELD.replace(b"\tvoid *fan;\n", b"#ifdef FAN\n\tvoid *fan;\n#endif\n")
    found = merged(HELD, ours, HELD.replace(b"\tvoid *fan;\n", b"\tint loaves;\n\tvoid *fan;\n"))
    assert (found.clean, found.method) == (True, "condition")
    assert found.content == ours.replace(b"#ifdef", b"\tint loaves;\n#ifdef")


def test_and_behind_the_end_of_one_around_the_line_before() -> None:
    ours = HELD.replace(b"\tvoid *fan;\n", b"#ifdef FAN\n\tvoid *fan;\n#endif\n")
    found = merged(HELD, ours, HELD.replace(b"\tint heat;\n", b"\tint loaves;\n\tint heat;\n"))
    assert (found.clean, found.method) == (True, "condition")
    assert found.content == ours.replace(b"#endif\n", b"#endif\n\tint loaves;\n")


@pytest.mark.parametrize(
    "added", [b"\tif (hot)\n", b"#define FANS 2\n#if FANS\n\tint fans;\n", b"\t} else {\n\tx();\n"]
)
def test_what_goes_on_behind_it_conflicts_with_a_condition(added: bytes) -> None:
    ours = HELD.replace(b"\tvoid *fan;\n", b"#ifdef FAN\n\tvoid *fan;\n#endif\n")
    assert not merged(HELD, ours, HELD.replace(b"\tvoid *fan;\n", added + b"\tvoid *fan;\n")).clean


def test_other_lines_that_both_add_at_one_place_conflict() -> None:
    assert merged(BASE, lines(*"abXcdefghij"), lines(*"abYcdefghij")).conflicts
    assert merged(b"a\n", b"a\n#include <x.h>\n", b"a\n#define X\n").conflicts


def test_white_space_of_ours_gives_way_where_upstream_changes_the_line() -> None:
    ours = BASE.replace(b"\tcall_c(lease, 5);", b"    call_c(lease,  5);")
    theirs = lines(*"abXdefghij")
    assert clean(BASE, ours, theirs) == ("white-space", theirs)


def test_white_space_of_ours_stays_everywhere_else() -> None:
    ours = BASE.replace(b"\tcall_c(lease, 5);", b"    call_c(lease,  5);")
    method, content = clean(BASE, ours, lines(*"abcdefghXj"))
    assert (method, content) == ("diff3", ours.replace(b"call_i", b"call_X"))


def test_white_space_of_upstream_comes_over_even_though_ours_differs_elsewhere() -> None:
    theirs = BASE.replace(b"\tcall_c(lease, 5);", b"    call_c(lease,  5);")
    method, content = clean(BASE, lines(*"abcdefghXj"), theirs)
    assert (method, content) == ("diff3", theirs.replace(b"call_i", b"call_X"))


def test_moved_deletes_the_line_where_ours_has_put_it() -> None:
    ours = lines(*"abdefgchij")
    method, content = clean(BASE, ours, lines(*"abdefghij"))
    assert (method, content) == ("moved", lines(*"abdefghij"))


def test_moved_does_not_guess_between_two_copies() -> None:
    found = merged(BASE, lines(*"abdecfgchij"), lines(*"abdefghij"))
    assert found.method != "moved"


def test_moved_leaves_alone_what_upstream_only_puts_elsewhere() -> None:
    found = merged(BASE, lines(*"abdefgchij"), lines(*"abdcefghij"))
    assert found.method != "moved"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (b"a\nb", b"a\nb\nc\n"),  # ours takes the last newline away, upstream goes on
        (b"a\nb\nc\n", b"a\nb"),  # the other way round
        (b"a\nb\n#include <x.h>\n", b"a\nb\n#include <y.h>"),
    ],
)
def test_lines_are_never_glued_together_at_the_end(ours: bytes, theirs: bytes) -> None:
    found = merged(b"a\nb\n", ours, theirs)
    assert set(found.content.split(b"\n")) <= set(ours.split(b"\n")) | set(theirs.split(b"\n"))
    assert found.conflicts


def test_a_last_line_without_newline_stays_so() -> None:
    base = BASE[:-1]
    assert clean(base, lines(*"Xbcdefghij")[:-1], lines(*"abcdefghYj")[:-1])[1] == lines(*"Xbcdefghij")[:-1].replace(
        b"call_i", b"call_Y"
    )
    assert clean(BASE, lines(*"Xbcdefghij"), base)[1] == lines(*"Xbcdefghij")[:-1]
    assert clean(BASE, BASE[:-1], lines(*"Xbcdefghij"))[1] == lines(*"Xbcdefghij")[:-1]


def test_bytes_of_ours_survive_whatever_they_are() -> None:
    own = b"/* caf\xe9 \x00\r\x0c\x1b[31m */\r\n"
    method, content = clean(BASE, BASE.replace(b"\tcall_c", own + b"\tcall_c"), lines(*"abcdefghYj"))
    assert content == lines(*"abcdefghYj").replace(b"\tcall_c", own + b"\tcall_c")
    assert method == "diff3"


def test_every_method_named_is_a_rung() -> None:
    assert len(set(RUNGS)) == len(RUNGS)
    for ours, theirs in [(BASE, BASE), (BASE, b""), (b"", BASE), (b"x\n", b"y\n"), (lines(*"ab"), lines(*"ij"))]:
        assert merged(BASE, ours, theirs).method in RUNGS
