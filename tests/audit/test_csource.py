"""What is read of C without a compiler."""

from __future__ import annotations

import pytest

from portkit.audit.csource import CFunction, scan, tokens


def functions(text: str) -> dict[str, CFunction]:
    return {one.name: one for one in scan("a.c", text.encode()).functions}


def calls(text: str, name: str = "f") -> list[str]:
    return [call.name for call in functions(text)[name].calls]


def test_functions_of_every_dialect() -> None:
    found = functions(
        "static int\none(void)\n{\n\treturn two(1);\n}\n"
        "char *two(int a, char *(*g)(int)) { return 0; }\n"
        "int\nthree(a, b)\n\tint a;\n\tchar *b;\n{\n}\n"
        "struct s { int x; } table[] = { { 1 }, { 2 } };\n"
        "void four(void) __attribute__((noreturn));\n"
        "__dead void\nfive(const char *fmt, ...)\n{\n}\n"
        "enum { A, B = 2, C };\n"
    )
    assert [(one.name, one.line, one.end) for one in found.values()] == [
        ("one", 2, 5), ("two", 6, 6), ("three", 8, 12), ("five", 16, 18),
    ]  # fmt: skip
    assert found["one"].static and not found["two"].static
    assert scan("a.c", b"enum { A, B = 2, C };").enums == ((("A", 1), ("B", 1), ("C", 1)),)


def test_calls_with_their_arguments() -> None:
    (call,) = functions('void f(void) { g(a->b, sizeof(struct x), "s, t", h[1, 2]); }')["f"].calls
    assert call.arguments == ("a -> b", "sizeof ( struct x )", '"s, t"', "h [ 1 , 2 ]")
    assert calls("void f(void) { p->q(1); (*r)(2); s(); if (x) return; }") == ["->q", "s"]


def test_comments_strings_and_dead_code_call_nothing() -> None:
    text = 'void f(void) { /* a(); */ // b();\n char *s = "c();"; d(); }\n'
    assert calls(text) == ["d"]
    assert calls("void f(void)\n{\n#if 0\n\ta();\n#else\n\tb();\n#endif\n\tc();\n}\n") == ["b", "c"]


def test_both_sides_of_a_conditional_are_read_and_braces_match() -> None:
    text = "void f(void)\n{\n#ifdef X\n\tif (a()) {\n#else\n\tif (b()) {\n#endif\n\t\tc();\n\t}\n}\n"
    text += "void g(void) { d(); }\n"
    assert calls(text) == ["a", "b", "c"]
    assert calls(text, "g") == ["d"]


def test_labels_loops_and_blocks() -> None:
    text = (
        "void f(void) {\n for (;;) {\n  switch (m) {\n  case ONE:\n   a();\n   break;\n"
        "  case TWO: case THREE:\n   b();\n"
        "  default:\n   c();\n  }\n  d();\n }\n e();\n if (x) {\n  g();\n  return;\n }\n while (y) h();\n}\n"
    )
    found = {call.name: call for call in functions(text)["f"].calls}
    assert {name: call.label for name, call in found.items()} == {
        "a": "ONE", "b": "THREE", "c": "default", "d": "", "e": "", "g": "", "h": "",
    }  # fmt: skip
    assert [name for name, call in found.items() if call.loop] == ["a", "b", "c", "d", "h"]
    ((line, block, returns),) = functions(text)["f"].leaves
    assert (line, returns) == (17, True) and block == found["g"].block and block


def test_a_return_behind_an_if_does_not_leave_for_sure() -> None:
    assert functions("void f(void) { if (x) return; else exit(1); a(); _exit(2); }")["f"].leaves == ((1, (), False),)


def test_what_is_named_and_not_called() -> None:
    found = functions("void f(void) { signal(SIGHUP, handler); switch (x) { case LABEL: break; } }")["f"]
    assert {name for name, _ in found.refers} == {"SIGHUP", "handler", "x"}


def test_tables_and_macros() -> None:
    text = b"static struct p t[] = { { ip_print, 1 }, { 0 } };\n#define TRY(x) do { call(x); } while (0)\n"
    source = scan("a.c", text)
    assert source.tables == {"t": ("ip_print",)}
    assert source.macros == {"TRY": ("call",)}


def test_places_of_tokens() -> None:
    content = b"int /* x\n*/ f;\n"
    found = [(token.text, token.line, content[token.at : token.at + len(token.text)]) for token in tokens(content)]
    assert found == [(b"int", 1, b"int"), (b"f", 2, b"f"), (b";", 2, b";")]


@pytest.mark.parametrize(
    "content",
    [b"", b"{" * 3000, b"}" * 3000, b"(" * 3000, b'"' + b"\\" * 9999, b"/*" * 3000, b"#if\n" * 2000 + b"#else\n" * 3000,
     b"f(" * 1000 + b"{", bytes(range(256)) * 4, b"int f(a) int a;" * 300, b"case " * 1000, b"#define A(x) \\\n" * 999],
)  # fmt: skip
def test_whatever_comes_it_ends(content: bytes) -> None:
    scan("a.c", content)
    scan("a.c", b"void f(void) {" + content + b"}")
