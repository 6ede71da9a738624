"""The text format of the example's histories: what is not understood, or does not fit, is never passed over."""

from __future__ import annotations

import pytest

from portkit.demo.build import histories
from portkit.demo.history import Misfit, play, read

HEAD = "@changeset 2012-01-01 00:00:00 dev\nlog\n"


def _play(text: str) -> dict[str, str]:
    entries = read(text, file="x.txt")
    played = play(entries, lambda _: "one\ntwo\none two\n", cvs=True, file="x.txt")
    return {path: made.text for path, made in played.tree.items()}


def test_an_edit_takes_whole_lines() -> None:
    edited = _play(HEAD + "@add a\n@edit a\n@old\none\n@new\n1\n\n@old\ntwo\n@new\n")
    assert edited == {"a": "1\n\none two\n"}


def test_blank_lines_belong_to_the_block_but_for_the_one_between_changesets() -> None:
    text = HEAD + "@add a\n@edit a\n@old\ntwo\n@new\n2\n\n\n@# why\n" + HEAD.replace("01-01", "01-02") + "@delete a\n"
    entries = read(text, file="x.txt")
    assert entries[0].steps[1].edits[0].new == "2\n\n"
    assert [entry.subject for entry in entries] == ["log", "log"]
    assert _play(text) == {}


@pytest.mark.parametrize(
    ("step", "what"),
    [
        ("@edit a\n@old\nthree\n@new\n3\n", "fits 0 times"),
        ("@edit a\n@old\none\n@new\none\n", "fits 1 times"),
        ("@edit a\n@old\n@new\nall\n", "fits 4 times"),
        ("@delete b\n", "b is not there"),
        ("@add a\n", "a is there"),
        ("@take b 1.7\n", "upstream has no b 1.7"),
        ("@frob a\n", "@frob is not understood"),
        ("@chop a b\n", "@chop has other words"),
        ("@old\none\n", "@old is not understood"),
    ],
)
def test_a_step_that_does_not_fit_is_named(step: str, what: str) -> None:
    with pytest.raises(Misfit, match=what) as caught:
        _play(HEAD + "@add a\n" + step)
    assert caught.value.where in ("x.txt:4", "x.txt:5")


def test_text_before_the_first_changeset_is_refused() -> None:
    with pytest.raises(Misfit, match="before the first"):
        read("hello\n" + HEAD, file="x.txt")
    with pytest.raises(Misfit, match="no @changeset"):
        read("@add a\n" + HEAD, file="x.txt")


def test_deletion_counts_as_a_revision() -> None:
    text = HEAD + "@add a\n" + HEAD + "@delete a\n" + HEAD + "@add a\n"
    played = play(read(text, file="x.txt"), lambda _: "$OpenBSD$\n", cvs=True, file="x.txt")
    assert sorted(played.revisions) == [("a", "1.1"), ("a", "1.3")]
    assert played.tree["a"].content() == b"$OpenBSD: a,v 1.3 2012/01/01 00:00:00 dev Exp $\n"


def test_the_histories_name_no_keyword_unexpanded() -> None:
    for played in histories():
        for made in played.tree.values():
            assert b"$OpenBSD$" not in made.content()
            assert b"$Mdocdate$" not in made.content()
