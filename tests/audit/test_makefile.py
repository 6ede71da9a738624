"""What of a Makefile is understood: make(1) on a BSD says how each of these is meant."""

from __future__ import annotations

import pytest

from portkit.audit.makefile import read


def words(text: str, name: str = "X", folder: str = "sbin/tool", known: dict[str, str] | None = None) -> list[str]:
    return list(read(text.encode(), folder, known).words(name))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("X=a b\n", ["a", "b"]),
        ("X=\ta \\\n\tb \\\n\tc\n", ["a", "b", "c"]),
        ("X=a\nX+=b\n", ["a", "b"]),
        ("X?=a\nX?=b\n", ["a"]),
        ("X=a # no more\n", ["a"]),
        ("X=a\\#b\n", ["a#b"]),
        ("Y=b\nX=a ${Y} $(Y)\nY=c\n", ["a", "c", "c"]),
        ("X!=echo danger\n", []),
        ("X=${.CURDIR}/../x.c\n", ["/sbin/tool/../x.c"]),
        ("Y=one.c two.c\nX=${Y:R} ${Y:Mo*} ${Y:No*} ${Y:T}\n", ["one", "two", "one.c", "two.c", "one.c", "two.c"]),
        ("Y=a b\nX=${Y:S;^;dir/;}\n", ["dir/a", "dir/b"]),
        ("Y=a.c b.c\nX=${Y:S/.c$/.o/}\n", ["a.o", "b.o"]),
        ("X=-D_U_=\"f((x))\" -DA='b c'\n", ["-D_U_=f((x))", "-DA=b c"]),
        ("X=it's\n", ["it's"]),  # no shell would take it: by blanks
        ("target: x\n\tX=no\nX=yes\n", ["yes"]),
    ],
)
def test_values(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("defined(A)", True),
        ("!defined(A)", False),
        ("defined(NO) || defined(A)", True),
        ("defined(NO) && defined(A)", False),
        ("!(defined(NO) && defined(A)) && ${N} >= 3", True),
        ("${N} > 4", False),
        ('${A} == "yes"', True),
        ("${A} != yes", False),
        ("defined(A) && (${N} == 4 || ${NO} == 1)", True),
        ("empty(NO)", True),
        ("${N} >= word", False),  # what is not understood does not hold
        ("(((", False),
    ],
)
def test_conditions(condition: str, holds: bool) -> None:
    assert words(f"A=yes\nN=4\n.if {condition}\nX=in\n.else\nX=out\n.endif\n") == ["in" if holds else "out"]


def test_branches_within_branches() -> None:
    text = ".if defined(A)\n. if defined(B)\nX=ab\n. endif\nX+=a\n.elif defined(C)\nX=c\n.else\nX=none\n.endif\n"
    text += "X+=end\n"
    assert words(text) == ["none", "end"]
    assert words("A=1\n" + text) == ["a", "end"]
    assert words("A=1\nB=1\n" + text) == ["ab", "a", "end"]
    assert words("C=1\n" + text) == ["c", "end"]


def test_what_others_set_before() -> None:
    rules = ".if defined(WARNS)\n.if ${WARNS} >= 2\nX=-Wall\n.endif\n.endif\n"
    assert words(rules, known={"WARNS": "2"}) == ["-Wall"]
    assert words(rules, known={"WARNS": "1"}) == []
    assert read(b"WARNS?=6\n", "lib/x").number("WARNS") == 6
    assert read(b"WARNS=six\n", "lib/x").number("WARNS") is None


def test_a_path_that_leads_out_of_the_tree_is_none() -> None:
    make = read(b".PATH: ${.CURDIR}/../../contrib/tool ${.CURDIR}/../../../etc /abs/../x\n", "usr.sbin/tool")
    assert make.paths() == ("contrib/tool", "x")
    assert make.inside("../../..") is None
    assert make.inside("a/../../../../b/../../..") is None
    assert make.inside("sub/x.c") == "usr.sbin/tool/sub/x.c"


def test_hostile_makefiles_end() -> None:
    doubling = "A0=x x\n" + "".join(f"A{n}=${{A{n - 1}}} ${{A{n - 1}}}\n" for n in range(1, 40)) + "X=${A39}\n"
    assert words(doubling) == []
    assert words(".if " + "(" * 5000 + "\nX=a\n.endif\nX=b\n") == ["b"]
    assert words(".endif\n.else\n.elif x\nX=a\n") == ["a"]
    assert words("X=${" + "\n") == []
    assert set(words("X=${X} a\n")) == {"a"}  # a variable of itself has no end
