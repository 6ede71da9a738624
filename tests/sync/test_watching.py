"""What watched changesets are about: the evidence, and a decision that stays."""

from __future__ import annotations

from sync_worlds import Downstream, Notes, Upstream, dhclient, ident

from portkit.change.revision import FileRevision
from portkit.components.model import Mode
from portkit.decisions.model import Decision, DecisionKind, Decisions
from portkit.paths import RepoPath
from portkit.sync.component import ComponentRun, Scope
from portkit.sync.watching import Evidence, Topic, Watched, Where

A, PAGE, PRIV = "sbin/dhclient/a.c", "sbin/dhclient/a.8", "sbin/dhclient/privsep.c"
BODY = b"int\nstart_it(int box)\n{\n\tint error = 0;\n\n\terror = open_box(box);\n\treturn (error);\n}\n"


def looked_at(upstream: Upstream, decisions: Decisions | None = None) -> tuple[Watched, ...]:
    target = Downstream()
    target.commit("Other.", {"bin/x": b"x\n"})
    run = ComponentRun(
        dhclient(Mode.WATCH), "OpenBSD", upstream, target, Notes(), decisions=decisions or Decisions()
    )
    return run.plan(target.tip, Scope(lambda changesets: len(changesets) - 1)).outcome.looked_at


def begun() -> Upstream:
    upstream = Upstream()
    upstream.commit("Begin.", {A: ident("a.c", "1.1") + BODY, PAGE: b".Sh NAME\n"})
    return upstream


def test_the_words_of_the_log_stand_as_they_are() -> None:
    upstream = begun()
    upstream.commit("Check the packet as RFC 2131 wants it; a typo.", {A: ident("a.c", "1.2") + BODY + b"\n"})
    one = looked_at(upstream)[-1]
    assert one.topics == (Topic.PROTOCOL, Topic.DOCUMENTATION)
    assert one.evidence[:2] == (
        Evidence(Topic.PROTOCOL, Where.LOG, "packet"), Evidence(Topic.PROTOCOL, Where.LOG, "RFC 2131")
    )  # fmt: skip


def test_files_functions_and_names_tell() -> None:
    upstream = begun()
    changed = BODY.replace(b"\terror = open_box(box);\n", b"\terror = imsg_compose(box);\n\texplicit_bzero(&box, 1);\n")
    files = {A: ident("a.c", "1.2") + changed, PRIV: ident("privsep.c", "1.1"), PAGE: b".Sh X\n"}
    upstream.commit("Nothing to say.", files)
    one = looked_at(upstream)[-1]
    assert one.functions == ("start_it",)
    assert one.topics == (Topic.PRIVSEP, Topic.PORTABILITY, Topic.DOCUMENTATION)
    assert set(one.evidence) == {
        Evidence(Topic.DOCUMENTATION, Where.FILE, PAGE),
        Evidence(Topic.PRIVSEP, Where.FILE, PRIV),
        Evidence(Topic.PRIVSEP, Where.CODE, "imsg_compose"),
        Evidence(Topic.PORTABILITY, Where.CODE, "explicit_bzero"),
    }


def test_what_tells_nothing_has_no_topic() -> None:
    upstream = begun()
    upstream.commit("KNF.", {A: ident("a.c", "1.2") + BODY.replace(b"\terror = open", b"\terror  = open")})
    assert looked_at(upstream)[-1].topics == ()


def test_a_decision_stays_with_path_and_revision() -> None:
    for salt in ("", "rewritten"):
        upstream = Upstream(salt)
        upstream.commit("Begin.", {A: ident("a.c", "1.1") + BODY})
        upstream.commit("Change.", {A: ident("a.c", "1.2") + BODY + b"\n"})
        decision = Decision(DecisionKind.SKIP, (FileRevision(RepoPath(A), "1.2"),), "ours is another", "Pat <p@x>")
        first, second = looked_at(upstream, Decisions((decision,)))
        assert (first.decided, second.decided) == ("", "skip: ours is another (Pat)")
