"""The messages between a privileged and an unprivileged process: each type, who sends it and with what, who receives
it, and whether the receiver looks at the length before it uses what came.

Of imsg, and of its forebears: a header with a code and a length written by hand, or a code byte and what follows it.
How large a payload is only a compiler for the target knows: `probes` asks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from portkit.audit.callgraph import CallGraph, Start
from portkit.audit.csource import CFunction, Token, bodies
from portkit.audit.lacks import Place
from portkit.audit.privsep import RECEIVES, unprivileged

SENDS: Mapping[str, tuple[int, int]] = {
    "imsg_compose": (5, 6), "imsg_add": (1, 2), "ibuf_add": (1, 2), "buf_add": (1, 2), "must_write": (1, 2),
    "imsg_compose_event": (5, 6), "write_block": (-1, 1),
}  # fmt: skip
"""What sends, or adds to what is sent: which argument is the data (-1 for none), and which its length."""

_WITHOUT_LENGTH = {"write_string": 1, "write_command": -1, "imsg_composev": 5, "imsg_forward": -1}
"""The same, where the length is no argument: which one is the data."""

_MUST_READ = frozenset({"must_read", "may_read", "buf_read", "read_block", "read_string", "atomicio", "receive_fd"})
"""Reads of as many bytes as the receiver has room for."""

_LENGTH = re.compile(r"\b(?:\w*len|\w*length|datalen|hdr \. len|size)\b")
_COMPARES = (b"<", b">", b"<=", b">=", b"!=", b"==")
_DATA = re.compile(r"\b\w+ (?:\.|->) data\b")
_HEADER = re.compile(r"& (?:\w*hdr|cmd|command|code|type)")
"""What is sent before the payload, by hand: a header, or the type itself."""

_REACH = 2
"""How many functions deep a check may stand below the receiver."""


Parsed = Mapping[str, Sequence[tuple[CFunction, Sequence[Token]]]]
"""By path, the functions of a file with their tokens."""


class Guard(StrEnum):
    """What keeps a receiver from using more than came. `checked`: it compares the length; `fixed`: it reads as much as
    it has room for; `unused`: it uses nothing of the payload; `missing`: nothing."""

    CHECKED = "checked"
    FIXED = "fixed"
    UNUSED = "unused"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a payload: the source of its length; `size` in bytes on the target, None where only the running
    program knows; `least`: of the fixed parts of it then; `at`: where in the file the length stands, None where it is
    not written; `repeats`: it is added in a loop, as often as the running program says."""

    text: str
    size: int | None = None
    least: int = 0
    at: tuple[int, int] | None = None
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Sending:
    """Where a message is sent; `side`: privileged, unprivileged, both, or "" where nothing tells."""

    place: Place
    side: str
    parts: tuple[Part, ...]

    @property
    def size(self) -> int | None:
        """Bytes of payload; None where a part of it varies."""
        sizes = [one.size for one in self.parts]
        return sum(one for one in sizes if one is not None) if None not in sizes else None

    @property
    def least(self) -> int:
        """Bytes of payload at the least."""
        return sum(one.least if one.size is None else one.size for one in self.parts)


@dataclass(frozen=True, slots=True)
class Receiving:
    """Where a message is received; `check`: where its length is compared, or read."""

    place: Place
    side: str
    guard: Guard
    check: Place | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One type of message."""

    name: str
    declared: Place | None
    senders: tuple[Sending, ...]
    receivers: tuple[Receiving, ...]

    @property
    def unchecked(self) -> tuple[Receiving, ...]:
        """Receivers that use what came without a look at its length."""
        return tuple(one for one in self.receivers if one.guard is Guard.MISSING)


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a length: its source, one blank between tokens; under which `case` label."""

    text: str
    place: Place
    label: str


def messages(graph: CallGraph, contents: Mapping[str, bytes]) -> tuple[Message, ...]:
    """The messages of some sources, the sizes of their payloads unknown yet (`probes`)."""
    declared, groups = _declared(graph, contents)
    names, parsed = _types(graph, contents, declared, groups)
    receivers = [
        function
        for function in graph.functions.values()
        if any(one in names for one, _ in function.labels) and any(call.name in RECEIVES for call in function.calls)
    ]
    sides = _Sides(graph, receivers)
    result: list[Message] = []
    for name in sorted(names, key=lambda one: _order(declared[one], one)):
        senders: list[Sending] = []
        for path, functions in parsed.items():
            for function, body in functions:
                sent = _sent(name, names, body)
                if sent is None:
                    continue
                line, pieces = sent
                place = Place(path, line, function.name)
                senders.append(Sending(place, sides.of(place), tuple(pieces)))
        receiving = tuple(
            _received(line, function, region, parsed, graph, sides)
            for path, functions in parsed.items()
            for function, body in functions
            if any(call.name in RECEIVES for call in function.calls)
            for line, region in [_region(body, name)]
            if line
        )
        if senders or receiving:
            result.append(Message(name, declared[name], tuple(senders), receiving))
    return tuple(result)


def _order(place: Place | None, name: str) -> tuple[str, int, str]:
    return (place.path, place.line, name) if place is not None else ("", 0, name)


_DEFINED = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+([A-Z][A-Z0-9_]+)[ \t]+\(?(?:0x)?[0-9a-fA-F]+\)?", re.MULTILINE)


def _declared(graph: CallGraph, contents: Mapping[str, bytes]) -> tuple[dict[str, Place], dict[str, str]]:
    """What may be a type of message, enumerators and macros that are numbers; and the group each belongs to: its
    enumeration, or the macros of one file that begin alike."""
    found: dict[str, Place] = {}
    groups: dict[str, str] = {}
    for source in graph.sources:
        for group in source.enums:
            for name, line in group:
                if name.isupper():
                    found.setdefault(name, Place(source.path, line))
                    groups.setdefault(name, f"{source.path} {group[0][1]}")
    for path, content in contents.items():
        for match in _DEFINED.finditer(content):
            name = match[1].decode()
            found.setdefault(name, Place(path, content.count(b"\n", 0, match.start()) + 1))
            groups.setdefault(name, f"{path} {name.partition('_')[0]}")
    return found, groups


def _types(
    graph: CallGraph, contents: Mapping[str, bytes], declared: Mapping[str, Place], groups: Mapping[str, str]
) -> tuple[set[str], Parsed]:
    """The types of message: of each group that has one which is received by a `case` and one which is sent, all; and
    the functions of the files that name one."""
    labels = {
        one
        for function in graph.functions.values()
        if any(call.name in RECEIVES for call in function.calls)
        for one, _ in function.labels
        if one in declared
    } | _composed(graph, declared)
    likely = {groups[one] for one in labels}
    names = {one for one in declared if groups[one] in likely}
    parsed = {
        path: bodies(path, content)
        for path, content in sorted(contents.items())
        if path.endswith(".c") and any(name.encode() in content for name in names)
    }
    sending = {
        groups[name]
        for functions in parsed.values()
        for function, body in functions
        if any(call.name in SENDS or call.name in _WITHOUT_LENGTH for call in function.calls)
        for name in names & {token.text.decode("latin-1") for token in body if token.kind == "word"}
        if _sent(name, names, body) is not None
    }
    return {name for name in names if groups[name] in sending}, parsed


def _composed(graph: CallGraph, declared: Mapping[str, Place]) -> set[str]:
    """The types that are given to what composes a message."""
    found: set[str] = set()
    for function in graph.functions.values():
        for call in function.calls:
            if call.name.startswith(("imsg_compose", "imsg_create", "write_command")):
                found.update(word for one in call.arguments[1:2] for word in one.split() if word in declared)
    return found


class _Sides:
    """On which side of the separation something stands; "" where there is none."""

    def __init__(self, graph: CallGraph, receivers: Sequence[CFunction]) -> None:
        self._starts = unprivileged(graph)
        self._inside = frozenset(graph.walk(self._starts)[0])
        monitors = [Start(one) for one in receivers if (one.path, one.name) not in self._inside]
        self._outside = frozenset(graph.walk(monitors)[0])

    def of(self, place: Place) -> str:
        """The side of a line."""
        if not self._starts:
            return ""
        node = (place.path, place.function)
        if node in self._inside:
            return "both" if node in self._outside else "unprivileged"
        partly = any(
            (one.function.path, one.function.name) == node and one.after < place.line <= one.until
            for one in self._starts
        )
        return "unprivileged" if partly else "privileged"


def _sent(name: str, names: Iterable[str], body: Sequence[Token]) -> tuple[int, list[Part]] | None:
    """Where `body` sends `name`, and what with it: of the call that names it, or of those that follow until another
    type is named. None where it is not sent."""
    wanted = name.encode()
    others = frozenset(one.encode() for one in names if one != name)
    spans = list(_label_spans(body))
    at = next(
        (
            number
            for number, token in enumerate(body)
            if token.kind == "word" and token.text == wanted and not any(a <= number <= b for a, b in spans)
            and not _compared(body, number)
        ),
        None,
    )
    if at is None:
        return None
    call = _enclosing_call(body, at)
    first = call if call is not None else at
    pieces: list[Part] = []
    sends = call is not None and body[call].text.decode() in {*SENDS, *_WITHOUT_LENGTH, "imsg_create"}
    for number in range(first, len(body)):
        token = body[number]
        if token.kind != "word":
            continue
        if token.text in others and number > at:
            break
        text = token.text.decode()
        opens = number + 1 < len(body) and body[number + 1].text == b"("
        if text in SENDS and opens:
            sends = True
            data, length = SENDS[text]
            repeats = any(_repeats(body, loop, number) for loop in range(at, number))
            pieces += (replace(one, repeats=repeats) for one in _piece(body, number + 1, data, length))
            if text.startswith("imsg_compose"):
                break
        elif text in _WITHOUT_LENGTH and opens:
            sends = True
            argument = _WITHOUT_LENGTH[text]
            arguments = _split(body, number + 1)
            if 0 <= argument < len(arguments):
                pieces.append(Part(f"the length of {_text(body, *arguments[argument])}"))
    return (body[at].line, pieces) if sends else None


def _repeats(body: Sequence[Token], loop: int, number: int) -> bool:
    """Whether a loop begins at token `loop`, and token `number` stands in what it repeats."""
    if body[loop].text not in (b"for", b"while", b"do"):
        return False
    begun = loop + 1
    if body[loop].text != b"do":
        begun = _closed(body, begun) + 1
    if begun < len(body) and body[begun].text == b"{":
        return begun < number < _closed(body, begun)
    return begun <= number < next((at for at in range(begun, len(body)) if body[at].text == b";"), len(body))


def _closed(body: Sequence[Token], opened: int) -> int:
    """Where the bracket at token `opened` is closed; the end where it is not."""
    depth = 0
    for at in range(opened, len(body)):
        depth += (body[at].text in (b"(", b"{")) - (body[at].text in (b")", b"}"))
        if not depth:
            return at
    return len(body)


def _piece(body: Sequence[Token], opened: int, data: int, length: int) -> Iterator[Part]:
    arguments = _split(body, opened)
    if length >= len(arguments):
        return
    text = _text(body, *arguments[length])
    if data >= 0 and data < len(arguments) and _HEADER.fullmatch(_text(body, *arguments[data])):
        return  # the header, by hand
    start, end = arguments[length]
    if text in ("0", ""):
        return
    yield Part(text, at=(body[start].at, body[end - 1].at + len(body[end - 1].text)))


def _split(body: Sequence[Token], opened: int) -> list[tuple[int, int]]:
    """The arguments of a call as ranges of tokens."""
    depth = 0
    found = []
    start = opened + 1
    for number in range(opened, len(body)):
        token = body[number]
        if token.kind != "mark":
            continue
        depth += (token.text in (b"(", b"[", b"{")) - (token.text in (b")", b"]", b"}"))
        if (not depth and token.text == b")") or (depth == 1 and token.text == b","):
            if start < number:
                found.append((start, number))
            start = number + 1
            if not depth:
                break
    return found


def _text(body: Sequence[Token], start: int, end: int) -> str:
    return " ".join(token.text.decode("latin-1") for token in body[start:end])


def _label_spans(body: Sequence[Token]) -> Iterator[tuple[int, int]]:
    for number, token in enumerate(body):
        if token.kind == "word" and token.text == b"case":
            end = next((n for n in range(number, min(number + 12, len(body))) if body[n].text == b":"), number)
            yield number, end


def _compared(body: Sequence[Token], number: int) -> bool:
    near = {body[n].text for n in (number - 1, number + 1) if 0 <= n < len(body)}
    return bool(near & {b"==", b"!=", b"<", b">", b"<=", b">="})


def _enclosing_call(body: Sequence[Token], at: int) -> int | None:
    """The name of the call in whose parentheses token `at` stands."""
    depth = 0
    for number in range(at - 1, max(at - 60, 0) - 1, -1):
        token = body[number]
        if token.kind == "mark":
            if token.text in (b";", b"{", b"}"):
                return None
            depth += (token.text == b")") - (token.text == b"(")
            if depth < 0:
                before = body[number - 1] if number else None
                return number - 1 if before is not None and before.kind == "word" else None
    return None


def _received(
    line: int, function: CFunction, region: Sequence[Token], parsed: Parsed, graph: CallGraph, sides: _Sides
) -> Receiving:
    place = Place(function.path, line, function.name)
    side = sides.of(place)
    check, fixed, used = _looked_at(region, function, parsed, graph, 0)
    if check is not None:
        return Receiving(place, side, Guard.CHECKED, check)
    if fixed is not None:
        return Receiving(place, side, Guard.FIXED, fixed)
    return Receiving(place, side, Guard.MISSING if used else Guard.UNUSED)


def _body_of(parsed: Parsed, function: CFunction) -> Sequence[Token]:
    for one, body in parsed.get(function.path, ()):
        if (one.name, one.line) == (function.name, function.line):
            return body
    return ()


def _region(body: Sequence[Token], name: str) -> tuple[int, Sequence[Token]]:
    """Where a type is received in a function, 0 for nowhere, and what is done then: under its label, up to the next one
    behind a `break`, a `return` or a `continue`; or all that follows a comparison with it."""
    wanted = name.encode()
    begun = None
    named = (n for n, token in enumerate(body) if token.text == wanted and token.kind == "word")
    compared = next((n for n in named if _compared(body, n)), None)
    depth = 0
    for number, token in enumerate(body):
        if begun is None:
            if token.text == b"case" and number + 1 < len(body) and body[number + 1].text == wanted:
                begun = number
                depth = 0
            continue
        if token.kind == "mark":
            depth += (token.text == b"{") - (token.text == b"}")
            if depth < 0:
                return body[begun].line, body[begun:number]
        if not depth and token.text in (b"case", b"default") and _ended(body, number):
            return body[begun].line, body[begun:number]
    if begun is not None:
        return body[begun].line, body[begun:]
    return (body[compared].line, body[compared:]) if compared is not None else (0, ())


def _ended(body: Sequence[Token], number: int) -> bool:
    """Whether the statement before a label leaves the switch: else that label's region goes on."""
    at = number - 1
    while at >= 0 and body[at].text in (b";", b"}"):
        at -= 1
    while at >= 0 and body[at].text not in (b";", b"{", b"}", b":"):
        at -= 1
    return body[at + 1].text in (b"break", b"return", b"continue", b"goto", b"fatalx", b"fatal", b"_exit", b"exit")


def _looked_at(
    region: Sequence[Token], function: CFunction, parsed: Parsed, graph: CallGraph, depth: int
) -> tuple[Place | None, Place | None, bool]:
    """Where in a region, or below it, a length is compared, and where a read is bounded; and whether it uses the
    payload."""
    check = next((Place(function.path, line, function.name) for _, line in _conditions(region)), None)
    fixed = next(
        (Place(function.path, one.line, function.name) for one in region if one.text.decode("latin-1") in _MUST_READ),
        None,
    )
    text = " ".join(one.text.decode("latin-1") for one in region)
    used = bool(_DATA.search(text)) or fixed is not None
    if check is None and depth < _REACH:
        for number, token in enumerate(region[:-1]):
            if token.kind != "word" or region[number + 1].text != b"(":
                continue
            found = graph.find(token.text.decode(), function.path)
            if found is None or found.name in RECEIVES:
                continue
            below = _looked_at(_body_of(parsed, found), found, parsed, graph, depth + 1)
            check, fixed, used = check or below[0], fixed or below[1], used or below[2]
            if check is not None:
                break
    return check, fixed, used


def _conditions(region: Sequence[Token]) -> Iterator[tuple[str, int]]:
    """The conditions in a region that compare a length: their source and line."""
    for number, token in enumerate(region):
        if token.kind != "word" or token.text not in (b"if", b"while") or number + 1 >= len(region):
            continue
        depth = 0
        end = number + 1
        for end in range(number + 1, len(region)):
            depth += (region[end].text == b"(") - (region[end].text == b")")
            if not depth:
                break
        inside = region[number + 2 : end]
        text = " ".join(one.text.decode("latin-1") for one in inside)
        bare = " ".join(_without_arguments(inside))  # what is only handed to a call, as to calloc, is not compared
        if any(one.text in _COMPARES for one in inside) and _LENGTH.search(bare):
            yield text, token.line


def _without_arguments(tokens: Sequence[Token]) -> Iterator[str]:
    """The tokens of a condition, those between the parentheses of calls left out."""
    depth = 0
    for number, token in enumerate(tokens):
        if depth:
            depth += (token.text == b"(") - (token.text == b")")
            continue
        if token.text == b"(" and number and tokens[number - 1].kind == "word":
            depth = 1
            continue
        yield token.text.decode("latin-1")


def conditions(path: str, content: bytes) -> tuple[Condition, ...]:
    """Every comparison of a length in the functions of a file that receive messages."""
    found = []
    for function, body in bodies(path, content):
        receives = any(call.name in RECEIVES for call in function.calls)
        if not receives:
            continue
        lines = [(line, label) for label, line in function.labels]
        for text, line in _conditions(body):
            label = next((one for at, one in reversed(lines) if at <= line), "")
            found.append(Condition(text, Place(path, line, function.name), label))
    return tuple(found)
