"""Mutated RCS files into the reader: it must end, and raise nothing but its one documented error.

    bench/rcs_fuzz.py [--count N] [--seed N] [--from FOLDER]

Prints how many inputs were read, how many of them the reader still took for whole, the slowest (CPU time), and memory.
`--from` takes the seeds from the ,v files of a folder (below 64 kB each) in place of the built-in ones.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from portkit.upstream.rcs import HEAD, RcsError, RcsFile

COUNT = 1_000_000
SLOW = 2.0
"""Seconds for one input above which it counts as hanging."""

MARKS = (
    b"@", b"@@", b";", b":", b"\n", b" ", b"\0", b"\xff", b"head", b"desc", b"text", b"log", b"next", b"branches",
    b"1.1", b"1.2", b"1.2.2.1", b"a1 1\n", b"d1 1\n", b"a0 99999999\n", b"d999999999 1\n", b"99999999999", b"branch",
    b"symbols", b"commitid", b"date", b"2012.13.40.99.99.99",
)  # fmt: skip

SEEDS = (
    b"""head\t1.3;
access;
symbols
\tREL:1.2.0.2
\tVENDOR:1.1.1
\tSTART:1.1.1.1;
locks; strict;
comment\t@ * @;


1.3
date\t2012.03.04.05.06.07;\tauthor ann;\tstate Exp;
branches;
next\t1.2;
commitid\tabcDEF0123456789;

1.2
date\t2012.03.04.05.00.00;\tauthor ben;\tstate dead;
branches
\t1.2.2.1;
next\t1.1;

1.1
date\t97.03.04.05.00.00;\tauthor ann;\tstate Exp;
branches
\t1.1.1.1;
next\t;

1.1.1.1
date\t97.03.04.05.00.00;\tauthor ann;\tstate Exp;
branches;
next\t1.1.1.2;

1.1.1.2
date\t98.03.04.05.00.00;\tauthor ann;\tstate Exp;
branches;
next\t;

1.2.2.1
date\t2012.04.04.05.00.00;\tauthor ann;\tstate Exp;
branches;
next\t;


desc
@a file
@


1.3
log
@third, to ann@@example
@
text
@one
two@@
four
$Id$
@


1.2
log
@second
@
text
@d2 1
a2 1
two
d4 1
@


1.1
log
@first
@
text
@d1 3
a3 2
zero
last@


1.1.1.1
log
@import
@
text
@@


1.1.1.2
log
@again
@
text
@a2 1
more
@


1.2.2.1
log
@on a branch
@
text
@a3 2
branch
only
@
""",
    b"head\t;\naccess;\nsymbols;\nlocks; strict;\n\n\ndesc\n@@\n",
)


def mutants(seeds: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` inputs, the same for the same `seed`: a seed each, with one to six places cut out, doubled, moved, filled
    with marks of the format or with any byte, or cut off."""
    chance = random.Random(seed)
    for _ in range(count):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(data) + 1)
            end = min(len(data), at + chance.choice((1, 1, 2, 8, 40, 400)))
            match chance.randrange(7):
                case 0:
                    del data[at:end]
                case 1:
                    data[at:at] = data[at:end]
                case 2:
                    part = data[at:end]
                    del data[at:end]
                    place = chance.randrange(len(data) + 1)
                    data[place:place] = part
                case 3 | 4:
                    data[at:at] = chance.choice(MARKS)
                case 5:
                    data[at : at + 1] = bytes([chance.randrange(256)])
                case _:
                    if chance.random() < 0.3:
                        del data[at:]
        yield bytes(data)


def read(data: bytes) -> bool:
    """Reads all there is in `data`; whether it was whole. Anything but RcsError goes on to the caller."""
    try:
        file = RcsFile(data, "fuzzed,v")
        for name in (HEAD, *file.symbols):
            line = file.line(name)
            for revision, text in file.texts(line):
                assert file.deltas[revision] and len(text) <= len(data)
            for revision in line:
                file.log(file.told_by(revision))
        file.check()
    except RcsError as error:
        assert 0 <= error.offset <= len(data), error
        assert error.expected and error.path == "fuzzed,v"
        return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="folder", default="")
    options = parser.parse_args()
    seeds: list[bytes] = list(SEEDS)
    if options.folder:
        files = sorted(Path(options.folder).rglob("*,v"))
        seeds = [path.read_bytes() for path in files if path.stat().st_size < 64_000]
    whole, slowest, wrong = 0, 0.0, 0
    started = time.perf_counter()
    for number, data in enumerate(mutants(seeds, options.count, options.seed)):
        before = time.process_time()
        try:
            whole += read(data)
        except Exception as error:
            wrong += 1
            print(f"input {number} of seed {options.seed}: {type(error).__name__}: {error}")
        slowest = max(slowest, time.process_time() - before)
    told = f"{options.count:,} mutated inputs from {len(seeds)} seeds, {time.perf_counter() - started:.0f} s"
    print(f"rcs_fuzz: {told}")
    print(f"  taken for whole       {whole:,}")
    print(f"  another exception     {wrong:,}     (goal: none)")
    print(f"  slowest               {slowest * 1000:.1f} ms")
    print(f"  memory                {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 1 if wrong or slowest > SLOW else 0


if __name__ == "__main__":
    sys.exit(main())
