"""What fits and must wait all the same, because something else does not land."""

from __future__ import annotations

import pytest
from placing_worlds import COUSIN, UPSTREAM, edited

from portkit.change.lines import LineTable
from portkit.merge.companions import Known, locals_of, owned, waiting
from portkit.merge.declarations import declared
from portkit.merge.pieces import Pieces
from portkit.merge.placing import Placer


def known(*, upstream: dict[bytes, str] | None = None, target: frozenset[bytes] = frozenset()) -> Known:
    return Known(
        target=lambda word: word in target,
        upstream=lambda word: (upstream or {}).get(word, ""),
        brought=frozenset(),
        elsewhere=lambda _: False,
        header=lambda file: frozenset({b"stamp"}) if file == b"stamps.h" else frozenset(),
        takes=lambda _: None,
    )


def waits(
    *changes: tuple[bytes, bytes], ours: bytes = COUSIN, base: bytes = UPSTREAM, world: Known | None = None
) -> dict[int, str]:
    placer = Placer()
    theirs = edited(base, *changes)
    placed = placer.place(base, ours, theirs)
    pieces = placer.pieces
    return waiting(
        "a.c", placed, pieces(ours), pieces(theirs), pieces(base), pieces(placed.content), world or known()
    )


OPEN = b"\tbox = open(path, O_RDONLY);\n"


def test_nothing_waits_for_nothing() -> None:
    assert waits((OPEN, b"\tbox = open(path, O_RDWR);\n")) == {}


def test_a_variable_that_only_upstreams_function_has() -> None:
    base = edited(UPSTREAM, (b"\tint box;\n", b"\tint box, tries;\n"))
    found = waits((OPEN, b"\ttries = 0;\n" + OPEN), base=base)
    assert found == {1: "it uses tries, which open_box has for itself upstream, not here"}


def test_a_variable_whose_declaration_lands_too() -> None:
    changes = ((b"\tint box;\n", b"\tint box, tries;\n"), (OPEN, b"\ttries = 0;\n" + OPEN))
    assert waits(*changes) == {}


def test_what_upstream_has_elsewhere_and_the_target_lacks() -> None:
    change = (OPEN, b"\tbox = open_for_all(path);\n")
    world = known(upstream={b"open_for_all": "all.c"})
    assert waits(change, world=world) == {1: "it uses open_for_all, which the target lacks (all.c has it)"}
    assert waits(change, world=known(upstream={b"open_for_all": "all.c"}, target=frozenset({b"open_for_all"}))) == {}
    assert waits(change) == {}  # nobody's: the system's, for all that is known here


def test_a_declaration_that_the_target_goes_on_using() -> None:
    base = edited(UPSTREAM, (b"\tint box;\n", b"\tint box;\n\tchar name[64];\n"))
    ours = edited(COUSIN, (b"\t\tputs(path);\n", b"\t\tputs(name);\n"))
    assert waits((b"\tchar name[64];\n", b""), base=base, ours=ours) == {
        1: "it takes away name, which the target goes on using"
    }


def test_a_header_whose_names_the_target_goes_on_using() -> None:
    base, ours = b'#include "stamps.h"\n' + UPSTREAM, b'#include "stamps.h"\n' + COUSIN
    found = waits((b'#include "stamps.h"\n', b'#include "other.h"\n'), base=base, ours=ours)
    assert found == {1: "it takes away stamp, which the target goes on using"}


def test_a_brace_without_its_other_half() -> None:
    changes = (
        (b"\twhile (done < count) {\n", b"\tif (count > 0) {\n\twhile (done < count) {\n"),
        (b"\treturn (done);\n", b"\t}\n\treturn (done);\n"),
    )
    ours = edited(COUSIN, (b"\t\tdone++;\n\t}\n\treturn (done);\n", b"\t\tdone += 1; }\n\tgo_on(letter);\n\tstop();\n"))
    assert waits(*changes) == {}
    assert waits(*changes, ours=ours) == {1: "its braces pair with those of a hunk that does not land"}


def test_a_line_that_is_moved() -> None:
    base = edited(UPSTREAM, (b"\treturn (deliver(&first, 1));\n", b"\tput_away(\"all\");\n\treturn (0);\n"))
    away = b'\tput_away("all");\n'
    found = waits((away, b""), (b"\t\tdone++;\n", b"\t" + away + b"\t\tdone++;\n"), base=base)
    assert list(found.values()) == ["it moves a line, and hunk 2, the other half, does not land"]


def test_a_line_that_would_stand_twice() -> None:
    ours = edited(COUSIN, (b"\tif (!quietly)\n", b"\tnote_opening(path, box);\n\tif (!quietly)\n"))
    found = waits((OPEN, OPEN + b"\tnote_opening(path, box);\n"), ours=ours)
    assert list(found) in ([1], [])  # there already, or held back; landed it would stand twice
    placed = Placer().place(UPSTREAM, ours, edited(UPSTREAM, (OPEN, OPEN + b"\tnote_opening(path, box);\n")))
    assert found or placed.content == ours


def test_a_value_that_a_hunk_that_stays_would_use() -> None:
    base, ours = (edited(one, (b"\tint box;\n", b"\tint box, tries;\n")) for one in (UPSTREAM, COUSIN))
    changes = ((OPEN, b"\ttries = 0;\n" + OPEN), (b"\treturn (box);\n", b"\treturn (box + tries);\n"))
    assert waits(*changes, base=base, ours=ours) == {}
    other = edited(ours, (b"\treturn (box);\n", b"\treturn (box > 0 ? box : 0);\n"))
    assert waits(*changes, base=base, ours=other) == {
        1: "it changes what is done with tries, as hunk 2 does, which does not land"
    }


def test_a_passage_of_a_section_waits_for_the_others() -> None:
    page = b".\\\" a page\n.Sh FILES\nThere are two files.\nOne is long.\n.Sh NOTES\nSee there.\nAnd here too.\n"
    changes = ((b"are two files.\n", b"are three files.\n"), (b"One is long.\n", b"One is long.\nOne is gone.\n"))
    theirs = edited(page, *changes, (b"See there.", b"See elsewhere."))
    placer = Placer()
    placed = placer.place(page, page, theirs, held={2})
    cut = placer.pieces
    assert waiting("a.8", placed, cut(page), cut(theirs), cut(page), cut(placed.content), known()) == {
        1: "hunk 2, of the same section, does not land"
    }


def test_a_member_that_is_declared_in_other_words() -> None:
    found = waits((b"\tint weight;\n", b"\tint64_t stamp_time;\n\tint weight;\n"))
    assert found == {1: "the target declares stamp_time there already, in other words"}


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (b"\tint a;\n", ("a",)),
        (b"\tchar *p, line[64], **q = NULL;\n", ("p", "line", "q")),
        (b"\tu_int length = h->len, caplen = h->caplen;\n", ("length", "caplen")),
        (b"\tstruct { int x; } y;\n", ()),
        (b"#define\tMAX 3\n", ("MAX",)),
        (b"\treturn a;\n", ()),
        (b"\tcall(a, b);\n", ()),
        (b"\ta = b;\n", ()),
        (b"\tp->x = 1;\n", ()),
        (b"int\tadd(int, int);\n", ("add",)),
        (b"add(int a, int b)\n", ("add",)),
        (b"\tgoto trunc;\n", ()),
        (b"\tconst char *s; /* int t; */\n", ("s",)),
        (b"\tint bits:4;\n", ("bits",)),
        (b'\tchar digits[sizeof("000")], *end;\n', ("digits", "end")),
    ],
)
def test_what_a_line_declares(line: bytes, names: tuple[str, ...]) -> None:
    assert tuple(name.decode() for name in declared(line)) == names


def test_what_a_file_gives_and_a_function_keeps() -> None:
    pieces = Pieces(LineTable().lines(UPSTREAM))
    assert {b"MAXSPOOL", b"open_box", b"deliver", b"weight"} <= owned(pieces)
    assert b"box" not in owned(pieces)
    (piece,) = pieces.by_name["open_box"]
    assert {b"box", b"path"} <= locals_of(pieces, piece)
    assert b"open_box" not in locals_of(pieces, piece)
