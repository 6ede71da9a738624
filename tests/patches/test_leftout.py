"""What upstream's own versions say of a difference that no commit of the target's explains."""

from __future__ import annotations

from diffs import FILE, files, numbered
from hypothesis import given
from hypothesis import strategies as st

from portkit.merge.file import Version
from portkit.patches.extract import extract
from portkit.patches.leftout import LEFT_OUT, LeftOut, left_out
from portkit.patches.series import push
from portkit.patches.weave import BEGINNING, REMAINDER, UPSTREAM, Layers, Moment, layers
from portkit.paths import RepoPath

FIRST, SECOND = "ab" * 20, "cd" * 20


def version(content: bytes) -> Version:
    return Version(content, FILE)


def woven(origin: bytes, baseline: bytes, tip: bytes) -> Layers:
    return layers(version(baseline), [Moment(version(origin), UPSTREAM)], version(tip))


def number(place: int) -> int:
    return LEFT_OUT + place


def test_a_line_that_upstream_put_and_one_that_it_took_name_their_changesets() -> None:
    old = numbered(12)
    middle = numbered(12, l4=b"4\nput by the first\n")
    new = numbered(12, l4=b"4\nput by the first\n", l9=b"")
    tip = numbered(12, l4=b"4\n", l12=b"nobody's\n")
    found = left_out(woven(old, new, tip), [version(old), version(middle), version(new)], number)
    assert found.numbers() == {number(1), number(2), REMAINDER}
    assert found.at(BEGINNING) == version(new) and found.at(REMAINDER) == version(tip)
    of = {
        number(1): LeftOut(FIRST, "Put a line.\n\nIt was missed.", "a", 1343779200, ("x.c 1.2",)),
        number(2): LeftOut(SECOND, "Take one", "b", 1343779200, ("x.c 1.3",), (("9" * 40, "x - Take one"),)),
    }
    done = extract("x", {RepoPath("x"): found}, [], {}, of)
    names = ["left-out-of-put-a-line.patch", "left-out-of-take-one.patch", "remainder.patch"]
    assert [patch.name for patch in done.series.patches] == names
    first, second, _ = done.series.patches
    assert (first.headers.left_out_of, second.headers.left_out_of) == (FIRST, SECOND)
    assert first.headers.subject == "x - Left out: Put a line."
    assert "It was missed." in first.headers.body and "no commit of the target" in first.headers.body
    assert "999999999999 x - Take one" in second.headers.body
    assert done.left == 2
    assert push(done.series, files(x=new))[-1].after == files(x=tip)


def test_what_upstream_had_before_the_target_took_the_file_is_not_left_out_of_anything() -> None:
    old = numbered(6)
    found = left_out(woven(old, old, numbered(6, l3=b"")), [version(old)], number)
    assert found.numbers() == {REMAINDER}
    assert left_out(woven(old, old, numbered(6, l3=b"")), [], number).numbers() == {REMAINDER}


def test_a_kept_line_is_looked_for_near_its_place_only() -> None:
    old = b"said\n" + numbered(40)
    new = numbered(40)
    far = left_out(woven(old, new, new + b"said\n"), [version(old), version(new)], number)
    assert far.numbers() == {REMAINDER}
    near = left_out(woven(old, new, old), [version(old), version(new)], number)
    assert near.numbers() == {number(1)}


LINES = st.builds(b"".join, st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n"]), max_size=8))


@given(st.lists(LINES, min_size=1, max_size=5), LINES)
def test_the_ends_stay_what_they_are(several: list[bytes], tip: bytes) -> None:
    found = left_out(woven(several[0], several[-1], tip), list(map(version, several)), number)
    assert found.at(BEGINNING) == version(several[-1])
    assert found.at(REMAINDER) == version(tip)
