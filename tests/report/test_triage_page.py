"""The triage page: why, who, what next; with and without a script, in a real browser (where one is there)."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from page_reading import CONTRAST, Tags, opened
from playwright.sync_api import Browser, Page
from report_outcomes import HOSTILE, blocked, component, conflict, hostile, parked

from portkit.merge.kinds import ConflictKind
from portkit.report.links import Links
from portkit.report.triage import Triage, triage, triage_object
from portkit.report.triage_markdown import WIDTH, markdown
from portkit.report.triage_page import page
from portkit.sync.outcome import ComponentOutcome
from portkit.triage.card import Card, Cause, CauseKind, Excerpt, Proof, Span, Suggestion
from portkit.triage.order import Order, OrderStep

LINKS = Links("https://target.example/{id}", "https://up.example/{id}", "https://cvs.example/{path}?rev={revision}")
LOCAL, MISSING = "1a" * 20, "2b" * 20

ONE = conflict("c-000000000001", base=b"a b;\n", ours=b"a X;\n", theirs=b"a Y;\n")
TWO = conflict("c-000000000002", ConflictKind.GATE, "sbin/d/e.c", function="other")
THREE = conflict("c-000000000003", file="sbin/d/f.c", function="third")


def cause(kind: CauseKind = CauseKind.LOCAL_COMMIT, ref: str = LOCAL, subject: str = "Ours.") -> Cause:
    return Cause(
        kind, ref, "it changed the lines in question", Proof.CONFIRMED, subject, "Pat Porter", 1340000000,
        "sbin/d/d.c", (Span((4, 1), (4, 1)),), change="-a b;\n+a X;\n",
    )  # fmt: skip


def around(inside: bytes, before: bytes = b"before\n", after: bytes = b"after\n") -> Excerpt:
    return Excerpt(3, before, inside, after)


CARDS = {
    ONE.id: Card(
        ONE.id, (cause(),), (replace(cause(ref="3c" * 20, subject="Near."), proof=Proof.REFUTED),), 2, 2, False,
        (Suggestion("order", "resolve this: 1 changeset then fits as it is (tried, with upstream's side)"),
         Suggestion("word-merge", "by words it is clean", (), "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n", "no")),
        around(ONE.base), around(ONE.ours), around(ONE.theirs),
    ),
    TWO.id: Card(
        TWO.id, (cause(CauseKind.MISSING_CHANGESET, MISSING, "Theirs."),), (), 1, 1, True,
        (Suggestion("order", "take it first", (f"portkit sync d --changeset {MISSING[:12]}",)),),
    ),
    THREE.id: Card(THREE.id, (Cause(CauseKind.DRIFT, "", "nothing can be named", Proof.UNTESTED),)),
}  # fmt: skip


def outcomes() -> tuple[ComponentOutcome, ...]:
    return (
        component(parked(1, ONE, TWO), blocked(2, 1), name="d"),
        component(parked(3, THREE), name="e"),
        component(name="sleepy"),
    )


def view(links: Links | None = None, scope: tuple[str, ...] = ()) -> Triage:
    orders = {"d": Order(0, "", (OrderStep((f"{1:040x}",), (f"{2:040x}",), True),)), "e": Order(0, "", ())}
    return triage(outcomes(), CARDS, orders, as_of="2012-08-20", links=links, scope=scope)


def bad() -> Triage:
    """Everything that comes from a repository is the worst there is."""
    one = hostile()
    conflicts = [found for changeset in one.changesets for file in changeset.files for found in file.conflicts]
    nasty = Cause(
        CauseKind.LOCAL_PATCH, HOSTILE, HOSTILE, Proof.CONFIRMED, HOSTILE, HOSTILE, 1, HOSTILE,
        (Span((1, 1), (1, 1)),), change=f"-{HOSTILE}\n+</pre>{'x' * 5000}\n",
    )  # fmt: skip
    text = f"{HOSTILE}\n</pre>{'z' * 5000}\n".encode()
    side = Excerpt(1, text, text, text)
    ids = {found.id for found in conflicts}
    suggestion = Suggestion("word-merge", HOSTILE, (f"echo {HOSTILE}",), f"---\n+++\n-{HOSTILE}\n", HOSTILE)
    cards = {id: Card(id, (nasty,), (nasty,), 2, 2, False, (suggestion,), side, side, side) for id in ids}
    roots = (f"{1:040x}",)
    order = Order(1, HOSTILE, (OrderStep(roots, (HOSTILE,)),))
    return triage([one], cards, {one.name: order}, as_of="2012-08-20", links=LINKS, scope=("--onto", HOSTILE))


def html(shown: Triage) -> str:
    return page(shown).decode()


@pytest.mark.parametrize("worst", [False, True])
def test_it_is_well_formed_and_runs_only_its_own_script(worst: bool) -> None:
    text = html(bad() if worst else view(LINKS))
    read = Tags(text)
    assert read.wrong == []
    assert read.open == []
    names = [tag for tag, _ in read.tags]
    assert names.count("script") == 1
    assert not {"img", "link", "iframe", "object", "base", "svg"} & set(names)
    script = text.partition("<script>")[2].partition("</script>")[0]
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(attributes["content"] or "" for tag, attributes in read.tags if "http-equiv" in attributes)
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    for tag, attributes in read.tags:
        assert not any(name.startswith("on") or name in ("src", "style", "action") for name in attributes), tag
        target = attributes.get("href") or "#"
        assert target.startswith(("#", "https://target.example/", "https://up.example/", "https://cvs.example/"))
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in read.tags:
        if tag == "a" and (attributes["href"] or "").startswith("#"):
            assert (attributes["href"] or "")[1:] in ids
        if tag == "label":
            assert attributes["for"] in ids
    levels = [int(tag[1]) for tag in names if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_hostile_text_is_text() -> None:
    text = html(bad())
    words = "".join(Tags(text).words)
    assert "<script>alert(1)</script> <img src=x onerror=alert(2)> &lt; &#60; {{ 7*7 }} {% raw %}" in words
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text)
    assert HOSTILE not in text
    assert max(len(line) for line in text.splitlines()) < 20000


def test_each_card_says_why_who_and_what_next() -> None:
    text = html(view(LINKS))
    words = " ".join("".join(Tags(text).words).split())
    assert "Ours." in words
    assert f"local commit {LOCAL[:10]} · Pat Porter · 2012-06-18" in words
    assert "without what it changed at line 4, this is clean and upstream's change" in words
    assert f'href="https://target.example/{LOCAL}"' in text
    assert f'href="https://up.example/{MISSING}"' in text
    assert f"portkit sync d --changeset {MISSING[:12]}" in words
    for id in CARDS:
        assert f"portkit resolve {id}" in words
        assert f"portkit decide skip {id} --reason 'why'" in words
    assert "nothing can be named" in words
    assert "1 guess refuted" in words
    assert "The gate says: no" in words
    assert "sleepy" not in words


def test_the_words_that_differ_are_marked_in_all_three() -> None:
    text = html(view())
    assert "a <mark>b</mark>;" in text
    assert "a <mark>X</mark>;" in text
    assert "a <mark>Y</mark>;" in text
    assert '<span class="line near"><i>3</i><span>before\n</span></span>' in text
    assert '<i>4</i><span>a <mark>X</mark>;\n' in text


@pytest.mark.parametrize(
    ("base", "ours", "shown"),
    [
        (b"\ta b;\n", b"\t\ta X;\n", "\t\ta <mark>X</mark>;"),
        (b"\ta b;\n", b"        a b;\n", "<mark>        </mark>a b;"),
    ],
)
def test_an_indent_is_marked_only_where_nothing_else_differs(base: bytes, ours: bytes, shown: str) -> None:
    one = replace(ONE, base=base, ours=ours, theirs=base)
    card = replace(CARDS[ONE.id], base=around(base), ours=around(ours), theirs=around(base))
    text = html(triage((component(parked(1, one)),), {one.id: card}, {}, as_of="2012-08-20"))
    assert shown in text


def test_commands_name_the_run_that_was_asked_for() -> None:
    words = "".join(Tags(html(view(scope=("--onto", "abc", "--until", "2012-08-15")))).words)
    assert f"portkit resolve {ONE.id} --onto abc --until 2012-08-15" in words
    assert f"portkit decide skip {ONE.id} --reason 'why' --onto abc --as-far-as 2012-08-15" in words


def test_where_nothing_waits_it_says_so_in_a_line() -> None:
    shown = triage((component(name="sleepy"),), {}, {}, as_of="2012-08-20")
    text = html(shown)
    assert "Nothing waits" in text
    assert "<script>" not in text
    assert markdown(shown) == b"# What waits for you, 2012-08-20\n\nNothing waits.\n"


def test_the_mail_is_narrow_and_says_the_same() -> None:
    text = markdown(view()).decode()
    assert max(len(line) for line in text.splitlines() if "portkit " not in line) <= WIDTH
    for part in (ONE.id, LOCAL[:10], "Ours.", "confirmed", "nothing can be named"):
        assert part in text
    hostile_mail = markdown(bad()).decode()
    assert "\x1b" not in hostile_mail
    for line in hostile_mail.splitlines():
        assert line.startswith(("#", "    ")) or "<" not in line


def test_the_json_is_that_of_conflicts() -> None:
    told = triage_object(view())
    assert (told["schema"], told["command"], told["kind"], told["as_of"]) == (1, "report", "triage", "2012-08-20")
    assert [one["id"] for one in told["conflicts"]] == [ONE.id, TWO.id, THREE.id]
    assert told["conflicts"][0]["causes"][0]["ref"] == LOCAL
    assert json.loads(json.dumps(told)) == told


# In a browser.


def visible(shown: Page) -> list[str]:
    found = shown.evaluate(
        "[...document.querySelectorAll('section.place')].filter(one => one.offsetParent).map(one => one.ariaLabel)"
    )
    return [str(one) for one in found]


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("worst", [False, True])
def test_no_sideways_scrolling_no_requests(browser: Browser, tmp_path: Path, width: int, worst: bool) -> None:
    shown, heard = opened(browser, tmp_path, html(bad() if worst else view(LINKS)), width, "light")
    shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert heard == []
    shown.close()


def test_both_colour_schemes_are_readable(browser: Browser, tmp_path: Path) -> None:
    papers = set()
    for scheme in ("light", "dark"):
        shown, _ = opened(browser, tmp_path, html(view(LINKS)), 1000, scheme)
        shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        ratio, where, paper = shown.evaluate(CONTRAST)
        assert ratio >= 4.5, (scheme, where)
        papers.add(paper)
        shown.close()
    assert len(papers) == 2


@pytest.mark.parametrize("script", [True, False])
def test_filters_work_with_and_without_a_script(browser: Browser, tmp_path: Path, script: bool) -> None:
    context = browser.new_context(java_script_enabled=script)
    (tmp_path / "triage.html").write_text(html(view()), "utf-8")
    shown = context.new_page()
    shown.goto((tmp_path / "triage.html").as_uri())

    def ids() -> list[str]:
        every = shown.locator("section.place").all()
        return [str(one.get_attribute("aria-label")) for one in every if one.is_visible()]

    assert ids() == [ONE.id, TWO.id, THREE.id]
    shown.locator("label", has_text="gate").click()
    assert ids() == [TWO.id]
    assert shown.locator("#list tr[data-place]:visible").count() == 1
    assert shown.locator("main > article:visible").count() == 1
    shown.locator("fieldset", has_text="kind").locator("label", has_text="all").click()
    shown.locator("label", has_text="drift").click()
    assert ids() == [THREE.id]
    shown.locator("button", has_text="show all").click()
    shown.locator("main > article").nth(1).wait_for(state="visible")
    shown.locator("main > article").nth(0).wait_for(state="visible")
    assert len(ids()) == 3
    assert shown.locator("#search").is_visible() is script
    context.close()


def test_search_keys_and_copying(browser: Browser, tmp_path: Path) -> None:
    shown, heard = opened(browser, tmp_path, html(view()), 1000, "light")
    shown.keyboard.press("j")
    assert shown.evaluate("document.activeElement.id") == "p1"
    shown.keyboard.press("j")
    assert shown.evaluate("document.activeElement.id") == "p2"
    shown.keyboard.press("k")
    assert shown.evaluate("document.activeElement.id") == "p1"
    shown.keyboard.press("c")
    shown.wait_for_function("['copied', 'selected'].includes(document.querySelector('#p1 .copy').textContent)")
    shown.keyboard.press("/")
    shown.keyboard.type("third DRIFT")
    assert visible(shown) == []
    shown.locator("#search").fill("third nothing")
    assert visible(shown) == [THREE.id]
    assert shown.locator("#shown").text_content() == "1 of 3 shown"
    assert shown.locator("main > article:visible").count() == 1
    shown.keyboard.press("Escape")
    assert len(visible(shown)) == 3
    assert heard == []
    shown.close()


def test_sides_stand_beside_each_other_where_there_is_room(browser: Browser, tmp_path: Path) -> None:
    for width, beside in ((1200, True), (360, False)):
        shown, _ = opened(browser, tmp_path, html(view()), width, "light")
        boxes = [shown.locator(".sides").first.locator("figure").nth(index).bounding_box() for index in range(3)]
        assert (len({box["y"] for box in boxes if box is not None}) == 1) is beside
        shown.close()
