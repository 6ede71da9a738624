"""Which names a change brings and uses: words of C, in a function or known everywhere."""

from __future__ import annotations

import time

import pytest

from portkit.change.linediff import Hunk
from portkit.change.lines import LineTable
from portkit.paths import RepoPath
from portkit.sync.names import Place, added_names, needed

C, H = RepoPath("sbin/a.c"), RepoPath("sbin/a.h")
FUNCTION = b"int\nmain(void)\n{\n\tint\tlocal_one;\n}\n\nstruct client {\n\tint\tmember;\n};\n\nint\tglobal_one;\n"


def added(text: bytes, file: RepoPath = C) -> dict[bytes, set[Place]]:
    lines = LineTable().lines(text)
    return added_names(file, lines, [Hunk(0, 0, 0, len(lines.raw))])


def test_a_name_is_known_in_its_function_or_everywhere() -> None:
    found = added(FUNCTION)
    assert found[b"local_one"] == {Place(C, "main")}
    assert found[b"main"] == found[b"member"] == found[b"global_one"] == {Place(C, "")}
    assert added(FUNCTION, H)[b"local_one"] == {Place(H, "")}


@pytest.mark.parametrize("file", ["sbin/a.8", "sbin/Makefile", "sbin/dhclient-script", "sbin/a.cc", "sbin/a.c.orig"])
def test_only_c_is_read(file: str) -> None:
    assert added(FUNCTION, RepoPath(file)) == {}


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (b'\tlog("the name %s", value);', {b"log", b"value"}),
        (b"\tx = 'abc'; /* a word */ call(y); // and more", {b"call"}),
        (b" * a line of a comment", set()),
        (b"/* a comment", set()),
        (b"\t*pointer = 4;", {b"pointer"}),
        (b'\tcall("a \\" b", more);', {b"call", b"more"}),
        (b"#define\tMAX_SIZE 4", {b"define", b"MAX_SIZE"}),
        (b"\tab = cd;", set()),  # too short to be told from chance
        (b"\tcaf\xe9_word();", {b"caf", b"_word"}),
    ],
)
def test_names_of_a_line(line: bytes, names: set[bytes]) -> None:
    assert set(added(line + b"\n")) == names


def test_what_is_needed() -> None:
    everywhere, here, there = Place(H, ""), Place(C, "main"), Place(C, "other")
    used = {b"member": {here}, b"local": {there}, b"shared": {here}, b"free": {here}}
    brought = {b"member": {everywhere}, b"local": {here}, b"shared": {here}}
    assert needed(used, brought, []) == ("member", "shared")
    assert needed(used, brought, [b"int member;\n"]) == ("shared",)
    assert needed(used, brought, [b"int members;\n", b"unshared\n"]) == ("member", "shared")
    assert needed(used, brought, [b"x.shared", b"\tmember\n"]) == ()
    many = {b"word%d" % number: {here} for number in range(100)}
    assert needed(many, many, [b"xword7 word70;\n word8x word9", b"".join(b" word%d" % n for n in range(10, 100))]) == (
        "word0", "word1", "word2", "word3", "word4", "word5", "word6", "word7", "word8",
    )  # fmt: skip
    assert needed({}, brought, []) == needed(used, {}, []) == ()


@pytest.mark.parametrize(
    "text",
    [
        b"\tvariable = other;\n" * 20_000,
        b"'\\" * 200_000 + b"\n",
        b'"' * 400_000 + b"\n",
        b"/*" * 400_000 + b"\n",
        b"a" * 1_000_000,
        b"".join(b"\tname_%d = 1;\n" % number for number in range(20_000)),
    ],
    ids=["lines", "escapes", "quotes", "comments", "a word", "names"],
)
def test_hostile_contents_take_no_more_than_seconds(text: bytes) -> None:
    start = time.process_time()
    found = added(text)
    needed(found, found, [text] * 3)
    assert time.process_time() - start < 4
