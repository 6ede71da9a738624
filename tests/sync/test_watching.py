"""What watched changesets are about: the evidence, and a decision that stays."""

from __future__ import annotations

from dataclasses import replace

from sync_worlds import Downstream, Notes, Upstream, dhclient, ident

from portkit.change.revision import FileRevision
from portkit.components.model import Mode, Retired, Window
from portkit.decisions.model import Decision, DecisionKind, Decisions
from portkit.paths import RepoPath
from portkit.sync.component import ComponentRun
from portkit.sync.plan import Scope
from portkit.sync.watched import Evidence, Topic, Watched, Where

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


def test_a_word_in_a_page_is_no_topic_of_the_code() -> None:
    upstream = begun()
    upstream.commit("The protocol of RFC 2131 is privilege separated.", {PAGE: b".Sh DESCRIPTION\n"})
    one = looked_at(upstream)[-1]
    assert one.pages and one.topics == (Topic.DOCUMENTATION,)


def test_a_function_counts_only_where_its_lines_speak_of_its_topic() -> None:
    upstream = begun()
    body = b"int\ndispatch_imsg(int box)\n{\n\tif (daemon(1, 0))\n\t\treturn (1);\n\treturn (read_it(box));\n}\n"
    upstream.commit("Add.", {A: ident("a.c", "1.2") + body})
    upstream.commit("Say why.", {A: ident("a.c", "1.3") + body.replace(b"return (1)", b"fatal(\"daemon\")")})
    upstream.commit("Take it.", {A: ident("a.c", "1.4") + body.replace(b"read_it(box)", b"imsg_get(box)")})
    added, other, taken = looked_at(upstream)[-3:]
    assert (added.topics, other.topics, taken.topics) == ((Topic.PRIVSEP,), (), (Topic.PRIVSEP,))


def test_what_only_moves_tells_nothing_and_neither_does_a_grammar() -> None:
    upstream = begun()
    first = BODY.replace(b"\treturn (error);\n", b"\timsg_flush(box);\n\tuse(error);\n\treturn (error);\n")
    upstream.commit("Flush.", {A: ident("a.c", "1.2") + first})
    flush = b"\timsg_flush(box);\n"
    moved = first.replace(flush, b"").replace(b"\terror = open", flush + b"\terror = open")
    upstream.commit("Sooner, and the grammar of it.", {A: ident("a.c", "1.3") + moved})
    assert looked_at(upstream)[-1].topics == ()


def dates(upstream: Upstream, window: Window, since: str = "") -> list[str]:
    target = Downstream()
    target.commit("Other.", {"bin/x": b"x\n"})
    run = ComponentRun(replace(dhclient(Mode.WATCH), watch=window), "OpenBSD", upstream, target, Notes())
    outcome = run.plan(target.tip, Scope(lambda seen: len(seen) - 1, since=since)).outcome
    assert len(outcome.looked_at) == len(outcome.watched)
    return [one.subject for one in outcome.watched]


def test_how_far_back_is_for_the_map_and_the_caller_to_say() -> None:
    upstream = begun()
    ids = [
        upstream.commit(f"Number {number}.", {A: ident("a.c", f"1.{number}") + BODY + b"\n" * number}).id
        for number in range(2, 6)
    ]
    everything = dates(upstream, Window(since="1995-01-01"))
    assert len(everything) == 5 and everything[-1] == "Number 5."
    assert dates(upstream, Window(since=ids[2])) == ["Number 4.", "Number 5."]
    assert dates(upstream, Window(since="2030-01-01")) == []
    assert dates(upstream, Window(), ids[1]) == ["Number 3.", "Number 4.", "Number 5."]
    assert len(dates(upstream, Window(days=1))) < 5


def test_that_upstream_ended_is_said_with_and_without_the_map() -> None:
    upstream = begun()
    upstream.commit("Gone.", {A: None, PAGE: None})
    target = Downstream()
    target.commit("Other.", {"bin/x": b"x\n"})
    for retired, says in ((None, "deleted the last file"), (Retired("1996-01-01", "next"), "next followed")):
        run = ComponentRun(replace(dhclient(Mode.WATCH), retired=retired), "OpenBSD", upstream, target, Notes())
        outcome = run.plan(target.tip, Scope(lambda seen: len(seen) - 1)).outcome
        (notice,) = [one for one in outcome.notices if one.kind == "retired"]
        assert says in notice.text
