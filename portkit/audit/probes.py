"""How large payloads are on the target: questions to a compiler, put where the length is written, in code that is
checked and never run.

In place of a length stands an array of that many elements, a pointer to which is given a number: the compiler names the
type of the array when it objects, with its length where that is known while compiling. So every compiler can answer,
of types that only a function knows, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from portkit.audit.checking import Checked
from portkit.audit.messages import Message, Part

_ANSWER = re.compile(r"initializing 'struct portkit_([wp])(\d+) \(\*\)\[([^\]]*)\]'")
_SIZEOF = re.compile(rb"sizeof\s*(?:\((?:[^()]|\([^()]*\))*\)|\*?\s*\w+)")

Key = tuple[int, int, int]
"""A part of a payload: the message, its sending and the part, by their numbers."""


@dataclass(frozen=True, slots=True)
class Probes:
    """`sources`: by path, files with questions in them; `keys`: what each question asks about."""

    sources: Mapping[str, bytes] = field(default_factory=dict)
    keys: tuple[Key, ...] = ()


def probes(found: Sequence[Message], contents: Mapping[str, bytes]) -> Probes:
    """What to ask about `found`, the messages of `contents`."""
    keys: list[Key] = []
    asked: dict[str, list[tuple[int, int, int]]] = {}
    for m, message in enumerate(found):
        for s, sending in enumerate(message.senders):
            for p, part in enumerate(sending.parts):
                if part.at is not None:
                    asked.setdefault(sending.place.path, []).append((*part.at, len(keys)))
                    keys.append((m, s, p))
    return Probes({path: _questioned(contents[path], questions) for path, questions in asked.items()}, tuple(keys))


def sized(found: Sequence[Message], asked: Probes, checked: Iterable[Checked]) -> tuple[Message, ...]:
    """`found` with the sizes that a compiler tells of the questioned sources."""
    whole: dict[Key, int] = {}
    least: dict[Key, int] = {}
    for unit in checked:
        for said in unit.diagnostics:
            match = _ANSWER.search(said.text)
            if match and match[3].isdecimal() and int(match[2]) < len(asked.keys):
                key = asked.keys[int(match[2])]
                if match[1] == "w":
                    whole[key] = int(match[3])
                else:
                    least[key] = least.get(key, 0) + int(match[3])
    result = []
    for m, message in enumerate(found):
        senders = tuple(
            replace(
                sending,
                parts=tuple(
                    _answered(part, whole.get((m, s, p)), least.get((m, s, p), 0))
                    for p, part in enumerate(sending.parts)
                ),
            )
            for s, sending in enumerate(message.senders)
        )
        result.append(replace(message, senders=senders))
    return tuple(result)


def _answered(part: Part, whole: int | None, least: int) -> Part:
    """`part` with its size; of what is added again and again, once is the least."""
    if part.repeats and whole is not None:
        return replace(part, least=whole)
    return replace(part, size=whole, least=least)


def _questioned(content: bytes, questions: Sequence[tuple[int, int, int]]) -> bytes:
    """`content` with a question in place of each length. Lines stay as they are; of two lengths in one place, as of a
    function that sends several types, only the first is asked about."""
    result = content
    last = len(content) + 1
    for start, end, number in sorted(questions, reverse=True):
        if end > last:
            continue
        last = start
        expression = content[start:end]
        flat = b" ".join(expression.split())
        asks = [_asks(b"w", number, flat)] + [_asks(b"p", number, one) for one in _SIZEOF.findall(flat)]
        lines = b"\n" * expression.count(b"\n")
        result = result[:start] + b"({ " + b" ".join(asks) + b" (" + flat + b"); })" + lines + result[end:]
    return result


def _asks(kind: bytes, number: int, expression: bytes) -> bytes:
    name = b"portkit_%s%d" % (kind, number)
    return b"{ struct %s { char c; }; struct %s (*portkit_q)[%s] = 1; (void)portkit_q; }" % (name, name, expression)
