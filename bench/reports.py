"""The reports of D1 and D2 (bench/checkpoints.py), and the survey of the whole tree (W1), as pages: how long they take
to make, how big they are, and what a browser says of them.

    bench/reports.py

Prints for each page the seconds that it takes to gather what it tells, after a finished sync, and to render it; its
size; what it asked of the network, what the console said, and how far it reaches sideways on a phone (360 px wide).
Ends with 1 where a goal is missed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, sync_playwright

from bench.checkpoints import CHECKPOINTS, ONTO
from bench.scratch import Scratch, real, scratch
from portkit.cli.options import Options
from portkit.cli.report import KINDS, kind_of
from portkit.cli.reporting import Asked, write
from portkit.cli.screen import Screen
from portkit.cli.wiring import workspace
from portkit.report import page as page_shell
from portkit.report import triage_page
from portkit.report.page import render

CHROMIUM = Path("/usr/bin/chromium")
SECONDS, BYTES, PIXELS = 1.0, 2_000_000, 360


@dataclass(frozen=True, slots=True)
class Looked:
    """What a browser says of a page."""

    asked: int
    said: int
    wide: int


def main() -> int:
    places = real()
    if places is None:
        return 0
    missed = 0
    with scratch(*places) as work, browser() as look:
        for name, until in CHECKPOINTS:
            work.portkit("sync", "--onto", ONTO, "--until", until)
            for kind in KINDS:
                if kind != "survey":
                    asked = Asked(onto=ONTO, until=until, as_of=until)
                    missed += page(work, name, asked, kind, look)
        missed += page(work, "W1", Asked(), "survey", look)
    return 1 if missed else 0


def page(work: Scratch, name: str, asked: Asked, kind: str, look: Callable[[Path], Looked | None]) -> int:
    """Makes one report and prints what is to be said of its pages; returns how many goals they miss."""
    taken = 0.0

    def timed(*arguments: Any, **names: Any) -> bytes:
        nonlocal taken
        started = time.perf_counter()
        made = render(*arguments, **names)
        taken += time.perf_counter() - started
        return made

    started = time.perf_counter()
    with workspace(Options(directory=str(work.workspace), screen=Screen(quiet=True))) as place:
        with patch.object(page_shell, "render", timed), patch.object(triage_page, "render", timed):
            made = kind_of(kind).make(place, replace(asked, formats=("html",)))
        gathering, seconds = time.perf_counter() - started - taken, taken
        written = [path for path, _ in write(place, made) if path.suffix == ".html"]
    missed = 0
    for path in written:
        size = path.stat().st_size
        found = look(path)
        goals = [seconds < SECONDS, size < BYTES]
        text = f"{name} {path.stem}: gathered in {gathering:.1f} s, rendered in {seconds:.2f} s, {size / 1000:,.0f} kB"
        if found is None:
            text += f"; not looked at: no browser at {CHROMIUM}"
        else:
            goals += [found.asked == 0, found.said == 0, found.wide <= PIXELS]
            text += f", {found.asked} requests, {found.said} console messages, {found.wide} px wide on a phone"
        print(text + ("" if all(goals) else "  MISSED"), flush=True)
        missed += not all(goals)
    return missed


@contextmanager
def browser() -> Iterator[Callable[[Path], Looked | None]]:
    """What opens a page; it answers None where there is no browser."""
    if not CHROMIUM.exists():
        yield lambda _: None
        return
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield lambda path: opened(started, path)
        started.close()


def opened(browser: Browser, path: Path) -> Looked:
    """One page on a phone, everything unfolded."""
    tab = browser.new_page(viewport={"width": PIXELS, "height": 740})
    asked: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(path.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    wide = int(tab.evaluate("document.documentElement.scrollWidth"))
    tab.close()
    return Looked(len(asked) - 1, len(said), wide)


if __name__ == "__main__":
    sys.exit(main())
