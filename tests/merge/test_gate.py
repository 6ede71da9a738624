"""The gate: right results pass, spoilt ones fail, each with its reason.

What is right and wrong is judged here by construction, or by `bench/faithful.py`, which shares nothing with portkit.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from bench import bad_merges, faithful
from bench.bad_merges import BadMerge, Quadruple
from portkit.merge.file import FileMerge, FileMerger, Version
from portkit.merge.gate import Verdict, check
from portkit.merge.kinds import Gate


def function(name: str, *calls: str) -> bytes:
    body = "".join(f"\t{call}\n" for call in calls)
    return f"int\n{name}(struct lease *lease)\n{{\n\tint error;\n\n{body}\treturn (0);\n}}\n\n".encode()


def calls(*names: str) -> tuple[str, ...]:
    return tuple(f"error = call_{name}(lease, 5);" for name in names)


HEAD = b"/*\t$OpenBSD: a.c,v 1.1 2012/06/26 14:46:42 krw Exp $\t*/\n\n#include <stdio.h>\n\n"
ONE = function("first_one", *calls(*"abcdefgh"))
TWO = function("second_one", *calls(*"klmnopqr"))
BASE = HEAD + ONE + TWO
NEW = b"\terror = call_new(lease, 9);\n"


def after(content: bytes, name: str, text: bytes = NEW) -> bytes:
    """`content` with `text` behind the call of that name."""
    line = f"\terror = call_{name}(lease, 5);\n".encode()
    assert content.count(line) == 1
    return content.replace(line, line + text)


def without(content: bytes, name: str) -> bytes:
    line = f"\terror = call_{name}(lease, 5);\n".encode()
    assert content.count(line) == 1
    return content.replace(line, b"")


LOCAL = HEAD.replace(b"#include <stdio.h>", b"#include <stdio.h>\n#include <local.h>") + ONE + b"/* Here. */\n" + TWO


# Right results


@pytest.mark.parametrize("ours", [BASE, LOCAL, BASE.replace(b"second_one", b"our_second_one"), without(BASE, "a")])
def test_an_addition_at_its_place_is_faithful(ours: bytes) -> None:
    assert check(BASE, ours, after(BASE, "n"), after(ours, "n")) == Verdict(Gate.FAITHFUL)


@pytest.mark.parametrize("ours", [BASE, LOCAL, without(BASE, "a")])
def test_a_deletion_and_a_replacement_at_their_places_are_faithful(ours: bytes) -> None:
    assert check(BASE, ours, without(BASE, "n"), without(ours, "n")) == Verdict(Gate.FAITHFUL)
    line, other = b"call_n(lease, 5)", b"call_n(lease, 6)"
    assert check(BASE, ours, BASE.replace(line, other), ours.replace(line, other)) == Verdict(Gate.FAITHFUL)


def test_what_is_there_is_there_already() -> None:
    theirs = without(after(BASE, "c"), "n")
    ours = without(after(LOCAL, "c"), "n")
    assert check(BASE, ours, theirs, ours) == Verdict(Gate.ALREADY)
    assert check(BASE, after(LOCAL, "c"), theirs, ours) == Verdict(Gate.FAITHFUL)  # half of it was


def test_a_deletion_is_faithful_where_the_target_had_moved_the_line() -> None:
    ours = after(without(BASE, "n"), "p", b"\terror = call_n(lease, 5);\n")
    assert check(BASE, ours, without(BASE, "n"), without(ours, "n")) == Verdict(Gate.FAITHFUL)


def test_white_space_of_ours_may_give_way() -> None:
    ours = BASE.replace(b"\terror = call_n(lease, 5);", b"        error = call_n( lease, 5 );")
    line, other = b"call_n(lease, 5)", b"call_n(lease, 6)"
    assert check(BASE, ours, BASE.replace(line, other), BASE.replace(line, other)) == Verdict(Gate.FAITHFUL)


def test_what_upstream_has_together_may_fall_apart_and_what_it_has_apart_may_grow_together() -> None:
    theirs = after(after(BASE, "m"), "n", b"\terror = call_newer(lease, 9);\n")
    ours = without(BASE, "n")
    grown = after(ours, "m", NEW + b"\terror = call_newer(lease, 9);\n")
    assert check(BASE, ours, theirs, grown).gate is Gate.FAITHFUL


# Wrong ones, by reason


def reason(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> str:
    verdict = check(base, ours, theirs, result)
    assert verdict.gate is Gate.FAILED
    return verdict.reason


def test_a_deletion_that_is_not_made() -> None:
    text = reason(BASE, LOCAL, without(BASE, "n"), LOCAL)
    assert text == "upstream's deletion is not made: 'error = call_n(lease, 5);'"


def test_a_deletion_that_is_lost_because_the_line_had_moved() -> None:
    ours = without(BASE, "n").replace(b"call_q(lease, 5);\n", b"call_q(lease, 5);\n\terror = call_n(lease, 5);\n")
    assert "deletion is not made" in reason(BASE, ours, without(BASE, "n"), ours)


def test_a_moved_declaration_is_not_deleted_though_it_says_little() -> None:
    head, declaration = b"second_one(struct lease *lease)\n{\n", b"\tint error;\n"
    theirs = BASE.replace(head + declaration, head)
    ours = theirs.replace(b"\terror = call_n", b"\tint error;\n\terror = call_n")
    assert "deletion is not made" in reason(BASE, ours, theirs, ours)


def test_a_change_that_is_not_made() -> None:
    assert reason(BASE, LOCAL, after(BASE, "n"), LOCAL) == (
        "upstream's change is not made: 'error = call_new(lease, 9);'"
    )


def test_a_hunk_in_the_wrong_function() -> None:
    text = reason(BASE, LOCAL, after(BASE, "n"), after(LOCAL, "c"))
    assert text == "the change stands at another place than upstream's: 'error = call_new(lease, 9);'"


@pytest.mark.parametrize("place", ["k", "l", "m", "o", "p", "q", "r"])
def test_a_hunk_elsewhere_in_its_function(place: str) -> None:
    assert "another place" in reason(BASE, LOCAL, after(BASE, "n"), after(LOCAL, place))


def test_a_hunk_that_comes_twice() -> None:
    assert check(BASE, LOCAL, after(BASE, "n"), after(LOCAL, "n", NEW + NEW)).gate is Gate.FAILED
    assert check(BASE, LOCAL, after(BASE, "n"), after(after(LOCAL, "n"), "q")).gate is Gate.FAILED


@pytest.mark.parametrize("place", ["m", "n", "p"])
def test_an_addition_that_stands_in_the_target_already(place: str) -> None:
    ours = after(BASE, place)
    theirs = after(BASE, "n")
    doubled = after(BASE, "n", NEW + NEW) if place == "n" else after(ours, "n")
    assert check(BASE, ours, theirs, doubled).gate is Gate.FAILED


def test_an_addition_that_the_target_has_taken_and_changed_since() -> None:
    text = b"\tif (lease->expired(lease))\n\t\twarnx(\"expired\");\n"
    ours = after(BASE, "n", text.replace(b"))\n", b"))\n\t\tlog_it(lease),\n"))
    theirs = after(BASE, "n", text)
    result = after(ours, "n", text)
    assert "stand in the target already" in reason(BASE, ours, theirs, result)


@pytest.mark.parametrize("eaten", ["m", "o"])
def test_a_neighbour_that_is_eaten(eaten: str) -> None:
    text = reason(BASE, LOCAL, after(BASE, "n"), without(after(LOCAL, "n"), eaten))
    assert "the result changes a line that upstream did not" in text


def test_a_line_that_comes_from_nowhere() -> None:
    result = after(LOCAL, "n").replace(b"/* Here. */\n", b"/* Here. */\nint from_nowhere(void);\n")
    text = reason(BASE, LOCAL, after(BASE, "n"), result)
    assert text == "the result adds a line that upstream did not: 'int from_nowhere(void);'"


def test_a_hunk_moved_beside_another_of_upstreams() -> None:
    theirs = after(after(BASE, "m"), "q", b"\terror = call_newer(lease, 9);\n")
    result = after(LOCAL, "q", NEW + b"\terror = call_newer(lease, 9);\n")
    assert check(BASE, LOCAL, theirs, result).gate is Gate.FAILED


def test_a_line_that_both_sides_moved_to_different_places() -> None:
    line = b"\terror = call_n(lease, 5);\n"
    ours, theirs = after(without(BASE, "n"), "q", line), after(without(BASE, "n"), "k", line)
    both = without(BASE, "n").replace(b"call_k(lease, 5);\n", b"call_k(lease, 5);\n" + line)
    both = both.replace(b"call_q(lease, 5);\n", b"call_q(lease, 5);\n" + line)
    assert check(BASE, ours, theirs, both).gate is Gate.FAILED


def test_an_ident_line_of_neither_side() -> None:
    result = after(LOCAL, "n").replace(b"v 1.1 2012", b"v 1.7 2012")
    text = reason(BASE, LOCAL, after(BASE, "n"), result)
    assert text.startswith("an ident line of neither side")
    # nor in a result that is a copy of upstream's
    assert check(BASE, BASE, after(BASE, "n"), after(BASE, "n").replace(b"v 1.1", b"v 1.7")).gate is Gate.FAILED


def test_a_reason_is_short_and_names_the_hunk_by_its_number() -> None:
    long = f"\terror = call_long({'x' * 500});\n".encode()
    theirs = after(after(BASE, "c"), "n", long)
    verdict = check(BASE, LOCAL, theirs, after(LOCAL, "c"))
    assert verdict.hunk == 2
    assert len(verdict.reason) < 120


def test_nothing_at_all() -> None:
    assert check(b"", b"", b"", b"") == Verdict(Gate.ALREADY)
    assert check(BASE, LOCAL, BASE, LOCAL) == Verdict(Gate.ALREADY)
    assert check(BASE, LOCAL, BASE, BASE).gate is Gate.FAILED
    assert check(BASE, b"", b"", b"") == Verdict(Gate.ALREADY)


# Spoilt on purpose


@pytest.fixture(scope="module", params=[5, 93])
def right(request: pytest.FixtureRequest) -> list[Quadruple]:
    return bad_merges.synthetic(100, request.param)


def verdict_of(one: Quadruple) -> Gate:
    texts = [bad_merges._without_idents(text) for text in (one.base, one.ours, one.theirs, one.result)]
    return check(*texts).gate


def test_every_right_result_passes(right: list[Quadruple]) -> None:
    verdicts = {one.name: verdict_of(one) for one in right}
    assert [name for name, verdict in verdicts.items() if verdict is Gate.FAILED] == []
    assert set(verdicts.values()) == {Gate.FAITHFUL, Gate.ALREADY}


def test_every_spoilt_result_fails(right: list[Quadruple]) -> None:
    bad: list[BadMerge] = bad_merges.bad_merges(right, 150, 7)
    assert Counter(one.kind for one in bad) == dict.fromkeys(bad_merges.KINDS, 30)
    missed = [f"{one.quadruple.name}: {one.kind}: {one.description}" for one in bad]
    missed = [text for text, one in zip(missed, bad, strict=True) if verdict_of(one.quadruple) is not Gate.FAILED]
    assert missed == []


def test_the_merger_itself_makes_the_right_results(right: list[Quadruple]) -> None:
    made: dict[str, FileMerge] = {one.name: _merged(one.base, one.ours, one.theirs) for one in right}
    landed = [one for one in right if made[one.name].lands]
    assert len(landed) >= 95
    for one in landed:
        result = made[one.name].result
        assert result is not None
        assert _body(result.content) == _body(one.result), one.name


def _merged(base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    return FileMerger().merge(*(Version(content, 0o100644) for content in (base, ours, theirs)))


def _body(content: bytes) -> bytes:
    """All but the ident line, which is bumped in another step."""
    return content.partition(b"\n")[2]


# Any merge at all


def random_sides(seed: int) -> tuple[bytes, bytes, bytes]:
    """A file of a few functions, edited twice without any care: edits overlap, lines move and come twice, and the
    target has taken some of upstream's already."""
    numbers = random.Random(seed)
    base = ["", "#include <a.h>", ""]
    for name in numbers.sample(["open_lease", "close_queue", "send_peer", "read_frame"], 3):
        base += bad_merges._function(numbers, name)

    def edited(lines: list[str], edits: int) -> list[str]:
        lines = list(lines)
        for _ in range(edits):
            at, size, kind = numbers.randrange(3, len(lines)), numbers.choice((0, 0, 1, 1, 2, 4)), numbers.random()
            if kind < 0.15 and size:
                cut = lines[at : at + size]
                del lines[at : at + size]
                to = numbers.randrange(3, len(lines))
                lines[to:to] = cut
            elif kind < 0.25:
                to = numbers.randrange(3, len(lines))
                lines[to:to] = lines[at : at + size]
            else:
                deletes = size and numbers.random() < 0.4
                lines[at : at + size] = [] if deletes else bad_merges._statement(numbers)
        return lines

    theirs = edited(base, numbers.randrange(1, 4))
    taken = numbers.random() < 0.25
    ours = edited(theirs, numbers.randrange(0, 3)) if taken else edited(base, numbers.randrange(0, 4))
    return _text(base), _text(ours), _text(theirs)


def _text(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def test_whatever_lands_is_upstreams_change_in_the_eyes_of_an_independent_judge() -> None:
    seen: Counter[str] = Counter()
    wrong = []
    for seed in range(500):
        base, ours, theirs = random_sides(seed)
        made = _merged(base, ours, theirs)
        assert made.result is not None
        if not made.lands:
            seen["parked"] += 1
            continue
        seen[made.gate] += 1
        if made.gate is Gate.ALREADY:
            assert made.result.content == ours
            continue
        verdicts = faithful.judge(base, theirs, ours, made.result.content)
        if any(verdict.kind == faithful.UNFAITHFUL for verdict in verdicts):
            wrong.append((seed, made.method, verdicts))
    assert wrong == []
    assert min(seen[kind] for kind in ("parked", "faithful", "already")) > 15
