"""What a compiler's words come to. The words are clang's, the names are made up."""

from __future__ import annotations

import pytest

from portkit.audit.checking import Checked, Diagnostic, Severity
from portkit.audit.lacks import Declared, LackKind, Place, declarations, needs, sort, wanted_names


def said(text: str, path: str = "a.c", line: int = 1) -> Diagnostic:
    return Diagnostic(path, line, 1, Severity.ERROR, text)


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("'msg.h' file not found", LackKind.HEADER, "msg.h"),
        ("call to undeclared function 'f'; ISO C99 and later do not support implicit function declarations",
         LackKind.FUNCTION, "f"),
        ("implicit declaration of function 'f' is invalid in C99", LackKind.FUNCTION, "f"),
        ("call to undeclared library function 'memcpy' with type 'void *(void *, const void *, unsigned long)'; ISO",
         LackKind.FUNCTION, "memcpy"),
        ("use of undeclared identifier 'SO_X'; did you mean 'SO_Y'?", LackKind.MACRO, "SO_X"),
        ("unknown type name 'u_x'", LackKind.TYPE, "u_x"),
        ("variable has incomplete type 'struct m'", LackKind.TYPE, "m"),
        ("incomplete definition of type 'const struct m'", LackKind.TYPE, "m"),
        ("invalid application of 'sizeof' to an incomplete type 'struct m'", LackKind.TYPE, "m"),
        ("tentative definition has type 'struct m' that is never completed", LackKind.TYPE, "m"),
        ("invalid application of 'sizeof' to an incomplete type 'm_t' (aka 'struct m')", LackKind.TYPE, "m"),
        ("no member named 'x' in 'struct s'", LackKind.MEMBER, "struct s.x"),
        ("field designator 'x' does not refer to any field in type 'struct s'", LackKind.MEMBER, "struct s.x"),
    ],
)  # fmt: skip
def test_what_one_error_says(text: str, kind: LackKind, name: str) -> None:
    assert needs(said(text)) == (kind, name)


def test_what_says_nothing_of_a_lack() -> None:
    assert needs(said("expected ';' after expression")) is None


HEADERS = {
    "include/msg.h": b"struct msg {\n\tint\tlen;\n\tchar\tname[3];\n};\ntypedef struct { int x; } msg_t;\n"
    b"int\tmsg_send(struct msg *);\n#define MSG_MAX 3\nenum { MSG_A, MSG_B = 2 };\n"
    b"typedef void (*msg_cb)(int lost);\n",
    "include/other.h": b"/* msg_send( is elsewhere */\nstruct proc { int *p, q; };\nextern int MSG_MAX_of(void);\n",
}


def test_where_a_name_is_declared() -> None:
    names = frozenset({"msg", "msg_t", "msg_send", "MSG_MAX", "MSG_A", "len", "name", "nothing"})
    found = declarations(names, HEADERS)
    assert {name: str(one.kind) for name, one in found.items()} == {
        "msg": "type", "msg_t": "type", "msg_send": "function", "MSG_MAX": "macro", "MSG_A": "macro",
        "len": "member", "name": "member",
    }  # fmt: skip
    assert {one.header for one in found.values()} == {"include/msg.h"}


def test_each_lack_is_told_once_with_every_place() -> None:
    declared = {"MSG_MAX": Declared("include/msg.h", LackKind.MACRO), "f": Declared("include/f.h", LackKind.FUNCTION)}
    checked = [
        Checked("a.c", (
            said("'msg.h' file not found"),
            said("use of undeclared identifier 'MSG_MAX'", line=9),
            said("use of undeclared identifier 'MSG_MAX'", line=5),
            said("call to undeclared function 'f'; x", line=7),
        )),
        Checked("b.c", (said("use of undeclared identifier 'MSG_MAX'", "b.c", 2),)),
    ]  # fmt: skip
    found = sort(checked, declared, {("a.c", 5): "main"})
    assert found.lacks == {
        (LackKind.HEADER, "msg.h"): (Place("a.c", 1),),
        (LackKind.FUNCTION, "f"): (Place("a.c", 7),),
        (LackKind.MACRO, "MSG_MAX"): (Place("a.c", 5, "main"), Place("a.c", 9), Place("b.c", 2)),
    }
    assert (found.following, found.other) == (0, ())


def test_what_only_follows_is_no_lack() -> None:
    declared = {"p": Declared("include/other.h", LackKind.MEMBER), "MSG_MAX": Declared("x.h", LackKind.MACRO)}
    errors = (
        said("use of undeclared identifier 'MSG_MAX'"),  # in a declaration, which is lost with all its variables
        said("use of undeclared identifier 'p'", line=2),
        said("use of undeclared identifier 'buffer'", line=3),
        said("expected ')'", line=3),
        said("unknown type name 'u_x'", "<net/x.h>", 3),  # the target's own header, for the want of one before it
    )
    found = sort([Checked("a.c", errors)], declared | {"u_x": Declared("y.h", LackKind.TYPE)})
    assert list(found.lacks) == [(LackKind.MACRO, "MSG_MAX")]
    assert found.following == 4


def test_an_error_that_no_lack_explains_is_told_as_it_is() -> None:
    error = said("expected expression")
    assert sort([Checked("a.c", (error,))], {}).other == (error,)
    differs = sort([Checked("a.c", (said("too few arguments to function call, expected 3, have 2"),))], {})
    assert [kind for kind, _ in differs.lacks] == [LackKind.DIFFERS]


def test_a_macro_that_declares_something() -> None:
    declared = {"QUEUE_HEAD": Declared("sys/queue.h", LackKind.MACRO)}
    unit = Checked("a.c", (said("type specifier missing", line=4),))
    found = sort([unit], declared, used={("a.c", 4): "QUEUE_HEAD"})
    assert list(found.lacks) == [(LackKind.MACRO, "QUEUE_HEAD")]


def test_names_that_are_asked_about() -> None:
    errors = (said("'x.h' file not found"), said("no member named 'm' in 'struct s'"), said("unknown type name 't'"))
    assert wanted_names([Checked("a.c", errors)]) == {"m", "t"}
