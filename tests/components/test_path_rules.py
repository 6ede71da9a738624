"""Path rules: which is the most specific, what is inverse to what, what is watched."""

from __future__ import annotations

import pickle
import re
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portkit.components.model import Component, Mode, PathRule
from portkit.components.rules import translate


def component(paths: dict[str, str], **more: tuple[str, ...]) -> Component:
    rules = tuple(PathRule(upstream, target) for upstream, target in paths.items())
    return replace(Component("c", Mode.SYNC, "u", rules), **more)  # type: ignore[arg-type]


NESTED = component(
    {
        "sbin/dhclient/": "sbin/dhclient/",
        "sbin/dhclient/Makefile": "etc/dhclient.mk",
        "sbin/dhclient/sub/": "lib/sub/",
        "other/imsg.c": "sbin/dhclient/imsg.c",
    },
    exclude=("sbin/dhclient/*.5", "**/CVS/**", "sbin/dhclient/regress/"),
    keep=("sbin/dhclient/inet.c", "sbin/dhclient/local/"),
    deleted=("sbin/dhclient/gone.c", "sbin/dhclient/dead/", "sbin/dhclient/**/*.orig"),
)


@pytest.mark.parametrize(
    ("upstream", "target"),
    [
        ("sbin/dhclient/bpf.c", "sbin/dhclient/bpf.c"),
        ("sbin/dhclient/a/b.c", "sbin/dhclient/a/b.c"),
        ("sbin/dhclient/Makefile", "etc/dhclient.mk"),  # the file before the folder
        ("sbin/dhclient/sub/x.c", "lib/sub/x.c"),  # the longer folder first
        ("sbin/dhclient/imsg.c", None),  # its place is taken by other/imsg.c
        ("other/imsg.c", "sbin/dhclient/imsg.c"),
        ("other/imsg.h", None),
        ("sbin/dhclient2/bpf.c", None),
        ("sbin/dhclient", None),
        ("sbin/dhclient/dhclient.conf.5", None),  # excluded
        ("sbin/dhclient/sub/x.5", "lib/sub/x.5"),  # * stays in its folder
        ("sbin/dhclient/sub/CVS/Root", None),
        ("sbin/dhclient/regress/a/b", None),
    ],
)
def test_target_of(upstream: str, target: str | None) -> None:
    assert NESTED.target_of(upstream) == target
    assert NESTED.covers(upstream) is (target is not None)
    if target is not None:
        assert NESTED.upstream_of(target) == upstream


GLOBS = component(
    {
        "bin/x/": "bin/x/",
        "bin/x/*.c": "src/",
        "bin/x/b*.c": "bsrc/",
        "bin/x/bpf.c": "own/bpf.c",
        "bin/y/*.[ch]": "bin/x/",
        "*.mk": "mk/",
        "lib/[*].c": "odd/",
    },
    exclude=("bin/x/q.c",),
)


@pytest.mark.parametrize(
    ("upstream", "target"),
    [
        ("bin/x/a.c", "src/a.c"),
        ("bin/x/b.c", "bsrc/b.c"),  # what spells out more
        ("bin/x/bpf.c", "own/bpf.c"),  # a file before any pattern
        ("bin/x/a.h", None),  # a pattern before a folder, on the target's side too: bin/y has its place
        ("bin/x/Makefile", "bin/x/Makefile"),
        ("bin/x/sub/a.c", "bin/x/sub/a.c"),  # a pattern stays in its folder
        ("bin/x/q.c", None),
        ("bin/y/a.c", "bin/x/a.c"),
        ("bin/y/a.h", "bin/x/a.h"),
        ("bin/y/a.s", None),
        ("bin/y/sub/a.c", None),
        ("sys.mk", "mk/sys.mk"),
        ("bin/sys.mk", None),
        ("lib/*.c", "odd/*.c"),
        ("lib/x.c", None),
    ],
)
def test_patterns_among_the_paths(upstream: str, target: str | None) -> None:
    assert GLOBS.target_of(upstream) == target
    if target is not None:
        assert GLOBS.upstream_of(target) == upstream


def test_which_line_it_is() -> None:
    for path, line in (("bin/x/b.c", 2), ("bin/x/bpf.c", 3), ("bin/x/q.c", 1), ("bin/x/Makefile", 0)):
        assert GLOBS.rule_of(path) is GLOBS.paths[line], path
    for path, line in (("bsrc/b.c", 2), ("bin/x/a.c", 4), ("bin/x/a.s", 0), ("mk/x.mk", 5)):
        assert GLOBS.rule_of_target(path) is GLOBS.paths[line], path
    assert GLOBS.rule_of("lib/x") is None and GLOBS.rule_of_target("lib/x") is None


def test_beside_a_pattern_is_unmapped() -> None:
    assert GLOBS.folders() == ("bin/x", "bin/y", "", "lib")
    assert GLOBS.unmapped("bin/y/README") and GLOBS.unmapped("README")
    for path in ("bin/y/a.c", "bin/y/sub/x", "bin/x/a.h", "x.mk"):
        assert not GLOBS.unmapped(path), path


@pytest.mark.parametrize("target", ["sbin/dhclient/Makefile", "sbin/dhclient/sub/x.c", "sbin/dhclient/x.5", "bin/x"])
def test_target_files_that_no_upstream_file_stands_behind(target: str) -> None:
    assert NESTED.upstream_of(target) is None


def test_what_is_kept_and_what_stays_deleted() -> None:
    assert NESTED.kept("sbin/dhclient/inet.c") and NESTED.kept("sbin/dhclient/local/a/b")
    assert not NESTED.kept("sbin/dhclient/inet.c.orig") and not NESTED.kept("sbin/dhclient/local")
    for path in ("sbin/dhclient/gone.c", "sbin/dhclient/dead/x", "sbin/dhclient/a.orig", "sbin/dhclient/s/t/a.orig"):
        assert NESTED.deleted_on_purpose(path), path
    assert not NESTED.deleted_on_purpose("sbin/dhclient/gone.cc")
    assert not component({"a/": "b/"}).deleted_on_purpose("b/x")


def test_folders_and_what_is_unmapped() -> None:
    assert NESTED.folders() == ("sbin/dhclient", "sbin/dhclient/sub", "other")
    assert NESTED.target_folders() == ("sbin/dhclient", "etc", "lib/sub")
    imsg = component({"lib/libutil/imsg.c": "lib/libutil/imsg.c", "top.c": "top.c"}, exclude=("lib/libutil/*.3",))
    assert imsg.folders() == ("lib/libutil", "")
    assert imsg.unmapped("lib/libutil/imsg-event.c") and imsg.unmapped("README")
    for path in ("lib/libutil/imsg.c", "lib/libutil/imsg_init.3", "lib/libutil/deep/x.c", "lib/libc/x.c"):
        assert not imsg.unmapped(path), path
    for path in ("sbin/dhclient/new.c", "sbin/dhclient/x.5", "sbin/dhclient/imsg.c", "sbin/x.c"):
        assert not NESTED.unmapped(path), path
    assert NESTED.unmapped("other/new.c")


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        ("*.c", ["a.c", ".c"], ["d/a.c", "a.cc"]),
        ("**/*.c", ["a.c", "d/a.c", "d/e/a.c"], ["a.h"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "b/a/c"]),
        ("a/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["az", "a/bz"]),
        ("a?c", ["abc"], ["a/c", "ac"]),
        ("[a-c].h", ["a.h", "c.h"], ["d.h"]),
        ("[!a-c].h", ["d.h"], ["a.h", "/.h"]),
        ("x[.-0]y", ["x.y", "x0y"], ["x/y"]),
        ("a[b", ["a[b"], ["ab"]),
        ("d*/", ["d/x", "dd/x/y"], ["d", "x/d/y"]),
        ("a.c", ["a.c"], ["abc"]),
        ("*\n*", ["a\nb"], ["ab"]),
    ],
)
def test_patterns(pattern: str, fits: list[str], fails: list[str]) -> None:
    compiled = re.compile(translate(pattern), re.DOTALL)
    assert [path for path in fits if not compiled.fullmatch(path)] == []
    assert [path for path in fails if compiled.fullmatch(path)] == []


PARTS = st.lists(st.sampled_from(["a", "b", "c.c", "d"]), min_size=1, max_size=4).map("/".join)
RULES = st.dictionaries(
    st.tuples(PARTS, st.booleans()), PARTS, min_size=1, max_size=6
).map(lambda rules: {up + "/" * folder: target + "/" * folder for (up, folder), target in rules.items()})
WITH_GLOBS = st.builds(
    lambda rules, globs: rules | {f"{folder}/{name}": f"{target}/" for (folder, name), target in globs.items()},
    RULES,
    st.dictionaries(st.tuples(PARTS, st.sampled_from(["*", "*.c", "[ab]", "?"])), PARTS, max_size=4),
)
EXCLUDES = st.lists(st.sampled_from(["a/*", "**/c.c", "b/", "a/b/c.c", "?/d"]), max_size=2).map(tuple)


@settings(deadline=None, database=None)
@given(rules=WITH_GLOBS, exclude=EXCLUDES, path=PARTS)
def test_target_of_and_upstream_of_are_inverse(rules: dict[str, str], exclude: tuple[str, ...], path: str) -> None:
    unit = component(rules, exclude=exclude)
    there = unit.target_of(path)
    assert there is None or unit.upstream_of(there) == path
    back = unit.upstream_of(path)
    assert back is None or unit.target_of(back) == path
    assert not (unit.covers(path) and unit.unmapped(path))


def test_a_component_survives_copies_pickles_and_comparison() -> None:
    copy = pickle.loads(pickle.dumps(NESTED))
    assert copy == NESTED and hash(copy) == hash(NESTED)
    assert copy.target_of("sbin/dhclient/sub/x.c") == "lib/sub/x.c"
    assert replace(NESTED, keep=()).kept("sbin/dhclient/inet.c") is False


def test_a_hundred_thousand_questions_take_no_time() -> None:
    many = component({f"usr.sbin/d{n}/": f"sbin/d{n}/" for n in range(500)}, exclude=("**/*.5", "**/regress/**"))
    paths = [f"usr.sbin/d{n % 700}/sub/file{n}.c" for n in range(100_000)]
    start = time.process_time()
    covered = sum(map(many.covers, paths))
    assert time.process_time() - start < 5  # some 0.5 s; a loop over all rules with a pattern each takes 30
    assert covered == sum(n % 700 < 500 for n in range(100_000))
