"""What of C an audit reads for itself: which functions a file defines, what they call, and what they refer to.

No compiler: comments and strings are told apart, both sides of every conditional are read, and braces are counted. It
is not led astray by what it does not understand, and reads some megabytes a second. What a macro hides it does not see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(
    rb"""(?P<space>[ \t\r\f\v]+)
    |(?P<newline>\n)
    |(?P<comment>/\*.*?(?:\*/|\Z)|//[^\n]*)
    |(?P<string>L?"(?:[^"\\\n]|\\.)*"?)
    |(?P<char>L?'(?:[^'\\\n]|\\.)*'?)
    |(?P<directive>\#(?:[^\n\\/]|\\\n|\\.|/(?![*/])|/\*.*?(?:\*/|\Z)|//[^\n]*)*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<number>\.?\d(?:[\w.]|[eEpP][+-])*)
    |(?P<mark>->|\+\+|--|<<=|>>=|\.\.\.|[-+*/%&|^<>=!]=|&&|\|\||<<|>>|\\\n|.)""",
    re.VERBOSE | re.DOTALL,
)

_KEYWORDS = frozenset(
    b"""if else while for do switch case default return sizeof goto break continue struct union enum typedef static
    extern const volatile register inline __inline __inline__ void char short int long float double signed unsigned
    auto restrict
    __attribute__ __attribute __asm __asm__ asm _Alignof __alignof__ __typeof typeof offsetof defined va_arg va_start
    va_end""".split()
)

_DIRECTIVE = re.compile(rb"#\s*(\w+)\s*(.*)", re.DOTALL)
_NEVER = re.compile(rb"0\s*(?:/\*.*)?$|(?:notdef|never|notyet)\b", re.DOTALL)
DEPTH = 200
"""Deeper braces than this are somebody's game."""


@dataclass(frozen=True, slots=True)
class CCall:
    """A call in a function's body. `name`: of what is called, behind `->` or `.` as `->name`; `arguments`: their
    source, one blank between tokens; `label`: the nearest `case` label before it in its `switch`, "" outside;
    `loop`: whether it stands within a loop; `block`: the braces that it stands in, numbered, outermost first."""

    name: str
    line: int
    arguments: tuple[str, ...]
    label: str = ""
    loop: bool = False
    block: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CFunction:
    """A function's definition. `line` to `end`, from 1; `refers`: (name, line) of other functions or variables that
    its body names without calling; `labels`: its `case` labels with their lines; `leaves`: where it returns or exits
    whatever else is so: (line, the braces that stands in, whether it returns); `stacked`: of each label with nothing
    between it and the next one, both; `flags`: where it sets the ai_flags of a lookup (getaddrinfo(3)): line, the
    braces that stands in, and to what, "" where only under a condition."""

    name: str
    path: str
    line: int
    end: int
    static: bool
    calls: tuple[CCall, ...]
    refers: tuple[tuple[str, int], ...]
    labels: tuple[tuple[str, int], ...] = ()
    parameters: str = ""
    leaves: tuple[tuple[int, tuple[int, ...], bool], ...] = ()
    stacked: tuple[tuple[str, str], ...] = ()
    flags: tuple[tuple[int, tuple[int, ...], str], ...] = ()

    def body_of(self, label: str) -> str:
        """The label under which stands what is done for `label`: the last of those that stand right behind it."""
        behind = dict(self.stacked)
        for _ in self.stacked:
            label = behind.get(label, label)
        return label


@dataclass(frozen=True, slots=True)
class CSource:
    """One file. `tables`: by variable, the names in its initialiser; `macros`: by name, the words of what each
    function-like macro becomes; `enums`: (name, line) of every enumerator, in groups."""

    path: str
    functions: tuple[CFunction, ...]
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    macros: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    enums: tuple[tuple[tuple[str, int], ...], ...] = ()


@dataclass(slots=True)
class Token:
    """One token: `kind` is word, number, string, char or mark."""

    kind: str
    text: bytes
    line: int
    at: int = 0
    """Where in the file it begins."""


def tokens(content: bytes) -> Iterator[Token]:
    """The tokens of `content`, comments left out; a directive is one token of kind `directive`."""
    line = 1
    fresh = True  # nothing but blanks on this line so far
    at = 0
    while at < len(content):
        match = _TOKEN.match(content, at)
        assert match is not None
        kind = match.lastgroup or "mark"
        text = match[0]
        if kind == "directive" and not fresh:  # a # within a line is none
            kind, text = "mark", text[:1]
        at += len(text)
        if kind == "newline":
            fresh = True
        elif kind not in ("space", "comment") and text != b"\\\n":
            yield Token(kind, text, line, at - len(text))
            fresh = False
        line += text.count(b"\n")


def scan(path: str, content: bytes) -> CSource:
    """What `content` defines and calls."""
    return _Scanner(path).scan(content)


def bodies(path: str, content: bytes) -> list[tuple[CFunction, list[Token]]]:
    """The functions of `content`, each with the tokens between its braces."""
    scanner = _Scanner(path, keep=True)
    scanner.scan(content)
    return scanner.bodies


class _Scanner:
    """One file, read once."""

    def __init__(self, path: str, *, keep: bool = False) -> None:
        self._path = path
        self._keep = keep
        self.bodies: list[tuple[CFunction, list[Token]]] = []
        self._functions: list[CFunction] = []
        self._tables: dict[str, tuple[str, ...]] = {}
        self._macros: dict[str, tuple[str, ...]] = {}
        self._enums: list[tuple[tuple[str, int], ...]] = []
        self._pending: list[Token] = []

    def scan(self, content: bytes) -> CSource:
        body: list[Token] = []
        depth = 0
        for token in _without_conditionals(tokens(content), self._macros):
            if depth:
                depth += (token.text == b"{") - (token.text == b"}") if token.kind == "mark" else 0
                if depth <= 0:
                    self._close(body, token)
                    body, depth = [], 0
                else:
                    body.append(token)
            elif token.kind == "mark" and token.text == b"{":
                depth = 1
            elif token.kind == "mark" and token.text == b";" and not self._old_style():
                self._pending = []
            else:
                self._pending.append(token)
        if depth:
            self._close(body, Token("mark", b"}", body[-1].line if body else 1))
        return CSource(self._path, tuple(self._functions), self._tables, self._macros, tuple(self._enums))

    def _old_style(self) -> bool:
        """Whether what is pending may be the head of a function whose parameters are declared after it."""
        head = _head(self._pending)
        if head is None:
            return False
        _, opened, closed = head
        names = {one.text for one in self._pending[opened + 1 : closed] if one.kind == "word"}
        inside = self._pending[opened + 1 : closed]
        plain = all(one.kind == "word" or one.text == b"," for one in inside)
        after = {one.text for one in self._pending[closed + 1 :] if one.kind == "word"}
        return bool(names) and plain and bool(names & after)

    def _close(self, body: list[Token], end: Token) -> None:
        pending, self._pending = self._pending, []
        equals = next((n for n, one in enumerate(pending) if one.kind == "mark" and one.text == b"="), None)
        head = _head(pending[:equals] if equals is not None else pending)
        words = [one.text for one in pending if one.kind == "word"]
        if equals is not None:
            name = next((one.text for one in reversed(pending[:equals]) if one.kind == "word"), b"")
            self._tables[name.decode()] = tuple(dict.fromkeys(one.text.decode() for one in body if one.kind == "word"))
        elif head is not None and b"typedef" not in words:
            at, opened, closed = head
            self._function(pending, pending[at], body, end, pending[opened + 1 : closed])
            return
        elif b"enum" in words:
            self._enums.append(tuple(_enumerators(body)))
        elif words[:1] == [b"extern"]:  # extern "C" {
            return
        self._pending = [*pending, Token("mark", b"{}", end.line)]  # what follows belongs to it: a variable, an array

    def _function(
        self, pending: Sequence[Token], name: Token, body: list[Token], end: Token, inside: Sequence[Token]
    ) -> None:
        static = any(one.text == b"static" for one in pending)
        calls, refers, labels, leaves, stacked, flags = _body(body)
        parameters = b" ".join(one.text for one in inside).decode("latin-1")
        function = CFunction(
            name.text.decode(), self._path, name.line, end.line, static, calls, refers, labels, parameters, leaves,
            stacked, flags,
        )  # fmt: skip
        self._functions.append(function)
        if self._keep:
            self.bodies.append((function, body))


def _head(pending: Sequence[Token]) -> tuple[int, int, int] | None:
    """Where in `pending` a function's name stands, and its parentheses; None where there is none."""
    depth = 0
    found: tuple[int, int] | None = None
    for number, token in enumerate(pending):
        if token.kind != "mark":
            continue
        if token.text == b"(":
            before = pending[number - 1] if number else None
            named = before is not None and before.kind == "word" and before.text not in _KEYWORDS
            if not depth and found is None and before is not None and named and not before.text.startswith(b"__"):
                found = (number - 1, number)
            depth += 1
        elif token.text == b")":
            depth = max(0, depth - 1)
            if not depth and found is not None:
                return found[0], found[1], number
    return None


def _without_conditionals(found: Iterator[Token], macros: dict[str, tuple[str, ...]]) -> Iterator[Token]:
    """The tokens of all sides of every conditional but `#if 0`, in such a way that braces match: of several sides, what
    the first opens or closes counts, and the others' surplus is left out."""
    opened: list[list[int]] = []  # depth at the #if; depth after the first side (-1 until then)
    depth = 0
    dead = 0  # how deep within an #if 0
    for token in found:
        if token.kind == "directive":
            match = _DIRECTIVE.match(token.text)
            word = match[1] if match else b""
            if dead:
                dead += (word in (b"if", b"ifdef", b"ifndef")) - (word == b"endif")
                if dead == 1 and word in (b"else", b"elif"):
                    dead = 0
                    opened.append([depth, -1])
                continue
            if word in (b"if", b"ifdef") and match and _NEVER.match(match[2]):
                dead = 1
            elif word in (b"if", b"ifdef", b"ifndef"):
                opened.append([depth, -1])
            elif word in (b"else", b"elif") and opened:
                if opened[-1][1] < 0:
                    opened[-1][1] = depth
                yield from _balance(depth, opened[-1][0], token.line)
                depth = opened[-1][0]
            elif word == b"endif" and opened:
                first = opened.pop()[1]
                after = first if first >= 0 else depth
                yield from _balance(depth, after, token.line)
                depth = after
            elif word == b"define" and match:
                _define(match[2], macros)
            continue
        if dead:
            continue
        if token.kind == "mark" and token.text in (b"{", b"}"):
            change = 1 if token.text == b"{" else -1
            if not 0 <= depth + change < DEPTH:
                continue
            depth += change
        yield token


def _balance(depth: int, wanted: int, line: int) -> Iterator[Token]:
    for _ in range(depth, wanted):
        yield Token("mark", b"{", line)
    for _ in range(wanted, depth):
        yield Token("mark", b"}", line)


_MACRO = re.compile(rb"([A-Za-z_]\w*)\(([^)]*)\)(.*)", re.DOTALL)
_CALLED = re.compile(rb"([A-Za-z_]\w*)\s*\(")


def _define(text: bytes, macros: dict[str, tuple[str, ...]]) -> None:
    match = _MACRO.match(text)
    if match:
        called = tuple(dict.fromkeys(one.decode() for one in _CALLED.findall(match[3]) if one not in _KEYWORDS))
        macros[match[1].decode()] = called


def _enumerators(body: Sequence[Token]) -> Iterator[tuple[str, int]]:
    fresh = True
    depth = 0
    for token in body:
        if token.kind == "word" and fresh and not depth:
            yield token.text.decode(), token.line
        fresh = token.kind == "mark" and token.text in (b",", b"{}")
        depth += (token.text == b"(") - (token.text == b")") if token.kind == "mark" else 0


_Body = tuple[
    tuple[CCall, ...],
    tuple[tuple[str, int], ...],
    tuple[tuple[str, int], ...],
    tuple[tuple[int, tuple[int, ...], bool], ...],
    tuple[tuple[str, str], ...],
    tuple[tuple[int, tuple[int, ...], str], ...],
]

_EXITS = (b"exit", b"_exit", b"_Exit", b"abort")


def _body(body: Sequence[Token]) -> _Body:
    calls: list[CCall] = []
    refers: dict[str, int] = {}
    labels: list[tuple[str, int]] = []
    stacked: list[tuple[str, str]] = []
    flags: list[tuple[int, tuple[int, ...], str]] = []
    leaves: list[tuple[int, tuple[int, ...], bool]] = []
    blocks: list[str] = []  # what each open brace belongs to
    numbers: list[int] = []
    switches: list[str] = [""]  # the label that holds in each
    loop_next = 0
    labelled = -1  # the last token of a label
    for number, token in enumerate(body):
        if number <= labelled:
            continue
        if token.kind == "mark":
            if token.text == b"{":
                blocks.append(_owner(body, number))
                numbers.append(number)
                if blocks[-1] == "switch":
                    switches.append("")
            elif token.text == b"}" and blocks:
                numbers.pop()
                if blocks.pop() == "switch":
                    switches.pop()
            continue
        if token.kind != "word":
            continue
        after = body[number + 1] if number + 1 < len(body) else None
        if token.text in (b"case", b"default"):
            label = _label(body, number)
            if number == labelled + 1 and labels and label != labels[-1][0]:
                stacked.append((labels[-1][0], label))
            labelled = _label_end(body, number)
            switches[-1] = label
            labels.append((label, token.line))
        elif token.text in (b"while", b"for", b"do"):
            loop_next = number
        elif token.text in _KEYWORDS:
            if token.text == b"return" and not _conditional(body, number):
                leaves.append((token.line, tuple(numbers), True))
        elif after is not None and after.kind == "mark" and after.text == b"(":
            before = body[number - 1] if number else None
            member = before is not None and before.kind == "mark" and before.text in (b"->", b".")
            name = token.text.decode()
            if token.text in _EXITS and not _conditional(body, number):
                leaves.append((token.line, tuple(numbers), False))
            looping = "loop" in blocks or bool(loop_next and _controls(body, loop_next, number))
            name = f"->{name}" if member else name
            arguments = _arguments(body, number + 1)
            calls.append(CCall(name, token.line, arguments, switches[-1], looping, tuple(numbers)))
        else:
            if token.text == b"ai_flags" and after is not None and after.text in (b"=", b"|="):
                flags.append((token.line, tuple(numbers), _set_to(body, number)))
            refers.setdefault(token.text.decode(), token.line)
    return tuple(calls), tuple(refers.items()), tuple(labels), tuple(leaves), tuple(stacked), tuple(flags)


def _set_to(body: Sequence[Token], number: int) -> str:
    """What the assignment at `number` sets, one blank between tokens; "" where it stands behind an `if` or an `else`,
    or asks for one."""
    begun = number
    while begun and body[begun - 1].text not in (b";", b"{", b"}", b","):
        begun -= 1
    ended = number
    while ended < len(body) and body[ended].text not in (b";", b"}", b","):
        ended += 1
    words = [token.text.decode("latin-1") for token in body[begun:ended]]
    return "" if {"if", "else", "?", ":"} & set(words) else " ".join(words[number - begun + 2 :])


def _conditional(body: Sequence[Token], number: int) -> bool:
    """Whether the statement at `number` stands alone behind an `if` or an `else`."""
    before = body[number - 1].text if number else b";"
    return before in (b")", b"else")


def _controls(body: Sequence[Token], loop: int, number: int) -> bool:
    """Whether token `number` stands in the head of the loop at `loop`, or in its only statement."""
    depth = 0
    for token in body[loop + 1 : number]:
        if token.kind == "mark":
            depth += (token.text == b"(") - (token.text == b")")
            if token.text in (b";", b"}") and not depth:
                return False
    return True


def _owner(body: Sequence[Token], number: int) -> str:
    """What the brace at `number` opens: a switch, a loop, or another block."""
    at = number - 1
    if at >= 0 and body[at].text == b"do":
        return "loop"
    if at < 0 or body[at].text != b")":
        return ""
    depth = 0
    while at >= 0:
        if body[at].kind == "mark":
            depth += (body[at].text == b")") - (body[at].text == b"(")
            if not depth:
                break
        at -= 1
    before = body[at - 1].text if at > 0 else b""
    return "switch" if before == b"switch" else "loop" if before in (b"while", b"for") else ""


def _label(body: Sequence[Token], number: int) -> str:
    if body[number].text == b"default":
        return "default"
    words = []
    for token in body[number + 1 : number + 12]:
        if token.kind == "mark" and token.text == b":":
            break
        words.append(token.text.decode("latin-1"))
    return " ".join(words)


def _label_end(body: Sequence[Token], number: int) -> int:
    for at in range(number, min(number + 12, len(body))):
        if body[at].kind == "mark" and body[at].text == b":":
            return at
    return number


def _arguments(body: Sequence[Token], opened: int) -> tuple[str, ...]:
    depth = 0
    found: list[list[str]] = [[]]
    for token in body[opened : opened + 400]:
        if token.kind == "mark" and token.text in (b"(", b"[", b"{"):
            depth += 1
            if depth == 1:
                continue
        elif token.kind == "mark" and token.text in (b")", b"]", b"}"):
            depth -= 1
            if not depth:
                break
        elif token.kind == "mark" and token.text == b"," and depth == 1:
            found.append([])
            continue
        found[-1].append(token.text.decode("latin-1"))
    return tuple(" ".join(one) for one in found) if found != [[]] else ()
