"""Which upstream version an ident line means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from portkit.paths import RepoPath
from portkit.survey.model import Recorded, Scan, Standing
from portkit.survey.resolve import Event, Meaning, Resolver
from portkit.survey.scan import packed, scan, seconds, unpacked
from portkit.survey.survey import best, derived, places

DAY = 86400
START = 1_000_000_000


def life(*said: str) -> tuple[Event, ...]:
    """A file's life: of each change the blob's ident line as "revision author", "" for a deletion; one a day."""
    return tuple(
        Event(number, f"c{number}", START + number * DAY, f"{one} {START + number * DAY}" if one else "")
        for number, one in enumerate(said)
    )


def idents(oids: Iterable[str]) -> Mapping[str, str]:
    """The blobs here are named by what they say: "revision author date"."""
    result = {}
    for oid in oids:
        revision, author, date = oid.split(" ")
        result[oid] = f"{revision} {date} {author}"
    return result


LIVES: dict[RepoPath, tuple[Event, ...]] = {
    RepoPath("sbin/leased/leased.c"): life("1.1 krw", "1.2 krw", "1.3 krw", "1.4 krw"),
    RepoPath("sbin/leased/Makefile"): life("1.1 krw", "1.2 krw"),
    RepoPath("usr.bin/other/Makefile"): life("1.1 krw", "1.2 krw"),
    RepoPath("lib/libm/arch/amd64/s.S"): life("1.1 mart", "1.2 mart"),
    RepoPath("lib/libm/arch/i386/s.S"): life("1.1 mart", "1.2 mart"),
    RepoPath("old/gone.c"): life("1.1 krw", "1.2 krw", ""),
}
NEWEST = START + 40 * DAY


def recorded(path: str, revision: str, day: int, author: str = "krw") -> Recorded:
    return Recorded(path, revision, START + day * DAY, author, 1)


def meaning(target: str, one: Recorded) -> Meaning:
    return Resolver(LIVES, idents, NEWEST).resolve([(RepoPath(target), one)])[0]


def test_name_revision_and_date_mean_one_version() -> None:
    found = meaning("sbin/leased/leased.c", recorded("leased.c", "1.2", 1))
    assert (found.standing, found.candidates, found.by_path) == (
        Standing.RESOLVED, (("sbin/leased/leased.c", 1),), False,
    )  # fmt: skip


def test_a_file_under_another_name_is_found_by_the_name_in_its_ident_line() -> None:
    assert meaning("usr.sbin/x/y.c", recorded("leased.c", "1.3", 2)).candidates == (("sbin/leased/leased.c", 2),)


def test_the_folders_decide_between_files_of_one_name() -> None:
    found = meaning("sbin/leased/Makefile", recorded("Makefile", "1.2", 1))
    assert (found.candidates, found.by_path) == ((("sbin/leased/Makefile", 1),), True)
    found = meaning("x/Makefile", recorded("src/usr.bin/other/Makefile", "1.2", 1))
    assert found.candidates == (("usr.bin/other/Makefile", 1),)
    found = meaning("x/Makefile", recorded("src/usr.bin/other/Attic/Makefile", "1.2", 1))
    assert found.candidates == (("usr.bin/other/Makefile", 1),)


def test_what_cannot_be_told_apart_is_told_with_all_candidates() -> None:
    found = meaning("lib/x86_64/s.S", recorded("s.S", "1.2", 1, "mart"))
    assert found.standing is Standing.AMBIGUOUS
    assert {path for path, _ in found.candidates} == {"lib/libm/arch/amd64/s.S", "lib/libm/arch/i386/s.S"}
    (one,) = derived({RepoPath("lib/x86_64/s.S"): Scan(9, (recorded("s.S", "1.2", 1, "mart"),))}, LIVES, idents, NEWEST)
    assert (one.upstream, one.changeset, one.behind) == (None, "c1", 0)  # both came with one commit
    assert len(one.candidates) == 2


def test_a_date_that_no_commit_bears() -> None:
    found = meaning("sbin/leased/leased.c", recorded("leased.c", "1.3", 20))
    assert (found.standing, found.candidates, found.by_path) == (
        Standing.RESOLVED, (("sbin/leased/leased.c", 2),), True,
    )  # fmt: skip


def test_what_this_history_has_not() -> None:
    assert meaning("a/leased.c", recorded("leased.c", "1.9", 50)).standing is Standing.NEWER
    assert meaning("a/leased.c", recorded("leased.c", "1.9", 20)).standing is Standing.UNKNOWN
    assert meaning("a/never.c", recorded("never.c", "1.1", 2)).standing is Standing.UNKNOWN
    assert meaning("a/leased.c", recorded("leased.c", "1.2.4.1", 2)).standing is Standing.BRANCH


def test_how_far_behind() -> None:
    scans = {
        RepoPath("sbin/leased/leased.c"): Scan(100, (recorded("leased.c", "1.2", 1),)),
        RepoPath("sbin/leased/Makefile"): Scan(9, (recorded("Makefile", "1.2", 1),)),
        RepoPath("x/gone.c"): Scan(50, (recorded("gone.c", "1.2", 1),)),
    }
    files = {one.target: one for one in derived(scans, LIVES, idents, NEWEST)}
    one = files[RepoPath("sbin/leased/leased.c")]
    assert (one.behind, one.missing, one.lag_days, one.deleted, one.confidence) == (2, ("c2", "c3"), 38, False, "sure")
    assert files[RepoPath("sbin/leased/Makefile")].behind == 0
    gone = files[RepoPath("x/gone.c")]
    assert (gone.behind, gone.deleted) == (1, True)
    every = places(files.values(), lambda path: "leased" if path.startswith("sbin/leased/") else "")
    assert [(one.folder, one.files, one.lines, one.changesets, one.component) for one in every] == [
        ("sbin/leased", 2, 109, 2, "leased"), ("x", 1, 50, 1, ""),
    ]  # fmt: skip
    assert [one.folder for one in best(files.values())] == ["sbin/leased", "x"]
    assert best(files.values())[0].upstream == "sbin/leased"


def test_several_ident_lines_of_one_file() -> None:
    """It was made of two: the one that names it counts."""
    both = (recorded("other.c", "1.1", 0), Recorded("leased.c", "1.3", START + 2 * DAY, "krw", 5))
    found = derived({RepoPath("sbin/leased/leased.c"): Scan(9, both)}, LIVES, idents, NEWEST)
    assert [(one.revision, one.further) for one in found] == [("1.3", False), ("1.1", True)]


def test_a_scan_takes_no_prose_for_an_ident_line() -> None:
    line = b"/*\t$OpenBSD: a.c,v 1.2 2001/09/09 01:46:40 krw Exp $\t*/\n"
    found = scan(b"int x;\n" + line + b"// see $OpenBSD$\n", "OpenBSD")
    assert (found.lines, found.loose) == (3, False)
    assert found.recorded == (Recorded("a.c", "1.2", START, "krw", 2),)
    assert scan(b"# $OpenBSD$\n", "OpenBSD") == Scan(1, (), True)
    assert scan(b"the $OpenBSD: tree is $\n", "OpenBSD").recorded == ()
    assert scan(b"$OpenBSD: a.c,v 1.2 2001/99/09 01:46:40 krw Exp $\n", "OpenBSD").recorded == ()
    assert scan(b"\0" + line, "OpenBSD") == Scan(0)
    assert unpacked(packed(found)) == found
    assert seconds("2001-09-09 01:46:40") == START
