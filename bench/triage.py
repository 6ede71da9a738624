"""Every cause that triage names, acted on: is the hunk clean then?

    bench/triage.py [--list]

For D1, D2, D1 with every third changeset left out, and D2 with the local changes as a patch series, reads
`conflicts --json` and believes nothing of it. For every confirmed cause the change that it names is taken back in a
copy of the target (git merge-file, on the lines that are named; of a patch, git apply -R), or the changeset that it
names is landed first; then the sync is run again, and the hunk must be gone from the conflicts. Where several causes
are named together, each smaller set of them must leave the hunk in conflict. Prints how many causes were confirmed, how
many guesses were refuted, how often the named set was all there was to suspect, and how long the triage took beside the
bare replay. Imports nothing of portkit.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.scratch import Scratch, real, scratch

ONTO = "3c1204fc30c7ecc85ddfbc7a676604ac60933bec"
D1, D2 = "2012-08-15", "2013-02-05"
COMPONENT = "dhclient"

Object = dict[str, Any]

KINDS = ("content", "delete-modify", "add-add", "mode", "no-ancestor", "gate")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--list", action="store_true", help="tell of every cause")
    options = parser.parse_args()
    places = real()
    if places is None:
        return 0
    wrong = 0
    with scratch(*places) as work:
        work.portkit("baseline", COMPONENT, "--onto", ONTO)  # so that the index is there
        wrong += Checkpoint(work, "D1", ("--until", D1), say=options.list).run()
        wrong += Checkpoint(work, "D2", ("--until", D2), say=options.list).run()
        wrong += Checkpoint(work, "D1, every third left out", two_of_three(work, D1), say=options.list).run()
        work.portkit("patches", "extract", COMPONENT, "--onto", ONTO)
        wrong += Checkpoint(work, "D2, with a patch series", ("--until", D2), say=options.list).run()
    return 1 if wrong else 0


def two_of_three(work: Scratch, until: str) -> tuple[str, ...]:
    """The options that name the changesets pending until then, every third left out."""
    found = work.report("sync", COMPONENT, "--onto", ONTO, "--until", until, "--dry-run")
    every = [one["id"] for component in found["components"] if component["name"] == COMPONENT
             for one in component["changesets"]]  # fmt: skip
    kept = [id for number, id in enumerate(every, 1) if number % 3]
    return tuple(word for id in kept for word in ("--changeset", id))


class Checkpoint:
    """One measurement: what is looked at is named by `scope`, options of `sync` and `conflicts`."""

    def __init__(self, work: Scratch, name: str, scope: tuple[str, ...], *, say: bool) -> None:
        self.work = work
        self.name = name
        self.scope = scope
        self.say = say

    def run(self) -> int:
        """Prints the figures; returns how many confirmed causes did not do what was said of them."""
        bare = self.timed("sync", COMPONENT, "--dry-run")
        whole = self.timed("conflicts", COMPONENT)
        found = self.work.report("conflicts", COMPONENT, "--onto", ONTO, *self.scope)
        cards: list[Object] = [one for one in found["conflicts"] if one["component"] == COMPONENT]
        strange = [card["id"] for card in cards if known(card, card["hunk"], card["kind"]) != card["id"]]
        if strange:
            sys.exit(f"{self.name}: these ids are not what they should be, nothing can be measured: {strange}")
        named = [cause for card in cards for cause in card["causes"] if cause["kind"] != "drift"]
        confirmed = [cause for cause in named if cause["proof"] == "confirmed"]
        refuted = sum(len(card["refuted"]) for card in cards)
        drift = sum(all(cause["kind"] == "drift" for cause in card["causes"]) for card in cards)
        silent = sum(not card["causes"] for card in cards)
        kinds = {kind: sum(cause["kind"] == kind for cause in named) for kind in sorted({one["kind"] for one in named})}
        print(f"{self.name}: {len({card['changeset'] for card in cards})} changesets in conflict, {len(cards)} places")
        print(f"  cards that name a cause {len(cards) - drift - silent}, that say drift {drift}, with neither {silent}")
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "none"
        share = f" ({100 * len(confirmed) / len(named):.0f} %)" if named else ""
        print(f"  causes named {len(named)}: {told}; confirmed by trial merge {len(confirmed)}{share}")
        print(f"  guesses refuted {refuted}; sets tried {sum(card['trials'] for card in cards)}")
        everything = [card for card in cards if card["everything"]]
        lonely = sum(card["suspects"] == 1 for card in everything)
        print(f"  the named set is all that was suspected in {len(everything)} cards; in {lonely} of them that is one")
        clean = smaller = bad = 0
        groups = [(card, group) for card in cards for group in grouped(card)]
        for card, group in groups:
            right = self.acted(card, group)
            clean += right
            if not right:
                bad += 1
            if self.say or not right:
                refs = " and ".join(cause["ref"][:10] for cause in group)
                print(f"    {card['id']} {card['file']} #{card['hunk']}: {refs}: {'clean' if right else 'NOT CLEAN'}")
            for size in range(1, len(group)):
                for fewer in combinations(group, size):
                    if self.acted(card, fewer):
                        smaller += 1
                        print(f"    {card['id']}: fewer do: {' and '.join(cause['ref'][:10] for cause in fewer)}")
        print(f"  acted on: {clean} of {len(groups)} sets make the hunk clean; {smaller} proper subsets do too")
        print(f"  bare replay {bare:.1f} s, with all proofs {whole:.1f} s: {whole / bare:.1f} times (whole commands)")
        return bad + smaller

    def timed(self, *command: str) -> float:
        """Seconds of a command that remembers nothing but the upstream's index."""
        for path in (self.work.workspace / ".portkit" / "cache").glob("memory.sqlite*"):
            path.unlink()
        started = time.perf_counter()
        self.work.report(*command, "--onto", ONTO, *self.scope)
        return time.perf_counter() - started

    def acted(self, card: Object, causes: Sequence[Object]) -> bool:
        """Whether the hunk is clean once `causes` are acted on."""
        onto: str | None = ONTO
        scope = list(self.scope)
        takes = [cause for cause in causes if cause["kind"] == "missing-changeset"]
        undone = undone_in(self.work, card, [cause for cause in causes if cause["kind"].startswith("local-")])
        if undone is None:
            return False
        onto = undone
        first = [cause["ref"] for cause in takes if not cause["in_order"]]
        if first:
            words = [word for ref in first for word in ("--changeset", ref)]
            found = self.work.report("sync", COMPONENT, "--onto", onto, "--branch", "bench/first", *words)
            mine = next(one for one in found["components"] if one["name"] == COMPONENT)
            if any(one["state"] != "ported" for one in mine["changesets"]):
                return False
            onto = str(mine["target"]["tip"])
        for cause in takes:
            if cause["in_order"]:
                scope += ["--changeset", cause["ref"]]
        found = self.work.report("sync", COMPONENT, "--dry-run", "--onto", onto, *scope)
        left = {
            id
            for component in found["components"] if component["name"] == COMPONENT
            for changeset in component["changesets"] if changeset["id"] == card["changeset"]
            for file in changeset["files"] if file["upstream"] == card["upstream"]
            for id in file["conflicts"]
        }  # fmt: skip
        return not left & {known(card, hunk, kind) for hunk in (0, card["hunk"]) for kind in KINDS}


def known(card: Object, hunk: int, kind: str) -> str:
    """The id that portkit gives a conflict of the card's file at this hunk, of this kind (docs/architecture.md)."""
    key = "\0".join((card["component"], card["upstream"], card["revision"] or "", str(hunk), kind))
    return "c-" + hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def grouped(card: Object) -> Iterator[tuple[Object, ...]]:
    """The confirmed causes of a card, those that only work together in one group, the newest commit first."""
    seen: set[frozenset[str]] = set()
    confirmed = {cause["ref"]: cause for cause in card["causes"] if cause["proof"] == "confirmed"}
    for ref, cause in confirmed.items():
        refs = frozenset([ref, *cause["together"]])
        if refs not in seen:
            seen.add(refs)
            yield tuple(one for other, one in confirmed.items() if other in refs)


def undone_in(work: Scratch, card: Object, causes: Sequence[Object]) -> str | None:
    """A commit on top of the target's in which what `causes` did to the file is taken back, the newest first; None
    where that cannot be done cleanly."""
    if not causes:
        return ONTO
    content: bytes | None = blob(work.target, ONTO, card["file"])
    patches = [cause["ref"] for cause in causes if cause["kind"] == "local-patch"]
    for ref in in_series(work, patches):
        if content is None:
            return None
        content = without_patch(work, ref, card["file"], content)
    for cause in sorted(causes, key=lambda one: str(one["date"]), reverse=True):
        if cause["ref"] in patches:
            continue
        after = blob(work.target, cause["ref"], cause["file"])
        if cause["against"]:
            before = blob(work.upstream, cause["against"], card["upstream"])
        else:
            before = blob(work.target, cause["ref"] + "^", cause["file"])
        if before is None or after is None or content is None:
            content = before
            continue
        wanted = reverted(before, after, cause["hunks"])
        content = merged(content, after, wanted)
        if content is None:
            return None
    return committed(work, card["file"], content)


def in_series(work: Scratch, refs: Sequence[str]) -> list[str]:
    """Patches in the order in which they are taken back: the last of the series first."""
    if not refs:
        return []
    folder = (work.workspace / refs[0]).parent
    names = [line.split()[0] for line in (folder / "series").read_text().splitlines() if line and line[0] != "#"]
    return sorted(refs, key=lambda ref: names.index(Path(ref).name), reverse=True)


def without_patch(work: Scratch, ref: str, path: str, content: bytes) -> bytes | None:
    """The file with what a patch does to it taken back; None where that does not fit."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, path)
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
        patch = str((work.workspace / ref).resolve())
        done = subprocess.run(
            ["git", "apply", "-R", f"--include={path}", "--", patch], cwd=folder, capture_output=True, check=False
        )
        return file.read_bytes() if done.returncode == 0 and file.exists() else None


def reverted(before: bytes, after: bytes, hunks: Sequence[Object]) -> bytes:
    """`after` with the lines of each hunk as they were before."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    result: list[bytes] = []
    at = 0
    for hunk in hunks:
        (old_line, old_count), (new_line, new_count) = hunk["old"], hunk["new"]
        start = new_line - 1 if new_count else new_line
        first = old_line - 1 if old_count else old_line
        result += [*new[at:start], *old[first : first + old_count]]
        at = start + new_count
    return b"".join(result + new[at:])


def merged(ours: bytes, base: bytes, theirs: bytes) -> bytes | None:
    """git's own three-way merge; None where it is not clean."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("ours", "base", "theirs")]
        for path, content in zip(paths, (ours, base, theirs), strict=True):
            path.write_bytes(content)
        done = subprocess.run(["git", "merge-file", "-p", "--", *map(str, paths)], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def blob(repository: str, commit: str, path: str) -> bytes | None:
    """A file at a commit; None where it is not there."""
    done = subprocess.run(
        ["git", f"--git-dir={repository}", "cat-file", "blob", f"{commit}:{path}"], capture_output=True, check=False
    )
    return done.stdout if done.returncode == 0 else None


def committed(work: Scratch, path: str, content: bytes | None) -> str:
    """A commit on top of the target's that sets one file."""
    git = ["git", f"--git-dir={work.target}"]
    environment = {**os.environ, "GIT_INDEX_FILE": str(work.folder / "triage-index")}

    def told(*arguments: str, feed: bytes | None = None) -> str:
        done = subprocess.run([*git, *arguments], input=feed, capture_output=True, check=True, env=environment)
        return done.stdout.decode().strip()

    told("read-tree", ONTO)
    if content is None:
        told("update-index", "--force-remove", "--", path)
    else:
        mode = told("ls-tree", ONTO, "--", path).split(" ")[0] or "100644"
        oid = told("hash-object", "-w", "--stdin", feed=content)
        told("update-index", "--add", "--cacheinfo", f"{mode},{oid},{path}")
    tree = told("write-tree", "--missing-ok")
    return told("commit-tree", tree, "-p", ONTO, "-m", f"bench: {path} without a local change")


if __name__ == "__main__":
    sys.exit(main())
