"""Functions that the target put in another order, renamed, or has twice: a hunk comes to its own, or nowhere."""

from __future__ import annotations

import random

import pytest

from portkit.merge.file import FileMerge, FileMerger, Version
from portkit.merge.kinds import Gate


def function(name: str, *calls: str) -> bytes:
    body = "".join(f"\t{call};\n" for call in calls)
    return f"static int\n{name}(struct kiln *kiln)\n{{\n\tint heat;\n\n{body}\treturn (0);\n}}\n\n".encode()


def merged(base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    return FileMerger().merge(*(Version(content, 0o100644) for content in (base, ours, theirs)))


OPEN = function("open_kiln", "heat = 1", "lift_the_door(kiln)", "kiln->busy = 0", "look_at(kiln)", "wait_for(kiln)")
SHUT = function("shut_kiln", "heat = 1", "lower_door(kiln)", "kiln->busy = 0", "look_at(kiln)", "wait_for(kiln)")
FIRE = function("fire_kiln", "heat = 1", "light(kiln)", "kiln->busy = 0", "look_at(kiln)", "wait_for(kiln)")
NEW = b"\tlook_at(kiln);\n\tring_bell(kiln);\n"


def changed(content: bytes) -> bytes:
    return content.replace(b"\tlook_at(kiln);\n", NEW)


@pytest.mark.parametrize("which", [OPEN, SHUT, FIRE])
@pytest.mark.parametrize("order", [(SHUT, OPEN, FIRE), (FIRE, OPEN, SHUT), (SHUT, FIRE, OPEN), (FIRE, SHUT, OPEN)])
def test_an_addition_never_comes_to_another_function(order: tuple[bytes, ...], which: bytes) -> None:
    base, ours = OPEN + SHUT + FIRE, b"".join(order)
    found = merged(base, ours, base.replace(which, changed(which)))
    assert not found.lands or (found.result is not None and found.result.content == ours.replace(which, changed(which)))


def test_a_renamed_function_is_still_the_same() -> None:
    base = OPEN + SHUT
    ours = base.replace(b"shut_kiln(", b"close_kiln(")
    found = merged(base, ours, OPEN + changed(SHUT))
    assert found.gate is Gate.FAITHFUL
    assert found.result is not None
    assert found.result.content == (OPEN + changed(SHUT)).replace(b"shut_kiln(", b"close_kiln(")


def test_a_copy_of_a_function_under_another_name_is_another_function() -> None:
    base = OPEN + SHUT
    copy = SHUT.replace(b"shut_kiln(", b"shut_the_other(")
    ours = OPEN + copy + SHUT.replace(b"static int\nshut_kiln(struct kiln *kiln)", b"int\nshut_kiln(void *kiln)")
    found = merged(base, ours, OPEN + changed(SHUT))
    assert not found.lands or (found.result is not None and copy in found.result.content)


def test_a_deletion_in_a_function_that_stands_elsewhere_now_is_not_there_already() -> None:
    base = OPEN + SHUT + FIRE
    moved = OPEN.replace(b"\tlook_at(kiln);\n", b"\tkeep(heat);\n\tlook_at(kiln);\n")
    theirs = base.replace(OPEN, OPEN.replace(b"\tkiln->busy = 0;\n\tlook_at(kiln);\n", b""))
    assert merged(base, SHUT + FIRE + moved, theirs).gate is not Gate.ALREADY


def test_a_function_that_upstream_deletes_and_the_target_keeps_elsewhere_is_not_gone() -> None:
    base = OPEN + SHUT + FIRE
    kept = OPEN.replace(b"\tkiln->busy = 0;\n", b"\tkiln->busy = 0;\n\tkeep(heat);\n")
    found = merged(base, SHUT + FIRE + kept, SHUT + FIRE)
    assert not found.lands
    assert merged(base, SHUT + FIRE, SHUT + FIRE).gate is Gate.ALREADY


def test_a_function_that_the_target_has_in_a_later_wording_does_not_come_in_twice() -> None:
    base = OPEN + SHUT
    later = FIRE.replace(b"\tlight(kiln);\n", b"\tif (light(kiln, heat) == -1)\n\t\treturn (-1);\n")
    later = later.replace(b"\tlook_at(kiln);\n", b"").replace(b"heat = 1", b"heat = kiln->heat")
    theirs = OPEN + FIRE + SHUT
    for ours in (OPEN + SHUT + later, later + OPEN + SHUT):
        found = merged(base, ours, theirs)
        assert not found.lands
    assert "fire_kiln" in merged(base, OPEN + SHUT + later, theirs).reason
    assert merged(base, OPEN + SHUT + b"int own;\n", theirs).lands


def test_a_function_that_upstream_itself_has_twice_may_come_in_again() -> None:
    other = FIRE.replace(b"heat = 1", b"heat = 2")
    base = OPEN + b"#ifdef GAS\n" + FIRE + b"#endif\n" + SHUT
    theirs = OPEN + b"#ifdef GAS\n" + FIRE + b"#else\n" + other + b"#endif\n" + SHUT
    found = merged(base, base.replace(b"lower_door", b"let_down_door"), theirs)
    assert found.gate is Gate.FAITHFUL


def test_a_comment_below_a_long_prototype_stands_outside_of_all_functions() -> None:
    base = b"#include <kiln.h>\n\nint limit;\n\n/*\n * What may be fired.\n */\n\n" + OPEN
    own = b"static int stack(struct kiln *, int,\n\t    struct shelf *);\n"
    ours = base.replace(b"int limit;\n", b"int limit;\n" + own)
    theirs = base.replace(b" */\n", b" * And what may not.\n */\n", 1)
    found = merged(base, ours, theirs)
    assert found.gate is Gate.FAITHFUL
    assert found.result is not None
    assert found.result.content == ours.replace(b" */\n", b" * And what may not.\n */\n", 1)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_the_order_a_hunk_comes_to_its_own_function_or_nowhere(seed: int) -> None:
    chance = random.Random(seed)
    calls = ["heat = 1", "look_at(kiln)", "wait_for(kiln)", "kiln->busy = 0", "lift(kiln)", "cool(kiln)"]
    functions = [function(f"kiln_{number}", *chance.choices(calls, k=6)) for number in range(5)]
    at = chance.randrange(5)
    lines = functions[at].splitlines(keepends=True)
    line = chance.randrange(5, 11)
    lines[line : line + chance.randrange(2)] = [f"\tcall_{seed}(kiln);\n".encode()]
    theirs = b"".join([*functions[:at], b"".join(lines), *functions[at + 1 :]])
    order = chance.sample(range(5), 5)
    ours = b"".join(functions[number] for number in order)
    found = merged(b"".join(functions), ours, theirs)
    right = b"".join(b"".join(lines) if number == at else functions[number] for number in order)
    assert not found.lands or (found.result is not None and found.result.content == right)
