"""What is wrong with a map is said with file, line and key path; everything at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from portkit.components.load import load
from portkit.components.mistakes import MapError
from portkit.components.model import ComponentMap
from portkit.errors import UserError
from portkit.store.mapfile import MAXIMUM_BYTES, parse, read_map

FILE = "upstream-map.yaml"
HEAD = """\
version: 1
upstreams:
  openbsd:
    git: https://github.com/openbsd/src.git
target:
  git: git://git.dragonflybsd.org/dragonfly.git
components:
  dhclient:
"""
GOOD = """\
    mode: sync
    upstream: openbsd
    paths:
      sbin/dhclient/: sbin/dhclient/
"""


def loaded(text: str | bytes) -> ComponentMap:
    content = text if isinstance(text, bytes) else text.encode()
    return load(parse(content, file=FILE), file=FILE)


def mistakes_of(text: str) -> list[str]:
    with pytest.raises(MapError) as caught:
        loaded(text)
    assert caught.value.exit_code == 2
    lines = str(caught.value).splitlines()
    assert lines == [str(mistake) for mistake in caught.value.mistakes]
    return [line.removeprefix(f"{FILE}:") for line in lines]


# What stands in place of GOOD, from line 9 on, and what is said of it.
COMPONENT_CASES = {
    "unknown mode": (
        "    mode: synk\n    upstream: openbsd\n    paths: {a/: b/}\n",
        "9: components.dhclient.mode: 'synk' is no mode; nearest: 'sync'",
    ),
    "mode far from any": (
        "    mode: 'xyz'\n    upstream: openbsd\n    paths: {a/: b/}\n",
        "9: components.dhclient.mode: 'xyz' is no mode; known: sync, import, port, watch",
    ),
    "mode true": (
        "    mode: true\n    upstream: openbsd\n    paths: {a/: b/}\n",
        ("9: components.dhclient.mode: text is expected here, found true or false (true); "
        "if it is meant as text, quote it: 'true'"),
    ),
    "unknown upstream": (
        "    mode: sync\n    upstream: openbds\n    paths: {a/: b/}\n",
        "10: components.dhclient.upstream: there is no upstream 'openbds'; nearest: 'openbsd'",
    ),
    "missing key": (
        "    mode: sync\n    upstream: openbsd\n",
        "8: components.dhclient: the key 'paths' is missing",
    ),
    "unknown key": (
        GOOD + "    keeps: []\n",
        "13: components.dhclient: there is no key 'keeps' here; nearest: 'keep'",
    ),
    "key twice": (
        GOOD + "    mode: watch\n",
        "13: components.dhclient: the key 'mode' is here twice, first on line 9",
    ),
    "no paths": (
        "    mode: sync\n    upstream: openbsd\n    paths: {}\n",
        "11: components.dhclient.paths: at least one path is needed, as  upstream path: target path",
    ),
    "paths is a list": (
        "    mode: sync\n    upstream: openbsd\n    paths:\n      - sbin/dhclient/\n",
        "11: components.dhclient.paths: a mapping is expected here, found a list",
    ),
    "upstream path twice": (
        GOOD + "      sbin/dhclient/: sbin/other/\n",
        "13: components.dhclient.paths: the upstream path 'sbin/dhclient/' is here twice, first on line 12",
    ),
    "target path twice": (
        GOOD + "      usr.sbin/x/: sbin/dhclient/\n",
        "13: components.dhclient.paths: the target path 'sbin/dhclient/' is here twice, first on line 12",
    ),
    "target path twice on one line": (
        "    mode: sync\n    upstream: openbsd\n    paths: {a/: c/, b/: c/}\n",
        "11: components.dhclient.paths: the target path 'c/' is here twice, first on line 11",
    ),
    "file and folder of one name": (
        GOOD + "      sbin/dhclient: sbin/file\n",
        "13: components.dhclient.paths: the upstream path 'sbin/dhclient' is here twice, first on line 12",
    ),
    "folder to file": (
        GOOD + "      lib/imsg/: lib/imsg.c\n",
        ("13: components.dhclient.paths.lib/imsg/: 'lib/imsg/' is a folder (it ends in '/'), "
        "'lib/imsg.c' is a file: map like to like"),
    ),
    "file to folder": (
        GOOD + "      lib/imsg.c: lib/imsg/\n",
        ("13: components.dhclient.paths.lib/imsg.c: 'lib/imsg/' is a folder (it ends in '/'), "
        "'lib/imsg.c' is a file: map like to like"),
    ),
    "target climbs out": (
        GOOD + "      a/: ../b/\n",
        "13: components.dhclient.paths.a/: '../b/' climbs out of the tree or stands still ('..')",
    ),
    "upstream absolute": (
        GOOD + "      /etc/: etc/\n",
        "13: components.dhclient.paths: the upstream path '/etc/' is absolute",
    ),
    "into .git": (
        GOOD + "      hooks/: .Git/hooks/\n",
        "13: components.dhclient.paths.hooks/: '.Git/hooks/' reaches into a .git folder",
    ),
    "empty path": (
        GOOD + "      '': x\n",
        "13: components.dhclient.paths: the upstream path '' is empty",
    ),
    "control character": (
        GOOD + '      "a\\x1b[2J": x\n',
        "13: components.dhclient.paths: the upstream path 'a\\x1b[2J' holds a control character",
    ),
    "target path is nothing": (
        GOOD + "      a.c:\n",
        "13: components.dhclient.paths.a.c: text is expected here, found nothing",
    ),
    "exclude climbs out": (
        GOOD + "    exclude:\n      - '*.8'\n      - ../**\n",
        "15: components.dhclient.exclude[1]: '../**' climbs out of the tree or stands still ('..')",
    ),
    "exclude is no pattern": (
        GOOD + "    exclude: ['[z-a]']\n",
        "13: components.dhclient.exclude[0]: '[z-a]' is no pattern: what stands in its [...] is no range",
    ),
    "keep elsewhere": (
        GOOD + "    keep: sbin/dhcpcd/x.c\n",
        ("13: components.dhclient.keep: 'sbin/dhcpcd/x.c' lies outside the component's target folders; "
        "nearest: 'sbin/dhclient/'"),
    ),
    "keep is a number": (
        GOOD + "    keep: [1.20]\n",
        ("13: components.dhclient.keep[0]: text is expected here, found a number (1.20); "
        "if it is meant as text, quote it: '1.20'"),
    ),
    "deleted is a mapping": (
        GOOD + "    deleted: {a: b}\n",
        "13: components.dhclient.deleted: a list is expected here, found a mapping",
    ),
    "need unknown": (
        GOOD + "    needs: [dhclint]\n",
        "13: components.dhclient.needs[0]: there is no component 'dhclint'; nearest: 'dhclient'",
    ),
    "need of itself": (
        GOOD + "    needs: [dhclient]\n",
        "8: components.dhclient.needs: the components need each other in a circle: dhclient -> dhclient",
    ),
    "need with a wrong day": (
        GOOD + "    needs: {component: imsg, since: 2012-11-31}\n  imsg:\n" + GOOD.replace("dhclient", "imsg"),
        "13: components.dhclient.needs.since: '2012-11-31' is no day of the calendar",
    ),
    "need twice": (
        GOOD + "    needs:\n    - imsg\n    - component: imsg\n  imsg:\n" + GOOD.replace("dhclient", "imsg"),
        "15: components.dhclient.needs[1]: 'imsg' is here twice",
    ),
    "import at an option": (
        GOOD + "    import: {at: --upload-pack=x}\n",
        "13: components.dhclient.import.at: '--upload-pack=x' is neither a day (YYYY-MM-DD) nor a revision",
    ),
    "retired without a day": (
        GOOD + "    retired: {successor: dhcpleased}\n",
        "13: components.dhclient.retired: the key 'at' is missing",
    ),
    "ident style": (
        GOOD + "    ident: learnt\n",
        "13: components.dhclient.ident: 'learnt' is no ident style; nearest: 'learned'",
    ),
    "baseline of another file": (
        GOOD + "    baseline:\n      sbin/dhcpcd/a.c: 1.2\n",
        ("14: components.dhclient.baseline: 'sbin/dhcpcd/a.c' "
        "is no target path that a rule of this component maps to"),
    ),
    "baseline at a day": (
        GOOD + "    baseline:\n      sbin/dhclient/a.c: 2012-01-01\n",
        ("14: components.dhclient.baseline.sbin/dhclient/a.c: '2012-01-01' "
        "is a date where a revision is expected"),
    ),
    "component begins with -": (
        GOOD + "  -x:\n" + GOOD.replace("dhclient", "x"),
        "13: components: '-x' is no name: letters, digits, '.', '_' and '-', a letter or digit first",
    ),
    "component git refuses": (
        GOOD + "  a..b:\n" + GOOD.replace("dhclient", "x"),
        "13: components: 'a..b' is no name: git refuses '..', and '.' or '.lock' at the end, in a branch",
    ),
    "component.lock": (
        GOOD + "  a.lock:\n" + GOOD.replace("dhclient", "x"),
        "13: components: 'a.lock' is no name: git refuses '..', and '.' or '.lock' at the end, in a branch",
    ),
    "component called like a draft": (
        GOOD + "  dhclient-draft:\n" + GOOD.replace("dhclient", "x"),
        "13: components.dhclient-draft: the draft branch of 'dhclient' has this name; choose another",
    ),
    "two components write one target path": (
        GOOD + "  other:\n" + GOOD,
        "17: components.other.paths: 'sbin/dhclient/' is a target path of 'dhclient' too, on line 12",
    ),
}


@pytest.mark.parametrize("case", COMPONENT_CASES)
def test_a_mistake_in_a_component(case: str) -> None:
    text, expected = COMPONENT_CASES[case]
    assert mistakes_of(HEAD + text) == [expected]


# A line of HEAD, what takes its place, and what is said of it.
TOP_CASES = {
    "version of the future": ("version: 1", "version: 2", "1: version: this portkit reads version 1, found 2"),
    "version as text": ("version: 1", "version: '1'", "1: version: this portkit reads version 1, found '1'"),
    "no version": ("version: 1", "", "2: the key 'version' is missing"),
    "unknown key": ("version: 1", "version: 1\nupstream: x",
                    "2: there is no key 'upstream' here; nearest: 'upstreams'"),
    "unknown author": ("version: 1", "version: 1\ncommit: {author: me}",
                       "2: commit.author: 'me' is no author; known: self, upstream"),
    "option for a location": ("    git: https://github.com/openbsd/src.git", "    git: --upload-pack=x",
                              "4: upstreams.openbsd.git: '--upload-pack=x' begins with '-'"),
    "a program for a location": (
        "    git: https://github.com/openbsd/src.git", "    git: ext::sh -c x",
        "4: upstreams.openbsd.git: 'ext::sh -c x' names a transport that runs a program (ext:: and its kin)"),
    "unknown scheme": (
        "    git: https://github.com/openbsd/src.git", "    git: gopher://x/y",
        ("4: upstreams.openbsd.git: 'gopher://x/y' has the unknown scheme 'gopher'; "
        "known: https, http, git, ssh, git+ssh, ssh+git, file")),
    "host is an option": (
        "    git: https://github.com/openbsd/src.git", "    git: ssh://-oProxyCommand=x/y",
        "4: upstreams.openbsd.git: 'ssh://-oProxyCommand=x/y' names a host that begins with '-'"),
    "newline in a location": (
        "    git: https://github.com/openbsd/src.git", '    git: "a\\nb"',
        "4: upstreams.openbsd.git: 'a\\nb' holds a control character"),
    "git and cvs": (
        "    git: https://github.com/openbsd/src.git", "    git: a\n    cvs: b",
        "3: upstreams.openbsd: exactly one of the keys 'git' and 'cvs' is needed"),
    "branch that git refuses": (
        "    git: https://github.com/openbsd/src.git", "    git: a\n    branch: a b",
        "5: upstreams.openbsd.branch: 'a b' is no branch that git accepts"),
    "prefix climbs out": (
        "    git: https://github.com/openbsd/src.git", "    git: a\n    prefix: ../",
        "5: upstreams.openbsd.prefix: '../' climbs out of the tree or stands still ('..')"),
    "target is a list": (
        "  git: git://git.dragonflybsd.org/dragonfly.git", "  - x",
        "5: target: a mapping is expected here, found a list"),
    "target from CVS": (
        "  git: git://git.dragonflybsd.org/dragonfly.git", "  git: a\n  cvs: b",
        "7: target: there is no key 'cvs' here; known: git, branch"),
}  # fmt: skip


@pytest.mark.parametrize("case", TOP_CASES)
def test_a_mistake_at_the_top(case: str) -> None:
    line, instead, expected = TOP_CASES[case]
    assert line in HEAD
    found = mistakes_of(HEAD.replace(f"{line}\n", f"{instead}\n" if instead else "\n", 1) + GOOD)
    assert found == [expected]


def test_the_circle_is_named_once_with_its_components() -> None:
    text = HEAD + GOOD + "    needs: b\n"
    for name, needs in (("b", "c"), ("c", "dhclient"), ("d", "b")):
        text += f"  {name}:\n" + GOOD.replace("dhclient", name) + f"    needs: {needs}\n"
    assert mistakes_of(text) == [
        "8: components.dhclient.needs: the components need each other in a circle: dhclient -> b -> c -> dhclient"
    ]


def test_more_than_ten_mistakes_come_in_one_run_in_the_order_of_their_lines() -> None:
    text = """\
version: 3
upstream: {}
upstreams:
  openbsd:
    git: foo://x
    branch: -x
target:
  branch: 7
components:
  a b:
    mode: synk
    upstream: openbs
    paths:
      x/: /y/
      z.c: z/
    needs: [nobody]
    import: {at: 2012-13-01}
    ident: maybe
    mode: port
    nodes: 1
"""
    found = mistakes_of(text)
    lines = [int(line.partition(":")[0]) for line in found]
    assert lines == [1, 2, 5, 6, 7, 8, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20]


@pytest.mark.parametrize(
    ("content", "place", "says"),
    [
        (b"a: b: c\n", "upstream-map.yaml:1:5", "mapping values are not allowed here"),
        (b"version: 1\nx: [1,\n", "upstream-map.yaml:3:1", "is no YAML"),
        (b"version: 1\n\tx: 1\n", "upstream-map.yaml:2:1", "is no YAML"),
        (b"version: 1\nx: caf\xe9\n", "upstream-map.yaml:2:7", "is not UTF-8"),
        (b"version: 1\nx: '\x07'\n", "upstream-map.yaml:2:5", "is no YAML"),
        (b"version: 1\n---\nversion: 1\n", "upstream-map.yaml:2:1", "another document"),
        (b"version: *one\n", "upstream-map.yaml:1:10", "undefined alias"),
        (b"version: !!python/object:os.system 1\n", "upstream-map.yaml:1:10", "may have no tags"),
        (b"a: &a [*a]\n", "upstream-map.yaml:1:", "an alias stands inside what it names"),
        (b"[" * 5_000, "upstream-map.yaml", "nested too deeply"),
        (b"? " * 400, "upstream-map.yaml", "nested too deeply"),
        (b"#" * (MAXIMUM_BYTES + 1), "upstream-map.yaml", "larger than 1 MB"),
    ],
)
def test_broken_yaml_is_one_sentence_with_its_place(content: bytes, place: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        loaded(content)
    assert not isinstance(caught.value, MapError)
    assert caught.value.where.startswith(place)
    assert says in caught.value.what
    assert "\n" not in str(caught.value)


def test_aliases_that_multiply_are_stopped() -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
    with pytest.raises(UserError, match="too many values"):
        loaded("l0: &l0 [x]\n" + levels)


def test_an_alias_within_reason_is_fine() -> None:
    text = HEAD + GOOD.replace("paths:", "exclude: &manuals ['*.8']\n    paths:")
    text += "  other:\n" + GOOD.replace("dhclient", "other") + "    exclude: *manuals\n"
    assert [component.exclude for component in loaded(text).components] == [("*.8",), ("*.8",)]


@pytest.mark.parametrize("content", ["", "# nothing\n", "~\n"])
def test_an_empty_map_says_what_it_needs(content: str) -> None:
    assert mistakes_of(content) == [
        "1: the map is empty; it needs the keys version, upstreams, target, components"
    ]


def test_a_map_that_is_a_list() -> None:
    assert mistakes_of("- x\n") == ["1: a mapping is expected here, found a list"]


def test_escape_sequences_of_a_map_do_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text(HEAD + GOOD + '    "\\e[2Jx": 1\n    subject: "\\u202eevil"\n')
    with pytest.raises(MapError) as caught:
        read_map(path)
    assert "\x1b" not in str(caught.value)
    assert "\u202e" not in str(caught.value)
    assert len(caught.value.mistakes) == 2
