"""The map's further keys: what they become, and what is said of each mistake in them."""

from __future__ import annotations

import pytest
from test_map_mistakes import GOOD, HEAD, loaded, mistakes_of

from portkit.components.locations import problem_with_link
from portkit.components.model import (
    BaselinePolicy,
    DoneBy,
    Edit,
    LinkTemplates,
    Milestone,
    Move,
    NotApplicable,
    PathRule,
    PlanEntry,
)
from portkit.errors import UserError
from portkit.paths import RepoPath
from portkit.report.links import Links

FULL = HEAD + GOOD + """\
      sbin/dhclient/*.8: share/man/man8/
    baseline-policy: recorded
    fold: [Log, XORG]
    moved:
      - {from: usr.sbin/dhcp/, to: sbin/dhclient/, at: 2004-01-01}
      - {from: old.c, to: usr.sbin/dhcp/new.c, at: 1.20}
    not-applicable:
      - {path: 'sbin/dhclient/*.8', changeset: 1234567, reason: our own pages}
      - {changeset: ABCDEF0123, reason: no such thing}
    edit:
      - path: sbin/dhclient/Makefile
        before: "SRCS+=\tb.c"
        insert: |
          SRCS+=\ta.c

          #
        reason: a.c is built
links:
  commit: https://x.example/{id}
  revision: HTTP://x.example/{path}?rev={revision}&f=h
plan:
  - component: [dhclient]
    from: 2012-05-21
    to: 2012-05-21
    work: 'sync: what moved'
    done-when: it builds
  - component: dhclient
    from: 2012-05-28
    to: 2012-06-17
    was: [2012-06-03, 2012-06-10]
    why: exams
    work: more
    milestones:
      - {what: it is there, done-when: {path: sbin/dhclient/imsg.c}}
      - {what: nothing is lacking, done-when: {audit: needs imsg_init}}
      - {what: somebody read it, done-when: {trailer: "Reviewed-by: A Person"}}
      - {what: it runs, done: 2012-06-16}
  - {component: dhclient, from: 2012-06-18, to: 2012-06-18, was: 2012-06-11, work: rest, done: 2012-06-18}
"""


def test_every_further_key_finds_its_place() -> None:
    found = loaded(FULL)
    dhclient = found.component("dhclient")
    assert dhclient.paths[1] == PathRule("sbin/dhclient/*.8", "share/man/man8/", 13)
    assert dhclient.baseline_policy is BaselinePolicy.RECORDED
    assert dhclient.fold == ("Log", "XORG")
    assert dhclient.moved == (
        Move("usr.sbin/dhcp/", "sbin/dhclient/", "2004-01-01", 17), Move("old.c", "usr.sbin/dhcp/new.c", "1.20", 18),
    )  # fmt: skip
    assert dhclient.not_applicable == (
        NotApplicable("sbin/dhclient/*.8", "1234567", "our own pages", 20),
        NotApplicable("", "ABCDEF0123", "no such thing", 21),
    )
    assert dhclient.edits == (
        Edit(RepoPath("sbin/dhclient/Makefile"), "SRCS+=\tb.c", "SRCS+=\ta.c\n\n#\n", "a.c is built", 23),
    )
    assert found.links == LinkTemplates("https://x.example/{id}", "", "HTTP://x.example/{path}?rev={revision}&f=h")
    assert found.plan == (
        PlanEntry(("dhclient",), "2012-05-21", "2012-05-21", "sync: what moved", "it builds", 34),
        PlanEntry(
            ("dhclient",), "2012-05-28", "2012-06-17", "more", "", 39,
            milestones=(
                Milestone("it is there", DoneBy.PATH, "sbin/dhclient/imsg.c", "", 46),
                Milestone("nothing is lacking", DoneBy.AUDIT, "needs imsg_init", "", 47),
                Milestone("somebody read it", DoneBy.TRAILER, "Reviewed-by: A Person", "", 48),
                Milestone("it runs", DoneBy.TOLD, "", "2012-06-16", 49),
            ),
            was=("2012-06-03", "2012-06-10"), why="exams",
        ),
        PlanEntry(
            ("dhclient",), "2012-06-18", "2012-06-18", "rest", "", 50, done="2012-06-18", was=("2012-06-11",)
        ),
    )  # fmt: skip
    assert found.line("components.dhclient.not-applicable[1]") == 21
    assert found.line("components.dhclient.fold[1].nothing") == 15
    assert found.line("plan[0].work") == 37


def test_what_moved_stands_where_its_new_name_does() -> None:
    dhclient = loaded(FULL).component("dhclient")
    assert dhclient.target_of("usr.sbin/dhcp/bpf.c") == "sbin/dhclient/bpf.c"
    assert dhclient.target_of("usr.sbin/dhcp/a.8") == "share/man/man8/a.8"
    assert dhclient.target_of("old.c") == "sbin/dhclient/new.c"  # two moves, one after the other
    assert dhclient.upstream_of("sbin/dhclient/new.c") == "sbin/dhclient/new.c"
    assert [dhclient.now(path) for path in ("old.c", "other.c")] == ["sbin/dhclient/new.c", "other.c"]
    assert dhclient.covers("old.c") and not dhclient.covers("other.c")
    assert {"usr.sbin/dhcp", "old.c"} < set(dhclient.folders())


def test_words_may_stand_on_several_lines() -> None:
    text = HEAD + GOOD + "    not-applicable:\n      - path: x\n        reason: |\n          one\n\n          two\n"
    assert loaded(text).component("dhclient").not_applicable[0].reason == "one two"
    hidden = HEAD + GOOD + '    not-applicable:\n      - {path: x, reason: "a\\x1b[2J"}\n'
    assert mistakes_of(hidden)[0].endswith("'a\\x1b[2J' holds a control character")


def test_what_is_not_applicable() -> None:
    dhclient = loaded(FULL).component("dhclient")
    first, second = dhclient.not_applicable
    cases = {
        ("sbin/dhclient/a.8", "1234567" + "0" * 33): first,
        ("sbin/dhclient/a.c", "1234567" + "0" * 33): None,
        ("sbin/dhclient/a.8", "0" * 40): None,
        ("sbin/dhclient/a.c", "abcdef0123" + "0" * 30): second,
    }
    assert {case: dhclient.not_applicable_to(*case) for case in cases} == cases


MOVED = GOOD + "    moved:\n      - "
ASIDE = GOOD + "    not-applicable:\n      - "
EDIT = GOOD + "    edit:\n      - "
PLAN = GOOD + "plan:\n  - {component: dhclient, from: 2012-05-21, to: 2012-05-27, work: x, "
NO_ID = "is no hash or commitid: 7 or more digits and letters"

COMPONENT_CASES = {
    "pattern to a file": (
        GOOD + "      lib/*.c: lib/x.c\n",
        ("13: components.dhclient.paths.lib/*.c: 'lib/*.c' is a pattern, and 'lib/x.c' no folder: "
        "a pattern maps into a folder, which ends in '/'"),
    ),
    "pattern of folders": (
        GOOD + "      l*b/x.c: lib/x.c\n",
        ("13: components.dhclient.paths.l*b/x.c: 'l*b/x.c' has a pattern in a folder's name; "
        "only the last part of a path may be one"),
    ),
    "pattern that crosses folders": (
        GOOD + "      lib/**.c: lib/\n",
        ("13: components.dhclient.paths.lib/**.c: 'lib/**.c' crosses folders ('**'); "
        "a pattern stands for files of one folder, or map the whole folder"),
    ),
    "two patterns for one": (
        GOOD + "      lib/*.c: lib/\n      bin/*.c: lib/\n",
        "14: components.dhclient.paths: the target path 'lib/*.c' is here twice, first on line 13",
    ),
    "baseline outside a pattern": (
        "    mode: sync\n    upstream: openbsd\n    paths: {a/*.c: b/}\n    baseline: {b/x.h: 1.2}\n",
        "12: components.dhclient.baseline: 'b/x.h' is no target path that a rule of this component maps to",
    ),
    "unknown policy": (
        GOOD + "    baseline-policy: record\n",
        "13: components.dhclient.baseline-policy: 'record' is no policy; nearest: 'recorded'",
    ),
    "no keyword": (
        GOOD + "    fold: [$Log$]\n",
        "13: components.dhclient.fold[0]: '$Log$' is no keyword: letters, digits and '_', a letter first",
    ),
    "keyword twice": (GOOD + "    fold: [Log, Log]\n", "13: components.dhclient.fold: 'Log' is here twice"),
    "move without a time": (
        MOVED + "{from: a, to: sbin/dhclient/a}\n",
        "14: components.dhclient.moved[0]: the key 'at' is missing",
    ),
    "move with a key of its own": (
        MOVED + "{from: a, to: sbin/dhclient/a, at: 1.1, form: b}\n",
        "14: components.dhclient.moved[0]: there is no key 'form' here; nearest: 'from'",
    ),
    "move that is no list": (
        GOOD + "    moved: {from: a, to: b, at: 1.1}\n",
        "13: components.dhclient.moved: a list is expected here, found a mapping",
    ),
    "move of a file to a folder": (
        MOVED + "{from: a, to: sbin/dhclient/, at: 1.1}\n",
        "14: components.dhclient.moved[0]: 'a' and 'sbin/dhclient/' must be two files, or two folders that end in '/'",
    ),
    "move to where nothing is mapped": (
        MOVED + "{from: a, to: sbin/dhclint/a, at: 1.1}\n",
        ("14: components.dhclient.moved.to: 'sbin/dhclint/a' is no upstream path that a rule of this component maps; "
        "nearest: 'sbin/dhclient/'"),
    ),
    "move of what is mapped": (
        MOVED + "{from: sbin/dhclient/, to: lib/, at: 1.1}\n",
        ("14: components.dhclient.moved[0].from: 'sbin/dhclient/' is mapped itself, on line 12: "
        "map where it moved to, and not both"),
    ),
    "move twice": (
        MOVED + "{from: a, to: sbin/dhclient/a, at: 1.1}\n      - {from: a, to: sbin/dhclient/b, at: 1.1}\n",
        "15: components.dhclient.moved[1].from: 'a' is here twice",
    ),
    "move in a circle": (
        MOVED + "{from: sbin/dhclient/a, to: sbin/dhclient/b, at: 1.1}\n"
        "      - {from: sbin/dhclient/b, to: sbin/dhclient/a, at: 1.1}\n",
        ("14: components.dhclient.moved: the moves go round in a circle: "
        "sbin/dhclient/a -> sbin/dhclient/b -> sbin/dhclient/a"),
    ),
    "move into itself": (
        MOVED + "{from: sbin/, to: sbin/dhclient/, at: 1.1}\n",
        "14: components.dhclient.moved[0].to: 'sbin/dhclient/' is, or lies in, what moved",
    ),
    "not applicable without a reason": (
        ASIDE + "{path: x}\n", "14: components.dhclient.not-applicable[0]: the key 'reason' is missing",
    ),
    "not applicable for a reason that says nothing": (
        ASIDE + "{path: x, reason: ' '}\n", "14: components.dhclient.not-applicable[0].reason: ' ' says nothing",
    ),
    "not applicable to what": (
        ASIDE + "{reason: why}\n",
        "14: components.dhclient.not-applicable[0]: one of the keys 'path' and 'changeset' is needed, or both",
    ),
    "not applicable to no hash": (
        ASIDE + "{changeset: 123, reason: why}\n",
        f"14: components.dhclient.not-applicable[0].changeset: '123' {NO_ID}",
    ),
    "edit without a reason": (
        EDIT + "{path: sbin/dhclient/x, before: b, insert: c}\n",
        "14: components.dhclient.edit[0]: the key 'reason' is missing",
    ),
    "edit of another folder": (
        EDIT + "{path: lib/x, before: b, insert: c, reason: why}\n",
        ("14: components.dhclient.edit[0].path: 'lib/x' lies outside the component's target folders; "
        "known: sbin/dhclient/"),
    ),
    "edit of a folder": (
        EDIT + "{path: sbin/dhclient/, before: b, insert: c, reason: why}\n",
        "14: components.dhclient.edit[0].path: 'sbin/dhclient/' is a folder",
    ),
    "edit before several lines": (
        EDIT + '{path: sbin/dhclient/x, before: "a\\nb", insert: c, reason: why}\n',
        "14: components.dhclient.edit[0].before: one line is expected here, found several",
    ),
    "edit that inserts its own anchor": (
        EDIT + '{path: sbin/dhclient/x, before: b, insert: "a\\nb", reason: why}\n',
        "14: components.dhclient.edit[0].insert: the line before which it goes in is one of its own",
    ),
    "edit that inserts nothing": (
        EDIT + '{path: sbin/dhclient/x, before: b, insert: " ", reason: why}\n',
        "14: components.dhclient.edit[0].insert: ' ' says nothing",
    ),
    "edit with an escape sequence": (
        EDIT + '{path: sbin/dhclient/x, before: "\\e[2J", insert: c, reason: why}\n',
        "14: components.dhclient.edit[0].before: '\\x1b[2J' holds a control character",
    ),
    "plan for whom": (
        GOOD + "plan:\n  - {component: dhclint, from: 2012-05-21, to: 2012-05-27, work: x}\n",
        "14: plan[0].component: there is no component 'dhclint'; nearest: 'dhclient'",
    ),
    "plan that ends before it begins": (
        GOOD + "plan:\n  - {component: dhclient, from: 2012-05-21, to: 2012-05-20, work: x}\n",
        "14: plan[0].to: '2012-05-20' lies before '2012-05-21', the day it begins",
    ),
    "plan without a calendar": (
        GOOD + "plan:\n  - {component: dhclient, from: 2012-05-21, to: 2012-05-32, work: x}\n",
        "14: plan[0].to: '2012-05-32' is no day of the calendar",
    ),
    "plan by weeks": (
        GOOD + "plan:\n  - {component: dhclient, from: week 1, to: 2012-05-30, work: x, done_when: y}\n",
        ("14: plan[0]: there is no key 'done_when' here; nearest: 'done-when'\n"
        "14: plan[0].from: 'week 1' is no day (YYYY-MM-DD)"),
    ),
    "plan with a milestone that two things show": (
        PLAN + "milestones: [{what: x, done-when: {path: x, trailer: Reviewed-by}}]}\n",
        "14: plan[0].milestones[0].done-when: one of path, audit and trailer is needed here, and no more",
    ),
    "plan with a milestone that nothing shows": (
        PLAN + "milestones: [{what: x, done-when: {}}]}\n",
        "14: plan[0].milestones[0].done-when: one of path, audit and trailer is needed here, and no more",
    ),
    "plan with a milestone out of the tree": (
        PLAN + "milestones: [{what: x, done-when: {path: ../x}}]}\n",
        "14: plan[0].milestones[0].done-when.path: '../x' climbs out of the tree or stands still ('..')",
    ),
    "plan with a milestone of no trailer": (
        PLAN + "milestones: [{what: x, done-when: {trailer: was reviewed}}]}\n",
        "14: plan[0].milestones[0].done-when.trailer: 'was reviewed' is no trailer (Key, or Key: value)",
    ),
    "plan that is done twice": (
        PLAN + "done: 2012-05-22, milestones: [{what: x}]}\n",
        "14: plan[0].done: the milestones say when it is done: a day here says it twice",
    ),
    "plan that slipped from no day": (
        PLAN + "was: [2012-05-22, week 2]}\n",
        "14: plan[0].was[1]: 'week 2' is no day (YYYY-MM-DD)",
    ),
    "link elsewhere": (
        GOOD + "links: {commit: 'javascript:alert({id})'}\n",
        "13: links.commit: 'javascript:alert({id})' is no http or https address",
    ),
    "link with another placeholder": (
        GOOD + "links: {revision: 'https://x/{path}/{id}'}\n",
        "13: links.revision: 'https://x/{path}/{id}' holds {id}, which is not known here; known: {path}, {revision}",
    ),
    "link to one page": (
        GOOD + "links: {changeset: 'https://x/'}\n",
        "13: links.changeset: 'https://x/' lacks {id}: every link would lead to one page",
    ),
}


@pytest.mark.parametrize("case", COMPONENT_CASES)
def test_a_mistake_in_a_further_key(case: str) -> None:
    text, expected = COMPONENT_CASES[case]
    assert mistakes_of(HEAD + text) == expected.split("\n")


def test_all_mistakes_are_told_in_one_run() -> None:
    text = HEAD + GOOD + "    fold: ['1']\n    baseline-policy: x\n    moved: [{}]\nlinks: {commit: x}\nplan: [x]\n"
    assert [line.split(":")[0] for line in mistakes_of(text)] == ["13", "14", "15", "15", "15", "16", "17"]


@pytest.mark.parametrize(
    "template",
    [
        "https://x/{id}", "http://x.example:80/{id}#a", "ftp://x/{id}", "https:///{id}", "https://{id}/", "//x/{id}",
        "https://x/{id}/{path}", "https://x/ {id}", "https://x/<{id}>", "https://x/{id}\n", "x{id}",
    ],
)  # fmt: skip
def test_a_link_that_is_loaded_is_one_that_reports_take(template: str) -> None:
    if not problem_with_link(template, ("id",)):
        assert Links(commit=template).to_commit("0" * 40).startswith("http")
    else:
        with pytest.raises(UserError):
            Links(commit=template)
