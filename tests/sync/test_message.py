"""Commit messages: a subject that fits, upstream's log made harmless, trailers that nothing can forge or lose."""

from __future__ import annotations

import pytest

from portkit.change.changeset import Changeset, Person
from portkit.errors import UserError
from portkit.sync.message import (
    SUBJECT_WIDTH,
    MessageWriter,
    Revision,
    last_paragraph,
    subject_line,
    tidy,
)

ID = "5275323483" * 4


def changeset(log: str, author: Person = Person("Kenneth", "krw@openbsd.org")) -> Changeset:  # noqa: B008
    return Changeset(ID, "", 0, author, log, ())


def written(log: str, template: str | None = None, *, draft: str = "", subject: str = "") -> str:
    writer = MessageWriter("dhclient", "OpenBSD", template)
    revisions = [Revision("sbin/dhclient/privsep.c", "1.17"), Revision("sbin/dhclient/inet.c", "deleted")]
    return writer.write(changeset(log), revisions, draft=draft, subject=subject).decode()


def test_the_whole_message() -> None:
    assert written("Do not leak the buffer.\nIt was never freed.\n\nok deraadt@\n") == (
        "dhclient - Do not leak the buffer.\n"
        "\n"
        "Do not leak the buffer.\nIt was never freed.\n\nok deraadt@\n"
        "\n"
        "Obtained-from: OpenBSD (sbin/dhclient/privsep.c 1.17, sbin/dhclient/inet.c deleted, krw)\n"
        f"Upstream-commit: {ID}\n"
        "Upstream-revision: sbin/dhclient/privsep.c 1.17\n"
        "Upstream-revision: sbin/dhclient/inet.c deleted\n"
    )


def test_an_empty_log() -> None:
    for log in ("", "\n\n", "  \n\t\n"):
        assert written(log).startswith("dhclient - Sync with upstream.\n\nObtained-from: OpenBSD (")


def test_a_draft_says_that_it_is_none_to_take() -> None:
    text = written("Do not leak.", draft="conflict")
    assert text.startswith("DRAFT (conflict): dhclient - Do not leak.\n")
    assert "no branch to take" in text
    assert text.endswith("Portkit-draft: conflict\n")
    assert len(written("word " * 50, draft="not-applicable").split("\n")[0]) < SUBJECT_WIDTH


def test_a_given_subject_takes_the_place_of_the_first_sentence() -> None:
    assert written("x\n\ny", subject="Import from OpenBSD as of 2012-04-25.").startswith(
        "dhclient - Import from OpenBSD as of 2012-04-25.\n\nx\n\ny\n"
    )


# Subjects


@pytest.mark.parametrize(
    ("log", "subject"),
    [
        ("Fix a leak.", "dhclient - Fix a leak."),
        ("Fix a leak. It was there since 1.4.", "dhclient - Fix a leak."),
        ("fix a leak; see e.g. rfc 2131", "dhclient - fix a leak; see e.g. rfc 2131"),
        ("Fix\n  a\tleak\n\nand more", "dhclient - Fix a leak"),
        ("Use sizeof(x), not 4. (ok krw)", "dhclient - Use sizeof(x), not 4."),
        ("version 1.4.2 is out", "dhclient - version 1.4.2 is out"),
        ("What? No. Yes!", "dhclient - What?"),
        ("- first\n- second", "dhclient - first - second"),
        ("x" * 60, "dhclient - " + "x" * 60),
        ("x" * 61, "dhclient - " + "x" * 57 + "..."),
        ("one " * 30, "dhclient - " + "one " * 13 + "one..."),
        ("a word, and then " + "y" * 80, "dhclient - a word, and then..."),
        ("", "dhclient - Sync with upstream."),
        ("...", "dhclient - ..."),
    ],
)
def test_subjects(log: str, subject: str) -> None:
    assert subject_line("dhclient", log) == subject
    assert len(subject) < SUBJECT_WIDTH


@pytest.mark.parametrize("length", range(1, 130))
def test_no_subject_is_too_long_or_cut_within_a_word_that_fits(length: int) -> None:
    log = "Some words are here and a few more of them follow until nobody reads on any more, as it seems to me now"
    subject = subject_line("p" * 12, log[:length].strip())
    assert len(subject) < SUBJECT_WIDTH
    if subject.endswith("..."):
        assert log[: len(subject) - 18 + 1].endswith((" ", ",")) or subject[15:-3] in log
        rest = log[len(subject) - 3 - 15 :]
        assert rest[:1] in (" ", ",")


def test_a_prefix_as_long_as_a_line_still_gives_a_line() -> None:
    assert len(subject_line("p" * 100, "Fix it.")) < SUBJECT_WIDTH


def test_a_hostile_log_takes_no_time() -> None:
    for log in (". " * 100_000, "\n" * 100_000, "." + " " * 200_000 + "x", "a" * 1_000_000, " \n" * 100_000 + "x"):
        assert len(written(log).split("\n")[0]) < SUBJECT_WIDTH


# What upstream says


def test_control_characters_show_and_do_nothing() -> None:
    text = written("Fix \x1b[31mred\x07 caf\xe9 \u202egnp\u202c\x00 and \x9b1m.\n\nMore \x1b]0;x\x07.")
    assert "\x1b" not in text
    assert "\x00" not in text
    assert "\u202e" not in text
    assert text.startswith("dhclient - Fix \\x1b[31mred\\x07 caf\xe9 \\u202egnp")


def test_lines_end_in_lf_and_without_blanks() -> None:
    assert tidy("\r\n\r\none  \r\ntwo\t\r\n\r\n") == "one\ntwo"
    assert tidy("a\rb") == "a\\x0db"


@pytest.mark.parametrize(
    "line",
    ["Upstream-commit: x", "Upstream-revision: x", "Portkit-draft: x", "Upstream-anything:", "Portkit-x: y"],
)
def test_a_line_that_passes_for_a_trailer_is_marked(line: str) -> None:
    assert tidy(f"one\n{line}\ntwo") == f"one\n> {line}\ntwo"


@pytest.mark.parametrize("line", ["Obtained-from: NetBSD", "ok: krw", "see Upstream-commit: x", "Upstream: x"])
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert tidy(line) == line


# Templates


@pytest.mark.parametrize(
    ("template", "where"),
    [
        ("{{ subject }}\n{% if %}", "commit.txt.j2:2"),
        ("{{ subject }}\n\n{{ nothing }}", "commit.txt.j2:3"),
        ("{{ subject }}\n\n\n{{ 1 / 0 }}", "commit.txt.j2:4"),
        ("{{ subject }}\n{{ log + 1 }}", "commit.txt.j2:2"),
        ("{{ subject }}\n{{ log.nothing.more }}", "commit.txt.j2:2"),
        ("{{ subject }}\n{% include 'x' %}", "commit.txt.j2:2"),
        ("{{ subject }}\n{{ ''.__class__.__mro__ }}", "commit.txt.j2:2"),
        ("{{ subject }}\n{{ changeset.__class__.__init__.__globals__ }}", "commit.txt.j2:2"),
        ("{{ subject }}\n{% for i in range(10**9) %}x{% endfor %}", "commit.txt.j2:2"),
    ],
)
def test_a_template_that_fails_is_told_with_its_line(template: str, where: str) -> None:
    with pytest.raises(UserError) as error:
        written("Fix it.", template)
    assert error.value.where == where
    assert "template" in error.value.what


@pytest.mark.parametrize("template", ["", "\n\n", "{# nothing #}", "{% if false %}x{% endif %}"])
def test_a_template_that_gives_nothing_is_refused(template: str) -> None:
    with pytest.raises(UserError, match="without a first line"):
        written("Fix it.", template)


def test_a_template_can_neither_change_the_changeset_nor_lose_the_trailers() -> None:
    with pytest.raises(UserError):
        written("Fix it.", "{% set changeset.id = 'x' %}{{ subject }}")
    for template in ("{{ subject }}", "{{ subject }}\n\nUpstream-commit: {{ 'f' * 40 }}", "{{ log }}\n\n\n\n"):
        trailers = last_paragraph(written("Fix it.", template))
        assert [value for key, value in trailers if key == "Upstream-commit"] == [ID]


def test_what_a_template_may_use() -> None:
    text = written(
        "Fix it.", "{{ component }}|{{ title }}|{{ revisions[1] }}|{{ changeset.author.login }}|{{ changeset.id[:4] }}"
    )
    assert text.split("\n")[0] == "dhclient|OpenBSD|sbin/dhclient/inet.c deleted|krw|5275"


def test_trailers_of_a_template_stand_in_one_paragraph_with_portkits() -> None:
    text = written("Fix it.", "{{ subject }}\n\nReviewed-by: Rob\n\n")
    assert [key for key, _ in last_paragraph(text)] == [
        "Reviewed-by", "Upstream-commit", "Upstream-revision", "Upstream-revision",
    ]  # fmt: skip


# Reading back


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("a\n\nOne: 1\nTwo: 2\n", [("One", "1"), ("Two", "2")]),
        ("a\n\nOne: 1\n two\nThree:3\n\n\n", [("One", "1"), ("Three", "3")]),
        ("a\n\nOne: 1\n(cherry picked from commit abc)", [("One", "1")]),
        ("a\n\nOne: 1\nplain words\n", []),
        ("a\n\nOne: 1\n\nplain words\n", []),
        ("a\n\n two: 1", []),
        ("a\n\nOne 1: 2", []),
        ("", []),
    ],
)
def test_the_last_paragraph(message: str, expected: list[tuple[str, str]]) -> None:
    assert last_paragraph(message) == expected
