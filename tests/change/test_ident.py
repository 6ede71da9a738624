"""Ident lines: every spelling is read, and a bump changes nothing but what it must."""

from __future__ import annotations

import time

import pytest

from portkit.change.ident import Ident, Style, after, bumped, idents, on_trunk, recorded, revision_key, spacing


def line(revision: str, path: str = "dhclient.c", keyword: str = "OpenBSD", author: str = "krw") -> bytes:
    return f"${keyword}: {path},v {revision} 2012/06/26 14:46:42 {author} Exp $".encode("latin-1")


def only(content: bytes) -> Ident:
    found = idents(content, "OpenBSD")
    assert len(found) == 1
    return found[0]


# Reading


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        (b"/*\t", b"\t*/"), (b"/* ", b" */"), (b"#\t", b""), (b'.\\"\t', b""), (b"dnl ", b""), (b"", b""),
        (b" * ", b""), (b"// ", b""), (b'static char rcsid[] = "', b'";'), (b"/*  $DragonFly: x $ ", b" $Id$ */"),
        (b"\xe9 ", b" \xe9"),
    ],
)  # fmt: skip
def test_whatever_stands_around_it(before: bytes, behind: bytes) -> None:
    content = b"first\n" + before + line("1.118") + behind + b"\nlast\n"
    found = only(content)
    assert content[found.start : found.end] == line("1.118")
    assert (found.path, found.revision, found.date, found.author, found.state, found.line) == (
        "dhclient.c", "1.118", "2012/06/26 14:46:42", "krw", "Exp", 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    "path", ["dhclient.c", "src/sbin/dhclient/dhclient.c", "Attic/dhclient.c", "src/sbin/dhclient/Attic/dhclient.c"]
)
def test_a_path_may_be_qualified(path: str) -> None:
    found = recorded(b"/* " + line("1.2", path) + b" */\n", "OpenBSD", "dhclient.c")
    assert found is not None
    assert (found.path, found.revision) == (path, "1.2")


@pytest.mark.parametrize(
    "text",
    [
        b"$OpenBSD$", b"$OpenBSD: $", b"$OpenBSD: dhclient.c,v 1.2 $", b"see $OpenBSD of old$",
        b"$OpenBSD: dhclient.c,v $", b"$OpenBSD: dhclient.c 1.2 2012/06/26 14:46:42 krw Exp $",
        b"OpenBSD: dhclient.c,v 1.2 2012/06/26 14:46:42 krw Exp",
        b"$OpenBSD: dhclient.c,v 1 2012/06/26 14:46:42 krw Exp $",
        b"$OpenBSD: dhclient.c,v 1.2\n2012/06/26 14:46:42 krw Exp $",
        b"$NetBSD: dhclient.c,v 1.2 2012/06/26 14:46:42 krw Exp $",
        b"$XOpenBSD: dhclient.c,v 1.2 2012/06/26 14:46:42 krw Exp $",
    ],
)  # fmt: skip
def test_unexpanded_foreign_and_prose_are_none(text: bytes) -> None:
    assert idents(b"/* " + text + b" */\n", "OpenBSD") == ()


def test_dates_of_other_times_and_trees() -> None:
    found = only(b"$OpenBSD: a.c,v 1.2 2012-06-26 14:46:42Z krw Exp $\n")
    assert (found.revision, found.date) == ("1.2", "2012-06-26 14:46:42")


def test_the_one_that_names_the_file_counts_wherever_it_stands() -> None:
    content = b"/* " + line("1.5", "other.c") + b" */\n" + b"\n" * 50 + b"/* " + line("1.9") + b" */\n"
    found = recorded(content, "OpenBSD", "dhclient.c")
    assert found is not None
    assert (found.revision, found.line) == ("1.9", 51)


def test_one_that_names_another_file_counts_only_alone_and_near_the_top() -> None:
    other = b"/* " + line("1.5", "other.c") + b" */\n"
    found = recorded(other, "OpenBSD", "dhclient.c")
    assert found is not None
    assert found.path == "other.c"
    assert recorded(other * 2, "OpenBSD", "dhclient.c") is None
    assert recorded(b"\n" * 30 + other, "OpenBSD", "dhclient.c") is None


def test_revisions_are_ordered_by_their_numbers() -> None:
    assert revision_key("1.9") < revision_key("1.10") < revision_key("2.1")
    assert (on_trunk("1.10"), on_trunk("1.433.2.2")) == (True, False)
    assert (after("1.9"), after("1.433.2.2")) == ("1.10", "1.433.2.3")


def test_a_number_too_long_for_a_revision_is_none() -> None:
    assert idents(b"$OpenBSD: a.c,v 1." + b"9" * 5000 + b" 2012/06/26 14:46:42 krw Exp $\n", "OpenBSD") == ()


@pytest.mark.parametrize(
    "content",
    [
        (line("1.1") + b"\n") * 20_000,
        line("1.1") * 20_000,
        b"$OpenBSD: " * 100_000,
        b"$OpenBSD: " + b"a" * 1_000_000,
        b"$OpenBSD: a,v " + b"1." * 500_000,
        b"$OpenBSD: a,v 1." + b"1" * 1_000_000,
    ],
    ids=["many", "many on a line", "openings", "a path", "dots", "digits"],
)
def test_hostile_contents_take_no_more_than_seconds(content: bytes) -> None:
    start = time.process_time()
    idents(content, "OpenBSD")
    assert time.process_time() - start < 3


# Bumping


def bump(content: bytes, revision: str, style: Style | None = None, place: str = "sbin/dhclient/dhclient.c") -> bytes:
    old = recorded(content, "OpenBSD", "dhclient.c")
    assert old is not None
    return bumped(content, old, only(line(revision, author="krw2")), place, style)


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        (b"/*\t", b"\t*/\n"), (b"/*     ", b"     */\r\n"), (b"#", b"\n"), (b"", b""),
        (b"caf\xe9 ", b"\xe9\nno newline"),
        (b"\x0c\n\n/* ", b"  and more */\n\0"), (b"a\n" * 5, b"\nb\n" * 5),
    ],
)  # fmt: skip
def test_without_a_style_all_else_stays_to_the_byte(before: bytes, behind: bytes) -> None:
    changed = bump(before + line("1.118") + behind, "1.119")
    assert changed == before + line("1.119", author="krw2") + behind


def test_the_path_stays_as_the_target_writes_it() -> None:
    content = b"/* " + line("1.118", "src/sbin/dhclient/dhclient.c") + b" */\n"
    assert bump(content, "1.119") == b"/* " + line("1.119", "src/sbin/dhclient/dhclient.c", author="krw2") + b" */\n"


@pytest.mark.parametrize("revision", ["1.118", "1.117", "1.9", "0.200", "1.118.2.1", "1.119.2.1", "1.119.0.2"])
def test_never_back_and_never_as_a_branch(revision: str) -> None:
    content = b"/* " + line("1.118") + b" */\n"
    assert bump(content, revision) == content


def test_a_branch_revision_is_left_alone() -> None:
    content = b"/* " + line("1.433.2.2") + b" */\n"
    assert bump(content, "1.434") == content


def test_nine_to_ten_is_forward() -> None:
    assert b",v 1.10 " in bump(line("1.9"), "1.10")
    assert b",v 1.10 " in bump(line("1.10"), "1.9")


def test_only_the_named_line_is_touched() -> None:
    content = line("1.3", "other.c") + b"\n" + line("1.118") + b"\n" + line("1.118", "third.c") + b"\n"
    expected = line("1.3", "other.c") + b"\n" + line("1.119", author="krw2") + b"\n" + line("1.118", "third.c") + b"\n"
    assert bump(content, "1.119") == expected


def test_a_style_qualifies_the_path_or_takes_the_folders_off() -> None:
    bare, full = b"/* " + line("1.118") + b" */\n", b"/* " + line("1.118", "x/dhclient.c") + b" */\n"
    with_prefix = bump(bare, "1.119", Style(prefix="src/"))
    assert with_prefix == b"/* " + line("1.119", "src/sbin/dhclient/dhclient.c", author="krw2") + b" */\n"
    assert bump(full, "1.119", Style()) == b"/* " + line("1.119", author="krw2") + b" */\n"


def test_a_style_turns_tabs_to_a_blank_and_back_beside_its_own_opener_only() -> None:
    style = Style(tabs=((b"/*", False), (b"#", True)))
    new = line("1.119", author="krw2")
    assert bump(b"/*\t" + line("1.118") + b"\t*/\n", "1.119", style) == b"/* " + new + b" */\n"
    assert bump(b"# " + line("1.118") + b"\n", "1.119", style) == b"#\t" + new + b"\n"
    assert bump(b'.\\"\t' + line("1.118") + b"\n", "1.119", style) == b'.\\"\t' + new + b"\n"


@pytest.mark.parametrize("place", [-1, 1])
def test_a_style_drops_the_companion_line_beside_it(place: int) -> None:
    own, companion = b"/*\t" + line("1.118") + b"\t*/\n", b"/*\t" + line("1.4", keyword="DragonFly") + b"\t*/\n"
    content = (companion + own if place < 0 else own + companion) + b"\nint a;\n"
    assert bump(content, "1.119", Style(drop=("DragonFly",))) == (
        b"/*\t" + line("1.119", author="krw2") + b"\t*/\n\nint a;\n"
    )
    assert b"DragonFly" in bump(content, "1.119", Style())


@pytest.mark.parametrize(
    "near",
    [
        b"/* $DragonFly: a.c,v 1.4 $ is where it is */\n",
        b'static char rcsid[] = "$DragonFly$";\n',
        b"\n/* $DragonFly$ */\n",
        b"/* $FreeBSD$ */\n",
    ],
)
def test_a_companion_with_words_or_further_away_or_of_others_stays(near: bytes) -> None:
    content = b"/* " + line("1.118") + b" */\n" + near + b"x\n"
    assert bump(content, "1.119", Style(drop=("DragonFly",))).endswith(near + b"x\n")


def test_spacing_tells_the_opener_and_the_white_space() -> None:
    for before, expected in {
        b"/*\t": (b"/*", True), b"/*   ": (b"/*", False), b"#": (b"#", None), b'.\\" \t': (b'.\\"', None),
        b"": (b"", None),
    }.items():  # fmt: skip
        content = b"x\n" + before + line("1.2") + b"\n"
        assert spacing(content, only(content)) == expected
