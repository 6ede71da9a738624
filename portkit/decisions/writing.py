"""The decisions file as text: an entry put in, an entry taken back. What a person wrote stays, to the byte.

One block an entry, in the order of path and revision: two people's entries meet in a merge only where they are on the
same thing.
"""

from __future__ import annotations

import json
import re

from portkit.decisions.model import Decision, Decisions

HEADER = """\
# What people decided of upstream's changes to {component}. Read by every sync, written by `portkit decide`;
# to be edited and reviewed like any other file. An entry is known by the path and the revision it is on.
"""

_PLAIN = re.compile(r"[A-Za-z(][A-Za-z0-9 ,.;()/_+=<>@-]*[A-Za-z0-9.)>;]")


def with_entry(text: str, decisions: Decisions, new: Decision, *, component: str) -> str:
    """`text`, which holds `decisions`, with `new` in its place among them."""
    block = rendered(new)
    if not text.strip() or not decisions.every:
        head = text if text.strip() else HEADER.format(component=component)
        return f"{_ended(head)}\n{block}"
    lines = text.split("\n")
    later = next((one for one in decisions.every if one.key > new.key), None)
    if later is None:
        return f"{_ended(text)}\n{block}"
    at = later.line - 1
    while at > 0 and lines[at - 1].lstrip().startswith("#"):  # a comment above an entry is the entry's
        at -= 1
    if at == 0 or lines[at - 1].strip():
        return "\n".join([*lines[:at], *block.rstrip("\n").split("\n"), *lines[at:]])
    return "\n".join([*lines[:at], *block.rstrip("\n").split("\n"), "", *lines[at:]])


def without_entry(text: str, decisions: Decisions, old: Decision, *, reason: str, who: str) -> str:
    """`text` with a note at the end of the entry `old` that it holds no longer, and why."""
    lines = text.split("\n")
    after = min((one.line - 1 for one in decisions.every if one.line > old.line), default=len(lines))
    end = after
    while end > old.line and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    indent = _indent(lines[old.line - 1])
    note = [f"{indent}reopened: {_scalar(reason)}"] + ([f"{indent}reopened-by: {_scalar(who)}"] if who else [])
    rest = lines[end:]
    return "\n".join([*lines[:end], *note, *(rest or [""])])


def rendered(decision: Decision) -> str:
    """One entry, ending with a newline."""
    out = [f"- decision: {decision.kind}", "  of:"]
    out += [f"    - {_scalar(str(one))}" for one in decision.of]
    if decision.hunk:
        out.append(f"  hunk: {decision.hunk}")
    if decision.lines:
        out.append(f"  lines: {_quoted(decision.lines)}")
    if decision.until is not None:
        out.append(f"  until: {_scalar(str(decision.until))}")
    out.append(f"  reason: {_scalar(decision.reason)}")
    if decision.who:
        out.append(f"  who: {_scalar(decision.who)}")
    if len(decision.changesets) == 1:
        out.append(f"  changeset: {_quoted(decision.changesets[0])}")
    elif decision.changesets:
        out.append("  changeset:")
        out += [f"    - {_quoted(one)}" for one in decision.changesets]
    if decision.conflict:
        out.append(f"  conflict: {decision.conflict}")
    return "\n".join(out) + "\n"


def _indent(first: str) -> str:
    """How far the keys of an entry are indented, from its first line."""
    match = re.match(r"(\s*)-(\s+)", first)
    return " " * len(match[0]) if match else "  "


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _scalar(text: str) -> str:
    """`text` as a YAML value: as it is where nothing in it means something to YAML, else in double quotes."""
    known = _PLAIN.fullmatch(text) and text.lower() not in ("null", "true", "false", "yes", "no", "on", "off")
    return text if known else _quoted(text)


def _quoted(text: str) -> str:
    """`text` in double quotes: JSON's, all of which YAML reads (YAML 1.2, section 1.3). Hex digits alone may be a
    number to YAML."""
    return json.dumps(text, ensure_ascii=False)
