"""The target's words for upstream's: what is learned, what is not, and how a text is put in them."""

from __future__ import annotations

import pytest

from portkit.change.lines import LineTable
from portkit.merge.fate import Fate
from portkit.merge.pieces import Pieces
from portkit.merge.placing import Placer
from portkit.merge.wording import Word, Wording, learned

BODY = b"""
void
show_%(n)d(struct box *box, int count)
{
	say("number %%d of %(n)d", count);
	(void)say("and more of it %(n)d");
	if (loud)
		say("weight %%d", box->weight_%(n)d);
	if (loud > %(n)d && count > box->limit)
		count = measure(box->limit_%(n)d, count);
	NEED(box->limit_%(n)d);
	keep = strdup_%(n)d(box->name);
}
"""
SAID = (
    (b"(void)say(", b"OUT((ctx, "), (b"say(", b"OUT((ctx, "), (b'%(n)d", count);', b'%(n)d", count));'),
    (b'of it %(n)d");', b'of it %(n)d"));'), (b"weight_%(n)d);", b"weight_%(n)d));"), (b"loud", b"ctx->ctx_loud"),
    (b"NEED(", b"CTX_NEED("), (b"measure(", b"measure(ctx, "),
)  # fmt: skip


def pieces(text: bytes) -> Pieces:
    return Pieces(LineTable().lines(text))


def pair(count: int = 3) -> tuple[bytes, bytes]:
    """Upstream's file and the target's, of as many functions."""
    said = BODY
    for old, new in SAID:
        assert old in said
        said = said.replace(old, new)
    said = said.replace(b"count)\n{", b"count, struct ctx *ctx)\n{")
    return tuple(b"".join(text % {b"n": n} for n in range(count)) for text in (BODY, said))  # type: ignore[return-value]


def wording(count: int = 3, own: frozenset[bytes] = frozenset({b"OUT", b"ctx_loud", b"CTX_NEED"})) -> Wording:
    base, ours = pair(count)
    return learned([(pieces(base), pieces(ours))], own.__contains__)


def test_what_the_functions_show_is_learned() -> None:
    found = wording()
    assert [str(one) for one in (*found.names.values(), *found.calls.values())] == [
        "NEED = CTX_NEED", "loud = ctx->ctx_loud", "(void)say(*) = OUT((ctx, *))", "measure(*) = measure(ctx, *)",
        "say(*) = OUT((ctx, *))",
    ]  # fmt: skip


def test_every_line_of_upstreams_is_the_targets_in_its_words() -> None:
    base, ours = pair()
    said = wording().said(tuple(base.splitlines(keepends=True)))
    assert b"".join(said).replace(b"count)\n{", b"count, struct ctx *ctx)\n{") == ours


def test_one_function_is_too_few() -> None:
    assert not wording(1)


def test_a_word_that_is_not_the_targets_own_is_no_word_for_another() -> None:
    """`strdup` for `keep_string` may mean something else where memory is short."""
    assert [str(one) for one in wording(own=frozenset()).calls.values()] == ["measure(*) = measure(ctx, *)"]


def test_a_word_that_stays_in_places_is_not_replaced() -> None:
    base, ours = pair(3)
    more = b"".join(b"\nvoid\nplain_%d(void)\n{\n\tsay(\"just so %d\");\n}\n" % (n, n) for n in range(3))
    found = learned([(pieces(base + more), pieces(ours + more))], lambda _: True)
    assert b"say" not in found.calls
    assert b"loud" in found.names


RULES = Wording(
    {b"loud": Word(b"loud", b"ctx->loud")},
    {
        b"say": Word(b"say", b"OUT", True, (b"(", b"ctx", b","), (b")",)),
        b"ask": Word(b"ask", b"ask", True, (b"ctx", b",")),
    },
)


@pytest.mark.parametrize(("old", "new"), [
    (b'\tsay("a(b)", say2(x));\n', b'\tOUT((ctx, "a(b)", say2(x)));\n'),
    (b"\tsay(ask(box), loud);\n", b"\tOUT((ctx, ask(ctx, box), ctx->loud));\n"),
    (b"\tx = ask();\n", b"\tx = ask(ctx);\n"),
    (b"\tbox->loud = box.loud + loud;\n", b"\tbox->loud = box.loud + ctx->loud;\n"),
    (b'\tputs("loud say(x)"); /* say(loud) */\n', b'\tputs("loud say(x)"); /* say(loud) */\n'),
    (b"#define loud say(x)\n", b"#define loud say(x)\n"),
    (b"extern int ask(struct box *);\n", b"extern int ask(struct box *);\n"),
    (b"ask(struct box *box)\n", b"ask(struct box *box)\n"),
    (b"\tOUT((ctx, ask(ctx, 1)));\n", b"\tOUT((ctx, ask(ctx, 1)));\n"),
    (b"\treturn ask(1);\n", b"\treturn ask(ctx, 1);\n"),
    (b"\tsay(1\n", b"\tsay(1\n"),
])  # fmt: skip
def test_a_line_in_other_words(old: bytes, new: bytes) -> None:
    assert RULES.said((old,)) == (new,)


def test_a_call_over_several_lines() -> None:
    assert RULES.said((b'\tsay("%d",\n', b"\t    loud);\n")) == (b'\tOUT((ctx, "%d",\n', b"\t    ctx->loud));\n")


# In placing


def test_a_change_lands_in_the_targets_words() -> None:
    base, ours = pair()
    theirs = base.replace(b'\tif (loud)\n\t\tsay("weight %d", box->weight_1);\n',
                          b'\tif (loud)\n\t\tsay("weight %d", box->weight_1);\n\tNEED(box->weight_1);\n')  # fmt: skip
    placed = Placer(wording=wording()).place(base, ours, theirs)
    (one,) = placed.hunks
    assert (one.fate, one.added) == (Fate.PLACED, (b"\tCTX_NEED(box->weight_1);\n",))
    assert "NEED = CTX_NEED" in map(str, one.words)
    line = b'\t\tOUT((ctx, "weight %d", box->weight_1));\n'
    assert placed.content == ours.replace(line, line + b"\tCTX_NEED(box->weight_1);\n")


def test_what_is_there_in_the_targets_words_is_there() -> None:
    base, ours = pair()
    theirs = base.replace(b"\tNEED(box->limit_1);\n", b"")
    assert [one.fate for one in Placer(wording=wording()).place(theirs, ours, base).hunks] == [Fate.ALREADY]
    assert [one.fate for one in Placer().place(theirs, ours, base).hunks] == [Fate.LEFT]


def test_what_the_words_need_must_be_at_hand() -> None:
    """No `ctx` in the function: nothing to pass along."""
    base = (
        b"int\nadd_up(int first, int second)\n{\n\tint total_sum;\n\n\ttotal_sum = first + second;\n"
        b"\treturn (total_sum);\n}\n"
    )
    theirs = base.replace(b"\treturn", b'\tsay("sum %d", total_sum);\n\treturn')
    placed = Placer(wording=wording()).place(base, base, theirs)
    assert [one.added for one in placed.hunks] == [None]
