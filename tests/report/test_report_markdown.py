"""The Markdown: it reads as a mail, answers first what is asked first, and nothing in it comes alive."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from report_outcomes import HOSTILE, ONTO, blocked, component, conflict, hostile, parked, ported

from portkit.report.shown import headline
from portkit.report.weekly import Links, render, weekly
from portkit.sync.outcome import ComponentOutcome


def mail(*outcomes: ComponentOutcome, previous: dict[str, object] | None = None, links: Links | None = None) -> str:
    return render(weekly(outcomes, as_of="2012-08-15", links=links, previous=previous), "md").decode()


def test_the_first_screen_answers(outcomes: tuple[ComponentOutcome, ...]) -> None:
    text = mail(*outcomes)
    first = "\n".join(text.splitlines()[:32])
    assert "**Landed:** 11 changesets: 3 of msg, 8 of leased." in first
    waits = "3 changesets do not fit, in 4 places; 2 more wait for those; 1 changeset on worksheets of ports."
    assert f"**Waits for you:** {waits}" in " ".join(first.split())
    leased = outcomes[1]
    assert f"    git log -p {leased.onto[:12]}..portkit/leased\n" in first
    assert f"    git log -p {leased.onto[:12]}..portkit/leased-draft\n" in first
    assert "    portkit sync leased" in first


def test_everything_is_told(outcomes: tuple[ComponentOutcome, ...]) -> None:
    text = mail(*outcomes)
    folded = " ".join(text.split())
    for one in outcomes[1].changesets:
        assert one.changeset.id[:10] in text
        assert headline(one.changeset.message) in folded
        assert one.commit is None or one.commit[:10] in text
    for words in (
        "### Blocked by 1\n", "### Already there (1)", "lib/libmsg/msg-debug.c", "c-b9f1579a8b9a content",
        "sbin/leased/leased.c, usage, hunk 2", "the change stands at another place than upstream's",
        "blocks 2: 3ff9b7d50e, 7d10df3179", "sbin/leased/bootp.c: deleted on purpose", "clockd: ask less often.",
        "3 hunks on files that the target has", "the oldest 91 days behind", "stands on portkit/msg, which it needs",
    ):  # fmt: skip
        assert words in text or words in folded, words
    assert re.search(r"ours +> +while .*c:dnr:v", text)


def test_it_fits_a_mail(outcomes: tuple[ComponentOutcome, ...]) -> None:
    text = mail(*outcomes)
    assert max(len(line) for line in text.splitlines()) <= 72
    assert "\t" not in text
    assert not re.search(r" $", text, re.MULTILINE)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_hostile_text_is_text() -> None:
    """The rendered HTML of the Markdown has nothing in it that the report did not put there."""
    text = mail(hostile())
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text)
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text)
    tags = set(re.findall(r"</?([a-zA-Z][a-zA-Z0-9]*)", html))
    assert tags <= {"h1", "h2", "h3", "p", "pre", "code", "strong"}
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "&amp;lt;" in html
    assert "{{ 7*7 }}" in html
    assert "\\x1b[31m" in html
    assert "\\u202e" in html
    assert "\\udcff" in html
    headings = re.findall(r"<h[1-6]>(.*?)</h[1-6]>", html)
    assert headings[0] == "Upstream sync, 2012-08-15"
    assert not any("A heading" in heading for heading in headings)


def test_no_line_is_endless() -> None:
    text = mail(hostile())
    assert max(len(line) for line in text.splitlines()) < 2000
    assert "more characters)" in text
    assert len(text) < 60_000


def test_nothing_new_takes_three_lines() -> None:
    before = json.loads(render(weekly([component(ported(1), parked(2, conflict()))], as_of="2012-08-08"), "json"))
    lines = [line for line in mail(component(ported(1), parked(2, conflict())), previous=before).splitlines() if line]
    assert lines == [
        "# Upstream sync, 2012-08-15",
        "Nothing new since 2012-08-08; 1 changeset still waits for you.",
        "Next: `portkit sync d`, again, once the target is mended.",
    ]
    assert [line for line in mail(component(tip="")).splitlines() if line] == [
        "# Upstream sync, 2012-08-15", "Nothing new, and nothing waits for you.", "Next: nothing to do.",
    ]  # fmt: skip


def test_new_still_open_and_closed_are_told() -> None:
    one, two, three = (conflict(f"c-{number:012x}", base=b"base of %d\n" % number) for number in (1, 2, 3))
    before = json.loads(render(weekly([component(parked(1, one), parked(2, two))], as_of="2012-08-08"), "json"))
    text = mail(component(parked(2, two), parked(3, three), ported(4)), previous=before)
    folded = " ".join(text.split())
    assert "New since 2012-08-08: 1; still open: 1. Closed since 2012-08-08: 1." in folded
    assert f"{three.id}  content  new\n" in text
    assert f"{two.id}  content\n" in text
    assert "base of 3" in text
    assert "base of 2" not in text  # told in full once
    assert "## Closed since the last report\n\n    c-000000000001  no longer pending\n" in text
    assert "krw  new\n        Subject 4." in text


def test_what_is_not_written_is_not_said_to_be() -> None:
    text = mail(component(ported(1, commit=None), tip=""))
    assert "would land" in text
    assert "git log" not in text
    assert "portkit sync d " in text
    assert "not written" in text


def test_what_several_hold_up_names_them_all() -> None:
    roots = (parked(1, conflict()), parked(2, conflict("c-000000000002")))
    text = mail(component(*roots, blocked(3, 1, 2), blocked(4, 2)))
    assert "### Blocked by 1 and 2\n\n    0000000000  2012-08-15  krw\n        Subject 3." in text
    assert "### Blocked by 2\n\n    0000000000  2012-08-15  krw\n        Subject 4." in text


def test_links_stand_with_what_waits() -> None:
    text = mail(component(parked(1, conflict())), links=Links(changeset="https://up.example/{id}"))
    assert f"\n<https://up.example/{1:040x}>\n" in text
    assert "http" not in mail(component(parked(1, conflict())))


def test_a_branch_name_cannot_leave_its_command() -> None:
    outcome = component(ported(1), name="d; rm -rf ~")
    text = mail(outcome)
    assert f"git log -p {ONTO[:12]}..'portkit/d; rm -rf ~'" in text
    assert "## `d; rm -rf ~` (sync)" in text


@pytest.mark.parametrize("format", ["md", "json", "html"])
def test_the_same_inputs_give_the_same_bytes(outcomes: tuple[ComponentOutcome, ...], format: str) -> None:
    made = [render(weekly([*outcomes, hostile()], as_of="2012-08-15"), format) for _ in range(2)]
    assert made[0] == made[1]
    assert b"2012-08-15" in made[0]


def test_the_json_is_the_whole_report(outcomes: tuple[ComponentOutcome, ...]) -> None:
    told = json.loads(render(weekly(outcomes, as_of="2012-08-15"), "json"))
    assert list(told)[:4] == ["schema", "command", "kind", "as_of"]
    assert (told["schema"], told["command"], told["kind"], told["as_of"]) == (1, "report", "weekly", "2012-08-15")
    assert [one["name"] for one in told["components"]] == ["msg", "leased", "clockd", "logd"]
    assert told["components"][2]["watched"][0]["subject"].startswith("clockd: ask less often.")
    assert told["delta"]["new"] == [one["id"] for one in told["conflicts"]]
    assert len(told["conflicts"]) == 4
    hostile_one = json.loads(render(weekly([hostile()], as_of="2012-08-15"), "json"))
    assert HOSTILE in hostile_one["conflicts"][0]["base"]


def test_a_name_cannot_leave_its_code_span() -> None:
    text = mail(component(ported(1), name="a`*b*``_c_`<i>"))
    html = MarkdownIt("commonmark").render(text)
    assert "<h2><code>a`*b*``_c_`&lt;i&gt;</code> (sync)</h2>" in html
    assert "<em>" not in html


def test_what_a_person_resolved_is_not_said_to_be_checked() -> None:
    one = ported(1)
    resolved = replace(one, files=tuple(replace(file, resolutions=("d-1",)) for file in one.files))
    text = " ".join(mail(component(resolved, ported(2))).split())
    assert "1 as a person resolved it; the others are checked to be upstream's change." in text
    assert "each commit but the 1 that a person resolved makes upstream's change" in text
    assert "krw by hand" in text
    assert "by hand" not in mail(component(ported(2)))
