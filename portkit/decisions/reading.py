"""Decisions out of the nodes of a decisions file, every mistake with its line.

    - decision: skip
      of:
        - sbin/dhclient/dhclient.c 1.120
      changeset: 8c81d2c0fd...        a note, as `conflict` is
      reason: the target has no routing domains
      who: Pat Porter <pat@example.org>
"""

from __future__ import annotations

from collections.abc import Mapping

from portkit.change.revision import FileRevision, parse_revision
from portkit.components import locations
from portkit.components.keys import Key
from portkit.components.mistakes import Mistakes
from portkit.components.reading import Reader
from portkit.components.tree import Kind, Node
from portkit.decisions.model import Decision, DecisionKind, Decisions, Until, Wait

HINT = "docs/decisions.md shows what an entry looks like; nothing was changed"

_ANY: Mapping[str, object] = {}
KEYS = (
    Key("decision", "skip, defer, not-applicable or squash", _ANY, required=True),
    Key("of", "what it is on, each as `path revision`", _ANY, required=True),
    Key("hunk", "only this hunk of the one file, counted from 1", _ANY),
    Key("lines", "a digest of that hunk, by which it is known again", _ANY),
    Key("until", "a day, `path revision`, or `baseline path revision`", _ANY),
    Key("reason", "why, for people", _ANY, required=True),
    Key("who", "who decided", _ANY),
    Key("changeset", "upstream's changesets by their hashes, a note", _ANY),
    Key("conflict", "the conflict that it settles, a note", _ANY),
    Key("reopened", "why it holds no longer", _ANY),
    Key("reopened-by", "who took it back", _ANY),
)
"""Every key of an entry. One that is not listed here is a mistake, so that none is silently without effect."""


def read_decisions(data: Node | None, file: str) -> Decisions:
    """The decisions in `data`, the top of the file `file`. Raises MapError (a UserError) with every mistake found."""
    mistakes = Mistakes(file, HINT)
    reader = Reader(mistakes)
    every: list[Decision] = []
    for key, node, keys in reader.records(data, "", KEYS):
        decision = _decision(reader, node, key, keys)
        if decision is not None:
            every.append(decision)
    result = Decisions(tuple(every), file)
    for earlier, later in result.contradictions():
        text = f"line {earlier.line} says {earlier.kind} of the same thing; take one of them out, or reopen it"
        mistakes.add(later.line, "", text)
    mistakes.raise_any()
    return result


def _decision(reader: Reader, node: Node, key: str, keys: Mapping[str, Node]) -> Decision | None:
    if node.kind is not Kind.MAPPING:
        return None
    kind = reader.word(keys.get("decision"), f"{key}.decision", DecisionKind, "decision", DecisionKind.SKIP)
    of = tuple(
        found for text, _ in reader.texts(keys.get("of"), f"{key}.of", _problem_with_file)
        if (found := parse_revision(text)) is not None
    )  # fmt: skip
    if "of" in keys and keys["of"].kind is Kind.LIST and not keys["of"].items:
        reader.wrong(keys["of"], f"{key}.of", "at least one `path revision` is needed")
    until = _until(reader, keys.get("until"), f"{key}.until")
    if until is not None and kind is not DecisionKind.DEFER:
        reader.wrong(keys["until"], f"{key}.until", "only what is deferred waits for something")
    hunk = _hunk(reader, keys.get("hunk"), f"{key}.hunk")
    if hunk and (len(of) != 1 or kind is DecisionKind.SQUASH):
        reader.wrong(keys["hunk"], f"{key}.hunk", "a hunk is one of one file: `of` must name that file alone")
    reason = reader.words(keys.get("reason"), f"{key}.reason") if "reason" in keys else ""
    changesets = tuple(
        text for text, _ in reader.texts(keys.get("changeset"), f"{key}.changeset", locations.problem_with_hash)
    )
    if not of:
        return None
    return Decision(
        kind, tuple(sorted(set(of))), reason,
        who=reader.text(keys.get("who"), f"{key}.who"),
        until=until, hunk=hunk,
        lines=reader.text(keys.get("lines"), f"{key}.lines"),
        changesets=changesets,
        conflict=reader.text(keys.get("conflict"), f"{key}.conflict"),
        reopened=reader.words(keys.get("reopened"), f"{key}.reopened") if "reopened" in keys else "",
        line=node.line,
    )  # fmt: skip


def _problem_with_file(text: str) -> str:
    return "" if parse_revision(text) is not None else "is no `path revision`, such as sbin/dhclient/dhclient.c 1.120"


def _hunk(reader: Reader, node: Node | None, key: str) -> int:
    if node is None:
        return 0
    if node.kind is not Kind.NUMBER or not node.text.isdecimal() or int(node.text) < 1:
        reader.wrong(node, key, f"the number of a hunk is expected here, from 1, found {node.shown()}")
        return 0
    return int(node.text)


def _until(reader: Reader, node: Node | None, key: str) -> Until | None:
    if node is None:
        return None
    text = node.text.strip() if node.scalar else ""
    found = parse_until(text)
    if found is None:
        said = repr(text) if text else str(node.kind)
        reader.wrong(node, key, f"{said} is no day (YYYY-MM-DD), no `path revision`, no `baseline path revision`")
    return found


def parse_until(text: str) -> Until | None:
    """What `str(Until)` wrote as `text`; None where it did not."""
    if not locations.problem_with_day(text):
        return Until(Wait.DAY, day=text)
    wait = Wait.BASELINE if text.startswith("baseline ") else Wait.CHANGESET
    revision: FileRevision | None = parse_revision(text.removeprefix("baseline "))
    return Until(wait, revision=revision) if revision is not None else None
