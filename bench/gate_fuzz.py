"""The merge and its gate against histories whose every line carries an identity that only the generator sees.

    bench/gate_fuzz.py [--count N] [--seed N] [--kind KIND] [--show N] [--case SEED]

Files of functions, switch cases, tables, manual pages, shell scripts and Makefiles are written, in which most lines
repeat. Upstream and the target edit them: lines and blocks come in, go, change, move, are doubled, renamed, indented
anew; the target takes parts of upstream's change, or makes it in other words. The edits are made on identities, so what
upstream's change comes to in the target is known, however much the visible lines look alike:

    disjoint    neither side touches what the other does: one result is right, and it should land
    contested   both put lines at one place, or one puts lines beside what the other moves: any order is right
    conflict    both change the same line: nothing may land
    disguised   what is seen has a shorter explanation than what was done, on one of the sides: nobody can tell

What lands and is none of the right results is wrong; of the disguised it is only counted. `git merge-file` is given
the same, by `--git`. Nothing of portkit but the merge of one file is asked, and it sees contents alone.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from itertools import product
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.faithful import align
from portkit.merge.file import FileMerger, Version

COUNT = 20_000
KINDS = ("functions", "cases", "table", "page", "shell", "make")
_GHOST = 1_000_000
"""Added to a line's identity: the place that a moved line left."""
_ORDERS = 24


class Line(NamedTuple):
    """One line: who it is, what is seen of it, and whether it is only a place where a line was."""

    who: int
    text: bytes
    dead: bool = False


Lines = list[Line]


@dataclass(frozen=True, slots=True)
class Truth:
    """What may land: `kind` as above, `results` as contents."""

    kind: str
    results: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Case:
    """One merge, and what is right."""

    seed: int
    text: str
    base: bytes
    ours: bytes
    theirs: bytes
    truth: Truth
    edits: str


class Writer:
    """Writes files and edits them; `chance` decides everything."""

    def __init__(self, chance: random.Random, kind: str) -> None:
        self.chance = chance
        self.kind = kind
        self.count = 0
        self.number = 100
        self.nouns = chance.sample(_NOUNS, chance.choice((2, 3, 6, 11)))
        self.verbs = chance.sample(_VERBS, chance.choice((2, 3, 6, 12)))
        self.said: list[str] = []
        self.end = chance.choice((b"\n",) * 12 + (b"\r\n",))
        self.moved: set[int] = set()

    def who(self) -> int:
        self.count += 1
        return self.count

    def line(self, text: str) -> Line:
        return Line(self.who(), text.encode("latin-1") + self.end)

    # --- what files are made of -----------------------------------------------------------------------------

    def fresh(self) -> str:
        """A statement that no other line equals."""
        self.number += 1
        return self.statement(self.number)

    def statement(self, number: int = 0) -> str:
        """The words of one line of code, text or table."""
        pick = self.chance.choice
        noun, verb, other = pick(self.nouns), pick(self.verbs), pick(self.nouns)
        number = number or pick((0, 1, 2, 8, 64))
        shapes: tuple[str, ...]
        match self.kind:
            case "functions" | "cases":
                shapes = (
                    f"\t{verb}_{noun}({other}, {number});", f"\t{noun}->{other} = {number};",
                    f"\tif ({noun} == {number})", f'\twarnx("no {noun} to {verb} {number}");',
                    f"\t/* {verb} the {noun}, {number} \xe4t once */",
                    f"\tmemset(&{noun}[{number}], 0, sizeof({noun}));",
                )  # fmt: skip
            case "table":
                shapes = (
                    f'\t{{ "{noun}", {noun.upper()}_{verb.upper()}, {number} }},',
                    f"#define {noun.upper()}_{other.upper()}\t{number}",
                )
            case "page":
                shapes = (
                    f"The {noun} {verb}s the {other} {number} times.",
                    f".Ar {noun} {number}",
                    f"{verb} {number}",
                    f"to {verb} the {noun} or {number} of the {other}",
                )
            case "shell":
                shapes = (
                    f"\t{verb}_{noun} ${{{other}}} {number}",
                    f"\t{noun}={number}",
                    f'\techo "{verb} {noun} {number}" >&2',
                )
            case _:
                shapes = (
                    f"\t${{{verb.upper()}}} {noun}.c {number}",
                    f"SRCS+=\t{noun}_{verb}{number}.c",
                    f"CFLAGS+=\t-D{noun.upper()}={number}",
                )
        return pick(shapes)

    def trivial(self) -> str:
        match self.kind:
            case "functions" | "cases":
                return self.chance.choice(
                    (
                        "\treturn (0);",
                        "",
                        "\t\tbreak;",
                        "\t\tcontinue;",
                        "\t}",
                        "\ti++;",
                        "\t} else {",
                        "\t\treturn (-1);",
                    )
                )
            case "table":
                return self.chance.choice(("", "\t{ NULL, 0, 0 },", "};", "#endif", "/* end */"))
            case "page":
                return self.chance.choice((".Pp", ".Bl -tag -width indent", ".El", ".Ed", ".It", ".Bd -literal", ".Re"))
            case "shell":
                return self.chance.choice(("\tfi", "", "\tdone", "\t;;", "\treturn 0", "\tshift", "else", "}"))
            case _:
                return self.chance.choice(("", ".endif", ".else", "\t@true", ".include <bsd.prog.mk>", ".PHONY: all"))

    def body(self, least: int, most: int) -> Iterator[str]:
        for _ in range(self.chance.randrange(least, most)):
            draw = self.chance.random()
            if draw < 0.35:
                yield self.trivial()
            elif draw < 0.6 and self.said:
                yield self.chance.choice(self.said)
            else:
                text = self.fresh() if self.chance.random() < 0.3 else self.statement()
                self.said.append(text)
                yield text

    def block(self) -> list[str]:
        """A function, a case, an item, a target: what a program's authors move and copy as one."""
        pick = self.chance.choice
        noun, verb = pick(self.nouns), pick(self.verbs)
        self.number += 1
        name = f"{verb}_{noun}{self.number}"
        match self.kind:
            case "functions":
                head = [
                    "int" if self.chance.random() < 0.6 else "static void",
                    f"{name}(struct {noun} *p)",
                    "{",
                    "\tint i;",
                    "",
                ]
                return [*head, *self.body(3, 12), "\treturn (0);", "}", ""]
            case "cases":
                body = (
                    f"\t{text}" if text.startswith("\t") and text != "\t\tbreak;" else text for text in self.body(1, 5)
                )
                return [f"\tcase {name.upper()}:", *body, "\t\tbreak;"]
            case "table":
                return [f"struct {noun} {name}[] = {{", *self.body(3, 9), "\t{ NULL, 0, 0 },", "};", ""]
            case "page":
                return [pick((f".It Fl {name}", f".It Ic {name}", f".Ss {name.upper()}")), *self.body(1, 6), ".Pp"]
            case "shell":
                return [f"{name}()", "{", *self.body(2, 8), "}", ""]
            case _:
                return [f"{name}:\t{noun}.o", *self.body(1, 4), ""]

    def file(self) -> Lines:
        """A whole file; most begin with an ident line."""
        texts: list[str] = []
        ident = "$OpenBSD: made.c,v 1.7 2011/02/03 04:05:06 jo Exp $"
        opener = {"functions": "/*\t{} */", "cases": "/* {} */", "table": "/*\t{}\t*/", "page": '.\\"\t{}'}.get(
            self.kind, "# {}"
        )
        if self.chance.random() < 0.8:
            texts.append(opener.format(ident))
            if self.chance.random() < 0.3:
                texts.append(opener.format("$DragonFly: src/made.c,v 1.2 2008/01/01 00:00:00 di Exp $"))
        if self.kind == "page":
            texts += [
                self.chance.choice((".Dd $Mdocdate: June 1 2011 $", ".Dd June 1, 2011")),
                ".Dt MADE 8",
                ".Os",
                ".Sh NAME",
                ".Sh DESCRIPTION",
            ]
        elif self.kind in ("functions", "cases", "table"):
            texts += ["", "#include <sys/types.h>", "#include <string.h>", ""]
        if self.kind == "cases":
            for _ in range(self.chance.randrange(1, 3)):
                self.number += 1
                texts += ["int", f"sort{self.number}(int what)", "{", "\tswitch (what) {"]
                for _ in range(self.chance.randrange(3, 8)):
                    texts += self.block()
                texts += ["\t}", "\treturn (0);", "}", ""]
        else:
            for number in range(self.chance.randrange(2, 7)):
                if self.kind == "page" and number % 3 == 1:
                    texts += [f".Sh PART {number}", ".Bl -tag -width indent"]
                texts += self.block()
        lines = [self.line(text) for text in texts]
        if self.chance.random() < 0.06:
            while not lines[-1].text.strip():
                del lines[-1]
            lines[-1] = Line(lines[-1].who, lines[-1].text.rstrip(b"\r\n"))
        return lines

    # --- edits ----------------------------------------------------------------------------------------------

    def some(self, lines: Lines, most: int) -> range:
        """A run of living lines, as indexes of `lines`: nobody takes what begins with a closing brace, or the first
        line of a block without the rest."""
        for _ in range(20):
            chosen = self.any(lines, most)
            alive = [lines[index].text for index in chosen if not lines[index].dead]
            if not (_CLOSES.match(alive[0]) or _GOES_ON.match(alive[-1]) or any(map(_OPENS.match, alive))):
                break
        return chosen

    def any(self, lines: Lines, most: int) -> range:
        head = max((index for index, line in enumerate(lines) if _HEAD.search(line.text)), default=-1)
        alive = [index for index, line in enumerate(lines) if not line.dead and index > head]
        start = self.chance.randrange(len(alive))
        end = min(len(alive), start + self.chance.randrange(1, most + 1))
        return range(alive[start], alive[end - 1] + 1)

    def whole(self, lines: Lines) -> range:
        """A block by its look: from one opening line to the next."""
        opens = [index for index, line in enumerate(lines) if not line.dead and _OPENS.match(line.text)]
        if len(opens) < 3:
            return self.some(lines, 6)
        at = self.chance.randrange(len(opens) - 1)
        return range(opens[at], opens[at + 1])

    def texts(self, most: int) -> list[str]:
        """Lines that somebody would put in."""
        found = list(self.body(1, most + 1)) if self.chance.random() < 0.5 else [self.fresh(), *self.body(0, most)]
        while len(found) > 1 and (not found[0] or _CLOSES.match(found[0].encode("latin-1"))):
            del found[0]
        while len(found) > 1 and (not found[-1] or _GOES_ON.match(found[-1].encode("latin-1"))):
            del found[-1]
        return found

    def insert(self, lines: Lines) -> None:
        at = self.some(lines, 1).start
        lines[at:at] = [self.line(text) for text in self.texts(4)]

    def insert_block(self, lines: Lines) -> None:
        at = self.whole(lines).start
        lines[at:at] = [self.line(text) for text in self.block()]

    def delete(self, lines: Lines) -> None:
        for index in self.some(lines, 4) if self.chance.random() < 0.8 else self.whole(lines):
            lines[index] = lines[index]._replace(dead=True)

    def change(self, lines: Lines) -> None:
        for index in self.some(lines, 2):
            if not lines[index].dead and lines[index].text.strip():
                lines[index] = lines[index]._replace(text=self.changed(lines[index].text))

    def changed(self, text: bytes) -> bytes:
        bare = text.rstrip(b"\r\n")
        end = text[len(bare) :]
        self.number += 1
        numbered = re.sub(rb"\d+(?=\D*$)", b"%d" % self.number, bare)
        if numbered != bare and b"$" not in bare and self.chance.random() < 0.7:
            return numbered + end
        return self.fresh().encode("latin-1") + end

    def renamed(self, text: bytes) -> bytes:
        self.number += 1
        return re.sub(rb"\d+", b"%d" % self.number, text, count=1)

    def replace(self, lines: Lines) -> None:
        chosen = self.some(lines, 3)
        for index in chosen:
            lines[index] = lines[index]._replace(dead=True)
        lines[chosen.stop : chosen.stop] = [self.line(text) for text in self.texts(3)]

    def move(self, lines: Lines) -> None:
        chosen = self.some(lines, 5) if self.chance.random() < 0.6 else self.whole(lines)
        whole = bool(_OPENS.match(lines[chosen.start].text))
        self.put(lines, chosen, self.whole(lines).start if whole else self.some(lines, 1).start)

    def put(self, lines: Lines, chosen: range, to: int) -> None:
        if chosen.start <= to <= chosen.stop:
            return
        taken = [lines[index] for index in chosen if not lines[index].dead]
        if any(line.who in self.moved for line in taken) or not any(_SAYS.search(line.text) for line in taken):
            return
        for index in chosen:
            if not lines[index].dead:
                self.moved.add(lines[index].who)
                lines[index] = Line(lines[index].who + _GHOST, b"", dead=True)
        lines[to:to] = taken

    def double(self, lines: Lines) -> None:
        chosen = self.some(lines, 2) if self.chance.random() < 0.4 else self.whole(lines)
        if len(chosen) > 2 and not _OPENS.match(lines[chosen.start].text):
            return
        copies = [Line(self.who(), lines[index].text) for index in chosen if not lines[index].dead]
        for at, copy in enumerate(copies):  # who copies a function or a case gives it another name
            if _NAMED.match(copy.text) or self.chance.random() < 0.15:
                copies[at] = copy._replace(text=self.renamed(copy.text))
        whole = bool(_OPENS.match(lines[chosen.start].text))
        told = any(copy.text != lines[index].text for copy, index in zip(copies, chosen, strict=False))
        away = self.whole(lines).start if whole else self.some(lines, 1).start
        to = self.chance.choice((chosen.stop, chosen.start, away)) if told else chosen.stop
        lines[to:to] = copies

    def rename(self, lines: Lines) -> None:
        old = self.chance.choice(self.nouns).encode()
        self.number += 1
        word, new = re.compile(rb"\b%s\b" % old), old + b"_n%d" % self.number
        for index, line in enumerate(lines):
            if not line.dead and b"$" not in line.text:
                lines[index] = line._replace(text=word.sub(new, line.text))

    def indent(self, lines: Lines) -> None:
        for index in self.some(lines, 4):
            text = lines[index].text
            if not lines[index].dead and text.strip() and b'"' not in text:
                lines[index] = lines[index]._replace(text=b"\t" + text if self.chance.random() < 0.8 else text.lstrip())

    def wrap(self, lines: Lines) -> None:
        chosen = self.some(lines, 5)
        for index in chosen:
            if not lines[index].dead and self.chance.random() < 0.8:
                lines[index] = lines[index]._replace(text=b"\t" + lines[index].text)
        lines[chosen.stop : chosen.stop] = [self.line(self.trivial())]
        lines[chosen.start : chosen.start] = [self.line(self.fresh())]

    def bump(self, lines: Lines, keyword: bytes = b"OpenBSD") -> None:
        self.number += 1
        ident = re.compile(rb"(\$%s: \S+ 1\.)\d+" % keyword)
        for index, line in enumerate(lines):
            if not line.dead:
                text = ident.sub(rb"\g<1>%d" % self.number, line.text)
                lines[index] = line._replace(
                    text=text.replace(b"June 1 2011", b"July %d 2012" % (self.number % 28 + 1))
                )

    def edit(self, lines: Lines, weights: Sequence[tuple[str, int]]) -> str:
        names, shares = zip(*weights, strict=True)
        name: str = self.chance.choices(names, shares)[0]
        made: Callable[[Lines], None] = getattr(self, name)
        made(lines)
        return name

    def backport(self, lines: Lines, base: Lines, theirs: Lines) -> None:
        """Takes a part of upstream's change: some lines of it, by identity."""
        delta = Delta(base, theirs)
        whole = self.chance.random() < 0.6

        def keep() -> bool:
            return whole or self.chance.random() < 0.6

        gone = {line.who - _GHOST for line in lines if line.who > _GHOST}
        part = self.chance.choice(("runs", "dead", "changed", "all"))
        placed = {line.who for line in lines}
        if part in ("dead", "all"):
            for index, line in enumerate(lines):
                if line.who in delta.dead and keep():
                    lines[index] = line._replace(dead=True)
        if part in ("changed", "all"):
            for index, line in enumerate(lines):
                if line.who in delta.changed and keep():
                    lines[index] = line._replace(text=delta.changed[line.who])
        if part in ("runs", "all"):
            for before, run, behind in delta.runs:
                at = next((index for index, line in enumerate(lines) if line.who == before), None)
                if at is None or {before, behind} & gone or any(line.who in placed for line in run):
                    continue
                start = 0 if whole else self.chance.randrange(len(run))
                taken = run[start : len(run) if whole else start + self.chance.randrange(1, 4)]
                if any(re.search(rb"\d\d\d", line.text) for line in taken):
                    lines[at + 1 : at + 1] = taken

    def in_other_words(self, lines: Lines, base: Lines, theirs: Lines) -> None:
        """Makes upstream's change, said otherwise."""
        delta = Delta(base, theirs)
        for index, line in enumerate(lines):
            if line.who in delta.changed and not line.dead and self.chance.random() < 0.7:
                lines[index] = line._replace(text=self.changed(delta.changed[line.who]))
                return
        for before, run, _ in delta.runs:
            at = next((index for index, line in enumerate(lines) if line.who == before), None)
            if at is not None and not any(line.who < _GHOST and line in lines for line in run):
                lines[at + 1 : at + 1] = [
                    Line(self.who(), self.changed(line.text)) for line in run if line.text.strip()
                ]
                return


_NOUNS = ("lease", "queue", "peer", "frame", "route", "socket", "buffer", "client", "timer", "packet", "option")
_VERBS = ("open", "close", "send", "read", "parse", "flush", "check", "drop", "bind", "renew", "init", "copy")
_NAMED = re.compile(rb"\w+\(|\tcase |struct |\.It |\.Ss |\w+:\t")
"""A line that gives a block its name, which it has alone."""
_CLOSES = re.compile(rb"\s*(?:\}|break;|fi\b|done\b|;;|else\b|\.(?:E[ld]|Re|else|endif)\b|#endif|\{ NULL)")
_GOES_ON = re.compile(
    rb".*\{\s*$|\s*else$|\s*if\b|\s*(?:int|static void)\s*$|\.(?:B[ld]|It|Ss|Sh)\b|\s*case\b|\.if\b"
    rb"|\w+\(.*\)\s*$|\w+:\s"
)
_SAYS = re.compile(rb"\w{3,}.*\d")
_HEAD = re.compile(rb"\$(?:OpenBSD|DragonFly|Mdocdate)|^\.Dd ")
"""What only a bump changes."""
_OPENS = re.compile(rb"int$|int\r?\n|static void|\tcase |struct \w+ \w+\[\]|\.It |\.Ss |\w+\(\)\r?\n|\w+:\t")

_UPSTREAM = (
    ("insert", 6), ("insert_block", 2), ("delete", 5), ("change", 5), ("replace", 4), ("move", 3), ("double", 2),
    ("rename", 1), ("indent", 1), ("wrap", 1),
)  # fmt: skip
_LOCAL = (
    ("insert", 6), ("insert_block", 2), ("delete", 4), ("change", 4), ("replace", 3), ("move", 3), ("double", 3),
    ("rename", 1), ("indent", 2), ("wrap", 1),
)  # fmt: skip


# --- what is right ------------------------------------------------------------------------------------------


class Delta:
    """What turns base into theirs, by identity."""

    def __init__(self, base: Lines, theirs: Lines) -> None:
        old = {line.who: line for line in base}
        ghosts = {line.who - _GHOST for line in theirs if line.who > _GHOST}
        self.moved = {line.who for line in theirs if line.who in ghosts and line.who in old and not line.dead}
        self.dead = {line.who for line in theirs if line.dead and line.who in old}
        self.dead |= (ghosts & old.keys()) - self.moved
        self.changed = {
            line.who: line.text
            for line in theirs
            if not line.dead and line.who in old and bare(line.text) != bare(old[line.who].text)
        }
        self.runs: list[tuple[int, list[Line], int]] = []
        """Lines that come in, and what stands before and behind them: 0 the start, -1 the end."""
        run: Lines = []
        before = 0
        for line in [*theirs, Line(-1, b"")]:
            if line.who == -1 or (line.who in old and line.who not in self.moved):
                if run:
                    self.runs.append((before, run, line.who))
                run, before = [], line.who
            elif line.who > _GHOST:
                if run:  # what was moved stood here: nothing tells on which side of it the run belongs
                    self.runs.append((before, run, line.who))
                run, before = [], line.who
            elif not line.dead:
                run.append(line)


def three_way(base: Lines, ours: Lines, theirs: Lines) -> Truth:
    """What upstream's change comes to in ours."""
    delta = Delta(base, theirs)
    old = {line.who: line.text for line in base}
    mine = {line.who: line for line in ours if line.who in old or not line.dead}
    local_ghosts = {line.who - _GHOST for line in ours if line.who > _GHOST}
    conflict = contested = False

    def untouched(who: int) -> bool:
        return who in mine and who in old and not mine[who].dead and mine[who].text == old[who]

    merged: Lines = []
    for line in ours:
        if line.who in delta.dead:
            if not line.dead and line.text != old[line.who]:
                conflict = conflict or b"".join(line.text.split()) != b"".join(old[line.who].split())
                contested = True
            merged.append(line._replace(dead=True))
        elif line.who in delta.moved and not (line.who in local_ghosts and _standing(ours, theirs, line.who)):
            merged.append(Line(line.who + _GHOST, b"", dead=True))
        elif line.who in delta.changed:
            new = delta.changed[line.who]
            if line.dead or (line.text not in (old[line.who], new)):
                same = not line.dead and b"".join(line.text.split()) == b"".join(old[line.who].split())
                conflict = conflict or not same
                contested = True
            merged.append(line._replace(text=new))
        else:
            merged.append(line)
    if any(who not in mine and old[who].strip() for who in (*delta.changed, *delta.moved)):
        conflict = True
    for who in delta.moved:
        if not old[who].strip():
            continue
        if who in local_ghosts or not untouched(who):
            contested = True
            conflict = conflict or who in local_ghosts or who not in mine or mine[who].dead
    if conflict:
        return Truth("conflict", frozenset())
    places: list[list[int]] = []
    runs: list[Lines] = []
    where = {line.who: index for index, line in enumerate(merged)}
    for before, run, behind in delta.runs:
        run = [line for line in run if line.text.strip() or line.who not in mine]
        if all(line.who in mine and line.who not in delta.moved for line in run):
            if any(mine[line.who].dead for line in run):
                return Truth("conflict", frozenset())
            continue
        if any(line.who in mine and line.who not in delta.moved for line in run):
            if any(mine[line.who].dead for line in run if line.who in mine):
                return Truth("conflict", frozenset())
            contested = True  # taken in part: what is missing belongs between what is there
            for index, line in enumerate(run):
                if line.who not in mine:
                    near = [other.who for other in run[:index] if other.who in where][-1:] or [before]
                    far = [other.who for other in run[index:] if other.who in where][:1] or [behind]
                    at = where[near[0]] + 1 if near[0] in where else where.get(far[0], len(merged))
                    merged.insert(at, line)
                    where = {line.who: index for index, line in enumerate(merged)}
            continue
        run = [
            mine[line.who]._replace(text=delta.changed.get(line.who, mine[line.who].text)) if line.who in mine else line
            for line in run
        ]
        here = set()
        for who, step in ((before, 1), (behind, 0)):
            found = 0 if who == 0 else len(merged) if who == -1 else where.get(who, where.get(who - _GHOST, -9)) + step
            if found >= 0:
                here.add(found)
            ghost = where.get(who + _GHOST)
            if ghost is not None and who < _GHOST:
                here.add(ghost + step)
        here = {_unified(merged, one) for one in here}
        if not here:
            return Truth("conflict", frozenset())
        if len({before, behind} & local_ghosts):
            contested = True
        if len(here) > 1:
            contested = True
        if all(who in mine and mine[who].dead for who in (before, behind)):
            contested = True  # amid what the target deleted
        runs.append(run)
        places.append(sorted(here))
    results = set()
    for chosen in list(product(*places))[:_ORDERS]:
        puts: dict[int, Lines] = {}
        for at, run in zip(chosen, runs, strict=True):
            puts.setdefault(at, []).extend(run)
        out: Lines = []
        for index in range(len(merged) + 1):
            out += puts.get(index, [])
            out += merged[index : index + 1]
        results.add(content(out))
    return Truth("contested" if contested else "disjoint", frozenset(results))


def disguised(base: Lines, side: Lines) -> bool:
    """Whether two contents have more lines in common, in order, than those that one has from the other."""
    moved = {line.who - _GHOST for line in side if line.who > _GHOST}
    old = {line.who: bare(line.text) for line in base}
    if any(line.who in moved and not line.dead and bare(line.text) != old.get(line.who) for line in side):
        return True  # moved and changed: two lines, as it seems
    kept = sum(1 for line in side if not line.dead and line.who not in moved and old.get(line.who) == bare(line.text))
    a, b = bare(content(base)).splitlines(), bare(content(side)).splitlines()
    numbers = {line: index for index, line in enumerate({*a, *b})}
    return len(list(align([numbers[line] for line in a], [numbers[line] for line in b]))) > kept


def by_chance(base: Lines, ours: Lines, theirs: Lines) -> bool:
    """Whether both sides bring a line that says something, alike, and none has it from the other."""
    old = {line.who: line.text for line in base}
    brought = [
        {
            line.text.strip(): line.who
            for line in side
            if not line.dead and old.get(line.who) != line.text and _SAYS.search(line.text)
        }
        for side in (ours, theirs)
    ]
    return any(brought[1].get(text, who) != who for text, who in brought[0].items())


def _unified(merged: Lines, at: int) -> int:
    """One number for all places between which only dead lines stand."""
    while at > 0 and merged[at - 1].dead:
        at -= 1
    return at


def _standing(ours: Lines, theirs: Lines, who: int) -> bool:
    """Whether both sides put a line behind the same one: a move that was taken over."""

    def before(lines: Lines) -> int:
        last = 0
        for line in lines:
            if line.who == who:
                return last
            last = last if line.dead else line.who
        return last

    return before(ours) == before(theirs)


def content(lines: Lines) -> bytes:
    """What is seen. A last line without a newline gets one where another follows."""
    alive = [line.text for line in lines if not line.dead]
    return b"".join(
        text if text.endswith(b"\n") or index == len(alive) - 1 else text + b"\n" for index, text in enumerate(alive)
    )


# --- cases --------------------------------------------------------------------------------------------------


def case(seed: int, kind: str = "") -> Case:
    """The case of a seed."""
    chance = random.Random(seed)
    writer = Writer(chance, kind or chance.choice(KINDS))
    base = writer.file()
    theirs = list(base)
    done = [writer.edit(theirs, _UPSTREAM) for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5)))]
    writer.bump(theirs)
    writer.moved = set()
    ours = list(base)
    done.append("|")
    for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 4, 6))):
        draw = chance.random()
        if draw < 0.12:
            writer.backport(ours, base, theirs)
            done.append("backport")
        elif draw < 0.2:
            writer.in_other_words(ours, base, theirs)
            done.append("in_other_words")
        else:
            done.append(writer.edit(ours, _LOCAL))
    if chance.random() < 0.3:
        writer.bump(ours)
    truth = three_way(base, ours, theirs)
    if disguised(base, ours) or disguised(base, theirs) or by_chance(base, ours, theirs):
        truth = Truth("disguised", truth.results)
    return Case(seed, writer.kind, content(base), content(ours), content(theirs), truth, " ".join(done))


_KEYWORD = re.compile(rb"\$(OpenBSD|DragonFly|Mdocdate)[^$\n]*\$")


def bare(text: bytes) -> bytes:
    """A content without what its keywords say."""
    return _KEYWORD.sub(rb"$\1$", text)


def said(text: bytes) -> list[bytes]:
    """What a content says: white space says nothing."""
    return [b"".join(line.split()) for line in bare(text).splitlines() if line.strip()]


def portkit(one: Case) -> bytes | None:
    """What lands; None where nothing does."""
    base, ours, theirs = (Version(text, 0o100644) for text in (one.base, one.ours, one.theirs))
    found = FileMerger().merge(base, ours, theirs)
    return found.result.content if found.lands and found.result is not None else None


def git(one: Case) -> bytes | None:
    """What git merge-file makes of it, keywords apart; None where it conflicts."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for name, text in (("ours", one.ours), ("base", one.base), ("theirs", one.theirs)):
            place = Path(folder, name)
            place.write_bytes(bare(text))
            names.append(str(place))
        done = subprocess.run(["git", "merge-file", "-p", "-q", *names], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def verdict(one: Case, landed: bytes | None) -> str:
    """`right`, `parked` or `wrong`."""
    if landed is None:
        return "parked"
    return "right" if any(said(landed) == said(text) for text in one.truth.results) else "wrong"


def shown(one: Case, landed: bytes | None) -> str:
    """A case, to be read."""

    def diff(title: str, old: bytes, new: bytes) -> str:
        before, after = (text.decode("latin-1").splitlines() for text in (old, new))
        return f"--- {title}\n" + "\n".join(list(unified_diff(before, after, lineterm="", n=4))[2:]) + "\n"

    text = f"===== seed {one.seed}, {one.text}, {one.truth.kind}: {one.edits}\n"
    text += diff("base to theirs", one.base, one.theirs) + diff("base to ours", one.base, one.ours)
    if landed is not None:
        text += diff("ours to landed", one.ours, landed)
        for result in sorted(one.truth.results)[:2]:
            text += diff("right to landed", bare(result), bare(landed))
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS, default="")
    parser.add_argument("--git", action="store_true", help="git merge-file, too")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print so many wrong ones")
    parser.add_argument(
        "--parked", type=int, default=0, metavar="N", help="print so many disjoint ones that were parked"
    )
    parser.add_argument("--case", type=int, help="print this one")
    options = parser.parse_args()
    if options.case is not None:
        one = case(options.case, options.kind)
        landed = portkit(one)
        print(shown(one, landed), verdict(one, landed))
        return 0
    tally: Counter[str] = Counter()
    wrong: list[int] = []
    for seed in range(options.seed, options.seed + options.count):
        one = case(seed, options.kind)
        landed = portkit(one)
        found = verdict(one, landed)
        tally[one.truth.kind] += 1
        tally[f"{one.truth.kind} {found}"] += 1
        if found == "wrong" and one.truth.kind != "disguised":
            wrong.append(seed)
            if len(wrong) <= options.show:
                print(shown(one, landed))
        if found == "parked" and one.truth.kind == "disjoint" and options.parked:
            options.parked -= 1
            print(shown(one, landed))
        if options.git:
            tally[f"{one.truth.kind} git {verdict(one, git(one))}"] += 1
    print(f"{options.count} merges, by the seeds from {options.seed} on" + " " * 8 + "right   wrong  parked")
    for kind in ("disjoint", "contested", "conflict", "disguised"):
        print(f"{kind:10} {tally[kind]:6}      {'portkit':16}" + _row(tally, kind))
        if options.git:
            print(f"{'':22} {'git merge-file':16}" + _row(tally, f"{kind} git"))
    seeds = f" (seeds {', '.join(map(str, wrong[:20]))})" if wrong else ""
    print(f"wrong, but for the disguised: {len(wrong)}{seeds}")
    return 1 if wrong else 0


def _row(tally: Counter[str], kind: str) -> str:
    return "".join(f"{tally[f'{kind} {state}']:8}" for state in ("right", "wrong", "parked"))


if __name__ == "__main__":
    sys.exit(main())
