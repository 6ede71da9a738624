"""The judge on what a commit says stands there in the target's words, or within lines of the target's own."""

from __future__ import annotations

from bench.faithful import FAITHFUL, UNFAITHFUL, WORDED, Verdict, judge, judge_worded

BASE = b"""int
weigh(struct box *box)
{
	int sum = 0;

	say("first %d", box->first);
	sum += box->first;
	if (loud)
		say("second %d", box->second);
	sum += box->second;
	return (sum);
}
"""
OURS = (
    BASE.replace(b"say(", b"OUT((ctx, ").replace(b'first);\n\tsum', b'first));\n\tsum')
    .replace(b"second);\n\tsum", b"second));\n\tsum").replace(b"loud", b"ctx->loud")
)  # fmt: skip
ADDED = b'\tsay("in all %d", sum);\n'
THEIRS = BASE.replace(b"\treturn", ADDED + b"\treturn")
SAID = b'\tOUT((ctx, "in all %d", sum));\n'
RESULT = OURS.replace(b"\treturn", SAID + b"\treturn")
WORDS = "Portkit-words: say(*) = OUT((ctx, *))\nPortkit-words: loud = ctx->loud\n"


def judged(
    trailers: str, *, ours: bytes = OURS, result: bytes = RESULT, theirs: bytes = THEIRS, base: bytes = BASE
) -> list[Verdict]:
    plain = judge(base, theirs, ours, result)
    return judge_worded((base, theirs, ours, result), "a.c", trailers, plain) or plain


def kinds(found: list[Verdict]) -> set[str]:
    return {one.kind for one in found}


def test_a_line_in_the_targets_words() -> None:
    assert kinds(judged(WORDS)) == {WORDED}
    assert UNFAITHFUL in kinds(judged(""))


def test_the_words_must_be_those_that_are_named() -> None:
    assert UNFAITHFUL in kinds(judged(WORDS, result=RESULT.replace(b"in all", b"on all")))
    assert UNFAITHFUL in kinds(judged("Portkit-words: say(*) = OUT((box, *))\n"))


def test_words_that_the_target_does_not_bear_out_are_none() -> None:
    """Upstream's word is the target's, too: nothing was to be said otherwise."""
    ours = BASE
    result = ours.replace(b"\treturn", SAID + b"\treturn")
    assert UNFAITHFUL in kinds(judged(WORDS, ours=ours, result=result))


def test_an_upstream_line_as_it_is_stays_faithful() -> None:
    theirs = BASE.replace(b"\tsum += box->second;\n", b"\tsum += 2 * box->second;\n")
    result = OURS.replace(b"\tsum += box->second;\n", b"\tsum += 2 * box->second;\n")
    assert kinds(judged(WORDS, theirs=theirs, result=result)) == {FAITHFUL}


WITHIN = "Portkit-within-lines: a.c 1.2 #1\n"


def test_a_change_within_a_line_of_the_targets_own() -> None:
    line, other = b'\tsum += scale(box->first, "%d");\n', b'\ttotal = sum + scale(box->first, "%d") + rest;\n'
    base, ours = BASE.replace(b"\tsum += box->first;\n", line), BASE.replace(b"\tsum += box->first;\n", other)
    theirs, result = base.replace(b'"%d")', b'"%u")'), ours.replace(b'"%d") +', b'"%u") +')
    assert kinds(judged(WITHIN, base=base, ours=ours, theirs=theirs, result=result)) == {WORDED}
    assert UNFAITHFUL in kinds(judged("", base=base, ours=ours, theirs=theirs, result=result))
    wrong = ours.replace(b'"%d") +', b'"%x") +')
    assert UNFAITHFUL in kinds(judged(WITHIN, base=base, ours=ours, theirs=theirs, result=wrong))
    more = result.replace(b"+ rest", b"+ 2 * rest")
    assert UNFAITHFUL in kinds(judged(WITHIN, base=base, ours=ours, theirs=theirs, result=more))
