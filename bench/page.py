"""Runs every measurement and writes what they print into docs/benchmarks.md, so that no figure there is typed.

    bench/page.py [--stdout] [SCRIPT...]

Needs the two real histories (PORTKIT_REAL_OPENBSD, PORTKIT_REAL_DRAGONFLY) and, for the known ports, their lists.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One heading of the page: the command, the goal it is held against, and what to know when reading it."""

    title: str
    command: tuple[str, ...]
    goal: str
    note: str = ""


MEASUREMENTS = (
    Measurement(
        "The checkpoints D1 and D2",
        ("bench/checkpoints.py",),
        "D1: 58 changesets considered, at least 51 landed or there already. D2: about 180, at most 12 conflicts and "
        "flagged together. No unfaithful hunk.",
        "dhclient as it stood on 2012-07-31, synced until 2012-08-15 and until 2013-02-05; imsg as of 2012-04-25 and "
        "what followed. A plain folded merge lands 48 of D1's 58, wiggle 52, unchecked. `--list` names every changeset "
        "that did not land, with its reason.",
    ),
    Measurement(
        "The known ports, done again",
        ("bench/ports.py",),
        "At least 47 of 60 commits right, all 85 of the files that were taken exactly, at least 30 commits byte for "
        "byte the person's.",
        "Each onto the commit the person started from. The best peer has 48 commits right and is wrong without a word "
        "in 5 more, 83 files, and 26 commits byte for byte. Clean but not the person's: upstream's change, where the "
        "person adapted it.",
    ),
    Measurement(
        "The same, the ident style learned from the target's last bump",
        ("bench/ports.py", "--ident", "learned"),
        "At least 36 commits byte for byte the person's.",
    ),
    Measurement(
        "Ports of people elsewhere in the tree, done again",
        ("bench/other_ports.py",),
        "Of the files in which the person made upstream's change and no other, all right; nothing unfaithful. What "
        "portkit was not built on.",
        "OpenSSH's portable releases, pf, ntpd, netbt, patch, bc and others: one file at a time, onto the commit the "
        "person started from, from the ident line that they had to the one that they wrote. Many are whole releases "
        "with the person's own work in them: \"differs\" and \"parked\" are mostly that.",
    ),
    Measurement(
        "What people ported, found again",
        ("bench/ports_found.py",),
        "All 62 sure ports with exactly their changesets, none of the commits that port nothing; by lines and messages "
        "alone at least 60, none of them false; elsewhere at least 95 % of the claims right.",
        "Elsewhere most ports are whole releases in one commit (OpenSSH, pf). A claim there counts as wrong where the "
        "changeset is outside the revisions that the ident line was moved over, though the person may have taken it.",
    ),
    Measurement(
        "Conflicts, resolved and remembered",
        ("bench/resolutions.py",),
        "D2: at most 12 roots; one resolved from what a person really committed lands, with what it blocked, by that "
        "very command. D1: everything resolved, branch and cache thrown away: no conflict, the same hashes.",
        "Few of D2's roots were ever ported by a person, one changeset to one commit: only those can be resolved from "
        "what somebody did.",
    ),
    Measurement(
        "The survey of the whole tree",
        ("bench/survey.py",),
        "Every listed ident line that can be resolved, to its changeset; under 60 s the first time on two cores, under "
        "3 s the second; under 500 MB; the same bytes on a cluster.",
        "Seconds of a machine that does nothing else; the CPU seconds tell more where it does.",
    ),
    Measurement(
        "Bad merges, made of people's right ones",
        ("bench/bad_merges.py", "--from", "real"),
        "All 200 caught by the gate and by bench/faithful.py, which imports nothing of portkit.",
    ),
    Measurement(
        "Bad merges, made of generated ones",
        ("bench/bad_merges.py", "--from", "synthetic"),
        "All 200 caught by both.",
    ),
    Measurement(
        "Merges of lines whose identity is hidden",
        ("bench/gate_fuzz.py", "--git"),
        "Of 20,000, none wrong; of the disjoint, more landed than by git merge-file.",
        "Functions, cases, tables, manual pages, shell scripts and Makefiles in which most lines repeat, edited on "
        "both sides by identities that the merge does not see. Disjoint: one result is right. Contested: both put "
        "lines at one place, any order is right. Conflict: both change one line, nothing may land. Disguised: what is "
        "seen has a shorter explanation than what was done, or both wrote the same line by chance; nobody can tell, "
        "and what lands is only counted. Far more is parked than of real code, where few lines repeat.",
    ),
    Measurement(
        "Causes, acted on",
        ("bench/triage.py",),
        "Every card names a cause or says drift; at least 90 % of the causes named are confirmed and minimal; a "
        "confirmed cause, acted on, makes the hunk clean in all cases. All proofs of D2 in under 20 times the replay.",
        "The script imports nothing of portkit: it takes back the lines that are named, or lands the changeset that is "
        "named, syncs again, and looks whether the hunk is still among the conflicts.",
    ),
    Measurement(
        "Local patches as a series",
        ("bench/patches.py",),
        "Baseline and series give the tree, byte for byte; at 3c1204fc30 the remainder holds at most 20 % of the "
        "changed lines; git am gives the same tree hash, quilt the same bytes. After D1, only patches whose content "
        "changed have changed files. Of 60 ports, as local patches, at least 57 are told as upstream's, and no true "
        "local change is.",
        "dhclient on 2012-07-31 and at the target's newest commit. Conflicts of D1 are settled by taking upstream's "
        "side.",
    ),
    Measurement(
        "Generated patches, against git apply, GNU patch and quilt",
        ("bench/patch_peers.py",),
        "10,000 patches, every difference explained.",
        "A patch that does not fit everywhere counts by what is made of it. quilt is given those that apply whole.",
    ),
    Measurement(
        "The speed of a replay",
        ("bench/replay_speed.py",),
        "At least 10 times as fast as git cherry-pick in a full checkout, the index warm, the gate on, the commits "
        "written.",
        "`whole` is the whole command; below it the same less the start (`portkit sync --help`), which does not grow "
        "with the work.",
    ),
    Measurement(
        "The speed of the upstream index",
        ("bench/index_speed.py",),
        "The first indexing within 1.3 of `git log --raw` over the same paths.",
    ),
    Measurement(
        "CVS, read natively",
        ("bench/cvs.py",),
        "Every revision byte for byte what co gives, and the git blob with keywords filled in. Grouping equal to git's "
        "for 99.9 % with commitids. At least 20 times as fast as one co for each revision, no slower than git reading "
        "the same. D1 with the same trees as from git.",
        "The repository is made by Debian's cvs out of the real history of the five systems, some of it by ci. `hard` "
        "input has no commitids and is made hard on purpose; `--list` explains each changeset that is not git's.",
    ),
    Measurement(
        "Mutated RCS files",
        ("bench/rcs_fuzz.py",),
        "A million inputs: no hang, no exception but the documented one, bounded memory.",
    ),
    Measurement(
        "What is watched, by topic",
        ("bench/watch.py",),
        "N1: upstream's ntpd, all of it. Of 40 changesets drawn when the rules were done, at least 32 under the topic "
        "that a person finds.",
        "The first topic of each: security, privsep, protocol, portability, documentation, or none of them.",
    ),
    Measurement(
        "The audit",
        ("bench/audit.py",),
        "All files of dhclient type-checked under 1 s, a changeset of D1 under 0.3 s; the target's dhclient without an "
        "error; what the plan of 2012 names for tcpdump and dntpd comes out; the length check of 2011-04-04 is found. "
        "40 findings checked by hand, the false ones counted.",
        "The verdicts are in docs/audit-findings.csv. As drawn, one of these 40 was false; there is a rule for it now.",
    ),
    Measurement(
        "A run with nothing new, and memory",
        ("bench/idle.py",),
        "Under half a second of CPU beyond git's own, under 250 MB.",
    ),
    Measurement(
        "The reports of D1 and D2, and the survey of the tree, as pages",
        ("bench/reports.py",),
        "Rendered in under a second, under 2 MB, no request to anywhere, no console message, readable at 360 pixels.",
        "`gathered` is what comes before: a dry run of the sync where none is remembered, the target's history, ports "
        "made by hand, the trial merges of a triage, the survey itself.",
    ),
    Measurement(
        "Mode port: syslogd and tcpdump",
        ("bench/port_mode.py",),
        "Every hunk on a file that is there accounted for; more placed than patch -F2 places; no unfaithful hunk; 60 "
        "of them read by hand.",
        "What is ready has its place and waits for something that does not land: it stands on the draft, where a hand "
        "begins. patch asks for no more than a place, so placed is what stands on branch and draft together; on the "
        "branches alone there is less than patch puts somewhere. `beside`: an include, a declaration or a word of a "
        "list that stands beside its sibling; merge/gate.py calls that another place, so the rule that put it there "
        "(merge/siblings.py) and the judge's own look for the sibling are its proof. Most of what patch puts somewhere "
        "is wrong there, or half a change: read by hand, block by block, in "
        "bench/data/port_patch_read.csv; the hunks that were drawn in bench/data/port_hunks_read.csv.",
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("scripts", nargs="*", metavar="SCRIPT", help="only these; what the page says of others stays")
    parser.add_argument("--stdout", action="store_true", help="write no page")
    options = parser.parse_args()
    if not (os.environ.get("PORTKIT_REAL_OPENBSD") and os.environ.get("PORTKIT_REAL_DRAGONFLY")):
        print("skipped: PORTKIT_REAL_OPENBSD and PORTKIT_REAL_DRAGONFLY are needed for the page")
        return 0
    if os.environ.get("CI"):
        print("skipped: the page is written by a person, who reads it")
        return 0
    unknown = set(options.scripts) - {one.command[0] for one in MEASUREMENTS}
    if unknown:
        parser.error(f"no script of the page: {', '.join(sorted(unknown))}")
    sections = sections_of(PAGE.read_text("utf-8"))
    failed = 0
    for one in MEASUREMENTS:
        if options.scripts and one.command[0] not in options.scripts:
            continue
        print(f"== {' '.join(one.command)}", flush=True)
        done = subprocess.run([sys.executable, *one.command], cwd=ROOT, capture_output=True, text=True, check=False)
        print(done.stdout + done.stderr, flush=True)
        failed |= done.returncode
        sections[one.title] = section(one, done.stdout)
        if not options.stdout:  # after each, so that a long run that is cut short keeps what it has
            kept = [sections[each.title] for each in MEASUREMENTS if each.title in sections]
            PAGE.write_text("\n".join([head(), *kept]), "utf-8")
    return failed


def head() -> str:
    """What stands before the first heading."""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    return (
        "# Figures\n\n"
        "Written by `bench/page.py`, which runs the scripts below and pastes what they print. Times are of one "
        f"run on one machine (Python {platform.python_version()}, git {git}, {os.cpu_count()} cores); a ratio "
        "compares two things done side by side in that run. The goals are the project's own.\n"
    )


def section(one: Measurement, printed: str) -> str:
    """A heading with all that belongs to it."""
    shown = "\n".join(f"    {line}".rstrip() for line in printed.strip().splitlines())
    note = f"{one.note}\n\n" if one.note else ""
    return f"## {one.title}\n\nGoal: {one.goal}\n\n{note}    $ {' '.join(one.command)}\n{shown}\n"


def sections_of(page: str) -> dict[str, str]:
    """What the page holds, by its headings."""
    parts = page.split("\n## ")[1:]
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


if __name__ == "__main__":
    sys.exit(main())
