"""Messages: who sends and receives them, how large they are, whether a length is looked at."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from portkit.audit.callgraph import graph_of
from portkit.audit.checking import Checked, Diagnostic, Severity, Sources, Unit
from portkit.audit.lacks import Place
from portkit.audit.messages import Guard, Message, conditions, messages
from portkit.audit.probes import probes, sized

SOURCE = b"""
enum codes { M_NONE, M_ASK, M_TELL, M_TEXT, M_BYE };
struct ask { int a; long b; };
void imsg_compose(int, int, int, int, int, void *, unsigned long);
unsigned long strlen(const char *);
void ask(struct ask *question)
{
\timsg_compose(0, M_ASK, 0, 0, -1, question, sizeof(*question));
}
void text(char *s)
{
\tstruct ask local[3];
\timsg_compose(0, M_TEXT, 0, 0, -1, s,
\t    sizeof(local) + strlen(s));
}
void bye(void) { imsg_compose(0, M_BYE, 0, 0, -1, 0, 0); }
void receive(void)
{
\timsg_get(i, &imsg);
\tswitch (imsg.hdr.type) {
\tcase M_ASK:
\t\tif (imsg.hdr.len != sizeof(struct ask))
\t\t\tbreak;
\t\tuse(imsg.data);
\t\tbreak;
\tcase M_TEXT:
\t\tuse(imsg.data);
\t\tbreak;
\tcase M_BYE:
\t\tquit = 1;
\t\tbreak;
\tcase M_TELL:
\t\tmust_read(fd, &x, sizeof(x));
\t\tbreak;
\t}
}
"""


def found(source: bytes = SOURCE) -> dict[str, Message]:
    return {one.name: one for one in messages(graph_of({"a.c": source}), {"a.c": source})}


def test_who_sends_and_who_receives() -> None:
    result = found()
    assert set(result) == {"M_ASK", "M_TELL", "M_TEXT", "M_BYE"}
    (sending,) = result["M_ASK"].senders
    assert sending.place == Place("a.c", 8, "ask")
    assert [part.text for part in sending.parts] == ["sizeof ( * question )"]
    assert result["M_ASK"].declared == Place("a.c", 2)
    assert result["M_BYE"].senders[0].parts == () and result["M_TELL"].senders == ()


def test_whether_the_length_is_looked_at() -> None:
    guards = {name: one.receivers[0].guard for name, one in found().items()}
    assert guards == {
        "M_ASK": Guard.CHECKED, "M_TEXT": Guard.MISSING, "M_BYE": Guard.UNUSED, "M_TELL": Guard.FIXED,
    }  # fmt: skip
    assert found()["M_ASK"].receivers[0].check == Place("a.c", 22, "receive")
    assert [one.place.line for one in found()["M_TEXT"].unchecked] == [26]


def test_a_check_in_the_function_that_is_called_counts() -> None:
    source = SOURCE.replace(b"case M_TEXT:\n\t\tuse(imsg.data);", b"case M_TEXT:\n\t\ttake(&imsg);")
    source += b"void take(void *m) { if (m->hdr.len < 3) return; use(m->data); }\n"
    assert found(source)["M_TEXT"].receivers[0].guard is Guard.CHECKED


def test_enumerators_that_nobody_sends_are_no_messages() -> None:
    source = b"enum { T_A, T_B };\nvoid f(void) { read(fd); switch (t) { case T_A: g(); break; case T_B: break; } }\n"
    assert found(source) == {}


def test_a_header_written_by_hand() -> None:
    source = (
        b"enum { X_GO, X_DONE };\n"
        b"void go(void) { hdr.code = X_GO; hdr.len = 4; buf = buf_open(hdr.len); buf_add(buf, &hdr, sizeof(hdr));\n"
        b" buf_add(buf, &n, sizeof(n)); buf_add(buf, s, n); buf_close(fd, buf); }\n"
        b"void got(void) { buf_read(fd, &hdr, sizeof(hdr)); if (hdr.code != X_GO) return; if (hdr.len < 4) return; }\n"
        b"void all(void) { buf_read(fd, &hdr, sizeof(hdr)); switch (hdr.code) { case X_DONE: break; } }\n"
    )
    one = found(source)["X_GO"]
    assert [part.text for part in one.senders[0].parts] == ["sizeof ( n )", "n"]
    assert one.receivers[0].guard is Guard.CHECKED


@pytest.mark.skipif(not shutil.which("clang"), reason="no clang here")
def test_sizes_by_the_target_s_type_layout(tmp_path: Path) -> None:
    from portkit.check.compiler import LocalCompiler

    contents = {"a.c": SOURCE}
    unsized = messages(graph_of(contents), contents)
    asked = probes(unsized, contents)
    assert asked.sources["a.c"].count(b"\n") == SOURCE.count(b"\n")
    sources = Sources(str.encode)
    key = sources.add(asked.sources["a.c"])
    with LocalCompiler(tmp_path) as compiler:
        checked = compiler.check([Unit("a.c", {"a.c": key}, (), ())], sources.read)
    result = {one.name: one.senders[0] for one in sized(unsized, asked, checked) if one.senders}
    assert (result["M_ASK"].size, result["M_ASK"].least) == (16, 16)
    assert (result["M_TEXT"].size, result["M_TEXT"].least) == (None, 48)
    assert result["M_BYE"].size == 0


def test_what_is_added_again_and_again_is_a_least() -> None:
    for loop in ("for (i = 0; i < n; i++)\n\t\t", "while (n--) {\n\t\tnext(n);\n\t\t", "do {\n\t\t"):
        source = SOURCE.replace(
            b"{ imsg_compose(0, M_BYE, 0, 0, -1, 0, 0); }",
            b"{\n\tint i, n = 2;\n\tstruct ask one;\n\tfor (;;) { void *b = imsg_create(0, M_BYE);\n\t"
            + loop.encode() + b"imsg_add(b, &one, sizeof(one));" + (b" }" if "{" in loop else b"")
            + (b" while (n);" if loop[0] == "d" else b"") + b"\n\timsg_add(b, &i, sizeof(i)); }\n}",
        )  # fmt: skip
        (sent,) = found(source)["M_BYE"].senders
        assert [part.repeats for part in sent.parts] == [True, False], loop
        once = found(source)
        unsized = tuple(once.values())
        keys = probes(unsized, {"a.c": source}).keys
        told = [
            Diagnostic("a.c", 1, 1, Severity.ERROR, f"initializing 'struct portkit_w{at} (*)[16]'", "")
            for at in range(len(keys))
        ]
        (sent,) = next(
            one.senders for one in sized(unsized, probes(unsized, {"a.c": source}), [Checked("a.c", tuple(told), ())])
            if one.name == "M_BYE"
        )
        assert (sent.size, sent.least) == (None, 32)


def test_a_length_that_is_only_handed_on_is_not_compared() -> None:
    for condition, guard in (
        (b"(p = calloc(1, imsg.hdr.len)) == NULL", Guard.MISSING),
        (b"imsg_get(i, &imsg, sizeof(len)) != sizeof(len)", Guard.MISSING),
        (b"strlen(name) != imsg.hdr.len", Guard.CHECKED),
        (b"(size_t)imsg.hdr.len < sizeof(*p)", Guard.CHECKED),
    ):
        source = SOURCE.replace(b"imsg.hdr.len != sizeof(struct ask)", condition)
        (receiving,) = found(source)["M_ASK"].receivers
        assert receiving.guard is guard, condition


def test_conditions_of_receivers_only() -> None:
    source = b"void f(void) { read(fd); switch (t) { case A: if (hdr.len < 4) g(); } if (x) h(); }\n"
    source += b"void g(void) { if (len > 1) f(); }\n"
    told = [(one.text, one.label, one.place.function) for one in conditions("a.c", source)]
    assert told == [("hdr . len < 4", "A", "f")]
