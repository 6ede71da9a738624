#!/usr/bin/env python3
"""Seeded bad merges: right ones, spoilt in the five ways that merges go wrong without a word.

    lost-deletion     a line that upstream deletes stands elsewhere in ours, and is still there in the result
    wrong-function    a hunk lands in another function
    double-insertion  what upstream adds comes in twice
    neighbour-eaten   a line beside the hunk that upstream left alone is gone
    moved             a right hunk stands elsewhere within its function

Right merges come from two wells. `synthetic` writes small C files and edits them twice, once as upstream and once as
the target, at places that do not meet, so that the right result is known by construction and no merge is needed.
`real_quadruples` takes the person-made ports of a table (columns dfly_commit, openbsd_commit(s), confidence; it lies
outside the repository) where bench/faithful.py finds nothing unfaithful.

The same seed gives the same bad merges. None is a no-op: the spoilt result differs from the right one, in more than
keywords and blank lines, and a hunk is only ever moved across a line that base has too, so that it cannot be
another right place.

Nothing of the tool under test is imported, but by `--judge portkit`.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.faithful import (
    FAITHFUL,
    UNFAITHFUL,
    Function,
    Repository,
    align,
    fold,
    folded_text,
    functions,
    is_keyword_line,
    judge,
    split_lines,
)

KINDS = ("lost-deletion", "wrong-function", "double-insertion", "neighbour-eaten", "moved")


@dataclass(frozen=True, slots=True)
class Quadruple:
    """One file change: upstream's two sides, the target's two sides."""

    name: str
    base: bytes
    theirs: bytes
    ours: bytes
    result: bytes


@dataclass(frozen=True, slots=True)
class BadMerge:
    """A spoilt quadruple; `description` says what was done to the right one, `right` its result."""

    quadruple: Quadruple
    kind: str
    description: str
    right: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """ours[start:end] became `added`, which is result[to : to + len(added)]."""

    start: int
    end: int
    to: int
    added: tuple[bytes, ...]


class _Sides:
    """The lines of a quadruple, and what the target's side of it changed."""

    def __init__(self, quadruple: Quadruple) -> None:
        self.base, self.theirs, self.ours, self.result = (
            split_lines(text) for text in (quadruple.base, quadruple.theirs, quadruple.ours, quadruple.result)
        )
        self.changes = changes(self.ours, self.result)
        self.functions = [function for function in functions(self.ours) if function.end - function.start > 5]
        base_ids, ours_ids = _ids(self.base, self.ours)
        self.stable = {y for _, y in align(base_ids, ours_ids)}

    def function(self, line: int) -> Function | None:
        return next((f for f in self.functions if f.start <= line < f.end), None)

    def text(self, edits: Sequence[tuple[int, int, Sequence[bytes]]]) -> bytes:
        """ours with other edits (start, end, lines) in place of the right ones."""
        out = list(self.ours)
        for start, end, lines in sorted(edits, key=lambda edit: (edit[0], edit[1]), reverse=True):
            out[start:end] = lines
        return b"".join(out)

    def right(self, but: Change | None = None) -> list[tuple[int, int, Sequence[bytes]]]:
        return [(change.start, change.end, change.added) for change in self.changes if change is not but]


def _ids(a: list[bytes], b: list[bytes]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    table: dict[bytes, int] = {}
    return (
        tuple(table.setdefault(fold(x), len(table)) for x in a),
        tuple(table.setdefault(fold(x), len(table)) for x in b),
    )


def changes(before: list[bytes], after: list[bytes]) -> list[Change]:
    """What changed, keyword lines apart."""
    a, b = _ids(before, after)
    out = []
    x0 = y0 = 0
    for x, y in [*align(a, b), (len(a), len(b))]:
        if x > x0 or y > y0:
            out.append(Change(x0, x, y0, tuple(after[y0:y])))
        x0, y0 = x + 1, y + 1
    return out


def solid(line: bytes) -> bool:
    """Whether a line says something: no blank, no lone brace, no comment mark."""
    return sum(chr(byte).isalnum() for byte in line) >= 4 and b"$" not in line


# --- the five ways ------------------------------------------------------------------------------------------

Spoiler = Callable[[Quadruple, _Sides, random.Random], tuple[Quadruple, str] | None]


def _lost_deletion(quadruple: Quadruple, sides: _Sides, rng: random.Random) -> tuple[Quadruple, str] | None:
    """The line is moved in ours, as a local change; the merge then overlooks it."""
    choices = [
        line
        for change in sides.changes
        for line in range(change.start, change.end)
        if solid(sides.ours[line])
        and sides.function(line)
        and sides.ours[line] in sides.base
        and sides.base.count(sides.ours[line]) > sides.theirs.count(sides.ours[line])
        and sides.base.count(sides.ours[line]) == sides.ours.count(sides.ours[line])
    ]
    if not choices:
        return None
    line = rng.choice(choices)
    function = sides.function(line)
    assert function is not None
    moved = sides.ours[line]
    taken = {k for other in sides.changes for k in range(other.start - 1, other.end + 1)}
    gaps = [g for g in range(function.start + 2, function.end - 1) if g not in taken and abs(g - line) > 1]
    if not gaps:
        return None
    gap = rng.choice(gaps)
    ours = sides.text([(line, line + 1, ()), (gap, gap, (moved,))])
    result = sides.text([*sides.right(), (gap, gap, (moved,))])
    return replace(quadruple, ours=ours, result=result), f"line {line + 1} of ours moved to {gap + 1} and kept"


def _wrong_function(quadruple: Quadruple, sides: _Sides, rng: random.Random) -> tuple[Quadruple, str] | None:
    choices = [c for c in sides.changes if any(map(solid, c.added)) and sides.function(c.start)]
    if not choices:
        return None
    change = rng.choice(choices)
    others = [f for f in sides.functions if f is not sides.function(change.start)]
    if not others:
        return None
    other = rng.choice(others)
    gap = rng.randrange(other.start + 2, other.end - 1)
    if any(c.start <= gap <= c.end for c in sides.changes):
        return None
    result = sides.text([*sides.right(change), (gap, gap, change.added)])
    what = f"the hunk at line {change.start + 1} of ours put into {other.name.decode('latin-1')}"
    return replace(quadruple, result=result), what


def _double_insertion(quadruple: Quadruple, sides: _Sides, rng: random.Random) -> tuple[Quadruple, str] | None:
    choices = [c for c in sides.changes if any(map(solid, c.added))]
    already = [c for c in changes(sides.base, sides.theirs) if any(map(solid, c.added)) and not sides.changes]
    if already:  # upstream's change is there; the merge makes it again
        change = rng.choice(already)
        spots = [
            k + len(change.added)
            for k in range(len(sides.ours))
            if tuple(sides.ours[k : k + len(change.added)]) == change.added
        ]
        if not spots:
            return None
        gap = rng.choice(spots)
        return replace(quadruple, result=sides.text([(gap, gap, change.added)])), f"made again at line {gap + 1}"
    if not choices:
        return None
    change = rng.choice(choices)
    away = rng.choice((0, 0, 1, 2))
    gap = change.end + away
    if any(c.start <= gap <= c.end for c in sides.changes if c is not change) or gap > len(sides.ours):
        return None
    if away:
        edits = [*sides.right(), (gap, gap, change.added)]
    else:
        edits = [*sides.right(change), (change.start, change.end, change.added * 2)]
    return replace(quadruple, result=sides.text(edits)), f"the hunk at line {change.start + 1} of ours added twice"


def _neighbour_eaten(quadruple: Quadruple, sides: _Sides, rng: random.Random) -> tuple[Quadruple, str] | None:
    taken = {k for c in sides.changes for k in range(c.start, c.end)}
    choices = [
        (change, line)
        for change in sides.changes
        for line in (change.start - 1, change.end)
        if 0 <= line < len(sides.ours)
        and line not in taken
        and sides.ours[line].strip()
        and b"$" not in sides.ours[line]
    ]
    if not choices:
        return None
    change, line = rng.choice(choices)
    edits = sides.right(change)
    start, end = min(line, change.start), max(line + 1, change.end)
    result = sides.text([*edits, (start, end, change.added)])
    return replace(quadruple, result=result), f"line {line + 1} of ours eaten"


def _moved(quadruple: Quadruple, sides: _Sides, rng: random.Random) -> tuple[Quadruple, str] | None:
    choices = [c for c in sides.changes if any(map(solid, c.added)) and sides.function(c.start)]
    if not choices:
        return None
    change = rng.choice(choices)
    function = sides.function(change.start)
    assert function is not None
    near = rng.random() < 0.5
    gaps = [
        gap
        for gap in range(function.start + 1, function.end)
        if (gap < change.start or gap > change.end)
        and (not near or abs(gap - change.start) <= 6)
        and not any(c.start < gap < c.end for c in sides.changes)
        and _crosses(sides, change, gap)
    ]
    if not gaps:
        return None
    gap = rng.choice(gaps)
    edits = [*sides.right(change), (change.start, change.end, ()), (gap, gap, change.added)]
    what = f"the hunk at line {change.start + 1} of ours moved to {gap + 1}"
    return replace(quadruple, result=sides.text(edits)), what


def _crosses(sides: _Sides, change: Change, gap: int) -> bool:
    """Whether a line of base, neither blank nor removed, lies between the right place and the gap."""
    between = range(gap, change.start) if gap < change.start else range(change.end, gap)
    removed = {k for c in sides.changes for k in range(c.start, c.end)}
    return any(k in sides.stable and k not in removed and sides.ours[k].strip() for k in between)


_SPOILERS: dict[str, Spoiler] = {
    "lost-deletion": _lost_deletion,
    "wrong-function": _wrong_function,
    "double-insertion": _double_insertion,
    "neighbour-eaten": _neighbour_eaten,
    "moved": _moved,
}


def bad_merges(right: Sequence[Quadruple], count: int, seed: int) -> list[BadMerge]:
    """`count` different bad merges, the five kinds in turn; fewer only if `right` gives no more."""
    rng = random.Random(seed)
    sides: dict[int, _Sides] = {}
    out: list[BadMerge] = []
    seen: set[tuple[bytes, bytes, bytes]] = set()
    tries = 0
    while len(out) < count and right and tries < 400 * count:
        tries += 1
        kind = KINDS[len(out) % len(KINDS)]
        index = rng.randrange(len(right))
        quadruple = right[index]
        if index not in sides:
            sides[index] = _Sides(quadruple)
        spoilt = _SPOILERS[kind](quadruple, sides[index], rng)
        if spoilt is None:
            continue
        bad, what = spoilt
        key = (bad.theirs, bad.ours, bad.result)
        if key in seen or _words(bad.result) == _words(quadruple.result):
            continue
        seen.add(key)
        out.append(BadMerge(bad, kind, what, quadruple.result))
    return out


def _words(text: bytes) -> list[bytes]:
    return [b" ".join(line.split()) for line in folded_text(text) if line.strip()]


# --- right merges, written here -----------------------------------------------------------------------------

_NOUNS = ("lease", "queue", "peer", "frame", "route", "socket", "buffer", "client", "timer", "packet", "option")
_VERBS = ("open", "close", "send", "read", "parse", "flush", "check", "drop", "bind", "renew", "init", "copy")
_COMMON = ("\treturn (0);", "", "\t\tbreak;", "\t\tcontinue;", "\t}", "\ti++;", "\t\treturn (-1);")


def _statement(rng: random.Random) -> list[str]:
    noun, verb, other = rng.choice(_NOUNS), rng.choice(_VERBS), rng.choice(_NOUNS)
    number = rng.randrange(90)
    shape = rng.randrange(8)
    if shape == 0:
        return [f"\tif ({noun}_{verb}({other}, {number}) == -1)", "\t\treturn (-1);"]
    if shape == 1:
        return [f"\tfor (i = 0; i < {number}; i++) {{", f"\t\t{verb}_{noun}(&{other}[i]);", "\t}"]
    if shape == 2:
        return ["", f"\t/* {verb.capitalize()} the {noun} before the {other} goes. */"]
    if shape == 3:
        return [f"\tif ({noun} == NULL) {{", f'\t\twarnx("no {noun} to {verb}");', "\t\tbreak;", "\t}"]
    if shape == 4:
        return [rng.choice(_COMMON)]
    if shape == 5:
        return [f"\t{noun}->{other} = {number};"]
    if shape == 6:
        return [f"\tmemset(&{noun}, 0, sizeof({noun}));"]
    return [f"\t{verb}_{noun}({other}, {number});"]


def _function(rng: random.Random, name: str) -> list[str]:
    body: list[str] = []
    for _ in range(rng.randrange(6, 18)):
        body += _statement(rng)
    return ["int", f"{name}(struct {rng.choice(_NOUNS)} *p)", "{", "\tint i;", "", *body, "\treturn (0);", "}", ""]


def synthetic(count: int, seed: int) -> list[Quadruple]:
    """`count` right merges of small C files. `result` is both edits made, not merged: right by construction."""
    rng = random.Random(seed)
    return [_one(rng, f"synthetic-{k + 1}") for k in range(count)]


def _one(rng: random.Random, name: str) -> Quadruple:
    names = rng.sample([f"{verb}_{noun}" for verb in _VERBS for noun in _NOUNS], rng.randrange(4, 7))
    base = ["", "#include <sys/types.h>", "#include <string.h>", ""]
    for one in names:
        base += _function(rng, one)
    bodies = [k for k, line in enumerate(base) if line.startswith("\t") and k > 4]
    upstream: list[tuple[int, int, list[str]]] = []
    local: list[tuple[int, int, list[str]]] = []
    taken: set[int] = set()
    for side, wanted in ((upstream, rng.randrange(1, 4)), (local, rng.randrange(0, 5))):
        for _ in range(wanted):
            start = rng.choice(bodies)
            size = rng.choice((0, 0, 1, 1, 2, 4))
            around = set(range(start - 3, start + size + 3))
            inside = base[start : start + size]
            if around & taken or any(not line.startswith("\t") for line in inside):
                continue
            deletes = size and rng.random() < 0.35
            new = [] if deletes else [x for _ in range(rng.randrange(1, 3)) for x in _statement(rng)]
            if not any(map(solid, (line.encode() for line in [*new, *inside]))):
                continue
            taken |= around
            side.append((start, start + size, new))
    if not upstream:
        return _one(rng, name)
    revision = rng.randrange(2, 200)
    there = bool(local) and rng.random() < 0.08  # upstream's change is in ours already
    head = [f"/*\t$OpenBSD: {name}.c,v 1.{revision + k} 2012/07/1{k} 10:00:00 someone Exp $\t*/" for k in (0, 1)]
    theirs = _edited(base, upstream)
    ours = _edited(base, [*local, *upstream] if there else local)
    result = _edited(base, [*local, *upstream])
    if rng.random() < 0.15:  # a function got another name here
        old, new_name = names[1], "dev_" + names[1]
        ours = [line.replace(f"{old}(struct", f"{new_name}(struct") for line in ours]
        result = [line.replace(f"{old}(struct", f"{new_name}(struct") for line in result]
    if rng.random() < 0.5:  # a longer copy: the target has a function of its own
        gone = {line for start, end, _ in upstream for line in base[start:end] if solid(line.encode())}
        own = [line for line in _function(rng, "target_own") if line not in gone]
        ours, result = [*ours, *own], [*result, *own]
    made = Quadruple(
        name, _text(head[0], base), _text(head[1], theirs), _text(head[0], ours), _text(head[1], result)
    )
    return made if made.base != made.theirs else _one(rng, name)


def _edited(base: list[str], edits: Sequence[tuple[int, int, list[str]]]) -> list[str]:
    out = list(base)
    for start, end, lines in sorted(edits, key=lambda edit: edit[0], reverse=True):
        out[start:end] = lines
    return out


def _text(head: str, lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in [head, *lines]).encode()


# --- right merges, made by people ---------------------------------------------------------------------------


def real_quadruples(table: Path, upstream: str, target: str) -> list[Quadruple]:
    """The file changes of the sure one-to-one ports that the judge finds faithful."""
    up, down = Repository(upstream), Repository(target)
    out = []
    try:
        with table.open(newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if row["confidence"] == "sure"]
        for row in rows:
            changeset, commit = row["openbsd_commit(s)"], row["dfly_commit"]
            if " " in changeset:
                continue
            made = down.changes(commit)
            for path, (base, theirs) in up.changes(changeset).items():
                ours, result = made.get(path, (None, None))
                if base is None or theirs is None or ours is None or result is None:
                    continue
                texts = up.blob(base.id), up.blob(theirs.id), down.blob(ours.id), down.blob(result.id)
                verdicts = judge(*texts)
                kinds = {verdict.kind for verdict in verdicts}
                if FAITHFUL in kinds and UNFAITHFUL not in kinds:
                    out.append(Quadruple(f"{commit[:12]} {path}", *texts))
    finally:
        up.close()
        down.close()
    return out


# --- the count ----------------------------------------------------------------------------------------------

Accepts = Callable[[Quadruple], bool]


def accepted_by_judge(quadruple: Quadruple) -> bool:
    """What bench/faithful.py says."""
    verdicts = judge(quadruple.base, quadruple.theirs, quadruple.ours, quadruple.result)
    return all(verdict.kind != UNFAITHFUL for verdict in verdicts)


def portkit_gate() -> Accepts | None:
    """What portkit's own gate says; None where it cannot be imported."""
    try:
        gate = importlib.import_module("portkit.merge.gate")
    except ImportError:
        return None

    def accepts(quadruple: Quadruple) -> bool:
        # The gate sees contents before the ident line is bumped; that is another step, with its own tests.
        texts = [_without_idents(text) for text in _four(quadruple)]
        verdict = gate.check(texts[0], texts[2], texts[1], texts[3])
        return str(verdict.gate.value) != "failed"

    return accepts


def _without_idents(text: bytes) -> bytes:
    folded = (fold(line) for line in split_lines(text))
    return b"".join(line for line in folded if not is_keyword_line(line))


def _four(quadruple: Quadruple) -> tuple[bytes, bytes, bytes, bytes]:
    return quadruple.base, quadruple.theirs, quadruple.ours, quadruple.result


def count_caught(name: str, accepts: Accepts, right: Sequence[Quadruple], bad: Sequence[BadMerge]) -> tuple[str, bool]:
    """A table by kind with the missed ones below it, and whether all were caught."""
    missed = [one for one in bad if accepts(one.quadruple)]
    refused = [one for one in right if not accepts(one)]
    total, lost = Counter(one.kind for one in bad), Counter(one.kind for one in missed)
    lines = [f"{name}: {len(bad) - len(missed)} of {len(bad)} bad merges caught"]
    lines += [f"  {kind:18} {total[kind] - lost[kind]:4} of {total[kind]}" for kind in KINDS]
    lines.append(f"  right ones passed  {len(right) - len(refused):4} of {len(right)}")
    lines += [f"  missed: {one.kind}: {one.quadruple.name}: {one.description}" for one in missed]
    lines += [f"  refused, though right: {one.name}" for one in refused]
    return "\n".join(lines), not missed


def main(arguments: Sequence[str] | None = None) -> int:
    """0: all bad merges were caught. 1: some were not. 2: the command line."""
    parser = argparse.ArgumentParser(description="Spoils right merges, and counts how many a judge catches.")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--judge", choices=("faithful", "portkit"), help="default: both, where importable")
    parser.add_argument("--from", dest="source", choices=("synthetic", "real"), help="default: both, where there")
    parser.add_argument("--ports", type=Path, default=Path("../shared/truth/dhclient-ports.csv"))
    parser.add_argument("--upstream", default=os.environ.get("PORTKIT_REAL_OPENBSD"))
    parser.add_argument("--target", default=os.environ.get("PORTKIT_REAL_DRAGONFLY"))
    options = parser.parse_args(arguments)
    judges: list[tuple[str, Accepts]] = []
    if options.judge != "portkit":
        judges.append(("bench/faithful.py", accepted_by_judge))
    if options.judge != "faithful":
        gate = portkit_gate()
        if gate is not None:
            judges.append(("portkit's gate", gate))
        elif options.judge == "portkit":
            parser.error("portkit.merge.gate cannot be imported")
    wells: list[tuple[str, list[Quadruple]]] = []
    if options.source != "real":
        wells.append(("synthetic", synthetic(150, options.seed)))
    if options.source != "synthetic":
        if options.upstream and options.target and options.ports.exists():
            wells.append(("the people's ports", real_quadruples(options.ports, options.upstream, options.target)))
        else:
            print("the people's ports: skipped (PORTKIT_REAL_OPENBSD, PORTKIT_REAL_DRAGONFLY and --ports are needed)")
    good = True
    for well, right in wells:
        bad = bad_merges(right, options.count, options.seed)
        print(f"== {well}: {len(right)} right merges, {len(bad)} bad ones made of them, seed {options.seed}")
        for name, accepts in judges:
            table, caught = count_caught(name, accepts, right, bad)
            print(table)
            good = good and caught and len(bad) == options.count
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
