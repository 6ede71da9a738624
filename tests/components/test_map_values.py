"""What a right map becomes, the real one and the smallest one first."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from portkit.components.load import load
from portkit.components.model import (
    AuthorPolicy,
    Component,
    ComponentMap,
    IdentStyle,
    Mode,
    Need,
    PathRule,
    Retired,
    Source,
)
from portkit.components.override import override
from portkit.errors import UserError, WorldError
from portkit.store.mapfile import find_workspace, parse, read_map, resolved

ROOT = Path(__file__).parents[2]

SMALLEST = """\
version: 1
upstreams:
  openbsd:
    git: https://github.com/openbsd/src.git     # a URL or a path; or  cvs: PATH
    branch: master
    prefix: ""
target:
  git: git://git.dragonflybsd.org/dragonfly.git
  branch: master
components:
  dhclient:
    mode: sync                                  # sync | import | port | watch
    upstream: openbsd
    paths:                                      # upstream path: target path; a folder ends in /
      sbin/dhclient/: sbin/dhclient/
"""

FULL = """\
version: 1
upstreams:
  openbsd: {git: ../src, branch: main, prefix: src, title: OpenBSD}
  old.cvs: {cvs: ~/cvs}
target: {git: "user@host:dragonfly.git"}
commit: {author: upstream, template: patches/commit.txt}
components:
  imsg:
    mode: import
    upstream: openbsd
    import: {at: 6878953}
    paths: {lib/libutil/imsg.c: lib/libutil/imsg.c}
  dhclient:
    mode: sync
    upstream: old.cvs
    ident: learned
    subject: dhcp client
    paths:
      sbin/dhclient/: sbin/dhclient/
      sbin/dhclient/Makefile: etc/dhclient.mk
    exclude: ['sbin/dhclient/*.5', sbin/dhclient/regress/]
    keep: [sbin/dhclient/inet.c, sbin/dhclient/local/]
    deleted: ['sbin/dhclient/**/*.orig']
    needs: [{component: imsg, since: 2012-11-23}]
    retired: {at: 2021-09-30, successor: dhcpleased}
    baseline: {sbin/dhclient/bpf.c: 1.20}
"""


def loaded(text: str) -> ComponentMap:
    return load(parse(text.encode(), file="map"), file="map")


def test_the_smallest_map_stays_valid() -> None:
    found = loaded(SMALLEST)
    assert found.upstreams == (Source("openbsd", "https://github.com/openbsd/src.git", title="OpenBSD"),)
    assert found.target == Source("target", "git://git.dragonflybsd.org/dragonfly.git")
    rule = PathRule("sbin/dhclient/", "sbin/dhclient/", 15)
    assert found.components == (Component("dhclient", Mode.SYNC, "openbsd", (rule,), line=11),)
    assert found.commit.author is AuthorPolicy.SELF


def test_every_key_finds_its_place() -> None:
    found = loaded(FULL)
    openbsd, cvs = found.upstreams
    assert (openbsd.location, openbsd.branch, openbsd.prefix, openbsd.title) == ("../src", "main", "src/", "OpenBSD")
    assert (cvs.kind, cvs.location) == ("cvs", "~/cvs")
    assert found.target.remote and not openbsd.remote and not cvs.remote
    assert (found.commit.author, found.commit.template) == (AuthorPolicy.UPSTREAM, "patches/commit.txt")
    imsg, dhclient = found.components
    assert imsg.import_at == "6878953"
    assert dhclient.ident is IdentStyle.LEARNED
    assert dhclient.subject == "dhcp client"
    assert dhclient.exclude == ("sbin/dhclient/*.5", "sbin/dhclient/regress/")
    assert dhclient.keep == ("sbin/dhclient/inet.c", "sbin/dhclient/local/")
    assert dhclient.deleted == ("sbin/dhclient/**/*.orig",)
    assert dhclient.needs == (Need("imsg", "2012-11-23"),)
    assert dhclient.retired == Retired("2021-09-30", "dhcpleased")
    assert dhclient.baseline == (("sbin/dhclient/bpf.c", "1.20"),)  # not 1.2: the text, not YAML's number


def test_watching_another_components_target_is_fine() -> None:
    text = SMALLEST + "  eye:\n    mode: watch\n    upstream: openbsd\n    paths: {x/: sbin/dhclient/}\n"
    assert [component.name for component in loaded(text).components] == ["dhclient", "eye"]


def test_the_real_map_and_its_copy_in_the_wheel_are_one() -> None:
    real = (ROOT / "upstream-map.yaml").read_bytes()
    assert files("portkit").joinpath("data/upstream-map.yaml").read_bytes() == real


def test_the_real_map() -> None:
    found = read_map(ROOT / "upstream-map.yaml")
    assert found.path == str(ROOT / "upstream-map.yaml")
    assert {component.name: component.mode for component in found.components} == {
        "imsg": Mode.IMPORT, "dhclient": Mode.SYNC, "syslogd": Mode.PORT, "tcpdump": Mode.PORT,
        "dntpd": Mode.WATCH, "dhcpcd": Mode.WATCH,
    }  # fmt: skip
    assert found.source("openbsd").title == "OpenBSD"
    dhclient = found.component("dhclient")
    assert dhclient.needs == (Need("imsg", "2012-11-23"),)
    assert dhclient.kept("sbin/dhclient/inet.c") and not dhclient.kept("sbin/dhclient/bpf.c")
    imsg = found.component("imsg")
    assert imsg.import_at == "2012-04-25"
    assert imsg.target_of("lib/libutil/imsg_init.3") == "lib/libutil/imsg_init.3"
    assert not imsg.covers("lib/libutil/Makefile")
    assert found.component("tcpdump").target_of("usr.sbin/tcpdump/privsep.c") == "contrib/tcpdump/privsep.c"
    with pytest.raises(UserError, match="there is no component 'dhclent'; nearest: 'dhclient'"):
        found.component("dhclent")


def test_the_workspace_is_the_nearest_folder_upwards(tmp_path: Path) -> None:
    deep = tmp_path / "one" / "two"
    deep.mkdir(parents=True)
    with pytest.raises(UserError) as caught:
        find_workspace(deep)
    assert "portkit -C DIR" in caught.value.hint and "portkit demo" in caught.value.hint
    (tmp_path / "upstream-map.yaml").write_text(SMALLEST)
    assert find_workspace(deep) == tmp_path
    (tmp_path / "one" / "upstream-map.yaml").write_text(SMALLEST)
    assert find_workspace(deep) == tmp_path / "one"


def test_a_map_that_is_not_there_or_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.yaml", tmp_path):
        with pytest.raises(UserError, match="there is no map"):
            read_map(path)


def test_a_byte_order_mark_and_crlf_are_read(tmp_path: Path) -> None:
    path = tmp_path / "upstream-map.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALLEST.replace("\n", "\r\n").encode())
    assert read_map(path).components == loaded(SMALLEST).components


def test_locations_are_meant_from_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert resolved(Source("u", "../src"), tmp_path).location == str(tmp_path / "../src")
    assert resolved(Source("u", "/abs"), tmp_path).location == "/abs"
    assert resolved(Source("u", "~/cvs", kind="cvs"), tmp_path).location == str(tmp_path / "home" / "cvs")
    for url in ("https://x/y.git", "user@host:y.git", "file:///y"):
        assert resolved(Source("u", url), tmp_path).location == url
    with pytest.raises((UserError, WorldError), match="cannot be expanded"):
        resolved(Source("u", "~no-such-user-here/x"), tmp_path)


def test_overrides_command_line_before_environment_before_map() -> None:
    found = loaded(FULL)
    environment = {
        "PORTKIT_UPSTREAM_OPENBSD": "/from/env",
        "PORTKIT_UPSTREAM_OLD_CVS": "/as/git",
        "PORTKIT_TARGET": "/target/env",
        "PATH": "/bin",
    }
    plain = override(found, {}, None, environment)
    assert [(source.kind, source.location) for source in plain.upstreams] == [("git", "/from/env"), ("git", "/as/git")]
    assert plain.target.location == "/target/env"
    both = override(found, {"openbsd": "cvs:/from/line"}, "here", environment, folder="/cwd")
    assert (both.upstreams[0].kind, both.upstreams[0].location) == ("cvs", "/from/line")
    assert both.upstreams[0].prefix == "src/"
    assert both.target.location == "/cwd/here"
    assert override(found, {}, None, {"PORTKIT_TARGET": ""}) == found
    assert both.components == found.components


@pytest.mark.parametrize(
    ("upstreams", "target", "environment", "says"),
    [
        ({"openbds": "x"}, None, {}, "there is no upstream 'openbds'; nearest: 'openbsd'"),
        ({}, None, {"PORTKIT_UPSTREAM_NETBSD": "x"}, "known: PORTKIT_UPSTREAM_OPENBSD, PORTKIT_UPSTREAM_OLD_CVS"),
        ({"openbsd": "-x"}, None, {}, "begins with '-'"),
        ({"openbsd": ""}, None, {}, "is empty"),
        ({"openbsd": "cvs:https://x"}, None, {}, "is no folder on this machine"),
        ({}, "ext::sh -c x", {}, "runs a program"),
        ({}, "cvs:/x", {}, "the target must be a git repository"),
        ({}, None, {"PORTKIT_TARGET": "a\nb"}, "holds a control character"),
    ],
)
def test_overrides_that_are_mistakes(
    upstreams: dict[str, str], target: str | None, environment: dict[str, str], says: str
) -> None:
    with pytest.raises(UserError) as caught:
        override(loaded(FULL), upstreams, target, environment)
    assert says in str(caught.value)
