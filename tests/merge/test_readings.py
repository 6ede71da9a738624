"""Changes that can be read in two ways: what lands must not depend on the one that the alignment happened to see."""

from __future__ import annotations

import pytest

from portkit.merge.file import FileMerge, FileMerger, Version
from portkit.merge.kinds import Gate


def merged(base: str, ours: str, theirs: str) -> FileMerge:
    return FileMerger().merge(*(Version(text.encode(), 0o100644) for text in (base, ours, theirs)))


def result(found: FileMerge) -> str:
    return found.result.content.decode() if found.lands and found.result is not None else ""


def function(name: str, *body: str, type_: str = "int") -> str:
    lines = "".join(f"\t{line}\n" for line in body)
    return f"{type_}\n{name}(struct oven *oven)\n{{\n{lines}\treturn (0);\n}}\n\n"


BAKE, COOL, RISE = (
    function("bake", "heat(oven);"),
    function("cool", "open_door(oven);"),
    function("rise", "wait(oven);"),
)


def test_a_type_that_the_target_changed_stays_with_its_own_function() -> None:
    """Upstream's new function comes in before `int` or behind it: only one of the two leaves `cool` static."""
    ours = BAKE + COOL.replace("int\ncool", "static int\ncool")
    found = merged(BAKE + COOL, ours, BAKE + RISE + COOL)
    assert not found.lands or "static int\ncool" in result(found)


def test_a_type_that_upstream_changes_is_not_that_of_the_targets_own_function() -> None:
    theirs = BAKE + COOL.replace("int\ncool", "static int\ncool")
    found = merged(BAKE + COOL, BAKE + RISE + COOL, theirs)
    assert not found.lands or ("static int\ncool" in result(found) and "static int\nrise" not in result(found))


def test_what_layout_tells_lands() -> None:
    """The new function begins at its type, not at the brace before it, though both give upstream's file."""
    ours = BAKE.replace("\treturn (0);\n", "\tturn(oven);\n\treturn (0);\n") + COOL
    found = merged(BAKE + COOL, ours, BAKE + RISE + COOL)
    assert found.gate is Gate.FAITHFUL
    assert result(found) == ours.replace(COOL, RISE + COOL)


def test_both_change_the_same_of_two_equal_lines() -> None:
    """A shortest difference may keep the first and take the second away, on both sides; then nobody meets."""
    base = function("bake", "int loaf;", "", "salt(1);", "salt(1);", "heat(oven);").replace("\t\n", "\n")
    ours = base.replace("\tsalt(1);\n", "\tsalt(7);\n", 1)
    theirs = base.replace("\n\n\tsalt(1);\n", "\n\tweigh(oven);\n\tsalt(9);\n", 1)
    around = [("int a;\n", "int z;\n"), ("int own;\nint a;\n", "int z;\nint own2;\n"), ("", "int new;\nint z;\n")]
    found = merged(*(top + side + end for side, (top, end) in zip((base, ours, theirs), around, strict=True)))
    assert not found.lands


def test_a_line_that_the_target_brought_is_not_taken_for_the_one_that_it_changed() -> None:
    base = function("bake", "wait(oven);", "turn(oven);", "salt(1);")
    ours = base.replace("\tturn(oven);\n\tsalt(1);\n", "\tsalt(1);\n\tlook(oven);\n\tturn(oven);\n\tsalt(7);\n")
    assert not merged(base, ours, base.replace("salt(1)", "salt(9)")).lands


def test_two_functions_at_one_place_keep_their_own_first_lines() -> None:
    found = merged(BAKE + COOL, BAKE + function("rest", "sit(oven);") + COOL, BAKE + RISE + COOL)
    both = {BAKE + one + COOL for one in (RISE + function("rest", "sit(oven);"), function("rest", "sit(oven);") + RISE)}
    assert not found.lands or result(found) in both


def test_two_functions_side_by_side_are_deleted_one_by_each() -> None:
    """Their edges are alike, so that both deletions seem to want the same line."""
    found = merged(BAKE + COOL + RISE, BAKE + COOL, BAKE + RISE)
    assert result(found).split() == BAKE.split()


def test_include_lines_have_no_order() -> None:
    base = "#include <a.h>\n\n#include <b.h>\n\n#include <c.h>\n\nint oven;\n"
    found = merged(
        base,
        base.replace("#include <b.h>\n", "#include <b.h>\n#include <own.h>\n"),
        base.replace("#include <b.h>\n\n", "#include <b.h>\n\n#include <new.h>\n\n"),
    )
    assert found.gate is Gate.FAITHFUL


# --- what is there in part --------------------------------------------------------------------------------------


def test_an_addition_that_the_target_has_with_more_lines_does_not_come_in_twice() -> None:
    notice = "/*\n * Bread is baked here.\n * All loaves reserved.\n */\n\n"
    rest = "/*\n * After an idea of \n * somebody's.\n */\n\n" + BAKE
    ours = notice.replace(" */\n", " *\n * Baked in our own oven.\n */\n") + rest.replace("of \n", "of\n")
    found = merged("int loaf;\n\n" + rest, "int loaf;\n\n" + ours, "int loaf;\n\n" + notice + rest)
    assert result(found).count("All loaves reserved") <= 1


def test_a_short_line_that_the_target_put_in_the_place_of_the_next_one_does_not_come_in_twice() -> None:
    page = ".Sh SEE ALSO\n.Xr bread 1 ,\n.Xr rye 4 ,\n.Xr salt 4 ,\n.Xr yeast 4\n"
    ours, theirs = page.replace(".Xr rye 4", ".Xr oat 4"), page.replace(".Xr rye", ".Xr oat 4 ,\n.Xr rye")
    found = merged(page, ours, theirs)
    assert result(found).count(".Xr oat") <= 1


def test_an_addition_that_the_target_has_in_another_layout_does_not_come_in_twice() -> None:
    base = function("bake", "heat(oven);", "turn(oven);")
    theirs = base.replace(
        "\theat(oven);\n\tturn(oven);\n", "\tif (loaf != NULL) {\n\t\theat(oven);\n\t\tturn(oven);\n\t}\n"
    )
    ours = base.replace("\theat(oven);\n", "    if (loaf != NULL) {\n\theat(oven);\n")
    assert result(merged(base, ours, theirs)).count("loaf != NULL") <= 1


def test_a_last_line_that_got_its_newline_is_still_to_be_deleted() -> None:
    page = ".Sh BREAD\nIs baked.\n.It Fl a\n"
    found = merged(page + ".Pp", page + ".Pp\nIn an oven.\n", page)
    assert not found.lands or ".Pp" not in result(found)


# --- what is moved ----------------------------------------------------------------------------------------------


def test_what_the_target_deleted_does_not_come_back_because_upstream_moves_it_and_changes_a_line() -> None:
    moved = function("melt", "stir(oven);", "pour(oven);", "chill(oven);", "cover(oven);", type_="static void")
    changed = moved.replace("\tpour(oven);\n", "\tpour(oven);\n\tstrain(oven);\n")
    found = merged(BAKE + RISE + COOL + moved, BAKE + RISE + COOL, changed + BAKE + RISE + COOL)
    assert not found.lands or "melt(" not in result(found)


def test_a_change_of_the_targets_own_stays_in_its_function() -> None:
    """Upstream copies a function before itself; a shortest difference takes the copy's head for the old one's."""
    body = ("int loaf;", "", "salt(1);", "press(oven);", "roll(oven);", "heat(oven);", "turn(oven);")
    base = function("bake", *body)
    copy = function(
        "bake_twice", "int loaf;", "", "knead(oven);", "split(oven);", "fold(oven);", "wait(oven);", "sit(oven);"
    )
    ours = base.replace("\tint loaf;\n", "\tint loaf = 7;\n")
    theirs = base.replace("\tsalt(1);\n", "\tsalt(9);\n").replace("oven *oven)", "oven *oven, int loaves)")
    found = merged(base, ours, copy + theirs)
    assert not found.lands or "int loaf = 7;" in result(found).partition("\nbake(")[2]


def test_a_change_of_the_targets_own_goes_with_its_function_where_upstream_renames_it() -> None:
    body = ("int loaf;", "salt(1);", "press(oven);", "roll(oven);", "heat(oven);", "turn(oven);", "wait(oven);")
    base = BAKE + function("cook", *body)
    ours = base.replace("\tturn(oven);\n", "\tturn(oven);\n\tturn(oven, 7);\n")
    theirs = BAKE + function("cook_for", *body) + function("cook", "cook_for(oven, 9);")
    found = merged(base, ours, theirs)
    assert found.gate is Gate.FAITHFUL
    assert "turn(oven, 7)" in result(found).partition("cook_for(struct")[2].partition("cook(struct")[0]


@pytest.mark.parametrize("kind", ["lease", "option"])
def test_tables_are_told_apart_by_their_names(kind: str) -> None:
    """`struct lease` opens both: what goes into one does not go into the other."""

    def table(name: str, *rows: str) -> str:
        return (
            f"struct {kind} {name}[] = {{\n"
            + "".join(f'\t{{ "{row}", 0 }},\n' for row in rows)
            + "\t{ NULL, 0 }\n};\n\n"
        )

    base = table("old", "a", "b", "c")
    ours = table("own", "a", "b", "c") + table("old", "b", "d", "e")
    found = merged(base, ours, table("old", "a", "b", "new", "c"))
    assert not found.lands or "new" in result(found).partition(" old[]")[2]


def test_a_case_that_the_target_put_a_line_further_down_does_not_come_in_twice() -> None:
    """Upstream replaces what stands before `break`; the target has the new case, which begins with it, behind it."""
    base = function("sort", "switch (oven) {", "case 1:", "\tsalt(1);", "\tbreak;", "case 2:", "\tturn(oven);", "}")
    case = "\tcase RYE_BREAD:\n\t\theat(oven, 230);\n\t\tturn(oven, loaf);\n\t\tbreak;\n"
    theirs = base.replace("\t\tsalt(1);\n\t\tbreak;\n", "\t\tsalt(9);\n\t\tbreak;\n" + case)
    found = merged(base, base.replace("\t\tbreak;\n", "\t\tbreak;\n" + case), theirs)
    assert result(found).count("RYE_BREAD") <= 1


def test_a_line_that_went_along_with_what_the_target_moved_is_still_to_be_deleted() -> None:
    page = ".Dt BREAD 1\n.Os\n.Sh BREAD\n.It Fl a\nIs baked in the oven.\n.Pp\n.Sh SALT\nIs weighed.\n"
    moved = page.replace("Is baked in the oven.\n.Pp\n", "").replace(".Os\n", "Is baked in the oven.\n\t.Pp\n.Os\n")
    found = merged(page, moved, page.replace(".Pp\n", ""))
    assert not found.lands or ".Pp" not in result(found)


def test_one_line_of_the_target_is_not_two_of_upstreams() -> None:
    """Upstream renames a word in two lines; the target has one of them renamed, and has deleted the other."""
    cases = "\twait(oven);", "\tfill_up(frame);", "\tbreak;"
    base = function("bake", "switch (oven) {", "case 1:", *cases, "case 2:", *cases, "}")
    ours = base.replace("frame", "mould", 1).replace("\t\tfill_up(frame);\n", "")
    assert not merged(base, ours, base.replace("frame", "mould")).lands
