"""Carrying a series on, telling how it fits, and what upstream has of it."""

from __future__ import annotations

import pytest
from diffs import FILE, files, numbered, series

from portkit.merge.file import FileMerge, FileMerger, Version
from portkit.merge.kinds import ConflictKind, Gate
from portkit.patches.applying import Files
from portkit.patches.checking import Fit, check, fits
from portkit.patches.headers import Headers
from portkit.patches.leftout import LEFT_OUT, LeftOut
from portkit.patches.refresh import CardKind, Refreshed, Settle, Since, diff_of_diffs, refresh
from portkit.patches.series import Patch, Series, push, read_patch, recorded_baseline, with_baseline
from portkit.patches.superseded import Candidate, Superseded, UpstreamChanges, superseded
from portkit.paths import RepoPath

X = RepoPath("x")
OLD = files(x=numbered(40), y=b"y\n")


def carried(given: Series, old: Files, new: Files, tree: Files, **why: Superseded) -> Refreshed:
    return refresh(given, old, new, tree, superseded=why, merger=FileMerger())


def made(found: Refreshed, baseline: Files) -> Files:
    steps = push(found.series, baseline)
    assert all(step.applies for step in steps)
    return steps[-1].after if steps else baseline


def x(content: bytes) -> Files:
    return {X: Version(content, FILE), RepoPath("y"): Version(b"y\n", FILE)}


def test_a_patch_that_only_moved_keeps_its_file_to_the_byte() -> None:
    given = series(OLD, x(numbered(40, l30=b"thirty\n")), x(numbered(40, l30=b"thirty\n", l5=b"five\n")))
    tree = x(b"top\n" + numbered(40, l30=b"thirty\n", l5=b"five\n", l12=b"12!\n"))
    new = x(b"top\n" + numbered(40, l12=b"12!\n"))
    found = carried(given, OLD, new, tree)
    assert found.changed == () and found.retired == () and found.cards == ()
    assert [one.raw for one in found.series.patches] == [one.raw for one in given.patches]
    assert made(found, new) == tree


def test_a_patch_whose_context_changed_is_written_anew_with_its_head() -> None:
    given = series(OLD, x(numbered(40, l30=b"thirty\n")))
    new, tree = x(numbered(40, l28=b"28!\n")), x(numbered(40, l28=b"28!\n", l30=b"thirty\n"))
    found = carried(given, OLD, new, tree)
    assert found.changed == ("p1.patch",)
    assert found.series.patches[0].headers == given.patches[0].headers
    assert made(found, new) == tree
    assert "28!" in diff_of_diffs(given.patches[0], found.series.patches[0])


def test_what_became_empty_is_retired_with_the_reason() -> None:
    given = series(OLD, x(numbered(40, l30=b"thirty\n")), x(numbered(40, l30=b"thirty\n", l5=b"five\n")))
    new, tree = x(numbered(40, l30=b"thirty\n")), x(numbered(40, l30=b"thirty\n", l5=b"five\n"))
    later = UpstreamChanges({X: [Candidate(OLD[X], "", "1.1"), Candidate(new[X], "c" * 40, "1.2")]}, "OpenBSD")
    upstream_has = {step.patch.name: superseded(step, later, lambda _: False) for step in push(given, OLD)}
    raw = Series(given.patches, b"# mine\np1.patch\np2.patch # why\n")
    found = refresh(raw, OLD, new, tree, superseded=upstream_has, merger=FileMerger())
    assert [(one.name, one.reason) for one in found.retired] == [("p1.patch", f"upstream has it: {'c' * 12}")]
    assert found.series.raw == b"# mine\np2.patch # why\n"
    assert made(found, new) == tree


def test_a_conflict_that_was_resolved_in_the_tree_becomes_part_of_the_patch() -> None:
    given = series(OLD, x(numbered(40, l10=b"ten\n")), x(numbered(40, l10=b"ten\n", l30=b"thirty\n")))
    new = x(numbered(40, l10=b"upstream's ten\n"))
    tree = x(numbered(40, l10=b"both tens\n", l30=b"thirty\n"))
    found = carried(given, OLD, new, tree)
    assert found.cards == () and made(found, new) == tree
    assert [one.name for one in found.series.patches] == ["p1.patch", "p2.patch"]


def test_what_does_not_fit_is_a_card_and_the_series_stays_as_it_was() -> None:
    given = series(OLD, x(numbered(40, l10=b"ten\n")))
    new = x(numbered(40, l10=b"10\n", l20=b"20\nnew\n"))
    tree = x(numbered(40, l10=b"ten\n"))  # upstream's other change is not in it
    found = carried(given, OLD, new, tree)
    assert found.series is given and found.changed == () and found.retired == ()
    (card,) = found.cards
    assert (card.patch, card.path, card.clash.kind) == ("p1.patch", "x", ConflictKind.PATCH)
    left = Patch("remainder.patch", b"Subject: left\n\n---\n", Headers(), ())
    found = refresh(given, OLD, new, tree, superseded={}, merger=FileMerger(), remainder=left)
    assert found.changed == ("p1.patch", "remainder.patch") or found.changed == ("remainder.patch",)
    assert found.series.raw.endswith(b"remainder.patch\n") and made(found, new) == tree
    wrong = carried(given, x(numbered(40, l10=b"other\n")), new, tree)
    assert "does not apply to the baseline it was made for" in wrong.cards[0].clash.reason


def test_nothing_to_do_is_nothing_done() -> None:
    given = series(OLD, x(numbered(40, l10=b"ten\n")))
    found = carried(given, OLD, OLD, x(numbered(40, l10=b"ten\n")))
    assert found == Refreshed(given)


def test_how_a_patch_fits() -> None:
    (patch,) = series(OLD, x(numbered(40, l20=b"twenty\n"))).patches
    assert fits(patch, OLD).fit is Fit.EXACT
    moved = fits(patch, x(b"1\n2\n" + numbered(40)))
    assert (moved.fit, moved.offset) == (Fit.OFFSET, 2)
    fuzzy = fits(patch, x(numbered(40, l17=b"!\n")))
    assert (fuzzy.fit, fuzzy.fuzz) == (Fit.FUZZ, 1)
    lost = fits(patch, x(numbered(40, l20=b"!\n")))
    assert (lost.fit, lost.reason) == (Fit.NONE, "x: its hunk does not fit")


def test_a_check_says_what_is_equal_and_goes_on_past_what_does_not_fit_upstream() -> None:
    given = series(OLD, x(numbered(40, l10=b"ten\n")), x(numbered(40, l10=b"ten\n", l30=b"thirty\n")))
    tree = x(numbered(40, l10=b"ten\n", l30=b"thirty\n"))
    newest = x(numbered(40, l10=b"10\n", l27=b"27!\n"))
    found = check("t", "c", given, OLD, tree, newest, superseded={}, collisions={"p2.patch": ["c-1"]})
    assert found.holds and found.equal and [one.forward.fit for one in found.patches] == [Fit.NONE, Fit.MERGE]
    assert found.patches[1].collisions == ("c-1",)
    more = {**tree, RepoPath("z"): Version(b"", FILE)}
    wrong = check("t", "c", given, OLD, more, newest, superseded={}, collisions={})
    assert not wrong.equal and [(one.path, one.why) for one in wrong.unequal] == [
        ("z", "the tree has it, and the series does not make it")
    ]
    broken = check("t", "c", given, x(numbered(40, l10=b"?\n")), tree, newest, superseded={}, collisions={})
    assert not broken.holds and [one.patch.name for one in broken.lost] == ["p1.patch"]


UPSTREAM = UpstreamChanges({
    X: [Candidate(Version(numbered(20), FILE), "0" * 40, "1.1"),
        Candidate(Version(numbered(20, l3=b"3!\n"), FILE), "a" * 40, "1.2"),
        Candidate(Version(numbered(20, l3=b"3!\n", l9=b"9!\nx9!\n"), FILE), "b" * 40, "1.3"),
        Candidate(Version(b"all new\n", FILE), "c" * 40, "1.4")],
}, "OpenBSD")  # fmt: skip


def one_step(before: bytes, after: bytes) -> Superseded:
    given = series(x(before), x(after))
    (step,) = push(given, x(before))
    return superseded(step, UPSTREAM, lambda _: False)


def test_upstream_has_it_by_content() -> None:
    found = one_step(numbered(20), numbered(20, l9=b"9!\nx9!\n"))
    assert found.whole and found.by_content and found.changeset == "b" * 40 and found.files == {X: "1.3"}
    with_local = one_step(numbered(20, l15=b"local\n"), numbered(20, l15=b"local\n", l9=b"  9!\nx9! \n"))
    assert with_local.changeset == "b" * 40
    half = one_step(numbered(20), numbered(20, l9=b"9!\nx9!\n", l15=b"local\n"))
    assert not half.whole
    assert not one_step(numbered(20), numbered(20, l15=b"local\n")).whole


def test_a_line_that_a_rewrite_takes_away_too_is_not_that_rewrite() -> None:
    assert not one_step(numbered(20), numbered(20, l15=b"")).whole


def test_a_patch_of_ident_lines_alone_goes_by_the_revision_it_names() -> None:
    before = b"/* $OpenBSD: x,v 1.1 2012/01/01 00:00:00 a Exp $ */\n" + numbered(5)
    found = one_step(before, before.replace(b"1.1 ", b"1.3 "))
    assert found.whole and found.changeset == "b" * 40
    assert not one_step(before, before.replace(b"1.1 ", b"1.9 ")).whole
    assert not one_step(before, before.replace(b"$OpenBSD", b"$DragonFly")).whole


@pytest.mark.parametrize(("there", "whole"), [((), False), (("1.2",), False), (("1.2", "abcdef1"), True)])
def test_upstream_has_it_by_all_the_ids_it_names(there: tuple[str, ...], whole: bool) -> None:
    given = series(x(numbered(20)), x(numbered(20, l15=b"local\n")))
    patch = given.patches[0]
    raw = b"Subject: s\nSuperseded-By: 1.2 abcdef1\n" + patch.raw.partition(b"\n")[2]
    (step,) = push(Series((read_patch("p", raw, "p"),)), x(numbered(20)))
    found = superseded(step, UPSTREAM, lambda one: one in there)
    assert (found.whole, found.by_id) == (whole, whole) and found.named == there


def test_a_series_says_what_it_stands_on() -> None:
    raw = with_baseline(b"# mine\np.patch\n", {X: "1.2", RepoPath("a b"): "blob " + "0" * 40, RepoPath("\nq"): "1.3"})
    assert recorded_baseline(raw) == {"x": "1.2", "a b": "blob " + "0" * 40, "\nq": "1.3"}
    again = with_baseline(raw, {X: "1.4"})
    assert again == b"# baseline: x 1.4\n# mine\np.patch\n"
    assert recorded_baseline(b"# baseline: ../x 1.2\n# baseline: x soon\n") == {}


def settled_as(content: bytes) -> Settle:
    """A person who settles every merge with `content`."""

    def settle(*given: object) -> FileMerge | None:
        return FileMerge(Version(content, FILE), "resolution", Gate.NONE, ()) if given[1] is not None else None

    return settle


def test_a_card_shows_the_three_sides_and_a_settled_one_lets_the_series_go_on() -> None:
    given = series(OLD, x(numbered(40, l10=b"ten\n")))
    new = x(numbered(40, l10=b"10\n", l20=b"20\nnew\n"))
    tree = x(numbered(40, l10=b"ten\n"))
    (card,) = carried(given, OLD, new, tree).cards
    assert card.kind is CardKind.MERGE and card.sides == (OLD[X], new[X], Version(numbered(40, l10=b"ten\n"), FILE))
    assert (card.clash.base, card.clash.ours, card.clash.theirs) == (b"line 10\n", b"10\n", b"ten\n")
    since = Since((OLD[X], new[X]), tuple, lambda _: LeftOut("ab" * 20, "Twenty is 20.", "a", 1343779200))
    done = refresh(
        given, OLD, new, tree, superseded={}, merger=FileMerger(), component="x", since=lambda _: since,
        settle=settled_as(numbered(40, l10=b"ten\n", l20=b"20\nnew\n")),
    )  # fmt: skip
    assert done.cards == () and made(done, new) == tree
    assert [one.name for one in done.series.patches] == ["p1.patch", "left-out-of-twenty-is-20.patch"]


def test_what_a_changeset_explains_is_a_patch_of_its_own_and_retired_when_it_lands() -> None:
    given = series(OLD, x(numbered(40, l30=b"thirty\n")))
    new = x(numbered(40, l10=b"10\n", l20=b"20\n"))
    tree = x(numbered(40, l20=b"20\n", l30=b"thirty\n"))
    middle = Version(numbered(40, l10=b"10\n"), FILE)
    about = LeftOut("ab" * 20, "Ten is 10.", "a", 1343779200)
    since = Since((OLD[X], middle, new[X]), tuple, lambda number: about if number == LEFT_OUT + 1 else None)
    found = refresh(
        given, OLD, new, tree, superseded={}, merger=FileMerger(), component="x", since=lambda _: since
    )
    assert found.cards == () and found.changed == ("left-out-of-ten-is-10.patch",)
    assert found.series.patches[0].raw == given.patches[0].raw and made(found, new) == tree
    assert found.series.patches[1].headers.left_out_of == "ab" * 20
    later = refresh(
        found.series, new, new, x(numbered(40, l10=b"10\n", l20=b"20\n", l30=b"thirty\n")), superseded={},
        merger=FileMerger(),
    )  # fmt: skip
    assert [one.name for one in later.retired] == ["left-out-of-ten-is-10.patch"] or later.cards


def test_a_new_change_of_the_target_s_own_is_not_taken_into_another_patch_unseen() -> None:
    given = series(OLD, x(numbered(40, l30=b"thirty\n")))
    tree = x(numbered(40, l30=b"thirty\n", l5=b"5\nmine\n"))
    found = carried(given, OLD, OLD, tree)
    assert [card.kind for card in found.cards] == [CardKind.LEFTOVER] and found.series is given
    assert found.cards[0].clash.ours == b"5\nmine\n"

    def right(_: RepoPath, base: Version | None, ours: Version | None, __: Version | None) -> FileMerge | None:
        return FileMerge(ours, "resolution", Gate.NONE, ()) if base is None else None

    done = refresh(given, OLD, OLD, tree, superseded={}, merger=FileMerger(), settle=right)
    assert done.cards == () and done.changed == ("p1.patch",) and made(done, OLD) == tree
