"""Generated patches, applied by portkit, git apply and GNU patch: do all three make the same of them?

    bench/patch_peers.py [--count N] [--seed N] [--list]

Each case is a file, a change of it written as a diff, and the file as it drifted meanwhile: lines put, taken and
doubled, few kinds of them, so that places that look alike abound. The three apply what fits, without fuzz, and leave
the rest. Where one differs from portkit, the case is done again by that program's known rules (`RULES`); a difference
that none explains fails. quilt, which stops at what does not fit, pushes all the cases that apply whole, one patch
each. `--list` shows what fails.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from portkit.merge.file import Version
from portkit.patches.applying import apply_hunks
from portkit.patches.reading import read_diff
from portkit.patches.values import DiffHunk
from portkit.patches.writing import file_diff
from portkit.paths import RepoPath
from portkit.text import split_lines

RULES = {
    "git: offsets": "git apply looks from the line that a hunk names; portkit (as GNU patch) from as far off it as the "
    "hunk before was",
    "git: ties": "two places equally near: git apply takes the upper one, portkit (as GNU patch) the lower one",
    "git: ends": "git apply ties a hunk of line 1 to the file's beginning, and one with no context behind to its end; "
    "portkit (as GNU patch) one with less context there than at its other end",
    "git: order": "git apply lets a hunk land above one that it applied before; portkit (as GNU patch) keeps them in "
    "order",
    "git: unended": "git apply lets a last line without an end stand for any line that begins so, and loses the rest "
    "of it; portkit (as GNU patch) does not",
    "patch: overlap": "GNU patch, and quilt with it, lets a hunk begin within the context behind the one before it; "
    "portkit (as git apply) takes those lines as used",
    "patch: bare": "GNU patch, and quilt with it, puts a hunk without context where its number says; portkit (as git "
    "apply) takes it for one of the whole file",
}

_BATCH = 200
_FILE = 0o100644
_KINDS = (b"a\n", b"b\n", b"c\n", b"{\n", b"}\n", b"\n", b"\treturn;\n", b"x = 1;\n")


@dataclass(frozen=True, slots=True)
class Case:
    """A diff, and the content that it is applied to."""

    name: RepoPath
    diff: bytes
    content: bytes
    hunks: tuple[DiffHunk, ...]


def cases(count: int, seed: int) -> list[Case]:
    """`count` cases, the same for the same seed."""
    rng = random.Random(seed)
    found: list[Case] = []
    while len(found) < count:
        before = _file(rng)
        after = _edited(rng, before, rng.randint(1, 4))
        drifted = _edited(rng, before, rng.choice((0, 1, 1, 2, 3)))
        name = RepoPath(f"f{len(found):05}.c")
        old, new = Version(b"".join(before), _FILE), Version(b"".join(after), _FILE)
        diff = file_diff(name, old, new, context=rng.choice((3, 3, 3, 2, 1)))
        if not diff or not drifted or not new.content:
            continue
        (patch,) = read_diff(diff, name)
        found.append(Case(name, diff, b"".join(drifted), patch.hunks))
    return found


def _file(rng: random.Random) -> list[bytes]:
    unique = rng.choice((0.2, 0.6, 0.9))
    size = rng.randint(3, 60)
    lines = [b"line %d\n" % rng.randint(0, 10**6) if rng.random() < unique else rng.choice(_KINDS) for _ in range(size)]
    if rng.random() < 0.1:
        lines[-1] = lines[-1][:-1] or b"end"
    if rng.random() < 0.1:
        lines = [line[:-1] + b"\r\n" if line.endswith(b"\n") else line for line in lines]
    return lines


def _edited(rng: random.Random, lines: Sequence[bytes], times: int) -> list[bytes]:
    found = list(lines)
    for _ in range(times):
        at = rng.randint(0, max(0, len(found) - 1))
        match rng.randint(0, 4):
            case 0:
                del found[at : at + rng.randint(1, 3)]
            case 1:
                found[at:at] = [rng.choice(_KINDS) for _ in range(rng.randint(1, 3))]
            case 2:
                found[at:at] = [b"new %d\n" % rng.randint(0, 999) for _ in range(rng.randint(1, 8))]
            case 3:
                found[at : at + 1] = [b"changed %d\n" % rng.randint(0, 999)]
            case _:
                start = rng.randint(0, max(0, len(found) - 1))
                found[at:at] = found[start : start + rng.randint(2, 9)]
    ends = [line for line in found[:-1] if not line.endswith(b"\n")]
    return [line + b"\n" if line in ends else line for line in found[:-1]] + found[-1:]


# The three, and the rules of the others.

def portkit(case: Case) -> bytes:
    return apply_hunks(case.hunks, case.content)[0]


@dataclass(frozen=True, slots=True)
class _Git:
    """In which of git's ways hunks are placed; the others are portkit's."""

    ties: bool = False
    ends: bool = False
    offsets: bool = False
    order: bool = False
    unended: bool = False


_WAYS = (
    ("git: ties", _Git(ties=True)),
    ("git: ends", _Git(ends=True)),
    ("git: ends", _Git(ties=True, ends=True)),
    ("git: offsets", _Git(ties=True, offsets=True)),
    ("git: offsets", _Git(ties=True, ends=True, offsets=True)),
    ("git: order", _Git(ties=True, ends=True, offsets=True, order=True)),
    ("git: unended", _Git(ties=True, ends=True, offsets=True, order=True, unended=True)),
)
"""From one way to all of them: the first that gives git's bytes explains the difference."""


def _as_git(case: Case, git: _Git) -> bytes:
    """The hunks placed one after the other on the lines as they then are, plainly and slowly."""
    lines = split_lines(case.content)
    done = [False] * len(lines)
    shift = floor = 0
    for hunk in case.hunks:
        old, new = list(hunk.old), list(hunk.new)
        before, after = hunk.context
        tied = (hunk.old_start <= 1, after == 0) if git.ends else (before < after, after < before)
        wanted = hunk.new_start - 1 if new else hunk.new_start
        near = wanted if git.offsets else wanted + shift
        places = [
            at
            for at in range(0 if git.order else floor, len(lines) - len(old) + 1)
            if _match(lines[at : at + len(old)], old, git)
            and not any(done[at : at + len(old)])
            and (not tied[0] or at == 0)
            and (not tied[1] or at + len(old) == len(lines))
        ]
        if not places:
            continue
        found = min(places, key=partial(_near, near, git.ties))
        lines[found : found + len(old)] = new
        done[found : found + len(old)] = [True] * len(new)
        shift, floor = found - wanted, found + len(new)
    return b"".join(lines)


def as_patch(case: Case) -> bytes:
    """What GNU patch makes of it: places are sought from the line behind the last *changed* one on (last_frozen_line in
    its locate_hunk), so that the context behind a hunk may be found again, by the next."""
    lines = split_lines(case.content)
    out: list[bytes] = []
    shift = frozen = 0
    for hunk in case.hunks:
        old = list(hunk.old)
        before, after = hunk.context
        last = len(lines) - len(old)
        places = [at for at in range(frozen, last + 1) if lines[at : at + len(old)] == old]
        if before < after:  # at the beginning of the file, or nowhere
            places = [0] if frozen <= before and lines[: len(old)] == old else []
        if after < before:
            places = [at for at in places if at == last]
        if not places:
            continue
        near = hunk.old_index + shift
        at = min(places, key=partial(_near, near, False))
        shift += at - near
        for line in hunk.lines:
            if line.op == b" ":
                at += 1
                continue
            out += lines[frozen:at]
            if line.op == b"-":
                at += 1
            else:
                out.append(line.text)
            frozen = at
    return b"".join(out + lines[frozen:])


def _match(lines: Sequence[bytes], old: Sequence[bytes], git: _Git) -> bool:
    if git.unended and old and not old[-1].endswith(b"\n"):
        return list(lines[:-1]) == list(old[:-1]) and lines[-1].startswith(old[-1])
    return list(lines) == list(old)


def _near(wanted: int, upper: bool, at: int) -> tuple[int, int]:
    return abs(at - wanted), at if upper else -at


def git_apply(batch: Sequence[Case], folder: Path) -> dict[str, bytes]:
    """What git makes of each file."""
    _written(batch, folder)
    diff = b"".join(case.diff for case in batch)
    command = ["git", "apply", "--reject", "--whitespace=nowarn", "-q", "-"]
    subprocess.run(command, cwd=folder, input=diff, capture_output=True, check=False)
    return _read(batch, folder)


def gnu_patch(batch: Sequence[Case], folder: Path) -> dict[str, bytes]:
    """What GNU patch makes of each file."""
    _written(batch, folder)
    diff = b"".join(case.diff for case in batch)
    command = ["patch", "-p1", "-F0", "-f", "-s", "--binary", "--no-backup-if-mismatch", "-r", "-"]
    subprocess.run(command, cwd=folder, input=diff, capture_output=True, check=False)
    return _read(batch, folder)


def quilt(batch: Sequence[Case], folder: Path) -> dict[str, bytes]:
    """What quilt makes of each file: one patch each, all of which apply."""
    _written(batch, folder)
    (folder / "patches").mkdir()
    for case in batch:
        (folder / "patches" / f"{case.name}.patch").write_bytes(case.diff)
    (folder / "patches" / "series").write_text("".join(f"{case.name}.patch\n" for case in batch))
    command = ["quilt", "--quiltrc", "-", "push", "-a", "-q", "--fuzz=0"]
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return _read(batch, folder)


def _written(batch: Sequence[Case], folder: Path) -> None:
    folder.mkdir()
    for case in batch:
        (folder / case.name).write_bytes(case.content)


def _read(batch: Sequence[Case], folder: Path) -> dict[str, bytes]:
    return {case.name: (folder / case.name).read_bytes() if (folder / case.name).exists() else b"" for case in batch}


def explained(case: Case, program: str, made: bytes) -> str:
    """The rule by which `program` makes something else of `case`; "" where none explains it."""
    if program == "git":
        return next((name for name, way in _WAYS if _as_git(case, way) == made), "")
    bare = any(all(line.op != b" " for line in hunk.lines) for hunk in case.hunks)
    return ("patch: bare" if bare else "patch: overlap") if as_patch(case) == made else ""


@dataclass(slots=True)
class Compared:
    """How many cases there were, how many each program was given and made the same of, how many differences each rule
    explains, and those that none does."""

    count: int
    given: Counter[str]
    same: Counter[str]
    rules: Counter[str]
    unexplained: list[tuple[str, Case]]


def compare(count: int, seed: int, *, quilted: int | None = None) -> Compared:
    """Applies `count` cases by all programs that are here. quilt, which takes its time, pushes the first `quilted` of
    them; default: all."""
    found = Compared(0, Counter(), Counter(), Counter(), [])
    every = cases(count, seed)
    for start in range(0, count, _BATCH):
        batch = every[start : start + _BATCH]
        mine = {case.name: apply_hunks(case.hunks, case.content) for case in batch}
        whole = [case for case in batch if all(placed.fits for placed in mine[case.name][1])]
        found.count += len(batch)
        with tempfile.TemporaryDirectory() as top:
            results = [("git", batch, git_apply(batch, Path(top, "git")))]
            if shutil.which("patch"):
                results.append(("patch", batch, gnu_patch(batch, Path(top, "patch"))))
            if shutil.which("quilt") and (quilted is None or start < quilted):
                results.append(("quilt", whole, quilt(whole, Path(top, "quilt"))))
        for program, given, made in results:
            found.given[program] += len(given)
            for case in given:
                if made[case.name] == mine[case.name][0]:
                    found.same[program] += 1
                    continue
                rule = explained(case, program, made[case.name])
                if rule:
                    found.rules[rule] += 1
                else:
                    found.unexplained.append((program, case))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="show what fails")
    options = parser.parse_args()
    found = compare(options.count, options.seed)
    print(f"generated patches                {found.count:>6}")
    for program, count in sorted(found.same.items()):
        print(f"  {program:<6} makes the same bytes     {count:>6} of {found.given[program]} that it was given")
    for rule, text in RULES.items():
        if found.rules[rule]:
            print(f"  {rule:<14} {found.rules[rule]:>5}: {text}")
    print(f"differences that no rule explains {len(found.unexplained):>5}")
    if options.list:
        for program, case in found.unexplained[:20]:
            print(program, case.name, case.diff.decode("latin-1"), case.content.decode("latin-1"), sep="\n")
    return 1 if found.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
