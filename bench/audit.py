"""What `portkit audit` finds on the real histories: how fast the type check is, what it says of dhclient, whether what
the plan of 2012 names comes out, and how many of 40 findings, drawn by a seed, are false.

    bench/audit.py [--seed N] [--draw FILE]

The verdicts are a person's, in docs/audit-findings.csv; `--draw` writes the findings that a seed draws, without them.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.scratch import ROOT, in_place, real
from portkit.cli.wiring import Workspace
from portkit.store.cache import Cache
from portkit.sync.plan import Scope
from portkit.sync.points import position_of

ONTO = "3c1204fc30c7ecc85ddfbc7a676604ac60933bec"
VERDICTS = ROOT / "docs" / "audit-findings.csv"
DRAWN = 40
SEED = 909
COMPONENTS = (("dhclient", ONTO), ("imsg", "HEAD"), ("syslogd", "HEAD"), ("tcpdump", "HEAD"), ("dntpd", "HEAD"))

PLAN = {
    "tcpdump": {
        "gethostbyaddr": "PRIV_GETHOSTBYADDR", "ether_ntohost": "PRIV_ETHER_NTOHOST",
        "getrpcbynumber": "PRIV_GETRPCBYNUMBER", "getservent": "PRIV_GETSERVENTRIES", "localtime": "PRIV_LOCALTIME",
        "pcap_dump_open": "PRIV_OPEN_OUTPUT",
    },
    "dntpd": {
        "syslog": "", "getaddrinfo": "IMSG_HOST_DNS", "ntp_adjtime": "IMSG_ADJTIME", "settimeofday": "IMSG_SETTIME",
    },
}  # fmt: skip
"""What the plan says that the monitor must answer, and upstream's message for it ("" where it has none)."""

MENDED = ("031ef90da49c", "IMSG_SCRIPT_INIT")
"""The length check that upstream fixed on 2011-04-04."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--draw", metavar="FILE", help="write the findings that the seed draws, and end")
    options = parser.parse_args()
    places = real()
    if places is None:
        return 0
    with in_place(*places) as work:
        found = {name: _audit(work, name, onto) for name, onto in COMPONENTS}
        findings = sorted(one for name, audit in found.items() for one in _findings(name, audit))
        drawn = random.Random(options.seed).sample(findings, min(DRAWN, len(findings)))
        if options.draw:
            with Path(options.draw).open("w", newline="") as file:
                csv.writer(file).writerows([("component", "kind", "name", "path", "line"), *drawn])
            return 0
        _speed(work)
        for name, audit in found.items():
            _tell(name, audit)
        _plan(found)
        _verdicts(findings, drawn, options.seed)
    return 0


def _audit(work: Workspace, name: str, onto: str) -> Any:
    return work.auditor(work.map.component(name), work.target().resolve(onto)).run()


def _speed(work: Workspace) -> None:
    component, onto = work.map.component("dhclient"), work.target().resolve(ONTO)
    times = []
    for number in range(3):
        # nothing that a compiler said before is remembered: neither by this process nor by the cache
        memory = Cache(work.state / "cache" / f"speed-{number}.sqlite")
        work.stack.callback(memory.close)
        fresh = replace(work, _memory=memory, _compilers={})
        started = time.perf_counter()
        checker = fresh.step_checker(component, onto)
        checker.errors()
        times.append(time.perf_counter() - started)
    print(f"dhclient at {ONTO[:10]}: headers, compiler and all its files in {min(times):.2f} s (best of 3)")
    run = work.sync().component_run(component, onto)
    history = work.history(work.map.source(component.upstream))
    plan = run.plan(onto, Scope(lambda seen: position_of(seen, "2012-08-15", history)))
    each, adding = [], 0
    for step in plan.branch:
        started = time.perf_counter()
        adding += bool(checker.step(step.changeset.id, step.writes).new)
        each.append(time.perf_counter() - started)
    each.sort()
    print(
        f"D1: {len(each)} changesets that land, type-checked: median {each[len(each) // 2]:.3f} s, "
        f"longest {each[-1]:.3f} s; {adding} add an error"
    )


def _tell(name: str, audit: Any) -> None:
    standing, found = audit.standing, audit.portability
    own = f"own sources {len(standing.units)} files, {standing.errors} errors" if standing else "no sources of its own"
    kinds = Counter(str(one.kind) for one in found.lacks)
    told = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    print(f"{name}: {own}; upstream's {found.units} files need: {told}; unexplained {len(found.other)}")
    if name in ("dhclient", "imsg"):
        print(f"    {', '.join(one.name for one in found.lacks)}")
    late = [one for one in audit.privsep.crossings if not one.early]
    messages = (*audit.messages, *audit.upstream_messages)
    print(
        f"    crossings {len(late)}, of {len({one.call for one in late})} calls; messages {len(messages)}, without a "
        f"look at the length {sum(len(one.unchecked) for one in messages)}; checks that upstream added and the target "
        f"lacks {sum(one.standing == 'lacking' for one in audit.fixes)}"
    )


def _plan(found: dict[str, Any]) -> None:
    for name, wanted in PLAN.items():
        crossings = found[name].privsep.crossings
        missing = [
            call
            for call, message in wanted.items()
            if not any(
                one.call == call and (not message or any(answer.message == message for answer in one.upstream))
                for one in crossings
            )
        ]
        lacks = f"; not {', '.join(missing)}" if missing else ""
        print(f"the plan's list for {name}: {len(wanted) - len(missing)} of {len(wanted)}{lacks}")
    mended = any(
        one.changeset.startswith(MENDED[0]) and one.label == MENDED[1] and one.standing == "lacking"
        for one in found["dhclient"].fixes
    )
    print(f"the length check that upstream fixed on 2011-04-04, found as lacking: {'yes' if mended else 'no'}")


Finding = tuple[str, str, str, str, int]


def _findings(name: str, audit: Any) -> Iterator[Finding]:
    """Everything that an audit claims: component, kind, name, path and line."""
    for lack in audit.portability.lacks:
        yield name, str(lack.kind), lack.name, lack.places[0].path, lack.places[0].line
    for one in audit.privsep.crossings:
        yield name, "crossing", one.call, one.place.path, one.place.line
    for message in (*audit.messages, *audit.upstream_messages):
        for sending in message.senders:
            size = f"payload {sending.size if sending.size is not None else f'{sending.least}+'}"
            yield name, size, message.name, sending.place.path, sending.place.line
        for receiving in message.receivers:
            yield name, f"receiver {receiving.guard}", message.name, receiving.place.path, receiving.place.line
    for fix in audit.fixes:
        if fix.target is not None:
            yield name, f"check {fix.standing}", fix.label, fix.target.path, fix.target.line


def _verdicts(findings: list[Finding], drawn: list[Finding], seed: int) -> None:
    with VERDICTS.open(newline="") as file:
        known = {tuple(row[:5]): row[5] for row in list(csv.reader(file))[1:]}
    judged = Counter(known.get(tuple(map(str, one)), "not judged") for one in drawn)
    told = ", ".join(f"{number} {verdict}" for verdict, number in sorted(judged.items()))
    print(f"{len(findings)} findings; of {len(drawn)} drawn by seed {seed}, judged by hand: {told}")


if __name__ == "__main__":
    sys.exit(main())
