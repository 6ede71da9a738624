"""How watched changesets are told: what is worth reading first stands first, with its evidence."""

from __future__ import annotations

from dataclasses import replace

from report_outcomes import changeset

from portkit.report.watched import evidence_of, ordered, summary, told, topics_of
from portkit.sync.watched import Evidence, Topic, Watched, Where


def watched(number: int, message: str, *evidence: Evidence) -> Watched:
    return Watched(changeset(number, message), (), evidence)


PAGE = Evidence(Topic.DOCUMENTATION, Where.FILE, "sbin/d/d.8")
PRIV = Evidence(Topic.PRIVSEP, Where.FUNCTION, "priv_open")


def test_security_comes_from_the_log_and_stands_first() -> None:
    one = watched(1, "Check the length of a message before use.", PAGE, PRIV)
    assert topics_of(one) == (Topic.SECURITY, Topic.PRIVSEP, Topic.DOCUMENTATION)
    assert evidence_of(one)[0].where is Where.LOG
    assert told(one).startswith("security: '")
    assert told(one).endswith("; privsep: priv_open(); documentation: sbin/d/d.8")


def test_order_and_summary() -> None:
    plain = watched(1, "Sort.")
    page = watched(2, "Say more.", PAGE)
    secure = watched(3, "Fix a buffer overflow.")
    decided = replace(watched(4, "Fix a buffer overflow."), decided="skip: not ours")
    assert [one.changeset.id for one in ordered([plain, page, secure, decided])] == [
        one.changeset.id for one in (secure, page, plain, decided)
    ]
    assert summary([plain, page, secure, decided]) == "2 security, 1 documentation, 1 other"
    assert told(plain) == ""
