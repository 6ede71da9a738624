"""How a file is cut, and which function of a cousin is this one."""

from __future__ import annotations

from placing_worlds import COUSIN, UPSTREAM, edited

from portkit.change.lines import LineTable
from portkit.merge.pieces import Piece, Pieces, telling


def cut(content: bytes, table: LineTable | None = None) -> Pieces:
    return Pieces((table or LineTable()).lines(content))


def named(pieces: Pieces, name: str) -> Piece:
    (found,) = pieces.by_name[name]
    return found


def test_a_prototype_over_two_lines_is_no_function() -> None:
    pieces = cut(COUSIN)
    assert [piece.name for piece in pieces.all] == ["struct letter", "open_box", "bring", "main"]
    opened = named(pieces, "open_box")
    lines = COUSIN.split(b"\n")
    assert lines[opened.start] == b"static int"
    assert lines[opened.end - 1] == b"}"


def test_old_parameters_are_part_of_the_function() -> None:
    pieces = cut(b"int\nadd(a, b)\n\tint a;\n\tint b;\n{\n\treturn (a + b);\n}\n\nint after;\n")
    (piece,) = pieces.all
    assert (piece.name, piece.start, piece.end) == ("add", 0, 7)
    assert pieces.at(8) is None


def test_a_page_is_cut_at_its_sections() -> None:
    pieces = cut(b'.\\" a page\n.Sh NAME\n.Nm x\n.Sh FILES\nmain(int)\n.It Pa y\n')
    assert [(piece.name, piece.start, piece.end) for piece in pieces.all] == [(".Sh NAME", 1, 3), (".Sh FILES", 3, 6)]


def test_a_position_between_functions_is_in_none() -> None:
    pieces = cut(UPSTREAM)
    first, second = named(pieces, "open_box"), named(pieces, "deliver")
    assert pieces.around(first.start + 3, first.start + 3) == first
    assert pieces.around(first.end, first.end) is None
    assert pieces.around(first.end - 1, second.start + 1) is None


def test_the_counterpart_by_name_and_by_likeness() -> None:
    table = LineTable()
    base, ours = cut(UPSTREAM, table), cut(COUSIN, table)
    assert ours.counterpart(base, named(base, "open_box")) == (named(ours, "open_box"), "name")
    assert ours.counterpart(base, named(base, "deliver")) == (named(ours, "bring"), "likeness")


def test_two_functions_alike_are_no_counterpart() -> None:
    table = LineTable()
    copy = COUSIN[COUSIN.index(b"long\nbring") : COUSIN.index(b"int\nmain")].replace(b"bring", b"bring_back")
    base, ours = cut(UPSTREAM, table), cut(COUSIN + copy, table)
    assert ours.counterpart(base, named(base, "deliver")) is None


def test_a_function_with_little_in_common_is_none() -> None:
    table = LineTable()
    changes = (
        (b"\t\tstamp(letter);\n", b"\t\tweigh(letter);\n"),
        (b'carry(letter, "north gate")', b"go_out(letter)"),
        (b"\twhile (done < count) {\n", b"\tfor (;;) {\n"),
        (b"\t\tdone++;\n", b"\t\tcount -= 1;\n"),
    )
    base, ours = cut(UPSTREAM, table), cut(edited(COUSIN, *changes), table)
    assert ours.counterpart(base, named(base, "deliver")) is None


def test_telling_lines_have_a_word_of_their_own() -> None:
    assert telling(b"\tcarry(letter);\n")
    assert not any(map(telling, (b"\n", b"\t}\n", b"\tbreak;\n", b"#endif\n", b"\t} else {\n", b"\tint i;\n")))
