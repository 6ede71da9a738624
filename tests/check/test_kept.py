"""What a compiler said, kept: believed only while everything that was read stands as it did."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from portkit.audit.checking import Checked, Diagnostic, Severity, Unit
from portkit.check.kept import Kept
from portkit.store.cache import Cache

UNIT = Unit("a/a.c", {"a/a.c": "1", "a/a.h": "2", "a/b.h": "3"}, ("-Wall",), ("a",))
SAID = Diagnostic("a/a.h", 3, 4, Severity.ERROR, "no 'x'", "")
ANSWER = Checked("a/a.c", (SAID,), ("a/a.c", "a/a.h"), inactive=(("a/a.h", 1, 2),))


def changed(**keys: str) -> Unit:
    """`UNIT` with other contents: `a_b_h="9"` for a/b.h."""
    paths = {name.replace("_", "/", 1).replace("_", "."): key for name, key in keys.items()}
    return replace(UNIT, files={**UNIT.files, **paths})


def test_an_answer_holds_as_long_as_what_was_read(tmp_path: Path) -> None:
    with Cache(tmp_path / "m.sqlite") as memory:
        kept = Kept(memory, ["clang 1", "headers"])
        assert kept.get([UNIT]) == [None]
        kept.put([(UNIT, ANSWER)])
        assert kept.get([UNIT, changed(a_b_h="9")]) == [ANSWER, ANSWER]
        others = [changed(a_a_h="9"), changed(a_a_c="9"), replace(UNIT, flags=()), replace(UNIT, include=()),
                  changed(a_new_h="1")]  # fmt: skip
        assert kept.get(others) == [None] * 5
        assert Kept(memory, ["clang 2", "headers"]).get([UNIT]) == [None]
        assert Kept(memory, ["clang 1", "other headers"]).get([UNIT]) == [None]


def test_several_states_of_a_source_are_kept_and_none_that_failed(tmp_path: Path) -> None:
    with Cache(tmp_path / "m.sqlite") as memory:
        kept = Kept(memory, ["clang"])
        clean, broken = replace(ANSWER, diagnostics=()), Checked("a/a.c", (), ("a/a.c",), "it crashed")
        kept.put([(UNIT, ANSWER)])
        kept.put([(changed(a_a_h="9"), clean), (changed(a_a_h="8"), broken)])
        assert kept.get([UNIT, changed(a_a_h="9"), changed(a_a_h="8")]) == [ANSWER, clean, None]


def test_what_is_no_answer_is_none(tmp_path: Path) -> None:
    with Cache(tmp_path / "m.sqlite") as memory:
        kept = Kept(memory, ["clang"])
        kept.put([(UNIT, ANSWER)])
        (key,) = [kept._key(UNIT)]
        for value in (b"", b"{", b"[1]", b'[{"read": {}}]', b'[{"read": {}, "said": [[1]], "included": []}]'):
            memory.put("type-check", key, value)
            assert kept.get([UNIT]) == [None]
