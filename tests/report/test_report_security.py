"""What speaks of security, and what does not."""

from __future__ import annotations

import pytest

from portkit.report.security import fault_words, security_words


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("Fix an integer overflow in the parser.", ("integer overflow",)),
        ("avoid use-after-free; found by someone", ("use-after-free",)),
        ("avoid a use after free and a Double Free", ("use after free", "Double Free")),
        ("Check the length of the option first.", ("Check the length",)),
        ("add a missing length check", ("length check",)),
        ("bounds\ncheck every read", ("bounds check",)),
        ("drop privileges early", ("privileges",)),
        ("errata 012", ("errata",)),
        ("CVE-2012-1234: be careful", ("CVE-2012-1234",)),
        ("overflow, Overflow, underflow, off-by-one, chroot", ("overflow", "underflow", "off-by-one")),
        ("spelling; no functional change", ()),
        ("the privileged process writes the file", ()),
        ("check the flags", ()),
        ("enough lengthy words on checkers", ()),
        ("", ()),
    ],
)  # fmt: skip
def test_words_are_told_as_they_stand(log: str, words: tuple[str, ...]) -> None:
    assert security_words(log) == words


def test_faults_and_what_only_looks_like_them() -> None:
    assert fault_words("Fix a crash when the lease is empty.") == ("Fix", "crash")
    assert fault_words("fix a typo in a comment") == ()
    assert fault_words("prefix the names") == ()


def test_no_log_takes_long() -> None:
    assert security_words("check " * 200_000) == ()
    assert security_words("x" * 30_000 + " overflow") == ()
