"""The target's words for upstream's, learned from the functions that both have.

A distant cousin often says the same in other words: what upstream writes as `say("%d", n)` is `OUT((ctx, "%d", n))`
there, throughout, and its `loud` is `ctx->loud`. Then no line of upstream's seems to fit, although nothing but names
differs. Where the pairs of functions show again and again that one stands for the other, and where the word is the
target's own, upstream's change can be read, and made, in the target's words.

Two kinds are learned: a call that is made another way (another name, something before or behind the arguments), and a
name that became another, or a member of something. What would have to be understood is not learned: a call in place of
another one that upstream knows as well is no other word for it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from portkit.merge.pieces import COMMON, Pieces
from portkit.text import split_lines

_TOKEN = re.compile(
    rb'^[ \t]*\#[^\n]*(?:\\\n[^\n]*)*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*'
    rb"|[A-Za-z_]\w*|\d\w*|->|\s+|.",
    re.DOTALL | re.MULTILINE,
)
_NAME = re.compile(rb"[A-Za-z_]\w*")
_KEYWORDS = COMMON | frozenset(b"volatile inline signed auto asm".split())
_CAST = (b"(", b"void", b")")
_MEMBER = ((b"->",), (b".",))
_BLANK = frozenset(b" \t\n\r\f\v#")
_SLASH = ord("/")
_MASK = b"\0"
_ROUNDS = 3
_LONGEST = 60
_SEEN = 3
"""So many places must show that one word stands for the other, in two functions at least."""
_SHARE = 9
"""Of ten places where upstream's word could be seen to become something, so many must agree."""
_RARE = 10
"""A word of the target's stands in upstream's files at most a tenth as often as upstream's own; and the other way."""


@dataclass(frozen=True, slots=True, order=True)
class Word:
    """One rule. Of a name: `old` is `new`. Of a call (`call`): `old(ARGUMENTS)` is `new(before ARGUMENTS after)`; `old`
    may have a cast to void with it."""

    old: bytes
    new: bytes
    call: bool = False
    before: tuple[bytes, ...] = ()
    after: tuple[bytes, ...] = ()

    def __str__(self) -> str:
        """The rule as a message has it: `say(*) = OUT((ctx, *))`."""
        if not self.call:
            return f"{_text(self.old)} = {_text(self.new)}"
        return f"{_text(self.old)}(*) = {_text(self.new)}({_text(_joined(self.before))}*{_text(_joined(self.after))})"

    @property
    def needs(self) -> tuple[bytes, ...]:
        """The names that must be at hand where the word is used: what is passed along, or what holds the member."""
        if self.call:
            return tuple(token for token in (*self.before, *self.after) if _NAME.fullmatch(token))
        return (_NAME.findall(self.new)[0],) if b"->" in self.new else ()


@dataclass(frozen=True)
class Wording:
    """The rules: of names and of calls, each by upstream's word."""

    names: Mapping[bytes, Word] = field(default_factory=dict)
    calls: Mapping[bytes, Word] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.names or self.calls)

    @cached_property
    def _any(self) -> re.Pattern[bytes]:
        """Any of upstream's words."""
        words = sorted({re.escape(word.removeprefix(b"(void)")) for word in (*self.names, *self.calls)})
        return re.compile(rb"\b(?:" + b"|".join(words) + rb")\b") if words else re.compile(rb"(?!)")

    def said(self, lines: Sequence[bytes]) -> tuple[bytes, ...]:
        """`lines`, as many as they are, in the target's words."""
        text = b"".join(lines)
        if not self._any.search(text):
            return tuple(lines)
        found = split_lines(b"".join(self._translated(text)))
        return tuple(found) if len(found) == len(lines) else tuple(lines)

    def used(self, line: bytes) -> Iterator[Word]:
        """The rules whose words of upstream's stand in a line."""
        tokens = [token for token in _TOKEN.findall(line) if _counts(token)]
        for at, name in enumerate(tokens):
            cast = tuple(tokens[max(0, at - 3) : at]) == _CAST and b"(void)" + name in self.calls
            call = self.calls.get(b"(void)" + name if cast else name)
            if call is not None and tokens[at + 1 : at + 2] == [b"("]:
                yield call
            elif name in self.names:
                yield self.names[name]

    def text(self, text: bytes) -> bytes:
        """`text` in the target's words."""
        return b"".join(self._translated(text)) if self._any.search(text) else text

    def _translated(self, text: bytes) -> list[bytes]:
        out: list[bytes] = _TOKEN.findall(text)
        code = [index for index, token in enumerate(out) if _counts(token)]
        tokens = [out[index] for index in code]
        closing = _closing(tokens)
        for at, token in enumerate(tokens):
            called = at + 1 < len(tokens) and tokens[at + 1] == b"("
            if called and at + 1 in closing and (code[0] if not at else not _declares(tokens, at)):
                cast = tuple(tokens[max(0, at - 3) : at]) == _CAST and b"(void)" + token in self.calls
                word = self.calls.get(b"(void)" + token if cast else token)
                end = closing[at + 1]
                if word is not None and tuple(tokens[at + 2 : at + 2 + len(word.before)]) != word.before:
                    before = word.before[:-1] if end == at + 2 and word.before[-1:] == (b",",) else word.before
                    out[code[at]] = word.new
                    out[code[at + 1]] += _joined(before)
                    out[code[end]] = _joined(word.after) + out[code[end]]
                    for index in range(code[at - 3], code[at]) if cast else ():
                        out[index] = b"" if b"\n" not in out[index] else out[index]
                    continue
            name = self.names.get(token)
            if name is not None and (not at or tokens[at - 1] not in (b"->", b".")):
                out[code[at]] = name.new
        return out


NO_WORDS = Wording()


def learned(pairs: Iterable[tuple[Pieces, Pieces]], own: Callable[[bytes], bool]) -> Wording:
    """What the pairs of files, upstream's and the target's, show. `own`: whether a name is one that the target's files
    give, a function, a macro or a member."""
    files = list(pairs)
    matched = [
        (b"".join(one.lines.raw[piece.start : piece.end]), b"".join(other.lines.raw[found[0].start : found[0].end]))
        for one, other in files
        for piece in one.all
        if len(found := other.by_name.get(piece.name, ())) == 1 and len(one.by_name[piece.name]) == 1
    ]
    matched = [(old, new) for old, new in matched if old != new]
    there = Counter(name for _, other in files for name in _NAME.findall(other.lines.content))
    here = Counter(name for one, _ in files for name in _NAME.findall(one.lines.content))

    def renamed(old: bytes, new: bytes) -> bool:
        """Whether `new` is a word of the target's for upstream's `old`, and no other word that upstream has, too."""
        if not own(new) and not (old.endswith(b"_t") and new.endswith(b"_t")):
            return False
        return here[new] * _RARE <= here[old] and there[old] * _RARE <= there[new]

    def called(word: Word) -> bool:
        old = word.old.removeprefix(b"(void)")
        return old == word.new or renamed(old, word.new)

    theirs = [_Lines(new) for _, new in matched]
    wording = Wording()
    for _ in range(_ROUNDS):
        ours = [_Lines(wording.text(old)) for old, _ in matched]
        calls = _agreed(map(_call_votes, ours, theirs), called)
        plain = {old: Word(old, word.new) for old, word in calls.items() if not word.before and not word.after}
        calls = {old: word for old, word in calls.items() if old not in plain}
        plain = {old: word for old, word in plain.items() if not old.startswith(b"(void)")}
        wording = Wording({**wording.names, **plain}, {**wording.calls, **calls})
        ours = [_Lines(wording.text(old)) for old, _ in matched] if calls or plain else ours
        names = _agreed(map(_name_votes, ours, theirs), lambda word: renamed(word.old, _NAME.findall(word.new)[-1]))
        if not calls and not plain and not names:
            break
        wording = Wording({**wording.names, **names}, wording.calls)
    return wording


class _Lines:
    """A function's code: all tokens, and line by line."""

    def __init__(self, text: bytes) -> None:
        self.tokens: list[bytes] = []
        self.lines: set[tuple[bytes, ...]] = set()
        line: list[bytes] = []
        for token in _TOKEN.findall(text):
            if _counts(token):
                line.append(token)
            elif line and b"\n" in token:
                self.lines.add(tuple(line))
                self.tokens += line
                line = []
        self.lines.add(tuple(line))
        self.tokens += line


_Vote = tuple[bytes, Word | None]
"""Upstream's word, and the rule that one place shows; None where the word stayed what it was."""


def _agreed(votes: Iterable[Counter[_Vote]], fits: Callable[[Word], bool]) -> dict[bytes, Word]:
    """The rules that the functions' votes agree on."""
    seen: dict[bytes, Counter[Word | None]] = {}
    functions: Counter[Word | None] = Counter()
    for one in votes:
        for (old, word), count in one.items():
            seen.setdefault(old, Counter())[word] += count
            functions[word] += 1
    found: dict[bytes, Word] = {}
    for old, words in sorted(seen.items()):
        best, count = max(words.items(), key=lambda item: (item[1], str(item[0])))
        if best is None or count < _SEEN or functions[best] < 2 or count * 10 < words.total() * _SHARE:
            continue
        if fits(best):
            found[old] = best
    return found


def _call_votes(old: _Lines, new: _Lines) -> Counter[_Vote]:
    """What a pair of functions shows of calls: the same arguments, passed to something else or with something more."""
    cores: dict[tuple[bytes, ...], set[tuple[bytes, tuple[bytes, ...], tuple[bytes, ...]]]] = {}
    for callee, arguments in _calls(new.tokens):
        for core, before, after in _cores(arguments):
            cores.setdefault(core, set()).add((callee, before, after))
    votes: Counter[_Vote] = Counter()
    for callee, arguments in set(_calls(old.tokens)):
        found = cores.get(arguments, set())
        if (callee, (), ()) in found:
            votes[callee, None] += 1
            continue
        if not _telling(arguments):
            found = {one for one in found if one[0] == callee}
        if len(found) == 1:
            ((other, before, after),) = found
            if not other.startswith(b"(void)"):
                votes[callee, Word(callee, other, True, before, after)] += 1
    return votes


def _name_votes(old: _Lines, new: _Lines) -> Counter[_Vote]:
    """What a pair of functions shows of names: lines that are the same but for one name. Where the rest of the line
    says nothing, the one name must be in the other."""
    votes: Counter[_Vote] = Counter()
    for tokens in old.lines & new.lines:
        votes.update((name, None) for name in {token for at, token in enumerate(tokens) if _free(tokens, at)})
    masked: dict[tuple[bytes, ...], set[bytes]] = {}
    for tokens in new.lines - old.lines:
        for phrase in _phrases(tokens):
            masked.setdefault(_without(tokens, phrase), set()).add(b"".join(phrase))
    for tokens in old.lines - new.lines:
        for name in {token for at, token in enumerate(tokens) if _free(tokens, at)}:
            rest = _without(tokens, (name,))
            found = masked.get(rest, set())
            if len(rest) <= _SEEN or not _telling(rest):
                found = {one for one in found if name in one}
            if len(found) == 1:
                votes[name, Word(name, next(iter(found)))] += 1
    return votes


def _phrases(tokens: Sequence[bytes]) -> set[tuple[bytes, ...]]:
    """The names in a line, and what is a member of a plain name."""
    found: set[tuple[bytes, ...]] = set()
    for at in range(len(tokens)):
        if _free(tokens, at):
            found.add((tokens[at],))
            if tuple(tokens[at + 1 : at + 2]) == (b"->",) and tuple(tokens[at + 3 : at + 4]) not in _MEMBER:
                found.add(tuple(tokens[at : at + 3]))
    return found


def _free(tokens: Sequence[bytes], at: int) -> bool:
    """Whether a name stands at `at` that is no keyword and no member."""
    token = tokens[at]
    return bool(_NAME.fullmatch(token)) and token not in _KEYWORDS and (not at or tokens[at - 1] not in (b"->", b"."))


def _without(tokens: Sequence[bytes], phrase: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """`tokens` with every `phrase` in it masked."""
    out: list[bytes] = []
    at = 0
    while at < len(tokens):
        if tuple(tokens[at : at + len(phrase)]) == phrase and (not at or tokens[at - 1] not in (b"->", b".")):
            out.append(_MASK)
            at += len(phrase)
        else:
            out.append(tokens[at])
            at += 1
    return tuple(out)


def _calls(tokens: Sequence[bytes]) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
    """Every call: what is called, with a cast to void before it, and the arguments."""
    closing = _closing(tokens)
    for at, token in enumerate(tokens):
        end = closing.get(at + 1)
        if end is None or end - at > _LONGEST or not _NAME.fullmatch(token) or token in _KEYWORDS:
            continue
        if _declares(tokens, at):
            continue
        cast = tuple(tokens[max(0, at - 3) : at]) == _CAST
        yield (b"(void)" if cast else b"") + token, tuple(tokens[at + 2 : end])


def _cores(
    arguments: tuple[bytes, ...],
) -> Iterator[tuple[tuple[bytes, ...], tuple[bytes, ...], tuple[bytes, ...]]]:
    """`arguments` as they are, and without what may have been put around them: a first one, parentheses."""
    yield arguments, (), ()
    inner = arguments
    before: tuple[bytes, ...] = ()
    after: tuple[bytes, ...] = ()
    for outer in (False, True):
        if outer:
            if arguments[:1] != (b"(",) or _closing(arguments).get(0) != len(arguments) - 1:
                return
            inner, before, after = arguments[1:-1], (b"(",), (b")",)
            yield inner, before, after
        if len(inner) > 2 and _NAME.fullmatch(inner[0]) and inner[1] == b",":
            yield inner[2:], (*before, *inner[:2]), after


def _closing(tokens: Sequence[bytes]) -> dict[int, int]:
    """Where each parenthesis that is opened is closed."""
    found: dict[int, int] = {}
    stack: list[int] = []
    for at, token in enumerate(tokens):
        if token == b"(":
            stack.append(at)
        elif token == b")" and stack:
            found[stack.pop()] = at
    return found


def _declares(tokens: Sequence[bytes], at: int) -> bool:
    """Whether what looks like a call at `at` is declared there: a type stands before it, or nothing at all."""
    if not at:
        return True
    before = tokens[at - 1]
    return before == b"*" or (bool(_NAME.fullmatch(before)) and before not in (b"return", b"else", b"do", b"case"))


def _counts(token: bytes) -> bool:
    """Whether a token is code: no white space, no comment, no line of the preprocessor's."""
    first = token[0]
    return first not in _BLANK and (first != _SLASH or len(token) == 1)


def _telling(tokens: Iterable[bytes]) -> bool:
    return any(
        len(token) > 4 if token.startswith(b'"') else len(token) > 2 and _NAME.match(token) and token not in _KEYWORDS
        for token in tokens
    )


def _joined(tokens: Sequence[bytes]) -> bytes:
    return b"".join(tokens).replace(b",", b", ")


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")
