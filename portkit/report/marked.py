"""The three sides of a conflict as they are shown on a page: with line numbers, what stands around them, and the words
that differ marked in each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from portkit.change.linediff import Hunk, hunks
from portkit.report.shown import WHOSE, cut, sides
from portkit.text import decode, is_binary, printable, split_lines
from portkit.triage.card import Card, Excerpt
from portkit.triage.words import tokens

_AROUND = 3
_LONG = 60
"""A side of more lines than this is shown only near what differs."""

_MOST = 20_000
"""Of more words than this only whole lines are marked."""

_NAMES = ("base", "ours", "theirs")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line; `marked`: another side has something else there."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line by its number in the file, 0 for none. `near`: it only stands around the conflict; `gap`: it says how many
    lines are left out."""

    number: int
    pieces: tuple[Piece, ...]
    near: bool = False
    gap: bool = False


@dataclass(frozen=True, slots=True)
class MarkedSide:
    """One side. `note` says what cannot be shown; `whose`: what the side is, in words."""

    name: str
    lines: tuple[MarkedLine, ...]
    note: str = ""
    whose: str = ""


def marked(
    base: bytes, ours: bytes, theirs: bytes, card: Card | None, whose: tuple[str, str, str] = WHOSE
) -> tuple[MarkedSide, MarkedSide, MarkedSide]:
    """The three sides of a conflict; the card knows where in their files they stand."""
    one, two, three = _marked(base, ours, theirs, card)
    named = zip((one, two, three), whose, strict=True)
    one, two, three = (replace(side, whose=words) for side, words in named)
    return one, two, three


def _marked(base: bytes, ours: bytes, theirs: bytes, card: Card | None) -> tuple[MarkedSide, MarkedSide, MarkedSide]:
    around = (card.base, card.ours, card.theirs) if card is not None else (None, None, None)
    contents = (base, ours, theirs)
    told = [tokens(side) for side in contents] if not any(map(is_binary, contents)) else []
    if not told or not all(around) or max(map(len, told)) > _MOST:
        found = sides(base, ours, theirs)
        made = [
            MarkedSide(
                side.name,
                tuple(MarkedLine(0, (Piece(line.text, line.changed),), gap=line.gap) for line in side.lines),
                side.note,
            )
            for side in found
        ]
        return made[0], made[1], made[2]
    numbers: dict[bytes, int] = {}
    b, o, t = ([numbers.setdefault(one, len(numbers)) for one in side] for side in told)
    mine, yours = hunks(b, o), hunks(b, t)
    changed = (_old(mine) | _old(yours), _new(mine), _new(yours))
    sides_ = [
        _side(name, excerpt, words, where)
        for name, excerpt, words, where in zip(_NAMES, around, told, changed, strict=True)
        if excerpt is not None
    ]
    return sides_[0], sides_[1], sides_[2]


def _old(found: Iterable[Hunk]) -> set[int]:
    return {index for hunk in found for index in range(hunk.a0, hunk.a1)}


def _new(found: Iterable[Hunk]) -> set[int]:
    return {index for hunk in found for index in range(hunk.b0, hunk.b1)}


def _side(name: str, excerpt: Excerpt, words: Sequence[bytes], changed: set[int]) -> MarkedSide:
    before, after = split_lines(excerpt.before), split_lines(excerpt.after)
    first = excerpt.line + len(before)
    shown = before[-_AROUND:]
    lines = [_near(first - len(shown) + at, raw) for at, raw in enumerate(shown)]
    inside = list(_lines(first, words, changed))
    if len(inside) > _LONG:
        inside = _near_changes(inside)
    lines += inside or [MarkedLine(0, (Piece("nothing here"),), gap=True)]
    end = first + len(split_lines(excerpt.inside))
    lines += [_near(end + at, raw) for at, raw in enumerate(after[:_AROUND])]
    return MarkedSide(name, tuple(lines))


def _near(number: int, raw: bytes) -> MarkedLine:
    return MarkedLine(number, (Piece(_text(raw.removesuffix(b"\n"))),), near=True)


def _lines(first: int, words: Sequence[bytes], changed: set[int]) -> Iterable[MarkedLine]:
    pieces: list[Piece] = []
    number = first
    blanks = not any(words[index].strip() for index in changed)  # else an indent that follows a change is no news
    for index, word in enumerate(words):
        if word == b"\n":
            yield MarkedLine(number, tuple(pieces) or (Piece(""),))
            pieces, number = [], number + 1
            continue
        mark = index in changed and (bool(word.strip()) or blanks or {index - 1, index + 1} <= changed)
        if pieces and pieces[-1].marked == mark:
            pieces[-1] = Piece(pieces[-1].text + _text(word), mark)
        else:
            pieces.append(Piece(_text(word), mark))
    if pieces:
        yield MarkedLine(number, tuple(pieces))


def _near_changes(lines: Sequence[MarkedLine]) -> list[MarkedLine]:
    marked = [at for at, line in enumerate(lines) if any(piece.marked for piece in line.pieces)]
    wanted = {at for one in marked for at in range(one - _AROUND, one + _AROUND + 1)} or set(range(_LONG // 2))
    chosen = [at for at in range(len(lines)) if at in wanted][:_LONG]
    result: list[MarkedLine] = []
    before = -1
    for at in [*chosen, len(lines)]:
        if at > before + 1:
            count = at - before - 1
            text = f"({count:,} more {'line' if count == 1 else 'lines'})"
            result.append(MarkedLine(0, (Piece(text),), gap=True))
        if at < len(lines):
            result.append(lines[at])
        before = at
    return result


def _text(raw: bytes) -> str:
    return printable(cut(decode(raw)))
